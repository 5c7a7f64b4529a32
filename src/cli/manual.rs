//! `manual`: man pages and shell completions, from the one table of commands.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, Exit};

/// Write man pages and shell completions into a folder
///
/// Gives sanctionwatch.1 and a page for each command, and completions for bash, zsh and fish. The
/// Debian package brings them along.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder for the files; it is made if need be
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let out = args.out;
    let fault = || format!("cannot write into {}; check path and permissions", out.display());
    fs::create_dir_all(&out).with_context(fault)?;
    let mut command = Cli::command();
    clap_mangen::generate_to(command.clone(), &out).with_context(fault)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "sanctionwatch", &out)
            .with_context(fault)?;
    }
    anstream::println!("man pages and completions are in {}", out.display());
    Ok(Exit::Done)
}
