//! WebSub against a hub on loopback: subscribing, verifying, being notified, renewing, backing off.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use sanctionwatch::model::source::{ListingKind, Source};
use sanctionwatch::web::{self, App};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::crawl::{World, page, source};
use crate::support::web::{Response, Web};

const LEASE: i64 = 100_000;

/// A feed with a hub, a crawler that can be called, and its server.
struct Scene {
    web: Web,
    world: World,
    source: Arc<Source>,
    client: reqwest::Client,
    /// Ends when this is dropped.
    _serving: JoinSet<std::io::Result<()>>,
}

impl Scene {
    async fn new(hub: Response) -> Self {
        let web = Web::start().await;
        let feed = format!(
            "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel>\
             <title>t</title><atom:link rel=\"hub\" href=\"{}\"/><atom:link rel=\"self\" href=\"{}\"/>\
             <item><title>a</title><link>{}</link></item></channel></rss>",
            web.url("/hub"),
            web.url("/feed"),
            web.url("/article"),
        );
        web.feed("/feed", feed)
            .page("/article", "text/html", page("Calvenna Shipping"))
            .answer("/hub", hub);
        let mut world = World::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        world.crawler.public_url = Some(public_url.into());
        let app = App {
            store: world.crawler.store.clone(),
            clock: world.clock.clone(),
            public_url: world.crawler.public_url.clone(),
            heart: world.crawler.heart.clone(),
            pages: None,
        };
        let mut serving = JoinSet::new();
        serving.spawn(web::serve(listener, app, CancellationToken::new()));
        let source = source("feed", ListingKind::Feed, web.url("/feed"));
        Self { web, world, source, client: reqwest::Client::new(), _serving: serving }
    }

    async fn visit(&self) {
        assert_eq!(self.world.crawl(std::slice::from_ref(&self.source)).await.len(), 1);
    }

    /// The fields of the requests the hub got.
    fn asked(&self) -> Vec<HashMap<String, String>> {
        let requests = self.web.requests();
        let to_hub = requests.iter().filter(|request| request.path == "/hub");
        to_hub.map(|it| url::form_urlencoded::parse(&it.body).into_owned().collect()).collect()
    }

    /// The status and text of an answer to the hub's question at `callback`.
    async fn verify(&self, callback: &str, mode: &str, topic: &str) -> (u16, String) {
        let question = [
            ("hub.mode", mode),
            ("hub.topic", topic),
            ("hub.challenge", "c-1"),
            ("hub.lease_seconds", &LEASE.to_string()),
        ];
        let url = url::Url::parse_with_params(callback, question).unwrap();
        let answer = self.client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn notify(&self, callback: &str, signature: Option<String>) -> u16 {
        let mut request = self.client.post(callback).body("news");
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature", signature);
        }
        request.send().await.unwrap().status().as_u16()
    }

    async fn due_in(&self) -> TimeDelta {
        let states = self.world.crawler.store.source_states().await.unwrap();
        states[0].next_look - self.world.clock.now()
    }
}

fn signature(secret: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update("news");
    let tag = mac.finalize().into_bytes();
    format!("sha256={}", tag.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[tokio::test]
async fn a_signed_notification_makes_the_source_due_and_nothing_else_does() {
    let scene = Scene::new(Response::status(202)).await;
    scene.visit().await;
    let asked = scene.asked();
    assert_eq!(asked.len(), 1);
    let field = |name: &str| asked[0][name].as_str();
    assert_eq!(field("hub.mode"), "subscribe");
    assert_eq!(field("hub.topic"), scene.web.url("/feed"));
    assert_eq!(field("hub.secret").len(), 64);
    let (callback, topic, secret) =
        (field("hub.callback"), field("hub.topic"), field("hub.secret"));
    let strange = callback.rsplit_once('/').unwrap().0.to_owned() + "/0000";

    // Before the hub verified, even its own key moves nothing.
    assert_eq!(scene.notify(callback, Some(signature(secret))).await, 202);
    assert!(TimeDelta::zero() < scene.due_in().await);

    assert_eq!(scene.verify(&strange, "subscribe", topic).await.0, 404);
    assert_eq!(scene.verify(callback, "subscribe", "http://other.example/").await.0, 404);
    assert_eq!(scene.verify(callback, "unsubscribe", topic).await.0, 404);
    assert_eq!(scene.verify(callback, "subscribe", topic).await, (200, "c-1".to_owned()));
    // Nobody asked a second time.
    assert_eq!(scene.verify(callback, "subscribe", topic).await.0, 404);

    for forged in [None, Some(signature("guessed")), Some("sha256=".to_owned())] {
        assert_eq!(scene.notify(callback, forged).await, 202);
    }
    assert_eq!(scene.notify(&strange, Some(signature(secret))).await, 202);
    assert!(TimeDelta::zero() < scene.due_in().await);

    assert_eq!(scene.notify(callback, Some(signature(secret))).await, 202);
    assert_eq!(scene.due_in().await, TimeDelta::zero());

    // One that comes right after waits a minute.
    scene.visit().await;
    assert_eq!(scene.notify(callback, Some(signature(secret))).await, 202);
    assert_eq!(scene.due_in().await, TimeDelta::minutes(1));
}

#[tokio::test]
async fn a_subscription_is_renewed_before_its_lease_ends() {
    let scene = Scene::new(Response::status(202)).await;
    scene.visit().await;
    let first = scene.asked().remove(0);
    let (callback, topic) = (&first["hub.callback"], &first["hub.topic"]);
    assert_eq!(scene.verify(callback, "subscribe", topic).await.0, 200);
    scene.world.clock.advance(TimeDelta::seconds(LEASE * 4 / 5 - 1));
    scene.visit().await;
    assert_eq!(scene.asked().len(), 1);
    scene.world.clock.advance(TimeDelta::seconds(1));
    scene.visit().await;
    assert_eq!(scene.asked(), [first.clone(), first.clone()]);

    // The old lease holds until it ends; a hub that refuses ends it.
    assert_eq!(scene.notify(callback, Some(signature(&first["hub.secret"]))).await, 202);
    assert_eq!(scene.due_in().await, TimeDelta::zero());
    scene.visit().await;
    assert_eq!(scene.verify(callback, "denied", topic).await.0, 200);
    assert_eq!(scene.notify(callback, Some(signature(&first["hub.secret"]))).await, 202);
    assert!(TimeDelta::zero() < scene.due_in().await);
}

#[tokio::test]
async fn a_hub_that_fails_is_asked_ever_more_rarely_and_harms_no_visit() {
    let scene = Scene::new(Response::status(500)).await;
    for (minutes, asked) in [(0, 1), (9, 1), (1, 2), (19, 2), (1, 3), (39, 3), (1, 4)] {
        scene.world.clock.advance(TimeDelta::minutes(minutes));
        scene.visit().await;
        assert_eq!(scene.asked().len(), asked);
    }
    assert_eq!(scene.world.articles().await.len(), 1);
}

#[tokio::test]
async fn without_a_public_address_no_hub_is_asked() {
    let mut scene = Scene::new(Response::status(202)).await;
    scene.world.crawler.public_url = None;
    scene.visit().await;
    assert!(scene.asked().is_empty());
}
