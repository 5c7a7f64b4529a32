//! OPML, the format in which feed readers hand on their subscriptions.

use crate::parse::address::is_web;
use crate::parse::plain_text;
use crate::parse::xml::{self, Event, Xml};

/// Subscriptions read from one file.
const OUTLINES_MAX: usize = 10_000;
/// Characters of a name that are kept.
const NAME_MAX: usize = 200;
/// Folders around a subscription that are kept, the innermost.
const FOLDERS_MAX: usize = 8;

/// One subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// What the reader calls it; may be empty.
    pub title: String,
    /// The feed's address.
    pub feed: String,
    /// The folders it lies in, the outermost first.
    pub folders: Vec<String>,
    /// The words of its `category`, which commas and slashes part.
    pub categories: Vec<String>,
    /// As the file gives it, e.g. `en` or `en-us`.
    pub language: Option<String>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Opml {
    pub outlines: Vec<Outline>,
    /// Outlines with an address that is none of the web's.
    pub unusable: usize,
    /// The file holds more than were read.
    pub more: bool,
}

/// Reads OPML 1.0 and 2.0, nested or not, well-formed or nearly so.
///
/// # Errors
/// When the file is something else; the message says what.
pub fn read(bytes: &[u8]) -> Result<Opml, String> {
    let decoded = xml::decode(bytes, None);
    let mut xml = Xml::new(&decoded.text, "", &[]);
    let mut opml = Opml::default();
    let mut is_opml = false;
    // One entry per open element: the folder it is, or none.
    let mut open: Vec<Option<String>> = Vec::new();
    while let Some(event) = xml.next() {
        let element = match event {
            Event::Open(element) => element,
            Event::Close => {
                open.pop();
                continue;
            }
            Event::Text(_) => continue,
        };
        is_opml |= element.local == "opml";
        if element.local != "outline" {
            open.push(None);
            continue;
        }
        let named = |name| element.attribute(name).map(name_of).filter(|name| !name.is_empty());
        let name = named("text").or_else(|| named("title"));
        let Some(feed) = element.attribute("xmlurl") else {
            open.push(name);
            continue;
        };
        open.push(None);
        if !is_web(feed) {
            opml.unusable += 1;
            continue;
        }
        if opml.outlines.len() == OUTLINES_MAX {
            opml.more = true;
            break;
        }
        let folders: Vec<String> = open.iter().flatten().cloned().collect();
        let inner = folders.len().saturating_sub(FOLDERS_MAX);
        let categories = element.attribute("category").unwrap_or_default();
        opml.outlines.push(Outline {
            title: name.unwrap_or_default(),
            feed: feed.to_owned(),
            folders: folders[inner..].to_vec(),
            categories: categories
                .split([',', '/'])
                .map(name_of)
                .filter(|word| !word.is_empty())
                .take(FOLDERS_MAX)
                .collect(),
            language: element.attribute("language").map(name_of),
        });
    }
    if is_opml { Ok(opml) } else { Err("there is no <opml> in it".to_owned()) }
}

/// Writes OPML 2.0. Outlines that share their outermost folder stand together in it.
///
/// Only the outermost folder is written; give outlines in the order of their folders.
pub fn write(title: &str, outlines: &[Outline]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head><title>{}</title></head>\n  <body>\n",
        escape(title)
    );
    for group in outlines.chunk_by(|a, b| a.folders.first() == b.folders.first()) {
        let folder = group.first().and_then(|outline| outline.folders.first());
        if let Some(folder) = folder {
            text += &format!("    <outline text=\"{0}\" title=\"{0}\">\n", escape(folder));
        }
        for outline in group {
            text += &outline_line(outline);
        }
        if folder.is_some() {
            text += "    </outline>\n";
        }
    }
    text + "  </body>\n</opml>\n"
}

fn outline_line(outline: &Outline) -> String {
    let mut line = format!(
        "      <outline type=\"rss\" text=\"{0}\" title=\"{0}\" xmlUrl=\"{1}\"",
        escape(&outline.title),
        escape(&outline.feed)
    );
    if let Some(language) = &outline.language {
        line += &format!(" language=\"{}\"", escape(language));
    }
    if !outline.categories.is_empty() {
        line += &format!(" category=\"{}\"", escape(&outline.categories.join(",")));
    }
    line + "/>\n"
}

fn name_of(text: &str) -> String {
    plain_text::one_line(text).chars().take(NAME_MAX).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no place for control characters.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(title: &str, feed: &str, folders: &[&str]) -> Outline {
        Outline {
            title: title.to_owned(),
            feed: feed.to_owned(),
            folders: folders.iter().map(|folder| (*folder).to_owned()).collect(),
            ..Outline::default()
        }
    }

    #[test]
    fn folders_nest_and_what_is_no_feed_is_passed_over() {
        let text = "<?xml version='1.0'?><opml version='1.1'><head><title>Mine</title></head><body>\
            <outline text='News'><outline text='UK &amp; Ireland'>\
            <outline text='Courier' xmlUrl='https://courier.example/feed' language='en-gb'\
             category='/Policy,law'/></outline>\
            <outline title='Old' type='rss' xmlurl='https://old.example/rss'/></outline>\
            <outline text='Top' xmlUrl='https://top.example/rss'/>\
            <outline text='Bad' xmlUrl='file:///etc/passwd'/><outline text='A note'/></body></opml>";
        let opml = read(text.as_bytes()).unwrap();
        let mut courier =
            outline("Courier", "https://courier.example/feed", &["News", "UK & Ireland"]);
        courier.language = Some("en-gb".to_owned());
        courier.categories = vec!["Policy".to_owned(), "law".to_owned()];
        let old = outline("Old", "https://old.example/rss", &["News"]);
        let top = outline("Top", "https://top.example/rss", &[]);
        assert_eq!(opml.outlines, [courier, old, top]);
        assert_eq!((opml.unusable, opml.more), (1, false));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut first = outline("A \"desk\" <& more>", "https://a.example/?x=1&y=2", &["gb"]);
        first.language = Some("en".to_owned());
        first.categories = vec!["government".to_owned(), "sanctions".to_owned()];
        let outlines = [
            first,
            outline("B", "https://b.example/", &["gb"]),
            outline("C\u{1}", "https://c.example/", &[]),
        ];
        let again = read(write("Sources & more", &outlines).as_bytes()).unwrap().outlines;
        assert_eq!(again[..2], outlines[..2]);
        assert_eq!(again[2].title, "C");
    }

    #[test]
    fn hostile_files_end_within_their_bounds() {
        assert_eq!(read(b"<html><p>no</html>").unwrap_err(), "there is no <opml> in it");
        assert_eq!(read(b"").unwrap_err(), "there is no <opml> in it");
        let many = "<outline xmlUrl='https://a.example/'/>".repeat(OUTLINES_MAX + 1);
        let opml = read(format!("<opml><body>{many}").as_bytes()).unwrap();
        assert_eq!((opml.outlines.len(), opml.more), (OUTLINES_MAX, true));
        let deep = "<outline text='x'>".repeat(200_000);
        let text = format!("<opml><body>{deep}<outline xmlUrl='https://a.example/'/>");
        let folders: usize = read(text.as_bytes())
            .unwrap()
            .outlines
            .iter()
            .map(|outline| outline.folders.len())
            .sum();
        assert!(folders <= FOLDERS_MAX);
        let long =
            format!("<opml><outline text='{}' xmlUrl='https://a.example/'/>", "x".repeat(1 << 20));
        assert_eq!(read(long.as_bytes()).unwrap().outlines[0].title.len(), NAME_MAX);
        let laughs = "<!DOCTYPE o [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><opml><outline text='&b;' \
                      xmlUrl='https://a.example/'/></opml>";
        assert!(read(laughs.as_bytes()).unwrap().outlines[0].title.len() < 10);
    }
}
