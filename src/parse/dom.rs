//! The HTML tree as everyone else sees it: a flat list of nodes in document order.
//!
//! html5ever builds the tree as browsers do; [`Dom`] keeps it in one list where every node knows
//! its parent and where its subtree ends, so a subtree is a range of the list, nothing recurses,
//! and dropping a page of a hundred thousand nested tags is dropping one vector.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, local_name, ns};

use crate::parse::selector::Selector;
use crate::text::quick_hash::QuickMap;

/// A parsed document. Node 0 is the document itself.
pub struct Dom {
    pub(in crate::parse) nodes: Vec<Entry>,
    /// The attributes of all elements, those of one element together.
    pub(in crate::parse) attributes: Vec<Given>,
    /// The attributes that are the first with their list of classes; see [`Node::class_number`].
    classes: Vec<u32>,
}

/// One node of the list.
pub(in crate::parse) struct Entry {
    /// Index of the parent; the document is its own parent.
    pub(in crate::parse) parent: u32,
    /// One past the last node of the subtree.
    pub(in crate::parse) end: u32,
    /// Index of the previous sibling, or the node's own index where there is none.
    pub(in crate::parse) prev: u32,
    /// The number of the list of classes, 0 where there is none.
    class: u32,
    pub(in crate::parse) content: Content,
}

impl Entry {
    /// A node without anything below it yet.
    pub(in crate::parse) fn new(index: u32, parent: u32, prev: u32, content: Content) -> Self {
        Entry { parent, end: index + 1, prev, class: 0, content }
    }
}

/// What a node is.
pub(in crate::parse) enum Content {
    Document,
    Element(Element),
    Text(StrTendril),
}

/// The name of an element, and where its attributes are.
#[derive(Debug)]
pub(in crate::parse) struct Element {
    pub(in crate::parse) ns: Namespace,
    pub(in crate::parse) local: LocalName,
    pub(in crate::parse) attributes: Attributes,
}

/// A run of the list of attributes.
#[derive(Debug, Clone, Copy)]
pub(in crate::parse) struct Attributes {
    from: u32,
    count: u16,
    /// The signs of their names: most questions for an attribute end here.
    signs: u16,
}

impl Attributes {
    /// The attributes from a place of the list to its end.
    pub(in crate::parse) fn at_end(list: &[Given], from: usize) -> Self {
        let own = &list[from..];
        Attributes {
            from: from as u32,
            count: own.len() as u16,
            signs: own.iter().fold(0, |signs, given| signs | sign(&given.name)),
        }
    }

    pub(in crate::parse) fn range(self) -> Range<usize> {
        self.from as usize..self.from as usize + usize::from(self.count)
    }
}

/// One of sixteen bits for a name, such that the names most met share few.
#[inline]
fn sign(name: &str) -> u16 {
    let first = name.as_bytes().first().copied().unwrap_or(0);
    1 << ((usize::from(first) * 5 + name.len() * 3) % 16)
}

/// An attribute as the page gives it, without its namespace.
#[derive(Debug, Clone)]
pub(in crate::parse) struct Given {
    pub(in crate::parse) name: LocalName,
    pub(in crate::parse) value: StrTendril,
}

impl From<Attribute> for Given {
    fn from(attribute: Attribute) -> Self {
        Given { name: attribute.name.local, value: attribute.value }
    }
}

/// A place in a [`Dom`]: cheap to copy and to compare; ids grow in document order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The place as an index into a list with one entry per node.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node together with the tree it belongs to.
#[derive(Clone, Copy)]
pub struct Node<'dom> {
    dom: &'dom Dom,
    index: u32,
}

impl Dom {
    pub(in crate::parse) fn new(nodes: Vec<Entry>, attributes: Vec<Given>) -> Self {
        let mut dom = Dom { nodes, attributes, classes: Vec::new() };
        dom.number_classes();
        dom
    }

    /// Numbers the lists of classes: many elements bear few different ones, and whoever asks
    /// something of each list asks it once.
    fn number_classes(&mut self) {
        let mut numbers: QuickMap<&str, u32> = QuickMap::default();
        for entry in &mut self.nodes {
            let Content::Element(element) = &entry.content else { continue };
            if element.attributes.signs & sign("class") == 0 {
                continue;
            }
            let range = element.attributes.range();
            let from = range.start;
            let own = &self.attributes[range];
            let Some(at) = own.iter().position(|given| given.name == local_name!("class")) else {
                continue;
            };
            let list: &str = &own[at].value;
            if !list.is_empty() {
                entry.class = *numbers.entry(list).or_insert_with(|| {
                    self.classes.push((from + at) as u32);
                    self.classes.len() as u32
                });
            }
        }
    }

    /// The document node, above `<html>`.
    pub fn root(&self) -> Node<'_> {
        Node { dom: self, index: 0 }
    }

    /// How many nodes there are, the document included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many different lists of classes there are.
    pub fn class_lists(&self) -> usize {
        self.classes.len()
    }

    /// Whether nothing but the document node is there.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// The node at `id`.
    ///
    /// # Panics
    /// When `id` comes from another, larger tree.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        assert!(id.index() < self.nodes.len(), "a node id is used with the tree it came from");
        Node { dom: self, index: id.0 }
    }

    /// Every node, in document order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Node<'_>> + Clone {
        self.range(0, self.nodes.len())
    }

    /// Every element that matches, in document order.
    pub fn select<'dom>(
        &'dom self,
        selector: &'dom Selector,
    ) -> impl Iterator<Item = Node<'dom>> + 'dom {
        self.root().select(selector)
    }

    /// Every element with this tag name, in document order.
    pub fn elements<'dom>(&'dom self, tag: &str) -> impl Iterator<Item = Node<'dom>> + use<'dom> {
        // Names are interned: one look-up here saves comparing text at every node.
        let name = LocalName::from(tag);
        self.iter().filter(move |node| node.local_name() == Some(&name))
    }

    fn range(&self, from: usize, to: usize) -> impl DoubleEndedIterator<Item = Node<'_>> + Clone {
        (from..to).map(move |index| Node { dom: self, index: index as u32 })
    }
}

impl<'dom> Node<'dom> {
    pub fn id(self) -> NodeId {
        NodeId(self.index)
    }

    /// The tree this node belongs to.
    pub fn dom(self) -> &'dom Dom {
        self.dom
    }

    /// The tag name in lower case; empty for text and the document.
    pub fn tag(self) -> &'dom str {
        match &self.entry().content {
            Content::Element(element) => &element.local,
            _ => "",
        }
    }

    pub fn is_element(self) -> bool {
        matches!(self.entry().content, Content::Element(_))
    }

    /// The characters of a text node, as they stand; none for elements.
    pub fn characters(self) -> Option<&'dom str> {
        match &self.entry().content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An attribute's value, entities decoded.
    pub fn attr(self, name: &str) -> Option<&'dom str> {
        let Content::Element(element) = &self.entry().content else { return None };
        if element.attributes.signs & sign(name) == 0 {
            return None;
        }
        self.attributes().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Every attribute with its value, in the order of the page.
    pub fn attributes(self) -> impl Iterator<Item = (&'dom str, &'dom str)> {
        let given = match &self.entry().content {
            Content::Element(element) => &self.dom.attributes[element.attributes.range()],
            _ => &[],
        };
        given.iter().map(|given| (&*given.name, &*given.value))
    }

    /// The `id` attribute, or empty.
    pub fn html_id(self) -> &'dom str {
        self.attr("id").unwrap_or("")
    }

    /// The `class` attribute as it stands, or empty.
    pub fn class(self) -> &'dom str {
        match self.class_number() {
            0 => "",
            number => &self.dom.attributes[self.dom.classes[number - 1] as usize].value,
        }
    }

    /// The number of the node's list of classes, up to [`Dom::class_lists`]; 0 where it has none.
    /// Elements with the same `class` attribute have the same number.
    pub fn class_number(self) -> usize {
        self.entry().class as usize
    }

    pub fn parent(self) -> Option<Node<'dom>> {
        (self.index != 0).then(|| self.at(self.entry().parent))
    }

    /// Parents, nearest first, the document last.
    pub fn ancestors(self) -> impl Iterator<Item = Node<'dom>> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// Children in order, text included.
    pub fn children(self) -> impl Iterator<Item = Node<'dom>> {
        std::iter::successors(self.first_child(), |node| node.next_sibling())
    }

    /// Everything below, in document order.
    pub fn descendants(self) -> impl DoubleEndedIterator<Item = Node<'dom>> + Clone {
        self.dom.range(self.index as usize + 1, self.entry().end as usize)
    }

    pub fn first_child(self) -> Option<Node<'dom>> {
        (self.index + 1 < self.entry().end).then(|| self.at(self.index + 1))
    }

    pub fn next_sibling(self) -> Option<Node<'dom>> {
        let end = self.entry().end;
        (self.index != 0 && end < self.at(self.entry().parent).entry().end).then(|| self.at(end))
    }

    pub fn prev_sibling(self) -> Option<Node<'dom>> {
        let prev = self.entry().prev;
        (prev != self.index).then(|| self.at(prev))
    }

    /// One past the last node of the subtree: `id() < x.id() < end()` for every descendant `x`.
    pub fn end(self) -> NodeId {
        NodeId(self.entry().end)
    }

    /// Whether `other` is this node or stands below it.
    pub fn contains(self, other: Node<'_>) -> bool {
        self.index <= other.index && other.index < self.entry().end
    }

    /// Elements below that match, in document order.
    pub fn select(self, selector: &'dom Selector) -> impl Iterator<Item = Node<'dom>> + use<'dom> {
        let mut matcher = selector.matcher();
        self.descendants().filter(move |node| node.is_element() && matcher.matches(*node))
    }

    /// The text of the subtree: runs of white space become one space, the ends are trimmed, the
    /// contents of scripts and styles are left out, and block elements and `<br>` part words.
    pub fn text(self) -> String {
        let mut text = String::new();
        let mut skip_to = 0;
        for node in std::iter::once(self).chain(self.descendants()) {
            if node.index < skip_to {
                continue;
            }
            match node.characters() {
                Some(characters) => push_squeezed(&mut text, characters),
                None if is_unseen(node.tag()) => skip_to = node.entry().end,
                None if !is_inline(node.tag()) => push_squeezed(&mut text, " "),
                None => {}
            }
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// The raw characters of the subtree joined without change: for `<script>` and `<title>`.
    pub fn raw_text(self) -> Cow<'dom, str> {
        let mut texts =
            std::iter::once(self).chain(self.descendants()).filter_map(Node::characters);
        let first = texts.next().unwrap_or("");
        match texts.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
        }
    }

    pub(in crate::parse) fn entry(self) -> &'dom Entry {
        &self.dom.nodes[self.index as usize]
    }

    pub(in crate::parse) fn local_name(self) -> Option<&'dom LocalName> {
        match &self.entry().content {
            Content::Element(element) => Some(&element.local),
            _ => None,
        }
    }

    pub(in crate::parse) fn namespace(self) -> Option<&'dom Namespace> {
        match &self.entry().content {
            Content::Element(element) => Some(&element.ns),
            _ => None,
        }
    }

    pub(in crate::parse) fn is_html(self) -> bool {
        self.namespace() == Some(&ns!(html))
    }

    fn at(self, index: u32) -> Node<'dom> {
        Node { dom: self.dom, index }
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.dom, other.dom) && self.index == other.index
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Dom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dom of {} nodes", self.nodes.len())
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.characters() {
            Some(characters) => write!(f, "#{} {characters:?}", self.index),
            None => write!(f, "#{} <{}>", self.index, self.tag()),
        }
    }
}

/// Whether an element's text is never shown: scripts, styles, templates.
pub fn is_unseen(tag: &str) -> bool {
    matches!(tag, "script" | "style" | "template" | "noscript" | "head" | "title" | "noembed")
}

/// Whether an element stands inside a line of text, so that its edges part no words.
pub fn is_inline(tag: &str) -> bool {
    matches!(
        tag,
        "a" | "abbr"
            | "acronym"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "nobr"
            | "q"
            | "rb"
            | "rp"
            | "rt"
            | "rtc"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// Appends `more` with every run of white space as one space, none at the start of `text`.
fn push_squeezed(text: &mut String, more: &str) {
    for c in more.chars() {
        if !c.is_whitespace() {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::dom::Dom;
    use crate::parse::selector::Selector;
    use crate::parse::tree;

    fn dom(html: &str) -> Dom {
        tree::grow(html).dom
    }

    #[test]
    fn equal_lists_of_classes_have_one_number() {
        let dom =
            dom("<p class='a b'>x<b class=a>y</b><i class>z</i><u id=a>v</u><p class='a b'>w");
        let numbers: Vec<(&str, usize)> = dom
            .iter()
            .filter(|node| ["p", "b", "i", "u"].contains(&node.tag()))
            .map(|node| (node.class(), node.class_number()))
            .collect();
        assert_eq!(numbers, [("a b", 1), ("a", 2), ("", 0), ("", 0), ("a b", 1)]);
        assert_eq!(dom.class_lists(), 2);
    }

    /// The tree as nested brackets, to compare whole shapes.
    fn shape(dom: &Dom) -> String {
        let mut shape = String::new();
        let mut open: Vec<u32> = Vec::new();
        for node in dom.iter().skip(1) {
            while open.last().is_some_and(|end| *end <= node.id().0) {
                open.pop();
                shape.push(')');
            }
            match node.characters() {
                Some(text) => shape.push_str(text),
                None => {
                    shape.push_str(node.tag());
                    shape.push('(');
                    open.push(node.end().0);
                }
            }
        }
        shape.extend(open.iter().map(|_| ')'));
        shape
    }

    #[test]
    fn trees_are_those_of_browsers() {
        let cases = [
            ("a", "html(head()body(a))"),
            ("<p>a<p>b", "html(head()body(p(a)p(b)))"),
            ("<p>a<!-- c -->b</p>", "html(head()body(p(ab)))"),
            ("<table>x<tr><td>y</table>", "html(head()body(xtable(tbody(tr(td(y))))))"),
            ("<b><p>x</b>y", "html(head()body(b()p(b(x)y)))"),
            ("<template><p>x</p></template>y", "html(head(template())body(y))"),
            ("<title>a</title><p>b", "html(head(title(a))body(p(b)))"),
        ];
        for (html, expected) in cases {
            assert_eq!(shape(&dom(html)), expected, "{html}");
        }
    }

    #[test]
    fn every_node_knows_its_neighbours() {
        let dom = dom("<ul><li>a<li><b>b</b>c</ul><p>d");
        for node in dom.iter() {
            let mut prev = None;
            for child in node.children() {
                assert_eq!(child.parent(), Some(node));
                assert_eq!(child.prev_sibling(), prev);
                assert!(node.contains(child));
                prev = Some(child);
            }
            assert_eq!(prev.and_then(|last| last.next_sibling()), None);
        }
    }

    #[test]
    fn text_is_what_a_reader_sees() {
        let cases = [
            ("<p> a  b\n c </p>", "a b c"),
            ("<p>a<b>b</b>c", "abc"),
            ("<div>a<br>b<p>c</p></div>", "a b c"),
            ("<p>a<script>x</script><style>y</style>b</p>", "ab"),
        ];
        for (html, expected) in cases {
            assert_eq!(dom(html).root().text(), expected, "{html}");
        }
    }

    #[test]
    fn selectors_find_elements_in_order() {
        let html = "<div class='a x'><p id=1>A</p><p>B</p></div><p class=lead>C</p>";
        let cases = [
            ("p", "A B C"),
            ("div.a > p", "A B"),
            (".lead, #\\31 ", "A C"),
            ("p:nth-child(2)", "B C"),
            ("p:not(.lead)", "A B"),
            ("div:has(p) + p", "C"),
            ("[class~=x] p:first-of-type", "A"),
        ];
        let dom = dom(html);
        for (css, expected) in cases {
            let selector = Selector::parse(css).unwrap();
            let found: Vec<String> = dom.select(&selector).map(|node| node.text()).collect();
            assert_eq!(found.join(" "), expected, "{css}");
        }
    }

    #[test]
    fn a_selector_that_is_none_is_named() {
        let error = Selector::parse("p > > a").unwrap_err();
        assert!(error.to_string().contains("p > > a"), "{error}");
    }

    #[test]
    fn a_tag_of_a_hundred_thousand_attributes_costs_little() {
        for attribute in ["a{} ", "a{}=b ", "a{}=\">\" ", "a{}='ü' ", "/ä{} "] {
            let many: String =
                (0..100_000).map(|n| attribute.replace("{}", &n.to_string())).collect();
            let dom = dom(&format!("<p>x<p {many}>y</p>z"));
            let text = dom.root().text();
            assert!(text.starts_with("x") && text.ends_with('z'), "{attribute}");
            assert!(dom.iter().all(|node| node.attributes().count() <= 600));
        }
    }

    #[test]
    fn deep_and_wild_nesting_is_bounded() {
        let scripts = "<div>".repeat(600) + &"<script>a</script><p>b<style>c</style>".repeat(9);
        for html in [
            scripts,
            "<div>".repeat(100_000),
            "<b><p>".repeat(50_000),
            "<i a=b>x<p>".repeat(20_000),
        ] {
            let grown = tree::grow(&format!("{html}end"));
            assert!(grown.dom.root().text().ends_with("end"));
            let deepest = grown.dom.iter().last().unwrap().ancestors().count();
            assert!(deepest < 2000, "{deepest}");
        }
    }
}
