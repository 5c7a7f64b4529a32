//! Finds Chromium, starts it for one page, and ends it.
//!
//! A browser lives as long as one page: it starts without a past and leaves nothing behind, so
//! neither cookies nor a crash reach the next page.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use tempfile::TempDir;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::fetch::browser::devtools::DevTools;

/// Names it goes by, in the order they are looked for.
const PROGRAMS: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "chromium-headless-shell",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
];
/// A browser that was asked to end is given so long.
const FAREWELL: Duration = Duration::from_secs(2);
/// Where the browser reads and writes its protocol.
const FROM_US: i32 = 3;
const TO_US: i32 = 4;

/// Its switches, apart from those that depend on the page
/// (<https://peter.sh/experiments/chromium-command-line-switches/>).
const SWITCHES: [&str; 24] = [
    "--headless=new",
    "--remote-debugging-pipe",
    // Nothing of its own goes over the network.
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter,HttpsUpgrades",
    // The proxy is the only way out: no names, no datagrams, no exception for loopback.
    "--disable-quic",
    "--dns-prefetch-disable",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    // A page to read, not to see or hear.
    "--blink-settings=imagesEnabled=false",
    "--disable-gpu",
    "--mute-audio",
    "--disable-dev-shm-usage",
    "--js-flags=--max-old-space-size=512",
];

/// Which Chromium, and how it is shut in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chromium {
    /// The program; none looks for one of the usual names on the `PATH`.
    pub program: Option<PathBuf>,
    pub sandbox: Sandbox,
}

/// Whether Chromium's own sandbox is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sandbox {
    #[default]
    On,
    /// For where it cannot work: as root, or in a container without user namespaces.
    Off,
}

/// A browser that runs.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) devtools: DevTools,
    child: Child,
    /// Removed when the browser has ended.
    _profile: TempDir,
}

/// The program to start, if there is one.
pub(crate) fn find(chromium: &Chromium) -> Option<PathBuf> {
    match &chromium.program {
        Some(program) => program.is_file().then(|| program.clone()),
        None => {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
            PROGRAMS
                .iter()
                .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
                .find(|place| place.is_file())
        }
    }
}

impl Running {
    /// Starts `program`, which reaches the web through `proxy` alone.
    pub(crate) fn start(
        program: &Path,
        sandbox: Sandbox,
        proxy: SocketAddr,
        agent: &str,
    ) -> io::Result<Self> {
        let profile = tempfile::Builder::new().prefix("sanctionwatch-browser-").tempdir()?;
        let (to, theirs_in) = to_browser()?;
        let (from, theirs_out) = from_browser()?;
        let mut command = Command::new(program);
        command
            .args(SWITCHES)
            .args((sandbox == Sandbox::Off).then_some("--no-sandbox"))
            .arg(format!("--proxy-server=http://{proxy}"))
            .arg(format!("--user-agent={agent}"))
            .arg(switch("--user-data-dir=", profile.path()))
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let ends = vec![
            FdMapping { parent_fd: theirs_in, child_fd: FROM_US },
            FdMapping { parent_fd: theirs_out, child_fd: TO_US },
        ];
        command.fd_mappings(ends).map_err(io::Error::other)?;
        let child = command.spawn()?;
        Ok(Self { devtools: DevTools::new(to, from), child, _profile: profile })
    }

    /// Asks the browser to end, and makes it where it does not listen.
    pub(crate) async fn end(mut self) {
        let asked = self.devtools.call(None, "Browser.close", serde_json::json!({})).await.is_ok();
        if asked && timeout(FAREWELL, self.child.wait()).await.is_ok() {
            return;
        }
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "a browser could not be ended");
        }
    }
}

fn switch(name: &str, value: &Path) -> OsString {
    let mut switch = OsString::from(name);
    switch.push(value);
    switch
}

fn to_browser() -> io::Result<(pipe::Sender, OwnedFd)> {
    let (theirs, ours) = io::pipe()?;
    Ok((pipe::Sender::from_owned_fd(ours.into())?, theirs.into()))
}

fn from_browser() -> io::Result<(pipe::Receiver, OwnedFd)> {
    let (ours, theirs) = io::pipe()?;
    Ok((pipe::Receiver::from_owned_fd(ours.into())?, theirs.into()))
}
