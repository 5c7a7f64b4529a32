//! Where log lines go: to the journal with their fields where systemd reads standard error, else to
//! standard error, as lines for people or as JSON for machines.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use anyhow::anyhow;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat, LogLevel};

/// What our fields begin with in the journal: `SANCTIONWATCH_SOURCE=us/bis`.
const FIELDS: &str = "SANCTIONWATCH";

/// How much a command says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// As the settings say: a service.
    AsSet,
    /// Errors alone where a person watches a progress display; as the settings say elsewhere.
    BesideProgress,
}

/// Starts logging for the rest of the process. `RUST_LOG` overrides the settings' level.
///
/// # Errors
/// When `RUST_LOG` is set to something that is not a filter, or logging was started before.
pub(crate) fn start(log: &Log, voice: Voice) -> anyhow::Result<()> {
    let quiet = voice == Voice::BesideProgress && std::io::stderr().is_terminal();
    let level = if quiet { LevelFilter::ERROR } else { level(log.level) };
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .from_env()
        .map_err(|error| anyhow!("RUST_LOG: {error}; write it as info or sanctionwatch=debug"))?;
    let to_journal = log.format == LogFormat::Text && is_read_by_the_journal();
    // A journal that cannot be reached reads standard error all the same.
    if let Some(journal) = to_journal.then(|| tracing_journald::layer().ok()).flatten() {
        let journal = journal.with_field_prefix(Some(FIELDS.to_owned()));
        let started = tracing_subscriber::registry().with(filter).with(journal).try_init();
        return started.map_err(|error| anyhow!("cannot start logging: {error}"));
    }
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow!("cannot start logging: {error}"))
}

/// Whether standard error leads to the journal (systemd.exec(5), `$JOURNAL_STREAM`).
fn is_read_by_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    is_stream(&stream, stderr.dev(), stderr.ino())
}

/// Whether `stream`, device and inode with a colon between, is this file. A service that sends
/// standard error elsewhere keeps the variable, so its presence alone says nothing.
fn is_stream(stream: &str, device: u64, inode: u64) -> bool {
    let named = stream.split_once(':').map(|(device, inode)| (device.parse(), inode.parse()));
    named == Some((Ok(device), Ok(inode)))
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_told_by_device_and_inode() {
        assert!(is_stream("8:4711", 8, 4711));
        for stream in ["8:4712", "9:4711", "8", "", "8:4711:1", "a:b"] {
            assert!(!is_stream(stream, 8, 4711), "{stream}");
        }
    }
}
