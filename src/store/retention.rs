//! What is dropped after its time, a batch at a time.
//!
//! What can be cited stays: articles about sanctions with their snapshots and revisions, and every
//! article that something else leads to. Rows that say a thing was done (links, deliveries) stay in
//! any case, so that nothing is read or sent a second time; only their weight goes.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};

use crate::store::{Result, Store, moment};

/// Tables with rows that belong to an article and go with it.
const PARTS: [&str; 9] = [
    "address",
    "copy",
    "revision",
    "removed",
    "verdict",
    "evidence",
    "instrument",
    "fact",
    "sample",
];

/// Tables that lead to an article: one that has a row there stays.
const LEADS: [(&str, &str); 10] = [
    ("mention", "article"),
    ("feedback", "article"),
    ("derived", "article"),
    ("derived", "origin"),
    ("act_party", "article"),
    ("earlier_mention", "article"),
    ("story_report", "article"),
    ("story_key", "article"),
    ("held_back", "article"),
    ("delivery", "article"),
];

/// A batch of what may be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Batch {
    /// Rows dropped, or made light.
    pub dropped: usize,
    /// Where the next batch begins; none where this was the last.
    pub next: Option<i64>,
}

/// Which articles a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sources {
    Only(String),
    AllBut(Vec<String>),
}

impl Sources {
    /// A JSON array of ids, and whether those in it are meant (1) or all others (0).
    fn columns(&self) -> (String, i64) {
        match self {
            Sources::Only(id) => (serde_json::json!([id]).to_string(), 1),
            Sources::AllBut(ids) => (serde_json::json!(ids).to_string(), 0),
        }
    }
}

/// The condition that nothing leads to article `a`, as SQL.
fn nothing_leads_to_it() -> String {
    let leads = LEADS.iter().map(|(table, column)| {
        format!("AND NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.{column} = a.id)")
    });
    let leads: Vec<String> = leads.collect();
    format!(
        "NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.article = a.id AND relevant = 1)
         AND NOT EXISTS (SELECT 1 FROM delivery
                         WHERE delivery.cause IN ('article:' || a.id, 'gone:' || a.id)) {}",
        leads.join(" ")
    )
}

impl Store {
    /// Drops articles not about sanctions that were first seen before `before`, from row `after` on:
    /// text, snapshot and all that belongs to them. Their links stay.
    pub async fn drop_articles(
        &self,
        sources: Sources,
        before: DateTime<Utc>,
        after: i64,
        limit: usize,
    ) -> Result<Batch> {
        let ids = self.droppable(sources, before, after, limit, "1").await?;
        let next = (ids.len() == limit).then(|| ids.last().copied()).flatten();
        let dropped = ids.len();
        self.write(move |transaction| {
            for id in ids {
                drop_article(transaction, id)?;
            }
            Ok(())
        })
        .await?;
        Ok(Batch { dropped, next })
    }

    /// Empties the snapshots of articles not about sanctions that were first seen before `before`.
    /// Address, time, size and SHA-256 stay.
    pub async fn empty_snapshots(
        &self,
        sources: Sources,
        before: DateTime<Utc>,
        after: i64,
        limit: usize,
    ) -> Result<Batch> {
        let has_body = "EXISTS (SELECT 1 FROM snapshot WHERE length(body) > 0 AND
             (id = a.snapshot OR id IN (SELECT snapshot FROM revision WHERE article = a.id)))";
        let ids = self.droppable(sources, before, after, limit, has_body).await?;
        let next = (ids.len() == limit).then(|| ids.last().copied()).flatten();
        self.write(move |transaction| {
            let mut dropped = 0;
            let mut empty = transaction.prepare_cached(
                "UPDATE snapshot SET body = x'' WHERE length(body) > 0 AND
                     (id = (SELECT snapshot FROM article WHERE id = ?1)
                      OR id IN (SELECT snapshot FROM revision WHERE article = ?1))",
            )?;
            for id in ids {
                dropped += empty.execute([id])?;
            }
            Ok(Batch { dropped, next })
        })
        .await
    }

    /// Drops earlier texts of articles not about sanctions that were replaced before `before`.
    pub async fn drop_revisions(
        &self,
        sources: Sources,
        before: DateTime<Utc>,
        after: i64,
        limit: usize,
    ) -> Result<Batch> {
        let was_revised = "EXISTS (SELECT 1 FROM revision WHERE article = a.id)";
        let ids = self.droppable(sources, before, after, limit, was_revised).await?;
        let next = (ids.len() == limit).then(|| ids.last().copied()).flatten();
        self.write(move |transaction| {
            let mut dropped = 0;
            for id in ids {
                let snapshots = column(
                    transaction,
                    "SELECT snapshot FROM revision WHERE article = ?1 AND replaced < ?2",
                    params![id, moment(before)],
                )?;
                dropped += transaction.execute(
                    "DELETE FROM revision WHERE article = ?1 AND replaced < ?2",
                    params![id, moment(before)],
                )?;
                drop_snapshots(transaction, &snapshots)?;
            }
            Ok(Batch { dropped, next })
        })
        .await
    }

    /// Drops visits that ended before `before`; their number stays in the tally.
    pub async fn drop_visits(&self, before: DateTime<Utc>, limit: usize) -> Result<Batch> {
        self.write(move |transaction| {
            let dropped = transaction.execute(
                "DELETE FROM visit WHERE id IN
                     (SELECT id FROM visit WHERE ended < ?1 ORDER BY id LIMIT ?2)",
                params![moment(before), limit],
            )?;
            transaction.execute(
                "UPDATE digest SET whole = NULL WHERE whole IS NOT NULL AND composed < ?1",
                [moment(before)],
            )?;
            Ok(Batch { dropped, next: (dropped == limit).then_some(0) })
        })
        .await
    }

    /// Empties the texts of mails that were sent, or given up, before `before`. Recipient, cause,
    /// subject and the server's answer stay.
    pub async fn empty_mails(&self, before: DateTime<Utc>, limit: usize) -> Result<Batch> {
        self.write(move |transaction| {
            let dropped = transaction.execute(
                "UPDATE delivery SET text = '', html = '' WHERE id IN
                     (SELECT id FROM delivery
                      WHERE state <> 'waiting' AND finished < ?1 AND (text <> '' OR html <> '')
                      ORDER BY id LIMIT ?2)",
                params![moment(before), limit],
            )?;
            Ok(Batch { dropped, next: (dropped == limit).then_some(0) })
        })
        .await
    }

    /// Drops the files of list editions fetched before `before`, but never those of a list's latest
    /// edition. What each edition changed stays.
    pub async fn drop_list_files(&self, before: DateTime<Utc>, limit: usize) -> Result<Batch> {
        self.write(move |transaction| {
            let dropped = transaction.execute(
                "DELETE FROM edition_file WHERE edition IN
                     (SELECT DISTINCT edition FROM edition_file
                      JOIN edition ON edition.id = edition_file.edition
                      WHERE fetched_at < ?1
                        AND edition.id < (SELECT max(id) FROM edition AS later
                                          WHERE later.list = edition.list)
                      ORDER BY edition LIMIT ?2)",
                params![moment(before), limit],
            )?;
            transaction.execute(
                "DELETE FROM list_body WHERE sha256 NOT IN (SELECT sha256 FROM edition_file)",
                [],
            )?;
            Ok(Batch { dropped, next: (dropped > 0).then_some(0) })
        })
        .await
    }

    /// Rows of articles of these sources, first seen before `before`, that are not about sanctions,
    /// that nothing leads to, and for which `also` holds: at most `limit`, from row `after` on.
    async fn droppable(
        &self,
        sources: Sources,
        before: DateTime<Utc>,
        after: i64,
        limit: usize,
        also: &'static str,
    ) -> Result<Vec<i64>> {
        let (ids, meant) = sources.columns();
        self.read(move |connection| {
            let free = nothing_leads_to_it();
            column(
                connection,
                &format!(
                    "SELECT a.id FROM article AS a
                     WHERE ?1 < a.id AND a.first_seen < ?2
                       AND (a.source IN (SELECT value FROM json_each(?3))) = ?4
                       AND {also} AND {free}
                     ORDER BY a.id LIMIT ?5"
                ),
                params![after, moment(before), ids, meant, limit],
            )
        })
        .await
    }
}

fn column(connection: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn drop_article(transaction: &Transaction<'_>, id: i64) -> Result<()> {
    let snapshots = column(
        transaction,
        "SELECT snapshot FROM article WHERE id = ?1
         UNION SELECT snapshot FROM revision WHERE article = ?1",
        params![id],
    )?;
    for table in PARTS {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE article = ?1"))?
            .execute([id])?;
    }
    transaction.prepare_cached("DELETE FROM article_search WHERE rowid = ?1")?.execute([id])?;
    transaction.prepare_cached("DELETE FROM article WHERE id = ?1")?.execute([id])?;
    drop_snapshots(transaction, &snapshots)
}

/// Drops these snapshots, unless a text still stands on them.
fn drop_snapshots(transaction: &Transaction<'_>, ids: &[i64]) -> Result<()> {
    let mut statement = transaction.prepare_cached(
        "DELETE FROM snapshot WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM article WHERE snapshot = ?1)
         AND NOT EXISTS (SELECT 1 FROM revision WHERE snapshot = ?1)",
    )?;
    for id in ids {
        statement.execute([id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::schema;

    /// A new table that refers to articles must say whether it goes with one or keeps it.
    #[test]
    fn every_table_that_refers_to_articles_is_a_part_or_a_lead() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT m.name, f.\"from\" FROM sqlite_schema AS m
                 JOIN pragma_foreign_key_list(m.name) AS f
                 WHERE m.type = 'table' AND f.\"table\" = 'article'",
            )
            .unwrap();
        let referring: BTreeSet<(String, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(|row| row.unwrap())
            .collect();
        assert!(10 < referring.len(), "{referring:?}");
        for (table, column) in referring {
            let is_part = PARTS.contains(&table.as_str()) && column == "article";
            let is_lead = LEADS.contains(&(table.as_str(), column.as_str()));
            assert!(is_part || is_lead, "{table}.{column} is neither");
        }
    }
}
