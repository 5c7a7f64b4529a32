//! Text as the reader sees it: repaired, with white space as the page shows it.

use crate::text::repair;

/// A line as the reader sees it: runs of white space are one space, the ends are trimmed, and what
/// [`repair::all`] is certain of is repaired: characters nobody sees, ligatures, entities escaped
/// twice, UTF-8 read as Windows-1252.
///
/// ```
/// use sanctionwatch::text::seen::as_seen;
/// assert_eq!(as_seen(" a\u{ad}b \u{a0} \u{200b}c "), "ab c");
/// assert_eq!(as_seen("Marks &amp; Spencer&#8217;s"), "Marks & Spencer’s");
/// assert_eq!(as_seen("the firmâ€™s cafÃ©"), "the firm’s café");
/// assert_eq!(as_seen("AT&T; R&D"), "AT&T; R&D");
/// ```
pub fn as_seen(text: &str) -> String {
    if is_plain(text) {
        return text.trim_ascii_end().to_owned();
    }
    let repaired = repair::all(text);
    if is_squeezed(&repaired) {
        return repaired.into_owned();
    }
    let mut seen = String::with_capacity(repaired.len());
    for word in repaired.split_whitespace() {
        if !seen.is_empty() {
            seen.push(' ');
        }
        seen.push_str(word);
    }
    seen
}

/// Whether a line is ASCII without a character that could want repair, begins with a word and has
/// single blanks between words, as most lines are.
fn is_plain(text: &str) -> bool {
    let mut after_blank = true;
    for byte in text.trim_ascii_end().bytes() {
        let blank = byte == b' ';
        if (blank && after_blank) || !matches!(byte, b' '..=b'~') || byte == b'&' {
            return false;
        }
        after_blank = blank;
    }
    true
}

/// Whether white space is single blanks between words already, as it mostly is.
fn is_squeezed(text: &str) -> bool {
    let mut after_blank = true;
    for c in text.chars() {
        let blank = c == ' ';
        if (blank && after_blank) || (!blank && c.is_whitespace()) {
            return false;
        }
        after_blank = blank;
    }
    text.is_empty() || !after_blank
}
