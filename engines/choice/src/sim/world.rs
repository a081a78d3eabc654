//! The places of a city and the ways between them.

use shouhu_place::Wgs84;

/// A place by its index.
pub type PlaceNo = usize;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WorldError {
    #[error("{places} places need a table of {} cells, not {cells}", places * places)]
    TableSize { places: usize, cells: usize },
    #[error("a world without places")]
    Empty,
}

/// How fast is driven when: multiples of the time at the speed limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    pub by_hour: [f64; 24],
    /// With lights and siren, at any hour.
    pub siren: f64,
}

impl Pace {
    #[must_use]
    pub fn at(&self, now_s: f64, with_siren: bool) -> f64 {
        if with_siren { self.siren } else { self.by_hour.get(hour(now_s)).copied().unwrap_or(1.0) }
    }
}

/// The hour of the day, 0 to 23; simulations start at midnight.
pub(crate) fn hour(now_s: f64) -> usize {
    ((now_s / 3_600.0) as usize) % 24
}

#[derive(Debug, Clone)]
pub struct World {
    places: Vec<Wgs84>,
    /// Row by row from, infinite where no way leads; at the speed limits.
    seconds: Vec<f32>,
    /// The same, row by row to: finding a way reads whole columns, and a column is a cache miss per cell.
    seconds_to: Vec<f32>,
    metres: Vec<f32>,
    pub pace: Pace,
}

impl World {
    /// Tables of travel seconds at the speed limits and metres, one row per start.
    ///
    /// # Errors
    /// When a table has not one cell per pair.
    pub fn new(places: Vec<Wgs84>, seconds: Vec<f32>, metres: Vec<f32>, pace: Pace) -> Result<Self, WorldError> {
        if places.is_empty() {
            return Err(WorldError::Empty);
        }
        for cells in [seconds.len(), metres.len()] {
            if cells != places.len() * places.len() {
                return Err(WorldError::TableSize { places: places.len(), cells });
            }
        }
        let count = places.len();
        let seconds_to =
            (0..count).flat_map(|to| (0..count).map(move |from| from * count + to)).map(|cell| seconds[cell]).collect();
        Ok(Self { places, seconds, seconds_to, metres, pace })
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// At the speed limits; none where no way leads.
    #[must_use]
    pub fn seconds(&self, from: PlaceNo, to: PlaceNo) -> Option<f64> {
        self.cell(&self.seconds, from, to)
    }

    #[must_use]
    pub fn metres(&self, from: PlaceNo, to: PlaceNo) -> Option<f64> {
        self.cell(&self.metres, from, to)
    }

    /// Along the straight line.
    #[must_use]
    pub fn air_m(&self, from: PlaceNo, to: PlaceNo) -> Option<f64> {
        Some(self.places.get(from)?.distance_m(*self.places.get(to)?))
    }

    fn cell(&self, table: &[f32], from: PlaceNo, to: PlaceNo) -> Option<f64> {
        let cell = table.get(from * self.places.len() + to).filter(|_| to < self.places.len())?;
        cell.is_finite().then_some(f64::from(*cell))
    }

    /// The places that a fastest way comes by, with the seconds at the speed limits from its start.
    #[must_use]
    pub fn way(&self, from: PlaceNo, to: PlaceNo) -> Vec<(f32, PlaceNo)> {
        /// Tables are rounded to milliseconds per edge; a way of a hundred edges may be so far off.
        const ROUNDING_S: f32 = 0.2;
        let count = self.len();
        let Some(whole_s) = self.seconds(from, to) else { return Vec::new() };
        let (after_start, before_end) = (&self.seconds[from * count..][..count], &self.seconds_to[to * count..][..count]);
        let latest_s = whole_s as f32 + ROUNDING_S;
        let mut way: Vec<(f32, PlaceNo)> = after_start
            .iter()
            .zip(before_end)
            .enumerate()
            .filter(|(_, (before_s, after_s))| *before_s + *after_s <= latest_s)
            .map(|(place, (before_s, _))| (*before_s, place))
            .collect();
        way.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        way
    }
}
