//! The notice: one mail to the operator on everything that is wrong, or no longer is.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::digest::letterhead::{Letterhead, Written};
use crate::digest::line::{one_line, shorten, wrap};
use crate::model::subscriber::{Message, Subscriber};
use crate::model::trouble::{Report, Trouble};

/// Columns of the text part.
const COLUMNS: usize = 72;
/// Troubles of one kind shown in one mail; the rest is counted.
const ITEMS: usize = 30;
/// Most characters of what is said of one trouble.
const DETAIL: usize = 600;

/// The mail on `report`; none where there is nothing to tell. Its `Message-ID` names the moment.
pub fn notice(
    report: &Report,
    operator: &Subscriber,
    letterhead: &Letterhead<'_>,
) -> Option<Message> {
    if report.is_empty() {
        return None;
    }
    let page = Page::new(report, letterhead.now);
    let moment = letterhead.now.timestamp_millis().to_string();
    let whole = "a template writes into a string, which cannot fail";
    let written = Written {
        subject: page.subject.clone(),
        text: TextPart { page: &page }.render().expect(whole),
        html: HtmlPart { page: &page }.render().expect(whole),
        message_id: letterhead.message_id("notice", &moment, operator),
        follows: None,
    };
    // No subscription, no link that ends one: the settings name the operator.
    Some(written.to(operator, None))
}

#[derive(Debug)]
struct Page {
    subject: String,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    heading: &'static str,
    items: Vec<Item>,
    /// Those not shown.
    more: usize,
}

#[derive(Debug)]
struct Item {
    title: String,
    when: String,
    /// Empty where it is over.
    detail: String,
}

impl Page {
    fn new(report: &Report, now: DateTime<Utc>) -> Self {
        let Report { fresh, lasting, over } = report;
        let sections = [
            section("Needs a hand", fresh, |trouble| Item {
                when: format!("since {}", minute(trouble.since)),
                ..item(trouble)
            }),
            section("Still so", lasting, |trouble| Item {
                when: format!("for {} days", (now - trouble.since).num_days()),
                ..item(trouble)
            }),
            section("Over", over, |trouble| Item {
                when: format!("it began {}", minute(trouble.since)),
                detail: String::new(),
                ..item(trouble)
            }),
        ];
        Self { subject: subject(report), sections: sections.into_iter().flatten().collect() }
    }
}

fn section(
    heading: &'static str,
    troubles: &[Trouble],
    item: impl Fn(&Trouble) -> Item,
) -> Option<Section> {
    let items: Vec<Item> = troubles.iter().take(ITEMS).map(item).collect();
    (!items.is_empty()).then(|| Section {
        heading,
        items,
        more: troubles.len().saturating_sub(ITEMS),
    })
}

fn item(trouble: &Trouble) -> Item {
    Item {
        title: one_line(&trouble.title()),
        when: String::new(),
        detail: shorten(&one_line(&trouble.detail), DETAIL),
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y %H:%M UTC").to_string()
}

/// The first of what matters most, and how many more.
fn subject(report: &Report) -> String {
    let (word, troubles) = if !report.fresh.is_empty() {
        ("needs a hand", &report.fresh)
    } else if !report.lasting.is_empty() {
        ("still needs a hand", &report.lasting)
    } else {
        ("is well again", &report.over)
    };
    let first = troubles.first().map(Trouble::title).unwrap_or_default();
    let more = match troubles.len() {
        0 | 1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    one_line(&format!("sanctionwatch {word}: {first}{more}"))
}

#[derive(Debug, Template)]
#[template(path = "notice.txt", escape = "none")]
struct TextPart<'a> {
    page: &'a Page,
}

impl TextPart<'_> {
    /// Within the width of a mail, under the trouble's title.
    fn below(&self, line: &str) -> String {
        wrap(line, COLUMNS, "  ")
    }

    fn title(&self, item: &Item) -> String {
        format!("* {}", self.below(&format!("{}, {}", item.title, item.when)).trim_start())
    }
}

#[derive(Debug, Template)]
#[template(path = "notice.html")]
struct HtmlPart<'a> {
    page: &'a Page,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::subscriber::Email;

    fn trouble(subject: &str, detail: &str) -> Trouble {
        let since = "2026-03-02T08:00:00Z".parse().unwrap();
        Trouble { subject: subject.to_owned(), since, detail: detail.to_owned() }
    }

    fn mail(report: &Report) -> Option<Message> {
        let email: Email = "ops@example.org".parse().unwrap();
        let operator = Subscriber {
            id: 1,
            email: email.clone(),
            name: String::new(),
            zone: chrono_tz::UTC,
            serial: 0,
        };
        let now = "2026-03-09T08:00:00Z".parse().unwrap();
        notice(report, &operator, &Letterhead { sender: &email, links: None, now })
    }

    #[test]
    fn one_mail_tells_of_everything() {
        let report = Report {
            fresh: vec![
                trouble("source:us/bis", "blocked: <b>403</b>; set fetch.contact"),
                trouble("disk", "0.4 GB are left"),
            ],
            lasting: vec![trouble("backup", "the newest is 9 days old")],
            over: vec![trouble("mail", "long")],
        };
        let mail = mail(&report).unwrap();
        assert_eq!(mail.subject, "sanctionwatch needs a hand: source us/bis and 1 more");
        for said in [
            "Needs a hand",
            "source us/bis",
            "since 2 March 2026 08:00 UTC",
            "Still so",
            "for 7 days",
            "Over",
            "it began 2 March 2026 08:00 UTC",
        ] {
            assert!(mail.text.contains(said), "{said}:\n{}", mail.text);
            assert!(mail.html.contains(said), "{said}:\n{}", mail.html);
        }
        assert!(mail.text.contains("<b>403</b>") && !mail.html.contains("<b>403</b>"));
        assert!(!mail.text.contains("long"), "what is over needs no remedy");
    }

    #[test]
    fn a_hundred_sick_sources_are_one_mail_of_bearable_length() {
        let sick = |n: usize| trouble(&format!("source:us/s{n}"), &"x".repeat(2_000));
        let mail =
            mail(&Report { fresh: (0..100).map(sick).collect(), ..Report::default() }).unwrap();
        assert!(mail.subject.ends_with("source us/s0 and 99 more"), "{}", mail.subject);
        assert!(mail.text.contains("and 70 more") && mail.html.contains("and 70 more"));
        assert!(mail.text.len() < 40_000, "{}", mail.text.len());
    }

    #[test]
    fn nothing_to_tell_is_no_mail() {
        assert_eq!(mail(&Report::default()), None);
    }
}
