//! Listings of every kind, as files: each folder of `tests/listings` holds a document and what must
//! come of it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::DateTime;
use flate2::Compression;
use flate2::write::GzEncoder;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::{
    JsonPaths, Link, Listing, ListingKind, NextPage, Paging, Pattern,
};
use sanctionwatch::parse::listing::{Listed, ListingError, links};
use serde::Deserialize;
use serde_json::{Value, json};

/// `expected.json` of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    url: String,
    kind: String,
    content_type: Option<String>,
    selector: Option<String>,
    /// Where the listing goes on: a selector, or a path in JSON.
    next: Option<String>,
    paths: Option<Paths>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    links: Vec<Value>,
    #[serde(default)]
    sitemaps: Vec<String>,
    /// The feed that a home page declares.
    feed: Option<String>,
    next_page: Option<String>,
    /// The hub and the topic.
    hub: Option<(String, String)>,
    /// Parts of notes that must be given.
    #[serde(default)]
    notes: Vec<String>,
    /// The outcome's name and the message.
    error: Option<String>,
}

#[derive(Deserialize)]
struct Paths {
    items: String,
    link: String,
    title: Option<String>,
    published: Option<String>,
    summary: Option<String>,
}

#[test]
fn every_listing_gives_what_its_case_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(20 < cases.len(), "found only {} cases", cases.len());
    for folder in cases {
        check(&folder);
    }
}

fn check(folder: &Path) {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let case = fs::read_to_string(folder.join("expected.json")).unwrap();
    let case: Case = serde_json::from_str(&case).unwrap_or_else(|error| panic!("{name}: {error}"));
    let document = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_stem().is_some_and(|stem| stem == "listing"))
        .unwrap_or_else(|| panic!("{name} has no listing"));
    let body = fs::read(document).unwrap();
    // Packed or not must make no difference.
    for body in [pack(&body), body] {
        let result = links(&listing(&case), &fetched(&case, body));
        compare(&name, &case, result);
    }
}

fn compare(name: &str, case: &Case, result: Result<Listed, ListingError>) {
    let listed = match (result, &case.error) {
        (Ok(listed), None) => listed,
        (Err(error), Some(expected)) => {
            assert_eq!(&format!("{}: {error}", error.outcome().name()), expected, "{name}");
            return;
        }
        (result, expected) => panic!("{name}: expected {expected:?}, got {result:?}"),
    };
    let found: Vec<Value> = listed.links.iter().map(as_json).collect();
    assert_eq!(found, case.links, "{name}");
    assert_eq!(listed.sitemaps, case.sitemaps, "{name}");
    assert_eq!(listed.feed, case.feed, "{name}");
    assert_eq!(listed.next, case.next_page, "{name}");
    let hub = listed.hub.as_ref().map(|hub| (hub.url.clone(), hub.topic.clone()));
    assert_eq!(hub, case.hub, "{name}");
    for expected in &case.notes {
        let said = listed.notes.iter().any(|note| note.text.contains(expected));
        assert!(said, "{name}: {expected:?} is not among {:?}", listed.notes);
    }
    if case.notes.is_empty() {
        assert_eq!(listed.notes, [], "{name}");
    }
}

fn as_json(link: &Link) -> Value {
    let published = link.published.map(|stamp| stamp.to_string());
    let mut value = json!({ "url": link.url, "title": link.title, "published": published });
    if let Some(summary) = &link.summary {
        value["summary"] = json!(summary);
    }
    value
}

fn listing(case: &Case) -> Listing {
    let kind = match case.kind.as_str() {
        "feed" => ListingKind::Feed,
        "sitemap" => ListingKind::Sitemap,
        "index" => ListingKind::Index { selector: case.selector.clone().unwrap() },
        "json" => {
            let paths = case.paths.as_ref().unwrap();
            ListingKind::Json(JsonPaths {
                items: paths.items.clone(),
                link: paths.link.clone(),
                title: paths.title.clone(),
                published: paths.published.clone(),
                summary: paths.summary.clone(),
            })
        }
        "home" => ListingKind::Home,
        "page" => ListingKind::Page,
        other => panic!("{other} is no kind"),
    };
    let patterns = |texts: &[String]| texts.iter().cloned().map(Pattern).collect();
    Listing {
        url: case.url.clone(),
        kind,
        include: patterns(&case.include),
        exclude: patterns(&case.exclude),
        paging: case.next.clone().map(paging(&case.kind)),
    }
}

fn paging(kind: &str) -> impl Fn(String) -> Paging {
    let is_json = kind == "json";
    move |next| Paging {
        next: if is_json { NextPage::Path(next) } else { NextPage::Selector(next) },
        most: 2,
    }
}

fn fetched(case: &Case, body: Vec<u8>) -> Fetched {
    Fetched {
        requested: case.url.clone(),
        url: case.url.clone(),
        redirects: Vec::new(),
        status: 200,
        content_type: case.content_type.clone(),
        validators: Validators::default(),
        body,
        at: DateTime::UNIX_EPOCH,
        served: None,
    }
}

fn feed(body: Vec<u8>) -> Result<Listed, ListingError> {
    let case: Case =
        serde_json::from_value(json!({ "url": "https://example.org/feed", "kind": "feed" }))
            .unwrap();
    links(&listing(&case), &fetched(&case, body))
}

fn pack(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_feed_of_a_million_entries_gives_its_first_part_and_says_so() {
    let entry = "<item><link>https://example.org/0000000</link></item>";
    let mut body = String::from("<rss><channel>");
    for number in 0..1_000_000 {
        body.push_str(&entry.replace("0000000", &number.to_string()));
    }
    let listed = feed(body.into_bytes()).unwrap();
    assert_eq!(listed.links.len(), 50_000);
    assert!(listed.notes[0].text.contains("more than 50000 entries"), "{:?}", listed.notes);
}

#[test]
fn hostile_documents_end_in_an_outcome_within_their_bounds() {
    let bomb = pack(&vec![b' '; 60 << 20]);
    assert_eq!(feed(bomb).unwrap_err().outcome().name(), "too large");
    let head = "<rss><channel><item><link>/a</link>";
    let deep = format!("{head}{}", "<a>".repeat(2_000_000));
    assert_eq!(feed(deep.into_bytes()).unwrap().links.len(), 1);
    let brackets = vec![b'['; 4 << 20];
    assert_eq!(feed(brackets).unwrap_err().outcome().name(), "unreadable");
    for seed in 0..200_u64 {
        // Any bytes give an answer: noise made by a fixed generator, dressed as a feed.
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut body = b"<rss><item><title>".to_vec();
        body.extend((0..2_000).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b"<>&;/!-[]=\"' abc\xFF\xC3#x0"[(state % 21) as usize]
        }));
        drop(feed(body));
    }
}

/// The contract of the command: the same order, errors on their line, the rest still answered.
#[test]
fn the_command_answers_line_by_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let packed = tempfile::NamedTempFile::new().unwrap();
    let atom = fs::read(folder.join("atom-1.0/listing.xml")).unwrap();
    fs::write(packed.path(), pack(&atom)).unwrap();
    let questions = [
        json!({"id": "a", "url": "https://gov.example/f", "kind": "feed", "path": packed.path()}),
        json!({"id": 2, "url": "https://example.org/", "kind": "feed", "body": "<html><p>no</html>"}),
        json!({"id": "c", "url": "https://example.org/", "kind": "index", "selector": "h2 a",
               "body": "<h2><a href=/x>X</a></h2>"}),
        json!({"id": "d", "url": "https://example.org/", "kind": "index", "body": "x"}),
        json!({"id": "e", "url": "https://example.org/", "kind": "feed", "path": "/nowhere/at-all"}),
        json!({"id": "f", "url": "https://example.org/", "kind": "feed", "body": "<rss/>"}),
        json!({"id": "g", "url": "https://example.org/", "kind": "sitemap",
               "body": "<sitemapindex><sitemap><loc>/s.xml</loc></sitemap></sitemapindex>"}),
    ];
    let input: String = questions.iter().map(|question| format!("{question}\n")).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .arg("links")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    command.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = command.wait_with_output().unwrap();
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(output.status.code(), Some(1));
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(
        ids,
        ["a".into(), json!(2), "c".into(), "d".into(), "e".into(), "f".into(), "g".into()]
            .iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(answers[0]["links"][0]["title"], "New designations announced");
    assert!(answers[1]["error"].as_str().unwrap().contains("an HTML page"), "{}", answers[1]);
    assert_eq!(
        answers[2]["links"],
        json!([{"url": "https://example.org/x", "title": "X", "published": null}])
    );
    assert!(answers[3]["error"].as_str().unwrap().contains("selector"), "{}", answers[3]);
    assert!(answers[4]["error"].as_str().unwrap().contains("/nowhere/at-all"), "{}", answers[4]);
    assert_eq!(answers[5]["links"], json!([]));
    assert_eq!(answers[6]["sitemaps"], json!(["https://example.org/s.xml"]));
}
