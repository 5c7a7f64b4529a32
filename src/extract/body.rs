//! Which passages are the article: a weight for each, the element where the weights add up best,
//! and the passages worth keeping in it.

use crate::extract::hints::Hints;
use crate::extract::passages::Passage;
use crate::model::article::{BlockKind, Reason};
use crate::parse::dom::{Dom, NodeId};
use crate::text::phrases::{self, Match};
use crate::text::words::{ends_sentence, words};

/// Why each passage is outside the article, or none where it is inside; same order and length.
pub(in crate::extract) fn choose(dom: &Dom, passages: &[Passage]) -> Vec<Option<Reason>> {
    let weights: Vec<f32> = passages.iter().map(weight).collect();
    let root = best_root(dom, passages, &weights);
    let inside = |passage: &Passage| {
        root.is_some_and(|root| dom.node(root).contains(dom.node(passage.node)))
    };
    passages
        .iter()
        .zip(&weights)
        .map(|(passage, weight)| match inside(passage) && *weight > 0.0 {
            true => None,
            false => Some(reason(passage)),
        })
        .collect()
}

/// What a passage adds to an article: about its length where it reads like prose, negative where
/// it looks like furniture.
fn weight(passage: &Passage) -> f32 {
    const FURNITURE: Hints = Hints::NAVIGATION
        .with(Hints::FOOTER)
        .with(Hints::RELATED)
        .with(Hints::SHARE)
        .with(Hints::COMMENTS)
        .with(Hints::NEWSLETTER)
        .with(Hints::CONSENT)
        .with(Hints::TAGS)
        .with(Hints::HIDDEN)
        .with(Hints::FORM)
        .with(Hints::SIDEBAR);
    let count = words(&passage.text).count() as f32;
    let sentence = passage.text.chars().rev().take(3).any(ends_sentence);
    let known = phrases::look_up(&passage.text);
    let mut quality = if sentence && count > 6.0 { 1.0 } else { 0.1 };
    if passage.link_share() > 0.5 {
        quality -= 1.0;
    }
    if passage.around.has(FURNITURE) {
        quality -= 0.8;
    }
    if let Some(known) = known {
        quality -= if known.how == Match::Has { 0.5 } else { 1.2 };
    }
    if passage.kind == BlockKind::Caption || passage.own.has(Hints::BYLINE.with(Hints::DATE)) {
        quality -= 1.2;
    }
    quality * (count + 3.0)
}

/// The element in which the weights add up to the most: deep enough to leave menus out, high
/// enough to hold the whole text.
fn best_root(dom: &Dom, passages: &[Passage], weights: &[f32]) -> Option<NodeId> {
    let mut sums = vec![0.0_f32; dom.len()];
    for (passage, weight) in passages.iter().zip(weights) {
        sums[passage.node.index()] += weight;
    }
    let mut best: Option<(NodeId, f32)> = None;
    for node in dom.iter().rev() {
        let sum = sums[node.id().index()];
        if let Some(parent) = node.parent() {
            sums[parent.id().index()] += sum;
        }
        // On a tie the deeper element, which was met first, stays.
        if sum > 0.0 && best.is_none_or(|(_, most)| sum > most) {
            best = Some((node.id(), sum));
        }
    }
    best.map(|(node, _)| node)
}

/// The word for what a passage outside the article is.
fn reason(passage: &Passage) -> Reason {
    const BY_NAME: &[(Hints, Reason)] = &[
        (Hints::SWITCHER, Reason::VersionSwitcher),
        (Hints::CONSENT, Reason::Consent),
        (Hints::COMMENTS, Reason::Comments),
        (Hints::SHARE, Reason::CallToAction),
        (Hints::NEWSLETTER, Reason::CallToAction),
        (Hints::NAVIGATION, Reason::Navigation),
        (Hints::TAGS, Reason::Navigation),
        (Hints::RELATED, Reason::Related),
        (Hints::CAPTION, Reason::Caption),
        (Hints::BYLINE, Reason::BylineEcho),
        (Hints::AUTHOR, Reason::AuthorBox),
        (Hints::PAYWALL, Reason::Paywall),
        (Hints::ADVERT, Reason::Advertisement),
    ];
    if passage.switcher {
        return Reason::VersionSwitcher;
    }
    if let Some(known) = phrases::look_up(&passage.text).filter(|known| known.how != Match::Has) {
        return known.reason;
    }
    let named = |hints: Hints| BY_NAME.iter().find(|(hint, _)| hints.has(*hint));
    named(passage.own)
        .or_else(|| named(passage.around))
        .map_or(Reason::Outside, |(_, reason)| *reason)
}
