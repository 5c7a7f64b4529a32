//! The callbacks that hubs call (W3C WebSub § 5.3 and § 7): verification and notification.
//!
//! Nothing a hub sends is stored or trusted: a signed notification makes its source due, and the
//! crawl asks the feed itself.

use std::collections::HashMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use chrono::TimeDelta;
use tokio::time::timeout;

use crate::store;
use crate::web::{App, signature};

/// Most bytes of a notification; it carries at most the feed.
const BODY_MAX: usize = 2 << 20;
/// Longest time for a notification to come in.
const PATIENCE: Duration = Duration::from_secs(5);
/// The lease where a hub names none, and bounds for one that it names, in seconds.
const LEASE_USUAL: i64 = 10 * 24 * 60 * 60;
const LEASE_LEAST: i64 = 5 * 60;
const LEASE_MOST: i64 = 30 * 24 * 60 * 60;

/// The callbacks' addresses.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/websub/{token}", get(verify).post(notify))
}

/// The hub asks whether we meant it; the challenge is echoed only where we did.
async fn verify(
    State(app): State<App>,
    Path(token): Path<String>,
    Query(mut query): Query<HashMap<String, String>>,
) -> Result<String, StatusCode> {
    let mut given = |key: &str| query.remove(key);
    let topic = given("hub.topic").ok_or(StatusCode::NOT_FOUND)?;
    let (known, answer) = match given("hub.mode").as_deref() {
        Some("subscribe") => {
            let challenge = given("hub.challenge").ok_or(StatusCode::NOT_FOUND)?;
            let lease = lease(given("hub.lease_seconds").as_deref());
            let now = app.clock.now();
            (app.store.hub_verified(token, topic, lease, now).await, challenge)
        }
        Some("denied") => (app.store.hub_denied(token, topic).await, String::new()),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    match known {
        Ok(true) => Ok(answer),
        Ok(false) => Err(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!(%error, "the answer of a hub could not be stored");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// The hub has news. The answer is the same whether we believe it or not.
async fn notify(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    if let Err(error) = take(&app, token, &headers, body).await {
        tracing::error!(%error, "the notification of a hub could not be stored");
    }
    StatusCode::ACCEPTED
}

/// Makes the source due if the notification is whole and signed.
async fn take(app: &App, token: String, headers: &HeaderMap, body: Body) -> store::Result<()> {
    let now = app.clock.now();
    // Of a stranger, nothing is read.
    let Some(secret) = app.store.hub_secret(token.clone(), now).await? else { return Ok(()) };
    let Some(Ok(header)) = headers.get("x-hub-signature").map(|value| value.to_str()) else {
        return Ok(());
    };
    let Ok(Ok(body)) = timeout(PATIENCE, to_bytes(body, BODY_MAX)).await else {
        return Ok(());
    };
    if signature::is_valid(header, &secret, &body) {
        app.store.hub_notified(token, now).await?;
    }
    Ok(())
}

fn lease(seconds: Option<&str>) -> TimeDelta {
    let seconds = seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(LEASE_USUAL);
    TimeDelta::seconds(seconds.clamp(LEASE_LEAST, LEASE_MOST))
}
