//! `check`: is everything set up so that it can work, and what to do where it is not.

use std::fmt::Display;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use chrono::TimeDelta;

use crate::cli::Exit;
use crate::cli::setup::{SettingsArgs, mailer, open_store, watched_sources};
use crate::clock::Clock;
use crate::config::{self, Backend, Settings};
use crate::mail::Mailer;
use crate::store::{self, Store};

const GOOD: Style = AnsiColor::Green.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// A mail that waits longer than this wants somebody to look.
const LONG_WAIT: TimeDelta = TimeDelta::hours(6);
const WEEK: TimeDelta = TimeDelta::days(7);

/// Check settings, sources, database and mail, and say what to do for each finding
///
/// Exit code 0 when all is well, 1 with warnings, 2 with errors.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// What a check found, and how bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Good,
    Warning,
    Error,
}

/// Prints findings and remembers the worst.
#[derive(Debug)]
struct Findings {
    worst: Severity,
}

impl Findings {
    fn say(&mut self, severity: Severity, what: impl Display) {
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
    check_sources(&settings, &mut findings);
    check_lists(&settings, &mut findings);
    check_mail(&settings, &mut findings);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(check_database(&settings, &mut findings));
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

fn check_sources(settings: &Settings, findings: &mut Findings) {
    if let Some(folder) = &settings.crawl.selectors {
        let (_, faults) = crate::sources::load(folder);
        for fault in &faults {
            findings.say(Severity::Error, fault);
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

fn check_mail(settings: &Settings, findings: &mut Findings) {
    match &settings.mail.backend {
        Backend::Directory(folder) => findings.say(
            Severity::Good,
            format!("mails become files in {} (mail.backend = \"directory\")", folder.display()),
        ),
        Backend::Smtp(smtp) => {
            findings.say(Severity::Good, format!("mails go through {}", smtp.host))
        }
    }
    match mailer(settings) {
        Ok(mailer) => check_signature(settings, &mailer, findings),
        Err(error) => findings.say(Severity::Error, format!("{error:#}")),
    }
}

/// Mailbox providers ask every sender of many mails for a signature by the sender's own domain.
fn check_signature(settings: &Settings, mailer: &Mailer, findings: &mut Findings) {
    let Some((name, text)) = mailer.dkim_record() else { return };
    findings.say(Severity::Good, format!("mails are signed; the DNS needs {name} TXT \"{text}\""));
    let sender = settings.mail.from.domain();
    let signer = settings.mail.dkim.as_ref().and_then(|dkim| dkim.domain.as_deref());
    if let Some(signer) = signer
        && sender != signer
        && !sender.ends_with(&format!(".{signer}"))
    {
        findings.say(
            Severity::Warning,
            format!(
                "mail.dkim.domain is {signer}, but mails come from {sender}: DMARC will not accept \
                 the signature; sign for {sender}"
            ),
        );
    }
}

async fn check_database(settings: &Settings, findings: &mut Findings) {
    let store = match open_store(settings) {
        Ok(store) => store,
        Err(error) => return findings.say(Severity::Error, format!("{error:#}")),
    };
    match store.integrity().await {
        Ok(faults) if faults.is_empty() => findings.say(
            Severity::Good,
            format!(
                "the database {} is whole{}",
                settings.database.display(),
                size_of(store.path())
            ),
        ),
        Ok(faults) => {
            for fault in faults {
                findings.say(Severity::Error, format!("the database is damaged: {fault}"));
            }
        }
        Err(error) => findings.say(Severity::Error, error),
    }
    match store.outbox().await {
        Ok(outbox) => {
            let now = Clock::System.now();
            let late = outbox.oldest_waiting.filter(|since| LONG_WAIT < now - *since);
            let line = format!(
                "{} mails sent, {} waiting, {} refused for good",
                outbox.sent, outbox.waiting, outbox.failed
            );
            match late {
                Some(since) => findings.say(
                    Severity::Warning,
                    format!("{line}; the oldest has waited since {since}: is the mail server up?"),
                ),
                None => findings.say(Severity::Good, line),
            }
        }
        Err(error) => findings.say(Severity::Error, error),
    }
    if let Err(error) = check_bounces(&store, findings).await {
        findings.say(Severity::Error, error);
    }
}

async fn check_bounces(store: &Store, findings: &mut Findings) -> store::Result<()> {
    let suspended = store.suspensions().await?.len();
    if 0 < suspended {
        let what = format!("{suspended} addresses are suspended; see `subscriber list`");
        findings.say(Severity::Good, what);
    }
    let refused = store.policy_refusals(Clock::System.now() - WEEK).await?;
    if 0 < refused {
        findings.say(
            Severity::Warning,
            format!(
                "{refused} mails of the last week were refused for what they are or whom they come \
                 from; see \"Mails that come back\" in docs/operations.md"
            ),
        );
    }
    Ok(())
}

/// How large the database is, where that can be told.
fn size_of(database: &Path) -> String {
    match std::fs::metadata(database) {
        Ok(file) => format!(" ({:.1} MB)", file.len() as f64 / 1e6),
        Err(_) => String::new(),
    }
}
