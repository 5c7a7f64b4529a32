//! The door to SQLite: the only module that speaks SQL.
//!
//! One [`Store`] handle, methods per noun in the files beside this one. Every write runs on one
//! writer thread, so writers never wait for each other inside SQLite and no transaction spans an
//! `.await`. Writes that wait at the same moment share a transaction and its one `fsync`, each in
//! a savepoint of its own: one that fails takes back itself alone, and nobody is answered before
//! the disk has it. Reads run on a small pool of read-only connections. No type of SQLite leaves
//! this module, so that a second backend can stand behind the same handle.

mod acts;
mod articles;
mod backup;
mod bounces;
mod choices;
mod commit;
mod designations;
mod digests;
mod facts;
mod feedback;
mod figures;
mod interests;
mod letters;
mod links;
mod lists;
mod listings;
mod lock;
mod mails;
mod neighbours;
mod matches;
mod outages;
mod outbox;
mod personal;
mod rescreens;
mod retention;
mod rhythms;
mod schema;
mod search;
mod secrets;
mod site_memory;
mod sources;
mod stories;
mod story_book;
mod subjects;
mod subscribers;
mod told;
mod troubles;
mod upgrade;
mod versions;
mod vital_signs;
mod websub;
mod write_faults;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::store::figures::Waits;
use crate::store::write_faults::WriteFaults;

pub use crate::store::acts::{IssuersLists, WaitingEntry};
pub use crate::store::articles::{
    CopyView, Counted, DerivedView, RemovedView, RevisionView, StoredArticle,
};
pub use crate::store::backup::{
    BackupFile, CarriedOver, Newer, Restored, backups, restore, worth_keeping,
};
pub use crate::store::bounces::{Noted, Suspension};
pub use crate::store::choices::Choices;
pub use crate::store::commit::{Commit, Committed, Rules};
pub use crate::store::digests::{
    AlreadyTold, DigestArticle, DigestMark, NewDigest, News, NewsKind,
};
pub use crate::store::facts::StoredFact;
pub use crate::store::feedback::{Judgement, Label};
pub use crate::store::figures::{
    Figures, ListFigures, SourceFigures, WAIT_BOUNDS, WaitFigures, disk_free,
};
pub use crate::store::interests::Wishes;
pub use crate::store::links::{Announced, DueLink};
pub use crate::store::listings::{ListingMemory, PageRead, ReadListing};
pub use crate::store::lists::{EditionFile, ListState, NewEdition, Refusal};
pub use crate::store::lock::{CrawlLock, killed_run};
pub use crate::store::mails::{CopyOf, Course, MailOf, ToldBefore};
pub use crate::store::outbox::{Claimed, Outbox, Waiting};
pub use crate::store::personal::{
    HeldDigest, HeldInterest, HeldMail, HeldMute, Personal, RecentMail,
};
pub use crate::store::rescreens::{Found as FoundEarlier, OldArticle, REACH, Unfinished};
pub use crate::store::retention::{Batch, Sources};
pub use crate::store::rhythms::{Lesson, Sighted, Spent};
pub use crate::store::search::Scope;
pub use crate::store::sources::{Ending, SourceState};
pub use crate::store::stories::StoryRules;
pub use crate::store::story_book::{
    HeldBack, Merger, RecentReport, StoryChange, StoryLine, StoryView,
};
pub use crate::store::subjects::StoredSubject;
pub use crate::store::subscribers::{
    Enrolled, Enrolment, Formerly, Known as KnownSubscriber, Person,
    Request as SubscriptionRequest, Suspended,
};
pub use crate::store::told::{Alerted, Told};
pub use crate::store::troubles::{KnownTrouble, SickSource, Telling};
pub use crate::store::versions::{ChangeView, SnapshotView, VersionView};
pub use crate::store::vital_signs::{SchemaVersion, schema_of};
pub use crate::store::websub::{HubAsk, HubNamed};
pub use crate::store::write_faults::WriteFault;

/// Connections kept for reading.
const READERS: usize = 4;
/// Writes that may wait for the writer; beyond it the askers wait.
const WRITE_QUEUE: usize = 64;

/// What can go wrong behind this door.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "cannot open the database {path}: {source}; check that the folder exists and may be written"
    )]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("cannot bring the database {path} to this version's schema: {source}")]
    Migrate { path: PathBuf, source: rusqlite_migration::Error },
    #[error(
        "cannot keep a copy of {path} before it is brought to this version's schema: {reason}; make room beside it"
    )]
    CopyBefore { path: PathBuf, reason: String },
    #[error("database: {0}")]
    Sql(#[from] rusqlite::Error),
    #[error("the database could not write: {0}")]
    Commit(Arc<rusqlite::Error>),
    #[error("the database holds {value:?} where {expected} belongs; run `sanctionwatch check`")]
    Corrupt { value: String, expected: &'static str },
    #[error("cannot compress or expand a snapshot: {0}")]
    Snapshot(std::io::Error),
    #[error(
        "another sanctionwatch is crawling with this database ({0} is locked); stop it first, or use another state directory"
    )]
    Locked(PathBuf),
    #[error("{0}: {1}")]
    Backup(PathBuf, String),
    #[error(
        "the database {database} was last written at {there}, the copy {copy} {}; \
         say --replace-newer if you mean it: the present database is kept beside",
        .coming.map_or("never".to_owned(), |at| format!("at {at}"))
    )]
    Newer { database: PathBuf, copy: PathBuf, there: DateTime<Utc>, coming: Option<DateTime<Utc>> },
    #[error("cannot lock {0}: {1}")]
    Lock(PathBuf, std::io::Error),
    #[error("the database was closed")]
    Closed,
}

/// The result of anything asked of the store.
pub type Result<T> = std::result::Result<T, Error>;

/// A write on its way: runs inside the writer's transaction, if one could be begun.
type Job = Box<dyn FnOnce(Option<&Transaction<'_>>) -> Answer + Send>;
/// Hands the result to whoever waits, once the transaction is on disk or has failed.
type Answer = Box<dyn FnOnce(std::result::Result<(), Arc<rusqlite::Error>>) + Send>;

/// A handle on the database; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    writer: mpsc::Sender<Job>,
    /// Idle readers; the semaphore counts them.
    readers: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    /// How long writes waited for the writer.
    waits: Waits,
    /// Whether writing has failed lately.
    faults: WriteFaults,
    /// What everybody is told, as of a stamp: see [`Store::wishes`].
    wishes: Mutex<Option<(i64, Arc<Vec<Wishes>>)>>,
}

impl Store {
    /// Opens (or creates) the database at `path` and brings it to the present schema. Before an older
    /// one is changed, a copy of it is kept beside it.
    ///
    /// # Errors
    /// [`Error::Open`] where the file cannot be opened, [`Error::CopyBefore`] where there is no room for
    /// the copy, [`Error::Migrate`] where it is newer than
    /// this program or a migration fails.
    pub fn open(path: &Path) -> Result<Self> {
        let open = |source| Error::Open { path: path.to_owned(), source };
        let mut writer = Connection::open(path).map_err(open)?;
        prepare(&writer).map_err(open)?;
        upgrade::keep_older(&writer, path)?;
        schema::migrate(&mut writer)
            .map_err(|source| Error::Migrate { path: path.to_owned(), source })?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let reader = Connection::open_with_flags(path, flags).map_err(open)?;
            prepare_reader(&reader).map_err(open)?;
            readers.push(reader);
        }
        let (sender, receiver) = mpsc::channel(WRITE_QUEUE);
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_until_closed(writer, receiver))
            .map_err(|error| Error::Lock(path.to_owned(), error))?;
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                writer: sender,
                readers: Mutex::new(readers),
                permits: Arc::new(Semaphore::new(READERS)),
                waits: Waits::default(),
                faults: WriteFaults::default(),
                wishes: Mutex::default(),
            }),
        })
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Returns once the writer has taken the database's write lock and let it go again, behind all
    /// that waits. Nothing is written: a full disk is no reason to say that nobody is at work.
    ///
    /// # Errors
    /// When another process holds the lock for too long, or the writer is gone.
    pub async fn answers(&self) -> Result<()> {
        self.write(|_| Ok(())).await
    }

    /// Lets go of the pages of the database that the writer keeps in memory; it reads them again when it
    /// needs them.
    pub async fn forget_pages(&self) -> Result<()> {
        self.write(|transaction| Ok(transaction.execute_batch("PRAGMA shrink_memory")?)).await
    }

    /// Waits for the writes before it, and folds the write-ahead log into the database file, so
    /// that a copy of that one file is whole.
    pub async fn settle(&self) -> Result<()> {
        // Behind every write that was asked for before.
        self.answers().await?;
        let path = self.path().to_owned();
        let fold = move || -> rusqlite::Result<()> {
            let connection = Connection::open(path)?;
            prepare(&connection)?;
            connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);")
        };
        tokio::task::spawn_blocking(fold).await.map_err(|_| Error::Closed)??;
        Ok(())
    }

    /// What SQLite finds wrong with the file: nothing, if all is well.
    pub async fn integrity(&self) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut statement = connection.prepare("PRAGMA quick_check")?;
            let lines: Vec<String> =
                statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(lines.into_iter().filter(|line| line != "ok").collect())
        })
        .await
    }

    /// Runs `work` on the writer thread, in a transaction; takes effect when it returns `Ok`.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, wait) = oneshot::channel();
        let shared = Arc::downgrade(&self.shared);
        let asked = Instant::now();
        let job: Job = Box::new(move |transaction| {
            if let Some(shared) = shared.upgrade() {
                shared.waits.add(asked.elapsed());
            }
            let result = transaction.map_or(Err(Error::Closed), |open| in_savepoint(open, work));
            Box::new(move |written| {
                let result = written.map_err(Error::Commit).and(result);
                // The asker may have been cancelled: then nobody waits for the answer.
                answer.send(result).ok();
            })
        });
        self.shared.writer.send(job).await.map_err(|_| Error::Closed)?;
        let result = wait.await.map_err(|_| Error::Closed)?;
        if let Err(error) = &result {
            self.shared.faults.note(error);
        }
        result
    }

    /// Runs `work` on a reader, off the async runtime.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.shared.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Error::Closed)?;
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            let reader = shared.readers.lock().expect("no panic under this lock").pop();
            let reader = reader.ok_or(Error::Closed)?;
            // A panic in the work must not cost a connection: it goes on after the return.
            let result = catch_unwind(AssertUnwindSafe(|| work(&reader)));
            shared.readers.lock().expect("no panic under this lock").push(reader);
            drop(permit);
            result.unwrap_or_else(|panic| resume_unwind(panic))
        });
        task.await.map_err(|_| Error::Closed)?
    }
}

fn write_until_closed(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut answers: Vec<Answer> = Vec::new();
        let written = write_together(&mut connection, first, &mut jobs, &mut answers);
        let written = written.map_err(Arc::new);
        for answer in answers {
            answer(written.clone());
        }
    }
}

/// Runs `first` and what else waits in one transaction.
fn write_together(
    connection: &mut Connection,
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
    answers: &mut Vec<Answer>,
) -> rusqlite::Result<()> {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            answers.push(first(None));
            return Err(error);
        }
    };
    answers.push(first(Some(&transaction)));
    // A full disk makes SQLite take back the whole transaction: then nothing more may join it.
    while answers.len() < WRITE_QUEUE
        && !transaction.is_autocommit()
        && let Ok(next) = jobs.try_recv()
    {
        answers.push(next(Some(&transaction)));
    }
    transaction.commit()
}

fn in_savepoint<T>(
    transaction: &Transaction<'_>,
    work: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    transaction.execute_batch("SAVEPOINT job")?;
    let result = work(transaction);
    let end = if result.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    transaction.execute_batch(end)?;
    result
}

/// The settings of every connection, in this one place.
///
/// `synchronous = FULL`: a mail that went out must be remembered as sent, even when the power
/// fails; WAL with `NORMAL` may lose the last commits. `auto_vacuum` takes effect in a new file alone:
/// what retention frees can then be given back in small steps.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA busy_timeout = 10000;
         PRAGMA cache_size = -8000;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn prepare_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA busy_timeout = 10000; PRAGMA cache_size = -1000;")
}

/// A moment as the database keeps it: RFC 3339, UTC, milliseconds; sorts as text.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The moment back from the database.
fn parse_moment(text: &str) -> Result<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|_| Error::Corrupt { value: text.to_owned(), expected: "an RFC 3339 time" })
}

/// SQLite integers are signed; hashes keep their bits.
fn signed(hash: u64) -> i64 {
    hash.cast_signed()
}
