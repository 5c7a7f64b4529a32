//! What subscribers cost where an article is committed, and what it costs to try an interest:
//! `cargo run --release --example measure_interests [readers [articles]]`.
//!
//! 10,000 readers with three interests each: reading them, reading them again while nothing has
//! changed, and asking them all about one article. Then the back-test over 30 days in which 100,000
//! articles came, one in five about sanctions: as many as it looks at.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a figure is printed or there is none"
)]

use std::env;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};
use sanctionwatch::interests;
use sanctionwatch::jobs::back_test::{BackTest, Trial, back_test};
use sanctionwatch::jobs::names::Watched;
use sanctionwatch::model::facts::Action;
use sanctionwatch::model::interest::{Cadence, Interest, Mute};
use sanctionwatch::store::{Enrolment, Formerly, Store, StoredSubject};

/// Rounds of what is short; the median counts.
const ROUNDS: usize = 21;
const COUNTRIES: [&str; 8] = ["ru", "by", "ir", "kp", "sy", "ve", "mm", "cn"];
const SENTENCE: &str = "Officials described the network at length, named two ships that carry crude \
                        oil above the price cap, and said that banks which help will be cut off. ";

#[tokio::main(worker_threads = 2)]
async fn main() {
    let number = |at: usize, usual: usize| {
        env::args().nth(at).map_or(usual, |given| given.parse().expect("a number"))
    };
    let (readers, articles) = (number(1, 10_000), number(2, 100_000));
    let scratch = tempfile::tempdir().unwrap();
    let store = Store::open(&scratch.path().join("measure.db")).unwrap();
    let now = Utc::now();
    enrol(&store, readers, now).await;
    wishes(&store, readers, now).await;
    fill(store.path(), articles, now);
    try_interests(&store, articles, now).await;
}

/// Readers with three interests each, as people write them: many the same, one of its own.
async fn enrol(store: &Store, readers: usize, now: DateTime<Utc>) {
    let wanted = |number: usize| {
        let country = COUNTRIES[number % COUNTRIES.len()];
        let other = COUNTRIES[number % 7];
        [
            format!("Country: countries={country},{other}; topics=listings"),
            format!("Oil: words=oil \"price cap\" OR lng{}; certainty=high", number % 50),
            format!("Ours: names=Company{number} Holding|Person{number} Name @ daily 07:30"),
        ]
    };
    let enrolment = |number: usize| Enrolment {
        email: format!("reader{number}@example.org").parse().unwrap(),
        name: Some(format!("Reader {number}")),
        zone: Some(chrono_tz::Europe::Berlin),
        interests: Some(wanted(number).map(|text| interests::interest(&text).unwrap()).to_vec()),
    };
    let enrolments = (0..readers).map(enrolment).collect();
    store.enrol(enrolments, Formerly::BroughtBack, now).await.unwrap();
    for number in (0..readers).step_by(10) {
        let id = i64::try_from(number + 1).unwrap();
        store.mute(id, Mute::Source("us/other".to_owned()), now).await.unwrap();
    }
}

async fn wishes(store: &Store, readers: usize, now: DateTime<Utc>) {
    println!("{readers} readers with three interests each, one in ten with a mute");
    let mut fresh = Vec::new();
    let mut kept = Vec::new();
    for round in 0..ROUNDS {
        // Whoever changes anything makes the next article read it all.
        let mute = Mute::Source(format!("us/source-{round}"));
        store.mute(1, mute, now).await.unwrap();
        for times in [&mut fresh, &mut kept] {
            let began = Instant::now();
            assert_eq!(store.wishes().await.unwrap().len(), readers);
            times.push(began.elapsed());
        }
    }
    told("their wishes read from the database", median(fresh));
    told("their wishes while nothing changed", median(kept));

    let wishes = store.wishes().await.unwrap();
    let names = store.watched_names().await.unwrap();
    let began = Instant::now();
    let watched = Watched::new(names);
    told("index of the watched names, when one changes", began.elapsed());
    let text = SENTENCE.repeat(20) + "Person77 Name signed for Company4242 Holding.";
    let mut found = Vec::new();
    let mut asked = Vec::new();
    let mut readers_told = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let in_text = watched.found_in("Tankers listed over oil", &text);
        found.push(began.elapsed());
        assert!(!in_text.is_empty());
        let stored = article(now);
        let subject = stored.with(&text, in_text);
        let began = Instant::now();
        let is_told = |at_once: &&Interest| at_once.cadence == Cadence::AtOnce;
        readers_told = wishes
            .iter()
            .filter(|it| interests::muted(&it.mutes, &it.interests, &subject).is_none())
            .filter(|it| !interests::met(it.interests.iter().filter(is_told), &subject).is_empty())
            .count();
        asked.push(began.elapsed());
    }
    told("watched names looked for in an article", median(found));
    told("all readers asked about an article", median(asked));
    println!("{readers_told} of them would be told\n");
}

/// What is asked of an article on tankers.
fn article(now: DateTime<Utc>) -> StoredSubject {
    StoredSubject {
        article: 1,
        url: "https://x.example/1".to_owned(),
        title: "Tankers listed over oil".to_owned(),
        source: "us/ofac".to_owned(),
        language: Some("en".to_owned()),
        published: None,
        first_seen: now,
        served: None,
        relevant: true,
        score: 0.9,
        actions: vec![Action::Designate],
        measures: Vec::new(),
        programmes: Vec::new(),
        countries: vec!["ru".to_owned()],
        authorities: vec!["us-ofac".to_owned()],
        named: Vec::new(),
        story: None,
    }
}

/// Articles of the last 30 days with what interests ask of them, written straight into the tables.
fn fill(path: &Path, articles: usize, now: DateTime<Utc>) {
    let mut connection = Connection::open(path).unwrap();
    let transaction = connection.transaction().unwrap();
    let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    transaction
        .execute(
            "INSERT INTO snapshot (id, url, requested, redirects, fetched, status, sha256, size, body)
             VALUES (1, '', '', '[]', ?1, 200, x'', 0, x'')",
            [moment(now)],
        )
        .unwrap();
    let text = SENTENCE.repeat(18);
    let mut article = transaction
        .prepare(
            "INSERT INTO article (id, url, source, domain, title, byline, published, language, text,
                                  blocks, incomplete, wording, first_seen, changed, snapshot)
             VALUES (?1, ?2, ?3, 'x.example', ?4, '[]', ?5, 'en', ?6, '[]', 0, ?1, ?5, ?5, 1)",
        )
        .unwrap();
    let mut verdict = transaction
        .prepare("INSERT INTO verdict (article, relevant, score, judged) VALUES (?1, ?2, ?3, ?4)")
        .unwrap();
    let mut fact = transaction
        .prepare(
            "INSERT INTO fact (article, position, kind, value, detail, bound, field, start, \"end\",
                               sentence)
             VALUES (?1, ?2, ?3, ?4, '', '', 'text', 0, 1, '')",
        )
        .unwrap();
    let span = TimeDelta::days(30).num_milliseconds() / i64::try_from(articles).unwrap();
    for number in 0..articles {
        let id = i64::try_from(number + 1).unwrap();
        let at =
            moment(now - TimeDelta::milliseconds(span * (i64::try_from(articles).unwrap() - id)));
        let (url, title) = (format!("https://x.example/{id}"), format!("Report {id} on tankers"));
        let source = format!("us/source-{}", number % 200);
        let body = format!("{text}Company{} Holding did not answer.", number % 1_000);
        article.execute(params![id, url, source, title, at, body]).unwrap();
        let is_relevant = number % 5 == 0;
        verdict.execute(params![id, is_relevant, 0.9, at]).unwrap();
        if is_relevant {
            let country = COUNTRIES[number / 5 % COUNTRIES.len()];
            let facts = [
                ("action", "designate"),
                ("country", country),
                ("authority", "us-ofac"),
                ("measure", "asset-freeze"),
            ];
            for (position, (kind, value)) in facts.iter().enumerate() {
                fact.execute(params![id, position, kind, value]).unwrap();
            }
        }
    }
    drop((article, verdict, fact));
    transaction.commit().unwrap();
    connection.execute_batch("PRAGMA optimize").unwrap();
}

async fn try_interests(store: &Store, articles: usize, now: DateTime<Utc>) {
    println!("the back-test over 30 days with {articles} articles, one in five about sanctions");
    for wanted in [
        "topics=listings; countries=ru",
        "",
        "words=crude \"price cap\" -nickel",
        "names=Company77 Holding",
        "countries=ru,by; words=banks",
    ] {
        let trial = Trial {
            criteria: interests::criteria(wanted).unwrap(),
            cadence: interests::cadence("daily 07:30").unwrap(),
            zone: chrono_tz::Europe::Berlin,
            days: 30,
            alert_age: TimeDelta::days(30),
        };
        let mut times = Vec::new();
        let mut last = None;
        for _ in 0..3 {
            let began = Instant::now();
            last = Some(back_test(store, trial.clone(), now).await.unwrap());
            times.push(began.elapsed());
        }
        let BackTest { told: reports, looked_at, .. } = last.unwrap();
        let name = if wanted.is_empty() { "everything" } else { wanted };
        told(&format!("{name} ({reports} of {looked_at})"), median(times));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no figure"));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn told(what: &str, took: Duration) {
    println!("{what:<60} {:9.2} ms", took.as_secs_f64() * 1e3);
}
