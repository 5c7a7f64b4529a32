//! Folding: one form for all spellings of the same line.

use unicode_normalization::UnicodeNormalization;

/// Lower case, compatibility forms and accents folded away, every run of characters that are
/// neither letters nor digits as one space.
///
/// ```
/// use sanctionwatch::text::fold::fold;
/// assert_eq!(fold("  Énergie — «Le Monde» "), "energie le monde");
/// assert_eq!(fold("ＡＢＣ　１２"), "abc 12");
/// ```
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        for c in text.chars() {
            push_folded(&mut folded, c.to_ascii_lowercase());
        }
    } else {
        for c in text.nfkd().filter(|c| !is_mark(*c)) {
            for lower in c.to_lowercase() {
                push_folded(&mut folded, lower);
            }
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// [`fold`] with every digit as `0`: what a line is where only its numbers change.
///
/// ```
/// use sanctionwatch::text::fold::fold_numbers;
/// assert_eq!(fold_numbers("Photo 5/12"), fold_numbers("photo 7/31"));
/// ```
pub fn fold_numbers(text: &str) -> String {
    zero_digits(&fold(text))
}

/// A folded line with every digit as `0`.
pub fn zero_digits(folded: &str) -> String {
    folded.chars().map(|c| if c.is_numeric() { '0' } else { c }).collect()
}

/// FNV-1a of a folded line: stable over versions, since stores keep it.
pub fn line_hash(folded: &str) -> u64 {
    folded.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn push_folded(folded: &mut String, c: char) {
    if c.is_alphanumeric() {
        folded.push(c);
    } else if matches!(c, '\'' | '’' | '\u{200c}' | '\u{200d}') {
        // Inside words: "don't" and "dont" are one, as are Persian spellings with a joiner.
    } else if !folded.is_empty() && !folded.ends_with(' ') {
        folded.push(' ');
    }
}

/// Combining marks of the scripts in which they are accents; vowel signs of Indic scripts and of
/// Thai are letters to a reader and count as such.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{5b0}'..='\u{5c7}')
}
