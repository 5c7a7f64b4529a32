//! What was learned of each source's rhythm, and the price of a request.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::model::rhythm::{Price, Rhythm, WEEK_HOURS};
use crate::model::source::SourceId;
use crate::model::stamp::Stamp;
use crate::store::{Error, Result, Store, moment, parse_moment};

/// Links of one source that are learned from at once; an archive tells nothing more.
const SIGHTED_MOST: usize = 2000;

/// Links that no lesson has taken in yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sighted {
    /// Their publication moments, from the listing or else the article; none where neither has a
    /// time of day.
    pub moments: Vec<Option<DateTime<Utc>>>,
    /// The newest link of any source.
    pub last_link: i64,
}

/// What a visit taught, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    pub rhythm: Rhythm,
    /// From [`Sighted::last_link`].
    pub last_link: i64,
}

/// Requests made out of the budget of all sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spent {
    pub requests: usize,
    /// Requests a day that the budget allows.
    pub per_day: f64,
}

const COLUMNS: &str = "source, since, until, items, hours, wake, articles, relevant";

impl Store {
    /// What is known of a source's rhythm; none before its first look.
    pub async fn rhythm(&self, source: SourceId) -> Result<Option<Rhythm>> {
        let rhythms = self.rhythms_of(Some(source)).await?;
        Ok(rhythms.into_iter().next().map(|(_, rhythm)| rhythm))
    }

    /// Every rhythm that is known, by source.
    pub async fn rhythms(&self) -> Result<Vec<(SourceId, Rhythm)>> {
        self.rhythms_of(None).await
    }

    async fn rhythms_of(&self, source: Option<SourceId>) -> Result<Vec<(SourceId, Rhythm)>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM rhythm WHERE ?1 IS NULL OR source = ?1 ORDER BY source"
            ))?;
            let mut rows = statement.query([source.map(|id| id.0)])?;
            let mut rhythms = Vec::new();
            while let Some(row) = rows.next()? {
                rhythms.push((SourceId(row.get(0)?), rhythm_of(row)?));
            }
            Ok(rhythms)
        })
        .await
    }

    /// The source's links since its last lesson.
    pub async fn sighted(&self, source: SourceId) -> Result<Sighted> {
        self.read(move |connection| {
            let last_link =
                connection
                    .query_row("SELECT coalesce(max(id), 0) FROM link", [], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(
                "SELECT iif(link.published LIKE '%T%', link.published, article.published)
                 FROM link
                 LEFT JOIN address ON address.address = link.address
                 LEFT JOIN article ON article.id = address.article
                 WHERE link.source = ?1 AND link.id <= ?2
                   AND coalesce((SELECT last_link FROM rhythm WHERE source = ?1), 0) < link.id
                 ORDER BY link.id DESC LIMIT ?3",
            )?;
            let mut rows = statement.query(params![source.0, last_link, SIGHTED_MOST])?;
            let mut moments = Vec::new();
            while let Some(row) = rows.next()? {
                let published: Option<String> = row.get(0)?;
                // What no stamp can hold says nothing here.
                let stamp = published.and_then(|text| text.parse::<Stamp>().ok());
                moments.push(match stamp {
                    Some(Stamp::Moment(moment)) => Some(moment.to_utc()),
                    Some(Stamp::Day(_)) | None => None,
                });
            }
            Ok(Sighted { moments, last_link })
        })
        .await
    }

    /// What a request costs; none before it was first set.
    pub async fn price(&self) -> Result<Option<Price>> {
        self.read(|connection| {
            let row = connection
                .query_row("SELECT log, at, since FROM price", [], |row| {
                    Ok((row.get(0)?, [row.get::<_, String>(1)?, row.get::<_, String>(2)?]))
                })
                .optional()?;
            row.map(|(log, [at, since])| {
                Ok(Price { log, at: parse_moment(&at)?, since: parse_moment(&since)? })
            })
            .transpose()
        })
        .await
    }

    /// Sets the price of a request.
    pub async fn set_price(&self, price: Price) -> Result<()> {
        self.write(move |transaction| write_price(transaction, price)).await
    }
}

/// Writes what a visit taught, within its transaction.
pub(crate) fn write_lesson(
    transaction: &Transaction<'_>,
    source: &SourceId,
    lesson: &Lesson,
) -> Result<()> {
    let Rhythm { since, until, items, hours, wake, articles, relevant } = &lesson.rhythm;
    // Three decimals are more than is known.
    let hours: Vec<f64> = hours.iter().map(|hour| (hour * 1000.0).round() / 1000.0).collect();
    transaction
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO rhythm ({COLUMNS}, last_link)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        ))?
        .execute(params![
            source.0,
            moment(*since),
            moment(*until),
            items,
            serde_json::json!(hours).to_string(),
            wake,
            articles,
            relevant,
            lesson.last_link,
        ])?;
    Ok(())
}

/// Brings the price up to date, within the transaction of the visit that spent.
pub(crate) fn spend(transaction: &Transaction<'_>, spent: Spent, now: DateTime<Utc>) -> Result<()> {
    let row = transaction
        .prepare_cached("SELECT log, at, since FROM price")?
        .query_row([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let Some((log, at, since)) = row else { return Ok(()) };
    let price = Price { log, at: parse_moment(&at)?, since: parse_moment(&since)? };
    write_price(transaction, price.after(spent.requests, spent.per_day, now))
}

fn write_price(transaction: &Transaction<'_>, price: Price) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO price (only, log, at, since) VALUES (1, ?1, ?2, ?3)",
        )?
        .execute(params![price.log, moment(price.at), moment(price.since)])?;
    Ok(())
}

fn rhythm_of(row: &Row<'_>) -> Result<Rhythm> {
    let text: String = row.get(4)?;
    let hours: Option<Vec<f64>> = serde_json::from_str(&text).ok();
    let hours = hours
        .filter(|hours| hours.len() == WEEK_HOURS)
        .ok_or(Error::Corrupt { value: text, expected: "168 counts" })?;
    Ok(Rhythm {
        since: parse_moment(&row.get::<_, String>(1)?)?,
        until: parse_moment(&row.get::<_, String>(2)?)?,
        items: row.get(3)?,
        hours,
        wake: row.get(5)?,
        articles: row.get(6)?,
        relevant: row.get(7)?,
    })
}
