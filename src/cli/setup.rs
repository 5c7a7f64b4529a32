//! From settings to the things a command works with: sources, database, web, mail.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;

use crate::clock::Clock;
use crate::config::{self, BadConfig, Environment, Settings};
use crate::fetch::{Chromium, Fetcher, Limits, Sandbox};
use crate::jobs::crawl::{self, Crawler};
use crate::jobs::keep_house::{Housekeeper, Keep, KeepOthers};
use crate::jobs::sync_lists::ListSync;
use crate::jobs::tell_operator::{Bounds, Caretaker};
use crate::mail::Mailer;
use crate::mail::settings as mail;
use crate::model::source::Source;
use crate::model::subscriber::Email;
use crate::service::ListWatch;
use crate::sources::{self, Fault};
use crate::store::Store;

/// The options every command takes that works with settings.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SettingsArgs {
    /// Settings file [default: $SANCTIONWATCH_CONFIG, then the user's, then /etc/sanctionwatch/]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
}

impl SettingsArgs {
    /// The settings of this run.
    ///
    /// # Errors
    /// Every mistake in the file, with its line and remedy.
    pub(crate) fn load(&self) -> anyhow::Result<Settings> {
        Ok(self.read()?)
    }

    /// As [`SettingsArgs::load`], with the mistakes one by one.
    pub(crate) fn read(&self) -> Result<Settings, BadConfig> {
        config::load(self.config.as_deref(), &Environment::of_process())
    }
}

/// The sources to watch: the shipped catalogue and the operator's own, less the skipped.
///
/// Mistakes in the operator's files are reported on standard error and leave the others standing.
pub(crate) fn watched_sources(settings: &Settings) -> Vec<Arc<Source>> {
    let (sources, faults) = sources_and_faults(settings);
    for fault in faults {
        anstream::eprintln!("{fault}");
    }
    sources
}

/// The sources to watch, and the mistakes in the operator's files.
pub(crate) fn sources_and_faults(settings: &Settings) -> (Vec<Arc<Source>>, Vec<Fault>) {
    let (all, faults) = match (&settings.crawl.selectors, settings.crawl.catalogue) {
        (Some(folder), true) => sources::with_own(folder),
        (Some(folder), false) => sources::load(folder),
        (None, true) => (sources::catalogue(), Vec::new()),
        (None, false) => (Vec::new(), Vec::new()),
    };
    let is_wanted = |source: &Source| !settings.crawl.skip.contains(&source.id.0);
    (all.into_iter().filter(is_wanted).map(Arc::new).collect(), faults)
}

/// Opens the database, making its folder if need be.
pub(crate) fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    if let Some(folder) = settings.database.parent() {
        make_folder(folder)?;
    }
    Ok(Store::open(&settings.database)?)
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!(
            "cannot make the folder {}; set `state` in the settings to one you may write",
            folder.display()
        )
    })
}

/// A crawler over an open database, as the settings say.
pub(crate) fn crawler(settings: &Settings, store: Store) -> anyhow::Result<Crawler> {
    let clock = Clock::System;
    let fetcher = Fetcher::new(limits(settings), clock.clone())?;
    Ok(Crawler::new(store, fetcher, clock, crawl_settings(settings)))
}

/// Who looks for trouble and tells the operator, beside a crawler.
pub(crate) fn caretaker(settings: &Settings, crawler: &Crawler) -> Caretaker {
    let config::Operator { email, remind, mail_waits, disk_free } = &settings.operator;
    let oldest = settings.backup.oldest.map(span);
    Caretaker {
        store: crawler.store.clone(),
        clock: crawler.clock.clone(),
        bounds: Bounds {
            remind: span(*remind),
            mail_waits: span(*mail_waits),
            disk_free: *disk_free,
            backups: oldest.map(|oldest| (settings.backup.folder.clone(), oldest)),
        },
        operator: email.clone(),
        sender: crawler.settings.sender.clone(),
        mail_waiting: Arc::clone(&crawler.mail_waiting),
        stop: crawler.stop.clone(),
    }
}

/// Who drops what has had its time, beside a crawler.
pub(crate) fn housekeeper(settings: &Settings, crawler: &Crawler) -> Housekeeper {
    let others = |keep: config::KeepOthers| KeepOthers {
        articles: keep.articles.map(span),
        snapshots: keep.snapshots.map(span),
        revisions: keep.revisions.map(span),
    };
    let keep = &settings.keep;
    let sources = keep.sources.iter().map(|(id, keep)| (id.clone(), others(*keep)));
    Housekeeper {
        store: crawler.store.clone(),
        clock: crawler.clock.clone(),
        keep: Keep {
            others: others(keep.others),
            sources: sources.collect(),
            visits: keep.visits.map(span),
            mails: keep.mails.map(span),
            list_files: keep.list_files.map(span),
        },
        stop: crawler.stop.clone(),
    }
}

/// The longest span is longer than any wait.
fn span(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// A crawler that goes on where `before` stops, under other settings: with its database, its turns
/// at every site and the names it knows.
pub(crate) fn crawler_after(before: &Crawler, settings: &Settings) -> anyhow::Result<Crawler> {
    let fetcher = before.fetcher.within(limits(settings))?;
    Ok(Crawler { fetcher, settings: crawl_settings(settings), ..before.clone() })
}

/// The official lists the service looks at, beside a crawler and with its wishes to stop.
///
/// # Errors
/// Mistakes in the operator's file of lists.
pub(crate) fn list_watch(settings: &Settings, crawler: &Crawler) -> anyhow::Result<ListWatch> {
    let sync = ListSync {
        store: crawler.store.clone(),
        limits: limits(settings),
        clock: crawler.clock.clone(),
        sender: crawler.settings.sender.clone(),
        links: crawler.links.clone(),
        mail_waiting: Arc::clone(&crawler.mail_waiting),
        stop: crawler.stop.clone(),
    };
    let lists = config::official_lists(&settings.lists)?.chosen;
    Ok(ListWatch { sync, lists: if settings.lists.sync { lists } else { Vec::new() } })
}

/// What the settings say of fetching, for the one who fetches.
pub(crate) fn limits(settings: &Settings) -> Limits {
    let fetch = &settings.fetch;
    Limits {
        contact: fetch.contact.clone(),
        body: fetch.body_limit,
        redirects: fetch.redirects,
        connect: fetch.connect_timeout,
        idle: fetch.idle_timeout,
        total: fetch.total_timeout,
        delay: fetch.delay,
        allow_private: fetch.allow_private.clone(),
        chromium: Chromium {
            program: fetch.browser.clone(),
            sandbox: if fetch.browser_sandbox { Sandbox::On } else { Sandbox::Off },
        },
        proxy: fetch.proxy.clone(),
        credentials: fetch.credentials.clone(),
        ..Limits::default()
    }
}

fn crawl_settings(settings: &Settings) -> crawl::Settings {
    crawl::Settings {
        workers: settings.crawl.workers,
        pages_per_visit: settings.crawl.articles_per_visit,
        interval: settings.crawl.interval,
        alert_age: TimeDelta::from_std(settings.crawl.alert_age).unwrap_or(TimeDelta::MAX),
        sender: sender(settings),
    }
}

/// The address that readers write to.
pub(crate) fn sender(settings: &Settings) -> Email {
    settings.mail.reply_to.as_ref().unwrap_or(&settings.mail.from).clone()
}

/// The way mails leave, as the settings say.
///
/// # Errors
/// When the mail folder cannot be made, or the password or the key for signing cannot be read.
pub(crate) fn mailer(settings: &Settings) -> anyhow::Result<Mailer> {
    let backend = match &settings.mail.backend {
        config::Backend::Directory(folder) => mail::Backend::Directory(folder.clone()),
        config::Backend::Smtp(smtp) => mail::Backend::Smtp(smtp_settings(smtp)),
    };
    let mut meant = mail::Settings::new(backend, settings.mail.from.clone());
    meant.from_name.clone_from(&settings.mail.from_name);
    meant.reply_to.clone_from(&settings.mail.reply_to);
    meant.list_id.clone_from(&settings.mail.list_id);
    meant.return_address.clone_from(&settings.mail.bounces.address);
    meant.dkim = settings.mail.dkim.as_ref().map(|dkim| mail::Dkim {
        domain: dkim.domain.clone().unwrap_or_else(|| settings.mail.from.domain().to_owned()),
        selector: dkim.selector.clone(),
        key_file: dkim.key_file.clone(),
    });
    meant.pace = mail::Pace {
        at_once: settings.mail.at_once,
        domain_at_once: settings.mail.domain_at_once,
        domain_per_minute: settings.mail.domain_per_minute,
    };
    Mailer::new(&meant)
}

fn smtp_settings(smtp: &config::Smtp) -> mail::Smtp {
    let mut meant = mail::Smtp::new(smtp.host.clone());
    meant.port = smtp.port;
    meant.security = match smtp.security {
        config::Security::Tls => mail::Security::Tls,
        config::Security::Starttls => mail::Security::Starttls,
        config::Security::None => mail::Security::None,
    };
    meant.hello.clone_from(&smtp.hello);
    meant.trusted_ca.clone_from(&smtp.trusted_ca);
    meant.login = smtp.login.as_ref().map(|login| mail::Login {
        user: login.username.clone(),
        password_file: login.password_file.clone(),
    });
    meant
}
