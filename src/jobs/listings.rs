//! The first half of a visit: ask every listing of a source what it announces.
//!
//! A listing may name other documents (a sitemap index its sitemaps, a home page its feed) and may
//! go on over several pages. Every document's links are stored as soon as it is read, together with
//! what is needed to go on from there.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn_blocking;

use crate::fetch::{Answer, Fault, Fetcher};
use crate::jobs::websub::HubNews;
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::{Link, Listing, ListingKind, Source};
use crate::model::visit::Outcome;
use crate::parse::address;
use crate::parse::listing::{Listed, links};
use crate::store::{self, Announced, PageRead, ReadListing, Store};

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
    /// The first listing that answers from another place, as a sentence.
    pub moved: Option<String>,
    /// What the feeds that answered anew said of their hubs.
    pub hubs: Vec<HubNews>,
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
    let fetcher = match fetcher.of_source(source) {
        Ok(fetcher) => fetcher,
        Err(fault) => {
            note_fault(&mut announcement, fault);
            return Ok(announcement);
        }
    };
    let mut round = Round { store, fetcher, source, now, announcement };
    for listing in &source.listings {
        if listing.kind == ListingKind::Page {
            round.watch_page(listing).await?;
        } else if !round.read_tree(listing).await? {
            round.announcement.unchanged += 1;
        }
    }
    Ok(round.announcement)
}

/// One round over a source's listings, and what they said so far.
struct Round<'a> {
    store: &'a Store,
    fetcher: Fetcher,
    source: &'a Source,
    now: DateTime<Utc>,
    announcement: Announcement,
}

/// What one listing document said.
enum Told {
    /// Nothing changed since last time.
    Unchanged,
    /// It could not be read.
    Nothing,
    /// Links, which are stored by now.
    Links { fresh: usize, named: Vec<Listing>, next: Option<String> },
}

/// Which of a listing's documents is asked for.
#[derive(Clone, Copy)]
enum Ask<'a> {
    First {
        validators: &'a Validators,
    },
    Further {
        page: &'a str,
        /// No page after this one is read in this visit.
        is_last: bool,
    },
}

impl Round<'_> {
    /// The page itself is the article: due at every visit.
    async fn watch_page(&mut self, listing: &Listing) -> store::Result<()> {
        let key = address::key(&listing.url).unwrap_or_else(|| listing.url.clone());
        let link =
            Link { url: listing.url.clone(), title: String::new(), published: None, summary: None };
        self.announcement.links += 1;
        self.store.watch(self.source.id.clone(), key, link, self.now).await
    }

    /// Reads a listing, the listings it names, and their further pages; false where all of them are
    /// unchanged.
    async fn read_tree(&mut self, listing: &Listing) -> store::Result<bool> {
        let mut waiting = VecDeque::from([listing.clone()]);
        let mut changed = false;
        for _ in 0..=SITEMAPS_MAX {
            let Some(listing) = waiting.pop_front() else { break };
            let known =
                self.store.listing_memory(self.source.id.clone(), listing.url.clone()).await?;
            let ask = Ask::First { validators: &known.validators };
            let next = match self.read_document(&listing, ask).await? {
                Told::Unchanged => {
                    // What it named last time it still names.
                    waiting.extend(known.names.iter().map(|url| named(&listing, url)));
                    None
                }
                Told::Nothing => {
                    changed = true;
                    continue;
                }
                Told::Links { fresh, named, next } => {
                    changed = true;
                    waiting.extend(named);
                    next.filter(|_| 0 < fresh)
                }
            };
            changed |= next.is_some() || known.next_page.is_some();
            self.read_further_pages(&listing, next, known.next_page).await?;
        }
        Ok(changed)
    }

    /// Goes on from page to page: to the first without a new link, but in any case to where an
    /// earlier walk was `broken_off`.
    async fn read_further_pages(
        &mut self,
        listing: &Listing,
        next: Option<String>,
        mut broken_off: Option<String>,
    ) -> store::Result<()> {
        let Some(paging) = &listing.paging else { return Ok(()) };
        let mut next = next.or_else(|| broken_off.take());
        for number in 2..=paging.most {
            let Some(page) = next else { break };
            let ask = Ask::Further { page: &page, is_last: number == paging.most };
            next = match self.read_document(listing, ask).await? {
                Told::Links { fresh, next, .. } if 0 < fresh => next,
                Told::Links { .. } => broken_off.take().filter(|old| *old != page),
                Told::Unchanged | Told::Nothing => None,
            };
        }
        Ok(())
    }

    /// Reads one document and stores the links it gives.
    async fn read_document(&mut self, listing: &Listing, ask: Ask<'_>) -> store::Result<Told> {
        let no_validators = Validators::default();
        let (url, validators) = match ask {
            Ask::First { validators } => (listing.url.as_str(), validators),
            Ask::Further { page, .. } => (page, &no_validators),
        };
        let answer = match listing.kind {
            ListingKind::Index { .. } => self.fetcher.page(url, validators).await,
            _ => self.fetcher.get(url, validators).await,
        };
        let fetched = match answer {
            Ok(Answer::Fetched(fetched)) => *fetched,
            Ok(Answer::Unchanged) => return Ok(Told::Unchanged),
            Err(fault) => return self.not_read(listing, ask, fault).await,
        };
        let next_time = fetched.validators.clone();
        let moved = moved(url, &fetched);
        let document = Listing { url: url.to_owned(), ..listing.clone() };
        match parse_listing(document, fetched).await {
            Ok(listed) => {
                self.announcement.moved = self.announcement.moved.take().or(moved);
                self.store_links(listing, ask, listed, next_time).await
            }
            Err((outcome, detail)) => {
                self.not_read(listing, ask, Fault { outcome, detail, retry_after: None }).await
            }
        }
    }

    async fn store_links(
        &mut self,
        listing: &Listing,
        ask: Ask<'_>,
        listed: Listed,
        validators: Validators,
    ) -> store::Result<Told> {
        for note in &listed.notes {
            tracing::info!(
                source = %self.source.id, listing = listing.url, note = note.text, "listing",
            );
        }
        self.announcement.links += listed.links.len();
        if let (Ask::First { .. }, ListingKind::Feed) = (ask, &listing.kind) {
            let news = HubNews { listing: listing.url.clone(), hub: listed.hub };
            self.announcement.hubs.push(news);
        }
        let names: Vec<String> = listed.feed.into_iter().chain(listed.sitemaps).collect();
        let further: Vec<Listing> = names.iter().map(|url| named(listing, url)).collect();
        let next = listed.next.filter(|_| listing.paging.is_some());
        let page = match ask {
            Ask::First { .. } => PageRead::First { validators, names, next: next.clone() },
            Ask::Further { is_last, .. } => {
                PageRead::Further { next: next.clone().filter(|_| !is_last) }
            }
        };
        let announced = listed.links.into_iter().filter_map(with_key).collect();
        let read = Some(ReadListing { url: listing.url.clone(), page });
        let fresh = self.store.announce(self.source.id.clone(), read, announced, self.now).await?;
        self.announcement.fresh += fresh;
        Ok(Told::Links { fresh, named: further, next })
    }

    /// A further page that is not there, or lists nothing, is the end of the walk and no fault.
    async fn not_read(
        &mut self,
        listing: &Listing,
        ask: Ask<'_>,
        fault: Fault,
    ) -> store::Result<Told> {
        let is_end = matches!(fault.outcome, Outcome::Gone | Outcome::Empty | Outcome::WrongType);
        if let Ask::Further { page, .. } = ask {
            let stopped = Some(page.to_owned()).filter(|_| !is_end);
            let (source, url) = (self.source.id.clone(), listing.url.clone());
            self.store.walk_stopped(source, url, stopped).await?;
            if is_end {
                return Ok(Told::Nothing);
            }
        }
        note_fault(&mut self.announcement, fault);
        Ok(Told::Nothing)
    }
}

/// A listing that another one names: a sitemap is read as its index is, a feed as a feed.
fn named(by: &Listing, url: &str) -> Listing {
    let kind = match &by.kind {
        ListingKind::Home => ListingKind::Feed,
        kind => kind.clone(),
    };
    Listing { url: url.to_owned(), kind, ..by.clone() }
}

/// Says so where a listing answers from another host or path than the one asked for. One that adds
/// a query, a scheme or `www.` is where it was.
fn moved(asked: &str, fetched: &Fetched) -> Option<String> {
    let is_elsewhere = !fetched.redirects.is_empty() && !address::same_place(asked, &fetched.url);
    is_elsewhere.then(|| format!("{asked} leads to {}; watch that address instead", fetched.url))
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
