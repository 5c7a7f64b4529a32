//! Migrations, in the order of their files; `db/schema.sql` is what they add up to.

use include_dir::{Dir, include_dir};
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/db/migrations");

/// Brings a database to the present schema; each migration is a transaction of its own.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite_migration::Result<()> {
    migrations().to_latest(connection)
}

/// How many migrations this program has: the version of a database it has brought up to date.
pub(crate) fn known() -> usize {
    FILES.files().count()
}

fn migrations() -> Migrations<'static> {
    let mut files: Vec<_> = FILES.files().collect();
    files.sort_by_key(|file| file.path());
    Migrations::from_iter(
        files.into_iter().map(|file| M::up(file.contents_utf8().expect("migrations are UTF-8"))),
    )
}

/// Brings a database to the schema of a program that knew only the first `count` migrations.
#[cfg(test)]
pub(crate) fn migrate_to(
    connection: &mut Connection,
    count: usize,
) -> rusqlite_migration::Result<()> {
    migrations().to_version(connection, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements that make the schema, in the order they were made.
    fn dump(connection: &Connection) -> String {
        let mut statement = connection
            .prepare(
                "SELECT sql FROM sqlite_schema
                 WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'article_search_%'
                 ORDER BY rowid",
            )
            .unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|sql| sql.unwrap() + ";\n").collect()
    }

    #[test]
    fn migrations_are_valid_and_add_up_to_the_schema() {
        migrations().validate().unwrap();
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let schema = dump(&connection);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/db/schema.sql");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(path, &schema).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(schema, written, "run the test with UPDATE_EXPECTED=1 to write db/schema.sql");
    }

    #[test]
    fn migration_files_are_numbered_each_once() {
        let mut numbers: Vec<String> = FILES
            .files()
            .map(|file| file.path().to_string_lossy().chars().take(5).collect())
            .collect();
        numbers.sort();
        for number in &numbers {
            let (digits, line) = number.split_at(4);
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()) && line == "_", "{number}");
        }
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "a number twice: {numbers:?}");
    }
}
