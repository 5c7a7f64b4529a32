//! Feeds the reader mutated pages for a while and stops at the first panic or slow page.
//!
//! ```text
//! cargo run --release --example read_fuzz -- [SECONDS] [FOLDER WITH PAGES]
//! ```
#![expect(clippy::print_stdout, reason = "a fuzzer reports what it did")]

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use chrono::DateTime;
use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::SiteMemory;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;

/// Markup that changes the state of a parser.
const PIECES: &[&str] = &[
    "<table>",
    "</table>",
    "<td>",
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<a href=x>",
    "</a>",
    "<svg>",
    "<math>",
    "<template>",
    "</template>",
    "<script>",
    "<!--",
    "-->",
    "<title>",
    "<select>",
    "<li>",
    "<ul>",
    "<article>",
    "<h1>",
    "<br>",
    "&amp;",
    "&#x0;",
    "\u{feff}",
    "<frameset>",
    "</body>",
    "<plaintext>",
    "<blockquote>",
    "<pre>",
    "<style>",
    "<form>",
    "\"",
    "'",
    ">",
    "<",
];

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(60), |text| text.parse())?;
    let folder = arguments.next().unwrap_or_else(|| "tests/sites".to_owned());
    let pages = pages(Path::new(&folder))?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize
    };
    let (mut runs, mut slowest, mut bytes) = (0_u64, Duration::ZERO, 0_u64);
    while Instant::now() < until {
        let mut page = pages[next() % pages.len()].clone();
        for _ in 0..1 + next() % 12 {
            mutate(&mut page, &pages, &mut next);
        }
        page.truncate(1 << 20);
        let start = Instant::now();
        let kind = ["text/html", "text/plain", "text/html; charset=utf-16", ""][next() % 4];
        let (article, notes) =
            read(&fetched(page.clone(), kind), &Recipe::default(), &SiteMemory::default());
        std::hint::black_box((article, notes));
        let took = start.elapsed();
        if took > slowest {
            slowest = took;
            fs::write("/tmp/slowest-page.html", &page)?;
        }
        runs += 1;
        bytes += page.len() as u64;
    }
    println!(
        "{runs} pages, {} MB, no panic, slowest {:.0} ms",
        bytes >> 20,
        slowest.as_secs_f64() * 1000.0
    );
    Ok(())
}

fn mutate(page: &mut Vec<u8>, pages: &[Vec<u8>], next: &mut impl FnMut() -> usize) {
    let at = next() % (page.len() + 1);
    let to = (at + next() % 400).min(page.len());
    match next() % 6 {
        0 => drop(page.drain(at..to)),
        1 => {
            let copy = page[at..to].to_vec();
            let times = 1 + next() % 200;
            page.splice(at..at, copy.repeat(times));
        }
        2 => {
            let piece = PIECES[next() % PIECES.len()].repeat(1 + next() % 300);
            page.splice(at..at, piece.into_bytes());
        }
        3 => {
            for byte in &mut page[at..to] {
                *byte = next() as u8;
            }
        }
        4 => {
            let other = &pages[next() % pages.len()];
            let from = next() % (other.len() + 1);
            let part = other[from..(from + 4000).min(other.len())].to_vec();
            page.splice(at..at, part);
        }
        _ => page.truncate(at),
    }
}

fn pages(folder: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        if path.extension().is_some_and(|ending| ending == "gz") {
            let mut page = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut page)?;
            pages.push(page);
        } else {
            pages.push(bytes);
        }
    }
    Ok(pages)
}

fn fetched(body: Vec<u8>, content_type: &str) -> Fetched {
    Fetched {
        requested: "https://example.org/".to_owned(),
        url: "https://example.org/".to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some(content_type.to_owned()),
        validators: Validators::default(),
        body,
        at: DateTime::UNIX_EPOCH,
        served: None,
    }
}
