//! Sitemaps of the sitemaps.org protocol: lists of pages with or without Google's news elements,
//! lists of further sitemaps, and the plain-text form.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use crate::model::stamp::Stamp;
use crate::parse::address::{is_web, resolve};
use crate::parse::date;
use crate::parse::entry::{ENTRIES_MAX, Entry};
use crate::parse::plain_text;
use crate::parse::xml::{Event, Space, Xml};

/// What a sitemap holds: pages, further sitemaps, rarely both.
#[derive(Debug, Default)]
pub(crate) struct Sitemap {
    pub entries: Vec<Entry>,
    /// Addresses of further sitemaps; where all carry a date, the newest first.
    pub sitemaps: Vec<String>,
    /// The document names more than were read.
    pub more: bool,
}

/// Reads `<urlset>` and `<sitemapindex>` documents.
pub(crate) fn read(xml: &mut Xml) -> Sitemap {
    let mut sitemap = Sitemap::default();
    let mut further: Vec<Further> = Vec::new();
    while let Some(event) = xml.next() {
        let Event::Open(element) = event else { continue };
        if !element.is("url") && !element.is("sitemap") {
            continue;
        }
        if sitemap.entries.len() + further.len() == ENTRIES_MAX {
            sitemap.more = true;
            break;
        }
        let location = read_location(xml);
        match location.url {
            Some(url) if element.is("sitemap") => {
                let modified = location.modified.map(|stamp| stamp.instant());
                further.push(Further { url, modified });
            }
            url => sitemap.entries.push(
                Entry {
                    url,
                    title: location.title,
                    // A plain sitemap only says when the page changed; that is its best date.
                    published: location.published.or(location.modified),
                    summary: None,
                }
                .cut(),
            ),
        }
    }
    if further.iter().all(|one| one.modified.is_some()) {
        further.sort_by_key(|one| Reverse(one.modified));
    }
    sitemap.sitemaps = further.into_iter().map(|one| one.url).collect();
    sitemap
}

/// Reads the plain-text form, one address a line; `None` if any line is something else.
pub(crate) fn read_text(text: &str) -> Option<Sitemap> {
    let mut sitemap = Sitemap::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !is_web(line) {
            return None;
        }
        if sitemap.entries.len() == ENTRIES_MAX {
            sitemap.more = true;
            break;
        }
        sitemap.entries.push(Entry { url: Some(line.to_owned()), ..Entry::default() });
    }
    (!sitemap.entries.is_empty()).then_some(sitemap)
}

/// A sitemap that an index names.
struct Further {
    url: String,
    modified: Option<DateTime<Utc>>,
}

/// What stands in one `<url>` or `<sitemap>`.
#[derive(Default)]
struct Location {
    url: Option<String>,
    title: String,
    published: Option<Stamp>,
    modified: Option<Stamp>,
}

fn read_location(xml: &mut Xml) -> Location {
    let mut location = Location::default();
    let mut open = 1;
    while 0 < open {
        match xml.next() {
            Some(Event::Open(child)) => match (child.space, child.local.as_str()) {
                (Space::Core, "loc") => {
                    let base = xml.base().to_owned();
                    location.url = resolve(&base, &xml.text());
                }
                (Space::Core, "lastmod") => location.modified = date::parse(xml.text().trim()),
                (Space::News, "publication_date") => {
                    location.published = date::parse(xml.text().trim());
                }
                (Space::News, "title") => location.title = plain_text::from_either(&xml.text()),
                // The title and the date stand one level down.
                (Space::News, "news") => open += 1,
                _ => xml.skip(),
            },
            Some(Event::Text(_)) => {}
            Some(Event::Close) => open -= 1,
            None => break,
        }
    }
    location
}
