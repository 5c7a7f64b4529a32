//! Who is the same party on several lists.

use std::collections::{BTreeSet, HashMap};

use crate::model::designation::{Designation, NameQuality, PartyKind};
use crate::screen::grade::Grade;
use crate::screen::identifiers::usable;
use crate::screen::trie::NumberMap;
use crate::screen::{Ending, Listed, NameWords};

/// For each listed party the lowest number among those that are the same on other lists, and the
/// entries of each that has several.
///
/// Two entries of different issuers are one party where they share an identifier, or a name that
/// is the primary one of either and nothing speaks against it (the kind, the years of birth), or
/// any firm form of a name and a year of birth. No issuer lists a party twice.
pub(crate) fn same(
    listed: &[Listed],
    names: &[NameWords],
    endings: &[Ending],
) -> (Vec<u32>, NumberMap<u32, Vec<u32>>) {
    let mut parties = Parties {
        of: (0..listed.len() as u32).collect(),
        issuers: listed.iter().map(|party| 1 << party.designation.issuer as u32).collect(),
    };
    let mut by_identifier: HashMap<String, u32> = HashMap::new();
    for (number, party) in listed.iter().enumerate() {
        for identifier in &party.designation.identifiers {
            let Some((value, _)) = usable(&identifier.kind, &identifier.value) else { continue };
            let first = *by_identifier.entry(value).or_insert(number as u32);
            parties.unite(first, number as u32);
        }
    }
    let mut by_name: HashMap<Vec<u32>, Vec<&NameWords>> = HashMap::new();
    for name in names {
        let quality =
            listed[name.listed as usize].designation.names[usize::from(name.name)].quality;
        if name.numbers.len() < 2 || quality == NameQuality::Weak {
            continue;
        }
        let mut key = name.numbers.clone();
        key.sort_unstable();
        by_name.entry(key).or_default().push(name);
    }
    let mut groups: Vec<Vec<&NameWords>> =
        by_name.into_values().filter(|group| 1 < group.len()).collect();
    groups.sort_by_key(|group| group.first().map(|name| (name.listed, name.name)));
    for group in groups {
        unite_bearers(&mut parties, listed, &group);
    }
    for group in endings.chunk_by(|one, other| one.state == other.state) {
        unite_namesakes_born_together(&mut parties, listed, group);
    }
    let of: Vec<u32> = (0..listed.len() as u32).map(|number| parties.first(number)).collect();
    let mut entries: NumberMap<u32, Vec<u32>> = NumberMap::default();
    for (number, first) in
        of.iter().enumerate().filter(|(number, first)| *number != **first as usize)
    {
        entries.entry(*first).or_insert_with(|| vec![*first]).push(number as u32);
    }
    (of, entries)
}

fn unite_namesakes_born_together(parties: &mut Parties, listed: &[Listed], group: &[Ending]) {
    let firm: Vec<u32> = group
        .iter()
        .filter(|ending| ending.grade == Grade::Firm)
        .map(|ending| ending.listed)
        .take(BEARERS_MAX)
        .collect();
    for (at, one) in firm.iter().enumerate() {
        for other in &firm[at + 1..] {
            let (a, b) = (&listed[*one as usize].designation, &listed[*other as usize].designation);
            if may_be_same(a, b) && !a.births.is_empty() && !b.births.is_empty() {
                parties.unite(*one, *other);
            }
        }
    }
}

/// Bearers of one name that are looked at; a name of more is nobody's own.
const BEARERS_MAX: usize = 12;

fn unite_bearers(parties: &mut Parties, listed: &[Listed], group: &[&NameWords]) {
    let designation = |name: &NameWords| &listed[name.listed as usize].designation;
    for (at, one) in group.iter().enumerate().take(BEARERS_MAX) {
        for other in group.iter().take(BEARERS_MAX).skip(at + 1) {
            let primary = one.name == 0 || other.name == 0;
            if primary && may_be_same(designation(one), designation(other)) {
                parties.unite(one.listed, other.listed);
            }
        }
    }
}

fn may_be_same(one: &Designation, other: &Designation) -> bool {
    let years = |designation: &Designation| -> BTreeSet<String> {
        designation.births.iter().flat_map(|birth| years(birth)).collect()
    };
    let (births, others) = (years(one), years(other));
    let agree = births.is_empty() || others.is_empty() || !births.is_disjoint(&others);
    let same_kind = one.kind == other.kind || [one.kind, other.kind].contains(&PartyKind::Other);
    one.issuer != other.issuer && same_kind && agree
}

/// Numbers of four digits in a date.
pub(crate) fn years(date: &str) -> impl Iterator<Item = String> {
    date.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 4).map(str::to_owned)
}

/// Sets of numbers; each set is named by its lowest.
struct Parties {
    of: Vec<u32>,
    /// By first number, one bit for each issuer in the set.
    issuers: Vec<u32>,
}

impl Parties {
    fn first(&self, mut number: u32) -> u32 {
        while self.of[number as usize] != number {
            number = self.of[number as usize];
        }
        number
    }

    /// Makes two sets one, unless an issuer would then list the party twice.
    fn unite(&mut self, one: u32, other: u32) {
        let (one, other) = (self.first(one), self.first(other));
        let issuers = |number: u32| self.issuers[number as usize];
        if one != other && issuers(one) & issuers(other) == 0 {
            let both = issuers(one) | issuers(other);
            self.of[one.max(other) as usize] = one.min(other);
            self.issuers[one.min(other) as usize] = both;
        }
    }
}
