//! Two editions of a list become the changes between them.

use std::collections::{HashMap, HashSet};

use crate::model::change::{Change, ChangeKind, FieldChange};
use crate::model::designation::{Designation, Issuer, ListedName};

/// The parties that are not the same in `old` and `new`: first those of the new edition in its
/// order, then the removed ones in the order of the old. A party is known by issuer and number.
/// The order of values within a field is no change.
pub fn changes(old: &[Designation], new: &[Designation]) -> Vec<Change> {
    let key = |party: &Designation| -> (Issuer, String) { (party.issuer, party.id.clone()) };
    let before: HashMap<_, _> = old.iter().map(|party| (key(party), party)).collect();
    let after: HashSet<_> = new.iter().map(key).collect();
    let mut changes = Vec::new();
    for party in new {
        let kind = match before.get(&key(party)) {
            None => Some(ChangeKind::Added),
            Some(earlier) => {
                let fields = amended_fields(earlier, party);
                (!fields.is_empty()).then_some(ChangeKind::Amended(fields))
            }
        };
        changes.extend(kind.map(|kind| Change { kind, party: party.clone() }));
    }
    let gone = old.iter().filter(|party| !after.contains(&key(party)));
    changes.extend(gone.map(|party| Change { kind: ChangeKind::Removed, party: party.clone() }));
    changes
}

fn amended_fields(old: &Designation, new: &Designation) -> Vec<FieldChange> {
    let one = |text: &str| vec![text.to_owned()];
    let day = |party: &Designation| party.listed_on.map(|day| day.to_string());
    let numbers = |party: &Designation| -> Vec<String> {
        party.identifiers.iter().map(|it| format!("{} {}", it.kind, it.value)).collect()
    };
    [
        names(old, new),
        field("name", &one(old.name()), &one(new.name())),
        field("kind", &one(old.kind.name()), &one(new.kind.name())),
        field("programmes", &old.programmes, &new.programmes),
        field("countries", &old.countries, &new.countries),
        field("births", &old.births, &new.births),
        field("identifiers", &numbers(old), &numbers(new)),
        field("positions", &old.positions, &new.positions),
        field("listed_on", &Vec::from_iter(day(old)), &Vec::from_iter(day(new))),
        field("remarks", &old.remarks, &new.remarks),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The values of a field that came and went; none where they are the same.
fn field(name: &'static str, old: &[String], new: &[String]) -> Option<FieldChange> {
    if old == new {
        return None;
    }
    let missing_in = |values: &[String], other: &[String]| -> Vec<String> {
        let other: HashSet<&String> = other.iter().collect();
        values.iter().filter(|value| !other.contains(value)).cloned().collect()
    };
    let (added, removed) = (missing_in(new, old), missing_in(old, new));
    let is_change = !added.is_empty() || !removed.is_empty();
    is_change.then_some(FieldChange { field: name, added, removed })
}

/// The names that came and went. One that stayed but is worth more or less now is shown on both
/// sides with its quality, as `Rota (weak)`.
fn names(old: &Designation, new: &Designation) -> Option<FieldChange> {
    let known = |party: &Designation| -> HashMap<String, ListedName> {
        party.names.iter().map(|name| (name.text.clone(), name.clone())).collect()
    };
    let differing = |party: &Designation, other: &HashMap<String, ListedName>| -> Vec<String> {
        let names = party.names.iter();
        names
            .filter_map(|name| match other.get(&name.text) {
                None => Some(name.text.clone()),
                Some(same) if same.quality != name.quality => {
                    Some(format!("{} ({})", name.text, name.quality.name()))
                }
                Some(_) => None,
            })
            .collect()
    };
    let (added, removed) = (differing(new, &known(old)), differing(old, &known(new)));
    let is_change = !added.is_empty() || !removed.is_empty();
    is_change.then_some(FieldChange { field: "names", added, removed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::draft::Draft;
    use crate::model::designation::{NameQuality, PartyKind};

    fn party(id: &str, names: &[(&str, NameQuality)], programme: &str) -> Designation {
        let mut draft = Draft::new(Issuer::Ofac, id, PartyKind::Organisation);
        names.iter().for_each(|(name, quality)| draft.name(name, *quality));
        draft.programme(programme);
        draft.finish().unwrap()
    }

    #[test]
    fn each_kind_of_change_is_told() {
        use NameQuality::{Alias, Primary, Weak};
        let old = [
            party("1", &[("Rota", Primary)], "CUBA"),
            party("2", &[("Ister", Primary), ("IST", Alias), ("Old", Alias)], "CUBA"),
            party("3", &[("Gone", Primary)], "CUBA"),
        ];
        let new = [
            party("2", &[("Ister", Primary), ("IST", Weak), ("New", Alias)], "IRAN"),
            party("1", &[("Rota", Primary)], "CUBA"),
            party("4", &[("Came", Primary)], "IRAN"),
        ];
        let found = changes(&old, &new);
        let kinds: Vec<_> =
            found.iter().map(|change| (change.kind.name(), change.party.id.as_str())).collect();
        assert_eq!(kinds, [("amended", "2"), ("added", "4"), ("removed", "3")]);
        let ChangeKind::Amended(fields) = &found[0].kind else { panic!("{found:?}") };
        assert_eq!(fields[0].field, "names");
        assert_eq!(fields[0].added, ["New", "IST (weak)"]);
        assert_eq!(fields[0].removed, ["IST (alias)", "Old"]);
        assert_eq!((fields[1].field, &fields[1].added[0]), ("programmes", &"IRAN".to_owned()));
        assert_eq!(found[1].new_names(), ["Came"]);
        assert!(changes(&old, &old).is_empty());
    }
}
