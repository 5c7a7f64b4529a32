//! The way mails leave, and those that wait.

use crate::cli::check::{Findings, Severity};
use crate::cli::setup::mailer;
use crate::config::{Backend, Settings};
use crate::mail::Mailer;

/// Reads what the mail settings point to, and unless `offline` logs in to the server.
pub(crate) async fn check(settings: &Settings, offline: bool, findings: &mut Findings) {
    let way = match &settings.mail.backend {
        Backend::Directory(folder) => {
            format!("mails become files in {} (mail.backend = \"directory\")", folder.display())
        }
        Backend::Smtp(smtp) => format!("mails go through {}", smtp.host),
    };
    let mailer = match mailer(settings) {
        Ok(mailer) => mailer,
        Err(error) => return findings.say(Severity::Error, format!("{error:#}")),
    };
    check_signature(settings, &mailer, findings);
    let is_smtp = matches!(settings.mail.backend, Backend::Smtp(_));
    if offline && is_smtp {
        return findings.say(Severity::Good, format!("{way}; not asked (--offline)"));
    }
    match mailer.probe().await {
        Ok(()) if is_smtp => {
            findings.say(Severity::Good, format!("{way}, which takes our login"));
        }
        Ok(()) => findings.say(Severity::Good, way),
        Err(failure) => findings.say(
            Severity::Error,
            format!(
                "{way}: {failure}; mails wait until this is mended: see [mail] in the settings, and \
                 whether a firewall is in between"
            ),
        ),
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
