//! `restore`: a copy takes the place of the database.

use std::path::PathBuf;

use crate::cli::Exit;
use crate::cli::setup::SettingsArgs;
use crate::clock::Clock;
use crate::store::{Newer, restore};

/// Put a copy in the place of the database, which is kept beside it
///
/// The service must be stopped. The copy is verified first. Mails that the present database sent since
/// are not sent again, those that wait in it are.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file that `backup` wrote
    file: PathBuf,
    /// Even if the present database knows more than the copy
    #[arg(long)]
    replace_newer: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    let newer = if args.replace_newer { Newer::Replace } else { Newer::Keep };
    let restored = restore(&args.file, &settings.database, newer, Clock::System.now())?;
    anstream::println!("{} is restored from {}", settings.database.display(), args.file.display());
    match (&restored.kept, restored.mails) {
        (None, _) => anstream::println!("there was no database before"),
        (Some(kept), Some(mails)) => anstream::println!(
            "the database before is kept as {}; {} mails it sent since are not sent again, {} that \
             wait in it will be sent",
            kept.display(),
            mails.sent,
            mails.waiting
        ),
        (Some(kept), None) => anstream::println!(
            "the database before is kept as {}; it cannot be read, so mails it sent since may be \
             sent again",
            kept.display()
        ),
    }
    Ok(Exit::Done)
}
