//! Official lists measured: counts of the real editions, the change between two of them against a
//! direct comparison of ids, cut files refused, and the speed of reading.
//!
//! `cargo run --release --example measure_lists` with the corpora beside the repository or in
//! `SANCTIONWATCH_CORPORA`.

#![expect(clippy::print_stdout, reason = "a measurement prints its figures")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use sanctionwatch::lists::{ListError, ListFile, Reading, changes, read, read_files};
use sanctionwatch::model::change::ChangeKind;
use sanctionwatch::model::designation::{Designation, NameQuality};

/// Cuts tried on each file.
const CUTS: usize = 500;

fn main() -> anyhow::Result<()> {
    let corpora = env::var_os("SANCTIONWATCH_CORPORA").map(PathBuf::from);
    let lists = corpora.unwrap_or_else(|| "../shared/corpora".into()).join("lists");
    if !lists.is_dir() {
        println!("no lists under {}: nothing to measure", lists.display());
        return Ok(());
    }
    let old = lists.join("ofac_sdn_2019-01_cons_2025-12");
    let new = lists.join("ofac_sdn_2021-07");
    let sdn = ["sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv"];
    let consolidated = ["cons_prim.csv", "cons_alt.csv", "cons_add.csv", "cons_comments.csv"];
    println!("## Counts and speed");
    let before = measure(&old, &sdn)?;
    let after = measure(&new, &sdn)?;
    measure(&old, &consolidated)?;
    measure(&lists.join("un"), &["UN_consolidated.xml"])?;
    measure(&lists.join("us_other"), &["csl.csv"])?;
    measure(&lists.join("us_other"), &["dpl.txt"])?;
    measure(&lists.join("us_other"), &["us_tel.json"])?;
    println!("\n## Change between the OFAC editions");
    compare(&before, &after, &old, &new)?;
    println!("\n## Cut files");
    for (folder, name) in [
        (&new, "sdn.csv"),
        (&old, "cons_prim.csv"),
        (&lists.join("un"), "UN_consolidated.xml"),
        (&lists.join("us_other"), "csl.csv"),
        (&lists.join("us_other"), "dpl.txt"),
        (&lists.join("us_other"), "us_tel.json"),
    ] {
        cut(folder, name)?;
    }
    cut_beside(&new, &sdn)
}

fn measure(folder: &Path, names: &[&str]) -> anyhow::Result<Vec<Designation>> {
    let files = load(folder, names)?;
    let start = Instant::now();
    let readings = read_files(&named(&files), None)?;
    let seconds = start.elapsed().as_secs_f64();
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let mut all = Vec::new();
    for Reading { list, designations, notes, .. } in readings {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let mut qualities: BTreeMap<NameQuality, usize> = BTreeMap::new();
        for party in &designations {
            *kinds.entry(party.kind.name()).or_default() += 1;
            party.names.iter().for_each(|it| *qualities.entry(it.quality).or_default() += 1);
        }
        let names: Vec<String> = qualities
            .iter()
            .map(|(quality, count)| format!("{count} {}", quality.name()))
            .collect();
        println!(
            "{list} ({}): {} parties {kinds:?}, names {}",
            names_of(&files),
            designations.len(),
            names.join(", ")
        );
        let with = |has: fn(&Designation) -> bool| designations.iter().filter(|it| has(it)).count();
        println!(
            "  with programme {}, country {}, birth {}, identifier {}, position {}, day {}, remark {}",
            with(|it| !it.programmes.is_empty()),
            with(|it| !it.countries.is_empty()),
            with(|it| !it.births.is_empty()),
            with(|it| !it.identifiers.is_empty()),
            with(|it| !it.positions.is_empty()),
            with(|it| it.listed_on.is_some()),
            with(|it| !it.remarks.is_empty()),
        );
        println!("  {:.0} ms, {:.0} MB/s", seconds * 1e3, bytes as f64 / seconds / 1e6);
        notes.iter().for_each(|note| println!("  note: {}", note.text));
        all.extend(designations);
    }
    Ok(all)
}

/// The change between two editions, beside what the numbers in the first column of the two files
/// say, read without any of our code.
fn compare(
    before: &[Designation],
    after: &[Designation],
    old: &Path,
    new: &Path,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let found = changes(before, after);
    let seconds = start.elapsed().as_secs_f64();
    let ids = |kind: &str| -> BTreeSet<String> {
        let of_kind = found.iter().filter(|change| change.kind.name() == kind);
        of_kind.map(|change| change.party.id.clone()).collect()
    };
    let (one, other) = (first_columns(&old.join("sdn.csv"))?, first_columns(&new.join("sdn.csv"))?);
    let added: BTreeSet<String> = other.difference(&one).cloned().collect();
    let removed: BTreeSet<String> = one.difference(&other).cloned().collect();
    println!("added {} (directly {})", ids("added").len(), added.len());
    println!("removed {} (directly {})", ids("removed").len(), removed.len());
    println!("amended {} of {} in both", ids("amended").len(), one.intersection(&other).count());
    println!("same ids: {}", ids("added") == added && ids("removed") == removed);
    let mut fields: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &found {
        if let ChangeKind::Amended(amended) = &change.kind {
            amended.iter().for_each(|it| *fields.entry(it.field).or_default() += 1);
        }
    }
    println!("fields amended {fields:?}; {:.0} ms", seconds * 1e3);
    anyhow::ensure!(ids("added") == added && ids("removed") == removed, "the ids differ");
    Ok(())
}

fn first_columns(path: &Path) -> anyhow::Result<BTreeSet<String>> {
    let bytes = fs::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    // No field of these files holds a line break.
    let numbers = text.lines().filter_map(|line| line.split(',').next());
    Ok(numbers.filter(|it| it.parse::<u64>().is_ok()).map(str::to_owned).collect())
}

/// Cuts a file at places spread over it; says how many cuts were refused, and how many of the
/// others stood between two rows, where nothing in the file shows the cut.
fn cut(folder: &Path, name: &str) -> anyhow::Result<()> {
    let bytes = fs::read(folder.join(name))?;
    let (mut refused, mut at_row, mut other) = (0, 0, 0);
    for step in 1..=CUTS {
        let end = (bytes.len() - 3) * step / (CUTS + 1);
        let (part, next) = (&bytes[..end], bytes[end]);
        match read(part, None, name) {
            Err(ListError::Broken { .. } | ListError::Unknown { .. } | ListError::Empty { .. }) => {
                refused += 1;
            }
            Err(error) => anyhow::bail!("{error}"),
            Ok(_) if next == b'\n' || next == b'\r' || part.ends_with(b"\n") => at_row += 1,
            Ok(_) => other += 1,
        }
    }
    println!("{name}: {refused} of {CUTS} cuts refused, {at_row} between rows, {other} others");
    Ok(())
}

/// Cuts the main file of a set between two rows, the others whole.
fn cut_beside(folder: &Path, names: &[&str]) -> anyhow::Result<()> {
    let mut files = load(folder, names)?;
    let whole = files[0].bytes.clone();
    let ends: Vec<usize> =
        whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    let (mut refused, mut least) = (0, None);
    let tried: Vec<usize> = ends.iter().rev().skip(1).step_by(25).copied().collect();
    for end in &tried {
        files[0].bytes = whole[..*end].to_vec();
        if read_files(&named(&files), None).is_err() {
            refused += 1;
            least.get_or_insert(100.0 * (whole.len() - end) as f64 / whole.len() as f64);
        }
    }
    println!(
        "{} cut between rows, the files beside it whole: {refused} of {} refused, from {:.1} % cut off",
        names[0],
        tried.len(),
        least.unwrap_or(100.0)
    );
    Ok(())
}

struct Loaded {
    name: String,
    bytes: Vec<u8>,
}

fn load(folder: &Path, names: &[&str]) -> anyhow::Result<Vec<Loaded>> {
    let load =
        |name: &&str| Ok(Loaded { name: (*name).to_owned(), bytes: fs::read(folder.join(name))? });
    names.iter().map(load).collect()
}

fn named(files: &[Loaded]) -> Vec<ListFile<'_>> {
    files.iter().map(|it| ListFile { name: it.name.clone(), bytes: &it.bytes }).collect()
}

fn names_of(files: &[Loaded]) -> String {
    files.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ")
}
