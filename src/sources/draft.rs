//! A source file in the making: a proposal with its reasons, as the text of a file.

use std::fmt::Write;

use crate::model::source::{Listing, ListingKind, Source, SourceId, SourceKind};
use crate::sources::codes;
use crate::text::fold::fold;

/// Characters of a file's name.
const SLUG_MAX: usize = 60;

/// A proposed source and why it is proposed so.
#[derive(Debug, Clone)]
pub struct Draft {
    pub source: Source,
    /// Said at the head of the file.
    pub head: Vec<String>,
    /// Said above the listings, one list each, in their order.
    pub listings: Vec<Vec<String>>,
    /// Said above `[expectation]`.
    pub expectation: Vec<String>,
    /// Other listings that would do, with what speaks for them; they stand as comments.
    pub others: Vec<(Listing, String)>,
}

impl Draft {
    /// The text of the source file.
    pub fn text(&self) -> String {
        let source = &self.source;
        let kind = match source.kind {
            SourceKind::News => "news",
            SourceKind::Government => "government",
        };
        let mut text = String::new();
        remarks(&self.head, &mut text);
        pair("title", &source.title, &mut text);
        pair("kind", kind, &mut text);
        pair("country", &source.country, &mut text);
        pair("language", &source.language, &mut text);
        if !source.topics.is_empty() {
            let topics: Vec<String> =
                source.topics.iter().map(|topic| quoted(topic.name())).collect();
            line(&format!("topics = [{}]", topics.join(", ")), &mut text);
        }
        for (index, listing) in source.listings.iter().enumerate() {
            text.push('\n');
            remarks(self.listings.get(index).map_or(&[], Vec::as_slice), &mut text);
            listing_lines(listing, "", &mut text);
        }
        for (listing, reason) in &self.others {
            text.push('\n');
            remarks(&[format!("Or: {reason}")], &mut text);
            listing_lines(listing, "# ", &mut text);
        }
        text.push('\n');
        remarks(&self.expectation, &mut text);
        let expected = &source.expectation;
        line("[expectation]", &mut text);
        line(&format!("links_min = {}", expected.links_min), &mut text);
        line(&format!("links_max = {}", expected.links_max), &mut text);
        line(&format!("words_min = {}", expected.words_min), &mut text);
        if !expected.dated {
            line("dated = false", &mut text);
        }
        line(&format!("silence_days = {}", expected.silence_days), &mut text);
        text
    }
}

/// The country a host's ending names, as [`Source::country`]; `int` where it names none.
pub fn country_of_host(host: &str) -> String {
    codes::country_of_host(host).unwrap_or("int").to_owned()
}

/// Whether a word is a country's code, as the name of a folder of sources.
pub fn is_country(code: &str) -> bool {
    codes::country_fault(code).is_none()
}

/// Whether a word is the code of a language.
pub fn is_language(code: &str) -> bool {
    codes::language_fault(code).is_none()
}

/// The id of a source in `country` called `title`; `host` speaks where the title has no letters.
pub fn id(country: &str, title: &str, host: &str) -> SourceId {
    let slug_of = |text: &str| {
        let plain = fold(text)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect::<String>();
        let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
        let mut slug = String::new();
        for word in words {
            if SLUG_MAX < slug.len() + word.len() {
                break;
            }
            if !slug.is_empty() {
                slug.push('-');
            }
            slug.push_str(word);
        }
        slug
    };
    let candidates = [slug_of(title), slug_of(host), "source".to_owned()];
    let slug = candidates.into_iter().find(|slug| 2 < slug.len()).unwrap_or_default();
    SourceId(format!("{country}/{slug}"))
}

fn listing_lines(listing: &Listing, mark: &str, text: &mut String) {
    let kind = match &listing.kind {
        ListingKind::Feed => "feed",
        ListingKind::Sitemap => "sitemap",
        ListingKind::Index { .. } => "index",
        ListingKind::Json(_) => "json",
        ListingKind::Home => "home",
        ListingKind::Page => "page",
    };
    let mut lines = vec![
        "[[listing]]".to_owned(),
        format!("kind = {}", quoted(kind)),
        format!("url = {}", quoted(&listing.url)),
    ];
    if let ListingKind::Index { selector } = &listing.kind {
        lines.push(format!("selector = {}", quoted(selector)));
    }
    for each in lines {
        line(&format!("{mark}{each}"), text);
    }
}

fn remarks(remarks: &[String], text: &mut String) {
    for remark in remarks {
        // A line of somebody's page must not become a line of the file.
        let remark = remark.split(char::is_control).collect::<Vec<_>>().join(" ");
        line(&format!("# {remark}"), text);
    }
}

fn pair(key: &str, value: &str, text: &mut String) {
    line(&format!("{key} = {}", quoted(value)), text);
}

fn line(line: &str, text: &mut String) {
    writeln!(text, "{line}").expect("writing to a string");
}

/// A TOML basic string.
fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if c.is_control() => text.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => text.push(c),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::source::{Expectation, Recipe, Topic};
    use crate::sources::read;

    #[test]
    fn a_draft_reads_as_what_it_proposes() {
        let url = "https://example.org/news?a=\"1\"";
        let kind = ListingKind::Index { selector: "h2[class='x'] a".to_owned() };
        let source = Source {
            id: id("ie", "The \"Desk\"\nof \\ Dublin", "example.org"),
            title: "The \"Desk\"\u{7} \\ Dublin".to_owned(),
            kind: SourceKind::Government,
            country: "ie".to_owned(),
            language: "en".to_owned(),
            listings: vec![Listing::new("https://example.org/feed", ListingKind::Feed)],
            render: crate::model::source::Rendering::Plain,
            schedule: None,
            recipe: Recipe::default(),
            expectation: Expectation {
                links_min: 3,
                links_max: 40,
                words_min: 30,
                dated: false,
                silence_days: 9,
            },
            topics: vec![Topic::Sanctions, Topic::Law],
            credentials: None,
        };
        let draft = Draft {
            source: source.clone(),
            head: vec!["Proposed after a look at\nkind = \"news\"".to_owned()],
            listings: vec![vec!["It is declared on the page.".to_owned()]],
            expectation: vec!["Half of what was there.".to_owned()],
            others: vec![(Listing::new(url, kind), "a list of links".to_owned())],
        };
        let text = draft.text();
        let again = read(Path::new("ie/the-desk-of-dublin.toml"), "x", &text);
        assert_eq!(again.as_ref(), Ok(&source), "{text}");
    }

    #[test]
    fn ids_are_made_of_titles() {
        let cases = [
            ("Département du Trésor: actualités", "fr/departement-du-tresor-actualites"),
            ("財務省", "fr/www-example-fr"),
            ("..", "fr/www-example-fr"),
        ];
        for (title, expected) in cases {
            assert_eq!(id("fr", title, "www.example.fr").0, expected);
        }
        assert!(id("fr", &"word ".repeat(100), "x").0.len() < SLUG_MAX + 4);
    }
}
