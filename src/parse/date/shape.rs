//! The shapes a written date can take, tried at one token after another.

use chrono::NaiveDate;

use crate::parse::date::clock::{self, Clock};
use crate::parse::date::machine::is_plausible;
use crate::parse::date::token::{Kind, Tokens};
use crate::parse::date::words::{self, Calendar, Month};
use crate::parse::date::{Found, Reading, Role, calendar};

/// How many tokens back from a date its label may stand.
const LABEL_REACH: usize = 10;
/// How many bytes back a label in a script without spaces may stand.
const UNSPACED_LABEL_REACH: usize = 36;
/// How many unknown words may stand between a label and its date.
const LABEL_STRANGERS: usize = 2;

/// A day, and the place after it.
#[derive(Debug, Clone, Copy)]
struct Day {
    day: NaiveDate,
    ambiguous: bool,
    /// A time of day that stood inside the date, as C's `asctime` has it.
    clock: Option<Clock>,
    next: usize,
}

/// The first date among the tokens.
pub(crate) fn first(tokens: &Tokens, language: Option<&str>) -> Option<Found> {
    from(tokens, 0, language).map(|(found, _)| found)
}

/// The first date at or after a token, and the token after it.
pub(crate) fn from(tokens: &Tokens, from: usize, language: Option<&str>) -> Option<(Found, usize)> {
    (from..tokens.len()).find_map(|at| {
        let (found, next) = at_token(tokens, at, language)?;
        Some((found, next))
    })
}

fn at_token(tokens: &Tokens, at: usize, language: Option<&str>) -> Option<(Found, usize)> {
    if is_inside_word(tokens, at) {
        return None;
    }
    // "14:30, 16 July 2024": the time may come first.
    if let Some(clock) = clock::read(tokens, at)
        && let Some(day) = day(tokens, clock::skip_joint(tokens, clock.next), language)
    {
        return Some((found(tokens, at, &day, Some(clock), day.next), day.next));
    }
    let day = day(tokens, at, language)?;
    let clock = day.clock.or_else(|| time_after(tokens, day.next));
    let next = clock.map_or(day.next, |clock| clock.next.max(day.next));
    Some((found(tokens, at, &day, clock, next), next))
}

/// A number that continues a word or another number (v2.1.2024, 1.2.3.2024) opens no date.
fn is_inside_word(tokens: &Tokens, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    match (tokens.get(before).map(|token| &token.kind), tokens.number(at)) {
        (Some(Kind::Word(_)), Some(_)) => true,
        (Some(Kind::Mark('.' | '/' | '-' | ':')), Some(_)) => {
            before.checked_sub(1).is_some_and(|earlier| tokens.number(earlier).is_some())
        }
        _ => false,
    }
}

fn found(tokens: &Tokens, at: usize, day: &Day, clock: Option<Clock>, next: usize) -> Found {
    let time = clock.map(|clock| clock.time);
    let offset = clock.and_then(|clock| clock.zone?.offset(day.day, clock.time));
    Found {
        reading: Reading { day: day.day, time, offset, ambiguous: day.ambiguous },
        role: role_before(tokens, at),
        start: tokens.start(at),
        end: tokens.get(next.saturating_sub(1)).map_or(0, |token| token.end),
    }
}

/// The time of day after a date, with what may stand between.
fn time_after(tokens: &Tokens, at: usize) -> Option<Clock> {
    let iso = matches!(tokens.word(at), Some("t")) && tokens.number(at + 1).is_some();
    let place = if iso { at + 1 } else { clock::skip_joint(tokens, at) };
    clock::read(tokens, place)
}

/// What the words before a date say of it: the nearest label within reach, unless a stop or
/// another date stands between.
fn role_before(tokens: &Tokens, at: usize) -> Role {
    if let Some(role) = words::unspaced_role(tokens.before(at, UNSPACED_LABEL_REACH)) {
        return role;
    }
    let mut strangers = 0;
    for back in (at.saturating_sub(LABEL_REACH)..at).rev() {
        match tokens.get(back).map(|token| &token.kind) {
            Some(Kind::Word(word)) => {
                if let Some(role) = words::role(word) {
                    return role;
                }
                let known = words::stands_before_date(word) || words::is_weekday(word);
                strangers += usize::from(!known);
            }
            Some(Kind::Number(_) | Kind::Mark('|' | '•' | '·' | '!' | '?')) => break,
            _ => {}
        }
        if strangers > LABEL_STRANGERS {
            break;
        }
    }
    Role::Unsaid
}

fn day(tokens: &Tokens, at: usize, language: Option<&str>) -> Option<Day> {
    era(tokens, at)
        .or_else(|| year_first(tokens, at, language))
        .or_else(|| day_first(tokens, at, language))
        .or_else(|| month_first(tokens, at))
}

/// 令和6年7月16日, 民國113年7月16日.
fn era(tokens: &Tokens, at: usize) -> Option<Day> {
    tokens.mark(at)?;
    let end = (at + 1..at + 5).find(|end| tokens.number(*end).is_some())?;
    let name: String = (at..end).map(|place| tokens.raw(place)).collect();
    let year = calendar::era_year(&name, tokens.number(end)?.value)?;
    let year_place = tokens.skip_space(end + 1);
    unit(tokens, year_place, &['年'])?;
    month_and_day_units(tokens, year_place + 1, year)
}

/// 2024-07-16, 2024/7/16, 2024. 07. 16., 2024年7月16日, 2024-Jul-16, 2024. július 16.
fn year_first(tokens: &Tokens, at: usize, language: Option<&str>) -> Option<Day> {
    let year = tokens.number(at).filter(|number| number.digits == 4)?;
    let after = tokens.skip_space(at + 1);
    if unit(tokens, after, &['年', '년']).is_some() {
        return month_and_day_units(tokens, after + 1, year.value);
    }
    let separator = tokens.mark(after).filter(|mark| "-/.‐‑–".contains(*mark));
    let place = tokens.skip_space(separator.map_or(after, |_| after + 1));
    if let Some((month, next)) = month_at(tokens, place) {
        let next = skip_within(tokens, next);
        let (day, next) = day_number(tokens, next)?;
        return named(year.value, month, day, next);
    }
    let separator = separator?;
    let (month, next) = small_number(tokens, place, 12)?;
    let next = tokens.skip_space(next);
    (tokens.mark(next) == Some(separator)).then_some(())?;
    let (day, next) = small_number(tokens, tokens.skip_space(next + 1), 31)?;
    let solar = year.persian || language.is_some_and(|language| language.starts_with("fa"));
    let calendar =
        if solar && year.value < 1900 { Calendar::SolarHijri } else { Calendar::Gregorian };
    complete(year.value, month, day, calendar, next)
}

/// 7月16日 after a year.
fn month_and_day_units(tokens: &Tokens, at: usize, year: u64) -> Option<Day> {
    let (month, next) = small_number(tokens, tokens.skip_space(at), 12)?;
    let next = tokens.skip_space(next);
    unit(tokens, next, &['月', '월'])?;
    let (day, next) = small_number(tokens, tokens.skip_space(next + 1), 31)?;
    let next = tokens.skip_space(next);
    unit(tokens, next, &['日', '일', '号', '號'])?;
    complete(year, month, day, Calendar::Gregorian, next + 1)
}

/// 16 July 2024, 16. Juli 2024, 1er juillet 2024, 16-Jul-24, 16.07.2024, 7/16/2024.
fn day_first(tokens: &Tokens, at: usize, language: Option<&str>) -> Option<Day> {
    let (day, next) = day_number(tokens, at)?;
    let within = skip_within(tokens, next);
    if let Some((month, next)) = month_at(tokens, within) {
        let next = skip_within(tokens, next);
        let (year, next) = year_at(tokens, next)?;
        return named(year, month, day, next);
    }
    numeric(tokens, at, language)
}

/// 16.07.2024 and 7/16/2024: the custom of the language tells day from month, unless one of them
/// is beyond 12.
fn numeric(tokens: &Tokens, at: usize, language: Option<&str>) -> Option<Day> {
    let (first, next) = small_number(tokens, at, 31)?;
    let separator = tokens.mark(next).filter(|mark| "-/.".contains(*mark))?;
    let (second, next) = small_number(tokens, tokens.skip_space(next + 1), 31)?;
    (tokens.mark(next) == Some(separator)).then_some(())?;
    let (year, next) = year_at(tokens, tokens.skip_space(next + 1))?;
    let month_leads = match (first, second) {
        (13.., _) => false,
        (_, 13..) => true,
        _ => {
            separator == '/' && language.is_some_and(puts_month_first)
                || says_half_after(tokens, next)
        }
    };
    let (day, month) = if month_leads { (second, first) } else { (first, second) };
    let mut found = complete(year, month, day, Calendar::Gregorian, next)?;
    found.ambiguous = first <= 12 && second <= 12 && first != second && separator != '.';
    Some(found)
}

/// Only the United States, the Philippines and their like write 7/16/2024; a bare `en` is taken
/// for theirs, as most of the English web is.
fn puts_month_first(language: &str) -> bool {
    let language = language.to_ascii_lowercase().replace('_', "-");
    ["en", "en-us", "en-ph"].contains(&language.as_str())
}

/// A date followed by am or pm comes from the same custom.
fn says_half_after(tokens: &Tokens, at: usize) -> bool {
    let time = (at..at + 9).take_while(|place| tokens.get(*place).is_some());
    let mut words = time.filter_map(|place| tokens.word(place));
    words.any(|word| word == "am" || word == "pm")
}

/// July 16, 2024; Tue Jul 16 09:30:00 EDT 2024.
fn month_first(tokens: &Tokens, at: usize) -> Option<Day> {
    let (month, next) = month_at(tokens, at)?;
    let (day, next) = day_number(tokens, skip_within(tokens, next))?;
    let after = skip_within(tokens, next);
    if let Some((year, next)) = year_at(tokens, after) {
        return named(year, month, day, next);
    }
    let clock = clock::read(tokens, tokens.skip_space(next))?;
    let (year, next) = year_at(tokens, clock::skip_joint(tokens, clock.next))?;
    Some(Day { clock: Some(clock), ..named(year, month, day, next)? })
}

fn named(year: u64, month: Month, day: u32, next: usize) -> Option<Day> {
    complete(year, month.number, day, month.calendar, next)
}

fn complete(year: u64, month: u32, day: u32, calendar: Calendar, next: usize) -> Option<Day> {
    let year = i32::try_from(year).ok()?;
    let day = match calendar {
        Calendar::Gregorian => NaiveDate::from_ymd_opt(year, month, day)?,
        Calendar::SolarHijri => calendar::solar_hijri(year, month, day)?,
    };
    is_plausible(day).then_some(Day { day, ambiguous: false, clock: None, next })
}

/// A month by its name, of one word or two, an Arabic second name (تموز/يوليو) passed over.
fn month_at(tokens: &Tokens, at: usize) -> Option<(Month, usize)> {
    let word = tokens.word(at)?;
    let second = tokens.skip_space(at + 1);
    let pair = tokens.word(second).and_then(|second| words::month(&format!("{word} {second}")));
    let (month, next) = match pair {
        Some(month) => (month, second + 1),
        None => (words::month(word)?, at + 1),
    };
    let other = tokens.skip_space(tokens.skip_space(next) + 1);
    match tokens.word(other).and_then(words::month) {
        Some(same) if same == month && tokens.mark(tokens.skip_space(next)) == Some('/') => {
            Some((month, other + 1))
        }
        _ => Some((month, next)),
    }
}

/// A day of the month with its ordinal ending and point.
fn day_number(tokens: &Tokens, at: usize) -> Option<(u32, usize)> {
    let (day, mut next) = small_number(tokens, at, 31)?;
    next += usize::from(matches!(tokens.mark(next), Some('º' | 'ª' | '°')));
    let hyphen = usize::from(tokens.mark(next) == Some('-'));
    if tokens.word(next + hyphen).is_some_and(words::is_ordinal) {
        next += 1 + hyphen;
    }
    Some((day, next))
}

/// A year of four digits, or of two after an apostrophe or between separators; what belongs to it
/// ("г.", "року") passed over.
fn year_at(tokens: &Tokens, at: usize) -> Option<(u64, usize)> {
    let quoted = usize::from(matches!(tokens.mark(at), Some('\'' | '’')));
    let number = tokens.number(at + quoted)?;
    let year = match number.digits {
        4 => number.value,
        2 if number.value >= 70 => 1900 + number.value,
        2 => 2000 + number.value,
        _ => return None,
    };
    let next = at + quoted + 1;
    // "16 July 14:30" has no year, and neither has a longer run of digits.
    if number.digits == 2
        && matches!(tokens.mark(next), Some(':' | '.' | '：'))
        && tokens.number(next + 1).is_some()
    {
        return None;
    }
    let word = tokens.skip_space(next);
    let next = match tokens.word(word) {
        Some(after) if words::stands_after_year(after) => {
            word + 1 + usize::from(tokens.mark(word + 1) == Some('.'))
        }
        _ => next,
    };
    Some((year, next))
}

fn small_number(tokens: &Tokens, at: usize, most: u64) -> Option<(u32, usize)> {
    let number = tokens.number(at).filter(|number| number.digits <= 2)?;
    let value = (1..=most).contains(&number.value).then_some(number.value)?;
    Some((u32::try_from(value).ok()?, at + 1))
}

fn unit(tokens: &Tokens, at: usize, units: &[char]) -> Option<()> {
    units.contains(&tokens.mark(at)?).then_some(())
}

/// The place after what may stand between day, month and year.
fn skip_within(tokens: &Tokens, at: usize) -> usize {
    let mut next = at;
    for _ in 0..5 {
        let joins = match tokens.get(next).map(|token| &token.kind) {
            Some(Kind::Space) => true,
            Some(Kind::Mark(mark)) => ".,-–/،'’".contains(*mark),
            Some(Kind::Word(word)) => words::stands_within(word),
            _ => false,
        };
        if !joins {
            break;
        }
        next += 1;
    }
    next
}
