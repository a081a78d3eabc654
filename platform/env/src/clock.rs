//! Wall-clock time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use shouhu_ids::Micros;

pub trait Clock: Send + Sync {
    fn now(&self) -> Micros;
}

#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one door to the machine's clock")]
    fn now(&self) -> Micros {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that runs `speed` times as fast as the machine's since `origin`: two programs with the same two numbers agree.
/// For simulations only.
#[derive(Debug, Clone, Copy)]
pub struct ScaledClock {
    origin: Micros,
    speed: u32,
}

impl ScaledClock {
    #[must_use]
    pub const fn new(origin: Micros, speed: u32) -> Self {
        Self { origin, speed }
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Micros {
        let since = SystemClock.now().since(self.origin);
        self.origin.plus(since.saturating_mul(i64::from(self.speed)))
    }
}

/// A clock that moves only when told.
#[derive(Debug)]
pub struct SimClock(AtomicI64);

impl SimClock {
    #[must_use]
    pub const fn starting_at(start: Micros) -> Self {
        Self(AtomicI64::new(start.0))
    }

    pub fn advance_us(&self, us: i64) {
        self.0.fetch_add(us, Ordering::SeqCst);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::SeqCst))
    }
}
