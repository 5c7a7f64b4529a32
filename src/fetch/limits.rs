//! What a fetch may cost, and which addresses are open to it.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::fetch::browser::Chromium;

/// Everything that bounds a [`crate::fetch::Fetcher`]. The defaults suit the open web.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Where the owners of a site can reach the operator: a web page or a mail address. It goes
    /// into the `User-Agent`; empty leaves the bare product name.
    pub contact: String,
    /// Most bytes of a decompressed body.
    pub body: usize,
    /// Most decompressed bytes per compressed byte, once a body has passed [`Limits::RATIO_FLOOR`].
    pub ratio: u64,
    /// Most redirects of one fetch.
    pub redirects: usize,
    /// Longest wait for a connection (name, TCP and TLS together).
    pub connect: Duration,
    /// Longest silence of a server, before its answer and within it.
    pub idle: Duration,
    /// Longest time a fetch may spend on requests, redirects included; waiting for one's turn at
    /// a site does not count.
    pub total: Duration,
    /// Pause between the end of one request to a site and the start of the next.
    pub delay: Duration,
    /// The pause is lengthened at random by up to this share of it (0.25: a quarter).
    pub jitter: f64,
    /// A longer `Crawl-delay` than this in a robots.txt is cut to it.
    pub crawl_delay_most: Duration,
    /// Longest pause a site may ask for (`Retry-After`) that is waited out; a longer one fails
    /// the fetch at once, and tells when to come back.
    pub patience: Duration,
    /// Private destinations that are open all the same, for intranets: networks (`10.0.0.0/8`),
    /// addresses (`127.0.0.1`, `[::1]:8080`) or names (`wiki.intranet`, `wiki.intranet:8080`).
    /// An entry with a port opens that port alone.
    pub allow_private: Vec<String>,
    /// The browser for pages that need their scripts.
    pub chromium: Chromium,
    /// Whether robots.txt has its say.
    pub robots: Robots,
    /// Who turns names into addresses.
    pub names: Names,
    /// A proxy that all requests go through, such as `http://proxy.intranet:3128`. It turns names
    /// into addresses, so a name that leads to a private place is then the proxy's to refuse; IP
    /// literals are still refused here.
    pub proxy: Option<String>,
    /// The folder in which sources' credentials lie.
    pub credentials: Option<PathBuf>,
}

impl Limits {
    /// Bytes a body may unfold to whatever its ratio: small pages compress absurdly well.
    pub const RATIO_FLOOR: u64 = 1 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            contact: String::new(),
            body: 20_000_000,
            ratio: 300,
            redirects: 10,
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(60),
            delay: Duration::from_secs(2),
            jitter: 0.25,
            crawl_delay_most: Duration::from_secs(30),
            patience: Duration::from_secs(30),
            allow_private: Vec::new(),
            chromium: Chromium::default(),
            robots: Robots::Obeyed,
            names: Names::System,
            proxy: None,
            credentials: None,
        }
    }
}

/// Whether a site's robots.txt is asked before each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Robots {
    Obeyed,
    /// For a data file that its publisher offers to programs at a fixed address: fetching that one
    /// file is no crawl, and robots.txt speaks to crawlers (RFC 9309 § 1).
    NotAsked,
}

/// A table of names: asked at every connection, `None` means "no such name".
pub type Lookup = dyn Fn(&str) -> Option<Vec<SocketAddr>> + Send + Sync;

/// Who turns names into addresses.
#[derive(Clone)]
pub enum Names {
    /// The operating system.
    System,
    /// A table instead of the DNS, for tests and closed networks. The addresses pass the guard
    /// like any other; a port other than 0 takes the place of the scheme's default port.
    Table(Arc<Lookup>),
}

impl Names {
    /// A fixed table; names are written in lower case.
    pub fn table(entries: HashMap<String, SocketAddr>) -> Self {
        Names::Table(Arc::new(move |name| entries.get(name).map(|address| vec![*address])))
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Names::System => "System",
            Names::Table(_) => "Table(..)",
        })
    }
}
