//! The alert on a list: one mail to each subscriber on what an edition changed.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::digest::alert::{Reason, Recipient};
use crate::digest::letterhead::{Foot, Letterhead, Written, name_of};
use crate::digest::line::{one_line, shorten, wrap};
use crate::digest::words::{self, COLUMNS};
use crate::model::change::{Change, ChangeKind, Earlier};
use crate::model::subscriber::Message;

/// What an edition changed.
#[derive(Debug, Clone, Copy)]
pub struct ListNews<'n> {
    /// The list's id: `ofac-sdn`.
    pub list: &'n str,
    /// The list's name for people.
    pub title: &'n str,
    /// Row number of the edition before, which the changes are against.
    pub after: i64,
    /// When the edition was fetched.
    pub at: DateTime<Utc>,
    /// Parties it holds.
    pub parties: usize,
    pub changes: &'n [Change],
}

/// One message for each recipient, however many parties changed; none where nothing did.
///
/// The `Message-ID` depends on list, edition before, changes, domain and subscriber alone, so that a
/// mail sent again is the same mail, also if the edition had to be fetched again.
pub fn list_alerts(
    news: &ListNews<'_>,
    recipients: &[Recipient],
    letterhead: &Letterhead<'_>,
) -> Vec<Message> {
    if news.changes.is_empty() {
        return Vec::new();
    }
    let summary = Summary::new(news);
    let cause = cause(news);
    recipients.iter().map(|recipient| message(&summary, &cause, recipient, letterhead)).collect()
}

/// What was found of an edition's new parties in older articles.
#[derive(Debug, Clone, Copy)]
pub struct EarlierNews<'n> {
    /// The list's id: `ofac-sdn`.
    pub list: &'n str,
    /// When the edition was fetched.
    pub at: DateTime<Utc>,
    pub earlier: &'n [Earlier],
}

/// One message for each recipient on the new parties that were in the news before they were
/// listed; none where nobody was. The `Message-ID` depends on these, the domain and the subscriber
/// alone.
pub fn earlier_alerts(
    news: &EarlierNews<'_>,
    recipients: &[Recipient],
    letterhead: &Letterhead<'_>,
) -> Vec<Message> {
    if news.earlier.is_empty() {
        return Vec::new();
    }
    let items = news.earlier.iter().take(ITEMS).map(|earlier| Item {
        name: shorten(&one_line(&earlier.name), NAME),
        details: format!(
            "{} · {} · {}",
            earlier.in_words(),
            shorten(&one_line(&earlier.title), NAME),
            one_line(&earlier.url)
        ),
    });
    let summary = Summary {
        subject: format!("{}: new names in earlier articles", news.list),
        title: news.list.to_owned(),
        details: format!("Edition fetched on {} UTC", news.at.format("%-d %B %Y at %H:%M")),
        sections: vec![Section {
            heading: "In earlier articles".to_owned(),
            items: items.collect(),
            more: news.earlier.len().saturating_sub(ITEMS),
        }],
    };
    let mut finds: Vec<String> =
        news.earlier.iter().map(|it| format!("{} {}", it.name, it.url)).collect();
    finds.sort_unstable();
    let cause = name_of(&format!("earlier {} {}", news.list, finds.join("\n")));
    recipients.iter().map(|recipient| message(&summary, &cause, recipient, letterhead)).collect()
}

fn message(
    summary: &Summary,
    cause: &str,
    recipient: &Recipient,
    letterhead: &Letterhead<'_>,
) -> Message {
    let to = &recipient.subscriber;
    let foot = &letterhead.foot(to);
    let reasons: &[String] = &recipient.reasons.iter().map(Reason::in_words).collect::<Vec<_>>();
    let written = "a template writes into a string, which cannot fail";
    Written {
        subject: summary.subject.clone(),
        text: TextPart { summary, reasons, foot }.render().expect(written),
        html: HtmlPart { summary, reasons, foot }.render().expect(written),
        message_id: letterhead.message_id("list", cause, to),
        follows: None,
    }
    .to(to, foot.leave_url())
}

/// What the mail says, the same to every reader.
#[derive(Debug)]
struct Summary {
    subject: String,
    title: String,
    /// When it was fetched and how long it is.
    details: String,
    sections: Vec<Section>,
}

/// The parties to which the same happened.
#[derive(Debug)]
struct Section {
    heading: String,
    items: Vec<Item>,
    /// Parties that are not shown.
    more: usize,
}

#[derive(Debug)]
struct Item {
    name: String,
    /// Kind and programmes, and what was amended.
    details: String,
}

#[derive(Template)]
#[template(path = "list.txt", escape = "none")]
struct TextPart<'a> {
    summary: &'a Summary,
    reasons: &'a [String],
    foot: &'a Foot<'a>,
}

#[derive(Template)]
#[template(path = "list.html")]
struct HtmlPart<'a> {
    summary: &'a Summary,
    reasons: &'a [String],
    foot: &'a Foot<'a>,
}

/// Parties shown of each section; an edition that adds more is better read at its source.
const ITEMS: usize = 60;
/// Programmes and new values named of one party.
const VALUES: usize = 4;
/// Characters of a name or a value.
const NAME: usize = 90;
const TITLE: usize = 80;

impl Summary {
    fn new(news: &ListNews<'_>) -> Self {
        let title = shorten(&one_line(news.title), TITLE);
        let sections: Vec<Section> =
            [("added", "Added"), ("removed", "Removed"), ("amended", "Amended")]
                .into_iter()
                .filter_map(|(kind, heading)| section(news.changes, kind, heading))
                .collect();
        let counts: Vec<String> =
            sections.iter().map(|section| section.heading.to_lowercase()).collect();
        Self {
            subject: format!("{title}: {}", counts.join(", ")),
            details: format!(
                "Edition fetched on {} UTC, with {} parties",
                news.at.format("%-d %B %Y at %H:%M"),
                news.parties
            ),
            title,
            sections,
        }
    }
}

fn section(changes: &[Change], kind: &str, heading: &str) -> Option<Section> {
    let mut of_kind: Vec<&Change> = changes.iter().filter(|it| it.kind.name() == kind).collect();
    // Names and programmes matter more than a new address.
    of_kind.sort_by_key(|change| is_minor(change));
    let items = of_kind.iter().take(ITEMS).map(|change| item(change)).collect();
    let more = of_kind.len().saturating_sub(ITEMS);
    let heading = format!("{} {heading}", of_kind.len());
    (!of_kind.is_empty()).then_some(Section { heading, items, more })
}

fn is_minor(change: &Change) -> bool {
    let ChangeKind::Amended(fields) = &change.kind else { return false };
    !fields.iter().any(|it| matches!(it.field, "name" | "names" | "programmes" | "identifiers"))
}

fn item(change: &Change) -> Item {
    let party = &change.party;
    let mut details = vec![party.kind.name().to_owned()];
    details.extend(few(&party.programmes));
    if let ChangeKind::Amended(fields) = &change.kind {
        for field in fields {
            let added = few(&field.added).map(|values| format!("+ {values}"));
            let removed = few(&field.removed).map(|values| format!("- {values}"));
            let values: Vec<String> = added.into_iter().chain(removed).collect();
            details.push(format!("{} {}", field.field.replace('_', " "), values.join(" ")));
        }
    }
    Item { name: shorten(&one_line(party.name()), NAME), details: details.join(" · ") }
}

/// The first few values, and how many there are beyond; none where there are none.
fn few(values: &[String]) -> Option<String> {
    let shown: Vec<String> =
        values.iter().take(VALUES).map(|value| shorten(&one_line(value), NAME)).collect();
    let more = match values.len().saturating_sub(VALUES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!shown.is_empty()).then(|| shown.join(", ") + &more)
}

impl TextPart<'_> {
    fn wrapped(&self, line: impl AsRef<str>) -> String {
        wrap(line.as_ref(), COLUMNS, "")
    }

    fn listed(&self, line: &str) -> String {
        words::item(line)
    }

    fn item(&self, item: &Item) -> String {
        words::item(&format!("{} ({})", item.name, item.details))
    }
}

/// Names the cause of a message: 128 bits of a SHA-256 over what changed since which edition, in hex.
fn cause(news: &ListNews<'_>) -> String {
    let mut said = format!("{} {}", news.list, news.after);
    for Change { kind, party } in news.changes {
        said.extend(["\n", kind.name(), " ", &party.id]);
        if let ChangeKind::Amended(fields) = kind {
            let values = fields.iter().flat_map(|field| field.added.iter().chain(&field.removed));
            said.extend(values.flat_map(|value| ["\n  ", value]));
        }
    }
    name_of(&said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::FieldChange;
    use crate::model::designation::{Designation, Issuer, ListedName, NameQuality, PartyKind};
    use crate::model::subscriber::Subscriber;

    fn change(kind: ChangeKind, name: &str) -> Change {
        let party = Designation {
            id: name.to_owned(),
            issuer: Issuer::Ofac,
            kind: PartyKind::Person,
            names: vec![ListedName { text: name.to_owned(), quality: NameQuality::Primary }],
            programmes: vec!["RUSSIA-EO14024".to_owned()],
            countries: Vec::new(),
            births: Vec::new(),
            identifiers: Vec::new(),
            positions: Vec::new(),
            listed_on: None,
            remarks: Vec::new(),
        };
        Change { kind, party }
    }

    fn mails(changes: &[Change]) -> Vec<Message> {
        mails_against(7, 1_780_000_000, changes)
    }

    fn mails_against(after: i64, fetched: i64, changes: &[Change]) -> Vec<Message> {
        let at = DateTime::from_timestamp(fetched, 0).unwrap();
        let news =
            ListNews { list: "ofac-sdn", title: "OFAC SDN", after, at, parties: 17_000, changes };
        let reader = |id, email: &str| Recipient {
            subscriber: Subscriber {
                id,
                email: email.parse().unwrap(),
                name: String::new(),
                zone: chrono_tz::UTC,
                serial: 0,
            },
            reasons: Vec::new(),
        };
        let readers = [reader(1, "ada@example.org"), reader(2, "bo@example.org")];
        let sender = "alerts@example.org".parse().unwrap();
        list_alerts(&news, &readers, &Letterhead { sender: &sender, links: None, now: at })
    }

    #[test]
    fn an_edition_fetched_again_makes_the_same_mail() {
        let came = [change(ChangeKind::Added, "Came")];
        let id = |after, fetched, changes: &[Change]| {
            mails_against(after, fetched, changes)[0].message_id.clone()
        };
        let first = id(7, 1_780_000_000, &came);
        assert_eq!(id(7, 1_780_003_600, &came), first, "an hour later");
        assert_ne!(id(8, 1_780_000_000, &came), first, "listed, delisted, listed again");
        let gone = change(ChangeKind::Removed, "Came");
        assert_ne!(id(7, 1_780_000_000, &[gone]), first);
        let names = |added: &str| FieldChange {
            field: "names",
            added: vec![added.to_owned()],
            removed: Vec::new(),
        };
        let amended = |added| change(ChangeKind::Amended(vec![names(added)]), "Came");
        assert_ne!(
            id(7, 1_780_000_000, &[amended("One")]),
            id(7, 1_780_000_000, &[amended("Two")])
        );
    }

    #[test]
    fn one_mail_sums_an_edition_up() {
        let names = FieldChange {
            field: "names",
            added: vec!["<New & Old>".to_owned()],
            removed: Vec::new(),
        };
        let mut changes: Vec<Change> =
            (0..100).map(|n| change(ChangeKind::Added, &format!("Came {n}"))).collect();
        changes.push(change(ChangeKind::Removed, "Gone"));
        changes.push(change(ChangeKind::Amended(vec![names]), "Other"));
        let mails = mails(&changes);
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].subject, "OFAC SDN: 100 added, 1 removed, 1 amended");
        assert_ne!(mails[0].message_id, mails[1].message_id);
        let text = &mails[0].text;
        for part in [
            "28 May 2026",
            "17000 parties",
            "  - Came 0 (person · RUSSIA-EO14024)",
            "and 40 more",
            "  - Gone (person",
            "names + <New & Old>",
            "unsubscribe",
            "ada@example.org",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(mails[0].html.contains("&#60;New &#38; Old&#62;"), "{}", mails[0].html);
        assert!(!text.contains("Came 60 "));
    }

    #[test]
    fn nothing_changed_is_no_mail() {
        assert!(mails(&[]).is_empty());
    }
}
