//! Which passages are the article, and for the others the word for what they are.

use std::collections::HashMap;

use crate::extract::hints::Hints;
use crate::extract::passages::{Passage, Passages};
use crate::extract::teasers;
use crate::model::article::{BlockKind, Reason};
use crate::parse::date::is_dateline;
use crate::parse::dom::{Dom, Node, NodeId};
use crate::text::overlap;
use crate::text::phrases::Match;
use crate::text::quick_hash::{QuickMap, QuickSet};
use crate::text::words::{count_up_to, ends_sentence};

/// A passage belongs to the article from this probability on.
const ENOUGH: f32 = 0.5;

/// Names of elements whose text is none of the article's.
const FURNITURE: Hints = Hints::SHARE
    .with(Hints::RELATED)
    .with(Hints::ADVERT)
    .with(Hints::NEWSLETTER)
    .with(Hints::CAPTION)
    .with(Hints::FIGURE)
    .with(Hints::BYLINE)
    .with(Hints::DATE)
    .with(Hints::AUTHOR)
    .with(Hints::TAGS)
    .with(Hints::LABEL);

/// Why each passage is outside the article, or none where it is inside; same order and length.
pub(in crate::extract) fn choose(
    dom: &Dom,
    cut: &Passages,
    probabilities: &[f32],
    signed: bool,
) -> Vec<Option<Reason>> {
    let passages = &cut.list;
    let mut inside: Vec<bool> = probabilities.iter().map(|p| *p >= ENOUGH).collect();
    if !signed {
        take_the_rest(dom, passages, probabilities, &mut inside);
    }
    rescue_prose(passages, probabilities, &mut inside);
    bridge(dom, passages, probabilities, &mut inside);
    take_head(dom, passages, &mut inside);
    if let Some(opening) = opening(passages, &inside) {
        drop_comments(dom, cut, opening, &mut inside);
        drop_other_articles(dom, passages, opening, &mut inside);
        // The cards of a page nobody signs are its text as often as teasers.
        if signed {
            teasers::drop(dom, cut, opening, &mut inside);
        }
    }
    drop_second_copies(passages, &mut inside);
    drop_retellings(passages, &mut inside);
    drop_labels(passages, &mut inside);
    passages
        .iter()
        .zip(inside)
        .map(|(passage, inside)| if inside { None } else { Some(reason(passage)) })
        .collect()
}

/// A document without a site around it is all article, but for what its pages repeat.
pub(in crate::extract) fn all_but_furniture(dom: &Dom, cut: &Passages) -> Vec<Option<Reason>> {
    let repeats =
        |passage: &Passage| dom.node(passage.node).ancestors().any(|above| above.tag() == "footer");
    cut.list.iter().map(|passage| repeats(passage).then_some(Reason::SiteRepeat)).collect()
}

/// Takes in the captions of the article's own pictures: those from the headline to the last
/// passage inside that are no links to elsewhere. The opening picture may stand above the text.
pub(in crate::extract) fn take_captions(passages: &[Passage], outside: &mut [Option<Reason>]) {
    const ELSEWHERE: Hints = Hints::RELATED.with(Hints::ADVERT).with(Hints::NEWSLETTER);
    let is_inside = |outside: &Option<Reason>| outside.is_none();
    let Some(first) = outside.iter().position(is_inside) else { return };
    let last = outside.iter().rposition(is_inside).unwrap_or(first);
    let is_headline = |passage: &Passage| passage.kind == BlockKind::Heading { level: 1 };
    let from = passages[..=first].iter().rposition(is_headline).unwrap_or(first);
    for (passage, outside) in passages.iter().zip(outside).take(last + 1).skip(from) {
        if passage.kind == BlockKind::Caption
            && passage.link_share() < 0.5
            && !passage.around.has(ELSEWHERE)
        {
            *outside = None;
        }
    }
}

/// A page that nobody signs is a guide, a notice or a form more often than news: its lists, cards
/// and folded parts are its text, though they look like the furniture of news. In the smallest element
/// that holds most of what is inside and not much else, what is a little believed is inside as well.
fn take_the_rest(dom: &Dom, passages: &[Passage], probabilities: &[f32], inside: &mut [bool]) {
    /// A passage is taken from this probability on.
    const LEAST: f32 = 0.2;
    /// Share of the characters inside that the element holds.
    const MOST: f32 = 0.8;
    /// Share of the element's characters that are inside.
    const FULL: f32 = 0.5;
    let chars = |at: usize| passages[at].chars as f32;
    let all: f32 = (0..passages.len()).filter(|at| inside[*at]).map(chars).sum();
    // An element with more than half of the characters holds the passage in their middle.
    let mut before = 0.0;
    let middle = (0..passages.len()).find(|at| {
        before += if inside[*at] { chars(*at) } else { 0.0 };
        inside[*at] && before * 2.0 >= all
    });
    let Some(middle) = middle else { return };
    let up = std::iter::successors(Some(dom.node(passages[middle].node)), |node| node.parent());
    let home = up.take_while(|node| node.is_element()).find(|node| {
        let below = || (0..passages.len()).filter(|at| node.contains(dom.node(passages[*at].node)));
        let held: f32 = below().filter(|at| inside[*at]).map(chars).sum();
        held >= MOST * all && held >= FULL * below().map(chars).sum::<f32>()
    });
    let Some(home) = home else { return };
    for at in 0..passages.len() {
        inside[at] |= probabilities[at] >= LEAST && home.contains(dom.node(passages[at].node));
    }
}

/// A doubtful passage between two that are inside, in the same element as both, is inside as well:
/// "Article 1" between paragraphs of a law, one short item of a list.
fn bridge(dom: &Dom, passages: &[Passage], probabilities: &[f32], inside: &mut [bool]) {
    const LEAST: f32 = 0.02;
    let doubtful = |at: usize| {
        let passage = &passages[at];
        probabilities[at] >= LEAST
            && passage.link_share() < 0.3
            && passage.kind != BlockKind::Caption
            && !passage.own.has(FURNITURE)
            && passage.known.is_none()
    };
    let before = inside.to_vec();
    for at in 1..passages.len() {
        if inside[at] || !before[at - 1] && !inside[at - 1] {
            continue;
        }
        let node = dom.node(passages[at].node);
        let last = dom.node(passages[at - 1].node);
        let item = |at: usize| matches!(passages[at].kind, BlockKind::ListItem { .. });
        inside[at] = if before.get(at + 1) == Some(&true) {
            let next = dom.node(passages[at + 1].node);
            // Out of a cell it is further to the text around than out of a paragraph.
            let levels =
                if node.ancestors().take(2).any(|above| above.tag() == "tr") { 5 } else { 1 };
            let near = |above: Node<'_>| above.contains(last) && above.contains(next);
            before[at - 1] && node.ancestors().take(levels).any(near) && doubtful(at)
        } else {
            let same_list = node.parent() == last.parent() || last.contains(node);
            item(at) && item(at - 1) && same_list && doubtful(at)
        };
    }
}

/// A document without any headline, such as an act, begins with lines that look like furniture:
/// what stands directly before the first passage inside, in the same element, is its head.
fn take_head(dom: &Dom, passages: &[Passage], inside: &mut [bool]) {
    const MOST: usize = 6;
    if passages.iter().any(|passage| matches!(passage.kind, BlockKind::Heading { .. })) {
        return;
    }
    let Some(first) = inside.iter().position(|inside| *inside) else { return };
    let parent = dom.node(passages[first].node).parent();
    for at in (first.saturating_sub(MOST)..first).rev() {
        let passage = &passages[at];
        if dom.node(passage.node).parent() != parent
            || passage.link_share() > 0.0
            || passage.own.has(FURNITURE)
            || passage.known.is_some()
        {
            break;
        }
        inside[at] = true;
    }
}

/// The first prose inside: where the article surely is.
fn opening(passages: &[Passage], inside: &[bool]) -> Option<usize> {
    const PROSE: usize = 15;
    (0..passages.len()).find(|at| {
        inside[*at]
            && matches!(passages[*at].kind, BlockKind::Paragraph | BlockKind::Quotation)
            && count_up_to(&passages[*at].text, PROSE) == PROSE
    })
}

/// Drops what stands in an element named for comments that does not hold the opening. On a forum
/// page, where that element holds everything, nothing goes.
fn drop_comments(dom: &Dom, cut: &Passages, opening: usize, inside: &mut [bool]) {
    let start = dom.node(cut.list[opening].node);
    for (passage, inside) in cut.list.iter().zip(inside).skip(opening + 1) {
        *inside &= !std::iter::successors(Some(dom.node(passage.node)), |node| node.parent())
            .take_while(|node| !node.contains(start))
            .any(|node| cut.hints[node.id().index()].has(Hints::COMMENTS));
    }
}

/// Where the opening stands in an `<article>` with its own headline, another `<article>` with a
/// heading or several passages, or one of a row of them, is another article: the next of an endless
/// page, or a teaser. The posts of a live blog stay, since their headline stands outside the first of them.
fn drop_other_articles(dom: &Dom, passages: &[Passage], opening: usize, inside: &mut [bool]) {
    const ROW: usize = 3;
    let article =
        |at: usize| dom.node(passages[at].node).ancestors().find(|above| above.tag() == "article");
    let Some(own) = article(opening) else { return };
    let headline = |at: &usize| {
        passages[*at].kind == BlockKind::Heading { level: 1 }
            && own.contains(dom.node(passages[*at].node))
    };
    if !(0..opening).any(|at| headline(&at)) {
        return;
    }
    let mut others: HashMap<NodeId, Vec<usize>> = HashMap::new();
    for at in opening + 1..passages.len() {
        if let Some(other) =
            article(at).filter(|other| !other.contains(dom.node(passages[opening].node)))
        {
            others.entry(other.id()).or_default().push(at);
        }
    }
    let many = others.len() >= ROW;
    for members in others.into_values() {
        let headed =
            members.iter().any(|at| matches!(passages[*at].kind, BlockKind::Heading { .. }));
        if headed || many || members.len() > 2 {
            for at in members {
                inside[at] = false;
            }
        }
    }
}

/// Some pages hold the whole article twice, once for each layout. A run of passages that says
/// again, in the same order, what an earlier run said goes; a single repeated line stays, since
/// laws and refrains repeat lines too.
fn drop_second_copies(passages: &[Passage], inside: &mut [bool]) {
    const SHORTEST_RUN: usize = 3;
    const FEWEST_CHARS: u32 = 200;
    let kept: Vec<usize> = (0..passages.len()).filter(|at| inside[*at]).collect();
    let mut first: QuickMap<&str, usize> = QuickMap::default();
    let mut at = 0;
    while at < kept.len() {
        let earlier = *first.entry(passages[kept[at]].text.as_str()).or_insert(at);
        let length = (0..kept.len() - at)
            .take_while(|step| {
                earlier + step < at
                    && passages[kept[earlier + step]].text == passages[kept[at + step]].text
            })
            .count();
        let chars: u32 = kept[at..at + length].iter().map(|kept| passages[*kept].chars).sum();
        if length >= SHORTEST_RUN && chars >= FEWEST_CHARS {
            for copy in &kept[at..at + length] {
                inside[*copy] = false;
            }
            at += length;
        } else {
            at += 1;
        }
    }
}

/// Where next to nothing is inside, prose that is half believed is better than an empty article.
fn rescue_prose(passages: &[Passage], probabilities: &[f32], inside: &mut [bool]) {
    const HALF_BELIEVED: f32 = 0.15;
    const NEXT_TO_NOTHING: usize = 30;
    const PROSE: usize = 20;
    let words_inside: usize = passages
        .iter()
        .zip(inside.iter())
        .filter(|(_, inside)| **inside)
        .map(|(passage, _)| count_up_to(&passage.text, NEXT_TO_NOTHING))
        .sum();
    if words_inside >= NEXT_TO_NOTHING {
        return;
    }
    for ((passage, p), inside) in passages.iter().zip(probabilities).zip(inside) {
        *inside |= *p >= HALF_BELIEVED
            && passage.text.contains(ends_sentence)
            && count_up_to(&passage.text, PROSE) == PROSE;
    }
}

/// A long passage that only says what the passages before it said: the whole text once more as
/// one block, or a summary cut from it.
fn drop_retellings(passages: &[Passage], inside: &mut [bool]) {
    const LONG: usize = 60;
    const RUN: usize = 4;
    let mut told: QuickSet<u64> = QuickSet::default();
    // The last words told: a copy in one block runs on where the first telling began a new block.
    let mut tail: Vec<u64> = Vec::new();
    for (passage, inside) in passages.iter().zip(inside).filter(|(_, inside)| **inside) {
        let tokens = overlap::token_hashes(&passage.text);
        let runs: Vec<u64> = tokens.windows(RUN).map(overlap::run_hash).collect();
        let again = runs.iter().filter(|run| told.contains(run)).count();
        if tokens.len() >= LONG && again * 10 >= runs.len() * 9 {
            *inside = false;
        } else {
            tail.extend(tokens);
            told.extend(tail.windows(RUN).map(overlap::run_hash));
            tail.drain(..tail.len().saturating_sub(RUN - 1));
        }
    }
}

/// The name of a field goes with its value: "Release date" above a day, "Tags" above tags.
fn drop_labels(passages: &[Passage], inside: &mut [bool]) {
    const LONGEST: usize = 5;
    for at in 0..passages.len() {
        let label = passages[at].own.has(Hints::LABEL)
            && count_up_to(&passages[at].text, LONGEST + 1) <= LONGEST;
        if inside[at] && label {
            let value = passages.get(at + 1).filter(|_| inside[at + 1]);
            inside[at] = value.is_some_and(|value| !is_dateline(&value.text));
        }
    }
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
        (Hints::LABEL, Reason::Navigation),
    ];
    if passage.switcher {
        return Reason::VersionSwitcher;
    }
    if let Some(known) = passage.known.filter(|known| known.how != Match::Has) {
        return known.reason;
    }
    let named = |hints: Hints| BY_NAME.iter().find(|(hint, _)| hints.has(*hint));
    named(passage.own)
        .or_else(|| named(passage.around))
        .map_or(Reason::Outside, |(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use crate::extract::body::choose;
    use crate::extract::passages;
    use crate::model::fetched::{Fetched, Validators};
    use crate::parse::page;

    /// What is half believed stays in the text's own element, and only on a page nobody signs.
    #[test]
    fn lists_of_an_unsigned_page_stay() {
        let html = "<ul><li>Contact the office</li></ul><main><h1>Permits</h1>\
            <p>The office issues permits to build, to alter and to pull down, and keeps them for ten years.</p>\
            <p>The office answers within six weeks, and within two where a roof has to be mended.</p>\
            <ul><li>Form for builders</li><li>Form for owners</li></ul></main>\
            <footer><p>Contact the town</p></footer>";
        let fetched = Fetched {
            requested: String::new(),
            url: String::new(),
            redirects: Vec::new(),
            status: 200,
            content_type: None,
            validators: Validators::default(),
            body: html.as_bytes().to_vec(),
            at: chrono::DateTime::UNIX_EPOCH,
            served: None,
        };
        let dom = page::read(&fetched).0.dom;
        let cut = passages::cut(&dom);
        let believed = |text: &str| match text {
            text if text.starts_with("The office") => 0.9,
            "Permits" => 0.6,
            _ => 0.3,
        };
        let probabilities: Vec<f32> =
            cut.list.iter().map(|passage| believed(&passage.text)).collect();
        let inside = |signed| -> Vec<&str> {
            let outside = choose(&dom, &cut, &probabilities, signed);
            let all = cut.list.iter().zip(outside);
            let inside = all.filter(|(_, outside)| outside.is_none());
            inside.map(|(passage, _)| passage.text.as_str()).skip(3).collect()
        };
        assert_eq!(inside(true), [""; 0]);
        assert_eq!(inside(false), ["Form for builders", "Form for owners"]);
    }
}
