//! The service's pages on loopback over a real store, and what its mails say.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use reqwest::redirect::Policy;
use sanctionwatch::jobs::links::links;
use sanctionwatch::model::subscriber::Message;
use sanctionwatch::tokens::{Links, Right};
use sanctionwatch::web::pages::Pages;
use sanctionwatch::web::{self, App};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::crawl::World;

pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
    /// Ends when this is dropped.
    _serving: JoinSet<std::io::Result<()>>,
}

/// An answer of the server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Got {
    pub(crate) status: u16,
    /// But the date.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let mut world = World::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        world.crawler.public_url = Some(base.as_str().into());
        world.crawler.links = Some(Arc::new(links(&world.crawler.store, &base).await.unwrap()));
        let app = App {
            store: world.crawler.store.clone(),
            clock: world.clock.clone(),
            public_url: world.crawler.public_url.clone(),
            heart: world.crawler.heart.clone(),
            pages: Pages::of(&world.crawler, &[]),
        };
        let mut serving = JoinSet::new();
        serving.spawn(web::serve(listener, app, CancellationToken::new()));
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { world, base, client, _serving: serving }
    }

    pub(crate) fn links(&self) -> &Links {
        self.world.crawler.links.as_ref().unwrap()
    }

    /// A link for the subscriber with this address.
    pub(crate) async fn link(&self, right: Right, email: &str) -> String {
        let known = self.world.crawler.store.subscriber_at(email.parse().unwrap()).await.unwrap();
        let subscriber = known.unwrap().subscriber;
        self.links().page(right, subscriber.id, subscriber.serial, self.world.clock.now())
    }

    /// `to` is a path or a whole address.
    pub(crate) fn address(&self, to: &str) -> String {
        if to.starts_with('/') { format!("{}{to}", self.base) } else { to.to_owned() }
    }

    pub(crate) async fn get(&self, to: &str) -> Got {
        got(self.client.get(self.address(to))).await
    }

    pub(crate) async fn post(&self, to: &str, fields: &[(&str, &str)]) -> Got {
        got(self.form(to, fields)).await
    }

    /// A form that is still to be sent.
    pub(crate) fn form(&self, to: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(self.address(to)).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Takes the mails that wait out of the outbox, as if they were sent.
    pub(crate) async fn mails(&self) -> Vec<Message> {
        let (store, now) = (&self.world.crawler.store, self.world.clock.now());
        let mut mails = Vec::new();
        loop {
            let waiting = self.domains_waiting();
            if waiting.is_empty() {
                return mails;
            }
            for claimed in store.claim_messages(now, TimeDelta::hours(1), waiting).await.unwrap() {
                store.message_sent(claimed.id, now, "250 taken").await.unwrap();
                mails.push(claimed.message);
            }
        }
    }

    /// To which domains mails wait.
    fn domains_waiting(&self) -> Vec<String> {
        let database = rusqlite::Connection::open(self.world.crawler.store.path()).unwrap();
        let mut domains = database
            .prepare("SELECT DISTINCT domain FROM delivery WHERE state = 'waiting' ORDER BY domain")
            .unwrap();
        domains.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Every row of every table.
    pub(crate) fn dump(&self) -> Vec<String> {
        let database = rusqlite::Connection::open(self.world.crawler.store.path()).unwrap();
        let mut tables = database
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .unwrap();
        let tables: Vec<String> =
            tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut rows = Vec::new();
        for table in tables {
            let mut statement = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = statement.column_count();
            let mut found = statement.query([]).unwrap();
            while let Some(row) = found.next().unwrap() {
                let values: Vec<_> =
                    (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
                rows.push(format!("{table}: {}", values.join(" | ")));
            }
        }
        rows
    }
}

pub(crate) async fn got(request: reqwest::RequestBuilder) -> Got {
    let answer = request.send().await.unwrap();
    let headers = answer.headers().iter().filter(|(name, _)| name.as_str() != "date");
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
    Got {
        status: answer.status().as_u16(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: answer.text().await.unwrap(),
    }
}

/// The addresses that a document of HTML links to.
pub(crate) fn linked(html: &str) -> Vec<String> {
    let rest = html.split("href=\"").skip(1);
    let links = rest.filter_map(|rest| rest.split('"').next());
    links.map(|link| link.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

/// The first link below `path`, e.g. `/confirm/`.
pub(crate) fn link_to(html: &str, path: &str) -> String {
    let links = linked(html);
    let found = links.iter().find(|link| link.contains(path));
    found.unwrap_or_else(|| panic!("no link to {path} in {links:?}")).clone()
}
