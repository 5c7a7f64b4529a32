//! Numbers and codes that name a party beyond doubt.

use crate::screen::Listed;
use crate::screen::trie::NumberMap;
use crate::text::checksum::{
    is_entity_identifier, is_registration_number, is_ship_number, is_tax_number,
};
use crate::text::names::{Word, hash};

/// Identifiers of listed parties by the hash of their letters and digits.
#[derive(Debug, Default)]
pub(crate) struct Identifiers {
    known: NumberMap<u64, Vec<Known>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    listed: u32,
    /// Which of the party's identifiers.
    identifier: u16,
    /// The number alone may be any number: the letters IMO must stand before it.
    needs_label: bool,
}

/// An identifier of a listed party in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) word: usize,
    pub(crate) listed: u32,
    pub(crate) identifier: u16,
}

/// Letters and digits of the shortest identifier.
const SHORTEST: usize = 7;
/// Letters and digits of the shortest wallet address.
const WALLET_MIN: usize = 24;
/// Words before a ship's number that may hold the letters IMO.
const LABEL_WITHIN: usize = 3;

impl Identifiers {
    pub(crate) fn of(listed: &[Listed]) -> Self {
        let mut identifiers = Self::default();
        for (number, party) in listed.iter().enumerate() {
            let of_party = party.designation.identifiers.iter().enumerate();
            for (place, identifier) in of_party.take(usize::from(u16::MAX)) {
                let Some((value, needs_label)) = usable(&identifier.kind, &identifier.value) else {
                    continue;
                };
                let key = hash(&value.to_lowercase());
                let known = Known { listed: number as u32, identifier: place as u16, needs_label };
                identifiers.known.entry(key).or_default().push(known);
            }
        }
        identifiers
    }

    /// Those that stand in a text.
    pub(crate) fn find(&self, text: &str, words: &[Word]) -> Vec<Numbered> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (at, word) in words.iter().enumerate() {
            if ((word.end - word.start) as usize) < SHORTEST || !holds_digit(text, word) {
                continue;
            }
            let Some(known) = self.known.get(&word.hash) else { continue };
            for known in known {
                if !known.needs_label || is_labelled(words, at) {
                    let Known { listed, identifier, .. } = *known;
                    found.push(Numbered { word: at, listed, identifier });
                }
            }
        }
        found
    }
}

/// The letters and digits of an identifier that proves itself, and whether its kind must stand
/// before it; none for passports and the like, whose numbers are no proof.
pub(crate) fn usable(kind: &str, value: &str) -> Option<(String, bool)> {
    let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let fits = match kind {
        "imo" => is_ship_number(plain.trim_start_matches(|c: char| !c.is_ascii_digit())),
        "inn" => is_tax_number(&plain),
        "ogrn" => is_registration_number(&plain),
        "lei" => is_entity_identifier(&plain),
        kind => kind.starts_with("wallet") && WALLET_MIN <= plain.len(),
    };
    if !fits {
        return None;
    }
    let ship = kind == "imo";
    let digits = plain.trim_start_matches(|c: char| !c.is_ascii_digit());
    Some((if ship { digits.to_owned() } else { plain }, ship))
}

fn holds_digit(text: &str, word: &Word) -> bool {
    text.as_bytes()[word.start as usize..word.end as usize].iter().any(u8::is_ascii_digit)
}

fn is_labelled(words: &[Word], at: usize) -> bool {
    let labels = [hash("imo"), hash("имо"), hash("імо")];
    words[at.saturating_sub(LABEL_WITHIN)..at].iter().any(|word| labels.contains(&word.hash))
}
