//! Times of day and zones, as they stand beside a date.

use chrono::{FixedOffset, NaiveDate, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::parse::date::token::{Kind, Tokens};
use crate::parse::date::words::{self, Half, SEASONAL, UNSPACED_HALVES, ZONES};

/// A time of day with its zone, and the place after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) time: NaiveTime,
    pub(crate) zone: Option<Zone>,
    pub(crate) next: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Zone {
    Fixed(FixedOffset),
    /// The offset depends on the day.
    Place(Tz),
}

impl Zone {
    /// The offset in force on that day at that time.
    pub(crate) fn offset(self, day: NaiveDate, time: NaiveTime) -> Option<FixedOffset> {
        match self {
            Zone::Fixed(offset) => Some(offset),
            Zone::Place(zone) => {
                zone.offset_from_local_datetime(&day.and_time(time)).earliest().map(|o| o.fix())
            }
        }
    }
}

/// Reads a time of day at a token: 14:30, 14:30:05.25, 2.30 p.m., 14h30, 14.30 Uhr, 下午2時30分.
pub(crate) fn read(tokens: &Tokens, at: usize) -> Option<Clock> {
    let (half_before, at) = match unspaced_half(tokens, at) {
        Some((half, next)) => (Some(half), tokens.skip_space(next)),
        None => (None, at),
    };
    let hour = tokens.number(at).filter(|number| number.digits <= 2 && number.value <= 24)?;
    let parts = minutes(tokens, at + 1);
    let after = parts.map_or(at + 1, |parts| parts.next);
    let half_after = half(tokens, tokens.skip_space(after));
    let next = half_after.map_or(after, |(_, next)| next);
    let half = half_before.or(half_after.map(|(half, _)| half));
    let minutes = match parts {
        Some(parts) => parts,
        // An hour alone is a time only where something says so: 9 am, 14 Uhr, 下午2.
        None => bare_hour(tokens, next, half)?,
    };
    let next = skip_hour_word(tokens, next.max(minutes.next));
    let hour = on_24(u32::try_from(hour.value).ok()?, half)?;
    let time = NaiveTime::from_hms_opt(hour, minutes.minute, minutes.second.min(59))?;
    let (zone, next) = match zone(tokens, next) {
        Some((zone, next)) => (Some(zone), next),
        None => (None, next),
    };
    Some(Clock { time, zone, next })
}

/// Reads a zone at a token, white space or a bracket allowed before it: +02:00, GMT+2, CEST, (ET).
pub(crate) fn zone(tokens: &Tokens, at: usize) -> Option<(Zone, usize)> {
    let spaced = tokens.skip_space(at);
    if let Some((seconds, next)) = offset(tokens, spaced, Digits::Two) {
        return Some((Zone::Fixed(FixedOffset::east_opt(seconds)?), next));
    }
    let bracketed = spaced + usize::from(tokens.mark(spaced) == Some('('));
    let name = tokens.raw(bracketed);
    let next = bracketed + 1;
    let closed = next + usize::from(bracketed != spaced && tokens.mark(next) == Some(')'));
    if let Some((_, place)) = SEASONAL.iter().find(|(known, _)| *known == name) {
        return Some((Zone::Place(*place), closed));
    }
    let (_, minutes) = ZONES.iter().find(|(known, _)| *known == name)?;
    if *minutes == 0
        && let Some((seconds, next)) = offset(tokens, next, Digits::One)
    {
        return Some((Zone::Fixed(FixedOffset::east_opt(seconds)?), next));
    }
    Some((Zone::Fixed(FixedOffset::east_opt(minutes * 60)?), closed))
}

/// Minutes and seconds after an hour.
#[derive(Debug, Clone, Copy)]
struct Parts {
    minute: u32,
    second: u32,
    next: usize,
}

/// The fewest digits an offset's hour may have.
#[derive(Clone, Copy, PartialEq)]
enum Digits {
    One,
    Two,
}

fn minutes(tokens: &Tokens, at: usize) -> Option<Parts> {
    let spaced = tokens.skip_space(at);
    // A space before the unit: 14 h 30, but never 14 :30.
    let at = if separator(tokens, spaced) == Some('h') { spaced } else { at };
    let separator = separator(tokens, at)?;
    let place = tokens.skip_space(at + 1);
    let minute = two_digits(tokens, place)?;
    let mut parts =
        Parts { minute, second: 0, next: skip_mark(tokens, place + 1, &['分', '분']) };
    if separator == '.'
        && tokens.mark(parts.next) == Some('.')
        && two_digits(tokens, parts.next + 1).is_some()
    {
        // 16.07.24 is a date, not half a time.
        return None;
    }
    if let Some(second) = second(tokens, parts.next, separator) {
        parts.second = second;
        let after = if separator == '時' { parts.next + 1 } else { parts.next + 2 };
        parts.next = skip_mark(tokens, skip_fraction(tokens, after), &['秒', '초']);
    }
    Some(parts)
}

/// What parts hour and minute, every unit of East Asia counting as 時.
fn separator(tokens: &Tokens, at: usize) -> Option<char> {
    match &tokens.get(at)?.kind {
        Kind::Mark(':' | '：' | '∶') => Some(':'),
        Kind::Mark('.') => Some('.'),
        Kind::Mark('時' | '时' | '点' | '點' | '시') => Some('時'),
        Kind::Word(word) if word == "h" || word == "u" => Some('h'),
        _ => None,
    }
}

fn second(tokens: &Tokens, at: usize, separator: char) -> Option<u32> {
    match (separator, tokens.mark(at)) {
        ('時', _) => two_digits(tokens, at).filter(|_| tokens.mark(at + 1) == Some('秒')),
        (_, Some(':' | '：')) => two_digits(tokens, at + 1),
        _ => None,
    }
}

fn skip_fraction(tokens: &Tokens, at: usize) -> usize {
    let is_fraction = matches!(tokens.mark(at), Some('.' | ',')) && tokens.number(at + 1).is_some();
    at + if is_fraction { 2 } else { 0 }
}

fn two_digits(tokens: &Tokens, at: usize) -> Option<u32> {
    let number = tokens.number(at).filter(|number| number.digits == 2 && number.value < 61)?;
    u32::try_from(number.value).ok()
}

fn skip_mark(tokens: &Tokens, at: usize, marks: &[char]) -> usize {
    at + usize::from(tokens.mark(at).is_some_and(|mark| marks.contains(&mark)))
}

fn bare_hour(tokens: &Tokens, at: usize, half: Option<Half>) -> Option<Parts> {
    let unit = tokens.skip_space(at);
    let next = match &tokens.get(unit).map(|token| &token.kind) {
        Some(Kind::Word(word)) if ["uhr", "h", "hrs", "uur"].contains(&word.as_str()) => unit + 1,
        Some(Kind::Mark('時' | '时' | '点' | '點' | '시')) => unit + 1,
        _ if half.is_some() => at,
        _ => return None,
    };
    Some(Parts { minute: 0, second: 0, next })
}

fn skip_hour_word(tokens: &Tokens, at: usize) -> usize {
    let unit = tokens.skip_space(at);
    let known = ["uhr", "h", "hs", "hrs", "hours", "uur", "ч", "год"];
    match tokens.word(unit) {
        Some(word) if known.contains(&word) => unit + 1,
        _ => at,
    }
}

/// The hour of a clock of 24, or none where the clock cannot show it.
fn on_24(hour: u32, half: Option<Half>) -> Option<u32> {
    match (half, hour) {
        (Some(Half::Morning), 12) => Some(0),
        (Some(Half::Afternoon), 1..=11) => Some(hour + 12),
        (_, 0..=23) => Some(hour),
        _ => None,
    }
}

/// am, p.m., ق.ظ: one word, or two with a point after each.
fn half(tokens: &Tokens, at: usize) -> Option<(Half, usize)> {
    let first = tokens.word(at)?;
    let second_at = tokens.skip_space(at + 2);
    let pair = match tokens.word(second_at) {
        Some(second) if tokens.mark(at + 1) == Some('.') => {
            words::half(&format!("{first}{second}"))
        }
        _ => None,
    };
    if let Some(half) = pair {
        return Some((half, skip_mark(tokens, second_at + 1, &['.'])));
    }
    words::half(first).map(|half| (half, skip_mark(tokens, at + 1, &['.'])))
}

fn unspaced_half(tokens: &Tokens, at: usize) -> Option<(Half, usize)> {
    let pair: String = [tokens.mark(at)?, tokens.mark(at + 1)?].iter().collect();
    UNSPACED_HALVES.iter().find(|(name, _)| *name == pair).map(|(_, half)| (*half, at + 2))
}

/// Seconds east of UTC from a sign and digits: +0200, +02:00, -04, and after GMT also +2.
fn offset(tokens: &Tokens, at: usize, fewest: Digits) -> Option<(i32, usize)> {
    let sign = match tokens.mark(at)? {
        '+' => 1,
        '-' | '−' | '–' => -1,
        _ => return None,
    };
    let number = tokens.number(at + 1)?;
    let value = i32::try_from(number.value).ok()?;
    let (hours, minutes, next) = match number.digits {
        4 => (value / 100, value % 100, at + 2),
        2 => match two_digits(tokens, at + 3).filter(|_| tokens.mark(at + 2) == Some(':')) {
            Some(minutes) => (value, i32::try_from(minutes).ok()?, at + 4),
            None => (value, 0, at + 2),
        },
        1 if fewest == Digits::One => (value, 0, at + 2),
        _ => return None,
    };
    let possible = hours <= 14 && [0, 15, 30, 45].contains(&minutes);
    possible.then_some((sign * (hours * 3600 + minutes * 60), next))
}

/// Whether tokens between a date and a time (or a time and a date) join them; the place after.
pub(crate) fn skip_joint(tokens: &Tokens, at: usize) -> usize {
    let mut next = at;
    for _ in 0..8 {
        let joins = match tokens.get(next).map(|token| &token.kind) {
            Some(Kind::Space) => true,
            Some(Kind::Mark(mark)) => {
                ",|-–—•·⋅/@;:()[].،，、（）月火水木金土日週周星期曜一二三四五六".contains(*mark)
            }
            Some(Kind::Word(word)) => words::stands_before_time(word) || words::is_weekday(word),
            _ => false,
        };
        if !joins {
            break;
        }
        next += 1;
    }
    next
}
