//! Official acts that list parties before the list's own file names them.

use chrono::NaiveDate;

use crate::model::designation::{Identifier, Issuer};

/// An act as its own page tells it: who is listed, by whom, since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub issuer: Issuer,
    /// The act's own number, `2026/123`; empty where it has none.
    pub number: String,
    pub published: NaiveDate,
    /// In the order of the act; empty where its names cannot be read. The number stands for them then.
    pub parties: Vec<ActParty>,
}

/// A party that an act lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActParty {
    /// As the act prints it.
    pub name: String,
    /// What names it beyond doubt: `imo`, or `reference` for the issuer's own number.
    pub identifiers: Vec<Identifier>,
}

/// Where a party that an act lists stands on the issuer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActEntry {
    pub issuer: Issuer,
    /// The act's number; may be empty.
    pub number: String,
    pub published: NaiveDate,
    /// Its name is empty where the act's names cannot be read.
    pub party: ActParty,
    /// None: no edition of a list of the issuer names it.
    pub listed: Option<Listing>,
}

/// A list that names a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The list, by its id.
    pub list: String,
    /// Days from the act to the first edition that named the party, at least 1; none where the list
    /// did so first, or was not followed yet.
    pub days: Option<i64>,
}

/// What an act says ahead of the issuer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    pub issuer: Issuer,
    /// The act's number; may be empty.
    pub number: String,
    /// The parties; empty where the act's names cannot be read.
    pub names: Vec<String>,
    /// Whether the list has named them since.
    pub is_listed: bool,
    /// Days from the act to the list, at least 1; until the list names them, days from the act.
    pub days: i64,
}

/// Names written out; more are counted.
const NAMES: usize = 5;
/// Longest time an act is said to be ahead of its list, in days: a party that is not found by then is
/// listed under another name, or never was.
pub const ACT_REACH: i64 = 60;

impl Act {
    /// Its parties, none of them listed yet.
    pub fn entries(&self) -> Vec<ActEntry> {
        let entry = |party: ActParty| ActEntry {
            issuer: self.issuer,
            number: self.number.clone(),
            published: self.published,
            party,
            listed: None,
        };
        let nameless = ActParty { name: String::new(), identifiers: Vec::new() };
        match self.parties.is_empty() {
            true => vec![entry(nameless)],
            false => self.parties.iter().cloned().map(entry).collect(),
        }
    }
}

impl Ahead {
    /// What entries say ahead of their lists on a day: those not listed yet before those listed
    /// since. `is_followed` says whether we know what the issuer's lists hold now: where we do not, we
    /// cannot say that they lack somebody.
    pub fn of(
        entries: &[ActEntry],
        today: NaiveDate,
        is_followed: impl Fn(Issuer) -> bool,
    ) -> Vec<Ahead> {
        let mut ahead: Vec<Ahead> = Vec::new();
        for entry in entries {
            let (is_listed, days) = match &entry.listed {
                Some(Listing { days: Some(days), .. }) => (true, *days),
                Some(Listing { days: None, .. }) => continue,
                None if is_followed(entry.issuer) => {
                    (false, (today - entry.published).num_days().max(0))
                }
                None => continue,
            };
            if ACT_REACH < days {
                continue;
            }
            let same = ahead.iter_mut().find(|it| {
                (it.issuer, it.is_listed, it.days) == (entry.issuer, is_listed, days)
                    && it.number == entry.number
            });
            let place = match same {
                Some(place) => place,
                None => {
                    ahead.push(Ahead {
                        issuer: entry.issuer,
                        number: entry.number.clone(),
                        names: Vec::new(),
                        is_listed,
                        days,
                    });
                    ahead.last_mut().expect("one was pushed")
                }
            };
            let name = &entry.party.name;
            if !name.is_empty() && !place.names.contains(name) {
                place.names.push(name.clone());
            }
        }
        ahead.sort_by_key(|it| it.is_listed);
        ahead
    }

    /// As a sentence: `In the Official Journal (2026/123) for 3 days, not yet in the list: Tarn Bank`.
    pub fn in_words(&self) -> String {
        let place = match self.issuer {
            Issuer::EuropeanUnion => "In the Official Journal",
            Issuer::Ofac => "In OFAC's notice",
            Issuer::UnitedKingdom => "In the notice of the United Kingdom",
            Issuer::UnitedNations => "In the notice of the Security Council",
            _ => "In the issuer's notice",
        };
        let number = match self.number.as_str() {
            "" => String::new(),
            number => format!(" ({number})"),
        };
        let days = if self.days == 1 { "day" } else { "days" };
        let when = match (self.is_listed, self.days) {
            (true, count) => format!(" {count} {days} before the list"),
            (false, 0) => " today, not yet in the list".to_owned(),
            (false, count) => format!(" for {count} {days}, not yet in the list"),
        };
        format!("{place}{number}{when}{}", self.who())
    }

    fn who(&self) -> String {
        let (shown, more) = self.names.split_at(self.names.len().min(NAMES));
        match (shown.is_empty(), more.len()) {
            (true, _) => String::new(),
            (false, 0) => format!(": {}", shown.join("; ")),
            (false, more) => format!(": {}; and {more} more", shown.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn entry(name: &str, listed: Option<Option<i64>>) -> ActEntry {
        ActEntry {
            issuer: Issuer::EuropeanUnion,
            number: "2026/123".to_owned(),
            published: day("2026-11-20"),
            party: ActParty { name: name.to_owned(), identifiers: Vec::new() },
            listed: listed.map(|days| Listing { list: "eu".to_owned(), days }),
        }
    }

    /// Name, and where it stands: on no list, or on one, so many days later.
    type Case<'a> = (&'a [(&'a str, Option<Option<i64>>)], &'a str, bool, &'a [&'a str]);

    #[test]
    fn an_act_is_ahead_until_the_list_names_its_parties_and_then_by_days() {
        let cases: [Case<'_>; 8] = [
            (
                &[("Tarn Bank", None), ("Igor Vell", None)],
                "2026-11-23",
                true,
                &[
                    "In the Official Journal (2026/123) for 3 days, not yet in the list: Tarn Bank; Igor Vell",
                ],
            ),
            (
                &[("A", None)],
                "2026-11-20",
                true,
                &["In the Official Journal (2026/123) today, not yet in the list: A"],
            ),
            (
                &[("A", None)],
                "2026-11-21",
                true,
                &["In the Official Journal (2026/123) for 1 day, not yet in the list: A"],
            ),
            (
                &[("", None)],
                "2026-11-23",
                true,
                &["In the Official Journal (2026/123) for 3 days, not yet in the list"],
            ),
            // Nobody follows that list: what it lacks is not known.
            (
                &[("A", None), ("B", Some(Some(2)))],
                "2026-11-23",
                false,
                &["In the Official Journal (2026/123) 2 days before the list: B"],
            ),
            (
                &[("B", Some(Some(1))), ("A", None), ("C", Some(None))],
                "2026-11-22",
                true,
                &[
                    "In the Official Journal (2026/123) for 2 days, not yet in the list: A",
                    "In the Official Journal (2026/123) 1 day before the list: B",
                ],
            ),
            (&[("A", None)], "2027-01-20", true, &[]),
            (
                &[("A", None), ("B", None), ("C", None), ("D", None), ("E", None), ("F", None)],
                "2026-11-20",
                true,
                &[
                    "In the Official Journal (2026/123) today, not yet in the list: A; B; C; D; E; and 1 more",
                ],
            ),
        ];
        for (entries, today, is_followed, expected) in cases {
            let entries: Vec<ActEntry> =
                entries.iter().map(|(name, listed)| entry(name, *listed)).collect();
            let ahead = Ahead::of(&entries, day(today), |_| is_followed);
            let words: Vec<String> = ahead.iter().map(Ahead::in_words).collect();
            assert_eq!(words, expected);
        }
    }
}
