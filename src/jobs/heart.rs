//! The pulse of the crawl: what moves beats, and a watchdog feels how long it has been still.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

/// When the crawl last moved. Clones share it.
///
/// Kept in the time since the machine started, not the time of day: a clock that is set must
/// neither hide a crawl that hangs nor end one that does not.
#[derive(Debug, Clone)]
pub struct Heart {
    last: Arc<Mutex<Instant>>,
}

impl Heart {
    /// A heart that beat just `now`.
    pub fn new(now: Instant) -> Self {
        Self { last: Arc::new(Mutex::new(now)) }
    }

    /// Something moved.
    pub fn beat(&self, now: Instant) {
        let mut last = self.last.lock().expect("nothing panics under this lock");
        *last = now.max(*last);
    }

    /// How long nothing has moved.
    pub fn still_for(&self, now: Instant) -> Duration {
        let last = *self.last.lock().expect("nothing panics under this lock");
        now.saturating_duration_since(last)
    }
}
