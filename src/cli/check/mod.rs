//! `check`: is everything set up so that it can work, and what to do where it is not.

mod database;
mod machine;
mod mail;
mod pages;

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use anyhow::Context;

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, watched_sources};
use crate::config::{self, Settings};

const GOOD: Style = AnsiColor::Green.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Check settings, sources, database, mail and machine, and say what to do for each finding
///
/// Changes nothing and may run beside the service. Exit code 0 when all is well, 1 with warnings, 2
/// with errors.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ask nobody: no name is looked up, and the mail server is left alone
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// What a check found, and how bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Good,
    Warning,
    Error,
}

/// Prints findings and remembers the worst.
#[derive(Debug)]
pub(crate) struct Findings {
    worst: Severity,
}

impl Findings {
    pub(crate) fn say(&mut self, severity: Severity, what: impl Display) {
        let (style, word) = match severity {
            Severity::Good => (GOOD, "ok"),
            Severity::Warning => (WARN, "warning"),
            Severity::Error => (BAD, "error"),
        };
        anstream::println!("{style}{word:<8}{style:#} {what}");
        self.worst = self.worst.max(severity);
    }
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let mut findings = Findings { worst: Severity::Good };
    let settings = args.settings.load()?;
    match &settings.file {
        Some(file) => findings.say(Severity::Good, format!("settings from {}", file.display())),
        None => findings.say(Severity::Good, "no settings file: the defaults hold"),
    }
    check_contact(&settings, &mut findings);
    check_operator(&settings, &mut findings);
    check_sources(&settings, &mut findings);
    check_lists(&settings, &mut findings);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        database::check(&settings, &mut findings).await;
        machine::check(&settings, &mut findings);
        mail::check(&settings, args.offline, &mut findings).await;
        if !args.offline {
            machine::check_names(&settings, &mut findings).await;
        }
    });
    Ok(match findings.worst {
        Severity::Good => Exit::Done,
        Severity::Warning => Exit::Partly,
        Severity::Error => Exit::Failed,
    })
}

fn check_contact(settings: &Settings, findings: &mut Findings) {
    if settings.fetch.contact.is_empty() {
        findings.say(
            Severity::Warning,
            "fetch.contact is empty: sites cannot reach you, and some will block you; \
             set it to a mail address or a page",
        );
    } else {
        findings.say(Severity::Good, format!("sites can reach you at {}", settings.fetch.contact));
    }
}

fn check_operator(settings: &Settings, findings: &mut Findings) {
    match &settings.operator.email {
        Some(email) => findings.say(Severity::Good, format!("{email} is told what needs a hand")),
        None => findings.say(
            Severity::Warning,
            "operator.email is not set: only the log says when something needs a hand; set it",
        ),
    }
}

fn check_sources(settings: &Settings, findings: &mut Findings) {
    if let Some(folder) = &settings.crawl.selectors {
        let (own, faults) = crate::sources::load(folder);
        for fault in &faults {
            findings.say(Severity::Error, fault);
        }
        for source in &own {
            pages::check(folder, source, findings);
        }
    }
    match watched_sources(settings).len() {
        0 => findings.say(
            Severity::Error,
            "no source is watched; see crawl.catalogue and crawl.selectors in the settings",
        ),
        n => findings.say(Severity::Good, format!("{n} sources are watched")),
    }
}

fn check_lists(settings: &Settings, findings: &mut Findings) {
    match config::official_lists(&settings.lists) {
        Ok(official) => findings
            .say(Severity::Good, format!("{} official lists are chosen", official.chosen.len())),
        Err(error) => findings.say(Severity::Error, error),
    }
}
