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
    /// Everything came, but from another address, for good.
    Moved,
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
    /// A page that says it could not be found or shown, with the status of a success.
    ErrorPage,
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
    /// No site answers any more: our own network is down.
    Offline,
    /// An address that this service does not visit: scheme, private network.
    Forbidden,
    /// The source needs a browser, and none works on this machine.
    NoBrowser,
    /// A stage failed inside (a bug): reported, never fatal.
    Internal,
}

impl Outcome {
    /// Every outcome, for parsing and for tests over the table.
    pub const ALL: [Outcome; 20] = [
        Outcome::Ok,
        Outcome::Unchanged,
        Outcome::Moved,
        Outcome::Empty,
        Outcome::Unexpected,
        Outcome::Gone,
        Outcome::Blocked,
        Outcome::Refused,
        Outcome::ErrorPage,
        Outcome::HttpError,
        Outcome::WrongType,
        Outcome::Unreadable,
        Outcome::TooLarge,
        Outcome::RedirectLoop,
        Outcome::TimedOut,
        Outcome::Unreachable,
        Outcome::Offline,
        Outcome::Forbidden,
        Outcome::NoBrowser,
        Outcome::Internal,
    ];

    /// The word in the database, in logs and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Unchanged => "unchanged",
            Outcome::Moved => "moved",
            Outcome::Empty => "empty",
            Outcome::Unexpected => "unexpected",
            Outcome::Gone => "gone",
            Outcome::Blocked => "blocked",
            Outcome::Refused => "refused by robots.txt",
            Outcome::ErrorPage => "error page",
            Outcome::HttpError => "http error",
            Outcome::WrongType => "wrong type",
            Outcome::Unreadable => "unreadable",
            Outcome::TooLarge => "too large",
            Outcome::RedirectLoop => "redirect loop",
            Outcome::TimedOut => "timed out",
            Outcome::Unreachable => "unreachable",
            Outcome::Offline => "network down",
            Outcome::Forbidden => "forbidden address",
            Outcome::NoBrowser => "no browser",
            Outcome::Internal => "internal error",
        }
    }

    /// What an operator should do about it; empty where nothing is to be done.
    pub fn advice(self) -> &'static str {
        match self {
            Outcome::Ok | Outcome::Unchanged => "",
            Outcome::Moved => "write the new address into the source's file",
            Outcome::Empty => {
                "see whether the site was rebuilt, and mend the listing's address or selector"
            }
            Outcome::Unexpected => {
                "run `source test` on it, and mend the recipe or the expectation that failed"
            }
            Outcome::Gone => "look for the new address on the site's home page",
            Outcome::Blocked => {
                "set fetch.contact, look less often, or ask the site's owner for another listing"
            }
            Outcome::Refused => "leave the site alone, or ask its owner for permission",
            Outcome::ErrorPage => "open the page in a browser; if it is gone for good, exclude it",
            Outcome::HttpError => "wait: the site has trouble of its own and is asked again",
            Outcome::WrongType => "correct the listing's address or its kind",
            Outcome::Unreadable => "report the page: it is of the right type but cannot be read",
            Outcome::TooLarge => "raise fetch.body_limit if such a page is wanted",
            Outcome::RedirectLoop => "open the address in a browser and watch the one it ends at",
            Outcome::TimedOut => "wait: the site is slow or down; or raise fetch.total_timeout",
            Outcome::Unreachable => "check the address; a site that is down is asked again",
            Outcome::Offline => {
                "check this machine's cable, DNS and proxy; no source is blamed, and looks go on \
                 as soon as one site answers"
            }
            Outcome::Forbidden => "add the address to fetch.allow_private, if it is yours",
            Outcome::NoBrowser => "install Chromium, or name one in the settings; `check` finds it",
            Outcome::Internal => "report it with the log line: this is a fault of sanctionwatch",
        }
    }

    /// Whether the source did its part.
    pub fn is_healthy(self) -> bool {
        matches!(self, Outcome::Ok | Outcome::Unchanged | Outcome::Moved)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_outcome_has_a_name_and_advice_of_its_own() {
        let names: BTreeSet<&str> = Outcome::ALL.into_iter().map(Outcome::name).collect();
        assert_eq!(names.len(), Outcome::ALL.len());
        let advised = || Outcome::ALL.into_iter().filter(|outcome| !outcome.advice().is_empty());
        let advice: BTreeSet<&str> = advised().map(Outcome::advice).collect();
        assert_eq!(advice.len(), advised().count());
        let silent: Vec<Outcome> =
            Outcome::ALL.into_iter().filter(|outcome| outcome.advice().is_empty()).collect();
        assert_eq!(silent, [Outcome::Ok, Outcome::Unchanged]);
    }

    #[test]
    fn the_operations_guide_names_every_outcome_that_needs_somebody() {
        let guide = include_str!("../../docs/operations.md");
        for outcome in Outcome::ALL.into_iter().filter(|outcome| !outcome.advice().is_empty()) {
            let name = format!("`{}`", outcome.name());
            assert!(guide.contains(&name), "docs/operations.md does not name {name}");
        }
    }
}
