//! Pages that are nothing without their scripts: a headless Chromium loads them.
//!
//! The page itself is asked for like any other: guard, robots.txt, the site's turn, at every
//! redirect anew. What its scripts ask for goes through `proxy`, which dials nothing the guard
//! would not, and counts the bytes. `launch` starts a browser for the page and ends it, `devtools`
//! talks to it, `tab` decides what is loaded and when the page is ready.
//!
//! Why not a library for the protocol: those we tried compile the whole of it, several hundred
//! calls, which takes longer than all the rest of this program; loading a page takes a dozen.

mod devtools;
mod launch;
mod proxy;
mod tab;

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use url::Url;

pub use crate::fetch::browser::launch::{Chromium, Sandbox};

use crate::fetch::Permission;
use crate::fetch::body::Body;
use crate::fetch::browser::launch::Running;
use crate::fetch::browser::proxy::Proxy;
use crate::fetch::browser::tab::{Rendered, Tab, TabFault};
use crate::fetch::fault::Fault;
use crate::fetch::trail::Trail;
use crate::fetch::wire::{Reply, Wire, asked_wait};
use crate::model::visit::Outcome;

/// Of the time for a page, what is kept to take it as it stands when it is never ready.
const LAST_SHARE: u32 = 4;
/// A page's scripts and data come packed or not; they may take so many times the bytes of a page.
const TRAFFIC: usize = 4;

/// Loads the page at the end of `trail`, for which `permission` holds the turn.
pub(crate) async fn render(
    wire: &Wire,
    mut permission: Permission<'_>,
    trail: &mut Trail,
) -> Result<Reply, Fault> {
    let limits = &wire.limits;
    let Some(program) = launch::find(&limits.chromium) else {
        return Err(absent(&limits.chromium));
    };
    let deadline = Instant::now() + limits.total;
    let bytes = limits.body.saturating_mul(TRAFFIC);
    let proxy = Proxy::start(wire.resolver(), limits.connect, bytes)
        .await
        .map_err(|error| broken(&program, &error.to_string()))?;
    let sandbox = limits.chromium.sandbox;
    let mut running = Running::start(&program, sandbox, proxy.address(), &wire.agent)
        .map_err(|error| broken(&program, &error.to_string()))?;
    let loading = load(&mut running, &mut permission, trail, limits.total, limits.body);
    let loaded = timeout_at(deadline, loading).await;
    running.end().await;
    if proxy.is_exhausted() {
        return Err(Fault::too_large(&trail.start, bytes));
    }
    let rendered = match loaded {
        Err(_) => return Err(Fault::timed_out(&trail.here, limits)),
        Ok(Err(fault)) => return Err(named(fault, &program, &trail.here, &proxy)),
        Ok(Ok(rendered)) => rendered,
    };
    let reply = reply(wire, rendered);
    if let Some(wait) = reply.retry_after {
        permission.hold(wait, reply.status);
    }
    Ok(reply)
}

async fn load(
    running: &mut Running,
    permission: &mut Permission<'_>,
    trail: &mut Trail,
    total: Duration,
    bytes: usize,
) -> Result<Rendered, TabFault> {
    let patience = Instant::now() + total - total / LAST_SHARE;
    Tab::open(&mut running.devtools, permission, trail).await?.load(patience, bytes).await
}

fn reply(wire: &Wire, rendered: Rendered) -> Reply {
    let Rendered { status, headers, html } = rendered;
    let retry_after = asked_wait(status, &headers, wire.clock.now());
    Reply { status, headers, body: Body { bytes: html.into_bytes(), complete: true }, retry_after }
}

fn absent(chromium: &Chromium) -> Fault {
    let detail = match &chromium.program {
        Some(program) => format!(
            "this source needs a browser, but {} is no file; correct fetch.browser in the settings",
            program.display()
        ),
        None => "this source needs a browser and no Chromium is on the PATH; install chromium, or \
                 name the program as fetch.browser in the settings"
            .to_owned(),
    };
    Fault::new(Outcome::NoBrowser, detail)
}

fn broken(program: &Path, error: &str) -> Fault {
    Fault::new(
        Outcome::NoBrowser,
        format!(
            "the browser {} does not work: {error}; try it by hand with --headless --dump-dom, and \
             where its sandbox cannot work (as root, in a container) set fetch.browser_sandbox = \
             false",
            program.display()
        ),
    )
}

/// What a browser's word means for a visit.
fn named(fault: TabFault, program: &Path, url: &Url, proxy: &Proxy) -> Fault {
    let word = match fault {
        TabFault::Fault(fault) => return fault,
        TabFault::Browser(error) => return broken(program, &error.to_string()),
        TabFault::NotLoaded(word) => word,
    };
    if let Some(undialled) = proxy.undialled(url.host_str().unwrap_or_default()) {
        return match undialled.refusal {
            Some(refusal) => Fault::refusal(&refusal),
            None => Fault::new(
                Outcome::Unreachable,
                format!("{url} could not be reached: {}; check the address", undialled.error),
            ),
        };
    }
    match word.as_str() {
        "net::ERR_ABORTED" => Fault::new(
            Outcome::WrongType,
            format!(
                "{url} is a file to download, not a page; take render = \"browser\" out of the \
                 source or exclude such links"
            ),
        ),
        "net::ERR_TOO_MANY_REDIRECTS" => Fault::new(
            Outcome::RedirectLoop,
            format!("{url} redirects without end; open it in a browser to find the right address"),
        ),
        _ => Fault::new(
            Outcome::Unreachable,
            format!("the browser could not load {url}: {word}; open it by hand to see why"),
        ),
    }
}
