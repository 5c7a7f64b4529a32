//! Where sentences begin and end, in any script.
//!
//! Unicode's rules (UAX #29 § 5) know the full stops of all scripts but no words, so they end a
//! sentence after "U.S." and "Art. 5"; the tables below put such pieces together again.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// How far from a span its sentence is looked for, in bytes to each side.
const REACH: usize = 2_000;

/// The sentence or sentences of `text` that the byte range `span` touches, as a byte range without
/// white space at its ends.
///
/// Looks at most 2,000 bytes to each side, so that a text without full stops costs no more than
/// any other. An offset outside `text` or inside a character counts as the nearest one that is not.
///
/// ```
/// use sanctionwatch::text::sentence;
/// let text = "It began in May. The U.S. Treasury froze the assets. Others followed.";
/// let at = text.find("froze").unwrap();
/// assert_eq!(&text[sentence::around(text, at..at + 5)], "The U.S. Treasury froze the assets.");
/// ```
pub fn around(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end).max(start);
    let from = text.ceil_char_boundary(start.saturating_sub(REACH)).min(start);
    let to = text.floor_char_boundary(end.saturating_add(REACH)).max(end);
    let touched: Vec<Range<usize>> = split(&text[from..to])
        .into_iter()
        .map(|sentence| from + sentence.start..from + sentence.end)
        .filter(|sentence| sentence.start < end.max(start + 1) && start < sentence.end)
        .collect();
    match (touched.first(), touched.last()) {
        (Some(first), Some(last)) => first.start..last.end,
        _ => trimmed(text, start..end),
    }
}

/// The sentences of `text` in order, as byte ranges without white space at their ends.
///
/// A line break always ends a sentence: blocks of an article are separated by blank lines.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (at, piece) in text.split_sentence_bound_indices() {
        let end = at + piece.len();
        if end < text.len() && goes_on(piece, &text[end..]) {
            continue;
        }
        let sentence = trimmed(text, start..end);
        if !sentence.is_empty() {
            sentences.push(sentence);
        }
        start = end;
    }
    sentences
}

/// Whether the full stop that ends `piece` belongs to an abbreviation within the sentence.
fn goes_on(piece: &str, rest: &str) -> bool {
    if piece.ends_with(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return false;
    }
    let Some(stem) = piece.trim_end().strip_suffix('.') else { return false };
    let word = stem.rsplit(|c: char| c.is_whitespace() || "([{\"'“„«‘/".contains(c)).next();
    match word.map_or(Stop::Full, kind_of_stop) {
        Stop::Full => false,
        Stop::Within => true,
        Stop::Either => !begins_anew(rest),
    }
}

/// What a full stop after a word means.
enum Stop {
    /// The sentence ends.
    Full,
    /// The word is never the last one of a sentence.
    Within,
    /// The next word decides.
    Either,
}

fn kind_of_stop(word: &str) -> Stop {
    let letters = |part: &str| part.chars().count();
    let dotted = word.contains('.') && word.split('.').all(|part| (1..=2).contains(&letters(part)));
    let initial = letters(word) == 1 && word.chars().all(char::is_alphabetic);
    let ordinal = letters(word) <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    if word.is_empty() {
        Stop::Full
    } else if WITHIN.contains(&word) {
        Stop::Within
    } else if dotted || initial || ordinal || EITHER.contains(&word) {
        Stop::Either
    } else {
        Stop::Full
    }
}

/// Whether `rest` opens with a word of [`STARTERS`]; the "A." of "J. A. Smith" is none.
fn begins_anew(rest: &str) -> bool {
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or(rest);
    STARTERS.contains(&word) && !rest[word.len()..].starts_with('.')
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = &text[range.clone()];
    let start = range.start + (inside.len() - inside.trim_start().len());
    start..start + inside.trim().len()
}

/// Abbreviations that stand before a name, a number or the rest of a phrase, without their last dot.
const WITHIN: &[&str] = &[
    // English
    "Mr", "Mrs", "Ms", "Messrs", "Dr", "Prof", "Sen", "Rep", "Gov", "Gen", "Col", "Lt", "Sgt",
    "Capt", "Cmdr", "Adm", "Maj", "Hon", "Rev", "St", "Amb", "No", "Nos", "Art", "Arts", "Sec",
    "Para", "Fig", "Ref", "Reg", "vs", "e.g", "i.e", "cf", "approx", "Jan", "Feb", "Apr", "Jun",
    "Jul", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec", // German
    "Nr", "Abs", "bzw", "ca", "z.B", "d.h", "u.a", "Hr", "Fr", "Mio", "Mrd", "sog", "Buchst",
    // French, Spanish, Italian, Portuguese
    "Me", "Mgr", "art", "al", "núm", "nº", "Sra", "Srta", "Dña", "Dra", "Exc", "Sig", "Dott", "EE",
    // Russian, Ukrainian
    "гг", "им", "ім", "ул", "вул", "ст", "пп", "тыс", "тис", "млн", "млрд", "трлн", "руб", "грн",
    "долл", "дол", "см", "т.е", "т.к", "т.н", "рр", // Polish, Dutch, Turkish
    "ust", "pkt", "poz", "dhr", "mevr", "nr", "Sn",
];

/// Abbreviations that stand inside a sentence as well as at its end, without their last dot.
const EITHER: &[&str] = &[
    "Inc", "Ltd", "Corp", "Co", "Cos", "Bros", "LLC", "Plc", "Jr", "Sr", "etc", "est", "Dept",
    "Assn", "Univ", "Ave", "Blvd", "usw", "UU", "Cía", "Ltda", "др", "тд", "ін", "a.m", "p.m",
];

/// Words that, after an abbreviation of either kind, begin a new sentence.
const STARTERS: &[&str] = &[
    // English
    "The",
    "A",
    "An",
    "In",
    "On",
    "At",
    "He",
    "She",
    "It",
    "They",
    "We",
    "I",
    "You",
    "But",
    "And",
    "Or",
    "So",
    "This",
    "That",
    "These",
    "Those",
    "His",
    "Her",
    "Its",
    "Their",
    "Our",
    "For",
    "If",
    "As",
    "When",
    "While",
    "After",
    "Before",
    "Since",
    "However",
    "Under",
    "According",
    "Meanwhile",
    "Earlier",
    "Also",
    "There",
    "Then",
    "What",
    "Who",
    "With",
    "Both",
    "Last",
    "Now",
    // German
    "Der",
    "Die",
    "Das",
    "Er",
    "Sie",
    "Es",
    "Im",
    "Ein",
    "Eine",
    "Auch",
    "Nach",
    // French, Spanish
    "Le",
    "La",
    "Les",
    "Il",
    "Elle",
    "Ils",
    "Un",
    "Une",
    "El",
    "Los",
    "Las",
    "En",
    "Se",
    // Russian, Ukrainian
    "Он",
    "Она",
    "Они",
    "Это",
    "В",
    "На",
    "По",
    "При",
    "Но",
    "Вона",
    "Він",
    "Вони",
    "Це",
    "У",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{EITHER, STARTERS, WITHIN, around, split};

    /// Sentences are separated by ` | ` in the expectation; the input has a space there.
    fn check(expected: &str) {
        let text = expected.replace(" | ", " ");
        let found: Vec<&str> = split(&text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found.join(" | "), expected);
    }

    #[test]
    fn abbreviations_do_not_end_a_sentence() {
        for expected in [
            "He met U.S. Treasury officials. | They agreed.",
            "The firm left the U.S. The market fell.".replace("S. The", "S. | The").as_str(),
            "Mr. Smith and Dr. J. R. Jones sued Acme Inc. Monday. | They lost.",
            "It was sold to Acme Inc. | The price is unknown.",
            "See Art. 5 of Regulation (EU) No. 833/2014. | It applies now.",
            "On Oct. 3 the list grew (E.O. 14024). | OFAC said so.",
            "It closed at 5 p.m. EST on Friday. | Trading resumed.",
            "The deal was made in 2014. | Nobody knew.",
            "Das 14. Sanktionspaket trat am 3. Juli in Kraft. | Es gilt bis 2025.",
            "Siehe z. B. Art. 5 Abs. 2 der Verordnung. | Mehr dazu später.",
            "Las sanciones de EE. UU. afectan a tres firmas. | Nadie respondió.",
            "Le décret vise M. Dupont et l'art. 5 du code. | Il entre en vigueur.",
            "В 2022 г. Минфин США ввел санкции против 5 тыс. лиц. | Это много.",
            "J. A. Smith and W. B. Yeats were named. | They denied it.",
            "Указ підписав В. Зеленський. | Він набув чинності.",
        ] {
            check(expected);
        }
    }

    #[test]
    fn scripts_have_their_own_full_stops() {
        for expected in [
            "美国财政部宣布制裁。| 名单上有十二家公司。".replace("。| ", "。 | ").as_str(),
            "هل فُرضت العقوبات؟ | نعم، فُرضت أمس.",
            "प्रतिबंध लगाए गए। | कंपनी ने विरोध किया।",
            "آیا تحریم شد؟ | بله.",
            "“They froze it!” | Nobody moved.",
            "What now?! | Nothing...",
        ] {
            check(expected);
        }
    }

    #[test]
    fn wide_full_stops_need_no_space() {
        let text = "制裁を発表した。対象は十二社。";
        assert_eq!(&text[around(text, 0..3)], "制裁を発表した。");
        assert_eq!(&text[around(text, text.len() - 6..text.len())], "対象は十二社。");
    }

    #[test]
    fn blocks_end_sentences() {
        let text = "A heading without a stop\n\nThe text. More.";
        assert_eq!(&text[around(text, 2..9)], "A heading without a stop");
        assert_eq!(&text[around(text, 30..32)], "The text.");
    }

    #[test]
    fn a_span_over_two_sentences_gives_both() {
        let text = "One here. Two there. Three.";
        assert_eq!(&text[around(text, 4..14)], "One here. Two there.");
    }

    #[test]
    fn wild_offsets_are_harmless() {
        for text in ["", "é", "   ", "one. two.", "\n\n", "制裁。"] {
            for start in 0..text.len() + 3 {
                for end in 0..text.len() + 3 {
                    let range = around(text, start..end);
                    assert!(text.get(range.clone()).is_some(), "{text:?} {start}..{end} {range:?}");
                }
            }
        }
    }

    #[test]
    fn no_word_stands_in_two_tables() {
        let mut seen = HashSet::new();
        for word in WITHIN.iter().chain(EITHER).chain(STARTERS) {
            assert!(seen.insert(word), "{word} twice");
            assert!(!word.ends_with('.') && !word.contains(' '), "{word}");
        }
    }
}
