//! The words of names, read from a text in one pass: where each stands, its case, and a hash of its
//! folded letters.
//!
//! Names in lists and names in articles go through this one reader, so that they meet: accents,
//! width and letter variants are folded (`text::tokens::fold_char`), apostrophes inside a word
//! vanish (Qa'ida, Qaida), a possessive goes (Putin's), an elided article stands apart (d'Assad),
//! hyphens part words (al-Assad), full stops between single letters join them (S.A.R.L.), and in
//! scripts without spaces each character is a word.

use crate::text::tokens::fold_char;
use crate::text::words::is_spaceless;

/// One word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// UTF-8 byte offsets into the text; a possessive ending is not part of the word.
    pub start: u32,
    pub end: u32,
    /// [`hash`] of the folded letters.
    pub hash: u64,
    pub case: Case,
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Lower,
    /// A capital somewhere, but not only capitals.
    Capital,
    /// Two or more letters, all capitals.
    Upper,
    /// Digits, or a script without case.
    None,
}

impl Case {
    /// Whether a proper name may be written so.
    pub fn may_name(self) -> bool {
        self != Case::Lower
    }
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_STEP: u64 = 0x0100_0000_01b3;

/// FNV-1a, 64 bits, of folded letters.
pub fn hash(folded: &str) -> u64 {
    folded.bytes().fold(HASH_START, add)
}

fn add(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(HASH_STEP)
}

/// The words of a text in order; of a longer text, those of its first 4 GiB.
///
/// ```
/// use sanctionwatch::text::names::{folded, words};
/// let text = "Al-Qa'ida’s envoy met d'Assad of A.B.C. S.A.";
/// let read: Vec<String> = words(text).iter().map(|word| folded(text, word)).collect();
/// assert_eq!(read.join(" "), "al qaida envoy met d assad of abc sa");
/// ```
pub fn words(text: &str) -> Vec<Word> {
    let text = &text[..text.floor_char_boundary(u32::MAX as usize)];
    let mut reader =
        Reader { text, words: Vec::with_capacity(text.len() / 6), buffer: String::new() };
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at).copied() {
        at = if byte.is_ascii_alphanumeric() {
            reader.read_word(at)
        } else if byte == b'&' {
            reader.push(at, at + 1, hash("and"), Case::None);
            at + 1
        } else if byte.is_ascii() {
            at + 1
        } else {
            reader.begin_beyond_ascii(at)
        };
    }
    reader.words
}

/// The letters of a word as they were hashed.
pub fn folded(text: &str, word: &Word) -> String {
    let written = &text[word.start as usize..word.end as usize];
    if written == "&" {
        return "and".to_owned();
    }
    let mut folded = String::with_capacity(written.len());
    for c in written.chars().filter(|c| *c != '.' && !is_apostrophe(*c)) {
        fold_char(c, &mut folded);
    }
    folded
}

/// The folded words of a name.
pub fn folded_words(name: &str) -> Vec<String> {
    words(name).iter().map(|word| folded(name, word)).collect()
}

/// Marks that writers set inside a word for a letter or a sound they leave out.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | '′' | '＇' | '\u{02b9}'..='\u{02bf}')
}

/// Marks and joiners that belong to the letter before them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

struct Reader<'a> {
    text: &'a str,
    words: Vec<Word>,
    /// Folded letters of the character at hand.
    buffer: String,
}

/// A word under way.
struct Open {
    hash: u64,
    end: usize,
    upper: u32,
    lower: u32,
    /// Characters since the word began or since the last full stop inside it.
    run: u32,
}

impl Reader<'_> {
    fn push(&mut self, start: usize, end: usize, hash: u64, case: Case) {
        self.words.push(Word { start: start as u32, end: end as u32, hash, case });
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }

    /// Reads what begins with a character beyond ASCII; where to go on.
    fn begin_beyond_ascii(&mut self, at: usize) -> usize {
        let Some(c) = self.char_at(at) else { return at + 1 };
        let after = at + c.len_utf8();
        if !c.is_alphanumeric() || is_apostrophe(c) || is_invisible(c) {
            return after;
        }
        if !is_spaceless(c) {
            return self.read_word(at);
        }
        self.buffer.clear();
        fold_char(c, &mut self.buffer);
        let hash = hash(&self.buffer);
        self.push(at, after, hash, Case::None);
        after
    }

    /// Reads the word that begins at `start`; where to go on.
    fn read_word(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut open = Open { hash: HASH_START, end: start, upper: 0, lower: 0, run: 0 };
        let mut at = start;
        let next = loop {
            let Some(byte) = bytes.get(at).copied() else { break at };
            if byte.is_ascii_alphanumeric() {
                open.upper += u32::from(byte.is_ascii_uppercase());
                open.lower += u32::from(byte.is_ascii_lowercase());
                open.hash = add(open.hash, byte.to_ascii_lowercase());
                open.run += 1;
                at += 1;
                open.end = at;
                continue;
            }
            if byte == b'.' {
                if open.run != 1 || !self.is_lone_letter(at + 1) {
                    break at;
                }
                open.run = 0;
                at += 1;
                continue;
            }
            if byte.is_ascii() && byte != b'\'' && byte != b'`' {
                break at;
            }
            let Some(c) = self.char_at(at) else { break at };
            let after = at + c.len_utf8();
            if is_apostrophe(c) {
                match self.apostrophe(start, at, after) {
                    Apostrophe::Inside => at = after,
                    Apostrophe::Ends { next } => break next,
                }
            } else if is_invisible(c) {
                at = after;
                open.end = after;
            } else if c.is_alphanumeric() && !is_spaceless(c) {
                self.take(c, &mut open);
                at = after;
                open.end = after;
            } else {
                break at;
            }
        };
        let case = match (open.upper, open.lower) {
            (0, 0) => Case::None,
            (0, _) => Case::Lower,
            (2.., 0) => Case::Upper,
            _ => Case::Capital,
        };
        let case = if case == Case::Lower && self.follows_in_compound(start) {
            Case::Capital
        } else {
            case
        };
        self.push(start, open.end, open.hash, case);
        next
    }

    /// Whether a word continues a capitalised one after a hyphen: Jong-un.
    fn follows_in_compound(&self, start: usize) -> bool {
        self.words.last().is_some_and(|before| {
            before.end as usize + 1 == start
                && self.text.as_bytes()[before.end as usize] == b'-'
                && matches!(before.case, Case::Capital | Case::Upper)
        })
    }

    fn take(&mut self, c: char, open: &mut Open) {
        self.buffer.clear();
        fold_char(c, &mut self.buffer);
        open.hash = self.buffer.bytes().fold(open.hash, add);
        open.upper += u32::from(c.is_uppercase());
        open.lower += u32::from(c.is_lowercase());
        open.run += 1;
    }

    /// Whether one letter stands here alone, as in the rest of "S.A.".
    fn is_lone_letter(&self, at: usize) -> bool {
        let Some(letter) = self.char_at(at).filter(|c| c.is_alphabetic()) else { return false };
        !self.char_at(at + letter.len_utf8()).is_some_and(char::is_alphanumeric)
    }

    fn apostrophe(&self, start: usize, at: usize, after: usize) -> Apostrophe {
        let Some(next) = self.char_at(after).filter(|c| c.is_alphanumeric()) else {
            return Apostrophe::Ends { next: after };
        };
        let possessive = matches!(next, 's' | 'S')
            && !self.char_at(after + 1).is_some_and(char::is_alphanumeric);
        if possessive {
            return Apostrophe::Ends { next: after + 1 };
        }
        // French and Italian: l'Iran, d'Assad, qu'Alstom, dell'Iran; but L'vov.
        let before = &self.text.as_bytes()[start..at];
        if before[0].is_ascii_uppercase() && next.is_lowercase() {
            return Apostrophe::Inside;
        }
        let before = before.to_ascii_lowercase();
        let elided = matches!(before.as_slice(), b"l" | b"d")
            || before.ends_with(b"qu")
            || matches!(
                before.as_slice(),
                b"all" | b"dall" | b"dell" | b"nell" | b"sull" | b"quell"
            );
        if elided { Apostrophe::Ends { next: after } } else { Apostrophe::Inside }
    }
}

/// What an apostrophe does to the word before it.
enum Apostrophe {
    Inside,
    Ends { next: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_lists_and_writers_spell_them() {
        let cases = [
            ("Usāma bin Lādin", "usama bin ladin"),
            ("JSC ‘Rosneft’", "jsc rosneft"),
            ("SIS d.o.o.", "sis doo"),
            ("Sp. z o.o.", "sp z oo"),
            ("Hennes & Mauritz", "hennes and mauritz"),
            ("J.P.Morgan, U.S.", "jp morgan us"),
            ("Putin's and Moscow’s", "putin and moscow"),
            ("l'Iran dell’Iran qu'Alstom all'Eni", "l iran dell iran qu alstom all eni"),
            ("L'vov L'Express", "lvov l express"),
            ("金正恩 met", "金 正 恩 met"),
            ("№ 7 v2.5", "7 v2 5"),
            ("O'Brien ʿAbd", "obrien abd"),
            ("", ""),
            ("'", ""),
            ("a.", "a"),
        ];
        for (text, expected) in cases {
            assert_eq!(folded_words(text).join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn case_is_seen() {
        let case = |text: &str| words(text)[0].case;
        assert_eq!(case("eln"), Case::Lower);
        assert_eq!(case("ELN"), Case::Upper);
        assert_eq!(case("Eln"), Case::Capital);
        assert_eq!(case("iPhone"), Case::Capital);
        assert_eq!(case("2024"), Case::None);
        assert_eq!(case("金"), Case::None);
        assert_eq!(words("Kim Jong-un")[2].case, Case::Capital);
        assert_eq!(case("Путин"), Case::Capital);
    }

    #[test]
    fn the_hash_is_that_of_the_folded_letters() {
        for text in ["Qa'ida", "S.A.R.L.", "Größe", "ПУТИН", "ＡＢＣ", "a\u{301}b", "&", "ﬁn"]
        {
            let word = words(text)[0];
            assert_eq!(word.hash, hash(&folded(text, &word)), "{text:?}");
        }
    }
}
