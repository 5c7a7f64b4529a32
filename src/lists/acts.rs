//! Official acts: whom they list, and whether the issuer's list names them yet.
//!
//! Each issuer prints its entries in one way, and only that way is read: an entry that does not fit
//! is left out. What makes an entry a new one is said by the act itself: OFAC's heading "have been
//! added", the day of listing that the others print in each entry.

mod entries;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::act::{Act, ActEntry, ActParty, Listing};
use crate::model::change::Known;
use crate::model::designation::Issuer;
use crate::text::legal_forms::core;
use crate::text::names::folded_words;
use crate::text::spelling;

/// Hosts of the Official Journal.
const JOURNAL: &str = "eur-lex.europa.eu";
/// Parties of an act that are kept.
const PARTIES_MAX: usize = 2_000;

/// The page of an office, as a reader of acts sees it.
#[derive(Debug, Clone, Copy)]
pub struct OfficialPage<'t> {
    pub host: &'t str,
    pub title: &'t str,
    /// The blocks of the article; a row of a table is a line, its cells parted by ` | `.
    pub text: &'t str,
    pub published: NaiveDate,
    /// Whether its text shows that somebody is listed.
    pub designates: bool,
}

/// The act that a page is; none where it lists nobody.
///
/// An act of the Official Journal whose entries cannot be read is known by its number alone.
pub fn act(page: &OfficialPage<'_>) -> Option<Act> {
    let OfficialPage { host, title, text, published, designates } = *page;
    let found = |issuer, number: String, mut parties: Vec<ActParty>| {
        let mut seen = HashSet::new();
        parties.retain(|party| seen.insert(party.name.clone()));
        parties.truncate(PARTIES_MAX);
        Act { issuer, number, published, parties }
    };
    if host == JOURNAL {
        let number = act_number(title).unwrap_or_default();
        let parties = entries::journal(text, published);
        let is_act = !parties.is_empty() || (designates && !number.is_empty());
        return is_act.then(|| found(Issuer::EuropeanUnion, number, parties));
    }
    let readers = [
        (Issuer::Ofac, entries::ofac(text)),
        (Issuer::UnitedKingdom, entries::united_kingdom(text, published)),
        (Issuer::UnitedNations, entries::security_council(text, published)),
    ];
    let (issuer, parties) = readers.into_iter().find(|(_, parties)| !parties.is_empty())?;
    Some(found(issuer, String::new(), parties))
}

/// The number of an EU act in its title: `2026/123` of "Council Implementing Regulation (EU) 2026/123
/// implementing Regulation (EU) No 269/2014".
fn act_number(title: &str) -> Option<String> {
    let mut words = title.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':'));
    words.find(|word| is_number(word)).map(str::to_owned)
}

fn is_number(word: &str) -> bool {
    let digits = |part: &str| {
        (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    word.split_once('/').is_some_and(|(one, other)| digits(one) && digits(other))
}

/// Says of each entry whether a list names it: `known` are the parties of the issuer's lists, and
/// `begun` says when the first edition of a list was fetched.
pub fn settle(
    mut entries: Vec<ActEntry>,
    known: &[Known],
    begun: &HashMap<String, DateTime<Utc>>,
) -> Vec<ActEntry> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.listed.is_none()) {
        for key in keys(entry) {
            places.entry(key).or_default().push(at);
        }
    }
    // The earliest look at a party counts: several lists of one issuer may name it.
    let mut known: Vec<&Known> = known.iter().collect();
    known.sort_by_key(|known| known.first_seen);
    for known in known {
        for key in keys_of(known) {
            for at in places.get(&key).map_or(&[][..], Vec::as_slice) {
                let entry = &mut entries[*at];
                if entry.issuer != known.party.issuer || entry.listed.is_some() {
                    continue;
                }
                let days = (known.first_seen.date_naive() - entry.published).num_days();
                let was_followed =
                    begun.get(&known.list).is_some_and(|begun| *begun < known.first_seen);
                entry.listed = Some(Listing {
                    list: known.list.clone(),
                    days: (was_followed && 0 < days).then_some(days),
                });
            }
        }
    }
    entries
}

/// What an entry is found by.
fn keys(entry: &ActEntry) -> Vec<String> {
    if entry.party.name.is_empty() {
        return vec![format!("act {}", entry.number)];
    }
    let numbers = entry.party.identifiers.iter().map(|it| format!("{} {}", it.kind, it.value));
    numbers.chain([name_key(&entry.party.name)]).collect()
}

/// What a listed party is found by.
fn keys_of(known: &Known) -> Vec<String> {
    let party = &known.party;
    let names = party.names.iter().map(|name| name_key(&name.text));
    let numbers = party.identifiers.iter().filter(|it| it.kind == "imo").map(|it| {
        let digits: String = it.value.chars().filter(char::is_ascii_digit).collect();
        format!("imo {digits}")
    });
    let cited = party.remarks.iter().filter(|remark| remark.starts_with("Regulation "));
    let acts = cited
        .flat_map(|remark| remark.split(|c: char| !(c.is_ascii_digit() || c == '/')))
        .filter(|word| is_number(word))
        .map(|word| format!("act {word}"));
    names.chain(numbers).chain(acts).chain([format!("reference {}", party.id)]).collect()
}

/// The words of a name in no order, spelled in one way, without a legal form. Two parties may share
/// it: then one is taken to be listed that is not, and nothing is said of it.
fn name_key(name: &str) -> String {
    let words = folded_words(name);
    let core = core(&words);
    let kept = if core.is_empty() { &words[..] } else { &words[core] };
    let mut kept: Vec<String> = kept.iter().map(|word| spelling::key(word)).collect();
    kept.sort_unstable();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use crate::lists::draft::Draft;
    use crate::model::act::Ahead;
    use crate::model::designation::{Identifier, NameQuality, PartyKind};

    use super::*;

    fn page<'t>(
        host: &'t str,
        title: &'t str,
        text: &'t str,
        designates: bool,
    ) -> OfficialPage<'t> {
        let published = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        OfficialPage { host, title, text, published, designates }
    }

    #[test]
    fn an_act_is_known_by_its_entries_or_by_its_number() {
        let row = "1. | Ivan VELL (Иван ВЕЛЛ) | born 1971 | sells oil | 20.11.2026";
        let notice = "The following entity has been added to OFAC's SDN List:\n\
                      CALVENNA LLC, Dornik; Tax ID No. 1 [RUSSIA-EO14024].";
        let new = "Council Implementing Regulation (EU) 2026/123 implementing Regulation (EU) No 269/2014";
        let cases = [
            (page(JOURNAL, new, row, false), Some((Issuer::EuropeanUnion, "2026/123", 1))),
            (page(JOURNAL, new, "No table.", true), Some((Issuer::EuropeanUnion, "2026/123", 0))),
            (page(JOURNAL, new, "No table.", false), None),
            (page(JOURNAL, "A notice", "No table.", true), None),
            // A report is no act, whatever number it names.
            (page("www.consilium.europa.eu", new, row, true), None),
            (page("ofac.treasury.gov", "Designation", notice, true), Some((Issuer::Ofac, "", 1))),
        ];
        for (page, expected) in cases {
            let found = act(&page);
            let found = found.as_ref().map(|it| (it.issuer, it.number.as_str(), it.parties.len()));
            assert_eq!(found, expected, "{page:?}");
        }
    }

    #[test]
    fn only_numbers_of_acts_are_numbers() {
        for (title, number) in [
            ("Council Decision (CFSP) 2026/45 amending Decision 2014/145/CFSP", Some("2026/45")),
            ("Council Regulation (EU) No 36/2012 concerning Syria", Some("36/2012")),
            ("Notice 24/7 service", Some("24/7")),
            ("Council Decision 2014/145/CFSP", None),
            ("A decision and/or a regulation", None),
        ] {
            assert_eq!(act_number(title).as_deref(), number, "{title}");
        }
    }

    fn known(id: &str, name: &str, more: impl FnOnce(&mut Draft), seen: &str) -> Known {
        let mut draft = Draft::new(Issuer::EuropeanUnion, id, PartyKind::Other);
        draft.name(name, NameQuality::Primary);
        more(&mut draft);
        Known {
            list: "eu".to_owned(),
            party: draft.finish().unwrap(),
            first_seen: format!("{seen}T08:00:00Z").parse().unwrap(),
            removed_on: None,
        }
    }

    #[test]
    fn a_list_names_a_party_by_name_number_or_act() {
        let parties = [
            known("EU.1", "VELL Ivan", |_| {}, "2026-11-23"),
            known("EU.2", "Calvenna OOO", |_| {}, "2026-11-20"),
            known("EU.3", "Lommel Star", |it| it.identifier("imo", "IMO 9187629"), "2026-11-22"),
            known(
                "EU.4",
                "Tarn Bank",
                |it| it.labelled("Regulation", "2026/9 (OJ L 9)"),
                "2026-11-21",
            ),
            known("EU.5", "Pavel Orlanta", |_| {}, "2026-11-01"),
        ];
        let begun = HashMap::from([("eu".to_owned(), "2026-11-01T08:00:00Z".parse().unwrap())]);
        let imo =
            |value: &str| vec![Identifier { kind: "imo".to_owned(), value: value.to_owned() }];
        let cases = [
            ("Ivan Vell", "", vec![], Some(Some(3))),
            // The same day is not ahead, nor is a name of the first edition we have.
            ("Calvenna LLC", "", vec![], Some(None)),
            ("Orlanta Pavel", "", vec![], Some(None)),
            ("Another Star", "", imo("9187629"), Some(Some(2))),
            ("", "2026/9", vec![], Some(Some(1))),
            ("", "2026/99", vec![], None),
            ("Ivan Vellov", "", vec![], None),
            ("Lommel", "", imo("9187631"), None),
        ];
        for (name, number, identifiers, expected) in cases {
            let entry = ActEntry {
                issuer: Issuer::EuropeanUnion,
                number: number.to_owned(),
                published: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
                party: ActParty { name: name.to_owned(), identifiers },
                listed: None,
            };
            let other = ActEntry { issuer: Issuer::Ofac, ..entry.clone() };
            let settled = settle(vec![entry, other], &parties, &begun);
            let days = settled[0].listed.as_ref().map(|listing| listing.days);
            assert_eq!(days, expected, "{name} {number}");
            assert_eq!(settled[1].listed, None, "a list of another issuer");
        }
        assert_eq!(Ahead::of(&[], NaiveDate::MIN, |_| true), []);
    }
}
