//! Digests, composed from the database when they are due.
//!
//! A digest tells what was committed after the one before, by rows of `news` and not by the clock:
//! what is committed while it is composed has a later row and goes into the next. Marks and mail are
//! written in one transaction, and only if no mark has moved since they were read; so a kill repeats
//! and loses nothing, and after a night without power one digest tells it all.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn_blocking;

use crate::digest::{self, Digest, DigestItem, DigestList, Mark, Reason, Recipient, Unread};
use crate::interests::{self, Subject, last_due};
use crate::jobs::crawl::Crawler;
use crate::jobs::list_readers::{Answers, Notices};
use crate::jobs::names::Watched;
use crate::lists::ListSource;
use crate::model::change::{Change, ChangeKind, DatedChange};
use crate::model::interest::{Cadence, Interest};
use crate::model::source::{Source, SourceId, SourceKind};
use crate::model::subscriber::Message;
use crate::store::{
    self, AlreadyTold, DigestMark, NewDigest, News, NewsKind, StoredSubject, Wishes,
};

/// Rows of news read at a time, and subscribers composed for together: what is in memory at once.
const PAGE: usize = 100;
const TOGETHER: usize = 100;
/// Items of a digest, those that its mail has no room for included; names shown of a list.
const WHOLE: usize = 1000;
const NAMES: usize = 8;
/// How often it is asked what is due: interests change, and so do clocks.
const NAP: TimeDelta = TimeDelta::minutes(1);
/// Failed visits in a row that make a source one that cannot be read.
const FAILURES: u32 = 3;

/// Everything a composition needs; clones share it.
#[derive(Debug, Clone)]
pub struct Composer {
    /// For its store, its clock and how its mails look.
    crawler: Crawler,
    titles: Arc<Titles>,
}

/// What people call sources and lists, and whether the sources are offices.
#[derive(Debug)]
struct Titles {
    sources: HashMap<SourceId, (String, bool)>,
    lists: HashMap<String, String>,
}

impl Titles {
    fn of(sources: &[Arc<Source>], lists: &[ListSource]) -> Self {
        let entry = |source: &Arc<Source>| {
            let official = source.kind == SourceKind::Government;
            (source.id.clone(), (source.title.clone(), official))
        };
        let lists = lists.iter().map(|list| (list.id.clone(), list.title.clone()));
        Self { sources: sources.iter().map(entry).collect(), lists: lists.collect() }
    }

    /// The title, or the id of one that is watched no more.
    fn source(&self, id: &SourceId) -> String {
        self.sources.get(id).map_or_else(|| id.0.clone(), |(title, _)| title.clone())
    }

    fn is_official(&self, id: &SourceId) -> bool {
        self.sources.get(id).is_some_and(|(_, official)| *official)
    }
}

/// A subscriber for whom a digest is due.
#[derive(Debug)]
struct Due {
    wishes: Wishes,
    /// The interests it is for, with how far each was told and the moment it is due.
    interests: Vec<DueInterest>,
    found: Vec<Found>,
}

#[derive(Debug)]
struct DueInterest {
    interest: Interest,
    mark: DigestMark,
    due: DateTime<Utc>,
}

/// News that meets an interest.
#[derive(Debug, Clone)]
struct Found {
    news: News,
    score: f64,
    /// Of an edition, what of it was asked for.
    asked: Option<Excerpt>,
}

/// What an edition of a list changed.
#[derive(Debug)]
struct EditionChanges {
    list: String,
    at: DateTime<Utc>,
    changes: Vec<Change>,
}

impl EditionChanges {
    fn of(dated: Vec<DatedChange>) -> Option<Self> {
        let DatedChange { list, at, .. } = dated.first()?.clone();
        Some(Self { list, at, changes: dated.into_iter().map(|it| it.change).collect() })
    }
}

/// The changes of an edition that a subscriber asked for.
#[derive(Debug, Clone)]
struct Excerpt {
    edition: Arc<EditionChanges>,
    /// Places in the edition, in its order.
    places: Vec<usize>,
    /// Those that other interests of theirs ask to be told of at once.
    at_once: Vec<usize>,
}

impl Due {
    /// The moment that names the digest.
    fn due(&self) -> DateTime<Utc> {
        self.interests.iter().map(|it| it.due).max().expect("a digest is for some interest")
    }

    fn first_interest(&self) -> i64 {
        self.interests.iter().map(|it| it.mark.interest).min().expect("it is for some interest")
    }
}

impl Composer {
    /// One who composes beside a crawler of these sources and a watch of these lists.
    pub fn new(crawler: &Crawler, sources: &[Arc<Source>], lists: &[ListSource]) -> Self {
        Self { crawler: crawler.clone(), titles: Arc::new(Titles::of(sources, lists)) }
    }

    /// Composes what falls due, until stopped.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn run(self) -> store::Result<()> {
        while !self.crawler.stop.is_cancelled() {
            self.compose_due().await?;
            tokio::select! {
                () = tokio::time::sleep(NAP.to_std().expect("a minute is no negative time")) => {}
                () = self.crawler.stop.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Composes what is due now; how many mails were put into the outbox.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn compose_due(&self) -> store::Result<usize> {
        let now = self.crawler.clock.now();
        let marks = self.crawler.store.digest_marks().await?;
        let wishes = self.crawler.store.wishes().await?;
        let due: Vec<Due> =
            wishes.iter().filter_map(|wishes| due_at(wishes, &marks, now)).collect();
        let mut mails = 0;
        let mut due = due.into_iter().peekable();
        while due.peek().is_some() && !self.crawler.stop.is_cancelled() {
            let batch: Vec<Due> = due.by_ref().take(TOGETHER).collect();
            for new in self.compose(batch, now).await? {
                let has_mail = new.message.is_some();
                if self.crawler.store.put_digest(new).await? && has_mail {
                    mails += 1;
                }
            }
        }
        if 0 < mails {
            self.crawler.mail_waiting.notify_one();
            tracing::info!(mails, "digests composed");
        }
        Ok(mails)
    }

    /// The digest somebody would get if all their digests were due now; nothing is written.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn preview(&self, subscriber: i64) -> store::Result<Option<Message>> {
        Ok(self.all_of(subscriber).await?.and_then(|new| new.message))
    }

    /// Composes all digests of a subscriber now, whatever their hour. Whether there was a mail.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn compose_now(&self, subscriber: i64) -> store::Result<bool> {
        let Some(new) = self.all_of(subscriber).await? else { return Ok(false) };
        let has_mail = new.message.is_some();
        let done = self.crawler.store.put_digest(new).await? && has_mail;
        if done {
            self.crawler.mail_waiting.notify_one();
        }
        Ok(done)
    }

    async fn all_of(&self, subscriber: i64) -> store::Result<Option<NewDigest>> {
        let now = self.crawler.clock.now();
        let marks = self.crawler.store.digest_marks().await?;
        let all = self.crawler.store.wishes().await?;
        let wishes = all.iter().find(|wishes| wishes.subscriber.id == subscriber).cloned();
        let Some(wishes) = wishes else { return Ok(None) };
        let due = due_interests(&wishes, &marks, |_, _| Some(now));
        if due.is_empty() {
            return Ok(None);
        }
        let due = Due { wishes, interests: due, found: Vec::new() };
        Ok(self.compose(vec![due], now).await?.pop())
    }

    /// The digests of a batch, in its order.
    async fn compose(
        &self,
        mut batch: Vec<Due>,
        now: DateTime<Utc>,
    ) -> store::Result<Vec<NewDigest>> {
        // Read before anything else: whatever comes later is for the next digest.
        let upto = self.crawler.store.last_news().await?;
        let from = batch.iter().flat_map(|due| &due.interests).map(|it| it.mark.news).min();
        let mut after = from.unwrap_or(upto);
        let names: Vec<String> = self.crawler.store.watched_names().await?;
        let mut watched = Watched::new(names);
        loop {
            let news = self.crawler.store.news(after, upto, PAGE).await?;
            let Some(last) = news.last() else { break };
            after = last.id;
            let read = self.read(news).await?;
            let alert_age = self.crawler.settings.alert_age;
            let work = spawn_blocking(move || {
                for (news, what) in &read {
                    look(&mut batch, *news, what, &watched, alert_age);
                }
                (batch, watched)
            });
            (batch, watched) = work.await.expect("looking at news does not panic");
        }
        let mut composed = Vec::with_capacity(batch.len());
        for due in batch {
            composed.push(self.write(due, upto, now).await?);
        }
        Ok(composed)
    }

    /// News with what is asked of it.
    async fn read(&self, news: Vec<News>) -> store::Result<Vec<(News, Looked)>> {
        let articles: HashSet<i64> = news.iter().filter_map(|it| it.what.article()).collect();
        let texts = self.crawler.store.texts(articles.into_iter().collect()).await?;
        let mut read = Vec::with_capacity(news.len());
        for one in news {
            let looked = match one.what {
                NewsKind::List(edition) => {
                    let dated = self.crawler.store.changes_by(edition).await?;
                    EditionChanges::of(dated).map(|changes| Looked::List(Arc::new(changes)))
                }
                NewsKind::Article(article)
                | NewsKind::Changed(article)
                | NewsKind::Gone(article) => {
                    self.crawler.store.subject(article).await?.map(|subject| {
                        let text = texts.get(&article).cloned().unwrap_or_default();
                        Looked::Article(Box::new(subject), text)
                    })
                }
            };
            read.extend(looked.map(|looked| (one, looked)));
        }
        Ok(read)
    }

    /// What was found for a subscriber, as a digest with its mail.
    async fn write(&self, due: Due, upto: i64, now: DateTime<Utc>) -> store::Result<NewDigest> {
        let news: Vec<News> = due.found.iter().map(|found| found.news).collect();
        let told = self.crawler.store.already_told(due.wishes.subscriber.id, news).await?;
        let chosen = choose(&due.found, &told);
        let digest = self.digest(&due, &chosen).await?;
        let wants_empty = due.interests.iter().any(|it| it.mark.empty_too);
        let composed = (!digest.is_empty() || wants_empty)
            .then(|| digest::digest(&digest, &recipient(&due), &self.crawler.letterhead(now)));
        let (message, whole) =
            composed.map_or((None, None), |composed| (Some(composed.message), composed.whole));
        let json = |page| serde_json::to_string(&page).expect("texts and lists are JSON");
        Ok(NewDigest {
            subscriber: due.wishes.subscriber.id,
            due: due.due(),
            marks: due.interests.into_iter().map(|it| (it.mark, it.due)).collect(),
            upto,
            items: chosen.into_iter().flat_map(|chosen| chosen.all).collect(),
            message,
            whole: whole.map(json),
            now,
        })
    }

    async fn digest(&self, due: &Due, chosen: &[Chosen]) -> store::Result<Digest> {
        let mut digest =
            Digest { due: due.due(), interest: due.first_interest(), ..Digest::default() };
        for one in chosen {
            match (one.lead.what, &one.asked) {
                (NewsKind::List(_), asked) => {
                    digest.lists.extend(asked.as_ref().map(|asked| self.list(asked)));
                }
                _ if digest.items.len() == WHOLE => digest.more += 1,
                _ => digest.items.extend(self.item(one).await?),
            }
        }
        digest.unread = self.unread(due).await?;
        Ok(digest)
    }

    async fn item(&self, chosen: &Chosen) -> store::Result<Option<DigestItem>> {
        let Some(article) = chosen.lead.what.article() else { return Ok(None) };
        let Some(stored) = self.crawler.store.digest_article(article).await? else {
            return Ok(None);
        };
        let mut also = stored.copied_by;
        for other in chosen.all.iter().filter_map(|news| news.what.article()) {
            if other != article {
                also.extend(self.crawler.store.digest_article(other).await?.map(|it| it.source));
            }
        }
        let mut seen = HashSet::from([stored.source.clone()]);
        also.retain(|source| seen.insert(source.clone()));
        Ok(Some(DigestItem {
            article,
            title: stored.title,
            url: stored.url,
            official: self.titles.is_official(&stored.source),
            source: self.titles.source(&stored.source),
            published: stored.published,
            language: stored.language,
            score: chosen.score,
            facts: stored.facts,
            mark: chosen.mark,
            also: also.iter().map(|source| self.titles.source(source)).collect(),
            ahead: self.crawler.store.ahead_of_lists(article, self.crawler.clock.now()).await?,
        }))
    }

    fn list(&self, asked: &Excerpt) -> DigestList {
        let Excerpt { edition, places, .. } = asked;
        let changes: Vec<&Change> = places.iter().map(|at| &edition.changes[*at]).collect();
        let count =
            |is: fn(&ChangeKind) -> bool| changes.iter().filter(|change| is(&change.kind)).count();
        let name = |change: &&Change| {
            let sign = match change.kind {
                ChangeKind::Added => "+",
                ChangeKind::Removed => "−",
                ChangeKind::Amended(_) => return None,
            };
            Some(format!("{sign} {}", change.party.name()))
        };
        DigestList {
            title: self.titles.lists.get(&edition.list).unwrap_or(&edition.list).clone(),
            at: edition.at,
            added: count(|kind| *kind == ChangeKind::Added),
            removed: count(|kind| *kind == ChangeKind::Removed),
            amended: count(|kind| matches!(kind, ChangeKind::Amended(_))),
            names: changes.iter().filter_map(name).take(NAMES).collect(),
        }
    }

    /// The sources that could have brought something and could not be read.
    async fn unread(&self, due: &Due) -> store::Result<Vec<Unread>> {
        let wanted = |id: &SourceId| {
            due.interests.iter().any(|it| {
                let sources = &it.interest.criteria.sources;
                let below = |above: &String| {
                    let rest = id.0.strip_prefix(above.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                sources.is_empty() || sources.iter().any(below)
            })
        };
        let states = self.crawler.store.source_states().await?.into_iter();
        let sick = states.filter(|state| {
            // One that is watched no more is not missed.
            FAILURES <= state.failures
                && self.titles.sources.contains_key(&state.id)
                && wanted(&state.id)
        });
        let unread = sick.map(|state| Unread {
            title: self.titles.source(&state.id),
            since: state.last_success,
        });
        Ok(unread.collect())
    }
}

/// The subscriber with the interests whose hour has come; none where none has.
fn due_at(wishes: &Wishes, marks: &HashMap<i64, DigestMark>, now: DateTime<Utc>) -> Option<Due> {
    let zone = wishes.subscriber.zone;
    let interests = due_interests(wishes, marks, |interest, mark| {
        last_due(interest.cadence, zone, now).filter(|due| mark.due < *due)
    });
    let due = |interests| Due { wishes: wishes.clone(), interests, found: Vec::new() };
    (!interests.is_empty()).then(|| due(interests))
}

/// Interests told by digest for which `when` gives a moment.
fn due_interests(
    wishes: &Wishes,
    marks: &HashMap<i64, DigestMark>,
    when: impl Fn(&Interest, &DigestMark) -> Option<DateTime<Utc>>,
) -> Vec<DueInterest> {
    let by_digest = wishes.interests.iter().filter(|it| it.cadence != Cadence::AtOnce);
    let due = by_digest.filter_map(|interest| {
        let mark = marks.get(&interest.id)?;
        let due = when(interest, mark)?;
        Some(DueInterest { interest: interest.clone(), mark: mark.clone(), due })
    });
    due.collect()
}

/// What is looked at.
#[derive(Debug)]
enum Looked {
    Article(Box<StoredSubject>, String),
    /// An edition of an official list.
    List(Arc<EditionChanges>),
}

/// Adds news to what was found for those whose interests it meets.
fn look(batch: &mut [Due], news: News, looked: &Looked, watched: &Watched, alert_age: TimeDelta) {
    match looked {
        Looked::Article(stored, text) => {
            let is_old = matches!(news.what, NewsKind::Article(_)) && stored.was_old(alert_age);
            if stored.relevant && !is_old {
                let found = watched.found_in(&stored.title, text);
                let subject = Subject { story: news.story, ..stored.with(text, found) };
                look_at_article(batch, news, &subject);
            }
        }
        Looked::List(edition) => look_at_list(batch, news, edition, watched),
    }
}

fn look_at_article(batch: &mut [Due], news: News, subject: &Subject<'_>) {
    for due in batch {
        let Wishes { mutes, interests, .. } = &due.wishes;
        let mut untold = due.interests.iter().filter(|it| it.mark.news < news.id);
        let is_met = untold.any(|it| interests::meets(&it.interest.criteria, subject).is_ok());
        if is_met && interests::muted(mutes, interests, subject).is_none() {
            due.found.push(Found { news, score: subject.score, asked: None });
        }
    }
}

fn look_at_list(batch: &mut [Due], news: News, edition: &Arc<EditionChanges>, watched: &Watched) {
    let notices = Notices::new(&edition.list, &edition.changes);
    let mut answers = Answers::new(notices.subjects(watched));
    for due in batch {
        let untold = due.interests.iter().filter(|it| it.mark.news < news.id);
        let mut places: Vec<usize> = untold
            .flat_map(|it| answers.of(&it.interest.criteria, &due.wishes))
            .map(|(place, _)| place)
            .collect();
        places.sort_unstable();
        places.dedup();
        if !places.is_empty() {
            let (at_once, _) = answers.at_once(&due.wishes);
            let asked = Some(Excerpt { edition: Arc::clone(edition), places, at_once });
            due.found.push(Found { news, score: 1.0, asked });
        }
    }
}

/// One line of a digest.
#[derive(Debug)]
struct Chosen {
    lead: News,
    mark: Mark,
    score: f64,
    /// Everything the line stands for, the lead included.
    all: Vec<News>,
    /// Of an edition, what of it was asked for.
    asked: Option<Excerpt>,
}

/// The lines of a digest, most certain first: one for each story, nothing that was told at once.
fn choose(found: &[Found], told: &AlreadyTold) -> Vec<Chosen> {
    let mut lines: Vec<Chosen> = Vec::new();
    let mut of_story: HashMap<i64, usize> = HashMap::new();
    let mut of_article: HashMap<i64, usize> = HashMap::new();
    for one in found.iter().filter_map(|found| untold(found, told)) {
        let Some(mark) = mark(&one, told) else { continue };
        let (article, story) = (one.news.what.article(), one.news.story);
        let known = article.and_then(|article| of_article.get(&article));
        let known = known.or(story.and_then(|story| of_story.get(&story))).copied();
        let place = match known {
            Some(place) => {
                let line = &mut lines[place];
                line.all.push(one.news);
                // A correction is what the reader must see of a line they know.
                if line.mark == Mark::Known && mark != Mark::Known {
                    (line.mark, line.lead) = (mark, one.news);
                }
                line.score = line.score.max(one.score);
                place
            }
            None => {
                let Found { news, score, asked } = one;
                lines.push(Chosen { lead: news, mark, score, all: vec![news], asked });
                lines.len() - 1
            }
        };
        of_article.extend(article.map(|article| (article, place)));
        of_story.extend(story.map(|story| (story, place)));
    }
    lines.sort_by(|one, other| other.score.total_cmp(&one.score));
    lines
}

/// News without what the reader was told of it at once; none where that was all.
fn untold(found: &Found, told: &AlreadyTold) -> Option<Found> {
    let mut found = found.clone();
    if let (NewsKind::List(edition), Some(asked)) = (found.news.what, &mut found.asked)
        && told.editions_at_once.contains(&edition)
    {
        let Excerpt { places, at_once, .. } = asked;
        places.retain(|place| !at_once.contains(place));
        if places.is_empty() {
            return None;
        }
    }
    Some(found)
}

/// What a line says of news; none where it is none to this reader.
fn mark(found: &Found, told: &AlreadyTold) -> Option<Mark> {
    let known =
        |article: &i64| told.at_once.contains(article) || told.in_digest.contains_key(article);
    // What a digest told, it told as it stood when that digest was composed.
    let told_otherwise =
        |article: &i64| told.in_digest.get(article).is_some_and(|upto| *upto < found.news.id);
    match found.news.what {
        NewsKind::List(edition) => (!told.editions.contains(&edition)).then_some(Mark::New),
        NewsKind::Article(article) if known(&article) => None,
        NewsKind::Article(_) => {
            let of_known = found.news.story.is_some_and(|story| told.stories.contains(&story));
            Some(if of_known { Mark::Known } else { Mark::New })
        }
        // Who was told at once is told of what becomes of it at once.
        NewsKind::Changed(article) | NewsKind::Gone(article) if told.at_once.contains(&article) => {
            None
        }
        NewsKind::Changed(article) if told_otherwise(&article) => Some(Mark::Corrected),
        NewsKind::Gone(article) if told_otherwise(&article) => Some(Mark::Gone),
        // It meets the interest since it was changed.
        NewsKind::Changed(article) => (!known(&article)).then_some(Mark::New),
        NewsKind::Gone(_) => None,
    }
}

/// The subscriber, with the interests the digest is for and what they ask.
fn recipient(due: &Due) -> Recipient {
    let reason = |it: &DueInterest| {
        let asks = it.interest.criteria.to_string();
        let because = if asks.is_empty() { Vec::new() } else { vec![asks] };
        Reason { interest: it.interest.name.clone(), because }
    };
    Recipient {
        subscriber: due.wishes.subscriber.clone(),
        reasons: due.interests.iter().map(reason).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: i64, what: NewsKind, score: f64, story: Option<i64>) -> Found {
        Found { news: News { id, what, story }, score, asked: None }
    }

    #[test]
    fn a_story_is_one_line_and_what_was_told_at_once_is_none() {
        let told = AlreadyTold {
            at_once: HashSet::from([1]),
            in_digest: HashMap::from([(2, 0), (3, 0), (9, 100)]),
            stories: HashSet::from([70]),
            editions: HashSet::from([9]),
            editions_at_once: HashSet::new(),
        };
        let lines = choose(
            &[
                found(1, NewsKind::Article(1), 0.99, None),
                found(2, NewsKind::Changed(1), 0.99, None),
                found(3, NewsKind::Article(2), 0.99, None),
                found(4, NewsKind::Changed(2), 0.6, Some(70)),
                found(5, NewsKind::Gone(3), 0.5, None),
                found(6, NewsKind::Article(4), 0.7, Some(50)),
                found(7, NewsKind::Article(5), 0.9, Some(50)),
                found(8, NewsKind::Article(6), 0.55, Some(60)),
                found(9, NewsKind::Gone(7), 0.9, None),
                found(10, NewsKind::List(9), 1.0, None),
                found(11, NewsKind::List(10), 1.0, None),
                found(12, NewsKind::Changed(4), 0.7, Some(50)),
                found(13, NewsKind::Article(8), 0.8, Some(70)),
                found(14, NewsKind::Changed(9), 0.8, None),
                found(15, NewsKind::Gone(9), 0.8, None),
            ],
            &told,
        );
        let told: Vec<(i64, Mark, usize)> =
            lines.iter().map(|line| (line.lead.id, line.mark, line.all.len())).collect();
        let expected = [
            (11, Mark::New, 1),
            (6, Mark::New, 3),
            (4, Mark::Corrected, 2),
            (8, Mark::New, 1),
            (5, Mark::Gone, 1),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn of_an_edition_what_was_told_at_once_is_left_out() {
        let edition = |id: i64, at_once: &[usize]| {
            let changes = EditionChanges {
                list: "un-sc".to_owned(),
                at: DateTime::UNIX_EPOCH,
                changes: Vec::new(),
            };
            let (edition, at_once) = (Arc::new(changes), at_once.to_vec());
            let asked = Some(Excerpt { edition, places: vec![0, 1], at_once });
            Found { asked, ..found(id, NewsKind::List(id), 1.0, None) }
        };
        let told = AlreadyTold {
            editions: HashSet::from([1]),
            editions_at_once: HashSet::from([2, 3]),
            ..AlreadyTold::default()
        };
        let found = [edition(1, &[]), edition(2, &[0]), edition(3, &[0, 1]), edition(4, &[0])];
        let told: Vec<(i64, Vec<usize>)> = choose(&found, &told)
            .into_iter()
            .map(|line| (line.lead.id, line.asked.unwrap().places))
            .collect();
        // What should have been told at once and was not is told now.
        assert_eq!(told, [(2, vec![1]), (4, vec![0, 1])]);
    }
}
