//! `judge`: articles as JSON lines in, verdicts with their evidence out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::classify::Looked;
use crate::classify::weights::{self, Weights};
use crate::cli::{Exit, lines};
use crate::model::facts::{Facts, Place, Shown};
use crate::model::judged::{Cited, Evidence, Field, Instrument, Verdict};
use crate::model::stamp::Stamp;

/// Say whether articles are about sanctions, which words say so, and what they show of the action.
///
/// Reads JSON lines {"id","title","text","url"?,"language"?,"published"?} and writes, in the same
/// order, {"id","relevant","score","evidence":[{"text","start","end","in"?,"rule","weight"}],
/// "instruments":[{"kind","id","text","start","end","in"?,"link"?}],
/// "programmes":[{"id","issuer","topic","country"?,…}],
/// "facts":{"authority","action","measure","country","counts","money","dates"}}, each a list of
/// {"value",…,"text","start","end","in"?,"sentence"}. Offsets are UTF-8 bytes into the text, or into
/// the title where "in" is "title". "published" (RFC 3339 or a day) is what "today" and dates without
/// a year are counted from.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights of your own, as `train-judge` writes them, in place of those that ship.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Question {
    id: Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    published: Option<String>,
}

#[derive(Debug, Serialize)]
struct Answer {
    id: Value,
    relevant: bool,
    score: f64,
    evidence: Vec<Span>,
    instruments: Vec<Identifier>,
    programmes: Vec<Value>,
    facts: Value,
}

#[derive(Debug, Serialize)]
struct Span {
    text: String,
    start: usize,
    end: usize,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    rule: String,
    weight: f64,
}

#[derive(Debug, Serialize)]
struct Identifier {
    kind: &'static str,
    id: String,
    text: String,
    start: usize,
    end: usize,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let weights = match args.weights {
        Some(file) => read_weights(&file)?,
        None => weights::shipped().clone(),
    };
    let judge = |question| judge(&weights, question);
    lines::answer_standard_input(judge)
}

fn read_weights(file: &Path) -> anyhow::Result<Weights> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Weights::read(&text).map_err(|fault| anyhow::anyhow!("{}: {fault}", file.display()))
}

fn judge(weights: &Weights, question: Question) -> anyhow::Result<Answer> {
    let Question { id, title, text, language, published } = question;
    anyhow::ensure!(
        title.is_some() || text.is_some(),
        "the line has neither a title nor a text: give {{\"id\":…,\"title\":…,\"text\":…}}"
    );
    let (title, text) = (title.unwrap_or_default(), text.unwrap_or_default());
    let language = language.map(|code| primary(&code)).filter(|code| !code.is_empty());
    let published: Option<Stamp> = published.map(|day| day.parse()).transpose()?;
    let looked = Looked::at(&title, &text, language.as_deref());
    let opinion = looked.opinion(weights);
    let facts = looked.facts(published);
    let Verdict { relevant, score, evidence } = opinion.verdict;
    let evidence = evidence.into_iter().map(span).collect();
    let instruments = opinion.instruments.into_iter().map(identifier).collect();
    let of = |place: &Place| words(place, &title, &text).to_owned();
    let programmes = list(&facts.programmes, &of, |programme| {
        let mut line = json!({
            "id": programme.id, "issuer": programme.issuer, "topic": programme.topic,
        });
        if let Some(country) = &programme.country {
            line["country"] = json!(country);
        }
        line
    });
    let facts = facts_line(&facts, &of);
    Ok(Answer { id, relevant, score, evidence, instruments, programmes, facts })
}

fn facts_line(facts: &Facts, of: &impl Fn(&Place) -> String) -> Value {
    json!({
        "authority": list(&facts.authorities, of, |id| json!({ "value": id })),
        "action": list(&facts.actions, of, |action| json!({ "value": action.name() })),
        "measure": list(&facts.measures, of, |measure| json!({ "value": measure.name() })),
        "country": list(&facts.countries, of, |code| json!({ "value": code })),
        "counts": list(&facts.counts, of, |count| json!({
            "value": count.number, "unit": count.unit.name(), "bound": count.bound.name(),
        })),
        "money": list(&facts.money, of, |money| json!({
            "value": money.to_string(), "currency": money.currency,
            "amount": money.hundredths as f64 / 100.0, "role": money.role.name(),
        })),
        "dates": list(&facts.dates, of, |dated| json!({
            "value": dated.at.to_string(), "role": dated.role.name(),
        })),
    })
}

/// Each value as `shape` gives it, with its words and where they stand.
fn list<T>(
    shown: &[Shown<T>],
    of: &impl Fn(&Place) -> String,
    shape: impl Fn(&T) -> Value,
) -> Vec<Value> {
    let line = |shown: &Shown<T>| {
        let mut line = shape(&shown.value);
        line["text"] = json!(of(&shown.place));
        line["start"] = json!(shown.place.start);
        line["end"] = json!(shown.place.end);
        if let Some(field) = name(shown.place.field) {
            line["in"] = json!(field);
        }
        line["sentence"] = json!(shown.place.sentence);
        line
    };
    shown.iter().map(line).collect()
}

fn words<'a>(place: &Place, title: &'a str, text: &'a str) -> &'a str {
    let field = match place.field {
        Field::Title => title,
        Field::Text => text,
    };
    field.get(place.start..place.end).unwrap_or_default()
}

/// `en` of `en-GB`, `EN` or `en_US`.
fn primary(code: &str) -> String {
    code.split(['-', '_']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn span(evidence: Evidence) -> Span {
    let Evidence { text, start, end, field, rule, weight } = evidence;
    let field = name(field);
    Span { text, start, end, field, rule, weight: (weight * 1000.0).round() / 1000.0 }
}

fn identifier(cited: Cited) -> Identifier {
    let Instrument { kind, id, text, start, end, link, .. } = cited.instrument;
    Identifier { kind, id, text, start, end, field: name(cited.field), link }
}

/// Spans point into the text unless they say otherwise.
fn name(field: Field) -> Option<&'static str> {
    (field == Field::Title).then_some("title")
}
