//! The numbers and codes that lists print beside a name, and what kind each is.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::lists::draft::{Draft, squeeze};
use crate::text::fold::fold;

const TABLE: &str = include_str!("identifiers.tsv");

/// Folded words of a label → kind.
static KINDS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).collect()
});

/// Words of the longest label.
const LABEL_WORDS: usize = 8;

/// The kind of identifier a label means (`Tax ID No.` → `tax-id`), if the whole label is known.
/// `country` refines what is different in Russia: the number of tax payers and of registration.
pub(crate) fn kind_of(label: &str, value: &str, country: &str) -> Option<String> {
    if let Some(currency) = label.strip_prefix("Digital Currency Address") {
        let currency = currency.trim_start_matches([' ', '-', '–']);
        let currency = currency.split_whitespace().next().unwrap_or_default();
        return Some(format!("wallet:{currency}"));
    }
    let kind = KINDS.get(fold(label).as_str())?;
    Some(refined(kind, value, country).to_owned())
}

/// The kind for a label that may be unknown: then the label itself, folded and hyphenated.
pub(crate) fn kind_or_label(label: &str, value: &str, country: &str) -> String {
    let kind = kind_of(label, value, country);
    let kind = kind.unwrap_or_else(|| fold(label).replace(' ', "-"));
    if kind.is_empty() { "other".to_owned() } else { kind }
}

/// Reads `Passport A123 (Iran) expires 2030` into the draft; `false` where the text begins with no
/// known label.
pub(crate) fn read_labelled(text: &str, draft: &mut Draft) -> bool {
    let Some(Split { label, rest }) = split_label(text) else { return false };
    let (value, country) = split_country(rest);
    let Some(kind) = kind_of(label, value, country) else { return false };
    // "Passport" alone, or "Registration Number pending", is a remark.
    if !value.contains(|c: char| c.is_ascii_digit())
        && !kind.starts_with("wallet:")
        && value.len() < 5
    {
        return false;
    }
    let (kind, value) = match kind.as_str() {
        "imo" => ("imo", value.trim_start_matches("IMO").trim()),
        kind => (kind, value),
    };
    draft.identifier(kind, value);
    true
}

/// A label and what follows it.
struct Split<'t> {
    label: &'t str,
    rest: &'t str,
}

/// The longest beginning of `text` that is a label.
fn split_label(text: &str) -> Option<Split<'_>> {
    if text.starts_with("Digital Currency Address") {
        // "Digital Currency Address - XBT 1Gq…": the last word is the address.
        let (label, rest) = text.trim().rsplit_once(' ')?;
        return Some(Split { label, rest });
    }
    let mut ends: Vec<usize> =
        text.match_indices(' ').map(|(at, _)| at).take(LABEL_WORDS).collect();
    ends.reverse();
    let end = ends.into_iter().find(|end| KINDS.contains_key(fold(&text[..*end]).as_str()))?;
    Some(Split { label: &text[..end], rest: text[end..].trim() })
}

/// `A123 (Iran) expires 2030` as `A123` and `Iran`.
fn split_country(text: &str) -> (&str, &str) {
    // "(MSN)" or "(also called L/N)" before the number belongs to the label.
    let text = match text.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        Some((_, rest)) => rest,
        None => text,
    };
    let ends = [" (", " expires ", " issued ", " Issued ", " Expires "];
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    let country = text[end..].split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    (text[..end].trim(), country.map_or("", |(country, _)| country))
}

fn refined<'k>(kind: &'k str, value: &str, country: &str) -> &'k str {
    if !matches!(country, "Russia" | "RU" | "Russian Federation" | "ru") {
        return if kind == "okpo" { "registration" } else { kind };
    }
    let digits = value.chars().filter(char::is_ascii_digit).count();
    match (kind, digits) {
        ("tax-id", 10 | 12) => "inn",
        ("registration", 13 | 15) => "ogrn",
        _ => kind,
    }
}

/// The value with white space normalised, without the letters `IMO` before a ship's number.
pub(crate) fn imo_number(value: &str) -> String {
    let value = squeeze(value);
    value.trim_start_matches("IMO").trim_start_matches(':').trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::designation::{Issuer, NameQuality, PartyKind};

    #[test]
    fn every_row_of_the_table_is_folded_and_stands_once() {
        let mut seen = std::collections::HashSet::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (label, kind) = line.split_once('\t').unwrap();
            assert_eq!(label, fold(label));
            assert!(label.split(' ').count() <= LABEL_WORDS, "{label}");
            assert!(kind.chars().all(|c| c.is_ascii_lowercase() || "-:".contains(c)), "{kind}");
            assert!(seen.insert(label), "{label} stands twice");
        }
    }

    #[test]
    fn labels_and_countries_make_kinds() {
        let cases = [
            ("Passport A0019 (Iran) expires 01 Jan 2020", "passport", "A0019"),
            ("Tax ID No. 7744001497 (Russia)", "inn", "7744001497"),
            ("Tax ID No. 80-0890696 (United States)", "tax-id", "80-0890696"),
            ("Registration Number 1027700167110 (Russia)", "ogrn", "1027700167110"),
            ("Government Gazette Number 04854822 (Russia)", "okpo", "04854822"),
            ("Vessel Registration Identification IMO 9187629", "imo", "9187629"),
            ("Digital Currency Address - XBT 1GqChnxVW3Qx", "wallet:XBT", "1GqChnxVW3Qx"),
            ("Legal Entity Number 253400WSS48YWMBUA688", "lei", "253400WSS48YWMBUA688"),
            ("Aircraft Manufacturer's Serial Number (MSN) 1023409321", "msn", "1023409321"),
            ("SWIFT/BIC SABRRUMM", "bic", "SABRRUMM"),
            ("D.N.I. 32 (Spain)", "national-id", "32"),
        ];
        for (text, kind, value) in cases {
            let mut draft = Draft::new(Issuer::Ofac, "1", PartyKind::Other);
            assert!(read_labelled(text, &mut draft), "{text}");
            draft.name("Rota", NameQuality::Primary);
            let found = draft.finish().unwrap().identifiers;
            assert_eq!((found[0].kind.as_str(), found[0].value.as_str()), (kind, value), "{text}");
        }
        for other in ["Gender Male", "POB Tehran, Iran", "Passport", "Minister of Oil 3", ""] {
            let mut draft = Draft::new(Issuer::Ofac, "1", PartyKind::Other);
            assert!(!read_labelled(other, &mut draft), "{other}");
        }
    }
}
