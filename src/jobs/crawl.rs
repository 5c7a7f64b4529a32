//! Visits: which source is due, and what a visit does, from its listings to the outbox.
//!
//! A visit claims its source, asks the listings what is new (`jobs::listings`), takes each due page
//! through all stages (`jobs::pages`), and records how it went (`jobs::health`). Whatever stops it in
//! between, the database says what is done: a link is due until the commit that stores its article,
//! listings' validators are written with their links, and claims end by themselves.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, Semaphore, broadcast};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::fetch::Fetcher;
use crate::jobs::health;
use crate::jobs::listings::read_listings;
use crate::jobs::names::Names;
use crate::jobs::pages::READING_BYTES;
use crate::model::source::{ListingKind, Source, SourceId};
use crate::model::subscriber::Email;
use crate::model::visit::{Counts, Outcome, Visit};
use crate::rhythm;
use crate::store::{self, Store};

/// How long a claim on a source lasts; a visit renews it as it goes from page to page.
pub(crate) const LEASE: TimeDelta = TimeDelta::hours(1);
/// A visit that left pages due is followed by another this soon.
const CONTINUE_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Events a slow listener may lag behind before it misses some.
const EVENTS_KEPT: usize = 1024;

/// How to crawl.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Visits under way at once; each holds at most one page in memory.
    pub workers: usize,
    /// Pages read in one visit; what is left stays due.
    pub pages_per_visit: usize,
    /// Gap between visits of a source without a schedule; none lets its kind decide.
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
    /// Cancelled to stop: the page under way is finished, then the visit ends.
    pub stop: CancellationToken,
    /// Bytes of pages that may be read at the same moment.
    pub(crate) reading: Arc<Semaphore>,
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
            stop: CancellationToken::new(),
            reading: Arc::new(Semaphore::new(READING_BYTES)),
        }
    }

    /// Visits every one of `sources` once, whether due or not, `workers` at a time.
    ///
    /// # Errors
    /// Only when the database fails; what goes wrong at a source is its visit's outcome.
    pub async fn crawl_once(&self, sources: &[Arc<Source>]) -> store::Result<Vec<Visit>> {
        let ids = sources.iter().map(|source| source.id.clone()).collect();
        self.store.register_sources(ids, self.clock.now()).await?;
        let permits = Arc::new(Semaphore::new(self.settings.workers.max(1)));
        let mut visits = JoinSet::new();
        for source in sources {
            // The permit comes before the work: no more visits exist than may run.
            let permit = Arc::clone(&permits).acquire_owned().await;
            if self.stop.is_cancelled() {
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

    /// Claims and visits due sources until stopped.
    pub async fn crawl_when_due(&self, sources: &[Arc<Source>]) -> store::Result<()> {
        let ids: Vec<SourceId> = sources.iter().map(|source| source.id.clone()).collect();
        self.store.register_sources(ids.clone(), self.clock.now()).await?;
        let permits = Arc::new(Semaphore::new(self.settings.workers.max(1)));
        let mut visits = JoinSet::new();
        while !self.stop.is_cancelled() {
            let permit = tokio::select! {
                permit = Arc::clone(&permits).acquire_owned() => permit,
                () = self.stop.cancelled() => break,
            };
            while let Some(joined) = visits.try_join_next() {
                report_failed_visit(joined);
            }
            let now = self.clock.now();
            let Some(id) = self.store.claim_due_source(ids.clone(), now, LEASE).await? else {
                drop(permit);
                self.wait_until_due(&ids).await?;
                continue;
            };
            let Some(source) = sources.iter().find(|source| source.id == id).map(Arc::clone) else {
                continue;
            };
            let crawler = self.clone();
            visits.spawn(async move {
                let _permit = permit;
                crawler.visit(&source).await
            });
        }
        while let Some(joined) = visits.join_next().await {
            report_failed_visit(joined);
        }
        Ok(())
    }

    async fn wait_until_due(&self, ids: &[SourceId]) -> store::Result<()> {
        let next = self.store.next_due(ids.to_vec()).await?;
        let gap = next.map_or(TimeDelta::minutes(1), |next| next - self.clock.now());
        // At least a moment, so that a clock set back cannot spin; at most a minute, so that a
        // clock set forward is noticed.
        let gap = gap.clamp(TimeDelta::milliseconds(200), TimeDelta::minutes(1));
        let gap = gap.to_std().expect("clamped above zero");
        tokio::select! {
            () = tokio::time::sleep(gap) => {}
            () = self.stop.cancelled() => {}
        }
        Ok(())
    }

    /// One visit of a claimed source: listings, then every due page, then the record of it.
    async fn visit(&self, source: &Arc<Source>) -> store::Result<Visit> {
        let started = self.clock.now();
        self.tell(Event::VisitStarted { source: source.id.clone() });
        self.names.refresh(&self.store).await?;
        let announced = read_listings(&self.store, &self.fetcher, source, started).await?;
        let mut counts =
            Counts { links: announced.links, fresh: announced.fresh, ..Counts::default() };
        let harvest = self.read_due_pages(source, &mut counts).await?;
        let ended = self.clock.now();
        let silence = self.silence(source, counts.fresh, ended).await?;
        let (outcome, detail) = health::of_visit(source, &announced, &harvest, &counts, silence);
        let visit = Visit { source: source.id.clone(), started, ended, outcome, detail, counts };
        let hold = announced.retry_after.max(harvest.hold);
        let next = self.next_visit(source, &visit, harvest.left, hold).await?;
        self.store.finish_visit(visit.clone(), next).await?;
        log_visit(&visit);
        self.tell(Event::VisitEnded(visit.clone()));
        Ok(visit)
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

    async fn next_visit(
        &self,
        source: &Source,
        visit: &Visit,
        left: bool,
        hold: Option<TimeDelta>,
    ) -> store::Result<DateTime<Utc>> {
        let now = visit.ended;
        let earliest = now + hold.unwrap_or_default();
        if left && visit.outcome.is_healthy() {
            return Ok(earliest.max(now + CONTINUE_AFTER));
        }
        let interval = self.settings.interval.unwrap_or_else(|| rhythm::interval(source.kind));
        let next = match &source.schedule {
            // A schedule was checked when the source was loaded; should it never fire again, the
            // interval keeps the source alive.
            Some(schedule) => rhythm::next_look(schedule, now).unwrap_or(now + interval),
            None if visit.outcome.is_healthy() => now + interval,
            None => {
                let failures = self.store.failures(source.id.clone()).await? + 1;
                now + rhythm::after_failure(failures, interval)
            }
        };
        Ok(next.max(earliest))
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listening is no fault.
        self.events.send(event).ok();
    }
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

fn report_failed_visit(joined: Result<store::Result<Visit>, JoinError>) {
    match joined {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(%error, "a visit could not be recorded"),
        Err(panic) => report_panic(&panic),
    }
}

fn report_panic(panic: &JoinError) {
    tracing::error!(%panic, "a visit panicked; its source is due again after its lease");
}
