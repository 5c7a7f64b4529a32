//! `list sync`: fetch official lists now.

use anstyle::{AnsiColor, Style};
use anyhow::bail;

use crate::cli::Exit;
use crate::cli::logging::{self, Voice};
use crate::cli::setup::{crawler, list_watch, open_store};
use crate::config::{self, Settings};
use crate::jobs::sync_lists::{ListSync, Look};
use crate::lists::ListSource;
use crate::written::meant;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Fetch official lists now and keep each new edition
///
/// A file that is cut off, too short or shrunken is refused, and the edition before stays in force.
/// Changes are mailed by the service or the next crawl. Exit code 1 where a list was refused.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these lists, by id; those the settings choose without. An id that is not among them is
    /// fetched this once
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Take a shorter edition over all the same, where so many parties were really taken off
    #[arg(long, value_name = "PERCENT")]
    shrink: Option<f64>,
}

pub(crate) async fn run(settings: &Settings, args: &Args) -> anyhow::Result<Exit> {
    logging::start(&settings.log, Voice::BesideProgress)?;
    let mut lists = chosen(settings, &args.ids)?;
    if let Some(shrink) = args.shrink {
        lists.iter_mut().for_each(|list| list.bounds.shrink = shrink);
    }
    let crawler = crawler(settings, open_store(settings)?)?;
    let sync = list_watch(settings, &crawler)?.sync;
    let mut exit = Exit::Done;
    for list in &lists {
        if look(&sync, list).await? == Exit::Partly {
            exit = Exit::Partly;
        }
    }
    crawler.store.settle().await?;
    Ok(exit)
}

async fn look(sync: &ListSync, list: &ListSource) -> anyhow::Result<Exit> {
    let id = &list.id;
    match sync.look(list).await? {
        Look::Taken { edition, messages } => anstream::println!(
            "{GOOD}taken{GOOD:#}      {id}  {} parties, {} added, {} amended, {} removed, {messages} mails",
            edition.parties,
            edition.added,
            edition.amended,
            edition.removed,
        ),
        Look::Unchanged => anstream::println!("{GOOD}unchanged{GOOD:#}  {id}"),
        Look::Refused { why } => {
            anstream::println!("{BAD}refused{BAD:#}    {id}  {why}");
            return Ok(Exit::Partly);
        }
    }
    Ok(Exit::Done)
}

fn chosen(settings: &Settings, ids: &[String]) -> anyhow::Result<Vec<ListSource>> {
    let official = config::official_lists(&settings.lists)?;
    if ids.is_empty() {
        if official.chosen.is_empty() {
            bail!("the settings choose no list; name one, or write it into lists.also");
        }
        return Ok(official.chosen);
    }
    let known: Vec<&str> = official.offered.iter().map(|list| list.id.as_str()).collect();
    ids.iter()
        .map(|id| match official.offered.iter().find(|list| list.id == *id) {
            Some(list) => Ok(list.clone()),
            None => bail!("no list has the id {id:?}; {}", meant(id, &known)),
        })
        .collect()
}
