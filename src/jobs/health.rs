//! How a visit went as a whole, held against what its source's file calls healthy.

use chrono::{DateTime, TimeDelta, Utc};

use crate::jobs::listings::Announcement;
use crate::jobs::pages::Harvest;
use crate::model::source::{Expectation, Source};
use crate::model::visit::{Counts, Outcome};

/// Articles a visit must bring before their length and dates say something about the source.
const ARTICLES_THAT_TELL: usize = 3;

/// The visit's outcome, with a sentence for the operator where it is not healthy.
pub(crate) fn of_visit(
    source: &Source,
    announced: &Announcement,
    harvest: &Harvest,
    counts: &Counts,
    silence: Option<TimeDelta>,
) -> (Outcome, String) {
    if let Some((outcome, detail)) = &announced.fault {
        return (*outcome, detail.clone());
    }
    let unchanged = announced.unchanged == source.listings.len();
    let strange = unexpected_links(&source.expectation, announced, counts)
        .or_else(|| unexpected_pages(&source.expectation, harvest, counts))
        .or_else(|| unexpected_silence(&source.expectation, silence));
    match strange {
        Some(detail) => {
            let none = counts.links == 0 && !unchanged && harvest.tried == 0;
            let outcome = if none { Outcome::Empty } else { Outcome::Unexpected };
            (outcome, format!("{detail} (selectors: {}.toml)", source.id))
        }
        None => match &announced.moved {
            Some(detail) => (Outcome::Moved, detail.clone()),
            None if unchanged => (Outcome::Unchanged, String::new()),
            None => (Outcome::Ok, String::new()),
        },
    }
}

fn unexpected_links(
    expected: &Expectation,
    announced: &Announcement,
    counts: &Counts,
) -> Option<String> {
    // Unchanged listings were not counted: only a complete count can be too small.
    if announced.unchanged == 0 && counts.links < expected.links_min {
        return Some(format!(
            "the listings gave {} links, fewer than the {} expected; see whether the site was \
             rebuilt, or lower expectation.links_min",
            counts.links, expected.links_min
        ));
    }
    (expected.links_max < counts.links).then(|| {
        format!(
            "the listings gave {} links, more than the {} expected; narrow the selector, or raise \
             expectation.links_max",
            counts.links, expected.links_max
        )
    })
}

fn unexpected_pages(expected: &Expectation, harvest: &Harvest, counts: &Counts) -> Option<String> {
    if let (0, Some((outcome, detail))) = (harvest.read, &harvest.fault) {
        // Pages that robots.txt closes are closed on purpose.
        return (*outcome != Outcome::Refused).then(|| {
            format!("none of {} pages could be read; the first: {detail}", harvest.tried)
        });
    }
    if counts.articles < ARTICLES_THAT_TELL {
        return None;
    }
    if counts.articles < 2 * harvest.short {
        return Some(format!(
            "{} of {} new articles have fewer than {} words; mend the recipe's body, or lower \
             expectation.words_min",
            harvest.short, counts.articles, expected.words_min
        ));
    }
    (expected.dated && counts.articles < 2 * harvest.undated).then(|| {
        format!(
            "{} of {} new articles have no date; mend the recipe's date, or set \
             expectation.dated = false",
            harvest.undated, counts.articles
        )
    })
}

fn unexpected_silence(expected: &Expectation, silence: Option<TimeDelta>) -> Option<String> {
    let silence = silence?;
    (TimeDelta::days(i64::from(expected.silence_days)) < silence).then(|| {
        format!(
            "nothing new for {} days, longer than the {} expected; see whether the listing still \
             lives, or raise expectation.silence_days",
            silence.num_days(),
            expected.silence_days
        )
    })
}

/// How long a source has announced nothing new; none where it just did, or never has.
pub(crate) fn silence(
    last_announced: Option<DateTime<Utc>>,
    fresh: usize,
    now: DateTime<Utc>,
) -> Option<TimeDelta> {
    last_announced.filter(|_| fresh == 0).map(|last| now - last)
}
