//! Precision, recall and F1 of the copy decision on pairs of the near-duplicate corpus:
//! `cargo run --release --example measure_copies [-- --as-they-are] [--wrong]`.
//!
//! The corpus is found by `SANCTIONWATCH_CORPORA`, else at `../shared/corpora`. Its texts carry the
//! furniture of their hosts (lines that stand on many pages of a host), which `clean` takes away
//! before `dedupe` sees an article. Here that is done by the same recipe, lines seen on three or more
//! documents of a host; `--as-they-are` leaves them in. A pair counts as found if the one document is
//! a neighbour of the other (`dedupe::index` with all documents in it) and `dedupe::place` calls it a
//! copy or derived. A pair is gold if both are of one family; pairs of an `embed` copy with the
//! family it embeds, and pairs of two background texts, do not count. `--wrong` shows the false pairs,
//! one of each two families.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use flate2::read::GzDecoder;
use sanctionwatch::dedupe;
use sanctionwatch::model::judged::{Address, Keys, LookUp, Neighbour, Placed, Wording};
use serde::Deserialize;

/// Documents of one host that must bear a line for it to be furniture.
const FURNITURE: usize = 3;

#[derive(Deserialize)]
struct Document {
    id: String,
    /// Copies of one text are one family.
    fam: String,
    /// How the copy was made.
    op: String,
    host: Option<String>,
    /// The family that an `embed` copy contains besides its own.
    other: Option<String>,
    text: String,
}

/// Two documents by their places, the smaller first.
type Pair = (usize, usize);

fn main() {
    let corpora = env::var_os("SANCTIONWATCH_CORPORA").map(PathBuf::from);
    let corpora = corpora.unwrap_or_else(|| PathBuf::from("../shared/corpora"));
    let path = corpora.join("neardup/dev.jsonl.gz");
    let Ok(packed) = fs::read(&path) else {
        println!("skipped: {} is not there; set SANCTIONWATCH_CORPORA", path.display());
        return;
    };
    let mut lines = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut lines).expect("the corpus is gzip");
    let mut documents: Vec<Document> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a document a line")).collect();
    if env::args().any(|argument| argument == "--as-they-are") {
        println!("host lines left in");
    } else {
        strip_furniture(&mut documents);
        println!("host lines on {FURNITURE} or more documents taken away first");
    }
    let start = Instant::now();
    let keys: Vec<Keys> = documents.iter().map(keys_of).collect();
    let keyed = start.elapsed().as_secs_f64();
    println!("{:.0} documents a second and core keyed", keys.len() as f64 / keyed);
    let candidates = candidates(&keys);
    let start = Instant::now();
    let placed = judge(&keys, &candidates);
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.0} pairs a second and core compared", candidates.len() as f64 / seconds);
    let gold = gold(&documents);
    println!("{} gold pairs, {} candidates", gold.len(), candidates.len());
    let copies = |placed: &Placed| matches!(placed, Placed::Copy { .. });
    let kin = |placed: &Placed| copies(placed) || matches!(placed, Placed::Derived { .. });
    score("copy", &documents, &gold, &select(&documents, &placed, copies));
    let found = select(&documents, &placed, kin);
    score("copy or derived", &documents, &gold, &found);
    by_kind(&documents, &gold, &found);
    if env::args().any(|argument| argument == "--wrong") {
        show_wrong(&documents, &gold, &placed, &found);
    }
}

fn strip_furniture(documents: &mut [Document]) {
    let mut bearers: HashMap<(String, String), HashSet<usize>> = HashMap::new();
    for (at, document) in documents.iter().enumerate() {
        for line in document.text.lines() {
            if let Some(host) = &document.host {
                bearers.entry((host.clone(), mask(line))).or_default().insert(at);
            }
        }
    }
    for document in documents {
        let Some(host) = document.host.clone() else { continue };
        let is_own = |line: &&str| bearers[&(host.clone(), mask(line))].len() < FURNITURE;
        document.text = document.text.lines().filter(is_own).collect::<Vec<_>>().join("\n");
    }
}

/// The line with its digits alike, as repeated lines differ in dates and counts.
fn mask(line: &str) -> String {
    line.trim().chars().map(|c| if c.is_numeric() { '0' } else { c }).collect()
}

fn keys_of(document: &Document) -> Keys {
    // The corpus marks no titles.
    let wording = Wording { title: "", text: &document.text, byline: &[], published: None };
    dedupe::keys_of(document.id.clone(), &wording)
}

/// Pairs that share enough sampled runs, as index and store find them. The corpus is one moment, and
/// every document is in it, copies too.
fn candidates(keys: &[Keys]) -> HashSet<Pair> {
    let mut bearers: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, keys) in keys.iter().enumerate() {
        for hash in &keys.shingles {
            bearers.entry(*hash).or_default().push(at);
        }
    }
    let mut shared: HashMap<Pair, usize> = HashMap::new();
    for bearers in bearers.values().filter(|bearers| bearers.len() <= LookUp::BEARERS_MAX) {
        for (place, one) in bearers.iter().enumerate() {
            for other in &bearers[place + 1..] {
                *shared.entry((*one, *other)).or_default() += 1;
            }
        }
    }
    let enough = |(pair, count): (Pair, usize)| (LookUp::SHARED_MIN <= count).then_some(pair);
    shared.into_iter().filter_map(enough).collect()
}

/// What the later of two candidates is to the earlier; the shorter is taken as the later, as a cut
/// comes after what it cuts.
fn judge(keys: &[Keys], candidates: &HashSet<Pair>) -> HashMap<Pair, Placed> {
    let judge = |pair: &Pair| {
        let longer_first = keys[pair.1].runs.len() <= keys[pair.0].runs.len();
        let (old, new) = if longer_first { *pair } else { (pair.1, pair.0) };
        let old = &keys[old];
        let neighbour =
            Neighbour { article: 0, address: Address::Other, same_site: false, keys: old };
        (*pair, dedupe::place(&keys[new], &[neighbour]))
    };
    candidates.iter().map(judge).collect()
}

fn gold(documents: &[Document]) -> HashSet<Pair> {
    let mut families: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, document) in documents.iter().enumerate() {
        families.entry(&document.fam).or_default().push(at);
    }
    let mut pairs = HashSet::new();
    for members in families.values() {
        for (place, one) in members.iter().enumerate() {
            pairs.extend(members[place + 1..].iter().map(|other| (*one, *other)));
        }
    }
    pairs.retain(|pair| !is_ignored(documents, *pair));
    pairs
}

fn is_ignored(documents: &[Document], pair: Pair) -> bool {
    let (one, other) = (&documents[pair.0], &documents[pair.1]);
    let embeds = |outer: &Document, inner: &Document| outer.other.as_deref() == Some(&inner.fam);
    (one.op == "bg" && other.op == "bg") || embeds(one, other) || embeds(other, one)
}

fn select(
    documents: &[Document],
    placed: &HashMap<Pair, Placed>,
    wanted: impl Fn(&Placed) -> bool,
) -> HashSet<Pair> {
    let counts = |(pair, placed): (&Pair, &Placed)| {
        (wanted(placed) && !is_ignored(documents, *pair)).then_some(*pair)
    };
    placed.iter().filter_map(counts).collect()
}

fn score(what: &str, documents: &[Document], gold: &HashSet<Pair>, found: &HashSet<Pair>) {
    let right = found.intersection(gold).count() as f64;
    let (precision, recall) = (right / found.len() as f64, right / gold.len() as f64);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!("{what:<16} P {precision:.3}  R {recall:.3}  F1 {f1:.3}");
    // Two texts that both embed a third, and two of one story that print the same wire, are false
    // pairs by their labels alone.
    let embeds_same = |pair: &&Pair| {
        let (one, other) = (&documents[pair.0], &documents[pair.1]);
        one.other.is_some() && one.other == other.other
    };
    let wrong: Vec<&Pair> = found.difference(gold).collect();
    let same = wrong.iter().filter(|pair| embeds_same(pair)).count();
    println!(
        "                 {} false pairs, {same} of them embed the same third text",
        wrong.len()
    );
}

/// Right and all pairs.
#[derive(Default, Clone, Copy)]
struct Score {
    found: usize,
    gold: usize,
}

fn by_kind(documents: &[Document], gold: &HashSet<Pair>, found: &HashSet<Pair>) {
    let mut kinds: BTreeMap<&str, Score> = BTreeMap::new();
    for pair in gold {
        let ops = [documents[pair.0].op.as_str(), documents[pair.1].op.as_str()];
        for kind in HashSet::from(ops) {
            let score = kinds.entry(kind).or_default();
            score.gold += 1;
            score.found += usize::from(found.contains(pair));
        }
    }
    for (kind, Score { found, gold }) in kinds {
        println!("  recall of pairs with {kind:<8} {:.3} of {gold}", found as f64 / gold as f64);
    }
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for pair in found.difference(gold) {
        let mut ops = [documents[pair.0].op.as_str(), documents[pair.1].op.as_str()];
        ops.sort_unstable();
        *wrong.entry(ops.join(" with ")).or_default() += 1;
    }
    let mut wrong: Vec<_> = wrong.into_iter().collect();
    wrong.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (kinds, count) in wrong.iter().take(6) {
        println!("  {count} false pairs of {kinds}");
    }
}

fn show_wrong(
    documents: &[Document],
    gold: &HashSet<Pair>,
    placed: &HashMap<Pair, Placed>,
    found: &HashSet<Pair>,
) {
    let mut seen = HashSet::new();
    for pair in found.difference(gold) {
        let (one, other) = (&documents[pair.0], &documents[pair.1]);
        let families =
            (one.fam.clone().min(other.fam.clone()), one.fam.clone().max(other.fam.clone()));
        if seen.insert(families) {
            println!("{} {} {:?}", one.id, other.id, placed[pair]);
            for document in [one, other] {
                println!("    {}", document.text.chars().take(160).collect::<String>());
            }
        }
    }
}
