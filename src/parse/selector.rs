//! CSS selectors over a [`Dom`](crate::parse::dom::Dom), compiled once and used on many pages.

use std::fmt;

use cssparser::ToCss;
use html5ever::{LocalName, Namespace};
use precomputed_hash::PrecomputedHash;
use selectors::attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint};
use selectors::bloom::BloomFilter;
use selectors::context::{
    MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode, SelectorCaches,
};
use selectors::matching::{self, ElementSelectorFlags, MatchingContext};
use selectors::parser::{self, ParseRelative, SelectorList, SelectorParseErrorKind};
use selectors::{Element, OpaqueElement};

use crate::parse::dom::Node;

/// A compiled CSS selector list, as in `main article p, .lead`.
#[derive(Clone)]
pub struct Selector {
    source: String,
    list: SelectorList<Rules>,
}

/// The text is no CSS selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{selector:?} is no CSS selector: {why}")]
pub struct SelectorError {
    pub selector: String,
    pub why: String,
}

impl Selector {
    /// Compiles a selector list.
    ///
    /// # Errors
    /// When `selector` is not valid CSS; the message names it and the place that offends.
    pub fn parse(selector: &str) -> Result<Self, SelectorError> {
        let mut input = cssparser::Parser::new(selector);
        SelectorList::parse(&Grammar, &mut input, ParseRelative::No)
            .map(|list| Selector { source: selector.to_owned(), list })
            .map_err(|error| SelectorError {
                selector: selector.to_owned(),
                why: format!("{:?}", error.kind),
            })
    }

    /// Whether this element matches.
    pub fn matches(&self, node: Node<'_>) -> bool {
        self.matcher().matches(node)
    }

    /// A matcher that remembers sibling counts between the elements of one page.
    pub(in crate::parse) fn matcher(&self) -> Matcher<'_> {
        Matcher { selector: self, caches: SelectorCaches::default() }
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({:?})", self.source)
    }
}

/// A selector at work on one page.
pub(in crate::parse) struct Matcher<'s> {
    selector: &'s Selector,
    caches: SelectorCaches,
}

impl Matcher<'_> {
    pub(in crate::parse) fn matches(&mut self, node: Node<'_>) -> bool {
        if !node.is_element() {
            return false;
        }
        let candidate = Candidate(node);
        let mut context = MatchingContext::new(
            MatchingMode::Normal,
            None,
            &mut self.caches,
            QuirksMode::NoQuirks,
            NeedsSelectorFlags::No,
            MatchingForInvalidation::No,
        );
        self.selector
            .list
            .slice()
            .iter()
            .any(|selector| matching::matches_selector(selector, 0, None, &candidate, &mut context))
    }
}

/// What of CSS we accept: everything structural, no states such as `:hover`.
struct Grammar;

impl parser::Parser<'_> for Grammar {
    type Impl = Rules;
    type Error = SelectorParseErrorKind;

    fn parse_is_and_where(&self) -> bool {
        true
    }

    fn parse_has(&self) -> bool {
        true
    }
}

/// The types the `selectors` crate works with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rules;

impl parser::SelectorImpl for Rules {
    type AttrValue = Value;
    type Identifier = Name;
    type LocalName = Name;
    type NamespacePrefix = Name;
    type NamespaceUrl = Namespace;
    type BorrowedNamespaceUrl = Namespace;
    type BorrowedLocalName = Name;
    type NonTSPseudoClass = Never;
    type PseudoElement = Never;
    type ExtraMatchingData<'a> = ();
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Value(String);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value(text.to_owned())
    }
}

impl AsRef<str> for Value {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl ToCss for Value {
    fn to_css<W: fmt::Write>(&self, to: &mut W) -> fmt::Result {
        cssparser::serialize_string(&self.0, to)
    }
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Name(LocalName);

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Name(LocalName::from(text))
    }
}

impl ToCss for Name {
    fn to_css<W: fmt::Write>(&self, to: &mut W) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl PrecomputedHash for Name {
    fn precomputed_hash(&self) -> u32 {
        self.0.precomputed_hash()
    }
}

/// States and pseudo-elements: none exist on a stored page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Never {}

impl ToCss for Never {
    fn to_css<W: fmt::Write>(&self, _to: &mut W) -> fmt::Result {
        match *self {}
    }
}

impl parser::NonTSPseudoClass for Never {
    fn is_active_or_hover(&self) -> bool {
        match *self {}
    }

    fn is_user_action_state(&self) -> bool {
        match *self {}
    }
}

impl parser::PseudoElement for Never {}

/// An element as the `selectors` crate looks at it.
#[derive(Debug, Clone)]
struct Candidate<'dom>(Node<'dom>);

impl Element for Candidate<'_> {
    type Impl = Rules;

    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::new(self.0.entry())
    }

    fn parent_element(&self) -> Option<Self> {
        self.0.parent().filter(|parent| parent.is_element()).map(Candidate)
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        std::iter::successors(self.0.prev_sibling(), |node| node.prev_sibling())
            .find(|node| node.is_element())
            .map(Candidate)
    }

    fn next_sibling_element(&self) -> Option<Self> {
        std::iter::successors(self.0.next_sibling(), |node| node.next_sibling())
            .find(|node| node.is_element())
            .map(Candidate)
    }

    fn first_element_child(&self) -> Option<Self> {
        self.0.children().find(|node| node.is_element()).map(Candidate)
    }

    fn is_html_element_in_html_document(&self) -> bool {
        self.0.is_html()
    }

    fn has_local_name(&self, name: &Name) -> bool {
        self.0.local_name() == Some(&name.0)
    }

    fn has_namespace(&self, namespace: &Namespace) -> bool {
        self.0.namespace() == Some(namespace)
    }

    fn is_same_type(&self, other: &Self) -> bool {
        self.0.local_name() == other.0.local_name() && self.0.namespace() == other.0.namespace()
    }

    fn attr_matches(
        &self,
        _namespace: &NamespaceConstraint<&Namespace>,
        name: &Name,
        operation: &AttrSelectorOperation<&Value>,
    ) -> bool {
        self.0.attr(&name.0).is_some_and(|value| operation.eval_str(value))
    }

    fn match_non_ts_pseudo_class(
        &self,
        class: &Never,
        _context: &mut MatchingContext<'_, Rules>,
    ) -> bool {
        match *class {}
    }

    fn match_pseudo_element(
        &self,
        element: &Never,
        _context: &mut MatchingContext<'_, Rules>,
    ) -> bool {
        match *element {}
    }

    fn apply_selector_flags(&self, _flags: ElementSelectorFlags) {}

    fn is_link(&self) -> bool {
        matches!(self.0.tag(), "a" | "area" | "link") && self.0.attr("href").is_some()
    }

    fn is_html_slot_element(&self) -> bool {
        false
    }

    fn has_id(&self, id: &Name, case: CaseSensitivity) -> bool {
        self.0.attr("id").is_some_and(|value| case.eq(value.as_bytes(), id.0.as_bytes()))
    }

    fn has_class(&self, name: &Name, case: CaseSensitivity) -> bool {
        self.0
            .class()
            .split_ascii_whitespace()
            .any(|class| case.eq(class.as_bytes(), name.0.as_bytes()))
    }

    fn has_custom_state(&self, _name: &Name) -> bool {
        false
    }

    fn imported_part(&self, _name: &Name) -> Option<Name> {
        None
    }

    fn is_part(&self, _name: &Name) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        self.0.first_child().is_none()
    }

    fn is_root(&self) -> bool {
        self.0.parent().is_some_and(|parent| !parent.is_element())
    }

    fn add_element_unique_hashes(&self, _filter: &mut BloomFilter) -> bool {
        false
    }
}
