//! Edits of texts of our own in several languages, each with what it is: the table that the decision
//! on changes is tested and measured on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// What an edit is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// No revision.
    Noise,
    /// A revision that tells nobody anything new.
    Edited,
    /// A revision that those who got the alert want to know of.
    Material,
}

/// A title and a text, before and after.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) language: String,
    pub(crate) kind: String,
    pub(crate) meaning: Meaning,
    pub(crate) before: [String; 2],
    pub(crate) after: [String; 2],
}

#[derive(Deserialize)]
struct Base {
    title: String,
    blocks: Vec<String>,
    edits: Edits,
}

/// Pairs of what stands in the text and what takes its place; of `stamp` and `counter` whole lines
/// at the end of the text, before and after.
#[derive(Deserialize)]
struct Edits {
    stamp: Vec<[String; 2]>,
    counter: Vec<[String; 2]>,
    added: Vec<String>,
    #[serde(flatten)]
    replaced: BTreeMap<String, Vec<[String; 2]>>,
}

/// Every edit of every text under `folder`.
pub(crate) fn all(folder: &Path) -> Vec<Edit> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the folder of texts")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let mut edits = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a text");
        let base: Base = serde_json::from_str(&text).expect("a text with its edits");
        let language = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut add = |kind: &str, meaning, before, after| {
            let (language, kind) = (language.clone(), kind.to_owned());
            edits.push(Edit { language, kind, meaning, before, after });
        };
        typography(&base, &mut add);
        blocks(&base, &mut add);
        lines(&base, &mut add);
        replacements(&base, &mut add);
    }
    edits
}

type Add<'a> = dyn FnMut(&str, Meaning, [String; 2], [String; 2]) + 'a;

fn whole(base: &Base) -> [String; 2] {
    [base.title.clone(), base.blocks.join("\n\n")]
}

fn typography(base: &Base, add: &mut Add<'_>) {
    let [title, text] = whole(base);
    let cut = text.replacen(". ", ".\n\n", 1).replacen('。', "。\n\n", 1);
    let after = [
        [title.clone(), text.replace(' ', "\u{a0}")],
        [title.clone(), text.replace(", ", " – ").replace('，', "、")],
        [title.clone(), text.replace(". ", ".  ").replace("\n\n", "\n \n\n")],
        [title.to_uppercase(), text.clone()],
        [title.clone(), cut],
        [format!("“{title}”"), text.replace('(', "[").replace(')', "]")],
    ];
    for after in after {
        add("typographic", Meaning::Noise, whole(base), after);
    }
}

fn blocks(base: &Base, add: &mut Add<'_>) {
    let with = |blocks: Vec<&str>| [base.title.clone(), blocks.join("\n\n")];
    let blocks: Vec<&str> = base.blocks.iter().map(String::as_str).collect();
    for at in 0..blocks.len() {
        let mut fewer = blocks.clone();
        fewer.remove(at);
        add("removed paragraph", Meaning::Material, whole(base), with(fewer));
    }
    for at in 1..blocks.len() {
        let mut swapped = blocks.clone();
        swapped.swap(at - 1, at);
        add("reordered", Meaning::Edited, whole(base), with(swapped));
    }
    for added in &base.edits.added {
        let mut more = blocks.clone();
        more.insert(2, added);
        add("added paragraph", Meaning::Material, whole(base), with(more));
    }
}

fn lines(base: &Base, add: &mut Add<'_>) {
    let with = |line: &str| {
        let [title, text] = whole(base);
        [title, if line.is_empty() { text } else { format!("{text}\n\n{line}") }]
    };
    for (kind, pairs) in [("date stamp", &base.edits.stamp), ("counter", &base.edits.counter)] {
        for [before, after] in pairs {
            add(kind, Meaning::Noise, with(before), with(after));
        }
    }
}

fn replacements(base: &Base, add: &mut Add<'_>) {
    for (kind, pairs) in &base.edits.replaced {
        let meaning = if kind == "wording" { Meaning::Edited } else { Meaning::Material };
        for [from, to] in pairs {
            let after = whole(base).map(|part| part.replacen(from, to, 1));
            assert_ne!(after, whole(base), "{from} does not stand in the text");
            let after = if kind == "title" {
                [after[0].clone(), whole(base)[1].clone()]
            } else {
                [whole(base)[0].clone(), after[1].clone()]
            };
            add(kind, meaning, whole(base), after);
        }
    }
}
