//! Several files at once: which belong together, what each list gave, and whether it is too short.

use std::collections::BTreeMap;

use crate::lists::draft::merge_repeats;
use crate::lists::ofac_csv::{self, Part, Texts};
use crate::lists::{Format, ListError, decode, read_text, recognise};
use crate::model::designation::Designation;
use crate::model::note::Note;

/// A file to read.
#[derive(Debug, Clone)]
pub struct ListFile<'b> {
    /// As the operator wrote it; the last part tells OFAC's files apart.
    pub name: String,
    pub bytes: &'b [u8],
}

/// What one list gave: of one file, or of a set of OFAC's.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The name of the file, the main one of a set.
    pub name: String,
    /// Which list this is, whatever its format: `ofac-sdn`, `ofac-consolidated`, `un`. Editions of
    /// the same list have the same word.
    pub list: &'static str,
    pub format: Format,
    /// Never empty; no number twice.
    pub designations: Vec<Designation>,
    pub notes: Vec<Note>,
}

/// What a list must hold at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Entries.
    pub minimum: usize,
    /// Per cent by which it may be shorter than the edition before.
    pub shrink: f64,
}

/// Reads files, those of one of OFAC's sets together; the lists in the order of their first file.
/// `format` is meant for every file.
///
/// # Errors
/// The first file that is not whole, of no known format, empty, or without its main file.
pub fn read_files(
    files: &[ListFile<'_>],
    format: Option<Format>,
) -> Result<Vec<Reading>, ListError> {
    let mut readings: BTreeMap<usize, Reading> = BTreeMap::new();
    let mut sets: BTreeMap<bool, Set> = BTreeMap::new();
    for (place, file) in files.iter().enumerate() {
        let known = format.or_else(|| recognise(file.bytes, &file.name));
        let known = known.ok_or_else(|| ListError::Unknown { name: file.name.clone() })?;
        if known == Format::OfacCsv {
            let set = sets.entry(ofac_csv::is_consolidated(&file.name)).or_default();
            set.add(place, file);
        } else {
            readings.insert(place, read_alone(file, known)?);
        }
    }
    for set in sets.into_values() {
        let place = set.first.unwrap_or_default();
        readings.insert(place, set.read(files)?);
    }
    Ok(readings.into_values().collect())
}

/// The files that go with one of OFAC's main CSV files: their names in its folder.
pub fn companions(name: &str) -> &'static [&'static str] {
    match (ofac_csv::part(name), ofac_csv::is_consolidated(name)) {
        (Some(Part::Primary), false) => &["alt.csv", "add.csv", "sdn_comments.csv"],
        (Some(Part::Primary), true) => &["cons_alt.csv", "cons_add.csv", "cons_comments.csv"],
        _ => &[],
    }
}

/// Whether a list of `count` entries may follow one of `before`.
///
/// # Errors
/// [`ListError::TooFew`] and [`ListError::Shrunk`].
pub fn check_shrink(
    name: &str,
    count: usize,
    before: Option<usize>,
    bounds: Bounds,
) -> Result<(), ListError> {
    let name = name.to_owned();
    if count < bounds.minimum {
        return Err(ListError::TooFew { name, count, minimum: bounds.minimum });
    }
    let Some(before) = before.filter(|before| count < *before) else { return Ok(()) };
    let percent = (before - count) as f64 * 100.0 / before as f64;
    if bounds.shrink < percent {
        return Err(ListError::Shrunk { name, count, before, percent, limit: bounds.shrink });
    }
    Ok(())
}

/// The files of one of OFAC's sets, by their places among all.
#[derive(Debug, Default)]
struct Set {
    first: Option<usize>,
    primary: Option<usize>,
    aliases: Option<usize>,
    addresses: Option<usize>,
    comments: Option<usize>,
}

impl Set {
    fn add(&mut self, place: usize, file: &ListFile<'_>) {
        self.first.get_or_insert(place);
        let slot = match ofac_csv::part(&file.name) {
            Some(Part::Aliases) => &mut self.aliases,
            Some(Part::Addresses) => &mut self.addresses,
            Some(Part::Comments) => &mut self.comments,
            Some(Part::Primary) | None => &mut self.primary,
        };
        *slot = Some(place);
    }

    fn read(&self, files: &[ListFile<'_>]) -> Result<Reading, ListError> {
        let Some(primary) = self.primary else {
            let name = self.first.map_or(String::new(), |place| files[place].name.clone());
            let main = if ofac_csv::is_consolidated(&name) { "cons_prim.csv" } else { "sdn.csv" };
            return Err(ListError::Alone { name, main });
        };
        let name = &files[primary].name;
        let text = |place: Option<usize>| place.map_or("".into(), |it| decode(files[it].bytes));
        let texts = Texts {
            primary: &text(Some(primary)),
            aliases: &text(self.aliases),
            addresses: &text(self.addresses),
            comments: &text(self.comments),
        };
        let format = Format::OfacCsv;
        let set = ofac_csv::read(&texts).map_err(|fault| ListError::Broken {
            name: name.clone(),
            format,
            fault,
        })?;
        let designations = merge_repeats(set.parties);
        if designations.is_empty() {
            return Err(ListError::Empty { name: name.clone() });
        }
        let notes = set.remarks.into_iter().map(|it| Note::new("lists", format!("{name}: {it}")));
        Ok(Reading {
            list: list(format, name),
            format,
            designations,
            notes: notes.collect(),
            name: name.clone(),
        })
    }
}

fn read_alone(file: &ListFile<'_>, format: Format) -> Result<Reading, ListError> {
    let text = decode(file.bytes);
    let designations = read_text(&text, format, &file.name)?;
    let mut notes = Vec::new();
    if matches!(text, std::borrow::Cow::Owned(_)) {
        let text = format!("{}: some bytes are not UTF-8 and were read as windows-1252", file.name);
        notes.push(Note::new("lists", text));
    }
    let list = list(format, &file.name);
    Ok(Reading { name: file.name.clone(), list, format, designations, notes })
}

/// Which list a file is an edition of. The two lists of OFAC share their formats: only the name of
/// the file tells them apart.
fn list(format: Format, name: &str) -> &'static str {
    match format {
        Format::OfacCsv | Format::OfacXml | Format::OfacAdvancedXml => {
            if ofac_csv::is_consolidated(name) { "ofac-consolidated" } else { "ofac-sdn" }
        }
        Format::EuXml => "eu",
        Format::UkXml | Format::UkCsv => "uk",
        Format::UnXml => "un",
        Format::SecoXml => "ch",
        Format::ScreeningJson | Format::ScreeningCsv => "us-csl",
        Format::DeniedPersons => "bis-dpl",
        Format::OpenSanctionsCsv | Format::Entities => "opensanctions",
    }
}
