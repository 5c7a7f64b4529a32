//! Copies of the database: taken while it is written to, held against it, and put back.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Utc};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction};

use crate::store::lock::lock_beside;
use crate::store::subscribers::erase;
use crate::store::vital_signs::SchemaVersion;
use crate::store::{CrawlLock, Error, Result, Store, parse_moment, schema};

/// The name of a copy: the moment it was taken, in UTC.
const NAME: &str = "sanctionwatch-%Y-%m-%dT%H%M%SZ.db";

/// A copy of a database, in a folder of copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    pub path: PathBuf,
    /// When it was taken.
    pub taken: DateTime<Utc>,
    pub bytes: u64,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the database that was there lies now; none where there was none.
    pub kept: Option<PathBuf>,
    /// What became of its mails; none where it could not be read.
    pub mails: Option<CarriedOver>,
}

/// Mails of the replaced database, as the restored one knows them now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CarriedOver {
    /// Sent since the copy was taken: they are not sent again.
    pub sent: usize,
    /// Waiting, and not in the copy: they will be sent.
    pub waiting: usize,
}

/// Whether a database that knows more than the copy may give way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newer {
    Keep,
    Replace,
}

/// The copies in `folder`, the oldest first. Files with other names are none of ours.
///
/// # Errors
/// When the folder cannot be read; one that does not exist has no copies.
pub fn backups(folder: &Path) -> io::Result<Vec<BackupFile>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(taken) = name.to_str().and_then(taken) else { continue };
        found.push(BackupFile { path: entry.path(), taken, bytes: entry.metadata()?.len() });
    }
    found.sort_by_key(|file| file.taken);
    Ok(found)
}

fn taken(name: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(name, NAME).ok().map(|at| at.and_utc())
}

impl Store {
    /// Copies the database into `folder` while it is read and written. The copy is one moment of the
    /// database. It gets its name only once it is on disk, was opened, found whole, and holds as
    /// many rows of everything as there were at that moment.
    ///
    /// # Errors
    /// [`Error::Backup`] where the copy cannot be written or is not the same.
    pub async fn back_up(&self, folder: PathBuf, now: DateTime<Utc>) -> Result<BackupFile> {
        let database = self.path().to_owned();
        let work = move || copy_into(&database, &folder, now);
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::Closed)?
    }
}

fn copy_into(database: &Path, folder: &Path, now: DateTime<Utc>) -> Result<BackupFile> {
    let fault = |error: io::Error| Error::Backup(folder.to_owned(), error.to_string());
    fs::create_dir_all(folder).map_err(fault)?;
    let path = folder.join(now.format(NAME).to_string());
    let draft = Draft::new(path.with_extension("db.part")).map_err(fault)?;
    let counts = copy_one_moment(database, &draft.path)?;
    let found = verify(&draft.path)?;
    if found != counts {
        let what = "the copy does not hold what the database held; is the disk sound?";
        return Err(Error::Backup(path, what.to_owned()));
    }
    draft.become_file(&path).map_err(fault)?;
    let bytes = fs::metadata(&path).map_err(fault)?.len();
    Ok(BackupFile { path, taken: now, bytes })
}

/// A file that is not finished. It goes with this value unless it becomes one that is.
#[derive(Debug)]
struct Draft {
    path: PathBuf,
}

impl Draft {
    /// An empty file that only its owner reads: addresses of subscribers are in it.
    fn new(path: PathBuf) -> io::Result<Self> {
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Self { path })
    }

    /// To the disk first, then under its name: a name never stands for half a copy.
    fn become_file(self, path: &Path) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::rename(&self.path, path)?;
        sync_folder(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It has its name already, or what is left of it is of no use; the next one overwrites it.
        fs::remove_file(&self.path).ok();
    }
}

fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Copies `database` into `copy` within one read transaction, and gives its counts as they were in
/// that transaction. In a write-ahead log readers hold up nobody; a copy in small steps would begin
/// anew with every commit, and never end under load.
fn copy_one_moment(database: &Path, copy: &Path) -> Result<Vec<(String, i64)>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(database, flags)?;
    source.execute_batch("PRAGMA busy_timeout = 10000; BEGIN")?;
    let counts = counts(&source)?;
    let mut target = Connection::open(copy)?;
    let step = Backup::new(&source, &mut target)?.step(-1)?;
    if step != StepResult::Done {
        let what = format!("the database was busy: {step:?}; try again");
        return Err(Error::Backup(copy.to_owned(), what));
    }
    source.execute_batch("COMMIT")?;
    // One file: without this, opening it would put two others beside it.
    target.execute_batch("PRAGMA journal_mode = DELETE")?;
    Ok(counts)
}

/// The rows of every table, by its name.
fn counts(connection: &Connection) -> Result<Vec<(String, i64)>> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'",
    )?;
    let names: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let count = |name: String| {
        let rows =
            connection
                .query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0))?;
        Ok((name, rows))
    };
    names.into_iter().map(count).collect()
}

/// Opens a copy, finds it whole, and gives its counts.
///
/// # Errors
/// [`Error::Backup`] with the first thing that is wrong.
fn verify(copy: &Path) -> Result<Vec<(String, i64)>> {
    let wrong = |what: String| Error::Backup(copy.to_owned(), what);
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| wrong(error.to_string()))?;
    let found = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        .map_err(|error| wrong(format!("it is no sound database: {error}")))?;
    if found != "ok" {
        return Err(wrong(format!("it is damaged: {found}")));
    }
    let known = schema::known();
    let found: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found == 0 {
        return Err(wrong("it is no database of sanctionwatch".to_owned()));
    }
    if known < found {
        return Err(wrong(SchemaVersion { found, known }.to_string()));
    }
    counts(&connection)
}

/// Puts `copy` in the place of `database`, which is kept beside it, and carries over what it knows of
/// mails. Nothing is touched before the copy was found whole.
///
/// # Errors
/// [`Error::Locked`] while a service uses the database; [`Error::Newer`] where it knows more than the
/// copy and nobody said to replace it; [`Error::Backup`] where the copy is not whole.
pub fn restore(copy: &Path, database: &Path, newer: Newer, now: DateTime<Utc>) -> Result<Restored> {
    let fault = |error: io::Error| Error::Backup(database.to_owned(), error.to_string());
    verify(copy)?;
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder).map_err(fault)?;
    }
    let _lock: CrawlLock = lock_beside(database)?;
    // A database that cannot be read knows nothing.
    let (there, coming) = (newest(database).ok().flatten(), newest(copy)?);
    if newer == Newer::Keep
        && let Some(there) = there
        && coming.is_none_or(|coming| coming < there)
    {
        let (database, copy) = (database.to_owned(), copy.to_owned());
        return Err(Error::Newer { database, copy, there, coming });
    }
    let mut draft = database.as_os_str().to_owned();
    draft.push(".restoring");
    let draft = Draft::new(PathBuf::from(draft)).map_err(fault)?;
    fs::copy(copy, &draft.path).map_err(fault)?;
    fold_log(database)?;
    let kept = keep_beside(database, now).map_err(fault)?;
    draft.become_file(database).map_err(fault)?;
    // This also brings an old copy to the present schema.
    drop(Store::open(database)?);
    let mails = kept.as_deref().and_then(|kept| match carry_over(kept, database) {
        Ok(carried) => Some(carried),
        Err(error) => {
            tracing::warn!(%error, "what the replaced database knew of mails cannot be read");
            None
        }
    });
    Ok(Restored { kept, mails })
}

/// When anything was last recorded; none where there is no database or it is empty.
fn newest(database: &Path) -> Result<Option<DateTime<Utc>>> {
    if !database.is_file() {
        return Ok(None);
    }
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let newest: Option<String> = connection.query_row(
        "SELECT max(at) FROM (SELECT max(ended) AS at FROM visit
                              UNION ALL SELECT max(created) FROM delivery
                              UNION ALL SELECT max(finished) FROM delivery
                              UNION ALL SELECT max(added) FROM subscriber)",
        [],
        |row| row.get(0),
    )?;
    newest.as_deref().map(parse_moment).transpose()
}

/// Folds the write-ahead log into the file. That works only while nobody else has it open: somebody
/// who closed it after the copy has taken its name would take the copy's log for its own.
fn fold_log(database: &Path) -> Result<()> {
    if !database.exists() {
        return Ok(());
    }
    let folded = Connection::open(database)
        .and_then(|connection| connection.execute_batch("PRAGMA journal_mode = DELETE"));
    match folded {
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ) =>
        {
            let what =
                "another program has it open, such as a `sanctionwatch search`; end it first";
            Err(Error::Backup(database.to_owned(), what.to_owned()))
        }
        // A damaged file is kept with its log as it is.
        _ => Ok(()),
    }
}

/// Gives the database that is there a second name beside it, with its write-ahead log. The first
/// name stays until the copy takes it: a crash in between leaves a database in any case.
fn keep_beside(database: &Path, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let with = |path: &Path, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let kept = with(database, &now.format(".replaced-%Y-%m-%dT%H%M%SZ").to_string());
    fs::hard_link(database, &kept)?;
    for ending in ["-wal", "-shm"] {
        let log = with(database, ending);
        if log.exists() {
            fs::rename(log, with(&kept, ending))?;
        }
    }
    Ok(Some(kept))
}

/// Takes over from the replaced database what the restored one cannot know of mails: those sent
/// since are not sent again, those that wait are sent, and nobody hears from us who had asked not to.
fn carry_over(replaced: &Path, database: &Path) -> Result<CarriedOver> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000")?;
    connection.execute("ATTACH DATABASE ?1 AS old", [replaced.to_string_lossy()])?;
    let transaction = connection.transaction()?;
    let settled = transaction.execute(
        "UPDATE main.delivery SET (state, attempts, finished, reply, next_try) =
             (SELECT state, attempts, finished, reply, next_try FROM old.delivery AS was
              WHERE was.message_id = delivery.message_id)
         WHERE state = 'waiting' AND message_id IN
             (SELECT message_id FROM old.delivery WHERE state <> 'waiting')",
        [],
    )?;
    transaction.execute(
        "INSERT OR IGNORE INTO main.told_before (message_id)
         SELECT message_id FROM old.delivery
         WHERE message_id NOT IN (SELECT message_id FROM main.delivery)",
        [],
    )?;
    let since = transaction.changes();
    let waiting = add_waiting(&transaction)?;
    carry_silence_over(&transaction)?;
    carry_erasures_over(&transaction)?;
    transaction.commit()?;
    let sent = settled + usize::try_from(since).unwrap_or(usize::MAX).saturating_sub(waiting);
    Ok(CarriedOver { sent, waiting })
}

/// Adds the mails that only the replaced database knew and had not sent. Their causes and articles
/// are rows of that database, so they get causes of their own, and no article.
fn add_waiting(transaction: &Connection) -> Result<usize> {
    let mut statement = transaction.prepare(
        "SELECT name FROM pragma_table_info('delivery', 'main')
         WHERE name NOT IN ('id', 'subscriber', 'cause', 'article', 'leased_until')
           AND name IN (SELECT name FROM pragma_table_info('delivery', 'old'))",
    )?;
    let columns: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let (columns, theirs) = (columns.join(", "), format!("was.{}", columns.join(", was.")));
    let added = transaction.execute(
        &format!(
            "INSERT INTO main.delivery (subscriber, cause, {columns})
             SELECT reader.id, 'restored:' || was.message_id, {theirs}
             FROM old.delivery AS was
             JOIN old.subscriber AS theirs ON theirs.id = was.subscriber
             JOIN main.subscriber AS reader ON reader.email = theirs.email
             WHERE was.state = 'waiting'
               AND was.message_id NOT IN (SELECT message_id FROM main.delivery)"
        ),
        [],
    )?;
    Ok(added)
}

/// Whoever left since the copy was taken stays gone, and an address suspended since stays so, with
/// the reports on the mails that both databases know.
fn carry_silence_over(transaction: &Transaction<'_>) -> Result<()> {
    let mut columns = Vec::new();
    for column in ["left", "suspended", "suspension", "resumed", "complained"] {
        if exists_in_old(transaction, "subscriber", column)? {
            columns.push(column);
        }
    }
    let columns = columns.join(", ");
    transaction.execute(
        &format!(
            "UPDATE main.subscriber SET ({columns}) =
                 (SELECT {columns} FROM old.subscriber AS theirs
                  WHERE theirs.email = subscriber.email)
             WHERE email IN (SELECT email FROM old.subscriber)"
        ),
        [],
    )?;
    if exists_in_old(transaction, "bounce", "delivery")? {
        transaction.execute(
            "INSERT OR IGNORE INTO main.bounce (delivery, fault, at, said)
             SELECT known.id, fault, at, said FROM old.bounce
             JOIN old.delivery AS was ON was.id = old.bounce.delivery
             JOIN main.delivery AS known ON known.message_id = was.message_id",
            [],
        )?;
    }
    // What waited in the copy for somebody who gets nothing more.
    transaction.execute(
        "UPDATE main.delivery SET state = 'failed', next_try = NULL, leased_until = NULL,
             reply = 'not sent: the subscriber had left or was suspended before the restore'
         WHERE state = 'waiting' AND cause NOT LIKE 'notice:%' AND cause NOT LIKE 'letter:%'
           AND subscriber IN (SELECT id FROM subscriber
                              WHERE left IS NOT NULL OR suspended IS NOT NULL)",
        [],
    )?;
    Ok(())
}

/// Whoever was erased since the copy was taken is erased from it, too.
fn carry_erasures_over(transaction: &Transaction<'_>) -> Result<()> {
    if !exists_in_old(transaction, "erased", "subscriber")? {
        return Ok(());
    }
    // Of two databases that never knew each other, the same row is not the same person.
    let mut statement = transaction.prepare(
        "SELECT id FROM main.subscriber
         JOIN old.erased ON old.erased.subscriber = id AND old.erased.added = subscriber.added",
    )?;
    let erased: Vec<i64> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for id in erased {
        erase(transaction, id)?;
    }
    transaction.execute("INSERT OR IGNORE INTO main.erased SELECT * FROM old.erased", [])?;
    Ok(())
}

/// Whether the replaced file, which an older version may have left, has this column.
fn exists_in_old(transaction: &Transaction<'_>, table: &str, column: &str) -> Result<bool> {
    let exists = "SELECT 1 FROM pragma_table_info(?1, 'old') WHERE name = ?2";
    Ok(transaction.prepare_cached(exists)?.exists([table, column])?)
}

/// Which of the copies taken at these moments stay: the newest of each of the last `daily` days that
/// have one, of each of the last `weekly` weeks, and the newest of all.
pub fn worth_keeping(taken: &[DateTime<Utc>], daily: usize, weekly: usize) -> Vec<bool> {
    let mut newest_first: Vec<usize> = (0..taken.len()).collect();
    newest_first.sort_by_key(|&index| std::cmp::Reverse(taken[index]));
    let mut keep = vec![false; taken.len()];
    if let Some(&newest) = newest_first.first() {
        keep[newest] = true;
    }
    let mut spread = |most: usize, period: &dyn Fn(DateTime<Utc>) -> String| {
        let mut seen: Vec<String> = Vec::new();
        for &index in &newest_first {
            let period = period(taken[index]);
            if seen.len() < most && !seen.contains(&period) {
                seen.push(period);
                keep[index] = true;
            }
        }
    };
    spread(daily, &|at| at.format("%F").to_string());
    spread(weekly, &|at| at.format("%G-%V").to_string());
    keep
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn names_tell_when_a_copy_was_taken() {
        let at: DateTime<Utc> = "2026-03-02T04:05:06Z".parse().unwrap();
        let name = at.format(NAME).to_string();
        assert_eq!(name, "sanctionwatch-2026-03-02T040506Z.db");
        assert_eq!(taken(&name), Some(at));
        for other in ["sanctionwatch.db", "sanctionwatch-2026-03-02T040506Z.db.part", "notes.txt"] {
            assert_eq!(taken(other), None, "{other}");
        }
    }

    #[test]
    fn a_copy_a_day_leaves_a_week_of_days_and_a_month_of_weeks() {
        let last: DateTime<Utc> = "2026-03-01T02:00:00Z".parse().unwrap();
        let mut folder: Vec<DateTime<Utc>> = Vec::new();
        for day in (0..200).rev() {
            folder.push(last - TimeDelta::days(day));
            let keep = worth_keeping(&folder, 7, 4);
            let mut keep = keep.into_iter();
            folder.retain(|_| keep.next().unwrap());
        }
        let ages: Vec<i64> = folder.iter().map(|taken| (last - *taken).num_days()).collect();
        // Sundays before the days.
        assert_eq!(ages, [21, 14, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(worth_keeping(&folder[..1], 0, 0), [true], "the only one stays");
    }
}
