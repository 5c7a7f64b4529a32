//! The feeds a page declares in its head: what browsers and feed readers call autodiscovery.

use crate::parse::address::resolve;
use crate::parse::index_page::base_of;
use crate::parse::page::Page;
use crate::parse::plain_text;

/// Media types that only feeds have.
const FEED_TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json+feed",
    "application/rdf+xml",
    "application/x.atom+xml",
    "application/x-atom+xml",
];

/// Media types that feeds share with other documents: there the title must say that it is one.
const SHARED_TYPES: &[&str] = &["text/xml", "application/xml", "application/json"];

/// Words in a title or address by which a feed is one of readers' comments.
const COMMENT_WORDS: &[&str] = &["comment", "commentaire", "kommentar", "comentario", "комментари"];

/// Feeds one page may declare; portals declare one for every section.
const DECLARED_MAX: usize = 100;

/// A feed that a page declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredFeed {
    /// Absolute web address.
    pub url: String,
    /// As the page calls it; often empty.
    pub title: String,
}

impl DeclaredFeed {
    /// Whether it tells what readers say rather than what the site says.
    pub fn is_of_comments(&self) -> bool {
        let said = format!("{} {}", self.title, self.url).to_lowercase();
        COMMENT_WORDS.iter().any(|word| said.contains(word))
    }
}

/// The feeds a page declares (`<link rel="alternate" type="application/rss+xml" href="…">`), each
/// once, in the order of the page.
pub fn declared_feeds(page: &Page) -> Vec<DeclaredFeed> {
    let base = base_of(&page.dom, &page.url);
    let mut feeds: Vec<DeclaredFeed> = Vec::new();
    for link in page.dom.elements("link") {
        let word = |name| link.attr(name).unwrap_or_default().trim().to_ascii_lowercase();
        let (relations, kind) = (word("rel"), word("type"));
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let title = plain_text::one_line(link.attr("title").unwrap_or_default());
        let relates = |name| relations.split_whitespace().any(|relation| relation == name);
        let says_so = || {
            let title = title.to_lowercase();
            title.contains("rss") || title.contains("atom") || title.contains("feed")
        };
        let is_feed = FEED_TYPES.contains(&kind) || SHARED_TYPES.contains(&kind) && says_so();
        if !(relates("feed") || relates("alternate") && is_feed) {
            continue;
        }
        let Some(url) = link.attr("href").and_then(|href| resolve(&base, href)) else { continue };
        if feeds.len() < DECLARED_MAX && feeds.iter().all(|known| known.url != url) {
            feeds.push(DeclaredFeed { url, title });
        }
    }
    feeds
}

/// The feed that stands for a page: the first it declares that is not one of comments.
pub(crate) fn main_feed(feeds: &[DeclaredFeed]) -> Option<&DeclaredFeed> {
    feeds.iter().find(|feed| !feed.is_of_comments())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tree;

    fn declared(html: &str) -> Vec<String> {
        let dom = tree::grow(html).dom;
        let format = crate::parse::page::Format::Html;
        let url = "https://example.org/news/".to_owned();
        let page = Page { url, dom, encoding: "UTF-8", format };
        let feeds = declared_feeds(&page);
        let first = main_feed(&feeds).map(|feed| format!("main {}", feed.url));
        feeds.into_iter().map(|feed| feed.url).chain(first).collect()
    }

    #[test]
    fn feeds_are_told_from_other_alternates() {
        let cases = [
            ("<link rel=alternate type=application/rss+xml href=/rss>", vec!["/rss", "main /rss"]),
            (
                "<link rel='ALTERNATE home' type='Application/Atom+XML; charset=utf-8' href=a>",
                vec!["/news/a", "main /news/a"],
            ),
            ("<link rel=alternate type=application/feed+json href=/j>", vec!["/j", "main /j"]),
            ("<link rel=feed href=/f>", vec!["/f", "main /f"]),
            ("<link rel=alternate type=text/xml title='News RSS' href=/x>", vec!["/x", "main /x"]),
            ("<link rel=alternate type=text/xml href=/x>", vec![]),
            ("<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/1>", vec![]),
            ("<link rel=alternate hreflang=fr href=/fr>", vec![]),
            ("<link rel=stylesheet type=application/rss+xml href=/x>", vec![]),
            ("<link rel=alternate type=application/rss+xml href='mailto:a@b.c'>", vec![]),
            (
                "<base href=https://feeds.example.org/><link rel=alternate \
                 type=application/rss+xml href=a>",
                vec!["https://feeds.example.org/a", "main https://feeds.example.org/a"],
            ),
            (
                "<link rel=alternate type=application/rss+xml title='Desk » Comments' href=/c>\
                 <link rel=alternate type=application/rss+xml title=Desk href=/d>\
                 <link rel=alternate type=application/rss+xml title=Again href=/d>",
                vec!["/c", "/d", "main /d"],
            ),
        ];
        for (html, expected) in cases {
            let absolute = |path: &str| match path.strip_prefix("main /") {
                Some(path) => format!("main https://example.org/{path}"),
                None if path.starts_with('/') => format!("https://example.org{path}"),
                None => path.to_owned(),
            };
            let expected: Vec<String> = expected.into_iter().map(absolute).collect();
            assert_eq!(declared(html), expected, "{html}");
        }
    }
}
