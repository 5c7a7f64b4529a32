//! Cuts a page into tags, text and comments, as the tokenizer of the HTML standard does.
//!
//! It stands where html5ever's own tokenizer would and hands its tree builder the same tokens.
//! Because it has the whole page before it, it looks for the byte that ends a thing and shares
//! that slice of the page, where html5ever goes from state to state, character by character. The
//! comments name the states of <https://html.spec.whatwg.org/#tokenization> that a function covers.

use std::borrow::Cow;
use std::ops::Range;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    Doctype, EndTag, StartTag, Tag, TagKind, Token, TokenSink, TokenSinkResult,
};
use html5ever::{Attribute, LocalName, QualName, ns};
use memchr::{memchr, memchr2, memmem};

use crate::parse::references::{Place, decode};

/// Most attributes of a tag; those beyond are left out, since each is compared with all before it.
pub(in crate::parse) const MAX_ATTRIBUTES: usize = 500;

/// Gives every token of a page to a sink and returns the sink.
pub(in crate::parse) fn cut<Sink: TokenSink>(page: &str, sink: Sink) -> Sink {
    let page = page.strip_prefix('\u{FEFF}').unwrap_or(page);
    let text = with_line_feeds(page);
    let mut cutter = Cutter {
        sink,
        text: &text,
        shared: StrTendril::from_slice(&text),
        at: 0,
        names: Names::default(),
        last_start: LocalName::from(""),
    };
    cutter.run();
    cutter.sink
}

/// Line ends are line feeds before anything else is looked at.
fn with_line_feeds(page: &str) -> Cow<'_, str> {
    match memchr(b'\r', page.as_bytes()) {
        None => Cow::Borrowed(page),
        Some(_) => {
            let mut text = String::with_capacity(page.len());
            let mut from = 0;
            for at in memchr::memchr_iter(b'\r', page.as_bytes()) {
                text.push_str(&page[from..at]);
                if page.as_bytes().get(at + 1) != Some(&b'\n') {
                    text.push('\n');
                }
                from = at + 1;
            }
            text.push_str(&page[from..]);
            Cow::Owned(text)
        }
    }
}

/// What the characters at a place are, as the sink said at the last tag.
enum Content {
    Markup,
    /// The inside of a script, a style, a title: only its own end tag is markup.
    Raw(RawKind),
    /// After `<plaintext>`: text to the end.
    Plain,
}

struct Cutter<'p, Sink> {
    sink: Sink,
    text: &'p str,
    /// The same text, of which tokens are counted references.
    shared: StrTendril,
    at: usize,
    names: Names<'p>,
    /// The name of the last start tag: that of the end tag that ends raw content.
    last_start: LocalName,
}

impl<'p, Sink: TokenSink> Cutter<'p, Sink> {
    fn run(&mut self) {
        let mut content = Content::Markup;
        while self.at < self.text.len() {
            content = match content {
                Content::Markup => self.markup(),
                Content::Raw(kind) => self.raw(kind),
                Content::Plain => {
                    self.give_kept(self.at..self.text.len());
                    self.at = self.text.len();
                    Content::Markup
                }
            };
        }
        self.give(Token::EOFToken);
        self.sink.end();
    }

    /// Text up to the next markup, and that. Data, tag open and end tag open states.
    fn markup(&mut self) -> Content {
        let open = next_markup(self.text.as_bytes(), self.at);
        self.give_text(self.at..open);
        self.at = open;
        let after = self.byte(open + 2);
        match self.byte(open + 1) {
            None => Content::Markup,
            Some(b'!') => self.declaration(open + 2),
            Some(b'?') => self.bogus_comment(open + 1),
            Some(b'/') if after == Some(b'>') => {
                self.at = open + 3;
                Content::Markup
            }
            Some(b'/') if after.is_some_and(|byte| byte.is_ascii_alphabetic()) => {
                self.tag(EndTag, open + 2)
            }
            Some(b'/') => self.bogus_comment(open + 2),
            Some(_) => self.tag(StartTag, open + 1),
        }
    }

    /// Text up to the end tag of the element, and that tag. RCDATA, RAWTEXT and script data states.
    fn raw(&mut self, kind: RawKind) -> Content {
        let bytes = self.text.as_bytes();
        let end = match kind {
            RawKind::ScriptData | RawKind::ScriptDataEscaped(_) => script_end(bytes, self.at),
            RawKind::Rcdata | RawKind::Rawtext => raw_end(bytes, self.at, &self.last_start),
        };
        let inside = self.at..end.unwrap_or(bytes.len());
        self.at = inside.end;
        match kind {
            RawKind::Rcdata => self.give_decoded(inside),
            _ => self.give_kept(inside),
        }
        if end.is_some() { self.tag(EndTag, self.at + 2) } else { Content::Markup }
    }

    /// A tag whose name begins at `from`. A tag that the page ends in is none.
    fn tag(&mut self, kind: TagKind, from: usize) -> Content {
        let bytes = self.text.as_bytes();
        let name_end = from + bytes[from..].iter().take_while(|byte| !ends_name(**byte)).count();
        let name = self.names.get(&self.text[from..name_end]);
        self.at = name_end;
        let mut tag = Tag {
            kind,
            name,
            self_closing: false,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
        };
        loop {
            self.at += count_blanks(&bytes[self.at..]);
            match bytes.get(self.at) {
                None => return self.nothing_more(),
                Some(b'>') => break,
                Some(b'/') => {
                    self.at += 1;
                    tag.self_closing = self.byte(self.at) == Some(b'>');
                }
                Some(_) => match self.attribute() {
                    // End tags may have attributes, but nobody may ask for them.
                    Some(attribute) if kind == StartTag => self.add(&mut tag, attribute),
                    Some(_) => {}
                    None => return self.nothing_more(),
                },
            }
        }
        self.at += 1;
        if kind == StartTag {
            self.last_start = tag.name.clone();
        }
        match self.sink.process_token(Token::TagToken(tag), 1) {
            TokenSinkResult::RawData(kind) => Content::Raw(kind),
            TokenSinkResult::Plaintext => Content::Plain,
            // Scripts are not run, and the charset was settled before.
            _ => Content::Markup,
        }
    }

    /// The page ends within a tag.
    fn nothing_more(&mut self) -> Content {
        self.at = self.text.len();
        Content::Markup
    }

    /// The attribute that begins here, as places in the text; none where the page ends in it.
    fn attribute(&mut self) -> Option<Written> {
        let bytes = self.text.as_bytes();
        let from = self.at;
        // An equals sign at the very beginning is part of the name.
        let rest = bytes[from + 1..].iter();
        self.at += 1 + rest.take_while(|byte| !ends_name(**byte) && **byte != b'=').count();
        let name = from..self.at;
        let after = self.at + count_blanks(&bytes[self.at..]);
        if bytes.get(after) != Some(&b'=') {
            return Some(Written { name, value: after..after });
        }
        self.at = after + 1;
        self.at += count_blanks(&bytes[self.at..]);
        let start = self.at;
        let value = match bytes.get(start)? {
            b'>' => start..start,
            quote @ (b'"' | b'\'') => {
                let length = memchr(*quote, &bytes[start + 1..])?;
                self.at = start + length + 2;
                start + 1..start + 1 + length
            }
            _ => {
                let ends = |byte: &u8| is_blank(*byte) || *byte == b'>';
                self.at += bytes[start..].iter().position(ends)?;
                start..self.at
            }
        };
        Some(Written { name, value })
    }

    /// Adds an attribute to a tag; of two with one name the first counts.
    fn add(&mut self, tag: &mut Tag, written: Written) {
        if tag.attrs.len() >= MAX_ATTRIBUTES {
            return;
        }
        let local = self.names.get(&self.text[written.name]);
        if tag.attrs.iter().any(|attribute| attribute.name.local == local) {
            tag.had_duplicate_attributes = true;
            return;
        }
        let value = match &self.text.as_bytes()[written.value.clone()] {
            [] => StrTendril::new(),
            value if memchr2(b'&', 0, value).is_none() => self.share(written.value),
            _ => decode(&self.text[written.value], Place::Attribute).into(),
        };
        tag.attrs.push(Attribute { name: QualName::new(None, ns!(), local), value });
    }

    /// What begins with `<!`, from what follows. Markup declaration open state.
    fn declaration(&mut self, from: usize) -> Content {
        let rest = &self.text.as_bytes()[from..];
        let is_doctype = rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype"));
        if rest.starts_with(b"--") {
            self.at = from + 2 + comment_length(&rest[2..]);
            self.give(Token::CommentToken(StrTendril::new()));
        } else if is_doctype {
            let (doctype, end) = doctype(&self.text[from + 7..]);
            self.at = from + 7 + end;
            self.give(Token::DoctypeToken(doctype));
        } else if rest.starts_with(b"[CDATA[")
            && self.sink.adjusted_current_node_present_but_not_in_html_namespace()
        {
            let inside = from + 7;
            let length = memmem::find(&rest[7..], b"]]>").unwrap_or(rest.len() - 7);
            self.give_pieces(inside..inside + length);
            self.at = (inside + length + 3).min(self.text.len());
        } else {
            return self.bogus_comment(from);
        }
        Content::Markup
    }

    /// Bogus comment state: to the next `>`, whatever stands before it.
    fn bogus_comment(&mut self, from: usize) -> Content {
        let end = memchr(b'>', &self.text.as_bytes()[from..]);
        self.at = end.map_or(self.text.len(), |length| from + length + 1);
        self.give(Token::CommentToken(StrTendril::new()));
        Content::Markup
    }

    /// Text of the page with its references decoded; U+0000 comes as a token of its own, since it
    /// depends on the place in the tree what becomes of it.
    fn give_text(&mut self, range: Range<usize>) {
        match memchr2(b'&', 0, &self.text.as_bytes()[range.clone()]) {
            None => self.give_characters(range),
            Some(_) => {
                for (number, piece) in self.text[range].split('\0').enumerate() {
                    if number > 0 {
                        self.give(Token::NullCharacterToken);
                    }
                    if !piece.is_empty() {
                        self.give(Token::CharacterTokens(decode(piece, Place::Text).into()));
                    }
                }
            }
        }
    }

    /// Text of a CDATA section: no references, U+0000 as a token of its own.
    fn give_pieces(&mut self, range: Range<usize>) {
        let mut from = range.start;
        for at in memchr::memchr_iter(0, &self.text.as_bytes()[range.clone()]) {
            self.give_characters(from..range.start + at);
            self.give(Token::NullCharacterToken);
            from = range.start + at + 1;
        }
        self.give_characters(from..range.end);
    }

    /// Text of a title or a text area: references are decoded.
    fn give_decoded(&mut self, range: Range<usize>) {
        match memchr2(b'&', 0, &self.text.as_bytes()[range.clone()]) {
            None => self.give_characters(range),
            Some(_) => {
                let decoded = decode(&self.text[range], Place::Text);
                self.give(Token::CharacterTokens(decoded.into()));
            }
        }
    }

    /// Text of a script, a style or the like, as it stands.
    fn give_kept(&mut self, range: Range<usize>) {
        match memchr(0, &self.text.as_bytes()[range.clone()]) {
            None => self.give_characters(range),
            Some(_) => {
                let kept = self.text[range].replace('\0', "\u{FFFD}");
                self.give(Token::CharacterTokens(kept.into()));
            }
        }
    }

    fn give_characters(&self, range: Range<usize>) {
        if !range.is_empty() {
            self.give(Token::CharacterTokens(self.share(range)));
        }
    }

    /// Gives a token that is no tag: the sink has nothing to say to it.
    fn give(&self, token: Token) {
        let answer = self.sink.process_token(token, 1);
        debug_assert!(matches!(answer, TokenSinkResult::Continue), "only tags change the content");
    }

    fn share(&self, range: Range<usize>) -> StrTendril {
        self.shared.subtendril(range.start as u32, range.len() as u32)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }
}

/// An attribute as it stands in the page.
struct Written {
    name: Range<usize>,
    value: Range<usize>,
}

/// Blanks between the parts of a tag; carriage returns are gone.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\x0C')
}

fn count_blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_blank(**byte)).count()
}

/// Whether a byte ends the name of a tag.
fn ends_name(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'/' | b'>')
}

/// The next `<` that begins markup, or the end: before a blank or a digit it is a character.
fn next_markup(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(step) = memchr(b'<', &bytes[at..]) {
        at += step;
        match bytes.get(at + 1) {
            Some(b'/') if at + 2 < bytes.len() => return at,
            Some(b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z') => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Where the end tag with this name begins.
fn raw_end(bytes: &[u8], from: usize, name: &str) -> Option<usize> {
    memmem::find_iter(&bytes[from..], b"</")
        .map(|at| from + at)
        .find(|at| is_word(bytes, at + 2, name))
}

/// Whether a word, in any case, and what ends a name stand at a place.
fn is_word(bytes: &[u8], from: usize, word: &str) -> bool {
    let end = from + word.len();
    bytes.get(from..end).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        && bytes.get(end).is_some_and(|byte| ends_name(*byte))
}

/// Where the end tag of a script begins. Within `<!--` and `-->` a script may hold a script, tags
/// and all, so that two end tags are needed: the script data escaped states.
fn script_end(bytes: &[u8], from: usize) -> Option<usize> {
    const SCRIPT: &str = "script";
    let mut at = from;
    loop {
        at += memchr(b'<', &bytes[at..])?;
        if bytes[at..].starts_with(b"</") && is_word(bytes, at + 2, SCRIPT) {
            return Some(at);
        }
        if !bytes[at..].starts_with(b"<!--") {
            at += 1;
            continue;
        }
        // The dashes that open a comment may close it as well: `<!-->`.
        at += 2;
        let mut within = false;
        loop {
            at += memchr2(b'<', b'-', &bytes[at..])?;
            let rest = &bytes[at..];
            if rest.starts_with(b"-->") {
                at += 3;
                break;
            }
            match (rest.starts_with(b"</"), within) {
                (true, _) if !is_word(bytes, at + 2, SCRIPT) => {}
                (true, false) => return Some(at),
                (true, true) => within = false,
                (false, _) if rest[0] == b'<' => within |= is_word(bytes, at + 1, SCRIPT),
                (false, _) => {}
            }
            at += 1;
        }
    }
}

/// Length of a comment from what follows its `<!--`, its end included. The comment states.
fn comment_length(bytes: &[u8]) -> usize {
    for abrupt in [&b">"[..], b"->"] {
        if bytes.starts_with(abrupt) {
            return abrupt.len();
        }
    }
    let mut at = 0;
    while let Some(step) = memmem::find(&bytes[at..], b"--") {
        at += step;
        for end in [&b"-->"[..], b"--!>"] {
            if bytes[at..].starts_with(end) {
                return at + end.len();
            }
        }
        at += 1;
    }
    bytes.len()
}

/// A document type from what follows `<!doctype`, and its length. It matters only in that old ones
/// switch the quirks of old browsers on. The DOCTYPE states.
fn doctype(text: &str) -> (Doctype, usize) {
    let mut doctype = Doctype::default();
    let end = memchr(b'>', text.as_bytes());
    let inside = text[..end.unwrap_or(text.len())].trim_start_matches(BLANKS);
    let (name, rest) = inside.split_at(inside.find(BLANKS).unwrap_or(inside.len()));
    if !name.is_empty() {
        doctype.name = Some(name.to_ascii_lowercase().into());
    }
    doctype.force_quirks = end.is_none() || name.is_empty();
    let rest = rest.trim_start_matches(BLANKS);
    let keyword = rest.get(..6).unwrap_or("");
    let mut identifiers = rest.get(6..).unwrap_or("");
    if keyword.eq_ignore_ascii_case("public") {
        doctype.public_id = identifier(&mut identifiers);
        doctype.force_quirks |= doctype.public_id.is_none();
        let no_more = identifiers.trim_start_matches(BLANKS).is_empty();
        if doctype.public_id.is_some() && !no_more {
            doctype.system_id = identifier(&mut identifiers);
            doctype.force_quirks |= doctype.system_id.is_none();
        }
    } else if keyword.eq_ignore_ascii_case("system") {
        doctype.system_id = identifier(&mut identifiers);
        doctype.force_quirks |= doctype.system_id.is_none();
    } else {
        doctype.force_quirks |= !rest.is_empty();
    }
    (doctype, end.map_or(text.len(), |end| end + 1))
}

const BLANKS: [char; 4] = [' ', '\n', '\t', '\x0C'];

/// Takes a quoted text off the head of what is left; none where there is none or it has no end.
fn identifier(rest: &mut &str) -> Option<StrTendril> {
    let text = rest.trim_start_matches(BLANKS);
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (identifier, after) = text[1..].split_once(quote)?;
    *rest = after;
    Some(identifier.into())
}

/// Names of tags and attributes met on this page, as html5ever keeps them: each is looked up once,
/// while it is not pushed out of its slot by another.
struct Names<'p> {
    slots: Vec<Option<Name<'p>>>,
}

struct Name<'p> {
    written: &'p str,
    local: LocalName,
}

impl Default for Names<'_> {
    fn default() -> Self {
        Names { slots: std::iter::repeat_with(|| None).take(Self::SLOTS).collect() }
    }
}

impl<'p> Names<'p> {
    const SLOTS: usize = 512;

    /// The name in lower case, U+0000 replaced.
    fn get(&mut self, written: &'p str) -> LocalName {
        let bytes = written.as_bytes();
        let middle = bytes[bytes.len() / 2];
        let ends = usize::from(bytes[0]) * 7 + usize::from(bytes[bytes.len() - 1]) * 31;
        let slot = (ends + usize::from(middle) * 113 + bytes.len() * 17) % Self::SLOTS;
        match &self.slots[slot] {
            Some(name) if name.written == written => name.local.clone(),
            _ => {
                let local = LocalName::from(lower(written));
                self.slots[slot] = Some(Name { written, local: local.clone() });
                local
            }
        }
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == 0) {
        Cow::Owned(name.to_ascii_lowercase().replace('\0', "\u{FFFD}"))
    } else {
        Cow::Borrowed(name)
    }
}
