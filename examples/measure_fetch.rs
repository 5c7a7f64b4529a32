//! Measures the door to the web on loopback: requests per second beside the bare HTTP client, and
//! what a hostile web costs in time and memory.
//!
//! `cargo run --release --example measure_fetch`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a figure is printed or there is none"
)]

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use sanctionwatch::clock::Clock;
use sanctionwatch::fetch::{Answer, Fetcher, Limits, Names};
use sanctionwatch::model::fetched::Validators;
use tokio::task::JoinSet;

#[path = "../tests/it/support/web.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod web;

use web::{Response, Web};

/// Sites that are asked side by side.
const SITES: usize = 32;
/// Pages of each site.
const PAGES: usize = 400;
/// Of a typical article page, unpacked.
const PAGE_BYTES: usize = 60_000;
const ROUNDS: usize = 3;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    for round in 1..=ROUNDS {
        let bare = bare_rate().await;
        let ours = our_rate().await;
        println!(
            "round {round}: bare client {bare:.0} pages/s, fetch {ours:.0} pages/s, ratio {:.2}",
            ours / bare
        );
    }
    drill().await;
}

/// A web whose every site shows the same packed page.
async fn article_web() -> Web {
    let web = Web::start().await;
    let text: String = (0..PAGE_BYTES / 30)
        .map(|n| format!("<p>paragraph {:>15}</p>\n", n * 7919 % 9973))
        .collect();
    let page = Response::html(gzip(text.as_bytes())).header("content-encoding", "gzip");
    for number in 0..PAGES {
        web.answer(&format!("/{number}"), page.clone());
    }
    web
}

fn site(number: usize) -> String {
    format!("site-{number}.example")
}

async fn our_rate() -> f64 {
    let web = article_web().await;
    let address = web.address();
    let fetcher = open_fetcher(Limits {
        delay: Duration::ZERO,
        names: Names::Table(Arc::new(move |_| Some(vec![address]))),
        ..Limits::default()
    });
    let start = Instant::now();
    let mut sites = JoinSet::new();
    for number in 0..SITES {
        let fetcher = fetcher.clone();
        sites.spawn(async move {
            for page in 0..PAGES {
                let url = format!("http://{}/{page}", site(number));
                let answer = fetcher.get(&url, &Validators::default()).await.unwrap();
                assert!(matches!(answer, Answer::Fetched(page) if 30_000 < page.body.len()));
            }
        });
    }
    sites.join_all().await;
    (SITES * PAGES) as f64 / start.elapsed().as_secs_f64()
}

/// The same pages by the client alone, unpacked: no robots.txt, no turns, no limits.
async fn bare_rate() -> f64 {
    let web = article_web().await;
    let client =
        reqwest::Client::builder().dns_resolver(Everywhere(web.address())).build().unwrap();
    let start = Instant::now();
    let mut sites = JoinSet::new();
    for number in 0..SITES {
        let client = client.clone();
        sites.spawn(async move {
            for page in 0..PAGES {
                let url = format!("http://{}/{page}", site(number));
                let body = client.get(&url).send().await.unwrap().bytes().await.unwrap();
                let mut page = Vec::new();
                flate2::read::GzDecoder::new(&*body).read_to_end(&mut page).unwrap();
                assert!(30_000 < page.len());
            }
        });
    }
    sites.join_all().await;
    (SITES * PAGES) as f64 / start.elapsed().as_secs_f64()
}

/// Resolves every name to the local web.
struct Everywhere(SocketAddr);

impl Resolve for Everywhere {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(std::iter::once(self.0));
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// Every hostile answer, eight at a time, with the default limits but for time.
async fn drill() {
    let web = Web::start().await;
    let ok = Response::status(200);
    for n in 0..100 {
        web.answer(&format!("/r{n}"), Response::redirect(302, &format!("/r{}", n + 1)));
    }
    let noise = vec![b'x'; 64 << 10];
    let bomb = gzip(&vec![0; 256 << 20]);
    let nested = gzip(&bomb);
    let answers = [
        ("50 MB body, announced", ok.clone().header("content-length", "50000000").endless(&*noise)),
        ("endless body", ok.clone().endless(&*noise)),
        ("gzip bomb, 256 MB in 260 KB", ok.clone().header("content-encoding", "gzip").body(bomb)),
        ("gzip in gzip", ok.clone().header("content-encoding", "gzip, gzip").body(nested)),
        ("zstd bomb, 256 MB", ok.clone().header("content-encoding", "zstd").body(zstd_bomb())),
        ("endless header", Response::endless_header()),
        ("slow-loris body", ok.drip(vec![b'x'; 9999], Duration::from_millis(100))),
        ("endless redirects", Response::redirect(302, "/r0")),
        ("silence", Response::silence()),
    ];
    let fetcher = open_fetcher(Limits {
        delay: Duration::ZERO,
        idle: Duration::from_secs(2),
        total: Duration::from_secs(5),
        names: Names::Table(Arc::new({
            let address = web.address();
            move |_| Some(vec![address])
        })),
        ..Limits::default()
    });
    println!("{:<30} {:<16} {:>8} {:>12}", "eight at once", "outcome", "seconds", "more memory");
    for (number, (name, answer)) in answers.into_iter().enumerate() {
        let path = format!("/{number}");
        web.answer(&path, answer);
        reset_peak();
        let before = peak_megabytes();
        let start = Instant::now();
        let mut fetches = JoinSet::new();
        for site_number in 0..8 {
            let (fetcher, url) = (fetcher.clone(), format!("http://{}{path}", site(site_number)));
            fetches.spawn(async move { fetcher.get(&url, &Validators::default()).await });
        }
        let outcome = match fetches.join_all().await.pop() {
            Some(Err(fault)) => fault.outcome.name(),
            _ => "fetched",
        };
        let seconds = start.elapsed().as_secs_f64();
        let more = peak_megabytes() - before;
        println!("{name:<30} {outcome:<16} {seconds:>8.2} {more:>9.1} MB");
    }
}

fn open_fetcher(limits: Limits) -> Fetcher {
    let allow_private = vec!["127.0.0.1".to_owned()];
    Fetcher::new(Limits { allow_private, ..limits }, Clock::System).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd_bomb() -> Vec<u8> {
    zstd::encode_all(&vec![0; 256 << 20][..], 3).unwrap()
}

/// Linux: lets the peak begin anew at what is resident now.
fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
