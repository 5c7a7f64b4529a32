//! The alert: one mail to each subscriber about one new article on sanctions.

use std::ops::Range;

use askama::Template;
use chrono::NaiveDate;

use crate::digest::letterhead::{Foot, Letterhead, Written, name_of};
use crate::digest::line::{one_line, shorten, shorten_front, squash, wrap};
use crate::digest::words::{COLUMNS, item};
use crate::digest::{summary, words};
use crate::model::act::Ahead;
use crate::model::article::{Article, BlockKind};
use crate::model::interest::Mute;
use crate::model::judged::{Cited, Evidence, Field, Judged, Keys};
use crate::model::matched::Match;
use crate::model::source::{Source, SourceKind};
use crate::model::subscriber::{Message, Subscriber};
use crate::parse::address;
use crate::text::sentence;
use crate::tokens::Right;

/// Somebody to tell, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub subscriber: Subscriber,
    /// The interests that were met, in the order they were added.
    pub reasons: Vec<Reason>,
}

/// An interest that was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What the subscriber calls it.
    pub interest: String,
    /// What of it was met: see `interests::Met`.
    pub because: Vec<String>,
}

impl Reason {
    /// `Your interest “Shipping” (countries: ru)`.
    pub(crate) fn in_words(&self) -> String {
        let name = shorten(&one_line(&self.interest), NAME);
        let because = shorten(&one_line(&self.because.join("; ")), CONTEXT);
        match because.is_empty() {
            true => format!("Your interest “{name}”"),
            false => format!("Your interest “{name}” ({because})"),
        }
    }
}

/// The alerts an article causes if it turns out to be new: one per recipient where it is about
/// sanctions, else none. Whether it is new is known only inside the transaction that stores it.
///
/// The `Message-ID` depends on nothing but the article, the sender's domain and the subscriber, so
/// that a mail sent again is the same mail. `ahead` is what official acts on the event say ahead of
/// their lists.
pub fn alerts(
    judged: &Judged,
    ahead: &[Ahead],
    source: &Source,
    recipients: &[Recipient],
    letterhead: &Letterhead<'_>,
) -> Vec<Message> {
    if !judged.verdict.relevant {
        return Vec::new();
    }
    let alert = Alert::new(judged, ahead, source);
    let cause = cause(&judged.keys);
    recipients.iter().map(|recipient| message(&alert, &cause, recipient, letterhead)).collect()
}

fn message(
    alert: &Alert,
    cause: &str,
    recipient: &Recipient,
    letterhead: &Letterhead<'_>,
) -> Message {
    let to = &recipient.subscriber;
    let foot = &letterhead.foot(to);
    let reasons: &[String] =
        &recipient.reasons.iter().take(REASONS).map(Reason::in_words).collect::<Vec<_>>();
    let message_id = letterhead.message_id("alert", cause, to);
    let mutes: &[Quieten] = &mutes(alert, &message_id, to, letterhead);
    let written = "a template writes into a string, which cannot fail";
    Written {
        subject: alert.subject.clone(),
        text: TextPart { alert, reasons, mutes, foot }.render().expect(written),
        html: HtmlPart { alert, reasons, mutes, foot }.render().expect(written),
        message_id,
        follows: None,
    }
    .to(to, foot.leave_url())
}

/// A link to hear no more of something.
#[derive(Debug)]
struct Quieten {
    what: String,
    link: String,
}

/// Links for what a reader may be tired of: the story, the source, and names in the article.
fn mutes(
    alert: &Alert,
    message_id: &str,
    to: &Subscriber,
    letterhead: &Letterhead<'_>,
) -> Vec<Quieten> {
    let story = ("this story".to_owned(), Right::MuteStoryOf(message_id.to_owned()));
    let source = (alert.source.clone(), Right::Mute(Mute::Source(alert.source_id.clone())));
    let mut names: Vec<&str> = Vec::new();
    for party in alert.named.iter().flat_map(|section| &section.parties) {
        if !names.contains(&party.listed_as.as_str()) {
            names.push(&party.listed_as);
        }
    }
    let names = names.into_iter().take(NAMES_TO_MUTE);
    let names = names
        .map(|name| (shorten(&one_line(name), NAME), Right::Mute(Mute::Name(name.to_owned()))));
    let link = |(what, right)| Some(Quieten { what, link: letterhead.page(right, to)? });
    [story, source].into_iter().chain(names).filter_map(link).collect()
}

/// What an alert says, the same to every reader.
#[derive(Debug)]
struct Alert {
    subject: String,
    /// Who did what, how, to how many and from when, where the article shows it.
    summary: Option<String>,
    headline: String,
    source: String,
    source_id: String,
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
    /// Listed parties that are surely named: those that came, those that went, and others.
    named: Vec<NamedSection>,
    /// What official acts say ahead of their lists.
    ahead: Vec<String>,
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

/// Listed parties of which the list says the same.
#[derive(Debug, PartialEq)]
struct NamedSection {
    heading: &'static str,
    parties: Vec<Party>,
}

/// A listed party, and the words that name it.
#[derive(Debug, PartialEq)]
struct Party {
    words: String,
    /// The name it is listed under, in full.
    listed_as: String,
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

#[derive(Template)]
#[template(path = "alert.txt", escape = "none")]
struct TextPart<'a> {
    alert: &'a Alert,
    reasons: &'a [String],
    mutes: &'a [Quieten],
    foot: &'a Foot<'a>,
}

#[derive(Template)]
#[template(path = "alert.html")]
struct HtmlPart<'a> {
    alert: &'a Alert,
    reasons: &'a [String],
    mutes: &'a [Quieten],
    foot: &'a Foot<'a>,
}

impl TextPart<'_> {
    fn wrapped(&self, line: impl AsRef<str>) -> String {
        wrap(line.as_ref(), COLUMNS, "")
    }

    fn quoted(&self, line: impl AsRef<str>) -> String {
        wrap(line.as_ref(), COLUMNS, "    ")
    }

    fn party(&self, named: &Party) -> String {
        item(&format!("“{}”: {}, {}", named.words, named.party, named.listing))
    }

    fn item(&self, sign: &Sign) -> String {
        item(&format!("“{}” ({})", sign.words, sign.meaning))
    }

    fn listed(&self, line: &str) -> String {
        item(line)
    }

    fn instrument(&self, named: &Named) -> String {
        item(format!("{} {}", named.id, named.link).trim_end())
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
/// Sentences on acts ahead of their lists.
const AHEAD: usize = 4;
/// Interests named, and names offered to be muted.
const REASONS: usize = 4;
const NAMES_TO_MUTE: usize = 3;
/// Days between an article and a list's date within which the article is about that change.
const NEWS_DAYS: i64 = 10;
/// Characters of each kind of line.
const SUBJECT: usize = 120;
pub(crate) const HEADLINE: usize = 300;
pub(crate) const NAME: usize = 80;
const WORDS: usize = 60;
/// Characters of a sentence before and after the words that count.
const CONTEXT: usize = 240;

impl Alert {
    fn new(judged: &Judged, ahead: &[Ahead], source: &Source) -> Self {
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
            subject: match summary::event(&judged.facts) {
                Some(event) => shorten(&format!("{event}: {headline}"), SUBJECT),
                None => subject(&headline, &name),
            },
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
            source_id: source.id.0.clone(),
            headline,
            ahead: ahead_lines(ahead),
            named: named(&judged.named, article.published.map(|it| it.instant().date_naive())),
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

/// What acts say ahead of their lists, a sentence each.
pub(crate) fn ahead_lines(ahead: &[Ahead]) -> Vec<String> {
    let line = |ahead: &Ahead| shorten(&one_line(&ahead.in_words()), 2 * CONTEXT);
    ahead.iter().take(AHEAD).map(line).collect()
}

/// The parties that are surely named, each once, in the order of the article, parted by what their
/// list says of the days around `published`.
fn named(matches: &[Match], published: Option<NaiveDate>) -> Vec<NamedSection> {
    let mut told: Vec<&Match> = Vec::new();
    for found in matches.iter().filter(|found| found.is_sure()) {
        let known = told
            .iter()
            .any(|other| (other.issuer, &other.designation) == (found.issuer, &found.designation));
        if !known && told.len() < NAMED {
            told.push(found);
        }
    }
    let is_news = |day: Option<NaiveDate>| {
        let gap = published.zip(day).map(|(published, day)| (published - day).num_days().abs());
        gap.is_some_and(|days| days <= NEWS_DAYS)
    };
    let heading = |found: &Match| match found {
        Match { removed_on, .. } if is_news(*removed_on) => "Just removed from a list",
        Match { listed_on, removed_on: None, .. } if is_news(*listed_on) => "Just added to a list",
        _ => "Listed parties it names",
    };
    ["Just added to a list", "Just removed from a list", "Listed parties it names"]
        .into_iter()
        .map(|wanted| NamedSection {
            heading: wanted,
            parties: told.iter().filter(|it| heading(it) == wanted).map(|it| party(it)).collect(),
        })
        .filter(|section| !section.parties.is_empty())
        .collect()
}

fn party(found: &Match) -> Party {
    Party {
        words: shorten(&one_line(&found.mention.text), WORDS),
        listed_as: found.name.clone(),
        party: shorten(&one_line(&found.name), NAME),
        listing: shorten(&listing(found), CONTEXT),
    }
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
