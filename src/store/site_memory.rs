//! The memory of what a site repeats, learned as its articles are stored.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};

use crate::model::article::SiteMemory;
use crate::store::{Result, Store, moment, signed};

/// Lines handed out per site: a site's furniture is a few hundred lines.
const LINES_KEPT: usize = 5_000;

impl Store {
    /// What `site` (a registrable domain) has repeated so far: lines of at least two articles.
    pub async fn site_memory(&self, site: String) -> Result<SiteMemory> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT hash, documents,
                        EXISTS (SELECT 1 FROM site_line AS other
                                WHERE other.hash = site_line.hash AND other.site <> site_line.site)
                 FROM site_line WHERE site = ?1 AND 2 <= documents
                 ORDER BY documents DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![site, LINES_KEPT])?;
            let mut memory = SiteMemory { on_host: HashMap::new(), elsewhere: HashSet::new() };
            while let Some(row) = rows.next()? {
                let hash = row.get::<_, i64>(0)?.cast_unsigned();
                memory.on_host.insert(hash, row.get(1)?);
                if row.get(2)? {
                    memory.elsewhere.insert(hash);
                }
            }
            Ok(memory)
        })
        .await
    }
}

/// Counts the lines of one new article of `site`; each line counts once per article.
pub(crate) fn remember(
    transaction: &Transaction<'_>,
    site: &str,
    lines: &[u64],
    now: DateTime<Utc>,
) -> Result<()> {
    let mut count = transaction.prepare_cached(
        "INSERT INTO site_line (site, hash, documents, last_seen) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT DO UPDATE SET documents = documents + 1, last_seen = ?3",
    )?;
    let distinct: HashSet<u64> = lines.iter().copied().collect();
    for hash in distinct {
        count.execute(params![site, signed(hash), moment(now)])?;
    }
    Ok(())
}
