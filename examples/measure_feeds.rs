//! Reads feedparser's feed fixtures and compares entries with the expectation each file states in
//! the comment at its head: `cargo run --release --example measure_feeds`.
//!
//! The corpus is found by `SANCTIONWATCH_CORPORA`, else at `../shared/corpora`. Only what a listing
//! passes on is compared: an entry's link, title, date and summary, titles and summaries as plain
//! text. Every fixture is read, whatever it expects; a panic ends the run.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use chrono::{DateTime, NaiveDate};
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::{Link, Listing, ListingKind};
use sanctionwatch::parse::listing;

/// Where feedparser's own tests serve the fixtures.
const SERVER: &str = "http://127.0.0.1:8097";

fn main() {
    let corpora = env::var_os("SANCTIONWATCH_CORPORA").map(PathBuf::from);
    let feeds = corpora.unwrap_or_else(|| PathBuf::from("../shared/corpora")).join("feeds");
    if !feeds.is_dir() {
        println!("skipped: {} is not there; set SANCTIONWATCH_CORPORA", feeds.display());
        return;
    }
    let mut paths = Vec::new();
    collect(&feeds, &mut paths);
    paths.sort();
    let mut tally = Tally::default();
    for path in &paths {
        measure(&feeds, path, &mut tally);
    }
    println!("{} fixtures read without a panic", paths.len());
    tally.print();
}

/// Right and all, by group and field.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, Count>,
    wrong: Vec<String>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    right: usize,
    all: usize,
}

impl Tally {
    fn add(&mut self, group: String, right: bool) {
        let count = self.counts.entry(group).or_default();
        count.right += usize::from(right);
        count.all += 1;
    }

    fn print(&self) {
        for (group, count) in &self.counts {
            let share = 100.0 * count.right as f64 / count.all as f64;
            println!("{group:<44} {:>4} of {:>4}  {share:5.1} %", count.right, count.all);
        }
        println!("\nwrong:\n{}", self.wrong.join("\n"));
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the corpus can be listed") {
        let path = entry.expect("the corpus can be listed").path();
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

fn measure(feeds: &Path, path: &Path, tally: &mut Tally) {
    let bytes = fs::read(path).expect("a fixture can be read");
    let name = path.strip_prefix(feeds).expect("found below").display().to_string();
    // UTF-16 fixtures have their comments in UTF-16 too.
    let ascii: String = bytes.iter().filter(|b| **b != 0).map(|b| char::from(*b)).collect();
    let fetched = Fetched {
        requested: String::new(),
        url: format!("{SERVER}/tests/{name}"),
        redirects: Vec::new(),
        status: 200,
        content_type: header(&ascii, "content-type"),
        validators: Validators::default(),
        body: bytes,
        at: DateTime::UNIX_EPOCH,
        served: None,
    };
    let listing = Listing::new(fetched.url.clone(), ListingKind::Feed);
    let listed = listing::links(&listing, &fetched);
    let links: Vec<Link> = match &listed {
        Ok(listed) => listed.links.iter().chain(&listed.unaddressed).cloned().collect(),
        Err(_) => Vec::new(),
    };
    let Some(expectation) = field(&ascii, "Expect:") else { return };
    let checks: Vec<Check> = expectation.split(" and ").filter_map(Check::read).collect();
    if checks.is_empty() {
        return;
    }
    // `entities` and `encoding` mix documents that are XML with others that are not.
    let shape = name.split('/').next().unwrap_or_default();
    let kind = name.rsplit_once('/').map_or("", |(kind, _)| kind);
    let mut all_right = true;
    let mut announces = false;
    for check in &checks {
        let fault = check.fault(&links);
        tally.add(format!("{shape}, {}", check.what.name()), fault.is_none());
        if let Some(fault) = &fault {
            let error = listed.as_ref().err().map(|e| format!(" ({e})")).unwrap_or_default();
            tally.wrong.push(format!("  {name}: {fault}{error}"));
        }
        if check.what != What::Summary {
            announces = true;
            all_right &= fault.is_none();
        }
    }
    if announces {
        tally.add(format!("{shape}: link, title, date"), all_right);
        tally.add(format!("{shape}: link, title, date in {kind}"), all_right);
    }
}

/// The rest of the line after a label in the head comment.
fn field<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let rest = &text[text.find(label)? + label.len()..];
    Some(rest.lines().next().unwrap_or_default().trim())
}

fn header(text: &str, name: &str) -> Option<String> {
    text.lines().take(12).find_map(|line| {
        let header = line.trim().strip_prefix("Header:")?;
        let (key, value) = header.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// The parts of an entry that a link carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Link,
    Title,
    Date,
    Summary,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            What::Link => "link",
            What::Title => "title",
            What::Date => "date",
            What::Summary => "summary",
        }
    }
}

/// One comparison of an expectation, such as `entries[0]['title'] == 'x'`.
struct Check {
    entries: Vec<usize>,
    what: What,
    expected: Literal,
}

/// A Python literal.
enum Literal {
    Text(String),
    Time(Vec<i64>),
}

/// What feedparser calls the parts of an entry.
const NAMES: &[(&str, What)] = &[
    ("['link']", What::Link),
    (".link", What::Link),
    ("['title']", What::Title),
    ("['title_detail']['value']", What::Title),
    ("['published']", What::Date),
    ("['published_parsed']", What::Date),
    ("['created']", What::Date),
    ("['created_parsed']", What::Date),
    ("['updated']", What::Date),
    ("['updated_parsed']", What::Date),
    ("['description']", What::Summary),
    ("['summary']", What::Summary),
    (".summary", What::Summary),
];

impl Check {
    fn read(text: &str) -> Option<Check> {
        let mut entries = Vec::new();
        let mut sides: Vec<&str> = text.split(" == ").map(str::trim).collect();
        let expected = Literal::read(sides.pop()?)?;
        let mut what = None;
        for side in sides {
            let (index, rest) =
                side.trim_start_matches('(').strip_prefix("entries[")?.split_once(']')?;
            entries.push(index.parse().ok()?);
            what = NAMES.iter().find(|(name, _)| *name == rest).map(|(_, what)| *what);
            what?;
        }
        Some(Check { entries, what: what?, expected })
    }

    /// What is wrong, if anything is.
    fn fault(&self, links: &[Link]) -> Option<String> {
        for index in &self.entries {
            let Some(link) = links.get(*index) else {
                if self.is_left_out_rightly(links) {
                    continue;
                }
                return Some(format!("no entry {index} of {}", links.len()));
            };
            let (found, expected) = match (&self.expected, self.what) {
                (Literal::Text(text), What::Link) => (link.url.clone(), text.clone()),
                (Literal::Text(text), What::Title) => (link.title.clone(), plain(text)),
                (Literal::Text(text), What::Summary) => {
                    (link.summary.clone().unwrap_or_default(), plain(text))
                }
                (expected, _) => (
                    link.published.map(|stamp| stamp.instant().to_rfc3339()).unwrap_or_default(),
                    expected.instant().unwrap_or_default(),
                ),
            };
            if found != expected {
                return Some(format!("{} is {found:?}, not {expected:?}", self.what.name()));
            }
        }
        None
    }
}

impl Check {
    /// A listing leaves out an entry of which nothing is left, and one whose address it has given
    /// already.
    fn is_left_out_rightly(&self, links: &[Link]) -> bool {
        match (&self.expected, self.what) {
            (Literal::Text(text), What::Link) => links.iter().any(|link| link.url == *text),
            (Literal::Text(text), _) => plain(text).is_empty(),
            (Literal::Time(_), _) => false,
        }
    }
}

impl Literal {
    fn read(text: &str) -> Option<Literal> {
        let text = text.trim().trim_end_matches(';');
        if let Some(tuple) = text.strip_prefix('(') {
            let numbers = tuple.trim_end_matches(')').split(',').map(|n| n.trim().parse());
            return numbers.collect::<Result<_, _>>().ok().map(Literal::Time);
        }
        python_text(text).map(Literal::Text)
    }

    fn instant(&self) -> Option<String> {
        match self {
            Literal::Text(text) => {
                let moment = DateTime::parse_from_rfc3339(text)
                    .or_else(|_| DateTime::parse_from_rfc2822(text))
                    .ok()?;
                Some(moment.to_utc().to_rfc3339())
            }
            Literal::Time(parts) => {
                let part = |at: usize| u32::try_from(*parts.get(at)?).ok();
                let year = i32::try_from(*parts.first()?).ok()?;
                let day = NaiveDate::from_ymd_opt(year, part(1)?, part(2)?)?;
                let moment = day.and_hms_opt(part(3)?, part(4)?, part(5)?)?;
                Some(moment.and_utc().to_rfc3339())
            }
        }
    }
}

/// The value of Python string literals joined by `+`.
fn python_text(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = text.trim();
    loop {
        rest = rest.strip_prefix('u').unwrap_or(rest);
        let triple = "'''";
        if let Some(inside) = rest.strip_prefix(triple).and_then(|r| r.strip_suffix(triple)) {
            return Some(value + inside);
        }
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let mut characters = rest[1..].char_indices();
        let end = loop {
            match characters.next()? {
                (at, c) if c == quote => break at,
                (_, '\\') => value.push(escape(&mut characters)?),
                (_, c) => value.push(c),
            }
        };
        rest = rest[1 + end + 1..].trim_start();
        match rest.strip_prefix('+') {
            Some(more) => rest = more.trim_start(),
            None => return Some(value),
        }
    }
}

fn escape(characters: &mut std::str::CharIndices) -> Option<char> {
    let (_, kind) = characters.next()?;
    let digits = match kind {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return Some(other),
    };
    let hex: String = characters.by_ref().take(digits).map(|(_, c)| c).collect();
    char::from_u32(u32::from_str_radix(&hex, 16).ok()?)
}

/// HTML as plain text on one line; for the expectations, which keep safe markup.
fn plain(html: &str) -> String {
    let fragment = scraper::Html::parse_fragment(html);
    let mut text = String::new();
    for node in fragment.tree.root().descendants() {
        match node.value() {
            scraper::Node::Text(more) => text.push_str(more),
            scraper::Node::Element(element) if !INLINE.contains(&element.name()) => text.push(' '),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Elements in the expectations that part no words.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "cite", "code", "em", "font", "i", "span", "strong", "sub", "sup",
    "tt", "u",
];
