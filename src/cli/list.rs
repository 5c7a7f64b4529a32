//! `list`: official sanctions lists, their editions and what changed between them.

mod diff;

use crate::cli::Exit;

/// Show official sanctions lists, and what changed between two editions
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Diff(diff::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    match args.action {
        Action::Diff(args) => diff::run(&args),
    }
}
