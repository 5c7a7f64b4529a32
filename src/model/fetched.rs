//! What came over the wire: bytes with the address, status and headers that go with them.

use chrono::{DateTime, TimeDelta, Utc};

/// Clocks that differ by less are no matter: caches and slow servers do that.
const IN_STEP: TimeDelta = TimeDelta::hours(1);

/// A completed HTTP exchange with a body.
///
/// The body is decompressed but not decoded: charset work belongs to `parse`.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The address asked for.
    pub requested: String,
    /// The address that answered, after redirects.
    pub url: String,
    /// Every address that redirected, in order, the first being `requested`; empty without redirects.
    pub redirects: Vec<String>,
    /// HTTP status code of the final answer.
    pub status: u16,
    /// The `Content-Type` header, verbatim.
    pub content_type: Option<String>,
    /// Validators for the next conditional request.
    pub validators: Validators,
    /// The decompressed body, at most the fetch limit in bytes.
    pub body: Vec<u8>,
    /// When the answer was complete.
    pub at: DateTime<Utc>,
    /// The time then by the clock of the site: its `Date`, and the `Age` since (RFC 9110 § 6.6.1).
    pub served: Option<DateTime<Utc>>,
}

impl Fetched {
    /// The site's time, where ours stands so much later that one of the two is wrong.
    pub fn earlier_time(&self) -> Option<DateTime<Utc>> {
        self.served.filter(|served| IN_STEP < self.at - *served)
    }
}

/// What a server gave us to ask "has it changed?" next time (RFC 9110 § 13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header, verbatim.
    pub etag: Option<String>,
    /// The `Last-Modified` header, verbatim.
    pub last_modified: Option<String>,
}
