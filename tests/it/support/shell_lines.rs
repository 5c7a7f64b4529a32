//! The commands that the documents show, as somebody would type them.

use std::fs;
use std::path::Path;

/// One command line of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// File and line, for messages.
    pub(crate) place: String,
    /// The whole line, continuations joined, without prompt and comment.
    pub(crate) line: String,
    /// What our program gets of it.
    pub(crate) words: Vec<String>,
}

/// Every line of README.md and docs/ that runs the program, in blocks of code, in the order of the
/// documents.
pub(crate) fn shown(root: &Path) -> Vec<Shown> {
    let mut documents = vec![root.join("README.md")];
    let mut docs: Vec<_> =
        fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    docs.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    docs.sort();
    documents.extend(docs);
    let shown = documents.iter().flat_map(|path| {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        lines_of(&name, &fs::read_to_string(path).unwrap())
    });
    shown.collect()
}

fn lines_of(name: &str, text: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            block = if block.is_none() { Some(info.trim().to_owned()) } else { None };
            continue;
        }
        let Some(kind) = &block else { continue };
        let typed = match (kind.as_str(), &begun) {
            (_, Some(_)) | ("sh", None) => Some(line),
            ("console", None) => line.strip_prefix("$ ").or_else(|| line.strip_prefix("# ")),
            _ => None,
        };
        let Some(typed) = typed else { continue };
        let (start, sofar) = begun.take().unwrap_or((number + 1, String::new()));
        let joined = sofar + typed.trim_start().trim_end_matches('\\');
        if typed.ends_with('\\') {
            begun = Some((start, joined));
            continue;
        }
        let line = joined.split("  #").next().unwrap().trim().to_owned();
        if let Some(words) = our_words(&line) {
            found.push(Shown { place: format!("{name}:{start}"), line, words });
        }
    }
    found
}

/// What comes after the program's name; none where the line does not run it.
fn our_words(line: &str) -> Option<Vec<String>> {
    let line = line.replace("cargo run --release -- ", "sanctionwatch ");
    let part = line.split(" | ").find(|part| {
        let names = part.split_whitespace().filter(|word| *word == "sanctionwatch").count();
        names > 0 && !part.trim_start().starts_with("systemctl") && !part.contains("cargo ")
    })?;
    let mut words = words(part);
    let place = words.iter().rposition(|word| word == "sanctionwatch")?;
    let mut ours = words.split_off(place + 1);
    if let Some(end) =
        ours.iter().position(|word| [">", "<", "2>", "&&", ";"].contains(&word.as_str()))
    {
        ours.truncate(end);
    }
    Some(ours)
}

/// The words of a line as a shell takes them: quotes hold together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut is_word) = (String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, is_word) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if is_word || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (None, c) => word.push(c),
        }
    }
    if is_word || !word.is_empty() {
        words.push(word);
    }
    words
}
