//! Measures the verdict: precision, recall and F1 on labelled texts by language and kind, and
//! verdicts per second on one core.
//!
//! ```text
//! cargo run --release --example measure_judge [-- FILE.jsonl...]
//! ```
//!
//! Without files it reads `relevance/dev.jsonl` under `SANCTIONWATCH_CORPORA` (`../shared/corpora`
//! where that is not set) and the validation texts under `tests/verdicts`. Lines are
//! `{"title","text","lang"|"language","label","kind"}`; labels other than `yes` and `no` are left out.

#![expect(clippy::print_stdout, reason = "an example prints its figures")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use sanctionwatch::classify::verdict;
use serde::Deserialize;

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    title: String,
    text: String,
    #[serde(alias = "lang")]
    language: String,
    label: String,
    #[serde(default)]
    kind: String,
}

#[derive(Default)]
struct Count {
    found: usize,
    missed: usize,
    alarmed: usize,
    quiet: usize,
}

fn main() {
    let given: Vec<PathBuf> = env::args().skip(1).map(PathBuf::from).collect();
    let files = if given.is_empty() { default_files() } else { given };
    for file in files {
        match fs::read_to_string(&file) {
            Ok(lines) => measure(&file.display().to_string(), &lines),
            Err(error) => println!("{}: skipped: {error}", file.display()),
        }
    }
}

fn default_files() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let corpora = env::var_os("SANCTIONWATCH_CORPORA")
        .map_or_else(|| root.join("../shared/corpora"), PathBuf::from);
    vec![corpora.join("relevance/dev.jsonl"), root.join("tests/verdicts/validation.jsonl")]
}

fn measure(name: &str, lines: &str) {
    let texts: Vec<Text> =
        lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut all = Count::default();
    let mut by_language: BTreeMap<&str, Count> = BTreeMap::new();
    let mut by_kind: BTreeMap<&str, Count> = BTreeMap::new();
    for text in texts.iter().filter(|text| ["yes", "no"].contains(&text.label.as_str())) {
        let relevant = verdict(&text.title, &text.text, Some(&text.language)).relevant;
        let yes = text.label == "yes";
        all.take(yes, relevant);
        by_language.entry(&text.language).or_default().take(yes, relevant);
        by_kind.entry(&text.kind).or_default().take(yes, relevant);
        if yes != relevant {
            let title: String = text.title.chars().take(80).collect();
            println!("  wrong: {} {} {}: {title}", text.label, text.language, text.kind);
        }
    }
    println!("{name}: {} texts", texts.len());
    println!("  all: {}", all.line());
    by_language.iter().for_each(|(language, count)| println!("  {language}: {}", count.line()));
    by_kind.iter().for_each(|(kind, count)| println!("  {kind}: {}", count.counts()));
    time(&texts);
}

fn time(texts: &[Text]) {
    let bytes: usize = texts.iter().map(|text| text.title.len() + text.text.len()).sum();
    let started = Instant::now();
    let mut verdicts = 0u32;
    while started.elapsed().as_secs() < 2 && !texts.is_empty() {
        for text in texts {
            std::hint::black_box(verdict(&text.title, &text.text, Some(&text.language)));
            verdicts += 1;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / texts.len().max(1) as f64 * f64::from(verdicts) / 1e6;
    println!(
        "  {:.0} verdicts a second on one core, {:.1} MB/s (mean text {} bytes)",
        f64::from(verdicts) / seconds,
        megabytes / seconds,
        bytes / texts.len().max(1)
    );
}

impl Count {
    fn take(&mut self, yes: bool, relevant: bool) {
        match (yes, relevant) {
            (true, true) => self.found += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.alarmed += 1,
            (false, false) => self.quiet += 1,
        }
    }

    fn line(&self) -> String {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let precision = share(self.found, self.found + self.alarmed);
        let recall = share(self.found, self.found + self.missed);
        let f1 = 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE);
        format!("precision {precision:.3}, recall {recall:.3}, F1 {f1:.3} ({})", self.counts())
    }

    fn counts(&self) -> String {
        let Self { found, missed, alarmed, quiet } = self;
        format!("{found} found, {missed} missed, {alarmed} false alarms, {quiet} quiet")
    }
}
