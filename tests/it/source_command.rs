//! `source new`, `test`, `import` and `export` as a person runs them, against a web on loopback.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanctionwatch::model::source::{ListingKind, Source, SourceKind, Topic};
use sanctionwatch::sources;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::web::{Response, Web};

/// A folder with settings, and the program run in it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(crawl: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("selectors")).unwrap();
        let settings = format!(
            "state = \"state\"\n[fetch]\ndelay = \"1ms\"\n\
             allow_private = [\"127.0.0.1\", \"localhost\"]\n[crawl]\nselectors = \"selectors\"\n{crawl}"
        );
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        Self { folder }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"));
        command.arg("source").args(arguments).arg("--config").arg(self.path("settings.toml"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// The operator's own sources.
    fn sources(&self) -> Vec<Source> {
        let (sources, faults) = sources::load(&self.path("selectors"));
        assert_eq!(faults, []);
        sources
    }
}

/// What the program printed, and how it ended.
struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

impl Said {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }

    #[track_caller]
    fn holds(&self, part: &str) {
        assert!(self.out.contains(part), "{part:?} is missing in\n{}\n{}", self.out, self.err);
    }
}

fn article(title: &str) -> String {
    let paragraph = "The ministry extended the freeze of assets for another year, and named the \
                     companies that had moved money for the listed bank. Ships that carried its oil \
                     may not call at any port of the country, the minister said on Tuesday.";
    format!(
        "<!DOCTYPE html><html lang=en><head><title>{title} | Harbour Courier</title>\
         <meta property=og:site_name content='Harbour Courier'>\
         <meta property=article:published_time content=2026-06-11T08:00:00Z>\
         <style>p {{ color: red }}</style><script>track()</script></head><body>\
         <nav><a href=/>Home</a></nav><article><h1>{title}</h1><p>{paragraph}</p>\
         <p>{paragraph} It was the third such step this year.</p></article></body></html>"
    )
}

fn feed(count: usize) -> String {
    let items: String = (1..=count)
        .map(|n| {
            format!(
                "<item><title>Story {n}</title><link>/story/{n}</link>\
                 <pubDate>Thu, {:02} Jun 2026 08:00:00 GMT</pubDate></item>",
                28 - 2 * n
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_with_a_feed_becomes_a_source_with_its_test_pages() {
    let web = Web::start().await;
    web.answer(
        "/",
        Response::html(
            "<html lang=en><head><title>Harbour Courier</title><link rel=alternate \
             type=application/rss+xml title='Comments' href=/comments><link rel=alternate \
             type=application/rss+xml href=/feed></head><body>hello</body></html>",
        ),
    )
    .feed("/feed", feed(8))
    .page("/robots.txt", "text/plain", format!("Sitemap: {}\n", web.url("/news-map.xml")))
    .answer("/story/1", Response::html(article("Freeze of assets extended")));
    let desk = Desk::new("catalogue = false\n");

    let proposed = desk.run(&["new", &web.url("/"), "--country", "ie"]);
    assert_eq!(proposed.code, Some(0), "{}", proposed.err);
    proposed.holds("Freeze of assets extended");
    proposed.holds("# The page declares it: 8 links, 8 of them dated.");
    proposed.holds("the longest silence between them was 2 days");
    assert!(proposed.err.contains("news-map.xml answered 404"), "{}", proposed.err);
    assert_eq!(desk.sources(), []);
    assert_eq!(web.asked("/comments"), 0);

    let written = desk.run(&["new", &web.url("/"), "--country", "ie", "--write"]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    let [source] = &desk.sources()[..] else { panic!("{}", written.out) };
    assert_eq!(source.id.0, "ie/harbour-courier");
    assert_eq!((source.title.as_str(), source.language.as_str()), ("Harbour Courier", "en"));
    assert_eq!(source.listings[0].url, web.url("/feed"));
    assert_eq!((source.expectation.links_min, source.expectation.silence_days), (4, 4));

    let pages = desk.path("selectors/tests/ie/harbour-courier");
    let listing = fs::read_to_string(pages.join("listing.xml")).unwrap();
    assert_eq!(listing.matches("<item>").count(), 3);
    let page = fs::read_to_string(pages.join("article.html")).unwrap();
    assert!(
        page.contains("third such step") && !page.contains("track()") && !page.contains("color")
    );
    let expected = fs::read_to_string(pages.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    assert_eq!(expected["links"][2]["url"], web.url("/story/3").as_str());
    assert_eq!(expected["article"]["title"], "Freeze of assets extended");

    let again = desk.run(&["new", &web.url("/"), "--country", "ie", "--write"]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("is it there already?"), "{}", again.err);

    // The file is tried by its name, and by its id.
    let file = desk.path("selectors/ie/harbour-courier.toml");
    for name in [file.to_str().unwrap(), "ie/harbour-courier"] {
        let tried = desk.run(&["test", name, "--articles", "1"]);
        assert_eq!(tried.code, Some(0), "{}{}", tried.out, tried.err);
        tried.holds("8 links");
        tried.holds("Freeze of assets extended");
        tried.holds("verdict");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_a_feed_is_read_by_its_repeated_links() {
    let web = Web::start().await;
    let items: String = (1..=6)
        .map(|n| {
            format!(
                "<li class=item><a href=/story/{n}>Decision {n} on the freezing of assets</a> \
                 <time datetime=2026-06-0{n}></time></li>"
            )
        })
        .collect();
    web.answer(
        "/news",
        Response::html(format!("<title>Decisions</title><ul class=decisions>{items}</ul>")),
    )
    .answer("/story/1", Response::html(article("Decision 1 on the freezing of assets")));
    let desk = Desk::new("");
    let written = desk.run(&["new", &web.url("/news"), "--name", "decisions", "--write"]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    written.holds("# No country is told by the address");
    let [source] = &desk.sources()[..] else { panic!("{}", written.out) };
    assert_eq!(source.id.0, "int/decisions");
    let kind = ListingKind::Index { selector: "li.item a".to_owned() };
    assert_eq!(source.listings[0].kind, kind);

    web.answer("/empty", Response::html("<p>Nothing here</p>"));
    let nothing = desk.run(&["new", &web.url("/empty")]);
    assert_eq!(nothing.code, Some(1));
    nothing.holds("nothing found");
    let gone = desk.run(&["new", &web.url("/gone")]);
    assert_eq!(gone.code, Some(2));
    assert!(gone.err.contains("gone: "), "{}", gone.err);
}

#[test]
fn a_file_with_mistakes_or_without_ending_is_answered() {
    let desk = Desk::new("");
    let file = desk.path("selectors/bad.toml");
    fs::write(&file, "title = 1\n").unwrap();
    let said = desk.run(&["test", file.to_str().unwrap()]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("bad.toml:1:9: title is 1"), "{}", said.err);
    let said = desk.run(&["test", "us/nothing"]);
    assert!(said.err.contains("no source has the id \"us/nothing\""), "{}", said.err);
}

/// What a subscription tells of a source.
type Told = (String, String, String, bool, Vec<Topic>);

fn told(sources: &[Source]) -> BTreeSet<Told> {
    let feeds = sources.iter().flat_map(|source| {
        let feeds = source.listings.iter().filter(|listing| listing.kind == ListingKind::Feed);
        feeds.map(move |listing| {
            let is_government = source.kind == SourceKind::Government;
            let mut topics = source.topics.clone();
            topics.sort();
            let country = source.country.clone();
            (listing.url.clone(), country, source.language.clone(), is_government, topics)
        })
    });
    feeds.collect()
}

#[test]
fn subscriptions_go_out_and_come_in_unchanged() {
    let shipped = sources::catalogue();
    let exported = Desk::new("").run(&["export"]);
    assert_eq!(exported.code, Some(0));
    assert!(exported.err.contains("have no feed and are left out"), "{}", exported.err);

    let desk = Desk::new("catalogue = false\n");
    let file = desk.path("feeds.opml");
    fs::write(&file, &exported.out).unwrap();
    let file = file.to_str().unwrap();
    let looked = desk.run(&["import", file]);
    looked.holds("nothing is written yet");
    assert_eq!(desk.sources(), []);
    let imported = desk.run(&["import", file, "--write"]);
    assert_eq!(imported.code, Some(0), "{}", imported.err);
    assert_eq!(told(&desk.sources()), told(&shipped));
    assert!(40 < desk.sources().len());

    let again = desk.run(&["import", file, "--write"]);
    again.holds("0 new sources");
    let out = desk.run(&["export"]).out;
    assert_eq!(out.matches("xmlUrl").count(), exported.out.matches("xmlUrl").count());
}

#[test]
fn hostile_subscriptions_stay_in_their_folder() {
    let desk = Desk::new("catalogue = false\n");
    let file = desk.path("feeds.opml");
    let outlines = "<outline text='../../etc'><outline text='../../../tmp/x&#10;kind = \"z\"' \
                    xmlUrl='https://a.example/feed'/></outline>\
                    <outline text='a' xmlUrl='file:///etc/passwd'/>";
    fs::write(&file, format!("<opml version='2.0'><body>{outlines}</body></opml>")).unwrap();
    let said = desk.run(&["import", file.to_str().unwrap(), "--write"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    said.holds("1 addresses that cannot be fetched");
    let [source] = &desk.sources()[..] else { panic!("{}", said.out) };
    assert_eq!(source.id.0, "int/tmp-x-kind-z");
    assert!(Path::new(&desk.path("selectors/int/tmp-x-kind-z.toml")).is_file());

    fs::write(&file, "<html><body>no</body></html>").unwrap();
    let said = desk.run(&["import", file.to_str().unwrap()]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("there is no <opml> in it"), "{}", said.err);
}

/// A whole visit over TLS, with an authority the machine trusts: the program is told of it as the
/// system would tell (`SSL_CERT_FILE`).
#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_read_over_https() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = crate::support::tls::self_signed("localhost");
    let story = article("Freeze of assets extended");
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = |path: &str| match path {
                "/feed" => Some(feed(3)),
                "/story/1" => Some(story.clone()),
                _ => None,
            };
            crate::support::tls::answer_one(&tls.acceptor, stream, answer).await;
        }
    });
    let desk = Desk::new("");
    let authority = desk.path("authority.pem");
    fs::write(&authority, &tls.certificate).unwrap();
    fs::create_dir(desk.path("selectors/ie")).unwrap();
    let text = format!(
        "title = \"Courier\"\nkind = \"news\"\ncountry = \"ie\"\nlanguage = \"en\"\n[[listing]]\n\
         kind = \"feed\"\nurl = \"https://localhost:{port}/feed\"\n[expectation]\n"
    );
    fs::write(desk.path("selectors/ie/courier.toml"), text).unwrap();
    let run = |authority: Option<PathBuf>| {
        let mut command = desk.command(&["test", "ie/courier", "--articles", "1"]);
        if let Some(authority) = authority {
            command.env("SSL_CERT_FILE", authority).env_remove("SSL_CERT_DIR");
        }
        tokio::task::spawn_blocking(move || Said::of(command.output().unwrap()))
    };
    let trusted = run(Some(authority)).await.unwrap();
    assert_eq!(trusted.code, Some(0), "{}{}", trusted.out, trusted.err);
    trusted.holds("3 links");
    trusted.holds("Freeze of assets extended");
    let distrusted = run(None).await.unwrap();
    assert_eq!(distrusted.code, Some(1), "{}", distrusted.out);
    distrusted.holds("certificate");
}
