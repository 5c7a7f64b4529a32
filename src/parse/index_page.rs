//! Links on an index page: those a CSS selector finds, with the headline and the date beside them.

use std::collections::HashMap;

use crate::model::stamp::Stamp;
use crate::parse::address::{key, resolve};
use crate::parse::date;
use crate::parse::dom::{Dom, Node, NodeId};
use crate::parse::entry::{ENTRIES_MAX, Entry};
use crate::parse::page::Page;
use crate::parse::plain_text;
use crate::parse::selector::Selector;

/// Parents of a link in which its date is looked for.
const CLIMB_MAX: usize = 4;

/// Nodes of a parent that are searched for a date.
const NEAR_MAX: u32 = 400;

/// The links that `selector` finds, in page order, each address once with its longest wording. An
/// element that is no link stands for the links within it. Links to the page itself are left out.
pub(crate) fn read(page: &Page, selector: &Selector) -> Vec<Entry> {
    let base = base_of(&page.dom, &page.url);
    let own = key(&page.url);
    let anchors = anchors(&page.dom, selector);
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, anchor) in anchors.iter().enumerate() {
        let Some(url) = anchor.attr("href").and_then(|href| resolve(&base, href)) else { continue };
        let Some(address) = key(&url).filter(|address| Some(address) != own.as_ref()) else {
            continue;
        };
        let title = title_of(*anchor);
        if let Some(at) = places.get(&address) {
            let known = &mut entries[*at];
            if known.title.len() < title.len() {
                known.title = title;
            }
            known.published = known.published.or_else(|| date_beside(&anchors, place));
        } else if entries.len() < ENTRIES_MAX {
            places.insert(address, entries.len());
            let published = date_beside(&anchors, place);
            entries.push(Entry { url: Some(url), title, published, summary: None }.cut());
        }
    }
    entries
}

/// The address of the first link that `selector` finds, on it or within it; none where it leads
/// back to the page itself.
pub(crate) fn next_page(page: &Page, selector: &Selector) -> Option<String> {
    let base = base_of(&page.dom, &page.url);
    let found = page.dom.select(selector).find_map(|node| {
        let within = || node.descendants().find_map(|inner| inner.attr("href"));
        resolve(&base, node.attr("href").or_else(within)?)
    });
    found.filter(|url| *url != page.url)
}

/// What a page calls itself, for messages.
pub(crate) fn title_of_page(page: &Page) -> String {
    let title = page.dom.elements("title").next().map(Node::raw_text).unwrap_or_default();
    plain_text::one_line(&title)
}

/// The address that relative references on a page start from.
pub(crate) fn base_of(dom: &Dom, url: &str) -> String {
    let declared = dom.elements("base").find_map(|base| base.attr("href"));
    declared.and_then(|href| resolve(url, href)).unwrap_or_else(|| url.to_owned())
}

/// The links selected, or within what is selected, in page order and each once.
fn anchors<'dom>(dom: &'dom Dom, selector: &'dom Selector) -> Vec<Node<'dom>> {
    let mut anchors: Vec<Node> = Vec::new();
    let mut seen_to = NodeId(0);
    for node in dom.select(selector) {
        if node.attr("href").is_some() {
            if seen_to <= node.id() {
                anchors.push(node);
            }
            continue;
        }
        // Selected elements may stand within each other; what is within the outer one is taken.
        let within = node.descendants().filter(|inner| seen_to <= inner.id());
        anchors.extend(within.filter(|inner| inner.tag() == "a" && inner.attr("href").is_some()));
        seen_to = seen_to.max(node.end());
    }
    anchors
}

/// The words of the link, else what describes it to those who cannot see it.
fn title_of(anchor: Node) -> String {
    let words = anchor.text();
    if !words.is_empty() {
        return words;
    }
    let image =
        anchor.descendants().find_map(|node| node.attr("alt").filter(|alt| !alt.is_empty()));
    let described = anchor.attr("aria-label").or_else(|| anchor.attr("title")).or(image);
    described.map(plain_text::one_line).unwrap_or_default()
}

/// The date in the smallest surroundings of a link that hold no other link: a `<time>`, else a
/// written date outside the link's own words, if it can be read in one way only.
fn date_beside(anchors: &[Node], place: usize) -> Option<Stamp> {
    let anchor = anchors[place];
    let previous = place.checked_sub(1).map(|at| anchors[at]);
    let next = anchors.get(place + 1);
    let is_own = |parent: &Node| {
        let same = |other: Node| other.attr("href") == anchor.attr("href");
        let within = |other: Node| parent.contains(other) && !same(other);
        !previous.is_some_and(within)
            && !next.is_some_and(|other| within(*other))
            && parent.end().0 - parent.id().0 <= NEAR_MAX
    };
    let surroundings = || anchor.ancestors().take(CLIMB_MAX).take_while(is_own);
    surroundings().find_map(time_within).or_else(|| {
        // The first alone: a look for another would be one at the whole page for every link.
        let language = anchor.dom().elements("html").next().and_then(|html| html.attr("lang"));
        surroundings().find_map(|parent| written_within(parent, anchor, language))
    })
}

fn time_within(parent: Node) -> Option<Stamp> {
    parent.descendants().filter(|node| node.tag() == "time").find_map(|time| {
        let stamp = time.attr("datetime").and_then(|text| date::parse(text.trim()));
        stamp.or_else(|| date::parse(&time.text()))
    })
}

fn written_within(parent: Node, anchor: Node, language: Option<&str>) -> Option<Stamp> {
    let beside = parent.descendants().filter(|node| *node != anchor && !anchor.contains(*node));
    let words: Vec<&str> = beside.filter_map(Node::characters).collect();
    let reading = date::written(&words.join("\n"), language)?.reading;
    (!reading.ambiguous).then(|| reading.stamp())
}
