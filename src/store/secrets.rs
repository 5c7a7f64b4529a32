//! Keys that must outlive a restart.

use rusqlite::params;

use crate::store::{Error, Result, Store};
use crate::tokens::Key;

impl Store {
    /// The key that links are signed with: the one made first, or `fresh` (32 random bytes) if there
    /// is none yet.
    pub async fn link_key(&self, fresh: [u8; 32]) -> Result<Key> {
        self.write(move |transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO secret (purpose, key) VALUES ('links', ?1)",
                params![fresh],
            )?;
            let kept: Vec<u8> = transaction.query_row(
                "SELECT key FROM secret WHERE purpose = 'links'",
                [],
                |row| row.get(0),
            )?;
            let corrupt = |_| Error::Corrupt {
                value: "the key of the links".to_owned(),
                expected: "32 bytes",
            };
            kept.try_into().map(Key::new).map_err(corrupt)
        })
        .await
    }
}
