//! One source file: what was written becomes what is meant.

use std::collections::BTreeSet;

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::model::extracted::Captions;
use crate::model::source::{
    Expectation, JsonPaths, Listing, ListingKind, Pattern, Recipe, Rendering, Schedule, Source,
    SourceId, SourceKind,
};
use crate::parse::address;
use crate::parse::selector::Selector;
use crate::rhythm;
use crate::sources::codes;
use crate::written::{self, Document, Mistake, Table, Written};

const KINDS: [(&str, SourceKind); 2] =
    [("news", SourceKind::News), ("government", SourceKind::Government)];

const RENDERINGS: [(&str, Rendering); 2] =
    [("plain", Rendering::Plain), ("browser", Rendering::Browser)];

/// The kinds of listing by the words a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Feed,
    Sitemap,
    Index,
    Json,
    Page,
}

const LISTING_KINDS: [(&str, Kind); 5] = [
    ("feed", Kind::Feed),
    ("sitemap", Kind::Sitemap),
    ("index", Kind::Index),
    ("json", Kind::Json),
    ("page", Kind::Page),
];

/// What a healthy visit yields where a file's `[expectation]` leaves a key out.
const USUAL: Expectation =
    Expectation { links_min: 1, links_max: 1000, words_min: 40, dated: true, silence_days: 14 };

/// Reads `text`, the source file of `id`; mistakes call it `name`.
pub(crate) fn read(id: SourceId, name: &str, text: &str) -> Result<Source, Vec<Mistake>> {
    let document = Document::new(name, text);
    let source = document.root().and_then(|root| source(id, root));
    let mistakes = document.into_mistakes();
    match source {
        Some(source) if mistakes.is_empty() => Ok(source),
        _ => Err(mistakes),
    }
}

/// None only where a mistake has been recorded.
fn source(id: SourceId, mut root: Table<'_>) -> Option<Source> {
    root.require("title", "the name a reader sees, such as title = \"OFAC recent actions\"");
    root.require("kind", "kind = \"news\" or kind = \"government\"");
    root.require("country", "the folder's name, such as country = \"us\"");
    root.require("language", "the articles' language, such as language = \"en\"");
    root.require("listing", "where new articles are announced, as a table [[listing]]");
    root.require("expectation", "what a healthy visit yields, as a table [expectation]");
    let title = root.text("title");
    let kind = root.choice("kind", &KINDS);
    let country = country(&id, &mut root);
    let language = language(&mut root);
    let listings = listings(&mut root);
    let render = root.choice("render", &RENDERINGS).map(|render| render.value).unwrap_or_default();
    let schedule = root.table("schedule").and_then(schedule);
    let recipe = root.table("recipe").map(recipe).unwrap_or_default();
    let expectation = root.table("expectation").map(expectation);
    root.close();
    Some(Source {
        id,
        title: title?.value,
        kind: kind?.value,
        country: country?,
        language: language?,
        listings,
        render,
        schedule,
        recipe,
        expectation: expectation?,
    })
}

fn country(id: &SourceId, root: &mut Table<'_>) -> Option<String> {
    let Written { value, place } = root.text("country")?;
    let folder = id.0.split('/').next().unwrap_or_default();
    if let Some(remedy) = codes::country_fault(&value) {
        root.mistake_at(&place, format!("country is {value:?}; {remedy}"));
    } else if value != folder {
        let text = format!(
            "country is {value:?} but the file lies in {folder}/; move the file or write {folder:?}"
        );
        root.mistake_at(&place, text);
    }
    Some(value)
}

fn language(root: &mut Table<'_>) -> Option<String> {
    let Written { value, place } = root.text("language")?;
    if let Some(remedy) = codes::language_fault(&value) {
        root.mistake_at(&place, format!("language is {value:?}; {remedy}"));
    }
    Some(value)
}

fn listings(root: &mut Table<'_>) -> Vec<Listing> {
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
        let kind = listing_kind(kind, &mut table);
        table.close();
        if let (Some(url), Some(kind)) = (url, kind) {
            listings.push(Listing { url: url.value, kind, include, exclude });
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

fn json_paths(mut table: Table<'_>) -> Option<JsonPaths> {
    table.require("link", "the path from an item to its address, such as link = \"html_url\"");
    let mut path = |key| table.text(key).map(|written| written.value);
    let items = path("items").unwrap_or_default();
    let link = path("link");
    let (title, published, summary) = (path("title"), path("published"), path("summary"));
    table.close();
    Some(JsonPaths { items, link: link?, title, published, summary })
}

fn schedule(mut table: Table<'_>) -> Option<Schedule> {
    table.require("cron", "when to look, such as cron = \"*/15 * * * *\"");
    let cron = table.text("cron");
    if let Some(Written { value, place }) = &cron
        && let Err(bad) = rhythm::check(value)
    {
        table.mistake_at(place, bad.to_string());
    }
    let zone = match table.text("zone") {
        Some(written) => zone(&written, &table),
        None => Some(Tz::UTC),
    };
    table.close();
    Some(Schedule { cron: cron?.value, zone: zone? })
}

fn zone(written: &Written<String>, table: &Table<'_>) -> Option<Tz> {
    let zone = written.value.parse().ok();
    if zone.is_none() {
        let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
        // "Berlin" alone, or "Germany/Berlin": the city decides.
        let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
        let same_city = || names().find(|name| city(name) == city(&written.value));
        let remedy = match written::nearest(&written.value, names()).or_else(same_city) {
            Some(name) => format!("did you mean {name:?}?"),
            None => "write a name of the IANA time zone list such as \"Europe/Berlin\"".to_owned(),
        };
        table.mistake_at(&written.place, format!("zone is {:?}; {remedy}", written.value));
    }
    zone
}

fn recipe(mut table: Table<'_>) -> Recipe {
    let mut part = |key| selector(key, &mut table).map(|written| written.value);
    let (title, date, byline, body) = (part("title"), part("date"), part("byline"), part("body"));
    let (drop, keep) = (selectors("drop", &mut table), selectors("keep", &mut table));
    let captions =
        if table.truth("captions") == Some(true) { Captions::Kept } else { Captions::Dropped };
    table.close();
    Recipe { title, date, byline, body, drop, keep, captions }
}

/// CSS selectors that compile.
fn selectors(key: &'static str, table: &mut Table<'_>) -> Vec<String> {
    let written = table.texts(key);
    written.iter().for_each(|written| check_selector(key, written, table));
    written.into_iter().map(|written| written.value).collect()
}

/// A CSS selector that compiles.
fn selector(key: &'static str, table: &mut Table<'_>) -> Option<Written<String>> {
    let written = table.text(key)?;
    check_selector(key, &written, table);
    Some(written)
}

fn check_selector(key: &str, written: &Written<String>, table: &Table<'_>) {
    if let Err(error) = Selector::parse(&written.value) {
        let text = format!("{key}: {error}; write one such as \"article h2 a\"");
        table.mistake_at(&written.place, text);
    }
}

fn expectation(mut table: Table<'_>) -> Expectation {
    let count = |table: &mut Table<'_>, key, usual: usize| {
        let written = table.whole(key, 0..=1_000_000);
        written.and_then(|number| usize::try_from(number).ok()).unwrap_or(usual)
    };
    let links_min = count(&mut table, "links_min", USUAL.links_min);
    let links_max = count(&mut table, "links_max", USUAL.links_max.max(links_min));
    let words_min = count(&mut table, "words_min", USUAL.words_min);
    let dated = table.truth("dated").unwrap_or(USUAL.dated);
    let silence = table.whole("silence_days", 1..=3650);
    let silence_days =
        silence.and_then(|days| u32::try_from(days).ok()).unwrap_or(USUAL.silence_days);
    if links_max < links_min {
        table.mistake(format!("links_min is {links_min} but links_max is {links_max}; swap them"));
    }
    table.close();
    Expectation { links_min, links_max, words_min, dated, silence_days }
}
