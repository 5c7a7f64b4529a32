//! The service over a long time: the real binary watches 1,000 sources on this machine for some
//! minutes, and its own memory and processor time are read from the system.
//!
//! `cargo build --release && cargo run --release --example measure_service [MINUTES] [SOURCES]`
//!
//! The web it watches runs in this process, so that only the service is measured. Every source has a
//! feed of two articles; one in a hundred brings a new article each minute. The first minutes, in which
//! two thousand articles are new, are given apart from the rest, in which little happens.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use axum::Router;
use axum::extract::{Path as Part, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const ARTICLES: usize = 2;
/// Clock ticks per second of /proc/PID/stat: USER_HZ is 100 on every Linux that runs Rust.
const TICKS: f64 = 100.0;

#[derive(Debug)]
struct Site {
    address: SocketAddr,
    start: Instant,
    asked: AtomicUsize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let minutes: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let sources: usize = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    let listener = TcpListener::bind("0.0.0.0:0").await?;
    let site = Arc::new(Site {
        address: listener.local_addr()?,
        start: Instant::now(),
        asked: AtomicUsize::new(0),
    });
    let router = Router::new()
        .route("/{source}/feed", get(feed))
        .route("/{source}/{article}", get(article))
        .with_state(Arc::clone(&site));
    let mut serving = JoinSet::new();
    serving.spawn(axum::serve(listener, router).into_future());

    let folder = tempfile::tempdir()?;
    let settings = lay_out(folder.path(), site.address, sources)?;
    let service = Service::start(&settings)?;
    println!("sources {sources}, minutes {minutes}, process {}", service.child.id());
    println!("minute  resident MB  processor %  requests  articles");
    let mut last = service.processor_seconds()?;
    let mut idle = Vec::new();
    let mut highest: f64 = 0.0;
    for minute in 1..=minutes {
        let before = site.asked.load(Ordering::Relaxed);
        let until = Instant::now() + Duration::from_mins(1);
        while Instant::now() < until {
            highest = highest.max(service.resident_megabytes()?);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let now = service.processor_seconds()?;
        let share = (now - last) / 60.0 * 100.0;
        last = now;
        let asked = site.asked.load(Ordering::Relaxed) - before;
        let resident = service.resident_megabytes()?;
        let articles = articles(&folder.path().join("state/sanctionwatch.db"));
        println!("{minute:>6}  {resident:>11.1}  {share:>11.2}  {asked:>8}  {articles:>8}");
        idle.push((share, asked));
    }
    let settled = &idle[idle.len() / 2..];
    let share: f64 = settled.iter().map(|(share, _)| share).sum::<f64>() / settled.len() as f64;
    let asked: usize = settled.iter().map(|(_, asked)| asked).sum();
    println!(
        "highest resident {highest:.1} MB; second half: processor {share:.2} % of one core, {:.1} \
         requests a second",
        asked as f64 / 60.0 / settled.len() as f64
    );
    service.stop()
}

/// The same two articles, and on every hundredth source one more each minute.
async fn feed(State(site): State<Arc<Site>>, Part(source): Part<usize>) -> impl IntoResponse {
    site.asked.fetch_add(1, Ordering::Relaxed);
    let minutes = usize::try_from(site.start.elapsed().as_secs() / 60).unwrap_or(0);
    let more = if source.is_multiple_of(100) { minutes } else { 0 };
    let items: String = (0..ARTICLES + more)
        .rev()
        .map(|article| {
            format!(
                "<item><title>{}</title><link>http://{}/{source}/{article}</link></item>",
                title(source, article),
                host(site.address, source)
            )
        })
        .collect();
    let feed = format!("<rss version=\"2.0\"><channel><title>s</title>{items}</channel></rss>");
    ([(CONTENT_TYPE, "application/rss+xml")], feed)
}

async fn article(
    State(site): State<Arc<Site>>,
    Part((source, article)): Part<(usize, usize)>,
) -> impl IntoResponse {
    site.asked.fetch_add(1, Ordering::Relaxed);
    let title = title(source, article);
    let paragraph = |number: usize| {
        let words: Vec<String> = (0..60)
            .map(|word| {
                format!("w{}", (source * 7919 + article * 104_729 + number * 31 + word * 17) % 9973)
            })
            .collect();
        format!("<p>People of the town spoke about {}.</p>", words.join(" "))
    };
    let text: String = (0..8).map(paragraph).collect();
    let page = format!(
        "<!doctype html><html lang=en><head><title>{title}</title></head><body><nav><a href=/>Home</a>\
         </nav><article><h1>{title}</h1>{text}</article><footer>All rights reserved</footer></body></html>"
    );
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], page)
}

fn title(source: usize, article: usize) -> String {
    match (source + article).is_multiple_of(20) {
        true => format!("US imposes sanctions on trader number {source}-{article} over turbines"),
        false => format!("Council number {source} opens library {article} beside the market"),
    }
}

/// A site of its own for each source: all names of localhost lead here.
fn host(address: SocketAddr, source: usize) -> String {
    // 127.0.0.0/8 is this machine, whatever the address within it.
    format!("127.0.{}.{}:{}", source / 250, source % 250 + 1, address.port())
}

fn lay_out(folder: &Path, address: SocketAddr, sources: usize) -> anyhow::Result<PathBuf> {
    let selectors = folder.join("selectors/int");
    fs::create_dir_all(&selectors)?;
    for source in 0..sources {
        let toml = format!(
            "title = \"Source {source}\"\nkind = \"news\"\ncountry = \"int\"\nlanguage = \"en\"\n\
             [[listing]]\nkind = \"feed\"\nurl = \"http://{}/{source}/feed\"\n[expectation]\n\
             dated = false\n",
            host(address, source)
        );
        fs::write(selectors.join(format!("s{source}.toml")), toml)?;
    }
    let settings = folder.join("settings.toml");
    fs::write(
        &settings,
        "state = \"state\"\n[fetch]\ndelay = \"0s\"\nallow_private = [\"127.0.0.0/8\"]\n\
         [crawl]\nselectors = \"selectors\"\ncatalogue = false\n[lists]\nsync = false\n",
    )?;
    Ok(settings)
}

fn articles(database: &Path) -> u64 {
    let count = || {
        rusqlite::Connection::open(database)?
            .query_row("SELECT count(*) FROM article", [], |row| row.get(0))
    };
    count().unwrap_or(0)
}

/// The service as a process of its own, asked through /proc.
struct Service {
    child: Child,
}

impl Service {
    fn start(settings: &Path) -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        // target/release/examples/measure_service → target/release/sanctionwatch
        let program = this.ancestors().nth(2).context("no target folder")?.join("sanctionwatch");
        if !program.is_file() {
            bail!("there is no {}; run cargo build --release first", program.display());
        }
        let added = Command::new(&program)
            .args(["subscriber", "add", "reader@example.org", "--config"])
            .arg(settings)
            .stdout(Stdio::null())
            .status()?;
        anyhow::ensure!(added.success(), "no subscriber could be added");
        let child = Command::new(&program)
            .args(["run", "--config"])
            .arg(settings)
            .env("RUST_LOG", "error")
            // As deploy/systemd/sanctionwatch.service starts it.
            .env("MALLOC_ARENA_MAX", "2")
            .spawn()?;
        Ok(Self { child })
    }

    fn resident_megabytes(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let fields: HashMap<&str, &str> =
            status.lines().filter_map(|line| line.split_once(':')).collect();
        let resident = fields.get("VmRSS").context("no VmRSS: has the service ended?")?;
        let kilobytes: f64 = resident.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }

    fn processor_seconds(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name may hold spaces; it ends with the last bracket. utime and stime are 12 fields on.
        let rest = stat.rsplit_once(')').context("no name in stat")?.1;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |place: usize| {
            fields.get(place).context("stat is short")?.parse::<f64>().map_err(anyhow::Error::from)
        };
        Ok((ticks(11)? + ticks(12)?) / TICKS)
    }

    fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let ended = self.child.wait()?;
        anyhow::ensure!(ended.success(), "the service ended with {ended}");
        Ok(())
    }
}
