//! Fixes of units from other rooms: trackers that ride along.

use std::collections::HashSet;
use std::sync::Arc;

use shouhu_env::BoxFuture;
use shouhu_ids::UnitId;
use shouhu_module::ports::{FixRefused, FixTaken, UnitFix, UnitFixes, UnitNow};
use shouhu_module::{Keyed, Problem};
use shouhu_place::Wgs84;
use shouhu_store::Store;
use shouhu_wire::{ReportPosition, Unit};

use crate::positions::{Fix, FixError, Positions, Taken};
use crate::store;

/// How far a place lies from its nearest road, metres; none where there is no map.
type OffRoad = Box<dyn Fn(Wgs84) -> Option<f64> + Send + Sync>;

pub struct FixesOfUnits {
    pub store: Store,
    pub known: Arc<Positions>,
    pub off_road_m: OffRoad,
}

fn refused(error: &FixError) -> FixRefused {
    FixRefused { key: error.key(), detail: error.to_string() }
}

impl From<Fix> for UnitFix {
    fn from(fix: Fix) -> Self {
        Self { position: fix.position, measured_at: fix.measured_at, accuracy_m: fix.accuracy_m, heading_deg: fix.heading_deg }
    }
}

impl From<Taken> for FixTaken {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::Older => Self::Older,
            Taken::Newest { .. } => Self::Newest,
        }
    }
}

fn unit_now(known: &Positions, mut unit: Unit) -> UnitNow {
    known.overlay(&mut unit);
    let fix = unit.position.zip(unit.position_at_us).map(|(position, measured_at)| UnitFix {
        position,
        measured_at,
        accuracy_m: unit.accuracy_m,
        heading_deg: unit.heading_deg,
    });
    UnitNow { unit: unit.id, call_sign: unit.call_sign, kind: unit.kind, state: unit.state, fix }
}

impl UnitFixes for FixesOfUnits {
    fn take(&self, unit: UnitId, fix: UnitFix) -> Result<FixTaken, FixRefused> {
        let now = self.store.env().now();
        let report = ReportPosition {
            position: fix.position,
            measured_at_us: fix.measured_at.0,
            accuracy_m: fix.accuracy_m,
            heading_deg: fix.heading_deg,
        };
        let fix = Fix::checked(&report, now).map_err(|error| refused(&error))?;
        let taken = self.known.take_beside(unit, fix, (self.off_road_m)(fix.position), now).map_err(|error| refused(&error))?;
        if taken == (Taken::Newest { is_due: true }) {
            self.known.write_soon(unit);
        }
        Ok(taken.into())
    }

    fn units(&self) -> BoxFuture<'static, Result<Vec<UnitNow>, Problem>> {
        let (store, known) = (self.store.clone(), self.known.clone());
        Box::pin(async move { Ok(store::units(&store).await?.into_iter().map(|unit| unit_now(&known, unit)).collect()) })
    }

    fn off_duty(&self) -> BoxFuture<'static, Result<HashSet<UnitId>, Problem>> {
        let store = self.store.clone();
        Box::pin(async move {
            let rows = store.fetch("SELECT id FROM dispatch_unit WHERE state = 'off_duty'", vec![]).await?;
            Ok(rows.iter().map(|row| row.parsed("id")).collect::<Result<_, _>>()?)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::Micros;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::UnitState;

    use super::*;
    use crate::MODULE;
    use crate::ops::unit_state;
    use crate::positions::persist_due;
    use crate::testing::Scene;

    #[tokio::test]
    async fn a_trackers_fix_is_the_units_newest_at_once_and_on_disk_with_the_next_write() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let known = Arc::new(Positions::default());
            let is_far = |place: Wgs84| (place.lon < 120.15).then_some(1_800.0);
            let port = FixesOfUnits { store: store.clone(), known: known.clone(), off_road_m: Box::new(is_far) };
            let now = store.env().now();
            let fix = |lon, at| UnitFix {
                position: Wgs84::new(lon, 23.0).unwrap(),
                measured_at: at,
                accuracy_m: Some(5.0),
                heading_deg: None,
            };
            assert_eq!(port.take(unit, fix(120.2, now.plus(-Micros::SECOND))), Ok(FixTaken::Newest));
            assert_eq!(port.take(unit, fix(120.2, now.plus(-Micros::MINUTE))), Ok(FixTaken::Older));
            assert_eq!(port.take(unit, fix(117.2, now)).unwrap_err().key, "dispatch.position.jump");
            assert_eq!(port.units().await.unwrap().first().unwrap().fix, Some(fix(120.2, now.plus(-Micros::SECOND))));
            assert_eq!(store::units(&store).await.unwrap().first().unwrap().position, None, "not yet");
            assert_eq!(persist_due(&known, &store).await.unwrap(), 1);
            assert_eq!(persist_due(&known, &store).await.unwrap(), 0);
            assert_eq!(store::units(&store).await.unwrap().first().unwrap().position, Wgs84::new(120.2, 23.0).ok());
            // Far from every road, where its device would never admit how little it knows.
            let other = scene.unit("永康 22").await;
            assert_eq!(port.take(other, fix(120.14, now)), Ok(FixTaken::Newest));
            assert_eq!(known.fix(other).unwrap().accuracy_m, Some(1_800.0));
        })
        .await;
    }

    #[tokio::test]
    async fn crews_that_went_home_are_told() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let port = FixesOfUnits { store: store.clone(), known: Arc::default(), off_road_m: Box::new(|_| None) };
            assert!(port.off_duty().await.unwrap().is_empty());
            unit_state::set(&store, Some(unit), UnitState::OffDuty).await.unwrap();
            assert_eq!(port.off_duty().await.unwrap(), HashSet::from([unit]));
        })
        .await;
    }
}
