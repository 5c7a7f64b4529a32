//! The way of an article, from a source's listing to the outbox, in one file.
//!
//! A visit claims its source, asks the listings what is new, and takes each due page through
//! `fetch → read → judge → alerts → commit`. Whatever stops it in between, the database says what
//! is done: a link is due until the commit that stores its article, listings' validators are
//! written with their links, and claims end by themselves.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, Semaphore, broadcast};
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::dedupe;
use crate::digest;
use crate::fetch::{Answer, Fetcher};
use crate::jobs::judge::judge;
use crate::jobs::listings::{Announcement, read_listings};
use crate::jobs::read::read;
use crate::model::article::{Article, SiteMemory};
use crate::model::fetched::Fetched;
use crate::model::judged::{Judged, Placed};
use crate::model::note::Note;
use crate::model::source::{ListingKind, Source, SourceId};
use crate::model::subscriber::{Email, Message};
use crate::model::visit::{Counts, Outcome, Visit};
use crate::parse::address;
use crate::rhythm;
use crate::store::{self, Commit, Committed, DueLink, Rules, Store};

/// How long a visit may hold its source before another may take it: longer than any visit lasts.
const LEASE: TimeDelta = TimeDelta::hours(1);
/// A page that failed this often in a row is left alone; its row says why.
const ATTEMPTS_MAX: u32 = 12;
/// Gap after the first failure of a page.
const FIRST_RETRY: Duration = Duration::from_mins(5);
/// A page that robots.txt closes is asked about again this much later: rules change seldom.
const REFUSED_RETRY: TimeDelta = TimeDelta::days(7);
/// An article is looked at again after as long as we have known it, but not sooner than this …
const RECHECK_MIN: TimeDelta = TimeDelta::hours(6);
/// … and not once we have known it for longer than this.
const RECHECK_UNTIL: TimeDelta = TimeDelta::days(30);
/// A visit that left pages due is followed by another this soon.
const CONTINUE_AFTER: TimeDelta = TimeDelta::minutes(1);

/// The pure decisions `store` asks for inside its transaction.
const RULES: Rules =
    Rules { place: dedupe::place, is_noise: dedupe::is_noise, difference: dedupe::difference };

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
    /// Told when a commit put messages into the outbox; the sender waits on it.
    pub mail_waiting: Arc<Notify>,
    /// Cancelled to stop: the page under way is finished, then the visit ends.
    pub stop: CancellationToken,
}

impl Crawler {
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
            done.extend(joined.map_err(|_| store::Error::Closed)??);
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
        let announced = read_listings(&self.store, &self.fetcher, source, started).await?;
        let mut counts =
            Counts { links: announced.links, fresh: announced.fresh, ..Counts::default() };
        let left = self.read_due_pages(source, &mut counts).await?;
        let ended = self.clock.now();
        let (outcome, detail) = health(source, &announced, &counts);
        let visit = Visit { source: source.id.clone(), started, ended, outcome, detail, counts };
        let next = self.next_visit(source, &visit, &announced, left).await?;
        self.store.finish_visit(visit.clone(), next).await?;
        log_visit(&visit);
        self.tell(Event::VisitEnded(visit.clone()));
        Ok(visit)
    }

    /// Takes each due page of the source through all stages; returns whether some were left due.
    async fn read_due_pages(
        &self,
        source: &Arc<Source>,
        counts: &mut Counts,
    ) -> store::Result<bool> {
        let limit = self.settings.pages_per_visit;
        let now = self.clock.now();
        let mut due = self.store.due_links(source.id.clone(), now, limit + 1).await?;
        let more = limit < due.len();
        due.truncate(limit);
        for link in due {
            if self.stop.is_cancelled() {
                return Ok(true);
            }
            let url = link.url.clone();
            let outcome = self.read_page(source, link, counts).await?;
            self.tell(Event::PageRead { source: source.id.clone(), url, outcome });
        }
        Ok(more)
    }

    /// The way of one article.
    async fn read_page(
        &self,
        source: &Arc<Source>,
        link: DueLink,
        counts: &mut Counts,
    ) -> store::Result<Outcome> {
        let fetched = match self.fetcher.get(&link.url, &link.validators).await {
            Ok(Answer::Fetched(fetched)) => *fetched,
            Ok(Answer::Unchanged) => {
                let next = self.recheck_at(link.first_seen);
                let unchanged = Outcome::Unchanged;
                self.store.link_unread(link.address, unchanged, String::new(), next).await?;
                return Ok(unchanged);
            }
            Err(fault) => {
                // What robots.txt closes is no failure of the source.
                counts.failures += usize::from(fault.outcome != Outcome::Refused);
                return self.put_off(link, fault.outcome, fault.detail).await;
            }
        };
        let domain = address::site(&fetched.url).unwrap_or_default();
        let memory = self.store.site_memory(domain.clone()).await?;
        let (read, notes) = read_and_judge(Arc::clone(source), fetched.clone(), memory).await;
        let Some(mut judged) = read else {
            counts.failures += 1;
            let detail = describe_notes(&notes, &fetched.url);
            return self.put_off(link, Outcome::Unreadable, detail).await;
        };
        if is_watched(source, &link) {
            // A page that is edited for years has no day of publication, whatever dates it names.
            judged.article.published = None;
        }
        let now = self.clock.now();
        let messages = self.alerts(&judged, source, now).await?;
        let next_look = self.recheck_at(link.first_seen);
        let counted = (judged.article.removed.len(), judged.verdict.relevant);
        let commit = Commit {
            source: source.id.clone(),
            link: link.address,
            domain,
            judged,
            fetched,
            messages,
            now,
            next_look,
        };
        let committed = self.store.commit(commit, RULES).await?;
        if 0 < committed.messages {
            self.mail_waiting.notify_one();
        }
        count(counts, &committed, counted.0, counted.1);
        Ok(Outcome::Ok)
    }

    /// The messages an article would cause if it turns out to be new.
    async fn alerts(
        &self,
        judged: &Judged,
        source: &Source,
        now: DateTime<Utc>,
    ) -> store::Result<Vec<Message>> {
        let too_old = judged
            .article
            .published
            .is_some_and(|stamp| stamp.instant() + self.settings.alert_age < now);
        if !judged.verdict.relevant || too_old {
            return Ok(Vec::new());
        }
        let subscribers = self.store.subscribers().await?;
        Ok(digest::alerts(judged, source, &subscribers, &self.settings.sender))
    }

    /// Remembers why a page gave nothing, and when to try again.
    async fn put_off(
        &self,
        link: DueLink,
        outcome: Outcome,
        detail: String,
    ) -> store::Result<Outcome> {
        let next = retry_at(outcome, link.attempts + 1, self.clock.now());
        tracing::info!(url = link.url, outcome = outcome.name(), detail, "page not read");
        self.store.link_unread(link.address, outcome, detail, next).await?;
        Ok(outcome)
    }

    /// When to see whether an article was edited.
    fn recheck_at(&self, first_seen: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let now = self.clock.now();
        let age = now - first_seen;
        (age < RECHECK_UNTIL).then(|| now + age.max(RECHECK_MIN))
    }

    async fn next_visit(
        &self,
        source: &Source,
        visit: &Visit,
        announced: &Announcement,
        left: bool,
    ) -> store::Result<DateTime<Utc>> {
        let now = visit.ended;
        if left && visit.outcome.is_healthy() {
            return Ok(now + CONTINUE_AFTER);
        }
        let interval = self.settings.interval.unwrap_or_else(|| rhythm::interval(source.kind));
        let mut next = match &source.schedule {
            // A schedule was checked when the source was loaded; should it never fire again, the
            // interval keeps the source alive.
            Some(schedule) => rhythm::next_look(schedule, now).unwrap_or(now + interval),
            None if visit.outcome.is_healthy() => now + interval,
            None => {
                let failures = self.store.failures(source.id.clone()).await? + 1;
                now + rhythm::after_failure(failures, interval)
            }
        };
        if let Some(hold) = announced.retry_after {
            next = next.max(now + hold);
        }
        Ok(next)
    }

    fn tell(&self, event: Event) {
        // Nobody listening is no fault.
        self.events.send(event).ok();
    }
}

/// Reading and judging are CPU work: off the async runtime, and a panic is one page's failure.
async fn read_and_judge(
    source: Arc<Source>,
    fetched: Fetched,
    memory: SiteMemory,
) -> (Option<Judged>, Vec<Note>) {
    let work = spawn_blocking(move || {
        let (article, notes) = read(&fetched, &source.recipe, &memory);
        (article.map(|article| judge(own_address(&article, &fetched), article)), notes)
    });
    work.await.unwrap_or_else(|error| {
        (None, vec![Note::new("read", format!("internal error, please report it: {error}"))])
    })
}

/// The address an article is known by: the canonical one it claims, if it can be one.
fn own_address(article: &Article, fetched: &Fetched) -> String {
    address::key(&article.url)
        .or_else(|| address::key(&fetched.url))
        .unwrap_or_else(|| fetched.url.clone())
}

/// Whether the link is a page of the source that changes in place.
fn is_watched(source: &Source, link: &DueLink) -> bool {
    source
        .listings
        .iter()
        .any(|listing| listing.kind == ListingKind::Page && listing.url == link.url)
}

fn count(counts: &mut Counts, committed: &Committed, removed: usize, relevant: bool) {
    counts.messages += committed.messages;
    match committed.placed {
        Placed::New => {
            counts.articles += 1;
            counts.removed += removed;
            counts.relevant += usize::from(relevant);
        }
        Placed::Revision { .. } => counts.revisions += 1,
        Placed::Copy { .. } => counts.copies += 1,
        Placed::Same { .. } => {}
    }
}

/// How the visit went as a whole: the listings' worst outcome, else what the source's expectation says.
fn health(source: &Source, announced: &Announcement, counts: &Counts) -> (Outcome, String) {
    if let Some((outcome, detail)) = &announced.fault {
        return (*outcome, detail.clone());
    }
    if announced.unchanged == source.listings.len() {
        return (Outcome::Unchanged, String::new());
    }
    let expected = &source.expectation;
    // Unchanged listings were not counted: only a complete count can be too small.
    if announced.unchanged == 0 && counts.links < expected.links_min {
        let detail = format!(
            "the listings gave {} links, fewer than the {} expected; see whether the page was \
             rebuilt, or lower expectation.links_min in {}.toml",
            counts.links, expected.links_min, source.id
        );
        return (if counts.links == 0 { Outcome::Empty } else { Outcome::Unexpected }, detail);
    }
    if expected.links_max < counts.links {
        let detail = format!(
            "the listings gave {} links, more than the {} expected; narrow the selector, or raise \
             expectation.links_max in {}.toml",
            counts.links, expected.links_max, source.id
        );
        return (Outcome::Unexpected, detail);
    }
    (Outcome::Ok, String::new())
}

/// When to try a page again after `attempts` failures in a row; none: it will not get better.
fn retry_at(outcome: Outcome, attempts: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if outcome == Outcome::Refused {
        return (attempts < ATTEMPTS_MAX).then(|| now + REFUSED_RETRY);
    }
    let attempts_max = match outcome {
        Outcome::Gone | Outcome::WrongType | Outcome::TooLarge | Outcome::Forbidden => 2,
        Outcome::Unreadable | Outcome::RedirectLoop => 4,
        _ => ATTEMPTS_MAX,
    };
    (attempts < attempts_max).then(|| now + rhythm::after_failure(attempts, FIRST_RETRY))
}

fn describe_notes(notes: &[Note], url: &str) -> String {
    let said: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
    if said.is_empty() { format!("no article was found on {url}") } else { said.join("; ") }
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

fn report_failed_visit(joined: Result<store::Result<Visit>, tokio::task::JoinError>) {
    match joined {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(%error, "a visit could not be recorded"),
        Err(error) => {
            tracing::error!(%error, "a visit panicked; its source is due again after its lease")
        }
    }
}
