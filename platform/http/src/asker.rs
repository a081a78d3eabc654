//! Who really asks when a proxy stands before the server.
//!
//! **Invariant:** a header about who asks is believed from the proxies that an operator has named, and from nobody else.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use shouhu_module::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Any of these says that somebody handed the request on.
const HANDED_ON: [HeaderName; 5] = [
    FORWARDED_FOR,
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Addresses of the proxies that end TLS before this server; none unless an operator names them.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpAddr>);

impl TrustedProxies {
    pub(crate) fn holds(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|known| known.to_canonical() == ip.to_canonical())
    }

    /// The last address before our own proxies; the connection's own where no trusted proxy stands or what it says is no address.
    ///
    /// Read from the right: what stands further left was said by whoever asked, who may say anything.
    fn asker(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut asker = peer;
        let said = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect::<Vec<_>>().join(",");
        for hop in said.rsplit(',').map(str::trim) {
            if !self.holds(asker) {
                break;
            }
            let Some(before) = address(hop) else { break };
            asker = before;
        }
        asker
    }
}

/// An address with or without a port, as proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|at| at.ip())).map(|ip| ip.to_canonical())
}

/// The request comes from this machine itself, and nobody handed it on.
#[derive(Debug, Clone, Copy)]
struct FromHere(bool);

/// Whether the numbers of the house may be told: they are for this machine, and a proxy on it is not the one who asks.
pub(crate) fn is_from_here(request: &Request) -> bool {
    // Without a connection there is no network: a test in this process.
    request.extensions().get::<FromHere>().is_none_or(|here| here.0)
}

/// Puts the true address where limits and the log look for it.
pub(crate) async fn name_asker(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let proxies = app.try_room::<TrustedProxies>();
        let asker = proxies.map_or(peer.ip(), |proxies| proxies.asker(peer.ip(), request.headers()));
        let is_handed_on = HANDED_ON.iter().any(|name| request.headers().contains_key(name));
        request.extensions_mut().insert(FromHere(asker.to_canonical().is_loopback() && !is_handed_on));
        if asker != peer.ip() {
            // The port is the proxy's business.
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((asker, 0))));
        }
    }
    next.run(request).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_str(line).unwrap())).collect()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_a_named_proxy_says_who_asks_and_what_the_asker_adds_is_not_believed() {
        let proxies = TrustedProxies(vec![ip("127.0.0.1"), ip("10.0.0.2")]);
        let asked = |peer: &str, lines: &[&str]| proxies.asker(ip(peer), &headers(lines)).to_string();
        assert_eq!(asked("127.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(asked("::ffff:127.0.0.1", &["192.0.2.7"]), "192.0.2.7", "the same address in another dress");
        assert_eq!(asked("127.0.0.1", &["127.0.0.1, 192.0.2.7"]), "192.0.2.7", "the asker wrote the first one");
        assert_eq!(asked("127.0.0.1", &["127.0.0.1", "192.0.2.7"]), "192.0.2.7", "two lines are one list");
        assert_eq!(asked("127.0.0.1", &["192.0.2.7, 10.0.0.2"]), "192.0.2.7", "through two proxies");
        assert_eq!(asked("127.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(asked("127.0.0.1", &["192.0.2.7:55"]), "192.0.2.7");
        assert_eq!(asked("192.0.2.9", &["127.0.0.1"]), "192.0.2.9", "a stranger may say what he likes");
        assert_eq!(asked("127.0.0.1", &["unknown"]), "127.0.0.1");
        assert_eq!(asked("127.0.0.1", &[]), "127.0.0.1");
        let nobody = TrustedProxies::default();
        assert_eq!(nobody.asker(ip("127.0.0.1"), &headers(&["192.0.2.7"])), ip("127.0.0.1"));
    }

    proptest! {
        #[test]
        fn whatever_a_stranger_sends_he_stays_who_he_is(line in "[ -~]{0,80}") {
            let proxies = TrustedProxies(vec![ip("10.0.0.2")]);
            prop_assert_eq!(proxies.asker(ip("192.0.2.9"), &headers(&[&line])), ip("192.0.2.9"));
            let _ = proxies.asker(ip("10.0.0.2"), &headers(&[&line]));
        }
    }
}
