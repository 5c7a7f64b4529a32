//! The service's own web pages: whether it is alive and ready, and errors a person can read.

use std::time::Duration;

use sanctionwatch::model::source::ListingKind;
use sanctionwatch::web::{self, App};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::crawl::{World, source};
use crate::support::web::Web;

/// The pages of a service that crawls nothing.
struct Site {
    world: World,
    base: String,
    /// Ends when this is dropped.
    _serving: JoinSet<std::io::Result<()>>,
}

impl Site {
    async fn new() -> Self {
        let world = World::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(web::serve(listener, app(&world), CancellationToken::new()));
        Self { world, base, _serving: serving }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{path}", self.base)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn app(world: &World) -> App {
    App {
        store: world.crawler.store.clone(),
        clock: world.clock.clone(),
        public_url: None,
        heart: world.crawler.heart.clone(),
        pages: None,
    }
}

#[tokio::test]
async fn a_service_at_work_is_alive_and_ready() {
    let site = Site::new().await;
    assert_eq!(site.get("/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(site.get("/readyz").await, (200, "ready\n".to_owned()));
    let beat = site.world.crawler.store.last_beat().await.unwrap();
    assert_eq!(beat, Some(site.world.clock.now()));
}

#[tokio::test]
async fn what_keeps_it_from_work_is_said_in_a_line_each() {
    let site = Site::new().await;
    let hour = Duration::from_secs(3600);
    let Some(long_ago) = Instant::now().checked_sub(2 * hour) else {
        eprintln!("skipped: this machine has not run for two hours");
        return;
    };
    let mut app = app(&site.world);
    app.heart = sanctionwatch::jobs::heart::Heart::new(long_ago);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(web::serve(listener, app, CancellationToken::new()));
    let other = rusqlite::Connection::open(site.world.crawler.store.path()).unwrap();
    other.pragma_update(None, "user_version", 9_999).unwrap();
    let answer = reqwest::get(format!("http://{address}/readyz")).await.unwrap();
    assert_eq!(answer.status(), 503);
    let said = answer.text().await.unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("the database has schema 9999"), "{said}");
    assert!(lines[1].starts_with("the crawl stands still for 120 minutes"), "{said}");
}

#[tokio::test]
async fn errors_are_plain_sentences() {
    let site = Site::new().await;
    let (status, said) = site.get("/nowhere").await;
    assert_eq!((status, said.as_str()), (404, "There is nothing at this address.\n"));
    let answer = reqwest::Client::new().post(format!("{}/healthz", site.base)).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.text().await.unwrap(), "This address does not take such a request.\n");
}

/// Figures have a listener of their own; the world's has none of them.
#[tokio::test]
async fn figures_are_served_behind_the_house_and_not_in_front() {
    let site = Site::new().await;
    assert_eq!(site.get("/metrics").await.0, 404);
    let web = Web::start().await;
    let feed = source("a", ListingKind::Feed, web.url("/nothing"));
    site.world.crawl(&[feed]).await;
    let store = &site.world.crawler.store;
    store.watch_only(vec!["int/a".to_owned()]).await.unwrap();
    let backups = tempfile::tempdir().unwrap();
    store.back_up(backups.path().to_owned(), site.world.clock.now()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    let folder = backups.path().to_owned();
    serving.spawn(web::serve_metrics(listener, app(&site.world), folder, CancellationToken::new()));
    let answer = reqwest::get(format!("{base}/metrics")).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let page = answer.text().await.unwrap();
    for line in [
        "sanctionwatch_visits_total{outcome=\"gone\"} 1",
        "sanctionwatch_source_failures{source=\"int/a\"} 1",
        "sanctionwatch_mails{state=\"waiting\"} 0",
        "sanctionwatch_oldest_waiting_mail_age_seconds 0",
        &format!("sanctionwatch_backup_timestamp_seconds {}", site.world.clock.now().timestamp()),
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in:\n{page}");
    }
    assert_eq!(reqwest::get(format!("{base}/readyz")).await.unwrap().status(), 200);
}
