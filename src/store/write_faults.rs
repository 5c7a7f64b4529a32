//! Remembers that writing failed, until somebody can be told: while it fails, nothing can be written
//! down.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;

use crate::store::{Error, Store};

/// Writes that failed because the database could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFault {
    /// How long ago the first failed, and the last.
    pub first: Duration,
    pub last: Duration,
    pub writes: u64,
    /// What the first said.
    pub why: String,
}

#[derive(Debug, Default)]
pub(crate) struct WriteFaults {
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug)]
struct Seen {
    first: Instant,
    last: Instant,
    writes: u64,
    why: String,
}

impl WriteFaults {
    /// Takes note of an error if it is the disk's, the lock's or the file's, not the write's own.
    pub(crate) fn note(&self, error: &Error) {
        if !is_of_the_database(error) {
            return;
        }
        let now = Instant::now();
        let mut seen = self.seen.lock().expect("nothing panics under this lock");
        match &mut *seen {
            Some(seen) => {
                seen.last = now;
                seen.writes += 1;
            }
            none => *none = Some(Seen { first: now, last: now, writes: 1, why: error.to_string() }),
        }
    }
}

fn is_of_the_database(error: &Error) -> bool {
    let code = match error {
        Error::Sql(error) => error.sqlite_error_code(),
        Error::Commit(error) => error.sqlite_error_code(),
        _ => None,
    };
    matches!(
        code,
        Some(
            ErrorCode::DiskFull
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
        )
    )
}

impl Store {
    /// What kept the database from being written since this was last forgotten.
    pub fn write_fault(&self) -> Option<WriteFault> {
        let seen = self.shared.faults.seen.lock().expect("nothing panics under this lock");
        seen.as_ref().map(|seen| WriteFault {
            first: seen.first.elapsed(),
            last: seen.last.elapsed(),
            writes: seen.writes,
            why: seen.why.clone(),
        })
    }

    /// Somebody was told.
    pub fn forget_write_fault(&self) {
        *self.shared.faults.seen.lock().expect("nothing panics under this lock") = None;
    }
}
