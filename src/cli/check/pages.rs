//! The operator's own sources, held against the pages that lie beside them.
//!
//! `selectors/us/agency.toml` may have a folder `selectors/us/agency/` with what its site answered
//! when the file was written: `listing.html` (or `.xml`, `.json`), `listing-2.html` for the second
//! listing, `article.html`. Shipped sources are tested like this before a release.

use std::fs;
use std::path::Path;

use crate::cli::check::{Findings, Severity};
use crate::clock::Clock;
use crate::jobs::read::read;
use crate::model::article::SiteMemory;
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::{Listing, ListingKind, Recipe, Source};
use crate::parse::listing::links;
use crate::parse::page;
use crate::parse::selector::Selector;
use crate::text::words::words;

/// Endings of the pages, with the content type each stands for.
const ENDINGS: [(&str, &str); 3] =
    [("html", "text/html; charset=utf-8"), ("xml", "text/xml"), ("json", "application/json")];

/// Reads the pages that lie beside the source's file below `selectors`; one without pages passes.
pub(crate) fn check(selectors: &Path, source: &Source, findings: &mut Findings) {
    let folder = selectors.join(&source.id.0);
    if !folder.is_dir() {
        return;
    }
    let mut faults = Vec::new();
    let mut found = 0;
    for (index, listing) in source.listings.iter().enumerate() {
        let stem = if index == 0 { "listing".to_owned() } else { format!("listing-{}", index + 1) };
        if let Some(fetched) = answer(&folder, &stem, &listing.url) {
            match count_links(listing, &fetched) {
                Ok(links) => found += links,
                Err(why) => faults.push(format!("{stem}: {why}")),
            }
        }
    }
    let has_listing = answer(&folder, "listing", "").is_some();
    if has_listing && faults.is_empty() && found < source.expectation.links_min {
        faults.push(format!(
            "the listings beside it give {found} links, fewer than expectation.links_min = {}",
            source.expectation.links_min
        ));
    }
    let url = source.listings.first().map_or("", |listing| listing.url.as_str());
    if let Some(fetched) = answer(&folder, "article", url) {
        faults.extend(article_faults(source, &fetched));
    }
    if faults.is_empty() {
        findings.say(Severity::Good, format!("{} reads the pages beside it", source.id));
    }
    for fault in faults {
        let remedy = "mend the file, or put the site's present page in place of the one beside it";
        findings.say(Severity::Error, format!("{}: {fault}; {remedy}", source.id));
    }
}

fn count_links(listing: &Listing, fetched: &Fetched) -> Result<usize, String> {
    if listing.kind == ListingKind::Page {
        return Ok(1);
    }
    links(listing, fetched).map(|listed| listed.links.len()).map_err(|error| error.to_string())
}

fn article_faults(source: &Source, fetched: &Fetched) -> Vec<String> {
    let mut faults: Vec<String> = dead_selectors(&source.recipe, fetched)
        .into_iter()
        .map(|selector| format!("the selector {selector:?} finds nothing on article.html"))
        .collect();
    match read(fetched, &source.recipe, &SiteMemory::default()).0 {
        None => faults.push("article.html gives no article".to_owned()),
        Some(article) => {
            let length = words(&article.text()).count();
            if length < source.expectation.words_min {
                faults.push(format!(
                    "article.html gives {length} words, fewer than expectation.words_min = {}",
                    source.expectation.words_min
                ));
            }
            if source.expectation.dated && article.published.is_none() {
                faults.push("article.html gives no date".to_owned());
            }
        }
    }
    faults
}

/// The selectors of a recipe that find nothing on the page.
fn dead_selectors(recipe: &Recipe, fetched: &Fetched) -> Vec<String> {
    let (page, _) = page::read(fetched);
    let named = [&recipe.title, &recipe.date, &recipe.byline, &recipe.body];
    let all = named.into_iter().flatten().chain(&recipe.drop);
    let is_dead = |text: &&String| {
        Selector::parse(text).is_ok_and(|selector| page.dom.select(&selector).next().is_none())
    };
    all.filter(is_dead).cloned().collect()
}

/// The file of `folder` named `stem`, as `url` would have answered; none if there is none.
fn answer(folder: &Path, stem: &str, url: &str) -> Option<Fetched> {
    let (body, content_type) = ENDINGS.iter().find_map(|(ending, content_type)| {
        Some((fs::read(folder.join(format!("{stem}.{ending}"))).ok()?, *content_type))
    })?;
    Some(Fetched {
        requested: url.to_owned(),
        url: url.to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some(content_type.to_owned()),
        validators: Validators::default(),
        body,
        at: Clock::System.now(),
        served: None,
    })
}
