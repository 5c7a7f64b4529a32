//! `backup`: a copy of the database, while the service runs.

use std::path::PathBuf;

use anyhow::Context;

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, open_store};
use crate::clock::Clock;
use crate::jobs::back_up::{Rotation, back_up};

/// Copy the database, verify the copy, and drop the older ones that have had their time
///
/// The service may run: the copy is one moment of the database.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder for the copy; nothing in it is dropped [default: backup.folder, with its rotation]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        anyhow::ensure!(
            settings.database.is_file(),
            "there is no database at {}; see `database` and `state` in the settings",
            settings.database.display()
        );
        let store = open_store(&settings)?;
        let rotation = Rotation { daily: settings.backup.daily, weekly: settings.backup.weekly };
        let rotation = args.to.is_none().then_some(rotation);
        let folder = args.to.as_ref().unwrap_or(&settings.backup.folder);
        let done = back_up(&store, folder, rotation, Clock::System.now()).await?;
        anstream::println!(
            "{} ({:.1} MB), verified; {} older dropped",
            done.copy.path.display(),
            done.copy.bytes as f64 / 1e6,
            done.dropped
        );
        Ok(Exit::Done)
    })
}
