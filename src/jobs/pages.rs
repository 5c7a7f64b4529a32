//! The second half of a visit, and the way of one article: every due page goes through
//! `fetch → read → judge → alerts → commit`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::clean;
use crate::dedupe;
use crate::digest::{self, Known, News, Reader, Reason, Recipient};
use crate::fetch::{Answer, Fault};
use crate::interests::{self, Subject};
use crate::jobs::acts::{self, Stand};
use crate::jobs::crawl::{Crawler, Event, LEASE};
use crate::jobs::judge::judge;
use crate::jobs::read::read;
use crate::jobs::stories::{STORY_RULES, story_keys};
use crate::model::act::Ahead;
use crate::model::article::{Article, SiteMemory};
use crate::model::fetched::Fetched;
use crate::model::interest::Cadence;
use crate::model::judged::{Change, Judged, Placed, Version};
use crate::model::note::Note;
use crate::model::source::{Listing, ListingKind, Source, SourceKind};
use crate::model::subscriber::{Message, Subscriber};
use crate::model::visit::{Counts, Outcome};
use crate::parse::address;
use crate::rhythm;
use crate::store::{self, Commit, Committed, DueLink, Rules, Told, Wishes};
use crate::text::words::words;

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
/// A page that fell into an outage of our own network waits for so long.
const NETWORK_HOLD: TimeDelta = TimeDelta::minutes(5);
/// Bytes of pages that are read at the same moment: reading takes up to 70 times a page's size where
/// the page is nothing but tags, so this is what keeps a service within a gigabyte.
pub(crate) const READING_BYTES: usize = 12 << 20;

/// The pure decisions `store` asks for inside its transaction.
const RULES: Rules = Rules {
    keys: dedupe::keys_of,
    place: dedupe::place,
    change: dedupe::change::of,
    difference: dedupe::difference,
    story: STORY_RULES,
};

/// What the pages of a visit gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Harvest {
    /// Pages asked for.
    pub(crate) tried: usize,
    /// Pages that gave something to store, or had not changed.
    pub(crate) read: usize,
    /// New articles shorter than the source's expectation.
    pub(crate) short: usize,
    /// New articles without a date.
    pub(crate) undated: usize,
    /// The first page that failed, and why.
    pub(crate) fault: Option<(Outcome, String)>,
    /// Whether pages were left due.
    pub(crate) left: bool,
    /// How long the server asked to be left alone.
    pub(crate) hold: Option<TimeDelta>,
}

/// How one page ended.
enum Ended {
    /// As the outcome says; the detail is empty where it went well.
    With(Outcome, String),
    /// The server wants to be left alone for so long; this page was not read.
    Held(TimeDelta),
}

impl Crawler {
    /// Takes each due page of the source through all stages.
    pub(crate) async fn read_due_pages(
        &self,
        source: &Arc<Source>,
        counts: &mut Counts,
    ) -> store::Result<Harvest> {
        let limit = self.settings.pages_per_visit;
        let now = self.clock.now();
        let mut due = self.store.due_links(source.id.clone(), now, limit + 1).await?;
        let mut harvest = Harvest { left: limit < due.len(), ..Harvest::default() };
        due.truncate(limit);
        let mut leased = now;
        for link in due {
            if self.stop.is_cancelled() || harvest.hold.is_some() {
                harvest.left = true;
                break;
            }
            self.heart.beat(Instant::now());
            let now = self.clock.now();
            if leased + LEASE / 2 < now {
                self.store.renew_lease(source.id.clone(), now + LEASE).await?;
                leased = now;
            }
            let url = link.url.clone();
            match self.read_page(source, link, counts, &mut harvest).await? {
                Ended::Held(hold) => harvest.hold = Some(hold),
                Ended::With(outcome, detail) => {
                    harvest.tried += 1;
                    if outcome.is_healthy() {
                        harvest.read += 1;
                    } else {
                        harvest.fault.get_or_insert((outcome, detail));
                    }
                    self.tell(Event::PageRead { source: source.id.clone(), url, outcome });
                }
            }
        }
        Ok(harvest)
    }

    /// The way of one article.
    async fn read_page(
        &self,
        source: &Arc<Source>,
        link: DueLink,
        counts: &mut Counts,
        harvest: &mut Harvest,
    ) -> store::Result<Ended> {
        let asked = match self.fetcher.of_source(source) {
            Ok(fetcher) => fetcher.page(&link.url, &link.validators).await,
            Err(fault) => Err(fault),
        };
        let fetched = match asked {
            Ok(Answer::Fetched(fetched)) => Arc::new(*fetched),
            Ok(Answer::Unchanged) => {
                let next = self.recheck_at(link.first_seen);
                let unchanged = Outcome::Unchanged;
                self.store.link_unread(link.address, unchanged, String::new(), next).await?;
                return Ok(Ended::With(unchanged, String::new()));
            }
            Err(fault) => return self.not_fetched(source, link, fault, counts).await,
        };
        if let Some(detail) = sent_home(&fetched) {
            return self.put_off(source, link, Outcome::Gone, detail, counts).await;
        }
        let domain = address::site(&fetched.url).unwrap_or_default();
        let host = address::page_host(&fetched.url).unwrap_or_default();
        let memory = self.store.site_memory(host.clone(), self.clock.now()).await?;
        let (read, notes) = self.read_and_judge(source, Arc::clone(&fetched), memory).await;
        let Some(Judgement { mut judged, watched }) = read else {
            let detail = describe_notes(&notes, &fetched.url);
            return self.put_off(source, link, Outcome::Unreadable, detail, counts).await;
        };
        if let Some(said) = clean::error_page(&judged.article) {
            let detail = format!("{} answered {} but says {said:?}", fetched.url, fetched.status);
            return self.put_off(source, link, Outcome::ErrorPage, detail, counts).await;
        }
        settle_date(&mut judged.article, source, &link);
        let now = self.clock.now();
        let Stand { entries, mut ahead } =
            acts::stand(&self.store, acts::act_of(&judged, source), now).await?;
        let story = story_keys(&judged, now);
        let so_far = self.story_so_far(story.as_ref(), now).await?;
        ahead.extend(so_far.iter().flat_map(|story| story.ahead.clone()));
        let messages = match self.is_news(&judged, &fetched, now) {
            true => self.alerts(&judged, &ahead, watched.clone(), source, now).await?,
            false => Vec::new(),
        };
        let updates = match &so_far {
            Some(story) if !messages.is_empty() => {
                self.updates(&judged, source, story, &ahead, now).await?
            }
            _ => Vec::new(),
        };
        let commit = Commit {
            source: source.id.clone(),
            official: source.kind == SourceKind::Government,
            updates,
            messages,
            entries,
            story,
            corrections: self.corrections(&judged, watched, source, &link).await?,
            next_look: self.recheck_at(link.first_seen),
            link: link.address,
            domain,
            host,
            judged: judged.clone(),
            // The reading is done, so these are the only ones left.
            fetched: Arc::unwrap_or_clone(fetched),
            now,
        };
        let committed = self.store.commit(commit, RULES).await?;
        if 0 < committed.messages {
            self.mail_waiting.notify_one();
        }
        count(counts, harvest, &committed, &judged, source);
        Ok(Ended::With(Outcome::Ok, String::new()))
    }

    /// Reading and judging are CPU work: off the async runtime, within a budget of bytes, and a
    /// panic is one page's failure.
    async fn read_and_judge(
        &self,
        source: &Arc<Source>,
        fetched: Arc<Fetched>,
        memory: SiteMemory,
    ) -> (Option<Judgement>, Vec<Note>) {
        let bytes = fetched.body.len().clamp(1, READING_BYTES);
        let bytes = u32::try_from(bytes).expect("the budget fits");
        let permit = Arc::clone(&self.reading).acquire_many_owned(bytes).await;
        let source = Arc::clone(source);
        let names = self.names.current();
        let watched = self.names.watched();
        let work = spawn_blocking(move || {
            let _permit = permit;
            let (article, notes) = read(&fetched, &source.recipe, &memory);
            let judgement = article.map(|article| {
                let judged = judge(own_address(&article, &fetched), article, &names);
                let watched = watched.found_in(&judged.article.title, &judged.article.text());
                Judgement { judged, watched }
            });
            (judgement, notes)
        });
        work.await.unwrap_or_else(|error| {
            (None, vec![Note::new("read", format!("internal error, please report it: {error}"))])
        })
    }

    /// Whether an article is about sanctions and had not been out for long when it was found.
    fn is_news(&self, judged: &Judged, fetched: &Fetched, now: DateTime<Utc>) -> bool {
        let seen = fetched.earlier_time().unwrap_or(now);
        let published = judged.article.published;
        let was_old =
            published.is_some_and(|stamp| stamp.is_older_than(self.settings.alert_age, seen));
        judged.verdict.relevant && !was_old
    }

    /// The messages an article would cause if it turns out to be new: to those with an interest in it
    /// that wants to be told at once.
    async fn alerts(
        &self,
        judged: &Judged,
        ahead: &[Ahead],
        watched: Vec<String>,
        source: &Source,
        now: DateTime<Utc>,
    ) -> store::Result<Vec<Message>> {
        let text = judged.article.text();
        let subject = Subject::of(judged, &text, &source.id.0, watched);
        let wishes = self.store.wishes().await?;
        let recipients: Vec<Recipient> =
            wishes.iter().filter_map(|wishes| told_at_once(wishes, &subject)).collect();
        Ok(digest::alerts(judged, ahead, source, &recipients, &self.letterhead(now)))
    }

    /// The messages a new version would cause if it turns out to change materially what a known
    /// article says: to those who got its alert, and where the page is watched in place, to those too
    /// who want to be told at once of what it says now.
    async fn corrections(
        &self,
        judged: &Judged,
        watched_names: Vec<String>,
        source: &Source,
        link: &DueLink,
    ) -> store::Result<Vec<Message>> {
        let addresses = vec![link.address.clone(), judged.keys.address.clone()];
        let Some(told) = self.store.told(addresses).await? else { return Ok(Vec::new()) };
        let watched = is_watched(source, link) && judged.verdict.relevant;
        if told.alerted.is_empty() && !watched {
            return Ok(Vec::new());
        }
        let old = Version { title: &told.title, text: &told.text };
        let text = judged.article.text();
        let new = Version { title: &judged.article.title, text: &text };
        let Change::Material(matters) = dedupe::change::of(old, new) else {
            return Ok(Vec::new());
        };
        let news = News::Changed {
            matters: &matters,
            difference: &dedupe::difference(&whole(old), &whole(new)),
            version: judged.keys.wording,
        };
        let mut interested = HashSet::new();
        if watched {
            let subject = Subject::of(judged, &text, &source.id.0, watched_names);
            let wishes = self.store.wishes().await?;
            let recipients = wishes.iter().filter_map(|wishes| told_at_once(wishes, &subject));
            interested.extend(recipients.map(|recipient| recipient.subscriber.id));
        }
        let mut readers = self.readers(&told).await?;
        readers.retain(|it| it.alert.is_some() || interested.contains(&it.subscriber.id));
        let known = Known {
            title: &judged.article.title,
            url: &judged.article.url,
            address: &judged.keys.address,
            language: judged.article.language.as_deref(),
        };
        let letterhead = self.letterhead(self.clock.now());
        Ok(digest::follow_ups(&known, &news, source, &readers, &letterhead))
    }

    /// The messages for those who got the alert of an article whose page is gone for good.
    async fn farewells(&self, source: &Source, link: &DueLink) -> store::Result<Vec<Message>> {
        let Some(told) = self.store.told(vec![link.address.clone()]).await? else {
            return Ok(Vec::new());
        };
        let mut readers = self.readers(&told).await?;
        readers.retain(|reader| reader.alert.is_some());
        let known = Known {
            title: &told.title,
            url: &told.url,
            address: &link.address,
            language: told.language.as_deref(),
        };
        let letterhead = self.letterhead(self.clock.now());
        Ok(digest::follow_ups(&known, &News::Gone, source, &readers, &letterhead))
    }

    /// Everybody who gets alerts, with the one they got of this article.
    async fn readers(&self, told: &Told) -> store::Result<Vec<Reader>> {
        let alert_of = |subscriber: i64| {
            let alerted = told.alerted.iter().find(|alerted| alerted.subscriber == subscriber)?;
            Some(alerted.message_id.clone())
        };
        let subscribers = self.store.subscribers().await?;
        let reader = |subscriber: Subscriber| Reader { alert: alert_of(subscriber.id), subscriber };
        Ok(subscribers.into_iter().map(reader).collect())
    }

    async fn not_fetched(
        &self,
        source: &Source,
        link: DueLink,
        fault: Fault,
        counts: &mut Counts,
    ) -> store::Result<Ended> {
        let hold = fault.retry_after.and_then(|hold| TimeDelta::from_std(hold).ok());
        let is_silent = matches!(fault.outcome, Outcome::Unreachable | Outcome::TimedOut);
        // Without a network no page is at fault, nor is its visit worth going on with.
        let hold = hold.or((is_silent && self.network.is_down()).then_some(NETWORK_HOLD));
        let Some(hold) = hold else {
            return self.put_off(source, link, fault.outcome, fault.detail, counts).await;
        };
        tracing::info!(url = link.url, detail = fault.detail, "left alone for a while");
        self.store.link_held(link.address, self.clock.now() + hold).await?;
        Ok(Ended::Held(hold))
    }

    /// Remembers why a page gave nothing, and when to try again.
    async fn put_off(
        &self,
        source: &Source,
        link: DueLink,
        outcome: Outcome,
        detail: String,
        counts: &mut Counts,
    ) -> store::Result<Ended> {
        // What robots.txt closes is no failure of the source.
        counts.failures += usize::from(outcome != Outcome::Refused);
        let next = retry_at(outcome, link.attempts + 1, self.clock.now());
        tracing::info!(url = link.url, outcome = outcome.name(), detail, "page not read");
        if outcome == Outcome::Gone && next.is_none() {
            let farewells = self.farewells(source, &link).await?;
            let now = self.clock.now();
            let sent = self.store.page_gone(link.address, detail.clone(), farewells, now).await?;
            counts.messages += sent;
            if 0 < sent {
                self.mail_waiting.notify_one();
            }
        } else {
            self.store.link_unread(link.address, outcome, detail.clone(), next).await?;
        }
        Ok(Ended::With(outcome, detail))
    }

    /// When to see whether an article was edited.
    fn recheck_at(&self, first_seen: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let now = self.clock.now();
        let age = now - first_seen;
        (age < RECHECK_UNTIL).then(|| now + age.max(RECHECK_MIN))
    }
}

/// An article as judged, and the watched names in it, which are the subscribers' own affair.
struct Judgement {
    judged: Judged,
    watched: Vec<String>,
}

/// A subscriber who wants to be told of an article as soon as it is stored, with the reasons.
fn told_at_once(wishes: &Wishes, subject: &Subject<'_>) -> Option<Recipient> {
    if interests::muted(&wishes.mutes, &wishes.interests, subject).is_some() {
        return None;
    }
    let at_once = wishes.interests.iter().filter(|it| it.cadence == Cadence::AtOnce);
    let met = interests::met(at_once, subject).into_iter();
    let reasons: Vec<Reason> = met
        .map(|(interest, met)| Reason { interest: interest.name.clone(), because: met.because })
        .collect();
    let subscriber = wishes.subscriber.clone();
    (!reasons.is_empty()).then_some(Recipient { subscriber, reasons })
}

/// Says so where a page other than the home page led to a home page: the article is gone, and the
/// site is too polite to say it.
fn sent_home(fetched: &Fetched) -> Option<String> {
    let arrived = address::is_home(&fetched.url) && !fetched.redirects.is_empty();
    (arrived && !address::is_home(&fetched.requested))
        .then(|| format!("{} leads to the home page {}", fetched.requested, fetched.url))
}

/// The address an article is known by: the canonical one it claims, if it can be one.
fn own_address(article: &Article, fetched: &Fetched) -> String {
    address::key(&article.url)
        .or_else(|| address::key(&fetched.url))
        .unwrap_or_else(|| fetched.url.clone())
}

/// A page without a date has the one its listing gave. A page that is edited for years has none,
/// whatever dates it names.
fn settle_date(article: &mut Article, source: &Source, link: &DueLink) {
    let published = article.published.or(link.published);
    article.published = if is_watched(source, link) { None } else { published };
}

/// Whether a page is one that is watched in place.
fn is_watched(source: &Source, link: &DueLink) -> bool {
    let is_this = |listing: &Listing| listing.kind == ListingKind::Page && listing.url == link.url;
    source.listings.iter().any(is_this)
}

/// A version as blocks, its title the first.
fn whole(version: Version<'_>) -> String {
    format!("{}\n\n{}", version.title, version.text)
}

fn count(
    counts: &mut Counts,
    harvest: &mut Harvest,
    committed: &Committed,
    judged: &Judged,
    source: &Source,
) {
    counts.messages += committed.messages;
    match committed.placed {
        Placed::New | Placed::Derived { .. } => {
            counts.articles += 1;
            counts.removed += judged.article.removed.len();
            counts.relevant += usize::from(judged.verdict.relevant);
            let length = words(&judged.article.text()).take(source.expectation.words_min).count();
            harvest.short += usize::from(length < source.expectation.words_min);
            harvest.undated += usize::from(judged.article.published.is_none());
        }
        Placed::Revision { .. } => counts.revisions += 1,
        Placed::Copy { .. } => counts.copies += 1,
        Placed::Same { .. } => {}
    }
}

/// When to try a page again after `attempts` failures in a row; none: it will not get better.
fn retry_at(outcome: Outcome, attempts: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if outcome == Outcome::Refused {
        return (attempts < ATTEMPTS_MAX).then(|| now + REFUSED_RETRY);
    }
    let attempts_max = match outcome {
        Outcome::Gone | Outcome::WrongType | Outcome::TooLarge | Outcome::Forbidden => 2,
        Outcome::Unreadable | Outcome::RedirectLoop | Outcome::ErrorPage => 4,
        _ => ATTEMPTS_MAX,
    };
    (attempts < attempts_max).then(|| now + rhythm::after_failure(attempts, FIRST_RETRY))
}

fn describe_notes(notes: &[Note], url: &str) -> String {
    let said: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
    if said.is_empty() { format!("no article was found on {url}") } else { said.join("; ") }
}
