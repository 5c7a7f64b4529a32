//! The codes of composite fonts: where each ends, which character of the font it chooses, and what
//! that character is where it belongs to one of Adobe's collections for East Asia.

use std::collections::HashMap;
use std::rc::Rc;

use hayro_cmap::{BfString, CMap, CMapName, CidFamily, WritingMode, load_embedded};
use lopdf::{Dictionary, Document, Object, Stream};

/// Most bytes one map may unfold to, and all maps of a document: fonts can share a map, and a small
/// file can have many fonts.
const MAX_MAP: usize = 4 << 20;
const MAX_MAPS: usize = 64 << 20;
/// Bytes of the longest code.
const LONGEST: usize = 4;

/// The tables that come with the library, each unfolded once a document, and what the maps of the
/// document may still unfold to.
pub(in crate::parse::pdf) struct Tables {
    known: HashMap<Vec<u8>, Option<Rc<CMap>>>,
    room: usize,
}

impl Default for Tables {
    fn default() -> Self {
        Tables { known: HashMap::new(), room: MAX_MAPS }
    }
}

impl Tables {
    /// The content of a map; none where it is too large or the document has had its share.
    pub(in crate::parse::pdf) fn unfold(&mut self, map: &Stream) -> Option<Vec<u8>> {
        let most = MAX_MAP.min(self.room);
        let content = map.get_plain_content_with_limit(most).ok();
        self.room -= content.as_ref().map_or(most, Vec::len);
        content
    }

    fn named(&mut self, name: CMapName<'_>) -> Option<Rc<CMap>> {
        let unfold = || CMap::parse(load_embedded(name)?, load_embedded).map(Rc::new);
        self.known.entry(name.to_bytes().to_vec()).or_insert_with(unfold).clone()
    }
}

/// How a composite font reads strings.
pub(in crate::parse::pdf) struct Coding {
    /// Codes to numbers of characters.
    numbers: Rc<CMap>,
    /// Numbers of characters to texts, where the font's collection is known.
    texts: Option<Rc<CMap>>,
    /// Bytes of a code that the table does not know.
    shortest: usize,
}

/// A code, cut from a string.
pub(in crate::parse::pdf) struct Code {
    pub(in crate::parse::pdf) value: u32,
    /// In bytes.
    pub(in crate::parse::pdf) length: usize,
    /// The number of the character, by which widths are given.
    pub(in crate::parse::pdf) number: Option<u32>,
}

impl Coding {
    /// The coding of a composite font, given the font inside it. An encoding that nobody knows is
    /// taken for the usual one, numbers of two bytes.
    pub(in crate::parse::pdf) fn of(
        font: &Dictionary,
        descendant: Option<&Dictionary>,
        document: &Document,
        tables: &mut Tables,
    ) -> Coding {
        let numbers = match font.get_deref(b"Encoding", document) {
            Ok(Object::Name(name)) => match CMapName::from_bytes(name) {
                CMapName::IdentityV => Some(Rc::new(CMap::identity_v())),
                name => tables.named(name),
            },
            Ok(Object::Stream(stream)) => {
                tables.unfold(stream).and_then(|map| CMap::parse(&map, load_embedded).map(Rc::new))
            }
            _ => None,
        };
        let numbers = numbers.unwrap_or_else(|| Rc::new(CMap::identity_h()));
        let collection = match &numbers.metadata().character_collection {
            Some(of_table) if of_table.family.ucs2_cmap().is_some() => {
                Some(of_table.family.clone())
            }
            _ => descendant.and_then(|descendant| collection(descendant, document)),
        };
        let texts = collection.and_then(|family| tables.named(family.ucs2_cmap()?));
        let single = (0..=0xFF).any(|code| numbers.lookup_cid_code(code, 1).is_some());
        Coding { numbers, texts, shortest: if single { 1 } else { 2 } }
    }

    pub(in crate::parse::pdf) fn is_vertical(&self) -> bool {
        self.numbers.metadata().writing_mode == Some(WritingMode::Vertical)
    }

    /// The first code of a string that is not empty.
    pub(in crate::parse::pdf) fn first(&self, string: &[u8]) -> Code {
        let value = |length: usize| {
            string[..length].iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
        };
        let known = (1..=LONGEST.min(string.len())).find_map(|length| {
            let number = self.numbers.lookup_cid_code(value(length), length as u8)?;
            Some(Code { value: value(length), length, number: Some(number) })
        });
        known.unwrap_or_else(|| {
            let length = self.shortest.min(string.len());
            Code { value: value(length), length, number: None }
        })
    }

    /// What a character of a known collection is.
    pub(in crate::parse::pdf) fn text(&self, number: u32) -> Option<String> {
        match self.texts.as_ref()?.lookup_bf_string(number)? {
            BfString::Char(char::REPLACEMENT_CHARACTER) => None,
            BfString::Char(c) => Some(c.to_string()),
            BfString::String(text) => Some(text),
        }
    }
}

/// The collection whose numbers a font uses.
fn collection(descendant: &Dictionary, document: &Document) -> Option<CidFamily> {
    let of = descendant.get_deref(b"CIDSystemInfo", document).and_then(Object::as_dict).ok()?;
    let field = |key: &[u8]| of.get_deref(key, document).and_then(Object::as_str).ok();
    Some(CidFamily::from_registry_ordering(field(b"Registry")?, field(b"Ordering")?))
}
