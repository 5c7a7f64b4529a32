//! The machine: folders, room on the disk, names.

use std::io::Write;
use std::path::Path;

use crate::cli::check::{Findings, Severity};
use crate::cli::setup::watched_sources;
use crate::config::{Backend, Settings};
use crate::parse::address;
use crate::store::disk_free;

/// Folders that must be there and take files, and room for what is to come.
pub(crate) fn check(settings: &Settings, findings: &mut Findings) {
    check_folder("state", &settings.state, findings);
    if settings.backup.folder.exists() {
        check_folder("backup.folder", &settings.backup.folder, findings);
    }
    let Some(free) = nearest(&settings.state).and_then(disk_free) else { return };
    let gigabytes = free as f64 / 1e9;
    if free < settings.operator.disk_free {
        findings.say(
            Severity::Error,
            format!(
                "{gigabytes:.1} GB are left on the disk of {}, less than operator.disk_free; make \
                 room, or keep less: [keep] in the settings",
                settings.state.display()
            ),
        );
    } else {
        findings.say(Severity::Good, format!("{gigabytes:.1} GB are left on the disk"));
    }
}

/// Whether a file can be written there; it is gone at once.
fn check_folder(key: &str, folder: &Path, findings: &mut Findings) {
    if !folder.exists() {
        let what = format!("{key} {} is not there yet; it is made at need", folder.display());
        return findings.say(Severity::Good, what);
    }
    let written = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(b"written"));
    match written {
        Ok(()) => findings.say(Severity::Good, format!("{key} {} takes files", folder.display())),
        Err(error) => findings.say(
            Severity::Error,
            format!(
                "{key} {} takes no files ({error}); make room, give it to the user the service runs \
                 as, or name another folder",
                folder.display()
            ),
        ),
    }
}

/// The folder itself, or the nearest above it that exists.
fn nearest(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.exists())
}

/// Looks up the mail server and a few sites: where none is found, names are not resolved here.
pub(crate) async fn check_names(settings: &Settings, findings: &mut Findings) {
    if let Backend::Smtp(smtp) = &settings.mail.backend
        && let Err(error) = tokio::net::lookup_host((smtp.host.as_str(), 25)).await
    {
        let what = format!(
            "the name of the mail server, {}, is not found ({error}); see mail.smtp.host and the DNS \
             of this machine: resolvectl status",
            smtp.host
        );
        findings.say(Severity::Error, what);
    }
    if settings.fetch.proxy.is_some() {
        // Names are the proxy's business then.
        return;
    }
    let sources = watched_sources(settings);
    let hosts = sources.iter().filter_map(|source| address::host(&source.listings.first()?.url));
    let mut asked = 0;
    for host in hosts.take(3) {
        asked += 1;
        if tokio::net::lookup_host((host.as_str(), 443)).await.is_ok() {
            return findings.say(Severity::Good, "names are resolved (DNS)");
        }
    }
    if asked > 0 {
        let what = "no name of the first sources is found: DNS does not work on this machine; see \
                    resolvectl status and /etc/resolv.conf";
        findings.say(Severity::Error, what);
    }
}
