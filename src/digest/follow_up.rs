//! What follows an alert: the article was changed in what matters, or its page is gone; another article
//! adds to the same story; and the notice of a change on a page that is watched in place.

use askama::Template;

use crate::digest::alert::{HEADLINE, Link, NAME, ahead_lines, link, subject};
use crate::digest::letterhead::{Foot, Letterhead, Written, name_of};
use crate::digest::line::{one_line, shorten, wrap};
use crate::digest::words::{self, COLUMNS};
use crate::model::act::Ahead;
use crate::model::interest::Mute;
use crate::model::judged::Matter;
use crate::model::source::Source;
use crate::model::story::{Brings, Telling};
use crate::model::subscriber::{Message, Subscriber};
use crate::tokens::Right;

/// The article that something happened to.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub title: &'a str,
    pub url: &'a str,
    /// The address it is known by, which never changes.
    pub address: &'a str,
    /// ISO 639-1 code of the text.
    pub language: Option<&'a str>,
}

/// What happened to it.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// Its text says something else.
    Changed {
        /// In what; not empty.
        matters: &'a [Matter],
        /// Blocks that went (`- `) and came (`+ `), as `dedupe::difference` writes them.
        difference: &'a str,
        /// The wording that is there now.
        version: u64,
    },
    /// Its page is there no more.
    Gone,
    /// It adds to a story that was told before.
    Added {
        /// The story's row.
        story: i64,
        /// What it adds; not empty.
        brings: &'a [Brings],
        /// Who told the story before.
        tellings: &'a [Telling],
        /// What acts on it say ahead of their lists.
        ahead: &'a [Ahead],
        /// The wording of the article.
        version: u64,
    },
}

/// Somebody to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    pub subscriber: Subscriber,
    /// The `Message-ID` of the alert they got of the article, if they got one: it is followed.
    pub alert: Option<String>,
}

/// One message for each reader. The same news gives the same `Message-ID`s.
pub fn follow_ups(
    known: &Known<'_>,
    news: &News<'_>,
    source: &Source,
    readers: &[Reader],
    letterhead: &Letterhead<'_>,
) -> Vec<Message> {
    let cause = match news {
        News::Changed { version, .. } => name_of(&format!("{} {version:016x}", known.address)),
        News::Gone => name_of(&format!("{} gone", known.address)),
        News::Added { version, .. } => name_of(&format!("{} {version:016x} added", known.address)),
    };
    let notice = Notice::new(known, news, source);
    readers.iter().map(|reader| message(&notice, &cause, reader, letterhead)).collect()
}

fn message(notice: &Notice, cause: &str, reader: &Reader, letterhead: &Letterhead<'_>) -> Message {
    let Reader { subscriber, alert } = reader;
    let foot = &letterhead.foot(subscriber);
    let why = match (alert, notice.mark) {
        (_, "Update") => "We sent you an alert about this event. This article adds to it.",
        (Some(_), "Gone") => {
            "We sent you an alert about this article. Its page is gone: it may have \
                            been moved or withdrawn. Our copy of the text is kept."
        }
        (Some(_), _) => "We sent you an alert about this article. It now says something else.",
        (None, _) => "This page is watched in place. It now says something else.",
    };
    let mute = notice.story.map(|story| Right::Mute(Mute::Story(story)));
    let mute = &mute.and_then(|right| letterhead.page(right, subscriber));
    let written = "a template writes into a string, which cannot fail";
    Written {
        subject: notice.subject.clone(),
        text: TextPart { notice, why, mute, foot }.render().expect(written),
        html: HtmlPart { notice, why, mute, foot }.render().expect(written),
        message_id: letterhead.message_id("change", cause, subscriber),
        follows: alert.clone(),
    }
    .to(subscriber, foot.leave_url())
}

/// What a notice says, the same to every reader.
#[derive(Debug)]
struct Notice {
    subject: String,
    headline: String,
    source: String,
    /// The story, where it may be muted.
    story: Option<i64>,
    /// What happened: `Changed`, `Gone` or `Update`.
    mark: &'static str,
    /// "What changed: numbers, names", "What is new: E.O. 14024"; empty where the page is gone.
    matters: String,
    /// The story's primary source, and who else told it; empty but for an update.
    primary: Option<Told>,
    also: Vec<Told>,
    /// What acts on the event say ahead of their lists.
    ahead: Vec<String>,
    passages: Vec<Passage>,
    /// Passages that differ beyond those shown.
    more: usize,
    language: String,
    /// The side their lines begin on: `left` or `right`.
    side: &'static str,
    link: Option<Link>,
}

/// Another telling of the story.
#[derive(Debug)]
struct Told {
    headline: String,
    source: String,
    link: Option<Link>,
}

/// A block that went or came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Passage {
    came: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "follow_up.txt", escape = "none")]
struct TextPart<'a> {
    notice: &'a Notice,
    why: &'a str,
    /// The link to hear no more of the story.
    mute: &'a Option<String>,
    foot: &'a Foot<'a>,
}

#[derive(Template)]
#[template(path = "follow_up.html")]
struct HtmlPart<'a> {
    notice: &'a Notice,
    why: &'a str,
    /// The link to hear no more of the story.
    mute: &'a Option<String>,
    foot: &'a Foot<'a>,
}

impl TextPart<'_> {
    fn wrapped(&self, line: impl AsRef<str>) -> String {
        wrap(line.as_ref(), COLUMNS, "")
    }

    fn told(&self, told: &Told) -> String {
        wrap(&format!("{} ({})", told.headline, told.source), COLUMNS, "    ")
            .replacen("    ", "  - ", 1)
    }

    fn passage(&self, passage: &Passage) -> String {
        let mark = if passage.came { "  + " } else { "  - " };
        wrap(&passage.text, COLUMNS, "    ").replacen("    ", mark, 1)
    }
}

/// Passages shown, and characters of each.
const PASSAGES: usize = 10;
const PASSAGE: usize = 500;
/// What an article brings, and who else told the story: as many are shown.
const BROUGHT: usize = 6;
const TELLINGS: usize = 8;
/// Words shown before and after those that differ.
const AROUND: usize = 12;

impl Notice {
    fn new(known: &Known<'_>, news: &News<'_>, source: &Source) -> Self {
        let name = shorten(&one_line(&source.title), NAME);
        let headline = match one_line(known.title) {
            title if title.is_empty() => format!("An article from {name}"),
            title => shorten(&title, HEADLINE),
        };
        let language = known.language.unwrap_or(&source.language);
        let (mark, matters, mut passages) = match news {
            News::Changed { matters, difference, .. } => {
                ("Changed", format!("What changed: {}", listed(matters)), passages(difference))
            }
            News::Gone => ("Gone", String::new(), Vec::new()),
            News::Added { brings, .. } => ("Update", new_in(brings), Vec::new()),
        };
        let (primary, also) = match news {
            News::Added { tellings, .. } => told_by(tellings),
            _ => (None, Vec::new()),
        };
        let ahead = match news {
            News::Added { ahead, .. } => ahead_lines(ahead),
            News::Changed { .. } | News::Gone => Vec::new(),
        };
        let more = passages.len().saturating_sub(PASSAGES);
        passages.truncate(PASSAGES);
        Self {
            subject: subject(&format!("{mark}: {headline}"), &name),
            mark,
            story: match news {
                News::Added { story, .. } => Some(*story),
                News::Changed { .. } | News::Gone => None,
            },
            primary,
            also,
            ahead,
            side: if words::runs_leftwards(language) { "right" } else { "left" },
            language: language.to_owned(),
            link: link(known.url),
            source: name,
            headline,
            matters,
            passages,
            more,
        }
    }

    fn direction(&self) -> &'static str {
        if self.side == "right" { "rtl" } else { "ltr" }
    }
}

/// "What is new: …", the first few of them.
fn new_in(brings: &[Brings]) -> String {
    let mut words: Vec<String> =
        brings.iter().take(BROUGHT).map(|it| shorten(&one_line(&it.in_words()), NAME)).collect();
    if BROUGHT < brings.len() {
        words.push(format!("{} more", brings.len() - BROUGHT));
    }
    format!("What is new: {}", words.join(", "))
}

/// The primary source, where an office told the story, and the others.
fn told_by(tellings: &[Telling]) -> (Option<Told>, Vec<Told>) {
    let told = |telling: &Telling| Told {
        headline: shorten(&one_line(&telling.title), HEADLINE),
        source: shorten(&one_line(&telling.source), NAME),
        link: link(&telling.url),
    };
    let (primary, others) = match tellings {
        [first, others @ ..] if first.official => (Some(told(first)), others),
        all => (None, all),
    };
    (primary, others.iter().take(TELLINGS).map(told).collect())
}

/// "numbers, names", as a reader says it.
fn listed(matters: &[Matter]) -> String {
    let words: Vec<&str> = matters
        .iter()
        .map(|matter| match matter {
            Matter::Title => "the headline",
            Matter::Number => "numbers or dates",
            Matter::Negation => "a negation or exception",
            Matter::Name => "names",
            Matter::Passage => "whole passages",
        })
        .collect();
    words.join(", ")
}

/// The passages of a difference; of one that another took the place of, the words that differ with
/// some around them.
fn passages(difference: &str) -> Vec<Passage> {
    let lines: Vec<(bool, &str)> = difference
        .lines()
        .filter_map(|line| {
            let gone = line.strip_prefix("- ").map(|text| (false, text));
            gone.or_else(|| line.strip_prefix("+ ").map(|text| (true, text)))
        })
        .collect();
    let mut passages = Vec::new();
    let mut at = 0;
    while let Some((came, text)) = lines.get(at) {
        match lines.get(at + 1) {
            Some((true, next)) if !came => {
                let (old, new) = around(text, next);
                passages.push(Passage { came: false, text: old });
                passages.push(Passage { came: true, text: new });
                at += 2;
            }
            _ => {
                passages.push(Passage { came: *came, text: shorten(&one_line(text), PASSAGE) });
                at += 1;
            }
        }
    }
    passages
}

/// Two texts cut down to where they differ.
fn around(old: &str, new: &str) -> (String, String) {
    let (old, new) = (one_line(old), one_line(new));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split(' ').collect(), new.split(' ').collect());
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let room = old.len().min(new.len()) - head;
    let tails = old.iter().rev().zip(new.iter().rev()).take(room);
    let tail = tails.take_while(|(one, other)| one == other).count();
    let cut = |words: &[&str]| {
        let from = head.saturating_sub(AROUND);
        let to = (words.len() - tail + AROUND).min(words.len());
        let before = if 0 < from { "… " } else { "" };
        let after = if to < words.len() { " …" } else { "" };
        shorten(&format!("{before}{}{after}", words[from..to].join(" ")), PASSAGE)
    };
    (cut(&old), cut(&new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_passage_is_cut_to_where_it_differs() {
        let words = |change: &str| {
            let before: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
            format!("{} {change} {}", before.join(" "), before.join(" "))
        };
        let (old, new) = around(&words("5"), &words("6 or 7"));
        assert!(
            old.starts_with("… w28") && old.contains("w39 5 w0") && old.ends_with("w11 …"),
            "{old}"
        );
        assert!(new.contains("w39 6 or 7 w0"), "{new}");
        let cases = [("a b", "a b c"), ("", "x"), ("a a a", "a a"), ("same", "same")];
        for (old, new) in cases {
            assert_eq!(around(old, new), (old.to_owned(), new.to_owned()));
        }
    }

    #[test]
    fn what_came_alone_is_no_counterpart() {
        let passage = |came, text: &str| Passage { came, text: text.to_owned() };
        assert_eq!(
            passages("- one\n- two\n+ zwei\n+ drei\n"),
            [
                passage(false, "one"),
                passage(false, "two"),
                passage(true, "zwei"),
                passage(true, "drei")
            ]
        );
        assert!(passages("").is_empty());
    }
}
