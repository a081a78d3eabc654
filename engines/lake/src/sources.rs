//! The register of sources: which number is which lens, and where it stands.

use crate::part::Bounds;

/// One lens or device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub number: u32,
    /// WGS84 millionths of a degree; `None` for one that moves.
    pub place_e6: Option<(i32, i32)>,
}

/// All sources, from memory. Cloned behind an `Arc` when it changes.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    by_number: Vec<Option<(i32, i32)>>,
    /// Fixed sources by longitude, for questions about an area.
    by_lon: Vec<(i32, i32, u32)>,
}

impl Sources {
    #[must_use]
    pub fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        let mut all = Self::default();
        for source in sources {
            let index = source.number as usize;
            if all.by_number.len() <= index {
                all.by_number.resize(index + 1, None);
            }
            if let (Some(slot), Some(place)) = (all.by_number.get_mut(index), source.place_e6) {
                *slot = Some(place);
                all.by_lon.push((place.0, place.1, source.number));
            }
        }
        all.by_lon.sort_unstable();
        all
    }

    /// Longitude and latitude, millionths of a degree; `None` for one that moves or is unknown.
    #[must_use]
    pub fn place_e6(&self, number: u32) -> Option<(i32, i32)> {
        self.by_number.get(number as usize).copied().flatten()
    }

    /// Numbers of the fixed sources within the bounds, sorted.
    #[must_use]
    pub fn within(&self, bounds: &Bounds) -> Vec<u32> {
        let first = self.by_lon.partition_point(|(lon, ..)| *lon < bounds.west_e6);
        let mut found: Vec<u32> = self
            .by_lon
            .iter()
            .skip(first)
            .take_while(|(lon, ..)| *lon <= bounds.east_e6)
            .filter(|(lon, lat, _)| bounds.holds(*lon, *lat))
            .map(|(.., number)| *number)
            .collect();
        found.sort_unstable();
        found
    }
}
