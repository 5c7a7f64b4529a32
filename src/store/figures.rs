//! What the service counts of itself, for those who watch it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::{Result, Store, parse_moment};

/// Everything the database knows of how the service does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Visits ever recorded, by the name of their outcome.
    pub visits: Vec<(String, u64)>,
    pub sources: Vec<SourceFigures>,
    pub articles: u64,
    pub relevant: u64,
    /// Deliveries by their state.
    pub mails: Vec<(String, u64)>,
    /// When the oldest waiting mail was made.
    pub oldest_waiting: Option<DateTime<Utc>>,
    pub lists: Vec<ListFigures>,
    /// Troubles that last, by the word before the colon: `source`, `mail`.
    pub troubles: Vec<(String, u64)>,
    /// Bytes of the database file, and of its write-ahead log.
    pub bytes: u64,
    pub wal_bytes: u64,
    /// Bytes within the file that nothing uses.
    pub free_bytes: u64,
    /// How many bytes it was a week ago; none where nobody looked then.
    pub bytes_week_ago: Option<u64>,
    /// Bytes left on its disk.
    pub disk_free: Option<u64>,
}

/// A watched source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFigures {
    pub id: String,
    pub last_success: Option<DateTime<Utc>>,
    pub next_look: DateTime<Utc>,
    /// Unhealthy visits in a row.
    pub failures: u32,
}

/// An official list that has been fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFigures {
    pub id: String,
    /// When its edition in force was fetched.
    pub fetched: DateTime<Utc>,
    /// When it was last found to be the latest, or tried.
    pub last_look: Option<DateTime<Utc>>,
    /// Whether the last look brought nothing that could be taken.
    pub is_refused: bool,
}

impl Store {
    /// Counts, ages and sizes as they stand.
    pub async fn figures(&self, now: DateTime<Utc>) -> Result<Figures> {
        let path = self.path().to_owned();
        self.read(move |connection| {
            let mut wal = path.as_os_str().to_owned();
            wal.push("-wal");
            let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |it| it.len());
            let outbox: Option<String> = connection.query_row(
                "SELECT min(created) FROM delivery WHERE state = 'waiting'",
                [],
                |row| row.get(0),
            )?;
            Ok(Figures {
                visits: pairs(connection, "SELECT outcome, visits FROM visit_tally ORDER BY 1")?,
                sources: sources(connection)?,
                articles: count(connection, "SELECT count(*) FROM article")?,
                relevant: count(connection, "SELECT count(*) FROM verdict WHERE relevant = 1")?,
                mails: pairs(
                    connection,
                    "SELECT state, count(*) FROM delivery GROUP BY 1 ORDER BY 1",
                )?,
                oldest_waiting: outbox.as_deref().map(parse_moment).transpose()?,
                lists: lists(connection)?,
                troubles: pairs(
                    connection,
                    "SELECT substr(subject || ':', 1, instr(subject || ':', ':') - 1), count(*)
                     FROM trouble WHERE cleared IS NULL GROUP BY 1 ORDER BY 1",
                )?,
                bytes: length(&path),
                wal_bytes: length(std::path::Path::new(&wal)),
                free_bytes: free_bytes(connection)?,
                bytes_week_ago: size_on(connection, now - TimeDelta::days(7))?,
                disk_free: disk_free(&path),
            })
        })
        .await
    }

    /// Watches these sources from now on, and no others.
    pub async fn watch_only(&self, ids: Vec<String>) -> Result<()> {
        let ids = serde_json::json!(ids).to_string();
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE source SET watched = id IN (SELECT value FROM json_each(?1))",
                [ids],
            )?;
            Ok(())
        })
        .await
    }

    /// Whether the database was looked after on the day of `now`.
    pub async fn is_looked_after(&self, now: DateTime<Utc>) -> Result<bool> {
        self.read(move |connection| {
            let days = connection.query_row(
                "SELECT count(*) FROM size WHERE day = ?1",
                [day(now)],
                |row| row.get::<_, i64>(0),
            )?;
            Ok(days > 0)
        })
        .await
    }

    /// The last day before that of `now` on which the database was looked after: its midnight.
    pub async fn looked_after_before(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        self.read(move |connection| {
            let last: Option<String> = connection.query_row(
                "SELECT max(day) FROM size WHERE day < ?1",
                [day(now)],
                |row| row.get(0),
            )?;
            last.map(|day| parse_moment(&format!("{day}T00:00:00Z"))).transpose()
        })
        .await
    }

    /// Gives what nothing uses back to the disk, refreshes what the planner knows, folds the log
    /// into the file, and writes down how large that is on the day of `now`. Gives the bytes.
    pub async fn look_after(&self, now: DateTime<Utc>) -> Result<u64> {
        // A batch at a time, so that commits in between wait for milliseconds.
        while self.write(|transaction| shrink(transaction)).await? {}
        self.write(|transaction| Ok(transaction.execute_batch("PRAGMA optimize")?)).await?;
        self.settle().await?;
        let bytes = std::fs::metadata(self.path()).map_or(0, |file| file.len());
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO size (day, bytes) VALUES (?1, ?2)
                 ON CONFLICT (day) DO UPDATE SET bytes = ?2",
                params![day(now), bytes],
            )?;
            Ok(())
        })
        .await?;
        Ok(bytes)
    }
}

/// Pages given back in one transaction: 4 MB.
const PAGES: i64 = 1_000;

/// Gives a batch of unused pages back where there are many; true where more are left.
fn shrink(connection: &Connection) -> Result<bool> {
    let free = |connection: &Connection| {
        connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0))
    };
    let before = free(connection)?;
    // What is free is used again by tomorrow's articles; only much of it is worth the work.
    if before <= 2 * PAGES {
        return Ok(false);
    }
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    // A database made without incremental vacuum gives nothing back.
    Ok(free(connection)? < before)
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%F").to_string()
}

fn size_on(connection: &Connection, at: DateTime<Utc>) -> Result<Option<u64>> {
    let mut statement = connection
        .prepare_cached("SELECT bytes FROM size WHERE day <= ?1 ORDER BY day DESC LIMIT 1")?;
    Ok(statement.query_row([day(at)], |row| row.get(0)).optional()?)
}

fn free_bytes(connection: &Connection) -> Result<u64> {
    let pragma = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0))
    };
    Ok(pragma("freelist_count")? * pragma("page_size")?)
}

/// Bytes left for us on the disk of `path`; none where the system does not say.
pub fn disk_free(path: &std::path::Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn count(connection: &Connection, sql: &str) -> Result<u64> {
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn pairs(connection: &Connection, sql: &str) -> Result<Vec<(String, u64)>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn sources(connection: &Connection) -> Result<Vec<SourceFigures>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, last_success, next_look, failures FROM source WHERE watched = 1 ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut sources = Vec::new();
    while let Some(row) = rows.next()? {
        let last: Option<String> = row.get(1)?;
        sources.push(SourceFigures {
            id: row.get(0)?,
            last_success: last.as_deref().map(parse_moment).transpose()?,
            next_look: parse_moment(&row.get::<_, String>(2)?)?,
            failures: row.get(3)?,
        });
    }
    Ok(sources)
}

fn lists(connection: &Connection) -> Result<Vec<ListFigures>> {
    let mut statement = connection.prepare_cached(
        "SELECT list.id, last_look, refused IS NOT NULL,
                (SELECT max(fetched_at) FROM edition WHERE edition.list = list.id) AS fetched
         FROM list WHERE fetched IS NOT NULL ORDER BY list.id",
    )?;
    let mut rows = statement.query([])?;
    let mut lists = Vec::new();
    while let Some(row) = rows.next()? {
        let last: Option<String> = row.get(1)?;
        lists.push(ListFigures {
            id: row.get(0)?,
            last_look: last.as_deref().map(parse_moment).transpose()?,
            is_refused: row.get(2)?,
            fetched: parse_moment(&row.get::<_, String>(3)?)?,
        });
    }
    Ok(lists)
}

/// Upper bounds of `Waits`, in seconds.
pub const WAIT_BOUNDS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How long writes waited for the writer since the start: a histogram.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    /// One for each bound, and one for what was longer than all; not cumulative.
    counts: [AtomicU64; WAIT_BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// A histogram as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitFigures {
    /// Writes that waited no longer than the bound of the same place in [`WAIT_BOUNDS`].
    pub within: [u64; WAIT_BOUNDS.len()],
    /// All writes.
    pub count: u64,
    /// Their waits together, in seconds.
    pub sum: f64,
}

impl Waits {
    pub(crate) fn add(&self, wait: Duration) {
        let seconds = wait.as_secs_f64();
        let place = WAIT_BOUNDS.iter().position(|bound| seconds <= *bound);
        self.counts[place.unwrap_or(WAIT_BOUNDS.len())].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn figures(&self) -> WaitFigures {
        let mut within = [0; WAIT_BOUNDS.len()];
        let mut count = 0;
        for (place, waits) in self.counts.iter().enumerate() {
            count += waits.load(Ordering::Relaxed);
            if let Some(within) = within.get_mut(place) {
                *within = count;
            }
        }
        WaitFigures { within, count, sum: self.micros.load(Ordering::Relaxed) as f64 / 1e6 }
    }
}

impl Store {
    /// How long writes of this process have waited for the writer.
    pub fn waits(&self) -> WaitFigures {
        self.shared.waits.figures()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_counted_within_their_bounds() {
        let waits = Waits::default();
        for millis in [0, 1, 3, 400, 60_000] {
            waits.add(Duration::from_millis(millis));
        }
        let figures = waits.figures();
        assert_eq!(figures.within, [2, 3, 3, 3, 4, 4, 4, 4, 4]);
        assert_eq!(figures.count, 5);
        assert!((figures.sum - 60.404).abs() < 1e-9, "{}", figures.sum);
    }
}
