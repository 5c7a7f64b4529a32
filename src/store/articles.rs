//! Stored articles, as the commands and pages show them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::model::article::{Block, BlockKind};
use crate::model::judged::{Evidence, Field, Original, Verdict};
use crate::model::source::SourceId;
use crate::model::stamp::Stamp;
use crate::store::{Error, Result, Store, parse_moment};

/// An article with its verdict, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredArticle {
    pub id: i64,
    pub url: String,
    pub source: SourceId,
    pub title: String,
    pub byline: Vec<String>,
    pub published: Option<Stamp>,
    pub language: Option<String>,
    pub blocks: Vec<Block>,
    pub incomplete: bool,
    pub first_seen: DateTime<Utc>,
    /// When the present text was first seen.
    pub changed: DateTime<Utc>,
    pub verdict: Verdict,
    /// What was cleaned away, as (text, reason word).
    pub removed: Vec<RemovedView>,
    pub copies: Vec<CopyView>,
    /// The earlier article it has much in common with.
    pub derived: Option<DerivedView>,
    /// When its page was found to be gone.
    pub gone: Option<DateTime<Utc>>,
    pub revisions: Vec<RevisionView>,
}

impl StoredArticle {
    /// The blocks joined by blank lines.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.blocks.iter().map(|block| block.text.as_str()).collect();
        texts.join("\n\n")
    }
}

/// A block that was cleaned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedView {
    pub text: String,
    pub reason: String,
}

/// The same text at another address.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyView {
    pub url: String,
    pub source: SourceId,
    /// Part of the shorter text in common, 0 to 1.
    pub share: f64,
    /// Which of the two is the original.
    pub original: Original,
}

/// The earlier article that one derives from.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedView {
    pub origin: i64,
    pub url: String,
    /// Part of the shorter text in common, 0 to 1.
    pub share: f64,
    /// Which of the two is the original: [`Original::Stored`] is the earlier.
    pub original: Original,
}

/// An earlier text, and what the next one changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionView {
    pub number: u32,
    pub replaced: DateTime<Utc>,
    pub title: String,
    /// Blocks that went (`- `) and that came (`+ `), from this text to the next.
    pub difference: String,
    /// `edited` or `material`.
    pub change: String,
    /// In what a material change matters: `number`, `name`, …
    pub matters: Vec<String>,
}

/// How much the database holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub articles: usize,
    pub relevant: usize,
    pub revisions: usize,
    pub copies: usize,
    pub snapshots: usize,
    /// Pages announced but not yet read.
    pub links_due: usize,
}

/// One block in the `blocks` column: its text is the next `bytes` of the `text` column.
#[derive(Serialize, Deserialize)]
pub(crate) struct BlockRow {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<u8>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ordered: bool,
    bytes: usize,
}

/// What joins two blocks in the `text` column.
const JOINT: &str = "\n\n";

impl Store {
    /// One article with everything known of it.
    pub async fn article(&self, id: i64) -> Result<Option<StoredArticle>> {
        self.read(move |connection| {
            let known: Option<i64> = connection
                .query_row("SELECT id FROM article WHERE id = ?1", [id], |row| row.get(0))
                .optional()?;
            known.map(|id| read_article(connection, id)).transpose()
        })
        .await
    }

    /// Every article's id, oldest first.
    pub async fn article_ids(&self) -> Result<Vec<i64>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT id FROM article ORDER BY id")?;
            let ids = statement.query_map([], |row| row.get(0))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// How much the database holds.
    pub async fn counted(&self) -> Result<Counted> {
        self.read(|connection| {
            Ok(connection.query_row(
                "SELECT (SELECT count(*) FROM article),
                        (SELECT count(*) FROM verdict WHERE relevant = 1),
                        (SELECT count(*) FROM revision),
                        (SELECT count(*) FROM copy),
                        (SELECT count(*) FROM snapshot),
                        (SELECT count(*) FROM link WHERE outcome IS NULL AND next_try IS NOT NULL)",
                [],
                |row| {
                    Ok(Counted {
                        articles: row.get(0)?,
                        relevant: row.get(1)?,
                        revisions: row.get(2)?,
                        copies: row.get(3)?,
                        snapshots: row.get(4)?,
                        links_due: row.get(5)?,
                    })
                },
            )?)
        })
        .await
    }
}

/// The `blocks` column for `blocks`.
pub(crate) fn block_rows(blocks: &[Block]) -> String {
    let rows: Vec<BlockRow> = blocks
        .iter()
        .map(|block| {
            let (level, depth, ordered) = match block.kind {
                BlockKind::Heading { level } => (Some(level), None, false),
                BlockKind::ListItem { depth, ordered } => (None, Some(depth), ordered),
                _ => (None, None, false),
            };
            let kind = block.kind.name().to_owned();
            BlockRow { kind, level, depth, ordered, bytes: block.text.len() }
        })
        .collect();
    serde_json::to_string(&rows).expect("plain data serialises")
}

fn blocks_of(rows: &str, text: &str) -> Result<Vec<Block>> {
    let corrupt =
        || Error::Corrupt { value: rows.to_owned(), expected: "the blocks of an article" };
    let rows: Vec<BlockRow> = serde_json::from_str(rows).map_err(|_| corrupt())?;
    let mut at = 0;
    let mut blocks = Vec::with_capacity(rows.len());
    for row in rows {
        let block = text.get(at..at + row.bytes).ok_or_else(corrupt)?;
        at += row.bytes + JOINT.len();
        let kind = kind_of(&row).ok_or_else(corrupt)?;
        blocks.push(Block { kind, text: block.to_owned() });
    }
    Ok(blocks)
}

fn kind_of(row: &BlockRow) -> Option<BlockKind> {
    Some(match row.kind.as_str() {
        "heading" => BlockKind::Heading { level: row.level? },
        "paragraph" => BlockKind::Paragraph,
        "list" => BlockKind::ListItem { depth: row.depth?, ordered: row.ordered },
        "quotation" => BlockKind::Quotation,
        "table" => BlockKind::Table,
        "code" => BlockKind::Code,
        "caption" => BlockKind::Caption,
        _ => return None,
    })
}

/// Reads one article with verdict, evidence, removed blocks, copies and revisions.
pub(crate) fn read_article(connection: &Connection, id: i64) -> Result<StoredArticle> {
    let mut statement = connection.prepare_cached(
        "SELECT url, source, title, byline, published, language, text, blocks, incomplete,
                first_seen, changed, relevant, score, gone
         FROM article JOIN verdict ON verdict.article = article.id WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let byline: String = row.get(3)?;
    let text: String = row.get(6)?;
    Ok(StoredArticle {
        id,
        url: row.get(0)?,
        source: SourceId(row.get(1)?),
        title: row.get(2)?,
        byline: names_of(&byline)?,
        published: row.get::<_, Option<String>>(4)?.map(stamp_of).transpose()?,
        language: row.get(5)?,
        blocks: blocks_of(&row.get::<_, String>(7)?, &text)?,
        incomplete: row.get(8)?,
        first_seen: parse_moment(&row.get::<_, String>(9)?)?,
        changed: parse_moment(&row.get::<_, String>(10)?)?,
        verdict: Verdict {
            relevant: row.get(11)?,
            score: row.get(12)?,
            evidence: evidence_of(connection, id)?,
        },
        removed: removed_of(connection, id)?,
        copies: copies_of(connection, id)?,
        derived: derived_of(connection, id)?,
        gone: row.get::<_, Option<String>>(13)?.as_deref().map(parse_moment).transpose()?,
        revisions: revisions_of(connection, id)?,
    })
}

/// The `byline` column.
pub(crate) fn names_of(column: &str) -> Result<Vec<String>> {
    serde_json::from_str(column)
        .map_err(|_| Error::Corrupt { value: column.to_owned(), expected: "a JSON array of names" })
}

/// A publication time as stored.
pub(crate) fn stamp_of(column: String) -> Result<Stamp> {
    column.parse().map_err(|_| Error::Corrupt { value: column, expected: "a publication time" })
}

fn original_of(column: String) -> Result<Original> {
    Original::from_label(&column)
        .ok_or(Error::Corrupt { value: column, expected: "stored, found or an agency" })
}

fn derived_of(connection: &Connection, id: i64) -> Result<Option<DerivedView>> {
    let mut statement = connection.prepare_cached(
        "SELECT origin, url, share, original FROM derived JOIN article ON article.id = origin
         WHERE derived.article = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(DerivedView {
        origin: row.get(0)?,
        url: row.get(1)?,
        share: row.get(2)?,
        original: original_of(row.get(3)?)?,
    }))
}

fn evidence_of(connection: &Connection, id: i64) -> Result<Vec<Evidence>> {
    let mut statement = connection.prepare_cached(
        "SELECT field, start, \"end\", text, rule, weight FROM evidence
         WHERE article = ?1 ORDER BY position",
    )?;
    let rows = statement.query_map([id], |row| {
        let field: String = row.get(0)?;
        Ok(Evidence {
            field: if field == "title" { Field::Title } else { Field::Text },
            start: row.get(1)?,
            end: row.get(2)?,
            text: row.get(3)?,
            rule: row.get(4)?,
            weight: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn removed_of(connection: &Connection, id: i64) -> Result<Vec<RemovedView>> {
    let mut statement = connection
        .prepare_cached("SELECT text, reason FROM removed WHERE article = ?1 ORDER BY position")?;
    let rows = statement
        .query_map([id], |row| Ok(RemovedView { text: row.get(0)?, reason: row.get(1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn copies_of(connection: &Connection, id: i64) -> Result<Vec<CopyView>> {
    let mut statement = connection.prepare_cached(
        "SELECT url, source, share, original FROM copy WHERE article = ?1 ORDER BY seen",
    )?;
    let mut rows = statement.query([id])?;
    let mut copies = Vec::new();
    while let Some(row) = rows.next()? {
        copies.push(CopyView {
            url: row.get(0)?,
            source: SourceId(row.get(1)?),
            share: row.get(2)?,
            original: original_of(row.get(3)?)?,
        });
    }
    Ok(copies)
}

fn revisions_of(connection: &Connection, id: i64) -> Result<Vec<RevisionView>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, replaced, title, difference, change, matters FROM revision
         WHERE article = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query(params![id])?;
    let mut revisions = Vec::new();
    while let Some(row) = rows.next()? {
        revisions.push(revision_of(row)?);
    }
    Ok(revisions)
}

fn revision_of(row: &Row<'_>) -> Result<RevisionView> {
    Ok(RevisionView {
        number: row.get(0)?,
        replaced: parse_moment(&row.get::<_, String>(1)?)?,
        title: row.get(2)?,
        difference: row.get(3)?,
        change: row.get(4)?,
        matters: names_of(&row.get::<_, String>(5)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_survive_the_database() {
        let block = |kind, text: &str| Block { kind, text: text.to_owned() };
        let blocks = vec![
            block(BlockKind::Heading { level: 2 }, "Überschrift"),
            block(BlockKind::Paragraph, "Ein Absatz."),
            block(BlockKind::ListItem { depth: 1, ordered: true }, "ein Punkt"),
            block(BlockKind::Table, "a | b\nc | d"),
            block(BlockKind::Code, "x\n\ny"),
            block(BlockKind::Quotation, "«цитата»"),
        ];
        let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(blocks_of(&block_rows(&blocks), &texts.join(JOINT)).unwrap(), blocks);
    }
}
