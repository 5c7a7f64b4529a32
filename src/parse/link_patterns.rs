//! Repeated link patterns on a page: which CSS selectors find its list of articles.
//!
//! A list of articles is a run of links that stand in the same elements and read like headlines.
//! Every such link proposes the selectors that describe where it stands; each proposal is then run
//! on the page, and the one that finds most headlines and least else is the best.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use crate::model::source::Link;
use crate::parse::address::{key, site};
use crate::parse::dom::Node;
use crate::parse::index_page;
use crate::parse::page::Page;
use crate::parse::selector::Selector;

/// Links that make a list.
const LIST_MIN: usize = 3;
/// Links of a page that are looked at.
const LINKS_MAX: usize = 2_000;
/// Different selectors that are tried, those proposed most often first.
const PROPOSALS_MAX: usize = 40;
/// Ancestors in which a class is looked for.
const CLIMB_MAX: usize = 6;
/// Words of a headline …
const WORDS_MIN: usize = 4;
/// … or its characters, for scripts that part no words.
const CHARACTERS_MIN: usize = 12;

/// Elements whose links lead around the site.
const FURNITURE: &[&str] = &["nav", "footer", "header", "form"];

/// A selector and what it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPattern {
    /// For `ListingKind::Index`.
    pub selector: String,
    /// What it finds, in page order.
    pub links: Vec<Link>,
    /// How many of them read like headlines.
    pub headlines: usize,
}

/// The best patterns of a page, the best first; at most three.
pub fn link_patterns(page: &Page) -> Vec<LinkPattern> {
    let mut patterns: Vec<LinkPattern> =
        proposals(page).into_iter().filter_map(|selector| run(page, selector)).collect();
    patterns.sort_by_key(|pattern| {
        let selector = &pattern.selector;
        // A named box says more than the page's largest part, which holds the next list as well.
        let is_vague = selector.starts_with("main ") || selector.starts_with("article ");
        (Reverse(score(pattern)), is_vague, selector.len(), selector.clone())
    });
    // A second selector for the same links says nothing new.
    let mut told: Vec<LinkPattern> = Vec::new();
    for pattern in patterns {
        let is_new = told.iter().all(|known| {
            pattern.links.iter().any(|link| known.links.iter().all(|other| other.url != link.url))
        });
        if is_new && told.len() < 3 {
            told.push(pattern);
        }
    }
    told
}

/// What speaks for a pattern: headlines, less twice what is none.
fn score(pattern: &LinkPattern) -> isize {
    let others = pattern.links.len() - pattern.headlines;
    pattern.headlines.cast_signed() - 2 * others.cast_signed()
}

fn run(page: &Page, selector: String) -> Option<LinkPattern> {
    let compiled = Selector::parse(&selector).ok()?;
    let own = site(&page.url);
    let entries = index_page::read(page, &compiled);
    let links: Vec<Link> = entries
        .into_iter()
        .filter_map(|entry| {
            let url = entry.url?;
            Some(Link { url, title: entry.title, published: entry.published, summary: None })
        })
        .collect();
    let is_article =
        |link: &&Link| is_headline(&link.title) && site(&link.url) == own && depth(&link.url) > 0;
    let headlines = links.iter().filter(is_article).count();
    (LIST_MIN <= headlines).then_some(LinkPattern { selector, links, headlines })
}

/// The selectors that headlines on the page propose, those of most headlines first.
fn proposals(page: &Page) -> Vec<String> {
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    let anchors = page.dom.elements("a").filter(|anchor| is_headline(&anchor.text()));
    for anchor in anchors.take(LINKS_MAX) {
        let address = anchor
            .attr("href")
            .and_then(key)
            .unwrap_or_else(|| anchor.attr("href").unwrap_or_default().to_owned());
        let in_furniture = anchor.ancestors().any(|node| FURNITURE.contains(&node.tag()));
        if in_furniture || address.is_empty() || !seen.insert(address) {
            continue;
        }
        for proposal in describe(anchor) {
            *votes.entry(proposal).or_default() += 1;
        }
    }
    let mut proposals: Vec<(String, usize)> =
        votes.into_iter().filter(|(_, votes)| LIST_MIN <= *votes).collect();
    proposals.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.len().cmp(&b.0.len())).then(a.0.cmp(&b.0)));
    proposals.into_iter().take(PROPOSALS_MAX).map(|(selector, _)| selector).collect()
}

/// Selectors that describe where a link stands, from its own class to the element around it.
fn describe(anchor: Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(class) = telling_class(anchor) {
        found.push(format!("a.{class}"));
    }
    let heading = anchor
        .ancestors()
        .take(2)
        .map(Node::tag)
        .find(|tag| matches!(*tag, "h1" | "h2" | "h3" | "h4" | "h5"));
    let inner = heading.map_or("a".to_owned(), |heading| format!("{heading} a"));
    if heading.is_some() {
        found.push(inner.clone());
    }
    for node in anchor.ancestors().take(CLIMB_MAX) {
        let name = match (telling_class(node), node.tag()) {
            (_, "body" | "html" | "") => continue,
            (Some(class), tag) => format!("{tag}.{class}"),
            (None, "main" | "article") => node.tag().to_owned(),
            (None, _) => continue,
        };
        found.push(format!("{name} {inner}"));
        if heading.is_some() {
            found.push(format!("{name} a"));
        }
    }
    found
}

/// The first class that looks chosen by a person: generated ones change with the next build.
fn telling_class<'dom>(node: Node<'dom>) -> Option<&'dom str> {
    node.class().split_whitespace().find(|class| {
        let plain = class.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let digits = class.bytes().filter(u8::is_ascii_digit).count();
        let letter_first = class.starts_with(|c: char| c.is_ascii_alphabetic());
        plain && letter_first && digits < 2 && (3..40).contains(&class.len())
    })
}

fn is_headline(title: &str) -> bool {
    let words = title.split_whitespace().count();
    let is_spaceless =
        title.chars().any(|c| matches!(c, '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'));
    WORDS_MIN <= words || is_spaceless && CHARACTERS_MIN <= title.chars().count()
}

/// Steps of the path: a site's front page has none.
fn depth(url: &str) -> usize {
    key(url).map_or(0, |key| key.matches('/').count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::page::Format;
    use crate::parse::tree;

    fn best(html: &str) -> Option<String> {
        let url = "https://ministry.example/news".to_owned();
        let dom = tree::grow(html).dom;
        let page = Page { url, dom, encoding: "UTF-8", format: Format::Html };
        link_patterns(&page)
            .first()
            .map(|pattern| format!("{}: {}", pattern.selector, pattern.headlines))
    }

    fn items(each: &str) -> String {
        (1..=5).map(|n| each.replace('#', &n.to_string())).collect()
    }

    #[test]
    fn the_list_of_articles_is_found_among_menus_and_teasers() {
        let menu = "<nav><ul class=menu><li><a href=/about/us>About the ministry and its work</a>\
                    <li><a href=/about/law>The laws that we apply today</a>\
                    <li><a href=/contact>How you can reach us now</a></ul></nav>";
        let cases = [
            (
                format!(
                    "{menu}<main><ul class=decisions>{}</ul></main>",
                    items("<li><a href=/d/#>Decision # on the freezing of assets</a>")
                ),
                Some("ul.decisions a: 5"),
            ),
            (
                format!(
                    "{menu}<div class=css-1x2y3z>{}</div>",
                    items("<h3><a href=/d/#>Decision # on the freezing of assets</a></h3>")
                ),
                Some("h3 a: 5"),
            ),
            (
                items(
                    "<div class=card><a href=/d/#><img></a><a class=card-link href=/d/#>Decision # \
                     on the freezing of assets</a><a href=/tag/#>Tag #</a></div>",
                ),
                Some("a.card-link: 5"),
            ),
            (
                format!(
                    "<ol class=list>{}</ol>",
                    items("<li><a href=/d/#>第#号決定 資産凍結措置の延長について</a>")
                ),
                Some("ol.list a: 5"),
            ),
            (menu.to_owned(), None),
            (items("<a href=/#>No. #</a>"), None),
            (String::new(), None),
        ];
        for (html, expected) in cases {
            assert_eq!(best(&html).as_deref(), expected, "{html}");
        }
    }

    #[test]
    fn a_page_of_a_hundred_thousand_links_takes_a_bounded_number_of_looks() {
        let many: String = (0..100_000)
            .map(|n| format!("<p class=x{n}><a href=/{n}>one two three four</a>"))
            .collect();
        let patterns = best(&format!("<div class=all>{many}</div>"));
        assert_eq!(patterns, Some("div.all a: 50000".to_owned()));
    }
}
