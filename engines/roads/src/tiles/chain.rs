//! Joins road pieces into streets: pieces of equal name, class and direction that continue one another become one line.
#![allow(clippy::indexing_slicing, reason = "indices are edge and node numbers of the network that sized the lists")]

use std::collections::HashMap;

use crate::geo::Flat;
use crate::network::{RoadClass, RoadNetwork};

/// A turn sharper than this is not the same street going on.
const TURN_COSINE_MIN: f64 = 0.5;

#[derive(Debug)]
pub(super) struct Chain {
    pub class: RoadClass,
    pub one_way: bool,
    pub name: Option<u32>,
    pub points: Vec<Flat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    class: RoadClass,
    one_way: bool,
    name: Option<u32>,
}

/// One end of an edge: edge number × 2, plus one for its `to` end.
type End = usize;

pub(super) fn chains(network: &RoadNetwork) -> Vec<Chain> {
    let lines: Vec<Vec<Flat>> = network
        .edges()
        .iter()
        .map(|edge| network.polyline(edge).iter().map(|place| Flat::from_place(*place)).collect())
        .collect();
    let kinds: Vec<Kind> = network
        .edges()
        .iter()
        .map(|edge| Kind { class: edge.class, one_way: edge.one_way, name: RoadNetwork::name_index(edge) })
        .collect();
    let partner = partners(network, &lines, &kinds);
    let mut is_used = vec![false; lines.len()];
    let mut chains = Vec::new();
    for first in 0..lines.len() {
        if is_used[first] {
            continue;
        }
        let start = first_end(first, &partner);
        let mut points: Vec<Flat> = Vec::new();
        let mut end = Some(start);
        while let Some(entered) = end {
            let edge = entered / 2;
            if std::mem::replace(&mut is_used[edge], true) {
                break;
            }
            let skip = usize::from(!points.is_empty());
            if entered % 2 == 0 {
                points.extend(lines[edge].iter().skip(skip));
            } else {
                points.extend(lines[edge].iter().rev().skip(skip));
            }
            end = partner[entered ^ 1];
        }
        let Kind { class, one_way, name } = kinds[first];
        chains.push(Chain { class, one_way, name, points });
    }
    chains
}

/// Walks back to the beginning of the chain that holds `edge`. A ring begins where the walk began.
fn first_end(edge: usize, partner: &[Option<End>]) -> End {
    let start = edge * 2;
    let mut end = start;
    while let Some(other) = partner[end] {
        end = other ^ 1;
        if end == start {
            break;
        }
    }
    end
}

/// For every end of every edge, the end that continues it.
fn partners(network: &RoadNetwork, lines: &[Vec<Flat>], kinds: &[Kind]) -> Vec<Option<End>> {
    let mut partner = vec![None; lines.len() * 2];
    let mut at_node: Vec<Vec<End>> = vec![Vec::new(); network.nodes().len()];
    for (index, edge) in network.edges().iter().enumerate() {
        at_node[edge.from.0 as usize].push(index * 2);
        at_node[edge.to.0 as usize].push(index * 2 + 1);
    }
    for ends in &at_node {
        let mut groups: HashMap<Kind, Vec<End>> = HashMap::new();
        for end in ends {
            groups.entry(kinds[end / 2]).or_default().push(*end);
        }
        for (kind, group) in groups {
            let mut pairs = Vec::new();
            for (index, a) in group.iter().enumerate() {
                for b in &group[index + 1..] {
                    let flows = !kind.one_way || a % 2 != b % 2;
                    let straight = straightness(lines, *a, *b);
                    if flows && a / 2 != b / 2 && straight >= TURN_COSINE_MIN {
                        pairs.push((straight, *a, *b));
                    }
                }
            }
            pairs.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
            for (_, a, b) in pairs {
                if partner[a].is_none() && partner[b].is_none() {
                    partner[a] = Some(b);
                    partner[b] = Some(a);
                }
            }
        }
    }
    partner
}

/// 1 when one end runs straight on into the other, -1 when it turns back.
fn straightness(lines: &[Vec<Flat>], a: End, b: End) -> f64 {
    let heading = |end: End| {
        let line = &lines[end / 2];
        let (at, next) = if end.is_multiple_of(2) { (line[0], line[1]) } else { (line[line.len() - 1], line[line.len() - 2]) };
        let (dx, dy) = (next.x - at.x, next.y - at.y);
        let length = dx.hypot(dy).max(f64::MIN_POSITIVE);
        (dx / length, dy / length)
    };
    let ((ax, ay), (bx, by)) = (heading(a), heading(b));
    -(ax * bx + ay * by)
}
