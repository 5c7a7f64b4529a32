//! When the article appeared and when it last changed, from every place that says so.

use chrono::Datelike;

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
    ("dcterms.date", Role::Published, 0.8),
    ("dcterms.created", Role::Published, 0.78),
    ("dc.date.created", Role::Published, 0.78),
    ("dc.date", Role::Published, 0.8),
    ("datecreated", Role::Published, 0.8),
    ("uploaddate", Role::Published, 0.75),
    ("date", Role::Published, 0.8),
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
    claims.retain(|claim| claim.reading.day.to_string() != "1970-01-01");
    claims.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    claims
}

/// The best claim of a role, made as exact as the others allow.
pub(crate) fn settle(claims: &[DateClaim], role: Role, url: &str) -> Option<(DateClaim, Stamp)> {
    let fits = |claim: &&DateClaim| {
        claim.role == role || (role == Role::Published && claim.role == Role::Unsaid)
    };
    let best = claims.iter().find(fits)?;
    let same_day = claims.iter().filter(fits).filter(|claim| claim.reading.day == best.reading.day);
    // Another place may know the hour, or the zone of the same hour.
    let exact = same_day.clone().find(|claim| {
        let reading = claim.reading;
        let agrees =
            best.reading.time.is_none_or(|time| reading.time.is_some_and(|other| other == time));
        reading.time.is_some() && reading.offset.is_some() && agrees
    });
    let timed = same_day.clone().find(|claim| claim.reading.time.is_some());
    let exact = match (best.reading.time, best.reading.offset) {
        (Some(_), Some(_)) => best,
        _ => exact.or(timed.filter(|_| best.reading.time.is_none())).unwrap_or(best),
    };
    Some((best.clone(), stamp(exact.reading, claims, url)))
}

/// The stamp of a reading. A missing zone is that of the site's country where the country has but
/// one; else the day stands alone.
fn stamp(reading: Reading, _claims: &[DateClaim], url: &str) -> Stamp {
    match (reading.offset, zone::of_address(url)) {
        (None, Some(zone)) => reading.stamp_in(zone),
        _ => reading.stamp(),
    }
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
        if is_furniture(node) || is_about_another(node) {
            return None;
        }
        let near = is_near(node, anchor);
        let role = kind.role.unwrap_or(said);
        let confidence = kind.confidence - if near { 0.0 } else { 0.35 };
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

/// Dates in links, comments and lists of other articles are not this article's.
fn is_about_another(node: Node<'_>) -> bool {
    let foreign = [
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
    ];
    std::iter::once(node).chain(node.ancestors().take(12)).any(|above| {
        let class = format!("{} {}", above.class(), above.html_id()).to_ascii_lowercase();
        foreign.iter().any(|word| class.contains(word))
            && above.tag() != "body"
            && above.tag() != "html"
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
            if found.reading.day.year() < WEB_YEAR
                || is_furniture(line.node)
                || is_about_another(line.node)
            {
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
    let mut confidence: f32 = 0.2;
    if found.role != Role::Unsaid {
        confidence += 0.2;
    }
    if alone {
        confidence += 0.1;
    }
    if is_near(line.node, anchor) {
        confidence += 0.15;
    }
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
