//! The bound that holds, with who set it and when.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::{Keyed, Person};
use shouhu_store::{Store, StoreError, params};

use super::bound::Bound;

/// A week: what a single offence needs. Longer is observation, for which 警察職權行使法 §11 wants the chief's consent in writing.
const DAYS_USUAL: u32 = 7;
const POINTS_USUAL: u32 = 200;
/// More days than a month are observation by any reading of the law.
const DAYS_MAX: u32 = 31;
const POINTS_MAX: u32 = 2_000;

/// How much of one plate is shown for one case, and to one asker over all cases, without a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoundSettings {
    /// Different days, in Taipei.
    #[schemars(range(min = 1, max = 31))]
    pub days_max: u32,
    /// Different passages.
    #[schemars(range(min = 1, max = 2_000))]
    pub points_max: u32,
}

impl Default for BoundSettings {
    fn default() -> Self {
        Self { days_max: DAYS_USUAL, points_max: POINTS_USUAL }
    }
}

impl BoundSettings {
    #[must_use]
    pub fn bound(self) -> Bound {
        Bound { days_max: self.days_max as usize, points_max: self.points_max as usize }
    }
}

/// The bound that holds, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MovementBound {
    #[serde(flatten)]
    pub settings: BoundSettings,
    /// Absent: nobody has changed the usual one.
    pub set_at_us: Option<Micros>,
    pub set_by_name: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum BoundError {
    #[error("the bound is 1 to {DAYS_MAX} days and 1 to {POINTS_MAX} passages")]
    OutOfRange,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for BoundError {
    fn key(&self) -> &'static str {
        match self {
            Self::OutOfRange => "oversight.movements.bound_out_of_range",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::OutOfRange => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// # Errors
/// When the database fails.
pub async fn current(store: &Store) -> Result<MovementBound, StoreError> {
    let sql = "SELECT days_max, points_max, set_at_us, set_by_name FROM oversight_bound ORDER BY version DESC LIMIT 1";
    let Some(row) = store.fetch_opt(sql, vec![]).await? else {
        return Ok(MovementBound { settings: BoundSettings::default(), set_at_us: None, set_by_name: None });
    };
    let number = |column: &str| Ok::<u32, StoreError>(u32::try_from(row.int(column)?).unwrap_or_default());
    Ok(MovementBound {
        settings: BoundSettings { days_max: number("days_max")?, points_max: number("points_max")? },
        set_at_us: Some(row.micros("set_at_us")?),
        set_by_name: Some(row.text("set_by_name")?),
    })
}

/// Sets it for the whole house; the ones before stay on record.
///
/// # Errors
/// When it is out of its range.
pub async fn set(store: &Store, by: &Person, settings: BoundSettings) -> Result<MovementBound, BoundError> {
    if !(1..=DAYS_MAX).contains(&settings.days_max) || !(1..=POINTS_MAX).contains(&settings.points_max) {
        return Err(BoundError::OutOfRange);
    }
    let now = store.env().now();
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO oversight_bound (version, days_max, points_max, set_at_us, set_by, set_by_name) \
         SELECT COALESCE(MAX(version), 0) + 1, $1, $2, $3, $4, $5 FROM oversight_bound",
        params![settings.days_max, settings.points_max, now, by.id, &by.name],
    )
    .await?;
    tx.commit().await?;
    Ok(MovementBound { settings, set_at_us: Some(now), set_by_name: Some(by.name.clone()) })
}
