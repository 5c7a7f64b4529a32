//! The head of an article says again what its fields hold: headline, byline, date.

use crate::model::article::{BlockKind, Reason};
use crate::model::extracted::{Extracted, RawBlock};
use crate::text::fold::fold;
use crate::text::words::{count_up_to, ends_sentence, words};

/// A byline or a date has at most so many words.
const LONGEST_BYLINE: usize = 14;

/// Words that introduce a byline, folded.
const BY: &[&str] = &[
    "by",
    "von",
    "par",
    "por",
    "di",
    "da",
    "door",
    "av",
    "af",
    "autor",
    "author",
    "автор",
    "текст",
    "written",
    "reported",
    "redaktion",
    "redaccion",
    "redazione",
    "reporting",
    "story",
    "szerzo",
    "autorka",
    "yazan",
    "toimittaja",
    "kirjoittaja",
];

/// Marks the title where it heads the text.
pub(in crate::clean) fn find_title(extracted: &Extracted, reasons: &mut [Option<Reason>]) {
    let title = fold(&extracted.title);
    let mut inside = extracted.blocks.iter().zip(reasons).filter(|(_, reason)| reason.is_none());
    if let Some((block, reason)) = inside.next()
        && !title.is_empty()
        && block.folded == title
    {
        *reason = Some(Reason::TitleEcho);
    }
}

/// Marks what repeats the fields: the title anywhere, byline and date before the text begins.
pub(in crate::clean) fn find(extracted: &Extracted, reasons: &mut [Option<Reason>]) {
    let title = fold(&extracted.title);
    let names: Vec<String> =
        extracted.byline.iter().map(|name| fold(name)).filter(|name| !name.is_empty()).collect();
    // The head ends with the third sentence that stays: standfirst and byline come in any order.
    let mut sentences = 0;
    for (block, reason) in extracted.blocks.iter().zip(reasons.iter_mut()) {
        if reason.is_some() || block.setting.kept {
            continue;
        }
        let in_head = sentences < 3;
        let folded = block.folded.as_str();
        if echoes_title(block, folded, &title, in_head) {
            *reason = Some(Reason::TitleEcho);
        } else if is_clock(&block.text)
            || ((in_head || block.setting.byline) && echoes_byline(block, folded, &names))
        {
            *reason = Some(Reason::BylineEcho);
        } else if block.text.ends_with(ends_sentence) && count_up_to(&block.text, 8) == 8 {
            sentences += 1;
        } else if count_up_to(&block.text, 40) == 40 {
            sentences = 3;
        }
    }
}

fn echoes_title(block: &RawBlock, folded: &str, title: &str, in_head: bool) -> bool {
    if title.is_empty() || folded.is_empty() {
        return false;
    }
    let heading = matches!(block.kind, BlockKind::Heading { .. });
    folded == title
        || (in_head && heading && folded.len() * 2 > title.len() && title.contains(folded))
        || (in_head && heading && title.len() * 2 > folded.len() && folded.contains(title))
}

fn echoes_byline(block: &RawBlock, folded: &str, names: &[String]) -> bool {
    let count = count_up_to(&block.text, LONGEST_BYLINE + 1);
    if count > LONGEST_BYLINE || matches!(block.kind, BlockKind::Heading { .. }) {
        return false;
    }
    let introduced = folded.split(' ').next().is_some_and(|first| BY.contains(&first))
        && (block.setting.byline || names_follow(&block.text));
    let named = names.iter().any(|name| folded.contains(name.as_str()));
    let sentence = block.text.ends_with(['.', '!', '?']) && count > 6;
    (named && (introduced || count <= 8 || block.setting.byline) && !sentence)
        || (introduced && count <= 6 && !sentence)
        || block.setting.date
}

/// Whether what follows the first word is written as names are: "By order of the President" is no
/// byline. Joints and one more word may be small.
fn names_follow(text: &str) -> bool {
    const JOINTS: &[&str] =
        &["and", "und", "et", "y", "e", "og", "och", "en", "i", "и", "та", "ja"];
    let small = |word: &&str| word.starts_with(char::is_lowercase) && !JOINTS.contains(word);
    words(text).skip(1).filter(small).count() <= 1
}

/// A time of day alone, as live blogs put before each post.
fn is_clock(text: &str) -> bool {
    let rest = text.trim_end_matches(|c: char| c.is_alphabetic() || matches!(c, ' ' | '.'));
    rest.len() <= 5
        && text.len() <= 12
        && rest.split_once([':', '.', 'h']).is_some_and(|(hour, minute)| {
            hour.parse::<u8>().is_ok_and(|hour| hour < 24)
                && minute.len() == 2
                && minute.parse::<u8>().is_ok_and(|minute| minute < 60)
        })
}

#[cfg(test)]
mod tests {
    use crate::clean::echoes::find;
    use crate::model::article::{BlockKind, Reason};
    use crate::model::extracted::{Extracted, RawBlock, Setting};
    use crate::text::fold::fold;

    /// What the head of an article loses: `date` says that the line is nothing but a date.
    #[test]
    fn bylines_go_and_legal_lines_stay() {
        let cases = [
            ("By Jane Roe", false, Some(Reason::BylineEcho)),
            ("Von Max Muster und Eva Beispiel", false, Some(Reason::BylineEcho)),
            ("28 May 2026", true, Some(Reason::BylineEcho)),
            ("14:30 Uhr", false, Some(Reason::BylineEcho)),
            ("Executive Order 14999 of May 28, 2026", false, None),
            ("By order of the President", false, None),
            ("By the authority vested in me", false, None),
            ("50 USC 1701 (2026)", false, None),
        ];
        for (text, date, expected) in cases {
            let block = RawBlock {
                kind: BlockKind::Paragraph,
                text: text.to_owned(),
                folded: fold(text),
                linked: 0.0,
                setting: Setting { date, ..Setting::default() },
                outside: None,
            };
            let extracted = Extracted { blocks: vec![block], ..Extracted::default() };
            let mut reasons = [None];
            find(&extracted, &mut reasons);
            assert_eq!(reasons[0], expected, "{text}");
        }
    }
}
