//! Text as the reader sees it: what is invisible goes, what was encoded twice is decoded.

/// Cleans a line of text: soft hyphens, zero-width characters and direction marks go, ligatures
/// are spelt out, white space becomes single spaces, entities encoded twice are decoded, and UTF-8
/// read as Windows-1252 is repaired where that is certain.
///
/// ```
/// use sanctionwatch::text::seen::as_seen;
/// assert_eq!(as_seen(" a\u{ad}b \u{a0} \u{200b}c "), "ab c");
/// assert_eq!(as_seen("Marks &amp; Spencer&#8217;s"), "Marks & Spencer’s");
/// assert_eq!(as_seen("the firmâ€™s cafÃ©"), "the firm’s café");
/// assert_eq!(as_seen("AT&T; R&D"), "AT&T; R&D");
/// ```
pub fn as_seen(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_invisible(c) => {}
            c if c.is_whitespace() => {
                if !seen.is_empty() && !seen.ends_with(' ') {
                    seen.push(' ');
                }
            }
            'ﬀ' => seen.push_str("ff"),
            'ﬁ' => seen.push_str("fi"),
            'ﬂ' => seen.push_str("fl"),
            'ﬃ' => seen.push_str("ffi"),
            'ﬄ' => seen.push_str("ffl"),
            'ﬅ' | 'ﬆ' => seen.push_str("st"),
            c => seen.push(c),
        }
    }
    seen.truncate(seen.trim_end().len());
    if seen.contains('&') {
        seen = decode_entities(&seen);
    }
    if seen.contains(['Ã', 'â', 'Â']) {
        seen = repair_mojibake(&seen);
    }
    seen
}

/// Characters without a picture: soft hyphen, zero-width space, word joiner, byte-order mark,
/// direction marks. The joiners U+200C and U+200D shape Persian words and emoji, and stay.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || (c.is_control() && !c.is_whitespace())
}

/// The entities seen encoded twice on real pages.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("nbsp", " "),
    ("quot", "\""),
    ("apos", "'"),
    ("lt", "<"),
    ("gt", ">"),
    ("rsquo", "’"),
    ("lsquo", "‘"),
    ("rdquo", "”"),
    ("ldquo", "“"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("eacute", "é"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("szlig", "ß"),
    ("euro", "€"),
    ("shy", ""),
];

fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        match entity(rest) {
            Some((value, length)) => {
                decoded.push_str(&value);
                rest = &rest[length..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The character an entity at the head of `text` stands for, and the entity's length in bytes.
fn entity(text: &str) -> Option<(String, usize)> {
    let end = text.bytes().take(10).position(|b| b == b';')?;
    let name = &text[1..end];
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    let value = match number.and_then(char::from_u32) {
        Some(c) if !c.is_control() => c.to_string(),
        _ => ENTITIES.iter().find(|(known, _)| *known == name)?.1.to_owned(),
    };
    Some((value, end + 1))
}

/// Undoes "UTF-8 read as Windows-1252", only where every suspicious run is valid UTF-8 again.
fn repair_mojibake(text: &str) -> String {
    const SIGNS: &[&str] =
        &["â€", "Ã©", "Ã¨", "Ã¤", "Ã¶", "Ã¼", "ÃŸ", "Ã¡", "Ã³", "Ã±", "Ã§", "Â "];
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return text.to_owned();
    }
    let Some(bytes) = text.chars().map(windows_1252).collect::<Option<Vec<u8>>>() else {
        return text.to_owned();
    };
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The byte a character has in Windows-1252, if any.
fn windows_1252(c: char) -> Option<u8> {
    const HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match u32::from(c) {
        code @ (0..=0x7f | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => HIGH.chars().position(|high| high == c).and_then(|at| u8::try_from(0x80 + at).ok()),
    }
}
