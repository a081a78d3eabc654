//! The device's clock, and what is known about how wrong it is.
//!
//! Everything that is sent carries the device's own time, so that the server can judge it. Only the expiry of watchlist
//! entries is decided here, and that with the corrected time: a clock a year off must not wake expired entries.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::{info, warn};

/// More than this is said in the log.
const WORTH_SAYING_US: i64 = 60_000_000;

#[derive(Clone)]
pub struct DeviceClock {
    now_us: Arc<dyn Fn() -> i64 + Send + Sync>,
    offset_us: Arc<AtomicI64>,
    /// The latest server time ever seen: it cannot be earlier now.
    floor_us: Arc<AtomicI64>,
}

impl DeviceClock {
    /// The machine's clock; `floor_us` is the latest server time known from before.
    #[must_use]
    pub fn system(floor_us: i64) -> Self {
        Self::new(floor_us, || {
            #[expect(clippy::disallowed_methods, reason = "the one place where the agent asks the machine for the time")]
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.ok().and_then(|d| i64::try_from(d.as_micros()).ok()).unwrap_or(0)
        })
    }

    pub fn new(floor_us: i64, now_us: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { now_us: Arc::new(now_us), offset_us: Arc::new(AtomicI64::new(0)), floor_us: Arc::new(AtomicI64::new(floor_us)) }
    }

    /// Microseconds since 1970 UTC, as this machine believes.
    #[must_use]
    pub fn device_us(&self) -> i64 {
        (self.now_us)()
    }

    /// The same, put right by what the server said last.
    #[must_use]
    pub fn corrected_us(&self) -> i64 {
        (self.device_us() - self.offset_us.load(Ordering::Relaxed)).max(self.floor_us.load(Ordering::Relaxed))
    }

    /// Device minus server.
    #[must_use]
    pub fn offset_us(&self) -> i64 {
        self.offset_us.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn floor_us(&self) -> i64 {
        self.floor_us.load(Ordering::Relaxed)
    }

    /// Takes note of the server's answer to "what time is it".
    pub fn learn_offset(&self, offset_us: i64) {
        let before = self.offset_us.swap(offset_us, Ordering::Relaxed);
        self.floor_us.fetch_max(self.device_us() - offset_us, Ordering::Relaxed);
        if offset_us.abs() > WORTH_SAYING_US && (before - offset_us).abs() > WORTH_SAYING_US {
            warn!(
                offset_s = offset_us / 1_000_000,
                "this device's clock is wrong; the server corrects what it receives; set it (timedatectl set-ntp true)"
            );
        } else if before.abs() > WORTH_SAYING_US && offset_us.abs() <= WORTH_SAYING_US {
            info!("this device's clock is right again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_a_year_behind_is_corrected_and_never_falls_below_what_the_server_said() {
        const YEAR_US: i64 = 365 * 86_400 * 1_000_000;
        let clock = DeviceClock::new(0, || 1_000);
        clock.learn_offset(-YEAR_US);
        assert_eq!(clock.corrected_us(), 1_000 + YEAR_US);
        let restarted = DeviceClock::new(clock.floor_us(), || 2_000);
        assert_eq!(restarted.corrected_us(), 1_000 + YEAR_US);
    }
}
