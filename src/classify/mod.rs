//! Is an article about sanctions, and which words say so. Pure.
//!
//! The [`lexicon`] says which words speak for and against, [`mod@matches`] finds them in one pass,
//! [`instruments`] finds legal identifiers by pattern, [`features`] turns all of it into numbers by
//! zone (title, lead, body), and [`weights`] learned from
//! labelled texts add these up. Each weight is handed back to the words that earned it.
//!
//! [`facts()`] reads, by a lexicon of its own, what the article shows of the action: who did what, how,
//! to how many, and when it bites.

mod facts;
pub mod features;
pub mod instruments;
pub mod lexicon;
pub mod matches;
pub mod weights;

use std::ops::Range;

use crate::classify::features::{Found, Seen, Source};
use crate::classify::weights::Weights;
use crate::model::designation::Designation;
use crate::model::facts::{Facts, Programme};
use crate::model::judged::{Cited, Evidence, Field, Verdict};
use crate::model::stamp::Stamp;
use crate::text::language;

/// A text is judged by its beginning; bytes beyond this say nothing new about its subject.
const READ: usize = 1 << 18;
/// No headline is longer; bytes beyond this are not read.
const READ_OF_TITLE: usize = 1 << 10;
/// Evidence beyond this many spans is left out, the weakest first.
const EVIDENCE: usize = 64;
/// Evidence that moves the log-odds by less is left out.
const SLIGHT: f64 = 1e-9;

/// Judges an article by the weights that ship.
///
/// `language` is an ISO 639-1 code; without one it is guessed from the text. The score is the
/// logistic of the weights' bias plus the weights of all evidence; from 0.5 an article is relevant.
///
/// ```
/// use sanctionwatch::classify::verdict;
/// let verdict = verdict("EU imposes sanctions on Belarus", "The Council froze the assets of 12 people.", Some("en"));
/// assert!(verdict.relevant && 0.5 < verdict.score);
/// assert!(verdict.evidence.iter().any(|evidence| evidence.text == "sanctions on Belarus"));
/// ```
pub fn verdict(title: &str, text: &str, language: Option<&str>) -> Verdict {
    verdict_by(weights::shipped(), title, text, language)
}

/// Judges an article by an operator's own weights.
pub fn verdict_by(weights: &Weights, title: &str, text: &str, language: Option<&str>) -> Verdict {
    opinion(weights, title, text, language).verdict
}

/// A verdict with the legal identifiers of the article.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    pub verdict: Verdict,
    /// The title's before the text's, each in order.
    pub instruments: Vec<Cited>,
}

/// Judges an article and keeps the identifiers it names.
pub fn opinion(weights: &Weights, title: &str, text: &str, language: Option<&str>) -> Opinion {
    Looked::at(title, text, language).opinion(weights)
}

/// An article folded once, for its opinion and its facts.
#[derive(Debug)]
pub struct Looked<'t> {
    title: &'t str,
    text: &'t str,
    /// As given, else as guessed.
    language: Option<&'t str>,
    seen: Seen,
}

impl<'t> Looked<'t> {
    /// Folds an article; `language` as for [`verdict`].
    pub fn at(title: &'t str, text: &'t str, language: Option<&'t str>) -> Self {
        let title = &title[..title.floor_char_boundary(READ_OF_TITLE)];
        let text = &text[..text.floor_char_boundary(READ)];
        let guessed = if language.is_none() { guess(title, text) } else { None };
        let language = language.or(guessed);
        let seen = features::see(lexicon::shipped(), title, text, language);
        Self { title, text, language, seen }
    }

    /// As [`opinion()`].
    pub fn opinion(&self, weights: &Weights) -> Opinion {
        let Self { title, text, seen, .. } = self;
        let present = seen.features();
        let score = logistic(weights.log_odds(&present));
        let mut shares = vec![0.0; seen.found.len()];
        for feature in &present {
            let share =
                weights.features[feature.feature] * feature.value / feature.because.len() as f64;
            feature.because.iter().for_each(|index| shares[*index] += share);
        }
        let mut evidence: Vec<Evidence> = seen
            .found
            .iter()
            .zip(shares)
            .filter(|(_, weight)| SLIGHT < weight.abs())
            .map(|(found, weight)| cite(seen, found, weight, title, text))
            .collect();
        evidence.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        evidence.truncate(EVIDENCE);
        let verdict = Verdict { relevant: 0.5 <= score, score, evidence };
        Opinion { verdict, instruments: seen.instruments.clone() }
    }

    /// As [`facts()`].
    pub fn facts(self, published: Option<Stamp>) -> Facts {
        let Self { title, text, language, seen } = self;
        let (of_title, of_text): (Vec<Cited>, Vec<Cited>) =
            seen.instruments.into_iter().partition(|cited| cited.field == Field::Title);
        let looked = |field, original, folded, cited: Vec<Cited>| facts::Looked {
            field,
            original,
            folded,
            instruments: cited.into_iter().map(|cited| cited.instrument).collect(),
        };
        let fields = [
            looked(Field::Title, title, seen.title, of_title),
            looked(Field::Text, text, seen.text, of_text),
        ];
        facts::read(fields, language, published)
    }
}

/// Reads what an article shows of a sanctions action; what it does not show is absent.
///
/// `language` as for [`verdict`]. `published` is the day that "today", weekdays and dates without a
/// year are counted from; without it those dates are left out.
///
/// ```
/// use sanctionwatch::classify::facts;
/// let facts = facts("EU imposes sanctions on Belarus", "The Council froze the assets of 12 people.", Some("en"), None);
/// assert_eq!(facts.actions[0].value.name(), "designate");
/// assert_eq!(facts.countries[0].value, "by");
/// assert_eq!(facts.counts[0].value.to_string(), "12 persons");
/// assert_eq!(facts.counts[0].place.sentence, "The Council froze the assets of 12 people.");
/// ```
pub fn facts(title: &str, text: &str, language: Option<&str>, published: Option<Stamp>) -> Facts {
    let title = &title[..title.floor_char_boundary(READ_OF_TITLE)];
    let text = &text[..text.floor_char_boundary(READ)];
    let guessed = if language.is_none() { guess(title, text) } else { None };
    let fields = [(Field::Title, title), (Field::Text, text)];
    let fields = fields.map(|(field, original)| facts::Looked::at(field, original));
    facts::read(fields, language.or(guessed), published)
}

/// The programmes a listed party is listed under, as far as they are known here: the tags of OFAC and
/// of the EU, the numbers of the United Kingdom and the United Nations.
pub fn programmes_of(party: &Designation) -> Vec<Programme> {
    facts::programmes_of(party)
}

/// The article through the shipped lexicon: what the trainer and the verdict share.
pub fn see(title: &str, text: &str, language: Option<&str>) -> Seen {
    let guessed = if language.is_none() { guess(title, text) } else { None };
    features::see(lexicon::shipped(), title, text, language.or(guessed))
}

fn guess(title: &str, text: &str) -> Option<&'static str> {
    language::of(text).or_else(|| language::of(title))
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn cite(seen: &Seen, found: &Found, weight: f64, title: &str, text: &str) -> Evidence {
    let (folded, original) = match found.field {
        Field::Title => (&seen.title, title),
        Field::Text => (&seen.text, text),
    };
    let tokens = folded.tokens();
    let Range { start, end } = folded.origin(tokens[found.first].start..tokens[found.last].end);
    let rule = match found.source {
        Source::Rule(rule) => lexicon::shipped().rules[rule].id.clone(),
        Source::Instrument(index) => {
            format!("any.instrument.{}", seen.instruments[index].instrument.kind)
        }
    };
    Evidence { text: original[start..end].to_owned(), start, end, field: found.field, rule, weight }
}
