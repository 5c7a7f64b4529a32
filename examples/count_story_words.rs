//! Counts the words that news, and news of sanctions, are full of: writes `src/stories/common.txt`.
//!
//! `cargo run --release --example count_story_words > src/stories/common.txt`
//!
//! Reads the texts of the judge (`training/judge`, fifteen languages) and the news texts of the
//! `background` corpus (`SANCTIONWATCH_CORPORA`, else `../shared/corpora`). A word's rate is counted in
//! each collection and each language by itself; the highest counts.

#![expect(clippy::print_stdout, reason = "an example prints its table")]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::{env, fs};

use sanctionwatch::text::words::{is_spaceless, words};

/// Rarer words are told from names by nothing but chance.
const PER_HUNDRED_THOUSAND_MIN: u64 = 30;
const TIMES_MIN: u64 = 3;

#[derive(Default)]
struct Collection {
    words: u64,
    times: HashMap<String, u64>,
}

fn main() -> anyhow::Result<()> {
    let mut collections: BTreeMap<String, Collection> = BTreeMap::new();
    for file in fs::read_dir("training/judge")? {
        for line in fs::read_to_string(file?.path())?.lines() {
            let text: serde_json::Value = serde_json::from_str(line)?;
            let field = |name: &str| text[name].as_str().unwrap_or_default().to_owned();
            let collection = collections.entry(field("language")).or_default();
            count(collection, &field("title"));
            count(collection, &field("text"));
        }
    }
    let corpora =
        env::var_os("SANCTIONWATCH_CORPORA").map_or("../shared/corpora".into(), PathBuf::from);
    for file in fs::read_dir(corpora.join("background"))? {
        let path = file?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if matches!(ending, "csv" | "tsv") {
            let collection = collections.entry(path.display().to_string()).or_default();
            count(collection, &fs::read_to_string(&path)?);
        }
    }
    print(&collections);
    Ok(())
}

/// Words in small letters; of scripts without spaces, pairs of characters too.
fn count(collection: &mut Collection, text: &str) {
    let mut before: Option<&str> = None;
    for word in words(text) {
        collection.words += 1;
        *collection.times.entry(word.to_lowercase()).or_default() += 1;
        let pair = word.chars().all(is_spaceless).then_some(word);
        if let (Some(before), Some(word)) = (before, pair) {
            *collection.times.entry(format!("{before}{word}")).or_default() += 1;
        }
        before = pair;
    }
}

fn print(collections: &BTreeMap<String, Collection>) {
    let mut rates: BTreeMap<&str, u64> = BTreeMap::new();
    for Collection { words, times } in collections.values() {
        for (word, times) in times.iter().filter(|(_, times)| TIMES_MIN <= **times) {
            let rate = times * 100_000 / words;
            let known = rates.entry(word).or_default();
            *known = rate.max(*known);
        }
    }
    println!("# Words that news and news of sanctions are full of, with their number in a hundred");
    println!("# thousand, made by `cargo run --release --example count_story_words`.");
    for (word, rate) in rates.iter().filter(|(_, rate)| PER_HUNDRED_THOUSAND_MIN <= **rate) {
        println!("{word} {rate}");
    }
}
