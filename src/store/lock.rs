//! One crawler per database: a lock on a file beside it, which the system releases with the process.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::store::{Error, Result, Store};

/// Held while a process crawls and sends; dropping it lets the next one in.
#[derive(Debug)]
pub struct CrawlLock {
    /// Never read: the open file is the lock.
    _file: File,
}

impl Store {
    /// Takes the lock that every command takes which visits sources or sends mails, and returns
    /// what a killed predecessor had claimed: with the lock in hand, no claim can be alive.
    ///
    /// # Errors
    /// [`Error::Locked`] while another process holds it.
    pub async fn lock_crawl(&self) -> Result<CrawlLock> {
        let lock = lock_beside(self.path())?;
        self.return_claims().await?;
        Ok(lock)
    }

    /// Returns what was claimed and not brought to its end. For the holder of the lock, while none
    /// of its visits or sends is under way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn return_claims(&self) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("UPDATE source SET leased_until = NULL", [])?;
            transaction
                .execute("UPDATE delivery SET leased_until = NULL WHERE state = 'waiting'", [])?;
            Ok(())
        })
        .await
    }
}

/// Takes the lock of the database at `database`, whether or not it can be opened.
pub(crate) fn lock_beside(database: &Path) -> Result<CrawlLock> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| Error::Lock(path.clone(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(CrawlLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(path)),
        Err(TryLockError::Error(error)) => Err(Error::Lock(path, error)),
    }
}
