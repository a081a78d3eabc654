//! Fewer points for drawing: Douglas–Peucker (Cartographica 10(2), 1973) in metres.
//!
//! No point that is left out lies farther than the tolerance from the line that is drawn between those that stay.

use shouhu_place::Wgs84;

/// Points that are thinned together: the worst case is quadratic, and of this many it takes some milliseconds.
const RUN_MAX: usize = 2_000;
/// One degree of latitude, metres (WGS84, mean).
const DEGREE_M: f64 = 111_195.0;

/// Metres east and north of `origin`; on the scale of a city the plane is good to centimetres.
fn flat(origin: Wgs84, place: Wgs84) -> (f64, f64) {
    let east = (place.lon - origin.lon) * DEGREE_M * origin.lat.to_radians().cos();
    (east, (place.lat - origin.lat) * DEGREE_M)
}

/// From `p` to the segment between `a` and `b`, metres.
fn distance_m(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let squared = dx * dx + dy * dy;
    let along = if squared > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
    (p.0 - a.0 - along * dx).hypot(p.1 - a.1 - along * dy)
}

/// Which points stay: the first and the last always, the others where the line would leave them farther than `tolerance_m`.
#[must_use]
pub fn stays(places: &[Wgs84], tolerance_m: f64) -> Vec<bool> {
    let mut stays = vec![false; places.len()];
    let mut start = 0;
    while start < places.len() {
        let end = (start + RUN_MAX).min(places.len() - 1);
        if let (Some(places), Some(stays)) = (places.get(start..=end), stays.get_mut(start..=end)) {
            run(places, stays, tolerance_m);
        }
        if end == places.len() - 1 {
            break;
        }
        start = end;
    }
    stays
}

fn run(places: &[Wgs84], stays: &mut [bool], tolerance_m: f64) {
    let Some(origin) = places.first() else { return };
    let points: Vec<(f64, f64)> = places.iter().map(|place| flat(*origin, *place)).collect();
    let last = points.len() - 1;
    for end in [0, last] {
        if let Some(stay) = stays.get_mut(end) {
            *stay = true;
        }
    }
    let mut open = vec![(0, last)];
    while let Some((from, until)) = open.pop() {
        let (Some(a), Some(b), Some(between)) = (points.get(from), points.get(until), points.get(from + 1..until)) else {
            continue;
        };
        let farthest =
            between.iter().enumerate().map(|(at, p)| (at + from + 1, distance_m(*p, *a, *b))).max_by(|x, y| x.1.total_cmp(&y.1));
        if let Some((at, far_m)) = farthest.filter(|(_, far_m)| *far_m > tolerance_m) {
            if let Some(stay) = stays.get_mut(at) {
                *stay = true;
            }
            debug_assert!(far_m.is_finite());
            open.push((from, at));
            open.push((at, until));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(lon: f64, lat: f64) -> Wgs84 {
        Wgs84::new(lon, lat).unwrap()
    }

    #[test]
    fn a_straight_drive_is_two_points_and_a_corner_is_three() {
        let straight: Vec<Wgs84> = (0..100).map(|n| at(120.0 + f64::from(n) * 1e-4, 23.0)).collect();
        assert_eq!(stays(&straight, 5.0).iter().filter(|stay| **stay).count(), 2);
        let corner: Vec<Wgs84> =
            straight.iter().copied().chain((1..100).map(|n| at(120.0099, 23.0 + f64::from(n) * 1e-4))).collect();
        let kept: Vec<usize> = stays(&corner, 5.0).iter().enumerate().filter(|(_, stay)| **stay).map(|(n, _)| n).collect();
        assert_eq!(kept, [0, 99, 198]);
        assert_eq!((stays(&[], 5.0), stays(&[at(1.0, 1.0)], 5.0)), (vec![], vec![true]));
    }

    proptest! {
        #[test]
        fn nothing_that_is_left_out_is_farther_than_the_tolerance(
            places in proptest::collection::vec((120.0_f64..120.1, 23.0_f64..23.1), 2..200), tolerance_m in 0.5_f64..500.0,
        ) {
            let places: Vec<Wgs84> = places.into_iter().map(|(lon, lat)| at(lon, lat)).collect();
            let stays = stays(&places, tolerance_m);
            prop_assert!(stays[0] && stays[places.len() - 1]);
            let kept: Vec<usize> = (0..places.len()).filter(|n| stays[*n]).collect();
            let origin = places[0];
            for pair in kept.windows(2) {
                let (a, b) = (flat(origin, places[pair[0]]), flat(origin, places[pair[1]]));
                for left_out in &places[pair[0]..pair[1]] {
                    prop_assert!(distance_m(flat(origin, *left_out), a, b) <= tolerance_m + 1e-6);
                }
            }
        }
    }
}
