//! Towns and villages: by name, by outline, and by the records that name them.

use std::collections::HashMap;

use crate::plane::{Point, medoid, spread_m};

/// No town or village is known.
pub(crate) const NONE: u16 = u16::MAX;

/// A closed ring of an outline.
pub(crate) type Ring = Vec<Point>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Area {
    pub county: String,
    pub town: String,
    /// Empty for a town.
    pub village: String,
    pub rings: Vec<Ring>,
    bounds: Option<(Point, Point)>,
    /// Its middle and the distance within which four fifths of it lie, once known.
    pub middle: Option<(Point, f64)>,
}

impl Area {
    pub fn holds(&self, point: Point) -> bool {
        let Some((low, high)) = self.bounds else { return false };
        if point.lon < low.lon || point.lon > high.lon || point.lat < low.lat || point.lat > high.lat {
            return false;
        }
        self.rings.iter().filter(|ring| ring_holds(ring, point)).count() % 2 == 1
    }

    pub fn add_ring(&mut self, ring: Ring) {
        for point in &ring {
            let (low, high) = self.bounds.get_or_insert((*point, *point));
            *low = Point { lon: low.lon.min(point.lon), lat: low.lat.min(point.lat) };
            *high = Point { lon: high.lon.max(point.lon), lat: high.lat.max(point.lat) };
        }
        self.rings.push(ring);
    }

    /// The middle of the outline, sampled on a grid: where nothing is recorded, every place is as likely.
    fn middle_of_outline(&self) -> Option<(Point, f64)> {
        // A prime, so that thinning keeps no row or column whole.
        const STEPS: i32 = 23;
        let (low, high) = self.bounds?;
        let step = |from: i32, to: i32, at: i32| {
            let between = i64::from(from) + (i64::from(to) - i64::from(from)) * i64::from(2 * at + 1) / i64::from(2 * STEPS);
            i32::try_from(between).unwrap_or(from)
        };
        let cells = (0..STEPS).flat_map(|row| (0..STEPS).map(move |column| (row, column)));
        let inside: Vec<Point> = cells
            .map(|(row, column)| Point { lon: step(low.lon, high.lon, column), lat: step(low.lat, high.lat, row) })
            .filter(|point| self.holds(*point))
            .collect();
        let middle = medoid(&inside)?;
        Some((middle, spread_m(&inside, middle, 0.8)))
    }
}

/// Whether a ray to the east crosses the ring an odd number of times.
fn ring_holds(ring: &[Point], point: Point) -> bool {
    let mut is_inside = false;
    let mut before = ring.last().copied().unwrap_or_default();
    for here in ring {
        if (here.lat > point.lat) != (before.lat > point.lat) {
            let share = (f64::from(point.lat) - f64::from(here.lat)) / (f64::from(before.lat) - f64::from(here.lat));
            let lon = f64::from(here.lon) + share * (f64::from(before.lon) - f64::from(here.lon));
            if f64::from(point.lon) < lon {
                is_inside = !is_inside;
            }
        }
        before = *here;
    }
    is_inside
}

/// All areas of one kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Areas {
    areas: Vec<Area>,
    by_name: HashMap<(String, String, String), u16>,
}

impl Areas {
    /// The number of the area; [`NONE`] when there are too many.
    pub fn intern(&mut self, county: &str, town: &str, village: &str) -> u16 {
        let key = (county.to_owned(), town.to_owned(), village.to_owned());
        if let Some(number) = self.by_name.get(&key) {
            return *number;
        }
        let Some(number) = u16::try_from(self.areas.len()).ok().filter(|number| *number < NONE) else { return NONE };
        let (county, town, village) = key.clone();
        self.areas.push(Area { county, town, village, ..Area::default() });
        self.by_name.insert(key, number);
        number
    }

    pub fn get(&self, number: u16) -> Option<&Area> {
        self.areas.get(usize::from(number))
    }

    pub fn add_ring(&mut self, number: u16, ring: Ring) {
        if let Some(area) = self.areas.get_mut(usize::from(number)) {
            area.add_ring(ring);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (u16, &Area)> {
        (0..NONE).zip(&self.areas)
    }

    pub fn at(&self, point: Point) -> Option<u16> {
        self.iter().find(|(_, area)| area.holds(point)).map(|(number, _)| number)
    }

    /// Areas that match what is known of the name.
    pub fn named(&self, county: Option<&str>, town: Option<&str>, village: Option<&str>) -> Vec<u16> {
        let is_same = |said: Option<&str>, name: &str| said.is_none_or(|said| said == name);
        let is_meant =
            |area: &Area| is_same(county, &area.county) && is_same(town, &area.town) && is_same(village, &area.village);
        self.iter().filter(|(_, area)| is_meant(area)).map(|(number, _)| number).collect()
    }

    /// Sets every middle: by the places recorded there when there are enough, else by the outline.
    pub fn settle(&mut self, recorded: &HashMap<u16, Vec<Point>>) {
        const ENOUGH: usize = 5;
        for (number, area) in (0..NONE).zip(&mut self.areas) {
            let points = recorded.get(&number).map(Vec::as_slice).unwrap_or_default();
            let by_records = || medoid(points).map(|middle| (middle, spread_m(points, middle, 0.8).max(200.0)));
            area.middle = if points.len() >= ENOUGH { by_records() } else { area.middle_of_outline().or_else(by_records) };
        }
    }

    pub fn bytes(&self) -> usize {
        let of = |area: &Area| {
            size_of::<Area>() + 120 + area.rings.iter().map(|ring| ring.len() * size_of::<Point>() + 24).sum::<usize>()
        };
        self.areas.iter().map(of).sum()
    }
}
