//! Any bytes as a page: decode, parse, extract, clean. Pages of every kind, plain text and PDF.
#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::SiteMemory;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;

static HOOK: Once = Once::new();

fuzz_target!(|body: &[u8]| {
    // A panic that the PDF reader catches is no crash; libFuzzer sees those that are not caught.
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));
    let fetched = Fetched {
        requested: "https://example.org/2024/05/17/page".to_owned(),
        url: "https://example.org/2024/05/17/page".to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some("text/html".to_owned()),
        validators: Validators::default(),
        body: body.to_vec(),
        at: chrono::DateTime::UNIX_EPOCH,
    };
    let (article, notes) = read(&fetched, &Recipe::default(), &SiteMemory::default());
    assert!(article.is_some() || !notes.is_empty(), "nothing is left out in silence");
    if let Some(article) = article {
        assert!(article.blocks.iter().all(|block| !block.text.trim().is_empty()));
    }
});
