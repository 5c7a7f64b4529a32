//! What a form of a name proves by itself, before any article is read.

use crate::model::designation::PartyKind;
use crate::screen::background::Background;
use crate::screen::forms::{is_particle, is_patronymic};
use crate::text::legal_forms;
use crate::text::names::hash;
use crate::text::words::is_spaceless;

/// How much a form of a name tells, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Grade {
    /// One word that names a company only beside a legal form, a ship only among ships.
    InCompany,
    /// One rare word.
    Single,
    /// One ordinary word with a number or a letter, or a phrase of everyday news.
    Ordinary,
    /// Several words, none of them rare: a name that others bear too.
    Shared,
    /// Several words, one of them rare.
    Firm,
}

/// A form to be graded.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) words: Vec<&'a str>,
    /// For each word, in how many designations it stands.
    pub(crate) uses: Vec<u32>,
    pub(crate) kind: PartyKind,
    /// Somebody chose to watch this name.
    pub(crate) watched: bool,
    /// The form is a company's name without the legal form the list gives it.
    pub(crate) without_form: bool,
    /// A word of more designations is shared by many names.
    pub(crate) uses_max: u32,
}

/// Characters of a single word that is not written in capitals.
pub(crate) const SINGLE_MIN: usize = 5;
/// Letters of the shortest acronym.
const ACRONYM_MIN: usize = 3;
/// Characters of a name in a script without spaces that proves something, and that proves enough.
const UNSPACED_MIN: usize = 3;
const UNSPACED_FIRM: usize = 4;
/// So many ordinary words in this order are no accident.
const LONG: usize = 4;
/// Designations that may bear a family name which stands beside a common given name.
const FEW: u32 = 3;
/// Words that join others and name nothing.
const CONNECTING: &[&str] = &[
    "of", "the", "and", "for", "in", "on", "to", "at", "by", "y", "e", "et", "und", "der", "die",
    "das", "des", "les", "i", "и", "w", "z", "del", "de", "la", "le", "da", "do",
];

/// Whether a word joins others and names nothing.
pub(crate) fn is_connecting(word: &str) -> bool {
    CONNECTING.contains(&word)
}

/// What a form proves; none: it must not be indexed.
pub(crate) fn grade(asked: &Asked, background: &Background) -> Option<Grade> {
    if asked.words.iter().all(|word| word.chars().all(is_spaceless)) {
        return match asked.words.len() {
            UNSPACED_FIRM.. => Some(Grade::Firm),
            UNSPACED_MIN => Some(Grade::Shared),
            _ => None,
        };
    }
    let core = naming_words(asked);
    match core.as_slice() {
        [] => None,
        [one] => single(asked, *one, background),
        several => Some(multiple(asked, several, background)),
    }
}

/// Indexes of the words that name something: no legal form, number, letter or connecting word.
fn naming_words(asked: &Asked) -> Vec<usize> {
    let owned: Vec<String> = asked.words.iter().map(|word| (*word).to_owned()).collect();
    let range = match asked.kind {
        PartyKind::Organisation => legal_forms::core(&owned),
        _ => 0..owned.len(),
    };
    range
        .filter(|at| {
            let word = asked.words[*at];
            let letters = word.chars().filter(|c| c.is_alphabetic()).count();
            2 <= letters && !is_connecting(word) && !is_particle(word)
        })
        .collect()
}

fn single(asked: &Asked, at: usize, background: &Background) -> Option<Grade> {
    let word = asked.words[at];
    let letters = word.chars().count();
    let known = background.knows(hash(word));
    if asked.words.len() == 1 {
        let watched = asked.watched && ACRONYM_MIN <= letters;
        let rare = !known && asked.uses[at] <= asked.uses_max && ACRONYM_MIN <= letters;
        let at_sea = asked.kind == PartyKind::Vessel;
        return match asked.without_form {
            _ if watched || (rare && SINGLE_MIN <= letters) => Some(Grade::Single),
            true if ACRONYM_MIN <= letters => Some(Grade::InCompany),
            false if at_sea && ACRONYM_MIN <= letters => Some(Grade::InCompany),
            _ => rare.then_some(Grade::Single),
        };
    }
    let rare = !known && SINGLE_MIN <= letters && asked.uses[at] <= asked.uses_max;
    let others = || asked.words.iter().enumerate().filter(|(other, _)| *other != at);
    if others().all(|(_, word)| is_connecting(word)) {
        return rare.then_some(Grade::Single);
    }
    // A rare word with its legal form or number.
    if rare && asked.kind != PartyKind::Person {
        return Some(Grade::Firm);
    }
    if background.is_ordinary(hash(word)) { Some(Grade::Ordinary) } else { Some(Grade::Shared) }
}

fn multiple(asked: &Asked, core: &[usize], background: &Background) -> Grade {
    let word_hash = |at: usize| hash(asked.words[at]);
    let person = asked.kind == PartyKind::Person;
    let is_common = |at: &usize| asked.uses_max < asked.uses[*at];
    // Beside a Muhammad or a Kim, a family name must be rare among the listed too.
    let beside_common = person && core.len() == 2 && core.iter().any(is_common);
    let uses_max = if beside_common { FEW.min(asked.uses_max) } else { asked.uses_max };
    let is_rare = |at: &usize| {
        !background.knows(word_hash(*at))
            && asked.uses[*at] <= uses_max
            && 3 < asked.words[*at].chars().count()
            && !is_patronymic(asked.words[*at])
    };
    let rare = core.iter().any(is_rare);
    let one_name = person
        && !core.iter().all(is_common)
        && core
            .windows(2)
            .any(|pair| background.is_one_name(word_hash(pair[0]), word_hash(pair[1])));
    if rare || one_name || LONG <= core.len() {
        return Grade::Firm;
    }
    let phrase =
        core.windows(2).all(|pair| background.is_phrase(word_hash(pair[0]), word_hash(pair[1])));
    if phrase && !person { Grade::Ordinary } else { Grade::Shared }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::background::shipped;
    use crate::text::names::folded_words;

    fn graded(name: &str, kind: PartyKind) -> Option<Grade> {
        let words = folded_words(name);
        let asked = Asked {
            words: words.iter().map(String::as_str).collect(),
            uses: vec![1; words.len()],
            kind,
            watched: false,
            without_form: false,
            uses_max: 20,
        };
        grade(&asked, shipped())
    }

    #[test]
    fn names_are_worth_what_their_words_are() {
        use PartyKind::{Organisation, Person, Vessel};
        let cases = [
            (Person, "Igor Sechin", Some(Grade::Firm)),
            (Person, "Mark Taylor", Some(Grade::Shared)),
            (Person, "John Lee", Some(Grade::Shared)),
            (Organisation, "Green Light", Some(Grade::Shared)),
            (Organisation, "The American", None),
            (Organisation, "Hong Kong", Some(Grade::Ordinary)),
            (Organisation, "CORP", None),
            (Organisation, "Limited Liability Company", None),
            (Organisation, "11420", None),
            (Vessel, "7 28", None),
            (Vessel, "SAID", Some(Grade::InCompany)),
            (Organisation, "HAD", None),
            (Organisation, "Rosneft", Some(Grade::Single)),
            (Organisation, "OAO Rosneft", Some(Grade::Firm)),
            (Organisation, "ELN", Some(Grade::Single)),
            (Organisation, "O S A", None),
            (Person, "金正恩", Some(Grade::Shared)),
            (Organisation, "平壤贸易", Some(Grade::Firm)),
            (Organisation, "中国", None),
            (Organisation, "", None),
        ];
        for (kind, name, expected) in cases {
            assert_eq!(graded(name, kind), expected, "{name}");
        }
    }
}
