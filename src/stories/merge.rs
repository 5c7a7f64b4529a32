//! Which stories of the recent reports are one, seen all together.
//!
//! Settling parts too, but what was told cannot be taken back: a part that nobody was told of would stay
//! untold. So stories are only ever merged here; parting them is an operator's.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::model::story::StoryKeys;
use crate::stories::features::Features;
use crate::stories::place::likeness;
use crate::stories::{Report, keys, settle};

/// Mean likeness of the nearest reports of two stories below which they are never one: among few
/// reports settling joins strangers.
const LIKE: f32 = 0.08;
/// Pairs of reports that count, the nearest.
const NEAREST: usize = 4;
/// Reports of a story that are compared.
const COMPARED: usize = 12;

/// A recent report and the story it is in.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub story: i64,
    pub report: Report<'a>,
}

/// Pairs of stories that are one, the earlier first. At most 4,096 reports are looked at, the last.
pub fn merges(told: &[Told<'_>]) -> Vec<(i64, i64)> {
    let told = &told[told.len().saturating_sub(crate::stories::SETTLED_MOST)..];
    let features: Vec<Features> = told.iter().map(|it| Features::of(&it.report)).collect();
    let reports: Vec<settle::Report<'_>> = told
        .iter()
        .zip(&features)
        .map(|(it, features)| settle::Report {
            features,
            at: it.report.at.map(|at| at.timestamp()),
        })
        .collect();
    let groups = settle::groups(&reports);
    let mut members: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (place, it) in told.iter().enumerate() {
        members.entry(it.story).or_default().push(place);
    }
    // A story goes with the group that holds more than half of its reports.
    let mut by_group: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for (story, places) in &members {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for place in places {
            *counts.entry(groups[*place]).or_default() += 1;
        }
        let most = counts.into_iter().find(|(_, count)| places.len() < 2 * count);
        if let Some((group, _)) = most {
            by_group.entry(group).or_default().push(*story);
        }
    }
    let compared = Compared { told, keys: vec![OnceCell::new(); told.len()] };
    let mut merges = Vec::new();
    for stories in by_group.values() {
        for (place, other) in stories.iter().enumerate().skip(1) {
            let one = stories[..place]
                .iter()
                .find(|one| compared.are_like(&members[one], &members[other]));
            merges.extend(one.map(|one| (*one, *other)));
        }
    }
    merges
}

/// Reports with their keys, made when a report is first compared.
struct Compared<'t> {
    told: &'t [Told<'t>],
    keys: Vec<OnceCell<StoryKeys>>,
}

impl Compared<'_> {
    fn keys(&self, place: usize) -> &StoryKeys {
        self.keys[place].get_or_init(|| keys(&self.told[place].report))
    }

    /// Whether two stories, by the places of their reports, are near enough to be one.
    fn are_like(&self, one: &[usize], other: &[usize]) -> bool {
        let last = |places: &[usize]| {
            let last = places.iter().rev().take(COMPARED);
            last.map(|place| self.keys(*place)).collect::<Vec<_>>()
        };
        let (one, other) = (last(one), last(other));
        let mut likeness: Vec<f32> =
            one.iter().flat_map(|one| other.iter().map(|other| likeness(one, other))).collect();
        likeness.sort_unstable_by(|one, other| other.total_cmp(one));
        likeness.truncate(NEAREST);
        LIKE <= likeness.iter().sum::<f32>() / likeness.len().max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_of_one_event_are_merged_and_a_form_is_not() {
        let titles = [
            (1, "Ministry freezes the assets of Calvenna Shipping in Dornik"),
            (2, "Storm closes the harbour of Port Jorvale"),
            (3, "Calvenna Shipping of Dornik: assets frozen by the ministry"),
            (4, "Ministry freezes the assets of Eskholm Timber in Arlund"),
        ];
        let told: Vec<Told<'_>> = titles
            .iter()
            .map(|(story, title)| Told { story: *story, report: Report::of(title, "", None) })
            .collect();
        assert_eq!(merges(&told), [(1, 3)]);
        assert_eq!(merges(&[]), []);
    }
}
