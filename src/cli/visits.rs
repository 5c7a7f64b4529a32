//! How visits and mails are shown after a crawl.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use crate::config::Backend;
use crate::jobs::send_mail::Round;
use crate::model::visit::{Outcome, Visit};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const FAINT: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();

/// A line per visit, widest source first column, and a sum.
pub(crate) fn table(visits: &[Visit]) -> String {
    let width = visits.iter().map(|visit| visit.source.0.len()).max().unwrap_or(0).max(6);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to a string");
    line(format!(
        "{HEAD}{:<width$}  {:<12} {:>6} {:>6} {:>6} {:>9} {:>9} {:>7} {:>6}{HEAD:#}",
        "source", "outcome", "links", "new", "failed", "articles", "sanctions", "changed", "mails"
    ));
    for visit in visits {
        let counts = visit.counts;
        let style = if visit.outcome.is_healthy() { GOOD } else { BAD };
        line(format!(
            "{:<width$}  {style}{:<12}{style:#} {:>6} {:>6} {:>6} {:>9} {:>9} {:>7} {:>6}",
            visit.source.0,
            short(visit.outcome),
            counts.links,
            counts.fresh,
            counts.failures,
            counts.articles,
            counts.relevant,
            counts.revisions,
            counts.messages,
        ));
        if !visit.detail.is_empty() {
            line(format!("  {FAINT}{}{FAINT:#}", visit.detail));
        }
    }
    out
}

/// The outcome in at most twelve characters.
fn short(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Refused => "robots.txt",
        Outcome::RedirectLoop => "redirects",
        Outcome::Forbidden => "forbidden",
        Outcome::Internal => "internal",
        other => other.name(),
    }
}

/// What became of the mails.
pub(crate) fn mails_line(round: &Round, backend: &Backend) -> String {
    let place = match backend {
        Backend::Directory(folder) => format!("as files in {}", folder.display()),
        Backend::Smtp(smtp) => format!("through {}", smtp.host),
    };
    let mut line = format!("mails: {} sent {place}", round.sent);
    if 0 < round.later {
        write!(line, ", {} to be tried again", round.later).expect("writing to a string");
    }
    if 0 < round.failed {
        write!(line, ", {BAD}{} refused for good{BAD:#}", round.failed)
            .expect("writing to a string");
    }
    if let Some(reason) = &round.down {
        write!(line, "; {BAD}the mail server serves nobody just now: {reason}{BAD:#}")
            .expect("writing to a string");
    }
    line
}
