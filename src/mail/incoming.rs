//! What a mail that came in says: a bounce (RFC 3464, and the forms before it), a complaint
//! (RFC 5965), or a reader's wish to leave.
//!
//! Anybody can write such a mail, so nothing of it is believed but what names a delivery: its token,
//! which stands in the return address, the envelope id and the `List-Unsubscribe` header of our mail,
//! or its `Message-ID` together with its recipient.

use std::borrow::Cow;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::mail::refusal::{Met, blamed, status};
use crate::mail::reply::masked;
use crate::model::bounce::{Bounce, Fault, Incoming};
use crate::model::subscriber::Email;

/// Most bytes of a mail that are looked at: a report quotes little, and its facts come first.
pub(crate) const LOOKED_AT: usize = 256 << 10;

/// Letters of a token: ten bytes in hexadecimal digits.
const TOKEN: usize = 20;

/// The word before the token in the subject that our `List-Unsubscribe` header offers.
pub(crate) const LEAVE: &str = "unsubscribe";

/// Reads `bytes`, delivered to `recipients` (the envelope's; none where it is not known).
pub fn incoming(bytes: &[u8], recipients: &[String]) -> Incoming {
    let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
    let Some(mail) = MessageParser::default().parse(bytes) else { return Incoming::Nothing };
    if let Some(token) = leave_token(&mail) {
        return Incoming::Leave { token };
    }
    let report_type = mail.content_type().and_then(|kind| kind.attribute("report-type"));
    let finding = match report_type.map(str::to_ascii_lowercase).as_deref() {
        Some("feedback-report") => complaint(&mail),
        Some("delivery-status") => delivery_status(&mail),
        _ => delivery_status(&mail).or_else(|| free_form(&mail)),
    };
    let Some(finding) = finding else { return Incoming::Nothing };
    let quoted = quoted_head(&mail);
    let returned_to = recipients.iter().map(String::as_str).chain(delivered_to(&mail));
    let token = finding
        .envelope_id
        .as_deref()
        .and_then(token_in)
        .or_else(|| returned_to.filter_map(token_in).next())
        .or_else(|| quoted.as_deref().and_then(|head| token_in(&field(head, "List-Unsubscribe")?)));
    let message_id = quoted.as_deref().and_then(|head| field(head, "Message-ID"));
    if token.is_none() && message_id.is_none() {
        return Incoming::Nothing;
    }
    Incoming::Bounce(Bounce {
        token,
        message_id,
        recipient: finding.recipient.and_then(|recipient| recipient.parse::<Email>().ok()),
        fault: finding.fault,
        said: masked(&finding.said),
    })
}

/// What a report says of a mail, before it is known which.
struct Finding {
    envelope_id: Option<String>,
    recipient: Option<String>,
    fault: Fault,
    said: String,
}

fn leave_token(mail: &Message<'_>) -> Option<String> {
    let subject = mail.subject()?.trim().to_ascii_lowercase();
    let rest = subject.rsplit("re:").next()?.trim().strip_prefix(LEAVE)?.trim();
    token_in(rest).filter(|token| token == rest)
}

/// RFC 3464: fields of the message, then fields of each recipient. Our mails have one recipient.
fn delivery_status(mail: &Message<'_>) -> Option<Finding> {
    let report = part_of_type(mail, "delivery-status")?;
    let failed = report.split("\n\n").find(|group| {
        field(group, "Action").is_some_and(|action| action.eq_ignore_ascii_case("failed"))
    })?;
    let told = field(failed, "Status").unwrap_or_default();
    let words = field(failed, "Diagnostic-Code").unwrap_or_default();
    let words = words.split_once(';').map_or(words.as_str(), |(_, words)| words).trim();
    let said = format!("{told} {words}");
    // A report that a server gave up after days has 4.x.x: the address may still be good.
    let gave_up = status(&told).is_some_and(|status| status.class == 4);
    let fault = if gave_up { Fault::Mailbox } else { blamed(&said, Met::Recipient) };
    let recipient =
        field(failed, "Original-Recipient").or_else(|| field(failed, "Final-Recipient"));
    Some(Finding {
        envelope_id: field(&report, "Original-Envelope-Id"),
        recipient: recipient.map(|it| bare(it.split_once(';').map_or(&*it, |(_, it)| it))),
        fault,
        said: said.trim().to_owned(),
    })
}

/// RFC 5965. "not-spam" takes a complaint back that was made elsewhere: nothing to do.
fn complaint(mail: &Message<'_>) -> Option<Finding> {
    let report = part_of_type(mail, "feedback-report")?;
    let kind = field(&report, "Feedback-Type")?.to_ascii_lowercase();
    if kind == "not-spam" {
        return None;
    }
    Some(Finding {
        envelope_id: field(&report, "Original-Envelope-Id"),
        recipient: field(&report, "Original-Rcpt-To").map(|it| bare(&it)),
        fault: Fault::Complaint,
        said: format!("the reader's mailbox provider reports: {kind}"),
    })
}

/// qmail, exim and the like: an ordinary mail from a daemon, in words, with our mail below.
fn free_form(mail: &Message<'_>) -> Option<Finding> {
    let header = |name: &str| mail.header_raw(name.to_owned()).map(str::trim);
    // A holiday notice says that it is one (RFC 3834).
    let answers = header("Auto-Submitted").is_some_and(|value| value.starts_with("auto-replied"));
    let failed_recipients = header("X-Failed-Recipients").map(str::to_owned);
    let from = mail.from().and_then(|from| from.first()).and_then(|from| from.address());
    let daemon = from.is_some_and(|from| {
        let local = from.split('@').next().unwrap_or_default().to_ascii_lowercase();
        ["mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"].contains(&local.as_str())
    });
    let nobody = header("Return-Path").is_some_and(|path| path == "<>");
    if answers || !(failed_recipients.is_some() || daemon || nobody) {
        return None;
    }
    let text = text_of(mail);
    let (words, _) = parted_from_copy(&text);
    let refusal = words.lines().find(|line| {
        let code = line.split(|c: char| !c.is_ascii_digit()).any(is_refusal_code);
        status(line).is_some() || code || blamed(line, Met::Text) != Fault::Policy
    })?;
    let gave_up = status(refusal).is_some_and(|status| status.class == 4);
    let fault = if gave_up { Fault::Mailbox } else { blamed(refusal, Met::Recipient) };
    let recipient = failed_recipients
        .map(|list| bare(list.split(',').next().unwrap_or_default()))
        .or_else(|| words.lines().find_map(address_line));
    Some(Finding { envelope_id: None, recipient, fault, said: refusal.trim().to_owned() })
}

fn is_refusal_code(digits: &str) -> bool {
    digits.len() == 3 && digits.starts_with('5')
}

/// `<reader@example.org>:`, as qmail writes it, or the address alone on its line, as exim does.
fn address_line(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(':');
    let address = bare(line);
    (address.parse::<Email>().is_ok() && !line.contains(' ')).then_some(address)
}

fn bare(address: &str) -> String {
    address.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// The words of a report in free form, and the copy of our mail below them.
fn parted_from_copy(text: &str) -> (&str, Option<&str>) {
    let start = text.match_indices('\n').find(|(at, _)| {
        let line = text[at + 1..].lines().next().unwrap_or_default().to_ascii_lowercase();
        line.starts_with("--") && line.contains("copy of") || line.starts_with("message-id:")
    });
    match start {
        Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// The head of our mail as the report gives it back, with `\n` line ends.
fn quoted_head(mail: &Message<'_>) -> Option<String> {
    for part in &mail.parts {
        let Some(kind) = part.content_type() else { continue };
        let subtype = kind.subtype().unwrap_or_default().to_ascii_lowercase();
        let head = match (&part.body, subtype.as_str()) {
            (PartType::Message(inner), _) => String::from_utf8_lossy(inner.raw_message()),
            (_, "rfc822-headers" | "rfc822" | "global" | "global-headers") => words_of(part)?,
            _ => continue,
        };
        return Some(head.replace("\r\n", "\n"));
    }
    let text = text_of(mail);
    parted_from_copy(&text).1.map(|copy| {
        // The copy begins after the line that announces it.
        let begins = copy.find("\n\n").filter(|_| copy.starts_with('-')).map_or(0, |at| at + 2);
        copy[begins..].to_owned()
    })
}

/// The addresses the report was sent to.
fn delivered_to<'m>(mail: &'m Message<'_>) -> impl Iterator<Item = &'m str> {
    ["To", "Delivered-To", "X-Original-To"].into_iter().filter_map(|name| mail.header_raw(name))
}

fn part_of_type(mail: &Message<'_>, subtype: &str) -> Option<String> {
    let part = mail.parts.iter().find(|part| {
        let kind = part.content_type();
        kind.and_then(|kind| kind.subtype()).is_some_and(|it| it.eq_ignore_ascii_case(subtype))
    })?;
    Some(words_of(part)?.replace("\r\n", "\n"))
}

fn words_of<'p>(part: &'p MessagePart<'_>) -> Option<Cow<'p, str>> {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => Some(Cow::Borrowed(text)),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            Some(String::from_utf8_lossy(bytes))
        }
        PartType::Message(inner) => Some(String::from_utf8_lossy(inner.raw_message())),
        PartType::Multipart(_) => None,
    }
}

fn text_of(mail: &Message<'_>) -> String {
    mail.body_text(0).map(|text| text.replace("\r\n", "\n")).unwrap_or_default()
}

/// The value of the first field `name` in `head`, unfolded; it ends at an empty line only where the
/// caller parted the groups.
fn field(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines();
    let value = lines.by_ref().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value)
    })?;
    let mut whole = value.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        whole.push(' ');
        whole.push_str(line.trim());
    }
    Some(whole.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The first run of exactly [`TOKEN`] lower-case hexadecimal digits that stands alone.
fn token_in(text: &str) -> Option<String> {
    // In a List-Unsubscribe header the space before the token is written %20.
    let text = text.replace("%20", " ");
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.find(|word| word.len() == TOKEN && word.bytes().all(is_digit)).map(str::to_owned)
}
