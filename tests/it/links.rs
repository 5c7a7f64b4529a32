//! Listings over several documents, against a web: pages that go on, listings that name others,
//! credentials that stay at home.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::{Fetcher, Limits};
use sanctionwatch::jobs::listings::{Announcement, read_listings};
use sanctionwatch::model::source::{
    CredentialForm, Credentials, Listing, ListingKind, NextPage, Numbered, Paging, Source,
    SourceKind,
};
use sanctionwatch::model::visit::Outcome;
use sanctionwatch::store::Store;

use crate::support::alerts;
use crate::support::web::{Response, Web};

/// A source of one listing, a database, and a web.
struct World {
    web: Web,
    store: Store,
    fetcher: Fetcher,
    source: Source,
    folder: tempfile::TempDir,
}

impl World {
    async fn new(listing: impl FnOnce(&Web) -> Listing) -> Self {
        let web = Web::start().await;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("world.db")).unwrap();
        let limits = Limits {
            delay: Duration::ZERO,
            allow_private: vec!["127.0.0.0/8".to_owned()],
            credentials: Some(folder.path().to_owned()),
            ..Limits::default()
        };
        let fetcher = Fetcher::new(limits, clock()).unwrap();
        let mut source = alerts::source("Test", SourceKind::News, "en");
        source.listings = vec![listing(&web)];
        Self { web, store, fetcher, source, folder }
    }

    async fn read(&self) -> Announcement {
        read_listings(&self.store, &self.fetcher, &self.source, clock().now()).await.unwrap()
    }

    /// A page of an index: its links, and where it goes on.
    fn page(&self, path: &str, links: &[u32], next: Option<&str>) {
        let links: String =
            links.iter().map(|n| format!("<h2><a href=/story/{n}>Story {n}</a></h2>")).collect();
        let next = next.map(|to| format!("<a class=next href='{to}'>More</a>")).unwrap_or_default();
        self.web.answer(path, Response::html(format!("<html><body>{links}{next}</body></html>")));
    }

    /// Every path asked for, robots.txt apart, since the last call of this.
    fn asked_after(&self, seen: usize) -> Vec<String> {
        let pages = self.web.requests().into_iter().map(|request| request.path);
        pages.filter(|path| path != "/robots.txt").skip(seen).collect()
    }
}

fn clock() -> Clock {
    Clock::fixed("2026-03-02T08:00:00Z".parse().unwrap())
}

fn index(url: String, next: NextPage, most: usize) -> Listing {
    let kind = ListingKind::Index { selector: "h2 a".to_owned() };
    Listing { paging: Some(Paging { next, most }), ..Listing::new(url, kind) }
}

fn by_selector(web: &Web, most: usize) -> Listing {
    index(web.url("/news"), NextPage::Selector("a.next".to_owned()), most)
}

#[tokio::test]
async fn pages_are_followed_to_the_first_without_a_new_link() {
    let world = World::new(|web| by_selector(web, 10)).await;
    world.page("/news", &[9, 8], Some("/news?page=2"));
    world.page("/news?page=2", &[7, 6], Some("/news?page=3"));
    world.page("/news?page=3", &[5], None);
    let first = world.read().await;
    assert_eq!((first.links, first.fresh, first.fault), (5, 5, None));
    assert_eq!(world.asked_after(0), ["/news", "/news?page=2", "/news?page=3"]);

    let nothing_new = world.read().await;
    assert_eq!(nothing_new.fresh, 0);
    assert_eq!(world.asked_after(3), ["/news"]);

    // Three new stories push the others on: the second page has one of them, the third none.
    world.page("/news", &[12, 11], Some("/news?page=2"));
    world.page("/news?page=2", &[10, 9], Some("/news?page=3"));
    world.page("/news?page=3", &[8, 7], Some("/news?page=4"));
    let later = world.read().await;
    assert_eq!(later.fresh, 3);
    assert_eq!(world.asked_after(4), ["/news", "/news?page=2", "/news?page=3"]);
}

#[tokio::test]
async fn a_visit_reads_no_more_pages_than_it_may() {
    let world = World::new(|web| by_selector(web, 3)).await;
    for page in 1..=9_u32 {
        let path = if page == 1 { "/news".to_owned() } else { format!("/news?page={page}") };
        world.page(&path, &[100 - page], Some(&format!("/news?page={}", page + 1)));
    }
    assert_eq!(world.read().await.fresh, 3);
    // The archive beyond is nobody's business, in later visits too.
    assert_eq!(world.read().await.fresh, 0);
    assert_eq!(world.asked_after(0).len(), 4);
}

#[tokio::test]
async fn a_walk_that_breaks_off_goes_on_from_there() {
    let world = World::new(|web| by_selector(web, 10)).await;
    world.page("/news", &[9], Some("/news?page=2"));
    world.page("/news?page=2", &[8], Some("/news?page=3"));
    world.web.answer("/news?page=3", Response::status(500));
    let broken = world.read().await;
    assert_eq!(broken.fresh, 2);
    assert_eq!(broken.fault.unwrap().0, Outcome::HttpError);

    world.page("/news?page=3", &[7], None);
    let mended = world.read().await;
    assert_eq!((mended.fresh, mended.fault, mended.unchanged), (1, None, 0));
    assert_eq!(world.asked_after(3), ["/news", "/news?page=3"]);
    world.read().await;
    assert_eq!(world.asked_after(5), ["/news"]);
}

#[tokio::test]
async fn numbered_pages_count_up_and_end_where_there_is_none() {
    let counted = |web: &Web| Numbered {
        before: web.url("/news?start="),
        after: "&x=1".to_owned(),
        second: 20,
        step: 20,
    };
    let world =
        World::new(|web| index(web.url("/news"), NextPage::Numbered(counted(web)), 10)).await;
    world.page("/news", &[9], None);
    world.page("/news?start=20&x=1", &[8], None);
    let announced = world.read().await;
    assert_eq!((announced.fresh, announced.fault), (2, None));
    assert_eq!(world.asked_after(0), ["/news", "/news?start=20&x=1", "/news?start=40&x=1"]);
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_end() {
    let world = World::new(|web| by_selector(web, 10)).await;
    world.page("/news", &[9], Some("/news?page=2"));
    world.page("/news?page=2", &[8], Some("/news"));
    assert_eq!(world.read().await.fresh, 2);
    assert_eq!(world.asked_after(0), ["/news", "/news?page=2", "/news"]);
}

const FEED: &str = "<rss><channel><item><title>A</title><link>/a</link></item></channel></rss>";

#[tokio::test]
async fn a_home_page_stands_for_the_feed_it_declares() {
    let world = World::new(|web| Listing::new(web.url("/"), ListingKind::Home)).await;
    let home = "<html><head><title>Desk</title>\
                <link rel=alternate type=application/rss+xml href=/feed></head></html>";
    world
        .web
        .answer("/", Response::html(home).header("etag", "\"1\""))
        .answer("/feed", Response::page("text/xml", FEED).header("etag", "\"2\""));
    let first = world.read().await;
    assert_eq!((first.links, first.fresh, first.unchanged, first.fault), (1, 1, 0, None));
    // An unchanged page still stands for its feed; both are asked with their validators.
    let second = world.read().await;
    assert_eq!((second.unchanged, second.fault), (1, None));
    assert_eq!(world.asked_after(2), ["/", "/feed"]);
    let feed = FEED.replace("/a<", "/b<");
    world.web.answer("/feed", Response::page("text/xml", feed).header("etag", "\"3\""));
    let third = world.read().await;
    assert_eq!((third.fresh, third.unchanged), (1, 0));
}

#[tokio::test]
async fn an_unchanged_sitemap_index_still_stands_for_its_sitemaps() {
    let world = World::new(|web| Listing::new(web.url("/index.xml"), ListingKind::Sitemap)).await;
    let index = "<sitemapindex><sitemap><loc>/one.xml</loc></sitemap></sitemapindex>";
    let map = |path: &str| {
        let body = format!("<urlset><url><loc>{path}</loc></url></urlset>");
        Response::page("text/xml", body).header("etag", format!("\"{path}\""))
    };
    world
        .web
        .answer("/index.xml", Response::page("text/xml", index).header("etag", "\"i\""))
        .answer("/one.xml", map("/a"));
    assert_eq!(world.read().await.fresh, 1);
    assert_eq!(world.read().await.unchanged, 1);
    world.web.answer("/one.xml", map("/b"));
    let third = world.read().await;
    assert_eq!((third.fresh, third.unchanged), (1, 0));
    let last = world.web.requests().into_iter().rfind(|request| request.path == "/index.xml");
    assert_eq!(last.unwrap().headers["if-none-match"], "\"i\"");
}

/// Writes a secret that only its owner may read.
fn secret(world: &World, name: &str, text: &str, mode: u32) {
    let path = world.folder.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn credentials(file: &str, form: CredentialForm) -> Option<Credentials> {
    Some(Credentials { file: file.to_owned(), form })
}

#[tokio::test]
async fn credentials_are_shown_to_the_sources_own_server_alone() {
    let mut world = World::new(|web| Listing::new(web.url("/feed"), ListingKind::Feed)).await;
    let elsewhere = Web::start_on("127.0.0.2:0").await;
    elsewhere.feed("/feed", FEED);
    secret(&world, "desk", "open sesame\nnot this\n", 0o600);
    let basic = CredentialForm::Basic { user: "Aladdin".to_owned() };
    world.source.credentials = credentials("desk", basic);
    world.web.answers(
        "/feed",
        [Response::page("text/xml", FEED), Response::redirect(302, &elsewhere.url("/feed"))],
    );
    assert_eq!(world.read().await.fault, None);
    let shown = |web: &Web, path: &str| {
        let request = web.requests().into_iter().rfind(|request| request.path == path).unwrap();
        request.headers.get("authorization").cloned()
    };
    let expected = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned());
    assert_eq!(shown(&world.web, "/feed"), expected);
    assert_eq!(shown(&world.web, "/robots.txt"), None);

    assert_eq!(world.read().await.fault, None);
    assert_eq!(shown(&world.web, "/feed"), expected);
    assert_eq!(shown(&elsewhere, "/feed"), None);

    let header = CredentialForm::Header("X-Api-Key".to_owned());
    world.source.credentials = credentials("desk", header);
    world.read().await;
    let request = world.web.requests().into_iter().rfind(|request| request.path == "/feed");
    assert_eq!(request.unwrap().headers["x-api-key"], "open sesame");
}

#[tokio::test]
async fn credentials_that_cannot_be_used_say_why_without_the_secret() {
    let mut world = World::new(|web| Listing::new(web.url("/feed"), ListingKind::Feed)).await;
    secret(&world, "open", "hush", 0o644);
    secret(&world, "empty", "\n", 0o600);
    secret(&world, "wild", "hush\u{7}hush", 0o600);
    let cases = [
        ("absent", "cannot be read"),
        ("open", "chmod it to 600"),
        ("empty", "write the secret on the first line"),
        ("wild", "cannot be shown in a header"),
    ];
    for (file, said) in cases {
        world.source.credentials =
            credentials(file, CredentialForm::Header("Authorization".to_owned()));
        let (outcome, detail) = world.read().await.fault.unwrap();
        assert_eq!(outcome, Outcome::Blocked);
        assert!(detail.contains(said) && !detail.contains("hush"), "{file}: {detail}");
    }
    assert_eq!(world.web.requests().len(), 0);
}
