//! The words of all listed names, each spelling with the number of its key.

use crate::screen::background::Background;
use crate::screen::trie::NumberMap;
use crate::text::names::{Case, Word, folded, hash};
use crate::text::spelling;

/// The number of a word no listed name holds.
pub(crate) const UNKNOWN: u32 = 0;

/// Words by number; the spellings of one word (see `text::spelling`) share theirs.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// By the hash of the folded letters.
    spellings: NumberMap<u64, u32>,
    /// By the hash of the key.
    keys: NumberMap<u64, u32>,
    /// In how many designations each word stands, by number.
    uses: Vec<u32>,
}

impl Vocabulary {
    /// Room for so many words, to be filled without growing.
    pub(crate) fn with_capacity(words: usize) -> Self {
        Self {
            spellings: NumberMap::with_capacity_and_hasher(words, Default::default()),
            keys: NumberMap::with_capacity_and_hasher(words, Default::default()),
            uses: vec![0],
        }
    }

    /// The number of a listed word, learned if it is new.
    pub(crate) fn learn(&mut self, folded: &str) -> u32 {
        let spelled = hash(folded);
        if let Some(number) = self.spellings.get(&spelled) {
            return *number;
        }
        let uses = &mut self.uses;
        let number = *self.keys.entry(hash(&spelling::key(folded))).or_insert_with(|| {
            uses.push(0);
            (uses.len() - 1) as u32
        });
        self.spellings.insert(spelled, number);
        number
    }

    /// One more designation holds the word.
    pub(crate) fn count_use(&mut self, number: u32) {
        self.uses[number as usize] += 1;
    }

    /// In how many designations the word stands.
    pub(crate) fn uses(&self, number: u32) -> u32 {
        self.uses.get(number as usize).copied().unwrap_or(0)
    }

    /// Numbers a word of an article may have: its spelling's or its key's, and that of the form
    /// it is declined from. [`UNKNOWN`] where it has none.
    pub(crate) fn look_up(&self, text: &str, word: &Word, background: &Background) -> [u32; 2] {
        let written = self.spellings.get(&word.hash).copied().unwrap_or(UNKNOWN);
        let cased = matches!(word.case, Case::Capital | Case::Upper);
        let cyrillic = matches!(text.as_bytes()[word.start as usize], 0xd0..=0xd3);
        if !cased || (written != UNKNOWN && !cyrillic) || background.is_ordinary(word.hash) {
            return [written, UNKNOWN];
        }
        let letters = folded(text, word);
        let first = if written == UNKNOWN { self.by_key(&letters) } else { written };
        let second = if cyrillic { self.by_declension(&letters) } else { UNKNOWN };
        [first, second]
    }

    fn by_key(&self, folded: &str) -> u32 {
        self.keys.get(&hash(&spelling::key(folded))).copied().unwrap_or(UNKNOWN)
    }

    /// The number of the nominative of a declined Russian or Ukrainian name.
    fn by_declension(&self, folded: &str) -> u32 {
        DECLENSIONS
            .iter()
            .filter_map(|(ending, nominative)| {
                let stem = folded.strip_suffix(ending).filter(|stem| 6 <= stem.len())?;
                Some(self.by_key(&format!("{stem}{nominative}")))
            })
            .find(|number| *number != UNKNOWN)
            .unwrap_or(UNKNOWN)
    }

    /// Bytes the vocabulary takes, about.
    pub(crate) fn bytes(&self) -> usize {
        (self.spellings.capacity() + self.keys.capacity()) * 8 / 7 * 17 + self.uses.capacity() * 4
    }
}

/// Endings of declined names in Russian and Ukrainian with the ending of the nominative, longest
/// first: Сечина, Сечину, Сечиным → Сечин; Лавровского → Лавровский; Сергея → Сергей.
const DECLENSIONS: &[(&str, &str)] = &[
    ("ского", "ский"),
    ("скому", "ский"),
    ("ским", "ский"),
    ("ском", "ский"),
    ("ського", "ський"),
    ("ському", "ський"),
    ("ським", "ський"),
    ("ской", "ская"),
    ("скую", "ская"),
    ("овича", "ович"),
    ("евича", "евич"),
    ("овичу", "ович"),
    ("евичу", "евич"),
    ("овичем", "ович"),
    ("евичем", "евич"),
    ("ого", "ый"),
    ("ому", "ый"),
    ("ем", "ь"),
    ("ем", "й"),
    ("ею", "ея"),
    ("ом", ""),
    ("ым", ""),
    ("им", ""),
    ("ой", "а"),
    ("ей", "я"),
    ("ою", "а"),
    ("ию", "ий"),
    ("ия", "ий"),
    ("ию", "ия"),
    ("ии", "ия"),
    ("ии", "ий"),
    ("я", "й"),
    ("ю", "й"),
    ("е", "й"),
    ("я", "ь"),
    ("ю", "ь"),
    ("а", ""),
    ("у", ""),
    ("е", ""),
    ("ы", "а"),
    ("у", "а"),
    ("е", "а"),
    ("і", "а"),
    ("и", "а"),
    ("и", "я"),
    ("ю", "я"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::names::words;

    #[test]
    fn spellings_and_declensions_share_a_number() {
        let mut vocabulary = Vocabulary::with_capacity(4);
        let cases = [
            ("sechin", "Сечина"),
            ("sechin", "Sechin"),
            ("sergey", "Сергеем"),
            ("sergey", "Sergej"),
            ("vladimir", "Владимиром"),
            ("shoigu", "Шойгу"),
            ("zhirinovskiy", "Жириновского"),
        ];
        for (listed, written) in cases {
            let number = vocabulary.learn(listed);
            let word = words(written)[0];
            let found = vocabulary.look_up(written, &word, &Background::default());
            assert!(found.contains(&number), "{listed} {written} {found:?}");
        }
    }

    #[test]
    fn words_in_small_letters_are_found_as_spelled_only() {
        let mut vocabulary = Vocabulary::with_capacity(4);
        let number = vocabulary.learn("sergey");
        let look_up =
            |text: &str| vocabulary.look_up(text, &words(text)[0], &Background::default());
        assert_eq!(look_up("sergey"), [number, UNKNOWN]);
        assert_eq!(look_up("sergej"), [UNKNOWN, UNKNOWN]);
    }
}
