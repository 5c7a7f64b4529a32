//! A designation while a reader gathers its pieces: cleaned, without repeats, in one order.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::model::designation::{
    Designation, Identifier, Issuer, ListedName, NameQuality, PartyKind,
};

/// Names of one party that are kept. The longest real list of aliases has under two hundred.
const NAMES_MAX: usize = 2_000;

/// A party under way from a file to a [`Designation`].
#[derive(Debug)]
pub(crate) struct Draft {
    party: Designation,
}

impl Draft {
    pub(crate) fn new(issuer: Issuer, id: &str, kind: PartyKind) -> Draft {
        Draft {
            party: Designation {
                id: squeeze(id),
                issuer,
                kind,
                names: Vec::new(),
                programmes: Vec::new(),
                countries: Vec::new(),
                births: Vec::new(),
                identifiers: Vec::new(),
                positions: Vec::new(),
                listed_on: None,
                remarks: Vec::new(),
            },
        }
    }

    pub(crate) fn name(&mut self, text: &str, quality: NameQuality) {
        let text = squeeze(text);
        // A name without a letter or a digit is a placeholder such as "-" or "?".
        if text.contains(char::is_alphanumeric) && self.party.names.len() < NAMES_MAX {
            self.party.names.push(ListedName { text, quality });
        }
    }

    pub(crate) fn programme(&mut self, text: &str) {
        push(&mut self.party.programmes, text);
    }

    pub(crate) fn country(&mut self, text: &str) {
        push(&mut self.party.countries, text);
    }

    pub(crate) fn birth(&mut self, text: &str) {
        push(&mut self.party.births, text);
    }

    pub(crate) fn identifier(&mut self, kind: &str, value: &str) {
        let value = squeeze(value);
        if !value.is_empty() {
            self.party.identifiers.push(Identifier { kind: kind.to_owned(), value });
        }
    }

    pub(crate) fn position(&mut self, text: &str) {
        push(&mut self.party.positions, text);
    }

    pub(crate) fn remark(&mut self, text: &str) {
        push(&mut self.party.remarks, text);
    }

    /// A remark with what it is before it: `POB Tehran`.
    pub(crate) fn labelled(&mut self, label: &str, text: &str) {
        let text = squeeze(text);
        if !text.is_empty() {
            self.party.remarks.push(format!("{label} {text}"));
        }
    }

    /// The earliest day given counts: later ones are of amendments.
    pub(crate) fn listed_on(&mut self, day: Option<NaiveDate>) {
        self.party.listed_on = match (self.party.listed_on, day) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    pub(crate) fn kind(&self) -> PartyKind {
        self.party.kind
    }

    /// The finished party; none where nothing names it.
    pub(crate) fn finish(self) -> Option<Designation> {
        let mut party = self.party;
        settle(&mut party);
        (!party.names.is_empty()).then_some(party)
    }
}

/// Parties with the same number become one, in the order of their first sight: a list may tell of
/// one party in several rows.
pub(crate) fn merge_repeats(parties: Vec<Designation>) -> Vec<Designation> {
    let mut places: HashMap<(Issuer, String), usize> = HashMap::new();
    let mut merged: Vec<Designation> = Vec::with_capacity(parties.len());
    let mut grown = Vec::new();
    for party in parties {
        match places.get(&(party.issuer, party.id.clone())) {
            Some(place) => {
                absorb(&mut merged[*place], party);
                grown.push(*place);
            }
            None => {
                places.insert((party.issuer, party.id.clone()), merged.len());
                merged.push(party);
            }
        }
    }
    grown.sort_unstable();
    grown.dedup();
    for place in grown {
        settle(&mut merged[place]);
    }
    merged
}

fn absorb(into: &mut Designation, from: Designation) {
    for name in from.names {
        let quality = match name.quality {
            NameQuality::Primary if name.text != into.name() => NameQuality::Alias,
            quality => quality,
        };
        if into.names.len() < NAMES_MAX {
            into.names.push(ListedName { quality, ..name });
        }
    }
    into.programmes.extend(from.programmes);
    into.countries.extend(from.countries);
    into.births.extend(from.births);
    into.identifiers.extend(from.identifiers);
    into.positions.extend(from.positions);
    into.remarks.extend(from.remarks);
    into.listed_on = into.listed_on.into_iter().chain(from.listed_on).min();
}

/// Sets into order: the primary name first, each value once.
fn settle(party: &mut Designation) {
    // Stable: aliases keep the order of the list, the best quality of a repeated name stands.
    party.names.sort_by_key(|name| name.quality);
    let mut seen = HashMap::new();
    party.names.retain(|name| seen.insert(name.text.clone(), ()).is_none());
    for (place, name) in party.names.iter_mut().enumerate() {
        // A name in a second script is as good as an alias; a list without a primary name has
        // its best one first.
        match name.quality {
            NameQuality::Primary if 0 < place => name.quality = NameQuality::Alias,
            _ if place == 0 => name.quality = NameQuality::Primary,
            _ => {}
        }
    }
    for values in [&mut party.programmes, &mut party.countries] {
        values.sort_unstable();
        values.dedup();
    }
    for values in [&mut party.births, &mut party.positions, &mut party.remarks] {
        let mut seen = HashMap::new();
        values.retain(|value| seen.insert(value.clone(), ()).is_none());
    }
    party.identifiers.sort_unstable();
    party.identifiers.dedup();
}

fn push(values: &mut Vec<String>, text: &str) {
    let text = squeeze(text);
    if !text.is_empty() {
        values.push(text);
    }
}

/// White space as single blanks, none at the ends.
pub(crate) fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !squeezed.is_empty() {
            squeezed.push(' ');
        }
        squeezed.push_str(word);
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str) -> Draft {
        Draft::new(Issuer::Bis, id, PartyKind::Other)
    }

    #[test]
    fn the_primary_name_leads_and_nothing_stands_twice() {
        let mut party = draft(" 7 ");
        party.name("Rota  Shipping", NameQuality::Alias);
        party.name("-", NameQuality::Primary);
        party.name("ROTA", NameQuality::Primary);
        party.name("Rota Shipping", NameQuality::Weak);
        party.programme("Z");
        party.programme("A");
        party.programme("Z");
        let party = party.finish().unwrap();
        let names: Vec<_> =
            party.names.iter().map(|name| (name.text.as_str(), name.quality)).collect();
        assert_eq!(party.id, "7");
        assert_eq!(names, [("ROTA", NameQuality::Primary), ("Rota Shipping", NameQuality::Alias)]);
        assert_eq!(party.programmes, ["A", "Z"]);
    }

    #[test]
    fn a_party_without_a_name_is_none() {
        let mut party = draft("7");
        party.name(" . ", NameQuality::Primary);
        assert_eq!(party.finish(), None);
    }

    #[test]
    fn rows_of_one_party_become_one() {
        let row = |name: &str, remark: &str| {
            let mut party = draft("7");
            party.name(name, NameQuality::Primary);
            party.remark(remark);
            party.finish().unwrap()
        };
        let merged =
            merge_repeats(vec![row("Rota", "Quay 1"), row("Rota", "Quay 2"), row("Rotha", "")]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].remarks, ["Quay 1", "Quay 2"]);
        assert_eq!(merged[0].names[1].quality, NameQuality::Alias);
    }
}
