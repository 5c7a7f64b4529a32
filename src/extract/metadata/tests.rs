//! Small pages, each with the fields that must be read from it.

use crate::extract::metadata::{self, Metadata};
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::Recipe;
use crate::parse::page;

const URL: &str = "https://www.example.com/2024/07/16/oil-cap";

fn read(url: &str, html: &str, recipe: &Recipe) -> Metadata {
    let fetched = Fetched {
        requested: url.to_owned(),
        url: url.to_owned(),
        redirects: Vec::new(),
        status: 200,
        content_type: Some("text/html; charset=utf-8".to_owned()),
        validators: Validators::default(),
        body: html.as_bytes().to_vec(),
        at: chrono::DateTime::UNIX_EPOCH,
        served: None,
    };
    metadata::read(&page::read(&fetched).0, recipe)
}

fn field(metadata: &Metadata, name: &str) -> String {
    let stamp = |stamp: Option<crate::model::stamp::Stamp>| {
        stamp.map(|stamp| stamp.to_string()).unwrap_or_default()
    };
    match name {
        "title" => metadata.title.clone(),
        "byline" => metadata.byline.join("; "),
        "signatories" => {
            let names: Vec<&str> = metadata.signatories.iter().map(|kind| kind.name()).collect();
            names.join("; ")
        }
        "published" => stamp(metadata.published),
        "modified" => stamp(metadata.modified),
        "language" => metadata.language.clone().unwrap_or_default(),
        "canonical" => metadata.canonical.clone().unwrap_or_default(),
        "site" => metadata.site.clone().unwrap_or_default(),
        "section" => metadata.section.clone().unwrap_or_default(),
        "tags" => metadata.tags.join("; "),
        "description" => metadata.description.clone().unwrap_or_default(),
        "image" => metadata.image.clone().unwrap_or_default(),
        "body" => metadata.body.clone().unwrap_or_default(),
        "paywalled" => metadata.paywalled.to_string(),
        other => panic!("{other} is no field"),
    }
}

fn check(url: &str, html: &str, expect: &[(&str, &str)]) {
    let found = read(url, html, &Recipe::default());
    for (name, value) in expect {
        assert_eq!(field(&found, name), *value, "{name} of {url} {html}");
    }
}

#[test]
fn json_ld_is_read_however_it_is_written() {
    let article = r#""@type":"NewsArticle","headline":"Oil cap lowered","datePublished":"2024-07-16T09:30:00+02:00","author":[{"@type":"Person","name":"Anna Beispiel"},{"@type":"Person","name":"Ben Example"}],"publisher":{"@type":"Organization","name":"Example News"},"isAccessibleForFree":"False","articleSection":"World","keywords":["oil","cap"],"articleBody":"The cap falls.""#;
    let wrappings = [
        format!("{{{article}}}"),
        format!("[{{{article}}}]"),
        format!(r#"{{"@graph":[{{"@type":"WebSite","name":"Example News"}},{{{article}}}]}}"#),
        format!("// a comment\n{{{article},}}"),
        format!("/*<![CDATA[*/{{{article}}}/*]]>*/"),
        format!("{{{}}}", article.replace("Oil cap lowered", "Oil cap\nlowered")),
        format!("{{{article}}}").replace('"', "&quot;"),
        format!(r#"{{"@type":"WebPage","mainEntity":{{{article}}}}}"#),
    ];
    for wrapping in wrappings {
        let html = format!("<script type='application/ld+json'>{wrapping}</script><p>Text");
        check(
            "https://example.com/a",
            &html,
            &[
                ("title", "Oil cap lowered"),
                ("byline", "Anna Beispiel; Ben Example"),
                ("published", "2024-07-16T09:30:00+02:00"),
                ("site", "Example News"),
                ("paywalled", "true"),
                ("section", "World"),
                ("tags", "oil; cap"),
                ("body", "The cap falls."),
            ],
        );
    }
}

#[test]
fn the_page_s_own_article_is_told_from_those_it_recommends() {
    let html = r#"<title>Oil cap lowered | Example</title>
        <script type="application/ld+json">{"@type":"ItemList","itemListElement":[
          {"@type":"NewsArticle","headline":"Another story","datePublished":"2020-01-01"},
          {"@type":"NewsArticle","headline":"Oil cap lowered","url":"https://www.example.com/2024/07/16/oil-cap?x=1","datePublished":"2024-07-16"}]}</script>
        <h1>Oil cap lowered</h1>"#;
    check(URL, html, &[("title", "Oil cap lowered"), ("published", "2024-07-16")]);
    let referred = r##"<script type="application/ld+json">{"@graph":[
        {"@type":"Article","headline":"Oil cap","author":{"@id":"#p1"}},
        {"@type":"Person","@id":"#p1","name":"Anna Beispiel"}]}</script>"##;
    check(URL, referred, &[("byline", "Anna Beispiel")]);
}

#[test]
fn headlines_leave_site_kicker_and_section() {
    let cases = [
        (
            "<title>Oil cap lowered - Example News</title><meta property='og:site_name' content='Example News'>",
            "Oil cap lowered",
        ),
        (
            "<title>Oil cap lowered | World | Example</title><h1>Oil cap lowered</h1>",
            "Oil cap lowered",
        ),
        (
            "<title>Oil cap lowered</title><a href='/'><h1>Example Times</h1></a><h2>Oil cap lowered</h2>",
            "Oil cap lowered",
        ),
        (
            "<meta property='og:title' content='Oil cap lowered again'><h1>Energy: Oil cap lowered again</h1>",
            "Oil cap lowered again",
        ),
        (
            "<title>Buy oil news cheap today</title><h1>Oil cap lowered by ministers</h1>",
            "Oil cap lowered by ministers",
        ),
        (
            "<meta property='og:title' content='Oil &amp;amp; gas: &amp;quot;no&amp;quot;'>",
            "Oil & gas: \"no\"",
        ),
        (
            "<nav><h1>Menu</h1></nav><h1>Oil cap<br>lowered</h1><title>Oil cap: lowered</title>",
            "Oil cap: lowered",
        ),
        ("<svg><title>logo</title></svg><p>Text", ""),
        ("", ""),
    ];
    for (html, expect) in cases {
        check(URL, html, &[("title", expect)]);
    }
}

#[test]
fn dates_come_from_the_surest_place_on_the_page_s_own_clock() {
    let day_only = "https://www.example.com/a";
    let cases = [
        // The place of publication beats the place of change, wherever they stand.
        (
            day_only,
            "<meta property='article:modified_time' content='2024-07-18T10:00:00Z'><meta property='article:published_time' content='2024-07-16T10:00:00+00:00'>",
            "2024-07-16T10:00:00Z",
            "2024-07-18T10:00:00Z",
        ),
        // The address alone.
        (URL, "<p>Text", "2024-07-16", ""),
        // UTC for machines, local time for readers.
        (
            day_only,
            "<meta property='article:published_time' content='2024-07-17T01:49:09Z'><h1>A b c</h1><time class='published'>July 16, 2024 at 5:49 p.m.</time>",
            "2024-07-16T17:49:09-08:00",
            "",
        ),
        (
            URL,
            "<meta property='article:published_time' content='2024-07-17T01:49:09Z'>",
            "2024-07-16T23:49:09-02:00",
            "",
        ),
        (
            "https://www.example.de/a",
            "<meta property='article:published_time' content='2024-07-16T22:30:00Z'>",
            "2024-07-17T00:30:00+02:00",
            "",
        ),
        // A time without a zone: the country's clock, else the day alone.
        (
            "https://www.example.de/a",
            "<meta name='date' content='2024-07-16T22:30:00'>",
            "2024-07-16T22:30:00+02:00",
            "",
        ),
        (day_only, "<meta name='date' content='2024-07-16T22:30:00'>", "2024-07-16", ""),
        // Day and month exchanged, settled by the address.
        (URL, "<html lang=fr><h1>A b c</h1><span class='date'>07/16/2024</span>", "2024-07-16", ""),
        (
            "https://www.example.com/2024-07-06-a",
            "<h1>A b c</h1><span class='date'>7/6/2024</span>",
            "2024-07-06",
            "",
        ),
        // Elements: the one near the headline, not the one in the list of others.
        (
            day_only,
            "<div class='related'><time datetime='2020-01-01'></time></div><h1>A b c</h1><time datetime='2024-07-16T09:30+02:00'>",
            "2024-07-16T09:30:00+02:00",
            "",
        ),
        (
            day_only,
            "<h1>A b c</h1><p class='meta'>Updated: <time datetime='2024-07-18'>18 July</time></p><p>Published 16 July 2024",
            "2024-07-16",
            "2024-07-18",
        ),
        // Text alone.
        (
            day_only,
            "<html lang=de><h1>Ölpreisdeckel gesenkt</h1><p>Berlin, 16. Juli 2024, 14:30 Uhr MESZ</p><p>© 2019 Beispiel",
            "2024-07-16T14:30:00+02:00",
            "",
        ),
        // Nothing but a change.
        (
            day_only,
            "<h1>Guidance on oil</h1><p>Last updated: 16 July 2024</p>",
            "2024-07-16",
            "2024-07-16",
        ),
        // Zeros are no dates.
        (
            day_only,
            "<meta property='article:published_time' content='1970-01-01T00:00:00Z'><meta name='dc.date' content='0000-00-00'>",
            "",
            "",
        ),
    ];
    for (url, html, published, modified) in cases {
        check(url, html, &[("published", published), ("modified", modified)]);
    }
}

#[test]
fn bylines_come_from_data_links_elements_and_lines() {
    let cases = [
        ("<meta name=author content='Anna Beispiel, Ben Example'>", "Anna Beispiel; Ben Example"),
        (
            "<meta name=citation_author content='Anna Beispiel'><meta name=citation_author content='Ben Example'>",
            "Anna Beispiel; Ben Example",
        ),
        (
            "<meta property=article:author content='https://social.example/anna'><p>By Anna Beispiel</p>",
            "Anna Beispiel",
        ),
        ("<h1>Oil</h1><a rel=author href=/x>Anna Beispiel</a>", "Anna Beispiel"),
        (
            "<h1>Oil</h1><div class=byline>By <a href='/authors/anna'>Anna Beispiel</a> and <a href='/authors/ben'>Ben Example</a> in Berlin</div>",
            "Anna Beispiel; Ben Example",
        ),
        ("<html lang=de><h1>Öl</h1><p>Von Anna Beispiel</p>", "Anna Beispiel"),
        (
            "<meta property=og:site_name content='Example News'><meta name=author content='Example News'><h1>Oil</h1><p>By Anna Beispiel</p>",
            "Anna Beispiel",
        ),
        (
            "<meta property=og:site_name content='Example News'><meta name=author content='Example News'>",
            "Example News",
        ),
        ("<meta name=author content=admin>", ""),
        ("<h1>Oil</h1><p>By the end of the year the cap will fall.</p>", ""),
    ];
    for (html, expect) in cases {
        check(URL, html, &[("byline", expect)]);
    }
}

#[test]
fn other_fields_are_read() {
    let html = "<html lang='de-AT'><link rel=canonical href='/oel?id=7#top'><meta property=og:image content='/bild.jpg'>\
        <meta name=description content=' Kurz  gesagt '><meta name=keywords content='Öl, Deckel,öl'><meta property=og:site_name content='Beispiel'>";
    check(
        URL,
        html,
        &[
            ("language", "de"),
            ("canonical", "https://www.example.com/oel?id=7"),
            ("image", "https://www.example.com/bild.jpg"),
            ("description", "Kurz gesagt"),
            ("tags", "Öl; Deckel"),
            ("site", "Beispiel"),
            ("paywalled", "false"),
        ],
    );
    check(URL, "<link rel=canonical href='https://www.example.com/'>", &[("canonical", "")]);
    check(
        URL,
        "<link rel=canonical href='/'><meta property=og:url content='/a'>",
        &[("canonical", "https://www.example.com/a")],
    );
    check(URL, "<meta property=article:content_tier content=locked>", &[("paywalled", "true")]);
}

#[test]
fn a_recipe_overrides_what_the_page_says() {
    let recipe = Recipe {
        title: Some(".kopf".to_owned()),
        date: Some(".tag".to_owned()),
        byline: Some(".wer".to_owned()),
        ..Recipe::default()
    };
    let html = "<meta property=og:title content=Wrong><meta name=author content='Wrong Name'><meta property=article:published_time content=2020-01-01>\
        <h1>Wrong</h1><p class=kopf>Right</p><p class=tag>16. Juli 2024</p><p class=wer>Von Anna Beispiel</p>";
    let found = read(URL, html, &recipe);
    assert_eq!(field(&found, "title"), "Right");
    assert_eq!(field(&found, "published"), "2024-07-16");
    assert_eq!(field(&found, "byline"), "Anna Beispiel");
    let places: Vec<&str> = found
        .witnesses
        .iter()
        .filter(|witness| witness.confidence == 1.0)
        .map(|witness| witness.field)
        .collect();
    assert_eq!(places, ["title", "published", "byline"]);
}

#[test]
fn every_filled_field_has_a_witness_between_nought_and_one() {
    let html = "<html lang=en><title>Oil cap lowered</title><meta name=author content='Anna Beispiel'><time datetime=2024-07-16>";
    let found = read(URL, html, &Recipe::default());
    for name in ["title", "byline", "published", "language"] {
        let witness = found.witnesses.iter().find(|witness| witness.field == name);
        let witness = witness.unwrap_or_else(|| panic!("no witness for {name}"));
        assert!((0.0..=1.0).contains(&witness.confidence), "{name}: {}", witness.confidence);
    }
}

#[test]
fn hostile_pages_are_read_in_bounded_time() {
    let pages = [
        "<h1><a href=/><h2 class=title>".repeat(20_000),
        "<time datetime=2024-07-16><span class=date>1.1.2024 ".repeat(20_000),
        "<div class='byline author'>By Anna Beispiel ".repeat(20_000),
        format!(
            "<script type=application/ld+json>{}</script>",
            "{\"@type\":\"Article\",\"a\":[".repeat(20_000)
        ),
        format!(
            "<script type=application/ld+json>[{}]</script>",
            "{\"@type\":\"Article\",\"headline\":\"x\"},".repeat(20_000)
        ),
        "<meta name=author content='A B'>".repeat(20_000),
        format!("<title>{}</title>", "a | ".repeat(50_000)),
    ];
    for html in pages {
        read(URL, &html, &Recipe::default());
    }
}

#[test]
fn persons_and_organisations_sign() {
    let json = |author: &str| {
        format!(
            r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Oil cap lowered","author":{author}}}</script><h1>Oil cap lowered</h1>"#
        )
    };
    let cases = [
        (r#"{"@type":"Person","name":"Anna Beispiel"}"#, "Anna Beispiel", "person"),
        (
            r#"{"@type":"Organization","name":"Beispiel Kollektiv"}"#,
            "Beispiel Kollektiv",
            "organisation",
        ),
        (
            r#"{"@type":["Person","Organization"],"name":"Anna Beispiel"}"#,
            "Anna Beispiel",
            "person",
        ),
        // Sites without another place for it call their newsroom a person.
        (r#"{"@type":"Person","name":"Redaktion"}"#, "Redaktion", "organisation"),
        (
            r#"[{"@type":"Person","name":"Anna Beispiel"},{"@type":"Person","name":"Reuters"}]"#,
            "Anna Beispiel; Reuters",
            "person; organisation",
        ),
        (
            r#""Anna Beispiel and Beispiel Agency""#,
            "Anna Beispiel; Beispiel Agency",
            "person; organisation",
        ),
    ];
    for (author, names, kinds) in cases {
        check(URL, &json(author), &[("byline", names), ("signatories", kinds)]);
    }
    let site = r#"<meta property="og:site_name" content="Beispiel Bote"><meta name="author" content="Beispiel Bote"><h1>Oil cap lowered</h1>"#;
    check(URL, site, &[("byline", "Beispiel Bote"), ("signatories", "organisation")]);
}
