//! Precision, recall and F1 of the copy decision on pairs of the near-duplicate corpus:
//! `cargo run --release --example measure_copies [-- --as-they-are]`.
//!
//! The corpus is found by `SANCTIONWATCH_CORPORA`, else at `../shared/corpora`. Its texts carry the
//! furniture of their hosts (lines that stand on many pages of a host), which `clean` takes away
//! before `dedupe` sees an article. Here that is done by the same recipe, lines seen on three or more
//! documents of a host; `--as-they-are` leaves them in. A pair is gold if both are of one family;
//! pairs of an `embed` copy with the family it embeds, and pairs of two background texts, do not count.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use flate2::read::GzDecoder;
use sanctionwatch::dedupe;
use sanctionwatch::model::article::{About, Article, Block, BlockKind};
use sanctionwatch::model::judged::{Keys, Neighbour, Placed};
use serde::Deserialize;

/// Documents of one host that must bear a line for it to be furniture.
const FURNITURE: usize = 3;

/// A hash in more documents than this is not looked up, as in the store.
const COMMON: usize = 40;

/// Shared hashes that make a candidate, as in the store.
const SHARED: usize = 3;

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
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.0} documents a second and core keyed", keys.len() as f64 / seconds);
    score(&documents, &keys);
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
    let blocks = document.text.lines().filter(|line| !line.trim().is_empty());
    let article = Article {
        url: document.id.clone(),
        // The corpus marks no titles.
        title: String::new(),
        byline: Vec::new(),
        published: None,
        modified: None,
        language: None,
        site: None,
        blocks: blocks
            .map(|line| Block { kind: BlockKind::Paragraph, text: line.to_owned() })
            .collect(),
        removed: Vec::new(),
        lines: Vec::new(),
        incomplete: false,
        about: About::default(),
    };
    dedupe::keys(document.id.clone(), &article)
}

/// Right and all pairs, by kind of copy.
#[derive(Default, Clone, Copy)]
struct Score {
    found: usize,
    gold: usize,
}

fn score(documents: &[Document], keys: &[Keys]) {
    let mut by_kind: BTreeMap<&str, Score> = BTreeMap::new();
    let mut false_pairs: BTreeMap<String, usize> = BTreeMap::new();
    let (mut found, mut right, mut gold) = (0, 0, 0);
    let candidates = candidates(keys);
    for (pair, is_gold) in gold_and_candidates(documents, &candidates) {
        let (one, other) = (&documents[pair.0], &documents[pair.1]);
        if is_ignored(one, other) {
            continue;
        }
        let is_found = candidates.contains(&pair) && is_copy(&keys[pair.0], &keys[pair.1]);
        found += usize::from(is_found);
        right += usize::from(is_found && is_gold);
        gold += usize::from(is_gold);
        if is_gold {
            for kind in HashSet::from([one.op.as_str(), other.op.as_str()]) {
                let score = by_kind.entry(kind).or_default();
                score.gold += 1;
                score.found += usize::from(is_found);
            }
        } else if is_found {
            *false_pairs.entry(format!("{} with {}", one.op, other.op)).or_default() += 1;
        }
    }
    let (precision, recall) = (right as f64 / found as f64, right as f64 / gold as f64);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!("{gold} gold pairs: P {precision:.3}  R {recall:.3}  F1 {f1:.3}");
    for (kind, Score { found, gold }) in by_kind {
        println!("  recall of pairs with {kind:<8} {:.3} of {gold}", found as f64 / gold as f64);
    }
    let mut worst: Vec<_> = false_pairs.into_iter().collect();
    worst.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (kinds, count) in worst.iter().take(10) {
        println!("  {count} false pairs of {kinds}");
    }
}

/// Pairs that share enough hashes, as the store's look-up finds them.
fn candidates(keys: &[Keys]) -> HashSet<(usize, usize)> {
    let mut bearers: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, keys) in keys.iter().enumerate() {
        for hash in &keys.shingles {
            bearers.entry(*hash).or_default().push(at);
        }
    }
    let mut shared: HashMap<(usize, usize), usize> = HashMap::new();
    for bearers in bearers.values().filter(|bearers| bearers.len() < COMMON) {
        for (place, one) in bearers.iter().enumerate() {
            for other in &bearers[place + 1..] {
                *shared.entry((*one, *other)).or_default() += 1;
            }
        }
    }
    shared.into_iter().filter(|(_, count)| SHARED <= *count).map(|(pair, _)| pair).collect()
}

fn gold_and_candidates(
    documents: &[Document],
    candidates: &HashSet<(usize, usize)>,
) -> HashMap<(usize, usize), bool> {
    let mut families: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, document) in documents.iter().enumerate() {
        families.entry(&document.fam).or_default().push(at);
    }
    let mut pairs: HashMap<(usize, usize), bool> =
        candidates.iter().map(|pair| (*pair, false)).collect();
    for members in families.values() {
        for (place, one) in members.iter().enumerate() {
            pairs.extend(members[place + 1..].iter().map(|other| ((*one, *other), true)));
        }
    }
    pairs
}

fn is_ignored(one: &Document, other: &Document) -> bool {
    let embeds = |outer: &Document, inner: &Document| outer.other.as_deref() == Some(&inner.fam);
    (one.op == "bg" && other.op == "bg") || embeds(one, other) || embeds(other, one)
}

fn is_copy(one: &Keys, other: &Keys) -> bool {
    let neighbour = Neighbour {
        same_site: false,
        article: 0,
        same_address: false,
        wording: other.wording,
        shingles: other.shingles.clone(),
    };
    matches!(dedupe::place(one, &[neighbour]), Placed::Copy { .. })
}
