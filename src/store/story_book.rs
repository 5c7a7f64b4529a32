//! Stories as people see and mend them, and the changes of official lists that belong to them.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::model::story::Telling;
use crate::store::stories::{said, tellings};
use crate::store::{Result, Store, moment, parse_moment};

/// A change of a list and a report that surely names the party belong together if they lie no
/// further apart.
const CHANGE_REACH: TimeDelta = TimeDelta::days(7);

/// A story, as a list of stories shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryLine {
    pub id: i64,
    /// Reports, copies not counted.
    pub reports: usize,
    /// When the latest was published.
    pub latest: DateTime<Utc>,
    /// The telling that leads it.
    pub lead: Telling,
}

/// A story with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryView {
    pub id: i64,
    /// The one that leads first.
    pub tellings: Vec<Telling>,
    pub changes: Vec<StoryChange>,
    /// Legal identifiers, in alphabetical order.
    pub instruments: Vec<String>,
    /// Names of listed parties surely named, in alphabetical order.
    pub parties: Vec<String>,
    /// Articles that caused no alert, with the reason.
    pub held_back: Vec<HeldBack>,
    /// Stories an operator said to be other events.
    pub apart: Vec<i64>,
}

/// A change of an official list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryChange {
    pub list: String,
    /// When the edition was fetched.
    pub at: DateTime<Utc>,
    /// `added`, `amended` or `removed`.
    pub change: String,
    pub number: String,
    /// The party's primary name.
    pub name: String,
}

/// An alert that was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    pub article: i64,
    /// Who would have got one.
    pub readers: usize,
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// Who wants two stories to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merger {
    /// An operator: whatever was said before.
    Operator,
    /// The settling of recent reports: not against an operator's word.
    Settling,
}

/// A recent report, to be settled with the others.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentReport {
    pub article: i64,
    pub story: i64,
    pub title: String,
    /// How its text begins.
    pub text: String,
    pub at: DateTime<Utc>,
    pub instruments: Vec<String>,
    /// Surely named parties by issuer and number.
    pub parties: Vec<String>,
}

impl Store {
    /// Stories with a report since a moment, the latest first.
    pub async fn stories(&self, since: DateTime<Utc>, limit: usize) -> Result<Vec<StoryLine>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, reports, latest FROM story
                 WHERE became IS NULL AND latest >= ?1 AND 0 < reports ORDER BY latest DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![since.timestamp(), limit])?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                let Some(lead) = tellings(connection, id)?.into_iter().next() else { continue };
                lines.push(StoryLine { id, reports: row.get(1)?, latest: seconds(row.get(2)?), lead });
            }
            Ok(lines)
        })
        .await
    }

    /// One story, or the one it was merged into.
    pub async fn story(&self, id: i64) -> Result<Option<StoryView>> {
        self.read(move |connection| {
            let Some(id) = present(connection, id)? else { return Ok(None) };
            Ok(Some(StoryView {
                id,
                tellings: tellings(connection, id)?,
                changes: changes(connection, id)?,
                instruments: said(connection, id, None)?.instruments.into_iter().collect(),
                parties: parties(connection, id)?,
                held_back: held_back(connection, id)?,
                apart: apart(connection, id)?,
            }))
        })
        .await
    }

    /// Makes articles of a story a story of their own, and keeps the two apart; the new story's number.
    /// None where there is no such story, or it does not hold all of the articles and one more.
    pub async fn split_story(
        &self,
        story: i64,
        articles: Vec<i64>,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        self.write(move |transaction| {
            let Some(story) = present(transaction, story)? else { return Ok(None) };
            let asked = serde_json::json!(articles).to_string();
            let (held, all): (usize, usize) = transaction.query_row(
                "SELECT count(*) FILTER (WHERE article IN (SELECT value FROM json_each(?2))), count(*)
                 FROM story_report WHERE story = ?1",
                params![story, asked],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if held != articles.len() || held == 0 || held == all {
                return Ok(None);
            }
            transaction.execute(
                "INSERT INTO story (opened, latest, reports) VALUES (?1, 0, 0)",
                [moment(now)],
            )?;
            let new = transaction.last_insert_rowid();
            transaction.execute(
                "UPDATE story_report SET story = ?2
                 WHERE story = ?1 AND article IN (SELECT value FROM json_each(?3))",
                params![story, new, asked],
            )?;
            rule(transaction, story, new, "apart", now)?;
            transaction.execute("DELETE FROM story_change WHERE story = ?1", [story])?;
            for id in [story, new] {
                count_again(transaction, id)?;
                add_changes(transaction, "story_report.story = ?1", id)?;
            }
            Ok(Some(new))
        })
        .await
    }

    /// Makes two stories one, under the number of the earlier; that number. Nobody is told. None where
    /// they are one already, one does not exist, or an operator said that they are two.
    pub async fn merge_stories(
        &self,
        one: i64,
        other: i64,
        merger: Merger,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        self.write(move |transaction| {
            let ids = (present(transaction, one)?, present(transaction, other)?);
            let (Some(one), Some(other)) = ids else { return Ok(None) };
            let (kept, gone) = (one.min(other), one.max(other));
            if kept == gone
                || (merger == Merger::Settling && apart(transaction, kept)?.contains(&gone))
            {
                return Ok(None);
            }
            merge(transaction, kept, gone)?;
            if merger == Merger::Operator {
                rule(transaction, kept, gone, "together", now)?;
            }
            Ok(Some(kept))
        })
        .await
    }

    /// The reports since a moment, the latest `limit` in order of arrival.
    pub async fn recent_reports(
        &self,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<RecentReport>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT article, story, title, substr(text, 1, 4000), at,
                     (SELECT json_group_array(DISTINCT instrument.id) FROM instrument
                      WHERE instrument.article = story_report.article),
                     (SELECT json_group_array(DISTINCT issuer || ' ' || number) FROM mention
                      WHERE mention.article = story_report.article
                        AND (class = 'strong' OR (class = 'medium' AND confirmed = 1)))
                 FROM story_report JOIN article ON article.id = article
                 WHERE at >= ?1 ORDER BY at DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![since.timestamp(), limit])?;
            let mut reports = Vec::new();
            while let Some(row) = rows.next()? {
                let list = |column: String| serde_json::from_str(&column).unwrap_or_default();
                reports.push(RecentReport {
                    article: row.get(0)?,
                    story: row.get(1)?,
                    title: row.get(2)?,
                    text: row.get(3)?,
                    at: seconds(row.get(4)?),
                    instruments: list(row.get(5)?),
                    parties: list(row.get(6)?),
                });
            }
            reports.sort_by_key(|report| report.article);
            Ok(reports)
        })
        .await
    }

    /// Puts the changes of official lists into the stories that tell of them, where the reports are not
    /// older than a moment; how many were new.
    pub async fn join_list_changes(&self, since: DateTime<Utc>) -> Result<usize> {
        self.write(move |transaction| {
            add_changes(transaction, "story_report.at >= ?1", since.timestamp())
        })
        .await
    }
}

/// Puts the changes of lists into the stories whose reports surely name the party about the time of the
/// edition; which reports, `which` says, with ?1 for `value`. The nearest in time gets the change.
pub(crate) fn add_changes(transaction: &Transaction<'_>, which: &str, value: i64) -> Result<usize> {
    let added = transaction
        .prepare_cached(&format!(
            "INSERT OR IGNORE INTO story_change (list_change, story)
             SELECT list_change.id, story_report.story FROM story_report
             JOIN mention ON mention.article = story_report.article
             JOIN list_change ON list_change.number = mention.number
                             AND list_change.issuer = mention.issuer
             JOIN edition ON edition.id = list_change.edition
             WHERE {which}
               AND (mention.class = 'strong' OR (mention.class = 'medium' AND confirmed = 1))
               AND abs(unixepoch(edition.fetched_at) - story_report.at) <= ?2
             ORDER BY abs(unixepoch(edition.fetched_at) - story_report.at), story_report.article"
        ))?
        .execute(params![value, CHANGE_REACH.num_seconds()])?;
    Ok(added)
}

fn merge(transaction: &Transaction<'_>, kept: i64, gone: i64) -> Result<()> {
    for table in ["story_report", "story_change", "held_back"] {
        transaction
            .execute(&format!("UPDATE {table} SET story = ?1 WHERE story = ?2"), [kept, gone])?;
    }
    // What was kept apart from one of them is kept apart from both.
    transaction.execute(
        "INSERT OR IGNORE INTO story_ruling (one, other, ruling, given)
         SELECT min(?1, theirs), max(?1, theirs), ruling, given
         FROM (SELECT iif(one = ?2, other, one) AS theirs, ruling, given FROM story_ruling
               WHERE ?2 IN (one, other) AND ruling = 'apart')
         WHERE theirs <> ?1",
        [kept, gone],
    )?;
    transaction.execute("DELETE FROM story_ruling WHERE ?1 IN (one, other)", [gone])?;
    transaction
        .execute("UPDATE story SET became = ?1 WHERE id = ?2 OR became = ?2", [kept, gone])?;
    count_again(transaction, kept)
}

fn count_again(transaction: &Transaction<'_>, story: i64) -> Result<()> {
    transaction.execute(
        "UPDATE story SET
             reports = (SELECT count(*) FROM story_report WHERE story = ?1),
             latest = coalesce((SELECT max(at) FROM story_report WHERE story = ?1), latest)
         WHERE id = ?1",
        [story],
    )?;
    Ok(())
}

fn rule(
    transaction: &Transaction<'_>,
    one: i64,
    other: i64,
    ruling: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    transaction.execute(
        "INSERT INTO story_ruling (one, other, ruling, given) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (one, other) DO UPDATE SET ruling = ?3, given = ?4",
        params![one.min(other), one.max(other), ruling, moment(now)],
    )?;
    Ok(())
}

/// The number a story has now.
fn present(connection: &Connection, story: i64) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT coalesce(became, id) FROM story WHERE id = ?1")?
        .query_row([story], |row| row.get(0))
        .optional()?)
}

fn apart(connection: &Connection, story: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT iif(one = ?1, other, one) FROM story_ruling
         WHERE ?1 IN (one, other) AND ruling = 'apart' ORDER BY 1",
    )?;
    let rows = statement.query_map([story], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn parties(connection: &Connection, story: i64) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT name FROM story_report
         JOIN mention ON mention.article = story_report.article
         WHERE story = ?1 AND (class = 'strong' OR (class = 'medium' AND confirmed = 1)) ORDER BY 1",
    )?;
    let rows = statement.query_map([story], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn changes(connection: &Connection, story: i64) -> Result<Vec<StoryChange>> {
    let mut statement = connection.prepare_cached(
        "SELECT edition.list, fetched_at, change, number,
                coalesce(json_extract(party, '$.names[0].text'), number)
         FROM story_change
         JOIN list_change ON list_change.id = list_change
         JOIN edition ON edition.id = list_change.edition
         WHERE story = ?1 ORDER BY list_change.id",
    )?;
    let mut rows = statement.query([story])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(StoryChange {
            list: row.get(0)?,
            at: parse_moment(&row.get::<_, String>(1)?)?,
            change: row.get(2)?,
            number: row.get(3)?,
            name: row.get(4)?,
        });
    }
    Ok(changes)
}

fn held_back(connection: &Connection, story: i64) -> Result<Vec<HeldBack>> {
    let mut statement = connection.prepare_cached(
        "SELECT held_back.article, readers, reason, held_back.at FROM story_report
         JOIN held_back ON held_back.article = story_report.article
         WHERE story_report.story = ?1 ORDER BY held_back.article",
    )?;
    let mut rows = statement.query([story])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        held.push(HeldBack {
            article: row.get(0)?,
            readers: row.get(1)?,
            reason: row.get(2)?,
            at: parse_moment(&row.get::<_, String>(3)?)?,
        });
    }
    Ok(held)
}

fn seconds(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).unwrap_or_default()
}
