//! A text folded for matching, cut into words and sentences, with the way back to the original.

use std::ops::{Range, RangeInclusive};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One word of a [`Folded`] text; in scripts without spaces, one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Byte offsets into the folded text.
    pub start: usize,
    pub end: usize,
    /// Number of the sentence it stands in, from 0.
    pub sentence: u32,
    /// Begins with a capital in the original.
    pub capital: bool,
}

/// A text in one case without marks, whose every byte knows where it came from.
///
/// ```
/// use sanctionwatch::text::tokens::Folded;
/// let original = "La sanción: ЁЛКА";
/// let folded = Folded::of(original);
/// assert_eq!(folded.text(), "la sancion: елка");
/// assert_eq!(&original[folded.origin(3..10)], "sanción");
/// ```
#[derive(Debug, Clone)]
pub struct Folded {
    text: String,
    /// For each byte of `text`, the first byte of its character in the original; then its length.
    origins: Vec<u32>,
    tokens: Vec<Token>,
}

impl Folded {
    /// Folds `original`, of which at most 4 GiB are read.
    pub fn of(original: &str) -> Self {
        let original = &original[..original.floor_char_boundary(u32::MAX as usize)];
        let mut folded = Self {
            text: String::with_capacity(original.len()),
            origins: Vec::with_capacity(original.len() + 1),
            tokens: Vec::with_capacity(original.len() / 5),
        };
        let mut cutter = Cutter::default();
        for (at, c) in original.char_indices() {
            let before = folded.text.len();
            fold_char(c, &mut folded.text);
            folded.origins.resize(folded.text.len(), at as u32);
            // A dropped mark, joiner or soft hyphen belongs to the word around it.
            if before < folded.text.len() {
                cutter.take(c, before..folded.text.len(), &mut folded.tokens);
            }
        }
        folded.origins.push(original.len() as u32);
        folded
    }

    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its words in order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The tokens, first to last, that begin within these bytes of the original; `None` without one.
    pub fn tokens_within(&self, original: Range<usize>) -> Option<RangeInclusive<usize>> {
        let begin = |token: &Token| self.origins[token.start] as usize;
        let first = self.tokens.partition_point(|token| begin(token) < original.start);
        let after = self.tokens.partition_point(|token| begin(token) < original.end);
        (first < after).then(|| first..=after - 1)
    }

    /// The bytes of the original that gave these bytes of the folded text, on character boundaries.
    ///
    /// # Panics
    /// When `range` reaches beyond the folded text.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let start = self.origins[range.start];
        let last = self.origins[range.end.max(range.start + 1) - 1];
        // One character may have become two bytes of which the range holds the first only.
        let end = self.origins[range.end.max(range.start + 1)..]
            .iter()
            .find(|origin| **origin != last)
            .unwrap_or(&last);
        start as usize..*end as usize
    }
}

/// Folds one character onto the end of `out`: lower case, without marks, width and letter variants.
///
/// Arabic and Persian letters that writers mix (ي ی ى, ك ک, أ إ آ ا, ة ه) become one, the joiners and
/// tatweel go; `ё` is `е`; Latin letters lose their marks.
pub fn fold_char(c: char, out: &mut String) {
    match c {
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        '\0'..='\u{7f}' => out.push(c),
        '\u{00ad}' | '\u{0640}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
        _ if is_mark(c) => {}
        'ß' | 'ẞ' => out.push_str("ss"),
        'æ' | 'Æ' => out.push_str("ae"),
        'œ' | 'Œ' => out.push_str("oe"),
        'ı' | 'İ' => out.push('i'),
        'ł' | 'Ł' => out.push('l'),
        'ø' | 'Ø' => out.push('o'),
        'đ' | 'Đ' => out.push('d'),
        'ё' | 'Ё' => out.push('е'),
        // The letter apostrophe of Ukrainian, typed as a quotation mark as often as not.
        '\u{02bc}' => out.push('\''),
        'ي' | 'ى' | 'ئ' => out.push('ی'),
        'ك' => out.push('ک'),
        'أ' | 'إ' | 'آ' | 'ٱ' => out.push('ا'),
        'ة' | 'ۀ' => out.push('ه'),
        'ؤ' => out.push('و'),
        // Full-width letters and digits of East Asian typing.
        '\u{ff01}'..='\u{ff5e}' => {
            let narrow = char::from_u32(c as u32 - 0xfee0).unwrap_or(c);
            out.extend(narrow.to_lowercase());
        }
        '\u{00c0}'..='\u{024f}' | '\u{1e00}'..='\u{1eff}' => {
            out.extend(
                c.nfd().filter(|part| !is_combining_mark(*part)).flat_map(char::to_lowercase),
            );
        }
        _ => out.extend(c.to_lowercase()),
    }
}

/// Whether words of this character's script stand without spaces between them.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

/// Marks that stand on a letter: Latin accents, Arabic vowel signs.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{064b}'..='\u{065f}' | '\u{0670}')
}

/// Cuts a stream of folded characters into tokens and sentences.
#[derive(Default)]
struct Cutter {
    sentence: u32,
    /// A word is open: the next letter continues it.
    in_word: bool,
    pause: Pause,
}

/// What stood since the last word.
#[derive(Default, Clone, Copy, PartialEq)]
enum Pause {
    #[default]
    None,
    /// A full stop after a word, which may be an abbreviation's.
    Stop,
    /// A full stop and a space.
    StopAndSpace,
    /// Surely the end of a sentence.
    End,
}

impl Cutter {
    fn take(&mut self, c: char, folded: Range<usize>, tokens: &mut Vec<Token>) {
        if !c.is_alphanumeric() || c == '\u{02bc}' {
            self.in_word = false;
            self.pause(c, tokens);
            return;
        }
        if self.in_word && !is_unspaced(c) {
            if let Some(open) = tokens.last_mut() {
                open.end = folded.end;
            }
            return;
        }
        // After "U.S. " or "No. " a sentence goes on; after "…word. " a capital begins the next.
        let begins = self.pause == Pause::End
            || (self.pause == Pause::StopAndSpace && !c.is_lowercase() && !c.is_numeric());
        self.sentence += u32::from(begins && !tokens.is_empty());
        self.pause = Pause::None;
        self.in_word = !is_unspaced(c);
        tokens.push(Token {
            start: folded.start,
            end: folded.end,
            sentence: self.sentence,
            capital: c.is_uppercase(),
        });
    }

    fn pause(&mut self, c: char, tokens: &[Token]) {
        let abbreviation = tokens.last().is_some_and(|last| last.end - last.start < 3);
        self.pause = match (c, self.pause) {
            ('\n' | '!' | '?' | '؟' | '。' | '！' | '？' | '…', _) => Pause::End,
            ('.', Pause::None) if !abbreviation => Pause::Stop,
            (c, Pause::Stop) if c.is_whitespace() => Pause::StopAndSpace,
            (_, pause) => pause,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let folded = Folded::of(text);
        folded.tokens().iter().map(|token| folded.text()[token.start..token.end].into()).collect()
    }

    #[test]
    fn folds_case_marks_and_letter_variants() {
        let cases = [
            ("Sanción ÉTÉ Größe", "sancion ete grosse"),
            ("ŁÓDŹ İstanbul ısı", "lodz istanbul isi"),
            ("Ёлка ЩИТ Їжак", "елка щит їжак"),
            ("تحریم\u{200c}های", "تحریمهای"),
            ("تحريمهـــاي", "تحریمهای"),
            ("كَتَبَ", "کتب"),
            ("ＯＦＡＣ制裁", "ofac制裁"),
            ("e\u{0301}te\u{0301}", "ete"),
        ];
        for (text, expected) in cases {
            assert_eq!(Folded::of(text).text(), expected, "{text:?}");
        }
    }

    #[test]
    fn cuts_words_and_unspaced_characters() {
        let cases = [
            ("L'embargo, d’abord", vec!["l", "embargo", "d", "abord"]),
            ("对俄制裁", vec!["对", "俄", "制", "裁"]),
            ("Petrofac E.O. 14024", vec!["petrofac", "e", "o", "14024"]),
            ("санк\u{00ad}ции", vec!["санкции"]),
            ("", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn sentences_survive_abbreviations() {
        let cases = [
            ("The U.S. Treasury acted. Iran protested.", 2),
            ("See No. 5 of the list.", 1),
            ("One\nTwo", 2),
            ("制裁。反制。", 2),
            ("What? Yes! No", 3),
        ];
        for (text, expected) in cases {
            let folded = Folded::of(text);
            let last = folded.tokens().last().map_or(0, |token| token.sentence + 1);
            assert_eq!(last, expected, "{text:?}");
        }
    }

    #[test]
    fn every_token_leads_back_to_its_own_letters() {
        let texts = [
            "Straße ß. ẞ",
            "ﬁn ǅ İİ",
            "تحریم\u{200c}های ایران",
            "a\u{0301}\u{0301}b",
            "対ロ制裁ＯＦＡＣ",
        ];
        for text in texts {
            let folded = Folded::of(text);
            for token in folded.tokens() {
                let origin = folded.origin(token.start..token.end);
                assert_eq!(
                    Folded::of(&text[origin.clone()]).text(),
                    &folded.text()[token.start..token.end],
                    "{text:?} {origin:?}"
                );
            }
        }
    }
}
