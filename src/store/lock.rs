//! One crawler per database: a lock on a file beside it, which the system releases with the process.
//! The service writes into that file when it began, and takes it out at its end: what still stands
//! there was left by one that was killed.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::store::{Error, Result, Store, moment, parse_moment};

/// Held while a process crawls and sends; dropping it lets the next one in.
#[derive(Debug)]
pub struct CrawlLock {
    /// The open file is the lock.
    file: File,
}

impl CrawlLock {
    /// Marks that the service runs from now on. Gives when the one before began, where it did not
    /// come to its end.
    ///
    /// # Errors
    /// When the file cannot be read or written; the lock holds all the same.
    pub fn begin_run(&mut self, now: DateTime<Utc>) -> io::Result<Option<DateTime<Utc>>> {
        let mut left = String::new();
        self.file.rewind()?;
        self.file.read_to_string(&mut left)?;
        self.end_run()?;
        self.file.write_all(moment(now).as_bytes())?;
        self.file.sync_data()?;
        Ok(parse_moment(&left).ok())
    }

    /// Marks that the service came to its end.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn end_run(&mut self) -> io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)
    }
}

/// When the service began that last used the database, if it was killed and none runs now.
pub fn killed_run(database: &Path) -> Option<DateTime<Utc>> {
    let path = path_beside(database);
    let began = parse_moment(&fs::read_to_string(&path).ok()?).ok()?;
    let file = File::open(&path).ok()?;
    file.try_lock_shared().is_ok().then_some(began)
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
    let path = path_beside(database);
    let file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|error| Error::Lock(path.clone(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(CrawlLock { file }),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(path)),
        Err(TryLockError::Error(error)) => Err(Error::Lock(path, error)),
    }
}

fn path_beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}
