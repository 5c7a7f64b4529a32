//! Who is told of an article: interests, mutes, watched names and cadence, from the page to the outbox.

use std::sync::Arc;

use chrono::TimeDelta;
use sanctionwatch::interests::interest;
use sanctionwatch::model::interest::Mute;
use sanctionwatch::model::source::{ListingKind, Source};
use sanctionwatch::store::{Enrolment, Formerly};

use crate::crawl::{World, feed, page, source};
use crate::support::web::{Response, Web};

/// A world without Ada, who wants everything, but with these readers.
async fn world(readers: &[(&str, &[&str])]) -> World {
    let world = World::new().await;
    let (store, now) = (&world.crawler.store, world.clock.now());
    store.remove_subscriber("ada@example.org".parse().unwrap(), now).await.unwrap();
    let enrolment = |(name, interests): &(&str, &[&str])| Enrolment {
        email: format!("{name}@example.org").parse().unwrap(),
        name: None,
        zone: None,
        interests: Some(interests.iter().map(|text| interest(text).unwrap()).collect()),
    };
    let enrolments = readers.iter().map(enrolment).collect();
    store.enrol(enrolments, Formerly::BroughtBack, now).await.unwrap();
    world
}

/// Who has a mail waiting, and what it says in the text part.
async fn told(world: &World) -> Vec<(String, String)> {
    let (store, now) = (&world.crawler.store, world.clock.now());
    let domains = vec!["example.org".to_owned(); 100];
    let claimed = store.claim_messages(now, TimeDelta::milliseconds(1), domains).await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    let mut told: Vec<(String, String)> = claimed
        .into_iter()
        .map(|claimed| (claimed.message.email.expose().to_owned(), claimed.message.text))
        .map(|(email, text)| (email.split('@').next().unwrap().to_owned(), text))
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn an_alert_goes_to_those_who_asked_for_it_at_once() {
    let world = world(&[
        ("everything", &["All:"]),
        ("words", &["Oil: words=oil \"price cap\""]),
        ("names", &["Ours: names=Farrow Line|Undisclosed Client"]),
        ("mine", &["Mine: names=Farrow Line"]),
        ("muted", &["All:"]),
        ("elsewhere", &["Iran: countries=ir", "Tea: words=tea"]),
        ("unsure", &["All: words=-oil ships"]),
        ("daily", &["All: @ daily 07:30"]),
        ("nothing", &[]),
    ])
    .await;
    let store = &world.crawler.store;
    let muted = store.subscriber_at("muted@example.org".parse().unwrap()).await.unwrap().unwrap();
    let mute = Mute::Source("int/press".to_owned());
    store.mute(muted.subscriber.id, mute, world.clock.now()).await.unwrap();
    let web = Web::start().await;
    web.answers("/story", vec![Response::html(page("Farrow Line"))]);
    web.feed("/feed", feed(&[web.url("/story")]));
    let sources: [Arc<Source>; 1] = [source("press", ListingKind::Feed, web.url("/feed"))];
    world.crawl(&sources).await;
    let told = told(&world).await;
    let who: Vec<&str> = told.iter().map(|(who, _)| who.as_str()).collect();
    assert_eq!(who, ["everything", "mine", "names", "words"]);
    for (who, text) in &told {
        assert!(!text.contains("Undisclosed"), "{who} reads of another's names: {text}");
    }
}

#[tokio::test]
async fn a_change_of_a_page_watched_in_place_goes_to_those_it_concerns() {
    let world = world(&[("oil", &["Oil: words=oil"]), ("tea", &["Tea: words=tea"])]).await;
    let web = Web::start().await;
    let first = page("Farrow Line");
    let second = first.replace("until the end of the month", "until 14 May 2026");
    web.answers("/list", [first, second].map(Response::html));
    let sources: [Arc<Source>; 1] = [source("press", ListingKind::Page, web.url("/list"))];
    world.crawl(&sources).await;
    assert_eq!(told(&world).await.len(), 1);
    // Somebody who comes between: no alert, but the change is theirs too.
    let late = Enrolment {
        email: "late@example.org".parse().unwrap(),
        name: None,
        zone: None,
        interests: Some(vec![interest("Oil: words=oil").unwrap()]),
    };
    let (store, now) = (&world.crawler.store, world.clock.now());
    store.enrol(vec![late], Formerly::BroughtBack, now).await.unwrap();
    world.clock.advance(TimeDelta::days(2));
    world.crawl(&sources).await;
    let told = told(&world).await;
    let mut who: Vec<&str> = told.iter().map(|(who, _)| who.as_str()).collect();
    who.dedup();
    assert_eq!(who, ["late", "oil"]);
}
