//! Dates with their role: a date in a sentence whose words say what happens on it.

use chrono::{Datelike, Days, FixedOffset, NaiveDate, NaiveTime, Offset, TimeZone};

use crate::classify::facts::actions::{Asserted, Setting, is_plain};
use crate::classify::facts::marks::{Guard, Mark, Marked};
use crate::classify::matches::Match;
use crate::model::facts::{DateRole, Dated, Shown};
use crate::model::stamp::Stamp;

/// A date and the tokens that write it.
#[derive(Debug, Clone, Copy)]
struct Written {
    at: Stamp,
    first: usize,
    last: usize,
}

/// Tokens from the words that give a date its role to the date.
const NEAR: usize = 24;
/// Tokens a time of day stands before or after its date.
const TIME: usize = 9;

/// The dates of a field whose role the text shows.
pub(crate) fn find(marked: &Marked, setting: Setting, asserted: &[Asserted]) -> Vec<Shown<Dated>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < marked.marks.len() {
        let sentence = marked.sentence(marked.marks[at].first);
        let marks = marked.marks_of(sentence);
        at += marks.len().max(1);
        let here: Vec<&Asserted> =
            asserted.iter().filter(|action| action.sentence == sentence).collect();
        if !here.is_empty() || marks.iter().any(|mark| matches!(mark.kind, Mark::Date(_))) {
            of_sentence(marked, setting, sentence, &here, &mut found);
        }
    }
    found
}

fn of_sentence(
    marked: &Marked,
    setting: Setting,
    sentence: u32,
    asserted: &[&Asserted],
    found: &mut Vec<Shown<Dated>>,
) {
    let marks = marked.marks_of(sentence);
    for written in written(marked, setting, sentence) {
        let Some(role) = role(marks, setting, &written, asserted) else { continue };
        found.push(marked.shown(Dated { role, at: written.at }, written.first, written.last));
    }
    announced(marked, setting, marks, asserted, found);
}

/// The role whose words stand nearest before the date; an action's own date announces it.
fn role(
    marks: &[Match<Mark>],
    setting: Setting,
    written: &Written,
    asserted: &[&Asserted],
) -> Option<DateRole> {
    let cue = marks
        .iter()
        .filter_map(|mark| match mark.kind {
            Mark::Date(role) if role != DateRole::Announced => Some((role, mark)),
            _ => None,
        })
        .filter(|(_, mark)| mark.first < written.first && written.first <= mark.last + NEAR)
        .max_by_key(|(role, mark)| (mark.last, *role == DateRole::WindDown, mark.first));
    if let Some((role, mark)) = cue {
        let plain = is_plain(marks, setting, mark.first, mark.last, &[Guard::Not]);
        return plain.then_some(role);
    }
    let taken = asserted.iter().any(|action| {
        let near = written.first <= action.last + NEAR && action.first <= written.last + NEAR;
        near && setting.published.is_some_and(|published| {
            let days = (published.day() - written.at.day()).num_days();
            (0..=45).contains(&days)
        })
    });
    taken.then_some(DateRole::Announced)
}

/// "Today" or a weekday beside an action says when it was announced, given the day of publication.
fn announced(
    marked: &Marked,
    setting: Setting,
    marks: &[Match<Mark>],
    asserted: &[&Asserted],
    found: &mut Vec<Shown<Dated>>,
) {
    let (Some(published), false) = (setting.published, asserted.is_empty()) else { return };
    let day = published.day();
    for mark in marks {
        let said = match mark.kind {
            Mark::Today => Some(day),
            Mark::Weekday(number) => {
                let back = (day.weekday().number_from_monday() + 7 - number) % 7;
                day.checked_sub_days(Days::new(u64::from(back)))
            }
            _ => None,
        };
        if let Some(said) = said {
            let value = Dated { role: DateRole::Announced, at: Stamp::Day(said) };
            found.push(marked.shown(value, mark.first, mark.last));
            return;
        }
    }
}

/// Every date that is written out in a sentence, with its time of day where a zone stands by it.
fn written(marked: &Marked, setting: Setting, sentence: u32) -> Vec<Written> {
    let marks = marked.marks_of(sentence);
    let mut found: Vec<Written> = Vec::new();
    for mark in marks {
        if let Mark::Month(month) = mark.kind
            && let Some(date) = around_month(marked, setting, mark.first, month)
        {
            found.push(with_time(marked, marks, date));
        }
    }
    for token in marked.tokens_of(sentence) {
        if let Some(date) = in_figures(marked, token)
            && !found.iter().any(|known| known.first <= token && token <= known.last)
        {
            found.push(with_time(marked, marks, date));
        }
    }
    found.sort_by_key(|written| written.first);
    found
}

/// The whole day that a year at `token` ends, if one is written there.
pub(crate) fn day_ending_at(
    marked: &Marked,
    marks: &[Match<Mark>],
    token: usize,
) -> Option<NaiveDate> {
    let setting = Setting { language: None, published: None };
    let near = |mark: &&Match<Mark>| mark.first.abs_diff(token) <= 4;
    let by_month = marks.iter().filter(near).find_map(|mark| match mark.kind {
        Mark::Month(month) => around_month(marked, setting, mark.first, month)
            .filter(|date| date.first <= token && token <= date.last),
        _ => None,
    });
    let in_figures = (token.saturating_sub(4)..=token).find_map(|from| {
        in_figures(marked, from).filter(|date| date.first <= token && token <= date.last)
    });
    by_month.or(in_figures).map(|date| date.at.day())
}

/// "12 March 2025", "March 12, 2025", "31 de enero de 2026"; without a year the next such day, where
/// the day of publication is known.
fn around_month(marked: &Marked, setting: Setting, month_at: usize, month: u32) -> Option<Written> {
    let tokens = marked.folded.tokens().len();
    let small =
        |token: usize| matches!(marked.word(token), "de" | "of" | "del" | "di" | "do" | "den");
    let before = month_at
        .checked_sub(1)
        .and_then(|token| if small(token) { token.checked_sub(1) } else { Some(token) })
        .and_then(|token| Some((token, day_number(marked.word(token))?)));
    let behind = Some(month_at + 1)
        .filter(|token| *token < tokens)
        .and_then(|token| Some((token, day_number(marked.word(token))?)));
    let (day_at, day) = before.or(behind)?;
    let mut next = day_at.max(month_at) + 1;
    if next < tokens && small(next) {
        next += 1;
    }
    let year = Some(next)
        .filter(|token| *token < tokens)
        .and_then(|token| number(marked.word(token)))
        .filter(|year| (1900..2100).contains(year));
    let first = day_at.min(month_at);
    match year {
        Some(year) => {
            let day = NaiveDate::from_ymd_opt(year as i32, month, day)?;
            Some(Written { at: Stamp::Day(day), first, last: next })
        }
        None => {
            let published = setting.published?.day();
            let day = nearest(published, month, day)?;
            Some(Written { at: Stamp::Day(day), first, last: day_at.max(month_at) })
        }
    }
}

/// The day of that name within half a year of `published`.
fn nearest(published: NaiveDate, month: u32, day: u32) -> Option<NaiveDate> {
    [published.year() - 1, published.year(), published.year() + 1]
        .into_iter()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .min_by_key(|date| (*date - published).num_days().abs())
}

/// "2025-03-12", "2025年3月12日", "12.03.2025".
fn in_figures(marked: &Marked, token: usize) -> Option<Written> {
    let tokens = marked.folded.tokens().len();
    let at = |offset: usize| Some(token + offset).filter(|token| *token < tokens);
    let value = |offset: usize| number(marked.word(at(offset)?));
    let joined = |offset: usize, by: &str| at(offset).is_some_and(|t| marked.between(t) == by);
    let year = |number: u32| (1900..2100).contains(&number).then_some(number as i32);
    let made = |year, month, day, last: usize| {
        let day = NaiveDate::from_ymd_opt(year, month, day)?;
        Some(Written { at: Stamp::Day(day), first: token, last: token + last })
    };
    let one = value(0)?;
    if let (Some(year), Some(month), Some(day)) = (year(one), value(1), value(2))
        && joined(0, "-")
        && joined(1, "-")
    {
        return made(year, month, day, 2);
    }
    if let (Some(year), Some(month), Some(day)) = (value(2).and_then(year), value(1), Some(one))
        && joined(0, ".")
        && joined(1, ".")
    {
        return made(year, month, day, 2);
    }
    let sign = |offset: usize, sign: &str| at(offset).is_some_and(|t| marked.word(t) == sign);
    if let (Some(year), Some(month), Some(day)) = (year(one), value(2), value(4))
        && sign(1, "年")
        && sign(3, "月")
        && (sign(5, "日") || sign(5, "号"))
    {
        return made(year, month, day, 5);
    }
    None
}

/// The date as a moment where a time of day and its zone stand by it.
fn with_time(marked: &Marked, marks: &[Match<Mark>], date: Written) -> Written {
    let zone = marks.iter().find_map(|mark| match mark.kind {
        Mark::Zone(zone) => {
            let near = mark.first <= date.last + TIME && date.first <= mark.last + TIME;
            near.then_some((zone, mark.first, mark.last))
        }
        _ => None,
    });
    let Some((zone, zone_first, zone_last)) = zone else { return date };
    let from = zone_first.saturating_sub(5);
    let Some((time, time_first)) =
        (from..zone_first).find_map(|token| Some((time_at(marked, token)?, token)))
    else {
        return date;
    };
    match moment(date.at.day(), time, zone) {
        Some(at) => {
            let first = date.first.min(time_first);
            Written { at, first, last: date.last.max(zone_last) }
        }
        None => date,
    }
}

/// "12:01 a.m.", "23:59", "5 p.m." from `token` on.
fn time_at(marked: &Marked, token: usize) -> Option<NaiveTime> {
    let tokens = marked.folded.tokens().len();
    let hour = number(marked.word(token)).filter(|hour| *hour < 24)?;
    let minutes = (marked.between(token) == ":")
        .then(|| number(marked.word(token + 1)))
        .flatten()
        .filter(|minutes| *minutes < 60);
    let next = token + 1 + usize::from(minutes.is_some());
    let word = |token: usize| if token < tokens { marked.word(token) } else { "" };
    let half = match (word(next), word(next + 1)) {
        ("am", _) | ("a", "m") => Some(0),
        ("pm", _) | ("p", "m") => Some(12),
        _ => None,
    };
    let hour = match half {
        Some(half) => (1..=12).contains(&hour).then_some(hour % 12 + half)?,
        None => {
            minutes?;
            hour
        }
    };
    NaiveTime::from_hms_opt(hour, minutes.unwrap_or(0), 0)
}

fn moment(day: NaiveDate, time: NaiveTime, zone: &str) -> Option<Stamp> {
    let local = day.and_time(time);
    let offset: FixedOffset = match zone.parse() {
        Ok(offset) => offset,
        Err(_) => {
            let zone: chrono_tz::Tz = zone.parse().ok()?;
            zone.offset_from_local_datetime(&local).earliest()?.fix()
        }
    };
    offset.from_local_datetime(&local).single().map(Stamp::Moment)
}

/// "12", "12th", "1er", "٣١".
fn day_number(word: &str) -> Option<u32> {
    let digits: String = word.chars().take_while(|c| digit(*c).is_some()).collect();
    let rest = &word[digits.len()..];
    let ending = ["", "st", "nd", "rd", "th", "er", "º", "o", "ro"].contains(&rest);
    number(&digits).filter(|day| ending && (1..=31).contains(day))
}

/// A whole number in Western, Arabic or Persian figures.
pub(crate) fn number(word: &str) -> Option<u32> {
    if word.is_empty() || 9 < word.chars().count() {
        return None;
    }
    word.chars().try_fold(0u32, |sum, c| Some(sum * 10 + digit(c)?))
}

fn digit(c: char) -> Option<u32> {
    match c {
        '٠'..='٩' => Some(c as u32 - '٠' as u32),
        '۰'..='۹' => Some(c as u32 - '۰' as u32),
        _ => c.to_digit(10),
    }
}
