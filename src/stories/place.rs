//! The story a report joins on arrival, of those that bear what it bears. The caller finds the bearers,
//! in a store or in memory; the two steps here say which are alike, and which story that makes.

use std::collections::BTreeMap;

use crate::model::story::{Alike, Bearer, Mark, Near, Parts, StoryKeys, StoryLookUp};
use crate::stories::keys::REPORTS_OF_THE_TABLE;
use crate::text::quick_hash::QuickMap;

/// Mean similarity with the nearest reports of a story from which a report joins it: for a report of
/// [`SHORT`] words, and by how much more for each e-fold of its length.
const JOIN: f32 = 0.09;
const JOIN_SLOPE: f32 = 0.0075;
const SHORT: f32 = 10.0;
/// Reports of a story that count, the nearest.
const NEAREST: usize = 8;
/// Words of two reports that are so alike are a form, if the names are not even so much as …
const FORM_WORDS: f32 = 0.6;
/// … this part as alike.
const FORM_NAMES: f32 = 0.4;
/// Length of the names of a report that has any.
const NAMES_MIN: f32 = 0.1;
/// Seconds of the Gaussian by which similarity fades with time: the notice in the gazette, the list and
/// Monday's papers follow Friday's release.
const FADE_SECONDS: f32 = 48.0 * 3600.0;

/// The stored reports most like the new one, the most alike first. `reports` is how many there are
/// within the window; `bearers` has for each mark of `keys` the latest reports that bear it.
pub fn alike<B: AsRef<[Bearer]>>(keys: &StoryKeys, reports: usize, bearers: &[B]) -> Vec<Alike> {
    let mut shared: QuickMap<i64, Alike> = QuickMap::default();
    for (mark, bearers) in keys.marks.iter().zip(bearers.iter().map(AsRef::as_ref)) {
        let known = known_share(mark.rarity, reports, bearers.len());
        for Bearer { article, weight } in bearers {
            let nothing = Alike { article: *article, ..Alike::default() };
            add(shared.entry(*article).or_insert(nothing), mark, *weight, known);
        }
    }
    let mut alike: Vec<Alike> = shared.into_values().collect();
    let nearer = |one: &Alike, other: &Alike| {
        other.similarity.total_cmp(&one.similarity).then(one.article.cmp(&other.article))
    };
    alike.sort_unstable_by(nearer);
    alike.truncate(StoryLookUp::NEAR_MAX);
    alike
}

/// What is left of a mark's weight, in both reports, when it is less rare in the store than in the table.
fn known_share(rarity: f32, reports: usize, bearers: usize) -> f32 {
    let mut here = ((reports as f32 + REPORTS_OF_THE_TABLE) / (bearers as f32 + 1.0)).ln();
    if StoryLookUp::BEARERS_MAX <= bearers {
        // A great story, or a common word: nobody counted on.
        here /= 2.0;
    }
    let share = (here / rarity.max(f32::EPSILON)).min(1.0);
    share * share
}

/// The story the report joins; none where it begins one.
pub fn place(keys: &StoryKeys, near: &[Near]) -> Option<i64> {
    let longer = (keys.words.max(1) as f32 / SHORT).ln().max(0.0);
    let threshold = JOIN + JOIN_SLOPE * longer;
    let own = keys.parts();
    let mut stories: BTreeMap<i64, Vec<f32>> = BTreeMap::new();
    let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
    for report in near {
        let similarity = if is_same_form(own, report) { 0.0 } else { report.alike.similarity };
        let apart = (keys.at - report.at).num_seconds() as f32 / FADE_SECONDS;
        let faded = similarity * (-apart * apart / 2.0).exp();
        stories.entry(report.story).or_default().push(faded);
        sizes.insert(report.story, report.reports);
    }
    let mut best: Option<(i64, f32)> = None;
    for (story, mut similarities) in stories {
        similarities.sort_unstable_by(|one, other| other.total_cmp(one));
        // Reports that are not among the near ones have next to nothing in common.
        let counted = sizes[&story].clamp(1, NEAREST);
        let mean = similarities.iter().take(counted).sum::<f32>() / counted as f32;
        if threshold <= mean && best.is_none_or(|(_, most)| most < mean) {
            best = Some((story, mean));
        }
    }
    best.map(|(story, _)| story)
}

/// How much two reports are alike, 0 to 1; not at all where they are one form with other names.
pub(crate) fn likeness(one: &StoryKeys, other: &StoryKeys) -> f32 {
    let weights: QuickMap<u64, f32> =
        other.marks.iter().map(|mark| (mark.hash, mark.weight)).collect();
    let mut alike = Alike::default();
    for mark in &one.marks {
        add(&mut alike, mark, weights.get(&mark.hash).copied().unwrap_or(0.0), 1.0);
    }
    let near = Near { story: 0, reports: 1, at: other.at, parts: other.parts(), alike };
    if is_same_form(one.parts(), &near) { 0.0 } else { alike.similarity }
}

/// Adds what two reports have in common in one mark; `known` is what is left of it in this store.
fn add(alike: &mut Alike, mark: &Mark, weight: f32, known: f32) {
    let common = mark.weight * weight;
    alike.similarity += common * known;
    if mark.names {
        alike.in_names += common * known;
    } else {
        // Where an office announces day by day in one form, the form is common: it is a form all the same.
        alike.in_words += common;
    }
}

/// Whether the two say the same words of others: an office announces every designation in one form.
fn is_same_form(own: Parts, near: &Near) -> bool {
    if own.names.min(near.parts.names) < NAMES_MIN {
        // A script without capitals, or a text without names: nothing tells.
        return false;
    }
    let Alike { in_names, in_words, .. } = near.alike;
    let in_words = in_words / (own.words * near.parts.words).max(f32::EPSILON);
    let in_names = in_names / (own.names * near.parts.names);
    FORM_WORDS < in_words && in_names < FORM_NAMES * in_words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(story: i64, reports: usize, similarity: f32, hours: i64) -> Near {
        let at = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hours);
        let alike = Alike { article: 1, similarity, in_names: similarity, in_words: 0.0 };
        Near { story, reports, at, parts: Parts::default(), alike }
    }

    fn keys(words: usize) -> StoryKeys {
        StoryKeys { at: chrono::DateTime::UNIX_EPOCH, words, marks: Vec::new() }
    }

    #[test]
    fn the_story_with_the_nearest_reports_is_joined_if_they_are_near_enough() {
        for (near, joined) in [
            (vec![], None),
            (vec![near(1, 1, 0.2, 0)], Some(1)),
            (vec![near(1, 1, 0.05, 0)], None),
            // The mean over the story's reports, not its one nearest.
            (vec![near(1, 4, 0.2, 0), near(2, 1, 0.15, 0)], Some(2)),
            // Of a great story the nearest eight count.
            (vec![near(1, 100, 0.9, 0)], Some(1)),
            // A week later it is another event.
            (vec![near(1, 1, 0.25, 72)], None),
            (vec![near(1, 1, 0.9, 7 * 24)], None),
        ] {
            assert_eq!(place(&keys(10), &near), joined, "{near:?}");
        }
    }

    #[test]
    fn a_form_filled_in_with_other_names_is_another_event() {
        let mark = |names| Mark { hash: 1, weight: 0.7, rarity: 6.9, names };
        let keys = StoryKeys { marks: vec![mark(true), mark(false)], ..keys(10) };
        let parts = keys.parts();
        for (in_words, in_names, joined) in
            [(0.4, 0.05, None), (0.4, 0.3, Some(1)), (0.15, 0.05, Some(1))]
        {
            let similarity = in_words + in_names;
            let alike = Alike { article: 1, similarity, in_names, in_words };
            let near = Near { parts, alike, ..near(1, 1, 0.0, 0) };
            assert_eq!(place(&keys, &[near]), joined, "{in_words} {in_names}");
        }
    }

    #[test]
    fn what_many_reports_bear_counts_less() {
        let mark = Mark { hash: 1, weight: 0.5, rarity: 6.9, names: true };
        let keys = StoryKeys { marks: vec![mark], ..keys(10) };
        let similarity = |reports: usize, bearers: i64| {
            let bearers = (0..bearers).map(|article| Bearer { article, weight: 0.5 }).collect();
            alike::<Vec<Bearer>>(&keys, reports, &[bearers])[0].similarity
        };
        assert!((0.19..=0.25).contains(&similarity(0, 1)));
        assert!(similarity(100, 50) < similarity(100, 5));
        assert!(similarity(5000, 64) < similarity(5000, 63) / 2.0);
    }
}
