//! The whole way of an article over loopback, from fetch to commit: pages per second, peak
//! resident memory, and the share of time of each stage.
//!
//! `cargo run --release --example measure_pipeline [PAGES]` (default 3,000; 12 sites)
//!
//! The pages are generated: menus, teasers, captions and boilerplate around 8 paragraphs of random
//! words, about 30 kB each, every tenth about sanctions. Two subscribers. Stage shares are
//! measured on the same pages, one stage at a time on one thread; the crawl itself uses all cores.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::{Answer, Fetcher, Limits};
use sanctionwatch::jobs::crawl::{Crawler, Settings};
use sanctionwatch::jobs::judge::judge;
use sanctionwatch::jobs::names::Names;
use sanctionwatch::model::article::SiteMemory;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::{
    Expectation, Listing, ListingKind, Recipe, Rendering, Source, SourceId, SourceKind,
};
use sanctionwatch::store::Store;
use sanctionwatch::{clean, extract, parse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const SITES: usize = 12;

fn main() -> anyhow::Result<()> {
    let pages: usize = std::env::args().nth(1).map_or(Ok(3000), |text| text.parse())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure(pages))
}

async fn measure(pages: usize) -> anyhow::Result<()> {
    let mut servers = JoinSet::new();
    let mut sources = Vec::new();
    for site in 0..SITES {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let of_site = pages / SITES + usize::from(site < pages % SITES);
        sources.push(Arc::new(source(site, &base)));
        servers.spawn(serve(listener, Arc::new(base), site, of_site));
    }
    let folder = tempfile::tempdir()?;
    let store = Store::open(&folder.path().join("measure.db"))?;
    for reader in ["ada@example.org", "grace@example.org"] {
        store.add_subscriber(reader.parse()?, String::new(), Clock::System.now()).await?;
    }
    let crawler = crawler(store.clone(), pages)?;
    let start = Instant::now();
    let visits = crawler.crawl_once(&sources).await?;
    let wall = start.elapsed();
    let counted = store.counted().await?;
    assert!(visits.iter().all(|visit| visit.outcome.is_healthy()), "{visits:?}");
    println!(
        "fetch to commit: {} articles in {:.1} s = {:.0} pages/s; {} relevant, {} mails waiting",
        counted.articles,
        wall.as_secs_f64(),
        counted.articles as f64 / wall.as_secs_f64(),
        counted.relevant,
        store.outbox().await?.waiting,
    );
    println!("peak resident memory: {}", peak_memory());
    let database = fs::metadata(store.path())?.len() as f64;
    println!("database: {:.1} kB per article", database / counted.articles as f64 / 1e3);
    stage_shares(&crawler.fetcher, &sources, pages.min(600)).await?;
    servers.abort_all();
    Ok(())
}

fn source(site: usize, base: &str) -> Source {
    Source {
        id: SourceId(format!("int/site-{site}")),
        title: format!("Site {site}"),
        kind: SourceKind::News,
        country: "int".to_owned(),
        language: "en".to_owned(),
        listings: vec![Listing::new(format!("{base}/feed"), ListingKind::Feed)],
        render: Rendering::Plain,
        schedule: None,
        recipe: Recipe::default(),
        expectation: Expectation {
            links_min: 1,
            links_max: usize::MAX,
            words_min: 50,
            dated: false,
            silence_days: 30,
        },
        topics: Vec::new(),
        credentials: None,
    }
}

fn crawler(store: Store, pages: usize) -> anyhow::Result<Crawler> {
    let limits = Limits {
        delay: Duration::ZERO,
        allow_private: vec!["127.0.0.1".to_owned()],
        ..Limits::default()
    };
    let fetcher = Fetcher::new(limits, Clock::System)?;
    let settings = Settings {
        workers: SITES,
        pages_per_visit: pages,
        interval: None,
        alert_age: TimeDelta::days(7),
        sender: "alerts@example.org".parse()?,
    };
    Ok(Crawler::new(store, fetcher, Clock::System, settings))
}

/// Each stage alone on one thread, over the same pages: the share of its time.
async fn stage_shares(
    fetcher: &Fetcher,
    sources: &[Arc<Source>],
    pages: usize,
) -> anyhow::Result<()> {
    let mut spent = [Duration::ZERO; 5];
    let memory = SiteMemory::default();
    let names = Names::default().current();
    for index in 0..pages {
        let base = sources[index % SITES].listings[0].url.trim_end_matches("/feed").to_owned();
        let url = format!("{base}/article-{}", index / SITES);
        let (fetched, took) = timed_async(fetch(fetcher, &url)).await;
        spent[0] += took;
        let fetched = fetched?;
        let ((page, _), took) = timed(|| parse::page::read(&fetched));
        spent[1] += took;
        let ((extracted, _), took) = timed(|| extract::article(&page, &Recipe::default()));
        spent[2] += took;
        let ((article, _), took) = timed(|| clean::article(extracted, &memory));
        spent[3] += took;
        if let Some(article) = article {
            let (_, took) = timed(|| judge(article.url.clone(), article, &names));
            spent[4] += took;
        }
    }
    let total: Duration = spent.iter().sum();
    for (name, took) in ["fetch", "parse", "extract", "clean", "judge"].iter().zip(spent) {
        println!(
            "{name:<8} {:>6.2} ms a page  {:>3.0} %",
            took.as_secs_f64() * 1e3 / pages as f64,
            100.0 * took.as_secs_f64() / total.as_secs_f64()
        );
    }
    Ok(())
}

async fn fetch(fetcher: &Fetcher, url: &str) -> anyhow::Result<Fetched> {
    match fetcher.get(url, &Validators::default()).await {
        Ok(Answer::Fetched(fetched)) => Ok(*fetched),
        other => anyhow::bail!("{url}: {other:?}"),
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

async fn timed_async<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let value = work.await;
    (value, start.elapsed())
}

/// `VmHWM` as the kernel counts it.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown on this system".to_owned(), |peak| peak.trim().to_owned())
}

async fn serve(listener: TcpListener, base: Arc<String>, site: usize, pages: usize) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let base = Arc::clone(&base);
        connections.spawn(async move { converse(stream, &base, site, pages).await });
    }
}

/// Answers requests on one connection until it closes.
async fn converse(mut stream: TcpStream, base: &str, site: usize, pages: usize) {
    let mut buffer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        while let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..end + 4);
            let path = head.split(' ').nth(1).unwrap_or("/");
            if stream.write_all(&response(path, base, site, pages)).await.is_err() {
                return;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if 0 < read => buffer.extend_from_slice(&chunk[..read]),
            _ => return,
        }
    }
}

fn response(path: &str, base: &str, site: usize, pages: usize) -> Vec<u8> {
    let (status, kind, body) = match path {
        "/feed" => ("200 OK", "application/rss+xml", feed(base, site, pages)),
        _ => match path.strip_prefix("/article-").and_then(|number| number.parse().ok()) {
            Some(number) => ("200 OK", "text/html; charset=utf-8", article(site, number)),
            None => ("404 Not Found", "text/plain", "not here".to_owned()),
        },
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

fn feed(base: &str, site: usize, pages: usize) -> String {
    let mut xml = format!("<rss version=\"2.0\"><channel><title>Site {site}</title>");
    for page in 0..pages {
        write!(
            xml,
            "<item><title>{}</title><link>{base}/article-{page}</link></item>",
            title(site, page)
        )
        .expect("writing to a string");
    }
    xml + "</channel></rss>"
}

fn title(site: usize, page: usize) -> String {
    let mut dice = Dice(seed(site, page));
    let words = dice.words(7);
    if page.is_multiple_of(10) {
        format!("US imposes sanctions on {words}")
    } else {
        format!("Report: {words}")
    }
}

fn article(site: usize, page: usize) -> String {
    let title = title(site, page);
    let mut dice = Dice(seed(site, page));
    let mut html = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>{title} - Site {site}</title>\
         <meta property=\"og:title\" content=\"{title}\"></head><body><nav><ul>"
    );
    for entry in 0..120 {
        write!(html, "<li class=menu-item><a href=/section-{entry}>Section {entry}</a></li>")
            .expect("writing to a string");
    }
    write!(html, "</ul></nav><main><article><h1>{title}</h1>").expect("writing to a string");
    for paragraph in 0..8 {
        let lead = if page.is_multiple_of(10) && paragraph == 0 {
            "The Treasury's Office of Foreign Assets Control imposed sanctions and froze assets. "
        } else {
            ""
        };
        write!(html, "<p>{lead}{}.</p>", dice.words(90)).expect("writing to a string");
        write!(html, "<figure><img src=x.jpg alt=\"{title} {paragraph}\"><figcaption>{title} {paragraph}</figcaption></figure>")
            .expect("writing to a string");
    }
    html += "</article></main><aside><h2>Related</h2><ul>";
    for teaser in 0..60 {
        write!(html, "<li class=teaser><a href=/t{teaser}><img src=t.jpg alt=teaser><span>{}</span></a></li>", dice.words(9))
            .expect("writing to a string");
    }
    html + "</ul></aside><footer><p>Follow us on every channel.</p></footer></body></html>"
}

fn seed(site: usize, page: usize) -> u64 {
    ((site as u64 + 1) << 32 | (page as u64 + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A small generator (xorshift64): the same pages in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Words of one to four syllables; 4,096 different syllable pairs make few repeats.
    fn words(&mut self, count: usize) -> String {
        const SYLLABLES: [&str; 16] = [
            "ba", "ren", "tol", "mi", "sar", "ken", "du", "vor", "li", "pas", "ge", "nor", "ti",
            "lam", "os", "fe",
        ];
        let mut text = String::new();
        for index in 0..count {
            if 0 < index {
                text.push(' ');
            }
            for _ in 0..=self.below(4) {
                text += SYLLABLES[self.below(16) as usize];
            }
        }
        text
    }
}
