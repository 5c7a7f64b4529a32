//! One request and its answer, through the guard and the gate and under the limits.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AGE, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, RETRY_AFTER, USER_AGENT,
};
use reqwest::{Client, Proxy, RequestBuilder};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::clock::Clock;
use crate::fetch::body::{self, Allowance, Body, Overlong};
use crate::fetch::credentials::Credential;
use crate::fetch::fault::Fault;
use crate::fetch::gate::{Gate, Pass};
use crate::fetch::guard::{Guard, Resolver};
use crate::fetch::limits::Limits;
use crate::model::fetched::Validators;
use crate::parse::address;

/// What we can read, the likeliest first.
const ACCEPTED: &str = "text/html, application/xhtml+xml, application/rss+xml, \
                        application/atom+xml, application/feed+json, application/xml;q=0.9, \
                        application/json;q=0.9, */*;q=0.5";
/// Of an error page, enough to tell who sent it.
pub(crate) const ERROR_PAGE: Allowance =
    Allowance { bytes: 64 << 10, ratio: 300, overlong: Overlong::Cut };
/// A site that answers 429 without saying for how long is left alone for this.
const SLOW_DOWN: Duration = Duration::from_secs(60);
/// A site that asks for more than this is asked again after it.
const LEFT_ALONE_MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// The HTTP client and what stands around it.
#[derive(Debug)]
pub(crate) struct Wire {
    client: Client,
    trust: Trust,
    guard: Arc<Guard>,
    gate: Arc<Gate>,
    pub(crate) clock: Clock,
    /// How we name ourselves.
    pub(crate) agent: String,
    pub(crate) limits: Limits,
}

/// Whose certificates are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Those the machine trusts.
    Machine,
    /// Nobody's: the machine has no store of CA certificates. Plain http still works.
    Nobody,
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hop<'a> {
    pub(crate) url: &'a Url,
    pub(crate) validators: &'a Validators,
    /// The least pause since the last request to the site.
    pub(crate) pause: Duration,
    /// How much is taken of a body that comes with a success.
    pub(crate) allowance: Allowance,
    /// Shown where the address is one of its own.
    pub(crate) credential: Option<&'a Credential>,
    /// Posted instead of a GET: fields as `application/x-www-form-urlencoded`.
    pub(crate) form: Option<&'a str>,
}

/// Its answer, whatever the status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// How long the site wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

impl Reply {
    /// A header as text; `None` where it is missing.
    pub(crate) fn header(&self, name: HeaderName) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The time of the answer by the clock of the site.
    pub(crate) fn served(&self) -> Option<DateTime<Utc>> {
        let date = DateTime::parse_from_rfc2822(self.header(DATE)?.trim()).ok()?;
        // In a cache on the way it has grown older.
        let age = self.header(AGE).and_then(|age| age.trim().parse::<u32>().ok()).unwrap_or(0);
        date.to_utc().checked_add_signed(TimeDelta::seconds(age.into()))
    }
}

impl Wire {
    /// # Errors
    /// An allow-list entry or a contact that cannot be used.
    pub(crate) fn new(limits: Limits, gate: Arc<Gate>, clock: Clock) -> anyhow::Result<Self> {
        Self::trusting(Trust::Machine, limits.clone(), gate.clone(), clock.clone())
            // A bare container has no CA certificates; that is no reason to do without http.
            .or_else(|_| Self::trusting(Trust::Nobody, limits, gate, clock))
    }

    fn trusting(
        trust: Trust,
        limits: Limits,
        gate: Arc<Gate>,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let guard = Arc::new(Guard::new(&limits.allow_private)?);
        let agent = user_agent(&limits.contact)?;
        let client = client(trust, &limits, guard.clone(), HeaderValue::from_str(&agent)?)?;
        Ok(Self { client, trust, guard, gate, clock, agent, limits })
    }

    /// Whether the address may and can be visited at all.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Fault> {
        self.guard.check(url).map_err(|refusal| Fault::refusal(&refusal))?;
        match (self.trust, url.scheme()) {
            (Trust::Nobody, "https") => Err(Fault::no_certificates(url)),
            _ => Ok(()),
        }
    }

    /// Sends one request in its turn and reads the answer; takes the time it spends on the wire
    /// out of `budget`.
    pub(crate) async fn send(&self, hop: Hop<'_>, budget: &mut Duration) -> Result<Reply, Fault> {
        let url = hop.url;
        self.check(url)?;
        let mut pass = self.turn(url, hop.pause).await?;
        let begun = Instant::now();
        let reply = timeout(*budget, self.exchange(hop)).await;
        *budget = budget.saturating_sub(begun.elapsed());
        let reply = reply.map_err(|_| Fault::timed_out(url, &self.limits))??;
        if let Some(wait) = reply.retry_after {
            pass.hold(wait, reply.status);
        }
        Ok(reply)
    }

    /// The turnstiles, for a wire that takes the place of this one.
    pub(crate) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// Waits until it is our turn at the site of `url`.
    pub(crate) async fn turn(&self, url: &Url, pause: Duration) -> Result<Pass, Fault> {
        let site = address::site(url.as_str()).unwrap_or_else(|| url.authority().to_owned());
        self.gate.enter(&site, pause).await.map_err(|held| Fault::held(url, held))
    }

    /// Names to addresses, the closed ones left out.
    pub(crate) fn resolver(&self) -> Resolver {
        Resolver { guard: self.guard.clone(), names: self.limits.names.clone(), proxy: None }
    }

    async fn exchange(&self, hop: Hop<'_>) -> Result<Reply, Fault> {
        let response = self
            .request(hop)
            .send()
            .await
            .map_err(|error| Fault::wire(hop.url, &self.limits, &error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let retry_after = asked_wait(status, &headers, self.clock.now());
        let body = if response.status().is_success() {
            body::read(response, hop.allowance)
                .await
                .map_err(|fault| Fault::body(hop.url, &self.limits, fault))?
        } else {
            // An error stays the error it is, however its page is broken.
            let none = Body { bytes: Vec::new(), complete: false };
            body::read(response, ERROR_PAGE).await.unwrap_or(none)
        };
        Ok(Reply { status, headers, body, retry_after })
    }
}

impl Wire {
    fn request(&self, hop: Hop<'_>) -> RequestBuilder {
        let request = match hop.form {
            Some(form) => self
                .client
                .post(hop.url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.to_owned()),
            None => self.client.get(hop.url.clone()).headers(conditions(hop.validators)),
        };
        match hop.credential.filter(|credential| credential.is_for(hop.url)) {
            Some(credential) => request.header(credential.header.clone(), credential.value.clone()),
            None => request,
        }
    }
}

fn client(
    trust: Trust,
    limits: &Limits,
    guard: Arc<Guard>,
    agent: HeaderValue,
) -> anyhow::Result<Client> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, agent);
    headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPT_ENCODING));
    let builder = match trust {
        Trust::Machine => Client::builder(),
        Trust::Nobody => Client::builder().tls_certs_only([]),
    };
    let proxy = limits.proxy.as_deref().and_then(address::host);
    let builder = match &limits.proxy {
        // The proxy turns names into addresses, where the guard cannot see it: `Limits::proxy`.
        Some(proxy) => builder.no_proxy().proxy(Proxy::all(proxy).with_context(|| {
            format!("the proxy {proxy:?} is none; write one such as \"http://proxy.intranet:3128\"")
        })?),
        None => builder.no_proxy(),
    };
    builder
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Unpacked here, where packed and unpacked bytes can both be counted.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .dns_resolver(Resolver { guard, names: limits.names.clone(), proxy })
        .connect_timeout(limits.connect)
        .read_timeout(limits.idle)
        .pool_max_idle_per_host(1)
        // Longer than the usual pause between two pages of a site gains nothing, and a thousand sites would
        // hold a thousand connections: docs/figures/service.md has what they weigh.
        .pool_idle_timeout(Duration::from_secs(5))
        // What browsers forgive.
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http2_max_header_list_size(256 << 10)
        .build()
        .context("cannot set up the HTTP client")
}

/// `sanctionwatch/1.2.3 (+contact)`: who asks, and where to complain.
fn user_agent(contact: &str) -> anyhow::Result<String> {
    let product = concat!("sanctionwatch/", env!("CARGO_PKG_VERSION"));
    let agent = match contact.trim() {
        "" => product.to_owned(),
        contact => format!("{product} (+{contact})"),
    };
    HeaderValue::from_str(&agent).with_context(|| {
        format!(
            "the contact {contact:?} cannot stand in a header; write a web page or mail address"
        )
    })?;
    Ok(agent)
}

fn conditions(validators: &Validators) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut condition = |name, value: &Option<String>| {
        // A validator that is no header value cannot have come from a server; ask without it.
        if let Some(Ok(value)) = value.as_deref().map(str::as_bytes).map(HeaderValue::from_bytes) {
            headers.insert(name, value);
        }
    };
    condition(IF_NONE_MATCH, &validators.etag);
    condition(IF_MODIFIED_SINCE, &validators.last_modified);
    headers
}

/// `Retry-After` of a 429 or 503: seconds, or a date (RFC 9110 § 10.2.3); at most a day.
pub(crate) fn asked_wait(status: u16, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    if !matches!(status, 429 | 503) {
        return None;
    }
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|value| {
        if let Ok(seconds) = value.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = DateTime::parse_from_rfc2822(value.trim()).ok()?;
        // A date that has passed asks for nothing.
        Some((date.to_utc() - now).to_std().unwrap_or_default())
    });
    asked.or_else(|| (status == 429).then_some(SLOW_DOWN)).map(|wait| wait.min(LEFT_ALONE_MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_a_site_is_its_date_and_the_age_since() {
        let date = "Tue, 16 Jul 2024 08:00:00 GMT";
        let cases = [
            (Some(date), None, Some("2024-07-16T08:00:00Z")),
            (Some(date), Some("3600"), Some("2024-07-16T09:00:00Z")),
            (Some(date), Some("old"), Some("2024-07-16T08:00:00Z")),
            (Some("today"), None, None),
            (None, Some("5"), None),
        ];
        for (date, age, expected) in cases {
            let header = |name, value: Option<&str>| {
                value.map(|value| (name, HeaderValue::from_str(value).unwrap()))
            };
            let headers = [header(DATE, date), header(AGE, age)].into_iter().flatten().collect();
            let body = Body { bytes: Vec::new(), complete: true };
            let reply = Reply { status: 200, headers, body, retry_after: None };
            let expected = expected.map(|text| text.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(reply.served(), expected, "{date:?} {age:?}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now = "2024-07-16T08:00:00Z".parse().unwrap();
        let cases = [
            (503, Some("120"), Some(120)),
            (503, Some(" 5 "), Some(5)),
            (503, Some("Tue, 16 Jul 2024 08:01:30 GMT"), Some(90)),
            (503, Some("Tue, 16 Jul 2024 07:00:00 GMT"), Some(0)),
            (503, Some("18446744073709551615"), Some(86_400)),
            (503, Some("Wed, 16 Jul 2064 08:00:00 GMT"), Some(86_400)),
            (503, Some("soon"), None),
            (503, Some("-5"), None),
            (503, None, None),
            (429, Some("7"), Some(7)),
            (429, Some("soon"), Some(60)),
            (429, None, Some(60)),
            (500, Some("120"), None),
            (200, Some("120"), None),
        ];
        for (status, value, seconds) in cases {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(RETRY_AFTER, value.parse().unwrap());
            }
            let wait = asked_wait(status, &headers, now);
            assert_eq!(wait, seconds.map(Duration::from_secs), "{status} {value:?}");
        }
    }

    #[test]
    fn a_machine_without_certificates_says_so_and_keeps_http() {
        let gate = Arc::new(Gate::new(0.0, Duration::ZERO));
        let wire = Wire::trusting(Trust::Nobody, Limits::default(), gate, Clock::System).unwrap();
        let check = |url: &str| wire.check(&url.parse().unwrap());
        let fault = check("https://example.org/").unwrap_err();
        assert!(fault.detail.contains("install ca-certificates"), "{fault}");
        assert_eq!(check("http://example.org/"), Ok(()));
    }

    #[test]
    fn the_user_agent_names_program_version_and_contact() {
        let agent = user_agent("https://example.org/bot").unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(agent, format!("sanctionwatch/{version} (+https://example.org/bot)"));
        assert_eq!(user_agent(" ").unwrap(), format!("sanctionwatch/{version}"));
        let error = user_agent("a\r\nHost: evil").unwrap_err().to_string();
        assert!(error.contains("a\\r\\nHost: evil"), "{error}");
    }
}
