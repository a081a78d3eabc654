//! Somewhere on a street, in a lane, on a bridge.

use super::Estimate;
use super::scope::Scope;
use crate::address::{Spot, Way};
use crate::answer::{Doubt, MatchedBy, WhyNot};
use crate::index::areas::NONE;
use crate::index::{Evidence, WayRow, What};
use crate::parse::pole_row;
use crate::plane::{Point, medoid, spread_m};

/// Vertices of lines that stand for a street's course; more say nothing more.
const VERTICES_MAX: usize = 200;

/// How much of the way one place stands for when it is the only one known.
const ALONE_M: f64 = 250.0;
const ALONE_IN_LANE_M: f64 = 60.0;

impl Scope<'_> {
    /// One place per town that has the way.
    pub(super) fn somewhere(&self, way: &Way) -> Vec<Estimate> {
        let Some(key) = self.geocoder.key(way) else { return Vec::new() };
        let rows = self.geocoder.family(key);
        let mut towns = self.towns_of(rows.iter().flat_map(|row| self.samples(row)));
        towns.extend(rows.iter().flat_map(|row| &row.lines).map(|line| line.town).filter(|town| self.is_in(*town)));
        towns.sort_unstable();
        towns.dedup();
        if towns.len() > 1 {
            towns.retain(|town| *town != NONE);
        }
        let by = kind_of(way);
        let estimate = |town: u16| {
            let points = self.in_village(self.points(&rows, town));
            let at = medoid(&points)?;
            let alone = if by == MatchedBy::Lane { ALONE_IN_LANE_M } else { ALONE_M };
            let spread = if points.len() > 2 { spread_m(&points, at, 0.8).max(alone / 3.0) } else { alone };
            let spot = Spot::Road { way: way.clone() };
            Some(Estimate { at, spread_m: spread, by, town, support: points.len(), spot, doubts: Vec::new() })
        };
        towns.into_iter().filter_map(estimate).collect()
    }

    /// Somewhere on the way, or, when nothing is known of a lane, where it leaves its street, or on the street.
    pub(super) fn on_way(&self, way: &Way) -> Vec<Estimate> {
        let mut found = self.somewhere(way);
        if found.is_empty() && way.lane.is_some() {
            found = self.lane_by_number(way);
        }
        if let Some(parent) = way.parent().filter(|_| found.is_empty()) {
            found = self.on_way(&parent);
            for estimate in &mut found {
                estimate.doubts.push(Doubt::WayUnknown { way: way.clone() });
            }
        }
        found
    }

    /// What is known of the course of a way within a town.
    fn points(&self, rows: &[&WayRow], town: u16) -> Vec<Point> {
        let is_on = |what: What| !matches!(what, What::Door { evidence: Evidence::InLane, .. });
        let samples = || rows.iter().flat_map(|row| self.samples(row)).filter(|sample| sample.town == town && is_on(sample.what));
        // Records that name the village itself need no outline.
        let said: Vec<Point> =
            samples().filter(|sample| self.villages.contains(&sample.village)).map(|sample| sample.at).collect();
        if !said.is_empty() {
            return said;
        }
        let mut points: Vec<Point> = samples().map(|sample| sample.at).collect();
        let vertices: Vec<Point> = rows
            .iter()
            .flat_map(|row| &row.lines)
            .filter(|line| line.town == town)
            .flat_map(|line| line.points.iter().copied())
            .collect();
        points.extend(vertices.iter().step_by(vertices.len().div_ceil(VERTICES_MAX).max(1)));
        points
    }

    pub(super) fn landmark(&self, name: &str, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let way = Way::named(name);
        let mut found = self.resolved(&way, &mut Vec::new(), |scope, way, _| scope.somewhere(way));
        if found.is_empty() {
            why_not.push(WhyNot::UnknownLandmark { name: name.to_owned() });
        }
        for estimate in &mut found {
            estimate.spot = Spot::Landmark { name: name.to_owned() };
        }
        found
    }

    /// By the numbers of the other poles of its row.
    pub(super) fn pole(&self, code: &str, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let found = pole_row(code).map_or_else(Vec::new, |(row, number)| {
            let number = crate::address::HouseNumber::plain(number);
            self.door(&Way::named(&row), number, &mut Vec::new())
        });
        if found.is_empty() {
            why_not.push(WhyNot::UnknownPole { code: code.to_owned() });
        }
        let of_pole = |estimate: Estimate| Estimate {
            by: MatchedBy::Pole,
            spread_m: estimate.spread_m.max(60.0),
            spot: Spot::Pole { code: code.to_owned() },
            ..estimate
        };
        found.into_iter().map(of_pole).collect()
    }
}

fn kind_of(way: &Way) -> MatchedBy {
    if way.lane.is_some() {
        MatchedBy::Lane
    } else if way.is_highway() {
        MatchedBy::Highway
    } else if way.name.ends_with(['路', '街', '道', '巷']) {
        MatchedBy::Street
    } else {
        MatchedBy::Landmark
    }
}
