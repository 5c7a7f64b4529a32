//! When the article appeared and when it last changed, from every place that says so.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Offset, TimeZone, Timelike, Utc};

use crate::extract::metadata::head::Head;
use crate::extract::metadata::lines::Line;
use crate::extract::metadata::linked_data::text;
use crate::extract::metadata::seen_dates::{Anchor, from_elements, from_lines};
use crate::extract::metadata::zone;
use crate::model::stamp::Stamp;
use crate::parse::date::{self, Reading, Role};

/// One place's word for a date.
#[derive(Debug, Clone)]
pub(crate) struct DateClaim {
    pub(crate) place: &'static str,
    /// As it stood there.
    pub(crate) value: String,
    pub(crate) reading: Reading,
    pub(crate) role: Role,
    /// 0 (a guess) to 1 (the page says so for machines).
    pub(crate) confidence: f32,
}

/// Names of meta tags, with what they say and how surely.
#[rustfmt::skip]
const METAS: [(&str, Role, f32); 56] = [
    ("article:published_time", Role::Published, 0.92),
    ("article:published", Role::Published, 0.9),
    ("og:article:published_time", Role::Published, 0.9),
    ("og:published_time", Role::Published, 0.9),
    ("og:pubdate", Role::Published, 0.88),
    ("datepublished", Role::Published, 0.9),
    ("publishdate", Role::Published, 0.88),
    ("publish-date", Role::Published, 0.88),
    ("publish_date", Role::Published, 0.88),
    ("published-date", Role::Published, 0.88),
    ("published_date", Role::Published, 0.88),
    ("published", Role::Published, 0.86),
    ("publication_date", Role::Published, 0.88),
    ("publication-date", Role::Published, 0.88),
    ("pubdate", Role::Published, 0.88),
    ("article.published", Role::Published, 0.88),
    ("article_date_original", Role::Published, 0.88),
    ("originalpublicationdate", Role::Published, 0.88),
    ("parsely-pub-date", Role::Published, 0.88),
    ("sailthru.date", Role::Published, 0.86),
    ("cxenseparse:recs:publishtime", Role::Published, 0.86),
    ("cxenseparse:publishtime", Role::Published, 0.86),
    ("bt:pubdate", Role::Published, 0.86),
    ("vr:published_time", Role::Published, 0.86),
    ("citation_publication_date", Role::Published, 0.84),
    ("citation_online_date", Role::Published, 0.86),
    ("citation_date", Role::Published, 0.84),
    ("dcterms.issued", Role::Published, 0.86),
    ("dc.date.issued", Role::Published, 0.86),
    ("dcterms.available", Role::Published, 0.8),
    ("dcterms.date", Role::Published, 0.72),
    ("dcterms.created", Role::Published, 0.78),
    ("dc.date.created", Role::Published, 0.78),
    ("dc.date", Role::Published, 0.8),
    ("datecreated", Role::Published, 0.8),
    ("uploaddate", Role::Published, 0.75),
    ("date", Role::Published, 0.72),
    ("dc.created", Role::Published, 0.78),
    ("created", Role::Published, 0.75),
    ("release_date", Role::Published, 0.8),
    ("displaydate", Role::Published, 0.8),
    ("rnews:datepublished", Role::Published, 0.88),
    ("article:published_date", Role::Published, 0.9),
    ("timestamp", Role::Published, 0.6),
    ("article:modified_time", Role::Modified, 0.92),
    ("og:updated_time", Role::Modified, 0.85),
    ("og:modified_time", Role::Modified, 0.85),
    ("datemodified", Role::Modified, 0.9),
    ("dateupdated", Role::Modified, 0.88),
    ("lastmod", Role::Modified, 0.85),
    ("last-modified", Role::Modified, 0.7),
    ("dcterms.modified", Role::Modified, 0.85),
    ("dc.date.modified", Role::Modified, 0.85),
    ("modified", Role::Modified, 0.8),
    ("revision_date", Role::Modified, 0.8),
    ("article:modified", Role::Modified, 0.88),
];

/// Fields of JSON-LD, likewise.
const FIELDS: [(&str, &str, Role, f32); 6] = [
    ("datePublished", "json-ld datePublished", Role::Published, 0.95),
    ("dateCreated", "json-ld dateCreated", Role::Published, 0.82),
    ("uploadDate", "json-ld uploadDate", Role::Published, 0.8),
    ("datepublished", "json-ld datePublished", Role::Published, 0.9),
    ("dateModified", "json-ld dateModified", Role::Modified, 0.95),
    ("datemodified", "json-ld dateModified", Role::Modified, 0.9),
];

/// Keys in other scripts' data, likewise; they may belong to another text of the page.
const SCRIPT_KEYS: [(&str, Role); 8] = [
    ("datePublished", Role::Published),
    ("publishedAt", Role::Published),
    ("published_at", Role::Published),
    ("publishDate", Role::Published),
    ("publish_date", Role::Published),
    ("publicationDate", Role::Published),
    ("firstPublished", Role::Published),
    ("dateModified", Role::Modified),
];

/// From this confidence on, a date is taken for the one that the page shows.
const VISIBLE: f32 = 0.6;
/// By how much the places for another day must outweigh those for the surest one.
const MAJORITY: f32 = 0.3;
/// Below this confidence a date is more often wrong than right.
const LEAST: f32 = 0.09;
/// Offsets in minutes that are no whole hours, as countries keep them.
const PART_HOURS: [i64; 8] = [-210, 210, 270, 330, 345, 390, 570, 630];
/// The earliest year that text, class names and addresses are believed for.
pub(crate) const WEB_YEAR: i32 = 1994;

/// Everything the page says, best first.
pub(crate) fn claims(
    head: &Head<'_>,
    lines: &[Line<'_>],
    anchor: Anchor,
    language: Option<&str>,
) -> Vec<DateClaim> {
    let mut claims = from_linked_data(head);
    claims.extend(from_metas(head));
    claims.extend(from_elements(head.dom(), anchor, language));
    claims.extend(from_address(&head.page.url));
    if !claims.iter().any(|claim| claim.role != Role::Modified && claim.confidence >= 0.7) {
        claims.extend(from_lines(lines, anchor, language));
        claims.extend(from_scripts(head));
    }
    // A machine that has no date writes the zero of its clock.
    claims.retain(|claim| {
        claim.confidence >= LEAST && claim.reading.day != DateTime::UNIX_EPOCH.date_naive()
    });
    claims.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    claims
}

/// The best claim of a role, made as exact as the others allow.
pub(crate) fn settle(claims: &[DateClaim], role: Role, url: &str) -> Option<(DateClaim, Stamp)> {
    let fits = |claim: &&DateClaim| {
        claim.role == role || (role == Role::Published && claim.role == Role::Unsaid)
    };
    let fitting: Vec<&DateClaim> = claims.iter().filter(fits).collect();
    let Some(best) = most_agreed(&fitting) else {
        // Guidance pages show the day of their last change and no other; it is the date they go by.
        let changed = (role == Role::Published).then(|| settle(claims, Role::Modified, url))?;
        return changed.map(|(claim, stamp)| (DateClaim { confidence: 0.4, ..claim }, stamp));
    };
    let mut best = best.clone();
    best.reading = unswapped(best.reading, &fitting);
    // Another place may know the hour of the same day.
    if best.reading.time.is_none()
        && let Some(timed) = same_day(best.reading, &fitting)
    {
        best.reading = timed;
    }
    let stamp = stamp(best.reading, &fitting, url);
    Some((best, stamp))
}

/// The surest claim, unless several other places agree against it on another day.
fn most_agreed<'a>(claims: &[&'a DateClaim]) -> Option<&'a DateClaim> {
    let surest = claims.first()?;
    let votes = |day: NaiveDate| -> f32 {
        let mut places: Vec<&str> = Vec::new();
        let agreeing = claims.iter().filter(|claim| claim.reading.day == day);
        let fresh = agreeing.filter(|claim| {
            let fresh = !places.contains(&claim.place);
            places.push(claim.place);
            fresh
        });
        fresh.map(|claim| claim.confidence).sum()
    };
    let rival = claims.iter().filter(|claim| claim.confidence >= VISIBLE);
    let rival = rival.map(|claim| (claim, votes(claim.reading.day)));
    let strongest = rival.reduce(|best, next| if next.1 > best.1 { next } else { best });
    match strongest {
        Some((rival, most)) if most > votes(surest.reading.day) + MAJORITY => Some(rival),
        _ => Some(surest),
    }
}

/// Where custom alone told day from month and another place has them exchanged, that place is right.
fn unswapped(reading: Reading, others: &[&DateClaim]) -> Reading {
    let day = reading.day;
    let swapped = NaiveDate::from_ymd_opt(day.year(), day.day(), day.month());
    let agrees =
        |day| others.iter().any(|other| !other.reading.ambiguous && other.reading.day == day);
    match swapped {
        Some(swapped) if reading.ambiguous && !agrees(day) && agrees(swapped) => {
            Reading { day: swapped, ambiguous: false, ..reading }
        }
        _ => reading,
    }
}

/// The most exact reading of the same day.
fn same_day(reading: Reading, others: &[&DateClaim]) -> Option<Reading> {
    let same = || others.iter().map(|other| other.reading).filter(|other| other.day == reading.day);
    same()
        .find(|other| other.offset.is_some())
        .or_else(|| same().find(|other| other.time.is_some()))
}

/// The stamp of a reading, on the page's own clock as far as it can be known.
///
/// Machines like to write UTC where the reader sees local time; then the clock is that
/// of the site's country where it has but one, else that of a place which shows the same moment. A
/// time without any zone and without such a country counts as its day alone.
fn stamp(reading: Reading, others: &[&DateClaim], url: &str) -> Stamp {
    let in_country = zone::of_address(url);
    match (reading.time, reading.offset) {
        (Some(time), Some(offset)) if offset.local_minus_utc() == 0 => {
            let moment = reading.day.and_time(time).and_utc();
            let shown = in_country
                .map(|zone| zone.offset_from_utc_datetime(&moment.naive_utc()).fix())
                .or_else(|| shown_offset(moment, others))
                .or_else(|| offset_of_day(moment, others))
                .unwrap_or(offset);
            Stamp::Moment(moment.with_timezone(&shown))
        }
        (Some(_), None) => in_country.map_or(reading.stamp(), |zone| reading.stamp_in(zone)),
        _ => reading.stamp(),
    }
}

/// The offset of a place that shows the same moment on another clock: 17:49 where machines read
/// 01:49 UTC of the next day.
fn shown_offset(moment: DateTime<Utc>, others: &[&DateClaim]) -> Option<FixedOffset> {
    others.iter().filter(|other| other.confidence >= VISIBLE).find_map(|other| {
        let shown = other.reading.day.and_time(other.reading.time?);
        let minutes = (shown - moment.naive_utc()).num_seconds().div_euclid(60);
        // A shown time has no seconds, a moment has.
        let minutes = minutes + i64::from(minutes.rem_euclid(15) == 14);
        let hours = -12 * 60..=14 * 60;
        let whole = minutes % 60 == 0 && minutes != 0 && hours.contains(&minutes);
        let kept = whole || PART_HOURS.contains(&minutes);
        kept.then(|| FixedOffset::east_opt(i32::try_from(minutes).ok()? * 60))?
    })
}

/// The nearest whole hour that puts the moment on the day which the address or the visible date
/// shows, where that is the day before or after.
fn offset_of_day(moment: DateTime<Utc>, others: &[&DateClaim]) -> Option<FixedOffset> {
    let shown = others.iter().find(|other| {
        other.confidence >= VISIBLE && other.reading.time.is_none() && !other.reading.ambiguous
    })?;
    let (day, hour) = (moment.date_naive(), i32::try_from(moment.hour()).ok()?);
    let hours = match (shown.reading.day - day).num_days() {
        -1 if hour < 12 => -(hour + 1),
        1 if hour >= 10 => 24 - hour,
        _ => return None,
    };
    FixedOffset::east_opt(hours * 3600)
}

fn from_linked_data(head: &Head<'_>) -> Vec<DateClaim> {
    let Some(article) = head.article() else { return Vec::new() };
    let claims = FIELDS.iter().filter_map(|(field, place, role, confidence)| {
        let value = text(article, field)?;
        claim(place, value, date::read(value)?, *role, *confidence)
    });
    claims.collect()
}

fn from_metas(head: &Head<'_>) -> Vec<DateClaim> {
    let claims = METAS.iter().filter_map(|(name, role, confidence)| {
        let value = head.meta(name)?;
        claim(name, value, date::read(value)?, *role, *confidence)
    });
    claims.collect()
}

fn claim(
    place: &'static str,
    value: &str,
    reading: Reading,
    role: Role,
    confidence: f32,
) -> Option<DateClaim> {
    Some(DateClaim { place, value: value.to_owned(), reading, role, confidence })
}

/// A day in the path of an address: /2024/07/16/, /2024-07-16-, /20240716/.
fn from_address(url: &str) -> Option<DateClaim> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest).split(['?', '#']).next()?;
    let (_, path) = path.split_once('/')?;
    let bytes = path.as_bytes();
    let starts = (0..bytes.len())
        .filter(|at| bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[*at - 1].is_ascii_digit()));
    starts
        .filter_map(|at| day_at(&path[at..]))
        .find_map(|(text, reading)| claim("address", text, reading, Role::Unsaid, 0.72))
}

/// Year, month and day at the head of a text, parted alike or not at all.
fn day_at(text: &str) -> Option<(&str, Reading)> {
    let digits = |from: usize, to: usize| {
        text.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    let parter = text.get(4..5)?;
    let (length, month, day) = match parter {
        "/" | "-" | "_" | "." => {
            let (_, rest) = text.split_at(5);
            let month_end = rest.find(parter)?;
            let rest_of_day = &rest[month_end + 1..];
            let day_end =
                rest_of_day.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest_of_day.len());
            (5 + month_end + 1 + day_end, &rest[..month_end], &rest_of_day[..day_end])
        }
        _ => (8, digits(4, 6)?, digits(6, 8)?),
    };
    let whole = text.get(length..)?;
    if month.len() > 2 || day.len() > 2 || whole.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let year = digits(0, 4)?;
    let reading = date::read(&format!("{year}-{month:0>2}-{day:0>2}"))?;
    (WEB_YEAR..2100).contains(&reading.day.year()).then_some((&text[..length], reading))
}

/// `"datePublished":"…"` and its like in scripts that are not JSON-LD.
fn from_scripts(head: &Head<'_>) -> Vec<DateClaim> {
    let mut claims = Vec::new();
    for script in head.dom().elements("script") {
        let code = script.raw_text();
        for (ends, (_, role)) in first_ends(&code).into_iter().zip(SCRIPT_KEYS) {
            let Some(end) = ends else { continue };
            let rest = &code[end..];
            let rest = rest.trim_start_matches(['"', '\\', ' ', ':', '\'', '=']);
            let value = &rest[..rest.find(['"', '\\', '\'', ',']).unwrap_or(0)];
            if value.len() < 60
                && let Some(reading) = date::read(value)
            {
                claims.extend(claim("script", value, reading, role, 0.5));
            }
        }
    }
    claims
}

/// Where the first occurrence of each key ends: one pass over scripts of a hundred kilobytes.
fn first_ends(code: &str) -> [Option<usize>; SCRIPT_KEYS.len()] {
    static KEYS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::new(SCRIPT_KEYS.map(|(key, _)| key)).expect("a short list makes an automaton")
    });
    let mut ends = [None; SCRIPT_KEYS.len()];
    for hit in KEYS.find_overlapping_iter(code) {
        ends[hit.pattern().as_usize()].get_or_insert(hit.end());
    }
    ends
}
