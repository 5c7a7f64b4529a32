//! `screen`: articles as JSON lines in, the listed parties they name out.

use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::classify;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::cli::{Exit, lines, list_files};
use crate::clock::Clock;
use crate::jobs::names;
use crate::lists::{Format, Reading};
use crate::model::judged::Field;
use crate::model::matched::{Match, Suppression};
use crate::screen::{Index, Listed};
use crate::store::Store;

/// Say which listed parties articles name, and why.
///
/// Reads JSON lines {"id","title"?,"text","language"?} and writes, in the same order,
/// {"id","matches":[{"designation","issuer","name","alias","text","start","end","in"?,"class",
/// "confirmed","explanation":[…]}]}. Offsets are UTF-8 bytes into the text, or into the title where
/// "in" is "title". The class is "strong" (several words, one of them rare, or an identifier),
/// "medium", "weak" or "possible" (spelled nearly so).
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Files of official lists, or folders of them [default: the lists in the database]
    #[arg(long = "list", value_name = "FILE", num_args = 1..)]
    lists: Vec<PathBuf>,
    /// The format of the files, where it is not to be recognised
    #[arg(long, value_name = "FORMAT", value_parser = list_files::format)]
    format: Option<Format>,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say nothing more of a name, whoever bears it
    Suppress {
        /// As articles or the list print it; case, accents and hyphens do not matter
        name: String,
        /// Why, for whoever wonders later
        #[arg(long)]
        reason: String,
    },
    /// Take a suppression back
    Allow { name: String },
    /// Show the suppressed names with their reasons
    Suppressed,
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

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    if let Some(action) = args.action {
        return in_store(&args.settings, async |store| act(action, &store).await);
    }
    let index = if args.lists.is_empty() {
        in_store(&args.settings, stored)?
    } else {
        Index::build(listed(list_files::read_lists(&args.lists, args.format)?), &[])
    };
    lines::answer_standard_input(|question| screen(&index, question))
}

/// Runs `work` with the database of the settings.
fn in_store<T>(
    settings: &SettingsArgs,
    work: impl AsyncFnOnce(Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let settings = settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async { work(open_store(&settings)?).await })
}

/// The index of the parties in force.
async fn stored(store: Store) -> anyhow::Result<Index> {
    let mut listed = names::listed(&store).await?;
    listed.retain(|party| party.removed_on.is_none());
    anyhow::ensure!(
        !listed.is_empty(),
        "no list is in the database: fetch them with `sanctionwatch list sync`, or name files with --list"
    );
    Ok(Index::build(listed, &store.suppressions().await?))
}

async fn act(action: Action, store: &Store) -> anyhow::Result<Exit> {
    match action {
        Action::Suppress { name, reason } => {
            anyhow::ensure!(
                name.contains(char::is_alphanumeric),
                "{name:?} is no name: give at least a letter or a digit"
            );
            anstream::println!("{name} is not told of from now on");
            store.suppress(Suppression { name, reason }, Clock::System.now()).await?;
        }
        Action::Allow { name } => {
            if !store.allow(name.clone()).await? {
                anstream::eprintln!("{name} is not suppressed; `screen suppressed` lists what is");
                return Ok(Exit::Partly);
            }
            anstream::println!("{name} is told of again");
        }
        Action::Suppressed => {
            for Suppression { name, reason } in store.suppressions().await? {
                anstream::println!("{name}\t{reason}");
            }
        }
    }
    Ok(Exit::Done)
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
