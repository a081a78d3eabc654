//! Which plates travelled with this one?

use super::asking::{Asking, in_range};
use super::{Answer, AskError, Limits, View};
use crate::code::PlateCode;
use crate::part::{Moment, Want, Window};
use crate::row::HOUR_MS;

/// When two plates count as travelling together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Together {
    /// Most milliseconds between them at one source, either way.
    pub within_ms: i64,
    /// Fewest different sources at which that happened.
    pub sources_min: u32,
}

impl Default for Together {
    fn default() -> Self {
        Self { within_ms: 60_000, sources_min: 3 }
    }
}

/// A plate that was near the asked one again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companion {
    pub plate: PlateCode,
    /// Different sources at which both passed.
    pub sources: u32,
    /// Pairs of a passage of the asked plate and one of this plate.
    pub passages: u32,
    /// Of this plate's passages in those pairs.
    pub first_ms: i64,
    pub last_ms: i64,
    /// Of the asked plate's passages in those pairs.
    pub asked_first_ms: i64,
    pub asked_last_ms: i64,
}

/// Every plate that passed at least `sources_min` different sources within `within_ms` of the asked plate, both within the
/// window; most sources first, then most passages, then by plate.
///
/// # Errors
/// When the window is empty, `within_ms` is not between 0 and an hour, or `sources_min` is 0.
pub fn ask(
    view: &View,
    plate: PlateCode,
    window: Window,
    together: Together,
    limits: Limits<'_>,
) -> Result<Answer<Companion>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    in_range("the time between two vehicles in milliseconds", together.within_ms, 0, HOUR_MS)?;
    in_range("the number of sources", i64::from(together.sources_min), 1, 10_000)?;
    asking.announce(&[plate], window);
    let passages = asking.all_of_plate(plate, window);
    let mut around: Vec<(Moment, i64)> = passages
        .iter()
        .map(|row| {
            let window = Window {
                from_ms: row.at_ms.saturating_sub(together.within_ms).max(window.from_ms),
                until_ms: row.at_ms.saturating_add(together.within_ms + 1).min(window.until_ms),
            };
            (Moment { source: row.source, window }, row.at_ms)
        })
        .collect();
    around.sort_unstable_by_key(|(moment, at_ms)| (moment.source, moment.window.from_ms, moment.window.until_ms, *at_ms));
    let (moments, asked_ms): (Vec<Moment>, Vec<i64>) = around.into_iter().unzip();
    let mut near: Vec<Near> = Vec::new();
    asking.at_moments(&moments, Want::Bare, &mut |index, seen| {
        if seen.plate != plate {
            near.push((seen.plate, seen.source, seen.at_ms, u32::try_from(index).unwrap_or(u32::MAX)));
        }
    });
    let mut companions = companions_of(&mut near, &asked_ms, together.sources_min);
    companions.sort_unstable_by_key(|found| (std::cmp::Reverse((found.sources, found.passages)), found.plate));
    Ok(asking.answer(companions))
}

/// Plate, source, time, moment: sorts into what is counted.
type Near = (PlateCode, u32, i64, u32);

fn companions_of(near: &mut Vec<Near>, asked_ms: &[i64], sources_min: u32) -> Vec<Companion> {
    near.sort_unstable();
    near.dedup();
    let mut companions = Vec::new();
    for group in near.chunk_by(|a, b| a.0 == b.0) {
        if group.len() < sources_min as usize {
            continue;
        }
        let sources = group.chunk_by(|a, b| a.1 == b.1).count();
        let Some((plate, ..)) = group.first() else { continue };
        if sources < sources_min as usize {
            continue;
        }
        let asked = || group.iter().filter_map(|(_, _, _, moment)| asked_ms.get(*moment as usize).copied());
        companions.push(Companion {
            plate: *plate,
            sources: u32::try_from(sources).unwrap_or(u32::MAX),
            passages: u32::try_from(group.len()).unwrap_or(u32::MAX),
            first_ms: group.iter().map(|(_, _, at_ms, _)| *at_ms).min().unwrap_or_default(),
            last_ms: group.iter().map(|(_, _, at_ms, _)| *at_ms).max().unwrap_or_default(),
            asked_first_ms: asked().min().unwrap_or_default(),
            asked_last_ms: asked().max().unwrap_or_default(),
        });
    }
    companions
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::testing::{plate, whole, window, world};
    use super::*;

    proptest! {
        #[test]
        fn companions_are_those_near_the_plate_at_enough_sources(
            world in world(), window in window(), number in 0..7_usize, within_ms in 0..400_000_i64, sources_min in 1..4_u32,
        ) {
            let asked = plate(number);
            let mut pairs: BTreeMap<PlateCode, Vec<(u32, i64, i64)>> = BTreeMap::new();
            for p in world.all.iter().filter(|row| row.plate == asked && window.holds(row.at_ms)) {
                for s in world.all.iter().filter(|row| row.plate != asked && window.holds(row.at_ms)) {
                    if s.source == p.source && (s.at_ms - p.at_ms).abs() <= within_ms {
                        pairs.entry(s.plate).or_default().push((s.source, s.at_ms, p.at_ms));
                    }
                }
            }
            let mut expected: Vec<Companion> = Vec::new();
            for (plate, pairs) in pairs {
                let sources = pairs.iter().map(|(source, ..)| source).collect::<BTreeSet<_>>().len() as u32;
                let ends = |times: Vec<i64>| Some((*times.iter().min()?, *times.iter().max()?));
                let Some((first_ms, last_ms)) = ends(pairs.iter().map(|(_, at_ms, _)| *at_ms).collect()) else { continue };
                let Some((asked_first_ms, asked_last_ms)) = ends(pairs.iter().map(|(.., asked_ms)| *asked_ms).collect()) else { continue };
                if sources >= sources_min {
                    let passages = pairs.len() as u32;
                    expected.push(Companion { plate, sources, passages, first_ms, last_ms, asked_first_ms, asked_last_ms });
                }
            }
            expected.sort_by_key(|found| (std::cmp::Reverse(found.sources), std::cmp::Reverse(found.passages), found.plate));
            let together = Together { within_ms, sources_min };
            prop_assert_eq!(whole(|limits| ask(&world.view, asked, window, together, limits)), expected);
        }
    }
}
