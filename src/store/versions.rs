//! Every text the page of an article has had, each with the page it was read from.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::store::articles::names_of;
use crate::store::{Error, Result, Store, parse_moment};

/// One text of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionView {
    /// 1 is the first text; the last is the present one.
    pub number: usize,
    /// When a visit found the next text; none: it is the present one.
    pub replaced: Option<DateTime<Utc>>,
    pub title: String,
    /// The blocks joined by blank lines.
    pub text: String,
    /// What the next text changes.
    pub change: Option<ChangeView>,
    pub snapshot: SnapshotView,
}

/// From one text to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeView {
    /// `edited` or `material`.
    pub kind: String,
    /// In what a material change matters: `number`, `name`, …
    pub matters: Vec<String>,
    /// Blocks that went (`- `) and that came (`+ `).
    pub difference: String,
}

/// A page as it was fetched: the evidence for a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotView {
    /// Row number, for [`Store::page_body`].
    pub id: i64,
    pub requested: String,
    /// The address that answered.
    pub url: String,
    pub redirects: Vec<String>,
    pub fetched: DateTime<Utc>,
    pub status: u16,
    pub content_type: Option<String>,
    /// Of the body as it came, in hex.
    pub sha256: String,
    /// Bytes of the body.
    pub size: u64,
}

impl Store {
    /// Every text of an article, the first first; empty where there is no such article.
    pub async fn versions(&self, article: i64) -> Result<Vec<VersionView>> {
        self.read(move |connection| read_versions(connection, article)).await
    }

    /// The bytes of a page as it was fetched.
    pub async fn page_body(&self, snapshot: i64) -> Result<Option<Vec<u8>>> {
        self.read(move |connection| {
            let body: Option<Vec<u8>> = connection
                .query_row(
                    "SELECT body FROM snapshot WHERE id = ?1 AND length(body) > 0",
                    [snapshot],
                    |row| row.get(0),
                )
                .optional()?;
            body.map(|body| zstd::decode_all(body.as_slice()).map_err(Error::Snapshot)).transpose()
        })
        .await
    }
}

fn read_versions(connection: &Connection, article: i64) -> Result<Vec<VersionView>> {
    let mut statement = connection.prepare_cached(
        "SELECT replaced, title, text, change, matters, difference, snapshot
         FROM (SELECT number, replaced, title, text, change, matters, difference, snapshot
               FROM revision WHERE article = ?1
               UNION ALL
               SELECT 9223372036854775807, NULL, title, text, NULL, NULL, NULL, snapshot
               FROM article WHERE id = ?1)
         ORDER BY number",
    )?;
    let mut rows = statement.query([article])?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let change = match row.get::<_, Option<String>>(3)? {
            Some(kind) => Some(ChangeView {
                kind,
                matters: names_of(&row.get::<_, String>(4)?)?,
                difference: row.get(5)?,
            }),
            None => None,
        };
        versions.push(VersionView {
            number: versions.len() + 1,
            replaced: row.get::<_, Option<String>>(0)?.as_deref().map(parse_moment).transpose()?,
            title: row.get(1)?,
            text: row.get(2)?,
            change,
            snapshot: snapshot(connection, row.get(6)?)?,
        });
    }
    Ok(versions)
}

fn snapshot(connection: &Connection, id: i64) -> Result<SnapshotView> {
    let mut statement = connection.prepare_cached(
        "SELECT requested, url, redirects, fetched, status, content_type, lower(hex(sha256)), size
         FROM snapshot WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(SnapshotView {
        id,
        requested: row.get(0)?,
        url: row.get(1)?,
        redirects: names_of(&row.get::<_, String>(2)?)?,
        fetched: parse_moment(&row.get::<_, String>(3)?)?,
        status: row.get(4)?,
        content_type: row.get(5)?,
        sha256: row.get(6)?,
        size: row.get::<_, i64>(7)?.unsigned_abs(),
    })
}
