//! One pass over a text: where listed names stand.

use crate::model::judged::Field;
use crate::screen::forms::{WORDS_MAX, is_assimilated, is_patronymic};
use crate::screen::identifiers::Numbered;
use crate::screen::trie::State;
use crate::screen::vocabulary::UNKNOWN;
use crate::screen::{Ending, Index};
use crate::text::legal_forms;
use crate::text::names::{Case, Word, folded, hash, words};

/// A text with what stands in it.
#[derive(Debug)]
pub(crate) struct Spotted<'a> {
    pub(crate) field: Field,
    pub(crate) text: &'a str,
    pub(crate) words: Vec<Word>,
    /// For each word, the listed words it may be.
    pub(crate) numbers: Vec<[u32; 2]>,
    pub(crate) hits: Vec<Hit>,
    pub(crate) numbered: Vec<Numbered>,
    /// Places of rare words of listed names.
    pub(crate) anchored: Vec<usize>,
    /// The text has hardly a capital letter: case proves nothing.
    pub(crate) caseless: bool,
}

/// Words in a row that spell a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    /// First and last word, both included.
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) state: State,
    /// A comma stands between two of the words.
    pub(crate) comma: bool,
    /// Words of the text that the form does not hold: an article, an initial, a patronymic.
    pub(crate) skipped: u8,
}

/// Words that may be passed over in one name.
const SKIPS_MAX: u8 = 2;
/// Bytes between two words of a name: a comma and a space, brackets, quotation marks.
const GAP_MAX: usize = 8;
/// Letters of an abbreviation that a full stop may follow inside a name.
const ABBREVIATION_MAX: usize = 3;
/// A text with fewer words in capitals than one of this many has no case.
const CASELESS: usize = 200;

/// Walks a text.
pub(crate) fn spot<'a>(index: &Index, field: Field, text: &'a str) -> Spotted<'a> {
    let words = words(text);
    let numbers: Vec<[u32; 2]> =
        words.iter().map(|word| index.vocabulary.look_up(text, word, index.background)).collect();
    let capitals = words.iter().filter(|word| matches!(word.case, Case::Capital | Case::Upper));
    let caseless = capitals.take(words.len() / CASELESS + 1).count() <= words.len() / CASELESS;
    let mut spotted = Spotted {
        field,
        text,
        words,
        numbers,
        hits: Vec::new(),
        numbered: Vec::new(),
        anchored: Vec::new(),
        caseless,
    };
    spotted.numbered = index.identifiers.find(text, &spotted.words);
    for at in 0..spotted.words.len() {
        let [one, other] = spotted.numbers[at];
        if one == UNKNOWN && other == UNKNOWN {
            continue;
        }
        for number in [one, other].into_iter().filter(|number| *number != UNKNOWN) {
            if let Some(state) = index.trie.begin(number) {
                spotted.walk(index, at, state);
            }
        }
        if spotted.words[at].case.may_name() && index.anchors.holds(one) {
            spotted.anchored.push(at);
        }
    }
    spotted
}

impl Spotted<'_> {
    /// Whether no listed name or number may stand in the text.
    pub(crate) fn is_empty(&self) -> bool {
        self.hits.is_empty() && self.anchored.is_empty() && self.numbered.is_empty()
    }

    /// Follows the trie from a first word as far as the text goes along.
    fn walk(&mut self, index: &Index, first: usize, mut state: State) {
        let mut hit = Hit { first, last: first, state, comma: false, skipped: 0 };
        let mut at = first;
        loop {
            if hit.last == at && !index.endings_at(state).is_empty() {
                self.hits.push(Hit { state, ..hit });
            }
            at += 1;
            if at == self.words.len() || first + WORDS_MAX <= at {
                return;
            }
            let gap = self.gap(at);
            if gap == Gap::Parts {
                return;
            }
            let next = self.numbers[at]
                .into_iter()
                .filter(|number| *number != UNKNOWN)
                .find_map(|number| index.trie.follow(state, number));
            match next {
                Some(next) => {
                    state = next;
                    hit.last = at;
                }
                None if hit.skipped < SKIPS_MAX && self.may_be_skipped(at) => hit.skipped += 1,
                None => return,
            }
            hit.comma |= gap == Gap::Comma;
        }
    }

    /// What stands between a word and the one before it.
    fn gap(&self, at: usize) -> Gap {
        let before = self.words[at - 1];
        let between = &self.text[before.end as usize..self.words[at].start as usize];
        if between == " " || between == "-" {
            return Gap::Joins;
        }
        let mut gap = Gap::Joins;
        for c in between.chars() {
            match c {
                ',' => gap = Gap::Comma,
                '.' if self.is_abbreviation(&before) => {}
                '.' | ';' | '!' | '?' | '|' | '•' | '…' | '。' | '、' | '，' | '\t' => {
                    return Gap::Parts;
                }
                _ => {}
            }
        }
        if GAP_MAX < between.len() || between.contains("\n\n") { Gap::Parts } else { gap }
    }

    fn is_abbreviation(&self, word: &Word) -> bool {
        let written = &self.text[word.start as usize..word.end as usize];
        written.len() <= ABBREVIATION_MAX
            || written.contains('.')
            || legal_forms::group(&[folded(self.text, word)]).is_some()
    }

    /// Vladimir (Vladimirovich) Putin, Igor (I.) Sechin, Bashar (al-)Assad.
    fn may_be_skipped(&self, at: usize) -> bool {
        let word = &self.words[at];
        let bytes = (word.end - word.start) as usize;
        let initial = bytes <= 2 && word.case == Case::Capital;
        initial
            || self.is_article(at)
            || (6 < bytes && word.case == Case::Capital && self.is_patronymic(word))
    }

    /// The article of Arabic names: (al-)Assad, (ash-)Shaykh, Ahmad (bin) Salman.
    pub(crate) fn is_article(&self, at: usize) -> bool {
        let word = &self.words[at];
        if 3 < word.end - word.start {
            return false;
        }
        // Without its hyphen "as" is a word of English.
        let hyphened = self.text.as_bytes().get(word.end as usize) == Some(&b'-');
        let next = self.words.get(at + 1).filter(|_| hyphened);
        ["al", "el", "ul", "bin", "ibn", "ben"].iter().any(|known| word.hash == hash(known))
            || next.is_some_and(|next| {
                is_assimilated(&folded(self.text, word), &folded(self.text, next))
            })
    }

    fn is_patronymic(&self, word: &Word) -> bool {
        is_patronymic(&folded(self.text, word))
    }

    /// The text of these words.
    pub(crate) fn written(&self, first: usize, last: usize) -> &str {
        &self.text[self.words[first].start as usize..self.words[last].end as usize]
    }
}

/// What may stand between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Joins,
    Comma,
    /// The end of a sentence, a paragraph, a clause.
    Parts,
}

impl Hit {
    /// Whether a comma may stand where it does: in "SECHIN, Igor", and before a company's form.
    pub(crate) fn comma_fits(&self, ending: &Ending, person: bool) -> bool {
        !self.comma || !person || ending.reading == crate::screen::forms::Reading::Turned
    }
}
