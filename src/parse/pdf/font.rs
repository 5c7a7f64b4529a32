//! Fonts, as far as text needs them: what each code means and how far it moves the pen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::parse::pdf::coding::{Code, Coding, Tables};
use crate::parse::pdf::meanings;

/// Most bytes a map from codes to characters may unfold to.
const MAX_MAP: usize = 4 << 20;
/// Most widths of a composite font.
const MAX_WIDTHS: usize = 1 << 16;

/// The fonts of a document, each loaded once.
pub(in crate::parse::pdf) struct Fonts<'d> {
    document: &'d Document,
    known: HashMap<ObjectId, Rc<Font>>,
    tables: Tables,
}

/// A font that can be read.
pub(in crate::parse::pdf) struct Font {
    /// How a composite font reads its strings; the codes of others are single bytes.
    coding: Option<Coding>,
    /// What codes mean, as the font says itself; codes without a known meaning are absent.
    meanings: HashMap<u16, String>,
    /// Advances in text space units, 1 being the size of the font: by code, in composite fonts by
    /// number.
    widths: HashMap<u16, f32>,
    /// The advance of characters without an own one, where the font says so.
    usual_width: Option<f32>,
}

/// A code of a string with its meaning.
pub(in crate::parse::pdf) struct Shown<'f> {
    /// The blank of a simple font, which word spacing widens (PDF 32000-1 § 9.3.3).
    pub(in crate::parse::pdf) blank: bool,
    /// None where nothing says what the code means.
    pub(in crate::parse::pdf) text: Option<Cow<'f, str>>,
    /// Advance, where 1 is the size of the font.
    pub(in crate::parse::pdf) width: f32,
}

impl<'d> Fonts<'d> {
    pub(in crate::parse::pdf) fn new(document: &'d Document) -> Self {
        Fonts { document, known: HashMap::new(), tables: Tables::default() }
    }

    /// The font behind an entry of a page's resources.
    pub(in crate::parse::pdf) fn font(&mut self, entry: &'d Object) -> Option<Rc<Font>> {
        let id = entry.as_reference().ok();
        if let Some(font) = id.and_then(|id| self.known.get(&id)) {
            return Some(Rc::clone(font));
        }
        let dictionary = self.document.dereference(entry).ok()?.1.as_dict().ok()?;
        let font = Rc::new(Font::read(dictionary, self.document, &mut self.tables));
        if let Some(id) = id {
            self.known.insert(id, Rc::clone(&font));
        }
        Some(font)
    }
}

impl Font {
    fn read(font: &Dictionary, document: &Document, tables: &mut Tables) -> Font {
        let mapped = font.get_deref(b"ToUnicode", document).and_then(Object::as_stream).ok();
        let mapped = mapped.and_then(|map| tables.unfold(map));
        let mut meanings = mapped.map(|map| meanings::read(&map)).unwrap_or_default();
        if name(font, b"Subtype", document) == Some(b"Type0") {
            let descendant = descendant(font, document);
            let (widths, usual_width) = composite_widths(descendant, document);
            let coding = Some(Coding::of(font, descendant, document, tables));
            return Font { coding, meanings, widths, usual_width };
        }
        for (code, text) in encoded(font, document) {
            meanings.entry(code).or_insert(text);
        }
        let (widths, usual_width) = simple_widths(font, document);
        Font { coding: None, meanings, widths, usual_width }
    }

    /// Whether text runs from top to bottom.
    pub(in crate::parse::pdf) fn is_vertical(&self) -> bool {
        self.coding.as_ref().is_some_and(Coding::is_vertical)
    }

    /// The codes of a string, in order.
    pub(in crate::parse::pdf) fn codes<'f>(
        &'f self,
        string: &'f [u8],
    ) -> impl Iterator<Item = Shown<'f>> {
        let mut rest = string;
        std::iter::from_fn(move || {
            let first = *rest.first()?;
            let code = match &self.coding {
                Some(coding) => coding.first(rest),
                None => Code { value: first.into(), length: 1, number: Some(first.into()) },
            };
            rest = &rest[code.length..];
            Some(self.shown(&code))
        })
    }

    fn shown(&self, code: &Code) -> Shown<'_> {
        let told = u16::try_from(code.value).ok().and_then(|value| self.meanings.get(&value));
        let text = told.map(|text| Cow::Borrowed(text.as_str())).or_else(|| {
            let coding = self.coding.as_ref()?;
            coding.text(code.number?).map(Cow::Owned)
        });
        let number = code.number.and_then(|number| u16::try_from(number).ok());
        let width = number.and_then(|number| self.widths.get(&number).copied());
        let width = width.or(self.usual_width).unwrap_or_else(|| likely_width(text.as_deref()));
        Shown { blank: code.length == 1 && code.value == 32, text, width }
    }
}

/// What the codes of a simple font mean by its encoding.
fn encoded(font: &Dictionary, document: &Document) -> Vec<(u16, String)> {
    // The library reads the encoding of a dictionary that says it is a font, and does not follow
    // references below it.
    let mut plain = Dictionary::new();
    plain.set("Type", Object::Name(b"Font".to_vec()));
    let mut encoding = font.get_deref(b"Encoding", document).cloned();
    if let Ok(Object::Dictionary(encoding)) = &mut encoding {
        if let Ok(differences) = encoding.get_deref(b"Differences", document) {
            let differences = differences.clone();
            encoding.set("Differences", differences);
        }
        if !encoding.has(b"BaseEncoding") {
            encoding.set("BaseEncoding", Object::Name(b"WinAnsiEncoding".to_vec()));
        }
    }
    let usual = Object::Name(b"WinAnsiEncoding".to_vec());
    plain.set("Encoding", encoding.unwrap_or(usual));
    let Ok(encoding) = plain.get_font_encoding_with_limit(document, MAX_MAP) else {
        return Vec::new();
    };
    (0..=u8::MAX)
        .filter_map(|code| Some((u16::from(code), encoding.bytes_to_string(&[code]).ok()?)))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// `/Widths` of a simple font, from `/FirstChar` on.
fn simple_widths(font: &Dictionary, document: &Document) -> (HashMap<u16, f32>, Option<f32>) {
    let unit = match name(font, b"Subtype", document) {
        // The glyphs of Type 3 fonts are drawn in a space of their own.
        Some(b"Type3") => {
            let matrix = font.get_deref(b"FontMatrix", document).and_then(Object::as_array);
            matrix.ok().and_then(|matrix| matrix.first()?.as_float().ok()).unwrap_or(0.001)
        }
        _ => 0.001,
    };
    let first = font.get_deref(b"FirstChar", document).and_then(Object::as_i64).unwrap_or(0);
    let Ok(list) = font.get_deref(b"Widths", document).and_then(Object::as_array) else {
        return (HashMap::new(), None);
    };
    let codes = (first..).map_while(|code| u16::try_from(code).ok());
    let widths = codes
        .zip(list.iter().take(MAX_WIDTHS))
        .filter_map(|(code, width)| Some((code, float(width, document)? * unit)))
        .collect();
    (widths, None)
}

/// The font inside a composite font.
fn descendant<'d>(font: &'d Dictionary, document: &'d Document) -> Option<&'d Dictionary> {
    let fonts = font.get_deref(b"DescendantFonts", document).and_then(Object::as_array).ok()?;
    document.dereference(fonts.first()?).ok()?.1.as_dict().ok()
}

/// `/W` of a composite font's descendant: `first [w w …]` and `first last w`.
fn composite_widths(
    descendant: Option<&Dictionary>,
    document: &Document,
) -> (HashMap<u16, f32>, Option<f32>) {
    let mut widths = HashMap::new();
    let Some(descendant) = descendant else { return (widths, Some(1.0)) };
    let usual = descendant.get_deref(b"DW", document).ok().and_then(|width| width.as_float().ok());
    let usual = Some(usual.unwrap_or(1000.0) * 0.001);
    let Ok(list) = descendant.get_deref(b"W", document).and_then(Object::as_array) else {
        return (widths, usual);
    };
    let mut entries = list.iter();
    while let (Some(first), Some(next)) = (entries.next(), entries.next()) {
        let Some(first) = code(first, document) else { break };
        let next = document.dereference(next).map_or(next, |(_, next)| next);
        if let Ok(each) = next.as_array() {
            for (code, width) in (first..=u16::MAX).zip(each) {
                widths.extend(float(width, document).map(|width| (code, width * 0.001)));
            }
        } else {
            let (Some(last), Some(width)) = (code(next, document), entries.next()) else { break };
            let Some(width) = float(width, document) else { break };
            // A range can name every code once; a list of such ranges is nobody's font.
            if MAX_WIDTHS <= widths.len() {
                break;
            }
            widths.extend((first..=last).map(|code| (code, width * 0.001)));
        }
    }
    (widths, usual)
}

fn name<'a>(dictionary: &'a Dictionary, key: &[u8], document: &'a Document) -> Option<&'a [u8]> {
    dictionary.get_deref(key, document).and_then(Object::as_name).ok()
}

fn float(object: &Object, document: &Document) -> Option<f32> {
    document.dereference(object).ok()?.1.as_float().ok().filter(|number| number.is_finite())
}

fn code(object: &Object, document: &Document) -> Option<u16> {
    u16::try_from(document.dereference(object).ok()?.1.as_i64().ok()?).ok()
}

/// The advance of a character in the fonts every reader has, which need not say their widths:
/// between those of Helvetica and Times.
fn likely_width(text: Option<&str>) -> f32 {
    match text.and_then(|text| text.chars().next()) {
        Some(
            ' ' | 'i' | 'j' | 'l' | 't' | 'f' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!',
        ) => 0.27,
        Some('r' | 's' | '-' | '(' | ')') => 0.36,
        Some('m' | 'w' | 'M' | 'W' | '—' | '%') => 0.82,
        Some(c) if c.is_uppercase() => 0.68,
        Some('\u{2E80}'..) => 1.0,
        _ => 0.51,
    }
}
