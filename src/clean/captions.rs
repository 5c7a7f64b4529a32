//! Captions that leaked into the text: repeated, numbered, or the alternative text of an image.

use crate::clean::SHORT;
use crate::model::article::{BlockKind, Reason};
use crate::model::extracted::{Extracted, RawBlock};
use crate::text::fold::fold;
use crate::text::quick_hash::{QuickMap, QuickSet};
use crate::text::words::{count_up_to, ends_sentence};

/// Marks the captions among the blocks that are still in.
pub(in crate::clean) fn find(extracted: &Extracted, reasons: &mut [Option<Reason>]) {
    let title = fold(&extracted.title);
    let images: QuickSet<String> = extracted
        .image_texts
        .iter()
        .map(|text| fold(text))
        .filter(|text| !text.is_empty())
        .collect();
    let numbered = numbered_sentences(&extracted.blocks);
    let prose = mostly_prose(&extracted.blocks, reasons);
    let mut seen: QuickSet<&str> = QuickSet::default();
    for (block, reason) in extracted.blocks.iter().zip(reasons.iter_mut()) {
        let count = count_up_to(&block.text, SHORT + 1);
        if count == 0 || count > SHORT || matches!(block.kind, BlockKind::Heading { .. }) {
            continue;
        }
        let folded = block.folded.as_str();
        let again = !seen.insert(folded);
        if reason.is_some() {
            continue;
        }
        *reason = if let Some(base) = base_of_number(folded)
            && (base == title || images.contains(base) || numbered.contains(base))
        {
            Some(Reason::RepeatedCaption)
        } else if images.contains(folded) && block.kind == BlockKind::Paragraph {
            Some(Reason::AltText)
        } else if again && (block.setting.figure || block.setting.aside) {
            Some(Reason::RepeatedCaption)
        } else if prose && spelt_like_a_file_name(block) {
            Some(Reason::AltText)
        } else {
            None
        };
    }
}

/// `"… closing its us offices 5"` → the text before the number, where it is long enough to be a
/// caption and not "Article 5".
fn base_of_number(folded: &str) -> Option<&str> {
    let (base, number) = folded.rsplit_once(' ')?;
    let is_number = number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
    (is_number && count_up_to(base, 3) == 3).then_some(base)
}

/// Whole sentences that stand on the page with two or more different numbers behind their full
/// stop: a theme that numbers the titles of its images. Numbered articles of a law have no full
/// stop before the number.
fn numbered_sentences(blocks: &[RawBlock]) -> QuickSet<String> {
    let mut numbers: QuickMap<String, QuickSet<&str>> = QuickMap::default();
    for block in blocks {
        if let Some((sentence, number)) = block.text.rsplit_once(' ')
            && sentence.ends_with(ends_sentence)
            && number.len() <= 3
            && number.bytes().all(|b| b.is_ascii_digit())
        {
            numbers.entry(fold(sentence)).or_default().insert(number);
        }
    }
    numbers.into_iter().filter(|(_, found)| found.len() >= 2).map(|(base, _)| base).collect()
}

/// Whether the article is written in sentences with capitals, so that a line without either is odd.
fn mostly_prose(blocks: &[RawBlock], reasons: &[Option<Reason>]) -> bool {
    let kept = || blocks.iter().zip(reasons).filter(|(_, r)| r.is_none()).map(|(block, _)| block);
    let prose = kept()
        .filter(|block| {
            block.text.starts_with(|c: char| c.is_uppercase() || !c.is_alphabetic())
                && block.text.chars().rev().take(3).any(ends_sentence)
        })
        .count();
    prose >= 3 && prose * 2 > kept().count()
}

/// A line such as `us slaps sanctions on leaders of software firm`: no capital, no punctuation,
/// several words. Themes make such lines of the names of image files.
fn spelt_like_a_file_name(block: &RawBlock) -> bool {
    block.kind == BlockKind::Paragraph
        && block.linked < 0.1
        && block.text.split(' ').count() >= 4
        && block.text.chars().any(char::is_lowercase)
        && block.text.chars().all(|c| c == ' ' || c.is_lowercase() || c.is_numeric())
}
