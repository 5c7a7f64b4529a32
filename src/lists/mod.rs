//! The files of official sanctions lists become designations, and two editions become changes.
//! Pure.
//!
//! Each format has its file here and gives the one shape of [`crate::model::designation`]. A file
//! that is not whole gives an error and no designations: half a list would delist the other half.

mod acts;
mod changes;
mod day;
mod denied_persons;
mod draft;
mod eu;
mod files;
mod format;
mod identifiers;
mod journal;
mod ofac_advanced;
mod ofac_csv;
mod ofac_xml;
mod open_sanctions;
mod reading_order;
mod remarks;
mod screening_list;
mod seco;
mod source;
mod table;
mod uk;
mod un;
mod xml;

use std::borrow::Cow;

pub use crate::lists::acts::{OfficialPage, act, settle};
pub use crate::lists::changes::changes;
pub use crate::lists::files::{Bounds, ListFile, Reading, check_shrink, companions, read_files};
pub use crate::lists::format::{Format, recognise};
pub use crate::lists::journal::in_official_journal;
pub use crate::lists::source::{ListSource, Location};

use crate::lists::draft::merge_repeats;
use crate::lists::table::END_MARK;
use crate::model::designation::Designation;
use crate::model::note::Note;
use crate::parse::charset;

/// Why a file gives no designations.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ListError {
    #[error(
        "{name} is in none of the formats known here; name one with --format ({})",
        Format::names().join(", ")
    )]
    Unknown { name: String },
    #[error(
        "{name} is not a whole {format} file: {fault}; download it again, and keep the last edition \
         until then",
        format = format.name()
    )]
    Broken { name: String, format: Format, fault: String },
    #[error(
        "{name} names no party at all; it may be an error page or another file: look into it and \
         download it again"
    )]
    Empty { name: String },
    #[error("{name} goes with {main}, which is missing; give both, or their folder")]
    Alone { name: String, main: &'static str },
    #[error(
        "{name} has {count} entries, fewer than the {minimum} it must have; keep the last edition \
         and look at the source, or lower `minimum` if the list has really become so short"
    )]
    TooFew { name: String, count: usize, minimum: usize },
    #[error(
        "{name} has {count} entries where the edition before had {before}: {percent:.1} % went, and \
         the limit is {limit} %; keep the last edition and look at the source, or raise the limit \
         if so many were really taken off"
    )]
    Shrunk { name: String, count: usize, before: usize, percent: f64, limit: f64 },
}

/// Reads the bytes of one file. The format is recognised where none is given; `name` is the
/// file's, for messages and for telling OFAC's four files apart.
///
/// # Errors
/// A [`ListError`] where the file is cut off, of no known format, or names nobody.
pub fn read(
    bytes: &[u8],
    format: Option<Format>,
    name: &str,
) -> Result<(Vec<Designation>, Vec<Note>), ListError> {
    let file = ListFile { name: name.to_owned(), bytes };
    let reading = read_files(&[file], format)?;
    let notes = reading.iter().flat_map(|one| one.notes.clone()).collect();
    Ok((reading.into_iter().flat_map(|one| one.designations).collect(), notes))
}

/// The text of a file: UTF-8 where the bytes are, else as Windows writes the west's letters.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(charset::decode(bytes, Some("charset=windows-1252")).text),
    };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        owned => owned,
    }
}

/// Reads one text that is a list by itself.
fn read_text(text: &str, format: Format, name: &str) -> Result<Vec<Designation>, ListError> {
    let text = text.trim_end_matches(|c: char| c == END_MARK || c == '\0' || c.is_whitespace());
    let parties = match format {
        Format::OfacXml => ofac_xml::read(text),
        Format::OfacAdvancedXml => ofac_advanced::read(text),
        Format::EuXml => eu::read(text),
        Format::UkXml => uk::read_xml(text),
        Format::UkCsv => uk::read_csv(text),
        Format::UnXml => un::read(text),
        Format::SecoXml => seco::read(text),
        Format::ScreeningJson => screening_list::read_json(text),
        Format::ScreeningCsv => screening_list::read_csv(text),
        Format::DeniedPersons => denied_persons::read(text),
        Format::OpenSanctionsCsv => open_sanctions::read_csv(text),
        Format::Entities => open_sanctions::read_entities(text),
        Format::OfacCsv => {
            let texts = ofac_csv::Texts { primary: text, ..ofac_csv::Texts::default() };
            ofac_csv::read(&texts).map(|set| set.parties)
        }
    };
    let broken = |fault| ListError::Broken { name: name.to_owned(), format, fault };
    let parties = merge_repeats(parties.map_err(broken)?);
    if parties.is_empty() {
        return Err(ListError::Empty { name: name.to_owned() });
    }
    Ok(parties)
}
