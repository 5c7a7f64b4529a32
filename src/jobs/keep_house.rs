//! Once a day: drops what has had its time, in small batches, and looks after the database.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{self, Batch, Sources, Store};

/// Articles looked at in one go: some milliseconds of the writer's time.
const BATCH: usize = 200;
/// From the start to the first look, and from look to look. The day's work is done at the first.
const FIRST: Duration = Duration::from_mins(10);
const TICK: Duration = Duration::from_hours(1);
/// Pause between two batches, for those who wait.
const PAUSE: Duration = Duration::from_millis(20);
/// A clock that stands so much later than anything recorded has been set wrong, or we were off for
/// long: nothing is dropped on its word today.
const STRANGE: TimeDelta = TimeDelta::days(30);

/// How long things are kept; none is for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// Of articles not about sanctions: all of it, the page as it came, earlier texts.
    pub others: KeepOthers,
    /// The same for single sources, by id; in place of `others`.
    pub sources: Vec<(String, KeepOthers)>,
    pub visits: Option<TimeDelta>,
    /// Texts of mails that were sent.
    pub mails: Option<TimeDelta>,
    /// Files of list editions.
    pub list_files: Option<TimeDelta>,
}

/// How long what is not about sanctions is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeepOthers {
    pub articles: Option<TimeDelta>,
    pub snapshots: Option<TimeDelta>,
    pub revisions: Option<TimeDelta>,
}

/// What a day's work dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    pub articles: usize,
    pub snapshots: usize,
    pub revisions: usize,
    pub visits: usize,
    pub mails: usize,
    pub list_files: usize,
}

/// The one who keeps house.
#[derive(Debug, Clone)]
pub struct Housekeeper {
    pub store: Store,
    pub clock: Clock,
    pub keep: Keep,
    pub stop: CancellationToken,
}

impl Housekeeper {
    /// Does the day's work once a day, until stopped.
    ///
    /// # Errors
    /// Never for long: what could not be done today is done in an hour.
    pub async fn run(self) -> store::Result<()> {
        let mut pause = FIRST;
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.cancelled() => return Ok(()),
            }
            pause = TICK;
            let now = self.clock.now();
            let done = match self.store.is_looked_after(now).await {
                Ok(false) => self.keep_house().await.map(|_| ()),
                Ok(true) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                tracing::error!(%error, "the database could not be looked after; it is tried again");
            }
        }
    }

    /// The day's work: drops what is to be dropped, then looks after the database.
    ///
    /// # Errors
    /// When the database fails; what was dropped is dropped.
    pub async fn keep_house(&self) -> store::Result<Dropped> {
        let now = self.clock.now();
        // The day of the work before counts too: what is found by a wrong time is recorded by it.
        let known = [self.store.newest_row().await?, self.store.looked_after_before(now).await?];
        let dropped = match known.into_iter().flatten().min() {
            Some(last) if STRANGE < now - last => {
                tracing::warn!(%last, %now, "the clock is far ahead of what was recorded; nothing is dropped today");
                Dropped::default()
            }
            _ => self.drop_all(now).await?,
        };
        self.store.beat(now).await?;
        let bytes = self.store.look_after(now).await?;
        tracing::info!(
            bytes,
            articles = dropped.articles,
            snapshots = dropped.snapshots,
            revisions = dropped.revisions,
            visits = dropped.visits,
            mails = dropped.mails,
            list_files = dropped.list_files,
            "looked after the database"
        );
        Ok(dropped)
    }

    async fn drop_all(&self, now: DateTime<Utc>) -> store::Result<Dropped> {
        let mut dropped = Dropped::default();
        let special = self.keep.sources.iter().map(|(id, _)| id.clone()).collect();
        self.drop_others(Sources::AllBut(special), self.keep.others, now, &mut dropped).await?;
        for (id, keep) in &self.keep.sources {
            self.drop_others(Sources::Only(id.clone()), *keep, now, &mut dropped).await?;
        }
        let store = &self.store;
        let before = |keep: Option<TimeDelta>| keep.map(|keep| now - keep);
        if let Some(before) = before(self.keep.visits) {
            dropped.visits = self.in_batches(|_| store.drop_visits(before, BATCH)).await?;
        }
        if let Some(before) = before(self.keep.mails) {
            dropped.mails = self.in_batches(|_| store.empty_mails(before, BATCH)).await?;
        }
        if let Some(before) = before(self.keep.list_files) {
            dropped.list_files = self.in_batches(|_| store.drop_list_files(before, 1)).await?;
        }
        Ok(dropped)
    }

    async fn drop_others(
        &self,
        sources: Sources,
        keep: KeepOthers,
        now: DateTime<Utc>,
        dropped: &mut Dropped,
    ) -> store::Result<()> {
        let store = &self.store;
        if let Some(keep) = keep.articles {
            let drop = |after| store.drop_articles(sources.clone(), now - keep, after, BATCH);
            dropped.articles += self.in_batches(drop).await?;
        }
        if let Some(keep) = keep.snapshots {
            let drop = |after| store.empty_snapshots(sources.clone(), now - keep, after, BATCH);
            dropped.snapshots += self.in_batches(drop).await?;
        }
        if let Some(keep) = keep.revisions {
            let drop = |after| store.drop_revisions(sources.clone(), now - keep, after, BATCH);
            dropped.revisions += self.in_batches(drop).await?;
        }
        Ok(())
    }

    /// Batch after batch until the last, or until stopped. Gives how much was dropped.
    async fn in_batches<F>(&self, batch: impl Fn(i64) -> F) -> store::Result<usize>
    where
        F: Future<Output = store::Result<Batch>>,
    {
        let mut dropped = 0;
        let mut after = Some(0);
        while let Some(from) = after.filter(|_| !self.stop.is_cancelled()) {
            let done = batch(from).await?;
            dropped += done.dropped;
            after = done.next;
            if after.is_some() {
                sleep(PAUSE).await;
            }
        }
        Ok(dropped)
    }
}
