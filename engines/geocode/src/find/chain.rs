//! The course of a street from the places known on it, in order along the street.

use crate::plane::{Plane, Point, Xy, nearest_pair};

/// Places of one street that are compared with another's; more are thinned evenly.
const LINKS_MAX: usize = 80;

/// A chain is followed so far beyond its ends: streets go on behind their last record.
const BEYOND_M: f64 = 400.0;

/// Places nearer to each other than this are one.
const SAME_M: f64 = 15.0;

/// The places of one street, in metres around a common origin, in order along its longest direction.
pub(super) struct Chain {
    pub places: Vec<Xy>,
}

/// Where two chains come nearest.
pub(super) struct Approach {
    pub at: Xy,
    /// How far they pass each other.
    pub apart_m: f64,
    /// From the crossing to the nearest known place of the one that is known worse.
    pub reach_m: f64,
}

impl Chain {
    pub fn of(points: &[Point], plane: Plane) -> Self {
        let step = points.len().div_ceil(LINKS_MAX).max(1);
        let mut places: Vec<Xy> = Vec::new();
        for xy in points.iter().step_by(step).map(|point| plane.xy(*point)) {
            if places.iter().all(|place| place.distance(xy) > SAME_M) {
                places.push(xy);
            }
        }
        let along = direction(&places);
        places.sort_by(|a, b| a.dot(along).total_cmp(&b.dot(along)));
        Self { places }
    }

    /// The pieces between the places, with both ends prolonged.
    fn pieces(&self) -> Vec<(Xy, Xy)> {
        let mut pieces: Vec<(Xy, Xy)> = self.places.iter().copied().zip(self.places.iter().copied().skip(1)).collect();
        let (Some(first), Some(last)) = (self.places.first(), self.places.last()) else { return pieces };
        if self.places.len() == 1 {
            return vec![(*first, *first)];
        }
        let along = direction(&self.places).times(BEYOND_M);
        pieces.push((first.minus(along), *first));
        pieces.push((*last, last.plus(along)));
        pieces
    }

    fn nearest_m(&self, at: Xy) -> f64 {
        self.places.iter().map(|place| place.distance(at)).min_by(f64::total_cmp).unwrap_or(f64::INFINITY)
    }

    pub fn approach(&self, other: &Self) -> Option<Approach> {
        let mut best: Option<(f64, Approach)> = None;
        let others = other.pieces();
        for mine in self.pieces() {
            for theirs in &others {
                let (p, q) = nearest_pair(mine, *theirs);
                let apart_m = p.distance(q);
                // The chain that is known better knows better where it runs.
                let at = if self.places.len() >= other.places.len() { p } else { q };
                let reach_m = self.nearest_m(at).max(other.nearest_m(at));
                let cost = apart_m + reach_m * 0.5;
                if best.as_ref().is_none_or(|(before, _)| cost < *before) {
                    best = Some((cost, Approach { at, apart_m, reach_m }));
                }
            }
        }
        best.map(|(_, approach)| approach)
    }
}

/// The longest direction of a set of places (the first principal axis), as a vector of length one.
fn direction(places: &[Xy]) -> Xy {
    #[expect(clippy::cast_precision_loss, reason = "at most LINKS_MAX")]
    let count = places.len().max(1) as f64;
    let sum = places.iter().fold(Xy { x: 0.0, y: 0.0 }, |sum, place| sum.plus(*place));
    let mean = sum.times(1.0 / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for place in places {
        let off = place.minus(mean);
        xx += off.x * off.x;
        xy += off.x * off.y;
        yy += off.y * off.y;
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    Xy { x: angle.cos(), y: angle.sin() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_of_which_a_few_places_are_known_meet_where_they_would() {
        let chain = |places: &[(f64, f64)]| Chain { places: places.iter().map(|(x, y)| Xy { x: *x, y: *y }).collect() };
        let east = chain(&[(-300.0, 0.0), (-100.0, 2.0), (200.0, 0.0)]);
        let north = chain(&[(5.0, -200.0), (5.0, -80.0)]);
        let Some(found) = east.approach(&north) else { panic!("both have places") };
        assert!(found.at.x.abs() < 10.0 && found.at.y.abs() < 5.0, "{:?}", found.at);
        let alone = chain(&[(50.0, 40.0)]);
        let Some(found) = east.approach(&alone) else { panic!("both have places") };
        assert!((found.at.x - 50.0).abs() < 5.0 && (found.apart_m - 40.0).abs() < 3.0, "{:?}", found.at);
    }
}
