//! `feedback`: a reader's word on a verdict, and all of them as texts to train on.

use anyhow::{Context, bail};
use serde_json::json;

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{Judgement, Label};

/// Say that a verdict was right or wrong, or print all that was said as texts to train on
///
/// The article is named by its number (`search --json` shows it) or its address. The lines that
/// --export prints are what `train-judge` reads.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "ARTICLE", required_unless_present = "export")]
    article: Option<String>,
    /// The article is about sanctions
    #[arg(long, conflicts_with = "not")]
    relevant: bool,
    /// The article is not about sanctions
    #[arg(long)]
    not: bool,
    /// Print every article with feedback, one JSON object per line
    #[arg(long, conflicts_with_all = ["article", "relevant", "not"])]
    export: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let Some(article) = args.article else { return export(&settings) };
    let label = match (args.relevant, args.not) {
        (true, false) => Label::Relevant,
        (false, true) => Label::NotRelevant,
        _ => bail!("say what article {article} is: add --relevant or --not"),
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let found = runtime.block_on(async {
        let store = open_store(&settings)?;
        anyhow::Ok(store.give_feedback(article.clone(), label, Clock::System.now()).await?)
    })?;
    match found {
        Some(id) => {
            anstream::println!("noted for article {id}");
            Ok(Exit::Done)
        }
        None => {
            anstream::eprintln!(
                "no article {article:?} is stored: `sanctionwatch search --json` shows their numbers"
            );
            Ok(Exit::Partly)
        }
    }
}

fn export(settings: &Settings) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let told = runtime.block_on(async { anyhow::Ok(open_store(settings)?.feedback().await?) })?;
    for Judgement { article, label } in &told {
        let line = json!({
            "language": article.language.as_deref().unwrap_or(""),
            "label": if *label == Label::Relevant { "yes" } else { "no" },
            "kind": "feedback",
            "title": article.title,
            "text": article.text(),
        });
        anstream::println!("{line}");
    }
    Ok(Exit::Done)
}
