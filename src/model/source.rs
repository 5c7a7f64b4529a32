//! A source: one site or section we watch, as its file under `selectors/` describes it.

use std::fmt;

use chrono_tz::Tz;

use crate::model::extracted::Captions;

/// A source's id: the path of its file below `selectors/` without the ending, e.g. `us/ofac-recent-actions`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub String);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    News,
    Government,
}

/// One site or section we watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub id: SourceId,
    /// The name a reader sees.
    pub title: String,
    pub kind: SourceKind,
    /// ISO 3166-1 alpha-2 code in lower case, or `eu`, `un`, `int`.
    pub country: String,
    /// ISO 639-1 code of the articles, e.g. `en`.
    pub language: String,
    /// Where new articles are announced; at least one.
    pub listings: Vec<Listing>,
    /// How its pages come to show their text.
    pub render: Rendering,
    /// When to look; none means the default interval.
    pub schedule: Option<Schedule>,
    /// How to read the articles; empty lets the heuristics do all.
    pub recipe: Recipe,
    pub expectation: Expectation,
}

/// How a source's pages come to show their text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rendering {
    /// It stands in what the server sends.
    #[default]
    Plain,
    /// The page's scripts must run first: articles, index pages and watched pages are loaded in a
    /// browser, feeds and other listings as they are.
    Browser,
}

/// A document that lists articles, and how to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Absolute http or https address.
    pub url: String,
    pub kind: ListingKind,
    /// Only links whose address matches one of these patterns; empty allows all.
    pub include: Vec<Pattern>,
    /// Never links whose address matches one of these patterns.
    pub exclude: Vec<Pattern>,
}

/// The kinds of listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingKind {
    /// RSS 0.9–2.0, Atom or JSON Feed.
    Feed,
    /// A sitemap, a sitemap index or a news sitemap.
    Sitemap,
    /// A page whose links match a CSS selector.
    Index { selector: String },
    /// A JSON document with an array of items.
    Json(JsonPaths),
    /// The page itself is the article and changes in place.
    Page,
}

/// Where things are in a JSON listing: dotted paths such as `results` or `links.self`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPaths {
    /// Path from the root to the array of items; empty where the root is the array.
    pub items: String,
    /// Path from an item to its address (absolute, or relative to the listing).
    pub link: String,
    pub title: Option<String>,
    pub published: Option<String>,
    pub summary: Option<String>,
}

/// An address pattern: `*` stands for any run of characters, everything else for itself;
/// it may match anywhere in the address unless it starts with `^` or ends with `$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub String);

/// When to look, as an operator says it: a cron expression on a wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Five or six fields (an optional seconds field first), Quartz names allowed.
    pub cron: String,
    pub zone: Tz,
}

/// How to read a source's article pages: CSS selectors, each overriding a heuristic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    pub title: Option<String>,
    pub date: Option<String>,
    pub byline: Option<String>,
    pub body: Option<String>,
    /// Elements that are never part of the article.
    pub drop: Vec<String>,
    /// Elements whose text the article keeps however often the site repeats it: the legal formula of
    /// every release.
    pub keep: Vec<String>,
    /// What becomes of the captions of the article's pictures.
    pub captions: Captions,
}

/// What a healthy visit yields; outside it the source is sick, visibly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Fewest links all listings together give.
    pub links_min: usize,
    /// Most links all listings together give.
    pub links_max: usize,
    /// Fewest words of an article.
    pub words_min: usize,
    /// Whether articles carry a date.
    pub dated: bool,
    /// Longest silence in days before the source counts as broken.
    pub silence_days: u32,
}

/// One announced article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Absolute address, as announced (resolved against the listing).
    pub url: String,
    /// The announced headline, or empty.
    pub title: String,
    pub published: Option<crate::model::stamp::Stamp>,
    pub summary: Option<String>,
}
