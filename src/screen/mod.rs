//! Who is named in an article: listed parties, found by their names and identifiers. Pure.
//!
//! [`Index::build`] makes the `forms` each listed name may be written in, asks `grade` what each
//! proves (the `background` knows which words are ordinary), and puts them into a `trie` over
//! the words of the `vocabulary`. [`Index::matches`] walks an article once (`spot`), weighs
//! what it met against the rest of the article (`weigh`), looks for names spelled nearly so
//! (`nearly`), and says why (`explain`). `parties` knows who stands on several lists.

pub mod background;
mod explain;
mod forms;
mod grade;
mod identifiers;
mod nearly;
mod parties;
mod spot;
mod surroundings;
mod trie;
mod vocabulary;
mod weigh;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::model::designation::{Designation, Issuer, ListedName, NameQuality, PartyKind};
use crate::model::judged::Field;
use crate::model::matched::{Match, Suppression};
use crate::screen::background::Background;
use crate::screen::forms::{Forms, Reading, family_in_capitals, forms};
use crate::screen::grade::{Asked, Grade, SINGLE_MIN, grade};
use crate::screen::identifiers::Identifiers;
use crate::screen::nearly::Anchors;
use crate::screen::spot::{Spotted, spot};
use crate::screen::surroundings::Surroundings;
use crate::screen::trie::{NumberMap, State, Trie};
use crate::screen::vocabulary::Vocabulary;
use crate::text::names::{folded, folded_words, hash, words};

/// A party to look for.
#[derive(Debug, Clone)]
pub struct Listed {
    pub designation: Designation,
    /// The day it left the list; none: still listed.
    pub removed_on: Option<NaiveDate>,
}

impl From<Designation> for Listed {
    fn from(designation: Designation) -> Self {
        Self { designation, removed_on: None }
    }
}

impl Listed {
    /// A name of a subscriber's or the operator's own; `id` says whose.
    pub fn watched(id: &str, name: &str) -> Self {
        let designation = Designation {
            id: id.to_owned(),
            issuer: Issuer::WatchList,
            kind: PartyKind::Other,
            names: vec![ListedName { text: name.to_owned(), quality: NameQuality::Primary }],
            programmes: Vec::new(),
            countries: Vec::new(),
            births: Vec::new(),
            identifiers: Vec::new(),
            positions: Vec::new(),
            listed_on: None,
            remarks: Vec::new(),
        };
        Self::from(designation)
    }
}

/// Everything needed to find listed parties in texts. Built once, shared, never changed.
#[derive(Debug)]
pub struct Index {
    background: &'static Background,
    listed: Vec<Listed>,
    /// For each listed party, the number it shares with itself on other lists.
    parties: Vec<u32>,
    /// The entries of the parties that stand on several lists.
    elsewhere: NumberMap<u32, Vec<u32>>,
    vocabulary: Vocabulary,
    trie: Trie,
    /// Sorted by state.
    endings: Vec<Ending>,
    /// By state, where its endings begin.
    starts: Vec<u32>,
    identifiers: Identifiers,
    anchors: Anchors,
    /// Designations that may share a word before it counts as common.
    shared_max: u32,
    /// Folded names nobody wants to hear of.
    suppressed: HashSet<String>,
}

/// A form of a listed name, at the state where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ending {
    state: State,
    listed: u32,
    name: u16,
    grade: Grade,
    reading: Reading,
}

/// Designations per thousand that may share a word before it counts as common …
const SHARED_PER_MILLE: usize = 1;
/// … but always this many.
const SHARED_MIN: usize = 20;
/// Steps of the trie for a name, about.
const STEPS_PER_NAME: usize = 7;

impl Index {
    /// The index of these parties.
    ///
    /// Takes under a second for 100,000 names, and about 60 MB.
    pub fn build(mut listed: Vec<Listed>, suppressions: &[Suppression]) -> Self {
        for party in &mut listed {
            // Nothing is found or explained by these.
            party.designation.remarks = Vec::new();
        }
        let background = background::shipped();
        let mut vocabulary = Vocabulary::with_capacity(listed.len() * 3);
        let names = learn(&listed, &mut vocabulary);
        let mut index = Self {
            background,
            parties: Vec::new(),
            elsewhere: NumberMap::default(),
            trie: Trie::with_capacity(names.len() * STEPS_PER_NAME),
            endings: Vec::with_capacity(names.len() * 4),
            starts: Vec::new(),
            identifiers: Identifiers::of(&listed),
            anchors: Anchors::default(),
            suppressed: suppressions.iter().map(|one| folded_name(&one.name)).collect(),
            shared_max: (listed.len() * SHARED_PER_MILLE / 1000).max(SHARED_MIN) as u32,
            vocabulary,
            listed,
        };
        for name in &names {
            index.add(name);
        }
        index.anchors.finish();
        index.sort_endings();
        let (parties, elsewhere) = parties::same(&index.listed, &names, &index.endings);
        index.parties = parties;
        index.elsewhere = elsewhere;
        index
    }

    /// The parties named in an article, the title's mentions before the text's, each in order.
    ///
    /// `about_sanctions` is asked at most once, and only where a name means something in an
    /// article about sanctions alone. A longer name hides the shorter ones inside it, and a party
    /// that stands on several lists is named once for each mention.
    pub fn matches(
        &self,
        title: &str,
        text: &str,
        about_sanctions: impl FnOnce() -> bool,
    ) -> Vec<Match> {
        let spotted = [(Field::Title, title), (Field::Text, text)]
            .map(|(field, text)| spot(self, field, text));
        if spotted.iter().all(Spotted::is_empty) {
            return Vec::new();
        }
        let mut surroundings = Surroundings::of(&spotted, about_sanctions);
        weigh::matches(self, &spotted, &mut surroundings)
    }

    /// Listed parties, names in all.
    pub fn size(&self) -> Size {
        let names = self.listed.iter().map(|party| party.designation.names.len()).sum();
        Size { parties: self.listed.len(), names, forms: self.endings.len() }
    }

    /// Bytes of memory the searching parts take, about: without the parties' own descriptions.
    pub fn bytes(&self) -> usize {
        self.vocabulary.bytes()
            + self.trie.bytes()
            + self.endings.capacity() * size_of::<Ending>()
            + self.starts.capacity() * 4
            + self.anchors.bytes()
    }

    fn add(&mut self, name: &NameWords) {
        let designation = &self.listed[name.listed as usize].designation;
        let kind = designation.kind;
        let watched = designation.issuer == Issuer::WatchList;
        let quality = designation.names[usize::from(name.name)].quality;
        let Forms { words, forms, .. } = forms(name.words.clone(), name.family, kind);
        let numbers: Vec<u32> = words.iter().map(|word| self.vocabulary.learn(word)).collect();
        let mut listed_grade = None;
        for form in forms {
            let asked = Asked {
                words: form.picks.iter().map(|pick| words[usize::from(*pick)].as_str()).collect(),
                uses: form
                    .picks
                    .iter()
                    .map(|pick| self.vocabulary.uses(numbers[usize::from(*pick)]))
                    .collect(),
                kind,
                watched,
                without_form: kind == PartyKind::Organisation
                    && form.reading == Reading::Stripped
                    && form.picks.len() < words.len(),
                uses_max: self.shared_max,
            };
            let Some(grade) = grade(&asked, self.background) else { continue };
            // The first form is the name as listed. A word made of its words is rare in every list, and
            // proves no more than they do.
            let whole = *listed_grade.get_or_insert(grade);
            let grade = if form.reading == Reading::Romanised { grade.min(whole) } else { grade };
            let path: Vec<u32> =
                form.picks.iter().map(|pick| numbers[usize::from(*pick)]).collect();
            if let Some(state) = self.trie.add(&path) {
                let (listed, reading) = (name.listed, form.reading);
                self.endings.push(Ending { state, listed, name: name.name, grade, reading });
            }
        }
        if quality == NameQuality::Weak || words.len() < 2 {
            return;
        }
        for (word, number) in name.words.iter().zip(&numbers) {
            let uses = self.vocabulary.uses(*number);
            let rare = !self.background.knows(hash(word)) && SINGLE_MIN <= word.chars().count();
            if rare && uses <= self.shared_max {
                self.anchors.add(*number, name.listed, name.name);
            }
        }
    }

    fn sort_endings(&mut self) {
        self.endings.sort_unstable();
        self.endings.dedup();
        self.endings.shrink_to_fit();
        let last = self.endings.last().map_or(0, |ending| ending.state.number());
        self.starts = vec![0; last + 2];
        for ending in &self.endings {
            self.starts[ending.state.number() + 1] += 1;
        }
        for state in 1..self.starts.len() {
            self.starts[state] += self.starts[state - 1];
        }
    }

    /// The entries of one party on all lists.
    fn entries(&self, party: u32) -> &[u32] {
        self.elsewhere.get(&party).map_or(&[], Vec::as_slice)
    }

    /// The forms that end at a state.
    fn endings_at(&self, state: State) -> &[Ending] {
        let bounds = self.starts.get(state.number()).zip(self.starts.get(state.number() + 1));
        bounds.map_or(&[], |(from, to)| &self.endings[*from as usize..*to as usize])
    }

    fn alias(&self, ending: &Ending) -> &ListedName {
        &self.listed[ending.listed as usize].designation.names[usize::from(ending.name)]
    }
}

/// How much an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub parties: usize,
    pub names: usize,
    /// Ways to write these names.
    pub forms: usize,
}

/// A listed name by its words.
#[derive(Debug)]
struct NameWords {
    listed: u32,
    name: u16,
    words: Vec<String>,
    /// The words' numbers.
    numbers: Vec<u32>,
    /// Where a person's family name begins, if the list shows it.
    family: Option<usize>,
}

/// Reads the words of every name, and counts for each word the designations it stands in.
fn learn(listed: &[Listed], vocabulary: &mut Vocabulary) -> Vec<NameWords> {
    let mut names = Vec::with_capacity(listed.len() * 2);
    let mut numbers = Vec::new();
    for (party, listed) in listed.iter().enumerate() {
        numbers.clear();
        for (number, name) in
            listed.designation.names.iter().enumerate().take(usize::from(u16::MAX))
        {
            let read = words(&name.text);
            let family = family_in_capitals(&read);
            let words: Vec<String> = read.iter().map(|word| folded(&name.text, word)).collect();
            let of_name: Vec<u32> = words.iter().map(|word| vocabulary.learn(word)).collect();
            numbers.extend_from_slice(&of_name);
            let (listed, name) = (party as u32, number as u16);
            names.push(NameWords { listed, name, words, numbers: of_name, family });
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers.iter().for_each(|number| vocabulary.count_use(*number));
    }
    names
}

/// A name as suppressions are compared: its folded words.
fn folded_name(name: &str) -> String {
    folded_words(name).join(" ")
}
