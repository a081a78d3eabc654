//! Which cookies were lately those of live sessions.
//!
//! To find out who asks is to read rows. Did that go before other work for everybody who asks for what saves lives, so it would for whoever makes up a cookie, and
//! a flood of those would stand before a cry for help. So it does for whom the house has just known: a screen or a car in use asks all the time, and is known long
//! before it cries. Whoever comes for the first time is looked for with all others, and goes first from then on.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};

use crate::places::lock;

/// Longer than a screen that is looked at is silent.
const LATELY: Duration = Duration::from_secs(60 * 60);
/// Ten for each of the police of a large city; beyond it all are forgotten, and known again when they next ask.
const MOST: usize = 100_000;

/// Cheap to clone. Of the cookies it keeps no more than a number that nobody else can reckon.
#[derive(Debug, Clone, Default)]
pub struct Lately(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    keys: RandomState,
    at: Mutex<HashMap<u64, Instant>>,
}

impl Lately {
    /// `None` of a request without any cookie.
    fn number_of(&self, headers: &HeaderMap) -> Option<u64> {
        let mut hasher = self.0.keys.build_hasher();
        let mut count = 0_u32;
        for value in headers.get_all(header::COOKIE) {
            value.as_bytes().hash(&mut hasher);
            count += 1;
        }
        (count > 0).then(|| hasher.finish())
    }

    /// A live session has come with these headers.
    pub fn note(&self, headers: &HeaderMap, now: Instant) {
        let Some(number) = self.number_of(headers) else { return };
        let mut seen = lock(&self.0.at);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(number, now);
    }

    pub fn has(&self, headers: &HeaderMap, now: Instant) -> bool {
        let seen = self.number_of(headers).and_then(|number| lock(&self.0.at).get(&number).copied());
        seen.is_some_and(|at| now.saturating_duration_since(at) < LATELY)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_that_was_good_lately_is_known_and_no_other() {
        let cookie = |said: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(said))]);
        let (lately, now) = (Lately::default(), Instant::now());
        lately.note(&cookie("shouhu_session=a"), now);
        lately.note(&HeaderMap::new(), now);
        let shared = lately.clone();
        assert!(shared.has(&cookie("shouhu_session=a"), now) && shared.has(&cookie("shouhu_session=a"), now + LATELY - Duration::from_secs(1)));
        assert!(!shared.has(&cookie("shouhu_session=a"), now + LATELY));
        assert!(!shared.has(&cookie("shouhu_session=b"), now) && !shared.has(&HeaderMap::new(), now));
    }
}
