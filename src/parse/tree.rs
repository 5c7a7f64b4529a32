//! Builds a [`Dom`] with html5ever, within limits that keep hostile pages cheap.

use std::cell::{Cell, Ref, RefCell};

use std::borrow::Cow;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{
    ElementFlags, NodeOrText, QuirksMode, TreeBuilder, TreeBuilderOpts, TreeSink,
};
use html5ever::{Attribute, LocalName, QualName, TokenizerResult};

use crate::parse::dom::{Content, Dom, Entry};

/// Deepest nesting that is kept; tags beyond it are left out and their text moves up. Browsers
/// stop at 512; no article has been seen beyond 120.
const MAX_DEPTH: usize = 256;
/// Most nodes that are kept; what follows is left out.
const MAX_NODES: usize = 2_000_000;
/// Bytes given to the tokenizer at once.
const PIECE: usize = 16 << 10;
/// What a page may cost in tags without end: the squares of their separators, summed. The worst
/// page within it takes four seconds; an ordinary one of 1 MB stays below a ten-thousandth.
const MAX_TAG_COST: u64 = 20_000_000_000;

/// Most attributes of a tag, about; those beyond are left out.
const MAX_ATTRIBUTES: usize = 500;

/// A tree, and whether the limits cut something.
#[derive(Debug)]
pub(in crate::parse) struct Grown {
    pub(in crate::parse) dom: Dom,
    pub(in crate::parse) too_deep: bool,
    pub(in crate::parse) too_many: bool,
}

/// Parses a document as the HTML standard says. Never fails, never recurses.
pub(in crate::parse) fn grow(html: &str) -> Grown {
    let builder = TreeBuilder::new(Forest::new(), TreeBuilderOpts::default());
    let bounded = Bounded {
        builder,
        open: RefCell::default(),
        too_deep: Cell::new(false),
        tokens: Cell::new(0),
    };
    let tokenizer = Tokenizer::new(bounded, TokenizerOpts::default());
    let all_read = feed(&tokenizer, &bound_attributes(html));
    tokenizer.end();
    let Bounded { builder, too_deep, .. } = tokenizer.sink;
    let forest = builder.sink;
    let too_many = forest.full() || !all_read;
    Grown { dom: forest.in_document_order(), too_deep: too_deep.get(), too_many }
}

/// Cuts tags after [`MAX_ATTRIBUTES`]: html5ever compares each attribute with all before it.
fn bound_attributes(html: &str) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut bounded = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(open) = bytes[at..].iter().position(|byte| *byte == b'<') {
        at += open + 1;
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let tag = tag_end(bytes, at);
        if let Some(excess) = tag.excess {
            bounded.push_str(&html[copied..excess]);
            copied = tag.end;
        }
        at = tag.end;
    }
    if bounded.is_empty() {
        return Cow::Borrowed(html);
    }
    bounded.push_str(&html[copied..]);
    Cow::Owned(bounded)
}

/// Where a tag ends, and where its first attribute too many begins.
struct TagEnd {
    end: usize,
    excess: Option<usize>,
}

/// Follows a tag from its name to its `>`, over quoted values, as the tokenizer will.
fn tag_end(bytes: &[u8], from: usize) -> TagEnd {
    let mut attributes = 0;
    let mut excess = None;
    let mut at = from;
    let mut last = b' ';
    while at < bytes.len() {
        match bytes[at] {
            b'>' => break,
            quote @ (b'"' | b'\'') if last == b'=' => {
                let rest = &bytes[at + 1..];
                at += 1 + rest.iter().position(|byte| *byte == quote).unwrap_or(rest.len());
                last = b' ';
                attributes += 1;
            }
            byte if byte.is_ascii_whitespace() => {
                // White space around the equals sign belongs to the attribute.
                last = if last == b'=' { b'=' } else { b' ' };
            }
            byte => {
                attributes += usize::from(last == b' ' || byte == b'/');
                last = byte;
            }
        }
        if attributes > MAX_ATTRIBUTES
            && excess.is_none()
            && at < bytes.len()
            && bytes[at].is_ascii()
        {
            excess = Some(at + usize::from(last == b' ')).filter(|at| *at <= bytes.len());
        }
        at += 1;
    }
    TagEnd { end: at.min(bytes.len()), excess }
}

/// Tokenizes piece by piece; false where the rest was left out.
///
/// html5ever compares each attribute of a tag with all before it, so one tag of megabytes would
/// cost quadratic time. A tag shows itself only when it ends: until then no token comes, and what
/// could part its attributes is counted.
fn feed(tokenizer: &Tokenizer<Bounded>, html: &str) -> bool {
    let input = BufferQueue::default();
    let (mut cost, mut separators, mut tokens) = (0_u64, 0_u64, 0_u64);
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = after;
        input.push_back(StrTendril::from_slice(piece));
        // The tokenizer pauses at the end of a script and at a charset declaration; neither matters.
        while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
        let before = separators * separators;
        if tokenizer.sink.tokens.get() != tokens {
            (tokens, separators) = (tokenizer.sink.tokens.get(), 0);
            continue;
        }
        let parts = |byte: &u8| byte.is_ascii_whitespace() || b"\"'/".contains(byte);
        separators += piece.bytes().filter(|byte| parts(byte)).count() as u64;
        cost += separators * separators - before;
        if MAX_TAG_COST < cost {
            return false;
        }
    }
    true
}

/// Stands between tokenizer and tree builder and leaves out the tags that would nest too deep.
///
/// html5ever looks through the whole stack of open elements at many tags, so unbounded nesting
/// costs quadratic time.
struct Bounded {
    builder: TreeBuilder<u32, Forest>,
    /// Names of the open elements that need an end tag.
    open: RefCell<Vec<LocalName>>,
    too_deep: Cell<bool>,
    /// How many tokens have come.
    tokens: Cell<u64>,
}

impl TokenSink for Bounded {
    type Handle = u32;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<u32> {
        self.tokens.set(self.tokens.get() + 1);
        if let TagToken(tag) = &token
            && !self.admits(tag)
        {
            return TokenSinkResult::Continue;
        }
        if self.builder.sink.full() && !matches!(token, Token::EOFToken) {
            return TokenSinkResult::Continue;
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

impl Bounded {
    /// Counts the tag and says whether it may pass.
    fn admits(&self, tag: &Tag) -> bool {
        if closes_itself(&tag.name) || tag.self_closing {
            return true;
        }
        let mut open = self.open.borrow_mut();
        if tag.kind == StartTag {
            open.push(tag.name.clone());
            let fits = open.len() <= MAX_DEPTH || switches_tokenizer(&tag.name);
            self.too_deep.set(self.too_deep.get() || !fits);
            // Names beyond twice the depth are not worth remembering either.
            open.truncate(2 * MAX_DEPTH);
            fits
        } else {
            // The end of an element without markup always passes: the tokenizer has already left it.
            let needed = switches_tokenizer(&tag.name);
            match open.iter().rposition(|name| *name == tag.name) {
                Some(place) => {
                    open.truncate(place);
                    place < MAX_DEPTH || needed
                }
                None => open.len() < MAX_DEPTH || needed,
            }
        }
    }
}

/// Void elements, and those whose end tag may be left out: they cannot nest without another
/// element between.
fn closes_itself(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "p"
            | "li"
            | "dt"
            | "dd"
            | "option"
            | "optgroup"
            | "tr"
            | "td"
            | "th"
            | "thead"
            | "tbody"
            | "tfoot"
            | "colgroup"
            | "html"
            | "head"
            | "body"
            | "rb"
            | "rt"
            | "rtc"
            | "rp"
    )
}

/// Elements whose content is not markup: left out, their content would be read as markup.
fn switches_tokenizer(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "textarea"
            | "title"
            | "xmp"
            | "iframe"
            | "noembed"
            | "noframes"
            | "noscript"
    )
}

/// The tree while it grows: linked nodes in the order of creation.
struct Forest {
    nodes: RefCell<Vec<Sapling>>,
}

struct Sapling {
    parent: u32,
    first: u32,
    last: u32,
    prev: u32,
    next: u32,
    content: Growing,
}

enum Growing {
    Document,
    Element {
        name: QualName,
        attributes: Vec<Attribute>,
        template: u32,
    },
    Text(StrTendril),
    /// Comments, processing instructions and the contents of templates: never read.
    Ignored,
}

/// No node.
const NONE: u32 = u32::MAX;
const DOCUMENT: u32 = 0;

impl Forest {
    fn new() -> Self {
        let forest = Forest { nodes: RefCell::new(Vec::with_capacity(4096)) };
        forest.plant(Growing::Document);
        forest
    }

    fn full(&self) -> bool {
        self.nodes.borrow().len() >= MAX_NODES
    }

    fn plant(&self, content: Growing) -> u32 {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Sapling {
            parent: NONE,
            first: NONE,
            last: NONE,
            prev: NONE,
            next: NONE,
            content,
        });
        u32::try_from(nodes.len() - 1).expect("the token filter stops far below 2^32 nodes")
    }

    /// Lays the tree out in document order; nodes cut loose on the way are dropped.
    fn in_document_order(self) -> Dom {
        let mut nodes = self.nodes.into_inner();
        let mut entries: Vec<Entry> = Vec::with_capacity(nodes.len());
        // Where the walk is: the sapling, and the entry of its parent.
        let mut sapling = DOCUMENT;
        let mut parent = 0_u32;
        let mut prev = NONE;
        loop {
            let index = entries.len() as u32;
            let node = &mut nodes[sapling as usize];
            let content = match std::mem::replace(&mut node.content, Growing::Ignored) {
                Growing::Document => Some(Content::Document),
                Growing::Element { name, attributes, .. } => {
                    Some(Content::Element { name, attributes })
                }
                Growing::Text(text) => Some(Content::Text(text)),
                Growing::Ignored => None,
            };
            let kept = content.is_some();
            if let Some(content) = content {
                let prev_entry = if prev == NONE { index } else { prev };
                entries.push(Entry { parent, end: index + 1, prev: prev_entry, content });
                if node.first != NONE {
                    sapling = node.first;
                    parent = index;
                    prev = NONE;
                    continue;
                }
            }
            // Up to the next sibling of the nearest ancestor that has one, closing on the way.
            let mut closed = if kept { index } else { NONE };
            loop {
                if closed != NONE {
                    entries[closed as usize].end = entries.len() as u32;
                    prev = closed;
                }
                if sapling == DOCUMENT {
                    return Dom { nodes: entries };
                }
                let next = nodes[sapling as usize].next;
                if next != NONE {
                    sapling = next;
                    break;
                }
                sapling = nodes[sapling as usize].parent;
                closed = parent;
                parent = entries[parent as usize].parent;
            }
        }
    }
}

/// Links among saplings; all take and leave a consistent tree.
fn detach(nodes: &mut [Sapling], node: u32) {
    let Sapling { parent, prev, next, .. } = nodes[node as usize];
    if parent == NONE {
        return;
    }
    match prev {
        NONE => nodes[parent as usize].first = next,
        prev => nodes[prev as usize].next = next,
    }
    match next {
        NONE => nodes[parent as usize].last = prev,
        next => nodes[next as usize].prev = prev,
    }
    let loose = &mut nodes[node as usize];
    (loose.parent, loose.prev, loose.next) = (NONE, NONE, NONE);
}

/// Puts a loose node before `sibling`, or at the end of `parent` where `sibling` is `NONE`.
fn attach(nodes: &mut [Sapling], parent: u32, sibling: u32, node: u32) {
    let prev = match sibling {
        NONE => nodes[parent as usize].last,
        sibling => nodes[sibling as usize].prev,
    };
    match prev {
        NONE => nodes[parent as usize].first = node,
        prev => nodes[prev as usize].next = node,
    }
    match sibling {
        NONE => nodes[parent as usize].last = node,
        sibling => nodes[sibling as usize].prev = node,
    }
    let placed = &mut nodes[node as usize];
    (placed.parent, placed.prev, placed.next) = (parent, prev, sibling);
}

impl Forest {
    /// Inserts before `sibling` (`NONE` for the end of `parent`), joining neighbouring text.
    fn insert(&self, parent: u32, sibling: u32, child: NodeOrText<u32>) {
        match child {
            NodeOrText::AppendNode(node) => {
                let mut nodes = self.nodes.borrow_mut();
                detach(&mut nodes, node);
                attach(&mut nodes, parent, sibling, node);
            }
            NodeOrText::AppendText(text) => {
                let before = {
                    let nodes = self.nodes.borrow();
                    match sibling {
                        NONE => nodes[parent as usize].last,
                        sibling => nodes[sibling as usize].prev,
                    }
                };
                if before != NONE
                    && let Growing::Text(present) =
                        &mut self.nodes.borrow_mut()[before as usize].content
                {
                    present.push_tendril(&text);
                    return;
                }
                let node = self.plant(Growing::Text(text));
                attach(&mut self.nodes.borrow_mut(), parent, sibling, node);
            }
        }
    }
}

impl TreeSink for Forest {
    type Handle = u32;
    type Output = Self;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> u32 {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a u32) -> Ref<'a, QualName> {
        Ref::map(self.nodes.borrow(), |nodes| match &nodes[*target as usize].content {
            Growing::Element { name, .. } => name,
            _ => unreachable!("the tree builder asks only elements for their name"),
        })
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> u32 {
        let template = if flags.template { self.plant(Growing::Ignored) } else { NONE };
        self.plant(Growing::Element { name, attributes, template })
    }

    fn create_comment(&self, _text: StrTendril) -> u32 {
        self.plant(Growing::Ignored)
    }

    fn create_pi(&self, _target: StrTendril, _content: StrTendril) -> u32 {
        self.plant(Growing::Ignored)
    }

    fn append(&self, parent: &u32, child: NodeOrText<u32>) {
        self.insert(*parent, NONE, child);
    }

    fn append_based_on_parent_node(&self, element: &u32, prev: &u32, child: NodeOrText<u32>) {
        let has_parent = self.nodes.borrow()[*element as usize].parent != NONE;
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(prev, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &u32) -> u32 {
        match self.nodes.borrow()[*target as usize].content {
            Growing::Element { template, .. } if template != NONE => template,
            _ => *target,
        }
    }

    fn same_node(&self, x: &u32, y: &u32) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &u32, node: NodeOrText<u32>) {
        let parent = self.nodes.borrow()[*sibling as usize].parent;
        if parent != NONE {
            self.insert(parent, *sibling, node);
        }
    }

    fn add_attrs_if_missing(&self, target: &u32, more: Vec<Attribute>) {
        if let Growing::Element { attributes, .. } =
            &mut self.nodes.borrow_mut()[*target as usize].content
        {
            for attribute in more {
                if attributes.iter().all(|present| present.name != attribute.name) {
                    attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &u32) {
        detach(&mut self.nodes.borrow_mut(), *target);
    }

    fn reparent_children(&self, node: &u32, new_parent: &u32) {
        let mut nodes = self.nodes.borrow_mut();
        let mut child = nodes[*node as usize].first;
        while child != NONE {
            let next = nodes[child as usize].next;
            detach(&mut nodes, child);
            attach(&mut nodes, *new_parent, NONE, child);
            child = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::tree::grow;

    #[test]
    fn a_tag_without_end_ends_the_page_and_a_long_one_does_not() {
        for (blanks, cut) in [(20_000, false), (200_000, true)] {
            let html = format!("<p>before<p title='{}'>after", " ".repeat(blanks));
            let grown = grow(&html);
            assert_eq!(grown.too_many, cut, "{blanks} blanks");
            let texts: String = grown.dom.iter().filter_map(|node| node.characters()).collect();
            assert_eq!(texts, if cut { "before" } else { "beforeafter" });
        }
    }
}
