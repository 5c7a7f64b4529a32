//! The page's text in lines: runs without a block's edge inside, each with the place it begins.

use std::borrow::Cow;

use crate::parse::dom::{Dom, Node, is_inline, is_unseen};

/// A run of text without a block's edge inside.
#[derive(Debug)]
pub(crate) struct Line<'page> {
    /// The first text node of the run.
    pub(crate) node: Node<'page>,
    /// At most [`LONGEST`] bytes and one text node more, white space as it stands.
    pub(crate) text: Cow<'page, str>,
}

/// A dateline or a byline is far shorter; of a longer run the head is kept.
const LONGEST: usize = 800;

/// The lines of a page, in order; scripts and styles give none.
pub(crate) fn of(dom: &Dom) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut skip_to = 0;
    let mut open = false;
    for node in dom.iter() {
        if node.id().0 < skip_to {
            continue;
        }
        match node.characters() {
            Some(characters) if !open && characters.trim().is_empty() => {}
            Some(characters) => {
                match lines.last_mut().filter(|_| open) {
                    Some(line) if line.text.len() < LONGEST => {
                        line.text.to_mut().push_str(characters)
                    }
                    Some(_) => {}
                    None => lines.push(Line { node, text: Cow::Borrowed(characters) }),
                }
                open = true;
            }
            None if is_unseen(node.tag()) => skip_to = node.end().0,
            None if !is_inline(node.tag()) => open = false,
            None => {}
        }
    }
    lines
}
