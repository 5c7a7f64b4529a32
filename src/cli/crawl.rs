//! `crawl`: look at every source once, read what is new, send what it causes.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::cli::logging::Voice;
use crate::cli::setup::{SettingsArgs, crawler, mailer, open_store, watched_sources};
use crate::cli::{Exit, logging, visits};
use crate::jobs::crawl::{Crawler, Event};
use crate::jobs::send_mail;
use crate::model::source::{Source, SourceId};
use crate::model::visit::Visit;
use crate::service;

/// Look at every source once, read what is new, and send the alerts it causes
///
/// Exit code 0 when every source answered as expected, 1 when some did not, 2 when nothing
/// could be done.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these sources, by id (see `source list`); all without
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Do not send mails; they wait for the next crawl or the service
    #[arg(long)]
    no_mail: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    logging::start(&settings.log, Voice::BesideProgress)?;
    let sources = chosen(watched_sources(&settings), &args.sources)?;
    let mailer = mailer(&settings)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        let _lock = store.lock_crawl().await?;
        let crawler = crawler(&settings, store)?;
        let stop = crawler.stop.clone();
        let work = async {
            let visits = crawl_with_progress(&crawler, &sources).await?;
            anstream::print!("{}", visits::table(&visits));
            crawler.story_settling().once().await?;
            if !args.no_mail {
                let round =
                    send_mail::send_due(&crawler.store, &mailer, &crawler.clock, &stop).await?;
                anstream::println!("{}", visits::mails_line(&round, &settings.mail.backend));
            }
            crawler.store.settle().await?;
            let left = crawler.store.counted().await?.links_due;
            if 0 < left {
                anstream::println!("{left} pages are still due; the next crawl goes on with them");
            }
            anyhow::Ok(visits)
        };
        let visits = stoppable(&stop, work).await?;
        Ok(exit_of(&visits, sources.len()))
    })
}

/// Runs `work`; Ctrl-C or SIGTERM asks it through `stop` to end with what is under way.
async fn stoppable<T>(
    stop: &CancellationToken,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        signal = service::stopped_by_signal() => signal?,
    }
    stop.cancel();
    work.await
}

fn exit_of(visits: &[Visit], sources: usize) -> Exit {
    if visits.len() < sources {
        anstream::eprintln!(
            "stopped after {} of {sources} sources; the next crawl visits the others",
            visits.len()
        );
        return Exit::Partly;
    }
    let healthy = visits.iter().all(|visit| visit.outcome.is_healthy());
    if healthy { Exit::Done } else { Exit::Partly }
}

/// The sources asked for, or all where none is named.
pub(crate) fn chosen(
    sources: Vec<Arc<Source>>,
    asked: &[String],
) -> anyhow::Result<Vec<Arc<Source>>> {
    if let Some(unknown) = asked.iter().find(|id| !sources.iter().any(|source| source.id.0 == **id))
    {
        bail!("no source has the id {unknown:?}; `sanctionwatch source list` shows them all");
    }
    if asked.is_empty() {
        return Ok(sources);
    }
    Ok(sources.into_iter().filter(|source| asked.contains(&source.id.0)).collect())
}

/// Crawls once; on a terminal with a line that says how far it is.
async fn crawl_with_progress(
    crawler: &Crawler,
    sources: &[Arc<Source>],
) -> anyhow::Result<Vec<Visit>> {
    let done = CancellationToken::new();
    let display = show_progress(crawler.events.subscribe(), sources.len(), done.clone());
    let crawl = async {
        let visits = crawler.crawl_once(sources).await;
        done.cancel();
        visits
    };
    let (visits, ()) = tokio::join!(crawl, display);
    Ok(visits?)
}

async fn show_progress(
    mut events: broadcast::Receiver<Event>,
    visits: usize,
    done: CancellationToken,
) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let screen = MultiProgress::new();
    let style = "{spinner:.cyan} {pos}/{len} sources  {wide_msg}";
    let total = screen.add(
        ProgressBar::new(visits as u64)
            .with_style(ProgressStyle::with_template(style).expect("the template is valid")),
    );
    total.enable_steady_tick(Duration::from_millis(120));
    let mut pages = 0_usize;
    let mut articles = 0_usize;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = done.cancelled() => break,
        };
        match event {
            Ok(Event::VisitStarted { source }) => total.set_message(under_way(&source, pages)),
            Ok(Event::PageRead { source, .. }) => {
                pages += 1;
                total.set_message(under_way(&source, pages));
            }
            Ok(Event::VisitEnded(visit)) => {
                articles += visit.counts.articles;
                total.inc(1);
                total.set_message(format!("{pages} pages, {articles} new articles"));
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    total.finish_and_clear();
}

fn under_way(source: &SourceId, pages: usize) -> String {
    format!("{pages} pages  {source}")
}
