//! What a commit costs as the store grows, with its look-up for copies among what came before:
//! `cargo run --release --example measure_copy_scale [-- ARTICLES]` (100,000 if left out).
//!
//! Synthetic articles of 80 words arrive at 2,000 a day, every tenth a cut of one that came in the day
//! before. Each row is the mean over the last 2,000 articles, beside the first row of the same
//! run: what is meant to be flat is the ratio.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::env;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use sanctionwatch::dedupe;
use sanctionwatch::model::article::{About, Article, Block, BlockKind};
use sanctionwatch::model::facts::Facts;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::judged::{Judged, Placed, Verdict};
use sanctionwatch::model::source::SourceId;
use sanctionwatch::store::{Commit, Rules, Store};
use tokio::task::JoinSet;

const WORDS: u64 = 80;
/// Articles of a day.
const DAY: u64 = 2_000;
/// Articles committed at once: those that wait share a transaction, as in a crawl.
const AT_ONCE: u64 = 50;
/// Words of the language.
const VOCABULARY: u64 = 30_000;

const RULES: Rules = Rules {
    keys: dedupe::keys_of,
    place: dedupe::place,
    change: dedupe::change::of,
    difference: dedupe::difference,
};

#[tokio::main]
async fn main() {
    let wanted = env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scale.db");
    let store = Store::open(&path).expect("a database");
    let mut first = None;
    let (mut copies, mut expected) = (0, 0);
    println!("{:>9} {:>12} {:>7} {:>9} {:>8}", "articles", "ms/article", "ratio", "MB", "found");
    let mut began = Instant::now();
    for number in (0..wanted).step_by(AT_ONCE as usize) {
        let numbers = number..number + AT_ONCE;
        let mut commits = JoinSet::new();
        for number in numbers.clone() {
            let store = store.clone();
            commits.spawn(async move { store.commit(commit(number), RULES).await });
        }
        while let Some(committed) = commits.join_next().await {
            let placed = committed.expect("no panic").expect("a commit").placed;
            copies += usize::from(matches!(placed, Placed::Copy { .. }));
        }
        expected += numbers.filter(|number| copied(*number).is_some()).count();
        let done = number + AT_ONCE;
        if done.is_multiple_of(DAY) {
            let each = began.elapsed().as_secs_f64() * 1000.0 / DAY as f64;
            if is_shown(done) {
                let first = *first.get_or_insert(each);
                let size = std::fs::metadata(&path).expect("the database").len() / 1_000_000;
                let share = f64::from(copies as u32) / f64::from(expected as u32);
                println!("{done:>9} {each:>12.3} {:>7.2} {size:>9} {share:>8.3}", each / first);
            }
            began = Instant::now();
        }
    }
}

/// 10, 20, 50, 100, … thousand.
fn is_shown(done: u64) -> bool {
    let mut step = 10_000;
    while step * 10 <= done {
        step *= 10;
    }
    [step, 2 * step, 4 * step, 6 * step, 8 * step].contains(&done)
}

/// The article that this one is a cut of.
fn copied(number: u64) -> Option<u64> {
    (number % 10 == 9 && DAY < number).then(|| {
        let back = 2 * AT_ONCE + mix(number) % DAY;
        // An original, never a cut itself.
        (number - back.min(number)) / 10 * 10
    })
}

fn text(number: u64) -> String {
    let (of, from, to) = match copied(number) {
        Some(original) => (original, 5, WORDS - 15),
        None => (number, 0, WORDS),
    };
    let words = (from..to).map(|at| {
        // Low ranks come more often, as in a language.
        let draw = mix(of * WORDS + at) % (VOCABULARY * VOCABULARY);
        format!("w{}", draw.isqrt())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// SplitMix64.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

fn commit(number: u64) -> Commit {
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a time");
    let seconds = i64::try_from(number * 86_400 / DAY).expect("fewer seconds than 2^63");
    let now = start + TimeDelta::seconds(seconds);
    let domain = format!("site{}.example", mix(number) % 200);
    let url = format!("https://{domain}/{number}");
    let article = Article {
        url: url.clone(),
        title: String::new(),
        byline: Vec::new(),
        published: None,
        modified: None,
        language: Some("en".to_owned()),
        site: None,
        blocks: vec![Block { kind: BlockKind::Paragraph, text: text(number) }],
        removed: Vec::new(),
        lines: vec![number],
        incomplete: false,
        about: About::default(),
    };
    let keys = dedupe::keys(url.clone(), &article);
    let verdict = Verdict { relevant: false, score: 0.0, evidence: Vec::new() };
    Commit {
        source: SourceId("int/scale".to_owned()),
        link: url.clone(),
        host: domain.clone(),
        domain,
        judged: Judged {
            article,
            keys,
            verdict,
            instruments: Vec::new(),
            facts: Facts::default(),
            named: Vec::new(),
        },
        fetched: Fetched {
            requested: url.clone(),
            url,
            redirects: Vec::new(),
            status: 200,
            content_type: None,
            validators: Validators::default(),
            body: b"page".to_vec(),
            at: now,
        },
        messages: Vec::new(),
        corrections: Vec::new(),
        now,
        next_look: None,
    }
}
