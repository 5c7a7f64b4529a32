//! The pages that subscribers use: subscribe, confirm, settings, mute, leave; and what a digest leads to.
//!
//! They work without scripts and set no cookie. What a visitor may do is signed into the address of
//! the page (`tokens`). GET changes nothing, whatever opens the links of a mail; POST does. Nothing
//! here tells a stranger whether an address is subscribed.

mod answers;
mod archive;
mod bearer;
mod form;
mod interest_form;
mod places;
mod reasons;
mod settings;
mod subscribe;
mod trial;
mod visitors;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::jobs::crawl::Crawler;
use crate::model::network::Network;
use crate::model::subscriber::Email;
use crate::store::{self, Choices, Store};
use crate::tokens::{BadToken, Links};
use crate::web::App;
use crate::web::pages::visitors::Visitors;

/// What is said where a network has asked too often.
const TOO_OFTEN: &str = "too many requests came from your network; try again in an hour";
/// How long what the form offers is kept.
const CHOICES_KEPT: TimeDelta = TimeDelta::minutes(10);
/// Nothing from elsewhere, no script, no frame; forms go to us alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What the form offers, and when that was read.
type Kept = (DateTime<Utc>, Arc<Choices>);

/// What the pages need; clones share it.
#[derive(Debug, Clone)]
pub struct Pages {
    store: Store,
    clock: Clock,
    links: Arc<Links>,
    /// The address mails come from.
    sender: Email,
    mail_waiting: Arc<Notify>,
    alert_age: TimeDelta,
    /// Proxies whose word on where a request comes from is taken.
    trusted: Arc<[Network]>,
    visitors: Arc<Visitors>,
    choices: Arc<Mutex<Option<Kept>>>,
}

impl Pages {
    /// The pages of a service; none where it has no address to sign links for. A proxy on this
    /// machine is trusted, and so are those in `trusted`.
    pub fn of(crawler: &Crawler, trusted: &[Network]) -> Option<Self> {
        Some(Self {
            store: crawler.store.clone(),
            clock: crawler.clock.clone(),
            links: crawler.links.clone()?,
            sender: crawler.settings.sender.clone(),
            mail_waiting: Arc::clone(&crawler.mail_waiting),
            alert_age: crawler.settings.alert_age,
            trusted: trusted.into(),
            visitors: Arc::default(),
            choices: Arc::default(),
        })
    }

    /// Whether pages of other settings would be the same.
    pub fn is_like(&self, other: &Self) -> bool {
        self.trusted == other.trusted
            && self.sender == other.sender
            && self.alert_age == other.alert_age
    }

    /// What the form offers to choose from.
    async fn choices(&self, now: DateTime<Utc>) -> store::Result<Arc<Choices>> {
        let kept = self.choices.lock().expect("a value is put or taken").clone();
        if let Some((since, choices)) = kept
            && now < since + CHOICES_KEPT
        {
            return Ok(choices);
        }
        let choices = Arc::new(self.store.choices().await?);
        let fresh = Some((now, Arc::clone(&choices)));
        *self.choices.lock().expect("a value is put or taken") = fresh;
        Ok(choices)
    }
}

/// The routes.
pub(crate) fn router(pages: Pages) -> Router<App> {
    Router::new()
        .route("/", get(subscribe::show))
        .route("/subscribe", get(subscribe::show).post(subscribe::take))
        .route("/sent", get(subscribe::sent))
        .route("/link", get(subscribe::show_link).post(subscribe::take_link))
        .route("/confirm/{token}", get(answers::show_confirm).post(answers::confirm))
        .route("/leave/{token}", get(answers::show_leave).post(answers::leave))
        .route("/mute/{token}", get(answers::show_mute).post(answers::mute))
        .route("/digest/{token}", get(archive::show_digest))
        .route("/copy/{token}", get(archive::show_copy))
        .route("/settings/{token}", get(settings::show))
        .route("/settings/{token}/you", post(settings::change_you))
        .route("/settings/{token}/unmute", post(settings::unmute))
        .route(
            "/settings/{token}/interest/{id}",
            get(settings::show_interest).post(settings::put_interest),
        )
        .route("/settings/{token}/interest/{id}/remove", post(settings::drop_interest))
        .route("/settings/{token}/why", get(reasons::show))
        .route("/settings/{token}/export", get(settings::export))
        .route("/settings/{token}/leave", post(settings::leave))
        .route("/settings/{token}/erase", get(settings::show_erase).post(settings::erase))
        .route("/style.css", get(style))
        .layer(from_fn_with_state(pages.clone(), at_the_door))
        .layer(from_fn(with_headers))
        .with_state(pages)
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller(Network);

/// Finds out who calls, and turns away forms that another site sends in a visitor's name.
async fn at_the_door(
    State(pages): State<Pages>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    mut request: Request,
    next: Next,
) -> Response {
    // A server that does not say who calls treats all as one.
    let unknown = IpAddr::from([0, 0, 0, 0]);
    let peer = peer.map_or(unknown, |Extension(ConnectInfo(peer))| peer.ip());
    let caller = visitors::caller(peer, request.headers(), &pages.trusted);
    request.extensions_mut().insert(Caller(Network::around(caller)));
    // Mailbox providers end subscriptions from wherever they are (RFC 8058).
    let is_leave = request.uri().path().starts_with("/leave/");
    if request.method() == Method::POST
        && !is_leave
        && is_foreign(request.headers(), pages.links.home())
    {
        return Trouble::Foreign.into_response();
    }
    next.run(request).await
}

/// Whether a form was sent by a page of another site. Browsers say so; other programs say nothing.
fn is_foreign(headers: &HeaderMap, home: &str) -> bool {
    let said = |name: HeaderName| headers.get(name).map(HeaderValue::as_bytes);
    if let Some(site) = said(HeaderName::from_static("sec-fetch-site")) {
        return site != b"same-origin" && site != b"none";
    }
    // Without a referrer, the origin of a page's own form is `null`.
    let origin = home.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    said(ORIGIN).is_some_and(|from| from != b"null" && from != origin.as_bytes())
}

async fn with_headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (is_style, is_open) = (path == "/style.css", path == "/" || path == "/subscribe");
    let mut response = next.run(request).await;
    let mut set =
        |name, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(REFERRER_POLICY, "no-referrer");
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(CACHE_CONTROL, if is_style { "public, max-age=3600" } else { "no-store" });
    if !is_open {
        set(HeaderName::from_static("x-robots-tag"), "noindex");
    }
    response
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css")).into_response()
}

/// A page with its status.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Response {
    let html = page.render().expect("a template writes into a string, which cannot fail");
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// On to another page, which is asked for with GET.
pub(crate) fn go(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Link(#[from] BadToken),
    #[error("the link is void: a newer one was asked for, or what it belongs to is gone")]
    Void,
    #[error("mails to the address came back since the link was made")]
    CameBack,
    #[error("there is no such interest")]
    NoInterest,
    #[error("another site sent this form")]
    Foreign,
    #[error(transparent)]
    Store(#[from] store::Error),
}

#[derive(Template)]
#[template(path = "pages/trouble.html")]
struct TroublePage {
    title: &'static str,
    said: &'static str,
    /// Whether a new link would help.
    link: bool,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, title, said, link) = match &self {
            Trouble::Link(BadToken::Broken) => (
                StatusCode::NOT_FOUND,
                "This link is not whole",
                "Part of the address is missing or changed. Open the link in the mail again, or copy \
                 all of it: some mail programs break it over two lines.",
                true,
            ),
            Trouble::Link(BadToken::Expired) => (
                StatusCode::GONE,
                "This link has expired",
                "Links from mails hold for a time only. Nothing was changed.",
                true,
            ),
            Trouble::Void => (
                StatusCode::GONE,
                "This link no longer holds",
                "There is a newer mail with a newer link, or what it belongs to is gone. Nothing was \
                 changed.",
                true,
            ),
            Trouble::CameBack => (
                StatusCode::GONE,
                "This link no longer holds",
                "Since it was made, a mail to this address came back or was reported as unwanted, and \
                 nothing more is sent there. A new link shows that mails arrive again.",
                true,
            ),
            Trouble::NoInterest => (
                StatusCode::NOT_FOUND,
                "There is no such interest",
                "It may have been removed in another window.",
                false,
            ),
            Trouble::Foreign => (
                StatusCode::FORBIDDEN,
                "This form was sent by another site",
                "So nothing was done. If you meant it, open the page here and send the form again.",
                false,
            ),
            Trouble::Store(error) => {
                tracing::error!(%error, "a page could not read or write the database");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something went wrong here",
                    "The fault is ours, and its cause is noted. Please try again in a few minutes.",
                    false,
                )
            }
        };
        page(status, &TroublePage { title, said, link })
    }
}
