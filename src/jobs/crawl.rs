//! Visits: which source is due, and what a visit does, from its listings to the outbox.
//!
//! A visit claims its source, asks the listings what is new (`jobs::listings`), takes each due page
//! through all stages (`jobs::pages`), and records how it went (`jobs::health`). Whatever stops it in
//! between, the database says what is done: a link is due until the commit that stores its article,
//! listings' validators are written with their links, and claims end by themselves.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, Semaphore, broadcast};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::digest::Letterhead;
use crate::fetch::Fetcher;
use crate::jobs::health;
use crate::jobs::heart::Heart;
use crate::jobs::listings::read_listings;
use crate::jobs::looks::Rest;
use crate::jobs::names::Names;
use crate::jobs::network::{Found, Network, News};
use crate::jobs::pages::READING_BYTES;
use crate::model::source::{ListingKind, Source, SourceId};
use crate::model::subscriber::Email;
use crate::model::visit::{Counts, Outcome, Visit};
use crate::parse::address;
use crate::store::{self, Store};
use crate::tokens::Links;

/// How long a claim on a source lasts; a visit renews it as it goes from page to page.
pub(crate) const LEASE: TimeDelta = TimeDelta::hours(1);
/// Pause after the database failed.
const AFTER_FAULT: Duration = Duration::from_secs(5);
/// A clock that goes back by less was only corrected.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(1);
/// Events a slow listener may lag behind before it misses some.
const EVENTS_KEPT: usize = 1024;

/// How to crawl.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Visits under way at once; each holds at most one page in memory.
    pub workers: usize,
    /// Pages read in one visit; what is left stays due.
    pub pages_per_visit: usize,
    /// Gap between visits of a source without a schedule, on average; none lets its kind decide.
    pub interval: Option<Duration>,
    /// Articles published longer ago than this at first sight are stored but cause no alert.
    pub alert_age: TimeDelta,
    /// The address mails come from.
    pub sender: Email,
}

/// What happens, for progress displays and tests. Slow listeners miss events, never delay a visit.
#[derive(Debug, Clone)]
pub enum Event {
    VisitStarted { source: SourceId },
    PageRead { source: SourceId, url: String, outcome: Outcome },
    VisitEnded(Visit),
}

/// Everything a visit needs; clones share it.
#[derive(Debug, Clone)]
pub struct Crawler {
    pub store: Store,
    pub fetcher: Fetcher,
    pub clock: Clock,
    pub settings: Settings,
    pub events: broadcast::Sender<Event>,
    /// The listed names articles are screened with.
    pub names: Names,
    /// Told when a commit put messages into the outbox; the sender waits on it.
    pub mail_waiting: Arc<Notify>,
    /// Beats at every turn of the crawl and every page.
    pub heart: Heart,
    /// Where hubs reach our callbacks, without a slash at the end; none subscribes to no hub.
    pub public_url: Option<Arc<str>>,
    /// Makes the signed links in mails; none where no page of ours can be reached.
    pub links: Option<Arc<Links>>,
    /// Cancelled to stop: the page under way is finished, then the visit ends.
    pub stop: CancellationToken,
    /// Bytes of pages that may be read at the same moment.
    pub(crate) reading: Arc<Semaphore>,
    /// Whether it is the sites or our own network that is silent.
    pub(crate) network: Arc<Network>,
    /// Requests a day that adaptive sources share.
    pub(crate) requests_per_day: Arc<Mutex<f64>>,
}

impl Crawler {
    /// A crawler that nobody listens to yet and nobody has stopped.
    pub fn new(store: Store, fetcher: Fetcher, clock: Clock, settings: Settings) -> Self {
        Self {
            store,
            fetcher,
            clock,
            settings,
            events: broadcast::channel(EVENTS_KEPT).0,
            names: Names::default(),
            mail_waiting: Arc::new(Notify::new()),
            heart: Heart::new(Instant::now()),
            public_url: None,
            links: None,
            stop: CancellationToken::new(),
            reading: Arc::new(Semaphore::new(READING_BYTES)),
            network: Arc::default(),
            requests_per_day: Arc::default(),
        }
    }

    /// Visits every one of `sources` once, whether due or not, `workers` at a time.
    ///
    /// # Errors
    /// Only when the database fails; what goes wrong at a source is its visit's outcome.
    pub async fn crawl_once(&self, sources: &[Arc<Source>]) -> store::Result<Vec<Visit>> {
        let ids = sources.iter().map(|source| source.id.clone()).collect();
        self.store.register_sources(ids, self.clock.now()).await?;
        self.set_budget(sources).await?;
        self.recall_outage().await?;
        let was_down = self.network.is_down();
        let permits = Arc::new(Semaphore::new(self.settings.workers.max(1)));
        let mut visits = JoinSet::new();
        for source in sources {
            // The permit comes before the work: no more visits exist than may run.
            let permit = Arc::clone(&permits).acquire_owned().await;
            // Without a network the others would say the same; it is this round's news or none.
            if self.stop.is_cancelled() || (self.network.is_down() && !was_down) {
                break;
            }
            let (crawler, source) = (self.clone(), Arc::clone(source));
            visits.spawn(async move {
                let _permit = permit;
                let now = crawler.clock.now();
                if !crawler.store.claim_source(source.id.clone(), now, LEASE).await? {
                    return Ok(None);
                }
                crawler.visit(&source).await.map(Some)
            });
        }
        let mut done = Vec::with_capacity(sources.len());
        while let Some(joined) = visits.join_next().await {
            match joined {
                Ok(visit) => done.extend(visit?),
                // A bug in one visit is no reason to lose the others.
                Err(panic) => report_panic(&panic),
            }
        }
        done.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(done)
    }

    /// Claims and visits due sources until stopped. Where the database fails meanwhile, it waits until
    /// that may be over: what was not committed is still due.
    ///
    /// # Errors
    /// When the database fails at the start.
    pub async fn crawl_when_due(&self, sources: &[Arc<Source>]) -> store::Result<()> {
        let ids: Vec<SourceId> = sources.iter().map(|source| source.id.clone()).collect();
        self.store.register_sources(ids.clone(), self.clock.now()).await?;
        self.store.watch_only(ids.iter().map(|id| id.0.clone()).collect()).await?;
        self.set_budget(sources).await?;
        self.recall_outage().await?;
        let mut last = self.store.newest_row().await?.unwrap_or_default();
        let permits = Arc::new(Semaphore::new(self.settings.workers.max(1)));
        let mut visits = JoinSet::new();
        // Claimed by visits that the database failed under.
        let mut held: Vec<SourceId> = Vec::new();
        while !self.stop.is_cancelled() {
            self.heart.beat(Instant::now());
            let permit = tokio::select! {
                permit = Arc::clone(&permits).acquire_owned() => permit,
                () = self.stop.cancelled() => break,
            };
            while let Some(joined) = visits.try_join_next() {
                held.extend(report_failed_visit(joined));
            }
            // While the network is down one visit at a time finds out whether it is back.
            let alone = self.network.is_down();
            if alone {
                self.rest_for(self.network.pause()).await;
            }
            let now = self.clock.now();
            let claimed = match self.claim(&ids, &mut held, last, now).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::error!(%error, "the database fails; what is due waits");
                    self.rest_for(AFTER_FAULT).await;
                    continue;
                }
            };
            last = now;
            let Some(id) = claimed else {
                drop(permit);
                self.wait_until_due(&ids).await;
                continue;
            };
            let Some(source) = sources.iter().find(|source| source.id == id).map(Arc::clone) else {
                continue;
            };
            let crawler = self.clone();
            let visit = async move {
                let _permit = permit;
                crawler.visit(&source).await.map_err(|error| (source.id.clone(), error))
            };
            if alone {
                held.extend(report_failed_visit(Ok(visit.await)));
            } else {
                visits.spawn(visit);
            }
        }
        while let Some(joined) = visits.join_next().await {
            // What is still claimed is given back at the next start.
            report_failed_visit(joined);
        }
        Ok(())
    }

    /// An outage that an earlier run did not see the end of goes on until a site answers.
    async fn recall_outage(&self) -> store::Result<()> {
        if self.store.outage().await?.is_some() {
            self.network.recall();
        }
        Ok(())
    }

    /// Claims the source that has been due longest, with those that failed visits `held` given back
    /// first. Where the clock was set back since `last`, so is what was planned by it.
    async fn claim(
        &self,
        ids: &[SourceId],
        held: &mut Vec<SourceId>,
        last: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> store::Result<Option<SourceId>> {
        while let Some(id) = held.last() {
            self.store.release_source(id.clone()).await?;
            held.pop();
        }
        if now + CLOCK_SLACK < last {
            tracing::warn!(%last, %now, "the clock was set back; everything is due anew");
            self.store.clock_set_back(now, LEASE).await?;
        }
        self.store.claim_due_source(ids.to_vec(), now, LEASE).await
    }

    async fn wait_until_due(&self, ids: &[SourceId]) {
        // A database that cannot be read is found out by the next claim.
        let next = self.store.next_due(ids.to_vec()).await.unwrap_or_default();
        let gap = next.map_or(TimeDelta::minutes(1), |next| next - self.clock.now());
        // At least a moment, so that a clock set back cannot spin; at most a minute, so that a
        // clock set forward is noticed.
        let gap = gap.clamp(TimeDelta::milliseconds(200), TimeDelta::minutes(1));
        let gap = gap.to_std().expect("clamped above zero");
        self.rest_for(gap).await;
    }

    /// Waits, unless stopped.
    async fn rest_for(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// One visit of a claimed source: listings, then every due page, then the record of it.
    async fn visit(&self, source: &Arc<Source>) -> store::Result<Visit> {
        self.heart.beat(Instant::now());
        let started = self.clock.now();
        self.tell(Event::VisitStarted { source: source.id.clone() });
        self.names.refresh(&self.store).await?;
        let mut announced = read_listings(&self.store, &self.fetcher, source, started).await?;
        let mut counts =
            Counts { links: announced.links, fresh: announced.fresh, ..Counts::default() };
        self.subscribe(&source.id, mem::take(&mut announced.hubs)).await?;
        let harvest = self.read_due_pages(source, &mut counts).await?;
        let ended = self.clock.now();
        let silence = self.silence(source, counts.fresh, ended).await?;
        let (outcome, detail) = health::of_visit(source, &announced, &harvest, &counts, silence);
        let mut visit =
            Visit { source: source.id.clone(), started, ended, outcome, detail, counts };
        let _recording = match is_silent(&visit) {
            true => Some(self.network.recording().await),
            false => None,
        };
        if self.is_ours(source, &mut visit).await? {
            self.store.release_source(source.id.clone()).await?;
        } else {
            let hold = announced.retry_after.max(harvest.hold);
            let rest = Rest { left: harvest.left, hold };
            let ending = self.ending(source, visit.clone(), &announced, rest).await?;
            self.store.finish_visit(ending).await?;
            log_visit(&visit);
        }
        self.tell(Event::VisitEnded(visit.clone()));
        Ok(visit)
    }

    /// Whether the visit failed by our own network and says nothing about its source; its outcome
    /// then says so.
    async fn is_ours(&self, source: &Source, visit: &mut Visit) -> store::Result<bool> {
        if matches!(visit.outcome, Outcome::Forbidden | Outcome::NoBrowser | Outcome::Internal) {
            // Nobody was asked.
            return Ok(false);
        }
        let found = match is_silent(visit) {
            false => Found::Answering,
            true if self.store.failures(source.id.clone()).await? == 0 => Found::Silent,
            true => Found::SilentAsBefore,
        };
        let url = source.listings.first().map_or("", |listing| listing.url.as_str());
        let site = address::site(url).unwrap_or_else(|| url.to_owned());
        match self.network.saw(&source.id, &site, found) {
            News::None => return Ok(false),
            News::Back => {
                tracing::info!("the network is back; looks go on");
                self.store.outage_ended(visit.ended).await?;
                return Ok(false);
            }
            News::Down { blamed } => {
                tracing::error!(
                    detail = visit.detail,
                    advice = Outcome::Offline.advice(),
                    "the network is down: no site answers",
                );
                self.store.outage_began(blamed, visit.ended).await?;
            }
            News::StillDown => {}
        }
        visit.outcome = Outcome::Offline;
        Ok(true)
    }

    /// How long the source has announced nothing new; a page watched in place announces nothing.
    async fn silence(
        &self,
        source: &Source,
        fresh: usize,
        now: DateTime<Utc>,
    ) -> store::Result<Option<TimeDelta>> {
        if source.listings.iter().all(|listing| listing.kind == ListingKind::Page) {
            return Ok(None);
        }
        let last = self.store.last_announced(source.id.clone()).await?;
        Ok(health::silence(last, fresh, now))
    }

    /// What the mails made at `now` share.
    pub(crate) fn letterhead(&self, now: DateTime<Utc>) -> Letterhead<'_> {
        Letterhead { sender: &self.settings.sender, links: self.links.as_deref(), now }
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listening is no fault.
        self.events.send(event).ok();
    }
}

/// Whether no answer came at all.
fn is_silent(visit: &Visit) -> bool {
    matches!(visit.outcome, Outcome::Unreachable | Outcome::TimedOut)
}

fn log_visit(visit: &Visit) {
    let Counts { links, fresh, articles, relevant, messages, .. } = visit.counts;
    if visit.outcome.is_healthy() {
        tracing::info!(
            source = %visit.source, outcome = visit.outcome.name(),
            links, fresh, articles, relevant, messages, "visit",
        );
    } else {
        tracing::warn!(
            source = %visit.source, outcome = visit.outcome.name(), detail = visit.detail, "visit",
        );
    }
}

/// Says what went wrong, and gives the source that is still claimed for it.
fn report_failed_visit(
    joined: Result<Result<Visit, (SourceId, store::Error)>, JoinError>,
) -> Option<SourceId> {
    match joined {
        Ok(Ok(_)) => None,
        Ok(Err((source, error))) => {
            tracing::error!(%source, %error, "a visit could not be recorded; it is made again");
            Some(source)
        }
        Err(panic) => {
            report_panic(&panic);
            None
        }
    }
}

fn report_panic(panic: &JoinError) {
    tracing::error!(%panic, "a visit panicked; its source is due again after its lease");
}
