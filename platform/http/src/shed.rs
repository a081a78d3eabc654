//! Load classes: when the machine has more to do than it can, the least urgent is refused first.
//!
//! Each class has its own places; a class that is full refuses (503 with `Retry-After`) and takes nothing from the
//! others. `Life` has more places than connections are accepted, so it is never refused here.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use shouhu_module::{Load, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places per class, and how long a request waits for one.
const PLACES: [(Load, usize, Duration); 5] = [
    (Load::Life, 8_192, Duration::from_secs(10)),
    (Load::Ingest, 64, Duration::from_secs(2)),
    (Load::Upload, 24, Duration::from_secs(5)),
    (Load::Interactive, 128, Duration::from_secs(2)),
    (Load::Bulk, 4, Duration::from_millis(500)),
];

#[derive(Debug, Clone)]
pub struct Shedder(Arc<[(Load, Arc<Semaphore>, Duration)]>);

impl Default for Shedder {
    fn default() -> Self {
        Self(PLACES.iter().map(|(load, places, wait)| (*load, Arc::new(Semaphore::new(*places)), *wait)).collect())
    }
}

impl Shedder {
    /// A place for one request, given back when it is dropped.
    ///
    /// # Errors
    /// 503 when the class stays full for as long as it may wait.
    pub async fn enter(&self, load: Load) -> Result<OwnedSemaphorePermit, Problem> {
        let full = || {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "http.overloaded", format!("too many requests of class {load:?} at once"))
                .retry_after_s(2)
        };
        let (_, places, wait) = self.0.iter().find(|(known, ..)| *known == load).ok_or_else(full)?;
        match tokio::time::timeout(*wait, places.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(full()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_class_refuses_and_leaves_the_others_alone() {
        let shedder = Shedder::default();
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(shedder.enter(Load::Bulk).await);
        }
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(shedder.enter(Load::Bulk).await.err().map(|p| (p.status, p.retry_after_s)), Some((503, Some(2))));
        assert!(shedder.enter(Load::Life).await.is_ok());
        held.clear();
        assert!(shedder.enter(Load::Bulk).await.is_ok());
    }
}
