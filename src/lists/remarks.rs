//! The remarks of OFAC's lists: births, nationalities, numbers and weak aliases in one line of text,
//! with `; ` between.

use crate::lists::draft::Draft;
use crate::lists::identifiers::read_labelled;
use crate::lists::reading_order::from_comma_order;
use crate::model::designation::{NameQuality, PartyKind};

/// Reads a remark into the draft. What is no field of a designation stays a remark, piece by
/// piece, so that a change shows which piece changed.
pub(crate) fn read(remarks: &str, draft: &mut Draft) {
    for piece in without_full_stop(remarks.trim()).split("; ") {
        read_piece(piece.trim(), draft);
    }
}

/// The full stop at the end of all remarks belongs to none of them, but that of `S.A.` does.
fn without_full_stop(remarks: &str) -> &str {
    let Some(bare) = remarks.strip_suffix('.') else { return remarks };
    let mut before = bare.chars().rev().skip(1);
    if before.next() == Some('.') { remarks } else { bare }
}

fn read_piece(piece: &str, draft: &mut Draft) {
    let plain = piece.strip_prefix("alt. ").unwrap_or(piece);
    if let Some(birth) = plain.strip_prefix("DOB ") {
        draft.birth(birth);
    } else if let Some(country) = nationality(plain) {
        draft.country(country);
    } else if let Some(alias) = quoted_alias(plain) {
        match draft.kind() {
            PartyKind::Person => draft.name(&from_comma_order(alias), NameQuality::Weak),
            _ => draft.name(alias, NameQuality::Weak),
        }
    } else if !read_labelled(plain, draft) {
        draft.remark(piece);
    }
}

fn nationality(piece: &str) -> Option<&str> {
    ["nationality ", "citizen ", "Nationality of Registration ", "Vessel Flag "]
        .iter()
        .find_map(|label| piece.strip_prefix(label))
}

/// `a.k.a. 'X'`: OFAC prints its weak aliases so, and only them.
fn quoted_alias(piece: &str) -> Option<&str> {
    let alias = ["a.k.a. ", "f.k.a. ", "n.k.a. "].iter().find_map(|it| piece.strip_prefix(it))?;
    let alias = alias.trim();
    let bare = alias.strip_prefix(['\'', '"']).unwrap_or(alias);
    Some(bare.strip_suffix(['\'', '"']).unwrap_or(bare))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::designation::Issuer;

    #[test]
    fn pieces_find_their_fields() {
        let mut draft = Draft::new(Issuer::Ofac, "1", PartyKind::Person);
        draft.name("Petr ORLOV", NameQuality::Primary);
        let remarks = "DOB 01 Jan 1960; alt. DOB circa 1961; POB Tver, Russia; nationality Russia; \
                       citizen Cyprus; Gender Male; a.k.a. 'THE EAGLE'; a.k.a. 'ORLOV, Pyotr'; \
                       Passport 123456 (Russia); alt. Passport K7; Linked To: ROTA BANK.";
        read(remarks, &mut draft);
        let party = draft.finish().unwrap();
        assert_eq!(party.births, ["01 Jan 1960", "circa 1961"]);
        assert_eq!(party.countries, ["Cyprus", "Russia"]);
        assert_eq!(party.remarks, ["POB Tver, Russia", "Gender Male", "Linked To: ROTA BANK"]);
        let weak: Vec<&str> = party.names[1..].iter().map(|name| name.text.as_str()).collect();
        assert_eq!(weak, ["THE EAGLE", "Pyotr ORLOV"]);
        assert!(party.names[1..].iter().all(|name| name.quality == NameQuality::Weak));
        let numbers: Vec<&str> = party.identifiers.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(numbers, ["123456", "K7"]);
    }
}
