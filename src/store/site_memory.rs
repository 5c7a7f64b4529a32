//! The memory of what a host repeats, learned as its articles are stored.
//!
//! A line's count halves with every [`HALF_DOCUMENTS`] documents of its host that come without it,
//! and with every [`HALF_DAYS`] days: what a redesign took away is forgotten, on a busy host within
//! days and on a quiet one within months.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::model::article::SiteMemory;
use crate::store::{Result, Store, moment, parse_moment, signed};

/// Documents of the host after which an unseen line counts half.
const HALF_DOCUMENTS: i64 = 100;
/// Days after which an unseen line counts half.
const HALF_DAYS: i64 = 60;
/// Lines kept per host: a host's furniture is a few hundred lines, the rest is text on its way out.
const LINES_KEPT: i64 = 5_000;
/// Lines taken of one document, those with the least hashes, so that every page gives the same ones.
const LINES_OF_DOCUMENT: usize = 1_000;
/// Documents of a host between two rounds of forgetting.
const FORGET_EVERY: i64 = 20;
/// Hosts kept: those seen last.
const HOSTS_KEPT: i64 = 2_000;

impl Store {
    /// What `host` (without `www.`) has repeated so far: lines of at least two documents. Lines that
    /// other registrable domains bear too are marked, as syndicated text is nobody's furniture.
    pub async fn site_memory(&self, host: String, now: DateTime<Utc>) -> Result<SiteMemory> {
        self.read(move |connection| {
            let mut memory = SiteMemory { on_host: HashMap::new(), elsewhere: HashSet::new() };
            let Some(known) = host_of(connection, &host)? else { return Ok(memory) };
            let mut statement = connection.prepare_cached(
                "SELECT hash, documents, at, last_seen,
                        EXISTS (SELECT 1 FROM host_line AS other
                                JOIN site_host ON site_host.host = other.host
                                WHERE other.hash = host_line.hash AND site_host.domain <> ?2)
                 FROM host_line WHERE host = ?1 AND 2 <= documents
                 ORDER BY documents DESC LIMIT ?3",
            )?;
            let mut rows = statement.query(params![host, known.domain, LINES_KEPT])?;
            while let Some(row) = rows.next()? {
                let last_seen = parse_moment(&row.get::<_, String>(3)?)?;
                let count =
                    faded(row.get(1)?, known.documents - row.get::<_, i64>(2)?, now - last_seen);
                let hash = row.get::<_, i64>(0)?.cast_unsigned();
                if let Ok(count) = u32::try_from(count)
                    && 2 <= count
                {
                    memory.on_host.insert(hash, count);
                    if row.get(4)? {
                        memory.elsewhere.insert(hash);
                    }
                }
            }
            Ok(memory)
        })
        .await
    }
}

/// Counts the lines of one new article of `host`; each line counts once per article.
pub(crate) fn remember(
    transaction: &Transaction<'_>,
    host: &str,
    domain: &str,
    lines: &[u64],
    now: DateTime<Utc>,
) -> Result<()> {
    let documents: i64 = transaction
        .prepare_cached(
            "INSERT INTO site_host (host, domain, documents, last_seen) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT DO UPDATE SET documents = documents + 1, last_seen = ?3
             RETURNING documents",
        )?
        .query_row(params![host, domain, moment(now)], |row| row.get(0))?;
    let mut known = transaction.prepare_cached(
        "SELECT documents, at, last_seen FROM host_line WHERE host = ?1 AND hash = ?2",
    )?;
    let mut write = transaction.prepare_cached(
        "INSERT INTO host_line (host, hash, documents, at, last_seen) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET documents = ?3, at = ?4, last_seen = ?5",
    )?;
    let mut distinct = lines.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    for hash in distinct.into_iter().take(LINES_OF_DOCUMENT).map(signed) {
        let before: Option<(i64, i64, String)> = known
            .query_row(params![host, hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let count = match before {
            Some((count, at, last_seen)) => {
                // The document before the one that comes now is no gap.
                faded(count, documents - 1 - at, now - parse_moment(&last_seen)?)
            }
            None => 0,
        };
        write.execute(params![host, hash, count + 1, documents, moment(now)])?;
    }
    if documents % FORGET_EVERY == 0 {
        forget(transaction, host, documents)?;
    }
    Ok(())
}

/// Drops the lines of a host that have faded or are too many, and the hosts that are too many.
fn forget(transaction: &Transaction<'_>, host: &str, documents: i64) -> Result<()> {
    // What was seen once and not again is the text of that one document.
    transaction.execute(
        "DELETE FROM host_line WHERE host = ?1 AND (documents >> ((?2 - at) / ?3)) < 2
             AND ?3 <= ?2 - at",
        params![host, documents, HALF_DOCUMENTS],
    )?;
    transaction.execute(
        "DELETE FROM host_line WHERE host = ?1 AND hash IN (
             SELECT hash FROM host_line WHERE host = ?1
             ORDER BY documents DESC, at DESC, hash LIMIT -1 OFFSET ?2)",
        params![host, LINES_KEPT],
    )?;
    let mut superfluous = transaction.prepare_cached(
        "SELECT host FROM site_host ORDER BY last_seen DESC, host LIMIT -1 OFFSET ?1",
    )?;
    let hosts: Vec<String> =
        superfluous.query_map([HOSTS_KEPT], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for host in hosts {
        transaction.execute("DELETE FROM host_line WHERE host = ?1", [&host])?;
        transaction.execute("DELETE FROM site_host WHERE host = ?1", [&host])?;
    }
    Ok(())
}

/// A count after so many documents without the line, and after so long.
fn faded(count: i64, documents: i64, time: chrono::TimeDelta) -> i64 {
    let halvings = documents.max(0) / HALF_DOCUMENTS + time.num_days().max(0) / HALF_DAYS;
    count >> halvings.min(62)
}

struct Host {
    domain: String,
    documents: i64,
}

fn host_of(connection: &Connection, host: &str) -> Result<Option<Host>> {
    Ok(connection
        .prepare_cached("SELECT domain, documents FROM site_host WHERE host = ?1")?
        .query_row([host], |row| Ok(Host { domain: row.get(0)?, documents: row.get(1)? }))
        .optional()?)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const MENU: u64 = 7;

    struct World {
        store: Store,
        now: DateTime<Utc>,
        _folder: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("store.db")).unwrap();
            let now = "2026-03-02T08:00:00Z".parse().unwrap();
            Self { store, now, _folder: folder }
        }

        /// A page of `host` with the menu, if it still has it, and lines of its own.
        async fn page(&self, host: &str, lines: Vec<u64>) {
            let (host, now) = (host.to_owned(), self.now);
            let domain =
                host.rsplit_once("sub.").map_or(host.clone(), |(_, domain)| domain.to_owned());
            self.store
                .write(move |transaction| remember(transaction, &host, &domain, &lines, now))
                .await
                .unwrap();
        }

        async fn memory(&self, host: &str) -> SiteMemory {
            self.store.site_memory(host.to_owned(), self.now).await.unwrap()
        }

        async fn rows(&self) -> i64 {
            self.store
                .read(|connection| {
                    Ok(connection
                        .query_row("SELECT count(*) FROM host_line", [], |row| row.get(0))?)
                })
                .await
                .unwrap()
        }
    }

    #[tokio::test]
    async fn a_line_fades_with_documents_and_with_time() {
        let mut world = World::new();
        for number in 0..8 {
            world.page("a.example", vec![MENU, 100 + number]).await;
        }
        assert_eq!(world.memory("a.example").await.on_host, HashMap::from([(MENU, 8)]));
        for number in 0..100 {
            world.page("a.example", vec![1_000 + number]).await;
        }
        assert_eq!(world.memory("a.example").await.on_host.get(&MENU), Some(&4));
        world.now += TimeDelta::days(60);
        assert_eq!(world.memory("a.example").await.on_host.get(&MENU), Some(&2));
        world.now += TimeDelta::days(60);
        assert!(world.memory("a.example").await.on_host.is_empty());
    }

    #[tokio::test]
    async fn a_line_that_goes_on_does_not_fade() {
        let world = World::new();
        for number in 0..300 {
            world.page("a.example", vec![MENU, 100 + number]).await;
        }
        assert_eq!(world.memory("a.example").await.on_host.get(&MENU), Some(&300));
    }

    #[tokio::test]
    async fn syndicated_lines_are_marked_but_not_those_of_a_sister_host() {
        let world = World::new();
        for host in ["a.example", "a.example", "sub.a.example", "b.example"] {
            let mut lines = vec![MENU];
            if host != "b.example" {
                lines.push(8);
            }
            world.page(host, lines).await;
        }
        let memory = world.memory("a.example").await;
        assert_eq!(memory.on_host, HashMap::from([(MENU, 2), (8, 2)]));
        assert_eq!(memory.elsewhere, HashSet::from([MENU]));
        assert!(world.memory("c.example").await.on_host.is_empty());
    }

    #[tokio::test]
    async fn a_host_is_bounded_and_a_page_too() {
        let world = World::new();
        for page in 0..40_u64 {
            let own = (0..3_000).map(|line| 1_000 + page * 3_000 + line);
            world.page("a.example", own.chain([MENU]).collect()).await;
        }
        assert!(world.rows().await <= LINES_KEPT, "{}", world.rows().await);
        assert_eq!(world.memory("a.example").await.on_host.get(&MENU), Some(&40));
    }
}
