//! A source: one site or section we watch, as its file under `selectors/` describes it.

use std::fmt;

use chrono_tz::Tz;

use crate::model::extracted::Captions;
use crate::model::rhythm::Gaps;

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
    /// When to look; none means by its rhythm, within the usual gaps.
    pub schedule: Option<Schedule>,
    /// How to read the articles; empty lets the heuristics do all.
    pub recipe: Recipe,
    pub expectation: Expectation,
    /// What the source mostly writes about; empty where it says nothing.
    pub topics: Vec<Topic>,
    /// What its server wants to see before it answers.
    pub credentials: Option<Credentials>,
}

/// What a source mostly writes about: a hint for those who choose among sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Who is listed and delisted, licences, guidance.
    Sanctions,
    /// Export controls and dual-use goods.
    ExportControls,
    /// Penalties, indictments, seizures.
    Enforcement,
    /// Money laundering and the financing of terrorism.
    FinancialCrime,
    /// New laws and their reading.
    Law,
    /// Foreign and trade policy.
    Policy,
    /// News of every kind.
    General,
}

impl Topic {
    /// Every topic, for parsing and for tests over the table.
    pub const ALL: [Topic; 7] = [
        Topic::Sanctions,
        Topic::ExportControls,
        Topic::Enforcement,
        Topic::FinancialCrime,
        Topic::Law,
        Topic::Policy,
        Topic::General,
    ];

    /// The word in source files and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Sanctions => "sanctions",
            Topic::ExportControls => "export-controls",
            Topic::Enforcement => "enforcement",
            Topic::FinancialCrime => "financial-crime",
            Topic::Law => "law",
            Topic::Policy => "policy",
            Topic::General => "general",
        }
    }
}

/// A secret that a source's server asks for. The secret itself stands in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Name of the file in the folder of credentials; its first line is the secret.
    pub file: String,
    pub form: CredentialForm,
}

/// How a secret is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialForm {
    /// The secret is the value of this request header.
    Header(String),
    /// The secret is this user's password (RFC 7617).
    Basic { user: String },
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
    /// How it goes on over several documents; none where there is only one.
    pub paging: Option<Paging>,
}

impl Listing {
    /// A single document of which every link is taken.
    pub fn new(url: impl Into<String>, kind: ListingKind) -> Listing {
        Listing { url: url.into(), kind, include: Vec::new(), exclude: Vec::new(), paging: None }
    }
}

/// How a listing goes on over several documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    pub next: NextPage,
    /// Most documents read in one visit, the first included.
    pub most: usize,
}

/// Where the document after this one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextPage {
    /// A CSS selector finds its link on the page.
    Selector(String),
    /// A dotted path leads to its address in a JSON document.
    Path(String),
    /// Its address counts up.
    Numbered(Numbered),
}

/// Addresses that count: `before`, a number, `after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    pub before: String,
    pub after: String,
    /// The number of the second document.
    pub second: u64,
    pub step: u64,
}

impl Numbered {
    /// The address that follows `url`; whatever is none of the counted addresses is the first.
    pub fn after(&self, url: &str) -> String {
        let counted =
            url.strip_prefix(&self.before).and_then(|rest| rest.strip_suffix(&self.after));
        let number = counted.and_then(|number| number.parse::<u64>().ok());
        let next = number.map_or(self.second, |number| number.saturating_add(self.step));
        format!("{}{next}{}", self.before, self.after)
    }
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
    /// A page that names its feed, which is read in its place.
    Home,
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

/// When to look, as an operator says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// At fixed times.
    Cron(Cron),
    /// By the source's rhythm, within these gaps.
    Adaptive(Gaps),
}

/// A cron expression on a wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
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
