//! `run`: the service.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::cli::logging::Voice;
use crate::cli::setup::{
    SettingsArgs, caretaker, crawler, crawler_after, housekeeper, list_watch, mailer, open_store,
    sources_and_faults, watched_sources,
};
use crate::cli::{Exit, logging};
use crate::config::{self, BadConfig, Settings};
use crate::jobs::crawl::Crawler;
use crate::jobs::links::links;
use crate::model::source::Source;
use crate::service::{self, BackDoor, Plan, Returns};
use crate::systemd;
use crate::web::pages::Pages;

/// How long the process waits for pages being read when all else has ended.
const LAST_READS: Duration = Duration::from_secs(5);
const NO_SOURCE: &str =
    "there is no source to watch; see crawl.catalogue and crawl.selectors in the settings";

/// Run as a service: visit sources when they are due, send mails as they arise
///
/// Stops on SIGTERM or Ctrl-C after the pages and mails under way. Reads settings, sources and lists
/// anew on SIGHUP, and keeps the old ones where the new have mistakes. Tells systemd how it is.
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
        bail!(NO_SOURCE);
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let ended = runtime.block_on(async {
        let store = open_store(&settings)?;
        let crawler = crawler(&settings, store)?;
        let mut renewal = Renewal { args: args.settings, handed: handed(&settings)?, settings };
        let door = renewal.listener(&renewal.settings, None)?;
        let mut plan = plan(&renewal.settings, sources, crawler, door).await?;
        plan.back_door = back_door(&renewal.settings)?;
        plan.returns = returns(&renewal.settings)?;
        service::run(plan, async |before| renewal.plan(before).await).await
    });
    runtime.shutdown_timeout(LAST_READS);
    ended.map(|()| Exit::Done)
}

/// What the service works with under `settings`.
async fn plan(
    settings: &Settings,
    sources: Vec<Arc<Source>>,
    mut crawler: Crawler,
    door: Option<Arc<TcpListener>>,
) -> anyhow::Result<Plan> {
    (crawler.public_url, crawler.links) = (None, None);
    if let Some(web) = &settings.web {
        crawler.public_url = Some(web.public_url.as_str().into());
        crawler.links = Some(Arc::new(links(&crawler.store, &web.public_url).await?));
    }
    Ok(Plan {
        watch: list_watch(settings, &crawler)?,
        mailer: mailer(settings)?,
        longest_page: settings.fetch.total_timeout,
        put_off: Vec::new(),
        caretaker: caretaker(settings, &crawler),
        housekeeper: housekeeper(settings, &crawler),
        back_door: None,
        pages: settings.web.as_ref().and_then(|web| Pages::of(&crawler, &web.trusted_proxies)),
        returns: None,
        crawler,
        sources,
        door,
    })
}

/// Where new plans come from when the service is asked to read its settings anew.
#[derive(Debug)]
struct Renewal {
    args: SettingsArgs,
    /// In force.
    settings: Settings,
    /// The listener systemd handed over; it stays whatever the settings say.
    handed: Option<Arc<TcpListener>>,
}

impl Renewal {
    /// The plan of the settings, sources and lists as they are written now.
    ///
    /// # Errors
    /// Every mistake in them, each as a line; then nothing has changed.
    async fn plan(&mut self, before: &Plan) -> Result<Plan, Vec<String>> {
        let mut new = self.args.read().map_err(|bad| lines(&bad))?;
        let (sources, faults) = sources_and_faults(&new);
        let mut mistakes: Vec<String> = faults.iter().map(ToString::to_string).collect();
        mistakes.extend(config::official_lists(&new.lists).err().iter().flat_map(lines));
        if sources.is_empty() {
            mistakes.push(NO_SOURCE.to_owned());
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let put_off = put_off(&self.settings, &mut new);
        let made = self.plan_of(&new, sources, before).await;
        let plan = made.map_err(|error| vec![format!("{error:#}")])?;
        self.settings = new;
        let (back_door, returns) = (before.back_door.clone(), before.returns.clone());
        Ok(Plan { put_off, back_door, returns, ..plan })
    }

    async fn plan_of(
        &self,
        settings: &Settings,
        sources: Vec<Arc<Source>>,
        before: &Plan,
    ) -> anyhow::Result<Plan> {
        let crawler = crawler_after(&before.crawler, settings)?;
        let door = self.listener(settings, before.door.as_ref())?;
        plan(settings, sources, crawler, door).await
    }

    /// The port the world calls at, where the settings name one; the one `in_use` goes on if it is the same.
    fn listener(
        &self,
        settings: &Settings,
        in_use: Option<&Arc<TcpListener>>,
    ) -> anyhow::Result<Option<Arc<TcpListener>>> {
        let Some(web) = &settings.web else { return Ok(None) };
        if let Some(handed) = &self.handed {
            return Ok(Some(Arc::clone(handed)));
        }
        let before = self.settings.web.as_ref().map(|web| web.listen);
        if let Some(in_use) = in_use.filter(|_| before == Some(web.listen)) {
            return Ok(Some(Arc::clone(in_use)));
        }
        let listener = TcpListener::bind(web.listen).and_then(answering).with_context(|| {
            format!("cannot listen on {}; write another address as `listen` in [web]", web.listen)
        })?;
        Ok(Some(listener))
    }
}

/// Where Prometheus calls, if it may.
fn back_door(settings: &Settings) -> anyhow::Result<Option<BackDoor>> {
    let Some(address) = settings.metrics else { return Ok(None) };
    let listener = TcpListener::bind(address).and_then(answering).with_context(|| {
        format!("cannot listen on {address}; write another address as `metrics` in [web]")
    })?;
    Ok(Some(BackDoor { listener, backups: settings.backup.folder.clone() }))
}

/// Where mails that could not be delivered come back, if anywhere.
fn returns(settings: &Settings) -> anyhow::Result<Option<Returns>> {
    let config::Bounces { directory, listen, .. } = &settings.mail.bounces;
    let listener = match listen {
        None => None,
        Some(address) => {
            Some(TcpListener::bind(address).and_then(answering).with_context(|| {
                format!("cannot listen on {address}; write another `listen` in [mail.bounces]")
            })?)
        }
    };
    let is_some = directory.is_some() || listener.is_some();
    Ok(is_some.then(|| Returns { directory: directory.clone(), listener }))
}

/// The socket that systemd listens on for us (`sanctionwatch.socket`), if it does.
fn handed(settings: &Settings) -> anyhow::Result<Option<Arc<TcpListener>>> {
    let handed = systemd::handed_listener().and_then(|handed| handed.map(answering).transpose());
    let handed = handed.context("the socket of sanctionwatch.socket cannot be used")?;
    if handed.is_some() && settings.web.is_none() {
        tracing::warn!("systemd hands over a socket, but [web] in the settings says nothing of it");
    }
    Ok(handed)
}

fn answering(listener: TcpListener) -> std::io::Result<Arc<TcpListener>> {
    listener.set_nonblocking(true)?;
    Ok(Arc::new(listener))
}

/// What changed in the settings that the running service cannot follow; `new` keeps the old values,
/// so that the next reading says so again.
fn put_off(old: &Settings, new: &mut Settings) -> Vec<&'static str> {
    let mut put_off = Vec::new();
    if old.database != new.database {
        put_off.push("database");
        new.database.clone_from(&old.database);
    }
    if old.metrics != new.metrics {
        put_off.push("web.metrics");
        new.metrics = old.metrics;
    }
    if old.mail.bounces != new.mail.bounces {
        put_off.push("mail.bounces");
        new.mail.bounces.clone_from(&old.mail.bounces);
    }
    if old.log.level != new.log.level {
        put_off.push("log.level");
    }
    if old.log.format != new.log.format {
        put_off.push("log.format");
    }
    new.log.clone_from(&old.log);
    put_off
}

fn lines(bad: &BadConfig) -> Vec<String> {
    match bad {
        BadConfig::Mistakes(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
        other => vec![other.to_string()],
    }
}
