//! A message in the form it travels in: headers, a text part, an HTML part.

use anyhow::Context;
use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use url::{Host, Url};

use crate::mail::Failure;
use crate::mail::dkim::Signer;
use crate::mail::incoming::LEAVE;
use crate::mail::settings::Settings;
use crate::model::bounce::Fault;
use crate::model::subscriber::{Email, Message};

/// Whole characters of a header that a recipient sees; more is noise, and RFC 5322 has a limit.
const HEADER: usize = 300;

/// A longer link is not put into a header, whose lines RFC 5322 § 2.1.1 ends at 998 bytes.
const LONGEST_LINK: usize = 900;

/// Who sends, in a `Feedback-ID`; mailbox providers want 5 to 15 letters.
const SENDER_ID: &str = "sanctionwatch";

/// What every mail says of its sender.
#[derive(Debug)]
pub(crate) struct Letterhead {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    list_id: String,
    return_address: Option<Email>,
    signer: Option<Signer>,
}

/// A mail ready to go.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) envelope: Envelope,
    /// Names the delivery to whoever reports on it; empty where there is none.
    pub(crate) token: String,
    /// Headers and body with CRLF line ends; ASCII but for an address that is not.
    pub(crate) bytes: Vec<u8>,
    /// The `Message-ID` without its angle brackets.
    pub(crate) id: String,
    /// The recipient, for masking.
    pub(crate) email: Email,
}

impl Letterhead {
    pub(crate) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let checked = |email: &Email| {
            address(email).with_context(|| {
                format!("mail cannot come from {:?}; give an address of yours", email.expose())
            })
        };
        let from = Mailbox::new(name(&settings.from_name), checked(&settings.from)?);
        let reply_to = settings.reply_to.as_ref().map(&checked).transpose()?;
        if let Some(email) = &settings.return_address {
            checked(&filled_in(email, "0"))?;
        }
        let list_id = settings.list_id.clone();
        if let Some(id) = list_id.as_ref().filter(|id| !is_list_id(id)) {
            anyhow::bail!("list_id is {id:?}; write a name such as \"alerts.example.org\"");
        }
        Ok(Self {
            list_id: list_id.unwrap_or_else(|| format!("alerts.{}", from.email.domain())),
            return_address: settings.return_address.clone(),
            reply_to: reply_to.map(|email| Mailbox::new(name(&settings.from_name), email)),
            signer: settings.dkim.as_ref().map(Signer::new).transpose()?,
            from,
        })
    }

    /// What verifiers look for in the DNS, where mails are signed.
    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// `message` as a mail dated `now`, whose reports name it by `token`; the same three give the
    /// same bytes.
    pub(crate) fn letter(
        &self,
        message: &Message,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Letter, Failure> {
        let to = address(&message.email).map_err(|error| {
            let why = format!("{} cannot be written to: {error}", message.email);
            Failure::Never(Fault::Address, why)
        })?;
        let never =
            |error: &dyn std::fmt::Display| Failure::Never(Fault::Policy, error.to_string());
        let returns_to = match &self.return_address {
            Some(email) => address(&filled_in(email, token)).map_err(|error| never(&error))?,
            None => self.from.email.clone(),
        };
        let envelope =
            Envelope::new(Some(returns_to), vec![to.clone()]).map_err(|error| never(&error))?;
        let mut builder = lettre::Message::builder()
            .envelope(envelope.clone())
            .from(self.from.clone())
            .to(Mailbox::new(name(&message.name), to))
            .subject(visible(&message.subject))
            .date(now.into())
            .message_id(Some(visible(&message.message_id)));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if let Some(follows) = &message.follows {
            // RFC 5322 § 3.6.4: both, as a mailbox may look at either.
            builder = builder.in_reply_to(visible(follows)).references(visible(follows));
        }
        let mail = builder
            // RFC 3834: keeps holiday notices and ticket systems from answering.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Precedence", "bulk"))
            .raw_header(header("List-Id", &format!("<{}>", self.list_id)))
            .raw_header(header("Feedback-ID", &feedback_id(&message.message_id)));
        let mail = self
            .ways_to_leave(message.leave_url.as_deref(), token)
            .into_iter()
            .fold(mail, MessageBuilder::raw_header)
            .multipart(parts(message))
            .map_err(|error| never(&error))?;
        let mut bytes = folded_before_addresses(&mail.formatted());
        if let Some(signer) = &self.signer {
            bytes = signer.sign(&bytes, now).map_err(|error| never(&error))?;
        }
        let id = message.message_id.trim_matches(['<', '>']).to_owned();
        let (token, email) = (token.to_owned(), message.email.clone());
        Ok(Letter { envelope, token, bytes, id, email })
    }

    /// RFC 2369 and, where there is a link that a POST alone confirms, RFC 8058.
    fn ways_to_leave(&self, link: Option<&str>, token: &str) -> Vec<HeaderValue> {
        let contact = match (&self.return_address, &self.reply_to) {
            (Some(email), _) => address(&filled_in(email, token)).ok(),
            (None, Some(reply_to)) => Some(reply_to.email.clone()),
            (None, None) => None,
        };
        let contact = uri(contact.as_ref().unwrap_or(&self.from.email));
        let subject = if token.is_empty() { String::new() } else { format!("%20{token}") };
        let mut ways = format!("<mailto:{contact}?subject={LEAVE}{subject}>");
        let link = link.and_then(|link| Url::parse(link).ok()).filter(|link| {
            ["https", "http"].contains(&link.scheme()) && link.as_str().len() <= LONGEST_LINK
        });
        let mut headers = Vec::new();
        if let Some(link) = link {
            ways = format!("<{link}>,\r\n {ways}");
            // Mailbox providers post to https only.
            if link.scheme() == "https" {
                headers.push(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
            }
        }
        headers.push(header("List-Unsubscribe", &ways));
        headers
    }
}

/// Letters, digits and hyphens, with dots between (RFC 2919 § 2).
fn is_list_id(id: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    id.len() <= 200 && id.contains('.') && id.split('.').all(is_label)
}

/// `mail` with a fold between an encoded name and the address after it: lettre leaves them on one line,
/// which then may be longer than the 76 characters that RFC 2047 § 2 allows.
fn folded_before_addresses(mail: &[u8]) -> Vec<u8> {
    const NAMED: &[u8] = b"?= <";
    let head = mail.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(0);
    let mut folded = Vec::with_capacity(mail.len() + 16);
    for (at, byte) in mail.iter().enumerate() {
        if *byte == b' ' && at < head && 2 <= at && mail[at - 2..].starts_with(NAMED) {
            folded.extend_from_slice(b"\r\n");
        }
        folded.push(*byte);
    }
    folded
}

/// What kind of mail this is and who sends it, for the statistics of mailbox providers; nothing in
/// it tells one reader from another. The kind is the word our `Message-ID`s begin with.
fn feedback_id(message_id: &str) -> String {
    let kind = message_id.trim_start_matches('<').split('.').next().unwrap_or_default();
    let plain =
        !kind.is_empty() && kind.len() <= 20 && kind.bytes().all(|b| b.is_ascii_lowercase());
    format!("{}:{SENDER_ID}", if plain { kind } else { "mail" })
}

/// `address` with `token` in place of its star.
fn filled_in(address: &Email, token: &str) -> Email {
    let token = if token.is_empty() { "0" } else { token };
    let filled = address.expose().replacen('*', token, 1);
    filled.parse().unwrap_or_else(|_| address.clone())
}

/// The boundary is a digest of what it parts: no text can hold the one that parts it.
fn parts(message: &Message) -> MultiPart {
    let mut digest = Sha256::new();
    for part in [&message.message_id, &message.text, &message.html] {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    let boundary: String =
        digest.finalize().iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    MultiPart::alternative()
        .boundary(boundary)
        .singlepart(SinglePart::plain(body(&message.text)))
        .singlepart(SinglePart::html(body(&message.html)))
}

/// `text` without control characters but line ends and tabs: a bare CR is a line end to some servers,
/// and a line end too many can end a message early.
fn body(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

/// A header whose value is ASCII and stands as it is: lettre would encode a long link.
fn header(name: &'static str, value: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned())
}

/// The form servers know: the domain in ASCII (RFC 5890), the rest as it is.
fn address(email: &Email) -> anyhow::Result<Address> {
    let (local, domain) = email.expose().rsplit_once('@').context("it has no @")?;
    let domain = match Host::parse(domain).context("its domain is none")? {
        Host::Domain(domain) => domain,
        Host::Ipv4(_) | Host::Ipv6(_) => anyhow::bail!("its domain is a bare IP address"),
    };
    Ok(Address::new(local, domain)?)
}

/// A display name, none where nothing of it can be seen.
fn name(text: &str) -> Option<String> {
    Some(visible(text)).filter(|name| !name.is_empty())
}

/// `text` as it may stand in a header: on one line, nothing invisible, bounded.
fn visible(text: &str) -> String {
    let tame = |c: char| if c.is_control() { ' ' } else { c };
    let tamed: String = text.chars().map(tame).collect();
    let words: Vec<&str> = tamed.split_whitespace().collect();
    words.join(" ").chars().take(HEADER).collect()
}

/// An address within a `mailto:` link (RFC 6068 § 2).
fn uri(address: &Address) -> String {
    let text: &str = address.as_ref();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
    let part = |byte: u8| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(part).collect()
}
