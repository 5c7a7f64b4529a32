//! The door to selectors/: source files become sources, mistakes become errors with their place.

mod codes;
pub mod draft;
mod file;
mod listing;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::model::source::{Source, SourceId};
use crate::written::Mistake;

/// One mistake in a source file, with its place.
pub type Fault = Mistake;

/// The catalogue that ships, inside the binary.
static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/selectors");

/// A source file is a page of settings; what is longer was not written by a person.
const LONGEST_FILE: u64 = 1 << 20;

/// Reads every `<country>/<slug>.toml` below `dir`, in the order of their ids.
///
/// A file with mistakes is left out and all its mistakes are returned; the others are loaded.
pub fn load(dir: &Path) -> (Vec<Source>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut sources = Vec::new();
    for path in toml_files(dir, &mut faults) {
        let name = path.display().to_string();
        let inside = path.strip_prefix(dir).unwrap_or(&path);
        match read_text(&path) {
            Ok(text) => match read(inside, &name, &text) {
                Ok(source) => sources.push(source),
                Err(mistakes) => faults.extend(mistakes),
            },
            Err(error) => faults.push(Fault::of_file(name, error)),
        }
    }
    sources.sort_by(|left, right| left.id.cmp(&right.id));
    (sources, faults)
}

/// The sources that ship with the binary, in the order of their ids.
pub fn catalogue() -> Vec<Source> {
    let files = SHIPPED.dirs().flat_map(Dir::files);
    let mut sources: Vec<Source> = files
        .map(|file| {
            let name = format!("selectors/{}", file.path().display());
            let text = file.contents_utf8().expect("a shipped source file is UTF-8");
            read(file.path(), &name, text).expect("a test reads every shipped source file")
        })
        .collect();
    sources.sort_by(|left, right| left.id.cmp(&right.id));
    sources
}

/// The catalogue with the operator's own sources from `dir`: a file there with a shipped id takes
/// the shipped one's place. In the order of their ids.
pub fn with_own(dir: &Path) -> (Vec<Source>, Vec<Fault>) {
    let (own, faults) = load(dir);
    let by_id = |source: Source| (source.id.clone(), source);
    let all: BTreeMap<SourceId, Source> = catalogue().into_iter().chain(own).map(by_id).collect();
    (all.into_values().collect(), faults)
}

/// Reads the text of one source file.
///
/// `inside` is its path below the selectors directory, which gives the id; `name` is what its
/// mistakes call it.
///
/// # Errors
/// Every mistake in the file, in the order of their places.
pub fn read(inside: &Path, name: &str, text: &str) -> Result<Source, Vec<Fault>> {
    let id = id_of(inside).map_err(|error| vec![Fault::of_file(name, error)])?;
    file::read(id, name, text)
}

/// `us/ofac-recent-actions` of `us/ofac-recent-actions.toml`.
fn id_of(inside: &Path) -> Result<SourceId, String> {
    let inside = inside.with_extension("");
    let parts: Vec<String> =
        inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.len() != 2 {
        return Err("a source file lies in a folder named after its country; \
                    move it to <country>/<slug>.toml"
            .to_owned());
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match parts.iter().find(|part| part.is_empty() || !part.chars().all(allowed)) {
        Some(part) => Err(format!(
            "the name {part:?} is not fit for an id; rename it with a-z, 0-9 and - only"
        )),
        None => Ok(SourceId(parts.join("/"))),
    }
}

/// Every `*.toml` in `dir` and the folders in it, at most two levels down, sorted.
fn toml_files(dir: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![(dir.to_path_buf(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.unwrap_or_else(|error| {
            let text = format!("the folder cannot be read ({error}); check path and permissions");
            faults.push(Fault::of_file(folder.display().to_string(), text));
            Vec::new()
        });
        for path in entries.into_iter().map(|entry| entry.path()) {
            if path.is_dir() {
                if depth < 2 {
                    folders.push((path, depth + 1));
                }
            } else if path.extension().is_some_and(|ending| ending == "toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn read_text(path: &Path) -> Result<String, String> {
    let unreadable = |error| format!("the file cannot be read ({error}); check its permissions");
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if LONGEST_FILE < length {
        return Err(format!("the file has {length} bytes; a source file has a few hundred"));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("byte {at} is not UTF-8; save the file as UTF-8")
    })
}
