//! Folding: one form for all spellings of the same line.

use unicode_normalization::UnicodeNormalization;

use crate::text::words::is_letter_or_digit;

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
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // What decomposes does so together with the marks behind it, never across such a character.
        let length = match first {
            _ if first.is_ascii() => {
                rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len())
            }
            _ if is_plain(first) => rest.find(|c| !is_plain(c)).unwrap_or(rest.len()),
            _ => rest.find(is_plain).unwrap_or(rest.len()),
        };
        let (run, after) = rest.split_at(length);
        if first.is_ascii() {
            push_ascii(&mut folded, run);
        } else if is_plain(first) {
            run.chars().for_each(|c| push_folded(&mut folded, lower(c)));
        } else {
            let letters = run.nfkd().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase);
            letters.for_each(|c| push_folded(&mut folded, c));
        }
        rest = after;
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Characters that neither decompose nor combine and whose small letter is one character: ASCII,
/// the punctuation of running text, Cyrillic without й and its like, Chinese.
fn is_plain(c: char) -> bool {
    matches!(c, '\0'..='\u{7F}' | '‐' | '–'..='―' | '‘'..='”' | 'А'..='И' | 'К'..='и' | 'к'..='я' | '\u{4E00}'..='\u{9FFF}')
}

/// The small letter of a plain character.
fn lower(c: char) -> char {
    match c {
        'А'..='Я' => char::from_u32(c as u32 + 32).unwrap_or(c),
        c => c.to_ascii_lowercase(),
    }
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

/// The [`line_hash`] of a folded line with every digit as `0`.
pub fn numberless_hash(folded: &str) -> u64 {
    let mut hash = FNV_START;
    if folded.is_ascii() {
        for byte in folded.bytes() {
            let byte = if byte.is_ascii_digit() { b'0' } else { byte };
            hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
        return hash;
    }
    for c in folded.chars() {
        let c = if c.is_numeric() { '0' } else { c };
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
    hash
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// A folded line with every digit as `0`.
pub fn zero_digits(folded: &str) -> String {
    folded.chars().map(|c| if c.is_numeric() { '0' } else { c }).collect()
}

/// FNV-1a of a folded line: stable over versions, since stores keep it.
pub fn line_hash(folded: &str) -> u64 {
    folded.bytes().fold(FNV_START, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// [`push_folded`] for a run of ASCII, a piece at a time. Each byte is written and then kept or not,
/// without a branch: no processor foresees where the next word begins.
fn push_ascii(folded: &mut String, run: &str) {
    const PIECE: usize = 64;
    let mut after_blank = folded.is_empty() || folded.ends_with(' ');
    for piece in run.as_bytes().chunks(PIECE) {
        let mut kept = [0; PIECE];
        let mut length = 0;
        for byte in piece {
            let form = ASCII[usize::from(*byte)];
            kept[length] = form;
            let (inside, blank) = (form == INSIDE_WORD, form == b' ');
            length += usize::from(!inside & !(blank & after_blank));
            after_blank = blank | (inside & after_blank);
        }
        folded.push_str(str::from_utf8(&kept[..length]).expect("the forms of ASCII are ASCII"));
    }
}

/// What each byte of ASCII becomes: a letter or digit, a blank, or nothing.
const ASCII: [u8; 128] = {
    let mut forms = [b' '; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            forms[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    forms[b'\'' as usize] = INSIDE_WORD;
    forms
};

/// The apostrophe of "don't", which leaves no gap.
const INSIDE_WORD: u8 = 0;

fn push_folded(folded: &mut String, c: char) {
    if is_letter_or_digit(c) {
        folded.push(c);
    } else if matches!(c, '\'' | '’' | '\u{200c}' | '\u{200d}') {
        // Inside words: "don't" and "dont" are one, as are Persian spellings with a joiner.
    } else if !folded.is_empty() && folded.as_bytes()[folded.len() - 1] != b' ' {
        folded.push(' ');
    }
}

/// Combining marks of the scripts in which they are accents; vowel signs of Indic scripts and of
/// Thai are letters to a reader and count as such.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{5b0}'..='\u{5c7}')
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use crate::text::fold::{
        fold, is_mark, is_plain, line_hash, lower, numberless_hash, push_folded, zero_digits,
    };

    /// The whole text decomposed at once.
    fn fold_as_a_whole(text: &str) -> String {
        let mut folded = String::new();
        for c in text.nfkd().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase) {
            push_folded(&mut folded, c);
        }
        folded.truncate(folded.trim_end().len());
        folded
    }

    #[test]
    fn plain_characters_are_plain() {
        for c in ('\0'..=char::MAX).filter(|c| is_plain(*c)) {
            assert!(std::iter::once(c).nfkd().eq([c]), "{c:?} decomposes");
            assert!(c.to_lowercase().eq([lower(c)]), "{c:?} in lower case");
        }
    }

    #[test]
    fn numbers_do_not_change_the_hash() {
        for line in ["", "photo 12", "٣ 4 ④", "no number", "第三 7"] {
            assert_eq!(numberless_hash(line), line_hash(&zero_digits(line)), "{line}");
        }
    }

    #[test]
    fn piece_by_piece_is_as_a_whole() {
        let line = "It's 12  o'clock -- the Council' 's (\0) turn, ";
        for start in 0..line.len() {
            let text = line.repeat(9)[start..].to_owned();
            assert_eq!(fold(&text), fold_as_a_whole(&text), "{text:?}");
        }
    }

    #[test]
    fn run_by_run_is_as_a_whole() {
        let pieces = [
            "a",
            "B",
            "aB c",
            "it's",
            " ",
            "-",
            "é",
            "E\u{301}",
            "\u{301}",
            "\u{323}",
            "й",
            "и\u{306}",
            "Я",
            "’",
            "…",
            "–",
            "中",
            "が",
            "か\u{3099}",
            "한",
            "ﬁ",
            "İ",
            "ß",
            "\u{5b0}",
            "ש",
            "ك\u{64b}",
            "\u{200c}",
            "ก\u{e34}",
            "１",
            "²",
            "½",
            "Å",
            "\u{ad}",
            "ǅ",
        ];
        let mut state = 88_172_645_463_325_252_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..6 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push_str(pieces[(state >> 20) as usize % pieces.len()]);
            }
            assert_eq!(fold(&text), fold_as_a_whole(&text), "{text:?}");
        }
    }
}
