//! Counts the words of ordinary news: writes `src/screen/background.txt`.
//!
//! `cargo run --release --example count_background [FOLDER] > src/screen/background.txt`
//!
//! FOLDER holds news texts as `.tsv` or `.csv` with quoted fields (default: the `background`
//! folder of the corpora); every record of a file is a document.

#![expect(clippy::print_stdout, reason = "an example prints its table")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::env;
use std::fs;
use std::path::PathBuf;

use sanctionwatch::text::names::{Case, folded, words};

/// Words of fewer documents are rare, and say so by not being in the table.
const DOCUMENTS_MIN: u16 = 4;

#[derive(Default)]
struct Count {
    all: u16,
    lower: u16,
}

fn main() -> anyhow::Result<()> {
    let folder = env::args_os().nth(1).map_or_else(default_folder, PathBuf::from);
    let mut counts: HashMap<String, Count> = HashMap::new();
    let mut pairs: HashMap<(String, String), u16> = HashMap::new();
    let mut documents = 0;
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    for file in files {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !matches!(ending, "csv" | "tsv") {
            continue;
        }
        for document in records(&fs::read_to_string(&file)?) {
            documents += 1;
            count(&document, &mut counts, &mut pairs);
        }
    }
    print(documents, counts, pairs);
    Ok(())
}

fn default_folder() -> PathBuf {
    let corpora =
        env::var_os("SANCTIONWATCH_CORPORA").map_or("../shared/corpora".into(), PathBuf::from);
    corpora.join("background")
}

/// Records of a file whose fields may be quoted (with `"` or, in one collection, `'`) over lines.
fn records(text: &str) -> Vec<String> {
    let mut records = Vec::new();
    let mut record = String::new();
    let mut quoted = false;
    for line in text.lines() {
        // Only a quotation mark that opens or closes a field tells where a record ends.
        quoted ^= line.matches('"').count() % 2 == 1;
        record.push_str(line);
        record.push('\n');
        if !quoted {
            records.push(std::mem::take(&mut record));
        }
    }
    records
}

fn count(
    document: &str,
    counts: &mut HashMap<String, Count>,
    pairs: &mut HashMap<(String, String), u16>,
) {
    let words = words(document);
    let mut small = HashSet::new();
    let mut all = HashSet::new();
    let mut both = HashSet::new();
    let mut before: Option<String> = None;
    for word in &words {
        let letters = folded(document, word);
        if letters.chars().all(char::is_numeric) {
            before = None;
            continue;
        }
        if word.case == Case::Lower {
            small.insert(letters.clone());
        }
        let capital = matches!(word.case, Case::Capital | Case::Upper);
        if let Some(before) = before.take().filter(|_| capital) {
            both.insert((before, letters.clone()));
        }
        before = capital.then(|| letters.clone());
        all.insert(letters);
    }
    for word in all {
        let count = counts.entry(word.clone()).or_default();
        count.all = count.all.saturating_add(1);
        count.lower = count.lower.saturating_add(u16::from(small.contains(&word)));
    }
    for pair in both {
        let count = pairs.entry(pair).or_default();
        *count = count.saturating_add(1);
    }
}

fn print(documents: u32, counts: HashMap<String, Count>, pairs: HashMap<(String, String), u16>) {
    println!("# Words in {documents} news texts (English, French, German), made by");
    println!(
        "# `cargo run --release --example count_background`: a word, the documents it stands in, those"
    );
    println!(
        "# where it is written small; or two capitalised words in a row, the documents they stand in."
    );
    let known: BTreeMap<&String, &Count> =
        counts.iter().filter(|(_, count)| DOCUMENTS_MIN <= count.all).collect();
    for (word, count) in &known {
        println!("{word} {} {}", count.all, count.lower);
    }
    // Only pairs that may be one name matter: see `Background::is_one_name`.
    let pairs: BTreeMap<&(String, String), &u16> = pairs
        .iter()
        .filter(|((first, second), together)| {
            let rarer = known.get(first).zip(known.get(second)).map(|(a, b)| a.all.min(b.all));
            rarer.is_some_and(|rarer| rarer <= together.saturating_mul(2))
        })
        .collect();
    for ((first, second), documents) in pairs {
        println!("{first} {second} {documents}");
    }
}
