//! What one walk over the tree finds for all fields: meta tags, links, headings, JSON-LD.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

use crate::extract::metadata::linked_data::{LinkedData, Object};
use crate::parse::dom::{Dom, Node};
use crate::parse::page::Page;

/// Most meta tags kept.
const METAS: usize = 1_000;
/// Most headings kept of a page.
const HEADINGS: usize = 60;

/// A meta tag with something in it.
#[derive(Debug)]
pub(crate) struct Meta<'page> {
    /// `property`, `name`, `itemprop` or `http-equiv`, in lower case.
    pub(crate) name: String,
    pub(crate) content: &'page str,
}

/// The finds of one walk.
#[derive(Debug)]
pub(crate) struct Head<'page> {
    pub(crate) page: &'page Page,
    pub(crate) metas: Vec<Meta<'page>>,
    /// The document's `<title>`, white space squeezed; empty where there is none.
    pub(crate) title: String,
    /// The `h1`s outside page furniture, in order.
    pub(crate) h1: Vec<Node<'page>>,
    /// `link` elements with both `rel` and `href`.
    pub(crate) links: Vec<Node<'page>>,
    pub(crate) linked_data: LinkedData,
    /// Which object describes the page's own article.
    article: Option<usize>,
}

impl<'page> Head<'page> {
    pub(crate) fn of(page: &'page Page) -> Self {
        let mut head = Self {
            page,
            metas: Vec::new(),
            title: String::new(),
            h1: Vec::new(),
            links: Vec::new(),
            linked_data: LinkedData::of(&page.dom),
            article: None,
        };
        for node in page.dom.iter() {
            match node.tag() {
                "meta" if head.metas.len() < METAS => head.metas.extend(meta(node)),
                "link" if head.links.len() < METAS && node.attr("rel").is_some() => {
                    head.links.push(node);
                }
                // The first title counts, unless it belongs to a picture.
                "title" if head.title.is_empty() && !is_in(node, "svg") => {
                    head.title = squeeze(&node.raw_text());
                }
                "h1" if head.h1.len() < HEADINGS && !is_furniture(node) => head.h1.push(node),
                _ => {}
            }
        }
        head.article = head.find_article();
        head
    }

    pub(crate) fn dom(&self) -> &'page Dom {
        &self.page.dom
    }

    /// The first meta tag of that name.
    pub(crate) fn meta(&self, name: &str) -> Option<&'page str> {
        self.metas.iter().find(|meta| meta.name == name).map(|meta| meta.content)
    }

    /// Every meta tag of that name.
    pub(crate) fn all_meta(&self, name: &str) -> impl Iterator<Item = &'page str> {
        self.metas.iter().filter(move |meta| meta.name == name).map(|meta| meta.content)
    }

    /// The `href` of the first link with this relation.
    pub(crate) fn link(&self, relation: &str) -> Option<&'page str> {
        let has =
            |rel: &str| rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case(relation));
        self.links.iter().find(|link| link.attr("rel").is_some_and(has))?.attr("href")
    }

    /// The JSON-LD object of the page's own article.
    pub(crate) fn article(&self) -> Option<&Object> {
        self.article.and_then(|at| self.linked_data.get(at))
    }

    fn find_article(&self) -> Option<usize> {
        let mut addresses = vec![self.page.url.as_str()];
        addresses.extend(self.link("canonical"));
        addresses.extend(self.meta("og:url"));
        let h1: Vec<String> = self.h1.iter().take(3).map(|node| node.text()).collect();
        let mut headlines: Vec<&str> = h1.iter().map(String::as_str).collect();
        headlines.extend(self.meta("og:title"));
        headlines.push(&self.title);
        self.linked_data.article(&addresses, &headlines)
    }
}

fn meta(node: Node<'_>) -> Option<Meta<'_>> {
    let name =
        ["property", "name", "itemprop", "http-equiv"].iter().find_map(|key| node.attr(key))?;
    let content = node.attr("content").or_else(|| node.attr("value"))?.trim();
    (!content.is_empty()).then(|| Meta { name: name.trim().to_ascii_lowercase(), content })
}

/// Whether an element stands in the page's menus, side boxes or dialogs.
pub(crate) fn is_furniture(node: Node<'_>) -> bool {
    let is = |node: Node<'_>| {
        matches!(node.tag(), "nav" | "aside" | "footer" | "dialog" | "template" | "noscript")
            || node.attr("aria-hidden") == Some("true")
            || node.attr("hidden").is_some()
    };
    is(node) || node.ancestors().take(24).any(is)
}

/// Whether classes and ids bear any of some signs; each list of classes is looked at once a page.
pub(crate) struct Signs {
    any: &'static AhoCorasick,
    /// What was found in each list of classes, by its number.
    classes: Vec<Option<bool>>,
}

impl Signs {
    /// Looks for the words of an automaton that [`signs`] made, on one page.
    pub(crate) fn of(any: &'static AhoCorasick, dom: &Dom) -> Self {
        Signs { any, classes: vec![None; dom.class_lists() + 1] }
    }

    /// Whether [`name_of`] the element holds a sign.
    pub(crate) fn are_in_name_of(&mut self, node: Node<'_>) -> bool {
        let in_class = &mut self.classes[node.class_number()];
        let id = node.html_id();
        *in_class.get_or_insert_with(|| self.any.is_match(node.class()))
            || (!id.is_empty() && self.any.is_match(id))
    }
}

/// An automaton that finds words of ASCII in any case.
pub(crate) fn signs<'w>(words: impl IntoIterator<Item = &'w &'w str>) -> AhoCorasick {
    let builder = AhoCorasick::builder().ascii_case_insensitive(true).build(words);
    builder.expect("a short list makes an automaton")
}

/// Class and id of an element in lower case, by which its purpose is told.
pub(crate) fn name_of(node: Node<'_>) -> Cow<'_, str> {
    let (class, id) = (node.class(), node.html_id());
    let is_lower = |name: &str| !name.bytes().any(|byte| byte.is_ascii_uppercase());
    match (class, id) {
        (name, "") | ("", name) if is_lower(name) => Cow::Borrowed(name),
        _ => Cow::Owned(format!("{class} {id}").to_ascii_lowercase()),
    }
}

fn is_in(node: Node<'_>, tag: &str) -> bool {
    node.ancestors().any(|above| above.tag() == tag)
}

/// Runs of white space become one space, the ends are trimmed.
pub(crate) fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
