//! Reports of one event become one story. Pure.
//!
//! Two decisions: a report *joins* the story it resembles most as it arrives, on what is known by
//! then; and from time to time, and at the end, the recent reports are *settled* anew, all together.
//! Settling sees what joining cannot: which words are common in this news, and which reports have the
//! same neighbours although they share few words with each other.
//!
//! Copies are folded first (see `dedupe`): a wire report in forty papers is one report here.

mod features;
mod keys;
mod merge;
mod place;
mod settle;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::stories::features::{Features, count};
pub use crate::stories::keys::keys;
use crate::stories::keys::keys_of;
pub use crate::stories::merge::{Told, merges};
pub use crate::stories::place::{alike, place};
pub use crate::stories::shelf::Shelf;

/// Reports settled together: their similarities are a square of this, four bytes each.
pub(crate) const SETTLED_MOST: usize = 4096;

/// A report of an event, as far as grouping looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    pub title: &'a str,
    pub text: &'a str,
    /// When it was published or seen; none tells nothing.
    pub at: Option<DateTime<Utc>>,
    /// The legal identifiers it names, each in its one form.
    pub instruments: &'a [String],
    /// The listed parties it surely names, each by issuer and number.
    pub parties: &'a [String],
}

impl<'a> Report<'a> {
    /// A report of which nothing but its words is known.
    pub fn of(title: &'a str, text: &'a str, at: Option<DateTime<Utc>>) -> Self {
        Self { title, text, at, instruments: &[], parties: &[] }
    }
}

/// Reports in order of arrival, and the stories they make.
///
/// ```
/// use sanctionwatch::stories::{Report, Stories};
///
/// let mut stories = Stories::default();
/// let report = |title| Report::of(title, "", None);
/// stories.add(&report("Ministry freezes assets of Calvenna Shipping"));
/// stories.add(&report("Storm closes the harbour of Port Dornik"));
/// stories.add(&report("Calvenna Shipping: ministry freezes all assets"));
/// stories.settle();
/// assert_eq!(stories.of(2), stories.of(0));
/// assert_ne!(stories.of(1), stories.of(0));
/// ```
#[derive(Debug, Default)]
pub struct Stories {
    reports: Vec<Known>,
    shelf: Shelf,
    /// Reports added since they were last settled.
    unsettled: usize,
    /// Reports whose stories are decided for good.
    closed: usize,
}

#[derive(Debug)]
struct Known {
    features: Features,
    /// Seconds since 1970.
    at: Option<i64>,
    story: usize,
}

impl Known {
    /// Lets go of what is only needed while the story is open.
    fn close(&mut self) {
        self.features = Features::default();
    }
}

impl Stories {
    /// Adds a report, and gives the story it joins for now. Reports and stories are numbered from 0
    /// in order of arrival; a story bears the number of its first report.
    ///
    /// Settles by itself before there is more to settle than is settled together.
    pub fn add(&mut self, report: &Report<'_>) -> usize {
        // One that does not say when it was published came when it came: not before the others.
        let at = report.at.or(self.shelf.latest());
        let counted = count(report);
        let keys = keys_of(&counted, at);
        let number = self.reports.len();
        let story = self.shelf.place(&keys).unwrap_or(number);
        self.shelf.put(&keys, story);
        let at = report.at.map(|at| at.timestamp());
        self.reports.push(Known { features: Features::from(&counted), at, story });
        self.unsettled += 1;
        if SETTLED_MOST / 2 <= self.unsettled {
            self.settle();
        }
        self.reports[number].story
    }

    /// Decides anew on the latest reports, all together; earlier ones keep their stories.
    pub fn settle(&mut self) {
        let first = self.reports.len().saturating_sub(SETTLED_MOST);
        let recent: Vec<settle::Report<'_>> = self.reports[first..]
            .iter()
            .map(|known| settle::Report { features: &known.features, at: known.at })
            .collect();
        let groups = settle::groups(&recent);
        // A group goes on under the number of an older story if its first report belongs to one; of
        // two groups that part such a story, the earlier keeps it.
        let mut names: BTreeMap<usize, usize> = BTreeMap::new();
        let mut continued = BTreeSet::new();
        for (place, group) in groups.iter().enumerate() {
            names.entry(*group).or_insert_with(|| {
                let story = self.reports[first + place].story;
                if story < first && continued.insert(story) { story } else { first + place }
            });
        }
        for (place, group) in groups.iter().enumerate() {
            self.reports[first + place].story = names[group];
        }
        let stories: Vec<usize> = self.reports[first..].iter().map(|known| known.story).collect();
        self.shelf.regroup(first, &stories);
        // They will not be settled again.
        self.reports[self.closed..first].iter_mut().for_each(Known::close);
        self.closed = first;
        self.unsettled = 0;
    }

    /// The story of a report.
    ///
    /// # Panics
    /// Where no report has this number.
    pub fn of(&self, report: usize) -> usize {
        self.reports[report].story
    }
}
