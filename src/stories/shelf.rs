//! The latest reports in memory, found by their marks as the store finds them.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::model::story::{Bearer, Mark, Near, Parts, StoryKeys, StoryLookUp};
use crate::stories::place::{alike, place};
use crate::text::quick_hash::QuickMap;

/// Reports in order of arrival, numbered from 0, and the story each is in, by a number of the caller's.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The number of the first report that is still here.
    first: usize,
    reports: VecDeque<Shelved>,
    /// By mark the latest reports that bear it.
    bearers: QuickMap<u64, Vec<Bearer>>,
    /// By story how many of the reports here are in it.
    sizes: QuickMap<usize, usize>,
}

#[derive(Debug, Clone, Copy)]
struct Shelved {
    story: usize,
    at: DateTime<Utc>,
    parts: Parts,
}

impl Shelf {
    /// When the latest report came; none on an empty shelf.
    pub fn latest(&self) -> Option<DateTime<Utc>> {
        self.reports.back().map(|report| report.at)
    }

    /// The story a report joins, by the rules of the store; none where it begins one.
    pub fn place(&self, keys: &StoryKeys) -> Option<usize> {
        let bearers_of = |mark: &Mark| self.bearers.get(&mark.hash).map_or(&[][..], Vec::as_slice);
        let bearers: Vec<&[Bearer]> = keys.marks.iter().map(bearers_of).collect();
        let near: Vec<Near> = alike(keys, self.reports.len(), &bearers)
            .into_iter()
            .map(|alike| {
                let Shelved { story, at, parts } = self.reports[self.seat(alike.article)];
                Near { story: story as i64, reports: self.sizes[&story], at, parts, alike }
            })
            .collect();
        place(keys, &near).map(|story| usize::try_from(story).expect("a number of ours"))
    }

    /// Adds the next report, in a story.
    pub fn put(&mut self, keys: &StoryKeys, story: usize) {
        let article = (self.first + self.reports.len()) as i64;
        for mark in &keys.marks {
            let bearers = self.bearers.entry(mark.hash).or_default();
            if bearers.len() == StoryLookUp::BEARERS_MAX {
                bearers.remove(0);
            }
            bearers.push(Bearer { article, weight: mark.weight });
        }
        self.reports.push_back(Shelved { story, at: keys.at, parts: keys.parts() });
        *self.sizes.entry(story).or_default() += 1;
    }

    /// Lets go of the reports before `first`; those from there on are in `stories` from now on.
    pub fn regroup(&mut self, first: usize, stories: &[usize]) {
        self.reports.drain(..first - self.first);
        self.first = first;
        self.bearers.retain(|_, bearers| {
            bearers.retain(|bearer| first <= bearer.article as usize);
            !bearers.is_empty()
        });
        self.sizes.clear();
        for (report, story) in self.reports.iter_mut().zip(stories) {
            report.story = *story;
            *self.sizes.entry(*story).or_default() += 1;
        }
    }

    fn seat(&self, article: i64) -> usize {
        usize::try_from(article).expect("numbers from 0") - self.first
    }
}
