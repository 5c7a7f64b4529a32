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
    let repaired = repair::all(text);
    let mut seen = String::with_capacity(repaired.len());
    for word in repaired.split_whitespace() {
        if !seen.is_empty() {
            seen.push(' ');
        }
        seen.push_str(word);
    }
    seen
}
