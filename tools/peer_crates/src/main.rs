//! Dumps what an extractor from crates.io reads from the pages of a corpus, one JSON line a page.
//!
//! ```text
//! cargo run --release --manifest-path tools/peer_crates/Cargo.toml -- CORPORA/extraction PEER > out.jsonl
//! ```
//!
//! PEER is one of `trafilatura`, `trafilatura-precision`, `dom_smoothie`, `libreadability`. The time
//! is that of the extraction; every peer is given the page decoded.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;
use std::{env, fs, io};

use anyhow::{Context, bail};
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, peer] = &arguments[..] else {
        bail!("usage: peer-crates CORPORA/extraction PEER")
    };
    let folder = Path::new(folder);
    let read = reader(peer)?;
    let gold = folder.join("gold.jsonl");
    let lines = fs::read_to_string(&gold).with_context(|| format!("no {}", gold.display()))?;
    let mut out = io::stdout().lock();
    for line in lines.lines() {
        let gold: Value = serde_json::from_str(line)?;
        let id = gold["id"].as_str().context("a line of the gold has no id")?;
        let html = page(&folder.join("pages").join(format!("{id}.html.gz")))?;
        let url = gold["url"].as_str().filter(|url| url.starts_with("http"));
        let start = Instant::now();
        // A peer that panics has read nothing.
        let text = catch_unwind(AssertUnwindSafe(|| read(&html, url))).unwrap_or_default();
        let seconds = start.elapsed().as_secs_f64();
        writeln!(out, "{}", json!({"id": id, "text": text, "seconds": seconds}))?;
    }
    Ok(())
}

type Reader = fn(&str, Option<&str>) -> String;

fn reader(peer: &str) -> anyhow::Result<Reader> {
    Ok(match peer {
        "trafilatura" => |html, _| trafilatura(html, trafilatura::ExtractionFocus::Balanced),
        "trafilatura-precision" => {
            |html, _| trafilatura(html, trafilatura::ExtractionFocus::FavorPrecision)
        }
        "dom_smoothie" => dom_smoothie,
        "libreadability" => libreadability,
        other => bail!(
            "no peer {other:?}: take trafilatura, trafilatura-precision, dom_smoothie or libreadability"
        ),
    })
}

fn trafilatura(html: &str, focus: trafilatura::ExtractionFocus) -> String {
    let options = trafilatura::Options::default()
        .with_fallback(true)
        .with_exclude_comments(true)
        .with_focus(focus);
    trafilatura::extract(html, &options).map(|result| result.content_text).unwrap_or_default()
}

fn dom_smoothie(html: &str, url: Option<&str>) -> String {
    // Its plain mode joins the last word of a block with the first of the next.
    let config = dom_smoothie::Config {
        text_mode: dom_smoothie::TextMode::Formatted,
        ..dom_smoothie::Config::default()
    };
    let article = dom_smoothie::Readability::new(html, url, Some(config))
        .and_then(|mut readability| readability.parse());
    article.map(|article| article.text_content.to_string()).unwrap_or_default()
}

fn libreadability(html: &str, url: Option<&str>) -> String {
    libreadability::extract(html, url).map(|article| article.text_content).unwrap_or_default()
}

/// A page, decoded as its first bytes say, else as UTF-8.
fn page(file: &Path) -> anyhow::Result<String> {
    let packed = fs::File::open(file).with_context(|| format!("no {}", file.display()))?;
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(packed).read_to_end(&mut bytes)?;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_ascii_lowercase();
    let label = head.split("charset=").nth(1).map(|rest| rest.trim_start_matches(['"', '\'', ' ']));
    let label = label.and_then(|rest| rest.split(['"', '\'', ' ', '>', ';', '/']).next());
    let declared = label.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let encoding = match std::str::from_utf8(&bytes) {
        Ok(_) => encoding_rs::UTF_8,
        Err(_) => declared.unwrap_or(encoding_rs::UTF_8),
    };
    Ok(encoding.decode(&bytes).0.into_owned())
}
