//! What may be called beyond the public internet, and for what: whoever lets the house reach a tool next door has not let it reach everything that stands
//! beside that tool, by an address that somebody types into a form.

use std::net::IpAddr;

/// Lets everything reach everything, as it did before the uses were apart.
pub const PRIVATE_VARIABLE: &str = "SHOUHU_OUTGOING_PRIVATE";
/// Instead of networks and hosts: all of them.
const ANY_PRIVATE: &str = "private";

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The force's own tools, which are told that somebody has left.
    Tools,
    /// Addresses that operators subscribe to facts.
    Webhooks,
    /// Systems that are told of accounts.
    Signals,
    /// Identity providers.
    Providers,
    /// Witnesses of the log.
    Witnesses,
}

impl Use {
    pub const ALL: [Self; 5] = [Self::Tools, Self::Webhooks, Self::Signals, Self::Providers, Self::Witnesses];

    /// The environment variable that names what may be reached for it.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Tools => "SHOUHU_OUTGOING_TOOLS",
            Self::Webhooks => "SHOUHU_OUTGOING_WEBHOOKS",
            Self::Signals => "SHOUHU_OUTGOING_SIGNALS",
            Self::Providers => "SHOUHU_OUTGOING_PROVIDERS",
            Self::Witnesses => "SHOUHU_OUTGOING_WITNESSES",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {said:?} is neither a network by its first address (10.1.0.0/16), an address, a host name, nor the word {ANY_PRIVATE}")]
pub struct ReachError {
    variable: &'static str,
    said: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// All private networks, and this machine.
    AnyPrivate,
    Network { first: IpAddr, bits: u32 },
    /// Wherever its name leads.
    Host(String),
}

/// The number that an address is, and how many bits such numbers have. One of version 4 in the clothes of version 6 is one of version 4.
fn number_of(ip: IpAddr) -> (u128, u32) {
    match ip.to_canonical() {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)), 32),
        IpAddr::V6(ip) => (u128::from(ip), 128),
    }
}

fn network_of(address: &str, bits: Option<&str>) -> Option<Place> {
    let first = address.parse::<IpAddr>().ok()?;
    let (number, width) = number_of(first);
    let bits = bits.map_or(Some(width), |bits| bits.parse::<u32>().ok().filter(|bits| *bits <= width))?;
    let beyond = !u128::MAX.checked_shl(width - bits).unwrap_or(0);
    (number & beyond == 0).then_some(Place::Network { first, bits })
}

fn place_of(said: &str) -> Option<Place> {
    if said == ANY_PRIVATE {
        return Some(Place::AnyPrivate);
    }
    if let Some((address, bits)) = said.split_once('/') {
        return network_of(address, Some(bits));
    }
    let is_name = said.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) && said.bytes().any(|byte| byte.is_ascii_alphabetic());
    network_of(said, None).or_else(|| is_name.then(|| Place::Host(said.to_ascii_lowercase())))
}

impl Place {
    fn has(&self, host: &str, ip: IpAddr) -> bool {
        match self {
            Self::AnyPrivate => true,
            Self::Host(name) => name == host,
            Self::Network { first, bits } => {
                let ((first, width), (number, other_width)) = (number_of(*first), number_of(ip));
                width == other_width && (first ^ number).checked_shr(width - bits).unwrap_or(0) == 0
            }
        }
    }
}

/// Beyond the public internet, for each use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    tools: Vec<Place>,
    webhooks: Vec<Place>,
    signals: Vec<Place>,
    providers: Vec<Place>,
    witnesses: Vec<Place>,
}

impl Reach {
    /// Everything, for every use.
    #[must_use]
    pub fn any_private() -> Self {
        let any = || vec![Place::AnyPrivate];
        Self { tools: any(), webhooks: any(), signals: any(), providers: any(), witnesses: any() }
    }

    /// By the environment's variables, as `variable` gives them.
    ///
    /// # Errors
    /// Which variable names what is no place.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ReachError> {
        let mut reach = if variable(PRIVATE_VARIABLE).is_some_and(|said| said == "1") { Self::any_private() } else { Self::default() };
        for aim in Use::ALL {
            let said = variable(aim.variable()).unwrap_or_default();
            for said in said.split(',').map(str::trim).filter(|said| !said.is_empty()) {
                let place = place_of(said).ok_or_else(|| ReachError { variable: aim.variable(), said: said.to_owned() })?;
                reach.places_mut(aim).push(place);
            }
        }
        Ok(reach)
    }

    fn places(&self, aim: Use) -> &[Place] {
        match aim {
            Use::Tools => &self.tools,
            Use::Webhooks => &self.webhooks,
            Use::Signals => &self.signals,
            Use::Providers => &self.providers,
            Use::Witnesses => &self.witnesses,
        }
    }

    fn places_mut(&mut self, aim: Use) -> &mut Vec<Place> {
        match aim {
            Use::Tools => &mut self.tools,
            Use::Webhooks => &mut self.webhooks,
            Use::Signals => &mut self.signals,
            Use::Providers => &mut self.providers,
            Use::Witnesses => &mut self.witnesses,
        }
    }

    /// Whether a call for this may go to an address that is in no public network, when `host` led there.
    pub(crate) fn has(&self, aim: Use, host: &str, ip: IpAddr) -> bool {
        self.places(aim).iter().any(|place| place.has(host, ip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(set: &[(&str, &str)]) -> Result<Reach, ReachError> {
        Reach::of(|variable| set.iter().find(|(name, _)| *name == variable).map(|(_, said)| (*said).to_owned()))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn what_is_opened_for_one_use_is_open_for_no_other() {
        for opened in Use::ALL {
            let reach = reach(&[(opened.variable(), "private")]).unwrap_or_else(|e| panic!("{e}"));
            for asked in Use::ALL {
                assert_eq!(reach.has(asked, "wiki.example", ip("10.0.0.1")), asked == opened, "{opened:?} {asked:?}");
            }
        }
        assert_eq!(reach(&[]), Ok(Reach::default()));
    }

    #[test]
    fn the_old_variable_opens_everything_to_everything_when_it_is_one() {
        let old = reach(&[(PRIVATE_VARIABLE, "1"), (Use::Tools.variable(), "10.0.0.0/8")]).unwrap_or_else(|e| panic!("{e}"));
        assert!(Use::ALL.into_iter().all(|aim| old.has(aim, "a", ip("192.168.1.1"))));
        for other in ["0", "true", ""] {
            assert_eq!(reach(&[(PRIVATE_VARIABLE, other)]), Ok(Reach::default()), "{other}");
        }
    }

    #[test]
    fn networks_addresses_and_hosts_are_named_one_by_one() {
        let said = " 10.1.0.0/16, 192.168.7.9 ,fd00:1::/32,Wiki.Police.example,";
        let reach = reach(&[(Use::Tools.variable(), said)]).unwrap_or_else(|e| panic!("{e}"));
        let has = |host: &str, at: &str| reach.has(Use::Tools, host, ip(at));
        for at in ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "192.168.7.9", "fd00:1::7"] {
            assert!(has("x", at), "{at}");
        }
        for at in ["10.0.255.255", "10.2.0.0", "192.168.7.8", "fd00:2::7", "127.0.0.1", "::a01:203"] {
            assert!(!has("x", at), "{at}");
        }
        assert!(has("wiki.police.example", "127.0.0.1"), "whoever names a host means wherever it stands");
        assert!(!has("other.wiki.police.example", "127.0.0.1") && !has("police.example", "127.0.0.1"));
    }

    #[test]
    fn all_of_a_version_is_a_network_and_nothing_of_the_other() {
        let reach = reach(&[(Use::Webhooks.variable(), "::/0")]).unwrap_or_else(|e| panic!("{e}"));
        assert!(reach.has(Use::Webhooks, "x", ip("fe80::1")) && !reach.has(Use::Webhooks, "x", ip("10.0.0.1")));
        let reach = self::reach(&[(Use::Webhooks.variable(), "0.0.0.0/0")]).unwrap_or_else(|e| panic!("{e}"));
        assert!(reach.has(Use::Webhooks, "x", ip("10.0.0.1")) && !reach.has(Use::Webhooks, "x", ip("fe80::1")));
    }

    #[test]
    fn what_names_no_place_is_refused_with_its_variable() {
        for wrong in ["10.1.0.0/33", "10.1.2.3/16", "10.1.0.0/", "/8", "fd00::/129", "wiki_1", "https://wiki.example", "10.1.0", "守護.tw", "a b"] {
            let refused = reach(&[(Use::Signals.variable(), wrong)]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(refused.starts_with("SHOUHU_OUTGOING_SIGNALS: ") && refused.contains(wrong), "{wrong}: {refused}");
        }
    }
}
