//! A directory that the mail server puts mails into: a maildir, or plain files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::mail::incoming::LOOKED_AT;

/// The directory, and what is done with a mail that was read: it goes aside, so that nothing is lost
/// and nothing is read twice.
#[derive(Debug, Clone)]
pub struct Mailbox {
    waiting: PathBuf,
    read: PathBuf,
    /// What a maildir appends to the name of a mail that was seen.
    flag: &'static str,
}

impl Mailbox {
    /// The mailbox at `directory`: a maildir where there is a folder `new` in it, whose mails go to
    /// `cur`, else plain files, which go to a folder `read` beside them.
    pub fn at(directory: &Path) -> Self {
        let new = directory.join("new");
        if new.is_dir() {
            return Self { waiting: new, read: directory.join("cur"), flag: ":2,S" };
        }
        Self { waiting: directory.to_owned(), read: directory.join("read"), flag: "" }
    }

    /// The files that wait, at most `limit`, by name. Names that begin with a dot are still being
    /// written.
    ///
    /// # Errors
    /// A directory that cannot be read.
    pub fn waiting(&self, limit: usize) -> io::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.waiting)? {
            let entry = entry?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            // A link is not followed: whoever may write here need not be who may read elsewhere.
            if !hidden && entry.file_type()?.is_file() {
                paths.push(entry.path());
            }
        }
        paths.sort_unstable();
        paths.truncate(limit);
        Ok(paths)
    }

    /// The beginning of a mail, as far as it is looked at.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LOOKED_AT as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Puts a mail aside that has been dealt with.
    ///
    /// # Errors
    /// A file that cannot be moved.
    pub fn put_aside(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(&self.read)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(self.flag);
        fs::rename(path, self.read.join(name))
    }
}
