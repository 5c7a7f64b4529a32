//! A publication time as exact as the page was: a moment with its offset, or a day alone.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

/// When something was published or changed, never more exact than its witness.
///
/// Displays (and is stored) as RFC 3339 with the page's own offset, or as `YYYY-MM-DD` where
/// the page gives only a day.
///
/// ```
/// use sanctionwatch::model::stamp::Stamp;
/// let moment: Stamp = "2024-07-16T09:30:00+02:00".parse().unwrap();
/// assert_eq!(moment.to_string(), "2024-07-16T09:30:00+02:00");
/// let day: Stamp = "2024-07-16".parse().unwrap();
/// assert_eq!(day.to_string(), "2024-07-16");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// A day with no time of day.
    Day(NaiveDate),
    /// A moment with the offset the page gave.
    Moment(DateTime<FixedOffset>),
}

impl Stamp {
    /// The calendar day as the page's own clock showed it.
    pub fn day(&self) -> NaiveDate {
        match self {
            Stamp::Day(day) => *day,
            Stamp::Moment(moment) => moment.date_naive(),
        }
    }

    /// Whether only the day is known.
    pub fn is_day(&self) -> bool {
        matches!(self, Stamp::Day(_))
    }

    /// Whether at `now` more than `age` has passed since: what came out so long ago is no news.
    pub fn is_older_than(&self, age: TimeDelta, now: DateTime<Utc>) -> bool {
        self.instant().checked_add_signed(age).is_some_and(|until| until < now)
    }

    /// A moment for ordering: a bare day counts as its midnight UTC.
    pub fn instant(&self) -> DateTime<Utc> {
        match self {
            Stamp::Day(day) => day.and_time(NaiveTime::MIN).and_utc(),
            Stamp::Moment(moment) => moment.to_utc(),
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stamp::Day(day) => write!(f, "{day}"),
            Stamp::Moment(moment) => {
                f.write_str(&moment.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
        }
    }
}

/// The text was neither RFC 3339 nor `YYYY-MM-DD`.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is neither an RFC 3339 time nor a day like 2024-07-16")]
pub struct NotAStamp(pub String);

impl FromStr for Stamp {
    type Err = NotAStamp;

    fn from_str(text: &str) -> Result<Self, NotAStamp> {
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Stamp::Moment(moment));
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(Stamp::Day)
            .map_err(|_| NotAStamp(text.to_owned()))
    }
}
