//! The database: whole, of this program's schema, writable, its mails and its copies.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::check::{Findings, Severity};
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{self, Store, backups, killed_run, schema_of};

/// The clock may stand this much before the newest row: rows are written by other machines, too,
/// when a database moves.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(5);
const WEEK: TimeDelta = TimeDelta::days(7);

/// Opens a database that is there, and changes nothing in it but the sign that writing works.
pub(crate) async fn check(settings: &Settings, findings: &mut Findings) {
    let path = &settings.database;
    if !path.exists() {
        let what = format!("there is no database at {} yet; `run` makes it", path.display());
        return findings.say(Severity::Good, what);
    }
    match schema_of(path) {
        Ok(version) if version.is_current() => {}
        Ok(version) if version.found < version.known => {
            let what = format!(
                "the database has schema {}, which the next start brings to {}; take a copy first: \
                 `sanctionwatch backup`",
                version.found, version.known
            );
            return findings.say(Severity::Warning, what);
        }
        Ok(version) => return findings.say(Severity::Error, version),
        Err(error) => {
            let what = format!(
                "the database {} cannot be read: {error}; restore a copy: docs/operations.md",
                path.display()
            );
            return findings.say(Severity::Error, what);
        }
    }
    let store = match Store::open(path) {
        Ok(store) => store,
        Err(error) => {
            let what = format!("{error}; if it exists, make room on the disk, or see who holds it");
            return findings.say(Severity::Error, what);
        }
    };
    if let Some(began) = killed_run(path) {
        let what = format!(
            "the service that began at {began:.0} was killed, and none runs now; start it: \
             systemctl start sanctionwatch; to see why: journalctl -u sanctionwatch -e"
        );
        findings.say(Severity::Error, what);
    }
    let now = Clock::System.now();
    check_whole(&store, findings).await;
    check_clock(&store, now, findings).await;
    check_writing(&store, now, findings).await;
    check_permissions(&store, findings);
    check_mails(&store, settings, now, findings).await;
    if let Err(error) = check_bounces(&store, now, findings).await {
        findings.say(Severity::Error, error);
    }
    check_troubles(&store, findings).await;
    check_backups(settings, now, findings);
}

async fn check_whole(store: &Store, findings: &mut Findings) {
    let size = fs::metadata(store.path()).map_or(0, |file| file.len()) as f64 / 1e6;
    match store.integrity().await {
        Ok(faults) if faults.is_empty() => findings.say(
            Severity::Good,
            format!("the database {} is whole ({size:.1} MB)", store.path().display()),
        ),
        Ok(faults) => {
            for fault in faults {
                let what = format!(
                    "the database is damaged: {fault}; stop the service and restore a copy: \
                     docs/operations.md"
                );
                findings.say(Severity::Error, what);
            }
        }
        Err(error) => findings.say(Severity::Error, error),
    }
}

async fn check_writing(store: &Store, now: DateTime<Utc>, findings: &mut Findings) {
    match store.beat(now).await {
        Ok(()) => findings.say(Severity::Good, "the database can be written"),
        Err(error) => findings.say(
            Severity::Error,
            format!(
                "the database cannot be written: {error}; make room on the disk, end the program \
                 that holds it, or give its owner the right to write"
            ),
        ),
    }
}

async fn check_clock(store: &Store, now: DateTime<Utc>, findings: &mut Findings) {
    match store.newest_row().await {
        Ok(Some(newest)) if now + CLOCK_SLACK < newest => findings.say(
            Severity::Error,
            format!(
                "the clock shows {now:.0}, but the database was written at {newest:.0}; see whether \
                 time synchronisation runs: timedatectl"
            ),
        ),
        Ok(_) => findings.say(Severity::Good, "the clock agrees with the database"),
        Err(error) => findings.say(Severity::Error, error),
    }
}

fn check_permissions(store: &Store, findings: &mut Findings) {
    let Ok(file) = fs::metadata(store.path()) else { return };
    if file.permissions().mode() & 0o007 != 0 {
        let path = store.path().display();
        findings.say(
            Severity::Warning,
            format!(
                "everybody on this machine can read {path}, which holds addresses; chmod o= {path}"
            ),
        );
    }
}

async fn check_mails(
    store: &Store,
    settings: &Settings,
    now: DateTime<Utc>,
    findings: &mut Findings,
) {
    let outbox = match store.outbox().await {
        Ok(outbox) => outbox,
        Err(error) => return findings.say(Severity::Error, error),
    };
    let limit = TimeDelta::from_std(settings.operator.mail_waits).unwrap_or(TimeDelta::MAX);
    let late = outbox.oldest_waiting.filter(|since| limit < now - *since);
    let line = format!(
        "{} mails sent, {} waiting, {} refused for good",
        outbox.sent, outbox.waiting, outbox.failed
    );
    match late {
        Some(since) => findings.say(
            Severity::Warning,
            format!("{line}; the oldest has waited since {since:.0}: is the mail server up?"),
        ),
        None => findings.say(Severity::Good, line),
    }
}

/// Whose mails come back, and whether ours are welcome.
async fn check_bounces(
    store: &Store,
    now: DateTime<Utc>,
    findings: &mut Findings,
) -> store::Result<()> {
    let suspended = store.suspensions().await?.len();
    if 0 < suspended {
        let what = format!("suspended addresses: {suspended}; see `subscriber list`");
        findings.say(Severity::Good, what);
    }
    let refused = store.policy_refusals(now - WEEK).await?;
    if 0 < refused {
        findings.say(
            Severity::Warning,
            format!(
                "mails of the last week refused for what they are or whom they come from: {refused}; \
                 see \"Mails that come back\" in docs/operations.md"
            ),
        );
    }
    Ok(())
}

/// What the operator was told, and still holds.
async fn check_troubles(store: &Store, findings: &mut Findings) {
    match store.troubles().await {
        Ok(known) => {
            for known in known.into_iter().filter(|known| known.cleared.is_none()) {
                let trouble = known.trouble;
                let what =
                    format!("{}, since {:.0}: {}", trouble.title(), trouble.since, trouble.detail);
                findings.say(Severity::Warning, what);
            }
        }
        Err(error) => findings.say(Severity::Error, error),
    }
}

fn check_backups(settings: &Settings, now: DateTime<Utc>, findings: &mut Findings) {
    let folder = &settings.backup.folder;
    let copies = match backups(folder) {
        Ok(copies) => copies,
        Err(error) => {
            let what = format!("backup.folder {} cannot be read: {error}", folder.display());
            return findings.say(Severity::Error, what);
        }
    };
    let oldest = settings.backup.oldest.and_then(|oldest| TimeDelta::from_std(oldest).ok());
    match (copies.last(), oldest) {
        (Some(newest), oldest) if oldest.is_none_or(|oldest| now - newest.taken < oldest) => {
            let count = copies.len();
            let what = format!(
                "{count} copies in {}, the newest of {:.0}",
                folder.display(),
                newest.taken
            );
            findings.say(Severity::Good, what);
        }
        (_, None) => findings.say(Severity::Good, "no copies, and backup.oldest asks for none"),
        (newest, Some(_)) => {
            let age = newest.map_or("there is no copy of the database".to_owned(), |newest| {
                format!("the newest copy of the database is of {:.0}", newest.taken)
            });
            let what = format!(
                "{age}; run `sanctionwatch backup`, and enable its timer: systemctl enable --now \
                 sanctionwatch-backup.timer"
            );
            findings.say(Severity::Warning, what);
        }
    }
}
