//! The end of a visit: what it taught about its source's rhythm, and when to look again.
//!
//! A source with a cron schedule keeps it. Any other is looked at by its rhythm: what the visit saw
//! is learned, and the next look is the first of the cheapest sequence of looks at the price that
//! one request has for all sources (`rhythm::plan`). The requests of these visits are taken from
//! one budget, which the usual intervals of the sources add up to; spending moves the price.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::jobs::crawl::Crawler;
use crate::jobs::listings::Announcement;
use crate::model::rhythm::{Gaps, Price, Rhythm, Sighting};
use crate::model::source::{ListingKind, Schedule, Source};
use crate::model::visit::Visit;
use crate::rhythm::{self, Rates, Terms};
use crate::store::{self, Ending, Lesson, Sighted, Spent, Store};

/// A visit that left pages due is followed by another this soon.
const CONTINUE_AFTER: TimeDelta = TimeDelta::minutes(1);

impl Crawler {
    /// How `visit` is to be recorded: what it taught, what it cost, and when the next one is due.
    pub(crate) async fn ending(
        &self,
        source: &Source,
        visit: Visit,
        announced: &Announcement,
        rest: Rest,
    ) -> store::Result<Ending> {
        let lesson = self.lesson(source, &visit, announced).await?;
        let next_look = self.next_look(source, &visit, lesson.as_ref(), rest).await?;
        let per_day = *self.requests_per_day.lock().expect("nothing panics under this lock");
        let spent =
            is_adaptive(source).then_some(Spent { requests: source.listings.len(), per_day });
        Ok(Ending { visit, next_look, lesson, spent })
    }

    /// Reckons the budget of `sources`; where no price was ever set, begins with the one that
    /// would meet it.
    pub(crate) async fn set_budget(&self, sources: &[Arc<Source>]) -> store::Result<()> {
        let interval = self.settings.interval;
        let per_day = requests_per_day(sources, interval);
        *self.requests_per_day.lock().expect("nothing panics under this lock") = per_day;
        if self.store.price().await?.is_none() {
            let price = first_price(&self.store, sources, interval, self.clock.now()).await?;
            self.store.set_price(price).await?;
        }
        Ok(())
    }

    /// What the visit taught; none where the listings gave nothing to learn from.
    async fn lesson(
        &self,
        source: &Source,
        visit: &Visit,
        announced: &Announcement,
    ) -> store::Result<Option<Lesson>> {
        if announced.fault.is_some() {
            return Ok(None);
        }
        let Sighted { mut moments, last_link } = self.store.sighted(source.id.clone()).await?;
        let known = self.store.rhythm(source.id.clone()).await?;
        if source.listings.iter().all(|listing| listing.kind == ListingKind::Page) {
            // A page watched in place announces nothing: its changes are its items.
            moments = vec![None; visit.counts.revisions];
        }
        let sighting = Sighting {
            items: moments,
            articles: visit.counts.articles,
            relevant: visit.counts.relevant,
        };
        let rhythm = rhythm::learn(known, source.kind, visit.started, &sighting);
        Ok(Some(Lesson { rhythm, last_link }))
    }

    async fn next_look(
        &self,
        source: &Source,
        visit: &Visit,
        lesson: Option<&Lesson>,
        rest: Rest,
    ) -> store::Result<DateTime<Utc>> {
        let now = visit.ended;
        let earliest = now + rest.hold.unwrap_or_default();
        let healthy = visit.outcome.is_healthy();
        if rest.left && healthy {
            return Ok(earliest.max(now + CONTINUE_AFTER));
        }
        let interval = self.settings.interval.unwrap_or_else(|| rhythm::interval(source.kind));
        let next = match &source.schedule {
            // A schedule was checked when the source was loaded; should it never fire again, the
            // interval keeps the source alive.
            Some(Schedule::Cron(cron)) => rhythm::next_look(cron, now).unwrap_or(now + interval),
            _ if healthy => match (lesson, self.store.price().await?) {
                (Some(lesson), Some(price)) => {
                    let terms = terms(source, self.settings.interval, price);
                    let looks = rhythm::plan(&lesson.rhythm, &terms);
                    looks.first().copied().unwrap_or(now + interval)
                }
                _ => now + interval,
            },
            _ => {
                let failures = self.store.failures(source.id.clone()).await? + 1;
                now + rhythm::after_failure(failures, interval)
            }
        };
        Ok(next.max(earliest))
    }
}

/// What a visit found out about when the next may be.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rest {
    /// Whether pages were left due.
    pub(crate) left: bool,
    /// How long the server asked to be left alone.
    pub(crate) hold: Option<TimeDelta>,
}

/// Whether the source is looked at by its rhythm.
pub fn is_adaptive(source: &Source) -> bool {
    !matches!(source.schedule, Some(Schedule::Cron(_)))
}

/// On what terms an adaptive source is looked at; `interval` is the operator's, if any.
pub fn terms(source: &Source, interval: Option<Duration>, price: Price) -> Terms {
    let usual = interval.unwrap_or_else(|| rhythm::interval(source.kind));
    let usual = TimeDelta::from_std(usual).unwrap_or(TimeDelta::days(1));
    let Gaps { shortest, longest } = Gaps::default();
    let gaps = match &source.schedule {
        Some(Schedule::Adaptive(gaps)) => *gaps,
        // An interval far from the usual one moves the bounds with it.
        _ => Gaps { shortest: shortest.min(usual), longest: longest.max(usual * 4) },
    };
    Terms { kind: source.kind, gaps, requests: source.listings.len(), price }
}

/// Requests a day that the listings of all adaptive sources may take together.
pub fn requests_per_day(sources: &[Arc<Source>], interval: Option<Duration>) -> f64 {
    let of_source = |source: &Arc<Source>| {
        let usual = interval.unwrap_or_else(|| rhythm::interval(source.kind));
        source.listings.len() as f64 * 86_400.0 / usual.as_secs_f64().max(1.0)
    };
    sources.iter().filter(|source| is_adaptive(source)).map(of_source).sum()
}

/// The price that would meet the budget, as far as the rhythms are known.
async fn first_price(
    store: &Store,
    sources: &[Arc<Source>],
    interval: Option<Duration>,
    now: DateTime<Utc>,
) -> store::Result<Price> {
    let known: std::collections::BTreeMap<_, Rhythm> = store.rhythms().await?.into_iter().collect();
    let expected: Vec<(Rates, f64)> = sources
        .iter()
        .filter(|source| is_adaptive(source))
        .map(|source| {
            let unknown = || rhythm::learn(None, source.kind, now, &Sighting::default());
            let rhythm = known.get(&source.id).cloned().unwrap_or_else(unknown);
            (Rates::of(&rhythm, source.kind), rhythm::weight(&rhythm, source.kind))
        })
        .collect();
    Ok(rhythm::fair_price(&expected, requests_per_day(sources, interval), now))
}
