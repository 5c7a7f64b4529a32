//! Sends what waits in the outbox, each message once, for as many days as it takes.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::jobs::turns::{Ended, Turns};
use crate::mail::{Failure, Mailer};
use crate::model::bounce::Fault;
use crate::store::{self, Claimed, Store};

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
/// How often a round looks for domains that new messages are for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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

/// Sends every message that is due, until none is left that may go, the server is down or `stop` is
/// cancelled. Domains take turns, within the mailer's pace; one that refused several messages in a
/// row is left for a later round.
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
    let mut turns = Turns::new(mailer.pace());
    send_in_turn(store, mailer, clock, stop, &mut turns).await
}

async fn send_in_turn(
    store: &Store,
    mailer: &Mailer,
    clock: &Clock,
    stop: &CancellationToken,
    turns: &mut Turns,
) -> store::Result<Round> {
    let mut sender = Sender::new(store, mailer, clock, turns);
    let mut grace = pin!(grace(stop));
    loop {
        if sender.fault.is_none() && !stop.is_cancelled() {
            sender.start_what_may_go().await;
        }
        // With no time to wait for, only the end of a message under way changes anything.
        let pause = sender.pause().filter(|_| !stop.is_cancelled());
        if sender.under_way.is_empty() && pause.is_none() {
            break;
        }
        tokio::select! {
            Some(ended) = sender.under_way.join_next_with_id() => {
                sender.take_in(ended);
                while let Some(ended) = sender.under_way.try_join_next_with_id() {
                    sender.take_in(ended);
                }
            }
            () = sleep(pause.unwrap_or(LOOK_AGAIN)), if pause.is_some() => {}
            () = stop.cancelled(), if !stop.is_cancelled() => {}
            () = &mut grace => break,
        }
    }
    sender.under_way.shutdown().await;
    sender.turns.forget(Instant::now());
    sender.fault.map_or(Ok(sender.round), Err)
}

/// One round: what is under way, and what came of it.
struct Sender<'r> {
    store: &'r Store,
    mailer: &'r Mailer,
    clock: &'r Clock,
    turns: &'r mut Turns,
    lease: TimeDelta,
    under_way: JoinSet<store::Result<Delivered>>,
    /// For whom each task under way is: a panic tells only which task it was.
    domains: HashMap<Id, String>,
    /// Messages the server lets be under way.
    at_once: usize,
    looked: Option<Instant>,
    round: Round,
    fault: Option<store::Error>,
}

impl<'r> Sender<'r> {
    fn new(
        store: &'r Store,
        mailer: &'r Mailer,
        clock: &'r Clock,
        turns: &'r mut Turns,
    ) -> Sender<'r> {
        let patience = TimeDelta::from_std(mailer.patience()).unwrap_or(TimeDelta::hours(1));
        Sender {
            store,
            mailer,
            clock,
            turns,
            lease: patience + LEASE_MARGIN,
            under_way: JoinSet::new(),
            domains: HashMap::new(),
            at_once: mailer.pace().at_once,
            looked: None,
            round: Round::default(),
            fault: None,
        }
    }

    async fn start_what_may_go(&mut self) {
        if let Err(error) = self.claim_and_start().await {
            self.fault = Some(error);
        }
    }

    async fn claim_and_start(&mut self) -> store::Result<()> {
        self.look().await?;
        while self.under_way.len() < self.at_once {
            let room = self.at_once - self.under_way.len();
            let now = Instant::now();
            let domains: Vec<String> =
                std::iter::from_fn(|| self.turns.take(now)).take(room).collect();
            if domains.is_empty() {
                break;
            }
            let claimed =
                self.store.claim_messages(self.clock.now(), self.lease, domains.clone()).await;
            // Those that nothing was claimed for give their turn back, after an error all of them.
            let mut unfound = domains;
            let (claimed, fault) = match claimed {
                Ok(claimed) => (claimed, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            for claimed in claimed {
                let domain = claimed.domain.clone();
                let at = unfound.iter().position(|it| *it == domain);
                unfound.swap_remove(at.expect("a message is claimed for a domain asked for"));
                let (store, mailer, clock) =
                    (self.store.clone(), self.mailer.clone(), self.clock.clone());
                let task = self
                    .under_way
                    .spawn(async move { deliver(&store, &mailer, &clock, claimed).await });
                self.domains.insert(task.id(), domain);
            }
            for domain in unfound {
                self.turns.exhausted(&domain);
            }
            if let Some(error) = fault {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Looks which domains have due mail: at once where none is known, else from time to time.
    async fn look(&mut self) -> store::Result<()> {
        let now = Instant::now();
        let stale = self.looked.is_none_or(|looked| LOOK_AGAIN <= now - looked);
        if self.under_way.len() < self.at_once && (stale || self.turns.is_empty()) {
            for domain in self.store.due_domains(self.clock.now()).await? {
                self.turns.add(domain, now);
            }
            self.looked = Some(now);
        }
        Ok(())
    }

    /// How long until time alone lets another message go.
    fn pause(&self) -> Option<Duration> {
        let has_room = self.under_way.len() < self.at_once && self.fault.is_none();
        self.turns.pause(Instant::now()).filter(|_| has_room)
    }

    fn take_in(&mut self, ended: Result<(Id, store::Result<Delivered>), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let domain = self.domains.remove(&id).expect("every task was given its domain");
        let now = Instant::now();
        match ended {
            Err(panic) => {
                self.turns.ended(&domain, Ended::Unheard, now);
                tracing::error!(%panic, "sending failed inside; the lease ends it");
            }
            Ok((_, Ok(delivered))) => {
                if matches!(delivered, Delivered::Down(_)) {
                    // A server may allow fewer connections than we open: go on with those it allows.
                    self.at_once = self.at_once.min(self.under_way.len());
                }
                self.turns.ended(&domain, delivered.says_of_domain(), now);
                self.round.count(delivered);
            }
            Ok((_, Err(error))) => {
                self.turns.ended(&domain, Ended::Unheard, now);
                self.fault = Some(error);
            }
        }
    }
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
    let mut turns = Turns::new(mailer.pace());
    while !stop.is_cancelled() {
        let pause = match send_in_turn(&store, &mailer, &clock, &stop, &mut turns).await {
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
        Ok(Some(next)) => (next - clock.now()).to_std().unwrap_or(LOOK_AGAIN),
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

impl Delivered {
    fn says_of_domain(&self) -> Ended {
        match self {
            Delivered::Sent | Delivered::Failed => Ended::Answered,
            Delivered::Later => Ended::PutOff,
            Delivered::Down(_) => Ended::Unheard,
        }
    }
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
    let Claimed { id, attempts, token, message, .. } = claimed;
    let sent = mailer.send(&message, &token, clock.now()).await;
    let now = clock.now();
    let (reason, down) = match sent {
        Ok(reply) => {
            store.message_sent(id, now, &reply).await?;
            tracing::debug!(delivery = id, to = %message.email, reply, "message sent");
            return Ok(Delivered::Sent);
        }
        Err(Failure::Never(fault, reason)) => {
            store.message_failed(id, Some(fault), now, &reason).await?;
            let blames = fault.name();
            tracing::warn!(
                delivery = id, to = %message.email, blames, reason, "message refused for good"
            );
            return Ok(Delivered::Failed);
        }
        Err(Failure::Later(reason)) => (reason, false),
        Err(Failure::Down(reason)) => (reason, true),
    };
    let Some(next) = next_try(id, attempts, now) else {
        // Where the server itself put it off for days, the mailbox is what did not mend.
        let fault = (!down && reason.starts_with('4')).then_some(Fault::Mailbox);
        let reason = format!("given up after {} attempts: {reason}", attempts + 1);
        store.message_failed(id, fault, now, &reason).await?;
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
