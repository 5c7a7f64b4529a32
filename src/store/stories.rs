//! How an article joins a story inside its commit, and what the story says by then.
//!
//! A look-up touches the marks of the present period and of the one before, at most so many bearers
//! of each: it costs the same whatever the store holds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::model::story::{
    Alike, Bearer, Near, Parts, Said, StoryKeys, StoryLookUp, StorySoFar, Telling, lead_first,
};
use crate::store::acts::ahead_in_story;
use crate::store::articles::stamp_of;
use crate::store::story_book::add_changes;
use crate::store::{Result, Store, moment, parse_moment, signed};

/// Rows of past periods dropped at each join: more than it adds, so that they do not heap up.
const DROPPED_AT_ONCE: usize = 200;

/// The two pure steps of a join: see `stories::alike` and `stories::place`.
#[derive(Debug, Clone, Copy)]
pub struct StoryRules {
    pub alike: fn(&StoryKeys, usize, &[Vec<Bearer>]) -> Vec<Alike>,
    pub place: fn(&StoryKeys, &[Near]) -> Option<i64>,
}

/// A report on its way into a story.
pub(crate) struct Report<'a> {
    pub(crate) article: i64,
    pub(crate) keys: &'a StoryKeys,
    pub(crate) official: bool,
    pub(crate) now: DateTime<Utc>,
}

impl Store {
    /// The story that a report would join if it were committed now; none where it would begin one.
    pub async fn story_so_far(
        &self,
        keys: StoryKeys,
        now: DateTime<Utc>,
        rules: StoryRules,
    ) -> Result<Option<StorySoFar>> {
        self.read(move |connection| {
            let Some(id) = place(connection, &keys, now, rules)? else { return Ok(None) };
            Ok(Some(StorySoFar {
                id,
                said: said(connection, id, None)?,
                tellings: tellings(connection, id)?,
                told: told(connection, id)?,
                ahead: ahead_in_story(connection, id, now)?,
            }))
        })
        .await
    }
}

/// The story an article belongs to.
pub(crate) fn story_of(connection: &Connection, article: i64) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT story FROM story_report WHERE article = ?1")?
        .query_row([article], |row| row.get(0))
        .optional()?)
}

/// Puts a report into the story it belongs to, or into a new one. A later text of a known report
/// stays where it is, and is found by its new words too.
pub(crate) fn join(
    transaction: &Transaction<'_>,
    report: &Report<'_>,
    rules: StoryRules,
) -> Result<i64> {
    if let Some(story) = story_of(transaction, report.article)? {
        write_keys(transaction, report)?;
        return Ok(story);
    }
    let story = match place(transaction, report.keys, report.now, rules)? {
        Some(story) => story,
        None => open(transaction, report)?,
    };
    add(transaction, report, story)?;
    write_keys(transaction, report)?;
    count_report(transaction, report.now)?;
    add_changes(transaction, "story_report.article = ?1", report.article)?;
    Ok(story)
}

/// The story that a report would join; none where it would begin one.
pub(crate) fn place(
    connection: &Connection,
    keys: &StoryKeys,
    now: DateTime<Utc>,
    rules: StoryRules,
) -> Result<Option<i64>> {
    let period = period(now);
    let reports: usize = connection
        .prepare_cached(
            "SELECT coalesce(sum(reports), 0) FROM story_period WHERE period IN (?1, ?1 - 1)",
        )?
        .query_row([period], |row| row.get(0))?;
    let mut bearers = Vec::with_capacity(keys.marks.len());
    for mark in &keys.marks {
        bearers.push(bearers_of(connection, mark.hash, period)?);
    }
    let mut near = Vec::new();
    for alike in (rules.alike)(keys, reports, &bearers) {
        near.push(read_near(connection, alike)?);
    }
    Ok((rules.place)(keys, &near))
}

/// The latest reports of this period and the one before that bear a mark.
fn bearers_of(connection: &Connection, hash: u64, period: i64) -> Result<Vec<Bearer>> {
    let mut statement = connection.prepare_cached(
        "SELECT article, weight FROM story_key WHERE period = ?1 AND hash = ?2
         ORDER BY article DESC LIMIT ?3",
    )?;
    let mut bearers: Vec<Bearer> = Vec::new();
    for period in [period, period - 1] {
        let room = StoryLookUp::BEARERS_MAX - bearers.len();
        let rows = statement.query_map(params![period, signed(hash), room], |row| {
            Ok(Bearer { article: row.get(0)?, weight: row.get(1)? })
        })?;
        for row in rows {
            bearers.push(row?);
        }
    }
    Ok(bearers)
}

fn read_near(connection: &Connection, alike: Alike) -> Result<Near> {
    let mut statement = connection.prepare_cached(
        "SELECT story, reports, at, names, words FROM story_report
         JOIN story ON story.id = story WHERE article = ?1",
    )?;
    Ok(statement.query_row([alike.article], |row| {
        Ok(Near {
            story: row.get(0)?,
            reports: row.get(1)?,
            at: DateTime::from_timestamp(row.get(2)?, 0).unwrap_or_default(),
            parts: Parts { names: row.get(3)?, words: row.get(4)? },
            alike,
        })
    })?)
}

fn open(transaction: &Transaction<'_>, report: &Report<'_>) -> Result<i64> {
    transaction
        .prepare_cached("INSERT INTO story (opened, latest, reports) VALUES (?1, ?2, 0)")?
        .execute(params![moment(report.now), report.keys.at.timestamp()])?;
    Ok(transaction.last_insert_rowid())
}

fn add(transaction: &Transaction<'_>, report: &Report<'_>, story: i64) -> Result<()> {
    let (at, parts) = (report.keys.at.timestamp(), report.keys.parts());
    transaction
        .prepare_cached(
            "INSERT INTO story_report (article, story, at, official, names, words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![report.article, story, at, report.official, parts.names, parts.words])?;
    transaction
        .prepare_cached(
            "UPDATE story SET reports = reports + 1, latest = max(latest, ?2) WHERE id = ?1",
        )?
        .execute(params![story, at])?;
    Ok(())
}

/// Writes what a report is found by, and drops some of what is no longer looked up.
fn write_keys(transaction: &Transaction<'_>, report: &Report<'_>) -> Result<()> {
    let period = period(report.now);
    let mut insert = transaction.prepare_cached(
        "INSERT INTO story_key (period, hash, article, weight) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET weight = ?4",
    )?;
    for mark in &report.keys.marks {
        insert.execute(params![period, signed(mark.hash), report.article, mark.weight])?;
    }
    transaction
        .prepare_cached(
            "DELETE FROM story_key WHERE (period, hash, article) IN (
                 SELECT period, hash, article FROM story_key WHERE period < ?1 - 1 LIMIT ?2)",
        )?
        .execute(params![period, DROPPED_AT_ONCE])?;
    Ok(())
}

fn count_report(transaction: &Transaction<'_>, now: DateTime<Utc>) -> Result<()> {
    let period = period(now);
    transaction
        .prepare_cached(
            "INSERT INTO story_period (period, reports) VALUES (?1, 1)
             ON CONFLICT (period) DO UPDATE SET reports = reports + 1",
        )?
        .execute([period])?;
    transaction
        .prepare_cached("DELETE FROM story_period WHERE period < ?1 - 1")?
        .execute([period])?;
    Ok(())
}

fn period(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(StoryLookUp::WINDOW_SECONDS)
}

/// What the reports of a story say together, one of them left out.
pub(crate) fn said(connection: &Connection, story: i64, without: Option<i64>) -> Result<Said> {
    let mut said = Said::default();
    let others = "SELECT article FROM story_report WHERE story = ?1 AND article IS NOT ?2";
    let mut statement = connection.prepare_cached(&format!(
        "SELECT DISTINCT id FROM instrument WHERE article IN ({others})"
    ))?;
    let rows = statement.query_map(params![story, without], |row| row.get(0))?;
    said.instruments = rows.collect::<rusqlite::Result<BTreeSet<String>>>()?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT DISTINCT issuer, number FROM mention
         WHERE (class = 'strong' OR (class = 'medium' AND confirmed = 1)) AND article IN ({others})"
    ))?;
    let rows =
        statement.query_map(params![story, without], |row| Ok((row.get(0)?, row.get(1)?)))?;
    said.parties = rows.collect::<rusqlite::Result<BTreeSet<(String, String)>>>()?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT DISTINCT value FROM fact WHERE kind = 'action' AND article IN ({others})"
    ))?;
    let rows = statement.query_map(params![story, without], |row| row.get(0))?;
    said.actions = rows.collect::<rusqlite::Result<BTreeSet<String>>>()?;
    said.official = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM story_report
                            WHERE story = ?1 AND article IS NOT ?2 AND official = 1)",
        )?
        .query_row(params![story, without], |row| row.get(0))?;
    Ok(said)
}

/// The reports of a story and their copies, the one that leads first.
pub(crate) fn tellings(connection: &Connection, story: i64) -> Result<Vec<Telling>> {
    let mut statement = connection.prepare_cached(
        "SELECT article, title, url, source, published, first_seen, official,
                EXISTS (SELECT 1 FROM copy
                        WHERE copy.article = article.id AND original = 'found') AS is_copy
         FROM story_report JOIN article ON article.id = article WHERE story = ?1
         UNION ALL
         SELECT copy.article, title, url, source, published, seen, copy.official,
                original <> 'found'
         FROM story_report JOIN copy ON copy.article = story_report.article WHERE story = ?1",
    )?;
    let mut rows = statement.query([story])?;
    let mut tellings = Vec::new();
    while let Some(row) = rows.next()? {
        let published = row.get::<_, Option<String>>(4)?.map(stamp_of).transpose()?;
        let seen = parse_moment(&row.get::<_, String>(5)?)?;
        tellings.push(Telling {
            article: row.get(0)?,
            title: row.get(1)?,
            url: row.get(2)?,
            source: row.get(3)?,
            at: published.map_or(seen, |stamp| stamp.instant().min(seen)),
            official: row.get(6)?,
            is_copy: row.get(7)?,
        });
    }
    lead_first(&mut tellings);
    Ok(tellings)
}

/// The `Message-ID` of the first mail that told a subscriber of a story; none where none did.
pub(crate) fn first_told(
    connection: &Connection,
    story: i64,
    subscriber: i64,
) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached(
            "SELECT message_id FROM story_report
             JOIN delivery ON delivery.article = story_report.article
             WHERE story = ?1 AND subscriber = ?2 AND state <> 'failed'
             ORDER BY delivery.id LIMIT 1",
        )?
        .query_row(params![story, subscriber], |row| row.get(0))
        .optional()?)
}

/// Whether a subscriber wants to hear no more of a story, or of one that was merged into it.
pub(crate) fn is_muted(connection: &Connection, story: i64, subscriber: i64) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM mute WHERE subscriber = ?2 AND kind = 'story'
         AND (value = CAST(?1 AS TEXT)
              OR value IN (SELECT CAST(id AS TEXT) FROM story WHERE became = ?1))",
    )?;
    Ok(statement.exists(params![story, subscriber])?)
}

/// Whether a subscriber got a mail about this very article.
pub(crate) fn is_told_of(connection: &Connection, article: i64, subscriber: i64) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM delivery WHERE article = ?1 AND subscriber = ?2)",
        )?
        .query_row([article, subscriber], |row| row.get(0))?)
}

/// By subscriber the `Message-ID` of the first mail that told of a story.
fn told(connection: &Connection, story: i64) -> Result<BTreeMap<i64, String>> {
    let mut statement = connection.prepare_cached(
        "SELECT subscriber, message_id, min(delivery.id) FROM story_report
         JOIN delivery ON delivery.article = story_report.article
         WHERE story = ?1 AND state <> 'failed' GROUP BY subscriber",
    )?;
    let rows = statement.query_map([story], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Remembers that readers were not told of an article, and why.
pub(crate) fn hold_back(
    transaction: &Transaction<'_>,
    article: i64,
    story: i64,
    readers: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    let reason = "the story was told before, and this brings no new instrument, listed party, kind of \
                  action or first official document";
    transaction
        .prepare_cached(
            "INSERT INTO held_back (article, story, readers, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (article) DO UPDATE SET readers = ?3, at = ?5",
        )?
        .execute(params![article, story, readers, reason, moment(now)])?;
    Ok(())
}
