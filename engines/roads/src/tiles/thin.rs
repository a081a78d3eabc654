//! Douglas–Peucker for all tolerances at once.
#![allow(clippy::indexing_slicing, reason = "ranges are split inside the slice that they come from")]

use crate::geo::Flat;

/// For every point, the tolerance up to which Douglas–Peucker keeps it. Ends are kept always.
pub(crate) fn weights(points: &[Flat]) -> Vec<f64> {
    let mut weight = vec![0.0; points.len()];
    let Some(last) = points.len().checked_sub(1) else { return weight };
    weight[0] = f64::INFINITY;
    weight[last] = f64::INFINITY;
    let mut open = vec![(0, last, f64::INFINITY)];
    while let Some((low, high, limit)) = open.pop() {
        let farthest = (low + 1..high)
            .map(|index| (index, distance(points[index], points[low], points[high])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((index, distance)) = farthest else { continue };
        // A point inside a stretch cannot outlive the point that opened the stretch.
        weight[index] = distance.min(limit);
        open.push((low, index, weight[index]));
        open.push((index, high, weight[index]));
    }
    weight
}

fn distance(point: Flat, a: Flat, b: Flat) -> f64 {
    point.distance_2(Flat::between(a, b, point.nearest_on(a, b))).sqrt()
}
