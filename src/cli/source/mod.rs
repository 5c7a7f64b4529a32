//! `source`: what is watched, and one source taken through every stage. One file per action.

mod list;
mod test;

use anstyle::{AnsiColor, Style};
use anyhow::{Context, bail};

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, watched_sources};

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Show the sources, or try one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every source that is watched
    List,
    /// Take one source through every stage and print each; stores and sends nothing
    Test {
        /// Its id, for example us/ofac-recent-actions
        id: String,
        /// Articles to read
        #[arg(long, default_value_t = 2, value_name = "N")]
        articles: usize,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let sources = watched_sources(&settings);
    match args.action {
        Action::List => {
            list::run(&sources);
            Ok(Exit::Done)
        }
        Action::Test { id, articles } => {
            let Some(source) = sources.iter().find(|source| source.id.0 == id) else {
                bail!("no source has the id {id:?}; `sanctionwatch source list` shows them all");
            };
            let runtime =
                tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
            runtime.block_on(test::run(&settings, source, articles))
        }
    }
}
