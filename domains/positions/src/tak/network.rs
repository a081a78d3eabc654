//! Networks whose machines may connect without saying who they are, and for whom a network of TAK clients is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use shouhu_module::ports::{ForSomebody, Partner, UNNAMED};

/// An address with the bits that count: `10.8.0.0/16`, `::1/128`, or a whole address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: expected an address, a slash and a number of bits, such as 10.8.0.0/16")]
pub struct NetworkError(String);

fn first_of(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(ip) => Ipv4Addr::from(u32::from(ip) & u32::MAX.checked_shl(32 - bits).unwrap_or(0)).into(),
        IpAddr::V6(ip) => Ipv6Addr::from(u128::from(ip) & u128::MAX.checked_shl(128 - bits).unwrap_or(0)).into(),
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.chars().take(60).collect());
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        // Whoever connects is an IPv4 address, however the system writes it: an IPv4 network in the form of IPv6 would hold nobody.
        if address.to_canonical() != address {
            return Err(wrong());
        }
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), str::parse).map_err(|_| wrong())?;
        if bits > all { Err(wrong()) } else { Ok(Self { first: first_of(address, bits), bits }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl Network {
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv4() == self.first.is_ipv4() && first_of(ip, self.bits) == self.first
    }
}

/// A network whose TAK clients may connect: `10.8.0.0/16`, or `消防局=10.9.0.0/16` where it is somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    network: Network,
    named: Option<Partner>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowedError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("{0:?} names nobody: before the sign = stands a partner's title or id, as in 消防局=10.9.0.0/16")]
    Partner(String),
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let Some((name, network)) = text.rsplit_once('=') else { return Ok(Self { network: text.parse()?, named: None }) };
        let named = ForSomebody { partner: name.to_owned() }.partner().ok().filter(|partner| !partner.key.starts_with(UNNAMED));
        let named = named.ok_or_else(|| AllowedError::Partner(name.chars().take(60).collect()))?;
        Ok(Self { network: network.parse()?, named: Some(named) })
    }
}

impl Allowed {
    /// Who connects from there, as the ledger of sharing knows him. A client cannot prove who it is, so that its network is what it is known by: an
    /// address of its own would let it go round the switch by taking another.
    #[must_use]
    pub fn partner(&self) -> Partner {
        let Network { first, bits } = self.network;
        // The key stands in the path of the switch, and proxies differ about a slash there.
        let unnamed = || Partner { key: format!("{UNNAMED}TAK {first} {bits}"), title: format!("TAK {}", self.network) };
        self.named.clone().unwrap_or_else(unnamed)
    }
}

/// The narrowest network that an address lies in, as in a table of routes: what is carved out of the force's own network for somebody is his.
#[must_use]
pub fn of(allow: &[Allowed], ip: IpAddr) -> Option<&Allowed> {
    allow.iter().filter(|allowed| allowed.network.contains(ip)).max_by_key(|allowed| allowed.network.bits)
}

/// A network that is said to be of two: nobody could tell whose switch stops it.
#[must_use]
pub fn of_two(allow: &[Allowed]) -> Option<Network> {
    let is_of_two = |one: &&Allowed| allow.iter().any(|other| other.network == one.network && other.named != one.named);
    allow.iter().find(is_of_two).map(|one| one.network)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_only() {
        let network = |text: &str| text.parse::<Network>();
        assert!(network("10.8.0.0/16").unwrap().contains(ip("10.8.255.1")));
        assert!(network("10.8.0.0/16").unwrap().contains(ip("::ffff:10.8.0.1")));
        assert!(!network("10.8.0.0/16").unwrap().contains(ip("10.9.0.1")));
        assert!(network("0.0.0.0/0").unwrap().contains(ip("1.2.3.4")) && !network("0.0.0.0/0").unwrap().contains(ip("::2")));
        assert!(network("::1").unwrap().contains(ip("::1")) && !network("::1").unwrap().contains(ip("::2")));
        assert!(network("fd00::/8").unwrap().contains(ip("fd12::1")) && !network("fd00::/8").unwrap().contains(ip("10.8.0.1")));
        assert_eq!(network("10.8.3.4/16"), network("10.8.0.0/16"), "one network, however it is written");
        for odd in ["", "10.8.0.0/33", "10.8.0/16", "10.8.0.0/x", "a/8", "::ffff:10.9.0.0/112", "::ffff:10.9.0.1"] {
            assert!(network(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn whoever_connects_is_known_by_the_narrowest_network_and_by_its_name_where_it_has_one() {
        let allow: Vec<Allowed> = ["10.8.1.2/8", "消防局=10.9.0.0/16", "::1"].map(|said| said.parse::<Allowed>().unwrap()).into();
        let known = |text: &str| of(&allow, ip(text)).map(|allowed| (allowed.partner().key, allowed.partner().title));
        let said = |key: &str, title: &str| Some((key.to_owned(), title.to_owned()));
        assert_eq!(known("10.8.0.1"), said("unnamed TAK 10.0.0.0 8", "TAK 10.0.0.0/8"));
        assert_eq!(known("10.9.0.1"), said("named 消防局", "消防局"));
        assert_eq!(known("::1"), said("unnamed TAK ::1 128", "TAK ::1/128"));
        assert_eq!(known("11.0.0.1"), None);
        assert_eq!(of_two(&allow), None);
    }

    #[test]
    fn a_network_is_of_one_and_of_somebody() {
        let parsed = |text: &str| text.parse::<Allowed>();
        for nobody in ["=10.9.0.0/16", "x=10.9.0.0/16", "unnamed GeoJSON=10.9.0.0/16"] {
            assert!(matches!(parsed(nobody), Err(AllowedError::Partner(_))), "{nobody}");
        }
        assert!(matches!(parsed("消防局=10.9"), Err(AllowedError::Network(_))));
        let allow = |texts: [&str; 2]| texts.map(|text| parsed(text).unwrap());
        assert_eq!(of_two(&allow(["消防局=10.9.0.0/16", "10.9.1.0/16"])), "10.9.0.0/16".parse().ok());
        assert_eq!(of_two(&allow(["10.9.0.0/16", "10.9.0.0/16"])), None, "said twice, and the same");
    }
}
