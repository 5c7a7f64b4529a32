//! `judge`: articles as JSON lines in, verdicts with their evidence out.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::classify;
use crate::cli::{Exit, lines};
use crate::model::judged::{Evidence, Field, Verdict};

/// Say whether articles are about sanctions, and which words say so.
///
/// Reads JSON lines {"id","title","text","url"?,"language"?} and writes, in the same order,
/// {"id","relevant","score","evidence":[{"text","start","end","in"?,"rule","weight"}]}. Offsets are
/// UTF-8 bytes into the text, or into the title where "in" is "title".
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

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

pub(crate) fn run(_args: Args) -> anyhow::Result<Exit> {
    lines::answer(io::stdin().lock(), io::stdout().lock(), judge)
}

fn judge(question: Question) -> anyhow::Result<Answer> {
    let Question { id, title, text, language } = question;
    anyhow::ensure!(
        title.is_some() || text.is_some(),
        "the line has neither a title nor a text: give {{\"id\":…,\"title\":…,\"text\":…}}"
    );
    let (title, text) = (title.unwrap_or_default(), text.unwrap_or_default());
    let language = language.map(|code| primary(&code)).filter(|code| !code.is_empty());
    let verdict = classify::verdict(&title, &text, language.as_deref());
    let Verdict { relevant, score, evidence } = verdict;
    Ok(Answer { id, relevant, score, evidence: evidence.into_iter().map(span).collect() })
}

/// `en` of `en-GB`, `EN` or `en_US`.
fn primary(code: &str) -> String {
    code.split(['-', '_']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn span(evidence: Evidence) -> Span {
    let Evidence { text, start, end, field, rule, weight } = evidence;
    let field = (field == Field::Title).then_some("title");
    Span { text, start, end, field, rule, weight: (weight * 1000.0).round() / 1000.0 }
}
