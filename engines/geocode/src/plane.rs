//! Places on a grain of a centimetre, and plane geometry in metres around one of them.

use shouhu_place::Wgs84;

/// A place in steps of 1e-7 degrees, half the size of two floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Point {
    pub lon: i32,
    pub lat: i32,
}

const GRAIN: f64 = 1e7;

/// Metres of one degree of a meridian (IUGG mean radius).
const DEGREE_M: f64 = 111_195.08;

impl Point {
    /// None outside ±180° and ±85°, where nothing is geocoded.
    pub fn of(place: Wgs84) -> Option<Self> {
        let is_on = (-180.0..=180.0).contains(&place.lon) && (-85.0..=85.0).contains(&place.lat);
        #[expect(clippy::cast_possible_truncation, reason = "degrees times 1e7 are below 2^31")]
        let grain = |degrees: f64| (degrees * GRAIN).round() as i32;
        is_on.then(|| Self { lon: grain(place.lon), lat: grain(place.lat) })
    }

    pub fn place(self) -> Wgs84 {
        Wgs84 { lon: f64::from(self.lon) / GRAIN, lat: f64::from(self.lat) / GRAIN }
    }

    pub fn distance_m(self, other: Self) -> f64 {
        Plane::around(self).xy(other).length()
    }
}

/// A vector in metres: x to the east, y to the north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Xy {
    pub x: f64,
    pub y: f64,
}

impl Xy {
    pub fn length(self) -> f64 {
        self.x.hypot(self.y)
    }

    pub fn minus(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }

    pub fn plus(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }

    pub fn times(self, factor: f64) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }

    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    pub fn distance(self, other: Self) -> f64 {
        self.minus(other).length()
    }
}

/// Metres around a place; good for a city.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    origin: Point,
    per_lon: f64,
    per_lat: f64,
}

impl Plane {
    pub fn around(origin: Point) -> Self {
        let per_lat = DEGREE_M / GRAIN;
        Self { origin, per_lon: per_lat * (f64::from(origin.lat) / GRAIN).to_radians().cos(), per_lat }
    }

    pub fn xy(self, point: Point) -> Xy {
        Xy {
            x: (f64::from(point.lon) - f64::from(self.origin.lon)) * self.per_lon,
            y: (f64::from(point.lat) - f64::from(self.origin.lat)) * self.per_lat,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "casts from f64 saturate, and what is far off is clamped to the globe")]
    pub fn point(self, xy: Xy) -> Point {
        let lon = f64::from(self.origin.lon) + xy.x / self.per_lon.max(1e-9);
        let lat = f64::from(self.origin.lat) + xy.y / self.per_lat;
        Point { lon: lon.round().clamp(-1.8e9, 1.8e9) as i32, lat: lat.round().clamp(-8.5e8, 8.5e8) as i32 }
    }
}

/// The nearest place of the segment `a`–`b` to `p`.
pub(crate) fn nearest_on(p: Xy, a: Xy, b: Xy) -> Xy {
    let along = b.minus(a);
    let length_2 = along.dot(along);
    if length_2 <= 0.0 {
        return a;
    }
    a.plus(along.times((p.minus(a).dot(along) / length_2).clamp(0.0, 1.0)))
}

/// The two places, one on each segment, that are nearest to each other.
pub(crate) fn nearest_pair(a: (Xy, Xy), b: (Xy, Xy)) -> (Xy, Xy) {
    let (along_a, along_b) = (a.1.minus(a.0), b.1.minus(b.0));
    let cross = along_a.x * along_b.y - along_a.y * along_b.x;
    let between = b.0.minus(a.0);
    if cross.abs() > 1e-9 {
        let s = (between.x * along_b.y - between.y * along_b.x) / cross;
        let t = (between.x * along_a.y - between.y * along_a.x) / cross;
        if (0.0..=1.0).contains(&s) && (0.0..=1.0).contains(&t) {
            let meet = a.0.plus(along_a.times(s));
            return (meet, meet);
        }
    }
    let ends = [
        (a.0, nearest_on(a.0, b.0, b.1)),
        (a.1, nearest_on(a.1, b.0, b.1)),
        (nearest_on(b.0, a.0, a.1), b.0),
        (nearest_on(b.1, a.0, a.1), b.1),
    ];
    ends.into_iter().min_by(|p, q| p.0.distance(p.1).total_cmp(&q.0.distance(q.1))).unwrap_or((a.0, b.0))
}

/// The point of a set that is nearest to all others (by the sum of distances); one that exists, unlike a mean.
pub(crate) fn medoid(points: &[Point]) -> Option<Point> {
    /// Sets beyond this are thinned evenly; the middle of a street does not hang on every house.
    const LOOKED_AT: usize = 80;
    let first = *points.first()?;
    let plane = Plane::around(first);
    let step = points.len().div_ceil(LOOKED_AT).max(1);
    let sample: Vec<(Point, Xy)> = points.iter().step_by(step).map(|point| (*point, plane.xy(*point))).collect();
    let cost = |at: Xy| sample.iter().map(|(_, other)| at.distance(*other)).sum::<f64>();
    sample.iter().map(|(point, xy)| (*point, cost(*xy))).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(point, _)| point)
}

/// The distance within which this share of the points lies.
pub(crate) fn spread_m(points: &[Point], around: Point, share: f64) -> f64 {
    let plane = Plane::around(around);
    let mut distances: Vec<f64> = points.iter().map(|point| plane.xy(*point).length()).collect();
    quantile(&mut distances, share).unwrap_or(0.0)
}

/// The value below which this share lies (nearest rank); none of an empty set.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank within the set"
    )]
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.clamp(1, values.len().max(1)) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_agrees_with_the_globe() {
        let (Ok(a), Ok(b)) = (Wgs84::new(120.2128, 22.9971), Wgs84::new(120.2228, 23.0071)) else { panic!("on the globe") };
        let (Some(p), Some(q)) = (Point::of(a), Point::of(b)) else { panic!("on the globe") };
        assert!((p.distance_m(q) - a.distance_m(b)).abs() < 1.0);
        let plane = Plane::around(p);
        assert_eq!(plane.point(plane.xy(q)), q);
    }

    #[test]
    fn segments_that_cross_meet_where_they_cross() {
        let at = |x: f64, y: f64| Xy { x, y };
        let (p, q) = nearest_pair((at(-1.0, 0.0), at(1.0, 0.0)), (at(0.0, -1.0), at(0.0, 1.0)));
        assert!(p.length() < 1e-9 && q.length() < 1e-9);
        let (p, q) = nearest_pair((at(0.0, 0.0), at(1.0, 0.0)), (at(3.0, 1.0), at(3.0, 5.0)));
        assert_eq!((p, q), (at(1.0, 0.0), at(3.0, 1.0)));
    }
}
