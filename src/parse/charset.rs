//! Bytes to text: byte-order mark, header, `<meta>`, then the guess a browser makes.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes at the head in which a `<meta>` may name the charset; the standard says 1024, but many
/// pages put scripts before it.
const META_WINDOW: usize = 16 * 1024;
/// Bytes a guess looks at.
const GUESS_WINDOW: usize = 256 * 1024;

/// Text, and how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// Name of the encoding in the WHATWG standard, e.g. `UTF-8`, `windows-1251`.
    pub encoding: &'static str,
    /// What said so: `byte-order mark`, `header`, `meta`, `content`.
    pub witness: &'static str,
    /// Some bytes made no sense in that encoding and became U+FFFD.
    pub damaged: bool,
}

/// Decodes `bytes`, given the `Content-Type` header they came with.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let (encoding, witness) = name(bytes, content_type);
    let (text, used, damaged) = encoding.decode(bytes);
    Decoded { text: text.into_owned(), encoding: used.name(), witness, damaged }
}

fn name(bytes: &[u8], content_type: Option<&str>) -> (&'static Encoding, &'static str) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, "byte-order mark");
    }
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    // Valid UTF-8 beyond ASCII is UTF-8, whatever is claimed: no other charset makes such bytes
    // by chance.
    if is_utf8 && !bytes.is_ascii() {
        return (UTF_8, "content");
    }
    let claims =
        [(content_type.and_then(charset_of_header), "header"), (charset_of_meta(bytes), "meta")];
    for (claim, witness) in claims {
        match claim {
            // A page that claims UTF-8 but is mostly broken as such is guessed below.
            Some(encoding) if encoding != UTF_8 || is_utf8 || mostly_utf8(bytes) => {
                return (encoding, witness);
            }
            _ => {}
        }
    }
    (guess(bytes), "content")
}

/// `text/html; charset="utf-8"` → UTF-8.
fn charset_of_header(content_type: &str) -> Option<&'static Encoding> {
    label_after(content_type.as_bytes(), 0)
}

/// The charset of `<meta charset=…>` or `<meta http-equiv content="…charset=…">`.
fn charset_of_meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(META_WINDOW)];
    let mut from = 0;
    while let Some(at) = find_ignoring_case(&head[from..], b"<meta") {
        let start = from + at;
        let end = head[start..].iter().position(|b| *b == b'>').map_or(head.len(), |n| start + n);
        if let Some(encoding) = label_after(&head[start..end], 0) {
            // A page that could be read this far is not in UTF-16, whatever it says.
            return Some(if [UTF_16LE, UTF_16BE].contains(&encoding) { UTF_8 } else { encoding });
        }
        from = end.max(start + 5);
    }
    None
}

fn label_after(text: &[u8], from: usize) -> Option<&'static Encoding> {
    let at = from + find_ignoring_case(&text[from..], b"charset")? + b"charset".len();
    let rest = text[at..].trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest
        .iter()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b';' | b'/' | b'>'))
        .unwrap_or(rest.len());
    Encoding::for_label(&rest[..end])
}

fn find_ignoring_case(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word))
}

/// Whether nearly all bytes beyond ASCII form UTF-8 sequences: one broken character, say at a cut,
/// must not turn a page into mojibake.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad * 10 <= good
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let window = &bytes[..bytes.len().min(GUESS_WINDOW)];
    if window.is_ascii() {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, true);
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use crate::parse::charset::decode;

    #[test]
    fn each_witness_is_heard_in_its_turn() {
        let russian = encoding_rs::WINDOWS_1251.encode("Санкции против банков введены вчера").0;
        let with_meta = [b"<meta charset=windows-1251>".as_slice(), &russian].concat();
        let cases: [(&[u8], Option<&str>, &str, &str); 7] = [
            (b"\xEF\xBB\xBFa", Some("text/html; charset=latin1"), "UTF-8", "byte-order mark"),
            ("naïve".as_bytes(), Some("text/html; charset=latin1"), "UTF-8", "content"),
            (b"caf\xE9", Some("text/html; charset=\"ISO-8859-1\""), "windows-1252", "header"),
            (&with_meta, Some("text/html"), "windows-1251", "meta"),
            (&russian, None, "windows-1251", "content"),
            (&russian, Some("text/html; charset=utf-8"), "windows-1251", "content"),
            (b"plain", None, "windows-1252", "content"),
        ];
        for (bytes, header, encoding, witness) in cases {
            let decoded = decode(bytes, header);
            assert_eq!((decoded.encoding, decoded.witness), (encoding, witness), "{bytes:?}");
        }
    }

    #[test]
    fn one_broken_byte_does_not_unmake_utf8() {
        let mut bytes = "Überschrift über Öl".repeat(20).into_bytes();
        bytes.push(0xC3);
        let decoded = decode(&bytes, Some("text/html; charset=utf-8"));
        assert_eq!(decoded.encoding, "UTF-8");
        assert!(decoded.damaged);
    }
}
