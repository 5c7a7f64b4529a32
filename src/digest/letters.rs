//! Letters about the subscription itself: the request to confirm it, and the link to its settings.
//!
//! Strangers can have them sent to any address. So they say little of what was typed in, and nothing
//! in it that a mail program would turn into a link.

use askama::Template;

use crate::digest::letterhead::{Foot, Letterhead, Written, name_of};
use crate::digest::line::{one_line, shorten, wrap};
use crate::digest::words;
use crate::model::interest::Interest;
use crate::model::subscriber::{Message, Subscriber};
use crate::tokens::{Links, Right};

/// What a letter is about.
#[derive(Debug, Clone, Copy)]
pub enum Letter<'a> {
    /// Somebody asked for this address to be subscribed; these are the interests asked for.
    Confirm(&'a [Interest]),
    /// The operator would like to subscribe this address to these interests.
    Offer(&'a [Interest]),
    /// Somebody asked for an address to be subscribed that is.
    AlreadySubscribed,
    /// A subscriber asked for the link to the settings.
    Settings,
}

impl Letter<'_> {
    /// The word for it in the outbox.
    pub fn kind(&self) -> &'static str {
        match self {
            Letter::Confirm(_) => "confirm",
            Letter::Offer(_) => "offer",
            Letter::AlreadySubscribed => "subscribed",
            Letter::Settings => "settings",
        }
    }
}

/// The letter to a subscriber, its link signed from `letterhead.now` on. Without an answer it changes
/// nothing. `links` are those of the letterhead, which a letter cannot do without.
pub fn letter(
    letter: Letter<'_>,
    to: &Subscriber,
    letterhead: &Letterhead<'_>,
    links: &Links,
) -> Message {
    let at = letterhead.now;
    let (subject, lead, button, right) = match letter {
        Letter::Confirm(_) => (
            "Please confirm your sanctions alerts",
            "Somebody, probably you, asked us to send sanctions alerts to this address. \
             Please confirm it.",
            "Confirm",
            Right::Confirm,
        ),
        Letter::Offer(_) => (
            "Would you like sanctions alerts?",
            "Whoever runs this service would like to send sanctions alerts to this address. Please \
             confirm it if you want them.",
            "Yes, send them",
            Right::Confirm,
        ),
        Letter::AlreadySubscribed => (
            "You are subscribed already",
            "Somebody, probably you, asked us to send sanctions alerts to this address. We do so \
             already, and nothing has changed. Your settings show what you get, and when.",
            "Open my settings",
            Right::Settings,
        ),
        Letter::Settings => (
            "The link to your settings",
            "Here is the link you asked for. It shows and changes what you get and when, and erases \
             everything we hold about you if you wish.",
            "Open my settings",
            Right::Settings,
        ),
    };
    let holds = match right {
        Right::Confirm => "The link holds for 3 days.",
        _ => {
            "The link holds for 30 days. Whoever has it can change your settings: do not pass it on."
        }
    };
    let asked = match letter {
        Letter::Confirm(interests) | Letter::Offer(interests) => {
            interests.iter().take(ASKED).map(|it| asked(it, to)).collect()
        }
        _ => Vec::new(),
    };
    let foot = Foot {
        said: format!(
            "Sent to {}. If you do not want this, do nothing: without an answer nothing happens.",
            to.email.expose()
        ),
        settings: None,
        leave: None,
        address: letterhead.sender.expose(),
        leave_by_mail: String::new(),
    };
    let page = Page {
        subject,
        lead,
        button,
        link: links.page(right, to.id, to.serial, at),
        holds,
        asked,
        home: links.home(),
    };
    let written = "a template writes into a string, which cannot fail";
    let cause = name_of(&format!("{} {} {}", letter.kind(), to.serial, at.to_rfc3339()));
    Written {
        subject: subject.to_owned(),
        text: TextPart { page: &page, foot: &foot }.render().expect(written),
        html: HtmlPart { page: &page, foot: &foot }.render().expect(written),
        message_id: letterhead.message_id(letter.kind(), &cause, to),
        follows: None,
    }
    .to(to, None)
}

/// What a letter says.
#[derive(Debug)]
struct Page<'a> {
    subject: &'static str,
    lead: &'static str,
    button: &'static str,
    link: String,
    /// How long the link holds.
    holds: &'static str,
    asked: Vec<Asked>,
    /// Where it was asked for.
    home: &'a str,
}

/// An interest in words.
#[derive(Debug)]
struct Asked {
    name: String,
    what: String,
    when: String,
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct TextPart<'a> {
    page: &'a Page<'a>,
    foot: &'a Foot<'a>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct HtmlPart<'a> {
    page: &'a Page<'a>,
    foot: &'a Foot<'a>,
}

impl TextPart<'_> {
    fn wrapped(&self, line: impl AsRef<str>) -> String {
        wrap(line.as_ref(), words::COLUMNS, "")
    }

    fn item(&self, asked: &Asked) -> String {
        let line = format!("{}: {}, {}", asked.name, asked.what, asked.when);
        words::item(&line)
    }
}

/// Interests shown, and characters of each part of one.
const ASKED: usize = 10;
const PART: usize = 120;

fn asked(interest: &Interest, to: &Subscriber) -> Asked {
    let plain = |text: &str| shorten(&without_addresses(&one_line(text)), PART);
    Asked {
        name: plain(&interest.name),
        what: plain(&words::criteria(&interest.criteria)),
        when: words::cadence(interest.cadence, to.zone),
    }
}

/// `text` without the words that a mail program might make a link of: a stranger wrote it.
fn without_addresses(text: &str) -> String {
    let is_address = |word: &str| {
        let dotted = word.split('.').collect::<Vec<_>>();
        let is_host = dotted.windows(2).any(|pair| {
            let ends = |part: &str| part.chars().next_back().is_some_and(char::is_alphanumeric);
            let begins = |part: &str| part.chars().next().is_some_and(char::is_alphabetic);
            ends(pair[0]) && begins(pair[1])
        });
        word.contains("://") || word.contains('@') || is_host
    };
    let kept = text.split(' ').map(|word| if is_address(word) { "[…]" } else { word });
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn a_stranger_cannot_have_links_sent() {
        let cases = [
            ("Prize! see http://evil.example/x now", "Prize! see […] now"),
            ("www.evil.example evil.com/x", "[…] […]"),
            ("write a@b or (evil.com)", "write […] or […]"),
            ("Calvenna Shipping Co. Ltd. E.O. 14024", "Calvenna Shipping Co. Ltd. […] 14024"),
            ("oil \"price cap\" 3.5", "oil \"price cap\" 3.5"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_addresses(text), expected);
        }
    }
}
