//! Whose turn it is: which recipients' domain gets the next mail, and which must wait.
//!
//! Domains take turns, so that one with ten thousand mails delays another's one mail by a single
//! turn. A domain with its share under way, with its minute's worth gone, or with several refusals
//! in a row is passed over; the others go on.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::mail::settings::Pace;

/// Refusals for now in a row after which a domain is left alone for a while …
const REFUSALS: u32 = 3;
/// … at first so long, twice as long after each further one, and at most:
const REST: Duration = Duration::from_secs(60);
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);
/// Domains nothing was sent to lately are forgotten above this number.
const REMEMBERED: usize = 10_000;

/// The domains with due mail, in turn, and what is known of all.
#[derive(Debug)]
pub(crate) struct Turns {
    pace: Pace,
    /// Each at most once.
    waiting: VecDeque<String>,
    domains: HashMap<String, Domain>,
}

#[derive(Debug)]
struct Domain {
    under_way: usize,
    /// Mails that may go at once, as of `at`; grows with time up to a minute's worth.
    allowance: f64,
    at: Instant,
    refusals: u32,
    rests_until: Option<Instant>,
    waiting: bool,
}

/// How a mail to a domain ended, as far as that concerns the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The domain's server took it, or refused it for good.
    Answered,
    /// Refused for now.
    PutOff,
    /// It says nothing about the domain.
    Unheard,
}

impl Turns {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, waiting: VecDeque::new(), domains: HashMap::new() }
    }

    /// No domain is known to have due mail.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Mail is due for `domain`.
    pub(crate) fn add(&mut self, domain: String, now: Instant) {
        let pace = self.pace;
        let known = self.domains.entry(domain.clone()).or_insert_with(|| Domain::new(pace, now));
        if !known.waiting {
            known.waiting = true;
            self.waiting.push_back(domain);
        }
    }

    /// The next domain whose turn it is; its mail counts as under way from here on.
    pub(crate) fn take(&mut self, now: Instant) -> Option<String> {
        let ready = |name: &String| {
            let domain = &self.domains[name];
            domain.under_way < self.pace.domain_at_once && domain.wait(self.pace, now).is_zero()
        };
        let at = self.waiting.iter().position(ready)?;
        let name = self.waiting.remove(at).expect("the position was found in it");
        let domain = self.domains.get_mut(&name).expect("a waiting domain is known");
        domain.allowance = domain.allowance(self.pace, now) - 1.0;
        domain.at = now;
        domain.under_way += 1;
        self.waiting.push_back(name.clone());
        Some(name)
    }

    /// Nothing more is due for `domain`, whose turn was taken for nothing.
    pub(crate) fn exhausted(&mut self, name: &str) {
        self.waiting.retain(|waiting| waiting != name);
        let domain = self.known(name);
        domain.waiting = false;
        domain.under_way -= 1;
        domain.allowance += 1.0;
    }

    /// A mail to `domain` came to its end.
    pub(crate) fn ended(&mut self, name: &str, ended: Ended, now: Instant) {
        let domain = self.known(name);
        domain.under_way -= 1;
        match ended {
            Ended::Answered => domain.refusals = 0,
            Ended::PutOff => {
                domain.refusals += 1;
                if let Some(excess) = domain.refusals.checked_sub(REFUSALS) {
                    let rest = REST.saturating_mul(1 << excess.min(8)).min(LONGEST_REST);
                    domain.rests_until = Some(now + rest);
                }
            }
            Ended::Unheard => {}
        }
    }

    /// How long until a waiting domain may get its next mail, apart from those that are left alone;
    /// none where no such domain waits for time alone.
    pub(crate) fn pause(&self, now: Instant) -> Option<Duration> {
        let waits = self
            .waiting
            .iter()
            .map(|name| &self.domains[name])
            .filter(|domain| !domain.rests(now) && domain.under_way < self.pace.domain_at_once);
        waits.map(|domain| domain.wait(self.pace, now)).min()
    }

    /// Forgets which domains have due mail, and those whose allowance is whole again.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.waiting.clear();
        let pace = self.pace;
        let many = REMEMBERED < self.domains.len();
        self.domains.retain(|_, domain| {
            domain.waiting = false;
            let idle = domain.under_way == 0 && domain.refusals == 0;
            !(many && idle && domain.allowance(pace, now) >= pace.domain_per_minute as f64)
        });
    }

    fn known(&mut self, name: &str) -> &mut Domain {
        self.domains.get_mut(name).expect("its turn was taken before")
    }
}

impl Domain {
    fn new(pace: Pace, now: Instant) -> Self {
        Self {
            under_way: 0,
            allowance: pace.domain_per_minute as f64,
            at: now,
            refusals: 0,
            rests_until: None,
            waiting: false,
        }
    }

    fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    fn allowance(&self, pace: Pace, now: Instant) -> f64 {
        let most = pace.domain_per_minute as f64;
        let grown = now.saturating_duration_since(self.at).as_secs_f64() / 60.0 * most;
        (self.allowance + grown).min(most)
    }

    /// Until it may get another mail, whatever is under way.
    fn wait(&self, pace: Pace, now: Instant) -> Duration {
        let lacking = (1.0 - self.allowance(pace, now)).max(0.0);
        // Rounded up to a millisecond: a wait that is over must leave a whole mail's worth.
        let refill = (lacking * 60_000.0 / pace.domain_per_minute as f64).ceil() / 1000.0;
        let rest =
            self.rests_until.map_or(Duration::ZERO, |end| end.saturating_duration_since(now));
        rest.max(Duration::from_secs_f64(refill))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Ended, LONGEST_REST, Turns};
    use crate::mail::settings::Pace;

    fn turns(domain_at_once: usize, domain_per_minute: usize) -> (Turns, Instant) {
        let pace = Pace { at_once: 100, domain_at_once, domain_per_minute };
        (Turns::new(pace), Instant::now())
    }

    fn take_all(turns: &mut Turns, now: Instant) -> Vec<String> {
        std::iter::from_fn(|| turns.take(now)).collect()
    }

    #[test]
    fn domains_take_turns_and_have_shares() {
        let (mut turns, now) = turns(2, 300);
        for domain in ["big", "big", "small", "other"] {
            turns.add(domain.to_owned(), now);
        }
        assert_eq!(take_all(&mut turns, now), ["big", "small", "other", "big", "small", "other"]);
        turns.ended("big", Ended::Answered, now);
        turns.exhausted("small");
        assert_eq!(take_all(&mut turns, now), ["big"], "the slow ones keep their two, no more");
    }

    #[test]
    fn a_minutes_worth_goes_in_a_burst_and_then_in_step() {
        let (mut turns, start) = turns(1_000, 60);
        turns.add("a".to_owned(), start);
        assert_eq!(take_all(&mut turns, start).len(), 60);
        assert_eq!(turns.pause(start), Some(Duration::from_secs(1)));
        let mut now = start;
        let mut taken = 0;
        while now < start + Duration::from_secs(300) {
            now += turns.pause(now).unwrap().max(Duration::from_millis(1));
            taken += take_all(&mut turns, now).len();
        }
        assert!((299..=301).contains(&taken), "{taken}");
        for _ in 0..60 + taken {
            turns.ended("a", Ended::Answered, now);
        }
        turns.forget(now);
        assert!(turns.is_empty() && turns.pause(now).is_none());
        turns.add("a".to_owned(), now);
        assert!(turns.take(now).is_none(), "what is spent stays spent");
    }

    #[test]
    fn a_domain_that_refuses_is_left_alone_and_no_other() {
        let (mut turns, start) = turns(1, 1_000);
        turns.add("moody".to_owned(), start);
        turns.add("kind".to_owned(), start);
        let mut now = start;
        let mut rests = Vec::new();
        for _ in 0..12 {
            while turns.take(now).as_deref() != Some("moody") {
                turns.ended("kind", Ended::Answered, now);
                now += Duration::from_secs(1);
            }
            turns.ended("moody", Ended::PutOff, now);
            let until = turns.domains["moody"].rests_until;
            rests.push(until.map_or(Duration::ZERO, |until| until - now));
        }
        let seconds: Vec<u64> = rests.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds[..6], [0, 0, 60, 120, 240, 480]);
        assert_eq!(rests[6..], [LONGEST_REST; 6]);
        now += LONGEST_REST;
        assert_eq!(turns.pause(now), Some(Duration::ZERO));
        while turns.take(now).as_deref() != Some("moody") {
            turns.ended("kind", Ended::Answered, now);
        }
        turns.ended("moody", Ended::Answered, now);
        assert_eq!(turns.domains["moody"].refusals, 0);
    }
}
