//! A sample of a text by which it can be looked up: hashes of its word shingles and of its numbers.
//!
//! The low two bits of a hash say what it is of, so that one list and one table hold all three kinds.

use std::borrow::Cow;

use crate::text::tokens::{Folded, Token, is_unspaced};

/// Words in a shingle.
const SHINGLE_WORDS: usize = 3;

/// Characters in a shingle of a script without spaces, where a word has one or two.
const SHINGLE_CHARACTERS: usize = 5;

/// Shingles kept of one text: those of some 4,000 words.
const SHINGLES_MAX: usize = 1_024;

/// Numbers kept of one text, and of one title.
const NUMBERS_MAX: usize = 64;

/// What a hash is of: its remainder by four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A shingle of the text: those that fall on this remainder are the sample, one in four.
    Shingle = 0,
    /// A number anywhere in title or text.
    Number = 1,
    /// A number in the title.
    TitleNumber = 2,
}

impl Kind {
    fn mark(self, hash: u64) -> u64 {
        hash & !3 | self as u64
    }

    fn bears(self, hash: u64) -> bool {
        hash & 3 == self as u64
    }
}

/// What is kept of a title and a text.
pub(crate) struct Sample {
    /// Hash of all words of title and text in order.
    pub wording: u64,
    /// Words of the text.
    pub words: usize,
    /// Hashes of all kinds, sorted, without repeats.
    pub hashes: Vec<u64>,
}

/// The sample of an article's title and text.
pub(crate) fn of(title: &str, text: &str) -> Sample {
    let (title, text) = (Folded::of(title), Folded::of(text));
    let mut hashes = shingles(&text);
    let title_numbers = numbers(&title);
    let all = numbers(&text).into_iter().chain(title_numbers.iter().copied()).collect();
    hashes.extend(least(all, NUMBERS_MAX).into_iter().map(|hash| Kind::Number.mark(hash)));
    let of_title = least(title_numbers, NUMBERS_MAX);
    hashes.extend(of_title.into_iter().map(|hash| Kind::TitleNumber.mark(hash)));
    hashes.sort_unstable();
    hashes.dedup();
    let wording = hash(words(&title).chain([""]).chain(words(&text)));
    Sample { wording, words: text.tokens().len(), hashes }
}

/// A sample taken apart by the kinds of its hashes.
pub(crate) struct Parts<'h> {
    pub shingles: Cow<'h, [u64]>,
    numbers: Vec<u64>,
    title_numbers: Vec<u64>,
}

impl Parts<'_> {
    pub(crate) fn of(hashes: &[u64]) -> Parts<'_> {
        let kind = |kind: Kind| hashes.iter().copied().filter(move |hash| kind.bears(*hash));
        Parts {
            shingles: kind(Kind::Shingle).collect(),
            numbers: kind(Kind::Number).map(|hash| hash & !3).collect(),
            title_numbers: kind(Kind::TitleNumber).map(|hash| hash & !3).collect(),
        }
    }

    /// The largest hash up to which the sample's shingles are complete.
    pub(crate) fn reach(&self) -> u64 {
        match self.shingles.last() {
            Some(last) if self.shingles.len() == SHINGLES_MAX => *last,
            _ => u64::MAX,
        }
    }

    /// Whether the title has a number that the other's text and title lack.
    pub(crate) fn has_foreign_number(&self, other: &Parts) -> bool {
        let known_all = other.numbers.len() < NUMBERS_MAX;
        known_all
            && self.title_numbers.iter().any(|hash| other.numbers.binary_search(hash).is_err())
    }
}

/// The sampled shingles, the least of them if there are too many.
fn shingles(text: &Folded) -> Vec<u64> {
    let tokens = text.tokens();
    let mut sampled = Vec::new();
    for at in 0..tokens.len() {
        let length =
            if is_character(text, tokens[at]) { SHINGLE_CHARACTERS } else { SHINGLE_WORDS };
        let Some(window) = tokens.get(at..at + length) else { continue };
        // Runs of figures stand in tables, where they meet by chance.
        if window.iter().all(|token| word(text, *token).bytes().all(|byte| byte.is_ascii_digit())) {
            continue;
        }
        let hash = hash(window.iter().map(|token| word(text, *token)));
        if Kind::Shingle.bears(hash) {
            sampled.push(hash);
        }
    }
    least(sampled, SHINGLES_MAX)
}

/// Hashes of the words with a digit, `8b` as much as `14024`; years say too little.
fn numbers(text: &Folded) -> Vec<u64> {
    let is_year = |word: &str| word.parse().is_ok_and(|number: u32| (1900..2100).contains(&number));
    words(text)
        .filter(|word| word.contains(|c: char| c.is_numeric()) && !is_year(word))
        .map(|word| hash([word]) & !3)
        .collect()
}

/// The `count` least hashes, sorted, without repeats: which ones does not depend on the rest of the
/// text, so two long texts keep the same ones of what they have in common.
fn least(mut hashes: Vec<u64>, count: usize) -> Vec<u64> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(count);
    hashes
}

/// FNV-1a over words and their ends, then the finish of MurmurHash3, without which the low bits
/// would not be even. Stable over versions, since stores keep it.
pub(crate) fn hash<'w>(words: impl IntoIterator<Item = &'w str>) -> u64 {
    let bytes = words.into_iter().flat_map(|word| word.bytes().chain([0xFF]));
    let mut hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    for factor in [0xFF51_AFD7_ED55_8CCD, 0xC4CE_B9FE_1A85_EC53] {
        hash = (hash ^ hash >> 33).wrapping_mul(factor);
    }
    hash ^ hash >> 33
}

fn words(text: &Folded) -> impl Iterator<Item = &str> {
    text.tokens().iter().map(|token| word(text, *token))
}

fn word(text: &Folded, token: Token) -> &str {
    &text.text()[token.start..token.end]
}

/// Whether a token is one character of a script without spaces.
fn is_character(text: &Folded, token: Token) -> bool {
    word(text, token).starts_with(is_unspaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_shingles_is_kept() {
        let text: String = (0..4_000)
            .map(|n| {
                format!(
                    "word{} ",
                    char::from(b'a' + (n % 23) as u8).to_string().repeat(n % 5 + 1)
                        + &"x".repeat(n % 97)
                )
            })
            .collect();
        let sample = of("", &text);
        let shingles = Parts::of(&sample.hashes).shingles.len();
        assert!((850..1_150).contains(&shingles), "{shingles} of 4,000");
        assert_eq!(sample.words, 4_000);
        assert!(sample.hashes.is_sorted());
    }

    #[test]
    fn numbers_are_told_from_years_and_words() {
        let parts = |title: &str, text: &str| Parts::of(&of(title, text).hashes).numbers.len();
        assert_eq!(parts("General License 8A", ""), 1);
        assert_eq!(parts("8A", "8a and 8b, 14024, in 2026"), 3);
        assert_eq!(parts("In 2026", "no figures"), 0);
    }

    #[test]
    fn hashes_never_change() {
        // Stores keep them: a change here would part every stored article from its copies.
        assert_eq!(hash(["sanctions", "on", "banks"]), 4_170_271_068_807_904_075);
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
    }
}
