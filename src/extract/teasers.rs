//! Rows of boxes that each begin with a link to another page: teasers of further articles, however
//! much of their text they show.

use std::collections::HashMap;

use crate::extract::passages::Passages;
use crate::parse::dom::{Dom, Node, NodeId, is_inline};
use crate::text::words::words;

/// Boxes alike in one row that begin with a link, before they are a row of teasers.
const ROW: u32 = 3;
/// Words of a link that is a headline.
const HEADLINE: usize = 4;
/// Pieces of text at the start of a box among which its headline is: a label or a date may come first.
const FIRST_TEXTS: usize = 3;
/// Nodes at the start of a box that are looked at.
const LOOKED_AT: usize = 200;
/// Levels between a passage and its box.
const REACH: usize = 8;

/// Takes the passages of such rows out, where they stand apart from the opening of the article.
///
/// A list among the paragraphs of the article is its own, whatever it links to.
pub(in crate::extract) fn drop(dom: &Dom, cut: &Passages, opening: usize, inside: &mut [bool]) {
    let start = dom.node(cut.list[opening].node);
    let mut rows = Rows::default();
    for (passage, inside) in cut.list.iter().zip(inside).filter(|(_, inside)| **inside) {
        let node = dom.node(passage.node);
        let up = std::iter::successors(Some(node), |node| node.parent()).take(REACH);
        let mut boxes = up.take_while(|node| !node.contains(start));
        *inside = !boxes.any(|node| stands_apart(node, start) && rows.is_teaser(node));
    }
}

/// Whether at least one element around a box and its row does not hold the opening either.
fn stands_apart(node: Node<'_>, start: Node<'_>) -> bool {
    let row = node.parent();
    row.and_then(Node::parent).is_some_and(|around| !around.contains(start))
}

/// What was found out about boxes and their rows.
#[derive(Default)]
struct Rows<'dom> {
    /// How many boxes of a look begin with a link, by the element that holds the row.
    counts: HashMap<NodeId, HashMap<Look<'dom>, u32>>,
    begins: HashMap<NodeId, bool>,
}

/// Boxes of a row have the same tag and classes.
type Look<'dom> = (&'dom str, &'dom str);

impl<'dom> Rows<'dom> {
    fn is_teaser(&mut self, node: Node<'dom>) -> bool {
        let Some(row) = node.parent() else { return false };
        if !self.begins_with_link(node) {
            return false;
        }
        if !self.counts.contains_key(&row.id()) {
            let mut counts = HashMap::new();
            for sibling in row.children().filter(|sibling| sibling.is_element()) {
                if self.begins_with_link(sibling) {
                    *counts.entry(look(sibling)).or_insert(0) += 1;
                }
            }
            self.counts.insert(row.id(), counts);
        }
        self.counts[&row.id()].get(&look(node)).is_some_and(|count| *count >= ROW)
    }

    fn begins_with_link(&mut self, node: Node<'dom>) -> bool {
        *self.begins.entry(node.id()).or_insert_with(|| {
            let texts = node.descendants().take(LOOKED_AT).filter(|below| {
                below.characters().is_some_and(|text| text.contains(char::is_alphanumeric))
            });
            texts.take(FIRST_TEXTS).any(|text| is_headline(text, node))
        })
    }
}

fn look(node: Node<'_>) -> Look<'_> {
    (node.tag(), node.class())
}

/// Whether a piece of text stands in a link inside a box that is all of its heading or line and
/// leads to another page.
fn is_headline(text: Node<'_>, within: Node<'_>) -> bool {
    let Some(link) = text.ancestors().take(4).find(|above| above.tag() == "a") else {
        return false;
    };
    let address = link.attr("href").unwrap_or("").trim();
    let block = link.ancestors().find(|above| !is_inline(above.tag()));
    let alone = block.is_some_and(|block| within.contains(block) && holds_little_else(block, link));
    alone
        && !address.is_empty()
        && !address.starts_with(['#', '?'])
        && !address.starts_with("javascript")
        && words(text.characters().unwrap_or("")).take(HEADLINE).count() == HEADLINE
}

/// Whether a link is all the text of an element; only small elements are looked at.
fn holds_little_else(block: Node<'_>, link: Node<'_>) -> bool {
    const SMALL: u32 = 24;
    let size = |node: Node<'_>| -> usize {
        node.descendants().filter_map(Node::characters).map(|text| text.trim().len()).sum()
    };
    block.end().0 - block.id().0 <= SMALL && size(block) <= size(link) + 3
}
