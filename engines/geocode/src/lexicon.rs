//! The names that a city knows, which tell where one part of an address ends and the next begins.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::towns::{COUNTIES, towns_of};

/// Names of the counties served, of their villages and of their streets. Empty, it still knows Taiwan's counties and towns.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    /// Only towns of these may be named in short (永康 for 永康區); none means no short names.
    counties: BTreeSet<&'static str>,
    /// Village names per town name.
    villages: HashMap<String, HashSet<String>>,
    ways: HashSet<String>,
    longest_way: usize,
}

impl Lexicon {
    pub(crate) fn add_county(&mut self, county: &str) {
        self.counties.extend(COUNTIES.iter().map(|(name, _)| *name).filter(|name| *name == county));
    }

    pub(crate) fn add_village(&mut self, town: &str, village: &str) {
        self.villages.entry(town.to_owned()).or_default().insert(village.to_owned());
    }

    pub(crate) fn add_way(&mut self, name: &str) {
        self.longest_way = self.longest_way.max(name.chars().count());
        self.ways.insert(name.to_owned());
    }

    /// The county to take when none is said: the only one served.
    pub(crate) fn only_county(&self) -> Option<&'static str> {
        let mut counties = self.counties.iter();
        let first = counties.next()?;
        counties.next().is_none().then_some(first)
    }

    pub(crate) fn serves(&self, county: &str) -> bool {
        self.counties.contains(county)
    }

    /// Towns that may be named in short, with their counties.
    pub(crate) fn served_towns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.counties.iter().flat_map(|county| towns_of(county).map(|town| (*county, town)))
    }

    pub(crate) fn knows_village(&self, town: Option<&str>, village: &str) -> bool {
        match town {
            Some(town) => self.villages.get(town).is_some_and(|names| names.contains(village)),
            None => self.villages.values().any(|names| names.contains(village)),
        }
    }

    pub(crate) fn knows_way(&self, name: &str) -> bool {
        self.ways.contains(name)
    }

    pub(crate) const fn longest_way(&self) -> usize {
        self.longest_way
    }
}
