//! The door to the web against a web that misbehaves: what comes in, what stays out, how long it
//! takes, and how often a site is asked.

use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::{Answer, Fault, Fetcher, Limits, Names};
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::visit::Outcome;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::tls;
use crate::support::web::{Request, Response, Web};

/// No pause, loopback open.
fn limits() -> Limits {
    Limits {
        contact: "https://example.org/bot".to_owned(),
        body: 2_000_000,
        idle: Duration::from_secs(10),
        total: Duration::from_secs(20),
        delay: Duration::ZERO,
        jitter: 0.0,
        allow_private: vec!["127.0.0.1".to_owned()],
        ..Limits::default()
    }
}

/// Limits for answers that never come.
fn impatient() -> Limits {
    Limits { idle: Duration::from_millis(300), total: Duration::from_secs(1), ..limits() }
}

fn clock() -> Clock {
    Clock::fixed("2024-07-16T08:00:00Z".parse().unwrap())
}

fn fetcher(limits: Limits) -> Fetcher {
    Fetcher::new(limits, clock()).unwrap()
}

async fn get(fetcher: &Fetcher, url: &str) -> Result<Answer, Fault> {
    fetcher.get(url, &Validators::default()).await
}

async fn page(fetcher: &Fetcher, url: &str) -> Fetched {
    match get(fetcher, url).await {
        Ok(Answer::Fetched(fetched)) => *fetched,
        other => panic!("{url} gave {other:?}"),
    }
}

async fn fault(fetcher: &Fetcher, url: &str) -> Fault {
    match get(fetcher, url).await {
        Err(fault) => fault,
        Ok(answer) => panic!("{url} gave {answer:?}"),
    }
}

/// Names that all lead to this web.
fn names(web: &Web, names: &[&str]) -> Names {
    Names::table(names.iter().map(|name| (String::from(*name), web.address())).collect())
}

#[tokio::test]
async fn a_page_comes_with_all_that_later_stages_need() {
    let web = Web::start().await;
    let html = Response::page("text/html; charset=windows-1251", b"\xcf\xf0\xe8".as_slice())
        .header("etag", "\"v1\"")
        .header("last-modified", "Tue, 16 Jul 2024 07:00:00 GMT")
        .header("set-cookie", "id=1");
    web.answer("/a?x=1", html);
    let fetcher = fetcher(limits());
    let url = web.url("/a?x=1");
    let fetched = page(&fetcher, &format!("{url}#part")).await;
    assert_eq!(fetched.requested, format!("{url}#part"));
    assert_eq!(fetched.url, url);
    assert_eq!(fetched.redirects, [""; 0]);
    assert_eq!(fetched.status, 200);
    assert_eq!(fetched.content_type.as_deref(), Some("text/html; charset=windows-1251"));
    assert_eq!(fetched.body, b"\xcf\xf0\xe8");
    assert_eq!(fetched.at, clock().now());
    assert_eq!(fetched.validators.etag.as_deref(), Some("\"v1\""));

    let Answer::Unchanged = fetcher.get(&url, &fetched.validators).await.unwrap() else {
        panic!("the page was not unchanged");
    };
    let requests = web.requests();
    let agent = format!("sanctionwatch/{} (+https://example.org/bot)", env!("CARGO_PKG_VERSION"));
    assert!(requests.iter().all(|request| request.headers["user-agent"] == agent));
    assert!(requests.iter().all(|request| !request.headers.contains_key("cookie")));
    let last = requests.last().unwrap();
    assert_eq!(last.headers["if-none-match"], "\"v1\"");
    assert_eq!(last.headers["if-modified-since"], "Tue, 16 Jul 2024 07:00:00 GMT");
}

#[tokio::test]
async fn each_failure_has_its_outcome_and_says_what_to_do() {
    let web = Web::start().await;
    let ok = Response::status(200);
    let drip = Duration::from_millis(50);
    let interstitial = "<script>window._cf_chl_opt = {}</script><p>Just a moment</p>";
    let cases = [
        ("/gone", Response::status(410), Outcome::Gone, "410"),
        ("/login", Response::status(401), Outcome::Blocked, "login"),
        ("/forbidden", Response::status(403), Outcome::Blocked, "403"),
        ("/legal", Response::status(451), Outcome::Blocked, "legal"),
        ("/teapot", Response::status(418), Outcome::HttpError, "418"),
        ("/broken", Response::status(500), Outcome::HttpError, "500"),
        ("/304", Response::status(304), Outcome::HttpError, "304"),
        ("/check", Response::html(interstitial), Outcome::Blocked, "Cloudflare"),
        ("/check-503", Response::status(503).body(interstitial), Outcome::Blocked, "Cloudflare"),
        ("/long", ok.clone().body(vec![b'x'; 2_000_001]), Outcome::TooLarge, "2000000 bytes"),
        ("/endless", ok.clone().endless(vec![b'x'; 50_000]), Outcome::TooLarge, "2000000 bytes"),
        ("/silence", Response::silence(), Outcome::TimedOut, "silent for 300ms"),
        ("/loris", ok.clone().drip("x".repeat(999), drip), Outcome::TimedOut, "within 1s"),
        ("/stall", ok.clone().drip("xx", drip * 100), Outcome::TimedOut, "silent for 300ms"),
        ("/reset", ok.clone().reset_after("half"), Outcome::Unreachable, "broke off"),
        (
            "/nonsense",
            Response::raw("220 mail.example ESMTP\r\n"),
            Outcome::Unreachable,
            "nonsense",
        ),
        ("/nothing", Response::raw(""), Outcome::Unreachable, "broke off"),
        ("/header", Response::endless_header(), Outcome::TooLarge, "headers"),
        ("/headers", many_headers(), Outcome::TooLarge, "headers"),
        ("/coding", ok.clone().header("content-encoding", "lzma"), Outcome::Unreadable, "lzma"),
        (
            "/packing",
            ok.clone().header("content-encoding", "br").body("no brotli at all"),
            Outcome::Unreadable,
            "brotli",
        ),
        ("/circle", Response::redirect(302, "/circle"), Outcome::RedirectLoop, "circle"),
        ("/wall", Response::redirect(302, "/consent?back=wall"), Outcome::Blocked, "for consent"),
        ("/nowhere", Response::status(302), Outcome::HttpError, "no address"),
        ("/astray", Response::redirect(302, "http://[zz]/"), Outcome::HttpError, "[zz]"),
        ("/ftp", Response::redirect(302, "ftp://127.0.0.1/"), Outcome::Forbidden, "ftp"),
        ("/file", Response::redirect(302, "file:///etc/passwd"), Outcome::Forbidden, "file"),
    ];
    web.page("/consent?back=wall", "text/html", "We value your privacy");
    let fetcher = fetcher(impatient());
    for (path, response, outcome, word) in cases {
        web.answer(path, response);
        let fault = fault(&fetcher, &web.url(path)).await;
        assert_eq!(fault.outcome, outcome, "{path}: {fault}");
        assert!(fault.detail.contains(word), "{path} should say {word:?}: {fault}");
        assert!(fault.detail.contains(&web.url(path)) || fault.outcome == Outcome::Forbidden);
        assert!(!fault.detail.ends_with('.'), "{path}: {fault}");
    }
}

fn many_headers() -> Response {
    (0..5000).fold(Response::status(200), |response, n| response.header(&format!("x-{n}"), "y"))
}

#[tokio::test]
async fn what_browsers_forgive_is_forgiven() {
    let web = Web::start().await;
    let cases = [
        "HTTP/1.1 200\r\ncontent-type: text/html\r\nbad header\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nx-folded: one\r\n two\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\n\r\nok",
        "HTTP/1.1 200 ОК\r\ncontent-length: 2\r\n\r\nok",
    ];
    let fetcher = fetcher(limits());
    for answer in cases {
        web.answer("/", Response::raw(answer));
        assert_eq!(page(&fetcher, &web.url("/")).await.body, b"ok", "{answer:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_there_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let fetcher = fetcher(limits());
    let refused = fault(&fetcher, &format!("http://{closed}/")).await;
    assert_eq!(refused.outcome, Outcome::Unreachable, "{refused}");
    assert!(refused.detail.contains("Connection refused"), "{refused}");

    let nameless = Limits { names: Names::table(HashMap::new()), ..limits() };
    let unknown = fault(&self::fetcher(nameless), "http://nowhere.example/").await;
    assert_eq!(unknown.outcome, Outcome::Unreachable, "{unknown}");
    assert!(unknown.detail.contains("\"nowhere.example\" has no address"), "{unknown}");

    let nonsense = fault(&fetcher, "not an address").await;
    assert_eq!(nonsense.outcome, Outcome::Forbidden, "{nonsense}");
}

#[tokio::test]
async fn a_host_that_never_takes_the_call_is_timed_out() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // The system takes calls for a listener until its queue is full; from then on it is deaf.
    let mut calls = Vec::new();
    while let Ok(call) =
        tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(address)).await
    {
        calls.push(call.unwrap());
    }
    let fetcher = fetcher(Limits { connect: Duration::from_millis(200), ..limits() });
    let fault = fault(&fetcher, &format!("http://{address}/")).await;
    assert_eq!(fault.outcome, Outcome::TimedOut, "{fault}");
    assert!(fault.detail.contains("silent for 200ms"), "{fault}");
}

#[tokio::test]
async fn packed_bodies_are_unpacked_and_bombs_are_not() {
    let text = "A page that says something about sanctions. ".repeat(5_000);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let web = Web::start().await;
    let packed =
        |coding: &str, body: Vec<u8>| Response::html(body).header("content-encoding", coding);
    web.answer("/gzip", packed("gzip", gzip(text.as_bytes())))
        .page("/sitemap.xml.gz", "application/gzip", gzip(text.as_bytes()))
        .answer("/zstd", packed("zstd", zstd::encode_all(text.as_bytes(), 3).unwrap()))
        .answer("/bomb", packed("gzip", gzip(&vec![0; 100 << 20])))
        .answer(
            "/bomb-zstd",
            packed("zstd", zstd::encode_all(&vec![0; 100 << 20][..], 3).unwrap()),
        );
    let fetcher = fetcher(limits());
    for path in ["/gzip", "/sitemap.xml.gz", "/zstd"] {
        assert_eq!(page(&fetcher, &web.url(path)).await.body, text.as_bytes(), "{path}");
    }
    let asked = &web.requests()[0].headers["accept-encoding"];
    assert_eq!(asked, "gzip, br, zstd, deflate");
    for path in ["/bomb", "/bomb-zstd"] {
        let fault = fault(&fetcher, &web.url(path)).await;
        assert_eq!(fault.outcome, Outcome::TooLarge, "{fault}");
    }
}

#[tokio::test]
async fn a_large_body_is_refused_by_its_announced_length() {
    let web = Web::start().await;
    web.answer("/large", Response::html(vec![b'x'; 50_000_000]));
    let start = Instant::now();
    let default = Limits { body: Limits::default().body, ..limits() };
    let fault = fault(&fetcher(default), &web.url("/large")).await;
    assert_eq!(fault.outcome, Outcome::TooLarge, "{fault}");
    assert!(fault.detail.contains("20000000 bytes"), "{fault}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn redirects_are_recorded_and_counted() {
    let web = Web::start().await;
    web.answer("/one", Response::redirect(301, "two?x=%20#fragment"))
        .answer("/two?x=%20", Response::redirect(308, "//site.example/три"))
        .answer("/%D1%82%D1%80%D0%B8", Response::redirect(303, "/four"))
        .feed("/four", "<rss/>");
    let fetcher = fetcher(Limits { names: names(&web, &["site.example"]), ..limits() });
    let fetched = page(&fetcher, &web.url("/one")).await;
    assert_eq!(fetched.requested, web.url("/one"));
    assert_eq!(fetched.url, "http://site.example/four");
    let passed =
        [web.url("/one"), web.url("/two?x=%20"), "http://site.example/%D1%82%D1%80%D0%B8".into()];
    assert_eq!(fetched.redirects, passed);
    assert_eq!(fetched.body, b"<rss/>");
    assert_eq!(web.requests().last().unwrap().host, "site.example");

    for n in 0..=20 {
        web.answer(&format!("/r{n}"), Response::redirect(302, &format!("/r{}", n + 1)));
    }
    web.page("/r21", "text/html", "the end");
    let fault = fault(&fetcher, &web.url("/r0")).await;
    assert_eq!(fault.outcome, Outcome::RedirectLoop);
    assert!(fault.detail.contains("more than 10 times"), "{fault}");
    assert_eq!(page(&fetcher, &web.url("/r11")).await.body, b"the end");
}

#[tokio::test]
async fn private_places_are_closed_at_every_step() {
    let web = Web::start().await;
    let targets = [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://2130706434/",
        "http://inside.example/",
    ];
    let inside: SocketAddr = "192.168.1.1:80".parse().unwrap();
    let names = Names::table(HashMap::from([("inside.example".to_owned(), inside)]));
    let fetcher = fetcher(Limits { names, ..limits() });
    for target in targets {
        web.answer("/", Response::redirect(302, target));
        for url in [target, &web.url("/")] {
            let fault = fault(&fetcher, url).await;
            assert_eq!(fault.outcome, Outcome::Forbidden, "{url} to {target}: {fault}");
            assert!(fault.detail.contains("allow-list"), "{fault}");
        }
    }
    let closed = self::fetcher(Limits { allow_private: Vec::new(), ..limits() });
    let before = web.connections();
    assert_eq!(fault(&closed, &web.url("/")).await.outcome, Outcome::Forbidden);
    assert_eq!(web.connections(), before, "a closed address was connected to");
}

#[tokio::test]
async fn a_name_that_moves_inside_between_two_requests_is_not_followed() {
    let outside = Web::start().await;
    let inside = Web::start_on("127.0.0.2:0").await;
    outside.page("/", "text/html", "hello");
    inside.page("/", "text/html", "secret");
    let addresses = [outside.address(), inside.address()];
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    // The first answer (for robots.txt) is harmless, every later one is the inside.
    let names = Names::Table(Arc::new(move |_| {
        Some(vec![addresses[counter.fetch_add(1, Ordering::SeqCst).min(1)]])
    }));
    outside.answer("/robots.txt", Response::raw("HTTP/1.0 404 Not Found\r\n\r\n"));
    let fetcher = fetcher(Limits { names, ..limits() });
    let fault = fault(&fetcher, "http://moving.example/").await;
    assert_eq!(fault.outcome, Outcome::Forbidden, "{fault}");
    assert!(fault.detail.contains("moving.example leads to 127.0.0.2"), "{fault}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(inside.connections(), 0);
}

#[test]
fn limits_that_cannot_be_kept_are_refused_with_the_reason() {
    let list = Limits { allow_private: vec!["10.0.0.0/33".to_owned()], ..limits() };
    let error = Fetcher::new(list, clock()).unwrap_err().to_string();
    assert!(error.contains("\"10.0.0.0/33\"") && error.contains("write"), "{error}");
}

/// Each request begins after the one before it ended, and `pause` later.
fn assert_one_at_a_time(requests: &[Request], pause: Duration) {
    for pair in requests.windows(2) {
        let ended = pair[0].ended.expect("the earlier request ended");
        let between = pair[1].received.checked_duration_since(ended);
        assert!(
            between.is_some_and(|between| pause <= between),
            "{} came {between:?} after {}",
            pair[1].path,
            pair[0].path
        );
    }
    assert!(requests.iter().all(|request| request.in_flight == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_sees_one_request_at_a_time_and_the_pause_between() {
    let web = Web::start().await;
    for n in 0..20 {
        let answer = Response::html("page").delay(Duration::from_millis(5));
        // A third of the pages redirect: each step is a request like any other.
        let answer = if n % 3 == 0 { Response::redirect(302, "/end") } else { answer };
        web.answer(&format!("/{n}"), answer);
    }
    web.page("/end", "text/html", "end");
    let pause = Duration::from_millis(20);
    let hosts = ["site.example", "www.site.example", "news.site.example"];
    let names = names(&web, &hosts);
    let fetcher = fetcher(Limits { delay: pause, jitter: 0.25, names, ..limits() });
    let mut visits = JoinSet::new();
    for n in 0..20 {
        let (fetcher, host) = (fetcher.clone(), hosts[n % 3]);
        visits.spawn(async move { page(&fetcher, &format!("http://{host}/{n}")).await });
    }
    assert_eq!(visits.join_all().await.len(), 20);
    let requests = web.requests();
    assert_eq!(requests.len(), 20 + 7 + 3, "20 pages, 7 redirects, 3 robots.txt");
    assert_one_at_a_time(&requests, pause);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sites_are_asked_side_by_side() {
    let web = Web::start().await;
    web.answer("/", Response::html("page").delay(Duration::from_millis(150)));
    let names = names(&web, &["one.example", "two.example"]);
    let fetcher = fetcher(Limits { names, ..limits() });
    let (one, two) =
        tokio::join!(page(&fetcher, "http://one.example/"), page(&fetcher, "http://two.example/"));
    assert_eq!((one.body, two.body), (b"page".to_vec(), b"page".to_vec()));
    assert_eq!(web.requests().iter().map(|request| request.in_flight).max(), Some(2));
}

#[tokio::test]
async fn a_site_that_asks_for_peace_gets_it() {
    let web = Web::start().await;
    let busy = |wait: &str| Response::status(429).header("retry-after", wait);
    web.answers("/", [busy("1"), Response::html("page"), busy("3600"), Response::html("page")]);
    let fetcher = fetcher(limits());
    let first = fault(&fetcher, &web.url("/")).await;
    assert_eq!(first.outcome, Outcome::Blocked);
    assert_eq!(first.retry_after, Some(Duration::from_secs(1)));
    page(&fetcher, &web.url("/")).await;
    let requests = web.requests();
    let between = requests[2].received - requests[1].ended.unwrap();
    assert!(Duration::from_secs(1) <= between, "came back after {between:?}");

    assert_eq!(fault(&fetcher, &web.url("/")).await.retry_after, Some(Duration::from_secs(3600)));
    let asked = web.requests().len();
    let held = fault(&fetcher, &web.url("/other")).await;
    assert_eq!(held.outcome, Outcome::Blocked);
    assert!(held.retry_after.is_some_and(|wait| Duration::from_secs(3590) < wait), "{held:?}");
    assert_eq!(web.requests().len(), asked, "the site was asked in its hour of peace");
}

#[tokio::test]
async fn a_fetch_given_up_leaves_the_site_open_to_the_next() {
    let web = Web::start().await;
    web.answer("/slow", Response::silence()).page("/", "text/html", "page");
    let fetcher = fetcher(limits());
    let given_up =
        tokio::time::timeout(Duration::from_millis(50), get(&fetcher, &web.url("/slow"))).await;
    assert!(given_up.is_err());
    assert_eq!(page(&fetcher, &web.url("/")).await.body, b"page");
}

#[tokio::test]
async fn robots_txt_is_obeyed_on_every_host_of_the_way() {
    let web = Web::start().await;
    let rules = "User-agent: other\nDisallow: /\n\nUser-agent: SanctionWatch\nDisallow: /closed\n\
                 Disallow: /*?secret\n";
    web.page("/robots.txt", "text/plain", rules)
        .page("/open", "text/html", "open")
        .page("/closed/a", "text/html", "closed")
        .page("/open?secret=1", "text/html", "closed")
        .answer("/way", Response::redirect(302, "/closed/a"));
    let fetcher = fetcher(limits());
    assert_eq!(page(&fetcher, &web.url("/open")).await.body, b"open");
    for path in ["/closed/a", "/open?secret=1", "/way"] {
        let fault = fault(&fetcher, &web.url(path)).await;
        assert_eq!(fault.outcome, Outcome::Refused, "{path}: {fault}");
        assert!(fault.detail.contains("robots.txt"), "{fault}");
    }
    assert_eq!(web.asked("/closed/a") + web.asked("/open?secret=1"), 0);
    assert_eq!(web.asked("/robots.txt"), 1);
}

#[tokio::test]
async fn a_robots_txt_that_cannot_be_read_closes_or_opens_by_the_rfc() {
    let ok = Response::status(200);
    let forbidding = "User-agent: *\nDisallow: /";
    let long = format!("{}\nUser-agent: *\nDisallow: /", "# padding\n".repeat(60_000));
    let cases = [
        (Response::status(404), None),
        (Response::status(403), None),
        (Response::status(500), Some(Outcome::Refused)),
        (Response::status(503), Some(Outcome::Refused)),
        (Response::status(429), Some(Outcome::Refused)),
        (Response::page("text/plain", forbidding), Some(Outcome::Refused)),
        (Response::html("<html><p>Not found</p></html>"), None),
        (Response::page("text/plain", long), None),
        (Response::redirect(301, "/moved.txt"), Some(Outcome::Refused)),
        (Response::redirect(301, "/robots.txt"), None),
        (Response::silence(), Some(Outcome::TimedOut)),
        (ok.clone().reset_after("User-agent"), Some(Outcome::Unreachable)),
        (ok.endless("# a comment\n".repeat(999)), None),
    ];
    for (robots, outcome) in cases {
        let web = Web::start().await;
        let shown = format!("{robots:.200?}");
        web.answer("/robots.txt", robots).page("/moved.txt", "text/plain", forbidding).page(
            "/",
            "text/html",
            "page",
        );
        let got = get(&fetcher(impatient()), &web.url("/")).await;
        assert_eq!(got.err().map(|fault| fault.outcome), outcome, "{shown:.200}");
        assert_eq!(web.asked("/"), usize::from(outcome.is_none()), "{shown:.200}");
    }
}

#[tokio::test]
async fn robots_txt_is_read_once_a_day_and_shared() {
    let web = Web::start().await;
    let slow = Response::page("text/plain", "User-agent: *\nDisallow: /closed")
        .delay(Duration::from_millis(50));
    web.answer("/robots.txt", slow);
    for n in 0..10 {
        web.page(&format!("/{n}"), "text/html", "page");
    }
    let clock = clock();
    let fetcher = Fetcher::new(limits(), clock.clone()).unwrap();
    let mut visits = JoinSet::new();
    for n in 0..10 {
        let (fetcher, url) = (fetcher.clone(), web.url(&format!("/{n}")));
        visits.spawn(async move { page(&fetcher, &url).await });
    }
    visits.join_all().await;
    assert_eq!(web.asked("/robots.txt"), 1);
    clock.advance(TimeDelta::hours(23));
    page(&fetcher, &web.url("/1")).await;
    assert_eq!(web.asked("/robots.txt"), 1);
    clock.advance(TimeDelta::hours(1));
    page(&fetcher, &web.url("/1")).await;
    assert_eq!(web.asked("/robots.txt"), 2);
}

#[tokio::test]
async fn a_robots_txt_that_failed_is_read_again_sooner() {
    let web = Web::start().await;
    web.answers("/robots.txt", [Response::status(500), Response::status(404)]).page(
        "/",
        "text/html",
        "page",
    );
    let clock = clock();
    let fetcher = Fetcher::new(limits(), clock.clone()).unwrap();
    for _ in 0..3 {
        assert_eq!(fault(&fetcher, &web.url("/")).await.outcome, Outcome::Refused);
    }
    assert_eq!(web.asked("/robots.txt"), 1);
    clock.advance(TimeDelta::minutes(5));
    assert_eq!(page(&fetcher, &web.url("/")).await.body, b"page");
}

#[tokio::test]
async fn a_crawl_delay_is_kept_up_to_the_cap() {
    let web = Web::start().await;
    web.page("/robots.txt", "text/plain", "User-agent: *\nCrawl-delay: 3600").page(
        "/",
        "text/html",
        "page",
    );
    let most = Duration::from_millis(150);
    let fetcher = fetcher(Limits { crawl_delay_most: most, ..limits() });
    page(&fetcher, &web.url("/")).await;
    page(&fetcher, &web.url("/")).await;
    assert_one_at_a_time(&web.requests(), most);
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused_with_the_reason() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tls::self_signed("127.0.0.1").acceptor;
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // The client turns away in the handshake, which is what is tested.
            drop(acceptor.accept(stream).await);
        }
    });
    let fault = fault(&fetcher(limits()), &format!("https://{address}/")).await;
    assert_eq!(fault.outcome, Outcome::Unreachable, "{fault}");
    assert!(fault.detail.contains("certificate"), "{fault}");
}
