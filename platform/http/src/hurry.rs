//! Whoever was turned away twice, for want of places or as a stranger, and asks again within the time of `Retry-After` waits until it is over. A flood that heeds no time
//! would otherwise have the house refuse it as fast as it can ask, and each refusal is taken from the processors that those need who cry for help.
//!
//! It is remembered for each connection and no longer than that: whoever opens another one for each question is not held up. Behind a proxy that is trusted one
//! connection is many people's, and nobody is.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::places::lock;
use crate::shed::RETRY_AFTER_S;

/// A page that is opened asks several things at once, and hears some of the refusals at once.
const AT_ONCE: u32 = 2;

/// What one connection was refused.
#[derive(Debug, Default)]
pub(crate) struct Hurry(Mutex<Option<Heard>>);

#[derive(Debug, Clone, Copy)]
struct Heard {
    /// The first of them said: no sooner than then.
    until: Instant,
    refusals: u32,
}

impl Hurry {
    pub fn refused(&self, now: Instant) {
        let mut heard = lock(&self.0);
        *heard = Some(match *heard {
            Some(before) if now < before.until => Heard { refusals: before.refusals + 1, ..before },
            _ => Heard { until: now + Duration::from_secs(u64::from(RETRY_AFTER_S)), refusals: 1 },
        });
    }

    /// Until when whoever would be refused once more is to wait instead.
    pub fn wait_until(&self, now: Instant) -> Option<Instant> {
        lock(&self.0).filter(|heard| now < heard.until && heard.refusals >= AT_ONCE).map(|heard| heard.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_heeds_the_time_is_never_held_up_and_who_does_not_waits_for_it() {
        let (hurry, start) = (Hurry::default(), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert_eq!(hurry.wait_until(at(0)), None);
        hurry.refused(at(0));
        assert_eq!(hurry.wait_until(at(1)), None, "what a page asks at once");
        hurry.refused(at(1));
        assert_eq!(hurry.wait_until(at(2)), Some(at(2_000)));
        assert_eq!(hurry.wait_until(at(1_999)), Some(at(2_000)));
        assert_eq!(hurry.wait_until(at(2_000)), None);
        hurry.refused(at(2_000));
        assert_eq!(hurry.wait_until(at(2_001)), None, "a new time was named");
        hurry.refused(at(3_999));
        hurry.refused(at(4_000));
        assert_eq!(hurry.wait_until(at(4_001)), None);
    }
}
