//! Any bytes as a listing of each kind; the first byte chooses the kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::{JsonPaths, Listing, ListingKind};
use sanctionwatch::parse::listing::links;

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    let kind = match choice % 4 {
        0 => ListingKind::Feed,
        1 => ListingKind::Sitemap,
        2 => ListingKind::Index { selector: "a[href]".to_owned() },
        _ => ListingKind::Json(JsonPaths {
            items: "results".to_owned(),
            link: "url".to_owned(),
            title: Some("title".to_owned()),
            published: Some("date".to_owned()),
            summary: None,
        }),
    };
    let url = "https://example.org/list".to_owned();
    let listing = Listing::new(url.clone(), kind);
    let fetched = Fetched {
        requested: url.clone(),
        url,
        redirects: Vec::new(),
        status: 200,
        content_type: None,
        validators: Validators::default(),
        body: body.to_vec(),
        at: chrono::DateTime::UNIX_EPOCH,
    };
    match links(&listing, &fetched) {
        Ok(listed) => assert!(listed.links.iter().all(|link| !link.url.is_empty())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
