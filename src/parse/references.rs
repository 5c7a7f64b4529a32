//! Character references, `&amp;` and `&#8217;`, decoded as the HTML standard says.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Where a reference stands. In the value of an attribute `&copy=1` is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::parse) enum Place {
    Text,
    Attribute,
}

/// Bytes of the longest name, `CounterClockwiseContourIntegral;`.
const LONGEST_NAME: usize = 32;

/// Decodes every reference of a text; U+0000 becomes U+FFFD, as it does wherever it is kept.
pub(in crate::parse) fn decode(text: &str, place: Place) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\0']) {
        decoded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match reference(after, place) {
            _ if rest.as_bytes()[at] == 0 => {
                decoded.push('\u{FFFD}');
                after
            }
            Some(found) => {
                decoded.push(found.character);
                decoded.extend(found.second);
                &after[found.length..]
            }
            None => {
                decoded.push('&');
                after
            }
        };
    }
    decoded.push_str(rest);
    decoded
}

/// What a reference stands for, and its length in bytes without the ampersand.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    character: char,
    /// A few names stand for two characters.
    second: Option<char>,
    length: usize,
}

/// The reference at the head of what follows an ampersand.
fn reference(text: &str, place: Place) -> Option<Reference> {
    match text.strip_prefix('#') {
        Some(number) => numbered(number),
        None => named(text, place),
    }
}

fn numbered(text: &str) -> Option<Reference> {
    let (digits, radix) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let mut code = 0_u32;
    let mut length = 0;
    for digit in digits.chars().map_while(|c| c.to_digit(radix)) {
        code = code.saturating_mul(radix).saturating_add(digit);
        length += 1;
    }
    if length == 0 {
        return None;
    }
    let closed = usize::from(digits[length..].starts_with(';'));
    let before = 1 + text.len() - digits.len();
    Some(Reference { character: meant(code), second: None, length: before + length + closed })
}

/// The character of a number; 128 to 159 mean Windows-1252.
fn meant(code: u32) -> char {
    match code {
        0 => None,
        0x80..=0x9F => C1_REPLACEMENTS[code as usize - 0x80].or(char::from_u32(code)),
        code => char::from_u32(code),
    }
    .unwrap_or('\u{FFFD}')
}

fn named(text: &str, place: Place) -> Option<Reference> {
    let bytes = text.as_bytes();
    let letters =
        bytes.iter().take(LONGEST_NAME).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if bytes.get(letters) == Some(&b';')
        && let Some(found) = known(&text[..=letters])
    {
        return Some(found);
    }
    // Names of old stand without a semicolon, and the longest that fits is meant.
    let found = (1..=letters).rev().find_map(|length| known(&text[..length]))?;
    let next = bytes.get(found.length);
    let goes_on = next.is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'=');
    (place == Place::Text || !goes_on).then_some(found)
}

fn known(name: &str) -> Option<Reference> {
    let (first, second) = *NAMED_ENTITIES.get(name)?;
    // The table also holds the beginnings of names, which stand for nothing.
    let character = char::from_u32(first).filter(|_| first != 0)?;
    let second = char::from_u32(second).filter(|_| second != 0);
    Some(Reference { character, second, length: name.len() })
}

#[cfg(test)]
mod tests {
    use crate::parse::references::{Place, decode};

    #[test]
    fn references_are_read_as_browsers_do() {
        let cases = [
            ("a &amp; b", "a & b"),
            ("&lt&gt;&LT", "<><"),
            ("&notit; &notin; &not", "¬it; ∉ ¬"),
            ("&#8217;&#x2019;&#X2019", "’’’"),
            ("&#150;&#x80;&#0;&#xD800;&#99999999999;", "–€\u{FFFD}\u{FFFD}\u{FFFD}"),
            ("&#; &#x; &; & &unknown; &#xg", "&#; &#x; &; & &unknown; &#xg"),
            ("&NotEqualTilde;", "≂\u{338}"),
            ("&CounterClockwiseContourIntegral;!", "∳!"),
            ("&ampère &éa", "&ère &éa"),
            ("a\0b&\0", "a\u{FFFD}b&\u{FFFD}"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text, Place::Text), expected, "{text:?}");
        }
        let address = "?a=1&copy=2&copy;&lt&amp";
        assert_eq!(decode(address, Place::Attribute), "?a=1&copy=2©<&");
    }
}
