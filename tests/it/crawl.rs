//! The crawl against a web that misbehaves: each fault ends in its own outcome, stores nothing
//! that should not be, loses nothing, and leaves the other sources alone.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use flate2::Compression;
use flate2::write::GzEncoder;
use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::{Fetcher, Limits, Names};
use sanctionwatch::jobs::crawl::{Crawler, Settings};
use sanctionwatch::model::source::{
    Expectation, Listing, ListingKind, Recipe, Rendering, Source, SourceId, SourceKind,
};
use sanctionwatch::model::visit::{Outcome, Visit};
use sanctionwatch::store::{Scope, Store, StoredArticle};

use crate::support::web::{Response, Web};

/// A crawler with a database of its own, a clock we move, and limits small enough to reach.
pub(crate) struct World {
    pub(crate) crawler: Crawler,
    pub(crate) clock: Clock,
    /// Held for its life: the database lies in it.
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_names(Names::System).await
    }

    pub(crate) async fn with_names(names: Names) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("world.db")).unwrap();
        let clock = Clock::fixed("2026-03-02T08:00:00Z".parse().unwrap());
        store
            .add_subscriber("ada@example.org".parse().unwrap(), String::new(), clock.now())
            .await
            .unwrap();
        let limits = Limits {
            delay: Duration::ZERO,
            idle: Duration::from_secs(3),
            total: Duration::from_secs(20),
            body: 8 << 20,
            allow_private: vec!["127.0.0.1".to_owned()],
            names,
            ..Limits::default()
        };
        let fetcher = Fetcher::new(limits, clock.clone()).unwrap();
        let settings = Settings {
            workers: 4,
            pages_per_visit: 100,
            interval: None,
            alert_age: TimeDelta::days(7),
            sender: "alerts@example.org".parse().unwrap(),
        };
        let crawler = Crawler::new(store, fetcher, clock.clone(), settings);
        Self { crawler, clock, folder }
    }

    /// Where the database lies.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn crawl(&self, sources: &[Arc<Source>]) -> Vec<Visit> {
        self.crawler.crawl_once(sources).await.unwrap()
    }

    pub(crate) async fn articles(&self) -> Vec<StoredArticle> {
        self.crawler.store.search(String::new(), Scope::All, 1000).await.unwrap()
    }

    async fn mails_waiting(&self) -> usize {
        self.crawler.store.outbox().await.unwrap().waiting
    }
}

pub(crate) fn source(slug: &str, kind: ListingKind, url: String) -> Arc<Source> {
    Arc::new(Source {
        id: SourceId(format!("int/{slug}")),
        title: slug.to_owned(),
        kind: SourceKind::News,
        country: "int".to_owned(),
        language: "en".to_owned(),
        listings: vec![Listing::new(url, kind)],
        render: Rendering::Plain,
        schedule: None,
        recipe: Recipe::default(),
        expectation: Expectation {
            links_min: 1,
            links_max: 500,
            words_min: 20,
            dated: false,
            silence_days: 30,
        },
        topics: Vec::new(),
        credentials: None,
    })
}

pub(crate) fn feed(links: &[String]) -> String {
    let items: String = links
        .iter()
        .map(|link| format!("<item><title>{link}</title><link>{link}</link></item>"))
        .collect();
    format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
}

/// A page about sanctions with words of its own.
pub(crate) fn page(subject: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><title>US imposes sanctions on {subject}</title></head>\
         <body><article><h1>US imposes sanctions on {subject}</h1>\
         <p>The Treasury's Office of Foreign Assets Control imposed sanctions on {subject} on Monday \
         and froze all of its assets in the country, saying the firm had moved oil past the price cap.</p>\
         <p>Everybody who deals with {subject} has until the end of the month to wind down, the \
         department said, and banks were told to report what they hold.</p>\
         <p>Lawyers of {subject} called the decision wrong and said they would go to court in the \
         spring, where they expect to show that its ships never left the harbour.</p>\
         </article></body></html>"
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn listings_that_are_none_end_in_their_own_outcome() {
    let web = Web::start().await;
    let bomb = gzip(&vec![b' '; 64 << 20]);
    web.page(
        "/html",
        "text/html",
        "<html><body><h1>Welcome</h1><p>No feed here.</p></body></html>",
    )
    .feed("/empty", "<rss version=\"2.0\"><channel><title>t</title></channel></rss>")
    .page("/large", "application/rss+xml", vec![b'x'; 50 << 20])
    .answer("/bomb", Response::page("application/rss+xml", bomb).header("Content-Encoding", "gzip"))
    .answer("/circle", Response::redirect(302, "/circle2"))
    .answer("/circle2", Response::redirect(302, "/circle"))
    .answer("/silent", Response::silence())
    .answer("/gone", Response::status(410))
    .answer("/broken", Response::status(500))
    .answer("/guarded", Response::status(403))
    .page("/noise", "application/rss+xml", vec![0xff, 0xfe, 0x00, 0x80, 0x12])
    .feed("/good", feed(&[web.url("/article")]))
    .page("/article", "text/html", page("Calvenna Shipping"));
    let cases = [
        ("html", "/html", Outcome::WrongType),
        ("empty", "/empty", Outcome::Empty),
        ("large", "/large", Outcome::TooLarge),
        ("bomb", "/bomb", Outcome::TooLarge),
        ("circle", "/circle", Outcome::RedirectLoop),
        ("silent", "/silent", Outcome::TimedOut),
        ("gone", "/gone", Outcome::Gone),
        ("missing", "/not-there", Outcome::Gone),
        ("broken", "/broken", Outcome::HttpError),
        ("guarded", "/guarded", Outcome::Blocked),
        ("noise", "/noise", Outcome::WrongType),
        ("good", "/good", Outcome::Ok),
    ];
    let world = World::new().await;
    let sources: Vec<Arc<Source>> = cases
        .iter()
        .map(|(slug, path, _)| source(slug, ListingKind::Feed, web.url(path)))
        .collect();
    let visits = world.crawl(&sources).await;
    for (slug, path, expected) in cases {
        let visit = visits.iter().find(|visit| visit.source.0 == format!("int/{slug}")).unwrap();
        assert_eq!(visit.outcome, expected, "{slug}: {}", visit.detail);
        // Whoever reads the outcome learns which address it is about, but for the healthy.
        assert_eq!(visit.detail.contains(path), !expected.is_healthy(), "{slug}: {}", visit.detail);
    }
    let articles = world.articles().await;
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0].title, "US imposes sanctions on Calvenna Shipping");
    assert_eq!(world.mails_waiting().await, 1);
}

#[tokio::test]
async fn pages_that_are_none_stay_out_and_the_others_come_in() {
    let web = Web::start().await;
    let nested = format!(
        "<html><head><title>Deep</title></head><body>{}<p>{}</p></body></html>",
        "<div>".repeat(10_000),
        "The council met and talked about the harbour until late in the night. ".repeat(20)
    );
    let mut mangled = page("Jorvale Timber").into_bytes();
    mangled.extend_from_slice(b"<p>\xff\xfe\xc3(</p>");
    web.page("/deep", "text/html", nested)
        .page("/mangled", "text/html; charset=utf-8", mangled)
        .page("/picture", "image/png", vec![0x89, b'P', b'N', b'G', 0, 0])
        .page("/bare", "text/html", "<html><body></body></html>")
        .page("/huge", "text/html", vec![b'a'; 50 << 20])
        .answer("/silent", Response::silence())
        .answers("/flaky", [Response::status(503), Response::html(page("Dornik Metals"))])
        .page("/fine", "text/html", page("Eskholm Trading"));
    let paths = ["/deep", "/mangled", "/picture", "/bare", "/huge", "/silent", "/flaky", "/fine"];
    let links: Vec<String> = paths.iter().map(|path| web.url(path)).collect();
    web.feed("/feed", feed(&links));
    let world = World::new().await;
    let sources = [source("mixed", ListingKind::Feed, web.url("/feed"))];
    let first = world.crawl(&sources).await;
    assert_eq!(first[0].outcome, Outcome::Ok, "{}", first[0].detail);
    assert_eq!(first[0].counts.links, paths.len());
    let titles = |articles: Vec<StoredArticle>| -> Vec<String> {
        let mut titles: Vec<String> = articles.into_iter().map(|article| article.title).collect();
        titles.sort();
        titles
    };
    let stored = [
        "Deep",
        "US imposes sanctions on Eskholm Trading",
        "US imposes sanctions on Jorvale Timber",
    ];
    assert_eq!(titles(world.articles().await), stored);

    // What failed for a while is tried again when its time has come, and comes in.
    world.clock.advance(TimeDelta::hours(1));
    world.crawl(&sources).await;
    let now = titles(world.articles().await);
    assert!(now.contains(&"US imposes sanctions on Dornik Metals".to_owned()), "{now:?}");
    assert_eq!(now.len(), stored.len() + 1);
}

#[tokio::test]
async fn one_article_in_many_clothes_is_one_article() {
    let web = Web::start().await;
    let text = page("Farrow Line");
    for path in ["/news/farrow/", "/news/farrow", "/news/farrow/amp/", "/copied-elsewhere"] {
        web.page(path, "text/html", text.clone());
    }
    let links = [
        web.url("/news/farrow/"),
        web.url("/news/farrow?utm_source=feed&utm_medium=rss"),
        web.url("/news/farrow/amp/"),
        web.url("/news/farrow#comments"),
        web.url("/copied-elsewhere"),
    ];
    web.feed("/feed", feed(&links));
    let world = World::new().await;
    let sources = [source("clothes", ListingKind::Feed, web.url("/feed"))];
    world.crawl(&sources).await;
    let articles = world.articles().await;
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0].copies.len(), 1, "{:?}", articles[0].copies);
    assert_eq!(articles[0].copies[0].url, web.url("/copied-elsewhere"));
    assert_eq!(world.mails_waiting().await, 1);
    world.clock.advance(TimeDelta::days(1));
    world.crawl(&sources).await;
    assert_eq!((world.articles().await.len(), world.mails_waiting().await), (1, 1));
}

#[tokio::test]
async fn an_edited_text_is_a_revision_and_noise_is_not() {
    let web = Web::start().await;
    let first = page("Gelmouth Gold");
    let noise = first.replace("Monday", "Monday ").replace("<p>Lawyers", "<p>  Lawyers");
    let edited = first.replace("end of the month", "14 May 2026");
    web.answers("/notice", [first, noise, edited].map(Response::html));
    let world = World::new().await;
    let sources = [source("notice", ListingKind::Page, web.url("/notice"))];
    let mut revisions = Vec::new();
    for _ in 0..3 {
        let visits = world.crawl(&sources).await;
        assert_eq!(visits[0].outcome, Outcome::Ok, "{}", visits[0].detail);
        revisions.push(visits[0].counts.revisions);
        world.clock.advance(TimeDelta::days(1));
    }
    assert_eq!(revisions, [0, 0, 1]);
    let articles = world.articles().await;
    assert_eq!(articles.len(), 1);
    assert!(articles[0].text().contains("14 May 2026"));
    let difference = &articles[0].revisions[0].difference;
    assert!(
        difference.contains("14 May 2026") && difference.contains("end of the month"),
        "{difference}"
    );
    // The alert, and the notice of the change.
    assert_eq!(world.mails_waiting().await, 2);
}

#[tokio::test]
async fn old_articles_are_stored_without_an_alert() {
    let web = Web::start().await;
    let dated = |day: &str| {
        page(&format!("Harvik {day}")).replace(
            "</head>",
            &format!(
                "<meta property=\"article:published_time\" content=\"{day}T09:00:00Z\"></head>"
            ),
        )
    };
    web.page("/old", "text/html", dated("2025-06-01")).page(
        "/new",
        "text/html",
        dated("2026-03-01"),
    );
    web.feed("/feed", feed(&[web.url("/old"), web.url("/new")]));
    let world = World::new().await;
    world.crawl(&[source("archive", ListingKind::Feed, web.url("/feed"))]).await;
    assert_eq!((world.articles().await.len(), world.mails_waiting().await), (2, 1));
}

#[tokio::test]
async fn a_listing_that_did_not_change_hides_no_unread_page() {
    let web = Web::start().await;
    let listing = feed(&[web.url("/late")]);
    web.answer(
        "/feed",
        Response::page("application/rss+xml", listing.into_bytes()).header("ETag", "\"1\""),
    );
    web.answers("/late", [Response::status(502), Response::html(page("Istrel Fuels"))]);
    let world = World::new().await;
    let sources = [source("etag", ListingKind::Feed, web.url("/feed"))];
    world.crawl(&sources).await;
    assert_eq!(world.articles().await.len(), 0);
    world.clock.advance(TimeDelta::hours(1));
    let visits = world.crawl(&sources).await;
    assert_eq!(visits[0].outcome, Outcome::Unchanged);
    assert_eq!(world.articles().await.len(), 1);
}

#[tokio::test]
async fn pages_that_all_claim_one_canonical_address_are_told_apart() {
    let web = Web::start().await;
    let claim = format!("<link rel=canonical href=\"{}\"></head>", web.url("/news/latest"));
    let other = "<html lang=en><head><title>EU freezes the assets of a bank in Lommel</title></head>\
        <body><article><h1>EU freezes the assets of a bank in Lommel</h1><p>Restrictive measures \
        against the lender take effect at midnight, the Council of the European Union decided, \
        because its managers had moved deposits of listed persons through a branch at the lake.</p>\
        <p>Depositors queued before the doors in the rain until the police sent them home.</p>\
        </article></body></html>";
    web.page("/a", "text/html", page("Kestrin Metals").replace("</head>", &claim));
    web.page("/b", "text/html", other.replace("</head>", &claim));
    web.feed("/feed", feed(&[web.url("/a"), web.url("/b")]));
    let world = World::new().await;
    world.crawl(&[source("canonical", ListingKind::Feed, web.url("/feed"))]).await;
    assert_eq!(world.articles().await.len(), 2);
    let claimed = world
        .crawler
        .store
        .claim_messages(
            world.clock.now(),
            TimeDelta::minutes(1),
            vec!["example.org".to_owned(); 10],
        )
        .await
        .unwrap();
    let ids: HashSet<String> =
        claimed.into_iter().map(|claimed| claimed.message.message_id).collect();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_page_watched_in_place_comes_back_after_any_absence() {
    let web = Web::start().await;
    let gone = || Response::status(404);
    web.answers("/notice", [gone(), gone(), gone(), Response::html(page("Brestow Holdings"))]);
    let world = World::new().await;
    let sources = [source("notice", ListingKind::Page, web.url("/notice"))];
    let mut outcomes = Vec::new();
    for _ in 0..6 {
        outcomes.push(world.crawl(&sources).await[0].outcome);
        world.clock.advance(TimeDelta::days(2));
    }
    assert_eq!(outcomes[0], Outcome::Unexpected, "{outcomes:?}");
    assert_eq!(world.articles().await.len(), 1, "{outcomes:?}");
}

#[tokio::test]
async fn an_article_sent_home_is_gone_and_not_rewritten() {
    let web = Web::start().await;
    web.page("/", "text/html", page("the Gazette's welcome to all readers"));
    web.answers("/story", [Response::html(page("Dornik Rail")), Response::redirect(302, "/")]);
    let world = World::new().await;
    let sources = [source("story", ListingKind::Page, web.url("/story"))];
    world.crawl(&sources).await;
    world.clock.advance(TimeDelta::days(1));
    let visits = world.crawl(&sources).await;
    assert_eq!(visits[0].outcome, Outcome::Unexpected, "{}", visits[0].detail);
    assert!(visits[0].detail.contains("leads to the home page"), "{}", visits[0].detail);
    let articles = world.articles().await;
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0].title, "US imposes sanctions on Dornik Rail");
    assert!(articles[0].revisions.is_empty());
}

#[tokio::test]
async fn an_undated_page_has_the_date_its_listing_gave() {
    let web = Web::start().await;
    web.page("/archive", "text/html", page("Arlund Fisheries"));
    let item = format!(
        "<rss version=\"2.0\"><channel><title>t</title><item><title>x</title><link>{}</link>\
         <pubDate>Mon, 02 Mar 2015 09:00:00 GMT</pubDate></item></channel></rss>",
        web.url("/archive")
    );
    web.feed("/feed", item);
    let world = World::new().await;
    world.crawl(&[source("archive", ListingKind::Feed, web.url("/feed"))]).await;
    let articles = world.articles().await;
    assert_eq!(articles[0].published.unwrap().to_string(), "2015-03-02T09:00:00Z");
    assert_eq!(world.mails_waiting().await, 0);
}

#[tokio::test]
async fn a_short_note_does_not_swallow_the_report_that_quotes_it() {
    let web = Web::start().await;
    let note = "The lorries that stood at the border of the northern province for nine days have \
        moved on, drivers said on Tuesday, after the customs house opened a second gate and the \
        snow had been cleared from the pass above the village where most of them had waited.";
    let html = |title: &str, more: &str| {
        format!(
            "<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>\
             <p>{note}</p>{more}</article></body></html>"
        )
    };
    let report = "<p>The Treasury's Office of Foreign Assets Control imposed sanctions on the \
        owner of the lorries and added him to the list of Specially Designated Nationals.</p>\
        <p>His assets are frozen, and banks have until the end of the month to report them.</p>";
    web.page("/note", "text/html", html("Lorries move on", ""));
    web.page("/report", "text/html", html("US sanctions owner of stranded lorries", report));
    web.feed("/feed", feed(&[web.url("/note"), web.url("/report")]));
    let world = World::new().await;
    world.crawl(&[source("lorries", ListingKind::Feed, web.url("/feed"))]).await;
    let relevant =
        world.crawler.store.search("owner".to_owned(), Scope::Relevant, 9).await.unwrap();
    assert_eq!(relevant.len(), 1);
    assert_eq!(world.mails_waiting().await, 1);
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_costs_no_attempts() {
    let web = Web::start().await;
    web.answers(
        "/busy",
        [
            Response::status(429).header("Retry-After", "3600"),
            Response::html(page("Calvenna Grain")),
        ],
    );
    web.page("/next", "text/html", page("Farrow Timber"));
    web.feed("/feed", feed(&[web.url("/busy"), web.url("/next")]));
    let world = World::new().await;
    let sources = [source("busy", ListingKind::Feed, web.url("/feed"))];
    let visits = world.crawl(&sources).await;
    assert_eq!((visits[0].counts.articles, visits[0].counts.failures), (0, 0));
    // Nothing was asked for after the server had said no.
    assert_eq!((web.asked("/busy"), web.asked("/next")), (1, 0));
    let due = world
        .crawler
        .store
        .due_links(sources[0].id.clone(), world.clock.now() + TimeDelta::hours(2), 9)
        .await
        .unwrap();
    assert_eq!(due.iter().map(|link| link.attempts).collect::<Vec<_>>(), [0, 0]);
}

/// Moves the clock to when the source is due, and lets everything that is due by then be visited.
async fn due_after(world: &World, id: &SourceId) -> TimeDelta {
    let states = world.crawler.store.source_states().await.unwrap();
    let state = states.iter().find(|state| state.id == *id).unwrap();
    state.next_look - world.clock.now()
}

#[tokio::test]
async fn a_source_without_a_schedule_is_looked_at_by_its_rhythm() {
    let world = World::new().await;
    let web = Web::start().await;
    let quiet = source("quiet", ListingKind::Feed, web.url("/quiet"));
    let busy = source("busy", ListingKind::Feed, web.url("/busy"));
    web.feed("/quiet", feed(&[web.url("/q")])).page("/q", "text/html", page("Quiet Lines"));
    let mut items = Vec::new();
    let rfc2822 = |at: chrono::DateTime<chrono::Utc>| at.to_rfc2822();
    for number in 0..40 {
        let published = rfc2822(world.clock.now() - TimeDelta::minutes(11 * (number + 1)));
        let link = web.url(&format!("/b{number}"));
        web.page(&format!("/b{number}"), "text/html", page(&format!("Busy Lines {number}")));
        items.push(format!("<item><link>{link}</link><pubDate>{published}</pubDate></item>"));
    }
    web.feed("/busy", format!("<rss><channel><title>t</title>{}</channel></rss>", items.concat()));
    world.crawl(&[Arc::clone(&quiet), Arc::clone(&busy)]).await;

    let rhythms = world.crawler.store.rhythms().await.unwrap();
    assert_eq!(rhythms.len(), 2);
    let (_, learned) = &rhythms[0];
    assert!((30.0..40.0).contains(&learned.items), "{learned:?}");
    let (soon, late) = (due_after(&world, &busy.id).await, due_after(&world, &quiet.id).await);
    assert!(soon < late, "busy in {soon}, quiet in {late}");
    assert!(TimeDelta::minutes(5) <= soon && late <= TimeDelta::hours(12), "{soon} {late}");

    // What was learned is there for the next process, and no item is learned twice.
    world.clock.advance(TimeDelta::hours(1));
    world.crawl(&[Arc::clone(&busy)]).await;
    let again = world.crawler.store.rhythm(busy.id.clone()).await.unwrap().unwrap();
    assert!(again.items < learned.items, "{} then {}", learned.items, again.items);
    assert!(world.crawler.store.price().await.unwrap().is_some());
}

/// The same feed and article under whatever name is asked for.
async fn web_of_one_article() -> Web {
    let web = Web::start().await;
    web.feed("/feed", feed(&[]).replace("</channel>", "<item><link>/a</link></item></channel>"))
        .page("/a", "text/html", page("Calvenna Shipping"));
    web
}

#[tokio::test]
async fn a_network_that_is_down_is_one_state_and_no_source_is_blamed() {
    // Names of five sites; while the cable is pulled they have no address.
    let address = Arc::new(std::sync::Mutex::new(None));
    let names = {
        let address = Arc::clone(&address);
        Names::Table(Arc::new(move |_| address.lock().unwrap().map(|address| vec![address])))
    };
    let world = World::with_names(names).await;
    let sources: Vec<Arc<Source>> = (0..5)
        .map(|n| {
            source(&format!("s{n}"), ListingKind::Feed, format!("http://site-{n}.example/feed"))
        })
        .collect();
    let web = web_of_one_article().await;
    *address.lock().unwrap() = Some(web.address());
    let healthy = world.crawl(&sources).await;
    assert!(healthy.iter().all(|visit| visit.outcome.is_healthy()), "{healthy:?}");

    // Connections that were kept open end with the server.
    *address.lock().unwrap() = None;
    drop(web);
    world.clock.advance(TimeDelta::hours(25));
    let visits = world.crawl(&sources).await;
    assert!(visits.iter().any(|visit| visit.outcome == Outcome::Offline), "{visits:?}");
    let store = &world.crawler.store;
    assert!(store.outage().await.unwrap().is_some());
    let states = store.source_states().await.unwrap();
    assert!(states.iter().all(|state| state.failures == 0), "{states:?}");
    let recorded = store.visits(None, 100).await.unwrap();
    let blames = |visit: &&Visit| !visit.outcome.is_healthy() && visit.outcome != Outcome::Offline;
    assert_eq!(recorded.iter().filter(blames).count(), 0, "{recorded:?}");

    let web = web_of_one_article().await;
    *address.lock().unwrap() = Some(web.address());
    // What was learned of robots.txt in the outage is forgotten by then.
    world.clock.advance(TimeDelta::minutes(6));
    let back = world.crawl(&sources).await;
    assert_eq!(back.len(), 5, "{back:?}");
    assert!(back.iter().all(|visit| visit.outcome.is_healthy()), "{back:?}");
    assert_eq!(store.outage().await.unwrap(), None);
}

#[tokio::test]
async fn one_site_that_is_down_is_that_sites_affair() {
    let web = web_of_one_article().await;
    let address = web.address();
    let names = Names::Table(Arc::new(move |name| (name != "dead.example").then(|| vec![address])));
    let world = World::with_names(names).await;
    let dead = source("dead", ListingKind::Feed, "http://dead.example/feed".to_owned());
    let well = source("well", ListingKind::Feed, "http://well.example/feed".to_owned());
    let mut rests = Vec::new();
    for _ in 0..12 {
        let visits = world.crawl(&[Arc::clone(&dead), Arc::clone(&well)]).await;
        assert_eq!(visits[0].outcome, Outcome::Unreachable);
        assert!(visits[1].outcome.is_healthy());
        let rest = due_after(&world, &dead.id).await;
        rests.push(rest);
        world.clock.advance(rest);
    }
    assert!(rests.is_sorted(), "{rests:?}");
    assert_eq!(rests.last(), Some(&TimeDelta::hours(24)), "the rest is capped and never ends");
}

#[tokio::test]
async fn pages_that_are_none_and_listings_that_moved_have_states_of_their_own() {
    let web = Web::start().await;
    let soft = "<html lang=en><head><title>Page not found | Ministry</title></head><body><article>\
                <h1>Page not found</h1><p>The page you asked for could not be found on this site, \
                please use the search or begin again at the home page.</p></article></body></html>";
    web.feed("/feed", feed(&[web.url("/soft")]))
        .page("/soft", "text/html", soft)
        .answer("/old", Response::redirect(301, "/new"))
        .feed("/new", feed(&[web.url("/article")]))
        .page("/article", "text/html", page("Calvenna Shipping"));
    let world = World::new().await;
    let sources = [
        source("moved", ListingKind::Feed, web.url("/old")),
        source("soft", ListingKind::Feed, web.url("/feed")),
    ];
    let visits = world.crawl(&sources).await;
    assert_eq!(visits[0].outcome, Outcome::Moved, "{:?}", visits[0]);
    assert!(visits[0].detail.contains("/new"), "{}", visits[0].detail);
    assert_eq!(visits[1].outcome, Outcome::Unexpected, "{:?}", visits[1]);
    assert!(visits[1].detail.contains("Page not found"), "{}", visits[1].detail);
    assert_eq!(world.articles().await.len(), 1);
}
