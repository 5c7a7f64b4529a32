//! `run`: the service.

use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use crate::cli::logging::Voice;
use crate::cli::setup::{SettingsArgs, crawler, list_watch, mailer, open_store, watched_sources};
use crate::cli::{Exit, logging};
use crate::config::Settings;
use crate::jobs::bounces::Ways;
use crate::jobs::links::links;
use crate::service;

/// Run as a service: visit sources when they are due, send mails as they arise
///
/// Stops on SIGTERM or Ctrl-C after the pages and mails under way; tells systemd when it is ready.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let settings = args.settings.load()?;
    logging::start(&settings.log, Voice::AsSet)?;
    let sources = watched_sources(&settings);
    if sources.is_empty() {
        bail!(
            "there is no source to watch; see crawl.catalogue and crawl.selectors in the settings"
        );
    }
    let mailer = mailer(&settings)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = open_store(&settings)?;
        let mut crawler = crawler(&settings, store)?;
        let door = listener(&settings).await?;
        if let Some(web) = &settings.web {
            crawler.public_url = Some(web.public_url.as_str().into());
            crawler.links = Some(Arc::new(links(&crawler.store, &web.public_url).await?));
        }
        let watch = list_watch(&settings, &crawler)?;
        let bounces = bounces(&settings).await?;
        service::run(crawler, mailer, sources, watch, door, bounces).await
    })?;
    Ok(Exit::Done)
}

/// Where mails that could not be delivered come back.
async fn bounces(settings: &Settings) -> anyhow::Result<Ways> {
    let settings = &settings.mail.bounces;
    let listener = match settings.listen {
        None => None,
        Some(address) => Some(TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address}; write another `listen` in [mail.bounces]")
        })?),
    };
    Ok(Ways { directory: settings.directory.clone(), listener })
}

/// The port the world calls at, where the settings name one.
async fn listener(settings: &Settings) -> anyhow::Result<Option<TcpListener>> {
    let Some(web) = &settings.web else { return Ok(None) };
    let listener = TcpListener::bind(web.listen).await.with_context(|| {
        format!("cannot listen on {}; write another address as `listen` in [web]", web.listen)
    })?;
    Ok(Some(listener))
}
