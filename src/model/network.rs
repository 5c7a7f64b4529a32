//! Networks of IP addresses.

use core::net::{IpAddr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

/// A network: the addresses that share their first `prefix` bits. A single address is one, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

/// The text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network; write an address such as 10.0.0.5 or a network such as 10.0.0.0/24")]
pub struct NotANetwork(String);

impl Network {
    /// What one household or office has: a /24 of IPv4, a /48 of IPv6.
    ///
    /// ```
    /// use sanctionwatch::model::network::Network;
    ///
    /// let of = |text: &str| Network::around(text.parse().unwrap()).to_string();
    /// assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
    /// assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::/48");
    /// assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0/24");
    /// ```
    pub fn around(address: IpAddr) -> Self {
        match address.to_canonical() {
            address @ IpAddr::V4(_) => Self::new(address, 24),
            address @ IpAddr::V6(_) => Self::new(address, 48),
        }
    }

    /// Whether an address lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.base.is_ipv4() && Self::new(address, self.prefix) == *self
    }

    fn new(address: IpAddr, prefix: u8) -> Self {
        let base = match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
                IpAddr::V4((v4.to_bits() & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(u32::from(128 - prefix)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
        };
        Self { base, prefix }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    /// ```
    /// use sanctionwatch::model::network::Network;
    ///
    /// let inner: Network = "10.1.0.0/16".parse().unwrap();
    /// assert!(inner.holds("10.1.2.3".parse().unwrap()) && !inner.holds("10.2.0.1".parse().unwrap()));
    /// let all: Network = "::/0".parse().unwrap();
    /// assert!(all.holds("2001:db8::1".parse().unwrap()) && !all.holds("10.2.0.1".parse().unwrap()));
    /// assert!("10.0.0.0/33".parse::<Network>().is_err() && "proxy".parse::<Network>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let fault = || NotANetwork(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().map_err(|_| fault())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(whole);
        if whole < prefix { Err(fault()) } else { Ok(Self::new(address, prefix)) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}
