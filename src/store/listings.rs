//! What is remembered of a listing's document between two visits.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::model::fetched::Validators;
use crate::model::source::SourceId;
use crate::store::{Error, Result, Store};

/// What a listing's document said last time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingMemory {
    /// What its server gave us to ask whether it changed.
    pub validators: Validators,
    /// Further listings it named, which an answer of "unchanged" still stands for.
    pub names: Vec<String>,
    /// Where a walk over its pages was broken off.
    pub next_page: Option<String>,
}

/// A listing's document that was read completely.
#[derive(Debug, Clone)]
pub struct ReadListing {
    /// The listing as the source's file names it, or as another listing names it.
    pub url: String,
    /// What was on the address just read.
    pub page: PageRead,
}

/// Which document of a listing was read.
#[derive(Debug, Clone)]
pub enum PageRead {
    /// The first, or the only one.
    First { validators: Validators, names: Vec<String>, next: Option<String> },
    /// A later one.
    Further { next: Option<String> },
}

impl Store {
    /// What is known of a listing; nothing where it was never read.
    pub async fn listing_memory(&self, source: SourceId, url: String) -> Result<ListingMemory> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT etag, last_modified, names, next_page FROM listing
                     WHERE source = ?1 AND url = ?2",
                )?
                .query_row(params![source.0, url], |row| {
                    let validators = Validators { etag: row.get(0)?, last_modified: row.get(1)? };
                    Ok((validators, row.get::<_, String>(2)?, row.get(3)?))
                })
                .optional()?;
            let Some((validators, names, next_page)) = found else {
                return Ok(ListingMemory::default());
            };
            let names = serde_json::from_str(&names)
                .map_err(|_| Error::Corrupt { value: names, expected: "a list of addresses" })?;
            Ok(ListingMemory { validators, names, next_page })
        })
        .await
    }

    /// The walk over a listing's pages was broken off before `page`, or is at its end.
    pub async fn walk_stopped(
        &self,
        source: SourceId,
        url: String,
        page: Option<String>,
    ) -> Result<()> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE listing SET next_page = ?3 WHERE source = ?1 AND url = ?2",
                params![source.0, url, page],
            )?;
            Ok(())
        })
        .await
    }
}

/// Remembers what a listing's document said, in the transaction that stores its links: an unchanged
/// listing never hides a link that was not stored.
///
/// A page without a `fresh` link ends the walk, unless an earlier one was broken off further on.
pub(crate) fn remember(
    transaction: &Transaction<'_>,
    source: &SourceId,
    listing: &ReadListing,
    fresh: usize,
) -> Result<()> {
    let ahead = |next: &Option<String>| next.clone().filter(|_| 0 < fresh);
    match &listing.page {
        PageRead::First { validators, names, next } => {
            transaction.execute(
                "INSERT INTO listing (source, url, etag, last_modified, names, next_page)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET etag = ?3, last_modified = ?4, names = ?5,
                     next_page = coalesce(?6, next_page)",
                params![
                    source.0,
                    listing.url,
                    validators.etag,
                    validators.last_modified,
                    serde_json::json!(names).to_string(),
                    ahead(next),
                ],
            )?;
        }
        PageRead::Further { next } => {
            transaction.execute(
                "UPDATE listing SET next_page = ?3 WHERE source = ?1 AND url = ?2",
                params![source.0, listing.url, ahead(next)],
            )?;
        }
    }
    Ok(())
}
