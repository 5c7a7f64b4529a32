//! How much of one text stands in another: the measure of the public extraction benchmarks.

use crate::text::quick_hash::QuickMap;
use crate::text::words::is_letter_or_digit;

/// Tokens in a row that are compared.
const RUN: usize = 4;

/// What an extracted text has of the true one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Share of the extracted runs that are true.
    pub precision: f64,
    /// Share of the true runs that were extracted.
    pub recall: f64,
}

impl Overlap {
    /// Harmonic mean; 0 where both are 0.
    pub fn f1(self) -> f64 {
        let sum = self.precision + self.recall;
        if sum == 0.0 { 0.0 } else { 2.0 * self.precision * self.recall / sum }
    }
}

/// Compares multisets of runs of four tokens (`\w+`), as scrapinghub's article-extraction-benchmark
/// does; a shorter text is one run. Two empty texts agree.
///
/// ```
/// use sanctionwatch::text::overlap::overlap;
/// let found = overlap("a b c d e", "a b c d x");
/// assert_eq!((found.precision, found.recall), (0.5, 0.5));
/// ```
pub fn overlap(truth: &str, extracted: &str) -> Overlap {
    let truth = runs(truth);
    let extracted = runs(extracted);
    let total = |runs: &QuickMap<u64, u32>| f64::from(runs.values().sum::<u32>());
    let common: u32 = truth
        .iter()
        .map(|(run, count)| extracted.get(run).map_or(0, |other| *count.min(other)))
        .sum();
    let share = |whole: f64| if whole == 0.0 { 0.0 } else { f64::from(common) / whole };
    if truth.is_empty() && extracted.is_empty() {
        return Overlap { precision: 1.0, recall: 1.0 };
    }
    Overlap { precision: share(total(&extracted)), recall: share(total(&truth)) }
}

/// Hashes of the runs of a text with their counts.
pub fn runs(text: &str) -> QuickMap<u64, u32> {
    let tokens = token_hashes(text);
    let mut counts = QuickMap::default();
    for run in tokens.windows(RUN.min(tokens.len()).max(1)) {
        *counts.entry(run_hash(run)).or_insert(0) += 1;
    }
    counts
}

/// A hash for every token (`\w+`) of a text, in order.
pub fn token_hashes(text: &str) -> Vec<u64> {
    const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
    let mut hashes = Vec::with_capacity(text.len() / 6);
    let mut hash = FNV_START;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            hash = (hash ^ u64::from(c as u32)).wrapping_mul(0x0100_0000_01b3);
        } else if c == '_' || (!c.is_ascii() && is_letter_or_digit(c)) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        } else if hash != FNV_START {
            hashes.push(hash);
            hash = FNV_START;
        }
    }
    if hash != FNV_START {
        hashes.push(hash);
    }
    hashes
}

/// The runs of a text of these tokens, each once, in the order of their hashes.
pub fn distinct_runs(tokens: &[u64]) -> Vec<u64> {
    let mut runs: Vec<u64> = tokens.windows(RUN.min(tokens.len()).max(1)).map(run_hash).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// One hash for a run of token hashes.
pub fn run_hash(run: &[u64]) -> u64 {
    run.iter().fold(17, |hash: u64, token| {
        (hash.rotate_left(23) ^ token).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}
