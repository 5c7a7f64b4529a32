//! The door to the web: polite, bounded, and closed to private places.
//!
//! A fetch walks through these rooms, at every redirect anew: `guard` (may this address be visited
//! at all), `robots` (does the site allow it), `gate` (is it our turn), `wire` (one request),
//! `body` (unpacked under limits), `trail` (where to next), `challenge` (is that the page, or
//! something in front of it). Pages that need their scripts take the way through `browser` instead
//! of the wire. What goes wrong becomes a [`Fault`].

mod body;
mod browser;
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

use reqwest::header::{CONTENT_TYPE, ETAG, LAST_MODIFIED};
use tokio::sync::Semaphore;
use url::{Url, form_urlencoded};

pub use crate::fetch::browser::{Chromium, Sandbox};
pub use crate::fetch::fault::Fault;
pub use crate::fetch::limits::{Limits, Lookup, Names, Robots};

use crate::clock::Clock;
use crate::fetch::body::{Allowance, Overlong};
use crate::fetch::credentials::Credential;
use crate::fetch::gate::{Gate, Pass};
use crate::fetch::robots::RobotsCache;
use crate::fetch::trail::Trail;
use crate::fetch::wire::{Hop, Reply, Wire};
use crate::model::fetched::{Fetched, Validators};
use crate::model::source::{Rendering, Source};
use crate::model::visit::Outcome;

/// Fetches pages. Clones share everything: connections, turns, and what robots.txt files said.
#[derive(Debug, Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
    /// What this handle shows to its source's servers.
    credential: Option<Arc<Credential>>,
    /// How its source's pages are loaded.
    rendering: Rendering,
}

#[derive(Debug)]
struct Inner {
    wire: Wire,
    robots: Arc<RobotsCache>,
    clock: Clock,
    /// One browser at a time: it is by far the largest thing this service starts.
    browser: Arc<Semaphore>,
}

/// What a fetch that went well gave.
#[derive(Debug, Clone)]
pub enum Answer {
    Fetched(Box<Fetched>),
    /// The server says that nothing changed since the validators were given (304).
    Unchanged,
}

/// One field of a form that is posted.
#[derive(Debug, Clone, Copy)]
pub struct FormField<'a> {
    pub name: &'a str,
    pub value: &'a str,
}

impl Fetcher {
    /// A door to the web within `limits`.
    ///
    /// # Errors
    /// An entry of `limits.allow_private` that cannot be read, or a contact that cannot stand in a
    /// header.
    pub fn new(limits: Limits, clock: Clock) -> anyhow::Result<Self> {
        let gate = Arc::new(Gate::new(limits.jitter, limits.patience));
        let inner = Inner {
            wire: Wire::new(limits, gate, clock.clone())?,
            robots: Arc::default(),
            clock,
            browser: Arc::new(Semaphore::new(1)),
        };
        Ok(Self::of(inner))
    }

    /// A door within other limits that keeps what was promised through this one: turns and pauses
    /// at every site, and what robots.txt files said. Jitter and patience stay as they were.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn within(&self, limits: Limits) -> anyhow::Result<Self> {
        let Inner { wire, robots, clock, browser } = &*self.inner;
        Ok(Self::of(Inner {
            wire: Wire::new(limits, wire.gate(), clock.clone())?,
            robots: Arc::clone(robots),
            clock: clock.clone(),
            browser: Arc::clone(browser),
        }))
    }

    fn of(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), credential: None, rendering: Rendering::Plain }
    }

    /// A handle for one source: it loads pages as the source asks, and shows its credentials, if it
    /// has any, to the servers of its listings and to nobody else, wherever they redirect.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub fn of_source(&self, source: &Source) -> Result<Fetcher, Fault> {
        let folder = self.inner.wire.limits.credentials.as_deref();
        let credential = Credential::of(source, folder)?.map(Arc::new);
        Ok(Self { inner: Arc::clone(&self.inner), credential, rendering: source.render })
    }

    /// A page for people to read: fetched as it is, or loaded in a browser where the source of this
    /// handle asks for it.
    ///
    /// # Errors
    /// As [`Fetcher::get`] and [`Fetcher::render`].
    pub async fn page(&self, url: &str, validators: &Validators) -> Result<Answer, Fault> {
        match self.rendering {
            Rendering::Plain => self.get(url, validators).await,
            Rendering::Browser => self.render(url).await,
        }
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

    /// Loads `url` in a browser and takes the page as its scripts left it, in UTF-8. The answer is
    /// never [`Answer::Unchanged`].
    ///
    /// The site's turn is ours until the page is ready. Within it, the page's scripts make the
    /// requests a reader's browser would; nothing that only the eye needs is loaded.
    ///
    /// # Errors
    /// As [`Fetcher::get`], and [`Outcome::NoBrowser`] where no Chromium works on this machine.
    pub async fn render(&self, url: &str) -> Result<Answer, Fault> {
        let start = Url::parse(url).map_err(|error| unreadable(url, error))?;
        let inner = &*self.inner;
        let mut trail = Trail::new(start, inner.wire.limits.redirects);
        // Taken before the site's turn, which nobody may hold who waits for a browser.
        let _browser = inner.browser.acquire().await;
        let mut permission = Permission { inner, turn: None };
        permission.enter(&trail.here).await?;
        let reply = browser::render(&inner.wire, permission, &mut trail).await?;
        let none = Validators::default();
        match self.answer(url, trail, reply, &none)? {
            Answer::Fetched(mut fetched) => {
                fetched.content_type = Some("text/html; charset=utf-8".to_owned());
                // They speak of the page before its scripts ran.
                fetched.validators = none;
                Ok(Answer::Fetched(fetched))
            }
            Answer::Unchanged => Ok(Answer::Unchanged),
        }
    }

    /// Posts a form in its turn and drops the answer. For interfaces that ask to be called, such as
    /// hubs: robots.txt is not asked, redirects are not followed.
    ///
    /// # Errors
    /// As [`Fetcher::get`]; every status but a success is a fault.
    pub async fn post_form(&self, url: &str, form: &[FormField<'_>]) -> Result<(), Fault> {
        let url = &Url::parse(url).map_err(|error| unreadable(url, error))?;
        let wire = &self.inner.wire;
        let pairs = form.iter().map(|field| (field.name, field.value));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let hop = Hop {
            url,
            validators: &Validators::default(),
            pause: wire.limits.delay,
            allowance: wire::ERROR_PAGE,
            credential: None,
            form: Some(&body),
        };
        let reply = wire.send(hop, &mut wire.limits.total.clone()).await?;
        match reply.status {
            200..300 => Ok(()),
            status => Err(Fault { retry_after: reply.retry_after, ..Fault::status(url, status) }),
        }
    }

    /// One request for a page, if the site allows it.
    async fn step(
        &self,
        url: &Url,
        validators: &Validators,
        budget: &mut Duration,
    ) -> Result<Reply, Fault> {
        let wire = &self.inner.wire;
        let pause = self.inner.permitted(url).await?;
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
            served: reply.served(),
            validators: Validators {
                etag: reply.header(ETAG),
                last_modified: reply.header(LAST_MODIFIED),
            },
            body: reply.body.bytes,
            at: self.inner.clock.now(),
        }
    }
}

impl Inner {
    /// The pause to keep at the site of `url`, if guard and robots.txt allow to ask for it.
    async fn permitted(&self, url: &Url) -> Result<Duration, Fault> {
        let Inner { wire, robots, clock, .. } = self;
        wire.check(url)?;
        let asked = match wire.limits.robots {
            Robots::Obeyed => robots.rules(wire, clock, url).await.judge(url)?,
            Robots::NotAsked => None,
        };
        Ok(asked.unwrap_or_default().min(wire.limits.crawl_delay_most).max(wire.limits.delay))
    }
}

/// The turn at one site after the other, for somebody who is sent from one to the next.
#[derive(Debug)]
pub(crate) struct Permission<'a> {
    inner: &'a Inner,
    turn: Option<Pass>,
}

impl Permission<'_> {
    /// Leaves the site where the turn was held, and takes it at the site of `url`.
    async fn enter(&mut self, url: &Url) -> Result<(), Fault> {
        // The rules of the next page may have to be fetched from the very site.
        self.turn = None;
        let pause = self.inner.permitted(url).await?;
        self.turn = Some(self.inner.wire.turn(url, pause).await?);
        Ok(())
    }

    /// Whether an address may be asked for on the way, as far as the address tells.
    fn is_open(&self, url: &Url) -> bool {
        self.inner.wire.check(url).is_ok()
    }

    /// Keeps everybody away from the site for `wait`, as it asked with `status`.
    fn hold(&mut self, wait: Duration, status: u16) {
        if let Some(turn) = &mut self.turn {
            turn.hold(wait, status);
        }
    }
}

fn unreadable(url: &str, error: url::ParseError) -> Fault {
    Fault::new(
        Outcome::Forbidden,
        format!("{url:?} is no web address ({error}); write it as https://example.org/page"),
    )
}
