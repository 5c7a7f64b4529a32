//! B-cubed precision, recall and F1 of stories on the story corpora, and documents per second:
//! `cargo run --release --example measure_stories`.
//!
//! The corpora are found by `SANCTIONWATCH_CORPORA`, else at `../shared/corpora`. Each half of the
//! stories is scored by itself too, since thresholds were chosen on all of them. B-cubed is the mean
//! over documents of the share of a document's story that is right (precision) and of its true story
//! that is found (recall): Bagga and Baldwin 1998.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::{env, fs};

use chrono::{DateTime, Utc};
use rustix::time::{ClockId, clock_gettime};
use sanctionwatch::stories::{self, Report, Shelf, Stories, Told};
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    story: String,
    title: String,
    text: String,
    published_ms: Option<i64>,
}

/// Means over documents.
struct BCubed {
    precision: f64,
    recall: f64,
}

impl BCubed {
    fn of(found: &[usize], truth: &[&str]) -> Self {
        let (mut groups, mut stories) = (HashMap::new(), HashMap::new());
        let mut both: HashMap<(usize, &str), f64> = HashMap::new();
        for (group, story) in found.iter().zip(truth) {
            *groups.entry(*group).or_insert(0.0) += 1.0;
            *stories.entry(*story).or_insert(0.0) += 1.0;
            *both.entry((*group, *story)).or_insert(0.0) += 1.0;
        }
        let total = found.len().max(1) as f64;
        let mean = |size: &dyn Fn(usize, &str) -> f64| {
            let share =
                |(group, story): (&usize, &&str)| both[&(*group, *story)] / size(*group, story);
            found.iter().zip(truth).map(share).sum::<f64>() / total
        };
        Self {
            precision: mean(&|group, _| groups[&group]),
            recall: mean(&|_, story| stories[story]),
        }
    }

    fn f1(&self) -> f64 {
        2.0 * self.precision * self.recall / (self.precision + self.recall)
    }

    fn print(&self, name: &str) {
        let Self { precision, recall } = self;
        println!("  {name:<28} F1 {:.4}  P {precision:.4}  R {recall:.4}", self.f1());
    }
}

fn main() {
    let corpora = env::var_os("SANCTIONWATCH_CORPORA").map(PathBuf::from);
    let folder = corpora.unwrap_or_else(|| PathBuf::from("../shared/corpora")).join("stories");
    for name in ["ecbplus-dev", "uci-titles-dev"] {
        let path = folder.join(format!("{name}.jsonl"));
        match fs::read_to_string(&path) {
            Ok(lines) => measure(name, &lines),
            Err(_) => {
                println!("skipped: {} is not there; set SANCTIONWATCH_CORPORA", path.display())
            }
        }
    }
    if env::args().any(|argument| argument == "--grow") {
        grow();
    }
}

fn measure(name: &str, lines: &str) {
    let documents: Vec<Document> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a document a line")).collect();
    let truth: Vec<&str> = documents.iter().map(|document| document.story.as_str()).collect();
    let start = busy();
    let mut stories = Stories::default();
    let joined: Vec<usize> =
        documents.iter().map(|document| stories.add(&report(document))).collect();
    let adding = busy() - start;
    stories.settle();
    let all = busy() - start;
    let settled: Vec<usize> = (0..documents.len()).map(|number| stories.of(number)).collect();
    let rate = |seconds: f64| documents.len() as f64 / seconds;
    println!("{name}: {} documents, {} stories", documents.len(), count(&truth));
    println!("  {:.0} documents a second joined, {:.0} with settling", rate(adding), rate(all));
    BCubed::of(&joined, &truth).print("as they arrive");
    BCubed::of(&kept(&documents), &truth).print("as the service keeps them");
    BCubed::of(&settled, &truth).print("settled");
    for half in 0..2 {
        score_half(&documents, half);
    }
}

/// Every second story, grouped by itself.
fn score_half(documents: &[Document], half: usize) {
    let mut numbers = BTreeMap::new();
    for document in documents {
        let next = numbers.len();
        numbers.entry(document.story.as_str()).or_insert(next);
    }
    let chosen: Vec<&Document> =
        documents.iter().filter(|document| numbers[document.story.as_str()] % 2 == half).collect();
    let mut stories = Stories::default();
    for document in &chosen {
        stories.add(&report(document));
    }
    stories.settle();
    let settled: Vec<usize> = (0..chosen.len()).map(|number| stories.of(number)).collect();
    let truth: Vec<&str> = chosen.iter().map(|document| document.story.as_str()).collect();
    BCubed::of(&settled, &truth).print(&format!("settled, stories of half {half}"));
}

/// Reports settled together in the service, and how many come between two passes here.
const SETTLED: usize = 2_000;
const BETWEEN: usize = 250;

/// The stories as the service keeps them: joined on arrival, and merged, never parted, from time to time.
fn kept(documents: &[Document]) -> Vec<usize> {
    let mut shelf = Shelf::default();
    let mut stories: Vec<usize> = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let keys = stories::keys(&report(document));
        let story = shelf.place(&keys).unwrap_or(number);
        shelf.put(&keys, story);
        stories.push(story);
        if stories.len().is_multiple_of(BETWEEN) || stories.len() == documents.len() {
            merge(documents, &mut stories);
            shelf.regroup(0, &stories);
        }
    }
    stories
}

fn merge(documents: &[Document], stories: &mut [usize]) {
    let first = stories.len().saturating_sub(SETTLED);
    let told: Vec<Told<'_>> = documents[first..]
        .iter()
        .zip(&stories[first..])
        .map(|(document, story)| Told { story: *story as i64, report: report(document) })
        .collect();
    // A story merged into one that was itself merged goes where that one went.
    let mut became: HashMap<usize, usize> = HashMap::new();
    for (one, other) in stories::merges(&told) {
        let one = one as usize;
        let root = became.get(&one).copied().unwrap_or(one);
        became.insert(other as usize, root);
    }
    stories.iter_mut().for_each(|story| *story = became.get(story).copied().unwrap_or(*story));
}

fn report(document: &Document) -> Report<'_> {
    let at = document.published_ms.and_then(DateTime::<Utc>::from_timestamp_millis);
    Report::of(&document.title, &document.text, at)
}

fn count(truth: &[&str]) -> usize {
    let mut stories = truth.to_vec();
    stories.sort_unstable();
    stories.dedup();
    stories.len()
}

/// Microseconds for one more report as the number of reports grows: made reports of 40 words, each
/// event with its own names, ten reports to an event.
fn grow() {
    let mut stories = Stories::default();
    let mut added = 0_u64;
    for size in [10_000, 100_000, 1_000_000] {
        while added + 5_000 < size {
            stories.add(&Report::of("", &made(added), moment(added)));
            added += 1;
        }
        let start = busy();
        while added < size {
            stories.add(&Report::of("", &made(added), moment(added)));
            added += 1;
        }
        println!("at {size:>9} reports: {:.0} µs a report", (busy() - start) * 1e6 / 5e3);
    }
}

/// Seconds this thread has computed: what other programs take of the machine does not count.
fn busy() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn moment(number: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(1_700_000_000 + 60 * i64::try_from(number).ok()?, 0)
}

fn made(number: u64) -> String {
    let event = number / 500 * 50 + number % 50;
    let mut words = Vec::new();
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for place in 0..40_u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(place);
        let common = (state >> 33) % 3_000;
        words.push(if place % 4 == 0 {
            format!("Name{}", event * 6 + (state >> 40) % 6)
        } else {
            format!("word{}", common * common / 3_000)
        });
    }
    words.join(" ")
}
