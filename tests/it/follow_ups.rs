//! After the alert: which edits of a known page tell its readers, which do not, and what a reader
//! gets when a page is gone.

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use mail_parser::MessageParser;
use sanctionwatch::dedupe::change;
use sanctionwatch::mail::Mailer;
use sanctionwatch::mail::memory::Memory;
use sanctionwatch::mail::settings::{Backend, Settings};
use sanctionwatch::model::judged::{Change, Version};
use sanctionwatch::model::source::{ListingKind, Source};
use sanctionwatch::model::subscriber::Message;
use sha2::{Digest, Sha256};

use crate::crawl::{World, feed, page, source};
use crate::support::edits::{self, Edit, Meaning};
use crate::support::web::{Response, Web};

/// Every message in the outbox, oldest first.
async fn outbox(world: &World) -> Vec<Message> {
    let (store, now) = (&world.crawler.store, world.clock.now());
    let claimed = store
        .claim_messages(now, TimeDelta::milliseconds(1), vec!["example.org".to_owned(); 100])
        .await
        .unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    claimed.into_iter().map(|claimed| claimed.message).collect()
}

/// Crawls as often as the page has answers, a day apart; gives the mails that then wait.
async fn crawl_through(kind: ListingKind, answers: Vec<Response>) -> (World, Vec<Message>) {
    let web = Web::start().await;
    let days = answers.len();
    web.answers("/story", answers);
    web.feed("/feed", feed(&[web.url("/story")]));
    let world = World::new().await;
    let listing = if kind == ListingKind::Page { web.url("/story") } else { web.url("/feed") };
    let sources: [Arc<Source>; 1] = [source("story", kind, listing)];
    for day in 0..days {
        if day == 1 {
            let late = "late@example.org".parse().unwrap();
            let now = world.clock.now();
            world.crawler.store.add_subscriber(late, String::new(), now).await.unwrap();
        }
        world.crawl(&sources).await;
        // Longer than any retry and any look again.
        world.clock.advance(TimeDelta::days(2));
    }
    let mails = outbox(&world).await;
    (world, mails)
}

fn edited(from: &str, to: &str) -> Vec<Response> {
    let first = page("Farrow Line");
    let second = first.replace(from, to);
    assert_ne!(first, second);
    [first, second].map(Response::html).into()
}

#[tokio::test]
async fn a_material_change_is_told_to_those_who_got_the_alert() {
    let answers = edited("until the end of the month", "until 14 May 2026");
    let (world, mails) = crawl_through(ListingKind::Feed, answers).await;
    assert_eq!(mails.len(), 2, "{mails:?}");
    let (alert, correction) = (&mails[0], &mails[1]);
    assert_eq!(correction.subscriber, alert.subscriber);
    assert_eq!(correction.follows.as_ref(), Some(&alert.message_id));
    assert!(correction.subject.starts_with("Changed: "), "{}", correction.subject);
    for part in [&correction.text, &correction.html] {
        assert!(part.contains("14 May 2026") && part.contains("end of the month"), "{part}");
    }
    assert!(correction.text.contains("numbers or dates"), "{}", correction.text);
    let revision = &world.articles().await[0].revisions[0];
    assert_eq!(revision.change, "material");
    assert!(revision.matters.contains(&"number".to_owned()), "{:?}", revision.matters);
}

#[tokio::test]
async fn every_text_of_a_page_is_kept_with_the_page_it_was_read_from() {
    let answers = edited("until the end of the month", "until 14 May 2026");
    let (world, _) = crawl_through(ListingKind::Feed, answers).await;
    let store = &world.crawler.store;
    let versions = store.versions(world.articles().await[0].id).await.unwrap();
    let [first, second] = &versions[..] else { panic!("{versions:?}") };
    assert!(first.text.contains("end of the month") && second.text.contains("14 May 2026"));
    assert!(first.replaced.is_some() && second.replaced.is_none());
    let change = first.change.as_ref().unwrap();
    assert_eq!((change.kind.as_str(), &second.change), ("material", &None));
    assert!(change.difference.contains("+ Everybody who deals"), "{}", change.difference);
    for (version, words) in [(first, "end of the month"), (second, "14 May 2026")] {
        let body = store.page_body(version.snapshot.id).await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&body).contains(words));
        let hash: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((version.snapshot.sha256.clone(), version.snapshot.status), (hash, 200));
        assert_eq!(version.snapshot.size, body.len() as u64);
    }
}

#[tokio::test]
async fn noise_and_wording_cause_no_mail() {
    let cases = [
        ("on Monday", "on\u{a0}Monday", 0),
        ("</article>", "<p>Last updated: 3 March 2026 at 10:32</p></article>", 0),
        ("saying the firm had", "saying that the firm had", 1),
    ];
    for (from, to, revisions) in cases {
        let (world, mails) = crawl_through(ListingKind::Feed, edited(from, to)).await;
        assert_eq!(mails.len(), 1, "{from} became {to}");
        assert_eq!(world.articles().await[0].revisions.len(), revisions, "{from} became {to}");
    }
}

#[tokio::test]
async fn a_material_change_of_a_page_watched_in_place_is_told_to_everybody() {
    let answers = edited("until the end of the month", "until 14 May 2026");
    let (_, mails) = crawl_through(ListingKind::Page, answers).await;
    assert_eq!(mails.len(), 3, "{mails:?}");
    let late = mails.iter().find(|mail| mail.email.expose().starts_with("late")).unwrap();
    assert_eq!(late.follows, None);
    assert!(late.text.contains("watched in place"), "{}", late.text);
}

#[tokio::test]
async fn a_page_that_is_gone_is_told_once() {
    let answers = vec![
        Response::html(page("Farrow Line")),
        Response::status(410),
        Response::status(410),
        Response::status(410),
    ];
    let (world, mails) = crawl_through(ListingKind::Page, answers).await;
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert_eq!(mails[1].follows.as_ref(), Some(&mails[0].message_id));
    assert!(mails[1].subject.starts_with("Gone: "), "{}", mails[1].subject);
    assert!(world.articles().await[0].gone.is_some());
}

#[tokio::test]
async fn a_mailbox_sees_what_a_correction_follows() {
    let answers = edited("until the end of the month", "until 14 May 2026");
    let (_, mails) = crawl_through(ListingKind::Feed, answers).await;
    let memory = Memory::default();
    let sender = "alerts@example.org".parse().unwrap();
    let mailer = Mailer::new(&Settings::new(Backend::Memory(memory.clone()), sender)).unwrap();
    for mail in &mails {
        mailer.send(mail, "", "2026-03-02T08:00:00Z".parse().unwrap()).await.unwrap();
    }
    let bytes = memory.mails();
    let alert = MessageParser::default().parse(&bytes[0]).unwrap();
    let correction = MessageParser::default().parse(&bytes[1]).unwrap();
    let id = alert.message_id().unwrap();
    assert_eq!(correction.in_reply_to().as_text(), Some(id));
    assert_eq!(correction.references().as_text(), Some(id));
    assert_eq!(alert.in_reply_to().as_text(), None);
}

/// Noise must never reach a reader; of what matters, nearly everything must.
#[test]
fn edits_in_seven_languages_are_weighed_as_a_reader_would() {
    let edits = edits::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/revisions"));
    assert!(200 <= edits.len(), "{}", edits.len());
    // Nothing tells a name from a word in a script without capitals.
    let caseless = |edit: &Edit| matches!(edit.language.as_str(), "ar" | "zh");
    let wrong: Vec<String> = edits
        .iter()
        .filter(|edit| match (edit.meaning, judged(edit)) {
            (Meaning::Edited, Meaning::Material) => !caseless(edit),
            (meaning, judged) => meaning != judged,
        })
        .map(|edit| {
            let (Edit { language, kind, after, .. }, change) = (edit, change_of(edit));
            format!("{language} {kind} is {change:?}: {}", after.join(" / "))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judged(edit: &Edit) -> Meaning {
    match change_of(edit) {
        Change::None | Change::Noise => Meaning::Noise,
        Change::Edited => Meaning::Edited,
        Change::Material(_) => Meaning::Material,
    }
}

fn change_of(edit: &Edit) -> Change {
    let [old_title, old_text] = &edit.before;
    let [new_title, new_text] = &edit.after;
    change::of(
        Version { title: old_title, text: old_text },
        Version { title: new_title, text: new_text },
    )
}
