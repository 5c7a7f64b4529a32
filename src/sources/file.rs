//! One source file: what was written becomes what is meant.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::model::extracted::Captions;
use crate::model::rhythm::Gaps;
use crate::model::source::{
    CredentialForm, Credentials, Cron, Expectation, Listing, Recipe, Rendering, Schedule, Source,
    SourceId, SourceKind, Topic,
};
use crate::parse::selector::Selector;
use crate::rhythm;
use crate::sources::codes;
use crate::sources::listing::listings;
use crate::written::{self, Document, Mistake, Table, Written};

const KINDS: [(&str, SourceKind); 2] =
    [("news", SourceKind::News), ("government", SourceKind::Government)];

const RENDERINGS: [(&str, Rendering); 2] =
    [("plain", Rendering::Plain), ("browser", Rendering::Browser)];

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
    let topics = topics(&mut root);
    let credentials = root.table("credentials").and_then(|table| credentials(table, &listings));
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
        topics,
        credentials,
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

fn topics(root: &mut Table<'_>) -> Vec<Topic> {
    let written = root.texts("topics");
    let named = |written: &Written<String>| {
        let topic = Topic::ALL.into_iter().find(|topic| topic.name() == written.value);
        if topic.is_none() {
            let remedy = written::meant(&written.value, &Topic::ALL.map(Topic::name));
            let text = format!("topics has {:?}; {remedy}", written.value);
            root.mistake_at(&written.place, text);
        }
        topic
    };
    written.iter().filter_map(named).collect()
}

/// Headers that belong to the exchange itself.
const OWN_HEADERS: [&str; 5] =
    ["host", "connection", "content-length", "transfer-encoding", "accept-encoding"];

fn credentials(mut table: Table<'_>, listings: &[Listing]) -> Option<Credentials> {
    table.require(
        "file",
        "the name of a file in the folder of credentials, such as file = \"desk\"",
    );
    let file = table.text("file");
    if let Some(file) = &file
        && (file.value.starts_with('.') || file.value.contains(['/', '\\', '\0']))
    {
        let text = format!(
            "file is {:?}; write the name alone: it is looked for in the folder of credentials",
            file.value
        );
        table.mistake_at(&file.place, text);
    }
    let (header, user) = (table.text("header"), table.text("user"));
    if let Some(header) = &header {
        check_header(header, &table);
    }
    let form = match (header, user) {
        (Some(header), None) => Some(CredentialForm::Header(header.value)),
        (None, Some(user)) if user.value.contains(':') => {
            table.mistake_at(&user.place, "user holds a colon, which no server can tell apart");
            None
        }
        (None, Some(user)) => Some(CredentialForm::Basic { user: user.value }),
        _ => {
            table.mistake(
                "[credentials] needs either header = \"Authorization\" (the file holds its value) \
                 or user = \"…\" (the file holds the password)",
            );
            None
        }
    };
    if let Some(listing) = listings.iter().find(|listing| !listing.url.starts_with("https:")) {
        let text = format!(
            "[credentials] would travel readable for everybody to {}; give its address with https",
            listing.url
        );
        table.mistake(text);
    }
    table.close();
    Some(Credentials { file: file?.value, form: form? })
}

fn check_header(header: &Written<String>, table: &Table<'_>) {
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = header.value.to_ascii_lowercase();
    if !name.chars().all(is_token) || OWN_HEADERS.contains(&name.as_str()) {
        let text = format!(
            "header is {:?}, which cannot carry a secret; write one such as \"Authorization\"",
            header.value
        );
        table.mistake_at(&header.place, text);
    }
}

/// Either a cron expression with its zone, or bounds for the source's own rhythm.
fn schedule(mut table: Table<'_>) -> Option<Schedule> {
    let shortest = gap("shortest", &mut table);
    let longest = gap("longest", &mut table);
    if shortest.is_none() && longest.is_none() {
        table.require("cron", "when to look, such as cron = \"*/15 * * * *\"");
    }
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
    if cron.is_some() && (shortest.is_some() || longest.is_some()) {
        table.mistake("shortest and longest bound looks that follow the source's rhythm; remove cron, or remove them");
    }
    let schedule = match (cron, shortest, longest) {
        (Some(cron), ..) => Some(Schedule::Cron(Cron { cron: cron.value, zone: zone? })),
        (None, None, None) => None,
        (None, shortest, longest) => gaps(shortest, longest, &table).map(Schedule::Adaptive),
    };
    table.close();
    schedule
}

/// A gap between two looks, from a minute to a month.
fn gap(key: &'static str, table: &mut Table<'_>) -> Option<TimeDelta> {
    let Written { value, place } = table.duration(key)?;
    let gap = TimeDelta::from_std(value).unwrap_or(TimeDelta::MAX);
    if gap < TimeDelta::minutes(1) || TimeDelta::days(31) < gap {
        let text = format!("{key} is {value:?}; write a time from \"1m\" to \"31d\"");
        table.mistake_at(&place, text);
        return None;
    }
    Some(gap)
}

fn gaps(
    shortest: Option<TimeDelta>,
    longest: Option<TimeDelta>,
    table: &Table<'_>,
) -> Option<Gaps> {
    let usual = Gaps::default();
    // Where only one is given, the other gives way.
    let shortest_meant = shortest.unwrap_or(usual.shortest.min(longest.unwrap_or(usual.longest)));
    let longest_meant = longest.unwrap_or(usual.longest.max(shortest_meant));
    if longest_meant < shortest_meant {
        table.mistake("shortest is longer than longest; swap them");
        return None;
    }
    Some(Gaps { shortest: shortest_meant, longest: longest_meant })
}

fn zone(written: &Written<String>, table: &Table<'_>) -> Option<Tz> {
    let zone = written::zone(&written.value);
    if let Err(remedy) = &zone {
        table.mistake_at(&written.place, format!("zone is {:?}; {remedy}", written.value));
    }
    zone.ok()
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
pub(crate) fn selector(key: &'static str, table: &mut Table<'_>) -> Option<Written<String>> {
    let written = table.text(key)?;
    check_selector(key, &written, table);
    Some(written)
}

pub(crate) fn check_selector(key: &str, written: &Written<String>, table: &Table<'_>) {
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
