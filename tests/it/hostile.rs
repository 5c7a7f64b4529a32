//! The hostile web in one crawl: every trap ends in its own outcome, the program stays within its
//! memory, and a healthy source beside them is read as if they were not there.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_compression::tokio::bufread::BrotliEncoder;
use flate2::Compression;
use flate2::write::GzEncoder;
use sanctionwatch::model::visit::Outcome;
use sanctionwatch::store::Store;
use tokio::io::AsyncReadExt;

use crate::support::web::{Response, Web};

/// The whole crawl stays below this, in KiB; a quiet one takes about 60 MiB.
const MEMORY_MOST: u64 = 600 << 10;
/// And takes no longer than this, though three of its servers never finish.
const TIME_MOST: Duration = Duration::from_secs(60);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    BrotliEncoder::new(bytes).read_to_end(&mut packed).await.unwrap();
    packed
}

fn packed(coding: &str, body: Vec<u8>) -> Response {
    Response::page("application/rss+xml", body).header("content-encoding", coding)
}

fn feed(items: &str) -> String {
    format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
}

/// Ten entities, each ten of the one before: a thousand million laughs if anybody obeyed.
fn laughs() -> String {
    let mut entities = String::from("<!ENTITY l0 \"ha\">");
    for n in 1..=9 {
        entities += &format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    }
    let item = "<item><title>&l9;</title><link>/a</link><description>&l9;</description></item>";
    format!("<?xml version=\"1.0\"?><!DOCTYPE rss [{entities}]>{}", feed(item))
}

/// What each trap answers at `/feed`, and how the visit must end.
async fn traps() -> Vec<(&'static str, Response, Outcome)> {
    let feed_type = "application/rss+xml";
    let million = feed(&"<item><link>/a</link><title>A story</title></item>".repeat(1_000_000));
    let nested = feed(&format!("<item><link>/a</link>{}", "<b>".repeat(100_000)));
    let mut traps = vec![
        (
            "endless-body",
            Response::page(feed_type, "").endless("<item>".repeat(1000)),
            Outcome::TooLarge,
        ),
        ("gzip-bomb", packed("gzip", gzip(&vec![b' '; 100 << 20])), Outcome::TooLarge),
        (
            "gzip-in-gzip",
            packed("gzip, gzip", gzip(&gzip(&vec![b' '; 100 << 20]))),
            Outcome::TooLarge,
        ),
        ("brotli-bomb", packed("br", brotli(&vec![b' '; 100 << 20]).await), Outcome::TooLarge),
        ("endless-header", Response::endless_header(), Outcome::TooLarge),
        (
            "slow-loris",
            Response::page(feed_type, "").drip(feed(""), Duration::from_millis(500)),
            Outcome::TimedOut,
        ),
        ("silence", Response::silence(), Outcome::TimedOut),
        ("metadata", Response::redirect(302, "http://169.254.169.254/latest/"), Outcome::Forbidden),
        (
            "mapped-loopback",
            Response::redirect(302, "http://[::ffff:127.0.0.1]/"),
            Outcome::Forbidden,
        ),
        ("file", Response::redirect(302, "file:///etc/passwd"), Outcome::Forbidden),
        ("million-entries", Response::page(feed_type, million.clone()), Outcome::TooLarge),
        ("million-entries-packed", packed("gzip", gzip(million.as_bytes())), Outcome::TooLarge),
        ("html-as-feed", Response::html("<html><title>Moved</title><p>hello"), Outcome::WrongType),
    ];
    // These can be read; what they announce is not there.
    for (name, body) in [("billion-laughs", laughs()), ("nested-tags", nested)] {
        traps.push((name, Response::page(feed_type, body), Outcome::Unexpected));
    }
    traps
}

/// Most memory a child has held so far, in KiB; none once it is gone.
fn peak(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Waits for the child's end and tells its peak.
async fn watch(child: &mut Child) -> u64 {
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(child).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    most
}

fn article() -> String {
    let sentence = "The ministry froze the assets of the listed bank and named the ships it used. ";
    format!(
        "<html lang=en><head><title>Assets frozen</title></head><body><article>\
         <h1>Assets frozen</h1><p>{0}</p><p>{0}</p></article></body></html>",
        sentence.repeat(6)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_trap_ends_in_its_outcome_and_the_healthy_source_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("selectors/int");
    fs::create_dir_all(&own).unwrap();
    let mut webs = Vec::new();
    let mut expected = BTreeMap::new();
    let healthy = Response::page(
        "application/rss+xml",
        feed("<item><title>A</title><link>/story</link></item>"),
    );
    let mut all = traps().await;
    all.push(("healthy", healthy, Outcome::Ok));
    for (name, answer, outcome) in all {
        let web = Web::start().await;
        web.answer("/feed", answer).answer("/story", Response::html(article()));
        let text = format!(
            "title = \"{name}\"\nkind = \"news\"\ncountry = \"int\"\nlanguage = \"en\"\n\
             [[listing]]\nkind = \"feed\"\nurl = \"{}\"\n[expectation]\ndated = false\n",
            web.url("/feed")
        );
        fs::write(own.join(format!("{name}.toml")), text).unwrap();
        expected.insert(format!("int/{name}"), outcome);
        webs.push(web);
    }
    // A circle over many addresses.
    let redirects = Web::start().await;
    for n in 0..30 {
        redirects.answer(&format!("/r{n}"), Response::redirect(302, &format!("/r{}", n + 1)));
    }
    let text = fs::read_to_string(own.join("healthy.toml")).unwrap();
    let url = format!("url = \"{}\"", redirects.url("/r0"));
    let lines: Vec<&str> = text
        .lines()
        .map(|line| if line.starts_with("url") { url.as_str() } else { line })
        .collect();
    fs::write(own.join("redirects.toml"), lines.join("\n")).unwrap();
    expected.insert("int/redirects".to_owned(), Outcome::RedirectLoop);

    let settings = "state = \"state\"\n[fetch]\ndelay = \"1ms\"\nidle_timeout = \"2s\"\n\
                    total_timeout = \"6s\"\nallow_private = [\"127.0.0.1\"]\n[crawl]\n\
                    selectors = \"selectors\"\ncatalogue = false\n";
    let file = folder.path().join("settings.toml");
    fs::write(&file, settings).unwrap();
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .args(["crawl", "--no-mail", "--config"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let most = watch(&mut child).await;
    assert!(begun.elapsed() < TIME_MOST, "took {:?}", begun.elapsed());
    assert!(most < MEMORY_MOST, "held {} MiB", most >> 10);

    let store = Store::open(&folder.path().join("state/sanctionwatch.db")).unwrap();
    let visits = store.visits(None, 100).await.unwrap();
    let found: BTreeMap<String, Outcome> =
        visits.iter().map(|visit| (visit.source.0.clone(), visit.outcome)).collect();
    let details: Vec<&str> = visits.iter().map(|visit| visit.detail.as_str()).collect();
    assert_eq!(found, expected, "{details:#?}");
    assert_eq!(store.counted().await.unwrap().articles, 1, "the healthy source was not read");
}
