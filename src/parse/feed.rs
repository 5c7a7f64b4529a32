//! RSS 0.9 to 2.0, Atom 0.3 and 1.0, and CDF: one reader for all, since feeds mix their vocabularies.
//!
//! The choices between an entry's several titles, links and dates follow what feedparser documents.

use crate::model::stamp::Stamp;
use crate::parse::address::resolve;
use crate::parse::date;
use crate::parse::entry::{ENTRIES_MAX, Entry};
use crate::parse::plain_text;
use crate::parse::xml::{Element, Event, Space, Xml};

/// An entry within an entry is a forgotten end tag.
pub(crate) const NEVER_NESTED: &[&str] = &["item", "entry"];

/// What a feed document holds.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    /// In the order of the document, at most [`ENTRIES_MAX`].
    pub entries: Vec<Entry>,
    /// The document announces more than were read.
    pub more: bool,
    /// Where it says that news of it are sent out (WebSub, `<link rel="hub">`).
    pub hub: Option<String>,
    /// What it calls its own address (`<link rel="self">`).
    pub own: Option<String>,
}

/// Reads all entries of a feed, wherever in the document they stand.
pub(crate) fn read(xml: &mut Xml) -> Feed {
    let mut feed = Feed::default();
    while let Some(event) = xml.next() {
        let Event::Open(element) = event else { continue };
        if element.is("link") {
            note_relation(xml, &element, &mut feed);
        } else if element.is("item") || element.is("entry") {
            if feed.entries.len() == ENTRIES_MAX {
                feed.more = true;
                break;
            }
            feed.entries.push(read_entry(xml, &element));
        }
    }
    feed
}

/// Keeps the first hub and the first own address that the feed as a whole names.
fn note_relation(xml: &Xml, link: &Element, feed: &mut Feed) {
    let kept = match link.attribute("rel").unwrap_or_default().to_ascii_lowercase().as_str() {
        "hub" => &mut feed.hub,
        "self" => &mut feed.own,
        _ => return,
    };
    if kept.is_none() {
        *kept = link.attribute("href").and_then(|href| resolve(xml.base(), href));
    }
}

/// How good a witness is for its field: the least wins, of equals the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(u8);

/// The best witness met so far for each field of an entry.
#[derive(Default)]
struct Draft {
    link: Option<(Rank, String)>,
    title: Option<(Rank, String)>,
    published: Option<(Rank, Stamp)>,
    summary: Option<(Rank, String)>,
}

fn read_entry(xml: &mut Xml, element: &Element) -> Entry {
    let mut draft = Draft::default();
    // RDF names an item by its address, CDF gives it as an attribute.
    for (name, rank) in [("href", Rank(3)), ("rdf:about", Rank(6))] {
        let address = element.attribute(name).and_then(|about| resolve(xml.base(), about));
        keep(&mut draft.link, rank, address);
    }
    let mut open = 1;
    while 0 < open {
        match xml.next() {
            // Media elements only bundle: what stands within them is the entry's.
            Some(Event::Open(child)) if is_bundle(&child) => open += 1,
            // A child is read up to its end, so no grandchild is taken for a child.
            Some(Event::Open(child)) => read_child(xml, &child, &mut draft),
            Some(Event::Text(_)) => {}
            Some(Event::Close) => open -= 1,
            None => break,
        }
    }
    Entry {
        url: draft.link.map(|(_, url)| url),
        title: draft.title.map(|(_, title)| title).unwrap_or_default(),
        published: draft.published.map(|(_, stamp)| stamp),
        summary: draft.summary.map(|(_, summary)| summary),
    }
    .cut()
}

fn is_bundle(child: &Element) -> bool {
    child.space == Space::Media && matches!(child.local.as_str(), "group" | "content")
}

fn read_child(xml: &mut Xml, child: &Element, draft: &mut Draft) {
    if let Some(rank) = title_rank(child) {
        let title = Some(plain(xml, child)).filter(|title| !title.is_empty());
        keep(&mut draft.title, rank, title);
    } else if let Some(rank) = date_rank(child) {
        let stamp = date::parse(xml.text().trim()).map(|stamp| (rank, stamp));
        // Of equal dates the last stands: an entry that says it twice has corrected itself.
        if draft.published.is_none_or(|(best, _)| rank <= best) {
            draft.published = stamp.or(draft.published);
        }
    } else if let Some(rank) = summary_rank(child) {
        let summary = Some(plain(xml, child)).filter(|summary| !summary.is_empty());
        keep(&mut draft.summary, rank, summary);
    } else {
        read_link(xml, child, draft);
    }
}

fn keep<Value>(kept: &mut Option<(Rank, Value)>, rank: Rank, value: Option<Value>) {
    if let Some(value) = value
        && kept.as_ref().is_none_or(|(best, _)| rank < *best)
    {
        *kept = Some((rank, value));
    }
}

fn title_rank(child: &Element) -> Option<Rank> {
    match (child.space, child.local.as_str()) {
        (Space::Core, "title") => Some(Rank(0)),
        (Space::DublinCore, "title") => Some(Rank(1)),
        (Space::Media, "title") => Some(Rank(2)),
        (Space::Itunes, "title") => Some(Rank(3)),
        _ => None,
    }
}

/// First what says "published", then "created", then what leaves it open, last what says "changed".
fn date_rank(child: &Element) -> Option<Rank> {
    match (child.space, child.local.as_str()) {
        (Space::Core, "published" | "pubdate" | "issued") => Some(Rank(0)),
        (Space::DublinCore, "issued" | "available") => Some(Rank(1)),
        (Space::Core | Space::DublinCore, "created") => Some(Rank(2)),
        (Space::DublinCore, "date") => Some(Rank(3)),
        (Space::Core, "updated" | "modified" | "lastmod") => Some(Rank(4)),
        (Space::DublinCore, "modified") => Some(Rank(5)),
        _ => None,
    }
}

fn summary_rank(child: &Element) -> Option<Rank> {
    match (child.space, child.local.as_str()) {
        (Space::Core, "description" | "summary" | "abstract") => Some(Rank(0)),
        (Space::DublinCore, "description" | "abstract") => Some(Rank(1)),
        (Space::Content, "encoded") | (Space::Core, "content" | "body") => Some(Rank(2)),
        (Space::Media, "description") => Some(Rank(3)),
        (Space::Itunes, "summary") => Some(Rank(4)),
        _ => None,
    }
}

fn read_link(xml: &mut Xml, child: &Element, draft: &mut Draft) {
    let base = xml.base().to_owned();
    let at_base = |reference: &str| {
        let reference = reference.trim();
        if reference.is_empty() { None } else { resolve(&base, reference) }
    };
    match (child.space, child.local.as_str()) {
        // The article's own address, where the link counts clicks.
        (Space::FeedBurner, "origlink") => keep(&mut draft.link, Rank(0), at_base(&xml.text())),
        (Space::Core, "link") => match child.attribute("href") {
            Some(href) => {
                let address = at_base(href);
                xml.skip();
                if let Some(rank) = atom_link_rank(child) {
                    keep(&mut draft.link, rank, address);
                }
            }
            None => {
                let address = at_base(&xml.text());
                if let Some(rank) = atom_link_rank(child) {
                    keep(&mut draft.link, rank, address);
                }
            }
        },
        (Space::Core, "guid") => {
            let is_permalink = child
                .attribute("ispermalink")
                .is_none_or(|value| !value.eq_ignore_ascii_case("false"));
            let text = xml.text();
            let rank = if is_permalink { Rank(4) } else { Rank(8) };
            keep(&mut draft.link, rank, web_address(&text));
        }
        (Space::Core, "id") => {
            let text = xml.text();
            keep(&mut draft.link, Rank(7), web_address(&text));
        }
        _ => xml.skip(),
    }
}

/// An identifier that is a whole web address. A relative one is only an identifier.
fn web_address(text: &str) -> Option<String> {
    resolve("", text)
}

/// `alternate` is the article; a page before a file of another type. Other relations lead elsewhere.
fn atom_link_rank(link: &Element) -> Option<Rank> {
    let relation = link.attribute("rel").unwrap_or("alternate").to_ascii_lowercase();
    let is_page = link.attribute("type").is_none_or(|kind| kind.contains("html"));
    match relation.as_str() {
        "" | "alternate" | "http://www.iana.org/assignments/relation/alternate" => {
            Some(if is_page { Rank(1) } else { Rank(2) })
        }
        _ => None,
    }
}

/// The content of a text element as plain text, by the type it declares.
fn plain(xml: &mut Xml, element: &Element) -> String {
    let text = xml.text();
    let kind = element.attribute("type").unwrap_or_default();
    if element.attribute("mode") == Some("base64") || kind == "application/octet-stream" {
        return decode_base64(&text).map(|html| plain_text::from_html(&html)).unwrap_or_default();
    }
    match kind {
        kind if kind.contains("xhtml") => plain_text::one_line(&text),
        kind if kind.contains("html") => plain_text::from_html(&text),
        _ => plain_text::from_either(&text),
    }
}

/// Base64 (RFC 4648), as Atom 0.3 allows for texts; white space and padding are passed over.
fn decode_base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if 8 <= held {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}
