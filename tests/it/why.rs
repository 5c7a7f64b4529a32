//! Why somebody got a mail, or what held it back: one case for each reason.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use sanctionwatch::interests::interest;
use sanctionwatch::jobs::why::{About, Why, why};
use sanctionwatch::model::interest::Mute;
use sanctionwatch::store::{CopyOf, Enrolment, Formerly, Store};

use crate::back_test::{Stored, store_articles};

const ADDRESS: &str = "ada@example.org";

fn began() -> DateTime<Utc> {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

struct Desk {
    folder: tempfile::TempDir,
    store: Store,
    subscriber: i64,
}

impl Desk {
    /// Ada with the interests given, an article on a Russian licence and one on football.
    async fn new(interests: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.db");
        let store = Store::open(&path).unwrap();
        let interests = interests.iter().map(|text| interest(text).unwrap()).collect();
        let ada = Enrolment {
            email: ADDRESS.parse().unwrap(),
            name: None,
            zone: None,
            interests: Some(interests),
        };
        store.enrol(vec![ada], Formerly::BroughtBack, began()).await.unwrap();
        let known = store.subscriber_at(ADDRESS.parse().unwrap()).await.unwrap().unwrap();
        let seen = "2026-03-10T09:00:00.000Z";
        let licence = Stored {
            id: 1,
            seen,
            published: Some("2026-03-10"),
            source: "us/a",
            text: "A licence for oil of Calvenna Shipping.",
            score: 0.8,
            facts: &[("action", "licence-issued", None), ("country", "ru", None)],
        };
        let football = Stored { id: 2, score: 0.1, text: "Football.", facts: &[], ..licence };
        let old = Stored { id: 3, published: Some("2026-01-01"), ..licence };
        store_articles(&path, &[licence, football, old]);
        Self { folder, store, subscriber: known.subscriber.id }
    }

    fn execute(&self, sql: &str) {
        let database = Connection::open(self.folder.path().join("world.db")).unwrap();
        database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        database.execute_batch(sql).unwrap();
    }

    async fn why(&self, about: About) -> Why {
        let known = self.store.subscriber_at(ADDRESS.parse().unwrap()).await.unwrap().unwrap();
        let now = "2026-03-12T08:00:00Z".parse().unwrap();
        why(&self.store, &known, about, TimeDelta::days(7), now).await.unwrap().unwrap()
    }

    async fn reasons(&self, article: i64) -> Vec<String> {
        let answer = self.why(About { article, copy: None }).await;
        answer.held_back.iter().map(ToString::to_string).collect()
    }
}

#[tokio::test]
async fn each_reason_is_told() {
    let cases: [(&[&str], &str, i64, &[&str]); 13] = [
        (&["All:"], "", 1, &[]),
        (&["All:"], "", 2, &["not about sanctions: its score is 0.10"]),
        (&["All:"], "", 3, &["published at 2026-01-01"]),
        (&[], "", 1, &["no interest"]),
        (
            &["Iran: countries=ir", "Sure: certainty=highest"],
            "",
            1,
            &["meets none of the interests"],
        ),
        (
            &["Oil: words=oil @ daily 07:30"],
            "",
            1,
            &["\"Oil\" is told by digest: this belongs in that of 2026-03-11 07:30"],
        ),
        (&["Oil: words=oil @ hourly"], "", 3, &["published at 2026-01-01"]),
        (&["All:"], "UPDATE subscriber SET confirmed = NULL", 1, &["not confirmed"]),
        (
            &["All:"],
            "UPDATE subscriber SET left = '2026-03-05T08:00:00.000Z'",
            1,
            &["ended at 2026-03-05 08:00"],
        ),
        (
            &["All:"],
            "UPDATE subscriber SET suspended = '2026-03-05T08:00:00.000Z', suspension = 'mailbox full'",
            1,
            &["suspended since 2026-03-05 08:00 UTC: mailbox full"],
        ),
        (
            &["All:"],
            "UPDATE subscriber SET confirmed = '2026-03-11T08:00:00.000Z'",
            1,
            &["began at 2026-03-11"],
        ),
        (
            &["All:"],
            "UPDATE interest SET added = '2026-03-11T08:00:00.000Z'",
            1,
            &["added at 2026-03-11"],
        ),
        (
            &["All:"],
            "INSERT INTO held_back VALUES (1, 7, 2, 'nothing new', '2026-03-10T09:00:00.000Z')",
            1,
            &["story 7 was told before: nothing new"],
        ),
    ];
    for (interests, sql, article, expected) in cases {
        let desk = Desk::new(interests).await;
        desk.execute(sql);
        let reasons = desk.reasons(article).await;
        assert_eq!(reasons.len(), expected.len(), "{interests:?} {sql} {article}: {reasons:?}");
        for (reason, part) in reasons.iter().zip(expected) {
            assert!(reason.contains(part), "{interests:?} {sql} {article}: {reason}");
        }
    }
}

#[tokio::test]
async fn interests_say_what_they_met_and_what_they_miss() {
    let desk =
        Desk::new(&["Licences: topics=licences; names=calvenna shipping", "Iran: countries=ir"])
            .await;
    let answer = desk.why(About { article: 1, copy: None }).await;
    let [licences, iran] = answer.interests.as_slice() else { panic!("{answer:?}") };
    let met = licences.answer.as_ref().unwrap();
    assert_eq!(met.because, ["topics: licences", "names: calvenna shipping"]);
    assert_eq!(iran.answer.as_ref().unwrap_err().wants, "one of the countries ir");
}

#[tokio::test]
async fn mutes_and_copies_hold_back() {
    let desk = Desk::new(&["All:"]).await;
    let mute = Mute::Source("us/a".to_owned());
    desk.store.mute(desk.subscriber, mute, began()).await.unwrap();
    assert_eq!(desk.reasons(1).await, ["the subscriber muted the source \"us/a\""]);
    let copy = CopyOf { article: 1, url: "https://copy.example/".to_owned(), share: 0.97 };
    let answer = desk.why(About { article: 1, copy: Some(copy) }).await;
    let first = answer.held_back[0].to_string();
    assert_eq!(first, "this page is a copy, 97 % in common; article 1 is told in its place");
}

#[tokio::test]
async fn the_servers_words_are_told() {
    let desk = Desk::new(&["All:"]).await;
    desk.execute(
        "INSERT INTO delivery (subscriber, cause, message_id, subject, text, html, state, created,
                               attempts, finished, reply)
         VALUES (1, 'article:1', '<a@b>', 'S', '', '', 'failed', '2026-03-10T09:00:01.000Z', 3,
                 '2026-03-12T09:00:00.000Z', '550 no such user'),
                (1, 'revision:1:2', '<c@b>', 'Changed', '', '', 'waiting',
                 '2026-03-11T09:00:01.000Z', 1, NULL, '451 later'),
                (1, 'revision:12:1', '<d@b>', 'Other', '', '', 'sent', '2026-03-11T09:00:01.000Z', 1,
                 NULL, '250 ok')",
    );
    let answer = desk.why(About { article: 1, copy: None }).await;
    let mails: Vec<(&str, &str, u32)> = answer
        .mails
        .iter()
        .map(|mail| (mail.state.as_str(), mail.reply.as_str(), mail.attempts))
        .collect();
    assert_eq!(mails, [("failed", "550 no such user", 3), ("waiting", "451 later", 1)]);
    assert!(answer.held_back.is_empty(), "{:?}", answer.held_back);
}

#[tokio::test]
async fn a_digest_that_told_it_is_a_mail_on_it() {
    let desk = Desk::new(&["Oil: words=oil @ daily 07:30"]).await;
    desk.execute(
        "INSERT INTO digest (id, subscriber, due, interest, upto, composed)
         VALUES (9, 1, '2026-03-11T07:30:00.000Z', 1, 5, '2026-03-11T07:30:01.000Z');
         INSERT INTO digest_item (digest, position, news, kind, subject)
         VALUES (9, 0, 5, 'article', 1);
         INSERT INTO delivery (subscriber, cause, message_id, subject, text, html, state, created,
                               reply)
         VALUES (1, 'digest:2026-03-11T07:30:00.000Z:1', '<e@b>', 'Digest', '', '', 'sent',
                 '2026-03-11T07:30:01.000Z', '250 ok')",
    );
    let answer = desk.why(About { article: 1, copy: None }).await;
    assert_eq!(answer.mails.len(), 1, "{:?}", answer.mails);
    assert_eq!(answer.mails[0].reply, "250 ok");
    assert!(answer.held_back.is_empty(), "{:?}", answer.held_back);
    assert_eq!(desk.why(About { article: 3, copy: None }).await.mails, []);
}
