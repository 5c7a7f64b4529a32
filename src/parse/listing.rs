//! A listing's bytes become the links it announces: the one door to feeds, sitemaps, index pages and
//! JSON. What the document is decides how it is read; what the source file calls it only decides
//! what counts as an error.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::fetched::Fetched;
use crate::model::note::Note;
use crate::model::source::{JsonPaths, Link, Listing, ListingKind, NextPage, Paging};
use crate::model::visit::Outcome;
use crate::parse::address::key;
use crate::parse::entry::{ENTRIES_MAX, Entry};
use crate::parse::gzip::{self, GzipError};
use crate::parse::selector::Selector;
use crate::parse::sitemap::Sitemap;
use crate::parse::xml::{self, Event, Xml};
use crate::parse::{autodiscovery, feed, index_page, json_listing, page, sitemap, wildcard};

/// Bytes of a listing that came packed, once unpacked: the sitemap protocol's own limit.
const UNPACKED_MAX: usize = 50 << 20;

/// Elements in which a document may show what it is; PHP warnings and the like stand before.
const ROOT_WINDOW: usize = 60;

/// What a listing announces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// In the order of the document, each page once.
    pub links: Vec<Link>,
    /// Further sitemaps that a sitemap index names; where all carry a date, the newest first.
    pub sitemaps: Vec<String>,
    /// The feed that a home page declares.
    pub feed: Option<String>,
    /// The document in which the listing goes on.
    pub next: Option<String>,
    /// Where a feed says that its news are sent out.
    pub hub: Option<Hub>,
    /// Entries without a web address (`url` is empty): nothing to visit, but something was said.
    pub unaddressed: Vec<Link>,
    pub notes: Vec<Note>,
}

/// A hub that sends a feed's news to those who subscribe (W3C WebSub).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    /// The hub's address.
    pub url: String,
    /// What the hub calls the feed: the feed's own address.
    pub topic: String,
}

/// Why a listing gives no links. The text names the address, what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// Something else than a listing of this kind.
    #[error("{url} is {found}, not {expected}; {remedy}")]
    WrongType { url: String, found: String, expected: &'static str, remedy: String },
    /// Of the right kind, but it cannot be read.
    #[error("{url} cannot be read: {why}")]
    Unreadable { url: String, why: String },
    /// Read, and nothing in it.
    #[error("{url} lists nothing: {why}")]
    Empty { url: String, why: String },
    /// Unpacks to more than is allowed.
    #[error("{url} is too large: {why}")]
    TooLarge { url: String, why: String },
}

impl ListingError {
    /// How the visit ended.
    pub fn outcome(&self) -> Outcome {
        match self {
            ListingError::WrongType { .. } => Outcome::WrongType,
            ListingError::Unreadable { .. } => Outcome::Unreadable,
            ListingError::Empty { .. } => Outcome::Empty,
            ListingError::TooLarge { .. } => Outcome::TooLarge,
        }
    }
}

/// The links a fetched listing announces, filtered by its patterns, each page once.
///
/// # Errors
/// When the body is no listing of this kind, cannot be read, or lists nothing. A document of which
/// only a part can be read gives that part with a note.
pub fn links(listing: &Listing, fetched: &Fetched) -> Result<Listed, ListingError> {
    let url = fetched.url.as_str();
    let body = gzip::unpack(&fetched.body, UNPACKED_MAX).map_err(|error| match error {
        GzipError::TooLarge { .. } => too_large(url, error.to_string()),
        GzipError::Damaged { .. } => unreadable(url, error.to_string()),
    })?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(empty(url, "the body is empty"));
    }
    let document = match body {
        Cow::Borrowed(_) => Cow::Borrowed(fetched),
        Cow::Owned(body) => Cow::Owned(Fetched { body, ..fetched.clone() }),
    };
    let read = match &listing.kind {
        ListingKind::Feed => read_document(&document, Expected::Feed)?,
        ListingKind::Sitemap => read_document(&document, Expected::Sitemap)?,
        ListingKind::Index { selector } => {
            read_index(&document, selector, listing.paging.as_ref())?
        }
        ListingKind::Json(paths) => read_json(&document, paths, listing.paging.as_ref())?,
        ListingKind::Home => read_home(&document)?,
        ListingKind::Page => {
            Document::of(vec![Entry { url: Some(url.to_owned()), ..Entry::default() }])
        }
    };
    choose(listing, url, read)
}

/// What a page calls itself; empty where it does not say.
pub fn title_of_page(page: &page::Page) -> String {
    index_page::title_of_page(page)
}

/// What the source file calls a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Feed,
    Sitemap,
}

impl Expected {
    fn name(self) -> &'static str {
        match self {
            Expected::Feed => "a feed",
            Expected::Sitemap => "a sitemap",
        }
    }
}

/// What was read, before the listing's patterns choose.
#[derive(Default)]
struct Document {
    entries: Vec<Entry>,
    sitemaps: Vec<String>,
    feed: Option<String>,
    next: Option<String>,
    hub: Option<Hub>,
    notes: Vec<Note>,
}

impl Document {
    fn of(entries: Vec<Entry>) -> Document {
        Document { entries, ..Document::default() }
    }
}

/// What the root of a markup document shows it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Root {
    Feed,
    Sitemap,
    Html,
    /// XML of another vocabulary, by the name of its root.
    Foreign(String),
    /// No element at all.
    None,
}

fn read_document(fetched: &Fetched, expected: Expected) -> Result<Document, ListingError> {
    let url = fetched.url.as_str();
    if is_json(&fetched.body) {
        return read_json_feed(fetched, expected);
    }
    let decoded = xml::decode(&fetched.body, fetched.content_type.as_deref());
    let mut xml = Xml::new(&decoded.text, url, feed::NEVER_NESTED);
    let mut document = match (root_of(&decoded.text), expected) {
        (Root::Feed, _) => {
            let feed = feed::read(&mut xml);
            let mut document = Document::of(feed.entries);
            document.hub = hub(feed.hub, feed.own, url);
            document.notes.extend(feed.more.then(more_than_read));
            document
        }
        (Root::Sitemap, _) => {
            let sitemap = sitemap::read(&mut xml);
            let notes = sitemap.more.then(more_than_read).into_iter().collect();
            let Sitemap { entries, sitemaps, .. } = sitemap;
            Document { entries, sitemaps, notes, ..Document::default() }
        }
        (Root::None, Expected::Sitemap) => {
            let sitemap = sitemap::read_text(&decoded.text).ok_or_else(|| {
                wrong_type(
                    url,
                    "text that is no list of addresses",
                    expected,
                    "correct the address",
                )
            })?;
            let notes = sitemap.more.then(more_than_read).into_iter().collect();
            Document { notes, ..Document::of(sitemap.entries) }
        }
        (Root::Html, _) => return Err(html_instead(fetched, expected)),
        (Root::Foreign(name), _) => {
            let found = format!("XML that begins with <{name}>");
            return Err(wrong_type(url, &found, expected, "correct the address or the kind"));
        }
        (Root::None, Expected::Feed) => {
            return Err(wrong_type(url, "text without markup", expected, "correct the address"));
        }
    };
    if decoded.damaged {
        let text = format!("some bytes are not {}, replaced by U+FFFD", decoded.encoding);
        document.notes.push(Note::new("parse", text));
    }
    if let Some(fault) = xml.fault() {
        document.notes.push(Note::new("parse", format!("read up to a fault: {fault}")));
    }
    Ok(document)
}

fn root_of(text: &str) -> Root {
    let mut xml = Xml::new(text, "", feed::NEVER_NESTED);
    let mut first = Root::None;
    let mut seen = 0;
    while let Some(event) = xml.next() {
        let Event::Open(element) = event else { continue };
        match element.local.as_str() {
            "rss" | "rdf" | "feed" | "channel" => return Root::Feed,
            "urlset" | "sitemapindex" => return Root::Sitemap,
            "html" | "head" | "body" => first = Root::Html,
            name if first == Root::None => first = Root::Foreign(name.to_owned()),
            _ => {}
        }
        seen += 1;
        if seen == ROOT_WINDOW {
            break;
        }
    }
    first
}

fn is_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    matches!(body.first(), Some(b'{' | b'['))
}

fn read_json_feed(fetched: &Fetched, expected: Expected) -> Result<Document, ListingError> {
    let url = fetched.url.as_str();
    let value = json_listing::parse(&fetched.body).map_err(|why| unreadable(url, why))?;
    let entries = json_listing::read_feed(&value, url).ok_or_else(|| {
        let remedy = "give the listing kind = \"json\" with the paths to its items";
        wrong_type(url, "JSON without the items of a JSON Feed", expected, remedy)
    })?;
    let (named, own) = json_listing::hub_of(&value, url);
    Ok(Document { hub: hub(named, own, url), ..Document::of(entries) })
}

fn hub(named: Option<String>, own: Option<String>, url: &str) -> Option<Hub> {
    Some(Hub { url: named?, topic: own.unwrap_or_else(|| url.to_owned()) })
}

/// A home page gives the feed it declares; a document that is a feed itself gives its entries.
fn read_home(fetched: &Fetched) -> Result<Document, ListingError> {
    let is_page = !is_json(&fetched.body) && {
        let decoded = xml::decode(&fetched.body, fetched.content_type.as_deref());
        matches!(root_of(&decoded.text), Root::Html | Root::Foreign(_) | Root::None)
    };
    if !is_page {
        return read_document(fetched, Expected::Feed);
    }
    let (page, notes) = page::read(fetched);
    let feeds = autodiscovery::declared_feeds(&page);
    let Some(main) = autodiscovery::main_feed(&feeds) else {
        let why = format!(
            "the page titled {:?} declares no feed; give the listing kind = \"index\" with a \
             selector, or find a feed or sitemap",
            index_page::title_of_page(&page)
        );
        return Err(empty(&fetched.url, &why));
    };
    Ok(Document { feed: Some(main.url.clone()), notes, ..Document::default() })
}

fn read_json(
    fetched: &Fetched,
    paths: &JsonPaths,
    paging: Option<&Paging>,
) -> Result<Document, ListingError> {
    let url = fetched.url.as_str();
    let value = json_listing::parse(&fetched.body).map_err(|why| {
        if is_json(&fetched.body) {
            return unreadable(url, why);
        }
        let remedy = "correct the address; the interface may have moved".to_owned();
        let found = why;
        ListingError::WrongType { url: url.to_owned(), found, expected: "JSON", remedy }
    })?;
    let entries = json_listing::read(&value, paths, url).map_err(|why| unreadable(url, why))?;
    if !entries.is_empty() && entries.iter().all(|entry| entry.url.is_none()) {
        let why = format!("no item has an address at link = {:?}", paths.link);
        return Err(unreadable(url, why));
    }
    let next = match paging.map(|paging| &paging.next) {
        Some(NextPage::Path(path)) => json_listing::next_page(&value, path, url),
        _ => None,
    };
    Ok(Document { next, ..Document::of(entries) })
}

fn read_index(
    fetched: &Fetched,
    selector: &str,
    paging: Option<&Paging>,
) -> Result<Document, ListingError> {
    let url = fetched.url.as_str();
    let compiled = Selector::parse(selector).map_err(|error| unreadable(url, error.to_string()))?;
    let (page, notes) = page::read(fetched);
    let entries = index_page::read(&page, &compiled);
    if entries.is_empty() {
        let all = page.dom.elements("a").filter(|anchor| anchor.attr("href").is_some()).count();
        let why = format!(
            "of the {all} links on the page titled {:?} none is within the selector {selector:?}; \
             look at the page and correct the selector",
            index_page::title_of_page(&page)
        );
        return Err(empty(url, &why));
    }
    let next = match paging.map(|paging| &paging.next) {
        Some(NextPage::Selector(next)) => {
            let next = Selector::parse(next).map_err(|error| unreadable(url, error.to_string()))?;
            index_page::next_page(&page, &next)
        }
        _ => None,
    };
    Ok(Document { next, notes, ..Document::of(entries) })
}

/// Turns entries into links: those the patterns allow, each page once, in order.
fn choose(listing: &Listing, url: &str, mut document: Document) -> Result<Listed, ListingError> {
    document.entries.retain(|entry| !entry.is_blank());
    let announced = document.entries.len();
    let numbered = listing.paging.as_ref().and_then(|paging| match &paging.next {
        NextPage::Numbered(numbered) => Some(numbered.after(&listing.url)),
        NextPage::Selector(_) | NextPage::Path(_) => None,
    });
    let mut listed = Listed {
        sitemaps: document.sitemaps,
        feed: document.feed,
        next: document.next.or(numbered),
        hub: document.hub,
        notes: document.notes,
        ..Listed::default()
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut refused = 0;
    for entry in document.entries {
        let link = Link {
            url: entry.url.unwrap_or_default(),
            title: entry.title,
            published: entry.published,
            summary: entry.summary,
        };
        let Some(address) = key(&link.url) else {
            listed.unaddressed.push(Link { url: String::new(), ..link });
            continue;
        };
        if !is_wanted(listing, &link.url) {
            refused += 1;
            continue;
        }
        match places.get(&address) {
            Some(place) => complete(&mut listed.links[*place], link),
            None => {
                places.insert(address, listed.links.len());
                listed.links.push(link);
            }
        }
    }
    listed.sitemaps.retain(|sitemap| is_not_excluded(listing, sitemap));
    if !listed.unaddressed.is_empty() {
        let text = format!("{} of {announced} entries have no address", listed.unaddressed.len());
        listed.notes.push(Note::new("parse", text));
    }
    if announced == 0 && listed.sitemaps.is_empty() && listed.feed.is_none() {
        return Err(empty(url, "it is well, but has no entries"));
    }
    if 0 < refused && listed.links.is_empty() {
        let why = format!("its {refused} links all fail the include and exclude patterns");
        return Err(empty(url, &why));
    }
    Ok(listed)
}

fn is_wanted(listing: &Listing, url: &str) -> bool {
    let included = listing.include.is_empty()
        || listing.include.iter().any(|pattern| wildcard::allows(pattern, url));
    included && is_not_excluded(listing, url)
}

/// Further sitemaps are only asked for what they exclude: the include patterns speak of articles.
fn is_not_excluded(listing: &Listing, url: &str) -> bool {
    !listing.exclude.iter().any(|pattern| wildcard::allows(pattern, url))
}

/// Fills what the first mention of a page left open from a later one.
fn complete(link: &mut Link, later: Link) {
    if link.title.is_empty() {
        link.title = later.title;
    }
    link.published = link.published.or(later.published);
    link.summary = link.summary.take().or(later.summary);
}

fn html_instead(fetched: &Fetched, expected: Expected) -> ListingError {
    let (page, _) = page::read(fetched);
    let feeds: Vec<String> =
        autodiscovery::declared_feeds(&page).into_iter().map(|feed| feed.url).collect();
    let found = match index_page::title_of_page(&page) {
        title if title.is_empty() => "an HTML page".to_owned(),
        title => format!("an HTML page titled {title:?}"),
    };
    let remedy = match feeds.as_slice() {
        [] => "it may have moved, or the site asks for a browser".to_owned(),
        feeds => format!("it advertises {}", feeds.join(", ")),
    };
    wrong_type(&fetched.url, &found, expected, &remedy)
}

fn more_than_read() -> Note {
    Note::new("parse", format!("more than {ENTRIES_MAX} entries; the rest was not read"))
}

fn wrong_type(url: &str, found: &str, expected: Expected, remedy: &str) -> ListingError {
    ListingError::WrongType {
        url: url.to_owned(),
        found: found.to_owned(),
        expected: expected.name(),
        remedy: remedy.to_owned(),
    }
}

fn unreadable(url: &str, why: String) -> ListingError {
    ListingError::Unreadable { url: url.to_owned(), why }
}

fn empty(url: &str, why: &str) -> ListingError {
    ListingError::Empty { url: url.to_owned(), why: why.to_owned() }
}

fn too_large(url: &str, why: String) -> ListingError {
    ListingError::TooLarge { url: url.to_owned(), why }
}
