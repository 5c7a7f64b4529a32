//! Official lists: one small file of each format under `tests/lists/`, and the commands over them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanctionwatch::lists::{Format, ListError, ListFile, Reading, read, read_files};
use sanctionwatch::model::designation::Designation;
use serde_json::{Value, json};

/// Compares what the files of a format give with `expected.json` beside them;
/// `UPDATE_EXPECTED=1` writes it.
fn check(format: Format) {
    let folder = folder(format);
    let files = inputs(&folder);
    let named: Vec<ListFile<'_>> =
        files.iter().map(|file| ListFile { name: file.name.clone(), bytes: &file.bytes }).collect();
    let readings = read_files(&named, None).unwrap();
    assert_eq!(readings.len(), 1, "{}", format.name());
    assert_eq!(readings[0].format, format);
    let found = as_json(&readings[0]);
    let path = folder.join("expected.json");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(found, expected, "{}: UPDATE_EXPECTED=1 writes it anew", format.name());
}

#[test]
fn every_format_is_recognised_and_read() {
    for format in Format::ALL {
        check(format);
    }
}

#[test]
fn a_cut_file_is_refused_at_every_byte() {
    // Rows of text have no end of their own: there a cut may leave rows, but none with a torn name.
    let rows = [
        Format::OfacCsv,
        Format::UkCsv,
        Format::ScreeningCsv,
        Format::DeniedPersons,
        Format::OpenSanctionsCsv,
        Format::Entities,
    ];
    for format in Format::ALL {
        let main = ["sdn.csv", "targets.simple.csv"];
        let files = inputs(&folder(format));
        let file = files.iter().find(|it| main.contains(&it.name.as_str())).unwrap_or(&files[0]);
        let whole = read(&file.bytes, None, &file.name).unwrap().0;
        let trimmed = file.bytes.trim_ascii_end().len();
        let end = if format == Format::OfacCsv { trimmed.saturating_sub(4) } else { trimmed };
        for cut in 0..end {
            match read(&file.bytes[..cut], Some(format), &file.name) {
                Err(ListError::Broken { .. } | ListError::Empty { .. }) => {}
                Ok((fewer, _)) if rows.contains(&format) => {
                    let known = |party: &Designation| {
                        let same = whole.iter().find(|it| it.id == party.id);
                        same.is_some_and(|same| party.names.iter().all(|it| holds(same, &it.text)))
                    };
                    assert!(fewer.iter().all(known), "{} at {cut}", format.name());
                }
                other => panic!("{} at {cut}: {other:?}", format.name()),
            }
        }
    }
}

#[test]
fn files_of_one_list_need_their_main_file() {
    let folder = folder(Format::OfacCsv);
    let bytes = fs::read(folder.join("alt.csv")).unwrap();
    let error = read(&bytes, None, "alt.csv").unwrap_err();
    assert_eq!(
        error.to_string(),
        "alt.csv goes with sdn.csv, which is missing; give both, or their folder"
    );
}

#[test]
fn aliases_of_parties_that_are_missing_show_a_cut() {
    let folder = folder(Format::OfacCsv);
    let files = inputs(&folder);
    let cut: Vec<ListFile<'_>> = files
        .iter()
        .map(|file| {
            let bytes: &[u8] = match file.name.as_str() {
                "sdn.csv" => {
                    let second = file.bytes.windows(5).position(|it| it == b"\n102,").unwrap();
                    // The row of 101 stays; 102's alias points nowhere.
                    &file.bytes[..second + 1]
                }
                _ => &file.bytes,
            };
            ListFile { name: file.name.clone(), bytes }
        })
        .collect();
    let error = read_files(&cut, None).unwrap_err().to_string();
    assert!(error.contains("name parties that are not in the main file"), "{error}");
}

#[test]
fn diff_tells_what_came_went_and_changed() {
    let world = tempfile::tempdir().unwrap();
    let (old, new) = (world.path().join("old"), world.path().join("new"));
    for folder in [&old, &new] {
        fs::create_dir(folder).unwrap();
    }
    let row = |id: u32, name: &str, programme: &str| {
        format!("{id},\"{name}\",-0- ,\"{programme}\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n")
    };
    let write = |folder: &Path, rows: &[String], alt: &str| {
        fs::write(folder.join("sdn.csv"), rows.concat() + "\u{1a}").unwrap();
        fs::write(folder.join("alt.csv"), format!("{alt}\u{1a}")).unwrap();
    };
    let kept = row(1, "ROTA", "CUBA");
    write(&old, &[kept.clone(), row(2, "ISTER", "IRAN"), row(3, "GONE", "IRAN")], "");
    let alt = "2,1,\"aka\",\"ISTER LINES\",-0- \r\n";
    write(&new, &[kept, row(2, "ISTER", "SDGT"), row(4, "CAME", "SDGT")], alt);
    let ran = list_diff(&old, &new, &[]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    let lines: Vec<Value> = String::from_utf8(ran.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = |change: &str, id: &str, name: &str, programme: &str| {
        json!({"change": change, "list": "ofac-sdn", "id": id, "issuer": "ofac",
               "kind": "organisation", "name": name, "programmes": [programme]})
    };
    let mut amended = line("amended", "2", "ISTER", "SDGT");
    amended["fields"] = json!([
        {"field": "names", "added": ["ISTER LINES"], "removed": []},
        {"field": "programmes", "added": ["SDGT"], "removed": ["IRAN"]},
    ]);
    let expected =
        [amended, line("added", "4", "CAME", "SDGT"), line("removed", "3", "GONE", "IRAN")];
    assert_eq!(lines, expected);
}

#[test]
fn diff_refuses_what_is_cut_shrunk_or_another_list() {
    let world = tempfile::tempdir().unwrap();
    let ofac = folder(Format::OfacCsv);
    let cut = world.path().join("sdn.csv");
    let bytes = fs::read(ofac.join("sdn.csv")).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let first_row = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let short = world.path().join("short.csv");
    fs::write(&short, &bytes[..first_row]).unwrap();
    let cases = [
        (cut.clone(), "is not a whole ofac-csv file"),
        (short, "75.0 % went, and the limit is 20 %"),
        (folder(Format::UnXml).join("un.xml"), "there is nothing to compare"),
        (world.path().join("absent.csv"), "cannot read"),
    ];
    for (new, expected) in cases {
        let ran = list_diff(&ofac.join("sdn.csv"), &new, &[]);
        let error = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{}", new.display());
        assert!(error.contains(expected), "{error}");
        assert!(ran.stdout.is_empty());
    }
}

fn holds(party: &Designation, name: &str) -> bool {
    party.names.iter().any(|it| it.text == name)
}

fn list_diff(old: &Path, new: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .args(["list", "diff"])
        .args([old, new])
        .args(options)
        .output()
        .unwrap()
}

struct Input {
    name: String,
    bytes: Vec<u8>,
}

fn folder(format: Format) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists").join(format.name())
}

fn inputs(folder: &Path) -> Vec<Input> {
    let mut files: Vec<Input> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap() != "expected.json")
        .map(|path| Input {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            bytes: fs::read(&path).unwrap(),
        })
        .collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}

fn as_json(reading: &Reading) -> Value {
    json!({
        "list": reading.list,
        "notes": reading.notes.iter().map(|note| &note.text).collect::<Vec<_>>(),
        "parties": reading.designations.iter().map(party).collect::<Vec<_>>(),
    })
}

fn party(party: &Designation) -> Value {
    let names = party.names.iter().map(|it| format!("{} ({})", it.text, it.quality.name()));
    let numbers = party.identifiers.iter().map(|it| format!("{} {}", it.kind, it.value));
    json!({
        "id": party.id,
        "issuer": party.issuer.name(),
        "kind": party.kind.name(),
        "names": names.collect::<Vec<_>>(),
        "programmes": party.programmes,
        "countries": party.countries,
        "births": party.births,
        "identifiers": numbers.collect::<Vec<_>>(),
        "positions": party.positions,
        "listed_on": party.listed_on.map(|day| day.to_string()),
        "remarks": party.remarks,
    })
}
