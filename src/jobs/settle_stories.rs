//! Recent reports seen together: stories that turn out to be one are merged, and changes of official
//! lists join the stories that tell of them.
//!
//! Each decision is a short transaction of its own, so that commits never wait for it; a kill leaves the
//! rest to the next pass.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::jobs::crawl::Crawler;
use crate::store::{self, Merger, RecentReport, Store};
use crate::stories::{self, Report, Told};

/// Reports this old are settled: similarity fades within two days.
const REACH: TimeDelta = TimeDelta::days(6);
/// Changes of lists are looked for in stories this old.
const CHANGE_REACH: TimeDelta = TimeDelta::days(14);
/// Reports settled at once: two thousand take some tenths of a second and 16 MB.
const REPORTS_MOST: usize = 2_000;
/// Pause between two passes.
const PAUSE: Duration = Duration::from_mins(15);

/// What settles stories; clones share it.
#[derive(Debug, Clone)]
pub struct StorySettling {
    pub store: Store,
    pub clock: Clock,
    /// Cancelled to stop: the decision under way is finished first.
    pub stop: CancellationToken,
}

impl Crawler {
    /// The settling of the stories this crawler fills.
    pub fn story_settling(&self) -> StorySettling {
        StorySettling {
            store: self.store.clone(),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
        }
    }
}

impl StorySettling {
    /// Settles from time to time until stopped. Where the database fails, the next time will do.
    ///
    /// # Errors
    /// Never.
    pub async fn run(self) -> store::Result<()> {
        let mut settled: Vec<(i64, i64)> = Vec::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.stop.cancelled() => return Ok(()),
            }
            if let Err(error) = self.settle_what_changed(&mut settled).await {
                tracing::error!(%error, "stories cannot be settled; it is tried again");
            }
        }
    }

    async fn settle_what_changed(&self, settled: &mut Vec<(i64, i64)>) -> store::Result<()> {
        let reports = self.recent().await?;
        let now: Vec<(i64, i64)> = reports.iter().map(|it| (it.article, it.story)).collect();
        if now != *settled {
            self.settle(reports).await?;
            *settled = now;
        }
        self.join_changes().await
    }

    /// One pass; how many stories were merged into others.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn once(&self) -> store::Result<usize> {
        let merged = self.settle(self.recent().await?).await?;
        self.join_changes().await?;
        Ok(merged)
    }

    async fn recent(&self) -> store::Result<Vec<RecentReport>> {
        self.store.recent_reports(self.clock.now() - REACH, REPORTS_MOST).await
    }

    async fn settle(&self, reports: Vec<RecentReport>) -> store::Result<usize> {
        let pairs = spawn_blocking(move || merges(&reports)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "stories could not be settled");
            Vec::new()
        });
        let mut merged = 0;
        for (one, other) in pairs {
            if self.stop.is_cancelled() {
                break;
            }
            let now = self.clock.now();
            if self.store.merge_stories(one, other, Merger::Settling, now).await?.is_some() {
                tracing::info!(story = other, into = one, "two stories are one");
                merged += 1;
            }
        }
        Ok(merged)
    }

    async fn join_changes(&self) -> store::Result<()> {
        self.store.join_list_changes(self.clock.now() - CHANGE_REACH).await.map(drop)
    }
}

fn merges(reports: &[RecentReport]) -> Vec<(i64, i64)> {
    let told: Vec<Told<'_>> = reports.iter().map(told).collect();
    stories::merges(&told)
}

fn told(recent: &RecentReport) -> Told<'_> {
    let RecentReport { story, title, text, at, instruments, parties, .. } = recent;
    Told { story: *story, report: Report { title, text, at: Some(*at), instruments, parties } }
}
