//! Letters about a subscription, few enough that nobody can have an address flooded.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::model::subscriber::Message;
use crate::store::outbox::enqueue;
use crate::store::{Result, Store, moment};

/// Letters to one address within [`WINDOW`]: whoever types the address in need not own it.
const LETTERS_MAX: i64 = 3;
const WINDOW: TimeDelta = TimeDelta::days(1);

impl Store {
    /// Puts a letter of a kind (`confirm`, `settings`) into the outbox; false where it is there
    /// already, where the address has had three letters within a day, and where its subscriber has
    /// left.
    pub async fn post_letter(
        &self,
        kind: &'static str,
        letter: Message,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        self.write(move |transaction| {
            let recent: i64 = transaction.query_row(
                "SELECT count(*) FROM delivery
                 WHERE subscriber = ?1 AND cause LIKE 'letter:%' AND ?2 < created",
                params![letter.subscriber, moment(now - WINDOW)],
                |row| row.get(0),
            )?;
            if LETTERS_MAX <= recent {
                return Ok(false);
            }
            let cause = format!("letter:{kind}:{}", letter.message_id);
            enqueue(transaction, &cause, &letter, now)
        })
        .await
    }
}
