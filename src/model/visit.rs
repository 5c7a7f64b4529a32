//! One attempt on a source, and how it ended.

use chrono::{DateTime, Utc};

use crate::model::source::SourceId;

/// How a visit, or one address within it, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Everything came and was read.
    Ok,
    /// The server said nothing changed (304), or the body is byte for byte the last one.
    Unchanged,
    /// The listing answered but lists nothing.
    Empty,
    /// Answered, but not with what the source's expectation calls healthy.
    Unexpected,
    /// 404 or 410.
    Gone,
    /// 401, 403, 429, 451 or a challenge page.
    Blocked,
    /// robots.txt forbids it, or could not be read (5xx).
    Refused,
    /// Any other status that is not a success.
    HttpError,
    /// HTML where a feed should be, a picture where a page should be.
    WrongType,
    /// Of the right type, but broken past reading.
    Unreadable,
    /// The body passed the limit, compressed or not.
    TooLarge,
    /// Too many redirects, or a circle.
    RedirectLoop,
    /// No answer in time.
    TimedOut,
    /// No connection: DNS, refused, reset, TLS.
    Unreachable,
    /// An address that this service does not visit: scheme, private network.
    Forbidden,
    /// The source needs a browser, and none works on this machine.
    NoBrowser,
    /// A stage failed inside (a bug): reported, never fatal.
    Internal,
}

impl Outcome {
    /// Every outcome, for parsing and for tests over the table.
    pub const ALL: [Outcome; 17] = [
        Outcome::Ok,
        Outcome::Unchanged,
        Outcome::Empty,
        Outcome::Unexpected,
        Outcome::Gone,
        Outcome::Blocked,
        Outcome::Refused,
        Outcome::HttpError,
        Outcome::WrongType,
        Outcome::Unreadable,
        Outcome::TooLarge,
        Outcome::RedirectLoop,
        Outcome::TimedOut,
        Outcome::Unreachable,
        Outcome::Forbidden,
        Outcome::NoBrowser,
        Outcome::Internal,
    ];

    /// The word in the database, in logs and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Unchanged => "unchanged",
            Outcome::Empty => "empty",
            Outcome::Unexpected => "unexpected",
            Outcome::Gone => "gone",
            Outcome::Blocked => "blocked",
            Outcome::Refused => "refused by robots.txt",
            Outcome::HttpError => "http error",
            Outcome::WrongType => "wrong type",
            Outcome::Unreadable => "unreadable",
            Outcome::TooLarge => "too large",
            Outcome::RedirectLoop => "redirect loop",
            Outcome::TimedOut => "timed out",
            Outcome::Unreachable => "unreachable",
            Outcome::Forbidden => "forbidden address",
            Outcome::NoBrowser => "no browser",
            Outcome::Internal => "internal error",
        }
    }

    /// Whether the source did its part.
    pub fn is_healthy(self) -> bool {
        matches!(self, Outcome::Ok | Outcome::Unchanged)
    }
}

/// One attempt on a source, with outcome and counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub source: SourceId,
    pub started: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    pub outcome: Outcome,
    /// What went wrong, for a person: the thing, the value, the remedy. Empty when healthy.
    pub detail: String,
    pub counts: Counts,
}

/// What a visit yielded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Links the listings gave.
    pub links: usize,
    /// Of these, addresses never seen before.
    pub fresh: usize,
    /// Articles stored for the first time.
    pub articles: usize,
    /// Later texts of known articles.
    pub revisions: usize,
    /// Texts already known from another address.
    pub copies: usize,
    /// Articles judged to be about sanctions.
    pub relevant: usize,
    /// Messages put into the outbox.
    pub messages: usize,
    /// Pages that could not be fetched or read; they stay due.
    pub failures: usize,
    /// Blocks cleaned away.
    pub removed: usize,
}
