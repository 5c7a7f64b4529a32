//! `judge`: articles as JSON lines in, verdicts with their evidence out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::classify;
use crate::classify::features::Cited;
use crate::classify::instruments::Instrument;
use crate::classify::weights::{self, Weights};
use crate::cli::{Exit, lines};
use crate::model::judged::{Evidence, Field, Verdict};

/// Say whether articles are about sanctions, and which words say so.
///
/// Reads JSON lines {"id","title","text","url"?,"language"?} and writes, in the same order,
/// {"id","relevant","score","evidence":[{"text","start","end","in"?,"rule","weight"}],
/// "instruments":[{"kind","id","text","start","end","in"?,"link"?}]}. Offsets are UTF-8 bytes into the text, or into the title where "in" is "title".
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
}

#[derive(Debug, Serialize)]
struct Answer {
    id: Value,
    relevant: bool,
    score: f64,
    evidence: Vec<Span>,
    instruments: Vec<Identifier>,
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
    let Question { id, title, text, language } = question;
    anyhow::ensure!(
        title.is_some() || text.is_some(),
        "the line has neither a title nor a text: give {{\"id\":…,\"title\":…,\"text\":…}}"
    );
    let (title, text) = (title.unwrap_or_default(), text.unwrap_or_default());
    let language = language.map(|code| primary(&code)).filter(|code| !code.is_empty());
    let opinion = classify::opinion(weights, &title, &text, language.as_deref());
    let Verdict { relevant, score, evidence } = opinion.verdict;
    let evidence = evidence.into_iter().map(span).collect();
    let instruments = opinion.instruments.into_iter().map(identifier).collect();
    Ok(Answer { id, relevant, score, evidence, instruments })
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
