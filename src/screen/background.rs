//! How common words are in ordinary news, and which pairs of them belong together.
//!
//! `background.txt` holds words and counts only. `cargo run --release --example count_background`
//! makes it again from news texts of one's own choice.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text::names::hash;

/// Counts over a collection of news texts.
#[derive(Debug, Default)]
pub struct Background {
    words: HashMap<u64, Count>,
    /// Documents by the hashes of two words in a row, both with a capital.
    pairs: HashMap<(u64, u64), u16>,
}

/// Documents a word stands in.
#[derive(Debug, Clone, Copy)]
struct Count {
    all: u16,
    /// Those where it stands in small letters.
    lower: u16,
}

/// A word that is written small in more than one of this many documents is no name.
const SMALL_SHARE: u16 = 5;

/// The table that ships.
pub fn shipped() -> &'static Background {
    static SHIPPED: LazyLock<Background> =
        LazyLock::new(|| Background::read(include_str!("background.txt")));
    &SHIPPED
}

impl Background {
    /// Reads a table: `word documents documents-in-small-letters` or `first second documents` a
    /// line; lines that begin with `#` are remarks, and what cannot be read counts for nothing.
    pub fn read(table: &str) -> Self {
        let mut background = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(' ').collect();
            let [first, second, third] = fields.as_slice() else { continue };
            match (second.parse(), third.parse()) {
                (Ok(all), Ok(lower)) => {
                    background.words.insert(hash(first), Count { all, lower });
                }
                (Err(_), Ok(documents)) => {
                    background.pairs.insert((hash(first), hash(second)), documents);
                }
                _ => {}
            }
        }
        background
    }

    /// Whether news knows the word at all.
    pub fn knows(&self, word: u64) -> bool {
        self.words.contains_key(&word)
    }

    /// Whether news writes the word in small letters: it means something besides a name.
    pub fn is_ordinary(&self, word: u64) -> bool {
        self.words
            .get(&word)
            .is_some_and(|count| count.all < count.lower.saturating_mul(SMALL_SHARE))
    }

    /// Whether news writes the two words together so often that they mean something of their own.
    pub fn is_phrase(&self, first: u64, second: u64) -> bool {
        self.pairs.contains_key(&(first, second))
    }

    /// Whether the rarer of two words stands mostly beside the other: Saddam Hussein, but not
    /// Mark Taylor.
    pub fn is_one_name(&self, first: u64, second: u64) -> bool {
        let documents = |word| self.words.get(&word).map_or(0, |count: &Count| count.all);
        let rarer = documents(first).min(documents(second));
        let together = self.pairs.get(&(first, second)).copied().unwrap_or(0);
        0 < rarer && rarer <= together.saturating_mul(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_words_and_counts_only() {
        let mut words = 0;
        for line in include_str!("background.txt").lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(' ').collect();
            assert_eq!(fields.len(), 3, "{line:?}");
            assert!(fields[2].parse::<u16>().is_ok(), "{line:?}");
            assert!(fields[0].chars().all(char::is_alphanumeric), "{line:?}");
            words += usize::from(fields[1].parse::<u16>().is_ok());
        }
        assert!(10_000 < words, "{words}");
    }

    #[test]
    fn the_table_knows_words_from_names() {
        let background = shipped();
        for word in ["said", "had", "hatte", "avait", "bank", "the"] {
            assert!(background.knows(hash(word)) && background.is_ordinary(hash(word)), "{word}");
        }
        for name in ["john", "taylor", "vladimir", "london"] {
            assert!(background.knows(hash(name)) && !background.is_ordinary(hash(name)), "{name}");
        }
        for rare in ["sechin", "rosneft", "zawahiri"] {
            assert!(!background.knows(hash(rare)), "{rare}");
        }
    }

    #[test]
    fn a_pair_that_owns_its_rarer_word_is_one_name() {
        let background = Background::read(
            "# a b\nmark 90 40\ntaylor 20 0\nsaddam 9 0\nhussein 20 0\n\
                                           saddam hussein 8\nmark taylor 2",
        );
        assert!(background.is_one_name(hash("saddam"), hash("hussein")));
        assert!(!background.is_one_name(hash("mark"), hash("taylor")));
        assert!(!background.is_one_name(hash("nobody"), hash("taylor")));
    }
}
