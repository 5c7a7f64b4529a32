//! The door to the web: polite, bounded, and closed to private places.
//!
//! A fetch walks through these rooms, at every redirect anew: `guard` (may this address be visited
//! at all), `robots` (does the site allow it), `gate` (is it our turn), `wire` (one request),
//! `body` (unpacked under limits), `trail` (where to next), `challenge` (is that the page, or
//! something in front of it). What goes wrong becomes a [`Fault`].

mod body;
mod challenge;
mod fault;
mod gate;
mod guard;
mod limits;
mod robots;
mod trail;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ETAG, LAST_MODIFIED};
use url::Url;

pub use crate::fetch::fault::Fault;
pub use crate::fetch::limits::{Limits, Lookup, Names, Robots};

use crate::clock::Clock;
use crate::fetch::body::{Allowance, Overlong};
use crate::fetch::robots::RobotsCache;
use crate::fetch::trail::Trail;
use crate::fetch::wire::{Hop, Reply, Wire};
use crate::model::fetched::{Fetched, Validators};
use crate::model::visit::Outcome;

/// Fetches pages. Clones share everything: connections, turns, and what robots.txt files said.
#[derive(Debug, Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    wire: Wire,
    robots: RobotsCache,
    clock: Clock,
}

/// What a fetch that went well gave.
#[derive(Debug, Clone)]
pub enum Answer {
    Fetched(Box<Fetched>),
    /// The server says that nothing changed since the validators were given (304).
    Unchanged,
}

impl Fetcher {
    /// A door to the web within `limits`.
    ///
    /// # Errors
    /// An entry of `limits.allow_private` that cannot be read, or a contact that cannot stand in a
    /// header.
    pub fn new(limits: Limits, clock: Clock) -> anyhow::Result<Self> {
        let wire = Wire::new(limits, clock.clone())?;
        Ok(Self { inner: Arc::new(Inner { wire, robots: RobotsCache::default(), clock }) })
    }

    /// Fetches `url`, unless it is unchanged since `validators`.
    ///
    /// Waits for its turn: one request at a time goes to a site, with the pause of
    /// [`Limits::delay`] or the site's own `Crawl-delay` between.
    ///
    /// # Errors
    /// A [`Fault`] for everything that is not the page: see [`Outcome`].
    pub async fn get(&self, url: &str, validators: &Validators) -> Result<Answer, Fault> {
        let start = Url::parse(url).map_err(|error| unreadable(url, error))?;
        let limits = &self.inner.wire.limits;
        let mut trail = Trail::new(start, limits.redirects);
        let mut budget = limits.total;
        loop {
            let reply = self.step(&trail.here, validators, &mut budget).await?;
            if !trail.follow(&reply)? {
                return self.answer(url, trail, reply, validators);
            }
        }
    }

    /// One request for a page, if the site allows it.
    async fn step(
        &self,
        url: &Url,
        validators: &Validators,
        budget: &mut Duration,
    ) -> Result<Reply, Fault> {
        let Inner { wire, robots, clock } = &*self.inner;
        wire.check(url)?;
        let asked_pause = match wire.limits.robots {
            Robots::Obeyed => robots.rules(wire, clock, url).await.judge(url)?,
            Robots::NotAsked => None,
        };
        let asked_pause = asked_pause.unwrap_or_default();
        let pause = asked_pause.min(wire.limits.crawl_delay_most).max(wire.limits.delay);
        let (bytes, ratio) = (wire.limits.body, wire.limits.ratio);
        let allowance = Allowance { bytes, ratio, overlong: Overlong::Refuse };
        wire.send(Hop { url, validators, pause, allowance }, budget).await
    }

    fn answer(
        &self,
        requested: &str,
        trail: Trail,
        reply: Reply,
        validators: &Validators,
    ) -> Result<Answer, Fault> {
        let url = &trail.here;
        if let Some(whose) = challenge::whose(&reply) {
            let fault = Fault::challenge(url, reply.status, whose);
            return Err(Fault { retry_after: reply.retry_after, ..fault });
        }
        if let Some(asks) = challenge::detour(&trail.start, url) {
            return Err(Fault::detour(&trail.start, url, asks));
        }
        match reply.status {
            304 if *validators != Validators::default() => Ok(Answer::Unchanged),
            200..300 if reply.body.complete => {
                Ok(Answer::Fetched(Box::new(self.fetched(requested, trail, reply))))
            }
            200..300 => Err(Fault::too_large(url, self.inner.wire.limits.body)),
            status => {
                let fault = Fault::status(url, status);
                Err(Fault { retry_after: reply.retry_after, ..fault })
            }
        }
    }

    fn fetched(&self, requested: &str, trail: Trail, reply: Reply) -> Fetched {
        Fetched {
            requested: requested.to_owned(),
            url: trail.here.to_string(),
            redirects: trail.passed,
            status: reply.status,
            content_type: reply.header(CONTENT_TYPE),
            validators: Validators {
                etag: reply.header(ETAG),
                last_modified: reply.header(LAST_MODIFIED),
            },
            body: reply.body.bytes,
            at: self.inner.clock.now(),
        }
    }
}

fn unreadable(url: &str, error: url::ParseError) -> Fault {
    Fault::new(
        Outcome::Forbidden,
        format!("{url:?} is no web address ({error}); write it as https://example.org/page"),
    )
}
