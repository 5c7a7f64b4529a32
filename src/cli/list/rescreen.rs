//! `list rescreen`: look for the names of an edition in stored articles.

use anyhow::bail;

use crate::cli::Exit;
use crate::cli::logging::{self, Voice};
use crate::cli::setup::{crawler, list_watch, open_store};
use crate::config::Settings;

/// Look for the new names of editions in the articles stored before
///
/// Without a number, goes on with what was broken off. Nothing is stored or mailed twice.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Row number of an edition, to search it from the start
    edition: Option<i64>,
}

pub(crate) async fn run(settings: &Settings, args: &Args) -> anyhow::Result<Exit> {
    logging::start(&settings.log, Voice::BesideProgress)?;
    let crawler = crawler(settings, open_store(settings)?)?;
    if let Some(edition) = args.edition
        && !crawler.store.rescreen_again(edition).await?
    {
        bail!("no edition {edition} changed anything; the log of a sync names the numbers");
    }
    let messages = list_watch(settings, &crawler)?.sync.rescreen().run().await?;
    crawler.store.settle().await?;
    anstream::println!("{messages} mails");
    Ok(Exit::Done)
}
