//! A web on loopback of 1,000 sources on 400 hosts, crawled by sanctionwatch and by its peers in
//! one run: pages fetched and fully processed per second, resident memory, and what the server saw
//! of everybody's manners.
//!
//! `cargo run --release --example measure_crawl [ARTICLES] [PYTHON]`
//!
//! ARTICLES is 50,000 where left out. PYTHON is an interpreter with `scrapy`, `trafilatura`,
//! `lxml_html_clean` and `crawlee[parsel,httpx]`; without one only sanctionwatch runs. The server is
//! a process of its own, so that its work is counted apart; pages are about 30 kB, each with words
//! of its own, and every tenth is about sanctions. Peers run as two processes, half of the sources
//! each, since one Python process uses one core.
//!
//! Speed is measured without a pause between requests to a host. A second crawl of 4,000 pages with
//! a pause of 300 ms shows whether the promise is kept, as the server counts: requests of a host
//! at once, and the time from the end of an answer to the next request.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::TimeDelta;
use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::{Fetcher, Limits, Names};
use sanctionwatch::jobs::crawl::{Crawler, Settings};
use sanctionwatch::model::source::{
    Expectation, Listing, ListingKind, Recipe, Rendering, Source, SourceId, SourceKind,
};
use sanctionwatch::store::Store;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const HOSTS: usize = 400;
const SOURCES: usize = 1000;
const ARTICLES: usize = 50_000;
/// Articles and pause of the crawl that shows the promise.
const PROMISE: (usize, u64) = (4000, 300);
/// Visits at once.
const WORKERS: usize = 64;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| args.get(index).map(|word| word.parse::<usize>());
    match args.first().map(String::as_str) {
        Some("serve") => runtime(1)?.block_on(serve(number(1).context("ARTICLES")??)),
        Some("crawl") => {
            let port = u16::try_from(number(1).context("PORT")??)?;
            let pause = u64::try_from(number(2).context("PAUSE")??)?;
            runtime(2)?.block_on(crawl(port, Duration::from_millis(pause)))
        }
        _ => compare(number(0).transpose()?.unwrap_or(ARTICLES), args.get(1).map(String::as_str)),
    }
}

fn runtime(threads: usize) -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}

/// Everybody crawls the same web, one after the other.
fn compare(articles: usize, python: Option<&str>) -> anyhow::Result<()> {
    println!("{SOURCES} sources on {HOSTS} hosts, {articles} articles, no pause\n");
    println!(
        "| crawler | articles | seconds | pages/s | peak memory, MB | at once on a host | server CPU, s |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let ours = ["sanctionwatch"].map(|name| (name, vec![this_program("crawl")]));
    let mut crawlers: Vec<(&str, Vec<Command>)> = ours.into();
    if let Some(python) = python {
        crawlers.push(("Scrapy + trafilatura", halves(python, "peer_scrapy.py", &["trafilatura"])));
        crawlers.push(("Scrapy + lxml, text only", halves(python, "peer_scrapy.py", &["lxml"])));
        crawlers.push(("Crawlee + trafilatura", halves(python, "peer_crawlee.py", &[])));
    }
    for (name, commands) in crawlers {
        let ran = match run(articles, 0, commands) {
            Ok(ran) => ran,
            Err(error) => {
                println!("| {name} | could not run: {error:#} | | | | | |");
                continue;
            }
        };
        let rate = ran.pages as f64 / ran.took.as_secs_f64();
        println!(
            "| {name} | {} | {:.1} | {rate:.0} | {:.0} | {} | {:.1} |",
            ran.pages,
            ran.took.as_secs_f64(),
            ran.peak_kb as f64 / 1e3,
            ran.manners["most_at_once"],
            ran.server_cpu,
        );
    }
    let (articles, pause) = PROMISE;
    let ran = run(articles, pause, vec![this_program("crawl")])?;
    println!(
        "\npromise: {} articles with a pause of {pause} ms in {:.1} s; the server saw {} requests, \
         at most {} at once on a host, and a shortest pause of {:.1} ms",
        ran.pages,
        ran.took.as_secs_f64(),
        ran.manners["requests"],
        ran.manners["most_at_once"],
        ran.manners["shortest_pause_ms"].as_f64().unwrap_or(f64::NAN),
    );
    Ok(())
}

/// This program again, in another part.
fn this_program(part: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a running program has a path"));
    command.arg(part);
    command
}

/// A peer as two processes; PORT and the sources are filled in when it runs.
fn halves(python: &str, script: &str, further: &[&str]) -> Vec<Command> {
    let half = SOURCES / 2;
    let command = |first: usize| {
        let mut command = Command::new(python);
        command.arg(format!("{}/tools/{script}", env!("CARGO_MANIFEST_DIR"))).arg("PORT");
        command.args([first, first + half, HOSTS].map(|number| number.to_string())).args(further);
        command
    };
    vec![command(0), command(half)]
}

struct Ran {
    pages: u64,
    took: Duration,
    /// Of all processes of the crawler together.
    peak_kb: u64,
    manners: Value,
    server_cpu: f64,
}

/// Runs a crawler against a fresh server.
fn run(articles: usize, pause: u64, commands: Vec<Command>) -> anyhow::Result<Ran> {
    let mut server = this_program("serve")
        .arg(articles.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = BufReader::new(server.stdout.take().context("the server has no output")?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    let port = line.trim().to_owned();
    let start = Instant::now();
    let children: Vec<Child> = commands
        .into_iter()
        .map(|command| with_port(command, &port, pause).stdout(Stdio::piped()).spawn())
        .collect::<Result<_, _>>()?;
    let (mut pages, mut peak_kb) = (0, 0);
    for child in children {
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = text.lines().last().unwrap_or_default();
        let told: Value = serde_json::from_str(last).with_context(|| format!("said {text:?}"))?;
        pages += told["pages"].as_u64().unwrap_or(0);
        peak_kb += told["peak_kb"].as_u64().unwrap_or(0);
    }
    let took = start.elapsed();
    let server_cpu = cpu_seconds(server.id());
    // Closing its input ends the server, which then tells what it saw.
    drop(server.stdin.take());
    line.clear();
    said.read_line(&mut line)?;
    server.wait()?;
    Ok(Ran { pages, took, peak_kb, manners: serde_json::from_str(&line)?, server_cpu })
}

/// The command with its port: in the place of the word PORT, or behind our own part.
fn with_port(command: Command, port: &str, pause: u64) -> Command {
    let args: Vec<String> = command.get_args().map(|arg| arg.to_string_lossy().into()).collect();
    let mut meant = Command::new(command.get_program());
    if args.iter().any(|arg| arg == "PORT") {
        meant.args(args.iter().map(|arg| if arg == "PORT" { port } else { arg }));
    } else {
        meant.args(args).arg(port).arg(pause.to_string());
    }
    meant
}

/// User and system time of a process, from the kernel; its clock ticks 100 times a second.
fn cpu_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|word| word.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Our crawl of the whole web.
async fn crawl(port: u16, pause: Duration) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(&folder.path().join("crawl.db"))?;
    store.add_subscriber("ada@example.org".parse()?, String::new(), Clock::System.now()).await?;
    let limits = Limits {
        delay: pause,
        jitter: 0.0,
        allow_private: vec!["127.0.0.1".to_owned()],
        names: Names::Table(Arc::new(|_| Some(vec![([127, 0, 0, 1], 0).into()]))),
        ..Limits::default()
    };
    let settings = Settings {
        workers: WORKERS,
        pages_per_visit: ARTICLES,
        interval: None,
        alert_age: TimeDelta::days(7),
        sender: "alerts@example.org".parse()?,
    };
    let fetcher = Fetcher::new(limits, Clock::System)?;
    let crawler = Crawler::new(store.clone(), fetcher, Clock::System, settings);
    let sources: Vec<Arc<Source>> =
        (0..SOURCES).map(|number| Arc::new(source(number, port))).collect();
    let visits = crawler.crawl_once(&sources).await?;
    let sick = visits.iter().find(|visit| !visit.outcome.is_healthy());
    anyhow::ensure!(sick.is_none(), "{sick:?}");
    let pages = store.counted().await?.articles;
    println!("{}", json!({ "pages": pages, "peak_kb": peak_kb() }));
    Ok(())
}

/// `VmHWM` as the kernel counts it.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

fn source(number: usize, port: u16) -> Source {
    Source {
        id: SourceId(format!("int/source-{number}")),
        title: format!("Source {number}"),
        kind: SourceKind::News,
        country: "int".to_owned(),
        language: "en".to_owned(),
        listings: vec![Listing::new(
            format!("http://{}:{port}/s/{number}/feed.xml", host(number)),
            ListingKind::Feed,
        )],
        topics: Vec::new(),
        credentials: None,
        render: Rendering::default(),
        schedule: None,
        recipe: Recipe::default(),
        expectation: Expectation {
            links_min: 0,
            links_max: usize::MAX,
            words_min: 50,
            dated: false,
            silence_days: 30,
        },
    }
}

fn host(source: usize) -> String {
    format!("site-{:03}.example", source % HOSTS)
}

/// What the server saw of one host.
#[derive(Default)]
struct Seen {
    under_way: usize,
    last_end: Option<Instant>,
}

#[derive(Default)]
struct Manners {
    hosts: HashMap<String, Seen>,
    requests: u64,
    most_at_once: usize,
    shortest_pause: Option<Duration>,
}

impl Manners {
    fn began(&mut self, host: &str) {
        let seen = self.hosts.entry(host.to_owned()).or_default();
        seen.under_way += 1;
        self.requests += 1;
        self.most_at_once = self.most_at_once.max(seen.under_way);
        if let Some(end) = seen.last_end {
            let pause = end.elapsed();
            self.shortest_pause = Some(self.shortest_pause.map_or(pause, |least| least.min(pause)));
        }
    }

    fn ended(&mut self, host: &str) {
        let seen = self.hosts.entry(host.to_owned()).or_default();
        seen.under_way -= 1;
        seen.last_end = Some(Instant::now());
    }
}

/// Serves until its input closes, then tells what it saw in one line.
async fn serve(articles: usize) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let manners = Arc::new(Mutex::new(Manners::default()));
    let web =
        Arc::new(Pages { articles, words: vocabulary(), port: listener.local_addr()?.port() });
    let input_closed =
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    let accept = async {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(converse(stream, Arc::clone(&web), Arc::clone(&manners)));
            while connections.try_join_next().is_some() {}
        }
    };
    tokio::select! {
        _ = input_closed => {}
        () = accept => {}
    }
    let manners = manners.lock().expect("nothing panics under this lock");
    let pause = manners.shortest_pause.map(|pause| pause.as_secs_f64() * 1e3);
    println!(
        "{}",
        json!({
            "requests": manners.requests,
            "most_at_once": manners.most_at_once,
            "shortest_pause_ms": pause,
        })
    );
    Ok(())
}

/// Answers requests on one connection until it closes.
async fn converse(mut stream: TcpStream, web: Arc<Pages>, manners: Arc<Mutex<Manners>>) {
    let mut buffer = Vec::new();
    let mut chunk = [0; 4096];
    // Else the last byte, sent apart, would wait for the one before it to be confirmed.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    loop {
        while let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..end + 4);
            let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
            let host = header(&head, "host").unwrap_or_default();
            manners.lock().expect("nothing panics under this lock").began(&host);
            let answer = web.response(&path);
            let (last, rest) = answer.split_last().expect("an answer has a head");
            let most = stream.write_all(rest).await;
            // Before the last byte: nobody can have taken the answer for complete yet.
            manners.lock().expect("nothing panics under this lock").ended(&host);
            if most.is_err() || stream.write_all(&[*last]).await.is_err() {
                return;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if 0 < read => buffer.extend_from_slice(&chunk[..read]),
            _ => return,
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// The pages of all hosts, made when asked for.
struct Pages {
    articles: usize,
    words: Vec<String>,
    port: u16,
}

impl Pages {
    fn response(&self, path: &str) -> Vec<u8> {
        let (status, kind, body) = match self.find(path) {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", "text/plain", "not here".to_owned()),
        };
        let length = body.len();
        let mut answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        answer += &body;
        answer.into_bytes()
    }

    /// `/s/SOURCE/feed.xml` or `/s/SOURCE/NUMBER.html`.
    fn find(&self, path: &str) -> Option<(&'static str, String)> {
        let (source, page) = path.strip_prefix("/s/")?.split_once('/')?;
        let source: usize = source.parse().ok().filter(|source| *source < SOURCES)?;
        if page == "feed.xml" {
            return Some(("application/rss+xml", self.feed(source)));
        }
        let number = page.strip_suffix(".html")?.parse().ok()?;
        Some(("text/html; charset=utf-8", self.article(source, number)))
    }

    fn feed(&self, source: usize) -> String {
        let count = self.articles / SOURCES + usize::from(source < self.articles % SOURCES);
        let mut xml = format!("<rss version=\"2.0\"><channel><title>Source {source}</title>");
        for number in 0..count {
            let title = self.title(source, number);
            let link = format!("http://{}:{}/s/{source}/{number}.html", host(source), self.port);
            write!(xml, "<item><title>{title}</title><link>{link}</link></item>")
                .expect("writing to a string");
        }
        xml + "</channel></rss>"
    }

    fn title(&self, source: usize, number: usize) -> String {
        let mut dice = Dice::of(source, number);
        let lead = if number.is_multiple_of(10) { "US imposes sanctions on" } else { "Report:" };
        format!("{lead} {}", self.sentence(&mut dice, 7))
    }

    fn article(&self, source: usize, number: usize) -> String {
        let title = self.title(source, number);
        let mut dice = Dice::of(source, number);
        let mut html = format!(
            "<!doctype html><html lang=en><head><meta charset=utf-8>\
             <title>{title} - Source {source}</title>\
             <meta property=\"og:title\" content=\"{title}\"></head><body><nav><ul>"
        );
        for entry in 0..120 {
            write!(html, "<li class=menu-item><a href=/section-{entry}>Section {entry}</a></li>")
                .expect("writing to a string");
        }
        write!(html, "</ul></nav><main><article><h1>{title}</h1>").expect("writing to a string");
        for paragraph in 0..8 {
            let lead = if number.is_multiple_of(10) && paragraph == 0 {
                "The Treasury's Office of Foreign Assets Control imposed sanctions and froze assets. "
            } else {
                ""
            };
            let text = self.sentence(&mut dice, 90);
            write!(
                html,
                "<p>{lead}{text}.</p><figure><img src=x.jpg alt=\"{title} {paragraph}\">\
                 <figcaption>{title} {paragraph}</figcaption></figure>"
            )
            .expect("writing to a string");
        }
        html += "</article></main><aside><h2>Related</h2><ul>";
        for teaser in 0..60 {
            let text = self.sentence(&mut dice, 9);
            write!(
                html,
                "<li class=teaser><a href=/t{teaser}><img src=t.jpg alt=teaser>\
                 <span>{text}</span></a></li>"
            )
            .expect("writing to a string");
        }
        html + "</ul></aside><footer><p>Follow us on every channel.</p></footer></body></html>"
    }

    fn sentence(&self, dice: &mut Dice, count: usize) -> String {
        let mut text = String::with_capacity(count * 8);
        for index in 0..count {
            if 0 < index {
                text.push(' ');
            }
            text += &self.words[dice.below(self.words.len())];
        }
        text
    }
}

/// 8,192 words of one to four syllables.
fn vocabulary() -> Vec<String> {
    const SYLLABLES: [&str; 16] = [
        "ba", "ren", "tol", "mi", "sar", "ken", "du", "vor", "li", "pas", "ge", "nor", "ti", "lam",
        "os", "fe",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (0..8192)
        .map(|_| {
            let syllables = dice.below(4) + 1;
            (0..syllables).map(|_| SYLLABLES[dice.below(16)]).collect()
        })
        .collect()
}

/// A small generator (xorshift64): the same pages in every run.
struct Dice(u64);

impl Dice {
    fn of(source: usize, number: usize) -> Self {
        let seed = (source as u64 + 1) << 32 | (number as u64 + 1);
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
