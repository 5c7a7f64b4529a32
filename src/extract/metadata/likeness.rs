//! How alike two short texts are, word by word.

use crate::text::quick_hash::QuickSet;
use crate::text::words::is_letter_or_digit;

/// The words of a short text, each once, to be compared with those of others.
#[derive(Debug, Default)]
pub(crate) struct Words(QuickSet<String>);

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        Words(words(text))
    }

    /// The share of words that two headlines have in common, 0 to 1: twice the common words over
    /// all of them (Dice). In scripts without spaces every letter counts as a word.
    pub(crate) fn likeness(&self, other: &Words) -> f32 {
        if self.0.is_empty() || other.0.is_empty() {
            return 0.0;
        }
        2.0 * self.common(other) / (self.0.len() + other.0.len()) as f32
    }

    /// The share of these words that the other text has too, 0 to 1.
    pub(crate) fn contained(&self, whole: &Words) -> f32 {
        if self.0.is_empty() { 0.0 } else { self.common(whole) / self.0.len() as f32 }
    }

    fn common(&self, other: &Words) -> f32 {
        self.0.intersection(&other.0).count() as f32
    }
}

/// How alike two texts are, see [`Words::likeness`].
pub(crate) fn likeness(one: &str, other: &str) -> f32 {
    Words::of(one).likeness(&Words::of(other))
}

/// Letters and digits alone, in lower case: equal for texts that differ in marks only.
pub(crate) fn skeleton(text: &str) -> String {
    text.chars().filter(|c| is_letter_or_digit(*c)).flat_map(char::to_lowercase).collect()
}

fn words(text: &str) -> QuickSet<String> {
    let mut words = QuickSet::default();
    let mut word = String::new();
    for c in text.chars() {
        if is_letter_or_digit(c) && !is_unspaced(c) {
            word.extend(c.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.insert(std::mem::take(&mut word));
        }
        if is_letter_or_digit(c) {
            words.insert(c.to_string());
        }
    }
    if !word.is_empty() {
        words.insert(word);
    }
    words
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{E00}'..='\u{E7F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_counts_common_words() {
        let cases = [
            ("Oil price cap", "The oil price cap", 6.0 / 7.0),
            ("Oil price cap", "oil, PRICE — cap!", 1.0),
            ("制裁名单", "制裁清单", 0.75),
            ("one", "two", 0.0),
            ("", "two", 0.0),
        ];
        for (one, other, expect) in cases {
            assert!((likeness(one, other) - expect).abs() < 1e-6, "{one} / {other}");
        }
        assert_eq!(Words::of("price cap").contained(&Words::of("The oil price cap")), 1.0);
        assert_eq!(skeleton("Euro–News!"), "euronews");
    }
}
