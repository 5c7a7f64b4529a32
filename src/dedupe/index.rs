//! Articles in memory, found by what they have in common: the store's look-up without the store.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};

use crate::model::judged::{Address, Keys, LookUp, Neighbour};

/// Articles in order of arrival.
///
/// Add those that are no copies: a copy is found by its original, and a report that forty papers
/// print would make its own words common.
#[derive(Debug, Default)]
pub struct Index {
    articles: Vec<Indexed>,
    /// For each sampled run the last articles that bear it, at most one more than
    /// [`LookUp::BEARERS_MAX`].
    bearers: HashMap<u64, VecDeque<usize>>,
}

#[derive(Debug)]
struct Indexed {
    keys: Keys,
    /// Unix seconds.
    at: i64,
}

impl Index {
    /// Adds an article seen at `at`, which should not lie before those added earlier. Gives its
    /// number: 0 for the first, then one more each.
    pub fn add(&mut self, keys: Keys, at: DateTime<Utc>) -> usize {
        let number = self.articles.len();
        for hash in &keys.shingles {
            let bearers = self.bearers.entry(*hash).or_default();
            bearers.push_back(number);
            if LookUp::BEARERS_MAX + 1 < bearers.len() {
                bearers.pop_front();
            }
        }
        self.articles.push(Indexed { keys, at: at.timestamp() });
        number
    }

    /// The keys of an article by its number.
    ///
    /// # Panics
    /// Where no article has this number.
    pub fn keys(&self, number: usize) -> &Keys {
        &self.articles[number].keys
    }

    /// The articles within the window before `now` that have most sampled runs in common with
    /// `keys`, for [`place`](crate::dedupe::place). Their `article` is their number here; addresses
    /// and sites are for the caller to fill in.
    pub fn neighbours(&self, keys: &Keys, now: DateTime<Utc>) -> Vec<Neighbour<'_>> {
        let since = now.timestamp() - LookUp::WINDOW_SECONDS;
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for bearers in keys.shingles.iter().filter_map(|hash| self.bearers.get(hash)) {
            let recent = bearers.iter().filter(|number| since <= self.articles[**number].at);
            if recent.clone().count() <= LookUp::BEARERS_MAX {
                recent.for_each(|number| *shared.entry(*number).or_default() += 1);
            }
        }
        shared.retain(|_, count| LookUp::SHARED_MIN <= *count);
        let mut found: Vec<(usize, usize)> = shared.into_iter().collect();
        found.sort_unstable_by_key(|(number, count)| (usize::MAX - count, *number));
        found.truncate(LookUp::NEIGHBOURS_MAX);
        let neighbour = |(number, _): (usize, usize)| Neighbour {
            article: i64::try_from(number).expect("fewer articles than 2^63"),
            address: Address::Other,
            same_site: false,
            keys: &self.articles[number].keys,
        };
        found.into_iter().map(neighbour).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::dedupe::{keys_of, place};
    use crate::model::judged::{Placed, Wording};

    const TEXT: &str = "The ministry froze the assets of two shipping companies on Thursday and named \
        their owner, a trader from the port city who had moved oil under three flags. Officials said \
        the ships had switched off their transponders near the strait and had forged the papers of \
        their cargo. The companies denied this in a letter to the court.";

    fn keys(text: &str) -> Keys {
        keys_of(text.len().to_string(), &Wording { title: "", text, byline: &[], published: None })
    }

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    #[test]
    fn a_copy_is_found_within_the_window() {
        let mut index = Index::default();
        index.add(
            keys("A report on bread, butter and the price of milk in the southern towns."),
            day(0),
        );
        let original = index.add(keys(TEXT), day(1));
        let copy = keys(&TEXT[..TEXT.len() / 2]);
        let found = index.neighbours(&copy, day(15));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].article, original as i64);
        assert!(matches!(place(&copy, &found), Placed::Copy { article: 1, .. }));
        assert!(index.neighbours(&copy, day(16)).is_empty());
    }

    #[test]
    fn what_everybody_says_finds_nobody() {
        let mut index = Index::default();
        for number in 0..=LookUp::BEARERS_MAX as i64 {
            index.add(keys(&format!("{TEXT} {number}")), day(1));
        }
        assert!(index.neighbours(&keys(TEXT), day(2)).is_empty());
        // Once they are out of the window, the words tell again.
        index.add(keys(TEXT), day(20));
        assert_eq!(index.neighbours(&keys(TEXT), day(21)).len(), 1);
    }
}
