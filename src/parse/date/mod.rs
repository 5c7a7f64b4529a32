//! Dates as machines and people write them, in the languages of the catalogue.
//!
//! One grammar reads both: a text is cut into tokens (`token`), and the shapes a date can take
//! (`shape`) are tried where a token may open one; words come from tables (`words`).
//! [`parse`] wants the whole text to be a date, as a feed or a `datetime` attribute gives it;
//! [`written`] finds the first date inside prose. Neither fills in what is not there: a date
//! without a year is no date, and nothing is taken from a clock.

mod calendar;
mod clock;
mod line;
mod machine;
mod shape;
mod token;
mod words;

pub use crate::parse::date::line::is_dateline;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use crate::model::stamp::Stamp;
use crate::parse::date::token::Tokens;

/// The most of a text that [`written`] looks at, in bytes; a dateline is never further in.
const PROSE_LIMIT: usize = 4096;
/// The most of a text that [`parse`] and [`read`] look at, in bytes.
const FIELD_LIMIT: usize = 160;

/// What a text says of a time, before anybody decides what a missing zone means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The calendar day on the writer's clock.
    pub day: NaiveDate,
    /// The time of day on the same clock, where one is given.
    pub time: Option<NaiveTime>,
    /// The offset from UTC, where one is given.
    pub offset: Option<FixedOffset>,
    /// Day and month could be exchanged: both are 12 or less, and only custom told them apart.
    pub ambiguous: bool,
}

impl Reading {
    /// As exact as the text: a time without a zone counts as its day alone.
    pub fn stamp(&self) -> Stamp {
        match (self.time, self.offset) {
            (Some(_), Some(offset)) => self.stamp_at(offset),
            _ => Stamp::Day(self.day),
        }
    }

    /// The same, a missing zone being `offset`.
    pub fn stamp_at(&self, offset: FixedOffset) -> Stamp {
        let Some(time) = self.time else { return Stamp::Day(self.day) };
        let offset = self.offset.unwrap_or(offset);
        match offset.from_local_datetime(&self.day.and_time(time)).single() {
            Some(moment) => Stamp::Moment(moment),
            None => Stamp::Day(self.day),
        }
    }

    /// The same, a missing zone being the wall clock of `zone`.
    ///
    /// An hour that the clock shows twice in autumn is taken as the first one; an hour that it
    /// skips in spring leaves the day alone.
    pub fn stamp_in(&self, zone: Tz) -> Stamp {
        let Some(time) = self.time else { return Stamp::Day(self.day) };
        let local = zone.from_local_datetime(&self.day.and_time(time)).earliest();
        match (self.offset, local) {
            (Some(offset), _) => self.stamp_at(offset),
            (None, Some(moment)) => Stamp::Moment(moment.fixed_offset()),
            (None, None) => Stamp::Day(self.day),
        }
    }

    fn of_moment(moment: DateTime<FixedOffset>) -> Self {
        Self {
            day: moment.date_naive(),
            time: Some(moment.time()),
            offset: Some(*moment.offset()),
            ambiguous: false,
        }
    }
}

/// What the words before a date say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// "Published on", "veröffentlicht am", "发布时间": when it appeared.
    Published,
    /// "Updated", "mis à jour le", "обновлено": when it last changed.
    Modified,
    /// Nothing is said.
    Unsaid,
}

/// A date found in prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub reading: Reading,
    pub role: Role,
    /// UTF-8 byte offsets of the date and its time of day in the text.
    pub start: usize,
    pub end: usize,
}

/// Reads a text that is a date and nothing else, as feeds, headers and attributes carry it.
///
/// Takes RFC 3339 and the sloppy cousins of ISO 8601, RFC 2822 and what feeds make of it (wrong
/// weekday, two-digit year, translated month, zone by name), C's `asctime`, Unix seconds and
/// milliseconds, and any written date that fills the text. A time without a zone is taken as
/// UTC, as feed readers do; [`read`] leaves that open.
///
/// ```
/// use sanctionwatch::parse::date::parse;
/// let stamp = |text| parse(text).map(|stamp| stamp.to_string());
/// assert_eq!(stamp("Tue, 16 Jul 2024 09:30:00 EDT").as_deref(), Some("2024-07-16T09:30:00-04:00"));
/// assert_eq!(stamp("2024-07-16 09:30").as_deref(), Some("2024-07-16T09:30:00Z"));
/// assert_eq!(stamp("20240716").as_deref(), Some("2024-07-16"));
/// assert_eq!(stamp("yesterday"), None);
/// ```
pub fn parse(text: &str) -> Option<Stamp> {
    read(text).map(|reading| reading.stamp_at(Utc.fix()))
}

/// Like [`parse`], but says apart what the text gives and what it leaves open.
pub fn read(text: &str) -> Option<Reading> {
    let text = text.trim();
    let text = &text[..text.floor_char_boundary(FIELD_LIMIT)];
    if !has_digit(text) {
        return None;
    }
    machine::read(text).or_else(|| {
        let tokens = Tokens::of(text);
        let found = shape::first(&tokens, None)?;
        fills(text, &found).then_some(found.reading)
    })
}

/// Finds the first date in prose.
///
/// `language` is a language tag such as `de` or `en-GB`; it decides whether 03/04/2024 is in
/// March or April, and whether 1403/04/26 is of the Solar Hijri calendar. Without it the day
/// comes first, as in most of the world. Looks at the first 4 KiB.
///
/// ```
/// use sanctionwatch::parse::date::{Role, written};
/// let found = written("Обновлено: 16 июля 2024 г., 14:30 МСК", Some("ru")).unwrap();
/// assert_eq!(found.reading.stamp().to_string(), "2024-07-16T14:30:00+03:00");
/// assert_eq!(found.role, Role::Modified);
/// ```
pub fn written(text: &str, language: Option<&str>) -> Option<Found> {
    all_written(text, language).next()
}

/// Finds every date in prose, in order, each as in [`written`].
pub fn all_written(text: &str, language: Option<&str>) -> impl Iterator<Item = Found> {
    let text = &text[..text.floor_char_boundary(PROSE_LIMIT)];
    let tokens = Tokens::of(if has_digit(text) { text } else { "" });
    let language = language.map(str::to_owned);
    let mut from = 0;
    std::iter::from_fn(move || {
        let (found, next) = shape::from(&tokens, from, language.as_deref())?;
        from = next;
        Some(found)
    })
}

/// No date is without a digit, and most texts are: they need not be cut into tokens.
fn has_digit(text: &str) -> bool {
    text.chars().any(char::is_numeric)
}

/// Whether a date is all that a field says: at most a weekday or a label before it, and at most a
/// comment in brackets or a few letters after it.
fn fills(text: &str, found: &Found) -> bool {
    let head = text[..found.start].trim();
    let tail = text[found.end..].trim();
    let letters = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).count();
    letters(head) <= 12 && (tail.starts_with(['(', '[']) || letters(tail) <= 8)
}

#[cfg(test)]
mod tests;
