//! `subscriber import`, `export`: everybody as a table, one line for each interest.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use csv::StringRecord;

use crate::cli::Exit;
use crate::cli::subscriber::zone;
use crate::clock::Clock;
use crate::interests::{cadence, criteria};
use crate::model::interest::Interest;
use crate::model::subscriber::Email;
use crate::store::{Enrolled, Enrolment, Formerly, Store};
use crate::written::meant;

/// The columns, in the order they are written; they are read in any order.
const COLUMNS: [&str; 6] = ["email", "name", "zone", "interest", "criteria", "cadence"];
/// Mistakes that are shown; who has more mends these first.
const SHOWN: usize = 50;

/// Add everybody in a CSV file; nobody if a line of it is wrong
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// Columns email, name, zone, interest, criteria, cadence; - for standard input
    file: PathBuf,
}

pub(crate) async fn import(store: &Store, args: ImportArgs) -> anyhow::Result<Exit> {
    let bytes = read(&args.file)?;
    let enrolments = match enrolments(&bytes) {
        Ok(enrolments) => enrolments,
        Err(mistakes) => {
            for mistake in mistakes.iter().take(SHOWN) {
                anstream::eprintln!("{}: {mistake}", args.file.display());
            }
            if SHOWN < mistakes.len() {
                anstream::eprintln!("and {} more mistakes", mistakes.len() - SHOWN);
            }
            anstream::eprintln!("nobody was imported");
            return Ok(Exit::Failed);
        }
    };
    let shown: Vec<String> = enrolments.iter().map(|one| one.email.expose().to_owned()).collect();
    let enrolled = store.enrol(enrolments, Formerly::LeftAlone, Clock::System.now()).await?;
    let count = |what| enrolled.iter().filter(|one| **one == what).count();
    anstream::println!("{} new, {} known", count(Enrolled::Added), count(Enrolled::Known));
    for (email, _) in shown.iter().zip(&enrolled).filter(|(_, it)| **it == Enrolled::HasLeft) {
        anstream::println!("{email} has left and stays so; `subscriber add` brings them back");
    }
    Ok(Exit::Done)
}

pub(crate) async fn export(store: &Store) -> anyhow::Result<Exit> {
    let mut lines = vec![COLUMNS.map(str::to_owned)];
    for wishes in store.wishes().await?.iter() {
        let person = &wishes.subscriber;
        let line = |interest: [String; 3]| {
            let [name, criteria, cadence] = interest;
            let (email, zone) = (person.email.expose().to_owned(), person.zone.name().to_owned());
            [email, person.name.clone(), zone, name, criteria, cadence].map(|cell| shielded(&cell))
        };
        if wishes.interests.is_empty() {
            lines.push(line(Default::default()));
        }
        lines.extend(wishes.interests.iter().map(|interest| {
            let Interest { name, criteria, cadence, .. } = interest;
            line([name.clone(), criteria.to_string(), cadence.to_string()])
        }));
    }
    anstream::print!("{}", written(&lines)?);
    Ok(Exit::Done)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(bytes);
    }
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn written(lines: &[[String; 6]]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.write_record(line)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A spreadsheet takes a cell that begins so for a formula, and people choose their own names: a
/// quotation mark before it, as spreadsheets have it, makes it a text.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t'])
}

fn shielded(cell: &str) -> String {
    if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

fn unshielded(cell: &str) -> &str {
    if is_formula(cell) { cell.strip_prefix('\'').unwrap_or(cell) } else { cell }
}

/// Everybody in the table, each once, in the order of their first lines; or every mistake in it.
fn enrolments(bytes: &[u8]) -> Result<Vec<Enrolment>, Vec<String>> {
    // Spreadsheets begin a file with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let headers = reader.headers().map_err(|error| vec![error.to_string()])?;
    let places = Places::of(headers)?;
    let mut enrolments: Vec<Enrolment> = Vec::new();
    let mut mistakes = Vec::new();
    for record in reader.records() {
        let read = match record {
            Ok(record) => Line::of(&record, &places),
            Err(error) => Err(vec![format!("{error}; every line needs the same columns")]),
        };
        match read {
            Ok(line) => mistakes.extend(join(&mut enrolments, line)),
            Err(wrong) => mistakes.extend(wrong),
        }
    }
    if mistakes.is_empty() { Ok(enrolments) } else { Err(mistakes) }
}

/// Where each column stands.
struct Places([Option<usize>; 6]);

impl Places {
    fn of(headers: &StringRecord) -> Result<Self, Vec<String>> {
        let unknown = headers.iter().filter(|header| !COLUMNS.contains(header));
        let mut mistakes: Vec<String> = unknown
            .map(|header| {
                format!("line 1: column {header:?} is unknown; {}", meant(header, &COLUMNS))
            })
            .collect();
        let place = |column| headers.iter().position(|header| header == column);
        if place("email").is_none() {
            mistakes.push("line 1: there is no column email; name the columns there".to_owned());
        }
        for twice in COLUMNS.iter().filter(|one| 1 < headers.iter().filter(|h| h == *one).count()) {
            mistakes.push(format!("line 1: column {twice} stands twice; drop one"));
        }
        if mistakes.is_empty() { Ok(Self(COLUMNS.map(place))) } else { Err(mistakes) }
    }

    fn has_interests(&self) -> bool {
        self.0[3..].iter().any(Option::is_some)
    }
}

/// One line as meant.
struct Line {
    number: u64,
    enrolment: Enrolment,
}

impl Line {
    fn of(record: &StringRecord, places: &Places) -> Result<Self, Vec<String>> {
        let number = record.position().map_or(0, csv::Position::line);
        let [email, name, in_zone, called, wanted, often] = places
            .0
            .map(|place| unshielded(place.and_then(|at| record.get(at)).unwrap_or_default()));
        let mut mistakes = Vec::new();
        let mut wrong =
            |column: &str, why: String| mistakes.push(format!("line {number}, {column}: {why}"));
        let email = email.parse::<Email>().map_err(|error| wrong("email", error.to_string())).ok();
        let zone = match in_zone {
            "" => None,
            text => zone(text).map_err(|error| wrong("zone", error.to_string())).ok(),
        };
        let criteria = criteria(wanted).map_err(|error| wrong("criteria", error.to_string())).ok();
        let often = if often.is_empty() { "at-once" } else { often };
        let cadence = cadence(often).map_err(|error| wrong("cadence", error.to_string())).ok();
        if called.is_empty() && !wanted.is_empty() {
            wrong("interest", format!("{wanted:?} has no name; write one, such as Shipping"));
        }
        let (Some(email), Some(criteria), Some(cadence), true) =
            (email, criteria, cadence, mistakes.is_empty())
        else {
            return Err(mistakes);
        };
        let interest = Interest { id: 0, name: called.to_owned(), criteria, cadence };
        let interests = if called.is_empty() { Vec::new() } else { vec![interest] };
        let enrolment = Enrolment {
            email,
            name: places.0[1].map(|_| name.to_owned()),
            zone,
            // A table that says nothing of interests means everything; one that has the columns and
            // leaves them empty means none.
            interests: places.has_interests().then_some(interests),
        };
        Ok(Self { number, enrolment })
    }
}

/// Adds a line to those of the same person; says what contradicts them.
fn join(enrolments: &mut Vec<Enrolment>, line: Line) -> Vec<String> {
    let Line { number, enrolment } = line;
    let Some(known) = enrolments.iter_mut().find(|known| known.email == enrolment.email) else {
        enrolments.push(enrolment);
        return Vec::new();
    };
    let mut mistakes = Vec::new();
    let mut differs = |column: &str, is: String, was: String| {
        mistakes.push(format!(
            "line {number}, {column}: {is:?}, but an earlier line of the same address has {was:?}; write the same in both"
        ));
    };
    if known.name != enrolment.name {
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        differs("name", text(&enrolment.name), text(&known.name));
    }
    if known.zone != enrolment.zone {
        let text = |zone: Option<chrono_tz::Tz>| zone.map_or("", |zone| zone.name()).to_owned();
        differs("zone", text(enrolment.zone), text(known.zone));
    }
    let (Some(interests), Some(more)) = (&mut known.interests, enrolment.interests) else {
        return mistakes;
    };
    let names: HashSet<String> = interests.iter().map(|interest| interest.name.clone()).collect();
    for interest in more {
        if names.contains(&interest.name) {
            mistakes.push(format!(
                "line {number}, interest: {:?} stands twice for the same address; name one of them otherwise",
                interest.name
            ));
        } else {
            interests.push(interest);
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_line_column_value_and_remedy() {
        let cases = [
            (
                "mail\nx@example.org\n",
                "line 1: column \"mail\" is unknown; did you mean \"email\"?",
            ),
            ("name\nAda\n", "line 1: there is no column email"),
            ("email,email\na@b.example,c@d.example\n", "line 1: column email stands twice"),
            ("email\nada\n", "line 2, email: \"ada\" is not an e-mail address"),
            (
                "email,zone\na@b.example,Berlin\n",
                "line 2, zone: \"Berlin\" is no time zone; did you mean \"Europe/Berlin\"?",
            ),
            (
                "email,interest,criteria\na@b.example,X,country=ru\n",
                "line 2, criteria: there is no key \"country\"",
            ),
            (
                "email,interest,criteria\na@b.example,,countries=ru\n",
                "line 2, interest: \"countries=ru\" has no name",
            ),
            (
                "email,interest,cadence\na@b.example,X,yearly\n",
                "line 2, cadence: \"yearly\" is no cadence",
            ),
            (
                "email,name\na@b.example,Ada\na@b.example,Bo\n",
                "line 3, name: \"Bo\", but an earlier line",
            ),
            (
                "email,interest\na@b.example,X\na@b.example,X\n",
                "line 3, interest: \"X\" stands twice",
            ),
            ("email,name\na@b.example\n", "every line needs the same columns"),
        ];
        for (text, expected) in cases {
            let said = enrolments(text.as_bytes()).unwrap_err();
            assert!(said[0].contains(expected), "{text:?}: {said:?}");
        }
        let both = enrolments(b"email,zone\nada,x\nbo,UTC\n").unwrap_err();
        assert_eq!(both.len(), 3, "{both:?}");
    }

    #[test]
    fn no_cell_is_a_formula_and_all_come_back() {
        for cell in ["=1+1", "'=1", "''-x", "+x@example.org", "@x", "\tx", "O'Neil", "'", "", "x=y"]
        {
            let shield = shielded(cell);
            assert!(!shield.starts_with(['=', '+', '-', '@', '\t']), "{shield}");
            assert_eq!(unshielded(&shield), cell);
        }
    }

    #[test]
    fn a_table_without_interests_means_everything_and_an_empty_cell_none() {
        let one = |text: &str| enrolments(text.as_bytes()).unwrap().remove(0).interests;
        assert_eq!(one("email\na@b.example\na@b.example\n"), None);
        assert_eq!(one("\u{feff}interest,email\n,a@b.example\n"), Some(Vec::new()));
    }
}
