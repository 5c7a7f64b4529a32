//! What an interest would have sent: asked before it is saved, over the stored articles.
//!
//! It asks `interests::meets` as alerts and digests do, so that it cannot promise what they do not
//! keep. What the facts decide is decided first; only the articles that are left have their texts
//! read, for the words and the watched names.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tokio::task::spawn_blocking;

use crate::interests::{meets, next_due};
use crate::jobs::names::Watched;
use crate::model::interest::{Cadence, Criteria};
use crate::store::{self, Store, StoredSubject};

/// Articles about sanctions that are looked at, the newest: a month of a thousand sources has fewer.
pub const LOOKED_AT_MAX: usize = 20_000;
/// Items that are shown, the newest.
pub const ITEMS_MAX: usize = 50;
/// Texts in memory at a time.
const TEXTS: usize = 500;

/// An interest to be tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub criteria: Criteria,
    pub cadence: Cadence,
    /// The subscriber's: the hours of digests are its.
    pub zone: Tz,
    /// How far back.
    pub days: u32,
    /// What was published longer before it was first seen is no news: `crawl.alert_age`.
    pub alert_age: TimeDelta,
}

/// What would have been sent.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTest {
    /// Mails up to now: one for each alert, or one for each digest with something in it.
    pub mails: usize,
    /// What they would have told: of a story, one report for each mail.
    pub told: usize,
    /// The newest [`ITEMS_MAX`] of these, the newest first. The last ones may wait for a digest that
    /// is still to come.
    pub items: Vec<Item>,
    /// Articles about sanctions that were looked at, and the moment from which on all were: later
    /// than asked for where there are more than [`LOOKED_AT_MAX`].
    pub looked_at: usize,
    pub since: DateTime<Utc>,
}

/// An article that would have been told.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Row number in the store.
    pub article: i64,
    pub title: String,
    pub url: String,
    /// The id of its source.
    pub source: String,
    pub first_seen: DateTime<Utc>,
    /// When its mail would have been made.
    pub told: DateTime<Utc>,
    /// 0 to 1.
    pub score: f64,
    /// What of the criteria it met; empty where they ask for everything about sanctions.
    pub because: Vec<String>,
}

/// What `trial` would have sent in the days before `now`.
///
/// # Errors
/// Only when the database fails.
pub async fn back_test(store: &Store, trial: Trial, now: DateTime<Utc>) -> store::Result<BackTest> {
    let asked = now - TimeDelta::days(i64::from(trial.days));
    let mut subjects = store.subjects(asked..now, LOOKED_AT_MAX).await?;
    let looked_at = subjects.len();
    let oldest = subjects.last().map_or(asked, |oldest| oldest.first_seen);
    let since = if looked_at == LOOKED_AT_MAX { oldest } else { asked };
    // Of a story the first report is told.
    subjects.reverse();
    let left = by_facts(subjects, &trial).await?;
    let items = by_texts(store, left, &trial).await?;
    let told = items.len();
    let mails = match trial.cadence {
        Cadence::AtOnce => told,
        _ => {
            let due = items.iter().map(|item| item.told).filter(|due| *due <= now);
            due.collect::<HashSet<_>>().len()
        }
    };
    let items = items.into_iter().rev().take(ITEMS_MAX).collect();
    Ok(BackTest { mails, told, items, looked_at, since })
}

/// Those that meet what can be decided without a text.
async fn by_facts(
    subjects: Vec<StoredSubject>,
    trial: &Trial,
) -> store::Result<Vec<StoredSubject>> {
    let mut of_facts = trial.criteria.clone();
    of_facts.words.clear();
    of_facts.names.clear();
    let trial = trial.clone();
    let work = spawn_blocking(move || {
        let mut left = subjects;
        left.retain(|subject| {
            !subject.was_old(trial.alert_age)
                && meets(&of_facts, &subject.with("", Vec::new())).is_ok()
        });
        left
    });
    work.await.map_err(|_| store::Error::Closed)
}

/// Those that meet everything, oldest first, of each story one for each mail.
async fn by_texts(
    store: &Store,
    left: Vec<StoredSubject>,
    trial: &Trial,
) -> store::Result<Vec<Item>> {
    let reads = !trial.criteria.words.is_empty() || !trial.criteria.names.is_empty();
    let mut met: Vec<Item> = Vec::new();
    let mut stories = HashSet::new();
    let mut watched = Watched::new(trial.criteria.names.clone());
    for batch in left.chunks(TEXTS).map(<[StoredSubject]>::to_vec) {
        let ids = batch.iter().map(|subject| subject.article).collect();
        let texts = if reads { store.texts(ids).await? } else { HashMap::new() };
        let (criteria, cadence, zone) = (trial.criteria.clone(), trial.cadence, trial.zone);
        let work = spawn_blocking(move || {
            let met: Vec<(Option<i64>, Item)> = batch
                .into_iter()
                .filter_map(|subject| {
                    let text = texts.get(&subject.article).map_or("", String::as_str);
                    let names = watched.found_in(&subject.title, text);
                    let because = meets(&criteria, &subject.with(text, names)).ok()?.because;
                    let told = next_due(cadence, zone, subject.first_seen);
                    let told = told.unwrap_or(subject.first_seen);
                    Some((subject.story, item(subject, told, because)))
                })
                .collect();
            (watched, met)
        });
        let (names, of_batch) = work.await.map_err(|_| store::Error::Closed)?;
        watched = names;
        for (story, item) in of_batch {
            // An alert tells a story once, a digest once more.
            let mail = (trial.cadence != Cadence::AtOnce).then_some(item.told);
            if story.is_none_or(|story| stories.insert((story, mail))) {
                met.push(item);
            }
        }
    }
    Ok(met)
}

fn item(subject: StoredSubject, told: DateTime<Utc>, because: Vec<String>) -> Item {
    Item {
        article: subject.article,
        title: subject.title,
        url: subject.url,
        source: subject.source,
        first_seen: subject.first_seen,
        told,
        score: subject.score,
        because,
    }
}
