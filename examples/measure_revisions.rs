//! Which edits are material and which are noise, on generated edits of texts in several languages:
//! `cargo run --release --example measure_revisions [-- --wrong]`.
//!
//! The texts and their edits lie in `tests/revisions`; `tests/it/support/edits.rs` makes the versions.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

use sanctionwatch::dedupe::change;
use sanctionwatch::model::judged::{Change, Version};

#[path = "../tests/it/support/edits.rs"]
mod edits;

use edits::{Edit, Meaning};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/revisions");
    let edits = edits::all(&folder);
    println!("{} edits", edits.len());
    for meaning in [Meaning::Material, Meaning::Noise, Meaning::Edited] {
        let found = edits.iter().filter(|edit| judged(edit) == meaning).count();
        let gold = edits.iter().filter(|edit| edit.meaning == meaning).count();
        let right =
            edits.iter().filter(|edit| edit.meaning == meaning && judged(edit) == meaning).count();
        println!(
            "{:<9} P {:.3}  R {:.3}  of {gold}",
            format!("{meaning:?}"),
            right as f64 / found as f64,
            right as f64 / gold as f64
        );
    }
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for edit in &edits {
        let (right, all) = kinds.entry(&edit.kind).or_default();
        *right += usize::from(judged(edit) == edit.meaning);
        *all += 1;
        if judged(edit) != edit.meaning && env::args().any(|argument| argument == "--wrong") {
            println!("  {} {} is {:?}", edit.language, edit.kind, change_of(edit));
        }
    }
    for (kind, (right, all)) in kinds {
        println!("  {kind:<18} {right} of {all}");
    }
}

fn judged(edit: &Edit) -> Meaning {
    match change_of(edit) {
        Change::None | Change::Noise => Meaning::Noise,
        Change::Edited => Meaning::Edited,
        Change::Material(_) => Meaning::Material,
    }
}

fn change_of(edit: &Edit) -> Change {
    let [old_title, old_text] = &edit.before;
    let [new_title, new_text] = &edit.after;
    change::of(
        Version { title: old_title, text: old_text },
        Version { title: new_title, text: new_text },
    )
}
