//! `source export`: the feeds that are watched, as a feed reader takes them.

use std::sync::Arc;

use crate::cli::Exit;
use crate::model::source::{ListingKind, Source, SourceKind, Topic};
use crate::parse::opml::{self, Outline};

/// The word in an outline's categories that tells an authority from a newspaper.
pub(crate) const GOVERNMENT: &str = "government";

pub(crate) fn run(sources: &[Arc<Source>]) -> Exit {
    anstream::print!("{}", opml::write("sanctionwatch", &outlines(sources)));
    let without: Vec<&str> = sources
        .iter()
        .filter(|source| feeds(source).next().is_none())
        .map(|source| source.id.0.as_str())
        .collect();
    if !without.is_empty() {
        anstream::eprintln!(
            "{} of {} sources have no feed and are left out: {}",
            without.len(),
            sources.len(),
            without.join(", ")
        );
    }
    Exit::Done
}

/// One outline for each feed, by country.
fn outlines(sources: &[Arc<Source>]) -> Vec<Outline> {
    let mut outlines = Vec::new();
    for source in sources {
        let kind = (source.kind == SourceKind::Government).then_some(GOVERNMENT);
        let words = kind.into_iter().chain(source.topics.iter().copied().map(Topic::name));
        let categories: Vec<String> = words.map(str::to_owned).collect();
        outlines.extend(feeds(source).map(|feed| Outline {
            title: source.title.clone(),
            feed: feed.to_owned(),
            folders: vec![source.country.clone()],
            categories: categories.clone(),
            language: Some(source.language.clone()),
        }));
    }
    // Stable: within a country the order stays.
    outlines.sort_by(|a, b| a.folders.cmp(&b.folders));
    outlines
}

fn feeds(source: &Source) -> impl Iterator<Item = &str> {
    let feeds = source.listings.iter().filter(|listing| listing.kind == ListingKind::Feed);
    feeds.map(|listing| listing.url.as_str())
}
