//! The browser's only way out: a proxy on loopback that dials nothing the guard would not.
//!
//! What a page's scripts ask for is decided at the moment of connecting, whatever name, redirect or
//! rebound DNS answer led there. The browser itself resolves no names.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::{Host, Url};

use crate::fetch::guard::{Refusal, Resolver};

/// Bytes of a request's head: cookies are the longest part, and there are none of old.
const HEAD_MOST: usize = 64 << 10;
/// Connections at the same time; a page that wants more waits.
const CONNECTIONS_MOST: usize = 64;
/// Hosts without a connection that are remembered.
const REMEMBERED: usize = 64;
/// Headers that speak of one connection, not of the message.
const OF_THE_CONNECTION: [&str; 4] =
    ["connection", "keep-alive", "proxy-connection", "proxy-authorization"];
/// The end of a head.
const BLANK: &[u8] = b"\r\n\r\n";

/// A running proxy; dropping it ends it and every connection through it.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// One task, which owns those of the connections.
    _accepting: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    resolver: Resolver,
    connect: Duration,
    /// Bytes that may still come in.
    left: AtomicUsize,
    undialled: Mutex<Vec<Undialled>>,
}

/// A host the browser asked for and was not connected with, and the first reason.
#[derive(Debug, Clone)]
pub(crate) struct Undialled {
    host: String,
    /// The guard's, where it was the guard.
    pub(crate) refusal: Option<Refusal>,
    pub(crate) error: String,
}

impl Proxy {
    /// A proxy through which at most `bytes` come in.
    pub(crate) async fn start(
        resolver: Resolver,
        connect: Duration,
        bytes: usize,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let left = AtomicUsize::new(bytes);
        let shared = Arc::new(Shared { resolver, connect, left, undialled: Mutex::default() });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, shared.clone()));
        Ok(Self { address, shared, _accepting: accepting })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the allowance of bytes is used up.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.shared.left.load(Ordering::Relaxed) == 0
    }

    /// Why there was no connection with `host`, if it was asked for and there was none.
    pub(crate) fn undialled(&self, host: &str) -> Option<Undialled> {
        let undialled = self.shared.undialled.lock().expect("nothing panics while this is locked");
        undialled.iter().find(|entry| entry.host == host).cloned()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        while CONNECTIONS_MOST <= connections.len() {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((browser, _)) => {
                let shared = shared.clone();
                connections.spawn(async move {
                    // A connection that breaks is the page's loss; the browser sees it close.
                    if let Err(error) = serve(browser, &shared).await {
                        tracing::trace!(%error, "a connection of the browser ended");
                    }
                });
            }
            // Out of descriptors: let some connections end first.
            Err(_) => {
                connections.join_next().await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// One connection of the browser: a tunnel for https, one request for http.
async fn serve(mut browser: TcpStream, shared: &Shared) -> io::Result<()> {
    let Some(request) = Message::read(&mut browser).await? else { return Ok(()) };
    let (head, rest) = (&request.head, request.rest.as_slice());
    let Some(target) = Target::of(head) else {
        return browser.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
    };
    // Where there is nobody to talk to, the browser sees its connection close.
    let mut site = shared.connection(&target.url).await?;
    match target.kind {
        Kind::Tunnel => {
            browser.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            site.write_all(rest).await?;
            let (mut from_browser, mut to_browser) = browser.split();
            let (mut from_site, mut to_site) = site.split();
            tokio::select! {
                done = copy(&mut from_browser, &mut to_site) => done.map(|_| ()),
                done = shared.pass_on(&mut from_site, &mut to_browser) => done,
            }
        }
        Kind::Plain => {
            site.write_all(&origin_form(head, &target.url)).await?;
            site.write_all(rest).await?;
            let (mut from_browser, mut to_browser) = browser.split();
            let (mut from_site, mut to_site) = site.split();
            let missing = content_length(head).saturating_sub(rest.len() as u64);
            // One request to a connection: the next may be for another host.
            copy(&mut (&mut from_browser).take(missing), &mut to_site).await?;
            let answer = loop {
                match Message::read(&mut from_site).await? {
                    Some(answer) if answer.is_interim() => {}
                    Some(answer) => break answer,
                    None => return Ok(()),
                }
            };
            to_browser.write_all(&with_close(answer.head.split("\r\n"))).await?;
            to_browser.write_all(&answer.rest).await?;
            shared.pass_on(&mut from_site, &mut to_browser).await
        }
    }
}

impl Shared {
    /// A connection to where `url` points; remembers why there is none.
    async fn connection(&self, url: &Url) -> io::Result<TcpStream> {
        self.dial(url).await.map_err(|error| {
            let host = url.host_str().unwrap_or_default().to_owned();
            let undialled = Undialled {
                host,
                refusal: error.downcast_ref::<Refusal>().cloned(),
                error: error.to_string(),
            };
            let mut known = self.undialled.lock().expect("nothing panics while this is locked");
            if known.len() < REMEMBERED && known.iter().all(|entry| entry.host != undialled.host) {
                known.push(undialled);
            }
            io::Error::other(error)
        })
    }

    /// A connection, if the guard lets us go there.
    async fn dial(&self, url: &Url) -> Result<TcpStream, Box<dyn Error + Send + Sync>> {
        self.resolver.guard.check(url)?;
        let port = url.port_or_known_default().unwrap_or(0);
        let addresses = match url.host() {
            Some(Host::Ipv4(ip)) => vec![SocketAddr::new(IpAddr::V4(ip), port)],
            Some(Host::Ipv6(ip)) => vec![SocketAddr::new(IpAddr::V6(ip), port)],
            Some(Host::Domain(name)) => {
                let open = self.resolver.open_addresses(name).await?;
                open.into_iter().map(|address| with_port(address, port)).collect()
            }
            None => return Err(format!("{url} names no host").into()),
        };
        Ok(timeout(self.connect, TcpStream::connect(addresses.as_slice())).await??)
    }

    /// Hands bytes to the browser as long as the allowance lasts.
    async fn pass_on(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let mut buffer = vec![0; 16 << 10];
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                return to.shutdown().await;
            }
            let take = |left: usize| Some(left.saturating_sub(read));
            let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
            if before.is_ok_and(|left| left <= read) {
                return Err(io::Error::other("the page took more bytes than it may"));
            }
            to.write_all(&buffer[..read]).await?;
        }
    }
}

/// A name table may give a port of its own; the DNS gives none.
fn with_port(address: SocketAddr, port: u16) -> SocketAddr {
    if address.port() == 0 { SocketAddr::new(address.ip(), port) } else { address }
}

/// The head of a request or an answer, and what was read beyond it.
#[derive(Debug)]
struct Message {
    head: String,
    rest: Vec<u8>,
}

impl Message {
    /// None where the connection ends before a head is complete.
    async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = bytes.windows(BLANK.len()).position(|window| window == BLANK) {
                let rest = bytes.split_off(end + BLANK.len());
                let head = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Some(Self { head, rest }));
            }
            if HEAD_MOST < bytes.len() {
                return Err(io::Error::other("the head of the message is too long"));
            }
            if from.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Whether this only announces the answer (100 Continue, 103 Early Hints).
    fn is_interim(&self) -> bool {
        self.head.split(' ').nth(1).is_some_and(|status| status.starts_with('1'))
    }
}

/// Where a request wants to go.
#[derive(Debug, PartialEq)]
struct Target {
    kind: Kind,
    url: Url,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `CONNECT host:port`: bytes both ways.
    Tunnel,
    /// `GET http://host/path`: one request.
    Plain,
}

impl Target {
    fn of(head: &str) -> Option<Self> {
        let mut words = head.lines().next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let (kind, url) = match method {
            "CONNECT" => (Kind::Tunnel, Url::parse(&format!("https://{target}/")).ok()?),
            _ => (Kind::Plain, Url::parse(target).ok()?),
        };
        Some(Self { kind, url })
    }
}

/// The head as the site itself expects it: without the host in the first line (RFC 9112 § 3.2.1).
fn origin_form(head: &str, url: &Url) -> Vec<u8> {
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let method = first.split(' ').next().unwrap_or("GET");
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let first = format!("{method} {path} HTTP/1.1");
    with_close(std::iter::once(first.as_str()).chain(lines))
}

/// A head without what it says of the connection, but that it ends with the answer.
fn with_close<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut head = String::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !OF_THE_CONNECTION.contains(&name.as_str()) {
            head.push_str(line);
            head.push_str("\r\n");
        }
    }
    head.push_str("Connection: close\r\n\r\n");
    head.into_bytes()
}

fn content_length(head: &str) -> u64 {
    let named = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    head.lines().find_map(named).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_turned_into_the_form_a_site_expects() {
        let head = "GET http://news.example/a?b=c HTTP/1.1\r\nHost: news.example\r\n\
                    Proxy-Connection: keep-alive\r\nAccept: */*\r\n\r\n";
        let target = Target::of(head).unwrap();
        assert_eq!(target.kind, Kind::Plain);
        let plain = String::from_utf8(origin_form(head, &target.url)).unwrap();
        assert_eq!(
            plain,
            "GET /a?b=c HTTP/1.1\r\nHost: news.example\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        );
    }

    #[test]
    fn tunnels_name_host_and_port() {
        let target = Target::of("CONNECT [::1]:8443 HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!((target.kind, target.url.as_str()), (Kind::Tunnel, "https://[::1]:8443/"));
        for head in ["", "GET", "GET /path HTTP/1.1\r\n\r\n", "CONNECT :// HTTP/1.1\r\n\r\n"] {
            assert_eq!(Target::of(head), None, "{head:?}");
        }
    }

    #[test]
    fn the_length_of_a_body_is_read_in_any_case_and_else_is_none() {
        assert_eq!(content_length("POST / HTTP/1.1\r\ncontent-LENGTH: 12\r\n\r\n"), 12);
        assert_eq!(content_length("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"), 0);
        assert_eq!(content_length("GET / HTTP/1.1\r\n\r\n"), 0);
    }
}
