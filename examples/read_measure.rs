//! Measures the reader on pages with known text: F1, precision and recall by data set, kind and
//! language group, beside peers whose outputs are given, with a paired bootstrap.
//!
//! ```text
//! cargo run --release --example read_measure -- CORPORA/extraction [--peer NAME=FILE]… [--worst N] [--dump FILE] [--ours FILE]
//!     [--site-memory] [--bare] [--stages] [--curve] [--without-soft-hyphens]
//! ```
//!
//! `--ours` scores texts dumped before, say by the trainer for pages of hosts it had not seen;
//! `--site-memory` lets the reader learn what sites repeat from the other pages of the corpus, and
//! shows the sets without and with it, and how much of what is falsely in stands on other pages of
//! the host at all; `--bare` times a bare parse by `scraper` of
//! every page, `--stages` the steps of reading, `--curve` made pages of 1 to 20 MB.
//! `--without-soft-hyphens` takes these out of the known texts and of what everybody read alike: a reader
//! of the page does not see them, and the known text of one page has them in every longer word.
//!
//! A peer's file has one JSON line a page: {"id", "text", "seconds"?}.
#![expect(clippy::print_stdout, reason = "a measure prints its figures")]

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, bail};
use chrono::DateTime;
use rustix::time::{ClockId, clock_gettime};
use sanctionwatch::clean::{self, sites::Sites};
use sanctionwatch::extract;
use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::SiteMemory;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;
use sanctionwatch::parse::page;
use sanctionwatch::text::fold::{fold, numberless_hash};
use sanctionwatch::text::overlap::{overlap, run_hash, runs, token_hashes};
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let wanted = arguments()?;
    let mut pages = load(&wanted.folder)?;
    let mut sites = Sites::default();
    let texts = match &wanted.ours {
        Some(file) => load_peer(file)?,
        None => read_all(&wanted.folder, &pages, &Sites::default(), &mut sites)?,
    };
    let mut peers = vec![("sanctionwatch".to_owned(), texts)];
    if wanted.site_memory {
        print_repeats(&pages, &peers[0].1, &sites);
        let texts = read_all(&wanted.folder, &pages, &sites, &mut Sites::default())?;
        peers.push(("with site memory".to_owned(), texts));
    }
    if wanted.curve {
        draw_curve(&pages[0]);
    }
    if wanted.stages {
        time_stages(&wanted.folder, &pages)?;
    }
    if wanted.bare {
        time_bare_parse(&wanted.folder, &pages)?;
    }
    if let Some(file) = &wanted.dump {
        dump(file, &pages, &peers[0].1)?;
    }
    for (name, file) in &wanted.peers {
        peers.push((name.clone(), load_peer(file)?));
    }
    if wanted.without_soft_hyphens {
        let known = pages.iter_mut().filter_map(|page| page.text.as_mut());
        let read = peers.iter_mut().flat_map(|(_, texts)| texts.values_mut());
        known.chain(read.map(|reading| &mut reading.text)).for_each(|text| {
            text.retain(|c| c != '\u{AD}');
        });
    }
    let scores: Vec<Vec<Option<Score>>> = peers
        .iter()
        .map(|(_, texts)| pages.iter().map(|page| score(page, texts.get(&page.id)?)).collect())
        .collect();
    print_table(&pages, &peers, &scores);
    for (index, (name, _)) in peers.iter().enumerate().skip(1) {
        print_bootstrap(name, &pages, &scores[0], &scores[index]);
    }
    print_worst(&pages, &scores[0], wanted.worst);
    Ok(())
}

struct Wanted {
    folder: PathBuf,
    peers: Vec<(String, PathBuf)>,
    worst: usize,
    dump: Option<PathBuf>,
    ours: Option<PathBuf>,
    site_memory: bool,
    bare: bool,
    stages: bool,
    curve: bool,
    without_soft_hyphens: bool,
}

fn arguments() -> anyhow::Result<Wanted> {
    let mut wanted = Wanted {
        folder: PathBuf::new(),
        peers: Vec::new(),
        worst: 0,
        dump: None,
        ours: None,
        site_memory: false,
        bare: false,
        stages: false,
        curve: false,
        without_soft_hyphens: false,
    };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} wants a value"));
        match argument.as_str() {
            "--peer" => {
                let peer = value()?;
                let (name, file) = peer.split_once('=').context("--peer wants NAME=FILE")?;
                wanted.peers.push((name.to_owned(), PathBuf::from(file)));
            }
            "--worst" => wanted.worst = value()?.parse()?,
            "--site-memory" => wanted.site_memory = true,
            "--curve" => wanted.curve = true,
            "--without-soft-hyphens" => wanted.without_soft_hyphens = true,
            "--stages" => wanted.stages = true,
            "--bare" => wanted.bare = true,
            "--ours" => wanted.ours = Some(PathBuf::from(value()?)),
            "--dump" => wanted.dump = Some(PathBuf::from(value()?)),
            folder => wanted.folder = PathBuf::from(folder),
        }
    }
    if wanted.folder.as_os_str().is_empty() {
        let corpora = env::var("SANCTIONWATCH_CORPORA").unwrap_or("../shared/corpora".to_owned());
        wanted.folder = Path::new(&corpora).join("extraction");
    }
    Ok(wanted)
}

/// One page with what is known of it.
struct Page {
    id: String,
    url: String,
    dataset: String,
    government: bool,
    /// The benchmark's tag of a language or country, or empty.
    language: String,
    text: Option<String>,
    with: Vec<String>,
    without: Vec<String>,
}

fn load(folder: &Path) -> anyhow::Result<Vec<Page>> {
    let gold = folder.join("gold.jsonl");
    let lines = fs::read_to_string(&gold).with_context(|| format!("no {}", gold.display()))?;
    let strings = |value: &Value| -> Vec<String> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let mut pages = Vec::new();
    for line in lines.lines() {
        let gold: Value = serde_json::from_str(line)?;
        let field = |name: &str| gold[name].as_str().unwrap_or_default().to_owned();
        let page = Page {
            id: field("id"),
            url: field("url"),
            dataset: field("dataset"),
            government: gold["gov"].as_bool().unwrap_or(false),
            language: field("lang"),
            text: gold["text"].as_str().map(str::to_owned),
            with: strings(&gold["with"]),
            without: strings(&gold["without"]),
        };
        if page.text.is_some() || !page.with.is_empty() {
            pages.push(page);
        }
    }
    if pages.is_empty() {
        bail!("{} has no page with a known text", gold.display());
    }
    Ok(pages)
}

type Texts = HashMap<String, Reading>;

/// What a reader made of a page.
struct Reading {
    text: String,
    /// The blocks of the text; none for peers.
    blocks: Vec<String>,
    seconds: Option<f64>,
}

fn read_all(
    folder: &Path,
    pages: &[Page],
    known: &Sites,
    learnt: &mut Sites,
) -> anyhow::Result<Texts> {
    let mut texts = HashMap::new();
    for page in pages {
        let fetched = fetched(page, body(folder, page)?);
        let memory = known.memory(&page.url);
        let start = busy();
        let (article, _) = read(&fetched, &Recipe::default(), &memory);
        let seconds = Some(busy() - start);
        if let Some(article) = &article {
            learnt.learn(&page.url, article);
        }
        let text = article.as_ref().map(|article| article.text()).unwrap_or_default();
        let blocks = article.into_iter().flat_map(|article| article.blocks);
        let blocks = blocks.map(|block| block.text).collect();
        texts.insert(page.id.clone(), Reading { text, blocks, seconds });
    }
    Ok(texts)
}

fn body(folder: &Path, page: &Page) -> anyhow::Result<Vec<u8>> {
    let file = folder.join("pages").join(format!("{}.html.gz", page.id));
    let mut body = Vec::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(file)?).read_to_end(&mut body)?;
    Ok(body)
}

/// What a memory could take at most: of the runs of words that are in and not in the known text,
/// those in blocks that other pages of the host bear as well.
#[derive(Default)]
struct Repeats {
    /// Pages whose host has others.
    pages: u32,
    runs: usize,
    /// Runs that are not in the known text; of them in blocks of one other page, of two.
    false_runs: usize,
    on_one: usize,
    on_two: usize,
    /// Runs of the known text in blocks of one other page: what taking all such blocks would cost.
    true_on_one: usize,
}

fn print_repeats(pages: &[Page], texts: &Texts, sites: &Sites) {
    const RUN: usize = 4;
    let mut table: BTreeMap<&str, Repeats> = BTreeMap::new();
    for page in pages {
        let (Some(truth), Some(reading)) = (&page.text, texts.get(&page.id)) else { continue };
        let memory = sites.memory(&page.url);
        if memory.on_host.is_empty() {
            continue;
        }
        let truth = runs(truth);
        let row = table.entry(&page.dataset).or_default();
        row.pages += 1;
        for block in &reading.blocks {
            let seen = memory.on_host.get(&numberless_hash(&fold(block))).copied().unwrap_or(0);
            let tokens = token_hashes(block);
            let all = tokens.windows(RUN).count();
            let known =
                tokens.windows(RUN).filter(|run| truth.contains_key(&run_hash(run))).count();
            row.runs += all;
            row.false_runs += all - known;
            row.on_one += if seen >= 1 { all - known } else { 0 };
            row.on_two += if seen >= 2 { all - known } else { 0 };
            row.true_on_one += if seen >= 1 { known } else { 0 };
        }
    }
    println!("runs of four words in pages with others of their host:");
    println!("  set           pages   runs   false   of them on 1 other   on 2   true on 1 other");
    for (set, row) in table {
        println!(
            "  {set:<13} {:>5} {:>6} {:>7} {:>20} {:>6} {:>17}",
            row.pages, row.runs, row.false_runs, row.on_one, row.on_two, row.true_on_one
        );
    }
    println!();
}

/// Time against size, on a page whose like is repeated: paragraphs, links, a list, a table.
fn draw_curve(like: &Page) {
    for megabytes in [1, 2, 5, 10, 20] {
        let mut html = String::from("<title>A long page</title><h1>A long page</h1><main>");
        let mut number = 0;
        while html.len() < megabytes << 20 {
            html.push_str(&format!(
                "<div class=part><h2>Part {number}</h2><p>The office confirmed on day {number} \
                 that the <a href=/{number}>measure</a> remains in force, as it said.</p><ul>\
                 <li>First of {number}</li><li>Second of {number}</li></ul><table><tr><td>{number}\
                 </td><td>a</td></tr><tr><td>b</td><td>c</td></tr></table></div>"
            ));
            number += 1;
        }
        let fetched = fetched(like, html.into_bytes());
        let start = busy();
        std::hint::black_box(read(&fetched, &Recipe::default(), &SiteMemory::default()));
        println!("{megabytes:>3} MB {:.2} s", busy() - start);
    }
}

/// Time of each step over all pages.
fn time_stages(folder: &Path, pages: &[Page]) -> anyhow::Result<()> {
    let mut sums = [0.0_f64; 5];
    let recipe = Recipe::default();
    for page in pages {
        let fetched = fetched(page, body(folder, page)?);
        let mut start = busy();
        let mut lap = |sum: &mut f64| {
            *sum += busy() - start;
            start = busy();
        };
        let (parsed, _) = page::read(&fetched);
        lap(&mut sums[0]);
        let reading = extract::Reading::of(&parsed, &recipe);
        lap(&mut sums[1]);
        let table = reading.measure();
        lap(&mut sums[2]);
        std::hint::black_box(&table);
        drop(reading);
        lap(&mut sums[4]);
        let (extracted, _) = extract::article(&parsed, &recipe);
        lap(&mut sums[3]);
        std::hint::black_box(clean::article(extracted, &SiteMemory::default()));
        lap(&mut sums[4]);
    }
    let names = ["parse", "fields and passages", "measure", "all of extract", "clean"];
    for (name, sum) in names.iter().zip(sums) {
        println!("{name:<20} {:.2} ms a page", 1000.0 * sum / pages.len() as f64);
    }
    Ok(())
}

/// Seconds this thread has computed: what other programs take of the machine does not count, as in
/// the peers' own times.
fn busy() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn fetched(page: &Page, body: Vec<u8>) -> Fetched {
    Fetched {
        requested: page.url.clone(),
        url: page.url.clone(),
        redirects: Vec::new(),
        status: 200,
        content_type: None,
        validators: Validators::default(),
        body,
        at: DateTime::UNIX_EPOCH,
        served: None,
    }
}

/// The floor: `scraper` builds its tree and nothing is asked of it.
fn time_bare_parse(folder: &Path, pages: &[Page]) -> anyhow::Result<()> {
    let mut seconds = 0.0;
    for page in pages {
        let body = body(folder, page)?;
        let text = String::from_utf8_lossy(&body);
        let start = busy();
        let html = scraper::Html::parse_document(&text);
        seconds += busy() - start;
        std::hint::black_box(html);
    }
    println!("bare scraper parse: {:.0} pages/s\n", pages.len() as f64 / seconds);
    Ok(())
}

fn load_peer(file: &Path) -> anyhow::Result<Texts> {
    let lines = fs::read_to_string(file).with_context(|| format!("no {}", file.display()))?;
    let mut texts = HashMap::new();
    for line in lines.lines() {
        let value: Value = serde_json::from_str(line)?;
        let text = value["text"].as_str().unwrap_or_default().to_owned();
        let read = Reading { text, blocks: Vec::new(), seconds: value["seconds"].as_f64() };
        texts.insert(value["id"].as_str().unwrap_or_default().to_owned(), read);
    }
    Ok(texts)
}

fn dump(file: &Path, pages: &[Page], texts: &Texts) -> anyhow::Result<()> {
    let mut out = fs::File::create(file)?;
    for page in pages {
        let line = json!({"id": page.id, "text": texts.get(&page.id).map(|read| &read.text)});
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Sums from which precision and recall of any group follow.
#[derive(Clone, Copy, Default)]
struct Score {
    pages: f64,
    precision: f64,
    recall: f64,
    /// Snippets: found, missing, wrongly present.
    hits: f64,
    misses: f64,
    false_hits: f64,
}

impl Score {
    fn add(&mut self, other: &Score) {
        self.pages += other.pages;
        self.precision += other.precision;
        self.recall += other.recall;
        self.hits += other.hits;
        self.misses += other.misses;
        self.false_hits += other.false_hits;
    }

    fn precision(&self) -> f64 {
        if self.pages > 0.0 {
            self.precision / self.pages
        } else {
            self.hits / (self.hits + self.false_hits).max(1.0)
        }
    }

    fn recall(&self) -> f64 {
        if self.pages > 0.0 {
            self.recall / self.pages
        } else {
            self.hits / (self.hits + self.misses).max(1.0)
        }
    }

    fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        2.0 * precision * recall / (precision + recall).max(1e-9)
    }
}

fn score(page: &Page, read: &Reading) -> Option<Score> {
    if let Some(truth) = &page.text {
        let overlap = overlap(truth, &read.text);
        return Some(Score {
            pages: 1.0,
            precision: overlap.precision,
            recall: overlap.recall,
            ..Score::default()
        });
    }
    let has = |snippet: &&String| read.text.contains(snippet.as_str());
    let hits = page.with.iter().filter(has).count() as f64;
    let false_hits = page.without.iter().filter(has).count() as f64;
    Some(Score { hits, misses: page.with.len() as f64 - hits, false_hits, ..Score::default() })
}

/// The groups a page counts in.
fn groups(page: &Page) -> Vec<String> {
    let mut groups = vec![page.dataset.clone()];
    if page.text.is_some() {
        let kind = if page.government { "government" } else { "news" };
        groups.push(format!("kind: {kind}"));
        let language = match page.language.as_str() {
            "en" | "us" | "uk" | "au" | "za" | "ca" | "ind" | "ls" | "tz" | "my" => "English",
            "de" | "at" | "ch" | "li" | "lu" => "German",
            "es" | "mx" | "py" | "fr" | "be" | "it" | "pt" | "gl" => "Romance",
            "jp" | "ja" | "zh" | "cn" | "kr" | "th" | "vn" => "East Asian",
            "" => "unmarked",
            _ => "other",
        };
        groups.push(format!("language: {language}"));
        groups.push("all with full text".to_owned());
    }
    groups
}

fn print_table(pages: &[Page], peers: &[(String, Texts)], scores: &[Vec<Option<Score>>]) {
    for ((name, texts), scores) in peers.iter().zip(scores) {
        let mut table: BTreeMap<String, (usize, Score)> = BTreeMap::new();
        for (page, score) in pages.iter().zip(scores) {
            for group in groups(page) {
                let row = table.entry(group).or_default();
                row.0 += 1;
                row.1.add(&score.unwrap_or_default());
            }
        }
        println!("{name:<22} pages     F1      P      R");
        for (group, (count, score)) in &table {
            println!(
                "  {group:<20} {count:>5}  {:.4} {:.4} {:.4}",
                score.f1(),
                score.precision(),
                score.recall()
            );
        }
        print_speed(texts);
    }
}

fn print_speed(texts: &Texts) {
    let mut seconds: Vec<f64> = texts.values().filter_map(|read| read.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let total: f64 = seconds.iter().sum();
    if let Some(worst) = seconds.last() {
        println!(
            "  speed: {:.0} pages/s, p99 {:.1} ms, worst {:.1} ms\n",
            seconds.len() as f64 / total,
            1000.0 * seconds[seconds.len() * 99 / 100],
            1000.0 * worst
        );
    }
}

/// Difference in F1 over all pages with full text, resampled by page.
fn print_bootstrap(name: &str, pages: &[Page], ours: &[Option<Score>], theirs: &[Option<Score>]) {
    const ROUNDS: usize = 2000;
    let pairs: Vec<(Score, Score)> = pages
        .iter()
        .zip(ours.iter().zip(theirs))
        .filter(|(page, _)| page.text.is_some())
        .filter_map(|(_, (ours, theirs))| Some(((*ours)?, (*theirs)?)))
        .collect();
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let mut differences: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (mut ours, mut theirs) = (Score::default(), Score::default());
            for _ in 0..pairs.len() {
                let pair = &pairs[random() % pairs.len()];
                ours.add(&pair.0);
                theirs.add(&pair.1);
            }
            ours.f1() - theirs.f1()
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let (mut all_ours, mut all_theirs) = (Score::default(), Score::default());
    for (ours, theirs) in &pairs {
        all_ours.add(ours);
        all_theirs.add(theirs);
    }
    println!(
        "sanctionwatch − {name}: {:+.4} over {} pages, 95 % of {ROUNDS} resamples in [{:+.4}, {:+.4}]",
        all_ours.f1() - all_theirs.f1(),
        pairs.len(),
        differences[ROUNDS * 25 / 1000],
        differences[ROUNDS * 975 / 1000]
    );
}

fn print_worst(pages: &[Page], scores: &[Option<Score>], count: usize) {
    let mut ranked: Vec<(&Page, Score)> = pages
        .iter()
        .zip(scores)
        .filter(|(page, _)| page.text.is_some())
        .filter_map(|(page, score)| Some((page, (*score)?)))
        .collect();
    ranked.sort_by(|a, b| a.1.f1().total_cmp(&b.1.f1()));
    for (page, score) in ranked.iter().take(count) {
        println!("{:.3} P {:.3} R {:.3}  {}", score.f1(), score.precision, score.recall, page.id);
    }
}
