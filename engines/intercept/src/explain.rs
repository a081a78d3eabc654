//! What speaks for and against every unit.

use shouhu_roads::NodeId;

use crate::field::Field;
use crate::model::{Leak, Order, Reason, Unit, Verdict, WhyOpen};
use crate::race::NEVER;
use crate::streets::seconds;

/// `runner_of` gives the unit's place among the field's runners; none for units that were not compared. `ring` is the
/// ring as it should be, leaks included.
pub(crate) fn verdicts(
    units: &[Unit],
    runner_of: &[Option<usize>],
    field: &Field<'_>,
    ring: &[u32],
    orders: &[Order],
) -> Vec<Verdict> {
    let verdict = |(unit, runner): (&Unit, &Option<usize>)| {
        let order = orders.iter().find(|order| order.unit == unit.id);
        let reasons = match (order, runner) {
            (Some(order), Some(runner)) => reasons_for(field, *runner, order),
            (_, None) if unit.is_busy => vec![Reason::Busy],
            (_, None) => vec![Reason::FartherThanEnough],
            (None, Some(runner)) => vec![reason_against(field, *runner, ring)],
        };
        Verdict { unit: unit.id, reasons }
    };
    units.iter().zip(runner_of).map(verdict).collect()
}

fn reasons_for(field: &Field<'_>, runner: usize, order: &Order) -> Vec<Reason> {
    let mut reasons = vec![Reason::InTime { slack_s: order.slack_s }];
    if field.in_time(order.junction.0).list() == [runner] {
        reasons.push(Reason::OnlyOneInTime);
    }
    if field.runners.get(runner).is_some_and(|runner| runner.stands_at(order.junction.0)) {
        reasons.push(Reason::AlreadyStanding);
    } else if order.is_kept {
        reasons.push(Reason::AlreadyDriving);
    }
    reasons
}

fn reason_against(field: &Field<'_>, runner: usize, ring: &[u32]) -> Reason {
    if ring.is_empty() {
        return Reason::NoRing;
    }
    let could_hold = ring.iter().filter(|junction| field.is_in_time(runner, **junction)).count();
    if could_hold > 0 {
        return Reason::NotNeeded { could_hold };
    }
    let late = ring.iter().map(|junction| (field.late_us(runner, *junction), *junction)).min();
    match late.filter(|(late_us, _)| *late_us != NEVER) {
        Some((late_us, junction)) => Reason::TooLate { junction: NodeId(junction), by_s: seconds(late_us) },
        None => Reason::NoWay,
    }
}

/// Why nobody holds a junction of the ring.
pub(crate) fn leak(field: &Field<'_>, junction: u32) -> Leak {
    let quickest = (0..field.runners.len()).map(|runner| (field.late_us(runner, junction), runner)).min();
    let why = match quickest.filter(|(late_us, _)| *late_us != NEVER) {
        Some((late_us, _)) if late_us <= 0 => WhyOpen::NobodyLeft,
        Some((late_us, runner)) => match field.runners.get(runner) {
            Some(runner) => WhyOpen::TooLate { unit: runner.id, by_s: seconds(late_us) },
            None => WhyOpen::NoUnit,
        },
        None => WhyOpen::NoUnit,
    };
    Leak { junction: NodeId(junction), suspect_s: seconds(field.arrives_us(junction)), why }
}
