//! The alert: one mail to each subscriber about one new article on sanctions.

use std::ops::Range;

use askama::Template;
use sha2::{Digest, Sha256};

use crate::digest::line::{one_line, shorten, shorten_front, squash, wrap};
use crate::digest::{summary, words};
use crate::model::article::{Article, BlockKind};
use crate::model::judged::{Cited, Evidence, Field, Judged, Keys};
use crate::model::matched::Match;
use crate::model::source::{Source, SourceKind};
use crate::model::subscriber::{Email, Message, Subscriber};
use crate::parse::address;
use crate::text::sentence;

/// The alerts an article causes if it turns out to be new: one per subscriber where it is about
/// sanctions, else none. Whether it is new is known only inside the transaction that stores it.
///
/// `sender` is the address that readers write to; its domain ends the `Message-ID`, which depends
/// on nothing but the article and the subscriber, so that a mail sent again is the same
/// mail.
pub fn alerts(
    judged: &Judged,
    source: &Source,
    subscribers: &[Subscriber],
    sender: &Email,
) -> Vec<Message> {
    if !judged.verdict.relevant {
        return Vec::new();
    }
    let alert = Alert::new(judged, source);
    let cause = cause(&judged.keys);
    subscribers.iter().map(|subscriber| message(&alert, &cause, subscriber, sender)).collect()
}

fn message(alert: &Alert, cause: &str, subscriber: &Subscriber, sender: &Email) -> Message {
    let reader = subscriber.email.expose();
    let leave = Leave::of(sender);
    let text = TextPart { alert, reader, leave: &leave };
    let html = HtmlPart { alert, reader, leave: &leave };
    let written = "a template writes into a string, which cannot fail";
    Message {
        subscriber: subscriber.id,
        email: subscriber.email.clone(),
        name: subscriber.name.clone(),
        subject: alert.subject.clone(),
        text: text.render().expect(written),
        html: html.render().expect(written),
        message_id: format!("<alert.{cause}.{}@{}>", subscriber.id, ascii_domain(sender)),
        follows: None,
        leave_url: None,
    }
}

/// What an alert says, the same to every reader.
#[derive(Debug)]
struct Alert {
    subject: String,
    /// Who did what, how, to how many and from when, where the article shows it.
    summary: Option<String>,
    headline: String,
    source: String,
    official: bool,
    /// Date and language.
    details: String,
    /// Who signs, or empty.
    byline: String,
    /// Only a part of the article was open to us.
    incomplete: bool,
    /// The language of headline and quotes, for the `lang` attribute.
    language: String,
    /// The side their lines begin on: `left` or `right`.
    side: &'static str,
    /// What shows that it is about sanctions.
    quotes: Vec<Quote>,
    /// How the article begins, where only its headline shows it.
    opening: Option<String>,
    certainty: &'static str,
    score: f64,
    /// Listed parties that are surely named.
    named: Vec<Party>,
    signs: Vec<Sign>,
    against: Vec<Sign>,
    instruments: Vec<Named>,
    link: Option<Link>,
}

/// A legal identifier, with the address of the document where one is known.
#[derive(Debug, PartialEq)]
struct Named {
    id: String,
    link: String,
}

/// A sentence of the article, parted around the words that count.
#[derive(Debug, PartialEq)]
struct Quote {
    before: String,
    words: String,
    after: String,
}

/// Words of the article and what the rule that found them looks for.
#[derive(Debug, PartialEq)]
struct Sign {
    words: String,
    meaning: String,
}

/// A listed party, and the words that name it.
#[derive(Debug, PartialEq)]
struct Party {
    words: String,
    /// The name it is listed under.
    party: String,
    /// List and number, programmes, since when, and whether anything else agrees.
    listing: String,
}

/// Where to read the original.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) url: String,
    pub(crate) host: String,
}

/// How to stop the alerts.
pub(crate) struct Leave<'a> {
    pub(crate) address: &'a str,
    pub(crate) link: String,
}

impl Leave<'_> {
    pub(crate) fn of(sender: &Email) -> Leave<'_> {
        Leave { address: sender.expose(), link: leave_link(sender) }
    }
}

#[derive(Template)]
#[template(path = "alert.txt", escape = "none")]
struct TextPart<'a> {
    alert: &'a Alert,
    reader: &'a str,
    leave: &'a Leave<'a>,
}

#[derive(Template)]
#[template(path = "alert.html")]
struct HtmlPart<'a> {
    alert: &'a Alert,
    reader: &'a str,
    leave: &'a Leave<'a>,
}

/// Columns of the text part: what a terminal shows with a mail client's frame around it.
pub(crate) const COLUMNS: usize = 72;

impl TextPart<'_> {
    fn wrapped(&self, line: impl AsRef<str>, indent: &str) -> String {
        wrap(line.as_ref(), COLUMNS, indent)
    }

    fn party(&self, named: &Party) -> String {
        let line = format!("“{}”: {}, {}", named.words, named.party, named.listing);
        wrap(&line, COLUMNS, "    ").replacen("    ", "  - ", 1)
    }

    fn item(&self, sign: &Sign) -> String {
        let line = format!("“{}” ({})", sign.words, sign.meaning);
        wrap(&line, COLUMNS, "    ").replacen("    ", "  - ", 1)
    }

    fn instrument(&self, named: &Named) -> String {
        let line = format!("{} {}", named.id, named.link);
        wrap(line.trim_end(), COLUMNS, "    ").replacen("    ", "  - ", 1)
    }
}

/// Pieces of evidence looked at, the strongest; sentences quoted; signs listed.
const EVIDENCE: usize = 50;
const QUOTES: usize = 3;
const SIGNS: usize = 5;
/// Legal identifiers listed.
const INSTRUMENTS: usize = 8;
/// Listed parties told of.
const NAMED: usize = 12;
/// Characters of each kind of line.
const SUBJECT: usize = 120;
pub(crate) const HEADLINE: usize = 300;
pub(crate) const NAME: usize = 80;
const WORDS: usize = 60;
/// Characters of a sentence before and after the words that count.
const CONTEXT: usize = 240;

impl Alert {
    fn new(judged: &Judged, source: &Source) -> Self {
        let article = &judged.article;
        let name = shorten(&one_line(&source.title), NAME);
        let headline = match one_line(&article.title) {
            title if title.is_empty() => format!("An article from {name}"),
            title => shorten(&title, HEADLINE),
        };
        let language = article.language.as_deref().unwrap_or(&source.language);
        let (signs, against) = signs(&judged.verdict.evidence);
        let quotes = quotes(article, &judged.verdict.evidence);
        Self {
            opening: quotes.is_empty().then(|| opening(article)).flatten(),
            side: if words::runs_leftwards(language) { "right" } else { "left" },
            subject: subject(&headline, &name),
            summary: summary::line(&judged.facts),
            instruments: instruments(&judged.instruments),
            details: details(article, language),
            byline: shorten(&one_line(&article.byline.join(", ")), NAME),
            official: source.kind == SourceKind::Government,
            incomplete: article.incomplete,
            language: language.to_owned(),
            quotes,
            certainty: words::certainty(judged.verdict.score),
            score: judged.verdict.score.clamp(0.0, 1.0),
            link: link(&article.url),
            source: name,
            headline,
            named: named(&judged.named),
            signs,
            against,
        }
    }

    /// The score with two digits, never rounded up to certainty.
    fn number(&self) -> String {
        format!("{:.2}", (self.score * 100.0).floor() / 100.0)
    }

    fn direction(&self) -> &'static str {
        if self.side == "right" { "rtl" } else { "ltr" }
    }

    /// What a list of mails shows beside the subject.
    fn preview(&self) -> String {
        let quote = self.quotes.first().map(Quote::text);
        self.summary.clone().or(quote).or_else(|| self.opening.clone()).unwrap_or_default()
    }

    /// The score in whole hundredths, for the width of the bar.
    fn percent(&self) -> u8 {
        (self.score * 100.0).floor() as u8
    }
}

impl Quote {
    fn text(&self) -> String {
        format!("“{}{}{}”", self.before, self.words, self.after)
    }
}

/// Headline first, since lists of mails show little; then who published it.
pub(crate) fn subject(headline: &str, source: &str) -> String {
    if source.is_empty() || headline.contains(source) {
        return shorten(headline, SUBJECT);
    }
    let room = SUBJECT.saturating_sub(source.chars().count() + 3).max(SUBJECT / 2);
    format!("{} - {source}", shorten(headline, room))
}

fn details(article: &Article, language: &str) -> String {
    let date = article.published.map_or("No date given".to_owned(), |stamp| words::date(&stamp));
    format!("{date} · {}", one_line(words::language(language)))
}

/// The sentences that hold the strongest evidence, in the order of the article: news says first who
/// did what.
fn quotes(article: &Article, evidence: &[Evidence]) -> Vec<Quote> {
    let text = article.text();
    let mut chosen: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let in_text = |found: &&Evidence| found.field == Field::Text && found.weight > 0.0;
    for found in evidence.iter().filter(in_text).take(EVIDENCE) {
        let words = found.start..found.end;
        // Offsets that do not fit the text are a bug elsewhere; a mail goes out without the quote.
        if chosen.len() == QUOTES || text.get(words.clone()).is_none_or(str::is_empty) {
            continue;
        }
        let sentence = sentence::around(&text, words.clone());
        if !chosen.iter().any(|(other, _)| overlap(other, &sentence)) {
            chosen.push((sentence, words));
        }
    }
    chosen.sort_by_key(|(sentence, _)| sentence.start);
    chosen.into_iter().map(|(sentence, words)| quote(&text, &sentence, words)).collect()
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

fn quote(text: &str, sentence: &Range<usize>, words: Range<usize>) -> Quote {
    let part = |from: usize, to: usize| squash(text.get(from..to).unwrap_or_default());
    let before = part(sentence.start, words.start);
    let after = part(words.end, sentence.end);
    Quote {
        before: shorten_front(&before, CONTEXT),
        words: shorten(&part(words.start, words.end), CONTEXT),
        after: shorten(after.trim_end(), CONTEXT),
    }
}

/// The first sentence of the article.
fn opening(article: &Article) -> Option<String> {
    let first = article.blocks.iter().find(|block| block.kind == BlockKind::Paragraph)?;
    let sentence = &first.text[sentence::around(&first.text, 0..1)];
    Some(shorten(&one_line(sentence), 2 * CONTEXT)).filter(|sentence| !sentence.is_empty())
}

/// What spoke for and against, strongest first; neither the same words nor parts of them twice.
fn signs(evidence: &[Evidence]) -> (Vec<Sign>, Vec<Sign>) {
    let (against, for_it): (Vec<&Evidence>, Vec<&Evidence>) =
        evidence.iter().partition(|found| found.weight < 0.0);
    (listed(&for_it), listed(&against))
}

fn listed(evidence: &[&Evidence]) -> Vec<Sign> {
    let mut told: Vec<&Evidence> = Vec::new();
    for found in evidence.iter().take(EVIDENCE) {
        let known = told.iter().any(|other| {
            let same_place = other.field == found.field
                && overlap(&(other.start..other.end), &(found.start..found.end));
            same_place || other.text.to_lowercase() == found.text.to_lowercase()
        });
        if told.len() < SIGNS && !known && !one_line(&found.text).is_empty() {
            told.push(found);
        }
    }
    let sign = |found: &&Evidence| Sign {
        words: shorten(&one_line(&found.text), WORDS),
        meaning: words::rule(&found.rule),
    };
    told.iter().map(sign).collect()
}

/// Each identifier once, in the order of the article.
fn instruments(cited: &[Cited]) -> Vec<Named> {
    let mut named: Vec<Named> = Vec::new();
    for Cited { instrument, .. } in cited {
        let id = shorten(&one_line(&instrument.id), NAME);
        if named.len() < INSTRUMENTS && !named.iter().any(|other| other.id == id) {
            named.push(Named { id, link: instrument.link.clone().unwrap_or_default() });
        }
    }
    named
}

/// The parties that are surely named, each once, in the order of the article.
fn named(matches: &[Match]) -> Vec<Party> {
    let mut told: Vec<&Match> = Vec::new();
    for found in matches.iter().filter(|found| found.is_sure()) {
        let known = told
            .iter()
            .any(|other| (other.issuer, &other.designation) == (found.issuer, &found.designation));
        if !known && told.len() < NAMED {
            told.push(found);
        }
    }
    let name = |found: &&Match| Party {
        words: shorten(&one_line(&found.mention.text), WORDS),
        party: shorten(&one_line(&found.name), NAME),
        listing: shorten(&listing(found), CONTEXT),
    };
    told.iter().map(name).collect()
}

/// `ofac 16692, UKRAINE-EO13661, since 2014-04-28; same name, not confirmed`.
fn listing(found: &Match) -> String {
    let mut said = format!("{} {}", found.issuer.name(), found.designation);
    if !found.programmes.is_empty() {
        said += &format!(", {}", found.programmes.join(", "));
    }
    if let Some(day) = found.listed_on {
        said += &format!(", since {day}");
    }
    if let Some(day) = found.removed_on {
        said += &format!(", removed {day}");
    }
    if found.agrees.is_empty() {
        said += "; same name, not confirmed";
    } else {
        said += &format!("; also in the article: {}", found.agrees.join(", "));
    }
    one_line(&said)
}

/// Only web addresses become links: an article cannot make a reader run a script.
pub(crate) fn link(url: &str) -> Option<Link> {
    let host = address::host(url)?;
    let host = shorten(host.strip_prefix("www.").unwrap_or(&host), NAME);
    Some(Link { host, url: address::resolve("", url)? })
}

/// Names the cause of a message: 128 bits of a SHA-256 over the article's address and wording, in
/// hex. The address alone will not do: some sites give every page the same canonical address.
fn cause(keys: &Keys) -> String {
    name_of(&format!("{} {:016x}", keys.address, keys.wording))
}

/// 128 bits of a SHA-256, in hex.
pub(crate) fn name_of(cause: &str) -> String {
    Sha256::digest(cause).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn leave_link(sender: &Email) -> String {
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
pub(crate) fn ascii_domain(sender: &Email) -> String {
    let ascii = address::host(&format!("http://{}/", sender.domain()));
    ascii.unwrap_or_else(|| "localhost".to_owned())
}
