//! `screen`: articles as JSON lines in, the listed parties they name out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::classify;
use crate::cli::{Exit, lines, list_files};
use crate::lists::{Format, Reading};
use crate::model::judged::Field;
use crate::model::matched::Match;
use crate::screen::{Index, Listed};

/// Say which listed parties articles name, and why.
///
/// Reads JSON lines {"id","title"?,"text","language"?} and writes, in the same order,
/// {"id","matches":[{"designation","issuer","name","alias","text","start","end","in"?,"class",
/// "confirmed","explanation":[…]}]}. Offsets are UTF-8 bytes into the text, or into the title where
/// "in" is "title". The class is "strong" (several words, one of them rare, or an identifier),
/// "medium", "weak" or "possible" (spelled nearly so).
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files of official lists, or folders of them.
    #[arg(long = "list", value_name = "FILE", num_args = 1.., required = true)]
    lists: Vec<PathBuf>,
    /// The format of the files, where it is not to be recognised.
    #[arg(long, value_name = "FORMAT", value_parser = list_files::format)]
    format: Option<Format>,
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
    matches: Vec<Named>,
}

#[derive(Debug, Serialize)]
struct Named {
    designation: String,
    issuer: &'static str,
    name: String,
    alias: String,
    text: String,
    start: usize,
    end: usize,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    class: &'static str,
    confirmed: bool,
    explanation: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let readings = list_files::read_lists(&args.lists, args.format)?;
    let index = Index::build(listed(readings), &[]);
    lines::answer_standard_input(|question| screen(&index, question))
}

/// The parties of all lists; of two editions of one list, both.
fn listed(readings: Vec<Reading>) -> Vec<Listed> {
    readings.into_iter().flat_map(|reading| reading.designations).map(Listed::from).collect()
}

fn screen(index: &Index, question: Question) -> anyhow::Result<Answer> {
    let Question { id, title, text, language } = question;
    anyhow::ensure!(
        title.is_some() || text.is_some(),
        "the line has neither a title nor a text: give {{\"id\":…,\"title\":…,\"text\":…}}"
    );
    let (title, text) = (title.unwrap_or_default(), text.unwrap_or_default());
    let about_sanctions = || classify::verdict(&title, &text, language.as_deref()).relevant;
    let matches = index.matches(&title, &text, about_sanctions);
    Ok(Answer { id, matches: matches.into_iter().map(named).collect() })
}

fn named(found: Match) -> Named {
    let field = (found.mention.field == Field::Title).then_some("title");
    Named {
        issuer: found.issuer.name(),
        class: found.class.name(),
        confirmed: !found.agrees.is_empty(),
        designation: found.designation,
        name: found.name,
        alias: found.alias,
        text: found.mention.text,
        start: found.mention.start,
        end: found.mention.end,
        field,
        explanation: found.explanation,
    }
}
