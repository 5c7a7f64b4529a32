//! Builds a [`Dom`] with html5ever, within limits that keep hostile pages cheap.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::ElemName;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{
    ElementFlags, NodeOrText, QuirksMode, TreeBuilder, TreeBuilderOpts, TreeSink,
};
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name};

use crate::parse::dom::{Attributes, Content, Dom, Element, Entry, Given};
use crate::parse::markup::{self, MAX_ATTRIBUTES};

/// Deepest nesting that is kept; tags beyond it are left out and their text moves up. Browsers
/// stop at 512; no article has been seen beyond 120.
const MAX_DEPTH: usize = 256;
/// Most nodes that are kept; what follows is left out.
const MAX_NODES: usize = 2_000_000;
/// Most attributes that are kept of all elements together.
const MAX_KEPT_ATTRIBUTES: usize = 4_000_000;

/// A tree, and whether the limits cut something.
#[derive(Debug)]
pub(in crate::parse) struct Grown {
    pub(in crate::parse) dom: Dom,
    pub(in crate::parse) too_deep: bool,
    pub(in crate::parse) too_many: bool,
}

/// Parses a document as the HTML standard says. Never fails, never recurses.
pub(in crate::parse) fn grow(html: &str) -> Grown {
    let bounded = markup::cut(html, Bounded::new());
    let forest = bounded.builder.sink;
    let too_many = forest.full();
    Grown { dom: forest.in_document_order(), too_deep: bounded.too_deep.get(), too_many }
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
}

impl TokenSink for Bounded {
    type Handle = u32;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<u32> {
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
    fn new() -> Self {
        Bounded {
            builder: TreeBuilder::new(Forest::new(), TreeBuilderOpts::default()),
            open: RefCell::default(),
            too_deep: Cell::new(false),
        }
    }

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
fn closes_itself(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
            | local_name!("p")
            | local_name!("li")
            | local_name!("dt")
            | local_name!("dd")
            | local_name!("option")
            | local_name!("optgroup")
            | local_name!("tr")
            | local_name!("td")
            | local_name!("th")
            | local_name!("thead")
            | local_name!("tbody")
            | local_name!("tfoot")
            | local_name!("colgroup")
            | local_name!("html")
            | local_name!("head")
            | local_name!("body")
            | local_name!("rb")
            | local_name!("rt")
            | local_name!("rtc")
            | local_name!("rp")
    )
}

/// Elements whose content is not markup: left out, their content would be read as markup.
fn switches_tokenizer(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("textarea")
            | local_name!("title")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("noscript")
    )
}

/// The tree while it grows: linked nodes in the order of creation.
struct Forest {
    nodes: RefCell<Vec<Sapling>>,
    /// The attributes of all elements, those of one element together.
    attributes: RefCell<Vec<Given>>,
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
        element: Element,
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
        let forest = Forest {
            nodes: RefCell::new(Vec::with_capacity(4096)),
            attributes: RefCell::new(Vec::with_capacity(4096)),
        };
        forest.plant(Growing::Document);
        forest
    }

    fn full(&self) -> bool {
        self.nodes.borrow().len() >= MAX_NODES
            || self.attributes.borrow().len() >= MAX_KEPT_ATTRIBUTES
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

    /// Puts attributes with those of the other elements and says where they are.
    fn keep<A: Into<Given>>(&self, attributes: Vec<A>) -> Attributes {
        let mut all = self.attributes.borrow_mut();
        let from = all.len();
        all.extend(attributes.into_iter().map(Into::into));
        Attributes::at_end(&all, from)
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
                Growing::Element { element, .. } => Some(Content::Element(element)),
                Growing::Text(text) => Some(Content::Text(text)),
                Growing::Ignored => None,
            };
            let kept = content.is_some();
            if let Some(content) = content {
                let prev_entry = if prev == NONE { index } else { prev };
                entries.push(Entry::new(index, parent, prev_entry, content));
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
                    return Dom::new(entries, self.attributes.into_inner());
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

/// The name of an element of the forest.
#[derive(Debug)]
struct NameOf<'f>(Ref<'f, Element>);

impl ElemName for NameOf<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Forest {
    type Handle = u32;
    type Output = Self;
    type ElemName<'a> = NameOf<'a>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> u32 {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a u32) -> NameOf<'a> {
        let element =
            Ref::map(self.nodes.borrow(), |nodes| match &nodes[*target as usize].content {
                Growing::Element { element, .. } => element,
                _ => unreachable!("the tree builder asks only elements for their name"),
            });
        NameOf(element)
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> u32 {
        let template = if flags.template { self.plant(Growing::Ignored) } else { NONE };
        let element = Element { ns: name.ns, local: name.local, attributes: self.keep(attributes) };
        self.plant(Growing::Element { element, template })
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
        if let Growing::Element { element, .. } =
            &mut self.nodes.borrow_mut()[*target as usize].content
        {
            let mut all = self.attributes.borrow()[element.attributes.range()].to_vec();
            let present = all.len();
            for attribute in more {
                if all.len() < MAX_ATTRIBUTES
                    && all.iter().all(|known| known.name != attribute.name.local)
                {
                    all.push(attribute.into());
                }
            }
            if all.len() > present {
                element.attributes = self.keep(all);
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
    use html5ever::TokenizerResult;
    use html5ever::buffer_queue::BufferQueue;
    use html5ever::tendril::StrTendril;
    use html5ever::tokenizer::{Tokenizer, TokenizerOpts};

    use crate::parse::dom::{Content, Dom};
    use crate::parse::tree::{Bounded, grow};

    /// The same tree by html5ever's own tokenizer.
    fn grow_by_states(html: &str) -> Dom {
        // It would drop a byte-order mark after every pause, not only at the beginning.
        let html = html.strip_prefix('\u{FEFF}').unwrap_or(html);
        let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
        let tokenizer = Tokenizer::new(Bounded::new(), options);
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
        tokenizer.end();
        tokenizer.sink.builder.sink.in_document_order()
    }

    /// Everything a tree holds, a line a node.
    fn written(dom: &Dom) -> Vec<String> {
        let node = |entry: &crate::parse::dom::Entry| {
            let place = format!("{} {} {}", entry.parent, entry.end, entry.prev);
            match &entry.content {
                Content::Document => format!("{place} document"),
                Content::Text(text) => format!("{place} {:?}", &**text),
                Content::Element(element) => {
                    let given = &dom.attributes[element.attributes.range()];
                    let given: Vec<_> =
                        given.iter().map(|given| (&*given.name, &*given.value)).collect();
                    format!("{place} {:?} {:?} {given:?}", &*element.ns, &*element.local)
                }
            }
        };
        dom.nodes.iter().map(node).collect()
    }

    /// Panics where the two ways differ.
    fn check(html: &str) {
        let (ours, theirs) = (written(&grow(html).dom), written(&grow_by_states(html)));
        assert_eq!(ours, theirs, "{html:?}");
    }

    /// What changes the state of a tokenizer, whole and in parts.
    #[rustfmt::skip]
    const PIECES: &[&str] = &[
        "<", "</", "<!", "<!-", "<!--", "-", "--", "-->", "--!>", "<!-->", "<!--->", "<!---->", "--!-->", "<?", "?>", ">", "/>",
        "<p", "<p>", "</p>", "<P CLASS=A>", "<a href=\"x\"", "<a href='y' b", "<a href=/u/>", "</a>", "</a href=x>", "<b>", "</b>", "<i a=1 b=2>",
        "<i b=2 a=1>", "<br/>", "<br / >", " ", "\n", "\r\n", "\r", "\t", "\x0C", "\0", "=", "==", "\"", "'", "a", "x=1", "x=2", " x", "X='&lt;'", "ü", "漢",
        "&", "&amp;", "&amp", "&notin;", "&notit;", "&not", "&copy=", "&copy;", "&#", "&#x", "&#65;", "&#x41", "&#0;", "&#128;", "&#xD800;", "&#99999999999;", "&CounterClockwiseContourIntegral;",
        "&ampamp;", ";", "<script>", "<script ", "<SCRIPT>", "</script", "</script>", "</script >", "</script/>", "</scriptx>", "</ script>", "<!--<script>", "</SCRIPT\n>",
        "<style>", "</style>", "<title>", "</title>", "</titl", "<textarea>\n", "</textarea>", "<xmp>", "</xmp>", "<iframe>", "</iframe>", "<noscript>", "</noscript>",
        "<noembed>", "</noembed>", "<noframes>", "</noframes>", "<pre>\n", "<plaintext>", "<svg>", "<svg viewBox=1 xlink:href=a>", "</svg>", "<math>", "</math>", "<mi>", "<foreignObject>", "<desc>",
        "<![CDATA[", "]]>", "]]", "]", "<table>", "<tr>", "<td>", "</td>", "</table>", "<select>", "<option>", "</select>", "<template>", "</template>",
        "<frameset>", "<frame>", "</frameset>", "<body a=1>", "<body b=2 a=3>", "<html c=1>", "</body>", "</html>", "<head>", "</head>", "<meta charset=utf-8>", "<input type=hidden>",
        "<!doctype html>", "<!DOCTYPE>", "<!doctype html public '-//W3C//DTD HTML 3.2//EN'>", "<!doctype x SYSTEM \"y\" z>", "<!doctype html public \"a>", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">", "<form>", "<button>", "<h1>", "</h2>", "<li>", "<ul>", "</ul>", "<font color=red>", "<image>", "<\0>", "<a\0b c\0d='e\0f'>", "<custom-a data-B=c>", "\u{feff}",
    ];

    #[test]
    fn the_tree_is_that_of_html5ever_s_own_tokenizer() {
        for piece in PIECES {
            check(piece);
            for other in PIECES {
                check(&format!("{piece}{other}"));
            }
        }
        let mut state = 88_172_645_463_325_252_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as usize % below
        };
        for _ in 0..4_000 {
            let pieces = 3 + random(20);
            let html: String = (0..pieces).map(|_| PIECES[random(PIECES.len())]).collect();
            check(&html);
        }
    }

    #[test]
    fn hostile_tags_cost_little() {
        let distinct: String = (0..200_000).map(|n| format!("a{n}=b ")).collect();
        let bodies: String = (0..20_000).map(|n| format!("<body b{n}>")).collect();
        let formats: String = (0..200).map(|n| format!("<b {}>", &distinct[..n + 2_000])).collect();
        for html in [
            format!("<p {distinct}>x"),
            format!("<p title='{}'>x", " '\" /".repeat(500_000)),
            bodies,
            formats + &"<p>x".repeat(10_000),
            "<".repeat(1_000_000),
            "<!--".repeat(300_000),
            "<script><!--".repeat(100_000),
            "&".repeat(1_000_000),
            "</a ".repeat(300_000),
        ] {
            let grown = grow(&html);
            assert!(grown.dom.attributes.len() <= 5_000_000);
        }
    }
}
