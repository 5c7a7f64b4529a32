//! What a digest's mail leads to: all of a digest that was cut, and our copies of articles. Both can be
//! read by whoever has the link; neither shows an address.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::DateTime;

use crate::digest::{self, DigestPage};
use crate::model::article::{Block, BlockKind};
use crate::store::{self, StoredArticle};
use crate::tokens::Right;
use crate::web::pages::trial::moment;
use crate::web::pages::{Pages, Trouble, page};

#[derive(Template)]
#[template(path = "pages/digest.html")]
struct WholePage {
    digest: DigestPage,
}

pub(crate) async fn show_digest(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "digest", pages.clock.now()).await?;
    let Right::Digest { due, interest } = bearer.right else { return Err(Trouble::Void) };
    let due = DateTime::from_timestamp_millis(due).ok_or(Trouble::Void)?;
    let whole = pages.store.whole_digest(bearer.id(), due, interest).await?;
    let digest = serde_json::from_str(&whole.ok_or(Trouble::Void)?).map_err(|_| {
        let value = format!("a digest for interest {interest}");
        Trouble::Store(store::Error::Corrupt { value, expected: "a digest in words" })
    })?;
    Ok(page(StatusCode::OK, &WholePage { digest }))
}

#[derive(Template)]
#[template(path = "pages/copy.html")]
struct CopyPage {
    title: String,
    /// Source, byline and day.
    details: String,
    /// When the text that is shown was first seen.
    read: String,
    /// Of the original, where it is a web address.
    url: Option<String>,
    /// Since when the original is gone; empty where it is there.
    gone: String,
    incomplete: bool,
    language: String,
    direction: &'static str,
    blocks: Vec<Block>,
}

impl CopyPage {
    fn is_heading(block: &Block) -> bool {
        matches!(block.kind, BlockKind::Heading { .. })
    }

    /// Whether its line breaks count.
    fn is_as_written(block: &Block) -> bool {
        matches!(block.kind, BlockKind::Table | BlockKind::Code)
    }
}

pub(crate) async fn show_copy(
    State(pages): State<Pages>,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let bearer = pages.bearer(&token, "copy", pages.clock.now()).await?;
    let Right::Copy(article) = bearer.right else { return Err(Trouble::Void) };
    let article = pages.store.article(article).await?.ok_or(Trouble::Void)?;
    Ok(page(StatusCode::OK, &view(article, bearer.known.subscriber.zone)))
}

fn view(article: StoredArticle, zone: chrono_tz::Tz) -> CopyPage {
    let is_web = article.url.starts_with("https://") || article.url.starts_with("http://");
    let language = article.language.unwrap_or_default();
    let published = article.published.map(|stamp| stamp.to_string());
    let mut details = vec![article.source.0];
    details.extend(article.byline);
    details.extend(published);
    CopyPage {
        title: article.title,
        details: details.join(" · "),
        read: moment(article.changed, zone),
        url: is_web.then_some(article.url),
        gone: article.gone.map(|at| moment(at, zone)).unwrap_or_default(),
        incomplete: article.incomplete,
        direction: digest::direction(&language),
        language,
        blocks: article.blocks,
    }
}
