//! Fills an outbox as the crawl does: articles are committed, and one message per reader with them.

use chrono::{DateTime, Utc};
use sanctionwatch::dedupe;
use sanctionwatch::digest::Recipient;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::judged::Placed;
use sanctionwatch::store::{Commit, Rules, Store, StoryRules};
use sanctionwatch::stories;

use crate::support::alerts::{alerts, sample};

/// Stores an article, which puts one message per reader into the outbox. The same `name` with
/// another `number` is another article.
pub(crate) async fn tell(store: &Store, name: &str, number: usize, now: DateTime<Utc>) {
    let (mut judged, source) = sample(name);
    judged.keys.address = format!("https://news.example/{number}");
    judged.article.url = judged.keys.address.clone();
    judged.keys.wording = number as u64;
    let readers = store.subscribers().await.unwrap();
    let recipient = |subscriber| Recipient { subscriber, reasons: Vec::new() };
    let readers: Vec<Recipient> = readers.into_iter().map(recipient).collect();
    let messages = alerts(&judged, &source, &readers);
    let url = judged.article.url.clone();
    let fetched = Fetched {
        requested: url.clone(),
        url: url.clone(),
        redirects: Vec::new(),
        status: 200,
        content_type: None,
        validators: Validators::default(),
        body: Vec::new(),
        at: now,
        served: None,
    };
    let commit = Commit {
        source: source.id,
        link: url,
        domain: "news.example".to_owned(),
        host: "news.example".to_owned(),
        judged,
        fetched,
        messages,
        story: None,
        official: false,
        updates: Vec::new(),
        entries: Vec::new(),
        corrections: Vec::new(),
        now,
        next_look: None,
    };
    let rules = Rules {
        keys: dedupe::keys_of,
        place: |_, _| Placed::New,
        change: dedupe::change::of,
        difference: |_, _| String::new(),
        story: StoryRules { alike: stories::alike, place: stories::place },
    };
    let committed = store.commit(commit, rules).await.unwrap();
    assert_eq!(committed.messages, readers.len());
}
