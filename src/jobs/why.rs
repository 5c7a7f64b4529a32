//! Why somebody got a mail on an article, or what held it back.
//!
//! What was decided is not written down; it is decided again, by the same functions over what is
//! stored. Where interests were changed since, the answer is that of today, and says since when.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn_blocking;

use crate::interests::{Met, Missed, meets, muted, next_due};
use crate::jobs::names::Watched;
use crate::model::act::Ahead;
use crate::model::interest::{Cadence, Interest, Mute};
use crate::model::judged::Evidence;
use crate::model::subscriber::{Standing, Subscriber};
use crate::parse::address;
use crate::store::{
    self, CopyOf, Course, KnownSubscriber, MailOf, Store, StoredSubject, ToldBefore,
};

/// The article somebody asks about.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// Row number in the store.
    pub article: i64,
    /// Where the address asked for is that of a copy.
    pub copy: Option<CopyOf>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    pub article: i64,
    pub title: String,
    pub url: String,
    pub first_seen: DateTime<Utc>,
    pub relevant: bool,
    /// 0 to 1.
    pub score: f64,
    /// The words that said it is about sanctions, each with its rule and weight, strongest first.
    pub evidence: Vec<Evidence>,
    /// Each interest of the subscriber, and what the article is to it.
    pub interests: Vec<Asked>,
    /// The mails on it, the oldest first, with the server's words.
    pub mails: Vec<MailOf>,
    /// What held it back, the most general first; empty where a mail was made.
    pub held_back: Vec<HeldBack>,
    /// What acts on the event say ahead of their lists.
    pub ahead: Vec<Ahead>,
}

/// An interest and what an article is to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub interest: Interest,
    pub answer: Result<Met, Missed>,
}

/// Why no mail was made.
#[derive(Debug, Clone, PartialEq)]
pub enum HeldBack {
    /// The subscription was asked for and never confirmed.
    Unconfirmed,
    /// The subscription has ended; the moment, where it is known.
    Left(Option<DateTime<Utc>>),
    /// Mails came back, so none are sent.
    Suspended {
        since: DateTime<Utc>,
        reason: String,
    },
    /// The subscription was confirmed after the article had come in.
    ConfirmedLater(DateTime<Utc>),
    /// The page is a copy of an article, which alone is told.
    Copy(CopyOf),
    /// Its story had been told, and it added nothing to act on.
    ToldBefore(ToldBefore),
    /// Not about sanctions.
    NotRelevant {
        score: f64,
    },
    /// Published too long before it was found to be news.
    TooOld {
        published: DateTime<Utc>,
        alert_age: TimeDelta,
    },
    /// The subscriber has no interest at all.
    NoInterest,
    /// No interest is met; each says what it wants.
    Missed,
    /// The interests that are met were added after the article had come in.
    AddedLater(DateTime<Utc>),
    Muted(Mute),
    /// Told by digest alone: by this interest, at this moment.
    Digest {
        interest: String,
        due: DateTime<Utc>,
    },
}

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
        match self {
            HeldBack::Unconfirmed => f.write_str(
                "the subscription is not confirmed: our mail that asks was not answered",
            ),
            HeldBack::Left(Some(at)) => write!(f, "the subscription ended at {}", day(at)),
            HeldBack::Left(None) => f.write_str("the subscription has ended"),
            HeldBack::Suspended { since, reason } => {
                write!(f, "the address is suspended since {}: {reason}", day(since))
            }
            HeldBack::ConfirmedLater(at) => {
                write!(f, "the subscription began at {}, after the article had come in", day(at))
            }
            HeldBack::Copy(copy) => write!(
                f,
                "this page is a copy, {:.0} % in common; article {} is told in its place",
                copy.share * 100.0,
                copy.article
            ),
            HeldBack::ToldBefore(before) => {
                write!(f, "its story {} was told before: {}", before.story, before.reason)
            }
            HeldBack::NotRelevant { score } => {
                write!(f, "it is not about sanctions: its score is {score:.2}")
            }
            HeldBack::TooOld { published, alert_age } => write!(
                f,
                "it was published at {}, more than {} days before it was found \
                 (crawl.alert_age): such is no news",
                day(published),
                alert_age.num_days()
            ),
            HeldBack::NoInterest => f.write_str("the subscriber has no interest"),
            HeldBack::Missed => f.write_str("it meets none of the interests"),
            HeldBack::AddedLater(at) => write!(
                f,
                "the interest it meets was added at {}, after the article had come in",
                day(at)
            ),
            HeldBack::Muted(mute) => {
                write!(f, "the subscriber muted the {} {:?}", mute.kind(), mute.value())
            }
            HeldBack::Digest { interest, due } => {
                write!(f, "{interest:?} is told by digest: this belongs in that of {}", day(due))
            }
        }
    }
}

/// The article that somebody calls by its number or by an address it was found at; none where there is
/// no such one.
///
/// # Errors
/// Only when the database fails.
pub async fn about(store: &Store, wanted: &str) -> store::Result<Option<About>> {
    if let Ok(article) = wanted.parse() {
        return Ok(Some(About { article, copy: None }));
    }
    let Some(key) = address::key(wanted) else { return Ok(None) };
    if let Some(told) = store.told(vec![key.clone()]).await? {
        return Ok(Some(About { article: told.article, copy: None }));
    }
    let copy = store.copy_at(key).await?;
    Ok(copy.map(|copy| About { article: copy.article, copy: Some(copy) }))
}

/// Why `known` got a mail on an article, or what held it back; none where there is no such article.
///
/// `alert_age` is the setting `crawl.alert_age`.
///
/// # Errors
/// Only when the database fails.
pub async fn why(
    store: &Store,
    known: &KnownSubscriber,
    about: About,
    alert_age: TimeDelta,
    now: DateTime<Utc>,
) -> store::Result<Option<Why>> {
    let KnownSubscriber { subscriber, standing, .. } = known;
    let Some(course) = store.course(subscriber.id).await? else { return Ok(None) };
    let Some(subject) = store.subject(about.article).await? else { return Ok(None) };
    let Some(article) = store.article(about.article).await? else { return Ok(None) };
    let interests = store.interests(subscriber.id).await?;
    let mutes = store.mutes(subscriber.id).await?;
    let mails = store.mails_of(subscriber.id, about.article).await?;
    let text = store.texts(vec![about.article]).await?.remove(&about.article).unwrap_or_default();
    let decided = decide(text, subject, interests, mutes).await?;
    let told_before = store.told_before(about.article).await?;
    let case = Case { standing: *standing, course, about, told_before, alert_age, subscriber };
    let ahead = store.ahead_of_lists(article.id, now).await?;
    let was_told = !mails.is_empty();
    let held_back =
        if was_told && case.about.copy.is_none() { Vec::new() } else { case.held_back(&decided) };
    let Decided { subject, asked, .. } = decided;
    Ok(Some(Why {
        article: article.id,
        title: article.title,
        url: article.url,
        first_seen: subject.first_seen,
        relevant: subject.relevant,
        score: subject.score,
        evidence: article.verdict.evidence,
        interests: asked,
        mails,
        held_back,
        ahead,
    }))
}

/// What the article is to the subscriber.
struct Decided {
    subject: StoredSubject,
    asked: Vec<Asked>,
    mute: Option<Mute>,
}

async fn decide(
    text: String,
    subject: StoredSubject,
    interests: Vec<Interest>,
    mutes: Vec<Mute>,
) -> store::Result<Decided> {
    let work = spawn_blocking(move || {
        let names = interests.iter().flat_map(|interest| interest.criteria.names.clone());
        let watched = Watched::new(names.collect()).found_in(&subject.title, &text);
        let looked_at = subject.with(&text, watched);
        let mute = muted(&mutes, &interests, &looked_at).cloned();
        let asked = interests.into_iter().map(|interest| {
            let answer = meets(&interest.criteria, &looked_at);
            Asked { interest, answer }
        });
        let asked = asked.collect();
        Decided { asked, mute, subject }
    });
    work.await.map_err(|_| store::Error::Closed)
}

/// Who asks about what.
struct Case<'a> {
    standing: Standing,
    course: Course,
    about: About,
    told_before: Option<ToldBefore>,
    alert_age: TimeDelta,
    subscriber: &'a Subscriber,
}

impl Case<'_> {
    fn held_back(&self, decided: &Decided) -> Vec<HeldBack> {
        let Decided { subject, asked, mute } = decided;
        let mut reasons = self.subscription(subject.first_seen);
        reasons.extend(self.about.copy.clone().map(HeldBack::Copy));
        if !subject.relevant {
            reasons.push(HeldBack::NotRelevant { score: subject.score });
            return reasons;
        }
        let met: Vec<&Interest> =
            asked.iter().filter(|it| it.answer.is_ok()).map(|it| &it.interest).collect();
        if asked.is_empty() {
            reasons.push(HeldBack::NoInterest);
        } else if met.is_empty() {
            reasons.push(HeldBack::Missed);
        }
        reasons.extend(mute.clone().map(HeldBack::Muted));
        if let Some(published) = subject.published
            && subject.was_old(self.alert_age)
        {
            let published = published.instant();
            reasons.push(HeldBack::TooOld { published, alert_age: self.alert_age });
            return reasons;
        }
        let (at_once, by_digest): (Vec<&Interest>, Vec<&Interest>) =
            met.into_iter().partition(|interest| interest.cadence == Cadence::AtOnce);
        if at_once.is_empty() {
            reasons.extend(by_digest.into_iter().filter_map(|interest| {
                let due = next_due(interest.cadence, self.subscriber.zone, subject.first_seen)?;
                Some(HeldBack::Digest { interest: interest.name.clone(), due })
            }));
            return reasons;
        }
        reasons.extend(self.told_before.clone().map(HeldBack::ToldBefore));
        let added = at_once.iter().filter_map(|interest| self.course.interests.get(&interest.id));
        let first = added.min().filter(|added| subject.first_seen < **added);
        reasons.extend(first.copied().map(HeldBack::AddedLater));
        reasons
    }

    /// What of the subscription itself holds every mail back.
    fn subscription(&self, seen: DateTime<Utc>) -> Vec<HeldBack> {
        let mut reasons = Vec::new();
        match self.standing {
            Standing::Asked => reasons.push(HeldBack::Unconfirmed),
            Standing::Left => reasons.push(HeldBack::Left(self.course.left)),
            Standing::Active => {}
        }
        if let Some((since, reason)) = self.course.suspended.clone() {
            reasons.push(HeldBack::Suspended { since, reason });
        }
        let began = self.course.confirmed.filter(|began| seen < *began);
        reasons.extend(began.map(HeldBack::ConfirmedLater));
        reasons
    }
}
