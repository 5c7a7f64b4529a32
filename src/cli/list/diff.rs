//! `list diff`: two editions as files, the changes between them as JSON lines.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::Serialize;

use crate::cli::Exit;
use crate::cli::list_files::{self, read_lists};
use crate::lists::{Bounds, Format, Reading, changes, check_shrink};
use crate::model::change::{Change, ChangeKind, FieldChange};

/// Tell what changed between two editions of a list, as JSON lines
///
/// OLD and NEW are files or folders. OFAC's sdn.csv is read with the alt.csv, add.csv and
/// sdn_comments.csv beside it. Each line says added, removed or amended, and an amended party's
/// fields with the values that came and went. A file that is cut off is refused.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The earlier edition
    old: PathBuf,
    /// The later edition
    new: PathBuf,
    /// Format of the files; recognised without
    #[arg(long, value_parser = list_files::format, value_name = "FORMAT")]
    format: Option<Format>,
    /// Refuse a new edition that is shorter than the old one by more than this
    #[arg(long, default_value_t = 20.0, value_name = "PERCENT")]
    shrink: f64,
}

/// A change as it is written.
#[derive(Debug, Serialize)]
struct Line<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'c str>,
    change: &'static str,
    list: &'c str,
    id: &'c str,
    issuer: &'static str,
    kind: &'static str,
    name: &'c str,
    programmes: &'c [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldLine<'c>>,
}

#[derive(Debug, Serialize)]
struct FieldLine<'c> {
    field: &'static str,
    added: &'c [String],
    removed: &'c [String],
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let old = read_lists(std::slice::from_ref(&args.old), args.format)?;
    let new = read_lists(std::slice::from_ref(&args.new), args.format)?;
    let mut output = BufWriter::new(std::io::stdout().lock());
    for pair in pairs(&old, &new)? {
        let bounds = Bounds { minimum: 1, shrink: args.shrink };
        let before = Some(pair.old.designations.len());
        check_shrink(&pair.new.name, pair.new.designations.len(), before, bounds)
            .context("with --shrink PERCENT you set the limit yourself")?;
        for change in changes(&pair.old.designations, &pair.new.designations) {
            let line = json(pair.new.list, None, &change)?;
            writeln!(output, "{line}").context("cannot write the changes")?;
        }
    }
    output.flush().context("cannot write the changes")?;
    Ok(Exit::Done)
}

/// Two editions of one list.
struct Pair<'r> {
    old: &'r Reading,
    new: &'r Reading,
}

/// Editions of the same list; what only one side holds is named on standard error and left out,
/// since a list that is not there is not a list without entries.
fn pairs<'r>(old: &'r [Reading], new: &'r [Reading]) -> anyhow::Result<Vec<Pair<'r>>> {
    let other = |readings: &'r [Reading], list| readings.iter().find(|it| it.list == list);
    let pairs: Vec<Pair<'_>> =
        new.iter().filter_map(|new| other(old, new.list).map(|old| Pair { old, new })).collect();
    if pairs.is_empty() {
        let names =
            |readings: &[Reading]| readings.iter().map(|it| it.list).collect::<Vec<_>>().join(", ");
        bail!(
            "there is nothing to compare: OLD holds {} and NEW holds {}; give two editions of one list",
            names(old),
            names(new)
        );
    }
    for (side, one, two) in [("OLD", old, new), ("NEW", new, old)] {
        for lonely in one.iter().filter(|it| other(two, it.list).is_none()) {
            let Reading { list, name, .. } = lonely;
            anstream::eprintln!("{list} ({name}) is only in {side} and is not compared");
        }
    }
    Ok(pairs)
}

/// A change as a JSON line; `at` is when its edition was fetched, where that is known.
pub(crate) fn json(list: &str, at: Option<&str>, change: &Change) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&line(list, at, change))?)
}

fn line<'c>(list: &'c str, at: Option<&'c str>, change: &'c Change) -> Line<'c> {
    let party = &change.party;
    let fields: &[FieldChange] = match &change.kind {
        ChangeKind::Amended(fields) => fields,
        ChangeKind::Added | ChangeKind::Removed => &[],
    };
    Line {
        at,
        change: change.kind.name(),
        list,
        id: &party.id,
        issuer: party.issuer.name(),
        kind: party.kind.name(),
        name: party.name(),
        programmes: &party.programmes,
        fields: fields
            .iter()
            .map(|it| FieldLine { field: it.field, added: &it.added, removed: &it.removed })
            .collect(),
    }
}
