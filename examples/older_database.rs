//! A database as the first versions left it, with one reader: `older_database FILE`.
//!
//! `deploy/debian/check` upgrades the package over it. The system's SQLite may be too old to make it.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::Context;

/// Migrations that the program of that time had.
const MIGRATIONS: usize = 4;

fn main() -> anyhow::Result<()> {
    let path = env::args_os().nth(1).context("name the file to write: older_database FILE")?;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/db/migrations");
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files: Vec<PathBuf> = files.collect::<std::io::Result<_>>()?;
    files.sort();
    let connection = rusqlite::Connection::open(path)?;
    for file in files.iter().take(MIGRATIONS) {
        connection.execute_batch(&fs::read_to_string(file)?)?;
    }
    connection.pragma_update(None, "user_version", MIGRATIONS)?;
    connection.execute_batch(
        "INSERT INTO subscriber (email, name, added)
         VALUES ('ada@example.org', 'Ada', '2024-01-01T00:00:00.000Z')",
    )?;
    Ok(())
}
