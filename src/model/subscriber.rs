//! Who reads, and the mails made for them.

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;

/// An e-mail address. Prints masked everywhere but through [`Email::expose`], so that no log,
/// error or debug output carries an address by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

/// The text is not an address we can send to.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not an e-mail address ({fault}); write it as name@example.org")]
pub struct NotAnEmail {
    pub text: String,
    pub fault: &'static str,
}

impl Email {
    /// The address in full: for the envelope, the `To` header and the operator's own listing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What stands after the @, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for Email {
    type Err = NotAnEmail;

    /// Accepts `local@domain`; the domain is lower-cased, the local part kept (RFC 5321 § 2.4).
    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        let fault = |fault| NotAnEmail { text: text.to_owned(), fault };
        let trimmed = text.trim();
        let (local, domain) = trimmed.rsplit_once('@').ok_or_else(|| fault("it has no @"))?;
        if local.is_empty() {
            return Err(fault("nothing stands before the @"));
        }
        if domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') {
            return Err(fault("no domain follows the @"));
        }
        if trimmed.len() > 254 {
            return Err(fault("it is longer than 254 bytes"));
        }
        let stray = |c: char| c.is_whitespace() || c.is_control() || "<>(),;:\\\"[]@".contains(c);
        if local.contains(stray) || domain.contains(stray) {
            return Err(fault("it holds a character that does not belong there"));
        }
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }
}

impl fmt::Display for Email {
    /// `r…@example.org`: enough to tell two readers apart, not enough to write to one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let first = local.chars().next().unwrap_or('?');
        write!(f, "{first}…@{domain}")
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Somebody who asked for alerts or digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Row number in the store.
    pub id: i64,
    pub email: Email,
    /// How to address them; may be empty.
    pub name: String,
    /// Where the hours of their digests are counted.
    pub zone: Tz,
    /// Links signed with an earlier serial are void.
    pub serial: i64,
}

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Asked for, not confirmed: gets nothing but the request to confirm.
    Asked,
    Active,
    /// Ended, by the subscriber or the operator.
    Left,
}

impl Standing {
    /// The word the commands print.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Asked => "asked",
            Standing::Active => "active",
            Standing::Left => "left",
        }
    }
}

/// A rendered mail to one recipient about one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The subscriber it is for.
    pub subscriber: i64,
    pub email: Email,
    /// The subscriber's name, or empty.
    pub name: String,
    /// Unicode, without line breaks.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The `Message-ID` header with its angle brackets; the same at every attempt.
    pub message_id: String,
    /// The `Message-ID` of the mail this one follows, so that a mailbox shows them together.
    pub follows: Option<String>,
    /// The link that ends the subscription with one click (RFC 8058), where the mail carries one:
    /// an `https:` address with a token in it, that a POST without a cookie confirms.
    pub leave_url: Option<String>,
}
