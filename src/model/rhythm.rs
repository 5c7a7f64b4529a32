//! What visits taught about when a source publishes, and what a look may cost. Plain data.

use chrono::{DateTime, TimeDelta, Utc};

/// Hours of a week; index 0 is Monday 00:00 UTC.
pub const WEEK_HOURS: usize = 168;

/// What is known of a source's rhythm. Everything counted here fades with age.
#[derive(Debug, Clone, PartialEq)]
pub struct Rhythm {
    /// From when on the source's items are known …
    pub since: DateTime<Utc>,
    /// … until when: the last look learned from.
    pub until: DateTime<Utc>,
    /// Items published in between.
    pub items: f64,
    /// Of these, the ones that came by themselves and not in the wake of another, by the hour of
    /// the week in UTC; [`WEEK_HOURS`] of them.
    pub hours: Vec<f64>,
    /// Items per day still to be expected at `until` in the wake of the latest ones, if every item
    /// drew exactly one more after it.
    pub wake: f64,
    /// Articles judged.
    pub articles: f64,
    /// Of these, the ones about sanctions.
    pub relevant: f64,
}

/// What a look brought, as far as the rhythm is concerned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sighting {
    /// Publication moments of items never seen before; none where nobody said.
    pub items: Vec<Option<DateTime<Utc>>>,
    /// Articles judged in this visit.
    pub articles: usize,
    /// Of these, the ones about sanctions.
    pub relevant: usize,
}

/// How close together and how far apart two looks at a source may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gaps {
    pub shortest: TimeDelta,
    pub longest: TimeDelta,
}

impl Default for Gaps {
    fn default() -> Self {
        Self { shortest: TimeDelta::minutes(5), longest: TimeDelta::hours(12) }
    }
}

/// What one request is worth: the waiting it must save to be made.
///
/// One price holds for all sources, which is what puts each request where it saves most. It rises a
/// little with every request and falls with every hour, so that in the long run as many are made
/// as the budget allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Natural logarithm of the price, in weighted item-days.
    pub log: f64,
    /// When it was last brought up to date.
    pub at: DateTime<Utc>,
    /// When it was first set: a young price is a guess and moves fast.
    pub since: DateTime<Utc>,
}

impl Price {
    /// Days in which a budget spent twice over raises the price by a factor of e: so few for a
    /// young price, then as many as its age, then so many. A quiet night must not make it cheap.
    const PATIENCE: (f64, f64) = (0.1, 2.0);
    /// Longer silences than this are the service's, not the price's: it does not fall meanwhile.
    const SILENCE: TimeDelta = TimeDelta::hours(1);
    /// The price stays within these, should the fixed gaps make the budget unreachable.
    pub const BOUNDS: (f64, f64) = (-20.0, 5.0);

    /// The price at `now` after `requests` more, where `per_day` are wanted.
    #[must_use]
    pub fn after(self, requests: usize, per_day: f64, now: DateTime<Utc>) -> Self {
        let passed = (now - self.at).clamp(TimeDelta::zero(), Self::SILENCE);
        let spent = requests as f64 / per_day.max(1.0);
        let allowed = passed.as_seconds_f64() / 86_400.0;
        let age = (now - self.since).as_seconds_f64() / 86_400.0;
        let patience = age.clamp(Self::PATIENCE.0, Self::PATIENCE.1);
        let log = self.log + (spent - allowed) / patience;
        Self { log: log.clamp(Self::BOUNDS.0, Self::BOUNDS.1), at: self.at.max(now), ..self }
    }

    /// In weighted item-days.
    pub fn value(self) -> f64 {
        self.log.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_rests_where_the_budget_is_kept() {
        let start: DateTime<Utc> = "2026-03-02T00:00:00Z".parse().unwrap();
        let mut price = Price { log: -3.0, at: start, since: start - TimeDelta::days(30) };
        for hour in 1..=48 {
            price = price.after(10, 240.0, start + TimeDelta::hours(hour));
        }
        assert!((price.log + 3.0).abs() < 1e-9, "{price:?}");
        let dearer = price.after(100, 240.0, price.at);
        assert!(price.log < dearer.log);
        let silent = price.after(0, 240.0, price.at + TimeDelta::days(30));
        assert!(silent.log < price.log && price.log - 0.1 < silent.log, "{silent:?}");
        let back = price.after(0, 240.0, price.at - TimeDelta::days(1));
        assert_eq!(back, price, "a clock set back changes nothing");
    }
}
