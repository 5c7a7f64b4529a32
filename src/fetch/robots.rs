//! What each site asks of crawlers, read once a day and shared by everybody who asks meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::clock::Clock;
use crate::fetch::body::{Allowance, Overlong};
use crate::fetch::fault::Fault;
use crate::fetch::trail::Trail;
use crate::fetch::wire::{Hop, Reply, Wire};
use crate::model::fetched::Validators;
use crate::model::visit::Outcome;
use crate::parse::robots::{LIMIT, Robots};

/// The product token that sites address us by (RFC 9309 § 2.2.1).
const AGENT: &str = "sanctionwatch";
/// RFC 9309 § 2.3.1.2 asks to follow at least so many.
const REDIRECTS_MOST: usize = 5;
/// RFC 9309 § 2.4: not to be used for longer.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// A failure is looked at again sooner.
const FAILURE_KEPT: TimeDelta = TimeDelta::minutes(5);
/// Origins remembered, and bytes of their files, before the oldest are forgotten.
const ORIGINS_MOST: usize = 4096;
const BYTES_MOST: usize = 64 << 20;

/// The rules of every origin asked lately.
#[derive(Debug, Default)]
pub(crate) struct RobotsCache {
    origins: Mutex<HashMap<String, Arc<Slot>>>,
}

/// Locked while the file is fetched, so that one fetch serves all who wait.
type Slot = tokio::sync::Mutex<Option<Arc<Known>>>;

/// What is known of one origin's robots.txt.
#[derive(Debug)]
pub(crate) struct Known {
    rules: Rules,
    until: DateTime<Utc>,
    bytes: usize,
}

#[derive(Debug)]
enum Rules {
    Read(Robots),
    /// There is no file: everything is open.
    None,
    /// It could not be read: nothing is open.
    Unknown(Fault),
}

impl RobotsCache {
    /// The rules for `url`'s origin (scheme, host and port), fetched where they are not at hand.
    pub(crate) async fn rules(&self, wire: &Wire, clock: &Clock, url: &Url) -> Arc<Known> {
        let slot = self.slot(&url.origin().ascii_serialization());
        let mut known = slot.lock().await;
        match &*known {
            Some(known) if clock.now() < known.until => known.clone(),
            _ => {
                let fresh = Arc::new(fetch(wire, clock, url).await);
                *known = Some(fresh.clone());
                fresh
            }
        }
    }

    fn slot(&self, origin: &str) -> Arc<Slot> {
        let mut origins = self.origins.lock().expect("nothing panics while the origins are locked");
        if let Some(slot) = origins.get(origin) {
            return slot.clone();
        }
        make_room(&mut origins);
        origins.entry(origin.to_owned()).or_default().clone()
    }
}

/// Forgets the files that would be read again first, until there is room for one more.
fn make_room(origins: &mut HashMap<String, Arc<Slot>>) {
    let mut settled: Vec<Settled> = origins.iter().filter_map(settled).collect();
    settled.sort_by_key(|settled| settled.until);
    let mut bytes: usize = settled.iter().map(|settled| settled.bytes).sum();
    for oldest in settled {
        if origins.len() < ORIGINS_MOST && bytes <= BYTES_MOST {
            break;
        }
        origins.remove(&oldest.origin);
        bytes -= oldest.bytes;
    }
}

/// An origin whose file is at hand and that nobody is asking about.
struct Settled {
    origin: String,
    until: DateTime<Utc>,
    bytes: usize,
}

fn settled((origin, slot): (&String, &Arc<Slot>)) -> Option<Settled> {
    let known = slot.try_lock().ok()?;
    let known = known.as_ref()?;
    Some(Settled { origin: origin.clone(), until: known.until, bytes: known.bytes })
}

async fn fetch(wire: &Wire, clock: &Clock, url: &Url) -> Known {
    let mut address = url.clone();
    address.set_path("/robots.txt");
    address.set_query(None);
    let mut trail = Trail::new(address, REDIRECTS_MOST);
    let mut budget = wire.limits.total;
    let allowance = Allowance { bytes: LIMIT, ratio: wire.limits.ratio, overlong: Overlong::Cut };
    loop {
        let here = trail.here.clone();
        let hop = Hop {
            url: &here,
            validators: &Validators::default(),
            pause: wire.limits.delay,
            allowance,
            // The file is for everybody.
            form: None,
            credential: None,
        };
        let reply = match wire.send(hop, &mut budget).await {
            Ok(reply) => reply,
            Err(fault) => return Known::unknown(clock, fault),
        };
        match trail.follow(&reply) {
            Ok(true) => {}
            Ok(false) => return Known::answered(clock, &here, &reply),
            // Nowhere to go, or too many steps: as good as missing (RFC 9309 § 2.3.1.2).
            Err(_) => return Known::missing(clock),
        }
    }
}

impl Known {
    /// Whether the page may be asked for, and the pause between requests that the site asks for.
    pub(crate) fn judge(&self, url: &Url) -> Result<Option<Duration>, Fault> {
        match &self.rules {
            Rules::None => Ok(None),
            Rules::Unknown(fault) => Err(fault.clone()),
            Rules::Read(robots) => {
                let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
                if robots.allows(AGENT, path) {
                    return Ok(robots.delay(AGENT));
                }
                Err(Fault::new(
                    Outcome::Refused,
                    format!(
                        "{url} is closed to {AGENT} by the site's robots.txt; leave the page out, \
                         or ask the site's owner to open it"
                    ),
                ))
            }
        }
    }

    fn answered(clock: &Clock, address: &Url, reply: &Reply) -> Self {
        match reply.status {
            200..300 => Self {
                rules: Rules::Read(Robots::parse(&reply.body.bytes)),
                until: clock.now() + KEPT,
                bytes: reply.body.bytes.len(),
            },
            // 429 asks for peace, whatever page it answers for.
            400..500 if reply.status != 429 => Self::missing(clock),
            status => {
                let detail = format!(
                    "{address} answered {status}, so what the site allows is unknown and nothing \
                     is fetched from it; the next visit tries again"
                );
                let fault = Fault::new(Outcome::Refused, detail);
                Self::unknown(clock, Fault { retry_after: reply.retry_after, ..fault })
            }
        }
    }

    fn missing(clock: &Clock) -> Self {
        Self { rules: Rules::None, until: clock.now() + KEPT, bytes: 0 }
    }

    fn unknown(clock: &Clock, fault: Fault) -> Self {
        // A site that named a nearer time is asked again then.
        let wait = fault.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok());
        let kept = wait.map_or(FAILURE_KEPT, |wait| wait.min(FAILURE_KEPT));
        Self { rules: Rules::Unknown(fault), until: clock.now() + kept, bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(until: i64, bytes: usize) -> Arc<Slot> {
        let until = DateTime::from_timestamp(until, 0).unwrap();
        Arc::new(Slot::new(Some(Arc::new(Known { rules: Rules::None, until, bytes }))))
    }

    fn names(origins: &HashMap<String, Arc<Slot>>) -> Vec<&str> {
        let mut names: Vec<&str> = origins.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_oldest_files_make_room_by_bytes() {
        let third = BYTES_MOST / 3;
        let mut origins: HashMap<String, Arc<Slot>> = [
            ("young", slot(300, third)),
            ("old", slot(100, third)),
            ("middle", slot(200, third)),
            ("asked for just now", Arc::new(Slot::new(None))),
        ]
        .map(|(name, slot)| (name.to_owned(), slot))
        .into();
        make_room(&mut origins);
        assert_eq!(origins.len(), 4, "there was room");
        origins.insert("large".to_owned(), slot(400, third));
        make_room(&mut origins);
        assert_eq!(names(&origins), ["asked for just now", "large", "middle", "young"]);
    }

    #[test]
    fn the_oldest_files_make_room_by_number_unless_somebody_reads_them() {
        let mut origins: HashMap<String, Arc<Slot>> =
            (0..ORIGINS_MOST).map(|n| (format!("{n:04}"), slot(n as i64, 0))).collect();
        let oldest = origins["0000"].clone();
        let read = oldest.try_lock().unwrap();
        make_room(&mut origins);
        assert_eq!(origins.len(), ORIGINS_MOST - 1);
        assert_eq!(names(&origins)[..2], ["0000", "0002"]);
        drop(read);
    }
}
