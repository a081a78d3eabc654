//! When nothing finer is known: the village or the town.

use super::Estimate;
use super::scope::Scope;
use crate::address::Spot;
use crate::answer::{Doubt, MatchedBy, WhyNot};
use crate::index::areas::Areas;
use crate::parse::Parsed;

impl Scope<'_> {
    pub(super) fn areas(&self, parsed: &Parsed, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let is_all = parsed.address.spot == Spot::Area;
        if let Some(village) = &parsed.address.village {
            let found = self.middles(&self.geocoder.villages, &self.villages, MatchedBy::Village, is_all);
            if !found.is_empty() {
                return found;
            }
            why_not.push(WhyNot::UnknownVillage { village: village.clone() });
        }
        if parsed.address.town.is_none() {
            return Vec::new();
        }
        self.middles(&self.geocoder.towns, &self.towns, MatchedBy::Town, is_all)
    }

    fn middles(&self, areas: &Areas, numbers: &[u16], by: MatchedBy, is_all: bool) -> Vec<Estimate> {
        let estimate = |number: &u16| {
            let area = areas.get(*number)?;
            let (at, spread_m) = area.middle?;
            let town = *self.geocoder.towns.named(Some(&area.county), Some(&area.town), None).first()?;
            let doubts = if is_all { Vec::new() } else { vec![Doubt::OnlyArea] };
            Some(Estimate { at, spread_m, by, town, support: 1, spot: Spot::Area, doubts })
        };
        numbers.iter().filter_map(estimate).collect()
    }
}
