//! XML as the web writes it: a pull reader that forgives bare `&`, unknown references, tags that do
//! not match, junk before the prolog and an end in the middle, and that never nests deeper than it
//! promises. No document type is obeyed, so no entity can grow.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::{BytesStart, Event as Raw};

use crate::parse::address::resolve;
use crate::parse::charset::{self, Decoded};
use crate::parse::dom::is_inline;
use crate::parse::plain_text::{UNREAD, resolve_reference};

/// Elements nested deeper than this are taken as part of the one at this depth.
const DEPTH_MAX: usize = 100;

/// Attributes of one element that are read.
const ATTRIBUTES_MAX: usize = 32;

/// Namespace prefixes remembered at once.
const BINDINGS_MAX: usize = 128;

/// Bytes of one element's text that are kept.
const TEXT_MAX: usize = 256 << 10;

/// Bytes in which an XML declaration is looked for; comments and blanks may stand before it.
const DECLARATION_WINDOW: usize = 2 << 10;

/// Times the reader starts again behind markup it cannot read. Each may cost a look at the whole
/// rest of the document, so a number keeps the time linear.
const RESTARTS_MAX: usize = 16;

/// The vocabularies that listings are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// RSS of any version, Atom of any version, sitemaps, CDF; also no or an unknown default namespace.
    Core,
    DublinCore,
    Content,
    Media,
    FeedBurner,
    Rdf,
    News,
    Itunes,
    Other,
}

/// The beginning of a namespace's address, without scheme and in lower case, and its vocabulary.
const SPACES: &[(&str, Space)] = &[
    ("www.w3.org/2005/atom", Space::Core),
    ("purl.org/atom/", Space::Core),
    ("purl.org/rss/1.0/modules/content", Space::Content),
    ("purl.org/rss/1.0/modules/", Space::Other),
    ("purl.org/rss/", Space::Core),
    ("purl.org/net/rss", Space::Core),
    ("my.netscape.com/", Space::Core),
    ("channel.netscape.com/rdf/simple/", Space::Core),
    ("backend.userland.com/rss", Space::Core),
    ("blogs.law.harvard.edu/tech/rss", Space::Core),
    ("www.sitemaps.org/schemas/sitemap/", Space::Core),
    ("www.google.com/schemas/sitemap-news/", Space::News),
    ("www.google.com/schemas/sitemap/", Space::Core),
    ("purl.org/dc/", Space::DublinCore),
    ("search.yahoo.com/mrss", Space::Media),
    ("rssnamespace.org/feedburner/", Space::FeedBurner),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Space::Rdf),
    ("www.itunes.com/dtds/podcast", Space::Itunes),
];

/// What a prefix means where nobody declares it.
const PREFIXES: &[(&str, Space)] = &[
    ("a10", Space::Core),
    ("atom", Space::Core),
    ("rss", Space::Core),
    ("sitemap", Space::Core),
    ("content", Space::Content),
    ("dc", Space::DublinCore),
    ("dcterms", Space::DublinCore),
    ("feedburner", Space::FeedBurner),
    ("itunes", Space::Itunes),
    ("media", Space::Media),
    ("news", Space::News),
    ("rdf", Space::Rdf),
];

/// What the reader meets. Every `Open` has its `Close`, whatever the document does.
#[derive(Debug)]
pub(crate) enum Event<'t> {
    Open(Element),
    Text(Cow<'t, str>),
    Close,
}

/// An opening tag.
#[derive(Debug)]
pub(crate) struct Element {
    pub space: Space,
    /// The name without its prefix, in lower case.
    pub local: String,
    attributes: Vec<Attribute>,
}

#[derive(Debug)]
struct Attribute {
    /// As written, with prefix, in lower case.
    name: String,
    value: String,
}

impl Element {
    /// The value of an attribute, by its name as usually written (`href`, `rdf:about`).
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.name == name)?;
        Some(found.value.trim())
    }

    /// Whether this is one of the core vocabulary's elements.
    pub(crate) fn is(&self, local: &str) -> bool {
        self.space == Space::Core && self.local == local
    }
}

/// An element that is open.
struct Frame {
    /// Qualified name in lower case.
    name: String,
    /// Its base address, where `xml:base` gives one.
    base: Option<String>,
    has_children: bool,
    /// Namespace bindings to forget when it closes.
    bindings: usize,
}

/// A namespace prefix and its vocabulary; the empty prefix is the default namespace.
struct Binding {
    prefix: String,
    space: Space,
}

/// The forgiving pull reader.
pub(crate) struct Xml<'t> {
    /// What `reader` reads.
    text: &'t str,
    reader: Reader<&'t [u8]>,
    base: String,
    frames: Vec<Frame>,
    bindings: Vec<Binding>,
    /// Elements open below `DEPTH_MAX`, not told to anybody.
    buried: usize,
    /// Frames to close before anything else is read.
    closing: usize,
    /// An element to open once those are closed.
    opening: Option<Opening>,
    /// Elements that never stand within themselves: a second one ends the first.
    never_nested: &'static [&'static str],
    restarts: usize,
    ended: bool,
    fault: Option<String>,
}

struct Opening {
    element: Element,
    frame: Frame,
    is_empty: bool,
}

impl<'t> Xml<'t> {
    /// A reader of `text`, whose relative addresses are read at `base`.
    pub(crate) fn new(text: &'t str, base: &str, never_nested: &'static [&'static str]) -> Xml<'t> {
        Xml {
            text,
            reader: reader(text),
            base: base.to_owned(),
            frames: Vec::new(),
            bindings: Vec::new(),
            buried: 0,
            closing: 0,
            opening: None,
            never_nested,
            restarts: 0,
            ended: false,
            fault: None,
        }
    }

    /// The next event; `None` at the end, when everything is closed.
    pub(crate) fn next(&mut self) -> Option<Event<'t>> {
        loop {
            if 0 < self.closing {
                self.closing -= 1;
                self.close();
                return Some(Event::Close);
            }
            if let Some(opening) = self.opening.take() {
                return Some(self.open(opening));
            }
            if self.ended {
                return None;
            }
            match self.reader.read_event() {
                Ok(raw) => {
                    if let Some(text) = self.take(raw) {
                        return Some(Event::Text(text));
                    }
                }
                Err(error) => self.recover(&error),
            }
        }
    }

    /// The text of the element that was opened last, up to its close, children included but for
    /// those that are never shown.
    pub(crate) fn text(&mut self) -> String {
        let mut text = String::new();
        let mut depth = 1;
        while 0 < depth {
            match self.next() {
                Some(Event::Open(element)) if UNREAD.contains(&element.local.as_str()) => {
                    self.skip()
                }
                Some(Event::Open(element)) => {
                    depth += 1;
                    if !is_inline(&element.local) {
                        text.push(' ');
                    }
                }
                Some(Event::Close) => depth -= 1,
                Some(Event::Text(more)) if text.len() < TEXT_MAX => text.push_str(&more),
                Some(Event::Text(_)) => {}
                None => break,
            }
        }
        text
    }

    /// Passes over the element that was opened last.
    pub(crate) fn skip(&mut self) {
        let mut depth = 1;
        while 0 < depth {
            match self.next() {
                Some(Event::Open(_)) => depth += 1,
                Some(Event::Close) => depth -= 1,
                Some(Event::Text(_)) => {}
                None => break,
            }
        }
    }

    /// Where relative addresses in the innermost open element start from.
    pub(crate) fn base(&self) -> &str {
        self.frames.iter().rev().find_map(|frame| frame.base.as_deref()).unwrap_or(&self.base)
    }

    /// Why the document could not be read to its end, if so.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Notes what a raw event opens or closes; returns its text if it is text.
    fn take(&mut self, raw: Raw<'t>) -> Option<Cow<'t, str>> {
        match raw {
            Raw::Start(start) => self.prepare(&start, false),
            Raw::Empty(start) => self.prepare(&start, true),
            Raw::End(end) => self.end(&end.name().as_ref().to_ascii_lowercase()),
            Raw::Text(text) => return Some(text.into_inner()),
            Raw::CData(text) => return Some(text.into_inner()),
            Raw::GeneralRef(name) => {
                let known = resolve_reference(&name);
                return Some(known.unwrap_or_else(|| Cow::Owned(format!("&{};", &*name))));
            }
            Raw::Eof => self.finish(None),
            Raw::Comment(_) | Raw::Decl(_) | Raw::PI(_) | Raw::DocType(_) => {}
        }
        None
    }

    fn prepare(&mut self, start: &BytesStart, is_empty: bool) {
        if self.frames.len() == DEPTH_MAX {
            self.buried += usize::from(!is_empty);
            return;
        }
        let attributes = read_attributes(start);
        let bindings = self.bind(&attributes);
        let name = start.name().as_ref().to_ascii_lowercase();
        let (prefix, local) = name.rsplit_once(':').unwrap_or(("", &name));
        let element = Element { space: self.space(prefix), local: local.to_owned(), attributes };
        let base = element.attribute("xml:base").and_then(|base| resolve(self.base(), base));
        if self.never_nested.contains(&local) {
            self.closing = self.height_of(&name).unwrap_or(0);
        }
        let frame = Frame { name, base, has_children: false, bindings };
        self.opening = Some(Opening { element, frame, is_empty });
    }

    fn open(&mut self, opening: Opening) -> Event<'t> {
        if let Some(parent) = self.frames.last_mut() {
            parent.has_children = true;
        }
        self.frames.push(opening.frame);
        self.closing = usize::from(opening.is_empty);
        Event::Open(opening.element)
    }

    /// An end tag closes the innermost element of its name and all within. One that no element
    /// waits for is a slip of the pen for the open one (`<title>…</titel>`) if that has only text
    /// and the tag is none of those that stray through text.
    fn end(&mut self, name: &str) {
        if 0 < self.buried {
            self.buried -= 1;
        } else if let Some(height) = self.height_of(name) {
            self.closing = height;
        } else if !is_inline(name) && name != "p" && name != "br" && name != "div" {
            let is_leaf = self.frames.last().is_some_and(|frame| !frame.has_children);
            self.closing = usize::from(is_leaf);
        }
    }

    fn close(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.bindings.truncate(self.bindings.len().saturating_sub(frame.bindings));
        }
    }

    /// How many elements must close for the innermost one of this name to close.
    fn height_of(&self, name: &str) -> Option<usize> {
        self.frames.iter().rev().position(|frame| frame.name == name).map(|above| above + 1)
    }

    /// Remembers the namespaces an element declares; how many.
    fn bind(&mut self, attributes: &[Attribute]) -> usize {
        let before = self.bindings.len();
        for attribute in attributes {
            let prefix = match attribute.name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) if rest.starts_with(':') => &rest[1..],
                _ => continue,
            };
            if self.bindings.len() < BINDINGS_MAX {
                let known = space_of(&attribute.value);
                let space =
                    known.unwrap_or(if prefix.is_empty() { Space::Core } else { Space::Other });
                self.bindings.push(Binding { prefix: prefix.to_owned(), space });
            }
        }
        self.bindings.len() - before
    }

    fn space(&self, prefix: &str) -> Space {
        let bound = self.bindings.iter().rev().find(|binding| binding.prefix == prefix);
        if let Some(binding) = bound {
            return binding.space;
        }
        if prefix.is_empty() {
            return Space::Core;
        }
        let usual = PREFIXES.iter().find(|(usual, _)| *usual == prefix);
        usual.map_or(Space::Other, |(_, space)| *space)
    }

    /// Markup that cannot be read is text with a `<` in it, if the rest can still be read; else the
    /// document ends here.
    fn recover(&mut self, error: &Error) {
        let is_local = matches!(
            error,
            Error::IllFormed(_)
                | Error::Syntax(
                    SyntaxError::InvalidBangMarkup
                        | SyntaxError::UnclosedSingleQuotedAttributeValue
                        | SyntaxError::UnclosedDoubleQuotedAttributeValue
                )
        );
        let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
        let rest = self.text.get(at..).and_then(|rest| rest.strip_prefix('<'));
        match rest {
            Some(rest) if is_local && self.restarts < RESTARTS_MAX => {
                self.restarts += 1;
                self.text = rest;
                self.reader = reader(rest);
            }
            _ => self.finish(Some(error.to_string())),
        }
    }

    fn finish(&mut self, fault: Option<String>) {
        if fault.is_none() && !self.frames.is_empty() {
            let name = &self.frames[0].name;
            self.fault = Some(format!("the document ends before </{name}>"));
        } else {
            self.fault = fault;
        }
        self.ended = true;
        self.closing = self.frames.len();
    }
}

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    reader
}

fn read_attributes(start: &BytesStart) -> Vec<Attribute> {
    let mut raw = start.html_attributes();
    raw.with_checks(false);
    raw.take(ATTRIBUTES_MAX)
        .flatten()
        .map(|attribute| Attribute {
            name: attribute.key.as_ref().to_ascii_lowercase(),
            value: decode_references(&attribute.value),
        })
        .collect()
}

/// The text with its references decoded; those nobody knows stay as they are.
fn decode_references(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut parts = text.split('&');
    decoded.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let known =
            part.split_once(';').and_then(|(name, rest)| Some((resolve_reference(name)?, rest)));
        match known {
            Some((character, rest)) => {
                decoded.push_str(&character);
                decoded.push_str(rest);
            }
            None => {
                decoded.push('&');
                decoded.push_str(part);
            }
        }
    }
    decoded
}

fn space_of(namespace: &str) -> Option<Space> {
    let address = namespace.trim().to_ascii_lowercase();
    let address = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    SPACES.iter().find(|(head, _)| address.starts_with(head)).map(|(_, space)| *space)
}

/// Decodes an XML document: byte-order mark, UTF-16 by its look, header, declaration, guess. A `<`
/// that opens nothing (`5 < 6`) comes back as `&lt;`, or it would swallow what follows.
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let mut decoded = decode_charset(bytes, content_type);
    if let Cow::Owned(text) = escape_bare_brackets(&decoded.text) {
        decoded.text = text;
    }
    decoded
}

fn decode_charset(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let by_look = match bytes {
        [b'<', 0, _, 0, ..] => Some("utf-16le"),
        [0, b'<', 0, _, ..] => Some("utf-16be"),
        _ => None,
    };
    let header = content_type.filter(|header| header.to_ascii_lowercase().contains("charset"));
    let declared = by_look.map(str::to_owned).or_else(|| declared_encoding(bytes));
    match (by_look.is_some() || header.is_none(), declared) {
        // A declaration says no less than a header, so it is handed on as one.
        (true, Some(label)) => charset::decode(bytes, Some(&format!("charset={label}"))),
        _ => charset::decode(bytes, content_type),
    }
}

fn escape_bare_brackets(text: &str) -> Cow<'_, str> {
    let opens = |c: char| c.is_alphabetic() || matches!(c, '/' | '!' | '?' | '_' | ':');
    let is_bare = |at: &usize| !text[at + 1..].starts_with(opens);
    let mut escaped = String::new();
    let mut copied = 0;
    for at in text.match_indices('<').map(|(at, _)| at).filter(is_bare) {
        escaped.push_str(&text[copied..at]);
        escaped.push_str("&lt;");
        copied = at + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    escaped.push_str(&text[copied..]);
    Cow::Owned(escaped)
}

/// The encoding that `<?xml … encoding="…"?>` names.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_WINDOW)]);
    let declaration = head.split_once("<?xml")?.1.split("?>").next()?;
    let rest = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = rest[1..].split(quote).next()?;
    label.chars().all(|c| c.is_ascii_graphic()).then(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events as one line: `name(` opens, `)` closes, text stands in quotes.
    fn trace(text: &str) -> String {
        let mut xml = Xml::new(text, "https://example.org/", &["item"]);
        let mut trace = String::new();
        while let Some(event) = xml.next() {
            match event {
                Event::Open(element) => {
                    trace.push_str(&element.local);
                    trace.push('(');
                }
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Text(text) => trace.push_str(&format!("{:?}", text.trim())),
                Event::Close => trace.push(')'),
            }
        }
        trace
    }

    #[test]
    fn what_opens_closes_whatever_the_document_does() {
        let cases = [
            ("<a><b>x</b><c/></a>", "a(b(\"x\")c())"),
            ("<a><b>x</a>", "a(b(\"x\"))"),
            ("<a><b>x", "a(b(\"x\"))"),
            ("<a>x</b></a>", "a(\"x\")"),
            ("<a><title>x</titel><b/></a>", "a(title(\"x\")b())"),
            ("<A><pubDate>x</pubdate></a>", "a(pubdate(\"x\"))"),
            ("<r><item>1<item>2</item></r>", "r(item(\"1\")item(\"2\"))"),
            ("<item><b>1<item>2", "item(b(\"1\"))item(\"2\")"),
            ("</a></b>x", "\"x\""),
            ("junk <?xml version='1.0'?><a/>", "\"junk\"a()"),
            (
                "<a>x &amp; y &bogus; &eacute; z & t</a>",
                "a(\"x\"\"&\"\"y\"\"&bogus;\"\"é\"\"z\"\"& t\")",
            ),
            ("<a><![CDATA[<b>&amp;]]></a>", "a(\"<b>&amp;\")"),
            ("<a><![CDATA[x", "a()"),
            ("<a>1 <! 2</a><b/>", "a(\"1\"\"! 2\")b()"),
            ("<a x=1 y='2' z>t</a>", "a(\"t\")"),
            ("<a", ""),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(trace(text), expected, "{text}");
        }
    }

    #[test]
    fn names_are_known_by_namespace_or_by_usual_prefix() {
        let cases = [
            ("<x/>", Space::Core, "x"),
            ("<x xmlns='urn:unknown'/>", Space::Core, "x"),
            ("<x xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", Space::Rdf, "x"),
            ("<DC:Date/>", Space::DublinCore, "date"),
            ("<n:x xmlns:n='https://www.google.com/schemas/sitemap-news/0.9'/>", Space::News, "x"),
            ("<media:x xmlns:media='urn:other'/>", Space::Other, "x"),
            ("<foo:x/>", Space::Other, "x"),
        ];
        for (text, space, local) in cases {
            let Some(Event::Open(element)) = Xml::new(text, "", &[]).next() else {
                panic!("{text}")
            };
            assert_eq!((element.space, element.local.as_str()), (space, local), "{text}");
        }
        let scoped = "<r><a xmlns:p='http://purl.org/dc/terms/'><p:x/></a><p:y/></r>";
        let mut xml = Xml::new(scoped, "", &[]);
        let mut spaces = Vec::new();
        while let Some(event) = xml.next() {
            if let Event::Open(element) = event {
                spaces.push(element.space);
            }
        }
        assert_eq!(spaces, [Space::Core, Space::Core, Space::DublinCore, Space::Other]);
    }

    #[test]
    fn bases_nest() {
        let text = "<a xml:base='/x/'><b xml:base='y/'><c/></b><d/></a>";
        let mut xml = Xml::new(text, "https://example.org/", &[]);
        let mut bases = Vec::new();
        while let Some(event) = xml.next() {
            if let Event::Open(element) = event {
                bases.push(format!("{} {}", element.local, xml.base()));
            }
        }
        let expected = [
            "a https://example.org/x/",
            "b https://example.org/x/y/",
            "c https://example.org/x/y/",
            "d https://example.org/x/",
        ];
        assert_eq!(bases, expected);
    }

    #[test]
    fn encodings_are_found_by_every_witness() {
        let russian = "<?xml version='1.0' encoding='windows-1251'?><a>Санкции</a>";
        let bytes = encoding_rs::WINDOWS_1251.encode(russian).0;
        let wide: Vec<u8> = "<a>Санкції</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let cases: [(&[u8], Option<&str>, &str); 6] = [
            (b"<a>5 < 6</a><", None, "<a>5 &lt; 6</a>&lt;"),
            (&bytes, None, "Санкции"),
            (&bytes, Some("text/xml"), "Санкции"),
            (&bytes, Some("text/xml; charset=windows-1251"), "Санкции"),
            (&wide, None, "Санкції"),
            ("\u{feff}<?xml version='1.0' encoding='latin1'?><a>é</a>".as_bytes(), None, "é"),
        ];
        for (bytes, header, expected) in cases {
            let text = decode(bytes, header).text;
            assert!(text.contains(expected), "{header:?} gives {text}");
        }
    }

    #[test]
    fn hostile_documents_are_bounded() {
        let deep = "<a>".repeat(500_000);
        let opened = trace(&deep).matches('(').count();
        assert_eq!(opened, DEPTH_MAX);
        for piece in
            ["<!", "<!--", "<![CDATA[", "<a '", "</a", "&", "<a><b>", "<a xmlns:p='q'>", "<item>"]
        {
            let text = piece.repeat(100_000);
            let mut hostile = Xml::new(&text, "https://example.org/", &["item"]);
            let mut depth = 0_usize;
            while let Some(event) = hostile.next() {
                match event {
                    Event::Open(_) => depth += 1,
                    Event::Close => depth -= 1,
                    Event::Text(_) => {}
                }
                assert!(depth <= DEPTH_MAX, "{piece}");
            }
            assert_eq!(depth, 0, "{piece}");
        }
        let bomb = "<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>";
        assert_eq!(trace(bomb), "a(\"&y;\")");
    }
}
