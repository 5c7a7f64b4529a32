//! `read`: to be written.

use crate::cli::Exit;

/// To be written.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> anyhow::Result<Exit> {
    anyhow::bail!("not yet")
}
