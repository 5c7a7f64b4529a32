//! Stored articles screened again for the names an edition brought, over a restart in the middle.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};
use sanctionwatch::clock::Clock;
use sanctionwatch::jobs::rescreen::Rescreen;
use sanctionwatch::lists::changes;
use sanctionwatch::model::designation::{Designation, Issuer, ListedName, NameQuality, PartyKind};
use sanctionwatch::model::matched::Suppression;
use sanctionwatch::store::{NewEdition, Store};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const LISTED: &str = "2026-03-22T08:00:00Z";

pub(crate) fn party(id: &str, name: &str) -> Designation {
    Designation {
        id: id.to_owned(),
        issuer: Issuer::EuropeanUnion,
        kind: PartyKind::Organisation,
        names: vec![ListedName { text: name.to_owned(), quality: NameQuality::Primary }],
        programmes: Vec::new(),
        countries: Vec::new(),
        births: Vec::new(),
        identifiers: Vec::new(),
        positions: Vec::new(),
        listed_on: None,
        remarks: Vec::new(),
    }
}

pub(crate) async fn take(
    store: &Store,
    before: &[Designation],
    parties: &[Designation],
    at: &str,
) -> i64 {
    let after = store.edition_in_force("eu".to_owned()).await.unwrap();
    let changes = if before.is_empty() { Vec::new() } else { changes(before, parties) };
    let new = NewEdition {
        list: "eu".to_owned(),
        format: "eu-xml",
        after: after.map(|edition| edition.id),
        files: Vec::new(),
        parties: parties.to_vec(),
        changes,
        messages: Vec::new(),
        now: at.parse().unwrap(),
        next_look: at.parse().unwrap(),
    };
    store.commit_edition(new).await.unwrap().unwrap().id
}

/// Stores articles, each as its address, day and text; the Journal's name a regulation.
fn store_articles(path: &Path, articles: &[[&str; 3]]) {
    let database = Connection::open(path).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for (row, [url, day, text]) in articles.iter().enumerate() {
        database
            .execute(
                "INSERT INTO article (id, url, source, domain, site, title, byline, published,
                     language, text, blocks, incomplete, wording, first_seen, changed, snapshot)
                 VALUES (?1, ?2, 'a', 'news.example', '', 'From the harbour', '[]', ?3, 'en', ?4,
                     '[]', 0, ?1, ?3 || 'T09:00:00.000Z', ?3 || 'T09:00:00.000Z', 1)",
                params![row + 1, url, day, text],
            )
            .unwrap();
        if url.contains("eur-lex") {
            database
                .execute(
                    "INSERT INTO instrument (article, position, field, start, \"end\", kind, id, text)
                     VALUES (?1, 0, 'text', 0, 1, 'eu-regulation', 'x', 'x')",
                    [row + 1],
                )
                .unwrap();
        }
    }
}

#[tokio::test]
async fn older_articles_are_told_once_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.db");
    let store = Store::open(&path).unwrap();
    let now = LISTED.parse().unwrap();
    store.add_subscriber("ada@example.org".parse().unwrap(), String::new(), now).await.unwrap();
    let hush =
        Suppression { name: "Querlanov Midstromsk".to_owned(), reason: "a namesake".to_owned() };
    store.suppress(hush, now).await.unwrap();
    let named = "The quay was leased to Zarubezhvodtrans Kherlotsk last week, papers show.";
    store_articles(
        &path,
        &[
            ["https://news.example/1", "2026-03-01", named],
            ["https://news.example/2", "2026-03-02", "Nobody in particular was named today."],
            ["https://eur-lex.europa.eu/oj/3", "2026-03-19", named],
            ["https://news.example/4", "2026-03-05", "Querlanov Midstromsk opened a shop."],
            ["https://news.example/5", "2025-03-05", named],
            ["https://news.example/6", "2026-03-23", named],
        ],
    );
    let first = [party("EU.1", "Ordanbek Villuntra")];
    let second = [
        first[0].clone(),
        party("EU.2", "Zarubezhvodtrans Kherlotsk"),
        party("EU.3", "Querlanov Midstromsk"),
    ];
    take(&store, &[], &first, "2026-02-01T08:00:00Z").await;
    assert_eq!(store.unfinished_rescreens().await.unwrap(), []);
    let edition = take(&store, &first, &second, LISTED).await;

    let search = |store: &Store| Rescreen {
        store: store.clone(),
        clock: Clock::fixed(now),
        links: None,
        sender: "alerts@example.org".parse().unwrap(),
        mail_waiting: Arc::new(Notify::new()),
        stop: CancellationToken::new(),
    };
    // A kill after the second article: what it had found is kept, and nobody was told.
    let broken = search(&store);
    let at = store.unfinished_rescreens().await.unwrap().remove(0);
    assert!(broken.step(&at, 2).await.unwrap().is_some());
    drop((broken, store));
    let store = Store::open(&path).unwrap();
    let at = store.unfinished_rescreens().await.unwrap().remove(0);
    assert_eq!(at.after, 2);
    assert_eq!(store.earlier_by(edition).await.unwrap().len(), 1);
    assert_eq!(store.outbox().await.unwrap().waiting, 0);

    assert_eq!(search(&store).run().await.unwrap(), 1);
    let expect = |store: Store| async move {
        let earlier = store.earlier_of("EU.2".to_owned()).await.unwrap();
        let words: Vec<String> = earlier.iter().map(|it| it.in_words()).collect();
        assert_eq!(
            words,
            [
                "in the news 21 days before the list",
                "in the Official Journal 3 days before the list"
            ]
        );
        assert_eq!(store.earlier_of("EU.3".to_owned()).await.unwrap(), []);
        assert_eq!(store.outbox().await.unwrap().waiting, 1);
        assert_eq!(store.unfinished_rescreens().await.unwrap(), []);
    };
    expect(store.clone()).await;
    // Neither another start nor an operator who searches again tells it twice.
    assert_eq!(search(&store).run().await.unwrap(), 0);
    assert!(store.rescreen_again(edition).await.unwrap());
    assert_eq!(search(&store).run().await.unwrap(), 0);
    expect(store.clone()).await;
    assert!(!store.rescreen_again(edition + 1).await.unwrap());

    let database = Connection::open(&path).unwrap();
    let query = "SELECT group_concat(article || ' ' || number, ', ') FROM mention";
    let mentions: String = database.query_row(query, [], |row| row.get(0)).unwrap();
    assert_eq!(mentions, "1 EU.2, 3 EU.2, 6 EU.2");
    let mail: String =
        database.query_row("SELECT text FROM delivery", [], |row| row.get(0)).unwrap();
    for part in ["Zarubezhvodtrans Kherlotsk", "21 days", "https://news.example/1", "Official"] {
        assert!(mail.contains(part), "{part:?} is not in\n{mail}");
    }
}
