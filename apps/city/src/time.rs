//! The city's time: the wall's, or a faster one that the server of the same run shares.

use std::sync::Arc;

use shouhu_env::{Clock, ScaledClock, SystemClock};
use shouhu_ids::Micros;

#[derive(Clone)]
pub struct CityClock {
    clock: Arc<dyn Clock>,
    /// Arguments with which the server keeps the same time.
    pub server_arguments: Vec<String>,
}

impl CityClock {
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock), server_arguments: Vec::new() }
    }

    pub fn faster(speed: u32) -> Self {
        let origin = SystemClock.now();
        let arguments = ["--clock-speed".to_owned(), speed.to_string(), "--clock-origin-us".to_owned(), origin.0.to_string()];
        Self { clock: Arc::new(ScaledClock::new(origin, speed)), server_arguments: arguments.to_vec() }
    }

    pub fn now(&self) -> Micros {
        self.clock.now()
    }
}
