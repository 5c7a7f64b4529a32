//! A copy of the database, and which of the older ones go.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::store::{self, BackupFile, Store, backups, worth_keeping};

/// How many copies stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The newest of each of so many days …
    pub daily: usize,
    /// … and of each of so many weeks.
    pub weekly: usize,
}

/// A finished backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    pub copy: BackupFile,
    /// Older copies that went.
    pub dropped: usize,
}

/// Takes a copy into `folder`, and once it is whole drops the older ones that `rotation` lets go;
/// without one, all stay.
///
/// # Errors
/// When the copy fails; then every older one stays.
pub async fn back_up(
    store: &Store,
    folder: &Path,
    rotation: Option<Rotation>,
    now: DateTime<Utc>,
) -> store::Result<BackedUp> {
    let copy = store.back_up(folder.to_owned(), now).await?;
    let dropped = rotation.map_or(0, |rotation| rotate(folder, rotation));
    Ok(BackedUp { copy, dropped })
}

/// One copy too many is no reason to fail: what cannot be dropped is tried again next time.
fn rotate(folder: &Path, Rotation { daily, weekly }: Rotation) -> usize {
    let copies = backups(folder).unwrap_or_default();
    let taken: Vec<DateTime<Utc>> = copies.iter().map(|copy| copy.taken).collect();
    let keep = worth_keeping(&taken, daily, weekly);
    let old = copies.iter().zip(keep).filter(|(_, keep)| !keep).map(|(copy, _)| &copy.path);
    let dropped = old.filter(|path| match fs::remove_file(path) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "an old copy cannot be dropped");
            false
        }
    });
    dropped.count()
}
