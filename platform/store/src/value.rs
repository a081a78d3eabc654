//! Parameters and results, in the four types that both databases share.

/// `None` is NULL of that type: PostgreSQL wants to know which.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(Some(value))
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(ToOwned::to_owned))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(Some(value))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(Some(value.to_vec()))
    }
}

impl From<shouhu_ids::Micros> for Value {
    fn from(value: shouhu_ids::Micros) -> Self {
        Self::Int(Some(value.0))
    }
}

impl From<Option<shouhu_ids::Micros>> for Value {
    fn from(value: Option<shouhu_ids::Micros>) -> Self {
        Self::Int(value.map(|at| at.0))
    }
}

macro_rules! from_ids {
    ($($id:ident),+ $(,)?) => {$(
        impl From<shouhu_ids::$id> for Value {
            fn from(id: shouhu_ids::$id) -> Self {
                Self::Text(Some(id.to_string()))
            }
        }

        impl From<Option<shouhu_ids::$id>> for Value {
            fn from(id: Option<shouhu_ids::$id>) -> Self {
                Self::Text(id.map(|id| id.to_string()))
            }
        }
    )+};
}

from_ids!(
    ActorId, DeviceId, CameraId, SightingId, EntryId, HitId, IncidentId, UnitId, AssignmentId, EventId, JobId, SessionId, ImportId, ExportId, HoldId, BoxId, CallId, CheckInId, WarningId, WebhookId, TrackerId, TourPlanId, CheckId, ShiftId, PhotoId, ClosureId, ConsentId, OpeningId, BreachId, InquiryId, DisclosureId, MisuseAlertId, MisuseCaseId, MarkId, TrustChangeId, TrustAlertId, SealId,
);

/// Sorts after every id in any collation: ids are lower-case hexadecimal, and in most languages' rules punctuation sorts before
/// letters, so a tilde would not do.
const AFTER_EVERY_ID: &str = "z";

/// What a page's `id < $1` is compared with: the last id of the page before, or what comes after every id.
#[must_use]
pub fn page_before(last: Option<impl ToString>) -> String {
    last.map_or_else(|| AFTER_EVERY_ID.to_owned(), |id| id.to_string())
}

/// `$2, $3, $4` for the numbers 2 to 4: the list behind `IN` or `VALUES`, as long as what is asked for.
#[must_use]
pub fn placeholders(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// `params![a, b]` for the parameters `$1`, `$2`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_as_they_are_asked_for() {
        assert_eq!(placeholders(1..=3), "$1, $2, $3");
        assert_eq!(placeholders(9..11), "$9, $10");
        assert_eq!(placeholders(1..=0), "");
    }
}
