//! Measures the metadata of pages against the corpora: title, authors, date, by data set and by
//! half of the hosts.
//!
//! ```text
//! cargo run --release --example read_metadata -- [--peer FILE] [--show title|authors|date] [--set NAME] [--half a|b]
//! ```
//!
//! The corpora are found by `SANCTIONWATCH_CORPORA`, else at `../shared/corpora`. A peer's dates are
//! JSON lines `{"id", "date"}`, as `tools/peer_dates.py` writes them.

#![expect(clippy::print_stdout, reason = "an example prints its figures")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use flate2::read::GzDecoder;
use sanctionwatch::extract::metadata::{self, Metadata};
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;
use sanctionwatch::parse::page;
use serde_json::Value;

/// The data sets that have at least one of the three fields.
const SETS: [&str; 6] = ["fundus_tests", "wcxb_dev", "postlight", "traf_eval", "htmldate", "np4k"];

fn main() -> anyhow::Result<()> {
    let options = Options::read()?;
    let corpora = std::env::var_os("SANCTIONWATCH_CORPORA")
        .map_or_else(|| PathBuf::from("../shared/corpora"), PathBuf::from);
    let folder = corpora.join("extraction");
    if !folder.exists() {
        println!("no corpora at {}: nothing to measure", folder.display());
        return Ok(());
    }
    let peer = options.peer.as_deref().map(read_peer).transpose()?;
    let mut scores: BTreeMap<(String, &str), Score> = BTreeMap::new();
    let mut time = Time::default();
    for gold in read_gold(&folder)? {
        let half = half(&gold.url);
        let wanted = options.set.as_ref().is_none_or(|set| *set == gold.set)
            && options.half.as_ref().is_none_or(|wanted| wanted == half);
        if !wanted {
            continue;
        }
        let found = read_page(&folder, &gold, &mut time)?;
        let judged = Judged::of(&gold, &found);
        options.show(&gold, &found, &judged);
        for half in [half, "both"] {
            let score = scores.entry((gold.set.clone(), half)).or_default();
            score.count(&judged);
            if let (Some(peer), Some(date)) = (&peer, &gold.date) {
                let theirs = peer.get(&gold.id).and_then(Option::as_deref);
                score.peer.count(date_verdict(Some(date), theirs));
            }
        }
    }
    print_table(&scores, peer.is_some());
    println!("\n{time}");
    Ok(())
}

/// What the command line asks for.
#[derive(Default)]
struct Options {
    peer: Option<PathBuf>,
    show: Option<String>,
    set: Option<String>,
    half: Option<String>,
}

impl Options {
    fn read() -> anyhow::Result<Self> {
        let mut options = Self::default();
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("{name} wants a value"))?;
            match name.as_str() {
                "--peer" => options.peer = Some(value.into()),
                "--show" => options.show = Some(value),
                "--set" => options.set = Some(value),
                "--half" => options.half = Some(value),
                _ => anyhow::bail!("{name:?} is not an option: --peer, --show, --set, --half"),
            }
        }
        Ok(options)
    }

    /// Prints a page whose field was not read as the gold has it.
    fn show(&self, gold: &Gold, found: &Metadata, judged: &Judged) {
        let (wrong, want, have) = match self.show.as_deref() {
            Some("title") => {
                (judged.title == Some(false), format!("{:?}", gold.title), found.title.clone())
            }
            Some("authors") => (
                judged.authors == Some(false),
                format!("{:?}", gold.authors),
                format!("{:?}", found.byline),
            ),
            Some("date") => (
                matches!(judged.date, Verdict::Wrong | Verdict::Missed),
                format!("{:?}", gold.date),
                format!("{:?}", found.published.map(|stamp| stamp.to_string())),
            ),
            _ => return,
        };
        if wrong {
            println!("{}\n  {}\n  gold  {want}\n  found {have}", gold.id, gold.url);
            let field = match self.show.as_deref() {
                Some("title") => "title",
                Some("authors") => "byline",
                _ => "published",
            };
            for witness in found.witnesses.iter().filter(|witness| witness.field == field) {
                println!("  by    {} {:.2} {:?}", witness.place, witness.confidence, witness.value);
            }
        }
    }
}

struct Gold {
    id: String,
    url: String,
    set: String,
    title: Option<String>,
    authors: Option<Vec<String>>,
    date: Option<String>,
}

fn read_gold(folder: &Path) -> anyhow::Result<Vec<Gold>> {
    let text = fs::read_to_string(folder.join("gold.jsonl")).context("cannot read gold.jsonl")?;
    let mut golds = Vec::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).context("a line of gold.jsonl is no JSON")?;
        let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let names = value.get("authors").and_then(Value::as_array);
        let names =
            names.map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        let gold = Gold {
            id: field("id").context("a page without an id")?,
            url: field("url").unwrap_or_default(),
            set: field("dataset").unwrap_or_default(),
            title: field("title").filter(|title| !title.is_empty()),
            authors: names.filter(|names: &Vec<String>| !names.is_empty()),
            date: field("date").filter(|date| !date.is_empty()),
        };
        if SETS.contains(&gold.set.as_str()) {
            golds.push(gold);
        }
    }
    Ok(golds)
}

/// Where the time goes: decoding and parsing a page, and reading its metadata.
#[derive(Default)]
struct Time {
    pages: u32,
    parse: Duration,
    metadata: Duration,
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |time: Duration| 1000.0 * time.as_secs_f64() / f64::from(self.pages.max(1));
        let (parse, metadata) = (each(self.parse), each(self.metadata));
        write!(
            f,
            "{} pages: {parse:.2} ms to parse one, {metadata:.2} ms for its metadata",
            self.pages
        )
    }
}

fn read_page(folder: &Path, gold: &Gold, time: &mut Time) -> anyhow::Result<Metadata> {
    let path = folder.join("pages").join(format!("{}.html.gz", gold.id));
    let file = fs::File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut body = Vec::new();
    GzDecoder::new(file).read_to_end(&mut body)?;
    let fetched = Fetched {
        requested: gold.url.clone(),
        url: gold.url.clone(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some("text/html".to_owned()),
        validators: Validators::default(),
        body,
        at: chrono::DateTime::UNIX_EPOCH,
        served: None,
    };
    let started = Instant::now();
    let (page, _) = page::read(&fetched);
    let parsed = Instant::now();
    let found = metadata::read(&page, &Recipe::default());
    time.pages += 1;
    time.parse += parsed - started;
    time.metadata += parsed.elapsed();
    Ok(found)
}

/// Half a or b of the hosts, by a hash that stays the same: rules are made on a alone.
fn half(url: &str) -> &'static str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest).trim_start_matches("www.");
    let hash = host.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    if (hash >> 17) & 1 == 0 { "a" } else { "b" }
}

/// A page's three fields against the gold; none where the gold says nothing.
struct Judged {
    title: Option<bool>,
    authors: Option<bool>,
    date: Verdict,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Right,
    Wrong,
    Missed,
    /// The gold has no date, so nothing is counted.
    Open,
}

impl Judged {
    fn of(gold: &Gold, found: &Metadata) -> Self {
        let date = found.published.map(|stamp| stamp.day().to_string());
        Self {
            title: gold.title.as_ref().map(|title| plain(title) == plain(&found.title)),
            authors: gold.authors.as_ref().map(|names| people(names) == people(&found.byline)),
            date: date_verdict(gold.date.as_deref(), date.as_deref()),
        }
    }
}

fn date_verdict(gold: Option<&str>, found: Option<&str>) -> Verdict {
    match (gold, found) {
        (None, _) => Verdict::Open,
        (Some(_), None) => Verdict::Missed,
        (Some(gold), Some(found)) if gold.get(..10) == found.get(..10) => Verdict::Right,
        _ => Verdict::Wrong,
    }
}

/// A text for comparison: case, white space, quotes and dashes made one.
fn plain(text: &str) -> String {
    let one = |c: char| match c {
        '‘' | '’' | '‚' | '‛' | '`' | '´' | '′' => '\'',
        '“' | '”' | '„' | '«' | '»' | '″' => '"',
        '‐'..='―' | '−' => '-',
        c => c,
    };
    let unseen = |c: &char| !matches!(c, '\u{200B}'..='\u{200F}' | '\u{AD}' | '\u{FEFF}');
    let text: String = text.replace('…', "...").chars().filter(unseen).map(one).collect();
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names as a set: lists in one string are taken apart, degrees and empty parts left out.
fn people(names: &[String]) -> BTreeSet<String> {
    let joined = names.join(";").replace(" and ", ";").replace(" & ", ";").replace(',', ";");
    let parts = joined.split([';', '/', '|']).map(plain);
    let is_degree = |part: &str| part.len() <= 4 && !part.contains(' ') && part.is_ascii();
    parts
        .map(|part| part.trim_matches('.').to_owned())
        .filter(|part| !part.is_empty() && !is_degree(part))
        .collect()
}

#[derive(Default)]
struct Score {
    pages: usize,
    titles: Share,
    authors: Share,
    dates: Dates,
    peer: Dates,
}

#[derive(Default)]
struct Share {
    right: usize,
    all: usize,
}

#[derive(Default)]
struct Dates {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Score {
    fn count(&mut self, judged: &Judged) {
        self.pages += 1;
        self.titles.count(judged.title);
        self.authors.count(judged.authors);
        self.dates.count(judged.date);
    }
}

impl Share {
    fn count(&mut self, right: Option<bool>) {
        if let Some(right) = right {
            self.all += 1;
            self.right += usize::from(right);
        }
    }

    fn show(&self) -> String {
        if self.all == 0 {
            return "–".to_owned();
        }
        format!("{:.3} of {}", self.right as f64 / self.all as f64, self.all)
    }
}

impl Dates {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Right => self.right += 1,
            Verdict::Wrong => self.wrong += 1,
            Verdict::Missed => self.missed += 1,
            Verdict::Open => {}
        }
    }

    /// Precision, recall and F1, then the number of wrong dates.
    fn show(&self) -> String {
        let (right, wrong, missed) = (self.right as f64, self.wrong as f64, self.missed as f64);
        if right == 0.0 {
            return "–".to_owned();
        }
        let precision = right / (right + wrong);
        let recall = right / (right + wrong + missed);
        let f1 = 2.0 * precision * recall / (precision + recall);
        format!("{precision:.3} {recall:.3} {f1:.3} ({} wrong)", self.wrong)
    }
}

fn print_table(scores: &BTreeMap<(String, &str), Score>, with_peer: bool) {
    let peer = if with_peer { " peer's P R F1 |" } else { "" };
    println!("| set | half | pages | title | all authors | date P R F1 |{peer}");
    println!("|---|---|---:|---|---|---|{}", if with_peer { "---|" } else { "" });
    for ((set, half), score) in scores {
        let (titles, authors, dates) =
            (score.titles.show(), score.authors.show(), score.dates.show());
        print!("| {set} | {half} | {} | {titles} | {authors} | {dates} |", score.pages);
        println!("{}", if with_peer { format!(" {} |", score.peer.show()) } else { String::new() });
    }
}

fn read_peer(path: &Path) -> anyhow::Result<HashMap<String, Option<String>>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut dates = HashMap::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).context("a line of the peer's is no JSON")?;
        let id = value["id"].as_str().context("a peer's line without an id")?;
        dates.insert(id.to_owned(), value["date"].as_str().map(str::to_owned));
    }
    Ok(dates)
}
