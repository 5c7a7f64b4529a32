//! One request in flight per site, with a pause between: the promise to other people's servers.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};

/// Sites remembered before those at rest are forgotten.
const REMEMBERED: usize = 4096;
/// A site at rest for so long owes nobody a pause: longer than any `Crawl-delay` we honour.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// The turnstiles of all sites.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Added at random to each pause, as a share of it.
    jitter: f64,
    /// Longest hold that is waited out.
    patience: Duration,
    sites: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Site>>>>,
    random: RandomState,
}

/// What is known of one site between two requests.
#[derive(Debug, Default)]
struct Site {
    last_end: Option<Instant>,
    hold: Option<Hold>,
}

/// A site asked to be left alone.
#[derive(Debug, Clone, Copy)]
struct Hold {
    until: Instant,
    status: u16,
}

/// The right to one request; the pause begins when it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    site: OwnedMutexGuard<Site>,
}

/// The site asked to be left alone for longer than anybody waits here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// What is left of the time it asked for.
    pub(crate) remaining: Duration,
    /// The status with which it asked.
    pub(crate) status: u16,
}

impl Gate {
    pub(crate) fn new(jitter: f64, patience: Duration) -> Self {
        // Neither a negative share nor one that is no number makes a pause.
        let jitter = if 0.0 < jitter { jitter.min(1.0) } else { 0.0 };
        Self { jitter, patience, sites: Mutex::default(), random: RandomState::new() }
    }

    /// Waits for one's turn at `site`: until nobody else is there, at least `pause` after the last
    /// one left, and until the end of a short hold. Turns come in the order of asking.
    pub(crate) async fn enter(&self, site: &str, pause: Duration) -> Result<Pass, Held> {
        let state = self.state(site);
        let site = state.lock_owned().await;
        let mut start = Instant::now();
        if let Some(last_end) = site.last_end {
            start = start.max(last_end + self.lengthened(pause));
        }
        if let Some(hold) = site.hold {
            let remaining = hold.until.saturating_duration_since(Instant::now());
            if self.patience < remaining {
                return Err(Held { remaining, status: hold.status });
            }
            start = start.max(hold.until);
        }
        sleep_until(start).await;
        Ok(Pass { site })
    }

    fn lengthened(&self, pause: Duration) -> Duration {
        // A fresh number for each call; good dice are not needed to keep crawlers out of step.
        let roll = self.random.hash_one(Instant::now()) as f64 / u64::MAX as f64;
        pause + pause.mul_f64(self.jitter * roll)
    }

    fn state(&self, site: &str) -> Arc<tokio::sync::Mutex<Site>> {
        let mut sites = self.sites.lock().expect("nothing panics while the sites are locked");
        if REMEMBERED <= sites.len() {
            sites.retain(|_, state| !at_rest(state));
        }
        sites.entry(site.to_owned()).or_default().clone()
    }
}

/// Whether forgetting the site changes nothing: nobody holds or awaits it, no pause or hold runs.
fn at_rest(state: &Arc<tokio::sync::Mutex<Site>>) -> bool {
    let now = Instant::now();
    Arc::strong_count(state) == 1
        && state.try_lock().is_ok_and(|site| {
            site.last_end.is_none_or(|end| end + FORGOTTEN_AFTER < now)
                && site.hold.is_none_or(|hold| hold.until < now)
        })
}

impl Pass {
    /// Keeps everybody away from the site for `wait`, as it asked with `status`.
    pub(crate) fn hold(&mut self, wait: Duration, status: u16) {
        self.site.hold = Some(Hold { until: Instant::now() + wait, status });
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.site.last_end = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn one_site_is_visited_by_one_at_a_time_with_the_pause_between() {
        let gate = Arc::new(Gate::new(0.25, Duration::ZERO));
        let mut visits = JoinSet::new();
        for _ in 0..20 {
            let gate = gate.clone();
            visits.spawn(async move {
                let pass = gate.enter("example.org", PAUSE).await.unwrap();
                let start = Instant::now();
                tokio::time::sleep(Duration::from_millis(300)).await;
                drop(pass);
                (start, Instant::now())
            });
        }
        let mut times = visits.join_all().await;
        times.sort();
        for pair in times.windows(2) {
            let between = pair[1].0 - pair[0].1;
            assert!(PAUSE <= between && between <= PAUSE.mul_f64(1.26), "paused {between:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn two_sites_do_not_wait_for_each_other() {
        let gate = Gate::new(0.0, Duration::ZERO);
        let start = Instant::now();
        let _one = gate.enter("example.org", PAUSE).await.unwrap();
        let _two = gate.enter("example.com", PAUSE).await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_hold_is_waited_out_and_a_long_one_reported() {
        let gate = Gate::new(0.0, Duration::from_secs(30));
        let mut pass = gate.enter("example.org", PAUSE).await.unwrap();
        pass.hold(Duration::from_secs(20), 503);
        drop(pass);
        let start = Instant::now();
        let mut pass = gate.enter("example.org", PAUSE).await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(20));
        pass.hold(Duration::from_secs(3600), 429);
        drop(pass);
        let held = gate.enter("example.org", PAUSE).await.unwrap_err();
        assert_eq!(held, Held { remaining: Duration::from_secs(3600), status: 429 });
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert!(gate.enter("example.org", PAUSE).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn sites_at_rest_are_forgotten() {
        let gate = Gate::new(0.0, Duration::ZERO);
        for number in 0..REMEMBERED {
            gate.enter(&format!("{number}.example"), PAUSE).await.unwrap();
        }
        tokio::time::advance(FORGOTTEN_AFTER * 2).await;
        let _kept = gate.enter("0.example", PAUSE).await.unwrap();
        gate.enter("one-more.example", PAUSE).await.unwrap();
        assert_eq!(gate.sites.lock().unwrap().len(), 2);
    }
}
