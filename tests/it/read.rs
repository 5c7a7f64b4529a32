//! Pages in, clean articles out: the seed, pages made for the purpose under `tests/sites`, the
//! command with its JSON lines, and bytes that are no page at all.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test stops and says why")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::DateTime;
use sanctionwatch::jobs::read::read;
use sanctionwatch::model::article::{Article, Block, BlockKind, SiteMemory};
use sanctionwatch::model::extracted::Captions;
use sanctionwatch::model::fetched::{Fetched, Validators};
use sanctionwatch::model::source::Recipe;
use serde_json::Value;

fn fetched(body: &[u8], content_type: &str) -> Fetched {
    Fetched {
        requested: "https://example.org/page".to_owned(),
        url: "https://example.org/page".to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some(content_type.to_owned()),
        validators: Validators::default(),
        body: body.to_vec(),
        at: DateTime::UNIX_EPOCH,
        served: None,
    }
}

fn article_of(body: &[u8], content_type: &str) -> Option<Article> {
    read(&fetched(body, content_type), &Recipe::default(), &SiteMemory::default()).0
}

/// One line per claim and block, as in the `.expected` files.
fn lines_of(article: Option<&Article>) -> String {
    let Some(article) = article else { return "no article\n".to_owned() };
    let mut lines = format!("title: {}\n", article.title);
    if article.incomplete {
        lines.push_str("incomplete\n");
    }
    for block in &article.blocks {
        let text = block.text.replace('\n', " / ");
        lines.push_str(&format!("{}: {text}\n", block.kind.name()));
    }
    lines
}

/// Every page under `tests/sites` gives exactly the blocks of the `.expected` file beside it.
#[test]
fn pages_made_for_the_purpose() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites");
    let mut faults = Vec::new();
    let mut pages: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "html" || ending == "txt"))
        .collect();
    pages.sort();
    for page in &pages {
        let body = fs::read(page).unwrap();
        let plain = page.extension().is_some_and(|ending| ending == "txt");
        let article = article_of(&body, if plain { "text/plain" } else { "text/html" });
        let found = lines_of(article.as_ref());
        let expected = fs::read_to_string(page.with_extension("expected")).unwrap_or_default();
        if found != expected {
            let removed = article.iter().flat_map(|article| &article.removed);
            let removed: String = removed
                .map(|removed| format!("    {}: {}\n", removed.reason.name(), removed.text))
                .collect();
            faults.push(format!(
                "{}\n  expected\n{expected}\n  found\n{found}\n  removed\n{removed}",
                page.display()
            ));
        }
    }
    assert!(faults.is_empty(), "{} of {} pages:\n{}", faults.len(), pages.len(), faults.join("\n"));
}

/// The folder with the sample text that shows the trouble, where there is one.
fn seed() -> Option<String> {
    let folder = std::env::var("SANCTIONWATCH_SEED")
        .map(PathBuf::from)
        .or_else(|_| {
            std::env::var("SANCTIONWATCH_CORPORA")
                .map(|corpora| Path::new(&corpora).join("../seed"))
        })
        .unwrap_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seed"));
    let mut files = fs::read_dir(&folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let Some(text) = files.find(|path| path.extension().is_some_and(|ending| ending == "txt"))
    else {
        println!("skipped: no sample text in {}", folder.display());
        return None;
    };
    Some(fs::read_to_string(text).unwrap())
}

/// The seed's paragraphs by eye: what is no paragraph of it ends in a number, is the headline, or
/// is one of the three short lines.
fn check_seed(article: &Article, seed: &str) {
    let lines: Vec<&str> = seed.lines().filter(|line| !line.is_empty()).collect();
    let real: Vec<&str> = lines.iter().copied().filter(|line| line.len() > 200).collect();
    assert_eq!(real.len(), 9);
    let found: Vec<&str> = article.blocks.iter().map(|block| block.text.as_str()).collect();
    assert_eq!(found, real);
    assert_eq!(article.title, lines[0]);
    assert_eq!(article.blocks.len() + article.removed.len(), lines.len());
}

#[test]
fn the_seed_as_plain_text() {
    let Some(seed) = seed() else {
        println!("skipped: the sample text is not here");
        return;
    };
    check_seed(&article_of(seed.as_bytes(), "text/plain; charset=utf-8").unwrap(), &seed);
}

#[test]
fn the_seed_as_bare_paragraphs() {
    let Some(seed) = seed() else {
        println!("skipped: the sample text is not here");
        return;
    };
    let html: String = seed
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| format!("<p>{line}</p>\n"))
        .collect();
    check_seed(&article_of(html.as_bytes(), "text/html; charset=utf-8").unwrap(), &seed);
}

/// Runs the command over JSON lines and returns its lines and exit code.
fn run_read(options: &[&str], input: &str) -> (Vec<Value>, i32) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"))
        .arg("read")
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    (
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        output.status.code().unwrap(),
    )
}

#[test]
fn the_command_answers_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html.gz");
    let html = "<title>Ports close</title><h1>Ports close</h1><p>The harbour authority closed \
                both ports to listed vessels on Friday evening, it said.</p>";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(html.as_bytes()).unwrap();
    fs::write(&page, packed.finish().unwrap()).unwrap();
    let input = [
        serde_json::json!({"id": 1, "url": "https://example.org/a", "path": page}).to_string(),
        serde_json::json!({"id": "two", "html": html}).to_string(),
        "not json".to_owned(),
        serde_json::json!({"id": 4, "path": folder.path().join("missing.html")}).to_string(),
        serde_json::json!({"id": 5}).to_string(),
    ]
    .join("\n");
    let (lines, exit) = run_read(&[], &input);
    assert_eq!(lines.len(), 5);
    assert_eq!(exit, 1);
    for (line, id) in [(&lines[0], Value::from(1)), (&lines[1], Value::from("two"))] {
        assert_eq!(line["id"], id);
        assert_eq!(line["title"], "Ports close");
        assert_eq!(
            line["text"],
            "The harbour authority closed both ports to listed vessels on Friday evening, it said."
        );
        assert_eq!(line["blocks"][0]["kind"], "paragraph");
    }
    assert_eq!(lines[0]["url"], "https://example.org/a");
    assert!(lines[2]["error"].as_str().unwrap().contains("not a JSON line"));
    assert!(lines[3]["error"].as_str().unwrap().contains("missing.html"));
    assert!(lines[4]["error"].as_str().unwrap().contains("\"path\" or \"html\""));
}

#[test]
fn a_recipe_overrides_the_heuristics() {
    let html = "<h1>Notice</h1><div class=x><p>Keep this short line.</p><p class=y>Not this line \
                though it is long enough to look like a paragraph of the text.</p></div>\
                <p>An ordinary paragraph which the heuristics would have taken for the body.</p>";
    let recipe =
        Recipe { body: Some(".x".to_owned()), drop: vec![".y".to_owned()], ..Recipe::default() };
    let html = format!("{html}<p class=x>And a second part, which the selector names as well.</p>");
    let article =
        read(&fetched(html.as_bytes(), "text/html"), &recipe, &SiteMemory::default()).0.unwrap();
    assert_eq!(
        lines_of(Some(&article)),
        "title: Notice\nparagraph: Keep this short line.\nparagraph: And a second part, which the \
         selector names as well.\n"
    );
}

/// Captions of the article's own pictures stay where the recipe wants them, each once; those of
/// other articles never do.
#[test]
fn captions_stay_on_request() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites/gallery.html");
    let body = fs::read(page).unwrap();
    for (captions, expected) in [
        (Captions::Dropped, &[][..]),
        (
            Captions::Kept,
            &[
                "A crane stands still at the northern basin. Photo: Tom Weld",
                "A pilot boat returns without work. Photo: Tom Weld",
            ],
        ),
    ] {
        let recipe = Recipe { captions, ..Recipe::default() };
        let article = read(&fetched(&body, "text/html"), &recipe, &SiteMemory::default()).0;
        let blocks = article.unwrap().blocks;
        let is_caption = |block: &&Block| block.kind == BlockKind::Caption;
        let found: Vec<&str> = blocks.iter().filter(is_caption).map(|b| b.text.as_str()).collect();
        assert_eq!(found, expected, "{captions:?}");
        assert_eq!(blocks.len() - found.len(), 2);
    }
}

/// The line of a page tells every field that the page claims.
#[test]
fn the_command_tells_the_fields() {
    let html = r#"<html lang="de"><head><title>Bank &amp;amp; Söhne gelistet | Der Küstenbote</title>
        <link rel="canonical" href="https://example.org/wirtschaft/bank-gelistet">
        <meta property="og:site_name" content="Der Küstenbote"><meta property="og:image" content="/bilder/bank.jpg">
        <script type="application/ld+json">{"@type":"NewsArticle","headline":"Bank &amp;amp; Söhne gelistet",
        "datePublished":"2026-05-28T09:30:00+02:00","dateModified":"2026-05-28T11:05:00+02:00",
        "author":[{"@type":"Person","name":"Anna Beispiel"},{"@type":"Organization","name":"Muster-Agentur"}],
        "articleSection":"Wirtschaft","keywords":["Sanktionen","Banken"],"isAccessibleForFree":false}</script></head>
        <body><article><h1>Bank &amp;amp; Söhne gelistet</h1><p>Von Anna Beispiel und Muster-Agentur</p>
        <figure><img src="/bilder/bank.jpg"><figcaption>Die Bank am Hafen. Foto: Eva Muster</figcaption></figure>
        <p>Die Aufsicht hat am Donnerstag die Bank &amp;amp; Söhne auf ihre Liste ge&shy;setzt, weil sie Zahlungen fÃ¼r
        zwei Reedereien abgewickelt hatte.</p>
        <p>Das Vermögen der Bank ist seit dem Morgen gesperrt, teilte die Behörde mit.</p>
        <ol><li>Zahlungen an die Bank sind verboten, auch über Dritte.<ul><li>Ausnahmen nennt die Verordnung in ihrem dritten
        Artikel.</li></ul></li></ol></article></body></html>"#;
    let question = serde_json::json!({"id": 7, "url": "https://example.org/a?x=1", "html": html});
    let (lines, exit) = run_read(&["--captions"], &question.to_string());
    assert_eq!(exit, 0);
    let expected = serde_json::json!({
        "url": "https://example.org/wirtschaft/bank-gelistet",
        "title": "Bank & Söhne gelistet",
        "byline": ["Anna Beispiel", "Muster-Agentur"],
        "signatories": ["person", "organisation"],
        "published": "2026-05-28T09:30:00+02:00",
        "modified": "2026-05-28T11:05:00+02:00",
        "language": "de",
        "site": "Der Küstenbote",
        "section": "Wirtschaft",
        "tags": ["Sanktionen", "Banken"],
        "image": "https://example.org/bilder/bank.jpg",
        "incomplete": true,
        "blocks": [
            {"kind": "caption", "text": "Die Bank am Hafen. Foto: Eva Muster"},
            {"kind": "paragraph", "text": "Die Aufsicht hat am Donnerstag die Bank & Söhne auf ihre \
                Liste gesetzt, weil sie Zahlungen für zwei Reedereien abgewickelt hatte."},
            {"kind": "paragraph", "text": "Das Vermögen der Bank ist seit dem Morgen gesperrt, \
                teilte die Behörde mit."},
            {"kind": "list", "depth": 0, "ordered": true, "text": "Zahlungen an die Bank sind \
                verboten, auch über Dritte."},
            {"kind": "list", "depth": 1, "ordered": false, "text": "Ausnahmen nennt die Verordnung \
                in ihrem dritten Artikel."},
        ],
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(lines[0][field], *value, "{field}");
    }
}

#[test]
fn a_recipe_keeps_a_formula_that_the_site_repeats() {
    let formula =
        "This decision is made under the Act and enters into force on the day it is printed.";
    let html = format!(
        "<title>Ship held</title><p>A freighter was held at the lock on Sunday after a tip from a \
         neighbouring port, the office said.</p><p class=basis>{formula}</p>"
    );
    let page = fetched(html.as_bytes(), "text/html");
    let line = sanctionwatch::text::fold::fold_numbers(formula);
    let mut memory = SiteMemory::default();
    memory.on_host.insert(sanctionwatch::text::fold::line_hash(&line), 50);
    let text = |recipe: &Recipe| read(&page, recipe, &memory).0.unwrap().text();
    assert!(!text(&Recipe::default()).contains(formula));
    let recipe = Recipe { keep: vec!["p.basis".to_owned()], ..Recipe::default() };
    assert!(text(&recipe).contains(formula));
}

#[test]
fn what_the_site_repeats_goes_and_syndicated_text_stays() {
    let ours = "Our reporters work for you every day of the year, in every weather.";
    let wire = "The ministry confirmed the decision late in the evening, without giving reasons.";
    let html = format!(
        "<title>Ship held</title><p>A freighter was held at the lock on Sunday after a tip from \
         a neighbouring port.</p><p>{wire}</p><p>{ours}</p>"
    );
    let first = article_of(html.as_bytes(), "text/html").unwrap();
    assert_eq!(first.blocks.len(), 3);
    let mut memory = SiteMemory::default();
    for block in &first.blocks[1..] {
        let line = sanctionwatch::text::fold::line_hash(&sanctionwatch::text::fold::fold_numbers(
            &block.text,
        ));
        assert!(first.lines.contains(&line));
        memory.on_host.insert(line, 2);
        if block.text == wire {
            memory.elsewhere.insert(line);
        }
    }
    let second =
        read(&fetched(html.as_bytes(), "text/html"), &Recipe::default(), &memory).0.unwrap();
    assert_eq!(second.blocks.len(), 2);
    assert_eq!(second.removed[0].text, ours);
    assert_eq!(second.removed[0].reason.name(), "repeated on the site");
}

#[test]
fn any_bytes_give_an_answer() {
    let cases: [Vec<u8>; 8] = [
        Vec::new(),
        vec![0; 5000],
        (0..=255).cycle().take(20_000).collect(),
        b"\xff\xfe<\x00p\x00>\x00".to_vec(),
        "<div>".repeat(100_000).into_bytes(),
        "<table><tr><td>".repeat(20_000).into_bytes(),
        "<p><b><a href=x>".repeat(20_000).into_bytes(),
        b"%PDF-1.7 \x00\x01\x02".repeat(100),
    ];
    for (number, case) in cases.iter().enumerate() {
        for kind in ["text/html", "text/plain", ""] {
            let (article, _) =
                read(&fetched(case, kind), &Recipe::default(), &SiteMemory::default());
            if let Some(article) = article {
                assert!(article.blocks.iter().all(|block| !block.text.is_empty()), "case {number}");
            }
        }
    }
}
