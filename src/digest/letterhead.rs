//! What all mails share: whom they come from, how a reader answers, and how a mail is named.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::model::subscriber::{Email, Message, Subscriber};
use crate::parse::address;
use crate::tokens::{Links, Right};

/// Who writes, and by what links a reader can answer.
#[derive(Debug, Clone, Copy)]
pub struct Letterhead<'a> {
    /// The address that readers write to; its domain ends every `Message-ID`.
    pub sender: &'a Email,
    /// None where no page of ours can be reached: readers then leave by mail.
    pub links: Option<&'a Links>,
    /// From when on links hold.
    pub now: DateTime<Utc>,
}

impl Letterhead<'_> {
    /// The page that `right` opens for a subscriber, where there are pages.
    pub(crate) fn page(&self, right: Right, to: &Subscriber) -> Option<String> {
        self.links.map(|links| links.page(right, to.id, to.serial, self.now))
    }

    /// What stands below a mail to somebody who asked for such mails.
    pub(crate) fn foot<'t>(&'t self, to: &'t Subscriber) -> Foot<'t> {
        Foot {
            said: format!("Sent to {}, who asked for sanctions alerts.", to.email.expose()),
            settings: self.page(Right::Settings, to),
            leave: self.page(Right::Leave, to),
            address: self.sender.expose(),
            leave_by_mail: leave_by_mail(self.sender),
        }
    }

    /// `<kind.cause.7@example.net>`: the same for the same mail, whenever it is made.
    pub(crate) fn message_id(&self, kind: &str, cause: &str, to: &Subscriber) -> String {
        format!("<{kind}.{cause}.{}@{}>", to.id, ascii_domain(self.sender))
    }
}

/// How to change or stop the mails.
#[derive(Debug)]
pub(crate) struct Foot<'a> {
    /// Why the mail came, in a sentence.
    pub(crate) said: String,
    pub(crate) settings: Option<String>,
    pub(crate) leave: Option<String>,
    pub(crate) address: &'a str,
    pub(crate) leave_by_mail: String,
}

impl Foot<'_> {
    /// The link that ends the subscription with one click: only one with `https:` may be named in
    /// the head of a mail (RFC 8058 § 3.1).
    pub(crate) fn leave_url(&self) -> Option<String> {
        self.leave.clone().filter(|link| link.starts_with("https://"))
    }
}

/// The parts of a mail that differ from kind to kind.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) message_id: String,
    pub(crate) follows: Option<String>,
}

impl Written {
    /// The message to `to`, with the link that ends the subscription.
    pub(crate) fn to(self, to: &Subscriber, leave_url: Option<String>) -> Message {
        Message {
            subscriber: to.id,
            email: to.email.clone(),
            name: to.name.clone(),
            subject: self.subject,
            text: tidy(&self.text),
            html: self.html,
            message_id: self.message_id,
            follows: self.follows,
            leave_url,
        }
    }
}

/// Text without blank lines at its ends or two of them in a row: what a template leaves where
/// nothing is to be said.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for line in text.trim().lines() {
        if line.is_empty() && tidied.ends_with("\n\n") {
            continue;
        }
        tidied.push_str(line);
        tidied.push('\n');
    }
    tidied
}

/// 128 bits of a SHA-256, in hex.
pub(crate) fn name_of(cause: &str) -> String {
    Sha256::digest(cause).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn leave_by_mail(sender: &Email) -> String {
    let mut link = String::from("mailto:");
    for byte in sender.expose().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                link.push(char::from(byte));
            }
            byte => link.push_str(&format!("%{byte:02X}")),
        }
    }
    link + "?subject=unsubscribe"
}

/// The sender's domain in the letters a `Message-ID` may hold (RFC 5322 § 3.6.4).
fn ascii_domain(sender: &Email) -> String {
    let ascii = address::host(&format!("http://{}/", sender.domain()));
    ascii.unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn holes_in_a_text_are_closed() {
        assert_eq!(tidy("\n\na\n\n\n\nb\n-- \nc"), "a\n\nb\n-- \nc\n");
    }
}
