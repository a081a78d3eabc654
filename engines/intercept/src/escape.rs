//! The plan put to the test: his fastest way out while units close one junction after the other.

use crate::cut::Side;
use crate::field::Field;
use crate::race::{NEVER, race};

/// Junctions of his fastest way out and when he is out; none when he is held. `held` gives when a junction is closed;
/// one who comes at that very moment does not pass.
pub(crate) fn fastest(field: &Field<'_>, starts: &[(u32, i64)], held: &[(u32, i64)]) -> Option<(Vec<u32>, i64)> {
    let mut closed_us = vec![NEVER; field.streets.junction_count()];
    for (junction, time_us) in held {
        if let Some(closed_us) = closed_us.get_mut(*junction as usize) {
            *closed_us = *time_us;
        }
    }
    let may_pass = |junction: u32, time_us: i64| closed_us.get(junction as usize).is_none_or(|closed_us| time_us < *closed_us);
    let run = race(&field.streets.suspect, starts, NEVER, |cost_us| field.suspect_us(cost_us), may_pass);
    let arrivals = (0..).zip(&run.at_us);
    let out = arrivals.filter(|(junction, at_us)| **at_us != NEVER && field.side(*junction) != Side::Inside);
    let (junction, at_us) = out.min_by_key(|(junction, at_us)| (**at_us, *junction))?;
    Some((run.way_to(junction), *at_us))
}
