//! What a commit costs as the store grows, with its look-ups for copies and for its story:
//! `cargo run --release --example measure_copy_scale [-- ARTICLES]` (100,000 if left out).
//!
//! Synthetic articles of 80 words, a fourth of them the event's own, arrive at 2,000 a day, all of them
//! about sanctions: ten tell of each event within five hours, and every tenth is a cut of one that came
//! in the day before. Each row is the mean over the last 2,000 articles. The ratio, meant to be flat, is
//! of processor time to that of the first row: other programs disturb it less than the clock.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::HashMap;
use std::env;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use sanctionwatch::dedupe;
use sanctionwatch::model::article::{About, Article, Block, BlockKind};
use sanctionwatch::model::facts::Facts;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::judged::{Judged, Placed, Verdict};
use sanctionwatch::model::source::SourceId;
use sanctionwatch::store::{Commit, Committed, Rules, Store, StoryRules};
use sanctionwatch::stories;
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
    story: StoryRules { alike: stories::alike, place: stories::place },
};

#[tokio::main]
async fn main() {
    let wanted = env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scale.db");
    let store = Store::open(&path).expect("a database");
    let mut first = None;
    let (mut copies, mut expected) = (0, 0);
    let mut stories = Stories::default();
    println!(
        "{:>9} {:>11} {:>11} {:>7} {:>9} {:>8} {:>8}",
        "articles", "ms/article", "ms of CPU", "ratio", "MB", "copies", "stories"
    );
    let (mut began, mut cpu_began) = (Instant::now(), cpu_seconds());
    for number in (0..wanted).step_by(AT_ONCE as usize) {
        let numbers = number..number + AT_ONCE;
        let mut commits = JoinSet::new();
        for number in numbers.clone() {
            let store = store.clone();
            commits.spawn(async move { (number, store.commit(commit(number), RULES).await) });
        }
        while let Some(committed) = commits.join_next().await {
            let (number, committed) = committed.expect("no panic");
            let Committed { placed, story, .. } = committed.expect("a commit");
            copies += usize::from(matches!(placed, Placed::Copy { .. }));
            if copied(number).is_none() {
                stories.count(event(number), story.expect("an article about sanctions is in one"));
            }
        }
        expected += numbers.filter(|number| copied(*number).is_some()).count();
        let done = number + AT_ONCE;
        if done.is_multiple_of(DAY) {
            let each = began.elapsed().as_secs_f64() * 1000.0 / DAY as f64;
            let cpu = (cpu_seconds() - cpu_began) * 1000.0 / DAY as f64;
            if is_shown(done) {
                let first = *first.get_or_insert(cpu);
                let size = std::fs::metadata(&path).expect("the database").len() / 1_000_000;
                let share = f64::from(copies as u32) / f64::from(expected as u32);
                let found = stories.share();
                println!(
                    "{done:>9} {each:>11.3} {cpu:>11.3} {:>7.2} {size:>9} {share:>8.3} {found:>8.3}",
                    cpu / first
                );
            }
            (began, cpu_began) = (Instant::now(), cpu_seconds());
        }
    }
}

/// Seconds of a processor this process has had, by Linux in hundredths; 0 where nothing says so.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks =
        after_name.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// How many articles are in the story of their event's first.
#[derive(Default)]
struct Stories {
    /// By event the story of its first article.
    first: HashMap<u64, i64>,
    articles: u32,
    found: u32,
}

impl Stories {
    fn count(&mut self, event: u64, story: i64) {
        self.articles += 1;
        let first = *self.first.entry(event).or_insert(story);
        self.found += u32::from(first == story);
    }

    fn share(&self) -> f64 {
        f64::from(self.found) / f64::from(self.articles.max(1))
    }
}

/// Ten of 400 articles in a row tell of one event.
fn event(number: u64) -> u64 {
    number / 400 * 40 + number % 40
}

/// Four of the six names of the event.
fn headline(number: u64) -> String {
    let names = (0..4).map(|at| format!("Name{}", event(number) * 6 + (number / 40 + at) % 6));
    names.collect::<Vec<_>>().join(" met ")
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
        let draw = mix(of * WORDS + at);
        if at % 4 == 0 {
            // Every fourth word is one of thirty that belong to the event.
            return format!("e{}", event(of) * 30 + draw % 30);
        }
        // Low ranks come more often, as in a language.
        format!("w{}", (draw % (VOCABULARY * VOCABULARY)).isqrt())
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
        title: headline(copied(number).unwrap_or(number)),
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
    let verdict = Verdict { relevant: true, score: 1.0, evidence: Vec::new() };
    let story = stories::keys(&stories::Report::of(&article.title, &article.text(), Some(now)));
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
            served: None,
        },
        messages: Vec::new(),
        story: Some(story),
        official: false,
        updates: Vec::new(),
        entries: Vec::new(),
        corrections: Vec::new(),
        now,
        next_look: None,
    }
}
