//! Junctions, and the time that a unit and a fugitive each need between them.
//!
//! Turn bans bind neither: with lights and siren a unit is not bound by them (道路交通安全規則 §93), and a fugitive does not
//! care. A fugitive is given the one-way streets against their direction too unless [`Flight::keeps_one_ways`].
#![allow(clippy::indexing_slicing, reason = "junction numbers are checked when pieces and spots come in")]

use std::collections::HashSet;
use std::sync::Arc;

use shouhu_roads::{EdgeId, NodeId, Profile, RoadNetwork, Snap, VehicleClass, WeightSet};

use crate::error::{InterceptError, checked};

/// A drive of more than a week is a broken number.
pub(crate) const TIME_MAX_S: f64 = 7.0 * 86_400.0;

/// Half the numbers, so that both ends of a split junction have one.
const COUNT_MAX: usize = (u32::MAX / 4) as usize;

/// Where somebody is: at a junction, or on the road between two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spot {
    Junction(NodeId),
    /// `fraction` from the road's `from` (0) to its `to` (1).
    OnRoad {
        road: EdgeId,
        fraction: f64,
    },
}

impl From<Snap> for Spot {
    fn from(snap: Snap) -> Self {
        Self::OnRoad { road: snap.edge, fraction: snap.fraction }
    }
}

/// How the fugitive travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    pub profile: Profile,
    /// Whether he obeys one-way signs. Believing so wrongly leaves a hole in the ring.
    pub keeps_one_ways: bool,
}

impl Default for Flight {
    fn default() -> Self {
        Self { profile: Profile::new(VehicleClass::Car, WeightSet::Emergency), keeps_one_ways: false }
    }
}

/// A road between two junctions with its times in seconds along `from` → `to` and back; none where it may not be driven.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    pub from: NodeId,
    pub to: NodeId,
    pub unit_s: [Option<f64>; 2],
    pub suspect_s: [Option<f64>; 2],
}

impl Piece {
    /// The same time for everybody both ways.
    #[must_use]
    pub const fn two_way(from: NodeId, to: NodeId, time_s: f64) -> Self {
        Self { from, to, unit_s: [Some(time_s); 2], suspect_s: [Some(time_s); 2] }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Unit,
    Suspect,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    pub to: u32,
    pub cost_us: i64,
}

/// Lanes by the junction they leave.
#[derive(Debug)]
pub(crate) struct Lanes {
    starts: Vec<u32>,
    lanes: Vec<Lane>,
}

impl Lanes {
    fn new(junction_count: usize, mut lanes: Vec<(u32, Lane)>) -> Self {
        lanes.sort_unstable_by_key(|(from, lane)| (*from, lane.to, lane.cost_us));
        // Of parallel roads only the quickest can matter to a race, and any one of them to a separation.
        lanes.dedup_by_key(|(from, lane)| (*from, lane.to));
        let mut starts = vec![0u32; junction_count + 1];
        for (from, _) in &lanes {
            starts[*from as usize + 1] += 1;
        }
        for index in 0..junction_count {
            starts[index + 1] += starts[index];
        }
        Self { starts, lanes: lanes.into_iter().map(|(_, lane)| lane).collect() }
    }

    pub fn junction_count(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn of(&self, junction: u32) -> &[Lane] {
        let junction = junction as usize;
        &self.lanes[self.starts[junction] as usize..self.starts[junction + 1] as usize]
    }
}

#[derive(Debug, Clone, Copy)]
struct Times {
    ends: [u32; 2],
    unit_us: [Option<i64>; 2],
    suspect_us: [Option<i64>; 2],
}

impl Times {
    fn of(&self, who: Who) -> [Option<i64>; 2] {
        if who == Who::Unit { self.unit_us } else { self.suspect_us }
    }
}

/// The prepared road graph of a pursuit: made once per network, then shared.
#[derive(Debug)]
pub struct Streets {
    junction_count: usize,
    pieces: Arc<Vec<Times>>,
    pub(crate) unit: Lanes,
    /// For finding the nearest units by one search towards the sightings.
    pub(crate) unit_back: Lanes,
    pub(crate) suspect: Arc<Lanes>,
    pub(crate) suspect_back: Arc<Lanes>,
}

impl Streets {
    /// # Errors
    /// When `unit` keeps turn bans and the network has some: arrivals would be promised too early.
    pub fn new(network: &RoadNetwork, unit: Profile, flight: Flight) -> Result<Self, InterceptError> {
        if unit.keeps_turn_bans() && !network.turn_bans().is_empty() {
            return Err(InterceptError::KeepsTurnBans);
        }
        let mut pieces = Vec::with_capacity(network.edges().len());
        for edge in network.edges() {
            let time = |profile: Profile, is_forward: bool| {
                edge.allows(profile.vehicle, is_forward).then(|| f64::from(profile.cost_ms(edge)) / 1_000.0)
            };
            let unit_s = [time(unit, true), time(unit, false)];
            let mut suspect_s = [time(flight.profile, true), time(flight.profile, false)];
            if !flight.keeps_one_ways {
                suspect_s = [suspect_s[0].or(suspect_s[1]), suspect_s[1].or(suspect_s[0])];
            }
            pieces.push(Piece { from: edge.from, to: edge.to, unit_s, suspect_s });
        }
        Self::from_pieces(network.nodes().len(), &pieces)
    }

    /// Streets that come from elsewhere; road ids count the pieces.
    ///
    /// # Errors
    /// When a piece names a junction that does not exist or a time that is no time.
    pub fn from_pieces(junction_count: usize, pieces: &[Piece]) -> Result<Self, InterceptError> {
        if junction_count > COUNT_MAX || pieces.len() > COUNT_MAX {
            return Err(InterceptError::TooMany(junction_count.max(pieces.len())));
        }
        let known = |node: NodeId| {
            if (node.0 as usize) < junction_count { Ok(node.0) } else { Err(InterceptError::NoSuchJunction(node)) }
        };
        // A microsecond at least: without it a cycle of no length could pass time on for nothing.
        let us = |time: Option<f64>| match time {
            Some(time_s) => {
                checked("a road's time in seconds", time_s, 0.0, TIME_MAX_S).map(|time_s| Some(micros(time_s).max(1)))
            }
            None => Ok(None),
        };
        let mut times = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let ends = [known(piece.from)?, known(piece.to)?];
            let unit_us = [us(piece.unit_s[0])?, us(piece.unit_s[1])?];
            let suspect_us = [us(piece.suspect_s[0])?, us(piece.suspect_s[1])?];
            times.push(Times { ends, unit_us, suspect_us });
        }
        let lanes = |who, is_back| lanes(junction_count, &times, &HashSet::new(), who, is_back);
        let (unit, unit_back) = (lanes(Who::Unit, false), lanes(Who::Unit, true));
        let (suspect, suspect_back) = (Arc::new(lanes(Who::Suspect, false)), Arc::new(lanes(Who::Suspect, true)));
        Ok(Self { junction_count, pieces: Arc::new(times), unit, unit_back, suspect, suspect_back })
    }

    /// The same streets with some closed to units, both ways. One who stands on such a street drives off it. He is not kept off:
    /// believing that he heeds a barrier would leave a hole in the ring.
    #[must_use]
    pub fn with_units_kept_off(&self, roads: &[EdgeId]) -> Self {
        let shut: HashSet<usize> = roads.iter().map(|road| road.0 as usize).collect();
        let lanes = |is_back| lanes(self.junction_count, &self.pieces, &shut, Who::Unit, is_back);
        Self {
            junction_count: self.junction_count,
            pieces: Arc::clone(&self.pieces),
            unit: lanes(false),
            unit_back: lanes(true),
            suspect: Arc::clone(&self.suspect),
            suspect_back: Arc::clone(&self.suspect_back),
        }
    }

    #[must_use]
    pub const fn junction_count(&self) -> usize {
        self.junction_count
    }

    /// Seconds of a unit from a spot to every junction; none where no way leads. For tables such as [`crate::close_exits`] asks for.
    ///
    /// # Errors
    /// When the spot does not exist.
    pub fn unit_times_s(&self, from: Spot) -> Result<Vec<Option<f64>>, InterceptError> {
        let seeds = self.entries(from, Who::Unit)?;
        let race = crate::race::race(&self.unit, &seeds, i64::MAX, |cost_us| cost_us, |_, _| true);
        Ok(race.at_us.iter().map(|at_us| (*at_us != crate::race::NEVER).then(|| seconds(*at_us))).collect())
    }

    pub(crate) fn known(&self, node: NodeId) -> Result<u32, InterceptError> {
        if (node.0 as usize) < self.junction_count { Ok(node.0) } else { Err(InterceptError::NoSuchJunction(node)) }
    }

    /// The junctions that one at `spot` comes to first, and after how many microseconds.
    pub(crate) fn entries(&self, spot: Spot, who: Who) -> Result<Vec<(u32, i64)>, InterceptError> {
        match spot {
            Spot::Junction(node) => Ok(vec![(self.known(node)?, 0)]),
            Spot::OnRoad { road, fraction } => {
                let piece = self.pieces.get(road.0 as usize).ok_or(InterceptError::NoSuchRoad(road))?;
                let fraction = checked("a fraction of a road", fraction, 0.0, 1.0)?;
                let [back, ahead] = piece.ends;
                let times = piece.of(who);
                let ahead = times[0].map(|cost_us| (ahead, share(cost_us, 1.0 - fraction, who)));
                let back = times[1].map(|cost_us| (back, share(cost_us, fraction, who)));
                Ok(ahead.into_iter().chain(back).collect())
            }
        }
    }
}

/// The lanes of one kind of traveller, without the pieces that are shut.
fn lanes(junction_count: usize, pieces: &[Times], shut: &HashSet<usize>, who: Who, is_back: bool) -> Lanes {
    let mut lanes = Vec::with_capacity(pieces.len() * 2);
    for (_, piece) in pieces.iter().enumerate().filter(|(index, _)| !shut.contains(index)) {
        let [a, b] = piece.ends;
        for ((from, to), cost_us) in [(a, b), (b, a)].into_iter().zip(piece.of(who)) {
            let (from, to) = if is_back { (to, from) } else { (from, to) };
            lanes.extend(cost_us.filter(|_| from != to).map(|cost_us| (from, Lane { to, cost_us })));
        }
    }
    Lanes::new(junction_count, lanes)
}

/// Rounded against us: a unit up, a fugitive down.
fn share(cost_us: i64, share: f64, who: Who) -> i64 {
    let part = cost_us as f64 * share;
    if who == Who::Unit { part.ceil() as i64 } else { part.floor() as i64 }
}

pub(crate) fn micros(time_s: f64) -> i64 {
    (time_s * 1e6).round() as i64
}

pub(crate) fn seconds(time_us: i64) -> f64 {
    time_us as f64 / 1e6
}
