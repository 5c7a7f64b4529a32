//! The map from a font's codes to characters (`ToUnicode`), as PDF 32000-1 § 9.10.3 writes it.

use std::collections::HashMap;

/// Most codes a map may name; two bytes have no more.
const MAX_CODES: usize = 1 << 16;
/// Longest text one code may stand for.
const MAX_TEXT: usize = 64;

/// Code → the text it stands for. Codes longer than two bytes are left out.
pub(in crate::parse::pdf) fn read(map: &[u8]) -> HashMap<u16, String> {
    let mut tokens = Tokens { rest: map };
    let mut meanings = HashMap::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(b"beginbfchar") => read_chars(&mut tokens, &mut meanings),
            Token::Word(b"beginbfrange") => read_ranges(&mut tokens, &mut meanings),
            _ => {}
        }
    }
    meanings
}

/// `<code> <text>` until a word ends the list.
fn read_chars(tokens: &mut Tokens<'_>, meanings: &mut HashMap<u16, String>) {
    while let (Some(Token::Hex(code)), Some(Token::Hex(text))) = (tokens.next(), tokens.next()) {
        put(meanings, number(&code), utf16(&text));
    }
}

/// `<from> <to> <text of the first>` or `<from> <to> [<text> …]` until a word ends the list.
fn read_ranges(tokens: &mut Tokens<'_>, meanings: &mut HashMap<u16, String>) {
    while let (Some(Token::Hex(from)), Some(Token::Hex(to))) = (tokens.next(), tokens.next()) {
        let (Some(from), Some(to)) = (number(&from), number(&to)) else {
            tokens.next();
            continue;
        };
        match tokens.next() {
            Some(Token::Hex(text)) => {
                let mut text = text;
                for code in from..=to {
                    put(meanings, Some(code), utf16(&text));
                    if !add_one(&mut text) || meanings.len() >= MAX_CODES {
                        break;
                    }
                }
            }
            Some(Token::Open) => {
                let mut code = Some(from);
                while let Some(Token::Hex(text)) = tokens.next() {
                    put(meanings, code.filter(|code| *code <= to), utf16(&text));
                    code = code.and_then(|code| code.checked_add(1));
                }
            }
            _ => return,
        }
    }
}

fn put(meanings: &mut HashMap<u16, String>, code: Option<u16>, text: String) {
    if let Some(code) = code
        && meanings.len() < MAX_CODES
        && !text.is_empty()
    {
        meanings.insert(code, text);
    }
}

fn number(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [low] => Some(u16::from(*low)),
        [high, low] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes[..bytes.len().min(MAX_TEXT)].chunks(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        other => u16::from(other[0]),
    });
    let text = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    text.filter(|c| *c != '\0').collect()
}

/// The next character of a range; false where the last unit is at its end.
fn add_one(text: &mut [u8]) -> bool {
    for byte in text.iter_mut().rev().take(2) {
        let (next, carry) = byte.overflowing_add(1);
        *byte = next;
        if !carry {
            return true;
        }
    }
    false
}

enum Token<'a> {
    Word(&'a [u8]),
    Hex(Vec<u8>),
    Open,
    Close,
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        self.rest = &self.rest[start..];
        match self.rest[0] {
            b'[' => self.take(1, Token::Open),
            b']' => self.take(1, Token::Close),
            b'<' if self.rest.get(1) != Some(&b'<') => {
                let end = self.rest.iter().position(|byte| *byte == b'>')?;
                let digits = &self.rest[1..end];
                self.take(end + 1, Token::Hex(bytes(digits)))
            }
            b'<' | b'>' | b'(' | b')' => {
                let word = &self.rest[..1];
                self.take(1, Token::Word(word))
            }
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b"[]<>()".contains(byte);
                let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
                let word = &self.rest[..end];
                self.take(end, Token::Word(word))
            }
        }
    }

    fn take(&mut self, length: usize, token: Token<'a>) -> Option<Token<'a>> {
        self.rest = &self.rest[length..];
        Some(token)
    }
}

fn bytes(digits: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .iter()
        .filter_map(|digit| char::from(*digit).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .take(2 * MAX_TEXT)
        .collect();
    // A missing last digit is zero (§ 7.3.4.3).
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chars_and_ranges_are_read() {
        let map = b"/CIDInit /ProcSet findresource begin 1 begincodespacerange <0000> <FFFF> \
            endcodespacerange 2 beginbfchar <0003> <0020> <0010> <00660069> endbfchar \
            3 beginbfrange <0024> <0026> <0041> <0030><0032>[<0061> <0062> <D83DDE00>] \
            <0040> <0041> <20> endbfrange end";
        let meanings = read(map);
        for (code, text) in [
            (0x03, " "),
            (0x10, "fi"),
            (0x24, "A"),
            (0x26, "C"),
            (0x31, "b"),
            (0x32, "\u{1F600}"),
            (0x41, "!"),
        ] {
            assert_eq!(meanings.get(&code).map(String::as_str), Some(text), "{code:x}");
        }
        assert_eq!(meanings.len(), 2 + 3 + 3 + 2);
    }

    #[test]
    fn hostile_maps_end() {
        let cases: [&[u8]; 6] = [
            b"beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange",
            b"beginbfrange <0000> <FFFF> <0041> <0000> <FFFF> <0041>",
            b"beginbfchar <",
            b"beginbfrange <0001> <0002> [ <0041>",
            b"beginbfchar <zz> <>",
            b"<<<<>>>>((((",
        ];
        for case in cases {
            assert!(read(&case.repeat(50)).len() <= MAX_CODES);
        }
    }
}
