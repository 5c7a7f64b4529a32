//! Words of any script, counted and compared.

/// The words of a text: runs of letters and digits (`\w+` without the underscore); each character
/// of scripts written without spaces (Chinese, Japanese, Thai …) counts as one.
///
/// ```
/// use sanctionwatch::text::words::words;
/// assert_eq!(words("E.U. sanctions, 制裁!").collect::<Vec<_>>(), ["E", "U", "sanctions", "制", "裁"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(is_letter_or_digit)?;
        rest = &rest[start..];
        let first = rest.chars().next()?;
        let end = if is_spaceless(first) {
            first.len_utf8()
        } else {
            let ends = |c: char| !is_letter_or_digit(c) || (!c.is_ascii() && is_spaceless(c));
            rest.find(ends).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// [`char::is_alphanumeric`], without its search for the letters most texts are written in.
///
/// ```
/// use sanctionwatch::text::words::is_letter_or_digit;
/// assert!("aé7я制".chars().all(is_letter_or_digit) && !"- ’。".chars().any(is_letter_or_digit));
/// ```
#[inline]
pub fn is_letter_or_digit(c: char) -> bool {
    match c {
        '\0'..='\u{7F}' => c.is_ascii_alphanumeric(),
        'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ˁ' | 'А'..='ҁ' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' => {
            true
        }
        '\u{4E00}'..='\u{9FFF}' | '가'..='\u{D7A3}' => true,
        '\u{2010}'..='\u{2027}' | '\u{3000}'..='\u{3002}' | '\u{A0}' => false,
        _ => c.is_alphanumeric(),
    }
}

/// How many words a text has, counted up to `most`.
///
/// ```
/// use sanctionwatch::text::words::count_up_to;
/// assert_eq!(count_up_to("E.U. sanctions, 制裁!", 100), 5);
/// assert_eq!(count_up_to("one two three", 2), 2);
/// ```
pub fn count_up_to(text: &str, most: usize) -> usize {
    let mut count = 0;
    let mut in_word = false;
    for c in text.chars() {
        let letter = is_letter_or_digit(c);
        let alone = letter && !c.is_ascii() && is_spaceless(c);
        // Added without a branch: no processor foresees where the next word begins.
        count += usize::from(alone | (letter & !in_word));
        if count >= most {
            break;
        }
        in_word = letter & !alone;
    }
    count.min(most)
}

/// Letters of scripts that write no spaces between words.
pub fn is_spaceless(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_134f)
}

/// Whether a character ends a sentence in some script.
pub fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '۔' | '؟' | '।' | '．')
}

#[cfg(test)]
mod tests {
    use crate::text::words::is_letter_or_digit;

    #[test]
    fn letters_are_those_of_unicode() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_letter_or_digit(c), c.is_alphanumeric(), "{c:?}");
        }
    }
}
