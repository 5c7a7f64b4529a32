//! Why there is no page: an outcome for the visit and a sentence for a person.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use url::Url;

use crate::fetch::body::BodyFault;
use crate::fetch::gate::Held;
use crate::fetch::guard::Refusal;
use crate::fetch::limits::Limits;
use crate::model::visit::Outcome;

/// A fetch that gave no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub outcome: Outcome,
    /// The address, the value and the remedy, in lower case without a full stop.
    pub detail: String,
    /// How long the site asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for Fault {}

impl Fault {
    pub(crate) fn new(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, detail: detail.into(), retry_after: None }
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Self::new(Outcome::Forbidden, refusal.to_string())
    }

    pub(crate) fn no_certificates(url: &Url) -> Self {
        Self::new(
            Outcome::Unreachable,
            format!(
                "{url} cannot be verified: this machine has no store of CA certificates; install \
                 ca-certificates and start again"
            ),
        )
    }

    pub(crate) fn held(url: &Url, held: Held) -> Self {
        let Held { remaining, status } = held;
        let outcome = if status == 429 { Outcome::Blocked } else { Outcome::HttpError };
        let detail = format!(
            "{url} was not asked for: the site answered {status} and asked to be left alone for \
             another {} s; it is asked again after that",
            remaining.as_secs()
        );
        Self { outcome, detail, retry_after: Some(remaining) }
    }

    pub(crate) fn timed_out(url: &Url, limits: &Limits) -> Self {
        Self::new(
            Outcome::TimedOut,
            format!(
                "{url} did not answer in full within {:?}; the site may be slow or down, and the \
                 next visit tries again",
                limits.total
            ),
        )
    }

    /// A status of 400 or more, or one that makes no sense for what was asked.
    pub(crate) fn status(url: &Url, status: u16) -> Self {
        let (outcome, remedy) = match status {
            404 | 410 => (
                Outcome::Gone,
                "the page is not there any more; if this goes on, look for its new address",
            ),
            401 | 407 => (Outcome::Blocked, "the page asks for a login"),
            403 => (
                Outcome::Blocked,
                "the site refuses this program; write to its owner or find another listing",
            ),
            429 => (Outcome::Blocked, "the site asks for fewer requests; raise the delay"),
            451 => (Outcome::Blocked, "the page is withheld for legal reasons"),
            500.. => (
                Outcome::HttpError,
                "the site has trouble of its own, and the next visit tries again",
            ),
            _ => (Outcome::HttpError, "open the address in a browser to see what it wants"),
        };
        Self::new(outcome, format!("{url} answered {status}: {remedy}"))
    }

    /// A page that asks the visitor to prove to be human; `whose` names the product.
    pub(crate) fn challenge(url: &Url, status: u16, whose: &str) -> Self {
        Self::new(
            Outcome::Blocked,
            format!(
                "{url} answered {status} with a check for robots by {whose} instead of the page; \
                 write to the site's owner or find another listing"
            ),
        )
    }

    /// A page that stands before the one asked for, and what it asks for.
    pub(crate) fn detour(asked: &Url, came: &Url, asks: &str) -> Self {
        Self::new(
            Outcome::Blocked,
            format!(
                "{asked} redirects to {came}, which asks for {asks} instead of showing the page; \
                 find another listing or leave the page out"
            ),
        )
    }

    pub(crate) fn too_large(url: &Url, limit: usize) -> Self {
        Self::new(
            Outcome::TooLarge,
            format!(
                "{url} is larger than {limit} bytes unpacked; raise the body limit if such a page \
                 is wanted"
            ),
        )
    }

    pub(crate) fn body(url: &Url, limits: &Limits, fault: BodyFault) -> Self {
        match fault {
            BodyFault::Wire(error) => Self::wire(url, limits, &error),
            BodyFault::Bomb { .. } => Self::new(
                Outcome::TooLarge,
                format!(
                    "the body of {url} was cut off: {fault}, which is beyond {} to 1 and looks \
                     like an attack",
                    limits.ratio
                ),
            ),
            _ => Self::new(
                Outcome::Unreadable,
                format!("the body of {url} cannot be unpacked: {fault}; the fault is the server's"),
            ),
        }
    }

    /// An exchange that broke: no connection, no answer in time, or an answer that is not HTTP.
    pub(crate) fn wire(url: &Url, limits: &Limits, error: &reqwest::Error) -> Self {
        if let Some(refusal) = cause::<Refusal>(error) {
            return Self::refusal(refusal);
        }
        if cause::<hyper::Error>(error).is_some_and(hyper::Error::is_parse_too_large) {
            return Self::new(
                Outcome::TooLarge,
                format!(
                    "the headers of {url} are larger or more than any page needs (400 KB, 100 \
                     lines); the fault is the server's"
                ),
            );
        }
        if error.is_timeout() {
            let waited = if error.is_connect() { limits.connect } else { limits.idle };
            return Self::new(
                Outcome::TimedOut,
                format!(
                    "{url} kept silent for {waited:?}; the site may be slow or down, and the next \
                     visit tries again"
                ),
            );
        }
        let what = if error.is_connect() {
            "could not be reached"
        } else {
            "broke off the connection or answered nonsense"
        };
        Self::new(
            Outcome::Unreachable,
            format!(
                "{url} {what}: {}; check the address, the network and whether the site is up",
                root(error)
            ),
        )
    }
}

/// The first error of type `E` among the causes.
fn cause<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// What the last cause says: the ones above only say that there is one below.
fn root(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes<'error>(
    error: &'error reqwest::Error,
) -> impl Iterator<Item = &'error (dyn Error + 'static)> {
    let first: &'error (dyn Error + 'static) = error;
    std::iter::successors(Some(first), |error| (*error).source())
}
