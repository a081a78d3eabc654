//! Which addresses may be called at all, and which networks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Characters of an address.
const CHARS_MAX: usize = 500;

/// `https://host[:port]/path`, or `http://` to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) is_tls: bool,
    /// In lower case, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// With the query.
    pub(crate) path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("an address begins with https://; http:// is for localhost only")]
    Scheme,
    #[error("an address has up to {CHARS_MAX} visible ASCII characters, no user name and no fragment")]
    Form,
    #[error("{0:?} is no host")]
    Host(String),
}

impl Address {
    /// # Errors
    /// When it is none that may be called.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > CHARS_MAX
            || !text.bytes().all(|byte| byte.is_ascii_graphic())
            || text.contains(['#', '\\', '"', '<', '>'])
        {
            return Err(AddressError::Form);
        }
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(AddressError::Scheme),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(AddressError::Form)?;
        let (host, port) = host_and_port(authority, if is_tls { 443 } else { 80 })?;
        if !is_tls && !is_this_machine(&host) {
            return Err(AddressError::Scheme);
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { is_tls, host, port, path })
    }

    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.is_tls { "https" } else { "http" }, self.authority(), self.path)
    }
}

fn host_and_port(authority: &str, usual: u16) -> Result<(String, u16), AddressError> {
    if authority.contains('@') {
        return Err(AddressError::Form);
    }
    let wrong = || AddressError::Host(authority.chars().take(80).collect());
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
            host.parse::<Ipv6Addr>().map_err(|_| wrong())?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or_else(wrong)?) })
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong)?,
        None => usual,
    };
    let is_name = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    if is_name { Ok((host.to_ascii_lowercase(), port)) } else { Err(wrong()) }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether an address lies in the public internet (IANA special-purpose address registries, RFC 6890). What is not, is
/// inside somebody's network, perhaps ours: a subscription must not become a way in.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224;
    !is_special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, ..] = ip.segments();
    // Only global unicast, without documentation (2001:db8::/32, 3fff::/20), protocol assignments with Teredo (2001::/23) and
    // 6to4 (2002::/16), which carry addresses of version 4 inside.
    let is_global = (0x2000..0x4000).contains(&first);
    let is_special =
        (first == 0x2001 && (second == 0x0db8 || second < 0x0200)) || first == 0x2002 || (first == 0x3fff && second < 0x1000);
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_to_this_machine_only() {
        for (text, shown) in [
            ("https://Hooks.Example/a?b=c", "https://hooks.example:443/a?b=c"),
            ("https://hooks.example:8443", "https://hooks.example:8443/"),
            ("http://localhost:9000/x", "http://localhost:9000/x"),
            ("http://[::1]:9000/x", "http://[::1]:9000/x"),
            ("https://hooks.example?x", "https://hooks.example:443/?x"),
        ] {
            assert_eq!(Address::parse(text).map(|address| address.to_string()), Ok(shown.to_owned()));
        }
        for wrong in
            ["http://hooks.example/", "http://127.0.0.1.example/", "http://10.0.0.1/", "ftp://localhost/", "localhost", "//x", ""]
        {
            assert_eq!(Address::parse(wrong), Err(AddressError::Scheme), "{wrong}");
        }
        for wrong in [
            "https://a@b/",
            "https://a/#x",
            "https://a b/",
            "https://守護.tw/",
            "https:///x",
            "https://a:0/",
            "https://[zz]/",
            "https://a:b:c/",
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_in_the_public_internet_is_known() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap_or_else(|e| panic!("{text}: {e}"));
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(ip(text)), "{text}");
        }
        for text in ["8.8.8.8", "203.69.1.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "100.128.0.1", "172.32.0.1"] {
            assert!(is_public(ip(text)), "{text}");
        }
    }
}
