//! What a report is looked up by: the words, names, numbers, instruments and parties that say most.
//!
//! How much a word says is known before anything is stored, from a table of the words that news and
//! news of sanctions are full of: the first two reports in an empty store both say "sanctions", and
//! are not of one event for that. What the store has learnt since is added in `place`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use crate::model::story::{Mark, StoryKeys, StoryLookUp};
use crate::stories::Report;
use crate::stories::features::{Channel, Counted, Counts, count, hash};
use crate::text::overlap::run_hash;
use crate::text::quick_hash::{QuickMap, QuickSet};
use crate::text::words::{is_spaceless, words};

/// A word outside the table is taken to stand in one of so many reports.
pub(crate) const REPORTS_OF_THE_TABLE: f32 = 1000.0;
/// The table counts in this many words.
const COUNTED_IN: f32 = 100_000.0;

/// The keys of a report.
///
/// ```
/// use sanctionwatch::stories::{Report, keys};
///
/// let keys = keys(&Report::of("The ministry froze the assets of Calvenna Shipping", "", None));
/// // "The" says next to nothing, "Calvenna" most, and as a name once more.
/// assert!(keys.marks[0].rarity > 6.0 && keys.marks.len() <= 64);
/// ```
pub fn keys(report: &Report<'_>) -> StoryKeys {
    keys_of(&count(report), report.at)
}

/// The keys of a report that was counted, and when it came.
pub(crate) fn keys_of(counted: &Counts, at: Option<DateTime<Utc>>) -> StoryKeys {
    let Counts { words, capitals_tell, counts } = counted;
    let (words, capitals_tell) = (*words, *capitals_tell);
    // The word that a name is written with belongs to the name.
    let names: QuickSet<u64> = counts
        .iter()
        .filter(|it| capitals_tell && it.channel == Channel::Name)
        .map(|it| it.stem)
        .collect();
    let of_a_name = |it: &Counted| {
        matches!(it.channel, Channel::Instrument | Channel::Party) || names.contains(&it.stem)
    };
    let mut marks: Vec<Mark> = counts
        .iter()
        .filter(|it| it.is_word_like)
        .map(|it| mark(it, words, of_a_name(it)))
        .collect();
    let length = marks.iter().map(|mark| mark.weight * mark.weight).sum::<f32>().sqrt();
    if 0.0 < length {
        marks.iter_mut().for_each(|mark| mark.weight /= length);
    }
    let heavier = |one: &Mark, other: &Mark| {
        other.weight.total_cmp(&one.weight).then(one.hash.cmp(&other.hash))
    };
    marks.sort_unstable_by(heavier);
    marks.truncate(StoryLookUp::MARKS_MAX);
    StoryKeys { at: at.unwrap_or(DateTime::UNIX_EPOCH), words, marks }
}

fn mark(counted: &Counted, words: usize, names: bool) -> Mark {
    let rate = match counted.channel {
        Channel::Instrument | Channel::Party => 0.0,
        _ => common().get(&counted.stem).copied().unwrap_or(0.0),
    };
    // The share of reports of this length that say it, if words fell like rain.
    let share = 1.0 - (-rate * words as f32).exp();
    let rarity = -share.max(1.0 / REPORTS_OF_THE_TABLE).ln();
    let weight = counted.channel.weight() * (1.0 + (counted.times as f32).ln()) * rarity;
    Mark { hash: counted.hash, weight, rarity, names }
}

/// How often common words stand in one word of news, by the hash of the word.
fn common() -> &'static QuickMap<u64, f32> {
    static COMMON: LazyLock<QuickMap<u64, f32>> =
        LazyLock::new(|| read(include_str!("common.txt")));
    &COMMON
}

/// Reads a table of `word times` a line; lines that begin with `#` are remarks.
fn read(table: &str) -> QuickMap<u64, f32> {
    let mut rates = QuickMap::default();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let Some((word, times)) = line.split_once(' ') else { continue };
        let Ok(times) = times.parse::<f32>() else { continue };
        let characters: Vec<u64> = words(word).map(hash).collect();
        let is_pair = characters.len() == 2 && word.chars().all(is_spaceless);
        let stem = if is_pair { run_hash(&characters) } else { hash(word) };
        // Words that differ in their endings alone are one here.
        *rates.entry(stem).or_default() += times / COUNTED_IN;
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let table = include_str!("common.txt");
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            assert_eq!(read(line).len(), 1, "{line}");
        }
        assert!(1000 < common().len());
    }

    #[test]
    fn common_words_say_little_and_names_much_in_any_script() {
        let rarity = |text: &str| keys(&Report::of(text, "", None)).marks[0].rarity;
        for (common, rare) in [
            ("sanctions", "Calvenna"),
            ("санкции", "Кальвенна"),
            ("عقوبات", "كالفينا"),
            ("制裁", "卡尔"),
        ] {
            assert!(rarity(common) + 1.0 < rarity(rare), "{common} {rare}");
        }
    }
}
