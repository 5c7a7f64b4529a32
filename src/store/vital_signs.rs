//! Is the database well: whether it takes writes, and whether its schema is ours.

use std::fmt;
use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::store::{Result, Store, moment, parse_moment, schema};

/// The schema a database has, beside the one this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion {
    /// Migrations the file has seen.
    pub found: usize,
    /// Migrations this program has.
    pub known: usize,
}

impl SchemaVersion {
    /// Whether the file is neither older nor newer than the program.
    pub fn is_current(self) -> bool {
        self.found == self.known
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, known } = self;
        let remedy = if known < found { "run the newer one" } else { "restart the service" };
        write!(f, "the database has schema {found}, this program knows {known}; {remedy}")
    }
}

/// The schema of the database at `path`, without changing it.
///
/// # Errors
/// When it is no database, or cannot be read.
pub fn schema_of(path: &Path) -> Result<SchemaVersion> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(SchemaVersion { found, known: schema::known() })
}

impl Store {
    /// Writes one row to disk, behind the writes that wait: returns only where writing works.
    ///
    /// # Errors
    /// Whatever keeps the database from being written, a full disk or a foreign lock among it.
    pub async fn beat(&self, now: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO heartbeat (only, at) VALUES (1, ?1)
                     ON CONFLICT (only) DO UPDATE SET at = ?1",
                )?
                .execute([moment(now)])?;
            Ok(())
        })
        .await
    }

    /// When writing last worked; none before the first time.
    pub async fn last_beat(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(|connection| {
            let at: Option<String> = connection
                .query_row("SELECT at FROM heartbeat", [], |row| row.get(0))
                .optional()?;
            at.as_deref().map(parse_moment).transpose()
        })
        .await
    }

    /// The schema of the file as it is now: a newer program may have changed it under us.
    pub async fn schema_version(&self) -> Result<SchemaVersion> {
        self.read(|connection| {
            let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            Ok(SchemaVersion { found, known: schema::known() })
        })
        .await
    }
}
