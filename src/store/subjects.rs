//! Stored articles as interests look at them.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::interests::Subject;
use crate::model::facts::{Action, Measure};
use crate::model::stamp::Stamp;
use crate::store::articles::stamp_of;
use crate::store::stories::story_of;
use crate::store::{Error, Result, Store, moment, parse_moment};

/// Everything interests ask of a stored article but its text, which is long and seldom asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSubject {
    pub article: i64,
    pub url: String,
    pub title: String,
    /// The id of its source.
    pub source: String,
    /// ISO 639-1.
    pub language: Option<String>,
    pub published: Option<Stamp>,
    pub first_seen: DateTime<Utc>,
    /// When that was by the clock of its site, where ours stood much later.
    pub served: Option<DateTime<Utc>>,
    pub relevant: bool,
    /// 0 to 1.
    pub score: f64,
    pub actions: Vec<Action>,
    pub measures: Vec<Measure>,
    pub programmes: Vec<String>,
    pub countries: Vec<String>,
    pub authorities: Vec<String>,
    /// Listed parties it surely names.
    pub named: Vec<String>,
    /// The story it belongs to, where that is known.
    pub story: Option<i64>,
}

impl StoredSubject {
    /// Whether it had been out for more than `alert_age` when it was first seen: such is no news.
    pub fn was_old(&self, alert_age: TimeDelta) -> bool {
        let seen = self.served.unwrap_or(self.first_seen);
        self.published.is_some_and(|published| published.is_older_than(alert_age, seen))
    }

    /// As interests look at it, with the text and the watched names found in it.
    pub fn with<'a>(&'a self, text: &'a str, watched: Vec<String>) -> Subject<'a> {
        Subject {
            title: &self.title,
            text,
            source: &self.source,
            language: self.language.as_deref(),
            relevant: self.relevant,
            score: self.score,
            actions: self.actions.clone(),
            measures: self.measures.clone(),
            programmes: self.programmes.clone(),
            countries: self.countries.clone(),
            authorities: self.authorities.clone(),
            named: self.named.clone(),
            watched,
            story: self.story,
            ..Subject::default()
        }
    }
}

const COLUMNS: &str = "article.id, url, title, source, language, published, first_seen, served,
     relevant, score";

impl Store {
    /// The articles about sanctions that were first seen in a span of time, the newest first, at
    /// most `limit`.
    pub async fn subjects(
        &self,
        seen: Range<DateTime<Utc>>,
        limit: usize,
    ) -> Result<Vec<StoredSubject>> {
        self.read(move |connection| {
            // CROSS JOIN, so that the newest are walked first and the walk ends at the limit.
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM article
                 CROSS JOIN verdict ON verdict.article = article.id AND relevant = 1
                 WHERE first_seen >= ?1 AND first_seen < ?2
                 ORDER BY first_seen DESC, article.id DESC LIMIT ?3"
            ))?;
            let (from, to) = (moment(seen.start), moment(seen.end));
            let mut rows = statement.query(params![from, to, limit])?;
            let mut subjects = Vec::new();
            while let Some(row) = rows.next()? {
                subjects.push(subject_of(connection, row)?);
            }
            Ok(subjects)
        })
        .await
    }

    /// One article, about sanctions or not.
    pub async fn subject(&self, article: i64) -> Result<Option<StoredSubject>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM article
                 JOIN verdict ON verdict.article = article.id WHERE article.id = ?1"
            ))?;
            let mut rows = statement.query([article])?;
            rows.next()?.map(|row| subject_of(connection, row)).transpose()
        })
        .await
    }

    /// The texts of articles: their blocks joined by blank lines.
    pub async fn texts(&self, articles: Vec<i64>) -> Result<HashMap<i64, String>> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT text FROM article WHERE id = ?1")?;
            let mut texts = HashMap::with_capacity(articles.len());
            for article in articles {
                let text = statement.query_row([article], |row| row.get(0)).optional()?;
                texts.extend(text.map(|text| (article, text)));
            }
            Ok(texts)
        })
        .await
    }
}

fn subject_of(connection: &Connection, row: &Row<'_>) -> Result<StoredSubject> {
    let article = row.get(0)?;
    let mut subject = StoredSubject {
        article,
        url: row.get(1)?,
        title: row.get(2)?,
        source: row.get(3)?,
        language: row.get(4)?,
        published: row.get::<_, Option<String>>(5)?.map(stamp_of).transpose()?,
        first_seen: parse_moment(&row.get::<_, String>(6)?)?,
        served: row.get::<_, Option<String>>(7)?.map(|served| parse_moment(&served)).transpose()?,
        relevant: row.get(8)?,
        score: row.get(9)?,
        actions: Vec::new(),
        measures: Vec::new(),
        programmes: Vec::new(),
        countries: Vec::new(),
        authorities: Vec::new(),
        named: named_in(connection, article)?,
        story: story_of(connection, article)?,
    };
    add_facts(connection, &mut subject)?;
    Ok(subject)
}

/// The facts that interests ask for.
fn add_facts(connection: &Connection, subject: &mut StoredSubject) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, value, country FROM fact WHERE article = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([subject.article])?;
    while let Some(row) = rows.next()? {
        let (kind, value): (String, String) = (row.get(0)?, row.get(1)?);
        let unknown = |expected| Error::Corrupt { value: value.clone(), expected };
        match kind.as_str() {
            "action" => {
                subject.actions.push(Action::named(&value).ok_or_else(|| unknown("an action"))?)
            }
            "measure" => {
                subject.measures.push(Measure::named(&value).ok_or_else(|| unknown("a measure"))?)
            }
            "programme" => {
                subject.programmes.push(value);
                subject.countries.extend(row.get::<_, Option<String>>(2)?);
            }
            "country" => subject.countries.push(value),
            "authority" => subject.authorities.push(value),
            _ => {}
        }
    }
    Ok(())
}

/// Listed parties that an article surely names: see `Match::is_sure`.
fn named_in(connection: &Connection, article: i64) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM mention WHERE article = ?1
           AND (class = 'strong' OR (class = 'medium' AND confirmed = 1))
         GROUP BY issuer, number ORDER BY min(position)",
    )?;
    let rows = statement.query_map([article], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
