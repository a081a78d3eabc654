//! By which tokens somebody was lately known.
//!
//! To find out who asks is to read rows. Did that go before other work for everybody who asks for what saves lives, so it would for whoever makes a token up, and
//! a flood of those would stand before a cry for help. So it does for whom the house has just known: a screen, a car or another centre's machine asks all the time, and is
//! known long before it cries. Whoever comes for the first time is looked for with all others, and goes first from then on.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use shouhu_module::{App, authorization};
use shouhu_wire::DEVICE_HEADER;

use crate::places::lock;

/// Longer than a screen that is looked at is silent.
const LATELY: Duration = Duration::from_secs(60 * 60);
/// Ten for each of the police of a large city; beyond it all are forgotten, and known again when they next ask.
const MOST: usize = 100_000;

/// Cheap to clone. Of the tokens it keeps no more than numbers that nobody else can reckon.
#[derive(Debug, Clone, Default)]
pub struct Lately(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    keys: RandomState,
    at: Mutex<HashMap<u64, Instant>>,
}

/// Somebody, by what he brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Somebody(u64);

impl Lately {
    /// By his session's token, a device's name or the token of a link; `None` of whoever brings none of these. A device's name is no secret: it counts together with the
    /// address that it comes from.
    pub fn somebody(&self, app: &App, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Somebody> {
        if let Some(device) = headers.get(DEVICE_HEADER) {
            return Some(self.number(("device", device.as_bytes(), peer.map(|ip| ip.to_canonical()))));
        }
        if let Some(token) = shouhu_identity::session_token(app, headers) {
            return Some(self.number(("session", token)));
        }
        self.link(headers)
    }

    /// By the token of a link, whatever else he brings.
    pub fn link(&self, headers: &HeaderMap) -> Option<Somebody> {
        authorization(headers).map(|token| self.number(("link", token)))
    }

    fn number(&self, of: impl Hash) -> Somebody {
        Somebody(self.0.keys.hash_one(of))
    }

    /// He was known, or what he brought has opened something.
    pub fn note(&self, who: Option<Somebody>, now: Instant) {
        let Some(Somebody(number)) = who else { return };
        let mut seen = lock(&self.0.at);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(number, now);
    }

    pub fn has(&self, who: Option<Somebody>, now: Instant) -> bool {
        let seen = who.and_then(|Somebody(number)| lock(&self.0.at).get(&number).copied());
        seen.is_some_and(|at| now.saturating_duration_since(at) < LATELY)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue, header};

    use super::*;
    use crate::testing::House;

    fn brings(name: HeaderName, said: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(said))])
    }

    #[tokio::test]
    async fn whoever_was_known_lately_is_known_by_the_same_token_and_by_no_other() {
        let house = House::open(&[crate::MODULE, shouhu_identity::MODULE]).await;
        let (lately, now) = (Lately::default(), Instant::now());
        let from = |last: u8| Some(IpAddr::from([10, 0, 0, last]));
        let who = |headers: &HeaderMap, last: u8| lately.somebody(&house.app, headers, from(last));
        let cookie = |said: &'static str| brings(header::COOKIE, said);
        let cookie_name = if house.app.public_url.starts_with("https://") { "__Host-shouhu_session" } else { "shouhu_session" };
        assert_eq!(cookie_name, "shouhu_session", "the tests' house");
        let device = brings(HeaderName::from_static(DEVICE_HEADER), "camera");
        let link = brings(header::AUTHORIZATION, "Bearer a");
        assert_eq!(who(&HeaderMap::new(), 1), None);
        lately.note(None, now);
        for (known, same, other) in [
            (who(&cookie("shouhu_session=a"), 1), who(&cookie("theme=dark; shouhu_session=a"), 2), who(&cookie("shouhu_session=b"), 1)),
            (who(&device, 1), who(&device, 1), who(&device, 2)),
            (who(&link, 1), who(&link, 2), who(&brings(header::AUTHORIZATION, "Bearer b"), 1)),
        ] {
            assert!(!lately.has(known, now));
            lately.note(known, now);
            assert!(lately.has(same, now) && lately.has(same, now + LATELY - Duration::from_secs(1)));
            assert!(!lately.has(same, now + LATELY) && !lately.has(other, now));
        }
        assert!(!lately.has(None, now));
    }
}
