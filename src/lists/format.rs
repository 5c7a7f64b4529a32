//! The formats of official lists, and how a file shows which one it is.

use crate::lists::table::rows;
use crate::lists::{decode, denied_persons, ofac_csv, open_sanctions, screening_list, uk};
use crate::text::fold::fold;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// `sdn.csv` or `cons_prim.csv`, with the files of aliases, addresses and comments beside it.
    OfacCsv,
    /// `SDN.XML`, `CONSOLIDATED.XML`.
    OfacXml,
    /// `SDN_ADVANCED.XML`, `CONS_ADVANCED.XML`.
    OfacAdvancedXml,
    /// The European Union's FSF, version 1.1.
    EuXml,
    UkXml,
    UkCsv,
    UnXml,
    SecoXml,
    /// The Consolidated Screening List of the United States.
    ScreeningJson,
    ScreeningCsv,
    /// The Denied Persons List of BIS.
    DeniedPersons,
    /// `targets.simple.csv` of OpenSanctions.
    OpenSanctionsCsv,
    /// FollowTheMoney entities as JSON lines.
    Entities,
}

impl Format {
    /// Every format, in the order of the help.
    pub const ALL: [Format; 13] = [
        Format::OfacCsv,
        Format::OfacXml,
        Format::OfacAdvancedXml,
        Format::EuXml,
        Format::UkXml,
        Format::UkCsv,
        Format::UnXml,
        Format::SecoXml,
        Format::ScreeningJson,
        Format::ScreeningCsv,
        Format::DeniedPersons,
        Format::OpenSanctionsCsv,
        Format::Entities,
    ];

    /// The word for `--format` and for settings.
    pub fn name(self) -> &'static str {
        match self {
            Format::OfacCsv => "ofac-csv",
            Format::OfacXml => "ofac-xml",
            Format::OfacAdvancedXml => "ofac-advanced-xml",
            Format::EuXml => "eu-xml",
            Format::UkXml => "uk-xml",
            Format::UkCsv => "uk-csv",
            Format::UnXml => "un-xml",
            Format::SecoXml => "seco-xml",
            Format::ScreeningJson => "csl-json",
            Format::ScreeningCsv => "csl-csv",
            Format::DeniedPersons => "bis-dpl",
            Format::OpenSanctionsCsv => "opensanctions-csv",
            Format::Entities => "ftm-json",
        }
    }

    /// The words of all formats.
    pub fn names() -> Vec<&'static str> {
        Format::ALL.iter().map(|format| format.name()).collect()
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// Bytes at the head that are looked at.
const WINDOW: usize = 64 << 10;

/// Root elements and their formats. `Sanctions` is the advanced model's root.
const ROOTS: &[(&str, Format)] = &[
    ("consolidated_list", Format::UnXml),
    ("sdnlist", Format::OfacXml),
    ("sanctions", Format::OfacAdvancedXml),
    ("export", Format::EuXml),
    ("designations", Format::UkXml),
    ("swiss-sanctions-list", Format::SecoXml),
];

/// The format the bytes show; none where they show none. OFAC's files of aliases, addresses and
/// comments are told by `name` and belong to [`Format::OfacCsv`].
pub fn recognise(bytes: &[u8], name: &str) -> Option<Format> {
    let window = &bytes[..bytes.len().min(WINDOW)];
    let text = match std::str::from_utf8(window) {
        // The window may end within a character.
        Err(error) if window.len() - error.valid_up_to() < 4 => {
            decode(&window[..error.valid_up_to()])
        }
        _ => decode(window),
    };
    let text = text.trim_start();
    match text.chars().next()? {
        '<' => {
            let root = root(text)?;
            ROOTS.iter().find(|(name, _)| *name == root).map(|(_, format)| *format)
        }
        '{' | '[' => by_keys(text),
        _ => by_headings(text, name),
    }
}

/// The name of the root element, in lower case and without a prefix.
fn root(text: &str) -> Option<String> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
        let name = rest[..end].rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(name)
    })
}

fn by_keys(text: &str) -> Option<Format> {
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    if has("schema") && has("properties") {
        Some(Format::Entities)
    } else if has("results") || has("entity_number") {
        Some(Format::ScreeningJson)
    } else {
        None
    }
}

/// Formats with headings, and what stands in them.
const HEADINGS: &[(Format, &[&str])] = &[
    (Format::UkCsv, uk::HEADINGS),
    (Format::ScreeningCsv, screening_list::HEADINGS),
    (Format::DeniedPersons, denied_persons::HEADINGS),
    (Format::OpenSanctionsCsv, open_sanctions::HEADINGS),
];

fn by_headings(text: &str, name: &str) -> Option<Format> {
    for line in text.lines().take(3) {
        let line = format!(" {} ", fold(line));
        let holds = |heading: &&str| line.contains(&format!(" {heading} "));
        if let Some((format, _)) = HEADINGS.iter().find(|(_, names)| names.iter().all(holds)) {
            return Some(*format);
        }
    }
    let first = text.lines().next().unwrap_or_default();
    let row = rows(first, b',', 1).ok()?.rows.pop()?;
    let numbered = row[0].trim().parse::<u64>().is_ok();
    let is_set = row.len() == ofac_csv::PRIMARY_FIELDS || ofac_csv::part(name).is_some();
    (numbered && is_set).then_some(Format::OfacCsv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_lead_back() {
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
        }
        assert_eq!(Format::named("pdf"), None);
    }

    #[test]
    fn what_is_no_list_is_not_recognised() {
        let cases: [&[u8]; 7] = [
            b"",
            b"<html><body>Not found</body></html>",
            b"{\"error\":\"no\"}",
            b"Name,Place\nRota,Quay\n",
            b"\xff\xfe\x00\x01",
            b"<",
            b"1,2,3",
        ];
        for bytes in cases {
            assert_eq!(recognise(bytes, "list"), None, "{bytes:?}");
        }
    }
}
