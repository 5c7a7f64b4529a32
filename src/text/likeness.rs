//! How likely two names are one, whatever the order, spelling and legal form.
//!
//! Words are paired off, best pairs first: the same key (see `text::spelling`), an initial, or a few
//! letters apart. What stays unpaired on both sides contradicts; what one side only has more
//! (a patronymic, a branch) counts less. The weights were chosen on labelled pairs; see
//! `docs/figures/screen.md`.

use std::collections::HashSet;

use crate::text::edits::edits;
use crate::text::legal_forms;
use crate::text::names::folded_words;
use crate::text::spelling;

/// What bears a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    Person,
    /// A company, a body, a ship.
    Other,
}

/// Names at least so alike are taken for one.
pub const ALIKE: f64 = 0.7;

/// A word that is written with an initial only.
const INITIAL: f64 = 0.85;
/// Words with the same first letter that differ in up to a third of their letters.
const LOOSE: f64 = 0.6;
/// Particles against words that name.
const PARTICLE: f64 = 0.3;
/// A word that stands against another one.
const AGAINST: f64 = 2.0;
/// A word that one side has more.
const MORE: [f64; 2] = [0.25, 0.75];
/// One word in common is little where there are others.
const ONE_IN_COMMON: f64 = 0.6;
/// Legal forms of two kinds: not the same company.
const OTHER_FORM: f64 = 0.65;
/// All letters in a row differ little: words joined or parted.
const RUN_TOGETHER: f64 = 0.85;
/// Letters for each edit of names run together, and the fewest.
const LETTERS_PER_EDIT: usize = 8;
const LETTERS_MIN: usize = 6;
/// Words of a name that are compared.
const WORDS_MAX: usize = 24;

const PARTICLES: &[&str] = &[
    "al", "el", "ul", "bin", "ben", "ibn", "bint", "de", "la", "del", "van", "der", "von", "the",
    "of", "and", "a",
];
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "president",
    "general",
    "monsieur",
    "shaikh",
    "sheikh",
    "haji",
    "hajji",
    "the",
    "sir",
];

/// How alike two names are, 0 to 1; from [`ALIKE`] they may be taken for one.
///
/// ```
/// use sanctionwatch::text::likeness::{ALIKE, Bearer, likeness};
/// let person = |one, other| likeness(one, other, Bearer::Person);
/// assert!(ALIKE < person("Sergi Lavrov", "LAVROV, Sergey Viktorovich"));
/// assert!(person("Rami Makhlouf", "Ihab Makhlouf") < ALIKE);
/// assert!(ALIKE < likeness("OAO Gazprom", "Gazprom JSC", Bearer::Other));
/// ```
pub fn likeness(one: &str, other: &str, bearer: Bearer) -> f64 {
    let (one, other) = (Name::read(one, bearer), Name::read(other, bearer));
    let alike = if one.keys.concat() == other.keys.concat() || one.run() == other.run() {
        1.0
    } else {
        one.by_words(&other, bearer).max(one.run_together(&other))
    };
    if one.contradicts_in_form(&other) { alike * OTHER_FORM } else { alike }
}

/// A name's words without title and legal form.
struct Name {
    words: Vec<String>,
    keys: Vec<String>,
    /// Groups of its legal forms.
    forms: HashSet<&'static str>,
}

impl Name {
    fn read(name: &str, bearer: Bearer) -> Self {
        let mut words = folded_words(name);
        words.truncate(WORDS_MAX);
        let core = legal_forms::core(&words);
        let kept = if bearer == Bearer::Person { 2 } else { 1 };
        let mut forms = HashSet::new();
        if kept <= core.len() {
            let around = [&words[..core.start], &words[core.end..]];
            forms = around.into_iter().flat_map(groups).collect();
            words = words[core].to_vec();
        }
        let untitled: Vec<String> =
            words.iter().filter(|word| !TITLES.contains(&word.as_str())).cloned().collect();
        if !untitled.is_empty() {
            words = untitled;
        }
        if bearer == Bearer::Person {
            words = without_repeats(words);
        }
        let keys = words.iter().map(|word| spelling::key(word)).collect();
        Self { words, keys, forms }
    }

    fn by_words(&self, other: &Self, bearer: Bearer) -> f64 {
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for i in 0..self.words.len() {
            for j in 0..other.words.len() {
                let alike = word_likeness(self, i, other, j);
                if 0.0 < alike {
                    pairs.push((alike, i, j));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.abs_diff(a.2).cmp(&b.1.abs_diff(b.2))));
        let (mut left, mut right) = (HashSet::new(), HashSet::new());
        let (mut score, mut paired) = (0.0, 0.0);
        for (alike, i, j) in pairs {
            if left.contains(&i) || right.contains(&j) {
                continue;
            }
            left.insert(i);
            right.insert(j);
            let weight = f64::midpoint(weight(&self.words[i]), weight(&other.words[j]));
            score += alike * weight;
            paired += weight;
        }
        let rest = |name: &Self, taken: &HashSet<usize>| -> f64 {
            let words = name.words.iter().enumerate();
            words.filter(|(at, _)| !taken.contains(at)).map(|(_, word)| weight(word)).sum()
        };
        let (rest, others) = (rest(self, &left), rest(other, &right));
        let (against, more) = (rest.min(others), rest.max(others) - rest.min(others));
        let whole = paired + against * AGAINST + more * MORE[usize::from(bearer == Bearer::Other)];
        if paired == 0.0 {
            return 0.0;
        }
        // Less than two words in common.
        let thin = paired < 1.0 + LOOSE && 0.0 < rest + others;
        score / whole * if thin { ONE_IN_COMMON } else { 1.0 }
    }

    /// All of its words in a row but for articles: Abd al-Rahman and Abdulrahman.
    fn run(&self) -> String {
        let naming = self.words.iter().zip(&self.keys);
        let naming = naming.filter(|(word, _)| !["al", "el", "ul"].contains(&word.as_str()));
        naming.map(|(_, key)| key.as_str()).collect()
    }

    /// VanderBilt and Van der Bilt.
    fn run_together(&self, other: &Self) -> f64 {
        let (one, other) = (self.words.concat(), other.words.concat());
        let shorter = one.chars().count().min(other.chars().count());
        let near =
            LETTERS_MIN <= shorter && edits(&one, &other, shorter / LETTERS_PER_EDIT).is_some();
        if near { RUN_TOGETHER } else { 0.0 }
    }

    fn contradicts_in_form(&self, other: &Self) -> bool {
        // These say no more than "company".
        let vague = |form: &&'static str| ["inc", "co", "ltd"].contains(form);
        let both = || self.forms.iter().chain(&other.forms);
        !self.forms.is_empty()
            && !other.forms.is_empty()
            && self.forms.is_disjoint(&other.forms)
            && !both().any(vague)
    }
}

/// The groups of legal forms that follow each other.
fn groups(words: &[String]) -> Vec<&'static str> {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let found = (at + 1..=words.len())
            .rev()
            .find_map(|end| Some((end, legal_forms::group(&words[at..end])?)));
        at = match found {
            Some((end, group)) => {
                groups.push(group);
                end
            }
            None => at + 1,
        };
    }
    groups
}

fn without_repeats(words: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let once: Vec<String> = words.iter().filter(|word| seen.insert(*word)).cloned().collect();
    if 2 <= once.len() { once } else { words }
}

fn weight(word: &str) -> f64 {
    if PARTICLES.contains(&word) { PARTICLE } else { 1.0 }
}

fn word_likeness(one: &Name, i: usize, other: &Name, j: usize) -> f64 {
    if one.keys[i] == other.keys[j] {
        return 1.0;
    }
    let (a, b) = (&one.words[i], &other.words[j]);
    let (length, others) = (a.chars().count(), b.chars().count());
    let (shorter, longer) = (length.min(others), length.max(others));
    let same_start = a.chars().next() == b.chars().next();
    if shorter == 1 {
        return if same_start { INITIAL } else { 0.0 };
    }
    let loose = longer.div_ceil(3);
    let by_key = edits(&one.keys[i], &other.keys[j], loose);
    let Some(apart) = [edits(a, b, loose), by_key].into_iter().flatten().min() else { return 0.0 };
    if 4 <= shorter && apart <= (shorter / 4).max(1) {
        1.0 - apart as f64 / longer as f64
    } else if 3 <= shorter && same_start {
        LOOSE
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_in_two_spellings() {
        let cases = [
            (Bearer::Person, "Igor Ivanovich SECHIN", "Sechin, Igor"),
            (Bearer::Person, "Bashar al-Assad", "Bashar Asad"),
            (Bearer::Person, "A. Khamenei", "Ali Khamenei"),
            (Bearer::Person, "Рамзан Кадыров", "Ramzan Kadyrov"),
            (Bearer::Person, "Mr. Recep Tayyip Erdoğan", "Recep Tayyip Erdogan"),
            (Bearer::Person, "Ahmad Abd al-Rahman Salih", "Ahmed Abdulrahman Salih"),
            (Bearer::Other, "SIS d.o.o.", "SIS DOO"),
            (Bearer::Other, "Good Will Company", "Goodwill Company"),
            (Bearer::Other, "Snow Storm 1", "Snow Stom 1"),
        ];
        for (bearer, one, other) in cases {
            assert!(ALIKE <= likeness(one, other, bearer), "{one} {other}");
            assert!(ALIKE <= likeness(other, one, bearer), "{other} {one}");
        }
    }

    #[test]
    fn two_names() {
        let cases = [
            (Bearer::Person, "George Bush", "George Habash"),
            (Bearer::Person, "Emma Daniels", "Emma"),
            (Bearer::Person, "Sergey Ivanov", "Sergey Viktorovich Lavrov"),
            (Bearer::Other, "Deutsche Bank AG", "Deutsche Bank GmbH"),
            (Bearer::Other, "11420 Corp.", "Acme Corp."),
            (Bearer::Other, "", "Acme"),
        ];
        for (bearer, one, other) in cases {
            assert!(likeness(one, other, bearer) < ALIKE, "{one} {other}");
        }
    }
}
