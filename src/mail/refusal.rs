//! What a refusal means for the address it was about.
//!
//! The enhanced status code (RFC 3463) decides where it says something; where it is missing or says
//! nothing, the words of the large providers and servers do.

use crate::model::bounce::Fault;

/// Words that only a missing or closed mailbox has.
const NO_MAILBOX: [&str; 30] = [
    "user unknown",
    "unknown user",
    "no such user",
    "no such mailbox",
    "no such recipient",
    "no such address",
    "no such person",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "invalid recipient",
    "invalid mailbox",
    "user not found",
    "recipient not found",
    "mailbox not found",
    "mailbox does not exist",
    "account does not exist",
    "account that you tried to reach does not exist",
    "address does not exist",
    "user does not exist",
    "user doesn't have",
    "doesn't have a yahoo",
    "no mailbox here",
    "mailbox unavailable",
    "mailbox disabled",
    "account disabled",
    "account has been disabled",
    "account is disabled",
    "account that you tried to reach is inactive",
    "recipient address rejected: access denied",
];

/// Words about us, our server or the message.
const POLICY: [&str; 18] = [
    "spam",
    "block",
    "blacklist",
    "denylist",
    "listed",
    "policy",
    "reputation",
    "dmarc",
    "spf",
    "dkim",
    "rbl",
    "dnsbl",
    "relay",
    "authenticat",
    "not authorized",
    "content",
    "virus",
    "too large",
];

const FULL: [&str; 6] = [
    "mailbox full",
    "mailbox is full",
    "over quota",
    "overquota",
    "quota exceeded",
    "out of storage",
];

/// Where in the conversation, or afterwards, a refusal was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// At `RCPT TO`, or in a report on a recipient.
    Recipient,
    /// At the text of the message.
    Text,
}

/// Whom `said`, a refusal for good, blames.
pub(crate) fn blamed(said: &str, met: Met) -> Fault {
    let said = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match status(&said).map(|status| (status.subject, status.detail)) {
        // The sender's address is bad, not the recipient's.
        Some((1, 7..=9)) => Fault::Policy,
        Some((1, _)) | Some((2, 1)) => Fault::Address,
        Some((2, 3) | (3, 4) | (6, _)) => Fault::Policy,
        Some((2, _)) => Fault::Mailbox,
        // 5.7.1, 5.4.1 and 5.5.0 are also said of mailboxes that do not exist (Exchange, Outlook).
        Some(_) | None if has(&NO_MAILBOX) => Fault::Address,
        Some(_) | None if has(&FULL) => Fault::Mailbox,
        Some((3 | 4, _)) => Fault::Mailbox,
        Some((5 | 7, _)) => Fault::Policy,
        _ if has(&POLICY) => Fault::Policy,
        _ if met == Met::Recipient => Fault::Mailbox,
        _ => Fault::Policy,
    }
}

/// An enhanced status code: `5.1.1` has class 5, subject 1 and detail 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) class: u8,
    pub(crate) subject: u16,
    pub(crate) detail: u16,
}

/// The first enhanced status code in `words` that says something was refused.
pub(crate) fn status(words: &str) -> Option<Status> {
    words.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(one_status)
}

fn one_status(word: &str) -> Option<Status> {
    let mut parts = word.trim_end_matches('.').split('.');
    let class = parts.next()?.parse().ok().filter(|class| matches!(class, 4 | 5))?;
    let mut number = || parts.next()?.parse().ok().filter(|number| *number < 1000);
    let (subject, detail) = (number()?, number()?);
    parts.next().is_none().then_some(Status { class, subject, detail })
}

#[cfg(test)]
mod tests {
    use super::{Met, blamed, status};
    use crate::model::bounce::Fault::{self, Address, Mailbox, Policy};

    #[test]
    fn refusals_of_the_large_servers_mean_what_they_mean() {
        let cases: [(&str, Fault); 27] = [
            ("550 5.1.1 <r…@example.org>: Recipient address rejected: User unknown", Address),
            ("550-5.1.1 The email account that you tried to reach does not exist. gsmtp", Address),
            ("552-5.2.2 The email account that you tried to reach is over quota", Mailbox),
            ("550 5.2.1 The email account that you tried to reach is disabled", Address),
            ("550 5.4.1 Recipient address rejected: Access denied. [AM0.eop]", Address),
            ("550 5.5.0 Requested action not taken: mailbox unavailable", Address),
            ("554 delivery error: dd This user doesn't have a yahoo.com account", Address),
            (
                "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup",
                Address,
            ),
            ("550 5.7.1 Message rejected as spam by Content Filtering.", Policy),
            ("550-5.7.26 This mail has been blocked because the sender is unauthenticated", Policy),
            ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen", Policy),
            ("550 5.7.515 Access denied, sending domain does not meet the level", Policy),
            ("550 5.1.8 Sender address rejected: Domain not found", Policy),
            ("550 5.1.7 bad sender's mailbox address", Policy),
            ("550 User unknown", Address),
            ("550 No such user here", Address),
            ("550 Requested action not taken: mailbox unavailable", Address),
            ("550 SC-001 mail rejected for policy reasons", Policy),
            ("552 Mailbox full", Mailbox),
            ("550 no", Mailbox),
            ("5.4.4 unable to look up host: Name service error", Mailbox),
            ("554 5.3.4 Message too big for system", Policy),
            ("552 5.2.3 Message exceeds fixed limit", Policy),
            ("550 5.6.0 bad MIME", Policy),
            ("556 5.1.10 Recipient address has null MX", Address),
            ("550 5.7.1 Recipient unknown", Address),
            ("551 5.1.6 mailbox has moved", Address),
        ];
        for (said, expected) in cases {
            assert_eq!(blamed(said, Met::Recipient), expected, "{said}");
        }
        assert_eq!(blamed("554 transaction failed", Met::Text), Policy);
        assert_eq!(blamed("550 5.1.1 unknown after all", Met::Text), Address);
    }

    /// Every word of the tables decides where nothing else does.
    #[test]
    fn each_word_counts() {
        let tables: [(&[&str], Fault); 3] =
            [(&super::NO_MAILBOX, Address), (&super::FULL, Mailbox), (&super::POLICY, Policy)];
        for (words, expected) in tables {
            for word in words {
                assert_eq!(blamed(&format!("550 {word}"), Met::Recipient), expected, "{word}");
            }
        }
    }

    #[test]
    fn an_address_is_no_status() {
        for words in
            ["127.0.0.1", "5.1", "2.1.5 ok", "5.1.1.1", "192.5.1.1", "", "5..1", "5.1.9999"]
        {
            assert_eq!(status(words), None, "{words}");
        }
        let found = status("<a…@b>: host mx[192.0.2.1] said: 550-5.1.1. gone").unwrap();
        assert_eq!((found.class, found.subject, found.detail), (5, 1, 1));
    }
}
