//! Which addresses are closed: everything that is not the public internet, in every spelling.
//!
//! An address is judged twice. [`Guard::check`] sees each URL before it is asked for, redirects
//! included, and refuses IP literals, because the HTTP client connects to those without asking a
//! resolver. [`Resolver`] sees what a name turned into at the moment of connecting, so a name that
//! changes its address between a check and the connection gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::fetch::limits::Names;

/// The gatekeeper: knows what is closed by nature and what the operator opened.
#[derive(Debug)]
pub(crate) struct Guard {
    opened: Vec<Opened>,
}

/// An address this service does not visit, with the reason and the remedy.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refusal(String);

impl Guard {
    /// A guard that lets `allow_private` through; the entries are as in
    /// [`crate::fetch::Limits::allow_private`].
    pub(crate) fn new(allow_private: &[String]) -> Result<Self, NotAnEntry> {
        let opened = allow_private.iter().map(|entry| entry.parse()).collect::<Result<_, _>>()?;
        Ok(Self { opened })
    }

    /// Judges an address before it is asked for: scheme, credentials, and the host where it is an
    /// IP literal. (`url` has already turned `http://2130706433/` and its like into plain IPv4.)
    pub(crate) fn check(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal(format!(
                "{url} has the scheme {:?}; only http and https are fetched",
                url.scheme()
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal(format!(
                "the address at {} carries a user name or password; take it out",
                url.host_str().unwrap_or_default()
            )));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if OTHER_PROTOCOLS.contains(&port) {
            return Err(Refusal(format!(
                "{url} asks for port {port}, where something other than a web server listens; \
                 correct the address"
            )));
        }
        match url.host() {
            Some(Host::Ipv4(ip)) => self.check_literal(url, ip.into(), port),
            Some(Host::Ipv6(ip)) => self.check_literal(url, ip.into(), port),
            Some(Host::Domain(name)) => self.check_port(url, name, port),
            None => Err(Refusal(format!("{url} names no host"))),
        }
    }

    fn check_literal(&self, url: &Url, ip: IpAddr, port: u16) -> Result<(), Refusal> {
        let Some(kind) = closed(ip) else { return Ok(()) };
        if self.opened.iter().any(|entry| entry.opens_address(ip, Some(port))) {
            return Ok(());
        }
        Err(refused(url.as_str(), ip, kind))
    }

    /// A name the operator opened for certain ports is closed at all others: the resolver, which
    /// sees no port, could not tell them apart.
    fn check_port(&self, url: &Url, name: &str, port: u16) -> Result<(), Refusal> {
        let mut ports = self.opened.iter().filter_map(|entry| entry.port_of(name)).peekable();
        if ports.peek().is_none() || ports.any(|opened| opened.is_none_or(|opened| opened == port))
        {
            return Ok(());
        }
        Err(Refusal(format!(
            "{url} asks for port {port}, which the allow-list does not open for {name:?}; \
             add \"{name}:{port}\" to it if this is wanted"
        )))
    }

    /// Judges an address a name turned into, at the moment of connecting.
    fn check_resolved(&self, name: &str, ip: IpAddr) -> Result<(), Refusal> {
        let Some(kind) = closed(ip) else { return Ok(()) };
        let opens = |entry: &Opened| entry.opens_address(ip, None) || entry.port_of(name).is_some();
        if self.opened.iter().any(opens) { Ok(()) } else { Err(refused(name, ip, kind)) }
    }
}

fn refused(asked: &str, ip: IpAddr, kind: &str) -> Refusal {
    Refusal(format!(
        "{asked} leads to {ip}, which is {kind}; such places are not visited unless the \
         allow-list of private addresses names them"
    ))
}

/// Turns names into addresses and drops the closed ones; the HTTP client connects to what is left.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    pub(crate) guard: Arc<Guard>,
    pub(crate) names: Names,
    /// The host of the operator's own proxy, which is private by nature.
    pub(crate) proxy: Option<String>,
}

impl Resolver {
    /// The open addresses of `name`, port 0 where the name alone decides nothing about it.
    ///
    /// # Errors
    /// A [`Refusal`] where every address is closed; else why there is none.
    pub(crate) async fn open_addresses(&self, name: &str) -> Result<Vec<SocketAddr>, NoAddress> {
        let name = name.to_lowercase();
        let found = look_up(&self.names, &name).await?;
        let open: Vec<SocketAddr> = found
            .iter()
            .copied()
            .filter(|address| {
                self.proxy.as_ref() == Some(&name)
                    || self.guard.check_resolved(&name, address.ip()).is_ok()
            })
            .collect();
        match found.first() {
            Some(first) if open.is_empty() => self.guard.check_resolved(&name, first.ip())?,
            None => return Err(format!("the name {name:?} has no address").into()),
            Some(_) => {}
        }
        Ok(open)
    }
}

/// Why a name leads nowhere.
type NoAddress = Box<dyn std::error::Error + Send + Sync>;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let open = resolver.open_addresses(name.as_str()).await?;
            let addresses: Addrs = Box::new(open.into_iter());
            Ok(addresses)
        })
    }
}

async fn look_up(names: &Names, name: &str) -> std::io::Result<Vec<SocketAddr>> {
    match names {
        Names::System => Ok(tokio::net::lookup_host((name, 0)).await?.collect()),
        Names::Table(table) => Ok(table(name).unwrap_or_default()),
    }
}

/// One entry of the allow-list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Opened {
    Network { base: IpAddr, prefix: u8 },
    Socket(SocketAddr),
    Name { host: String, port: Option<u16> },
}

/// An entry of the allow-list that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no entry for the allow-list of private addresses; write an address (127.0.0.1), \
     a network (10.0.0.0/8), a name (wiki.intranet), or one of them with a port ([::1]:8080)"
)]
pub(crate) struct NotAnEntry(String);

impl Opened {
    /// Whether this entry opens `ip`; the port is unknown while a name is being resolved, and then
    /// an entry for one port does not count.
    fn opens_address(&self, ip: IpAddr, port: Option<u16>) -> bool {
        match self {
            Opened::Network { base, prefix } => within(ip, *base, *prefix),
            Opened::Socket(socket) => socket.ip() == ip && Some(socket.port()) == port,
            Opened::Name { .. } => false,
        }
    }

    /// `Some(port)` where this entry opens the name: all ports (`None`) or one.
    fn port_of(&self, name: &str) -> Option<Option<u16>> {
        match self {
            Opened::Name { host, port } if host == name.trim_end_matches('.') => Some(*port),
            _ => None,
        }
    }
}

impl FromStr for Opened {
    type Err = NotAnEntry;

    fn from_str(text: &str) -> Result<Self, NotAnEntry> {
        let fault = || NotAnEntry(text.to_owned());
        let bare = text.trim();
        let unbracketed =
            bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(bare);
        if let Ok(ip) = unbracketed.parse::<IpAddr>() {
            return Ok(Opened::Network { base: ip, prefix: width(ip) });
        }
        if let Ok(socket) = bare.parse() {
            return Ok(Opened::Socket(socket));
        }
        if let Some((base, prefix)) = bare.split_once('/') {
            let base: IpAddr = base.parse().map_err(|_| fault())?;
            let prefix: u8 = prefix.parse().map_err(|_| fault())?;
            return if prefix <= width(base) {
                Ok(Opened::Network { base, prefix })
            } else {
                Err(fault())
            };
        }
        let (host, port) = match bare.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| fault())?)),
            None => (bare, None),
        };
        match Host::parse(host) {
            Ok(Host::Domain(host)) if host.contains(|c: char| c.is_ascii_alphabetic()) => {
                Ok(Opened::Name { host, port })
            }
            _ => Err(fault()),
        }
    }
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn within(ip: IpAddr, base: IpAddr, prefix: u8) -> bool {
    match (ip, base) {
        (IpAddr::V4(ip), IpAddr::V4(base)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            ip.to_bits() & mask == base.to_bits() & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(base)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            ip.to_bits() & mask == base.to_bits() & mask
        }
        _ => false,
    }
}

/// Ports of mail, login, file and chat servers, which a link could trick us into talking to: the
/// bad ports of the Fetch standard (<https://fetch.spec.whatwg.org/#port-blocking>).
const OTHER_PROTOCOLS: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// A block of addresses and what it is.
struct Block<Ip> {
    base: Ip,
    prefix: u8,
    kind: &'static str,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8, kind: &'static str) -> Block<Ipv4Addr> {
    Block { base: Ipv4Addr::new(a, b, c, d), prefix, kind }
}

/// The special-purpose blocks of IPv4 that no public site can have (IANA registry, RFC 6890).
/// The narrower block stands first where two overlap.
const CLOSED_V4: &[Block<Ipv4Addr>] = &[
    v4(0, 0, 0, 0, 8, "unspecified (this very host)"),
    v4(10, 0, 0, 0, 8, "a private network"),
    v4(100, 64, 0, 0, 10, "a provider's shared network (CGNAT)"),
    v4(127, 0, 0, 0, 8, "this very host (loopback)"),
    v4(169, 254, 169, 254, 32, "a cloud's metadata service"),
    v4(169, 254, 0, 0, 16, "link-local"),
    v4(172, 16, 0, 0, 12, "a private network"),
    v4(192, 0, 0, 0, 24, "reserved for protocols"),
    v4(192, 0, 2, 0, 24, "reserved for documentation"),
    v4(192, 88, 99, 0, 24, "the 6to4 relay"),
    v4(192, 168, 0, 0, 16, "a private network"),
    v4(198, 18, 0, 0, 15, "reserved for benchmarks"),
    v4(198, 51, 100, 0, 24, "reserved for documentation"),
    v4(203, 0, 113, 0, 24, "reserved for documentation"),
    v4(224, 0, 0, 0, 4, "multicast"),
    v4(240, 0, 0, 0, 4, "reserved or broadcast"),
];

const fn v6(high: u16, next: u16, prefix: u8, kind: &'static str) -> Block<Ipv6Addr> {
    Block { base: Ipv6Addr::new(high, next, 0, 0, 0, 0, 0, 0), prefix, kind }
}

/// Closed blocks of IPv6 (IANA registry). What is neither here nor in 2000::/3 is closed as well.
const CLOSED_V6: &[Block<Ipv6Addr>] = &[
    v6(0xfd00, 0xec2, 32, "a cloud's metadata service"),
    v6(0xfc00, 0, 7, "a private network"),
    v6(0xfe80, 0, 10, "link-local"),
    v6(0xfec0, 0, 10, "a private network"),
    v6(0xff00, 0, 8, "multicast"),
    v6(0x2001, 0, 23, "reserved for protocols"),
    v6(0x2001, 0xdb8, 32, "reserved for documentation"),
    v6(0x3fff, 0, 20, "reserved for documentation"),
];

/// What makes `ip` a place not to visit; `None` for the public internet.
fn closed(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => CLOSED_V4
            .iter()
            .find(|block| within(ip.into(), block.base.into(), block.prefix))
            .map(|block| block.kind),
        IpAddr::V6(ip) => closed_v6(ip),
    }
}

fn closed_v6(ip: Ipv6Addr) -> Option<&'static str> {
    if ip.is_loopback() {
        return Some("this very host (loopback)");
    }
    if ip.is_unspecified() {
        return Some("unspecified (this very host)");
    }
    match ip.segments() {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) are as public as the IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => return closed(embedded(high, low)),
        [0x2002, high, low, ..] => return closed(embedded(high, low)),
        // Mapped, translated and compatible forms are spellings nobody needs for a public site.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => {
            return Some("an IPv4 address in IPv6 clothes");
        }
        _ => {}
    }
    let listed = CLOSED_V6.iter().find(|block| within(ip.into(), block.base.into(), block.prefix));
    match listed {
        Some(block) => Some(block.kind),
        None if ip.segments()[0] & 0xe000 != 0x2000 => Some("outside the public part of IPv6"),
        None => None,
    }
}

fn embedded(high: u16, low: u16) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_closed_block_is_closed_at_both_ends_and_open_beyond() {
        for block in CLOSED_V4 {
            let size = u32::MAX.checked_shr(u32::from(block.prefix)).unwrap_or(0);
            let last = Ipv4Addr::from_bits(block.base.to_bits() | size);
            assert_eq!(closed(block.base.into()), Some(block.kind), "{}", block.base);
            assert!(closed(last.into()).is_some(), "{last}");
        }
        for block in CLOSED_V6 {
            assert_eq!(closed(block.base.into()), Some(block.kind), "{}", block.base);
        }
        let open = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81c::200e",
            "2001:200::1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ];
        for ip in open {
            assert_eq!(closed(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn private_places_are_closed_in_every_spelling() {
        let guard = Guard::new(&[]).unwrap();
        let addresses = [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://0/",
            "http://10.1.2.3/",
            "http://192.168.0.1:8080/",
            "http://172.31.255.255/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://255.255.255.255/",
            "http://224.0.0.251/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[::127.0.0.1]/",
            "http://[::ffff:0:127.0.0.1]/",
            "http://[64:ff9b::127.0.0.1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::a00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2002:a9fe:a9fe::1]/",
            "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
            "http://[fd00:ec2::254]/",
            "http://[fc00::1]/",
            "http://[fe80::1]/",
            "http://[ff02::1]/",
            "http://①②⑦.⓪.⓪.①/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://127.0.0.1:70/",
            "http://user:secret@example.org/",
            "http://example.org:25/",
            "http://93.184.215.14:22/",
            "http://example.org:0/",
        ];
        for address in addresses {
            let refusal = guard.check(&Url::parse(address).unwrap());
            assert!(refusal.is_err(), "{address} was let through");
        }
        assert!(guard.check(&Url::parse("https://example.org/").unwrap()).is_ok());
        assert!(guard.check(&Url::parse("https://93.184.215.14/").unwrap()).is_ok());
        assert!(guard.check(&Url::parse("https://example.org:8443/").unwrap()).is_ok());
    }

    #[test]
    fn the_allow_list_opens_what_it_names_and_no_more() {
        let entries =
            ["127.0.0.1:8080", "10.0.0.0/8", "fd12::/16", "[::1]", "wiki.intranet:8080", "nas"];
        let guard = Guard::new(&entries.map(str::to_owned)).unwrap();
        let cases = [
            ("http://127.0.0.1:8080/", true),
            ("http://127.0.0.1/", false),
            ("http://127.0.0.2:8080/", false),
            ("http://10.200.3.4:8000/", true),
            ("http://11.0.0.1/", true),
            ("http://[fd12:3::4]/", true),
            ("http://[fd13::4]/", false),
            ("http://[::1]:99/", true),
            ("http://10.1.1.1:25/", false),
            ("http://[::ffff:10.0.0.1]/", false),
            ("http://wiki.intranet:8080/", true),
            ("http://wiki.intranet/", false),
            ("http://nas:81/", true),
        ];
        for (address, open) in cases {
            assert_eq!(guard.check(&Url::parse(address).unwrap()).is_ok(), open, "{address}");
        }
        let resolved = [
            ("wiki.intranet", "192.168.1.1", true),
            ("nas", "192.168.1.1", true),
            ("elsewhere.example", "192.168.1.1", false),
            ("elsewhere.example", "10.1.1.1", true),
            ("elsewhere.example", "127.0.0.1", false),
            ("elsewhere.example", "1.1.1.1", true),
        ];
        for (name, ip, open) in resolved {
            assert_eq!(guard.check_resolved(name, ip.parse().unwrap()).is_ok(), open, "{name}");
        }
    }

    #[test]
    fn entries_are_read_or_explained() {
        let good = [
            ("127.0.0.1", "127.0.0.1/32"),
            (" 10.0.0.0/8 ", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("[::1]", "::1/128"),
            ("[::1]:80", "[::1]:80"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("Wiki.Intranet:80", "wiki.intranet:80"),
            ("nas", "nas"),
        ];
        for (text, same) in good {
            assert_eq!(text.parse::<Opened>().unwrap(), same.parse().unwrap(), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "nas:high", "10.0.0.300", "a b"] {
            let error = text.parse::<Opened>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("10.0.0.0/8"),
                "{error}"
            );
        }
    }
}
