//! The door to the service manager: what it is told, what it asks, and the socket it hands over.
//!
//! Everything here does nothing where the program was not started by one: in a terminal, in a
//! container, in most tests.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;

/// Whether anybody hears what is told.
pub fn listens() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

/// The service is up, or has its new settings; `status` is what `systemctl status` shows.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// New settings are being read; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        // systemd from 253 tells by the time that this answers the signal it sent.
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the clock for systemd cannot be read"),
    }
}

/// No new work is begun.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("finishing pages and mails under way")]);
}

/// All is well: the watchdog need not bark.
pub fn alive(status: &str) {
    tell(&[NotifyState::Watchdog, NotifyState::Status(status)]);
}

/// What `systemctl status` shows; says nothing to the watchdog.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// How long the service manager waits between two [`alive`] before it restarts the service; none
/// where it does not watch.
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// The socket of `sanctionwatch.socket`, if the service manager listens in our place.
///
/// # Errors
/// When what was handed over is no TCP socket that listens.
pub fn handed_listener() -> io::Result<Option<TcpListener>> {
    ListenFd::from_env().take_tcp_listener(0)
}

/// A socket that does not answer is worth a line and no more: the work goes on without it.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd does not answer on its notify socket");
    }
}
