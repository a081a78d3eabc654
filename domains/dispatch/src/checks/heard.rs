//! Where units were last heard. Several servers take positions in, and each has only its own in memory: what another one has
//! written down counts as well, so that no crew is called silent by a server that merely did not hear it itself.

use std::collections::HashMap;

use shouhu_ids::{Micros, UnitId};
use shouhu_store::{Row, Store, StoreError};

use super::Seen;
use crate::positions::Positions;
use crate::store::place_of;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    pub seen: Seen,
    pub on_duty_since: Option<Micros>,
}

impl Heard {
    /// A place of before the crew's duty says nothing of this crew: it was never heard, so there is nothing to miss.
    #[must_use]
    pub fn is_of_this_duty(&self) -> bool {
        self.on_duty_since.is_none_or(|since| self.seen.at >= since)
    }
}

/// Of every unit that may be watched or has an open check: the newer of what is written down and what this process knows.
///
/// # Errors
/// When the database fails.
pub async fn of_all(store: &Store, known: &Positions) -> Result<HashMap<UnitId, Heard>, StoreError> {
    let sql = "SELECT u.id, u.lon, u.lat, u.position_at_us, u.accuracy_m, u.on_duty_since_us FROM dispatch_unit u \
         WHERE u.state IN ('available', 'en_route', 'on_scene') \
         OR u.id IN (SELECT c.unit FROM dispatch_check c WHERE c.ended_at_us IS NULL)";
    let mut heard = HashMap::new();
    for row in &store.fetch(sql, vec![]).await? {
        let unit: UnitId = row.parsed("id")?;
        let here = known.fix(unit).map(|fix| Seen { place: fix.position, at: fix.measured_at, accuracy_m: fix.accuracy_m });
        if let Some(seen) = written(row)?.into_iter().chain(here).max_by_key(|seen| seen.at) {
            heard.insert(unit, Heard { seen, on_duty_since: row.opt_micros("on_duty_since_us")? });
        }
    }
    Ok(heard)
}

fn written(row: &Row) -> Result<Option<Seen>, StoreError> {
    let (Some(place), Some(at)) = (place_of(row)?, row.opt_micros("position_at_us")?) else { return Ok(None) };
    Ok(Some(Seen { place, at, accuracy_m: row.opt_real("accuracy_m")? }))
}
