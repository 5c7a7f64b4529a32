//! Announced addresses: the queue of pages to read.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::model::fetched::Validators;
use crate::model::source::{Link, SourceId};
use crate::model::stamp::Stamp;
use crate::model::visit::Outcome;
use crate::store::listings::{ReadListing, remember};
use crate::store::{Result, Store, moment, parse_moment};

/// A page that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLink {
    /// The one form of the address: the row's key.
    pub address: String,
    /// The address to fetch.
    pub url: String,
    /// The announced headline, or empty.
    pub title: String,
    /// When it was published, as the listing says.
    pub published: Option<Stamp>,
    /// When a listing first announced it.
    pub first_seen: DateTime<Utc>,
    /// Failures in a row so far.
    pub attempts: u32,
    /// From the last successful fetch of this page.
    pub validators: Validators,
}

/// One link of a listing with its key.
#[derive(Debug, Clone)]
pub struct Announced {
    pub address: String,
    pub link: Link,
}

impl Store {
    /// Stores what a listing announces, and what its server gave us to ask again, in one
    /// transaction. Returns how many addresses were never seen before.
    ///
    /// A known address becomes due again when the listing gives it another time or headline: that
    /// is how a feed says "edited". `listing` is none for a listing that was not read completely.
    pub async fn announce(
        &self,
        source: SourceId,
        listing: Option<ReadListing>,
        announced: Vec<Announced>,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        self.write(move |transaction| {
            let mut fresh = 0;
            for Announced { address, link } in announced {
                fresh += usize::from(announce_one(transaction, &source, &address, &link, now)?);
            }
            if let Some(listing) = listing {
                remember(transaction, &source, &listing, fresh)?;
            }
            Ok(fresh)
        })
        .await
    }

    /// Makes a page watched in place due now, whoever announced it before; one that failed waits for
    /// its time, but never for ever.
    pub async fn watch(
        &self,
        source: SourceId,
        address: String,
        link: Link,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.write(move |transaction| {
            announce_one(transaction, &source, &address, &link, now)?;
            transaction.execute(
                "UPDATE link SET source = ?3,
                     next_try = iif(attempts = 0, ?2, coalesce(next_try, ?2))
                 WHERE address = ?1",
                params![address, moment(now), source.0],
            )?;
            Ok(())
        })
        .await
    }

    /// The pages of a source that are due: new ones first, in the order they were announced, then
    /// those to look at again.
    pub async fn due_links(
        &self,
        source: SourceId,
        now: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<DueLink>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT address, url, title, first_seen, attempts, etag, last_modified, published
                 FROM link
                 WHERE source = ?1 AND next_try <= ?2
                 ORDER BY outcome IS NOT NULL, next_try, id LIMIT ?3",
            )?;
            let mut rows = statement.query(params![source.0, moment(now), limit])?;
            let mut due = Vec::new();
            while let Some(row) = rows.next()? {
                due.push(DueLink {
                    address: row.get(0)?,
                    url: row.get(1)?,
                    title: row.get(2)?,
                    first_seen: parse_moment(&row.get::<_, String>(3)?)?,
                    attempts: row.get(4)?,
                    // What a listing said and no stamp can hold says nothing here.
                    published: row.get::<_, Option<String>>(7)?.and_then(|text| text.parse().ok()),
                    validators: Validators { etag: row.get(5)?, last_modified: row.get(6)? },
                });
            }
            Ok(due)
        })
        .await
    }

    /// A page was not asked for, since its server wants to be left alone: it waits, and no failure
    /// is counted.
    pub async fn link_held(&self, address: String, next_try: DateTime<Utc>) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE link SET next_try = ?2 WHERE address = ?1",
                params![address, moment(next_try)],
            )?;
            Ok(())
        })
        .await
    }

    /// When a listing of the source last announced an address never seen before.
    pub async fn last_announced(&self, source: SourceId) -> Result<Option<DateTime<Utc>>> {
        self.read(move |connection| {
            let last: Option<String> = connection.query_row(
                "SELECT max(first_seen) FROM link WHERE source = ?1",
                [source.0],
                |row| row.get(0),
            )?;
            last.as_deref().map(parse_moment).transpose()
        })
        .await
    }

    /// A page gave nothing new to store: remembers why, and when to try again (none: never).
    pub async fn link_unread(
        &self,
        address: String,
        outcome: Outcome,
        detail: String,
        next_try: Option<DateTime<Utc>>,
    ) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE link SET outcome = ?2, detail = ?3, next_try = ?4,
                     attempts = iif(?5, 0, attempts + 1)
                 WHERE address = ?1",
                params![
                    address,
                    outcome.name(),
                    detail,
                    next_try.map(moment),
                    outcome.is_healthy(),
                ],
            )?;
            Ok(())
        })
        .await
    }
}

/// Stores one announced address; true when it was never seen before.
fn announce_one(
    transaction: &Transaction<'_>,
    source: &SourceId,
    address: &str,
    link: &Link,
    now: DateTime<Utc>,
) -> Result<bool> {
    let published = link.published.map(|stamp| stamp.to_string());
    let known: Option<(String, Option<String>)> = transaction
        .prepare_cached("SELECT title, published FROM link WHERE address = ?1")?
        .query_row([address], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((title, stamp)) = known else {
        transaction
            .prepare_cached(
                "INSERT INTO link (address, url, source, title, published, first_seen, next_try)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute(params![address, link.url, source.0, link.title, published, moment(now)])?;
        return Ok(true);
    };
    // A page nobody has read yet belongs to whoever announces it now: its first source may be
    // watched no longer.
    transaction
        .prepare_cached("UPDATE link SET source = ?2 WHERE address = ?1 AND outcome IS NULL")?
        .execute(params![address, source.0])?;
    // Two listings may describe one address differently for ever; only the source that owns the
    // row may call it edited, and only with a value where the row has one too.
    let edited = (published.is_some() && stamp.is_some() && published != stamp)
        || (!link.title.is_empty() && !title.is_empty() && link.title != title);
    if edited {
        transaction
            .prepare_cached(
                "UPDATE link SET title = ?2, published = coalesce(?3, published), next_try = ?4
                 WHERE address = ?1 AND source = ?5",
            )?
            .execute(params![address, link.title, published, moment(now), source.0])?;
    }
    Ok(false)
}
