//! A report as counted features: words, pairs of neighbouring words, capitalised words, numbers,
//! instruments and listed parties.

use crate::stories::Report;
use crate::text::overlap::run_hash;
use crate::text::quick_hash::{Quick, QuickMap};
use crate::text::words::{is_spaceless, words};

/// Words that are looked at. News says first who did what.
const WORDS_MOST: usize = 400;
/// Letters of a word that count: a blunt way to forget endings, the same in every language.
const STEM: usize = 9;
const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_STEP: u64 = 0x0000_0100_0000_01b3;
/// Share of words with a capital from which capitals say nothing.
const HEADLINE: f32 = 0.6;
/// Weights of the channels beside words, which weigh 1.
const PAIR: f32 = 0.65;
const NUMBER: f32 = 1.0;
const NAME: f32 = 1.6;
const INSTRUMENT: f32 = 2.0;
const PARTY: f32 = 2.0;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Word,
    Pair,
    Number,
    Name,
    /// A legal identifier.
    Instrument,
    /// A listed party that is surely named.
    Party,
}

impl Channel {
    pub(crate) fn weight(self) -> f32 {
        match self {
            Channel::Word => 1.0,
            Channel::Pair => PAIR,
            Channel::Number => NUMBER,
            Channel::Name => NAME,
            Channel::Instrument => INSTRUMENT,
            Channel::Party => PARTY,
        }
    }
}

impl Features {
    pub(crate) fn of(report: &Report<'_>) -> Self {
        Self::from(&count(report))
    }
}

impl From<&Counts> for Features {
    fn from(Counts { words, counts, .. }: &Counts) -> Self {
        let feature = |counted: &Counted| Feature {
            hash: counted.hash,
            weight: counted.channel.weight() * (1.0 + (counted.times as f32).ln()),
        };
        Self { counts: counts.iter().map(feature).collect(), words: *words }
    }
}

/// Everything a report is made of, in order of the hashes.
pub(crate) struct Counts {
    /// Words looked at.
    pub(crate) words: usize,
    /// Whether a capital marks a name: not in a headline That Writes Most Words So.
    pub(crate) capitals_tell: bool,
    pub(crate) counts: Vec<Counted>,
}

/// Something a report says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) hash: u64,
    pub(crate) channel: Channel,
    /// The hash of the word, or of the pair, whatever the channel.
    pub(crate) stem: u64,
    /// A pair of characters of a script without spaces, which stands for a word.
    pub(crate) is_word_like: bool,
    pub(crate) times: u32,
}

pub(crate) fn count(report: &Report<'_>) -> Counts {
    let all: Vec<&str> = words(report.title).chain(words(report.text)).take(WORDS_MOST).collect();
    // A word, and seldom more than the pair it ends and the name it is.
    let mut counts = QuickMap::with_capacity_and_hasher(3 * all.len(), Quick::default());
    let mut count = |channel: Channel, stem: u64, is_word_like: bool| {
        let hash = run_hash(&[channel as u64, stem]);
        let new = Counted { hash, channel, stem, is_word_like, times: 0 };
        counts.entry(hash).or_insert(new).times += 1;
    };
    let mut before: Option<(u64, bool)> = None;
    let (mut capitals, mut cased) = (0.0, 0.0);
    for word in &all {
        let stem = hash(word);
        let first = word.chars().next();
        let spaceless = first.is_some_and(is_spaceless);
        count(Channel::Word, stem, !spaceless);
        if let Some((before, spaceless_before)) = before {
            count(Channel::Pair, run_hash(&[before, stem]), spaceless && spaceless_before);
        }
        let capital = first.is_some_and(char::is_uppercase);
        capitals += f32::from(u8::from(capital));
        cased += f32::from(u8::from(capital || first.is_some_and(char::is_lowercase)));
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            count(Channel::Number, stem, true);
        } else if capital && 1 < word.chars().take(2).count() {
            count(Channel::Name, stem, true);
        }
        before = Some((stem, spaceless));
    }
    for id in report.instruments {
        count(Channel::Instrument, hash_of_id(id), true);
    }
    for id in report.parties {
        count(Channel::Party, hash_of_id(id), true);
    }
    let mut counts: Vec<Counted> = counts.into_values().collect();
    counts.sort_unstable_by_key(|counted| counted.hash);
    Counts { words: all.len(), capitals_tell: capitals < HEADLINE * cased, counts }
}

/// The hash of an identifier, every letter of it.
fn hash_of_id(id: &str) -> u64 {
    run_hash(&id.bytes().map(u64::from).collect::<Vec<_>>())
}

/// The hash of a word without case and ending. One character of a script without spaces says
/// little; there the pairs tell.
pub(crate) fn hash(word: &str) -> u64 {
    let add = |hash: u64, c: char| (hash ^ u64::from(u32::from(c))).wrapping_mul(HASH_STEP);
    if word.is_ascii() {
        let counts = |(place, byte): &(usize, u8)| *place < STEM || byte.is_ascii_digit();
        let stem = word.bytes().enumerate().take_while(counts);
        return stem
            .fold(HASH_START, |hash, (_, byte)| add(hash, byte.to_ascii_lowercase().into()));
    }
    let letters = word.chars().flat_map(char::to_lowercase).enumerate();
    let stem =
        letters.take_while(|(place, c)| *place < STEM || is_spaceless(*c) || c.is_ascii_digit());
    stem.fold(HASH_START, |hash, (_, c)| add(hash, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(one: &str, other: &str) -> usize {
        let [one, other] = [one, other].map(|title| Features::of(&Report::of(title, "", None)));
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
