//! What those who watch the service ask: is it alive, is it ready.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::time::Instant;

use crate::web::App;

/// A crawl that gave no sign of life for so long stands still. One slow source after the other may
/// take minutes; nothing takes this long.
const STANDSTILL: Duration = Duration::from_mins(30);

/// The addresses of this file.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// The program answers; nothing else is asked.
async fn alive() -> &'static str {
    "alive\n"
}

/// Whether work gets done: the database takes writes, its schema is ours, the crawl moves. Says
/// what does not, a line each.
async fn ready(State(app): State<App>) -> (StatusCode, String) {
    let mut faults = Vec::new();
    if let Err(error) = app.store.beat(app.clock.now()).await {
        faults.push(format!("the database cannot be written: {error}"));
    }
    match app.store.schema_version().await {
        Ok(version) if version.is_current() => {}
        Ok(version) => faults.push(version.to_string()),
        Err(error) => faults.push(format!("the database cannot be read: {error}")),
    }
    let still = app.heart.still_for(Instant::now());
    if STANDSTILL < still {
        faults.push(format!("the crawl stands still for {} minutes", still.as_secs() / 60));
    }
    match faults.is_empty() {
        true => (StatusCode::OK, "ready\n".to_owned()),
        false => (StatusCode::SERVICE_UNAVAILABLE, faults.join("\n") + "\n"),
    }
}
