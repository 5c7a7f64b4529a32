//! Measures the screening: false alarms on ordinary news, names planted in it, and speed.
//!
//! ```text
//! cargo run --release --example measure_screen [background|planted|speed|pairs]
//! ```
//!
//! Reads `lists`, `background` and `names` under `SANCTIONWATCH_CORPORA` (`../shared/corpora` where
//! that is not set); without them it says so and measures nothing.

#![expect(clippy::print_stdout, reason = "an example prints its figures")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use aho_corasick::{AhoCorasick, MatchKind};
use sanctionwatch::classify::verdict;
use sanctionwatch::lists::{ListFile, read_files};
use sanctionwatch::model::designation::{Designation, ListedName, PartyKind};
use sanctionwatch::model::matched::{Class, Match};
use sanctionwatch::screen::{Index, Listed};
use sanctionwatch::text::likeness::{ALIKE, Bearer, likeness};

/// Background texts with a strong match that are printed for reading.
const SAMPLE: usize = 50;
/// Names planted of each kind.
const PLANTED: usize = 1000;
/// Names the speed is measured with.
const NAMES: usize = 100_000;

fn main() {
    let wanted = env::args().nth(1);
    let is_wanted = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    let corpora = env::var_os("SANCTIONWATCH_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"),
        PathBuf::from,
    );
    let texts = background(&corpora.join("background"));
    let designations = designations(&corpora.join("lists"));
    if texts.is_empty() || designations.is_empty() {
        println!("skipped: no lists or no background texts under {}", corpora.display());
        return;
    }
    let names: usize = designations.iter().map(|party| party.names.len()).sum();
    println!("{} parties, {names} names, {} texts", designations.len(), texts.len());
    let index = build(designations.clone());
    if is_wanted("background") {
        measure_background(&index, &texts);
    }
    if is_wanted("planted") {
        measure_planted(&index, &designations, &texts);
    }
    if is_wanted("pairs") {
        measure_pairs(&corpora.join("names/pairs-dev.csv"));
    }
    if is_wanted("speed") {
        measure_speed(&designations, &texts);
    }
}

fn build(designations: Vec<Designation>) -> Index {
    let start = Instant::now();
    let index = Index::build(designations.into_iter().map(Listed::from).collect(), &[]);
    let size = index.size();
    let megabytes = index.bytes() as f64 / 1e6;
    println!(
        "index: {} names, {} forms, built in {:.2?}, {megabytes:.1} MB",
        size.names,
        size.forms,
        start.elapsed()
    );
    index
}

fn about(text: &str) -> bool {
    verdict("", text, None).relevant
}

fn measure_background(index: &Index, texts: &[String]) {
    let mut documents: BTreeMap<Class, usize> = BTreeMap::new();
    let mut strong = Vec::new();
    for text in texts {
        let matches = index.matches("", text, || about(text));
        let mut classes: Vec<Class> = matches.iter().map(|one| one.class).collect();
        classes.sort_unstable();
        classes.dedup();
        classes.into_iter().for_each(|class| *documents.entry(class).or_default() += 1);
        let mut seen = Vec::new();
        for one in matches {
            let shown = env::var("CLASS").unwrap_or_else(|_| "strong".to_owned());
            if one.class.name() == shown && !seen.contains(&one.designation) {
                seen.push(one.designation.clone());
                strong.push((text, one));
            }
        }
    }
    for (class, documents) in documents.iter().rev() {
        let share = 100.0 * *documents as f64 / texts.len() as f64;
        println!("background: {documents} documents ({share:.2} %) with a {} match", class.name());
    }
    let step = (strong.len() / SAMPLE).max(1);
    for (text, one) in strong.iter().step_by(step) {
        println!(
            "  {} [{} {}] {}",
            one.alias,
            one.issuer.name(),
            one.designation,
            context(text, one)
        );
        println!("      {}", one.explanation.join(" | "));
    }
}

fn context(text: &str, one: &Match) -> String {
    let from = text.floor_char_boundary(one.mention.start.saturating_sub(90));
    let to = text.ceil_char_boundary((one.mention.end + 90).min(text.len()));
    format!("…{}…", text[from..to].replace('\n', " "))
}

/// A way to write a listed name that the list does not print.
struct Way {
    name: &'static str,
    write: fn(&Designation) -> Option<String>,
}

const WAYS: &[Way] = &[
    Way { name: "person exact", write: |party| person(party).map(str::to_owned) },
    Way {
        name: "person last, first",
        write: |party| {
            let (givens, family) = person(party)?.rsplit_once(' ')?;
            Some(format!("{family}, {givens}"))
        },
    },
    Way {
        name: "person last first",
        write: |party| {
            let (givens, family) = person(party)?.rsplit_once(' ')?;
            Some(format!("{family} {givens}"))
        },
    },
    Way {
        name: "person without patronymic",
        write: |party| {
            let words: Vec<&str> = person(party)?.split(' ').collect();
            let [first, middle, last] = words.as_slice() else { return None };
            let slavic = ["vich", "vna"].iter().any(|end| middle.to_lowercase().ends_with(end));
            slavic.then(|| format!("{first} {last}"))
        },
    },
    Way { name: "person other romanisation", write: |party| romanised_otherwise(slavic(party)?) },
    Way { name: "person, Arabic otherwise", write: |party| arabic_otherwise(person(party)?) },
    Way { name: "person in Cyrillic", write: |party| Some(cyrillic(slavic(party)?)) },
    Way {
        name: "native script as listed",
        write: |party| {
            let native = |name: &&ListedName| {
                name.text.chars().all(|c| !c.is_ascii_alphabetic())
                    && name.text.contains(char::is_alphabetic)
                    && 6 < name.text.len()
            };
            party.names.iter().find(native).map(|name| name.text.clone())
        },
    },
    Way { name: "entity exact", write: |party| entity(party).map(str::to_owned) },
    Way {
        name: "entity without legal form",
        write: |party| {
            let words: Vec<&str> = entity(party)?.split(' ').collect();
            let (last, rest) = words.split_last()?;
            (is_form(last) && 2 <= rest.len())
                .then(|| rest.join(" ").trim_end_matches(',').to_owned())
        },
    },
    Way {
        name: "entity with another form",
        write: |party| {
            let words: Vec<&str> = entity(party)?.split(' ').collect();
            let (last, rest) = words.split_last()?;
            let plain = rest.join(" ").trim_end_matches(',').to_owned();
            is_form(last).then(|| format!("{plain} Limited Liability Company"))
        },
    },
];

fn is_form(word: &str) -> bool {
    let word: String = word.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
    ["llc", "ltd", "limited", "inc", "jsc", "ojsc", "sa", "gmbh", "fze", "company", "srl", "plc"]
        .contains(&word.as_str())
}

fn person(party: &Designation) -> Option<&str> {
    let name = party.name();
    (party.kind == PartyKind::Person && name.contains(' ') && name.is_ascii()).then_some(name)
}

fn entity(party: &Designation) -> Option<&str> {
    let name = party.name();
    (party.kind == PartyKind::Organisation && name.contains(' ')).then_some(name)
}

fn slavic(party: &Designation) -> Option<&str> {
    let name = person(party)?;
    let patronymic = |word: &str| word.to_lowercase().ends_with("vich");
    name.split(' ').any(patronymic).then_some(name)
}

/// As German, Polish or French papers would, one habit for each name.
fn romanised_otherwise(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let habits: [&[(&str, &str)]; 3] = [
        &[("kh", "h"), ("iy", "y"), ("ey ", "ei "), ("y ", "i "), ("ks", "x"), ("yev", "ev")],
        &[("zh", "zh"), ("y", "j"), ("v", "w"), ("kh", "ch")],
        &[("u", "ou"), ("ey ", "ei "), ("ch", "tch")],
    ];
    let habit = habits[if lower.contains("kh") { 0 } else { lower.len() % 3 }];
    let mut written = lower.clone() + " ";
    for (from, to) in habit {
        written = written.replace(from, to);
    }
    let written = capitalised(written.trim());
    (written.to_lowercase() != lower).then_some(written)
}

/// As the papers of other countries write an Arabic name, one habit for each: French, joined, with the
/// article as it is spoken.
fn arabic_otherwise(name: &str) -> Option<String> {
    let lower = format!(" {} ", name.to_lowercase());
    let is_arabic =
        [" al-", " abd", " abu ", " bin ", "uddin ", "allah ", " muhammad ", " mohammad "];
    if !is_arabic.iter().any(|mark| lower.contains(mark)) {
        return None;
    }
    let habits: [&[(&str, &str)]; 3] = [
        &[
            (" abd al-", " abdel "),
            (" abdul ", " abdel "),
            (" muhammad ", " mohamed "),
            (" mohammad ", " mohamed "),
            (" al-", " el-"),
            ("uddin ", "eddine "),
            ("u", "ou"),
            ("kh", "k"),
        ],
        &[
            (" abd al-", " abdul"),
            (" abdul ", " abdul"),
            (" muhammad ", " mohammed "),
            (" al-", " al"),
            (" bin ", " "),
            ("uddin ", " al-din "),
        ],
        &[
            (" abd al-", " abdul "),
            (" al-sh", " ash-sh"),
            (" al-s", " as-s"),
            (" al-r", " ar-r"),
            (" al-z", " az-z"),
            (" al-d", " ad-d"),
            (" al-t", " at-t"),
            (" al-n", " an-n"),
            (" bin ", " ibn "),
            ("allah ", "ullah "),
            (" muhammad ", " mohamad "),
        ],
    ];
    let mut written = lower.clone();
    for (from, to) in habits[lower.len() % 3] {
        written = written.replace(from, to);
    }
    (written != lower).then(|| capitalised(written.trim()))
}

/// The name in Russian letters, by the table passports are read with.
fn cyrillic(name: &str) -> String {
    const LETTERS: &[(&str, &str)] = &[
        ("shch", "щ"),
        ("zh", "ж"),
        ("kh", "х"),
        ("ts", "ц"),
        ("ch", "ч"),
        ("sh", "ш"),
        ("yu", "ю"),
        ("ya", "я"),
        ("ye", "е"),
        ("yo", "ё"),
        ("iy", "ий"),
        ("yy", "ый"),
        ("x", "кс"),
        ("a", "а"),
        ("b", "б"),
        ("v", "в"),
        ("g", "г"),
        ("d", "д"),
        ("e", "е"),
        ("z", "з"),
        ("i", "и"),
        ("j", "й"),
        ("k", "к"),
        ("l", "л"),
        ("m", "м"),
        ("n", "н"),
        ("o", "о"),
        ("p", "п"),
        ("r", "р"),
        ("s", "с"),
        ("t", "т"),
        ("u", "у"),
        ("f", "ф"),
        ("h", "х"),
        ("c", "к"),
        ("w", "в"),
        ("q", "к"),
    ];
    let mut written = String::new();
    for word in name.to_lowercase().split(' ') {
        let mut rest = word;
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            let vowel = "aeiou".contains(before);
            before = c;
            // After a vowel and at the end y is й, between consonants ы.
            if c == 'y'
                && !rest.starts_with("yu")
                && !rest.starts_with("ya")
                && !rest.starts_with("ye")
            {
                written.push_str(match (vowel, rest.len()) {
                    (true, _) => "й",
                    (false, 1) => "ий",
                    _ => "ы",
                });
                rest = &rest[1..];
                continue;
            }
            match LETTERS.iter().find(|(latin, _)| rest.starts_with(latin)) {
                Some((latin, letter)) => {
                    written.push_str(letter);
                    rest = &rest[latin.len()..];
                }
                None => rest = &rest[c.len_utf8()..],
            }
        }
        written.push(' ');
    }
    capitalised(written.trim())
}

/// A capital for every word, and for every part of a word after a hyphen.
fn capitalised(name: &str) -> String {
    let mut begins = true;
    let capital = |c: char| {
        let first = std::mem::replace(&mut begins, c == ' ' || c == '-');
        if first { c.to_uppercase().collect::<String>() } else { c.to_string() }
    };
    name.chars().map(capital).collect()
}

fn measure_planted(index: &Index, designations: &[Designation], texts: &[String]) {
    for way in WAYS {
        let able: Vec<(&Designation, String)> =
            designations.iter().filter_map(|party| Some((party, (way.write)(party)?))).collect();
        let step = (able.len() / PLANTED).max(1);
        let (mut found, mut all) = (0, 0);
        let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
        let mut missed = Vec::new();
        for (at, (party, name)) in able.iter().step_by(step).enumerate() {
            let host = &texts[at * 7 % texts.len()];
            let name = if name.is_ascii() { title_case(name) } else { name.clone() };
            let at =
                host[..host.floor_char_boundary(host.len() / 2)].rfind(". ").map_or(0, |at| at + 2);
            let text =
                format!("{}The minutes mention {name} and others. {}", &host[..at], &host[at..]);
            let place = at + "The minutes mention ".len();
            let is_it = |one: &&Match| {
                let here = one.mention.start < place + name.len() && place < one.mention.end;
                let entry = format!("{} {}", one.issuer.name(), one.designation);
                let own = format!("{} {}", party.issuer.name(), party.id);
                here && (entry == own || one.explanation.iter().any(|line| line.contains(&own)))
            };
            let best =
                index.matches("", &text, || false).iter().filter(is_it).map(|one| one.class).max();
            all += 1;
            match best {
                Some(class) => {
                    found += 1;
                    *classes.entry(class).or_default() += 1;
                }
                None => missed.push(name),
            }
        }
        let recall = f64::from(found) / f64::from(all.max(1));
        let classes: Vec<String> = classes
            .iter()
            .rev()
            .map(|(class, count)| format!("{} {count}", class.name()))
            .collect();
        println!("planted: {:28} {recall:.3} of {all} ({})", way.name, classes.join(", "));
        let shown = missed.iter().take(12).cloned().collect::<Vec<_>>();
        println!("    missed: {}", shown.join(" | "));
    }
}

/// Precision and recall on labelled pairs of names.
fn measure_pairs(file: &Path) {
    let Ok(table) = fs::read_to_string(file) else {
        println!("pairs: skipped: no {}", file.display());
        return;
    };
    let (mut found, mut wrong, mut missed) = (0, 0, 0);
    for record in table.lines().skip(1) {
        let fields = fields(record);
        let [_, kind, one, other, label, ..] = fields.as_slice() else { continue };
        let bearer = if kind == "Person" { Bearer::Person } else { Bearer::Other };
        match (ALIKE <= likeness(one, other, bearer), label == "true") {
            (true, true) => found += 1,
            (true, false) => wrong += 1,
            (false, true) => missed += 1,
            (false, false) => {}
        }
    }
    let share = |of: i32, rest: i32| f64::from(of) / f64::from((of + rest).max(1));
    println!("pairs: precision {:.3}, recall {:.3}", share(found, wrong), share(found, missed));
}

/// The fields of a line of CSV; a quoted field may hold commas and doubled quotation marks.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().expect("never empty").push(c),
        }
    }
    fields
}

/// As newspapers print what lists print in capitals.
fn title_case(name: &str) -> String {
    capitalised(&name.to_lowercase())
}

fn measure_speed(designations: &[Designation], texts: &[String]) {
    let listed = enlarged(designations);
    let names: Vec<String> =
        listed.iter().flat_map(|party| party.names.iter()).map(|name| name.text.clone()).collect();
    println!("speed: {} names", names.len());
    let index = build(listed);
    let bytes: usize = texts.iter().map(String::len).sum();
    let start = Instant::now();
    let bare = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .build(&names)
        .expect("names fit an automaton");
    println!(
        "bare Aho-Corasick: built in {:.2?}, {:.1} MB",
        start.elapsed(),
        bare.memory_usage() as f64 / 1e6
    );
    let time = |work: &dyn Fn(&str) -> usize| -> Duration {
        (0..3)
            .map(|_| {
                let start = Instant::now();
                black_box(texts.iter().map(|text| work(text)).sum::<usize>());
                start.elapsed()
            })
            .min()
            .unwrap_or_default()
    };
    let floor = time(&|text| bare.find_iter(text).count());
    let ours = time(&|text| index.matches("", text, || false).len());
    let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!(
        "bare {:.0} MB/s, screening {:.0} MB/s: {:.2} times its time",
        speed(floor),
        speed(ours),
        ours.as_secs_f64() / floor.as_secs_f64()
    );
}

/// The list made larger: names with their words exchanged, until there are enough.
fn enlarged(designations: &[Designation]) -> Vec<Designation> {
    let mut listed = designations.to_vec();
    let mut names: usize = listed.iter().map(|party| party.names.len()).sum();
    let mut shift = 1;
    while names < NAMES {
        for (at, party) in designations.iter().enumerate() {
            let other = &designations[(at + shift * 37) % designations.len()];
            let mut made = party.clone();
            made.id = format!("{}-{shift}", party.id);
            for (name, other) in made.names.iter_mut().zip(other.names.iter().cycle()) {
                let tail = other.text.rsplit(' ').next().unwrap_or_default();
                let head = name.text.rsplit_once(' ').map_or(name.text.as_str(), |(head, _)| head);
                name.text = format!("{head} {tail}{}", ["ov", "an", "ir", "os"][shift % 4]);
            }
            names += made.names.len();
            listed.push(made);
            if NAMES <= names {
                break;
            }
        }
        shift += 1;
    }
    listed
}

/// Records of the background files, without their labels and addresses.
fn background(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for name in ["masakhane-eng-test.tsv", "masakhane-fra-test.tsv", "10kgnad-test.csv"] {
        let Ok(file) = fs::read_to_string(folder.join(name)) else { continue };
        let mut record = String::new();
        let mut quoted = false;
        for line in file.lines() {
            quoted ^= line.matches('"').count() % 2 == 1;
            record.push_str(line);
            record.push('\n');
            if !quoted {
                texts.push(std::mem::take(&mut record));
            }
        }
    }
    texts
}

/// The parties of the newest edition of each list below a folder.
fn designations(folder: &Path) -> Vec<Designation> {
    let files = [
        "ofac_sdn_2021-07/sdn.csv",
        "ofac_sdn_2021-07/alt.csv",
        "ofac_sdn_2021-07/add.csv",
        "ofac_sdn_2019-01_cons_2025-12/cons_prim.csv",
        "ofac_sdn_2019-01_cons_2025-12/cons_alt.csv",
        "ofac_sdn_2019-01_cons_2025-12/cons_add.csv",
        "un/UN_consolidated.xml",
        "us_other/dpl.txt",
    ];
    let read: Vec<(&str, Vec<u8>)> =
        files.iter().filter_map(|name| Some((*name, fs::read(folder.join(name)).ok()?))).collect();
    let files: Vec<ListFile> =
        read.iter().map(|(name, bytes)| ListFile { name: (*name).to_owned(), bytes }).collect();
    match read_files(&files, None) {
        Ok(readings) => readings.into_iter().flat_map(|reading| reading.designations).collect(),
        Err(error) => {
            println!("{error}");
            Vec::new()
        }
    }
}
