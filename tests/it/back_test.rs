//! What an interest would have sent, over articles as the store holds them.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};
use sanctionwatch::interests::{cadence, criteria};
use sanctionwatch::jobs::back_test::{BackTest, Trial, back_test};
use sanctionwatch::store::Store;

/// An article about sanctions as the store holds it.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) seen: &'static str,
    pub(crate) published: Option<&'static str>,
    pub(crate) source: &'static str,
    pub(crate) text: &'static str,
    pub(crate) score: f64,
    /// Kind, value, and a programme's country.
    pub(crate) facts: &'static [(&'static str, &'static str, Option<&'static str>)],
}

pub(crate) fn store_articles(path: &Path, articles: &[Stored]) {
    let database = Connection::open(path).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for Stored { id, seen, published, source, text, score, facts } in articles {
        database
            .execute(
                "INSERT INTO article (id, url, source, domain, site, title, byline, published,
                     language, text, blocks, incomplete, wording, first_seen, changed, snapshot)
                 VALUES (?1, 'https://news.example/' || ?1, ?2, 'news.example', '', 'Title ' || ?1,
                     '[]', ?3, 'en', ?4, '[]', 0, ?1, ?5, ?5, 1)",
                params![id, source, published, text, seen],
            )
            .unwrap();
        database
            .execute(
                "INSERT INTO verdict (article, relevant, score, judged) VALUES (?1, ?2 >= 0.5, ?2, ?3)",
                params![id, score, seen],
            )
            .unwrap();
        for (position, (kind, value, country)) in facts.iter().enumerate() {
            database
                .execute(
                    "INSERT INTO fact (article, position, kind, value, detail, bound, field, start,
                                       \"end\", sentence, country)
                     VALUES (?1, ?2, ?3, ?4, '', '', 'text', 0, 1, 'x', ?5)",
                    params![id, position, kind, value, country],
                )
                .unwrap();
        }
    }
}

fn now() -> DateTime<Utc> {
    "2026-03-31T12:00:00Z".parse().unwrap()
}

fn articles() -> [Stored; 7] {
    let plain = |id, seen, source, text, facts| Stored {
        id,
        seen,
        published: None,
        source,
        text,
        score: 0.8,
        facts,
    };
    [
        plain(1, "2026-03-01T11:00:00.000Z", "us/a", "Too long ago.", &[]),
        plain(
            2,
            "2026-03-20T06:00:00.000Z",
            "us/a",
            "Oil of Calvenna Shipping.",
            &[("action", "licence-issued", None), ("programme", "EU-BLR", Some("by"))],
        ),
        plain(
            3,
            "2026-03-20T09:00:00.000Z",
            "gb/b",
            "Gas of Calvenna.",
            &[("country", "ru", None), ("authority", "gb-ofsi", None)],
        ),
        Stored {
            published: Some("2026-01-02"),
            ..plain(4, "2026-03-21T09:00:00.000Z", "us/a", "Found late: oil.", &[])
        },
        Stored { score: 0.2, ..plain(5, "2026-03-22T09:00:00.000Z", "us/a", "Football.", &[]) },
        Stored { score: 0.95, ..plain(6, "2026-03-30T08:00:00.000Z", "us/a", "Oil.", &[]) },
        plain(7, "2026-03-31T11:30:00.000Z", "us/c", "Today's oil.", &[]),
    ]
}

async fn tried(store: &Store, wanted: &str, often: &str) -> BackTest {
    let trial = Trial {
        criteria: criteria(wanted).unwrap(),
        cadence: cadence(often).unwrap(),
        zone: chrono_tz::Europe::Berlin,
        days: 30,
        alert_age: TimeDelta::days(7),
    };
    back_test(store, trial, now()).await.unwrap()
}

#[tokio::test]
async fn it_tells_what_alerts_and_digests_would_have_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.db");
    let store = Store::open(&path).unwrap();
    store_articles(&path, &articles());
    // Criteria, cadence, mails, and the articles told, the newest first.
    let cases: [(&str, &str, usize, &[i64]); 12] = [
        ("", "at-once", 4, &[7, 6, 3, 2]),
        ("", "daily 07:30", 3, &[7, 6, 3, 2]),
        ("", "hourly", 4, &[7, 6, 3, 2]),
        ("", "weekly Mon 07:30", 1, &[7, 6, 3, 2]),
        ("topics=licences", "at-once", 1, &[2]),
        ("countries=ru,by", "at-once", 2, &[3, 2]),
        ("countries=by; words=oil", "at-once", 1, &[2]),
        ("authorities=gb", "daily 12:00", 1, &[3]),
        ("names=Calvenna", "at-once", 2, &[3, 2]),
        ("words=oil -late; sources=us/a", "at-once", 2, &[6, 2]),
        ("certainty=highest", "at-once", 1, &[6]),
        ("words=football", "at-once", 0, &[]),
    ];
    for (wanted, often, mails, expected) in cases {
        let tested = tried(&store, wanted, often).await;
        let told: Vec<i64> = tested.items.iter().map(|item| item.article).collect();
        assert_eq!((tested.mails, told.as_slice()), (mails, expected), "{wanted} {often}");
        assert_eq!((tested.told, tested.looked_at), (expected.len(), 5), "{wanted} {often}");
        assert_eq!(tested.since, now() - TimeDelta::days(30));
    }
    let tested = tried(&store, "countries=by; words=oil", "daily 07:30").await;
    assert_eq!(tested.items[0].because, ["countries: by", "words: oil"]);
    // 07:30 in Berlin, before the clocks went forward.
    assert_eq!(tested.items[0].told, "2026-03-20T06:30:00Z".parse::<DateTime<Utc>>().unwrap());
}
