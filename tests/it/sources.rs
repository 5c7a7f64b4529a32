//! Source files: every mistake is answered with its place and remedy, and every file of the
//! catalogue reads the listing and the article it ships with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sanctionwatch::model::source::{ListingKind, Source};
use sanctionwatch::sources;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files in `folder` that end in `ending`, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files.sort();
    files
}

/// Each `tests/sources/bad/<mistake>.toml` is read as `us/<mistake>.toml` and answered with the
/// lines of `<mistake>.txt`. To write the answers of new files, set `UPDATE_EXPECTED=1` and read
/// them before they are committed.
#[test]
fn each_mistake_is_answered_with_its_place_and_remedy() {
    let bad = files(&root().join("tests/sources/bad"), "toml");
    assert!(40 < bad.len(), "only {} bad files found", bad.len());
    let mut wrong = Vec::new();
    for path in bad {
        let name = format!("us/{}", path.file_name().unwrap().to_str().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let faults = sources::read(Path::new(&name), &name, &text).err().unwrap_or_default();
        let said: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
        let answer = path.with_extension("txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&answer, &said).unwrap();
        }
        let expected = fs::read_to_string(&answer).unwrap_or_default();
        if said != expected || said.is_empty() {
            wrong.push(format!("{name} says\n{said}but should say\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
