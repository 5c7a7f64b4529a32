//! What makes a story of reports: what a report is looked up by, and compared by once found.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::model::act::Ahead;
use crate::model::judged::{Cited, Judged};

/// A report as stories see it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryKeys {
    /// When it was published, or where it does not say, first seen.
    pub at: DateTime<Utc>,
    /// Words looked at.
    pub words: usize,
    /// What says most, heaviest first; at most [`StoryLookUp::MARKS_MAX`].
    pub marks: Vec<Mark>,
}

/// A word, name, number, instrument or listed party of a report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    pub hash: u64,
    /// Its part of the report, all marks together having length 1.
    pub weight: f32,
    /// How rare it is in news, as the natural logarithm of one in so many reports.
    pub rarity: f32,
    /// Says who or what it is about: a name, an instrument, a listed party.
    pub names: bool,
}

/// How much of a report's marks are names and how much are words, as the lengths of the two parts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parts {
    pub names: f32,
    pub words: f32,
}

impl StoryKeys {
    /// The lengths of the two parts of its marks.
    pub fn parts(&self) -> Parts {
        let length = |names: bool| {
            let of_them = self.marks.iter().filter(|mark| mark.names == names);
            of_them.map(|mark| mark.weight * mark.weight).sum::<f32>().sqrt()
        };
        Parts { names: length(true), words: length(false) }
    }
}

/// How reports are looked up, in memory as in the store.
#[derive(Debug)]
pub struct StoryLookUp;

impl StoryLookUp {
    /// Marks a report is found by.
    pub const MARKS_MAX: usize = 32;
    /// Bearers of a mark that are looked at, the latest.
    pub const BEARERS_MAX: usize = 64;
    /// Reports that are compared story by story, the most alike.
    pub const NEAR_MAX: usize = 32;
    /// Seconds within which a report finds its story: 14 days.
    pub const WINDOW_SECONDS: i64 = 14 * 24 * 3600;
}

/// A report that bears a mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bearer {
    pub article: i64,
    pub weight: f32,
}

/// How much a stored report is like the new one, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Alike {
    pub article: i64,
    /// In names and words together.
    pub similarity: f32,
    /// What of it is in names.
    pub in_names: f32,
    /// What they have in common in words, common in the store or not.
    pub in_words: f32,
}

/// A stored report that is like the new one, and where it belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub story: i64,
    /// Reports of that story.
    pub reports: usize,
    pub at: DateTime<Utc>,
    pub parts: Parts,
    pub alike: Alike,
}

/// What a story's reports say together, as far as a later report is held against it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Legal identifiers, each in its one form.
    pub instruments: BTreeSet<String>,
    /// Listed parties surely named, by the issuer's word and number.
    pub parties: BTreeSet<(String, String)>,
    /// Words of the kinds of action shown.
    pub actions: BTreeSet<String>,
    /// Whether one of them is from an office itself.
    pub official: bool,
}

/// What a report adds to a story that is known: worth a mail to those who were told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brings {
    /// A legal identifier.
    Instrument(String),
    /// A listed party, by its name.
    Party(String),
    /// A kind of action, by its word.
    Action(String),
    /// The first document of an office, where news told it before.
    Official,
}

impl Brings {
    /// As a reader says it: `General Licence 124A`, `the first official document`.
    pub fn in_words(&self) -> String {
        match self {
            Brings::Instrument(id) => id.clone(),
            Brings::Party(name) => name.clone(),
            Brings::Action(word) => format!("a new kind of action ({word})"),
            Brings::Official => "the first official document".to_owned(),
        }
    }
}

impl Said {
    /// What `judged` adds, from an office itself if `official`.
    ///
    /// Where no action was shown so far, a first one is no news: it is the same event, told more
    /// clearly.
    pub fn brought_by(&self, judged: &Judged, official: bool) -> Vec<Brings> {
        let mut brings = Vec::new();
        let mut add = |brought: Brings| {
            if !brings.contains(&brought) {
                brings.push(brought);
            }
        };
        if official && !self.official {
            add(Brings::Official);
        }
        for Cited { instrument, .. } in &judged.instruments {
            if !self.instruments.contains(&instrument.id) {
                add(Brings::Instrument(instrument.id.clone()));
            }
        }
        for found in judged.named.iter().filter(|found| found.is_sure()) {
            if !self.parties.contains(&(found.issuer.name().to_owned(), found.designation.clone()))
            {
                add(Brings::Party(found.name.clone()));
            }
        }
        for shown in judged.facts.actions.iter().filter(|_| !self.actions.is_empty()) {
            let action = shown.value.name();
            if !self.actions.contains(action) {
                add(Brings::Action(action.to_owned()));
            }
        }
        brings
    }
}

/// One telling of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    pub article: i64,
    pub title: String,
    pub url: String,
    /// The source's id.
    pub source: String,
    /// When it was published, or first seen.
    pub at: DateTime<Utc>,
    /// From an office itself.
    pub official: bool,
    /// The same text as another, at an address of its own.
    pub is_copy: bool,
}

/// Puts the telling that leads a story first: the earliest from an office, else the earliest original.
/// The others stay in order of time, copies behind.
pub fn lead_first(tellings: &mut [Telling]) {
    tellings.sort_by_key(|it| (it.is_copy, it.at, it.article));
    let leads = |it: &&Telling| (!it.official, it.is_copy, it.at, it.article);
    if let Some(lead) = tellings.iter().min_by_key(leads).cloned()
        && let Some(place) = tellings.iter().position(|it| *it == lead)
    {
        tellings[..=place].rotate_right(1);
    }
}

/// A story as it stands when a report of it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorySoFar {
    pub id: i64,
    pub said: Said,
    /// The one that leads first; not empty.
    pub tellings: Vec<Telling>,
    /// By subscriber the `Message-ID` of the first mail that told of it.
    pub told: BTreeMap<i64, String>,
    /// What acts among its reports say ahead of their lists.
    pub ahead: Vec<Ahead>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Article, day, whether official, whether a copy.
    fn telling((article, day, official, is_copy): (i64, i64, bool, bool)) -> Telling {
        let at = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day);
        let nothing = String::new;
        Telling {
            article,
            title: nothing(),
            url: nothing(),
            source: nothing(),
            at,
            official,
            is_copy,
        }
    }

    #[test]
    fn the_earliest_from_an_office_leads_else_the_earliest_original() {
        let news = (1, 1, false, false);
        let later = (2, 2, false, false);
        let notice = (3, 4, true, false);
        let release = (4, 3, true, false);
        let copy = (5, 0, false, true);
        let copied_release = (6, 0, true, true);
        for (tellings, order) in [
            (vec![later, news], [1, 2].to_vec()),
            (vec![copy, later, news], vec![1, 2, 5]),
            (vec![news, later, notice, release], vec![4, 1, 2, 3]),
            (vec![news, copied_release, copy], vec![6, 1, 5]),
            (vec![news, copied_release, release], vec![4, 1, 6]),
            (vec![], vec![]),
        ] {
            let mut told: Vec<Telling> = tellings.into_iter().map(telling).collect();
            lead_first(&mut told);
            let found: Vec<i64> = told.iter().map(|it| it.article).collect();
            assert_eq!(found, order);
        }
    }
}
