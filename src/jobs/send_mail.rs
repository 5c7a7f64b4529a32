//! Sends what waits in the outbox, each message once, for as many days as it takes.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::mail::{Failure, Mailer};
use crate::store::{self, Claimed, Store};

/// Messages under way at the same time.
const AT_ONCE: usize = 4;
/// Minutes between one attempt and the next; the last gap repeats.
const GAPS: [i64; 6] = [1, 5, 15, 60, 180, LAST_GAP];
const LAST_GAP: i64 = 360;
/// How long a message is tried for.
const GIVE_UP: TimeDelta = TimeDelta::days(5);
/// A lease outlives the longest send by this much.
const LEASE_MARGIN: TimeDelta = TimeDelta::minutes(5);
/// How long a stop waits for messages under way; the lease brings back what was cut off.
const GRACE: Duration = Duration::from_secs(20);
/// The longest sleep of [`run`], and its pause while the server is down.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// The shortest, so that a clock set back cannot make it spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(200);

/// What became of the messages that were due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    pub sent: usize,
    /// To be tried again.
    pub later: usize,
    /// Refused for good, or given up.
    pub failed: usize,
    /// Why the server serves nobody just now, if that was its last word.
    pub down: Option<String>,
}

/// Sends every message that is due, until none is left, the server is down or `stop` is cancelled.
///
/// A message is claimed with a lease before it is sent and marked after, so that a crash between
/// the two repeats at most the messages under way, under the same `Message-ID`.
///
/// # Errors
/// A database that cannot be read or written. Messages under way are brought to their end first.
pub async fn send_due(
    store: &Store,
    mailer: &Mailer,
    clock: &Clock,
    stop: &CancellationToken,
) -> store::Result<Round> {
    let patience = TimeDelta::from_std(mailer.patience()).unwrap_or(TimeDelta::hours(1));
    let mut round = Round::default();
    let mut fault = None;
    let mut at_once = AT_ONCE;
    let mut under_way = JoinSet::new();
    let mut grace = pin!(grace(stop));
    loop {
        let room = at_once.saturating_sub(under_way.len());
        if 0 < room && fault.is_none() && !stop.is_cancelled() {
            match store.claim_messages(clock.now(), patience + LEASE_MARGIN, room).await {
                Ok(claimed) => {
                    for claimed in claimed {
                        let (store, mailer, clock) = (store.clone(), mailer.clone(), clock.clone());
                        under_way
                            .spawn(async move { deliver(&store, &mailer, &clock, claimed).await });
                    }
                }
                Err(error) => fault = Some(error),
            }
        }
        let ended = tokio::select! {
            ended = under_way.join_next() => ended,
            () = &mut grace => break,
        };
        match ended {
            None => break,
            Some(Ok(Ok(delivered))) => {
                // A server may allow fewer connections than we open: go on with those it allows.
                at_once -= usize::from(matches!(delivered, Delivered::Down(_)));
                round.count(delivered);
            }
            Some(Ok(Err(error))) => fault = Some(error),
            Some(Err(panic)) => tracing::error!(%panic, "sending failed inside; the lease ends it"),
        }
    }
    under_way.shutdown().await;
    fault.map_or(Ok(round), Err)
}

/// Sends messages as they come and as they fall due, until `stop` is cancelled. `wake` tells of
/// new ones.
pub async fn run(
    store: Store,
    mailer: Mailer,
    clock: Clock,
    wake: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut down = false;
    while !stop.is_cancelled() {
        let pause = match send_due(&store, &mailer, &clock, &stop).await {
            Ok(round) => {
                down = tell(&round, down);
                // A server that is down is left alone for a while, whatever else comes due.
                if round.down.is_some() { LONGEST_SLEEP } else { until_next(&store, &clock).await }
            }
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be worked on");
                LONGEST_SLEEP
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = wake.notified(), if !down => {}
            () = sleep(pause) => {}
        }
    }
}

/// One line when the server goes down and one when it is back, however long it lasts. Gives
/// whether it is down.
fn tell(round: &Round, was_down: bool) -> bool {
    match &round.down {
        Some(reason) if !was_down => {
            tracing::error!(reason, "no mail can be sent; it waits");
            true
        }
        Some(_) => true,
        None if was_down && *round == Round::default() => true,
        None => {
            if was_down {
                tracing::info!(sent = round.sent, "mail can be sent again");
            }
            false
        }
    }
}

async fn until_next(store: &Store, clock: &Clock) -> Duration {
    let wait = match store.next_delivery().await {
        Ok(Some(next)) => (next - clock.now()).to_std().unwrap_or(SHORTEST_SLEEP),
        Ok(None) => LONGEST_SLEEP,
        Err(error) => {
            tracing::error!(%error, "the outbox cannot be read");
            LONGEST_SLEEP
        }
    };
    wait.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
}

/// Ends when messages under way have had their time after a stop.
async fn grace(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(GRACE).await;
}

/// What became of one message.
enum Delivered {
    Sent,
    Later,
    Failed,
    /// To be tried again, like every other: the server serves nobody.
    Down(String),
}

impl Round {
    fn count(&mut self, delivered: Delivered) {
        self.down = None;
        match delivered {
            Delivered::Sent => self.sent += 1,
            Delivered::Later => self.later += 1,
            Delivered::Failed => self.failed += 1,
            Delivered::Down(reason) => {
                self.later += 1;
                self.down = Some(reason);
            }
        }
    }
}

async fn deliver(
    store: &Store,
    mailer: &Mailer,
    clock: &Clock,
    claimed: Claimed,
) -> store::Result<Delivered> {
    let Claimed { id, attempts, message } = claimed;
    let sent = mailer.send(&message, clock.now()).await;
    let now = clock.now();
    let (reason, down) = match sent {
        Ok(reply) => {
            store.message_sent(id, now, &reply).await?;
            tracing::debug!(delivery = id, to = %message.email, reply, "message sent");
            return Ok(Delivered::Sent);
        }
        Err(Failure::Never(reason)) => {
            store.message_failed(id, now, &reason).await?;
            tracing::warn!(delivery = id, to = %message.email, reason, "message refused for good");
            return Ok(Delivered::Failed);
        }
        Err(Failure::Later(reason)) => (reason, false),
        Err(Failure::Down(reason)) => (reason, true),
    };
    let Some(next) = next_try(id, attempts, now) else {
        let reason = format!("given up after {} attempts: {reason}", attempts + 1);
        store.message_failed(id, now, &reason).await?;
        tracing::warn!(delivery = id, to = %message.email, reason, "message given up");
        return Ok(Delivered::Failed);
    };
    store.message_later(id, next, &reason).await?;
    if down {
        return Ok(Delivered::Down(reason));
    }
    tracing::info!(delivery = id, to = %message.email, reason, %next, "message put off");
    Ok(Delivered::Later)
}

/// When to try delivery `id` again after `attempts` failures before this one; none where it has
/// been tried for [`GIVE_UP`].
///
/// Gaps differ by up to a tenth from delivery to delivery, so that a server coming back is not met
/// by all of them in the same second.
fn next_try(id: i64, attempts: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let attempts = usize::try_from(attempts).ok()?;
    let tried: i64 = GAPS.iter().take(attempts).sum();
    let repeated = i64::try_from(attempts.saturating_sub(GAPS.len())).ok()? * LAST_GAP;
    if GIVE_UP <= TimeDelta::minutes(tried + repeated) {
        return None;
    }
    let gap = TimeDelta::minutes(GAPS.get(attempts).copied().unwrap_or(LAST_GAP));
    // Fibonacci hashing spreads neighbouring ids.
    let spread = id.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let jitter = gap / 10 * i32::try_from(spread % 100).ok()? / 100;
    Some(now + gap + jitter)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::{GIVE_UP, next_try};

    fn start() -> DateTime<Utc> {
        "2024-07-16T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn gaps_grow_for_days_and_then_it_ends() {
        let mut now = start();
        let mut gaps = Vec::new();
        while let Some(next) = next_try(7, u32::try_from(gaps.len()).unwrap(), now) {
            gaps.push(next - now);
            now = next;
        }
        assert!(gaps.is_sorted(), "{gaps:?}");
        assert!(gaps[0] < TimeDelta::minutes(2) && TimeDelta::hours(6) <= gaps[5]);
        assert!(GIVE_UP <= now - start() && now - start() < GIVE_UP + TimeDelta::days(1));
        assert_eq!(next_try(7, u32::MAX, now), None);
    }

    #[test]
    fn deliveries_do_not_come_back_in_step() {
        let nexts: HashSet<_> = (1..=50).map(|id| next_try(id, 3, start())).collect();
        assert!(nexts.len() > 30, "{}", nexts.len());
        for next in nexts {
            let gap = next.unwrap() - start();
            assert!((TimeDelta::hours(1)..=TimeDelta::minutes(66)).contains(&gap), "{gap}");
        }
        assert_eq!(next_try(i64::MIN, 0, start()), next_try(i64::MIN, 0, start()));
    }
}
