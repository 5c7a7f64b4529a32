//! Pages that need a browser: what their scripts make of them is read, and what they try beyond
//! that leads nowhere and ends in time.

use std::net::UdpSocket;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::{Answer, Chromium, Fault, Fetcher, Limits, Sandbox};
use sanctionwatch::model::fetched::Fetched;
use sanctionwatch::model::visit::Outcome;
use tokio::sync::{Mutex, MutexGuard};

use crate::support::web::{Response, Web};

/// Loopback is open where this web listens, and closed at every other port.
fn limits(web: &Web) -> Limits {
    Limits {
        body: 1 << 20,
        total: Duration::from_secs(60),
        delay: Duration::ZERO,
        jitter: 0.0,
        redirects: 4,
        allow_private: vec![web.address().to_string()],
        // The tests may run as root and in containers, where the sandbox cannot work.
        chromium: Chromium { program: None, sandbox: Sandbox::Off },
        ..Limits::default()
    }
}

fn fetcher(limits: Limits) -> Fetcher {
    Fetcher::new(limits, Clock::System).unwrap()
}

/// One browser at a time, however many tests run: their limits are limits of time.
static TURN: Mutex<()> = Mutex::const_new(());

/// The right to start Chromium where it is installed; says so where it is not.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
async fn chromium() -> Option<MutexGuard<'static, ()>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("chromium").is_file()) {
        return Some(TURN.lock().await);
    }
    println!("skipped: chromium is not on the PATH (Debian package chromium)");
    None
}

async fn page(fetcher: &Fetcher, url: &str) -> Fetched {
    match fetcher.render(url).await {
        Ok(Answer::Fetched(fetched)) => *fetched,
        other => panic!("{url} gave {other:?}"),
    }
}

async fn fault(fetcher: &Fetcher, url: &str) -> Fault {
    match fetcher.render(url).await {
        Err(fault) => fault,
        Ok(answer) => panic!("{url} gave {answer:?}"),
    }
}

fn body(fetched: &Fetched) -> &str {
    std::str::from_utf8(&fetched.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_a_script_writes_is_read() {
    let Some(_turn) = chromium().await else { return };
    let web = Web::start().await;
    web.page(
        "/news/1",
        "text/html; charset=utf-8",
        "<title>Harbour</title><main></main><img src=/photo.jpg><script src=/app.js></script>",
    )
    .page(
        "/app.js",
        "text/javascript; charset=utf-8",
        "fetch('/api/1').then(answer => answer.json()).then(story => {
             document.querySelector('main').innerHTML = `<h1>Harbour</h1><p>${story.text} – ok</p>`;
         });",
    )
    .page(
        "/api/1",
        "application/json",
        "{\"text\":\"The ministry froze the assets of two ports.\"}",
    );
    let fetched = page(&fetcher(limits(&web)), &web.url("/news/1")).await;
    assert!(body(&fetched).contains("<p>The ministry froze the assets of two ports. – ok</p>"));
    assert_eq!(fetched.status, 200);
    assert_eq!(fetched.content_type.as_deref(), Some("text/html; charset=utf-8"));
    assert_eq!(web.asked("/photo.jpg"), 0, "a picture is nothing to read");
    assert_eq!(web.asked("/robots.txt"), 1);
    for request in web.requests() {
        let agent = &request.headers["user-agent"];
        assert!(agent.starts_with("sanctionwatch/"), "{agent} for {}", request.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_reach_no_private_place() {
    let Some(_turn) = chromium().await else { return };
    let (web, inner) = (Web::start().await, Web::start().await);
    inner.page("/secret", "text/plain", "the secret");
    let stun = UdpSocket::bind("127.0.0.1:0").unwrap();
    stun.set_nonblocking(true).unwrap();
    let port = inner.address().port();
    let targets = [
        format!("http://127.0.0.1:{port}/secret"),
        format!("http://localhost:{port}/secret"),
        format!("http://[::ffff:127.0.0.1]:{port}/secret"),
        format!("https://127.0.0.1:{port}/secret"),
        format!("ws://127.0.0.1:{port}/secret"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    let script = format!(
        "const told = [];
         const done = () => document.body.append('told: ' + told.join());
         const connection = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{stun}'}}]}});
         connection.createDataChannel('x');
         connection.createOffer().then(offer => connection.setLocalDescription(offer));
         const socket = new WebSocket('ws://127.0.0.1:{port}/secret');
         window.open('http://127.0.0.1:{port}/secret');
         document.body.append(Object.assign(document.createElement('iframe'),
             {{src: 'http://127.0.0.1:{port}/secret'}}));
         Promise.allSettled({targets:?}.map(target => fetch(target, {{mode: 'no-cors'}})
             .then(() => told.push(target)))).then(done);",
        stun = stun.local_addr().unwrap(),
    );
    web.page("/page", "text/html", format!("<body><p>Text</p><script>{script}</script>"));
    let fetched = page(&fetcher(limits(&web)), &web.url("/page")).await;
    assert!(body(&fetched).ends_with("told: </body></html>"), "{}", body(&fetched));
    assert_eq!(inner.requests().len(), 0, "nobody came");
    assert!(stun.recv(&mut [0; 64]).is_err(), "no datagram either");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_sent_nowhere_a_fetch_may_not_go() {
    let Some(_turn) = chromium().await else { return };
    let (web, inner) = (Web::start().await, Web::start().await);
    let secret = inner.url("/secret");
    web.answer("/redirect", Response::redirect(302, &secret))
        .page("/jump", "text/html", format!("<script>location = '{secret}'</script>"))
        .page("/robots.txt", "text/plain", "User-agent: *\nDisallow: /closed")
        .page("/to-closed", "text/html", "<script>location = '/closed'</script>");
    let fetcher = fetcher(limits(&web));
    for (path, outcome) in [
        ("/redirect", Outcome::Forbidden),
        ("/jump", Outcome::Forbidden),
        ("/to-closed", Outcome::Refused),
    ] {
        let fault = fault(&fetcher, &web.url(path)).await;
        assert_eq!(fault.outcome, outcome, "{path}: {fault}");
    }
    assert_eq!(inner.requests().len(), 0);
    assert_eq!(web.asked("/closed"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wild_pages_end_in_their_own_state_and_in_time() {
    let Some(_turn) = chromium().await else { return };
    let web = Web::start().await;
    let endless = "for (;;) {}";
    let large = "document.body.append('x'.repeat(2 << 20))";
    let html = |script: &str| format!("<body><p>Text</p><script>{script}</script>");
    web.page("/busy", "text/html", html(endless))
        .page("/circle", "text/html", html("location = '/circle?again'"))
        .page("/circle?again", "text/html", html("location = '/circle'"))
        .page("/large", "text/html", html(large))
        .page("/file.zip", "application/zip", "PK")
        .answer("/gone", Response::status(410))
        .answer("/reset", Response::raw(""));
    let fetcher = fetcher(limits(&web));
    for (path, outcome) in [
        ("/circle", Outcome::RedirectLoop),
        ("/large", Outcome::TooLarge),
        ("/file.zip", Outcome::WrongType),
        ("/gone", Outcome::Gone),
        ("/reset", Outcome::Unreachable),
    ] {
        let fault = fault(&fetcher, &web.url(path)).await;
        assert_eq!(fault.outcome, outcome, "{path}: {fault}");
    }
    let total = Duration::from_secs(10);
    let impatient = self::fetcher(Limits { total, ..limits(&web) });
    let begun = Instant::now();
    let fault = fault(&impatient, &web.url("/busy")).await;
    assert_eq!(fault.outcome, Outcome::TimedOut, "{fault}");
    assert!(begun.elapsed() < 2 * total);
}

#[tokio::test(flavor = "multi_thread")]
async fn dialogs_and_popups_hold_nobody_up() {
    let Some(_turn) = chromium().await else { return };
    let web = Web::start().await;
    let script = "alert('a'); confirm('b'); prompt('c'); print(); window.open('/popup');
                  document.body.append('after');";
    web.page("/page", "text/html", format!("<body><script>{script}</script>"));
    let fetched = page(&fetcher(limits(&web)), &web.url("/page")).await;
    assert!(body(&fetched).contains("</script>after"), "{}", body(&fetched));
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_do_not_outlive_a_page() {
    let Some(_turn) = chromium().await else { return };
    let web = Web::start().await;
    let script = "document.body.append('had: ' + document.cookie); document.cookie = 'id=1';";
    web.page("/page", "text/html", format!("<body><script>{script}</script>"));
    let fetcher = fetcher(limits(&web));
    for _ in 0..2 {
        let fetched = page(&fetcher, &web.url("/page")).await;
        assert!(body(&fetched).contains("had: </body>"), "{}", body(&fetched));
    }
}

#[tokio::test]
async fn a_machine_without_a_browser_says_what_to_do() {
    let web = Web::start().await;
    let absent = PathBuf::from("/nowhere/chromium");
    let chromium = Chromium { program: Some(absent), sandbox: Sandbox::On };
    let fetcher = fetcher(Limits { chromium, ..limits(&web) });
    let fault = fault(&fetcher, &web.url("/page")).await;
    assert_eq!(fault.outcome, Outcome::NoBrowser);
    assert!(fault.detail.contains("/nowhere/chromium is no file"), "{fault}");

    let no_browser = Chromium { program: Some("/bin/false".into()), sandbox: Sandbox::On };
    let fetcher = self::fetcher(Limits { chromium: no_browser, ..limits(&web) });
    let fault = self::fault(&fetcher, &web.url("/page")).await;
    assert_eq!(fault.outcome, Outcome::NoBrowser, "{fault}");
    assert!(fault.detail.contains("/bin/false does not work"), "{fault}");
}
