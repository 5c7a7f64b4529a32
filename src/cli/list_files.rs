//! Files of official lists, as a command names them: a file, one of OFAC's with what lies beside
//! it, or a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::lists::{Format, ListFile, Reading, companions, read_files, recognise};
use crate::parse::gzip;

/// Bytes of one file: several times the longest official list.
const FILE_MAX: usize = 1 << 30;

/// A value for clap that is the word of a format.
pub(crate) fn format(word: &str) -> Result<Format, String> {
    Format::named(word).ok_or_else(|| format!("formats are {}", Format::names().join(", ")))
}

/// Reads the lists in files and folders; several of OFAC's CSV files become one list. Remarks of
/// the readers go to standard error.
///
/// # Errors
/// A file that cannot be read or is not whole; in a folder, files of unknown format are passed over
/// unless all are.
pub(crate) fn read_lists(
    paths: &[PathBuf],
    format: Option<Format>,
) -> anyhow::Result<Vec<Reading>> {
    let mut files: Vec<Loaded> = Vec::new();
    for path in paths {
        let found = if path.is_dir() { folder(path, format)? } else { file(path)? };
        for loaded in found {
            if !files.iter().any(|other| other.path == loaded.path) {
                files.push(loaded);
            }
        }
    }
    let named: Vec<ListFile<'_>> = files
        .iter()
        .map(|file| ListFile { name: file.path.display().to_string(), bytes: &file.bytes })
        .collect();
    let readings = read_files(&named, format)?;
    for note in readings.iter().flat_map(|reading| &reading.notes) {
        anstream::eprintln!("{}", note.text);
    }
    Ok(readings)
}

struct Loaded {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// A file, and those that go with it in its folder.
fn file(path: &Path) -> anyhow::Result<Vec<Loaded>> {
    let mut loaded = vec![load(path)?];
    let wanted = companions(&path.to_string_lossy());
    if !wanted.is_empty() {
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
        for beside in entries(parent.unwrap_or(Path::new(".")))? {
            let name = beside.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if wanted.contains(&name.trim_end_matches(".gz")) {
                loaded.push(load(&beside)?);
            }
        }
    }
    Ok(loaded)
}

fn folder(path: &Path, format: Option<Format>) -> anyhow::Result<Vec<Loaded>> {
    let mut loaded = Vec::new();
    for entry in entries(path)? {
        let file = load(&entry)?;
        if format.or_else(|| recognise(&file.bytes, &entry.to_string_lossy())).is_some() {
            loaded.push(file);
        } else {
            anstream::eprintln!("{} is passed over: its format is not known", entry.display());
        }
    }
    if loaded.is_empty() {
        bail!(
            "the folder {} holds no file of a known format; formats are {}",
            path.display(),
            Format::names().join(", ")
        );
    }
    Ok(loaded)
}

/// The files of a folder by name.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot read the folder {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn load(path: &Path) -> anyhow::Result<Loaded> {
    let bytes = fs::read(path)
        .with_context(|| format!("cannot read {}; check path and permissions", path.display()))?;
    let unpacked = gzip::unpack(&bytes, FILE_MAX)
        .with_context(|| format!("cannot unpack {}", path.display()))?
        .into_owned();
    Ok(Loaded { path: path.to_owned(), bytes: unpacked })
}
