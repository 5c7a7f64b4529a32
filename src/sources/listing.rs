//! The listings of a source file: where articles are announced, and how each is read.

use std::collections::BTreeSet;

use crate::model::source::{JsonPaths, Listing, ListingKind, NextPage, Numbered, Paging, Pattern};
use crate::parse::address;
use crate::sources::file::{check_selector, selector};
use crate::written::{Place, Table, Written};

/// Documents of one listing that a visit reads at most, where the file says no less …
const PAGES_USUAL: usize = 5;
/// … and the most it may say.
const PAGES_MAX: u64 = 100;

/// The kinds of listing by the words a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Feed,
    Sitemap,
    Index,
    Json,
    Home,
    Page,
}

const LISTING_KINDS: [(&str, Kind); 6] = [
    ("feed", Kind::Feed),
    ("sitemap", Kind::Sitemap),
    ("index", Kind::Index),
    ("json", Kind::Json),
    ("home", Kind::Home),
    ("page", Kind::Page),
];

/// Every `[[listing]]` of a source file; mistakes are recorded in it.
pub(crate) fn listings(root: &mut Table<'_>) -> Vec<Listing> {
    let mut seen = BTreeSet::new();
    let mut listings = Vec::new();
    for mut table in root.tables("listing") {
        table.require("kind", "how it lists articles, such as kind = \"feed\"");
        table.require("url", "its address, such as url = \"https://example.org/feed.xml\"");
        let kind = table.choice("kind", &LISTING_KINDS).map(|kind| kind.value);
        let url = url(&mut table);
        if let Some(url) = &url
            && !seen.insert(url.value.clone())
        {
            let text = format!("url {:?} is listed twice; remove one [[listing]]", url.value);
            table.mistake_at(&url.place, text);
        }
        let include = patterns(&mut table, "include");
        let exclude = patterns(&mut table, "exclude");
        let paging = paging(kind, &mut table);
        let kind = listing_kind(kind, &mut table);
        table.close();
        if let (Some(url), Some(kind)) = (url, kind) {
            listings.push(Listing { url: url.value, kind, include, exclude, paging });
        }
    }
    listings
}

fn url(table: &mut Table<'_>) -> Option<Written<String>> {
    let written = table.text("url")?;
    let (scheme, rest) = written.value.split_once("://").unwrap_or_default();
    let fault = if rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@')) {
        // Not shown again: the message may end in a log.
        "url carries a user name or password; leave them out".to_owned()
    } else if address::is_web(&written.value) {
        return Some(written);
    } else if scheme.is_empty() || scheme.starts_with("http") {
        let remedy = "write the whole address, such as \"https://example.org/news\"";
        format!("url {:?} is no web address; {remedy}", written.value)
    } else {
        format!("url {:?} begins with {scheme}; only http and https are fetched", written.value)
    };
    table.mistake_at(&written.place, fault);
    None
}

fn patterns(table: &mut Table<'_>, key: &'static str) -> Vec<Pattern> {
    table.texts(key).into_iter().map(|written| Pattern(written.value)).collect()
}

/// The kind with what it needs; asks for every key any kind has, so that a key of another kind is
/// told apart from an unknown one.
fn listing_kind(kind: Option<Kind>, table: &mut Table<'_>) -> Option<ListingKind> {
    let selector = selector("selector", table);
    let paths = table.table("paths");
    if let Some(selector) = &selector
        && kind.is_some_and(|kind| kind != Kind::Index)
    {
        table.mistake_at(&selector.place, "selector is for kind = \"index\" alone; remove it");
    }
    if let Some(paths) = &paths
        && kind.is_some_and(|kind| kind != Kind::Json)
    {
        paths.mistake("paths is for kind = \"json\" alone; remove it");
    }
    let paths = paths.and_then(json_paths);
    match kind? {
        Kind::Feed => Some(ListingKind::Feed),
        Kind::Sitemap => Some(ListingKind::Sitemap),
        Kind::Home => Some(ListingKind::Home),
        Kind::Page => Some(ListingKind::Page),
        Kind::Index => {
            table.require("selector", "which links are articles, such as selector = \"h3 a\"");
            Some(ListingKind::Index { selector: selector?.value })
        }
        Kind::Json => {
            let remedy =
                "where things are, such as paths = { items = \"results\", link = \"html_url\" }";
            table.require("paths", remedy);
            Some(ListingKind::Json(paths?))
        }
    }
}

/// `next` and `pages`. What `next` is, its kind of listing and its braces tell.
fn paging(kind: Option<Kind>, table: &mut Table<'_>) -> Option<Paging> {
    let next = table.text("next");
    let most = table.whole("pages", 2..=PAGES_MAX);
    let Some(Written { value, place }) = next else {
        if most.is_some() {
            table.mistake(
                "pages says how far to go, but not where: write next = \"a.next\", or remove it",
            );
        }
        return None;
    };
    let next = match kind? {
        Kind::Index | Kind::Json | Kind::Feed if value.contains('{') => {
            NextPage::Numbered(numbered(&value, &place, table)?)
        }
        Kind::Index => {
            check_selector("next", &Written { value: value.clone(), place }, table);
            NextPage::Selector(value)
        }
        Kind::Json => NextPage::Path(value),
        Kind::Feed | Kind::Sitemap | Kind::Home | Kind::Page => {
            table.mistake_at(
                &place,
                "next is for kind = \"index\" and \"json\", or an address with {2} in it for a feed; \
                 remove it",
            );
            return None;
        }
    };
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGES_USUAL);
    Some(Paging { next, most })
}

/// `https://example.org/news?page={2}`, or `…?start={20+20}` where the number counts items.
fn numbered(value: &str, place: &Place, table: &Table<'_>) -> Option<Numbered> {
    let read = || {
        let (before, rest) = value.split_once('{')?;
        let (count, after) = rest.split_once('}')?;
        let (second, step) = count.split_once('+').unwrap_or((count, "1"));
        let second: u64 = second.parse().ok()?;
        let step: u64 = step.parse().ok().filter(|step| 0 < *step)?;
        let whole = address::is_web(before) && !after.contains(['{', '}']);
        let (before, after) = (before.to_owned(), after.to_owned());
        whole.then_some(Numbered { before, after, second, step })
    };
    let numbered = read();
    if numbered.is_none() {
        let text = format!(
            "next is {value:?}; write the whole address with the number of the second page in \
             braces, such as \"https://example.org/news?page={{2}}\", or {{20+20}} to count by twenty"
        );
        table.mistake_at(place, text);
    }
    numbered
}

fn json_paths(mut table: Table<'_>) -> Option<JsonPaths> {
    table.require("link", "the path from an item to its address, such as link = \"html_url\"");
    let mut path = |key| table.text(key).map(|written| written.value);
    let items = path("items").unwrap_or_default();
    let link = path("link");
    let (title, published, summary) = (path("title"), path("published"), path("summary"));
    table.close();
    Some(JsonPaths { items, link: link?, title, published, summary })
}
