//! The head of an article says again what its fields hold: headline, byline, date.

use crate::model::article::{BlockKind, Reason};
use crate::model::extracted::{Extracted, RawBlock};
use crate::text::fold::fold;
use crate::text::words::{count_up_to, ends_sentence};

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
    let introduced = folded.split(' ').next().is_some_and(|first| BY.contains(&first));
    let named = names.iter().any(|name| folded.contains(name.as_str()));
    let sentence = block.text.ends_with(['.', '!', '?']) && count > 6;
    (named && (introduced || count <= 8 || block.setting.byline) && !sentence)
        || (introduced && count <= 6 && !sentence)
        || is_date(&block.text, folded, count)
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

/// A line that holds a year or a time and little else.
fn is_date(text: &str, folded: &str, count: usize) -> bool {
    let numbers = folded.split(' ').filter(|word| word.bytes().any(|b| b.is_ascii_digit())).count();
    let year = folded.split(' ').any(|word| {
        word.len() == 4 && word.parse::<u16>().is_ok_and(|year| (1990..2100).contains(&year))
    });
    // "(EU) 2026/999" names an act, not a day.
    count <= 10 && year && numbers >= 2 && !text.contains('(') && count - numbers.min(count) <= 6
}
