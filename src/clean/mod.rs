//! Only the article stays: what the page or the site says besides it goes, each with its reason. Pure.

mod captions;
mod echoes;
mod error_page;
pub mod sites;

use crate::model::article::{Article, Block, BlockKind, Reason, Removed, SiteMemory};
use crate::model::extracted::{Captions, Extracted, RawBlock, Surroundings};
use crate::model::note::Note;
use crate::text::fold::numberless_hash;
use crate::text::phrases::{self, Known, Match};
use crate::text::words::count_up_to;

pub use crate::clean::error_page::{error_page, is_error_title};

/// A line of at most so many words is short: a caption, a call, a link, not a paragraph.
pub(in crate::clean) const SHORT: usize = 25;
/// An article has at least so many words.
const FEWEST_WORDS: usize = 8;
/// Documents of a host that must bear a short or a long line before it counts as the site's own.
/// Measured on 16 publishers: one document for all lines costs .007 of recall, two cost .0013.
const REPEATS_SHORT: u32 = 2;
const REPEATS_LONG: u32 = 3;

/// Makes an article of what a page claims, given what its site repeats.
///
/// None where nothing is left that could be an article; the notes then say so. Nothing is dropped
/// in silence: every block is either in `blocks` or in `removed`.
pub fn article(extracted: Extracted, memory: &SiteMemory) -> (Option<Article>, Vec<Note>) {
    let lines: Vec<u64> =
        extracted.blocks.iter().map(|block| numberless_hash(&block.folded)).collect();
    let mut reasons: Vec<Option<Reason>> =
        extracted.blocks.iter().map(|block| block.outside).collect();
    match extracted.surroundings {
        Surroundings::Site => find_furniture(&extracted, &lines, memory, &mut reasons),
        Surroundings::None => echoes::find_title(&extracted, &mut reasons),
    }
    let stub = reasons.contains(&Some(Reason::Paywall));
    let article = assemble(extracted, reasons, lines, stub);
    let words = article.blocks.iter().map(|block| count_up_to(&block.text, FEWEST_WORDS));
    if words.sum::<usize>() < FEWEST_WORDS {
        let note = Note::new("clean", format!("no article found on {}", article.url));
        return (None, vec![note]);
    }
    (Some(article), Vec::new())
}

/// Marks what the site put around and between the article's blocks.
fn find_furniture(
    extracted: &Extracted,
    lines: &[u64],
    memory: &SiteMemory,
    reasons: &mut [Option<Reason>],
) {
    captions::find(extracted, reasons);
    for (at, block) in extracted.blocks.iter().enumerate() {
        let wanted = block.kind == BlockKind::Caption && extracted.captions == Captions::Kept;
        if reasons[at].is_none() && !wanted && !block.setting.kept {
            reasons[at] = reason_by_itself(block).or_else(|| repeated(block, lines[at], memory));
        }
    }
    echoes::find(extracted, reasons);
    drop_empty_sections(&extracted.blocks, reasons);
}

fn assemble(
    extracted: Extracted,
    reasons: Vec<Option<Reason>>,
    mut lines: Vec<u64>,
    stub: bool,
) -> Article {
    let mut blocks = Vec::new();
    let mut removed = Vec::new();
    for (block, reason) in extracted.blocks.into_iter().zip(reasons) {
        match reason {
            None => blocks.push(Block { kind: block.kind, text: block.text }),
            Some(reason) => removed.push(Removed { text: block.text, reason }),
        }
    }
    lines.sort_unstable();
    lines.dedup();
    Article {
        url: extracted.url,
        title: extracted.title,
        byline: extracted.byline,
        published: extracted.published,
        modified: extracted.modified,
        language: extracted.language,
        site: extracted.site,
        blocks,
        removed,
        lines,
        incomplete: extracted.incomplete || stub,
        about: extracted.about,
    }
}

/// What a block is by its own words and setting, whatever stands around it.
fn reason_by_itself(block: &RawBlock) -> Option<Reason> {
    if block.setting.switcher {
        return Some(Reason::VersionSwitcher);
    }
    if block.kind == BlockKind::Caption {
        return Some(Reason::Caption);
    }
    let known = phrases::look_up_folded(&block.text, &block.folded)?;
    speaks_for_the_site(block, known).then_some(known.reason)
}

/// Whether a phrase of the table, found in a block, is enough to take the block away. A whole line
/// is; the start of a sentence is for phrases that address the reader; the rest needs links.
fn speaks_for_the_site(block: &RawBlock, known: Known) -> bool {
    let heading = matches!(block.kind, BlockKind::Heading { .. });
    let linked = block.linked > 0.4;
    match (known.how, known.reason) {
        (_, Reason::VersionSwitcher) => true,
        (Match::Whole, Reason::Navigation) => !heading,
        (Match::Whole, _) => true,
        (Match::Start, Reason::CallToAction | Reason::Consent | Reason::Paywall) => {
            !heading || linked
        }
        (Match::Start, Reason::Related) => linked || leads_to_title(&block.text),
        (Match::Start, Reason::Copyright) => count_up_to(&block.text, 13) <= 12 || linked,
        (Match::Start, Reason::Comments) => count_up_to(&block.text, 13) <= 12,
        (Match::Start, Reason::Caption) => block.setting.figure || count_up_to(&block.text, 9) <= 8,
        (Match::Start, _) => linked || block.setting.aside,
        (Match::Has, Reason::Copyright | Reason::Paywall | Reason::CallToAction) => {
            count_up_to(&block.text, 21) <= 20
        }
        (Match::Has, _) => linked || block.setting.figure,
    }
}

/// `READ MORE: Three banks named` and `Lesen Sie auch | …`: a colon or bar soon after the start.
fn leads_to_title(text: &str) -> bool {
    let head: String = text.chars().take(30).collect();
    head.contains([':', '|', '：', '>', '»', '→'])
}

fn repeated(block: &RawBlock, line: u64, memory: &SiteMemory) -> Option<Reason> {
    let seen = memory.on_host.get(&line).copied().unwrap_or(0);
    let needed =
        if count_up_to(&block.text, SHORT + 1) <= SHORT { REPEATS_SHORT } else { REPEATS_LONG };
    (seen >= needed && !memory.elsewhere.contains(&line)).then_some(Reason::SiteRepeat)
}

/// A heading with nothing under it, once the rest is gone, goes too: "Related", "Share".
fn drop_empty_sections(blocks: &[RawBlock], reasons: &mut [Option<Reason>]) {
    let mut below: Option<Reason> = None;
    let mut last_kept_is_text = false;
    for at in (0..blocks.len()).rev() {
        match (blocks[at].kind, reasons[at]) {
            (BlockKind::Heading { .. }, None) if !last_kept_is_text => {
                reasons[at] = Some(below.unwrap_or(Reason::Outside));
            }
            (_, None) => last_kept_is_text = true,
            (_, Some(reason)) => below = Some(reason),
        }
    }
}
