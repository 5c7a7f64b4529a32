//! A text cut into numbers, folded words and marks, each with its place.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// One token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// UTF-8 byte offsets into the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Number(Number),
    /// Letters, folded by [`fold`].
    Word(String),
    /// Any other character, ideographs, kana and Hangul among them.
    Mark(char),
    /// A run of white space and invisible characters.
    Space,
}

/// A run of decimal digits of one or another script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    /// Saturated at `u64::MAX`.
    pub(crate) value: u64,
    pub(crate) digits: usize,
    /// Written with the digits of Persian and Urdu.
    pub(crate) persian: bool,
}

/// The tokens of one text.
#[derive(Debug)]
pub(crate) struct Tokens {
    text: String,
    tokens: Vec<Token>,
}

impl Tokens {
    pub(crate) fn of(text: &str) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        for (start, c) in text.char_indices() {
            let end = start + c.len_utf8();
            if let Some(last) = tokens.last_mut()
                && joins(&mut last.kind, c)
            {
                last.end = end;
            } else {
                tokens.push(Token { kind: opening(c), start, end });
            }
        }
        Self { text: text.to_owned(), tokens }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    pub(crate) fn number(&self, at: usize) -> Option<Number> {
        match self.get(at)?.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn word(&self, at: usize) -> Option<&str> {
        match &self.get(at)?.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn mark(&self, at: usize) -> Option<char> {
        match self.get(at)?.kind {
            Kind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    pub(crate) fn is_space(&self, at: usize) -> bool {
        self.get(at).is_some_and(|token| token.kind == Kind::Space)
    }

    /// The place after white space at `at`, or `at` itself.
    pub(crate) fn skip_space(&self, at: usize) -> usize {
        at + usize::from(self.is_space(at))
    }

    /// The token as it stands in the text.
    pub(crate) fn raw(&self, at: usize) -> &str {
        self.get(at).map_or("", |token| &self.text[token.start..token.end])
    }

    /// Byte offset at which the token begins, or the end of the text.
    pub(crate) fn start(&self, at: usize) -> usize {
        self.get(at).map_or(self.text.len(), |token| token.start)
    }

    /// The text before the token, at most `bytes` of it.
    pub(crate) fn before(&self, at: usize, bytes: usize) -> &str {
        let end = self.start(at);
        let start = self.text.ceil_char_boundary(end.saturating_sub(bytes));
        &self.text[start..end]
    }
}

/// The form in which words are compared: lower case, no accents, one letter where Arabic, Persian
/// and Turkish have several for the same sound, no joiners.
pub(crate) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    word.chars().for_each(|c| fold_char(c, &mut folded));
    folded
}

fn fold_char(c: char, folded: &mut String) {
    decompose_canonical(c, |part| {
        if is_combining_mark(part) || is_joiner(part) {
            return;
        }
        for lower in part.to_lowercase().filter(|c| !is_combining_mark(*c)) {
            folded.push(match lower {
                'ı' => 'i',
                'ł' => 'l',
                'ø' => 'o',
                'ς' => 'σ',
                'ي' | 'ى' => 'ی',
                'ك' => 'ک',
                'ة' => 'ه',
                other => other,
            });
        }
    });
}

fn joins(kind: &mut Kind, c: char) -> bool {
    match kind {
        Kind::Number(number) => match digit(c) {
            Some(digit) => {
                number.value = number.value.saturating_mul(10).saturating_add(digit.value);
                number.digits += 1;
                true
            }
            None => false,
        },
        Kind::Word(word) if is_letter(c) || is_combining_mark(c) || is_joiner(c) => {
            fold_char(c, word);
            true
        }
        Kind::Space => is_space(c),
        _ => false,
    }
}

fn opening(c: char) -> Kind {
    if let Some(number) = digit(c) {
        return Kind::Number(number);
    }
    if is_space(c) {
        return Kind::Space;
    }
    if is_letter(c) {
        return Kind::Word(fold(c.encode_utf8(&mut [0; 4])));
    }
    Kind::Mark(c)
}

fn digit(c: char) -> Option<Number> {
    let (value, persian) = match c {
        '0'..='9' => (c as u32 - '0' as u32, false),
        '\u{660}'..='\u{669}' => (c as u32 - 0x660, false),
        '\u{6F0}'..='\u{6F9}' => (c as u32 - 0x6F0, true),
        '\u{FF10}'..='\u{FF19}' => (c as u32 - 0xFF10, false),
        _ => return None,
    };
    Some(Number { value: u64::from(value), digits: 1, persian })
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}' | '\u{FEFF}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Joiners inside words: the zero-width ones, the soft hyphen and the Arabic tatweel.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{AD}' | '\u{640}')
}

/// A letter of a script that puts spaces between words; the others count as marks, since a date
/// in them is written without spaces (2024年7月16日).
fn is_letter(c: char) -> bool {
    let unspaced =
        matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}');
    c.is_alphabetic() && !unspaced && !matches!(c, 'º' | 'ª')
}
