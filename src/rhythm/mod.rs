//! When to look at a source again: cron on a wall clock, learned rhythms, back-off. Pure.
//!
//! `expression` follows a cron schedule; `learned` and `plan` serve the sources without one: what
//! past visits say about the next items, and where the next looks cost least.

mod expression;
mod learned;
mod plan;

use core::time::Duration;

use chrono::{DateTime, Utc};

use crate::model::source::{Cron, SourceKind};

use crate::rhythm::expression::Expression;

pub use crate::rhythm::expression::BadSchedule;
pub use crate::rhythm::learned::{Rates, hour_of_week, learn, weight};
pub use crate::rhythm::plan::{Terms, fair_price, plan};

/// No source rests longer than this, however often it has failed.
pub const LONGEST_REST: Duration = Duration::from_hours(24);

/// The first moment after `after`, to the second, at which `schedule` says to look.
///
/// Calling it again with its own answer walks through the schedule: every answer is later than
/// the one before. Around a change of the clocks:
///
/// - A schedule whose hour field begins with `*` runs whenever the wall clock shows a matching
///   time: `*/15 * * * *` keeps its quarter of an hour through both changes, an hour that the
///   clocks skip is skipped, and one that they repeat counts twice.
/// - A schedule with fixed hours runs once for each time it names. A time the clocks skip is made
///   up for at the first moment after the gap (several such times: once, together); of a time
///   that comes twice the first counts.
///
/// # Errors
/// When the expression is not one, or names a day that never comes (30 February).
///
/// ```
/// use sanctionwatch::model::source::Cron;
/// use sanctionwatch::rhythm::next_look;
/// let schedule = Cron { cron: "30 2 * * *".to_owned(), zone: chrono_tz::Europe::Berlin };
/// // On 30 March 2025 the clocks went from 02:00 straight to 03:00, which is 01:00 UTC.
/// let evening_before = "2025-03-29T20:00:00Z".parse().unwrap();
/// assert_eq!(next_look(&schedule, evening_before).unwrap().to_rfc3339(), "2025-03-30T01:00:00+00:00");
/// ```
pub fn next_look(schedule: &Cron, after: DateTime<Utc>) -> Result<DateTime<Utc>, BadSchedule> {
    Expression::parse(&schedule.cron)?.next(schedule.zone, after)
}

/// Whether `cron` is an expression that [`next_look`] takes.
///
/// # Errors
/// Names the field at fault, its value and what would be right there.
pub fn check(cron: &str) -> Result<(), BadSchedule> {
    Expression::parse(cron)?.next(chrono_tz::UTC, DateTime::UNIX_EPOCH).map(|_| ())
}

/// The average gap between two looks at a source that states no schedule: its part of the budget.
///
/// Offices publish a few times a day and their readers want to know at once; news feeds change all
/// the time and keep an item for hours.
pub fn interval(kind: SourceKind) -> Duration {
    match kind {
        SourceKind::Government => Duration::from_mins(15),
        SourceKind::News => Duration::from_mins(30),
    }
}

/// How long to wait after the `failures`-th failure in a row (1 is the first) of a source that is
/// else looked at every `interval`.
///
/// Doubles with every failure up to [`LONGEST_REST`] and stays there: a site that is back after a
/// month is seen within a day. A source whose interval is longer than that keeps its interval.
///
/// ```
/// use core::time::Duration;
/// use sanctionwatch::rhythm::after_failure;
/// let interval = Duration::from_mins(30);
/// assert_eq!(after_failure(1, interval), Duration::from_mins(30));
/// assert_eq!(after_failure(4, interval), Duration::from_hours(4));
/// assert_eq!(after_failure(1000, interval), Duration::from_hours(24));
/// ```
pub fn after_failure(failures: u32, interval: Duration) -> Duration {
    let shortest = interval.max(Duration::from_mins(1));
    let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
    shortest.saturating_mul(factor).clamp(shortest.min(LONGEST_REST), LONGEST_REST.max(interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_after_failures_grows_to_a_day_and_stays() {
        for interval in [Duration::ZERO, interval(SourceKind::News), Duration::from_hours(7)] {
            let rests: Vec<Duration> = (0..200).map(|n| after_failure(n, interval)).collect();
            assert!(rests.is_sorted(), "{interval:?}: {rests:?}");
            assert!(interval <= rests[0], "{interval:?}");
            assert!(Duration::from_mins(1) <= rests[0], "no busy loop at {interval:?}");
            assert_eq!(rests[199], LONGEST_REST, "{interval:?}");
        }
        assert_eq!(after_failure(u32::MAX, Duration::MAX), Duration::MAX);
    }

    #[test]
    fn a_source_looked_at_every_three_days_keeps_its_pace() {
        let interval = Duration::from_hours(72);
        assert_eq!(after_failure(1, interval), interval);
        assert_eq!(after_failure(9, interval), interval);
    }
}
