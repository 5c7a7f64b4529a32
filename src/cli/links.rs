//! `links`: the links a listing announces, JSON lines in and out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::{Exit, lines};
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::{JsonPaths, Link, Listing, ListingKind, NextPage, Paging, Pattern};
use crate::parse::listing::{self, Listed, ListingError};

/// Print the links that a feed, sitemap, index page or JSON document announces
///
/// Reads JSON lines from standard input and answers each with one line, in order:
///   {"id","url","path"|"body","kind":"feed"|"sitemap"|"index"|"json"|"home",
///    "selector"?,"paths"?,"next"?}
///   → {"id","links":[{"url","title","published","summary"?}],"sitemaps"?,"feed"?,"next"?,
///      "notes"}
///
/// `url` is where the document comes from, `path` a file (which may be gzip-compressed), `selector`
/// the CSS selector of an index page's links, `paths` the dotted paths of a JSON document
/// ({"items","link","title"?,"published"?,"summary"?}). `include` and `exclude` are lists of address
/// patterns. A line that cannot be answered gives {"id","error"}; the others go on.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> anyhow::Result<Exit> {
    lines::answer_standard_input(answer)
}

/// One line of input.
#[derive(Debug, Deserialize)]
struct Question {
    id: Value,
    url: String,
    path: Option<PathBuf>,
    body: Option<String>,
    /// The `Content-Type` the document was served with.
    content_type: Option<String>,
    kind: Kind,
    selector: Option<String>,
    paths: Option<Paths>,
    /// Where the listing goes on: a selector for an index page, a dotted path for JSON.
    next: Option<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Feed,
    Sitemap,
    Index,
    Json,
    Home,
    Page,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paths {
    items: String,
    link: String,
    title: Option<String>,
    published: Option<String>,
    summary: Option<String>,
}

/// One line of output.
#[derive(Debug, Default, Serialize)]
struct Answer {
    id: Value,
    links: Vec<AnswerLink>,
    /// Further sitemaps that a sitemap index names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sitemaps: Vec<String>,
    /// The feed that a home page declares.
    #[serde(skip_serializing_if = "Option::is_none")]
    feed: Option<String>,
    /// The document in which the listing goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AnswerLink {
    /// Null for an entry that gives no address.
    url: Option<String>,
    title: String,
    published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
}

fn answer(mut question: Question) -> anyhow::Result<Answer> {
    let fetched = Fetched {
        requested: question.url.clone(),
        url: question.url.clone(),
        redirects: Vec::new(),
        status: 200,
        content_type: question.content_type.take(),
        validators: Validators::default(),
        body: read_body(question.path.as_deref(), question.body.take())?,
        // Nothing that is read from a listing depends on when it came.
        at: DateTime::UNIX_EPOCH,
        served: None,
    };
    let id = question.id.take();
    let listing = read_listing(question)?;
    let listed = match listing::links(&listing, &fetched) {
        Ok(listed) => listed,
        // A document that lists nothing is an answer, if a poor one.
        Err(error @ ListingError::Empty { .. }) => {
            let notes = vec![error.to_string()];
            return Ok(Answer { id, notes, ..Answer::default() });
        }
        Err(error) => return Err(error.into()),
    };
    let Listed { links, sitemaps, feed, next, unaddressed, notes, .. } = listed;
    let links = links.into_iter().chain(unaddressed).map(AnswerLink::from).collect();
    let notes = notes.into_iter().map(|note| note.text).collect();
    Ok(Answer { id, links, sitemaps, feed, next, notes })
}

fn read_body(path: Option<&Path>, body: Option<String>) -> anyhow::Result<Vec<u8>> {
    match (path, body) {
        (Some(path), None) => {
            fs::read(path).with_context(|| format!("cannot read {}", path.display()))
        }
        (None, Some(body)) => Ok(body.into_bytes()),
        _ => anyhow::bail!("a line needs either \"path\" or \"body\""),
    }
}

fn read_listing(question: Question) -> anyhow::Result<Listing> {
    let kind = match question.kind {
        Kind::Feed => ListingKind::Feed,
        Kind::Sitemap => ListingKind::Sitemap,
        Kind::Home => ListingKind::Home,
        Kind::Page => ListingKind::Page,
        Kind::Index => {
            let selector = question.selector.unwrap_or_default();
            ensure!(!selector.is_empty(), "kind \"index\" needs a \"selector\", such as \"h2 a\"");
            ListingKind::Index { selector }
        }
        Kind::Json => {
            let paths = question.paths.context(
                "kind \"json\" needs \"paths\", such as {\"items\": \"results\", \"link\": \"url\"}",
            )?;
            ListingKind::Json(JsonPaths {
                items: paths.items,
                link: paths.link,
                title: paths.title,
                published: paths.published,
                summary: paths.summary,
            })
        }
    };
    let paging = question.next.and_then(|next| {
        let next = match kind {
            ListingKind::Index { .. } => NextPage::Selector(next),
            ListingKind::Json(_) => NextPage::Path(next),
            _ => return None,
        };
        Some(Paging { next, most: 2 })
    });
    Ok(Listing {
        url: question.url,
        kind,
        paging,
        include: question.include.into_iter().map(Pattern).collect(),
        exclude: question.exclude.into_iter().map(Pattern).collect(),
    })
}

impl From<Link> for AnswerLink {
    fn from(link: Link) -> AnswerLink {
        AnswerLink {
            url: Some(link.url).filter(|url| !url.is_empty()),
            title: link.title,
            published: link.published.map(|stamp| stamp.to_string()),
            summary: link.summary,
        }
    }
}
