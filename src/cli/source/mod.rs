//! `source`: what is watched, one source taken through every stage, and new ones found. One file per
//! action.

mod export;
mod import;
mod list;
mod new;
mod plan;
mod status;
mod test;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use anyhow::Context;

use crate::cli::Exit;
use crate::cli::crawl::chosen;
use crate::cli::setup::{SettingsArgs, watched_sources};
use crate::config::Settings;

const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Show the sources, try one, or find new ones
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
    /// Look at a site and propose a source file for it
    New(new::Args),
    /// Show how each source has been doing, and what to do about the sick ones
    Status {
        /// Only these, by id
        ids: Vec<String>,
    },
    /// Show the rhythm learned of each source, and the next looks
    Plan {
        /// Only these, by id
        ids: Vec<String>,
    },
    /// Take one source through every stage and print each; stores and sends nothing
    Test {
        /// Its id, for example us/ofac-recent-actions, or a source file: ie/foreign-ministry.toml
        #[arg(value_name = "ID|FILE")]
        id: String,
        /// Articles to read
        #[arg(long, default_value_t = 2, value_name = "N")]
        articles: usize,
    },
    /// Make source files of a feed reader's subscriptions (OPML)
    Import(import::Args),
    /// Write the feeds that are watched as subscriptions (OPML) to standard output
    Export,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let sources = watched_sources(&settings);
    match args.action {
        Action::List => {
            list::run(&sources);
            Ok(Exit::Done)
        }
        Action::New(args) => on_runtime(new::run(&settings, args)),
        Action::Test { id, articles } => {
            let source = test::source_of(&sources, &id)?;
            on_runtime(test::run(&settings, &source, articles))
        }
        Action::Status { ids } => {
            let chosen = chosen(sources, &ids)?;
            on_runtime(status::run(&settings, &chosen))
        }
        Action::Plan { ids } => {
            let chosen = chosen(sources.clone(), &ids)?;
            on_runtime(plan::run(&settings, &chosen, &sources))
        }
        Action::Import(args) => import::run(&settings, &sources, &args),
        Action::Export => Ok(export::run(&sources)),
    }
}

fn on_runtime(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(work)
}

/// The folder that new source files go into.
fn target_folder(settings: &Settings, asked: Option<&PathBuf>) -> anyhow::Result<PathBuf> {
    asked.or(settings.crawl.selectors.as_ref()).cloned().context(
        "there is no folder for source files; set crawl.selectors in the settings, or say --into DIR",
    )
}

/// Writes a file that must not be there yet, making its folder if need be.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut file = fs::File::create_new(path)
        .with_context(|| format!("cannot write {}; is it there already?", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
