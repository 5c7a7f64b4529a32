//! Sets the bundled texts in the pages of three invented sites: a news site in the manner of
//! WordPress with its AMP plugin, a courier in six languages, and a government office in the
//! manner of Drupal.
//!
//! A post is a file of `key: value` lines, a blank line and its HTML; a theme is the furniture
//! around it. Posts under `later/` come, or take the place of their first version, in the second
//! edition.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use include_dir::{Dir, include_dir};

use crate::web::newsroom::{Document, Edition, Resource};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/demo/newsroom");

/// How many editions there are: one before and one after the second crawl.
const EDITIONS: [Stage; 2] = [Stage::First, Stage::Second];

/// The number in the first figure's caption: the theme has counted the pictures above it.
const FIRST_FIGURE: usize = 5;

/// Where the three sites answer, without a slash at the end.
#[derive(Debug, Clone)]
pub struct Origins {
    pub ledger: String,
    pub courier: String,
    pub office: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Second,
}

/// Where a site keeps what. Paths may hold `{{slug}}` and `{{language}}`.
struct Layout {
    folder: &'static str,
    /// Of a post that names no path of its own.
    post: &'static str,
    /// The second version of every post for telephones.
    amp: Option<&'static str>,
    /// Pages that list the posts: the theme's file, its file for one item, path, content type.
    listings: &'static [Sheet],
    style: &'static str,
    picture: Option<&'static str>,
    /// How the site writes a day, as chrono formats it.
    day: &'static str,
}

/// A document that lists posts.
struct Sheet {
    path: &'static str,
    frame: &'static str,
    item: &'static str,
    content_type: &'static str,
}

const HTML: &str = "text/html; charset=UTF-8";

const LEDGER: Layout = Layout {
    folder: "ledger",
    post: "/{{slug}}/",
    amp: Some("/{{slug}}/amp/"),
    listings: &[
        Sheet { path: "/", frame: "home.html", item: "home-item.html", content_type: HTML },
        Sheet {
            path: "/feed/",
            frame: "feed.xml",
            item: "feed-item.xml",
            content_type: "application/rss+xml; charset=UTF-8",
        },
        Sheet {
            path: "/news-sitemap.xml",
            frame: "sitemap.xml",
            item: "sitemap-item.xml",
            content_type: "application/xml; charset=UTF-8",
        },
    ],
    style: "/wp-content/themes/quayside/style.css",
    picture: Some("/wp-content/uploads/{{slug}}.svg"),
    day: "%-d %B %Y",
};

const COURIER: Layout = Layout {
    folder: "courier",
    post: "/{{language}}/{{slug}}.html",
    amp: None,
    listings: &[
        Sheet { path: "/", frame: "home.html", item: "home-item.html", content_type: HTML },
        Sheet {
            path: "/atom.xml",
            frame: "feed.xml",
            item: "feed-item.xml",
            content_type: "application/atom+xml; charset=utf-8",
        },
    ],
    style: "/courier.css",
    picture: Some("/bild/{{slug}}.svg"),
    day: "%d.%m.%Y",
};

const OFFICE: Layout = Layout {
    folder: "office",
    post: "/news/{{slug}}",
    amp: None,
    listings: &[
        Sheet { path: "/", frame: "home.html", item: "home-item.html", content_type: HTML },
        Sheet { path: "/news", frame: "home.html", item: "home-item.html", content_type: HTML },
    ],
    style: "/themes/custom/crest/style.css",
    picture: None,
    day: "%-d %B %Y",
};

/// The editions of the Harbour Ledger.
pub(crate) fn ledger(origins: &Origins, opened: DateTime<Utc>) -> Vec<Edition> {
    editions(&LEDGER, &origins.ledger, opened)
}

/// The editions of the Quay Courier.
pub(crate) fn courier(origins: &Origins, opened: DateTime<Utc>) -> Vec<Edition> {
    editions(&COURIER, &origins.courier, opened)
}

/// The editions of the Office of Trade Measures.
pub(crate) fn office(origins: &Origins, opened: DateTime<Utc>) -> Vec<Edition> {
    editions(&OFFICE, &origins.office, opened)
}

/// The source files that watch the three sites: path below the catalogue to text.
pub(crate) fn sources(origins: &Origins) -> BTreeMap<String, String> {
    let words = Words::from([
        ("ledger", origins.ledger.clone()),
        ("courier", origins.courier.clone()),
        ("office", origins.office.clone()),
    ]);
    files("sources/int")
        .into_iter()
        .map(|(name, text)| (format!("int/{name}"), fill(text, &words)))
        .collect()
}

fn editions(layout: &Layout, origin: &str, opened: DateTime<Utc>) -> Vec<Edition> {
    EDITIONS.iter().map(|stage| edition(layout, *stage, origin, opened)).collect()
}

fn edition(layout: &Layout, stage: Stage, origin: &str, opened: DateTime<Utc>) -> Edition {
    let site = Setting { layout, theme: Theme::of(layout), origin, opened };
    let mut posts = posts(layout, stage);
    posts.sort_by_key(Post::age);
    let mut edition = Edition::new();
    for post in &posts {
        site.put_post(&mut edition, post);
    }
    site.put_listings(&mut edition, &posts);
    site.put_furniture(&mut edition);
    edition
}

/// What a theme's holes are filled with.
type Words = BTreeMap<&'static str, String>;

/// Puts words into the holes `{{name}}` of a template; a hole without a word stays as it is.
fn fill(template: &str, words: &Words) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}") {
            Some((name, after)) if words.contains_key(name) => {
                filled.push_str(&words[name]);
                rest = after;
            }
            _ => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The files of a folder: name to text.
fn files(folder: &str) -> BTreeMap<String, &'static str> {
    let Some(folder) = FILES.get_dir(folder) else { return BTreeMap::new() };
    folder
        .files()
        .map(|file| {
            let name = file.path().file_name().expect("a file has a name");
            let text = file.contents_utf8().expect("the newsroom is written in UTF-8");
            (name.to_string_lossy().into_owned(), text)
        })
        .collect()
}

/// One text with its headers.
struct Post {
    slug: String,
    headers: BTreeMap<&'static str, &'static str>,
    body: &'static str,
}

/// The posts of a site at one stage, the later version of a post in the place of the first.
fn posts(layout: &Layout, stage: Stage) -> Vec<Post> {
    let mut texts = files(&format!("{}/posts", layout.folder));
    if stage == Stage::Second {
        texts.extend(files(&format!("{}/later", layout.folder)));
    }
    texts.into_iter().map(|(name, text)| Post::read(&name, text)).collect()
}

impl Post {
    fn read(name: &str, text: &'static str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let headers = head.lines().filter_map(|line| line.split_once(": ")).collect();
        Self { slug: name.trim_end_matches(".html").to_owned(), headers, body }
    }

    fn header(&self, name: &str) -> &'static str {
        self.headers.get(name).copied().unwrap_or_default()
    }

    /// Hours between its publication and the opening of the newsroom.
    fn age(&self) -> i64 {
        self.hours("hours-ago").expect("every post says its age")
    }

    fn hours(&self, name: &str) -> Option<i64> {
        self.headers.get(name)?.parse().ok()
    }

    fn is_listed(&self) -> bool {
        self.header("listed") != "no"
    }

    /// The post of the Ledger that this one reprints.
    fn wire(&self) -> Option<Post> {
        let name = format!("{}.html", self.headers.get("wire")?);
        files("ledger/posts").remove(&name).map(|text| Post::read(&name, text))
    }
}

/// The furniture of a site: file name to text.
struct Theme(BTreeMap<String, &'static str>);

impl Theme {
    fn of(layout: &Layout) -> Self {
        Self(files(&format!("{}/theme", layout.folder)))
    }

    fn file(&self, name: &str) -> &'static str {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// The words around a text in its language: lines `language | key | words`.
    fn words(&self, language: &str) -> Words {
        self.file("words.txt")
            .lines()
            .filter_map(|line| {
                let (of, rest) = line.split_once(" | ")?;
                let (key, words) = rest.split_once(" | ")?;
                (of == language).then(|| (key, words.to_owned()))
            })
            .collect()
    }
}

/// One site at work: its layout and theme, its address and the moment it opened.
struct Setting<'a> {
    layout: &'a Layout,
    theme: Theme,
    origin: &'a str,
    opened: DateTime<Utc>,
}

impl Setting<'_> {
    fn put_post(&self, edition: &mut Edition, post: &Post) {
        let words = self.words(post);
        let modified = self.modified(post);
        let mut put = |path: &str, page: &str, figure: &str| {
            let mut words = words.clone();
            words.insert("body", self.body(post, figure));
            let body = fill(self.theme.file(page), &words);
            let document = Document { content_type: HTML, body, modified };
            edition.insert(fill(path, &words), Resource::Document(document));
        };
        put(&words["path"], "post.html", "picture.html");
        if let Some(path) = self.layout.amp {
            put(path, "amp.html", "picture-amp.html");
            // The short address that WordPress gives every post as its guid.
            let to = words["url"].clone();
            edition.insert(format!("/?p={}", words["number"]), Resource::Moved { to });
        }
        if let Some(path) = self.layout.picture {
            let picture = self.document("image/svg+xml", self.theme.file("picture.svg"));
            edition.insert(fill(path, &words), picture);
        }
    }

    fn put_listings(&self, edition: &mut Edition, posts: &[Post]) {
        let updated = posts.iter().map(|post| self.modified(post)).max().unwrap_or(self.opened);
        for sheet in self.layout.listings {
            let mut words = self.site_words();
            words.insert("items", self.items(sheet, posts));
            words.insert("updated", rfc3339(updated));
            let body = fill(self.theme.file(sheet.frame), &words);
            let document = Document { content_type: sheet.content_type, body, modified: updated };
            edition.insert(sheet.path.to_owned(), Resource::Document(document));
        }
    }

    /// One item a post, or one for each of the clothes in which the site's feed shows it.
    fn items(&self, sheet: &Sheet, posts: &[Post]) -> String {
        let mut items = String::new();
        for post in posts.iter().filter(|post| post.is_listed()) {
            let mut words = self.words(post);
            let clothes = match post.header("feed-as") {
                _ if sheet.frame != "feed.xml" => "plain",
                "" => "tracking",
                several => several,
            };
            for clothes in clothes.split(' ') {
                words.insert("clothes", self.clothes(clothes, post));
                items.push_str(&fill(self.theme.file(sheet.item), &words));
            }
        }
        items
    }

    /// What follows a post's address in the feed.
    fn clothes(&self, name: &str, post: &Post) -> String {
        match name {
            "amp" => "amp/".to_owned(),
            "tracking" => {
                format!("?utm_source=rss&amp;utm_medium=rss&amp;utm_campaign={}", post.slug)
            }
            _ => String::new(),
        }
    }

    fn put_furniture(&self, edition: &mut Edition) {
        let words = self.site_words();
        let robots = fill(self.theme.file("robots.txt"), &words);
        edition.insert("/robots.txt".to_owned(), self.document("text/plain", &robots));
        let style = self.document("text/css", self.theme.file("style.css"));
        edition.insert(self.layout.style.to_owned(), style);
    }

    fn document(&self, content_type: &'static str, body: &str) -> Resource {
        let modified = self.opened - TimeDelta::days(90);
        Resource::Document(Document { content_type, body: body.to_owned(), modified })
    }

    fn site_words(&self) -> Words {
        let origin = Words::from([("origin", self.origin.to_owned())]);
        let menu = fill(self.theme.file("menu.html"), &origin);
        Words::from([("origin", self.origin.to_owned()), ("menu", menu)])
    }

    fn words(&self, post: &Post) -> Words {
        let published = self.published(post);
        let mut words = self.site_words();
        words.extend(self.theme.words(post.header("language")));
        for name in ["title", "author", "section", "language", "alt", "picture"] {
            words.insert(name, post.header(name).to_owned());
        }
        words.insert("slug", post.slug.clone());
        words.insert("section-slug", slug(post.header("section")));
        words.insert("author-slug", slug(post.header("author")));
        words.insert("number", (1000 + post.age()).to_string());
        words.insert("published", rfc3339(published));
        words.insert("published-mail", published.to_rfc2822());
        words.insert("published-day", published.format(self.layout.day).to_string());
        words.insert("modified", rfc3339(self.modified(post)));
        words.insert("tags", self.tags(post));
        words.insert("more", self.more(post));
        words.insert("lead", lead(post.wire().as_ref().unwrap_or(post).body).to_owned());
        let path = match post.header("path") {
            "" => fill(self.layout.post, &words),
            path => path.to_owned(),
        };
        words.insert("url", format!("{}{path}", self.origin));
        words.insert("path", path);
        words
    }

    fn published(&self, post: &Post) -> DateTime<Utc> {
        self.opened - TimeDelta::hours(post.age())
    }

    fn modified(&self, post: &Post) -> DateTime<Utc> {
        let hours = post.hours("modified-hours-ago").unwrap_or(post.age());
        self.opened - TimeDelta::hours(hours)
    }

    /// The text with its pictures in place, each numbered as the theme counts them; a reprint ends
    /// with a line that says where it came from.
    fn body(&self, post: &Post, figure: &str) -> String {
        let wire = post.wire();
        let text = wire.as_ref().unwrap_or(post).body.trim_end();
        let mut words = self.words(post);
        let mut body = String::with_capacity(text.len());
        for (index, part) in text.split("{{figure}}\n").enumerate() {
            if 0 < index {
                words.insert("count", (FIRST_FIGURE + index - 1).to_string());
                body.push_str(&fill(self.theme.file(figure), &words));
            }
            body.push_str(part);
        }
        if wire.is_some() {
            body.push_str(self.theme.file("agency.html"));
        }
        body
    }

    fn tags(&self, post: &Post) -> String {
        let link = |tag: &str| {
            format!("<a href=\"{}/tag/{}/\" rel=\"tag\">{tag}</a>", self.origin, slug(tag))
        };
        post.header("tags").split(", ").map(link).collect::<Vec<_>>().join(", ")
    }

    /// The headlines of the site's other posts in the same language.
    fn more(&self, post: &Post) -> String {
        posts(self.layout, Stage::First)
            .iter()
            .filter(|other| other.slug != post.slug)
            .take(4)
            .map(|other| {
                let words = Words::from([
                    ("slug", other.slug.clone()),
                    ("language", other.header("language").to_owned()),
                ]);
                let path = fill(self.layout.post, &words);
                format!("<li><a href=\"{}{path}\">{}</a></li>", self.origin, other.header("title"))
            })
            .collect()
    }
}

fn rfc3339(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Words as they stand in an address: `Home loan` becomes `home-loan`.
fn slug(words: &str) -> String {
    words.to_lowercase().replace(' ', "-")
}

/// The first paragraph of a text.
fn lead(body: &str) -> &str {
    body.split_once("<p>")
        .and_then(|(_, rest)| rest.split_once("</p>"))
        .map_or("", |(lead, _)| lead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_plain_enough_for_html_xml_and_json() {
        for layout in [&LEDGER, &COURIER, &OFFICE] {
            let posts = posts(layout, Stage::Second);
            assert!(!posts.is_empty(), "{}", layout.folder);
            for post in posts {
                for (name, value) in &post.headers {
                    assert!(!value.contains(['<', '>', '&', '"', '\\']), "{}: {name}", post.slug);
                }
                for name in ["title", "section", "language", "hours-ago"] {
                    assert!(post.headers.contains_key(name), "{}: no {name}", post.slug);
                }
            }
        }
    }

    #[test]
    fn no_hole_is_left_open() {
        let origins = Origins {
            ledger: "http://127.0.0.1:1".into(),
            courier: "http://127.0.0.1:2".into(),
            office: "http://127.0.0.1:3".into(),
        };
        let opened = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let papers = [ledger, courier, office].map(|paper| paper(&origins, opened));
        for (path, resource) in papers.iter().flatten().flatten() {
            let Resource::Document(document) = resource else { continue };
            let hole = document.body.split_once("{{").map(|(_, after)| after.lines().next());
            assert_eq!(hole, None, "{path}");
            assert!(!path.contains("{{"), "{path}");
        }
        assert!(sources(&origins).values().all(|text| !text.contains("{{")));
    }

    #[test]
    fn filling_is_one_pass() {
        let words = Words::from([("a", "{{b}}".to_owned()), ("b", "2".to_owned())]);
        for (template, expected) in [
            ("{{a}} {{b}}", "{{b}} 2"),
            ("{{c}} {{ {{b}}", "{{c}} {{ 2"),
            ("{{", "{{"),
            ("no hole", "no hole"),
        ] {
            assert_eq!(fill(template, &words), expected, "{template:?}");
        }
    }
}
