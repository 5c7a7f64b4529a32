//! Mail kept as files: one `.eml` per message, whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::mail::Failure;
use crate::mail::mime::Letter;

/// Writes `letter` into `directory` under a name made from its `Message-ID`, so that the same
/// message sent again is the same file; gives the path.
pub(crate) async fn keep(directory: &Path, letter: Letter) -> Result<String, Failure> {
    let path = directory.join(file_name(&letter.id));
    let written = tokio::task::spawn_blocking({
        let path = path.clone();
        move || write(&path, &letter.bytes)
    });
    let failure = |error: &dyn std::fmt::Display| {
        let path = path.display();
        Failure::Down(format!("cannot write {path}: {error}; make its folder writable"))
    };
    match written.await {
        Ok(Ok(())) => Ok(path.display().to_string()),
        Ok(Err(error)) => Err(failure(&error)),
        Err(error) => Err(failure(&error)),
    }
}

/// Whether a file can be made there; a directory that is not there yet is made at need, where the
/// nearest above it takes files.
pub(crate) fn probe(directory: &Path) -> Result<(), Failure> {
    let there = directory.ancestors().find(|folder| folder.exists()).unwrap_or(directory);
    match tempfile::tempfile_in(there) {
        Ok(_) => Ok(()),
        Err(error) => {
            let there = there.display();
            Err(Failure::Down(format!("cannot write in {there}: {error}; make it writable")))
        }
    }
}

/// A reader of the directory sees the whole file or none, also after a power cut.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    fs::create_dir_all(&directory)?;
    let mut file = tempfile::Builder::new().prefix(".mail-").tempfile_in(&directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(&directory)?.sync_all()
}

/// The id itself where all its characters are safe in a file name, else a safe form of it with a
/// digest, so that two ids never share a name.
fn file_name(id: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    if id.chars().all(safe) && !id.starts_with('.') && !id.is_empty() && id.len() <= 200 {
        return format!("{id}.eml");
    }
    let digest = Sha256::digest(id.as_bytes());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let shown: String =
        id.chars().take(100).map(|c| if safe(c) && c != '.' { c } else { '_' }).collect();
    format!("{shown}-{digest}.eml")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_are_safe_and_their_own() {
        assert_eq!(file_name("alert.00ff.7@example.org"), "alert.00ff.7@example.org.eml");
        let strange = ["../../etc/passwd", ".._.._etc_passwd", "a/b", "a_b", "", ".", "ü", "a\0b"];
        let mut names: Vec<String> = strange.iter().map(|id| file_name(id)).collect();
        names.push(file_name(&"x".repeat(5_000)));
        for name in &names {
            assert!(name.len() < 250 && !name.contains(['/', '\0']) && !name.starts_with('.'));
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), strange.len() + 1);
    }
}
