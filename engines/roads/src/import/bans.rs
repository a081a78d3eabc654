//! Turn restrictions: from OSM's relations to sequences of edges that nobody may drive.
//!
//! `no_*` forbids one sequence; `only_*` forbids every other continuation. The via member may be a node or one or more
//! ways. A `no_left_turn` also forbids the U-turn from the same approach: 道路交通安全規則 §106 (3), "禁止左轉路段，不得
//! 迴車". What cannot be understood is dropped under its own reason, never guessed at.

use std::collections::{HashMap, HashSet, VecDeque};

use super::assemble::Built;
use super::osm::Tags;
use super::report::{Ledger, Reason};
use crate::access::{DirectedEdge, TurnBan, VehicleClass, VehicleSet};
use crate::network::{EdgeId, NodeId, RoadNetwork};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberKind {
    Node,
    Way,
    Relation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub kind: MemberKind,
    pub id: i64,
    pub role: String,
}

#[derive(Debug)]
enum Via {
    Node(i64),
    Ways(Vec<i64>),
}

#[derive(Debug)]
pub(super) struct Restriction {
    relation: i64,
    is_only: bool,
    is_u_turn: bool,
    is_left: bool,
    /// More than one for `no_entry` and `no_exit`.
    from: Vec<i64>,
    via: Via,
    to: Vec<i64>,
    vehicles: VehicleSet,
}

impl Restriction {
    /// Reads a relation of the type restriction; none, and a note, when it cannot be applied.
    pub fn read(relation: i64, tags: &Tags<'_>, members: &[Member], ledger: &mut Ledger) -> Option<Self> {
        let at = format!("relation {relation}");
        let (word, mut vehicles) = match kind_of(tags) {
            Ok(found) => found,
            Err((reason, detail)) => {
                ledger.note(reason, &at, || detail);
                return None;
            }
        };
        for excepted in tags.get("except").unwrap_or_default().split(';') {
            vehicles = match excepted.trim() {
                "motorcar" => vehicles.without(VehicleClass::Car),
                "motorcycle" => vehicles.without(VehicleClass::Motorcycle),
                "motor_vehicle" | "vehicle" => VehicleSet::NONE,
                _ => vehicles,
            };
        }
        if vehicles.is_empty() {
            ledger.note(Reason::TurnBanForOthers, &at, || format!("{word}, but neither for cars nor for motorcycles"));
            return None;
        }
        let of = |role: &str, kind: MemberKind| -> Vec<i64> {
            members.iter().filter(|member| member.role == role && member.kind == kind).map(|member| member.id).collect()
        };
        let (from, to) = (of("from", MemberKind::Way), of("to", MemberKind::Way));
        let (nodes, ways) = (of("via", MemberKind::Node), of("via", MemberKind::Way));
        let via = match (nodes.as_slice(), ways.is_empty()) {
            ([node], true) => Some(Via::Node(*node)),
            ([], false) => Some(Via::Ways(ways)),
            _ => None,
        };
        let is_only = word.starts_with("only_");
        let is_single = from.len() == 1 && to.len() == 1;
        let is_gate = matches!(word, "no_entry" | "no_exit") && !from.is_empty() && !to.is_empty();
        match via {
            Some(via) if is_single || is_gate => Some(Self {
                relation,
                is_only,
                is_u_turn: word == "no_u_turn",
                is_left: word == "no_left_turn",
                from,
                via,
                to,
                vehicles,
            }),
            _ => {
                ledger.note(Reason::TurnBanBroken, &at, || format!("{word} lacks a from, a via or a to that can be used"));
                None
            }
        }
    }

    /// The ways whose edges must be remembered.
    pub fn ways(&self) -> impl Iterator<Item = i64> {
        let via: &[i64] = if let Via::Ways(ways) = &self.via { ways } else { &[] };
        self.from.iter().chain(&self.to).chain(via).copied()
    }
}

fn kind_of<'a>(tags: &Tags<'a>) -> Result<(&'a str, VehicleSet), (Reason, String)> {
    let keys = [
        ("restriction", VehicleSet::MOTOR),
        ("restriction:motor_vehicle", VehicleSet::MOTOR),
        ("restriction:motorcar", VehicleSet::NONE.with(VehicleClass::Car)),
        ("restriction:motorcycle", VehicleSet::NONE.with(VehicleClass::Motorcycle)),
    ];
    let found = keys.iter().find_map(|(key, vehicles)| tags.get(key).map(|word| (word, *vehicles)));
    let limited = ["day_on", "day_off", "hour_on", "hour_off"].iter().find_map(|key| tags.get(key));
    match found {
        Some((word, _)) if limited.is_some() => Err((Reason::TurnBanConditional, format!("{word} at certain hours"))),
        Some((word, vehicles)) if word.starts_with("no_") || word.starts_with("only_") => Ok((word, vehicles)),
        Some((word, _)) => Err((Reason::TurnBanUnknown, format!("restriction {word:?}"))),
        None => {
            let other = tags.0.iter().find(|(key, _)| key.starts_with("restriction"));
            Err(match other {
                Some((key, word)) if key.ends_with(":conditional") => (Reason::TurnBanConditional, (*word).to_owned()),
                Some((key, word)) => (Reason::TurnBanForOthers, format!("{key}={word}")),
                None => (Reason::TurnBanUnknown, "no restriction tag".to_owned()),
            })
        }
    }
}

/// Turns restrictions into bans on the edges that were built.
pub(super) fn apply(
    restrictions: &[Restriction],
    built: &mut Built,
    node_of: impl Fn(i64) -> Option<NodeId>,
    ledger: &mut Ledger,
) {
    if restrictions.is_empty() {
        return;
    }
    let mut known: HashSet<TurnBan> = HashSet::new();
    for restriction in restrictions {
        let at = format!("relation {}", restriction.relation);
        let place = Place { network: built.builder.network(), pieces: &built.pieces, leaving: &built.leaving };
        match place.bans(restriction, &node_of) {
            Err((reason, detail)) => ledger.note(reason, &at, || detail.to_owned()),
            Ok(bans) => {
                ledger.note(Reason::TurnBanRead, &at, String::new);
                for ban in bans.into_iter().filter(|ban| known.insert(ban.clone())).collect::<Vec<_>>() {
                    if let Err(error) = built.builder.turn_ban(ban) {
                        ledger.note(Reason::TurnBanBroken, &at, || error.to_string());
                    }
                }
            }
        }
    }
}

type Refusal = (Reason, &'static str);

struct Place<'a> {
    network: &'a RoadNetwork,
    /// The edges of each way that a restriction names.
    pieces: &'a HashMap<i64, Vec<EdgeId>>,
    /// The edges at every junction.
    leaving: &'a [Vec<EdgeId>],
}

impl Place<'_> {
    fn bans(&self, restriction: &Restriction, node_of: &impl Fn(i64) -> Option<NodeId>) -> Result<Vec<TurnBan>, Refusal> {
        let mut bans = Vec::new();
        for from in &restriction.from {
            for to in &restriction.to {
                match &restriction.via {
                    Via::Node(node) => {
                        let node = node_of(*node).ok_or((Reason::TurnBanBroken, "its via node is no junction of the file's roads"))?;
                        let approach = self.approach(*from, node, restriction)?;
                        self.at_junction(restriction, vec![approach], *to, &mut bans)?;
                    }
                    Via::Ways(ways) => {
                        let (approach, across) = self.across(*from, ways, *to, restriction)?;
                        let path = [vec![approach], across].concat();
                        self.at_junction(restriction, path, *to, &mut bans)?;
                    }
                }
            }
        }
        Ok(bans)
    }

    /// Bans for a path that has reached the junction before the `to` way.
    fn at_junction(
        &self,
        restriction: &Restriction,
        path: Vec<DirectedEdge>,
        to: i64,
        bans: &mut Vec<TurnBan>,
    ) -> Result<(), Refusal> {
        let Some(last) = path.last().copied() else { return Ok(()) };
        let Some((_, node)) = self.network.ends(last) else { return Ok(()) };
        let exits = self.directed(to, |(tail, _)| tail == node, restriction.vehicles);
        let exits: Vec<DirectedEdge> = match exits.as_slice() {
            [] => return Err((Reason::TurnBanBroken, "its to way cannot be driven from its via")),
            [one] => vec![*one],
            _ if restriction.is_u_turn => vec![last.reversed()],
            several => {
                // A way that passes through the junction: the part that is not the approach is meant, if one is left.
                let others: Vec<_> = several.iter().filter(|exit| exit.edge != last.edge).copied().collect();
                if others.len() == 1 { others } else { return Err((Reason::TurnBanAmbiguous, "its to way leaves the via twice")) }
            }
        };
        let mut forbid = |exit: DirectedEdge| {
            let path = path.iter().copied().chain([exit]).collect();
            bans.push(TurnBan { path, vehicles: restriction.vehicles });
        };
        if restriction.is_only {
            let around = self.leaving.get(node.0 as usize).map(Vec::as_slice).unwrap_or_default();
            let mut ways: Vec<DirectedEdge> = around
                .iter()
                .flat_map(|edge| [true, false].map(|is_forward| DirectedEdge { edge: *edge, is_forward }))
                .filter(|road| self.network.ends(*road).is_some_and(|(tail, _)| tail == node) && !exits.contains(road))
                .collect();
            ways.dedup();
            ways.into_iter().for_each(&mut forbid);
        } else {
            let has_turned = exits.contains(&last.reversed());
            exits.into_iter().for_each(&mut forbid);
            if restriction.is_left && !has_turned && path.len() == 1 {
                forbid(last.reversed());
            }
        }
        Ok(())
    }

    fn approach(&self, from: i64, node: NodeId, restriction: &Restriction) -> Result<DirectedEdge, Refusal> {
        let mut arriving = self.directed(from, |(_, head)| head == node, restriction.vehicles);
        if arriving.len() > 1 && restriction.is_u_turn {
            return Err((Reason::TurnBanAmbiguous, "its from way passes through the via; which side is meant is not said"));
        }
        match (arriving.pop(), arriving.len()) {
            (Some(approach), 0) => Ok(approach),
            (None, _) => Err((Reason::TurnBanBroken, "its from way cannot be driven to its via")),
            _ => Err((Reason::TurnBanAmbiguous, "its from way passes through the via; which side is meant is not said")),
        }
    }

    /// The approach and the edges of the via ways up to where the `to` way begins.
    fn across(
        &self,
        from: i64,
        ways: &[i64],
        to: i64,
        restriction: &Restriction,
    ) -> Result<(DirectedEdge, Vec<DirectedEdge>), Refusal> {
        let via: Vec<DirectedEdge> = ways.iter().flat_map(|way| self.directed(*way, |_| true, restriction.vehicles)).collect();
        let tails: HashSet<NodeId> = via.iter().filter_map(|road| Some(self.network.ends(*road)?.0)).collect();
        let heads: HashSet<NodeId> = via.iter().filter_map(|road| Some(self.network.ends(*road)?.1)).collect();
        let goals: HashSet<NodeId> = self
            .directed(to, |(tail, _)| heads.contains(&tail), restriction.vehicles)
            .iter()
            .filter_map(|road| Some(self.network.ends(*road)?.0))
            .collect();
        let starts = self.directed(from, |(_, head)| tails.contains(&head), restriction.vehicles);
        let mut found = Vec::new();
        for approach in starts {
            let Some((_, start)) = self.network.ends(approach) else { continue };
            found.extend(self.walk(start, &via, &goals).map(|across| (approach, across)));
        }
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (None, _) => Err((Reason::TurnBanBroken, "its via ways do not lead from its from to its to")),
            _ => Err((Reason::TurnBanAmbiguous, "its from way meets its via ways twice")),
        }
    }

    /// The fewest edges of the via ways from a node to one of the goals; at least one.
    fn walk(&self, start: NodeId, via: &[DirectedEdge], goals: &HashSet<NodeId>) -> Option<Vec<DirectedEdge>> {
        let mut open = VecDeque::from([(start, Vec::new())]);
        let mut seen = HashSet::from([start]);
        while let Some((node, path)) = open.pop_front() {
            if !path.is_empty() && goals.contains(&node) {
                return Some(path);
            }
            for road in via {
                let Some((tail, head)) = self.network.ends(*road) else { continue };
                if tail == node && path.len() + 2 < TurnBan::EDGES_MAX && seen.insert(head) {
                    open.push_back((head, [path.as_slice(), &[*road]].concat()));
                }
            }
        }
        None
    }

    /// The directed edges of a way that one of the vehicles may drive and whose ends fit.
    fn directed(&self, way: i64, fits: impl Fn((NodeId, NodeId)) -> bool, vehicles: VehicleSet) -> Vec<DirectedEdge> {
        let pieces = self.pieces.get(&way).map(Vec::as_slice).unwrap_or_default();
        let both = pieces.iter().flat_map(|edge| [true, false].map(|is_forward| DirectedEdge { edge: *edge, is_forward }));
        both.filter(|road| {
            self.network.edge(road.edge).is_some_and(|edge| {
                let is_driven = VehicleClass::ALL.iter().any(|v| vehicles.contains(*v) && edge.allows(*v, road.is_forward));
                is_driven && fits(edge.ends(road.is_forward))
            })
        })
        .collect()
    }
}
