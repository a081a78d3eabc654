//! Clock, randomness, disk and network, as traits: the only doors to the outside world.
//!
//! **Invariant:** nothing above this crate asks the machine for the time, a random number, a file or a socket by itself
//! (clippy.toml bans the usual ways, each with its reason). A whole system can therefore run in a seeded simulation.

mod clock;
mod disk;
mod files;
mod net;
mod random;
mod threads;

pub use clock::{Clock, ScaledClock, SimClock, SystemClock};
pub use disk::{Disk, DiskError, RealDisk, SimDisk};
pub use files::{RealFiles, raise_open_files_limit};
pub use net::{BoxFuture, BoxStream, Listener, Net, RealNet, SimNet, Stream};
pub use random::{OsRandom, Random, SeededRandom};
pub use threads::{OF_REQUESTS, niceness, step_back, step_to};

use std::sync::Arc;

/// The four doors together, cheap to clone.
#[derive(Clone)]
pub struct Env {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub disk: Arc<dyn Disk>,
    pub net: Arc<dyn Net>,
}

impl Env {
    #[must_use]
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock), random: Arc::new(OsRandom), disk: Arc::new(RealDisk), net: Arc::new(RealNet) }
    }

    /// A world that starts at `start` and is the same for the same seed.
    #[must_use]
    pub fn simulated(seed: u64, start: shouhu_ids::Micros) -> Self {
        Self {
            clock: Arc::new(SimClock::starting_at(start)),
            random: Arc::new(SeededRandom::new(seed)),
            disk: Arc::new(SimDisk::default()),
            net: Arc::new(SimNet::default()),
        }
    }

    #[must_use]
    pub fn now(&self) -> shouhu_ids::Micros {
        self.clock.now()
    }

    /// A new id of any kind: `HitId::from_env(&env)` reads as `env.id(HitId::new)`.
    pub fn id<T>(&self, make: impl FnOnce(shouhu_ids::Micros, [u8; 16]) -> T) -> T {
        make(self.clock.now(), self.random.bytes16())
    }
}
