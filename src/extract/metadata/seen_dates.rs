//! Dates that a reader sees: in `<time>`, in elements named after dates, in lines of text.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use chrono::Datelike;

use crate::extract::metadata::dates::{DateClaim, WEB_YEAR};
use crate::extract::metadata::head::{Signs, is_furniture, name_of, signs};
use crate::extract::metadata::lines::Line;
use crate::parse::date::{self, Found, Reading, Role};
use crate::parse::dom::{Dom, Node, NodeId};

/// Where the headline stands: what is near it is likely the article's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchor {
    /// The headline's element, where one is known.
    pub(crate) headline: Option<NodeId>,
}

/// Nodes before and after the headline within which a date is likely the article's.
const NEAR_BEFORE: u32 = 120;
const NEAR_AFTER: u32 = 400;
/// What a date loses that stands far from the headline, in a side box, or in a box named after
/// other things.
const FAR: f32 = 0.35;
const ASIDE: f32 = 0.2;
const FOREIGN: f32 = 0.3;
/// Most claims of elements, and of lines.
const CLAIMS: usize = 300;
/// Most nodes of an element that holds a date and not much more.
const NODES: u32 = 40;
/// Longest text in bytes that is searched whole; of a longer line only the head is.
const LINE: usize = 200;

/// What `itemprop` says of a date, and how surely.
const PROPERTIES: [(&str, &str, Role, f32); 3] = [
    ("datePublished", "itemprop datePublished", Role::Published, 0.85),
    ("dateModified", "itemprop dateModified", Role::Modified, 0.85),
    ("dateCreated", "itemprop dateCreated", Role::Published, 0.8),
];

/// Parts of class names that say publication, and change.
const PUBLISHED: [&str; 4] = ["publi", "posted", "entry-date", "created"];
const MODIFIED: [&str; 4] = ["modif", "updated", "lastmod", "update-"];

/// Words, and parts, of class names that hold a date or a line with one.
#[rustfmt::skip]
const DATE_WORDS: [&str; 14] = [
    "date", "data", "datetime", "timestamp", "dateline", "postdate", "published", "time", "meta", "byline", "submitted",
    "posted", "dtreviewed", "when",
];
#[rustfmt::skip]
const DATE_PARTS: [&str; 8] = [
    "publishdate", "publish-date", "pub-date", "pubdate", "post-date", "article-date", "datum", "fecha",
];

/// Any of the words and parts: most elements have none, and are passed over in one look.
static DATE_SIGNS: LazyLock<AhoCorasick> =
    LazyLock::new(|| signs(DATE_WORDS.iter().chain(&DATE_PARTS)));

/// Parts of the names of boxes that hold comments, lists of other articles, and the like.
#[rustfmt::skip]
const FOREIGN_BOXES: [&str; 16] = [
    "comment", "related", "recommend", "sidebar", "widget", "teaser", "most-read", "latest", "footer", "copyright",
    "breaking", "ticker", "popular", "trending", "similar", "recent",
];

static FOREIGN_SIGNS: LazyLock<AhoCorasick> = LazyLock::new(|| signs(&FOREIGN_BOXES));

/// Signs of a notice of rights, whose year is the site's.
const RIGHTS: [&str; 4] = ["©", "(c)", "copyright", "all rights"];

/// `<time>`, `itemprop` and elements whose class says date.
pub(crate) fn from_elements(dom: &Dom, anchor: Anchor, language: Option<&str>) -> Vec<DateClaim> {
    let mut claims = Vec::new();
    let mut signs = Signs::of(&DATE_SIGNS, dom);
    for node in dom.iter().filter(|node| node.is_element()) {
        let Some(kind) = kind_of(node, &mut signs) else { continue };
        let readings = readings(node, language);
        if readings.is_empty() {
            continue;
        }
        let confidence = kind.confidence - distance(node, anchor);
        claims.extend(readings.into_iter().map(|said| DateClaim {
            place: kind.place,
            value: said.value,
            reading: said.reading,
            role: kind.role.unwrap_or(said.role),
            confidence,
        }));
        if claims.len() > CLAIMS {
            break;
        }
    }
    claims.retain(|claim| claim.reading.day.year() >= WEB_YEAR);
    claims
}

/// Dates written in lines of text.
pub(crate) fn from_lines(
    lines: &[Line<'_>],
    anchor: Anchor,
    language: Option<&str>,
) -> Vec<DateClaim> {
    let mut claims = Vec::new();
    for line in lines {
        let text = &line.text[..line.text.floor_char_boundary(LINE)];
        if !text.chars().any(char::is_numeric) || is_notice_of_rights(text) {
            continue;
        }
        claims.extend(date::all_written(text, language).map(|found| DateClaim {
            place: "text",
            value: text[found.start..found.end].to_owned(),
            reading: found.reading,
            role: found.role,
            confidence: line_confidence(line, &found, anchor),
        }));
        if claims.len() > CLAIMS {
            break;
        }
    }
    claims.retain(|claim| claim.reading.day.year() >= WEB_YEAR);
    claims
}

/// The date of an element that a recipe chose.
pub(crate) fn of_recipe(node: Node<'_>, language: Option<&str>) -> Option<DateClaim> {
    let said = readings(node, language).into_iter().next()?;
    Some(DateClaim {
        place: "recipe",
        value: said.value,
        reading: said.reading,
        role: Role::Published,
        confidence: 1.0,
    })
}

/// What an element says it is.
struct Kind {
    place: &'static str,
    role: Option<Role>,
    confidence: f32,
}

fn kind_of(node: Node<'_>, signs: &mut Signs) -> Option<Kind> {
    let is_time = node.tag() == "time";
    if node.attributes().next().is_none() && !is_time {
        return None;
    }
    let property = node.attr("itemprop").or_else(|| node.attr("property")).unwrap_or("");
    let known =
        PROPERTIES.iter().find(|(name, ..)| !property.is_empty() && property.contains(name));
    if let Some(known) = known {
        return Some(Kind { place: known.1, role: Some(known.2), confidence: known.3 });
    }
    if !is_time && !signs.are_in_name_of(node) {
        return None;
    }
    let name = name_of(node);
    let says = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let role = match (says(&PUBLISHED), says(&MODIFIED)) {
        (true, _) => Some(Role::Published),
        (false, true) => Some(Role::Modified),
        _ => None,
    };
    if is_time {
        let confidence = match role {
            _ if node.attr("pubdate").is_some() => 0.85,
            Some(Role::Published) => 0.8,
            _ => 0.74,
        };
        return Some(Kind { place: "time", role, confidence });
    }
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let says_date = words.any(|word| DATE_WORDS.contains(&word)) || says(&DATE_PARTS);
    says_date.then_some(Kind { place: "date element", role, confidence: 0.66 })
}

/// A date as an element has it.
struct Said {
    value: String,
    reading: Reading,
    role: Role,
}

/// The dates of an element: that of its attribute for machines, else those of its text.
fn readings(node: Node<'_>, language: Option<&str>) -> Vec<Said> {
    let names = ["datetime", "content", "data-datetime", "data-date", "data-timestamp", "title"];
    let mut attributes = names.iter().filter_map(|name| node.attr(name));
    if let Some(said) = attributes.find_map(|value| {
        let reading = date::read(value)?;
        Some(Said { value: value.to_owned(), reading, role: said_by_text(node) })
    }) {
        return vec![said];
    }
    let text = if is_short(node) { node.text() } else { String::new() };
    if text.len() > LINE {
        return Vec::new();
    }
    let of = |found: Found| Said {
        value: text[found.start..found.end].to_owned(),
        reading: found.reading,
        role: found.role,
    };
    date::all_written(&text, language).map(of).collect()
}

/// What the words in and just before an element say of its date.
fn said_by_text(node: Node<'_>) -> Role {
    let before = node.prev_sibling().filter(|node| is_short(*node)).map(Node::text);
    let before = before.unwrap_or_default();
    let before = &before[before.ceil_char_boundary(before.len().saturating_sub(40))..];
    let own = if is_short(node) { node.text() } else { String::new() };
    let own = &own[..own.floor_char_boundary(LINE)];
    let said = |text: &str| date::written(text, None).map(|found| found.role);
    said(own)
        .filter(|role| *role != Role::Unsaid)
        // A date put after the words before makes them its label, if they are one.
        .or_else(|| said(&format!("{before} 2000-01-01")))
        .unwrap_or(Role::Unsaid)
}

/// Longer subtrees hold more than a date.
fn is_short(node: Node<'_>) -> bool {
    node.end().0 - node.id().0 <= NODES
}

/// How much a date in running text is worth: labelled, alone on its line, near the headline.
fn line_confidence(line: &Line<'_>, found: &Found, anchor: Anchor) -> f32 {
    let labelled = if found.role == Role::Unsaid { 0.0 } else { 0.2 };
    let alone = if (found.end - found.start) * 2 >= line.text.len() { 0.1 } else { 0.0 };
    let late = if found.start > 100 { 0.1 } else { 0.0 };
    0.35 + labelled + alone - late - distance(line.node, anchor)
}

fn is_notice_of_rights(text: &str) -> bool {
    let lower = text.to_lowercase();
    RIGHTS.iter().any(|sign| lower.contains(sign))
}

/// What the setting of an element takes from the worth of its date.
fn distance(node: Node<'_>, anchor: Anchor) -> f32 {
    let lost = |lost: bool, worth: f32| if lost { worth } else { 0.0 };
    lost(!is_near(node, anchor), FAR)
        + lost(is_furniture(node), ASIDE)
        + lost(is_about_another(node, anchor), FOREIGN)
}

fn is_near(node: Node<'_>, anchor: Anchor) -> bool {
    anchor.headline.is_none_or(|headline| {
        let (at, headline) = (node.id().0, headline.0);
        at + NEAR_BEFORE >= headline && at <= headline + NEAR_AFTER
    })
}

/// Whether a box around the element, but not around the headline, is named after other things.
fn is_about_another(node: Node<'_>, anchor: Anchor) -> bool {
    let holds_headline = |above: &Node<'_>| {
        anchor.headline.is_some_and(|headline| above.id() <= headline && headline < above.end())
    };
    let above = std::iter::once(node).chain(node.ancestors().take(12));
    above.take_while(|above| !holds_headline(above) && above.tag() != "body").any(|above| {
        FOREIGN_SIGNS.is_match(above.class()) || FOREIGN_SIGNS.is_match(above.html_id())
    })
}
