//! Networks of the house's list, threats, and what it means that a session's address is another one than before.

// Addresses as numbers; `core` has no sockets.
use core::net::IpAddr;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ranges of one kind that a list may have: each request from another address looks through them.
pub const LISTED_MAX: usize = 10_000;
/// What one provider usually gives one customer or one site; within it an address may change by itself.
const NEAR_V4_BITS: u8 = 24;
const NEAR_V6_BITS: u8 = 48;

/// An address with the bits that count: `10.8.0.0/16`, `2001:db8::/32`, or a whole address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: expected an address, a slash and a number of bits, such as 10.8.0.0/16")]
pub struct NetworkError(String);

/// Left-aligned in 128 bits, with the number of bits that an address of that family has.
fn bits_of(ip: IpAddr) -> (u128, u8) {
    match ip.to_canonical() {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    }
}

fn shares(a: IpAddr, b: IpAddr, bits: u8) -> bool {
    let ((a, family_a), (b, family_b)) = (bits_of(a), bits_of(b));
    family_a == family_b && (bits == 0 || (a ^ b) >> (128 - u32::from(bits)) == 0)
}

impl Network {
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        shares(self.address, ip, self.bits)
    }

    /// Whether an address is in both. Of two networks one contains the other, or they have none in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        shares(self.address, other.address, self.bits.min(other.bits))
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.chars().take(60).collect());
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        // `::ffff:10.0.0.0/104` means what it says only as IPv6; nobody writes it, and read as 10.0.0.0/104 it would mean something else.
        let (address, all) = match address {
            IpAddr::V4(_) => (address, 32),
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => return Err(wrong()),
            IpAddr::V6(_) => (address, 128),
        };
        let bits = bits.map_or(Ok(all), str::parse).map_err(|_| wrong())?;
        if bits > all { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// What an operator has listed a network as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedAs {
    /// Stations and headquarters.
    Office,
    Vpn,
    /// The provider of the force's telephones.
    Mobile,
}

/// Where a session's address is, against that of its last verification. The order is that of suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressMove {
    Same,
    /// Another address of the same prefix, or of networks listed as the same thing.
    Near,
    /// Into a network that is listed, from another sort of network.
    IntoListed,
    /// From one network that is not listed into another.
    BetweenUnlisted,
    /// Out of the list.
    OutOfListed,
}

/// The threat list and the house's own networks have an address in common.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("threat {threat} and our own network {own} have addresses in common: one of them is a mistake, and would shut the house out of itself")]
pub struct Overlap {
    pub threat: Network,
    pub own: Network,
}

/// What an operator has listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks {
    own: Vec<(Network, ListedAs)>,
    threats: Vec<Network>,
}

impl Networks {
    /// # Errors
    /// When a threat lies in a network of the house, or the other way round. The telephones' provider is everybody's: one of its addresses may be
    /// a threat.
    pub fn new(own: Vec<(Network, ListedAs)>, threats: Vec<Network>) -> Result<Self, Overlap> {
        let ours = || own.iter().filter(|(_, listed)| *listed != ListedAs::Mobile);
        for threat in &threats {
            if let Some((own, _)) = ours().find(|(network, _)| network.overlaps(threat)) {
                return Err(Overlap { threat: *threat, own: *own });
            }
        }
        Ok(Self { own, threats })
    }

    #[must_use]
    pub fn listed_as(&self, ip: IpAddr) -> Option<ListedAs> {
        self.own.iter().find(|(network, _)| network.contains(ip)).map(|(_, listed)| *listed)
    }

    /// `None` without a list of threats: nothing is then known about an address.
    #[must_use]
    pub fn is_threat(&self, ip: IpAddr) -> Option<bool> {
        (!self.threats.is_empty()).then(|| self.threats.iter().any(|network| network.contains(ip)))
    }

    #[must_use]
    pub fn moved(&self, verified_from: IpAddr, now_from: IpAddr) -> AddressMove {
        if verified_from.to_canonical() == now_from.to_canonical() {
            return AddressMove::Same;
        }
        match (self.listed_as(verified_from), self.listed_as(now_from)) {
            (Some(before), Some(now)) if before == now => AddressMove::Near,
            (_, Some(_)) => AddressMove::IntoListed,
            (Some(_), None) => AddressMove::OutOfListed,
            (None, None) if is_near(verified_from, now_from) => AddressMove::Near,
            (None, None) => AddressMove::BetweenUnlisted,
        }
    }
}

/// Whether two addresses are one customer's or one site's, as far as numbers say.
#[must_use]
pub fn is_near(a: IpAddr, b: IpAddr) -> bool {
    let bits = if a.to_canonical().is_ipv4() { NEAR_V4_BITS } else { NEAR_V6_BITS };
    shares(a, b, bits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn net(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn house() -> Networks {
        let own = vec![
            (net("10.1.0.0/16"), ListedAs::Office),
            (net("10.2.0.0/16"), ListedAs::Office),
            (net("10.8.0.0/16"), ListedAs::Vpn),
            (net("198.51.100.0/24"), ListedAs::Mobile),
        ];
        Networks::new(own, vec![net("203.0.113.0/24"), net("2001:db8:bad::/48")]).unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_in_either_dress() {
        let net = net("10.8.0.0/16");
        assert!(net.contains(ip("10.8.255.255")) && net.contains(ip("::ffff:10.8.0.1")));
        assert!(!net.contains(ip("10.9.0.0")) && !net.contains(ip("::1")));
        assert_eq!(net.to_string(), "10.8.0.0/16");
        let everything: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contains(ip("203.0.113.1")) && !everything.contains(ip("2001:db8::1")));
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::1/129", "::ffff:10.0.0.0/104", "10.0.0.0/-1", "a/8"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_way_home_is_less_than_a_way_out_and_one_site_is_one_place() {
        let house = house();
        let moved = |from: &str, to: &str| house.moved(ip(from), ip(to));
        assert_eq!(moved("10.1.0.4", "::ffff:10.1.0.4"), AddressMove::Same);
        assert_eq!(moved("10.1.0.4", "10.2.9.9"), AddressMove::Near, "two stations are both ours");
        assert_eq!(moved("10.1.0.4", "198.51.100.9"), AddressMove::IntoListed, "the telephone left the building");
        assert_eq!(moved("192.0.2.1", "10.1.0.4"), AddressMove::IntoListed);
        assert_eq!(moved("10.1.0.4", "192.0.2.1"), AddressMove::OutOfListed);
        assert_eq!(moved("192.0.2.1", "192.0.2.200"), AddressMove::Near);
        assert_eq!(moved("192.0.2.1", "203.0.2.1"), AddressMove::BetweenUnlisted);
        assert_eq!(moved("2001:db8:1::1", "2001:db8:1:ffff::9"), AddressMove::Near);
        assert_eq!(moved("192.0.2.1", "2001:db8:1::1"), AddressMove::BetweenUnlisted);
    }

    #[test]
    fn a_threat_list_that_would_shut_the_house_out_is_refused() {
        let refused = Networks::new(vec![(net("10.1.0.0/16"), ListedAs::Office)], vec![net("10.0.0.0/8")]);
        assert_eq!(refused.unwrap_err().own, net("10.1.0.0/16"));
        assert!(Networks::new(vec![(net("10.0.0.0/8"), ListedAs::Vpn)], vec![net("10.1.2.3")]).is_err());
        assert!(Networks::new(vec![(net("198.51.100.0/24"), ListedAs::Mobile)], vec![net("198.51.100.7")]).is_ok());
    }

    #[test]
    fn without_a_list_of_threats_nothing_is_known_about_one() {
        assert_eq!(Networks::default().is_threat(ip("203.0.113.9")), None);
        assert_eq!(house().is_threat(ip("203.0.113.9")), Some(true));
        assert_eq!(house().is_threat(ip("192.0.2.1")), Some(false));
        assert_eq!(house().is_threat(ip("2001:db8:bad::7")), Some(true));
    }

    proptest! {
        #[test]
        fn any_text_is_a_network_that_says_itself_back_or_none(text in "[0-9a-f.:/]{0,30}") {
            if let Ok(network) = text.parse::<Network>() {
                prop_assert_eq!(network.to_string().parse::<Network>(), Ok(network));
            }
        }

        #[test]
        fn networks_overlap_exactly_when_one_holds_the_others_first_address(a: u32, b: u32, bits_a in 0_u8..=32, bits_b in 0_u8..=32) {
            let first = |address: u32, bits: u8| {
                let kept = if bits == 0 { 0 } else { address >> (32 - u32::from(bits)) << (32 - u32::from(bits)) };
                Network { address: IpAddr::V4(kept.into()), bits }
            };
            let (a, b) = (first(a, bits_a), first(b, bits_b));
            prop_assert_eq!(a.overlaps(&b), a.contains(b.address) || b.contains(a.address));
            prop_assert_eq!(a.overlaps(&b), b.overlaps(&a));
        }

        #[test]
        fn who_has_not_moved_is_where_he_was(address: u32) {
            let ip = IpAddr::V4(address.into());
            prop_assert_eq!(house().moved(ip, ip), AddressMove::Same);
            prop_assert!(is_near(ip, ip));
        }
    }
}
