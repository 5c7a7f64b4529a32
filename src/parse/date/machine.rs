//! The forms that machines write: RFC 3339, RFC 2822, bare digits, Unix time, ISO ordinals and weeks.

use chrono::{DateTime, NaiveDate, Weekday};

use crate::parse::date::Reading;

/// The first and the last moment a bare number is taken for Unix time: 1998-01-01 to 2100-01-01.
const UNIX: std::ops::Range<i64> = 883_612_800..4_102_444_800;

/// Reads the whole text in one of the forms, or not at all.
pub(crate) fn read(text: &str) -> Option<Reading> {
    let moment = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
    if let Ok(moment) = moment {
        return Some(Reading::of_moment(moment)).filter(|reading| is_plausible(reading.day));
    }
    if !text.is_ascii() {
        return None;
    }
    bare_digits(text).or_else(|| ordinal(text)).or_else(|| week(text))
}

/// No page and no feed is older than the web's subject matter, none is from the far future; zeros
/// and the year 1 stand for "not set".
pub(crate) fn is_plausible(day: NaiveDate) -> bool {
    use chrono::Datelike;
    (1900..2100).contains(&day.year())
}

/// 20240716, 20240716T093000Z and the like, or seconds or milliseconds since 1970.
fn bare_digits(text: &str) -> Option<Reading> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    match (digits.len(), rest) {
        (10, "") => unix(digits.parse().ok()?),
        (13, "") => unix(digits.parse::<i64>().ok()? / 1000),
        (8, "") => day_of_digits(digits),
        (8, _) if rest.starts_with(['T', ' ']) => with_time(digits, &rest[1..]),
        (12 | 14, _) => with_time(&digits[..8], &text[8..]),
        _ => None,
    }
}

fn unix(seconds: i64) -> Option<Reading> {
    let moment = UNIX.contains(&seconds).then(|| DateTime::from_timestamp(seconds, 0))??;
    Some(Reading::of_moment(moment.fixed_offset()))
}

fn day_of_digits(digits: &str) -> Option<Reading> {
    let day = NaiveDate::parse_from_str(digits, "%Y%m%d").ok().filter(|day| is_plausible(*day))?;
    Some(Reading { day, time: None, offset: None, ambiguous: false })
}

/// A day and a time of day both without separators, by spelling them out for RFC 3339.
fn with_time(day: &str, rest: &str) -> Option<Reading> {
    let day = day_of_digits(day)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let format = match time.len() {
        6 => "%H%M%S",
        4 => "%H%M",
        _ => return None,
    };
    let time = chrono::NaiveTime::parse_from_str(time, format).ok()?;
    let zone = zone.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim();
    let offset = match zone {
        "" => None,
        "Z" => Some("+00:00".parse().ok()?),
        _ => Some(zone.parse().ok()?),
    };
    Some(Reading { time: Some(time), offset, ..day })
}

/// The day of the year (ISO 8601): 2024-198.
fn ordinal(text: &str) -> Option<Reading> {
    let day = NaiveDate::parse_from_str(text, "%Y-%j").ok().filter(|day| is_plausible(*day))?;
    (text.len() == 8).then_some(Reading { day, time: None, offset: None, ambiguous: false })
}

/// A day of a week (ISO 8601): 2024-W29-2.
fn week(text: &str) -> Option<Reading> {
    let (year, rest) = text.split_once("-W")?;
    let (week, weekday) = rest.split_once('-')?;
    let weekday = Weekday::try_from(weekday.parse::<u8>().ok()?.checked_sub(1)?).ok()?;
    let day = NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, weekday)?;
    is_plausible(day).then_some(Reading { day, time: None, offset: None, ambiguous: false })
}
