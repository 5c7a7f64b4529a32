//! Keeps `docs/architecture.md`: its table decides which module may use which, what a pure module
//! may touch, and where SQL and each outside crate live. The checker itself is tested at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, iter};

/// The table and the homes, as the document gives them.
struct House {
    /// In the order of the table.
    rows: Vec<Row>,
    /// Crate name → modules that may name it.
    homes: BTreeMap<String, BTreeSet<String>>,
}

struct Row {
    module: String,
    kind: String,
    may_use: BTreeSet<String>,
}

/// One source file: the module it belongs to, its name for messages, its text.
struct File {
    module: String,
    name: String,
    text: String,
}

/// What no pure module may name: files, sockets, clocks, environment, threads, logs, waiting.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "std::time",
    "tokio",
    "tracing::",
    "async fn",
    "async move",
    ".await",
    "println!",
    "eprintln!",
    "Utc::now",
    "Local::now",
    "Instant::now",
    "SystemTime",
];

/// Openings of SQL statements, as they stand in upper case at the head of a string.
const SQL: &[&str] = &[
    "SELECT ",
    "WITH ",
    "INSERT INTO",
    "INSERT OR",
    "UPDATE ",
    "DELETE FROM",
    "CREATE TABLE",
    "CREATE INDEX",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
];

/// Names that say nothing about what is inside (style rule 19).
const EMPTY_NAMES: &[&str] =
    &["utils", "util", "helpers", "helper", "common", "manager", "handler", "data", "info", "misc"];

#[test]
fn the_sources_keep_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let house = read_house(&fs::read_to_string(root.join("docs/architecture.md")).unwrap());
    let files = read_sources(&root.join("src"));
    assert!(20 < files.len(), "found only {} source files", files.len());
    let faults = check(&house, &files);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_table_names_every_module_and_only_modules_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let house = read_house(&fs::read_to_string(root.join("docs/architecture.md")).unwrap());
    let listed: BTreeSet<&str> = house.rows.iter().map(|row| row.module.as_str()).collect();
    let lib = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let declared: BTreeSet<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(listed, declared);
    let mut above = BTreeSet::new();
    for row in &house.rows {
        for used in &row.may_use {
            assert!(
                above.contains(used),
                "{} may use {used}, which does not stand above it",
                row.module
            );
        }
        above.insert(row.module.clone());
    }
}

fn read_house(document: &str) -> House {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let mut house = House { rows: Vec::new(), homes: BTreeMap::new() };
    let mut table = "";
    for line in document.lines() {
        match line {
            "| module | kind | may use |" => table = "modules",
            "| crate | home | why this crate |" => table = "crates",
            line if !line.starts_with('|') => table = "",
            line if line.starts_with("|---") => {}
            line => {
                let cells = cells(line);
                let name = names(&cells[0]).pop_first();
                match (table, name) {
                    ("modules", Some(module)) => house.rows.push(Row {
                        module,
                        kind: cells[1].clone(),
                        may_use: names(&cells[2]),
                    }),
                    ("crates", Some(name)) => {
                        house.homes.insert(name, names(&cells[1]));
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(!house.rows.is_empty() && !house.homes.is_empty(), "the document lost its tables");
    house
}

fn read_sources(src: &Path) -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![src.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(src).unwrap().to_string_lossy().into_owned();
                let module = name.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
                files.push(File { module, name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    files
}

/// Every breach, as a line that names the file, the line and the rule.
fn check(house: &House, files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| !["lib", "main", "bin"].contains(&file.module.as_str()))
        .flat_map(|file| check_file(house, file))
        .collect()
}

fn check_file(house: &House, file: &File) -> Vec<String> {
    let Some(row) = house.rows.iter().find(|row| row.module == file.module) else {
        return vec![format!("{}: module {} is not in the table", file.name, file.module)];
    };
    let mut faults = Vec::new();
    if !file.text.starts_with("//!") {
        faults
            .push(format!("{}:1: does not begin with a //! line that says what it is", file.name));
    }
    let stem = Path::new(&file.name).file_stem().unwrap().to_string_lossy().into_owned();
    if EMPTY_NAMES.contains(&stem.as_str()) {
        faults.push(format!("{}: the name {stem:?} says nothing", file.name));
    }
    let text = spread_uses(&file.text);
    for (number, line, in_tests) in code_lines(&text) {
        let mut fault = |what: String| faults.push(format!("{}:{number}: {what}", file.name));
        for used in crate_paths(line) {
            if used != row.module && !row.may_use.contains(used) {
                fault(format!("{} may not use crate::{used}", row.module));
            }
        }
        if line.contains("super::") && !in_tests {
            fault("super:: hides where a name comes from; write crate::".to_owned());
        }
        if row.kind == "pure" && !in_tests {
            for word in IMPURE.iter().filter(|word| line.contains(*word)) {
                fault(format!("a pure module may not touch {word}"));
            }
        }
        if row.module != "store" {
            let opens = |opening: &str| {
                line.contains(&format!("\"{opening}")) || line.trim_start().starts_with(opening)
            };
            for opening in SQL.iter().filter(|opening| opens(opening)) {
                fault(format!("SQL ({opening:?}) outside store"));
            }
        }
        for (name, homes) in &house.homes {
            if names_crate(line, name) && !homes.contains(&row.module) && !in_tests {
                fault(format!("crate {name} has its home in {homes:?}"));
            }
        }
    }
    faults
}

/// Lines of code with their number and whether they belong to a test module; comments are skipped.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str, bool)> {
    let mut in_tests = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        in_tests |= line.starts_with("#[cfg(test)]");
        (!line.trim_start().starts_with("//")).then_some((index + 1, line, in_tests))
    })
}

/// Modules named as `crate::module` in a line.
fn crate_paths(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, found)| {
        let rest = &line[at + found.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

/// The text with every `use` item on its first line, each path of it written out, so that
/// `use std::{fs, io};` and an item broken over lines hide nothing. Lines keep their numbers.
fn spread_uses(text: &str) -> String {
    let mut spread = String::new();
    let mut item: Option<String> = None;
    let mut owed = 0;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let opens = ["use ", "pub use ", "pub(crate) use "]
            .iter()
            .find_map(|opening| trimmed.strip_prefix(opening));
        match (&mut item, opens) {
            (None, None) => {
                spread.push_str(line);
                spread.push('\n');
                continue;
            }
            (None, Some(rest)) => item = Some(rest.to_owned()),
            (Some(item), _) => {
                item.push_str(trimmed);
                owed += 1;
            }
        }
        if let Some(whole) = item.take_if(|item| item.ends_with(';')) {
            spread.push_str("use ");
            spread.push_str(&paths_of("", whole.trim_end_matches(';')).join("; "));
            spread.push('\n');
            spread.push_str(&"\n".repeat(owed));
            owed = 0;
        }
    }
    spread
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn paths_of(prefix: &str, tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else {
        return vec![format!("{prefix}{}", tree.trim())];
    };
    let prefix = format!("{prefix}{}", head.trim());
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let mut depth = 0;
    inner
        .split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        })
        .filter(|part| !part.trim().is_empty())
        .flat_map(|part| paths_of(&prefix, part))
        .collect()
}

fn names_crate(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

// The checker checked: each planted breach is found, and clean code passes.

const HOUSE: &str = "\
| module | kind | may use |
|---|---|---|
| `model` | pure | |
| `parse` | pure | `model` |
| `clean` | pure | `model` |
| `store` | door | `model` |

| crate | home | why this crate |
|---|---|---|
| `rusqlite` | `store` | x |
";

fn faults_of(name: &str, code: &str) -> Vec<String> {
    let text = format!("//! A file.\n{code}\n");
    let module = name.split('/').next().unwrap().to_owned();
    check(&read_house(HOUSE), &[File { module, name: name.to_owned(), text }])
}

#[test]
fn planted_breaches_are_found() {
    let cases = [
        ("clean/mod.rs", "use crate::parse::page;", "clean may not use crate::parse"),
        ("clean/mod.rs", "use crate::{model, parse};", "clean may not use crate::parse"),
        (
            "clean/mod.rs",
            "use crate::{\n    model::article,\n    parse::page,\n};",
            "use crate::parse",
        ),
        ("clean/mod.rs", "use std::{fs, fmt};", "may not touch std::fs"),
        ("clean/mod.rs", "let q = \"\n    SELECT id FROM article\";", "outside store"),
        ("clean/mod.rs", "let q = \"WITH a AS (SELECT 1) SELECT 2\";", "outside store"),
        ("clean/mod.rs", "let x = crate::store::open();", "clean may not use crate::store"),
        ("parse/mod.rs", "let x = std::fs::read(path);", "may not touch std::fs"),
        ("parse/mod.rs", "pub async fn page() {}", "may not touch async fn"),
        ("parse/mod.rs", "tracing::info!(\"hello\");", "may not touch tracing::"),
        ("parse/mod.rs", "let now = chrono::Utc::now();", "may not touch Utc::now"),
        ("clean/mod.rs", "let q = \"SELECT id FROM article\";", "outside store"),
        ("clean/mod.rs", "use rusqlite::Connection;", "crate rusqlite has its home"),
        ("clean/mod.rs", "use super::thing;", "super::"),
        ("clean/utils.rs", "", "says nothing"),
        ("gossip/mod.rs", "", "not in the table"),
    ];
    for (name, code, expected) in cases {
        let faults = faults_of(name, code);
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{name}: {code:?} should give {expected:?}, gave {faults:?}"
        );
    }
}

#[test]
fn clean_code_passes() {
    let cases = [
        ("store/mod.rs", "use crate::model::article;\nlet q = \"SELECT 1\";\nuse rusqlite::Row;"),
        (
            "clean/mod.rs",
            "// std::fs in a comment, crate::parse too\nuse crate::model::note::Note;",
        ),
        ("clean/mod.rs", "#[cfg(test)]\nmod tests {\n    use super::*;\n}"),
    ];
    for (name, code) in cases {
        let none: Vec<String> = iter::empty().collect();
        assert_eq!(faults_of(name, code), none, "{name}: {code:?}");
    }
}
