//! A text as the hashes it is looked up and compared by: runs of words, numbers, names.

use std::collections::HashSet;

use crate::model::judged::{Keys, Wording};
use crate::text::tokens::{Folded, Token, is_unspaced};

/// Words in a run.
const RUN_WORDS: usize = 3;

/// Characters in a run of a script without spaces, where a word has one or two.
const RUN_CHARACTERS: usize = 5;

/// One run in so many is in the sample.
const SAMPLED: u64 = 4;

/// Runs sampled of one text: those of some 4,000 words.
const SHINGLES_MAX: usize = 1_024;

/// Words of a text that are compared; what follows is not seen.
const WORDS_MAX: usize = 1 << 16;

/// Numbers and names kept of one text, of each kind.
pub(crate) const MARKS_MAX: usize = 1_024;

/// Words a text must have for its wording to tell it from texts at other addresses.
const WORDS_MIN: usize = 12;

/// The keys of an article at `address`, without the agency it names.
pub(crate) fn of(address: String, article: &Wording<'_>) -> Keys {
    let (title, text) = (Folded::of(article.title), Folded::of(article.text));
    let all = words(&title).chain([""]).chain(words(&text));
    let wording = if text.tokens().len() < WORDS_MIN {
        // "Press release." says the same on a hundred pages: here the address counts as a word.
        hash([address.as_str(), article.title, article.text])
    } else {
        hash(all)
    };
    let runs = run_hashes(&text);
    Keys {
        address,
        wording,
        shingles: sampled(&runs),
        runs: runs.into_iter().map(|run| run.map_or(0, Run::short)).collect(),
        numbers: marks(numbers(&title).chain(numbers(&text))),
        title_numbers: marks(numbers(&title)),
        names: marks(names(&title).into_iter().chain(names(&text))),
        published: article.published,
        agency: None,
    }
}

/// What two texts have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Common {
    /// Words of the shorter text.
    pub shorter: usize,
    /// The part of them that stands in runs of the longer text, 0 to 1.
    pub share: f64,
}

/// Compares two texts by all their runs; the cost is linear in their lengths.
pub(crate) fn compare(one: &Keys, other: &Keys) -> Common {
    let (short, long) =
        if one.runs.len() <= other.runs.len() { (one, other) } else { (other, one) };
    let known: HashSet<u32> = long.runs.iter().copied().collect();
    let mut common = 0;
    // The first word not yet known to be common.
    let mut next = 0;
    for (at, run) in short.runs.iter().enumerate() {
        if *run != 0 && known.contains(run) {
            let length = if run & 1 == 1 { RUN_CHARACTERS } else { RUN_WORDS };
            let end = (at + length).min(short.runs.len());
            common += end.saturating_sub(next.max(at));
            next = next.max(end);
        }
    }
    let shorter = short.runs.len();
    Common { shorter, share: if shorter == 0 { 0.0 } else { common as f64 / shorter as f64 } }
}

/// A run of words.
#[derive(Debug, Clone, Copy)]
struct Run {
    hash: u64,
    characters: bool,
}

impl Run {
    fn short(self) -> u32 {
        let upper = (self.hash >> 32) as u32;
        // 0 stands for a run that says nothing.
        if self.characters { upper | 1 } else { (upper & !1).max(2) }
    }
}

/// For each word the run that begins with it; none where the text ends before the run, or where it
/// is all figures, which stand in tables and meet by chance.
fn run_hashes(text: &Folded) -> Vec<Option<Run>> {
    let tokens = &text.tokens()[..text.tokens().len().min(WORDS_MAX)];
    let is_figure = |token: &Token| word(text, *token).bytes().all(|byte| byte.is_ascii_digit());
    let run_at = |at: usize| {
        let characters = word(text, tokens[at]).starts_with(is_unspaced);
        let length = if characters { RUN_CHARACTERS } else { RUN_WORDS };
        let window = tokens.get(at..at + length)?;
        let hash = hash(window.iter().map(|token| word(text, *token)));
        (!window.iter().all(is_figure)).then_some(Run { hash, characters })
    };
    (0..tokens.len()).map(run_at).collect()
}

/// One run in [`SAMPLED`], chosen by its hash, so that two texts choose the same of what they have
/// in common; the least of them if there are too many.
fn sampled(runs: &[Option<Run>]) -> Vec<u64> {
    let mut hashes: Vec<u64> = runs
        .iter()
        .flatten()
        .map(|run| run.hash)
        .filter(|hash| hash.is_multiple_of(SAMPLED))
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(SHINGLES_MAX);
    hashes
}

/// Hashes of the words with a digit, `8b` as much as `14024`; years say too little.
fn numbers(text: &Folded) -> impl Iterator<Item = u32> {
    let is_year = |word: &str| word.parse().is_ok_and(|number: u32| (1900..2100).contains(&number));
    words(text)
        .filter(move |word| word.contains(char::is_numeric) && !is_year(word))
        .map(|word| (hash([word]) >> 32) as u32)
}

/// Hashes of the words with a capital that do not begin a sentence.
fn names(text: &Folded) -> Vec<u32> {
    let tokens = text.tokens();
    let inside = |pair: &&[Token]| pair[1].capital && pair[0].sentence == pair[1].sentence;
    let hash = |pair: &[Token]| (hash([word(text, pair[1])]) >> 32) as u32;
    tokens.windows(2).filter(inside).map(hash).collect()
}

/// The least [`MARKS_MAX`] hashes, sorted, without repeats.
fn marks(hashes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut hashes: Vec<u32> = hashes.collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(MARKS_MAX);
    hashes
}

/// FNV-1a over words and their ends, then the finish of MurmurHash3, without which the low bits
/// would not be even. Stable over versions, since stores keep it.
fn hash<'w>(words: impl IntoIterator<Item = &'w str>) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(title: &str, text: &str) -> Keys {
        of(String::new(), &Wording { title, text, byline: &[], published: None })
    }

    #[test]
    fn a_quarter_of_the_runs_is_sampled() {
        let text: String = (0..4_000)
            .map(|n| {
                format!(
                    "word{} ",
                    char::from(b'a' + (n % 23) as u8).to_string().repeat(n % 5 + 1)
                        + &"x".repeat(n % 97)
                )
            })
            .collect();
        let keys = keys("", &text);
        let sampled = keys.shingles.len();
        assert!((850..1_150).contains(&sampled), "{sampled} of 4,000");
        assert!(keys.shingles.is_sorted());
        assert_eq!(keys.runs.len(), 4_000);
    }

    #[test]
    fn numbers_are_told_from_years_and_words() {
        let numbers = |title: &str, text: &str| keys(title, text).numbers.len();
        assert_eq!(numbers("General License 8A", ""), 1);
        assert_eq!(numbers("8A", "8a and 8b, 14024, in 2026"), 3);
        assert_eq!(numbers("In 2026", "no figures"), 0);
        assert_eq!(keys("License 8A", "under 14024").title_numbers.len(), 1);
    }

    #[test]
    fn names_are_capitals_inside_sentences() {
        let count = |text: &str| keys("", text).names.len();
        assert_eq!(count("The ministry named Anna Ivanova. She denied it."), 2);
        assert_eq!(count("the ministry named nobody"), 0);
    }

    #[test]
    fn the_share_is_of_the_shorter_texts_words() {
        let share = |one: &str, other: &str| compare(&keys("", one), &keys("", other)).share;
        let cases = [
            ("a b c d e f", "a b c d e f", 1.0),
            ("a b c d e f", "x y a b c d e f z", 1.0),
            ("a b c x y z", "a b c p q r s", 0.5),
            ("a b c d e f g h", "a b c d x f g h", 7.0 / 8.0),
            ("a b x c d", "a b y c d", 0.0),
            ("", "a b c", 0.0),
            ("1 2 3 4", "1 2 3 4", 0.0),
            ("外務省は資産を凍結", "外務省は資産を凍結した", 1.0),
        ];
        for (one, other, expected) in cases {
            assert_eq!(share(one, other), expected, "{one} / {other}");
            assert_eq!(share(other, one), expected, "{other} / {one}");
        }
    }

    #[test]
    fn hashes_never_change() {
        // Stores keep them: a change here would part every stored article from its copies.
        assert_eq!(hash(["sanctions", "on", "banks"]), 4_170_271_068_807_904_075);
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
    }
}
