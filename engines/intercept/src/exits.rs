//! Closing named exits as early as can be, whoever is or is not on the run.

use shouhu_roads::NodeId;

use crate::assign::{Cell, assign};
use crate::error::{InterceptError, checked};
use crate::model::UnitId;
use crate::streets::{TIME_MAX_S, micros, seconds};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExitOrder {
    pub unit: UnitId,
    pub exit: NodeId,
    pub drive_s: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Closing {
    /// In the order of the exits.
    pub orders: Vec<ExitOrder>,
    /// Exits that no unit is left for.
    pub open: Vec<NodeId>,
    /// When the last ordered unit is there; 0 without orders.
    pub last_s: f64,
    pub total_s: f64,
}

/// One unit to every exit: as many exits as can be, the last one closed as early as can be, then the least total driving.
/// `drive_s` of the n-th unit to the m-th exit is none where no way leads.
///
/// # Errors
/// When a time is no time.
pub fn close_exits(
    units: &[UnitId],
    exits: &[NodeId],
    drive_s: impl Fn(usize, usize) -> Option<f64>,
) -> Result<Closing, InterceptError> {
    let mut cells = Vec::with_capacity(exits.len());
    for exit in 0..exits.len() {
        let mut row = Vec::with_capacity(units.len());
        for unit in 0..units.len() {
            let time_s = drive_s(unit, exit).map(|time_s| checked("a drive in seconds", time_s, 0.0, TIME_MAX_S)).transpose()?;
            row.push(time_s.map(micros).map(|time_us| Cell { worst: time_us, cost: time_us }));
        }
        cells.push(row);
    }
    let mut closing = Closing { orders: Vec::new(), open: Vec::new(), last_s: 0.0, total_s: 0.0 };
    let mut total_us = 0;
    for ((exit, row), unit) in exits.iter().zip(&cells).zip(assign(&cells)) {
        let chosen = unit.and_then(|unit| Some((*units.get(unit)?, row.get(unit).copied().flatten()?.cost)));
        let Some((unit, time_us)) = chosen else {
            closing.open.push(*exit);
            continue;
        };
        total_us += time_us;
        closing.last_s = closing.last_s.max(seconds(time_us));
        closing.orders.push(ExitOrder { unit, exit: *exit, drive_s: seconds(time_us) });
    }
    closing.total_s = seconds(total_us);
    Ok(closing)
}
