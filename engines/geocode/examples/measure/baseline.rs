//! What anyone would write in an afternoon: the same text, the middle of the street, the middle of the village.

use std::collections::HashMap;

use shouhu_geocode::{Lexicon, Parsed, Spot, parse};
use shouhu_place::Wgs84;

use super::data::Record;

#[derive(Default)]
pub struct Baselines {
    texts: HashMap<String, Sum>,
    streets: HashMap<String, Sum>,
    villages: HashMap<String, Sum>,
    towns: HashMap<String, Sum>,
}

#[derive(Default, Clone, Copy)]
struct Sum {
    lon: f64,
    lat: f64,
    count: f64,
}

impl Sum {
    fn add(&mut self, at: Wgs84) {
        self.lon += at.lon;
        self.lat += at.lat;
        self.count += 1.0;
    }

    fn mean(self) -> Option<Wgs84> {
        Wgs84::new(self.lon / self.count, self.lat / self.count).ok()
    }
}

fn street_key(parsed: &Parsed) -> Option<String> {
    let way = match &parsed.address.spot {
        Spot::Road { way } | Spot::Mark { way, .. } | Spot::Door { way: Some(way), .. } => way.clone(),
        Spot::Crossing { ways } => ways.first()?.clone(),
        _ => return None,
    };
    Some(format!("{:?} {}", parsed.address.town, way.street()))
}

fn village_key(parsed: &Parsed) -> Option<String> {
    parsed.address.village.as_ref().map(|village| format!("{:?} {village}", parsed.address.town))
}

impl Baselines {
    pub fn of<'a>(records: impl Iterator<Item = &'a Record>, village_middles: &[([String; 3], Wgs84)]) -> Self {
        let mut all = Self::default();
        for record in records {
            let parsed = parse(&record.address, &Lexicon::default());
            all.texts.entry(record.address.clone()).or_default().add(record.at);
            if let Some(key) = street_key(&parsed) {
                all.streets.entry(key).or_default().add(record.at);
            }
            if let Some(town) = &parsed.address.town {
                all.towns.entry(town.clone()).or_default().add(record.at);
            }
        }
        for ([_, town, village], at) in village_middles {
            all.villages.entry(format!("{:?} {village}", Some(town.replace('臺', "台")))).or_default().add(*at);
        }
        all
    }

    /// The same text before.
    pub fn by_text(&self, address: &str) -> Option<Wgs84> {
        self.texts.get(address).copied().and_then(Sum::mean)
    }

    /// The middle of all records of the first street named, in its town.
    pub fn by_street(&self, parsed: &Parsed) -> Option<Wgs84> {
        self.streets.get(&street_key(parsed)?).copied().and_then(Sum::mean)
    }

    /// The middle of the village, or of all records of the town.
    pub fn by_area(&self, parsed: &Parsed) -> Option<Wgs84> {
        let village = village_key(parsed).and_then(|key| self.villages.get(&key)).copied();
        village.or_else(|| self.towns.get(parsed.address.town.as_ref()?).copied()).and_then(Sum::mean)
    }
}
