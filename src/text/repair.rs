//! Text as its author meant it: entities escaped twice, UTF-8 read as Windows-1252, ligatures of
//! type-setters, and characters that nobody sees.
//!
//! Each repair is made only where it is certain; what could be meant stays as it is.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// All repairs in the one order that works: bytes misread come before the entities they may hide,
/// and what is unseen goes last, since an entity may stand for it.
///
/// ```
/// use sanctionwatch::text::repair::all;
/// assert_eq!(all("Itâ€™s &amp;quot;o\u{AD}ver&amp;quot;"), "It’s \"over\"");
/// assert_eq!(all("already fine"), "already fine");
/// ```
pub fn all(text: &str) -> Cow<'_, str> {
    // Most lines of most pages need nothing.
    if !needs_repair(text) {
        return Cow::Borrowed(text);
    }
    let text = then(Cow::Borrowed(text), mojibake);
    let text = then(text, entities);
    let text = then(text, ligatures);
    then(text, unseen)
}

/// Whether any of the repairs may find something: one look at each character.
fn needs_repair(text: &str) -> bool {
    let mut after_lead = false;
    text.chars().any(|c| {
        let misread = after_lead && is_continuation(c);
        after_lead = is_lead(c);
        match c {
            '&' => true,
            ' '..='~' => false,
            _ => misread || is_form(c) || is_unseen(c) || is_joiner(c),
        }
    })
}

/// Decodes the entities that are left in a text that was decoded once, `&amp;eacute;` of the page.
/// Unknown names stay as they are, and so does an ampersand alone.
///
/// ```
/// use sanctionwatch::text::repair::entities;
/// assert_eq!(entities("Tom &amp;amp; J&eacute;r&#244;me &#x2013; A&B &nosuch;"), "Tom & Jérôme – A&B &nosuch;");
/// ```
pub fn entities(text: &str) -> Cow<'_, str> {
    let mut repaired = Cow::Borrowed(text);
    // Twice is seen where two systems escaped one after the other; more often is nobody's text.
    for _ in 0..2 {
        match decode_entities(&repaired) {
            Some(decoded) => repaired = Cow::Owned(decoded),
            None => break,
        }
    }
    repaired
}

/// Reads UTF-8 that was taken for Windows-1252 again: `â€™` is ’, `Ã©` is é.
///
/// A text that can be read so as a whole, and gains by it, is. Of a mixed text only the sequences
/// are repaired that no language writes, so `“AMANHÔ` keeps its letters.
///
/// ```
/// use sanctionwatch::text::repair::mojibake;
/// assert_eq!(mojibake("Itâ€™s cafÃ© time"), "It’s café time");
/// assert_eq!(mojibake("ÐšÐ¸Ñ—Ð²"), "Київ");
/// assert_eq!(mojibake("“CAFÉ” in São Paulo"), "“CAFÉ” in São Paulo");
/// assert_eq!(mojibake("naïve cafÃ©"), "naïve café");
/// ```
pub fn mojibake(text: &str) -> Cow<'_, str> {
    let next = text.chars().skip(1);
    if !text.chars().zip(next).any(|(c, next)| is_lead(c) && is_continuation(next)) {
        return Cow::Borrowed(text);
    }
    match reread_whole(text).or_else(|| reread_parts(text)) {
        Some(repaired) => Cow::Owned(repaired),
        None => Cow::Borrowed(text),
    }
}

/// Writes type-setters' ligatures and the presentation forms of Arabic as the letters they show.
/// Letters of an alphabet (æ, œ, ß, ĳ) are none.
///
/// ```
/// use sanctionwatch::text::repair::ligatures;
/// assert_eq!(ligatures("o\u{FB03}cial \u{FB01}le, œuvre"), "official file, œuvre");
/// assert_eq!(ligatures("\u{FEE3}\u{FEE4}\u{FEE8}\u{FEEE}\u{FECB}"), "ممنوع");
/// ```
pub fn ligatures(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_form) {
        return Cow::Borrowed(text);
    }
    let mut repaired = String::with_capacity(text.len());
    for c in text.chars() {
        if is_form(c) {
            repaired.extend(std::iter::once(c).nfkc());
        } else {
            repaired.push(c);
        }
    }
    Cow::Owned(repaired)
}

/// Takes away what nobody sees: soft hyphens, zero-width spaces, byte-order marks, direction marks
/// and control characters. Joiners stay where they shape letters or emoji (Persian, Indic), and go
/// elsewhere.
///
/// ```
/// use sanctionwatch::text::repair::unseen;
/// assert_eq!(unseen("sanc\u{AD}tions\u{200B} \u{202B}list\u{202C}\u{FEFF}"), "sanctions list");
/// assert_eq!(unseen("تحریم\u{200C}ها"), "تحریم\u{200C}ها");
/// assert_eq!(unseen("non\u{200C}sense"), "nonsense");
/// ```
pub fn unseen(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unseen(c) || is_joiner(c)) {
        return Cow::Borrowed(text);
    }
    let mut repaired = String::with_capacity(text.len());
    for c in text.chars() {
        let shapes = is_joiner(c) && repaired.chars().next_back().is_some_and(takes_joiner);
        if shapes || !(is_unseen(c) || is_joiner(c)) {
            repaired.push(c);
        }
    }
    Cow::Owned(repaired)
}

fn then<'a>(text: Cow<'a, str>, repair: impl Fn(&str) -> Cow<'_, str>) -> Cow<'a, str> {
    match repair(&text) {
        Cow::Owned(repaired) => Cow::Owned(repaired),
        Cow::Borrowed(_) => text,
    }
}

/// One level of entities decoded, or none where there is none.
fn decode_entities(text: &str) -> Option<String> {
    let mut decoded = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        decoded.push_str(before);
        match entity(from) {
            Some(entity) => {
                decoded.push(entity.character);
                rest = &from[entity.length..];
                found = true;
            }
            None => {
                decoded.push('&');
                rest = &from[1..];
            }
        }
    }
    decoded.push_str(rest);
    found.then_some(decoded)
}

/// A decoded entity and its length in bytes.
struct Entity {
    character: char,
    length: usize,
}

/// The longest entity is `&thetasym;`; a number has at most seven digits.
const LONGEST_ENTITY: usize = 12;

/// The entity at the head of a text that begins with `&`.
fn entity(text: &str) -> Option<Entity> {
    let head = &text.as_bytes()[..text.len().min(LONGEST_ENTITY)];
    let end = head.iter().position(|byte| *byte == b';')?;
    let name = &text[1..end];
    let character = match name.strip_prefix('#') {
        Some(number) => numbered(number)?,
        None => {
            ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)?
        }
    };
    Some(Entity { character, length: end + 1 })
}

/// A character by its number; 128 to 159 mean Windows-1252, as browsers read them.
fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    match code {
        0x80..=0x9F => Some(WINDOWS_1252[code as usize - 0x80]),
        0..=8 | 0xE..=0x1F => None,
        code => char::from_u32(code),
    }
}

/// The whole text read again, where every character fits and something is gained for certain.
fn reread_whole(text: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = text.chars().map(windows_1252_byte).collect();
    let bytes = bytes?;
    let reread = std::str::from_utf8(&bytes).ok()?;
    let gained = reread.chars().filter(|c| !c.is_ascii()).count();
    let certain = text.contains(['Ã', 'Â']) || text.contains("â€") || gained >= 2;
    let sane = !reread.chars().any(|c| c.is_control() && !c.is_whitespace());
    (certain && sane).then(|| reread.to_owned())
}

/// Only the sequences that cannot be meant, read again.
fn reread_parts(text: &str) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(c) = rest.chars().next() {
        match certain_sequence(rest) {
            Some(entity) => {
                repaired.push(entity.character);
                rest = &rest[entity.length..];
                found = true;
            }
            None => {
                repaired.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    found.then_some(repaired)
}

/// Â or Ã before a sign that no word goes on with, or the three characters of a curly quote or dash.
fn certain_sequence(text: &str) -> Option<Entity> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let second = chars.next()?;
    let count = match (first, second) {
        ('â', '€') => 3,
        // After a capital Ã or Â a quotation mark or a dash may well be meant.
        ('Ã' | 'Â', '’' | '‘' | '“' | '”' | '–' | '—' | '…' | '»' | '«') => {
            return None;
        }
        ('Ã' | 'Â', _) => 2,
        _ => return None,
    };
    let bytes: Option<Vec<u8>> = text.chars().take(count).map(windows_1252_byte).collect();
    let bytes = bytes.filter(|bytes| bytes.iter().all(|byte| *byte >= 0x80))?;
    let character = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    let length = text.chars().take(count).map(char::len_utf8).sum();
    Some(Entity { character, length })
}

/// Whether a character is what a UTF-8 sequence begins with when read as Windows-1252.
fn is_lead(c: char) -> bool {
    ('Â'..='ô').contains(&c)
}

/// Whether a character is what a UTF-8 sequence goes on with when read as Windows-1252.
fn is_continuation(c: char) -> bool {
    matches!(c, '\u{80}'..) && windows_1252_byte(c).is_some_and(|byte| byte <= 0xBF)
}

fn windows_1252_byte(c: char) -> Option<u8> {
    match c {
        '\0'..='\u{7F}' | '\u{A0}'..='\u{FF}' => u8::try_from(u32::from(c)).ok(),
        _ => {
            let at = WINDOWS_1252.iter().position(|known| *known == c)?;
            u8::try_from(0x80 + at).ok()
        }
    }
}

/// Ligatures of type-setters and presentation forms of Arabic.
fn is_form(c: char) -> bool {
    matches!(c, '\u{FB00}'..='\u{FB06}' | '\u{FB50}'..='\u{FDFB}' | '\u{FE70}'..='\u{FEFC}')
}

fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}' | '\u{FFFC}'
            | '\u{180E}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}'
    ) || (c.is_control() && !c.is_whitespace())
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Whether a joiner after this character shapes it: cursive scripts, scripts of India, emoji.
fn takes_joiner(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{8FF}' | '\u{900}'..='\u{DFF}' | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{18AF}' | '\u{2600}'..='\u{27BF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

/// The characters of the bytes 0x80 to 0x9F; unused bytes stand for themselves (WHATWG Encoding).
#[rustfmt::skip]
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The entities that are met escaped twice: markup, punctuation, Latin letters.
#[rustfmt::skip]
const ENTITIES: &[(&str, char)] = &[
    ("amp", '&'), ("AMP", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("QUOT", '"'), ("apos", '\''), ("nbsp", '\u{A0}'),
    ("ensp", '\u{2002}'), ("emsp", '\u{2003}'), ("thinsp", '\u{2009}'), ("zwnj", '\u{200C}'), ("zwj", '\u{200D}'),
    ("lrm", '\u{200E}'), ("rlm", '\u{200F}'), ("shy", '\u{AD}'), ("ndash", '–'), ("mdash", '—'), ("minus", '−'), ("hellip", '…'),
    ("lsquo", '‘'), ("rsquo", '’'), ("sbquo", '‚'), ("ldquo", '“'), ("rdquo", '”'), ("bdquo", '„'), ("laquo", '«'),
    ("raquo", '»'), ("lsaquo", '‹'), ("rsaquo", '›'), ("bull", '•'), ("middot", '·'), ("dagger", '†'), ("prime", '′'), ("Prime", '″'),
    ("euro", '€'), ("pound", '£'), ("yen", '¥'), ("cent", '¢'), ("curren", '¤'), ("sect", '§'), ("para", '¶'), ("copy", '©'),
    ("reg", '®'), ("trade", '™'), ("deg", '°'), ("plusmn", '±'), ("times", '×'), ("divide", '÷'), ("frac12", '½'), ("frac14", '¼'),
    ("frac34", '¾'), ("sup1", '¹'), ("sup2", '²'), ("sup3", '³'), ("micro", 'µ'), ("ordf", 'ª'), ("ordm", 'º'), ("iexcl", '¡'),
    ("iquest", '¿'), ("rarr", '→'), ("larr", '←'), ("permil", '‰'), ("le", '≤'), ("ge", '≥'), ("ne", '≠'),
    ("Agrave", 'À'), ("Aacute", 'Á'), ("Acirc", 'Â'), ("Atilde", 'Ã'), ("Auml", 'Ä'), ("Aring", 'Å'), ("AElig", 'Æ'), ("Ccedil", 'Ç'),
    ("Egrave", 'È'), ("Eacute", 'É'), ("Ecirc", 'Ê'), ("Euml", 'Ë'), ("Igrave", 'Ì'), ("Iacute", 'Í'), ("Icirc", 'Î'), ("Iuml", 'Ï'),
    ("ETH", 'Ð'), ("Ntilde", 'Ñ'), ("Ograve", 'Ò'), ("Oacute", 'Ó'), ("Ocirc", 'Ô'), ("Otilde", 'Õ'), ("Ouml", 'Ö'), ("Oslash", 'Ø'),
    ("Ugrave", 'Ù'), ("Uacute", 'Ú'), ("Ucirc", 'Û'), ("Uuml", 'Ü'), ("Yacute", 'Ý'), ("THORN", 'Þ'), ("szlig", 'ß'), ("agrave", 'à'),
    ("aacute", 'á'), ("acirc", 'â'), ("atilde", 'ã'), ("auml", 'ä'), ("aring", 'å'), ("aelig", 'æ'), ("ccedil", 'ç'), ("egrave", 'è'),
    ("eacute", 'é'), ("ecirc", 'ê'), ("euml", 'ë'), ("igrave", 'ì'), ("iacute", 'í'), ("icirc", 'î'), ("iuml", 'ï'), ("eth", 'ð'),
    ("ntilde", 'ñ'), ("ograve", 'ò'), ("oacute", 'ó'), ("ocirc", 'ô'), ("otilde", 'õ'), ("ouml", 'ö'), ("oslash", 'ø'), ("ugrave", 'ù'),
    ("uacute", 'ú'), ("ucirc", 'û'), ("uuml", 'ü'), ("yacute", 'ý'), ("thorn", 'þ'), ("yuml", 'ÿ'), ("OElig", 'Œ'), ("oelig", 'œ'),
    ("Scaron", 'Š'), ("scaron", 'š'), ("Yuml", 'Ÿ'), ("Zcaron", 'Ž'), ("zcaron", 'ž'), ("ccaron", 'č'), ("Ccaron", 'Č'), ("lstrok", 'ł'),
    ("Lstrok", 'Ł'), ("aogon", 'ą'), ("eogon", 'ę'), ("sacute", 'ś'), ("nacute", 'ń'), ("zdot", 'ż'), ("zacute", 'ź'), ("cacute", 'ć'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entity_stands_once_and_is_decoded() {
        for (at, (name, character)) in ENTITIES.iter().enumerate() {
            assert!(ENTITIES[..at].iter().all(|(known, _)| known != name), "{name} stands twice");
            assert_eq!(entities(&format!("a&{name};b")), format!("a{character}b"), "{name}");
        }
    }

    #[test]
    fn texts_are_repaired_where_certain() {
        let cases = [
            ("", ""),
            ("&", "&"),
            ("AT&T; R&D", "AT&T; R&D"),
            ("&#8220;yes&#8221;", "“yes”"),
            ("&#150; &#x96;", "– –"),
            ("&#xD800; &#99999999999; &#;", "&#xD800; &#99999999999; &#;"),
            ("&amp;amp;amp;", "&amp;"),
            ("Ã¼ber", "über"),
            ("ÃœberprÃ¼fung", "Überprüfung"),
            ("â€œQuotedâ€\u{9D}", "“Quoted”"),
            ("MENÜ und ÄÖÜ", "MENÜ und ÄÖÜ"),
            ("«MAÎTRE»", "«MAÎTRE»"),
            ("“AMANHÔ", "“AMANHÔ"),
            ("são € 5 â€“ 10", "são € 5 – 10"),
            ("Ð¡Ð°Ð½ÐºÑ†Ð¸Ð¸", "Санкции"),
            ("санкции", "санкции"),
            ("制裁", "制裁"),
            ("👩\u{200D}💻", "👩\u{200D}💻"),
            ("a\u{0}b\tc\nd", "ab\tc\nd"),
        ];
        for (text, expect) in cases {
            assert_eq!(all(text), expect, "{text:?}");
        }
    }

    #[test]
    fn what_is_misread_is_read_again() {
        for text in ["Přemysl’s “été” – 5 €", "Überprüfung", "Ειδήσεις σήμερα", "عقوبات جديدة"]
        {
            let misread: String = text
                .bytes()
                .map(|byte| match byte {
                    0x80..=0x9F => WINDOWS_1252[usize::from(byte) - 0x80],
                    _ => char::from(byte),
                })
                .collect();
            assert_eq!(mojibake(&misread), text);
            assert_eq!(mojibake(text), text);
        }
    }
}
