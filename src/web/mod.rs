//! HTTP servers: the service's own pages and callbacks, and the newsroom of the demo.

mod health;
mod hooks;
mod metrics;
pub mod newsroom;
pub mod pages;
mod signature;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::jobs::heart::Heart;
use crate::store::Store;
use crate::web::metrics::Meter;
use crate::web::pages::Pages;

/// Most bytes of a request that a page reads; a form of ours has a few hundred. Hubs send whole
/// feeds and have a limit of their own.
const BODY_MAX: usize = 64 << 10;
/// Longest time for one answer.
const ANSWER: Duration = Duration::from_secs(15);
/// How long open connections have to end when we stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// What every page and callback may use; clones share it.
#[derive(Debug, Clone)]
pub struct App {
    pub store: Store,
    pub clock: Clock,
    /// Where the world reaches us, without a slash at the end.
    pub public_url: Option<Arc<str>>,
    /// Beats while the crawl moves.
    pub heart: Heart,
    /// What subscribers use; none where there is no address for it.
    pub pages: Option<Pages>,
}

/// Serves everything that the world may see, until `stop`.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> io::Result<()> {
    // One line for each file of pages.
    let mut all = Router::new().merge(hooks::router()).merge(health::router());
    if let Some(pages) = app.pages.clone() {
        all = all.merge(pages::router(pages));
    }
    answer(listener, limited(all).with_state(app), stop).await
}

/// Serves what only the operator may see, until `stop`: figures, with the age of the newest copy of
/// the database in `backups`, and whether work gets done.
///
/// # Errors
/// When the listener fails.
pub async fn serve_metrics(
    listener: TcpListener,
    app: App,
    backups: PathBuf,
    stop: CancellationToken,
) -> io::Result<()> {
    let meter = Meter { app: app.clone(), backups };
    let pages = health::router().merge(metrics::router(meter));
    answer(listener, limited(pages).with_state(app), stop).await
}

/// The pages with what holds for all: limits on size and time, and errors a person can read.
fn limited(pages: Router<App>) -> Router<App> {
    pages
        .fallback(async || (StatusCode::NOT_FOUND, "There is nothing at this address.\n"))
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, "This address does not take such a request.\n")
        })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn(in_time))
}

async fn in_time(request: Request, next: Next) -> Response {
    match timeout(ANSWER, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let said = "This took too long. Please try again in a moment.\n";
            (StatusCode::SERVICE_UNAVAILABLE, said).into_response()
        }
    }
}

async fn answer(listener: TcpListener, pages: Router, stop: CancellationToken) -> io::Result<()> {
    let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
    let server =
        axum::serve(listener, pages).with_graceful_shutdown(stop.clone().cancelled_owned());
    let overdue = async {
        stop.cancelled().await;
        sleep(PATIENCE).await;
    };
    tokio::select! {
        ended = server.into_future() => ended,
        // Somebody holds a connection open; nobody waits for that.
        () = overdue => Ok(()),
    }
}
