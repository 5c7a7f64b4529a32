//! A message in the form it travels in: headers, a text part, an HTML part.

use anyhow::Context;
use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use url::Host;

use crate::mail::Failure;
use crate::mail::settings::Settings;
use crate::model::subscriber::{Email, Message};

/// Whole characters of a header that a recipient sees; more is noise, and RFC 5322 has a limit.
const HEADER: usize = 300;

/// What every mail says of its sender.
#[derive(Debug)]
pub(crate) struct Letterhead {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    list_id: String,
    list_unsubscribe: String,
}

/// A mail ready to go.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) envelope: Envelope,
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
        let contact = reply_to.as_ref().unwrap_or(&from.email);
        Ok(Self {
            list_id: format!("sanctionwatch alerts <alerts.{}>", from.email.domain()),
            list_unsubscribe: format!("<mailto:{}?subject=unsubscribe>", uri(contact)),
            reply_to: reply_to.map(|email| Mailbox::new(name(&settings.from_name), email)),
            from,
        })
    }

    /// `message` as a mail dated `now`; the same message and moment give the same bytes.
    pub(crate) fn letter(&self, message: &Message, now: DateTime<Utc>) -> Result<Letter, Failure> {
        let to = address(&message.email).map_err(|error| {
            Failure::Never(format!("{} cannot be written to: {error}", message.email))
        })?;
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|error| Failure::Never(error.to_string()))?;
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
            .raw_header(header("Precedence", "list"))
            .raw_header(header("List-Id", &self.list_id))
            .raw_header(header("List-Unsubscribe", &self.list_unsubscribe))
            .multipart(parts(message))
            .map_err(|error| Failure::Never(error.to_string()))?;
        let id = message.message_id.trim_matches(['<', '>']).to_owned();
        Ok(Letter { envelope, bytes: mail.formatted(), id, email: message.email.clone() })
    }
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

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
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
