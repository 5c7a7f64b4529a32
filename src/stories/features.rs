//! A report as counted features: words, pairs of neighbouring words, capitalised words, numbers.

use crate::text::overlap::run_hash;
use crate::text::quick_hash::QuickMap;
use crate::text::words::{is_spaceless, words};

/// Words that are looked at. News says first who did what.
const WORDS_MOST: usize = 400;
/// Letters of a word that count: a blunt way to forget endings, the same in every language.
const STEM: usize = 9;
/// Weights of the channels beside words, which weigh 1.
const PAIR: f32 = 0.65;
const NUMBER: f32 = 1.0;
const NAME: f32 = 1.6;
/// What a report is compared by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Features {
    /// Weighed counts by the hash of the feature, in order of the hashes.
    pub(crate) counts: Vec<Feature>,
    /// Words looked at.
    pub(crate) words: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Feature {
    pub(crate) hash: u64,
    /// `weight · (1 + ln n)` for a feature that stands n times.
    pub(crate) weight: f32,
}

/// Told apart so that a name and the word it is written with are two features.
#[derive(Debug, Clone, Copy)]
enum Channel {
    Word,
    Pair,
    Number,
    Name,
}

impl Channel {
    fn weight(self) -> f32 {
        match self {
            Channel::Word => 1.0,
            Channel::Pair => PAIR,
            Channel::Number => NUMBER,
            Channel::Name => NAME,
        }
    }
}

impl Features {
    pub(crate) fn of(title: &str, text: &str) -> Self {
        let all: Vec<&str> = words(title).chain(words(text)).take(WORDS_MOST).collect();
        let capital = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
        let mut counts: QuickMap<u64, Counted> = QuickMap::default();
        let mut count = |channel: Channel, hash: u64| {
            let key = run_hash(&[channel as u64, hash]);
            counts.entry(key).or_insert(Counted { channel, times: 0 }).times += 1;
        };
        let mut before = None;
        for word in &all {
            let stem = hash(word);
            count(Channel::Word, stem);
            if let Some(before) = before {
                count(Channel::Pair, run_hash(&[before, stem]));
            }
            if word.bytes().all(|byte| byte.is_ascii_digit()) {
                count(Channel::Number, stem);
            } else if capital(word) && 1 < word.chars().take(2).count() {
                count(Channel::Name, stem);
            }
            before = Some(stem);
        }
        let mut counts: Vec<Feature> = counts
            .into_iter()
            .map(|(hash, Counted { channel, times })| Feature {
                hash,
                weight: channel.weight() * (1.0 + (times as f32).ln()),
            })
            .collect();
        counts.sort_unstable_by_key(|feature| feature.hash);
        Self { counts, words: all.len() }
    }
}

#[derive(Debug)]
struct Counted {
    channel: Channel,
    times: u32,
}

/// The hash of a word without case and ending. One character of a script without spaces says
/// little; there the pairs tell.
fn hash(word: &str) -> u64 {
    let mut letters = 0;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for c in word.chars().flat_map(char::to_lowercase) {
        letters += 1;
        if STEM < letters && !is_spaceless(c) && !c.is_ascii_digit() {
            break;
        }
        hash = (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(one: &str, other: &str) -> usize {
        let (one, other) = (Features::of(one, ""), Features::of(other, ""));
        let known = |hash| other.counts.binary_search_by_key(&hash, |f| f.hash).is_ok();
        one.counts.iter().filter(|feature| known(feature.hash)).count()
    }

    #[test]
    fn case_and_endings_are_forgotten_and_numbers_kept_whole() {
        assert_eq!(shared("designation", "Designating"), 1);
        assert_eq!(shared("ограничениями", "ограничениях"), 1);
        assert_eq!(shared("12345678", "12345679"), 0);
        // The number is a word and a number.
        assert_eq!(shared("8330", "8330"), 2);
        assert_eq!(shared("制裁", "制裁"), 3);
    }

    #[test]
    fn a_capital_makes_a_word_a_name_as_well() {
        // Two words, a pair, two names.
        assert_eq!(shared("he met Anna Dornik there", "and Anna Dornik left early on"), 5);
        assert_eq!(shared("he met anna dornik there", "and Anna Dornik left early on"), 3);
    }
}
