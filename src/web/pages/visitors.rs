//! Who calls, and how often they may: counts per network and per address, in memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};

use crate::model::network::Network;
use crate::model::subscriber::Email;

/// Counts kept at most; the oldest gives way.
const KEPT: usize = 20_000;

/// What is counted, and of whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    /// A form that may send a mail, by network.
    Ask(Network),
    /// A mail to an address that anybody may have typed in.
    Write(String),
    /// A look through the stored articles, by network.
    Try(Network),
}

impl Deed {
    /// A mail to this address.
    pub(crate) fn write(email: &Email) -> Self {
        Deed::Write(email.expose().to_lowercase())
    }

    /// How often within which time.
    fn most(&self) -> (u32, TimeDelta) {
        match self {
            Deed::Ask(_) => (20, TimeDelta::hours(1)),
            Deed::Write(_) => (3, TimeDelta::days(1)),
            Deed::Try(_) => (60, TimeDelta::hours(1)),
        }
    }
}

/// What was done lately.
#[derive(Debug, Default)]
pub(crate) struct Visitors {
    /// Since when counted, and how often.
    counts: Mutex<HashMap<Deed, (DateTime<Utc>, u32)>>,
}

impl Visitors {
    /// Counts a deed; false where it was done as often as it may be.
    pub(crate) fn may(&self, deed: Deed, now: DateTime<Utc>) -> bool {
        let (most, within) = deed.most();
        let mut counts = self.counts.lock().expect("counting does not panic");
        if KEPT <= counts.len() && !counts.contains_key(&deed) {
            make_room(&mut counts, now);
        }
        let (since, count) = counts.entry(deed).or_insert((now, 0));
        if *since + within <= now {
            (*since, *count) = (now, 0);
        }
        *count = (*count + 1).min(most + 1);
        *count <= most
    }
}

fn make_room(counts: &mut HashMap<Deed, (DateTime<Utc>, u32)>, now: DateTime<Utc>) {
    counts.retain(|deed, (since, _)| now < *since + deed.most().1);
    if KEPT <= counts.len() {
        let oldest = counts.iter().min_by_key(|(_, (since, _))| *since);
        if let Some(oldest) = oldest.map(|(deed, _)| deed.clone()) {
            counts.remove(&oldest);
        }
    }
}

/// Where a request comes from: the peer, or what the proxies we trust say of it. Each adds the
/// address it was asked from at the end of `X-Forwarded-For`; what stands before is hearsay.
pub(crate) fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| {
        address.to_canonical().is_loopback() || trusted.iter().any(|network| network.holds(address))
    };
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let mut said: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut caller = peer;
    while is_proxy(caller) {
        match said.pop().and_then(|address| address.parse().ok()) {
            Some(address) => caller = address,
            None => break,
        }
    }
    caller
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-27T12:00:00Z".parse().unwrap()
    }

    fn network(text: &str) -> Network {
        Network::around(text.parse().unwrap())
    }

    #[test]
    fn a_network_is_limited_and_forgiven_and_others_are_not_held_for_it() {
        let visitors = Visitors::default();
        let ask = |address: &str, at| visitors.may(Deed::Ask(network(address)), at);
        for n in 0..20 {
            assert!(ask(&format!("192.0.2.{n}"), now()));
        }
        assert!(!ask("192.0.2.99", now()));
        assert!(ask("192.0.3.99", now()));
        assert!(!ask("192.0.2.99", now() + TimeDelta::minutes(59)));
        assert!(ask("192.0.2.99", now() + TimeDelta::minutes(60)));
    }

    #[test]
    fn the_table_stays_small_and_forgets_the_oldest() {
        let visitors = Visitors::default();
        let email = |n: usize| Deed::write(&format!("a{n}@example.org").parse().unwrap());
        for n in 0..KEPT + 50 {
            let at = now() + TimeDelta::milliseconds(n.try_into().unwrap());
            assert!(visitors.may(email(n), at));
        }
        assert_eq!(visitors.counts.lock().unwrap().len(), KEPT);
        let later = now() + TimeDelta::days(2);
        assert!(visitors.may(email(0), later));
        assert_eq!(visitors.counts.lock().unwrap().len(), 1);
    }

    #[test]
    fn only_proxies_we_trust_are_believed() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let cases = [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
            ("10.2.3.4", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
            ("127.0.0.1", "", "127.0.0.1"),
            ("127.0.0.1", "unknown", "127.0.0.1"),
        ];
        for (peer, said, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", said.parse().unwrap());
            let found = caller(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} with {said:?}");
        }
    }
}
