//! The bundled newsroom: its listings lead somewhere, and its servers speak HTTP as sites do.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use reqwest::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Client, Response, StatusCode};
use sanctionwatch::demo::{Opened, open_newsroom};

#[tokio::test]
async fn every_address_in_a_listing_leads_to_a_page() {
    let web = Web::open().await;
    let Opened { newsroom, origins, .. } = &web.opened;
    for _ in ["first edition", "second edition"] {
        for (listing, least) in [
            (format!("{}/", origins.ledger), 10),
            (format!("{}/feed/", origins.ledger), 20),
            (format!("{}/news-sitemap.xml", origins.ledger), 10),
            (format!("{}/", origins.courier), 7),
            (format!("{}/atom.xml", origins.courier), 7),
            (format!("{}/news", origins.office), 3),
        ] {
            let body = web.body(&listing).await;
            let addresses: BTreeSet<String> =
                addresses_in(&body, &listing).into_iter().filter(|url| is_bundled(url)).collect();
            assert!(least <= addresses.len(), "{listing} gives only {addresses:?}");
            for url in addresses {
                assert_eq!(web.get(&url).await.status(), StatusCode::OK, "{url} in {listing}");
            }
        }
        newsroom.advance();
    }
}

#[tokio::test]
async fn a_reader_with_a_fresh_copy_is_told_so() {
    let web = Web::open().await;
    let url = format!("{}/licences", web.opened.origins.office);
    let answer = web.get(&url).await;
    let validator = |name| answer.headers()[name].to_str().unwrap().to_owned();
    let (etag, modified) = (validator(ETAG), validator(LAST_MODIFIED));
    let status = async |name, value: &str| {
        web.client.get(&url).header(name, value).send().await.unwrap().status()
    };
    assert_eq!(status(IF_NONE_MATCH, &etag).await, StatusCode::NOT_MODIFIED);
    assert_eq!(status(IF_NONE_MATCH, &format!("\"x\", W/{etag}")).await, StatusCode::NOT_MODIFIED);
    assert_eq!(status(IF_NONE_MATCH, "\"another\"").await, StatusCode::OK);
    assert_eq!(status(IF_MODIFIED_SINCE, &modified).await, StatusCode::NOT_MODIFIED);
    web.opened.newsroom.advance();
    assert_eq!(status(IF_NONE_MATCH, &etag).await, StatusCode::OK);
    assert_eq!(status(IF_MODIFIED_SINCE, &modified).await, StatusCode::OK);
}

#[tokio::test]
async fn a_post_has_its_clothes_and_the_server_keeps_a_record() {
    let web = Web::open().await;
    let origin = &web.opened.origins.ledger;
    let post = format!("{origin}/orlanta-closes-american-offices/");
    let plain = web.body(&post).await;
    assert_eq!(plain, web.body(&format!("{post}?utm_source=rss")).await);
    assert!(plain.contains(&format!("<link rel=\"amphtml\" href=\"{post}amp/\">")));
    let amp = web.body(&format!("{post}amp/")).await;
    assert!(amp.contains("rel=\"noamphtml nofollow\""), "{amp}");
    assert!(amp.contains(&format!("<link rel=\"canonical\" href=\"{post}\">")));
    assert_eq!(web.get(&format!("{origin}/?p=1031")).await.url().as_str(), post);
    assert_eq!(web.get(&format!("{origin}/nowhere/")).await.status(), StatusCode::NOT_FOUND);
    let refused = web.client.post(&post).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    let asked = web.opened.newsroom.asked();
    let record: Vec<u16> = asked.iter().map(|asked| asked.status).collect();
    assert_eq!(record, [200, 200, 200, 301, 200, 404, 405]);
    assert_eq!(asked[1].target, "/orlanta-closes-american-offices/?utm_source=rss");
}

/// The open newsroom and a client to visit it with.
struct Web {
    opened: Opened,
    client: Client,
}

impl Web {
    async fn open() -> Self {
        let now: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let opened = open_newsroom(now).await.unwrap();
        Self { opened, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn get(&self, url: &str) -> Response {
        self.client.get(url).send().await.unwrap()
    }

    async fn body(&self, url: &str) -> String {
        self.get(url).await.error_for_status().unwrap().text().await.unwrap()
    }
}

/// Every address of the listing's own site that stands in it, relative ones too.
fn addresses_in(body: &str, listing: &str) -> BTreeSet<String> {
    let host_end = listing["http://".len()..].find('/').unwrap() + "http://".len();
    let origin = &listing[..host_end];
    let ends = ['"', '<', ' ', '\n'];
    let until_end = |rest: &str| rest.split(ends).next().unwrap().replace("&amp;", "&");
    let absolute = body.match_indices(origin).map(|(at, _)| until_end(&body[at..]));
    let relative = body
        .match_indices("href=\"/")
        .map(|(at, _)| format!("{origin}{}", until_end(&body[at + "href=\"".len()..])));
    absolute.chain(relative).collect()
}

/// Menus name sections that the small newsroom does not have, and the feed a page for members.
fn is_bundled(url: &str) -> bool {
    const NOT_BUNDLED: [&str; 8] = [
        "/members/",
        "/news/",
        "/programmes",
        "/licences/",
        "/list",
        "/ports",
        "/about",
        "/category/",
    ];
    let is_article =
        ["/news/press-releases/", "/news/notices/"].iter().any(|path| url.contains(path));
    is_article || !NOT_BUNDLED.iter().any(|path| url.contains(path))
}
