//! CSS selectors over a [`Dom`](crate::parse::dom::Dom), compiled once and used on many pages.
//!
//! The grammar is `scraper`'s; only what an element is to it is ours, since our tree is flat.

use std::fmt;

use html5ever::Namespace;
use scraper::error::SelectorErrorKind;
use scraper::selector::{CssLocalName, CssString, NonTSPseudoClass, PseudoElement, Simple};
use selectors::attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint};
use selectors::bloom::BloomFilter;
use selectors::context::{
    MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode, SelectorCaches,
};
use selectors::matching::{self, ElementSelectorFlags, MatchingContext};
use selectors::parser::{ParseRelative, SelectorList, SelectorParseErrorKind};
use selectors::{Element, OpaqueElement};

use crate::parse::dom::Node;

/// A compiled CSS selector list, as in `main article p, .lead`.
#[derive(Clone)]
pub struct Selector {
    source: String,
    list: SelectorList<Simple>,
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
        SelectorList::parse(&scraper::selector::Parser, &mut input, ParseRelative::No)
            .map(|list| Selector { source: selector.to_owned(), list })
            .map_err(|error| SelectorError {
                selector: selector.to_owned(),
                why: describe(SelectorErrorKind::from(error)),
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

/// What is wrong with a selector, for somebody who wrote it.
fn describe(error: SelectorErrorKind) -> String {
    let SelectorErrorKind::UnexpectedSelectorParseError(kind) = error else {
        return match error {
            SelectorErrorKind::EndOfLine => "it ends too early".to_owned(),
            other => other.to_string().to_lowercase(),
        };
    };
    match kind {
        SelectorParseErrorKind::DanglingCombinator => {
            "a combinator (a space, >, + or ~) has nothing on one side".to_owned()
        }
        SelectorParseErrorKind::ClassNeedsIdent => "a dot wants the name of a class".to_owned(),
        SelectorParseErrorKind::EmptySelector => "a part of it is empty".to_owned(),
        SelectorParseErrorKind::UnsupportedPseudoClassOrElement => {
            "it asks for a state or part that a stored page does not have".to_owned()
        }
        other => format!("{other:?}"),
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

/// An element as the `selectors` crate looks at it.
#[derive(Debug, Clone)]
struct Candidate<'dom>(Node<'dom>);

impl Element for Candidate<'_> {
    type Impl = Simple;

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

    fn has_local_name(&self, name: &CssLocalName) -> bool {
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
        name: &CssLocalName,
        operation: &AttrSelectorOperation<&CssString>,
    ) -> bool {
        self.0.attr(&name.0).is_some_and(|value| operation.eval_str(value))
    }

    fn match_non_ts_pseudo_class(
        &self,
        class: &NonTSPseudoClass,
        _context: &mut MatchingContext<'_, Simple>,
    ) -> bool {
        match *class {}
    }

    fn match_pseudo_element(
        &self,
        element: &PseudoElement,
        _context: &mut MatchingContext<'_, Simple>,
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

    fn has_id(&self, id: &CssLocalName, case: CaseSensitivity) -> bool {
        self.0.attr("id").is_some_and(|value| case.eq(value.as_bytes(), id.0.as_bytes()))
    }

    fn has_class(&self, name: &CssLocalName, case: CaseSensitivity) -> bool {
        self.0
            .class()
            .split_ascii_whitespace()
            .any(|class| case.eq(class.as_bytes(), name.0.as_bytes()))
    }

    fn has_custom_state(&self, _name: &CssLocalName) -> bool {
        false
    }

    fn imported_part(&self, _name: &CssLocalName) -> Option<CssLocalName> {
        None
    }

    fn is_part(&self, _name: &CssLocalName) -> bool {
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
