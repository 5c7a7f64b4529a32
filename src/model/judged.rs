//! What the pure middle says of an article: where it belongs, and whether it is about sanctions.

use crate::model::article::Article;
use crate::model::matched::Match;

/// Which text a span points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    Title,
    Text,
}

/// Words that speak for or against, with their place.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The words as they stand in the field.
    pub text: String,
    /// UTF-8 byte offsets into the field: `field[start..end] == text`.
    pub start: usize,
    pub end: usize,
    pub field: Field,
    /// The rule that matched, e.g. `en.strong.sanctions-on`.
    pub rule: String,
    /// What the rule added to the score; negative for counter-evidence.
    pub weight: f64,
}

/// Is it about sanctions, how sure, and which words said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub relevant: bool,
    /// 0 (surely not) to 1 (surely).
    pub score: f64,
    /// Strongest first.
    pub evidence: Vec<Evidence>,
}

/// What an article is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The address in its one form: see `parse::address::key`.
    pub address: String,
    /// Hash of the folded title and text: equal for equal wording.
    pub wording: u64,
    /// A sample of the text's hashes, sorted, without repeats: the remainder by four is 0 for a word
    /// shingle, 1 for a number in title or text, 2 for a number in the title.
    pub shingles: Vec<u64>,
}

impl Keys {
    /// Whether half of the shorter text's sampled shingles stand in the longer, or both say the
    /// same. Where a page names a canonical address that belongs to a text with less in common,
    /// the name is wrong (a template that points every page to one place).
    pub fn shares_words_with(&self, other: &Neighbour) -> bool {
        let common =
            self.shingles.iter().filter(|hash| other.shingles.binary_search(hash).is_ok()).count();
        let shorter = self.shingles.len().min(other.shingles.len());
        self.wording == other.wording || 0 < common && shorter <= 2 * common
    }
}

/// A stored article that may be the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Row number of the stored article.
    pub article: i64,
    /// Whether it lives at the same address (or one of its other clothes).
    pub same_address: bool,
    /// Whether it was published on the same site (registrable domain).
    pub same_site: bool,
    pub wording: u64,
    /// As [`Keys::shingles`].
    pub shingles: Vec<u64>,
}

/// Where an article belongs among those already stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Placed {
    /// Never seen.
    New,
    /// The same address and the same wording: nothing to store.
    Same { article: i64 },
    /// The same address, another wording.
    Revision { article: i64 },
    /// Another address, the same text; `share` (0 to 1) is the part of the shorter text in common.
    Copy { article: i64, share: f64 },
}

/// An article with everything the pure middle knows of it: what `store` commits.
///
/// Where it belongs ([`Placed`]) is decided inside the commit, where no copy can slip in between.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub article: Article,
    pub keys: Keys,
    pub verdict: Verdict,
    /// Listed parties it names, the title's mentions first, each in order.
    pub named: Vec<Match>,
}
