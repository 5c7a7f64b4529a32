//! Names spelled nearly as listed: around one rare word that is spelled exactly.

use crate::model::designation::PartyKind;
use crate::model::matched::Class;
use crate::screen::forms::{Reading, is_particle, is_patronymic};
use crate::screen::grade::Grade;
use crate::screen::spot::Spotted;
use crate::screen::trie::{NumberMap, State};
use crate::screen::weigh::{Candidate, Spelling};
use crate::screen::{Ending, Index};
use crate::text::edits::nearly;
use crate::text::legal_forms;
use crate::text::names::{Case, folded, folded_words};
use crate::text::spelling;

/// Names by their rare words.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    /// Word number, party, name; sorted.
    names: Vec<(u32, u32, u16)>,
    /// By word number, where its names begin.
    begin: NumberMap<u32, u32>,
}

/// Names looked at around one word.
const NAMES_MAX: usize = 32;
/// Words to either side of the rare one that may belong to the name.
const AROUND: usize = 3;

impl Anchors {
    pub(crate) fn add(&mut self, word: u32, listed: u32, name: u16) {
        self.names.push((word, listed, name));
    }

    /// To be called once all are added.
    pub(crate) fn finish(&mut self) {
        self.names.sort_unstable();
        self.names.dedup();
        self.names.shrink_to_fit();
        for (at, (word, _, _)) in self.names.iter().enumerate() {
            self.begin.entry(*word).or_insert(at as u32);
        }
    }

    pub(crate) fn holds(&self, word: u32) -> bool {
        self.begin.contains_key(&word)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.names.capacity() * size_of::<(u32, u32, u16)>() + self.begin.capacity() * 8 / 7 * 9
    }

    fn of(&self, word: u32) -> impl Iterator<Item = &(u32, u32, u16)> {
        let from = self.begin.get(&word).map_or(self.names.len(), |from| *from as usize);
        self.names[from..].iter().take_while(move |name| name.0 == word).take(NAMES_MAX)
    }
}

/// The best listed name around the rare word at `at`.
pub(crate) fn candidate(
    index: &Index,
    spotted: &Spotted,
    field: usize,
    at: usize,
) -> Option<Candidate> {
    let number = spotted.numbers[at][0];
    for (_, listed, name) in index.anchors.of(number) {
        let ending = Ending {
            state: State::default(),
            listed: *listed,
            name: *name,
            grade: Grade::Shared,
            reading: Reading::AsListed,
        };
        if let Some((first, last)) = span(index, spotted, at, &ending) {
            let (spelling, class) = (Spelling::Other, Class::Possible);
            return Some(Candidate { field, first, last, ending, spelling, class });
        }
    }
    None
}

/// First and last word of the name around `at`, where every word that a writer would not leave out
/// is there, at least one of them spelled otherwise.
fn span(index: &Index, spotted: &Spotted, at: usize, ending: &Ending) -> Option<(usize, usize)> {
    let kind = index.listed[ending.listed as usize].designation.kind;
    let needed = needed(&index.alias(ending).text, kind);
    if needed.len() < 2 {
        return None;
    }
    let anchor = folded(spotted.text, &spotted.words[at]);
    let mut taken = vec![at];
    let mut otherwise = false;
    let anchor = spelling::key(&anchor);
    let anchored = needed.iter().position(|word| spelling::key(word) == anchor)?;
    for (place, word) in needed.iter().enumerate().filter(|(place, _)| *place != anchored) {
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(spotted.words.len());
        let given = kind == PartyKind::Person && place + 1 < needed.len();
        let role = if given { Place::Given } else { Place::Other };
        let (found, likeness) = near
            .filter(|near| !taken.contains(near))
            .find_map(|near| Some((near, likeness(spotted, near, word, role)?)))?;
        otherwise |= likeness == Likeness::Near;
        taken.push(found);
    }
    let (first, last) = (*taken.iter().min()?, *taken.iter().max()?);
    let close = last - first < taken.len() + 1;
    (otherwise && close && in_one_breath(spotted, first, last)).then_some((first, last))
}

/// The words of a name without which it is another: no particle, patronymic, legal form, and of a
/// person's given names the first.
fn needed(name: &str, kind: PartyKind) -> Vec<String> {
    let words = folded_words(name);
    let core = match kind {
        PartyKind::Organisation => legal_forms::core(&words),
        _ => 0..words.len(),
    };
    let mut needed: Vec<String> = words[core]
        .iter()
        .filter(|word| !is_particle(word) && !is_patronymic(word) && 1 < word.chars().count())
        .cloned()
        .collect();
    if kind == PartyKind::Person && 2 < needed.len() {
        needed.drain(1..needed.len() - 1);
    }
    needed
}

/// What a word is in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A given name, which an initial may stand for.
    Given,
    Other,
}

#[derive(Debug, PartialEq, Eq)]
enum Likeness {
    Same,
    Near,
}

fn likeness(spotted: &Spotted, at: usize, listed: &str, place: Place) -> Option<Likeness> {
    let word = &spotted.words[at];
    if !matches!(word.case, Case::Capital | Case::Upper) {
        return None;
    }
    let written = folded(spotted.text, word);
    if written == listed {
        return Some(Likeness::Same);
    }
    let initial =
        place == Place::Given && written.chars().count() == 1 && listed.starts_with(&written);
    (initial || (4 <= written.chars().count() && nearly(&written, listed)))
        .then_some(Likeness::Near)
}

/// Whether no sentence ends among these words.
fn in_one_breath(spotted: &Spotted, first: usize, last: usize) -> bool {
    let written = spotted.written(first, last);
    let ends = written.find(['.', '!', '?', ';', ':', '\n', ',']);
    ends.is_none_or(|end| written.as_bytes()[end] == b'.' && end <= 2)
}
