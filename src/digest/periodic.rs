//! The digest: one mail on what happened since the last one.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::alert::{HEADLINE, NAME, Reason, Recipient, ahead_lines, link};
use crate::digest::letterhead::{Foot, Letterhead, Written, name_of, tidy};
use crate::digest::line::{one_line, shorten, wrap};
use crate::digest::summary;
use crate::digest::words::{self, COLUMNS};
use crate::model::act::Ahead;
use crate::model::facts::Facts;
use crate::model::stamp::Stamp;
use crate::model::subscriber::{Message, Subscriber};
use crate::tokens::Right;

/// An article in a digest, as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct DigestItem {
    /// Its row.
    pub article: i64,
    pub title: String,
    pub url: String,
    /// The source's title for people.
    pub source: String,
    pub official: bool,
    pub published: Option<Stamp>,
    /// ISO 639-1.
    pub language: Option<String>,
    /// 0 to 1.
    pub score: f64,
    pub facts: Facts,
    pub mark: Mark,
    /// The titles of other sources that tell the same.
    pub also: Vec<String>,
    /// What acts on the event say ahead of their lists.
    pub ahead: Vec<Ahead>,
}

/// What became of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is news.
    New,
    /// It was told before, and says something else now.
    Corrected,
    /// It was told before, and its page is gone.
    Gone,
    /// It is another report of an event that was told before.
    Known,
}

/// What an edition of an official list changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestList {
    /// The list's name for people.
    pub title: String,
    pub at: DateTime<Utc>,
    pub added: usize,
    pub removed: usize,
    pub amended: usize,
    /// The first names that came or went, each with `+` or `-` before it.
    pub names: Vec<String>,
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub title: String,
    /// When it was last read; none: never.
    pub since: Option<DateTime<Utc>>,
}

/// What a digest tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digest {
    /// The moment at which it was due.
    pub due: DateTime<Utc>,
    /// The row of the first interest it is for: with the moment it names the digest.
    pub interest: i64,
    /// Most certain first; the mail has the first [`ITEMS`] of them.
    pub items: Vec<DigestItem>,
    /// Articles that were found beyond these.
    pub more: usize,
    pub lists: Vec<DigestList>,
    pub unread: Vec<Unread>,
}

impl Digest {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.lists.is_empty()
    }
}

/// A digest in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    pub message: Message,
    /// All of it, where the mail was cut.
    pub whole: Option<DigestPage>,
}

/// The mail on it, and what it has no room for. The `Message-ID` depends on moment, interest, domain
/// and subscriber alone.
pub fn digest(digest: &Digest, recipient: &Recipient, letterhead: &Letterhead<'_>) -> Composed {
    let to = &recipient.subscriber;
    let foot = &letterhead.foot(to);
    let (shown, cut) = digest.items.split_at(digest.items.len().min(ITEMS));
    let page = &DigestPage::new(digest, shown, recipient, letterhead);
    let rest = &Rest::of(digest, to, letterhead);
    let written = "a template writes into a string, which cannot fail";
    let cause = name_of(&format!("{} {}", digest.due.to_rfc3339(), digest.interest));
    let message = Written {
        subject: page.subject.clone(),
        text: TextPart { page, rest, foot }.render().expect(written),
        html: HtmlPart { page, rest, foot }.render().expect(written),
        message_id: letterhead.message_id("digest", &cause, to),
        follows: None,
    }
    .to(to, foot.leave_url());
    let whole =
        (!cut.is_empty()).then(|| DigestPage::new(digest, &digest.items, recipient, letterhead));
    Composed { message, whole }
}

/// Where what a mail has no room for can be read.
#[derive(Debug)]
enum Rest {
    Page(String),
    /// No page of ours can be reached: an operator prints it with this command.
    Command(String),
}

impl Rest {
    fn of(digest: &Digest, to: &Subscriber, letterhead: &Letterhead<'_>) -> Self {
        let (due, interest) = (digest.due.timestamp_millis(), digest.interest);
        match letterhead.page(Right::Digest { due, interest }, to) {
            Some(link) => Rest::Page(link),
            None => Rest::Command(format!("sanctionwatch digest --whole {}", to.email.expose())),
        }
    }
}

/// Articles that a mail tells: mail programs cut what is longer than a hundred thousand bytes.
pub const ITEMS: usize = 40;
/// Scores from here on are certain enough to stand among the news.
const CERTAIN: f64 = 0.75;
/// Sources named that could not be read, and that tell the same as another.
const UNREAD: usize = 5;
const ALSO: usize = 4;
/// Characters of the subject.
const SUBJECT: usize = 110;

/// What a digest says, in words: a mail, or, kept as JSON, all of one whose mail was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestPage {
    pub subject: String,
    /// `27 November 2026, 07:30`, on the subscriber's clock.
    pub until: String,
    pub groups: Vec<DigestGroup>,
    pub lists: Vec<DigestListLine>,
    /// Articles that were found beyond these.
    pub more: usize,
    /// What could not be read; empty where everything could.
    pub unread: String,
    /// The interests it is for.
    pub interests: Vec<String>,
}

/// Items under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestGroup {
    pub heading: String,
    pub items: Vec<DigestLine>,
}

/// What is said of one article, and of those that tell the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestLine {
    pub headline: String,
    /// `Corrected` or `Gone`; else empty.
    pub mark: String,
    pub summary: String,
    pub source: String,
    /// Date, language and certainty, each after a dot.
    pub details: String,
    pub also: String,
    /// Whom an official act lists and the list does not, a sentence each.
    pub ahead: Vec<String>,
    /// ISO 639-1, or empty.
    pub language: String,
    /// The address of the original, where it is a web address.
    pub url: Option<String>,
    /// The address of our copy of it.
    pub copy: Option<String>,
}

impl DigestLine {
    /// The way its language runs: `rtl` or `ltr`.
    pub fn direction(&self) -> &'static str {
        words::direction(&self.language)
    }

    fn side(&self) -> &'static str {
        if words::runs_leftwards(&self.language) { "right" } else { "left" }
    }
}

/// What an edition of a list changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestListLine {
    pub title: String,
    pub counts: String,
    pub names: String,
}

#[derive(Template)]
#[template(path = "digest.txt", escape = "none")]
struct TextPart<'a> {
    page: &'a DigestPage,
    rest: &'a Rest,
    foot: &'a Foot<'a>,
}

#[derive(Template)]
#[template(path = "digest.html")]
struct HtmlPart<'a> {
    page: &'a DigestPage,
    rest: &'a Rest,
    foot: &'a Foot<'a>,
}

impl TextPart<'_> {
    fn wrapped(&self, line: impl AsRef<str>) -> String {
        wrap(line.as_ref(), COLUMNS, "")
    }

    fn headline(&self, line: &DigestLine) -> String {
        match line.mark.as_str() {
            "" => words::item(&line.headline),
            mark => words::item(&format!("{mark}: {}", line.headline)),
        }
    }

    fn below(&self, line: impl AsRef<str>) -> String {
        wrap(line.as_ref(), COLUMNS, "    ")
    }

    fn item(&self, line: &str) -> String {
        words::item(line)
    }
}

impl DigestPage {
    /// Of a digest, with these of its items.
    fn new(
        digest: &Digest,
        items: &[DigestItem],
        recipient: &Recipient,
        letterhead: &Letterhead<'_>,
    ) -> Self {
        let copy = |article| letterhead.page(Right::Copy(article), &recipient.subscriber);
        let zone = recipient.subscriber.zone;
        let interests = recipient.reasons.iter().map(Reason::in_words).collect();
        Self {
            subject: subject(digest),
            until: digest.due.with_timezone(&zone).format("%-d %B %Y, %H:%M").to_string(),
            groups: groups(items, copy),
            lists: digest.lists.iter().map(list_line).collect(),
            more: digest.items.len() - items.len() + digest.more,
            unread: unread(&digest.unread),
            interests,
        }
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.lists.is_empty()
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let foot = &Foot {
            said: "All of a digest whose mail was cut, as it was told then.".to_owned(),
            settings: None,
            leave: None,
            address: "",
            leave_by_mail: String::new(),
        };
        let rest = &Rest::Command(String::new());
        let text = TextPart { page: self, rest, foot }.render();
        tidy(&text.expect("a template writes into a string, which cannot fail"))
    }
}

/// `5 new, 1 corrected: OFAC designates 12 entities, 4 vessels`.
fn subject(digest: &Digest) -> String {
    let count = |mark: Mark| digest.items.iter().filter(|item| item.mark == mark).count();
    let counts = [
        (count(Mark::New) + digest.more, "new"),
        (count(Mark::Corrected), "corrected"),
        (count(Mark::Gone), "gone"),
        (count(Mark::Known), "more on what you know"),
        (digest.lists.len(), if digest.lists.len() == 1 { "list change" } else { "list changes" }),
    ];
    let told: Vec<String> = counts
        .iter()
        .filter(|(number, _)| 0 < *number)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if told.is_empty() {
        return "Sanctions digest: nothing new".to_owned();
    }
    let top = digest
        .items
        .first()
        .map(|item| summary::event(&item.facts).unwrap_or_else(|| one_line(&item.title)));
    let top = top.or_else(|| digest.lists.first().map(|list| one_line(&list.title)));
    shorten(&format!("{}: {}", told.join(", "), top.unwrap_or_default()), SUBJECT)
}

/// The items by country or programme, the group with the most certain item first; those in doubt,
/// and those that follow up what was told before, each apart at the end.
fn groups(items: &[DigestItem], copy: impl Fn(i64) -> Option<String>) -> Vec<DigestGroup> {
    let mut order: Vec<String> = Vec::new();
    let mut by_heading: BTreeMap<String, Vec<DigestLine>> = BTreeMap::new();
    let last = ["Less certain", "Corrections to what you know", "More on what you know"];
    for item in items {
        let heading = match item.mark {
            Mark::Corrected | Mark::Gone => last[1].to_owned(),
            Mark::Known => last[2].to_owned(),
            Mark::New if item.score < CERTAIN => last[0].to_owned(),
            Mark::New => heading(&item.facts),
        };
        if !order.contains(&heading) {
            order.push(heading.clone());
        }
        by_heading.entry(heading).or_default().push(line(item, copy(item.article)));
    }
    let rank = |heading: &String| match last.iter().position(|it| it == heading) {
        Some(place) => place + 2,
        None => usize::from(heading == OTHER),
    };
    order.sort_by_key(rank);
    let group = |heading: String| {
        let items = by_heading.remove(&heading).unwrap_or_default();
        DigestGroup { heading, items }
    };
    order.into_iter().map(group).collect()
}

const OTHER: &str = "Other";

/// The country that programme or action are aimed at, else the programme's topic.
fn heading(facts: &Facts) -> String {
    let programme = facts.programmes.first().map(|shown| &shown.value);
    let country = programme.and_then(|programme| programme.country.as_ref());
    let country = country.or(facts.countries.first().map(|shown| &shown.value));
    match (country, programme) {
        (Some(code), _) => words::country(code),
        (None, Some(programme)) if !programme.topic.is_empty() => {
            let topic = one_line(&programme.topic);
            let mut letters = topic.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            shorten(&(first + letters.as_str()), NAME)
        }
        _ => OTHER.to_owned(),
    }
}

fn line(item: &DigestItem, copy: Option<String>) -> DigestLine {
    let source = shorten(&one_line(&item.source), NAME);
    let headline = match one_line(&item.title) {
        title if title.is_empty() => format!("An article from {source}"),
        title => shorten(&title, HEADLINE),
    };
    let language = item.language.clone().unwrap_or_default();
    let mut details = Vec::new();
    details.extend(item.published.map(|stamp| words::date(&stamp)));
    if !language.is_empty() && language != "en" {
        details.push(one_line(words::language(&language)));
    }
    if item.score < CERTAIN {
        details.push(words::certainty(item.score).to_owned());
    }
    let mut also: Vec<String> =
        item.also.iter().take(ALSO).map(|title| shorten(&one_line(title), NAME)).collect();
    if ALSO < item.also.len() {
        also.push(format!("{} more", item.also.len() - ALSO));
    }
    let mark = match item.mark {
        Mark::Corrected => "Corrected",
        Mark::Gone => "Gone",
        Mark::New | Mark::Known => "",
    };
    DigestLine {
        headline,
        mark: mark.to_owned(),
        summary: summary::line(&item.facts).unwrap_or_default(),
        source: if item.official { format!("{source} (official)") } else { source },
        details: details.iter().map(|detail: &String| format!(" · {detail}")).collect(),
        ahead: ahead_lines(&item.ahead),
        also: if also.is_empty() { String::new() } else { format!("Also in {}", also.join(", ")) },
        language,
        url: link(&item.url).map(|link| link.url),
        copy,
    }
}

fn list_line(list: &DigestList) -> DigestListLine {
    let counts = [(list.added, "added"), (list.removed, "removed"), (list.amended, "amended")];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(number, _)| 0 < *number)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let names: Vec<String> = list.names.iter().map(|name| shorten(&one_line(name), NAME)).collect();
    let shown = list.added + list.removed;
    let more = match shown.saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    DigestListLine {
        title: shorten(&one_line(&list.title), NAME),
        counts: format!("{} · {} UTC", counts.join(", "), list.at.format("%-d %B %Y, %H:%M")),
        names: if names.is_empty() { String::new() } else { names.join(", ") + &more },
    }
}

/// `Could not be read: Treasury press releases (since 3 November 2026), and 2 more sources.`
fn unread(sources: &[Unread]) -> String {
    if sources.is_empty() {
        return String::new();
    }
    let mut told: Vec<String> = sources
        .iter()
        .take(UNREAD)
        .map(|source| {
            let since = source.since.map_or("never so far".to_owned(), |at| {
                format!("last on {}", at.format("%-d %B %Y"))
            });
            format!("{} ({since})", shorten(&one_line(&source.title), NAME))
        })
        .collect();
    if UNREAD < sources.len() {
        told.push(format!("{} more sources", sources.len() - UNREAD));
    }
    format!("What they published may be missing here: {}", told.join(", "))
}
