//! When a camera may record.

use std::sync::Arc;

use shouhu_ids::Micros;

/// The times for which somebody has answered for a camera. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording(Option<Arc<[(Micros, Micros)]>>);

impl Recording {
    /// Nobody keeps a register of this source.
    #[must_use]
    pub const fn always() -> Self {
        Self(None)
    }

    /// From each first time until before the second.
    #[must_use]
    pub fn within(times: impl Into<Arc<[(Micros, Micros)]>>) -> Self {
        Self(Some(times.into()))
    }

    #[must_use]
    pub fn holds(&self, at: Micros) -> bool {
        self.0.as_ref().is_none_or(|times| times.iter().any(|(from, until)| (*from..*until).contains(&at)))
    }
}
