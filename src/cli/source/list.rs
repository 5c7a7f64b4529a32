//! `source list`: what is watched.

use std::sync::Arc;

use crate::cli::source::FAINT;
use crate::model::source::{ListingKind, Source, SourceKind};

pub(crate) fn run(sources: &[Arc<Source>]) {
    let width = sources.iter().map(|source| source.id.0.len()).max().unwrap_or(0);
    for source in sources {
        let kind = match source.kind {
            SourceKind::News => "news",
            SourceKind::Government => "government",
        };
        let listings: Vec<&str> =
            source.listings.iter().map(|listing| listing_word(&listing.kind)).collect();
        anstream::println!(
            "{:<width$}  {kind:<10}  {}  {FAINT}{:<8}{FAINT:#}  {}",
            source.id.0,
            source.language,
            listings.join("+"),
            source.title
        );
    }
    anstream::println!("{FAINT}{} sources{FAINT:#}", sources.len());
}

fn listing_word(kind: &ListingKind) -> &'static str {
    match kind {
        ListingKind::Feed => "feed",
        ListingKind::Sitemap => "sitemap",
        ListingKind::Index { .. } => "index",
        ListingKind::Json(_) => "json",
        ListingKind::Home => "home",
        ListingKind::Page => "page",
    }
}
