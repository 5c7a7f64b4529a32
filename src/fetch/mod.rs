//! The door to the web: polite, bounded, and closed to private places.
//!
//! A fetch walks through these rooms, at every redirect anew: `guard` (may this address be visited
//! at all), `robots` (does the site allow it), `gate` (is it our turn), `wire` (one request),
//! `body` (unpacked under limits), `trail` (where to next), `challenge` (is that the page, or
//! something in front of it). What goes wrong becomes a [`Fault`].

mod body;
mod challenge;
mod credentials;
mod fault;
mod gate;
mod guard;
mod limits;
mod robots;
mod trail;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ETAG, LAST_MODIFIED, LINK};
use url::Url;

pub use crate::fetch::fault::Fault;
pub use crate::fetch::limits::{Limits, Lookup, Names};

use crate::clock::Clock;
use crate::fetch::body::{Allowance, Overlong};
use crate::fetch::credentials::Credential;
use crate::fetch::robots::RobotsCache;
use crate::fetch::trail::Trail;
use crate::fetch::wire::{Hop, Reply, Wire};
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::Source;
use crate::model::visit::Outcome;

/// Fetches pages. Clones share everything: connections, turns, and what robots.txt files said.
#[derive(Debug, Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
    /// What this handle shows to its source's servers.
    credential: Option<Arc<Credential>>,
}

#[derive(Debug)]
struct Inner {
    wire: Wire,
    robots: RobotsCache,
    clock: Clock,
}

/// An answer with what its head says beside it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub answer: Answer,
    /// The `Link` headers (RFC 8288), verbatim.
    pub links: Vec<String>,
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
        let inner = Inner { wire, robots: RobotsCache::default(), clock };
        Ok(Self { inner: Arc::new(inner), credential: None })
    }

    /// A handle that shows the source's credentials, if it has any, to the servers of its listings
    /// and to nobody else, wherever they redirect.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub fn of_source(&self, source: &Source) -> Result<Fetcher, Fault> {
        let folder = self.inner.wire.limits.credentials.as_deref();
        let credential = Credential::of(source, folder)?.map(Arc::new);
        Ok(Self { inner: Arc::clone(&self.inner), credential })
    }

    /// Fetches `url`, unless it is unchanged since `validators`.
    ///
    /// Waits for its turn: one request at a time goes to a site, with the pause of
    /// [`Limits::delay`] or the site's own `Crawl-delay` between.
    ///
    /// # Errors
    /// A [`Fault`] for everything that is not the page: see [`Outcome`].
    pub async fn get(&self, url: &str, validators: &Validators) -> Result<Answer, Fault> {
        self.ask(url, validators).await.map(|asked| asked.answer)
    }

    /// [`Fetcher::get`], with what the answer's head says beside it.
    ///
    /// # Errors
    /// As [`Fetcher::get`].
    pub async fn ask(&self, url: &str, validators: &Validators) -> Result<Asked, Fault> {
        let start = Url::parse(url).map_err(|error| unreadable(url, error))?;
        let limits = &self.inner.wire.limits;
        let mut trail = Trail::new(start, limits.redirects);
        let mut budget = limits.total;
        loop {
            let reply = self.step(&trail.here, validators, &mut budget).await?;
            if !trail.follow(&reply)? {
                let links = reply.headers.get_all(LINK).iter();
                let links = links.filter_map(|link| Some(link.to_str().ok()?.to_owned())).collect();
                let answer = self.answer(url, trail, reply, validators)?;
                return Ok(Asked { answer, links });
            }
        }
    }

    /// Sends a form (`application/x-www-form-urlencoded`) to a service that invites it, such as a
    /// WebSub hub, and returns the status. Redirects are not followed; robots.txt speaks of pages
    /// and is not asked.
    ///
    /// # Errors
    /// A [`Fault`] where there was no answer, or it was neither a success nor a redirect.
    pub async fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<u16, Fault> {
        let url = Url::parse(url).map_err(|error| unreadable(url, error))?;
        let form: String =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let wire = &self.inner.wire;
        let allowance =
            Allowance { bytes: 64 << 10, ratio: wire.limits.ratio, overlong: Overlong::Cut };
        let hop = Hop {
            url: &url,
            validators: &Validators::default(),
            pause: wire.limits.delay,
            allowance,
            credential: None,
            form: Some(&form),
        };
        let reply = wire.send(hop, &mut wire.limits.total.clone()).await?;
        match reply.status {
            status @ 200..400 => Ok(status),
            status => {
                let fault = Fault::status(&url, status);
                Err(Fault { retry_after: reply.retry_after, ..fault })
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
        let asked_pause = robots.rules(wire, clock, url).await.judge(url)?.unwrap_or_default();
        let pause = asked_pause.min(wire.limits.crawl_delay_most).max(wire.limits.delay);
        let (bytes, ratio) = (wire.limits.body, wire.limits.ratio);
        let allowance = Allowance { bytes, ratio, overlong: Overlong::Refuse };
        let credential = self.credential.as_deref();
        wire.send(Hop { url, validators, pause, allowance, credential, form: None }, budget).await
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
