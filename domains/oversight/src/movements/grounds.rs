//! What lets more out than the bound: consents that run, and openings of the last day.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, Micros};
use shouhu_module::ports::Glimpse;
use shouhu_store::{Row, StoreError, Value, placeholders};

use super::consents::ObservationBasis;
use super::fold::{Target, day_of};

/// What a consent was asked for, as it is kept. A JSON object, because that is what both databases keep alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// As they are written.
    pub plates: Vec<String>,
    /// None: every camera, car and feed.
    pub cameras: Vec<CameraId>,
    pub basis: ObservationBasis,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// `consent …` or `opening …`.
    pub name: String,
    pub from: Micros,
    pub until: Micros,
    pub cameras: Vec<CameraId>,
}

impl Ground {
    fn covers(&self, glimpse: &Glimpse) -> bool {
        let is_in_time = self.from <= glimpse.at && glimpse.at < self.until;
        is_in_time && (self.cameras.is_empty() || glimpse.camera.is_some_and(|camera| self.cameras.contains(&camera)))
    }

    /// All that a sum over this time can be about is under it.
    fn covers_all_of(&self, [from, until]: [Micros; 2]) -> bool {
        self.cameras.is_empty() && self.from <= from && until <= self.until
    }

    /// Nothing of the plate is outside it.
    const fn is_whole(&self) -> bool {
        self.cameras.is_empty() && self.from.0 == i64::MIN && self.until.0 == i64::MAX
    }
}

/// Grounds by plate.
#[derive(Debug, Clone, Default)]
pub struct Grounds(HashMap<Target, Vec<Ground>>);

impl Grounds {
    #[must_use]
    pub fn covering(&self, target: Target, glimpse: &Glimpse) -> Option<&Ground> {
        self.0.get(&target)?.iter().find(|ground| ground.covers(glimpse))
    }

    #[must_use]
    pub fn cover_all_of(&self, target: Target, time: [Micros; 2]) -> bool {
        self.0.get(&target).into_iter().flatten().any(|ground| ground.covers_all_of(time))
    }

    /// Whether one of them has anything to do with these days.
    #[must_use]
    pub fn touch(&self, target: Target, from_day: i64, until_day: i64) -> bool {
        let of_plate = self.0.get(&target).into_iter().flatten();
        of_plate.into_iter().any(|ground| day_of(ground.from) <= until_day && from_day <= day_of(ground.until))
    }

    #[must_use]
    pub fn cover_whole(&self, target: Target) -> bool {
        self.0.get(&target).into_iter().flatten().any(Ground::is_whole)
    }

    pub fn add(&mut self, rows: &[Row], of_row: impl Fn(&Row) -> Result<Ground, StoreError>) -> Result<(), StoreError> {
        for row in rows {
            let Some(target) = Target::parse(&row.text("target")?) else { continue };
            self.0.entry(target).or_default().push(of_row(row)?);
        }
        Ok(())
    }
}

/// Consents for these plates and this case that were given to this office and run.
#[must_use]
pub fn consents(targets: &[Target], case_key: &str, office: &str, now: Micros) -> (String, Vec<Value>) {
    let sql = format!(
        "SELECT p.target, c.id, c.from_us, c.until_us, c.scope FROM oversight_consent_plate p JOIN oversight_consent c ON c.id = p.consent \
         WHERE c.case_key = $1 AND c.asked_office = $2 AND c.state = 'given' AND c.ends_at_us > $3 AND p.target IN ({}) ORDER BY c.id",
        placeholders(4..4 + targets.len())
    );
    let mut values = vec![Value::from(case_key), Value::from(office), Value::from(now)];
    values.extend(targets.iter().map(|target| Value::from(target.hex())));
    (sql, values)
}

pub fn consent_of(row: &Row) -> Result<Ground, StoreError> {
    let scope: Scope = row.json("scope")?;
    let id = row.text("id")?;
    Ok(Ground { name: format!("consent {id}"), from: row.micros("from_us")?, until: row.micros("until_us")?, cameras: scope.cameras })
}

/// Openings of these plates for this case that have not run out.
#[must_use]
pub fn openings(targets: &[Target], case_key: &str, now: Micros) -> (String, Vec<Value>) {
    let sql = format!(
        "SELECT target, id FROM oversight_opening WHERE case_key = $1 AND ends_at_us > $2 AND target IN ({}) ORDER BY id",
        placeholders(3..3 + targets.len())
    );
    let mut values = vec![Value::from(case_key), Value::from(now)];
    values.extend(targets.iter().map(|target| Value::from(target.hex())));
    (sql, values)
}

pub fn opening_of(row: &Row) -> Result<Ground, StoreError> {
    let id = row.text("id")?;
    Ok(Ground { name: format!("opening {id}"), from: Micros(i64::MIN), until: Micros(i64::MAX), cameras: Vec::new() })
}
