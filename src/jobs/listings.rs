//! The first half of a visit: ask every listing of a source what it announces.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn_blocking;

use crate::fetch::{Answer, Fault, Fetcher};
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::{Link, Listing, ListingKind, Rendering, Source};
use crate::model::visit::Outcome;
use crate::parse::address;
use crate::parse::listing::{Listed, links};
use crate::store::{self, Announced, Store};

/// Sitemaps that one sitemap index may send us to in a visit: the newest, as the index orders them.
const SITEMAPS_MAX: usize = 20;

/// What the listings of a source said, together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Announcement {
    /// Links given by all listings that answered anew.
    pub links: usize,
    /// Addresses never seen before.
    pub fresh: usize,
    /// Listings of the source that said nothing changed.
    pub unchanged: usize,
    /// The first thing that went wrong.
    pub fault: Option<(Outcome, String)>,
    /// How long the server asked to be left alone.
    pub retry_after: Option<TimeDelta>,
}

/// Reads every listing of `source` and stores what it announces.
///
/// # Errors
/// Only when the database fails.
pub async fn read_listings(
    store: &Store,
    fetcher: &Fetcher,
    source: &Source,
    now: DateTime<Utc>,
) -> store::Result<Announcement> {
    let mut announcement = Announcement::default();
    for listing in &source.listings {
        if listing.kind == ListingKind::Page {
            watch_page(store, source, listing, now).await?;
            announcement.links += 1;
            continue;
        }
        let told = read_listing(store, fetcher, source, listing, now, &mut announcement).await?;
        let Told::Links { sitemaps } = told else {
            announcement.unchanged += 1;
            continue;
        };
        let mut waiting: VecDeque<String> = sitemaps.into();
        for _ in 0..SITEMAPS_MAX {
            let Some(url) = waiting.pop_front() else { break };
            let sitemap = Listing { url, ..listing.clone() };
            let told =
                read_listing(store, fetcher, source, &sitemap, now, &mut announcement).await?;
            if let Told::Links { sitemaps } = told {
                waiting.extend(sitemaps);
            }
        }
    }
    Ok(announcement)
}

/// The page itself is the article: due at every visit.
async fn watch_page(
    store: &Store,
    source: &Source,
    listing: &Listing,
    now: DateTime<Utc>,
) -> store::Result<()> {
    let key = address::key(&listing.url).unwrap_or_else(|| listing.url.clone());
    let link =
        Link { url: listing.url.clone(), title: String::new(), published: None, summary: None };
    store.watch(source.id.clone(), key, link, now).await
}

/// What one listing document said.
enum Told {
    /// Nothing changed.
    Unchanged,
    /// Links, which are stored by now, and further sitemaps; neither where it could not be read.
    Links { sitemaps: Vec<String> },
}

/// Reads one listing document and stores the links it gives.
async fn read_listing(
    store: &Store,
    fetcher: &Fetcher,
    source: &Source,
    listing: &Listing,
    now: DateTime<Utc>,
    announcement: &mut Announcement,
) -> store::Result<Told> {
    let validators = store.listing_validators(source.id.clone(), listing.url.clone()).await?;
    let answer = match listing.kind {
        ListingKind::Index { .. } if source.render == Rendering::Browser => {
            fetcher.render(&listing.url).await
        }
        _ => fetcher.get(&listing.url, &validators).await,
    };
    let fetched = match answer {
        Ok(Answer::Fetched(fetched)) => fetched,
        Ok(Answer::Unchanged) => {
            return Ok(Told::Unchanged);
        }
        Err(fault) => {
            note_fault(announcement, fault);
            return Ok(Told::Links { sitemaps: Vec::new() });
        }
    };
    let next_time = fetched.validators.clone();
    match parse_listing(listing.clone(), *fetched).await {
        Ok(listed) => {
            for note in &listed.notes {
                tracing::info!(source = %source.id, listing = listing.url, note = note.text, "listing");
            }
            announcement.links += listed.links.len();
            let announced = listed.links.into_iter().filter_map(with_key).collect();
            // An index that names further sitemaps is asked again in full next time: were it
            // unchanged, we would not learn of the sitemaps it names.
            let validators =
                if listed.sitemaps.is_empty() { next_time } else { Validators::default() };
            let read = Some((listing.url.clone(), validators));
            announcement.fresh += store.announce(source.id.clone(), read, announced, now).await?;
            Ok(Told::Links { sitemaps: listed.sitemaps })
        }
        Err(fault) => {
            announcement.fault.get_or_insert(fault);
            Ok(Told::Links { sitemaps: Vec::new() })
        }
    }
}

/// Parsing is CPU work: off the async runtime, and a panic is this listing's failure.
async fn parse_listing(listing: Listing, fetched: Fetched) -> Result<Listed, (Outcome, String)> {
    let parsed = spawn_blocking(move || {
        links(&listing, &fetched).map_err(|error| (error.outcome(), error.to_string()))
    });
    parsed.await.unwrap_or_else(|error| {
        Err((Outcome::Internal, format!("internal error, please report it: {error}")))
    })
}

fn with_key(link: Link) -> Option<Announced> {
    Some(Announced { address: address::key(&link.url)?, link })
}

fn note_fault(announcement: &mut Announcement, fault: Fault) {
    let hold = fault.retry_after.and_then(|hold| TimeDelta::from_std(hold).ok());
    announcement.retry_after = announcement.retry_after.max(hold);
    announcement.fault.get_or_insert((fault.outcome, fault.detail));
}
