//! `list`: official sanctions lists, their editions, their parties and what changed.

mod diff;
mod editions;
mod parties;
mod sync;

use anyhow::Context;

use crate::cli::Exit;
use crate::cli::setup::SettingsArgs;

/// Fetch official sanctions lists, look parties up, tell what changed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Sync(sync::Args),
    /// Show each list: its edition, how old it is, and why the last one was refused
    Status,
    Search(parties::SearchArgs),
    Show(parties::ShowArgs),
    Changes(editions::ChangesArgs),
    Diff(diff::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    if let Action::Diff(args) = &args.action {
        return diff::run(args);
    }
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        match args.action {
            Action::Sync(args) => sync::run(&settings, &args).await,
            Action::Status => editions::status(&settings).await,
            Action::Search(args) => parties::search(&settings, &args).await,
            Action::Show(args) => parties::show(&settings, &args).await,
            Action::Changes(args) => editions::changes(&settings, &args).await,
            Action::Diff(args) => diff::run(&args),
        }
    })
}
