//! Time and memory of reading a page, by its shape and its size:
//! `cargo run --release --example measure_scale`.
//!
//! Each case runs in a process of its own, so that its peak of memory is its own. The time per
//! megabyte shows whether the way from bytes to article is linear: it should not grow down a column
//! of sizes. `measure_scale SHAPE BYTES` runs one case.

#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::fmt::Write;
use std::process::Command;
use std::time::Instant;
use std::{env, fs, io};

use chrono::DateTime;
use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::SiteMemory;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;

const SIZES: [usize; 5] = [10_000, 100_000, 1_000_000, 5_000_000, 20_000_000];

/// Writes the piece of a page with this number.
type Piece = fn(usize, &mut String);

/// A kind of page: what stands before and after, and the piece that is repeated.
struct Shape {
    name: &'static str,
    head: &'static str,
    piece: Piece,
    tail: &'static str,
}

const SHAPES: [Shape; 11] = [
    Shape { name: "long-article", head: "<article>", piece: paragraph, tail: "</article>" },
    Shape { name: "plain-text", head: "", piece: plain, tail: "" },
    Shape { name: "huge-table", head: "<table>", piece: row, tail: "</table>" },
    Shape { name: "nested-tags", head: "", piece: |_, page| page.push_str("<div>"), tail: "x" },
    Shape { name: "nested-bold", head: "<p>", piece: |_, page| page.push_str("<b><i>"), tail: "x" },
    Shape { name: "unclosed-tags", head: "", piece: unclosed, tail: "" },
    Shape { name: "links", head: "<ul>", piece: link, tail: "</ul>" },
    Shape { name: "one-text", head: "<p>", piece: sentence, tail: "</p>" },
    Shape { name: "one-word", head: "<p>", piece: |_, page| page.push_str("word"), tail: "</p>" },
    Shape { name: "deep-lists", head: "", piece: list, tail: "" },
    Shape { name: "attributes", head: "<p ", piece: attribute, tail: ">text</p>" },
];

fn paragraph(number: usize, page: &mut String) {
    page.push_str("<p>");
    for at in 0..4 {
        sentence(number * 4 + at, page);
    }
    page.push_str("</p>\n");
}

fn plain(number: usize, page: &mut String) {
    sentence(number, page);
    page.push_str("\n\n");
}

fn sentence(number: usize, page: &mut String) {
    write!(
        page,
        "On day {number} the ministry froze the assets of company {} in port. ",
        number * 7
    )
    .expect("a string takes all");
}

fn row(number: usize, page: &mut String) {
    writeln!(page, "<tr><td>{number}</td><td>Company {}</td><td>frozen</td></tr>", number * 7)
        .expect("a string takes all");
}

fn unclosed(number: usize, page: &mut String) {
    write!(page, "<p><a href=/{number}><span class=x>text {number} <li><td>")
        .expect("a string takes all");
}

fn link(number: usize, page: &mut String) {
    writeln!(page, "<li><a href=/{number}>Story {number}</a>").expect("a string takes all");
}

fn list(number: usize, page: &mut String) {
    write!(page, "<ul><li>item {number} ").expect("a string takes all");
    if number % 40 == 39 {
        page.push_str(&"</ul>".repeat(40));
    }
}

fn attribute(number: usize, page: &mut String) {
    write!(page, "data-a{number}=\"{number}\" ").expect("a string takes all");
}

impl Shape {
    fn page(&self, size: usize) -> String {
        let mut page = String::with_capacity(size + 1000);
        page.push_str("<title>A long page</title>");
        if self.name == "plain-text" {
            page.clear();
        }
        page.push_str(self.head);
        let mut number = 0;
        while page.len() < size {
            (self.piece)(number, &mut page);
            number += 1;
        }
        page.push_str(self.tail);
        page
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [name, size] = arguments.as_slice() {
        let shape =
            SHAPES.iter().find(|shape| shape.name == name).ok_or(io::ErrorKind::NotFound)?;
        return run(shape, size.parse().map_err(io::Error::other)?);
    }
    println!(
        "{:<14} {:>10} {:>10} {:>9} {:>9} {:>8}",
        "shape", "bytes", "ms", "ms/MB", "peak MB", "blocks"
    );
    for shape in &SHAPES {
        for size in SIZES {
            let size = size.to_string();
            let output = Command::new(env::current_exe()?).args([shape.name, &size]).output()?;
            if output.status.success() {
                print!("{}", String::from_utf8_lossy(&output.stdout));
            } else {
                println!("{:<14} {size:>10} failed: {}", shape.name, output.status);
            }
        }
    }
    Ok(())
}

/// Reads one page and prints its row: the best of three times for small pages, of one for large.
fn run(shape: &Shape, size: usize) -> io::Result<()> {
    let fetched = Fetched {
        requested: "https://example.org/page".to_owned(),
        url: "https://example.org/page".to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some("text/html; charset=utf-8".to_owned()),
        validators: Validators::default(),
        body: shape.page(size).into_bytes(),
        at: DateTime::UNIX_EPOCH,
        served: None,
    };
    let before = resident("VmRSS:")?;
    let rounds = if size <= 1_000_000 { 3 } else { 1 };
    // The tables of words and weights are built once in a process.
    let warm = Fetched { body: b"<p>warm</p>".to_vec(), ..fetched.clone() };
    read(&warm, &Recipe::default(), &SiteMemory::default());
    let mut best = f64::MAX;
    let mut blocks = 0;
    for _ in 0..rounds {
        let began = Instant::now();
        let (article, _) = read(&fetched, &Recipe::default(), &SiteMemory::default());
        best = best.min(began.elapsed().as_secs_f64() * 1000.0);
        blocks = article.map_or(0, |article| article.blocks.len());
    }
    let peak = resident("VmHWM:")?.saturating_sub(before) / 1024;
    let bytes = fetched.body.len();
    let rate = best / (bytes as f64 / 1e6);
    println!("{:<14} {bytes:>10} {best:>10.1} {rate:>9.1} {peak:>9} {blocks:>8}", shape.name);
    Ok(())
}

/// A figure of the system about this process, in kB.
fn resident(key: &str) -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::other(format!("/proc/self/status has no {key}")))
}
