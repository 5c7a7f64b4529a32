//! Before migrations: a copy of the database as the older program left it, for the way back.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

use rusqlite::Connection;

use crate::store::{Error, Result, schema};

/// Copies kept: of the last upgrade, and of the one before in case that one was broken off.
const KEPT: usize = 2;

/// Keeps a copy of a database with an older schema beside it, as `<database>.schema-<number>`, and
/// drops copies of long ago. Does nothing where the schema is new or present.
///
/// # Errors
/// [`Error::CopyBefore`] where there is no room for it: nobody should have to go on without one.
pub(crate) fn keep_older(connection: &Connection, path: &Path) -> Result<()> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 || schema::known() <= version {
        return Ok(());
    }
    let fault = |reason: String| Error::CopyBefore { path: path.to_owned(), reason };
    let copy = beside(path, &format!("schema-{version}"));
    tracing::info!(copy = %copy.display(), "the database is older than this program; a copy is kept");
    // Another process may open the database at the same moment: each writes a draft of its own.
    let draft = beside(path, &format!("schema-{version}.part-{}", process::id()));
    let written = copy_to(connection, &draft).and_then(|()| {
        fs::rename(&draft, &copy).map_err(|error| error.to_string())?;
        drop_old(path).map_err(|error| error.to_string())
    });
    if written.is_err() && draft.exists() {
        fs::remove_file(&draft).map_err(|error| fault(error.to_string()))?;
    }
    written.map_err(fault)
}

/// Writes the database as it is at this moment to a file that only its owner reads, and to disk.
fn copy_to(connection: &Connection, draft: &Path) -> std::result::Result<(), String> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let file = options.open(draft).map_err(|error| error.to_string())?;
    let name = draft.to_str().ok_or("the path is not Unicode")?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(|error| error.to_string())?;
    file.sync_all().map_err(|error| error.to_string())
}

fn drop_old(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let start = beside(path, "schema-");
    let start = start.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut copies: Vec<(usize, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix(&start).and_then(|number| number.parse().ok());
        copies.extend(number.map(|number| (number, entry.path())));
    }
    copies.sort();
    for (_, copy) in copies.iter().rev().skip(KEPT) {
        fs::remove_file(copy)?;
    }
    // The new name must survive a power failure before the first migration is written.
    File::open(folder)?.sync_all()
}

/// `<path>.<ending>`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::store::Store;

    /// A database as a program with `count` migrations left it, with one reader.
    fn older(path: &Path, count: usize) {
        let mut connection = Connection::open(path).unwrap();
        schema::migrate_to(&mut connection, count).unwrap();
        let reader = "INSERT INTO subscriber (email, name, added)
                      VALUES ('ada@example.org', 'Ada', '2024-01-01T00:00:00.000Z')";
        connection.execute(reader, []).unwrap();
    }

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
        names.sort();
        names
    }

    #[tokio::test]
    async fn an_older_database_is_copied_once_and_keeps_its_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        older(&path, 4);
        for _ in 0..2 {
            let store = Store::open(&path).unwrap();
            assert_eq!(store.subscribers().await.unwrap()[0].name, "Ada");
        }
        assert_eq!(files(folder.path()), ["a.db", "a.db.schema-4"]);
        let copy = folder.path().join("a.db.schema-4");
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let copy = Connection::open(copy).unwrap();
        let version: usize =
            copy.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        let readers: usize =
            copy.query_row("SELECT count(*) FROM subscriber", [], |row| row.get(0)).unwrap();
        assert_eq!((version, readers), (4, 1));
    }

    #[test]
    fn a_new_database_has_no_copy_and_copies_of_long_ago_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Store::open(&path).unwrap();
        assert_eq!(files(folder.path()), ["a.db"]);
        fs::remove_file(&path).unwrap();
        for name in ["a.db.schema-2", "a.db.schema-1", "a.db.schema-x", "b.db.schema-1"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        older(&path, 3);
        Store::open(&path).unwrap();
        let left = ["a.db", "a.db.schema-2", "a.db.schema-3", "a.db.schema-x", "b.db.schema-1"];
        assert_eq!(files(folder.path()), left);
    }

    #[test]
    fn without_room_for_the_copy_nothing_is_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        older(&path, 3);
        // A folder in the way of the copy.
        fs::create_dir(folder.path().join("a.db.schema-3")).unwrap();
        let error = Store::open(&path).unwrap_err().to_string();
        assert!(error.contains("make room"), "{error}");
        let connection = Connection::open(&path).unwrap();
        let version: usize =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 3);
        assert_eq!(files(folder.path()), ["a.db", "a.db.schema-3"]);
    }
}
