//! The mails as a browser shows them, on a phone and on a desk, by day and by night, beside
//! `tests/pictures/`. `BLESS=1` writes the pictures anew, for a person to look at; what is committed has
//! its colours reduced to a palette of 32, which makes it a third of the size.
//!
//! Fonts and their edges differ from machine to machine; so pictures are compared by how dark large
//! squares of them are, and only where the font they were made with is installed.

use std::io::Read;
use std::path::Path;
use std::{env, fs};

use flate2::read::ZlibDecoder;

use crate::support::webdriver::{Browser, Scripts, installed};

/// The font the reference pictures were made with (Debian package fonts-dejavu-core).
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
/// Pixels of a phone's window and of a desk's.
const WIDTHS: [u32; 2] = [360, 800];
/// Side of the squares that are compared, in pixels.
const SQUARE: usize = 40;
/// How much darker or lighter (of 255) a square may be, and what share of squares may differ by more:
/// a line that wraps elsewhere moves what is below it.
const TOLERANCE: f64 = 24.0;
const STRAYS: f64 = 0.1;
/// Pixels by which a picture may be longer or shorter.
const SLACK: usize = 60;

#[tokio::test]
async fn mails_look_as_the_pictures_show() {
    if installed("chromium").is_none() || installed("chromedriver").is_none() {
        println!(
            "skipped: chromium and chromedriver are not on the PATH (Debian: chromium-driver)"
        );
        return;
    }
    if !Path::new(FONT).exists() {
        println!("skipped: {FONT} is not there (Debian package fonts-dejavu-core)");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let browser = Browser::start(Scripts::Off).await;
    for name in ["official", "arabic", "follow-up", "list", "digest", "confirm"] {
        for width in WIDTHS {
            for scheme in ["dark", "light"] {
                browser.look(scheme, width).await;
                let mail = root.join(format!("tests/mails/{name}.html"));
                browser.open(&format!("file://{}", mail.display())).await;
                let found = browser.picture().await;
                let path = root.join(format!("tests/pictures/{name}-{width}-{scheme}.png"));
                if env::var_os("BLESS").is_some() {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(&path, &found).unwrap();
                    continue;
                }
                let strays = strays(&luminance(&fs::read(&path).unwrap()), &luminance(&found));
                assert!(strays <= STRAYS, "{}: {strays:.2} of it differs", path.display());
            }
        }
    }
    browser.quit().await;
}

/// How dark each square of the first `height` rows is on average, 0 (black) to 255.
fn squares(picture: &(usize, Vec<f64>), height: usize) -> Vec<f64> {
    let (width, pixels) = picture;
    let width = *width;
    let mut squares = Vec::new();
    for top in (0..height).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            let rows = top..(top + SQUARE).min(height);
            let columns = (left + SQUARE).min(width) - left;
            let sum: f64 = rows
                .clone()
                .flat_map(|row| &pixels[row * width + left..row * width + left + columns])
                .sum();
            squares.push(sum / (rows.len() * columns) as f64);
        }
    }
    squares
}

/// The share of squares of two pictures that differ by more than the tolerance.
fn strays(one: &(usize, Vec<f64>), other: &(usize, Vec<f64>)) -> f64 {
    assert_eq!(one.0, other.0, "pictures of different widths");
    let heights = [one, other].map(|(width, pixels)| pixels.len() / width);
    assert!(heights[0].abs_diff(heights[1]) <= SLACK, "pictures of different heights: {heights:?}");
    let height = heights[0].min(heights[1]);
    let (one, other) = (squares(one, height), squares(other, height));
    let pairs = one.iter().zip(&other);
    pairs.filter(|(one, other)| TOLERANCE < (*one - *other).abs()).count() as f64 / one.len() as f64
}

/// Width and luminance of a PNG of 8-bit RGB or RGBA, as Chromium writes it, or of a palette, as the
/// references are kept (RFC 2083).
fn luminance(png: &[u8]) -> (usize, Vec<f64>) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    let (width, height) = (number(16), number(20));
    assert_eq!((png[24], png[28]), (8, 0), "8 bits, not interlaced");
    let bytes = match png[25] {
        2 => 3,
        3 => 1,
        6 => 4,
        other => panic!("colour type {other}"),
    };
    let (mut packed, mut palette, mut at) = (Vec::new(), &[][..], 8);
    while at < png.len() {
        let length = number(at);
        if &png[at + 4..at + 8] == b"IDAT" {
            packed.extend_from_slice(&png[at + 8..at + 8 + length]);
        }
        if &png[at + 4..at + 8] == b"PLTE" {
            palette = &png[at + 8..at + 8 + length];
        }
        at += length + 12;
    }
    let mut rows = Vec::new();
    ZlibDecoder::new(packed.as_slice()).read_to_end(&mut rows).unwrap();
    let stride = width * bytes;
    let (mut before, mut pixels) = (vec![0_u8; stride], Vec::with_capacity(width * height));
    for row in rows.chunks_exact(stride + 1) {
        let (filter, mut line) = (row[0], row[1..].to_vec());
        for place in 0..stride {
            let left = if place < bytes { 0 } else { line[place - bytes] };
            let corner = if place < bytes { 0 } else { before[place - bytes] };
            let above = before[place];
            let guess = match filter {
                0 => 0,
                1 => left,
                2 => above,
                3 => u8::try_from(u16::midpoint(left.into(), above.into())).unwrap(),
                4 => paeth(left, above, corner),
                other => panic!("filter {other}"),
            };
            line[place] = line[place].wrapping_add(guess);
        }
        let light = |pixel: &[u8]| {
            let index = 3 * usize::from(pixel[0]);
            let pixel = if palette.is_empty() { pixel } else { &palette[index..index + 3] };
            0.299 * f64::from(pixel[0]) + 0.587 * f64::from(pixel[1]) + 0.114 * f64::from(pixel[2])
        };
        pixels.extend(line.chunks_exact(bytes).map(light));
        before = line;
    }
    (width, pixels)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, above, corner].map(i32::from);
    let guess = a + b - c;
    let nearest = [(a, left), (b, above), (c, corner)];
    nearest.into_iter().min_by_key(|(value, _)| (guess - value).abs()).unwrap().1
}
