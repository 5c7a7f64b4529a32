//! The tree of a page is the one that `scraper` builds with html5ever's own tokenizer and its own
//! nodes: on the pages under `tests/sites`, and on a part of the corpora where they are.
#![expect(clippy::unwrap_used, reason = "a test stops and says why")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::parse::dom::{Dom, Node};
use sanctionwatch::parse::page;
use scraper::Html;

/// A tree as lines: a tag with its attributes in order, `/` at its end, text in quotation marks.
/// Text nodes that only a comment parts are one.
#[derive(Default)]
struct Shape {
    lines: Vec<String>,
    text: String,
}

impl Shape {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn line(&mut self, line: String) {
        if !self.text.is_empty() {
            self.lines.push(format!("{:?}", self.text));
            self.text.clear();
        }
        self.lines.push(line);
    }

    fn tag<'a>(&mut self, tag: &str, attributes: impl Iterator<Item = (&'a str, &'a str)>) {
        let mut attributes: Vec<_> = attributes.collect();
        attributes.sort_unstable();
        self.line(format!("{tag} {attributes:?}"));
    }
}

fn ours(dom: &Dom) -> Vec<String> {
    let mut shape = Shape::default();
    let mut open: Vec<Node<'_>> = Vec::new();
    for node in dom.iter().skip(1) {
        while open.last().is_some_and(|above| above.end() <= node.id()) {
            open.pop();
            shape.line("/".to_owned());
        }
        match node.characters() {
            Some(text) => shape.text(text),
            None => {
                shape.tag(node.tag(), node.attributes());
                open.push(node);
            }
        }
    }
    open.iter().for_each(|_| shape.line("/".to_owned()));
    shape.lines
}

fn theirs(html: &Html) -> Vec<String> {
    let mut shape = Shape::default();
    let mut waiting: Vec<_> = html.tree.root().children().rev().map(Some).collect();
    while let Some(node) = waiting.pop() {
        let Some(node) = node else {
            shape.line("/".to_owned());
            continue;
        };
        match node.value() {
            scraper::Node::Text(text) => shape.text(text),
            scraper::Node::Element(element) => {
                shape.tag(element.name(), element.attrs());
                waiting.push(None);
                waiting.extend(node.children().rev().map(Some));
            }
            _ => {}
        }
    }
    shape.lines
}

/// Compares the two; a page that is nested deeper than we keep is passed over.
fn check(name: &str, body: &[u8]) {
    // html5ever drops this mark after every script as well; the standard does at the beginning.
    let html = String::from_utf8_lossy(body).replace('\u{FEFF}', "");
    let fetched = Fetched {
        requested: String::new(),
        url: "https://example.org/page".to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some("text/html; charset=utf-8".to_owned()),
        validators: Validators::default(),
        body: html.clone().into_bytes(),
        at: DateTime::UNIX_EPOCH,
        served: None,
    };
    let (page, notes) = page::read(&fetched);
    if notes.is_empty() {
        let (ours, theirs) = (ours(&page.dom), theirs(&Html::parse_document(&html)));
        let differ = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
        assert!(
            ours == theirs,
            "{name} differs at line {differ:?}: {:?} is {:?} to scraper",
            ours.get(differ.unwrap_or(theirs.len())),
            theirs.get(differ.unwrap_or(ours.len()))
        );
    }
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files.sort();
    files
}

#[test]
fn the_tree_is_scraper_s() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sites = files(&repository.join("tests/sites"), "html");
    assert!(!sites.is_empty());
    for file in sites {
        check(&file.display().to_string(), &fs::read(&file).unwrap());
    }
    let corpora = std::env::var_os("SANCTIONWATCH_CORPORA")
        .map_or(repository.join("../shared/corpora"), PathBuf::from);
    let pages = files(&corpora.join("extraction/pages"), "gz");
    if pages.is_empty() {
        println!("no corpora at {}: only the pages under tests/sites", corpora.display());
    }
    for file in pages.iter().step_by(5) {
        let mut body = Vec::new();
        let packed = fs::File::open(file).unwrap();
        flate2::read::MultiGzDecoder::new(packed).read_to_end(&mut body).unwrap();
        check(&file.display().to_string(), &body);
    }
}
