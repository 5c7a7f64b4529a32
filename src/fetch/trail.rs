//! Redirects, followed by hand so that every step passes the guard, the gate and robots.txt.

use reqwest::header::LOCATION;
use url::Url;

use crate::fetch::fault::Fault;
use crate::fetch::wire::Reply;
use crate::model::visit::Outcome;

/// Where a fetch has been, and where it stands.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) start: Url,
    pub(crate) here: Url,
    /// The addresses that redirected, in order.
    pub(crate) passed: Vec<String>,
    most: usize,
}

impl Trail {
    /// A trail that begins at `start` and ends in a fault after `most` redirects.
    pub(crate) fn new(mut start: Url, most: usize) -> Self {
        start.set_fragment(None);
        Self { here: start.clone(), start, passed: Vec::new(), most }
    }

    /// Takes the step a redirecting reply asks for; `false` where it asks for none.
    pub(crate) fn follow(&mut self, reply: &Reply) -> Result<bool, Fault> {
        // 300 and 304 are no redirects, 305 and 306 are dead letters (RFC 9110 § 15.4).
        if !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(false);
        }
        let next = self.target(reply)?;
        if next == self.here || self.passed.iter().any(|passed| passed == next.as_str()) {
            return Err(self.circle(&next));
        }
        self.move_to(next)?;
        Ok(true)
    }

    /// Takes a step. In a browser, coming back is no circle: a cookie may have been set meanwhile.
    pub(crate) fn move_to(&mut self, mut next: Url) -> Result<(), Fault> {
        next.set_fragment(None);
        self.passed.push(self.here.to_string());
        if self.most < self.passed.len() {
            return Err(Fault::new(
                Outcome::RedirectLoop,
                format!(
                    "{} redirects more than {} times, lastly to {next}; open it in a browser to \
                     find the address to watch",
                    self.start, self.most
                ),
            ));
        }
        self.here = next;
        Ok(())
    }

    fn target(&self, reply: &Reply) -> Result<Url, Fault> {
        let location = reply.headers.get(LOCATION).map_or_else(String::new, |location| {
            // Addresses with raw UTF-8 are common; the parser escapes them.
            String::from_utf8_lossy(location.as_bytes()).trim().to_owned()
        });
        match self.here.join(&location) {
            Ok(mut next) if !location.is_empty() => {
                next.set_fragment(None);
                Ok(next)
            }
            _ => Err(Fault::new(
                Outcome::HttpError,
                format!(
                    "{} answered {} with {location:?} as the place to go, which is no address; \
                     open it in a browser to find the right one",
                    self.here, reply.status
                ),
            )),
        }
    }

    fn circle(&self, next: &Url) -> Fault {
        Fault::new(
            Outcome::RedirectLoop,
            format!(
                "{} redirects in a circle, back to {next}; the site may insist on cookies or a \
                 login, so find another address to watch",
                self.start
            ),
        )
    }
}
