//! Where log lines go: standard error, as lines for people or as JSON for machines.

use std::io::IsTerminal;

use anyhow::anyhow;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::{Log, LogFormat, LogLevel};

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

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
