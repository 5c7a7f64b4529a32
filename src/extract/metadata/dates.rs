//! When the article appeared and when it last changed, from every place that says so.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Offset, TimeZone, Timelike, Utc};

use crate::extract::metadata::head::{Head, is_furniture};
use crate::extract::metadata::lines::Line;
use crate::extract::metadata::linked_data::text;
use crate::extract::metadata::zone;
use crate::model::stamp::Stamp;
use crate::parse::date::{self, Reading, Role};
use crate::parse::dom::{Node, NodeId};

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

/// Where to look for dates that stand near the headline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchor {
    /// The headline's element, where one is known.
    pub(crate) headline: Option<NodeId>,
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

/// Nodes before and after the headline within which a date is likely the article's.
const NEAR_BEFORE: u32 = 120;
const NEAR_AFTER: u32 = 400;
/// From this confidence on, a date is taken for the one that the page shows.
const VISIBLE: f32 = 0.6;
/// By how much the places for another day must outweigh those for the surest one.
const MAJORITY: f32 = 0.3;
/// Below this confidence a date is more often wrong than right.
const LEAST: f32 = 0.1;
/// What a date loses that stands far from the headline, in a side box, or in a box named after
/// other things.
const FAR: f32 = 0.35;
const ASIDE: f32 = 0.2;
const FOREIGN: f32 = 0.3;
/// Longest line of text, in bytes, that is searched whole; of a longer one only the head is.
const LINE: usize = 200;
/// The earliest year that text, class names and addresses are believed for.
const WEB_YEAR: i32 = 1994;

/// Everything the page says, best first.
pub(crate) fn claims(
    head: &Head<'_>,
    lines: &[Line<'_>],
    anchor: Anchor,
    language: Option<&str>,
) -> Vec<DateClaim> {
    let mut claims = from_linked_data(head);
    claims.extend(from_metas(head));
    claims.extend(from_elements(head, anchor, language));
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
        let possible = minutes % 15 == 0 && (-12 * 60..=14 * 60).contains(&minutes) && minutes != 0;
        possible.then(|| FixedOffset::east_opt(i32::try_from(minutes).ok()? * 60))?
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

/// `<time>`, `itemprop` and elements whose class says date.
fn from_elements(head: &Head<'_>, anchor: Anchor, language: Option<&str>) -> Vec<DateClaim> {
    let elements = head.dom().iter().filter(|node| node.is_element());
    let claims = elements.filter_map(|node| {
        let kind = kind_of(node)?;
        let (value, reading, said) = reading_of(node, language)?;
        let role = kind.role.unwrap_or(said);
        let confidence = kind.confidence - distance(node, anchor);
        (reading.day.year() >= WEB_YEAR).then_some(DateClaim {
            place: kind.place,
            value,
            reading,
            role,
            confidence,
        })
    });
    claims.take(200).collect()
}

/// What an element says it is.
struct Kind {
    place: &'static str,
    role: Option<Role>,
    confidence: f32,
}

fn kind_of(node: Node<'_>) -> Option<Kind> {
    let prop = node.attr("itemprop").or_else(|| node.attr("property")).unwrap_or("");
    let kind = |place, role, confidence| Some(Kind { place, role, confidence });
    if prop.contains("datePublished") {
        return kind("itemprop datePublished", Some(Role::Published), 0.85);
    }
    if prop.contains("dateModified") {
        return kind("itemprop dateModified", Some(Role::Modified), 0.85);
    }
    if prop.contains("dateCreated") {
        return kind("itemprop dateCreated", Some(Role::Published), 0.8);
    }
    let class = format!("{} {}", node.class(), node.html_id()).to_ascii_lowercase();
    let modified =
        ["modif", "updated", "lastmod", "update-"].iter().any(|word| class.contains(word));
    let published = class.contains("publi")
        || class.contains("posted")
        || class.contains("entry-date")
        || class.contains("created");
    let role = match (published, modified) {
        (true, _) => Some(Role::Published),
        (false, true) => Some(Role::Modified),
        _ => None,
    };
    if node.tag() == "time" {
        let confidence = if node.attr("pubdate").is_some() {
            0.85
        } else if role == Some(Role::Published) {
            0.8
        } else {
            0.74
        };
        return kind("time", role, confidence);
    }
    let words = class.split(|c: char| !c.is_ascii_alphanumeric());
    let says_date = words.into_iter().any(|word| {
        [
            "date",
            "datum",
            "fecha",
            "data",
            "datetime",
            "timestamp",
            "dateline",
            "pubdate",
            "postdate",
            "published",
            "time",
            "meta",
            "byline",
            "submitted",
            "posted",
            "dtreviewed",
        ]
        .contains(&word)
    }) || [
        "publishdate",
        "publish-date",
        "pub-date",
        "datum",
        "fecha",
        "pubdate",
        "post-date",
        "article-date",
        "datepublished",
    ]
    .iter()
    .any(|word| class.contains(word));
    (says_date).then_some(())?;
    kind("date element", role, 0.66)
}

/// The date of an element: its attribute for machines, else its text.
fn reading_of(node: Node<'_>, language: Option<&str>) -> Option<(String, Reading, Role)> {
    let attribute =
        ["datetime", "content", "data-datetime", "data-date", "data-timestamp", "title"]
            .iter()
            .filter_map(|name| node.attr(name));
    for value in attribute {
        if let Some(reading) = date::read(value) {
            return Some((value.to_owned(), reading, said_by_text(node)));
        }
    }
    // Longer subtrees hold more than a date.
    if node.end().0 - node.id().0 > 40 {
        return None;
    }
    let text = node.text();
    if text.len() > LINE {
        return None;
    }
    let found = date::written(&text, language)?;
    Some((text, found.reading, found.role))
}

/// What the words in and just before an element say of its date.
fn said_by_text(node: Node<'_>) -> Role {
    let is_short = |node: &Node<'_>| node.end().0 - node.id().0 <= 20;
    let before = node.prev_sibling().filter(is_short).map(Node::text).unwrap_or_default();
    let before = &before[before.ceil_char_boundary(before.len().saturating_sub(40))..];
    let own = if is_short(&node) { node.text() } else { String::new() };
    let own = &own[..own.floor_char_boundary(LINE)];
    let said = |text: &str| date::written(text, None).map(|found| found.role);
    said(own)
        .filter(|role| *role != Role::Unsaid)
        .or_else(|| said(&format!("{before} 2000-01-01")))
        .unwrap_or(Role::Unsaid)
}

fn is_near(node: Node<'_>, anchor: Anchor) -> bool {
    anchor.headline.is_none_or(|headline| {
        let (at, headline) = (node.id().0, headline.0);
        at + NEAR_BEFORE >= headline && at <= headline + NEAR_AFTER
    })
}

/// What the setting of an element takes from the worth of its date.
fn distance(node: Node<'_>, anchor: Anchor) -> f32 {
    let mut lost = 0.0;
    if !is_near(node, anchor) {
        lost += FAR;
    }
    if is_furniture(node) {
        lost += ASIDE;
    }
    if is_about_another(node, anchor) {
        lost += FOREIGN;
    }
    lost
}

/// Words in the names of boxes that hold comments, lists of other articles, and the like.
const FOREIGN_BOXES: [&str; 16] = [
    "comment",
    "related",
    "recommend",
    "sidebar",
    "widget",
    "teaser",
    "most-read",
    "latest",
    "footer",
    "copyright",
    "breaking",
    "ticker",
    "popular",
    "trending",
    "similar",
    "recent",
];

/// Whether a box around the element, but not around the headline, is named after other things.
fn is_about_another(node: Node<'_>, anchor: Anchor) -> bool {
    let holds_headline = |above: &Node<'_>| {
        anchor.headline.is_some_and(|headline| above.id() <= headline && headline < above.end())
    };
    let above = std::iter::once(node).chain(node.ancestors().take(12));
    above.take_while(|above| !holds_headline(above) && above.tag() != "body").any(|above| {
        let name = format!("{} {}", above.class(), above.html_id()).to_ascii_lowercase();
        FOREIGN_BOXES.iter().any(|word| name.contains(word))
    })
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

/// Dates written in lines of text, the nearest to the headline first.
fn from_lines(lines: &[Line<'_>], anchor: Anchor, language: Option<&str>) -> Vec<DateClaim> {
    let mut claims = Vec::new();
    for line in lines {
        if claims.len() > 300 {
            break;
        }
        let text = &line.text[..line.text.floor_char_boundary(LINE)];
        let rights = ["©", "(c)", "copyright", "all rights"]
            .iter()
            .any(|word| text.to_lowercase().contains(word));
        if rights || !text.chars().any(|c| c.is_numeric()) {
            continue;
        }
        for found in date::all_written(text, language) {
            if found.reading.day.year() < WEB_YEAR {
                continue;
            }
            let confidence = line_confidence(line, &found, anchor);
            claims.push(DateClaim {
                place: "text",
                value: text[found.start..found.end].to_owned(),
                reading: found.reading,
                role: found.role,
                confidence,
            });
        }
    }
    claims
}

/// How much a date in running text is worth: labelled, alone on its line, near the headline.
fn line_confidence(line: &Line<'_>, found: &date::Found, anchor: Anchor) -> f32 {
    let alone = found.end - found.start;
    let alone = alone * 2 >= line.text.len();
    let mut confidence: f32 = 0.0;
    if found.role != Role::Unsaid {
        confidence += 0.2;
    }
    if alone {
        confidence += 0.1;
    }
    confidence += 0.35 - distance(line.node, anchor);
    if found.start > 100 {
        confidence -= 0.1;
    }
    confidence
}

/// `"datePublished":"…"` and its like in scripts that are not JSON-LD.
fn from_scripts(head: &Head<'_>) -> Vec<DateClaim> {
    let mut claims = Vec::new();
    for script in head.dom().elements("script") {
        let code = script.raw_text();
        for (key, role) in SCRIPT_KEYS {
            let Some(at) = code.find(key) else { continue };
            let rest = &code[at + key.len()..];
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

/// The date of an element that a recipe chose.
pub(crate) fn of_recipe(node: Node<'_>, language: Option<&str>) -> Option<DateClaim> {
    let (value, reading, _) = reading_of(node, language)?;
    Some(DateClaim { place: "recipe", value, reading, role: Role::Published, confidence: 1.0 })
}
