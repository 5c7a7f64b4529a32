//! Starts the jobs, tells systemd, stops in order.

use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::jobs::crawl::Crawler;
use crate::jobs::send_mail;
use crate::jobs::sync_lists::ListSync;
use crate::lists::ListSource;
use crate::mail::Mailer;
use crate::model::source::Source;
use crate::web::{self, App};

/// Official lists to look at, and the one who looks.
#[derive(Debug)]
pub struct ListWatch {
    pub sync: ListSync,
    pub lists: Vec<ListSource>,
}

/// Runs until SIGTERM or SIGINT: visits sources and official lists when they are due, sends what
/// waits, and answers the world where there is a `door` for it.
///
/// Order of stopping: no new claims; visits finish the page they are on and record themselves;
/// then the sender finishes the mails it holds; then the database is settled.
///
/// # Errors
/// When another process crawls with this database, or a job ends although nobody stopped it.
pub async fn run(
    crawler: Crawler,
    mailer: Mailer,
    sources: Vec<Arc<Source>>,
    watch: ListWatch,
    door: Option<TcpListener>,
) -> anyhow::Result<()> {
    let stop = crawler.stop.clone();
    let lock = crawler.store.lock_crawl().await?;
    let tracker = TaskTracker::new();
    let stop_sending = CancellationToken::new();
    let mut crawling = tracker.spawn({
        let crawler = crawler.clone();
        async move { crawler.crawl_when_due(&sources).await }
    });
    let mut syncing = tracker.spawn(watch.sync.run(watch.lists));
    let mut settling = tracker.spawn(crawler.story_settling().run());
    let mut sending = tracker.spawn(send_mail::run(
        crawler.store.clone(),
        mailer,
        crawler.clock.clone(),
        Arc::clone(&crawler.mail_waiting),
        stop_sending.clone(),
    ));
    let mut answering = tracker.spawn(answer(door, crawler.clone()));
    tracker.close();
    tell_systemd(&[sd_notify::NotifyState::Ready]);
    tracing::info!(database = %crawler.store.path().display(), "started");

    let ended = tokio::select! {
        signal = stopped_by_signal() => signal,
        () = stop.cancelled() => Ok(()),
        ended = &mut crawling => ended.context("the crawl panicked")?.context("the crawl failed"),
        ended = &mut syncing => ended.context("the sync of lists panicked")?.context("the sync of lists failed"),
        ended = &mut settling => ended.context("the settling of stories panicked")?.context("the settling of stories failed"),
        ended = &mut answering => ended.context("the web server panicked")?.context("the web server failed"),
        ended = &mut sending => ended.context("the sender panicked"),
    };
    tell_systemd(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("stopping: pages and mails under way are finished first");
    stop.cancel();
    if !crawling.is_finished() {
        crawling.await.context("the crawl panicked")?.context("the crawl failed")?;
    }
    if !syncing.is_finished() {
        syncing.await.context("the sync of lists panicked")?.context("the sync of lists failed")?;
    }
    stop_sending.cancel();
    tracker.wait().await;
    crawler.store.settle().await?;
    drop(lock);
    tracing::info!("stopped");
    ended
}

/// Serves pages and callbacks until stopped; without a listener it only waits for that.
async fn answer(listener: Option<TcpListener>, crawler: Crawler) -> std::io::Result<()> {
    let Crawler { store, clock, public_url, heart, stop, .. } = crawler;
    match listener {
        Some(listener) => web::serve(listener, App { store, clock, public_url, heart }, stop).await,
        None => {
            stop.cancelled().await;
            Ok(())
        }
    }
}

/// Waits for SIGTERM (systemd) or SIGINT (Ctrl-C), whichever comes first.
pub async fn stopped_by_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Does nothing where no NOTIFY_SOCKET is set; a socket that does not answer is worth a line.
fn tell_systemd(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd does not answer on its notify socket");
    }
}
