//! Curves become a network: crossings and touching ends become junctions, stumps and islands are taken away.
#![allow(clippy::indexing_slicing, reason = "indices are numbers of junctions and pieces made here")]

use std::collections::HashMap;

use super::Spot;
use super::plan::{Curve, OVERSHOOT_M};
use crate::geo::Flat;
use crate::network::RoadClass;
use crate::tiles::weights;

/// Junctions nearer to each other than this are one.
const MERGE_M: f64 = 9.0;
/// A street that ends this near to another one ends on it.
const TOUCH_M: f64 = 7.0;
/// A dead end shorter than this is what was drawn past the last crossing, not a lane.
const STUMP_M: f64 = OVERSHOOT_M + 20.0;
/// Points that move a street by less than this are left out.
const THIN_M: f64 = 0.7;

const CELL_M: f64 = 60.0;

#[derive(Debug)]
pub(super) struct Piece {
    pub from: usize,
    pub to: usize,
    pub via: Vec<Spot>,
    pub class: RoadClass,
    pub name: String,
    pub one_way: bool,
    pub is_dead_end: bool,
}

#[derive(Debug, Default)]
pub(super) struct Woven {
    pub junctions: Vec<Spot>,
    pub pieces: Vec<Piece>,
}

/// A junction on a curve: how far along it in points and parts of a point, and which.
type Stop = (f64, usize);

pub(super) fn weave(curves: &[Curve]) -> Woven {
    let mut junctions = Junctions::default();
    let stops = stops(curves, &mut junctions);
    let mut pieces = Vec::new();
    for (curve, mut stops) in curves.iter().zip(stops) {
        stops.sort_by(|a, b| a.0.total_cmp(&b.0));
        stops.dedup_by_key(|stop| stop.1);
        for (a, b) in stops.iter().zip(stops.iter().skip(1)) {
            pieces.push(piece(curve, *a, *b, &junctions.spots));
        }
    }
    let mut woven = Woven { junctions: junctions.spots, pieces };
    drop_doubles(&mut woven);
    trim_stumps(&mut woven);
    keep_largest(&mut woven);
    number_anew(&mut woven);
    woven
}

#[derive(Debug, Default)]
struct Junctions {
    spots: Vec<Spot>,
    cells: HashMap<(i64, i64), Vec<usize>>,
}

impl Junctions {
    fn at(&mut self, spot: Spot) -> usize {
        let (column, row) = cell(spot, MERGE_M);
        for dx in -1..=1 {
            for dy in -1..=1 {
                for index in self.cells.get(&(column + dx, row + dy)).into_iter().flatten() {
                    if self.spots[*index].distance(spot) < MERGE_M {
                        return *index;
                    }
                }
            }
        }
        self.spots.push(spot);
        self.cells.entry((column, row)).or_default().push(self.spots.len() - 1);
        self.spots.len() - 1
    }
}

fn cell(spot: Spot, size: f64) -> (i64, i64) {
    ((spot.x / size).floor() as i64, (spot.y / size).floor() as i64)
}

/// All junctions of all curves.
fn stops(curves: &[Curve], junctions: &mut Junctions) -> Vec<Vec<Stop>> {
    let mut cells: HashMap<(i64, i64), Vec<(usize, usize)>> = HashMap::new();
    for (number, curve) in curves.iter().enumerate() {
        for index in 0..curve.points.len() - 1 {
            let (low, high) = corners(curve.points[index], curve.points[index + 1]);
            let ((left, bottom), (right, top)) = (cell(low, CELL_M), cell(high, CELL_M));
            for column in left..=right {
                for row in bottom..=top {
                    cells.entry((column, row)).or_default().push((number, index));
                }
            }
        }
    }
    let mut stops: Vec<Vec<Stop>> = vec![Vec::new(); curves.len()];
    let mut keys: Vec<_> = cells.keys().copied().collect();
    keys.sort_unstable();
    for key in &keys {
        let here = &cells[key];
        for (position, first) in here.iter().enumerate() {
            for second in &here[position + 1..] {
                let Some((t, s, spot)) = crossing(curves, *first, *second) else { continue };
                let junction = junctions.at(spot);
                stops[first.0].push((first.1 as f64 + t, junction));
                stops[second.0].push((second.1 as f64 + s, junction));
            }
        }
    }
    for (number, curve) in curves.iter().enumerate() {
        let last = curve.points.len() - 1;
        for (index, along) in [(0, 0.0), (last, last as f64)] {
            let spot = curve.points[index];
            let touched = touching(curves, &cells, number, spot);
            let junction = junctions.at(touched.map_or(spot, |(_, _, on)| on));
            stops[number].push((along, junction));
            if let Some((other, along, _)) = touched {
                stops[other].push((along, junction));
            }
        }
    }
    stops
}

fn corners(a: Spot, b: Spot) -> (Spot, Spot) {
    // Room for a touching end in the next cell.
    (Spot { x: a.x.min(b.x) - TOUCH_M, y: a.y.min(b.y) - TOUCH_M }, Spot { x: a.x.max(b.x) + TOUCH_M, y: a.y.max(b.y) + TOUCH_M })
}

fn crossing(curves: &[Curve], first: (usize, usize), second: (usize, usize)) -> Option<(f64, f64, Spot)> {
    if first.0 == second.0 {
        return None;
    }
    let [a, b] = [0, 1].map(|step| curves[first.0].points[first.1 + step]);
    let [c, d] = [0, 1].map(|step| curves[second.0].points[second.1 + step]);
    let (rx, ry, sx, sy) = (b.x - a.x, b.y - a.y, d.x - c.x, d.y - c.y);
    let cross = rx * sy - ry * sx;
    if cross.abs() < 1e-9 {
        return None;
    }
    let t = ((c.x - a.x) * sy - (c.y - a.y) * sx) / cross;
    let s = ((c.x - a.x) * ry - (c.y - a.y) * rx) / cross;
    let is_inside = (0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&s);
    is_inside.then_some((t, s, Spot { x: a.x + rx * t, y: a.y + ry * t }))
}

/// The nearest other curve that an end touches: its number, how far along, and where.
fn touching(
    curves: &[Curve],
    cells: &HashMap<(i64, i64), Vec<(usize, usize)>>,
    own: usize,
    end: Spot,
) -> Option<(usize, f64, Spot)> {
    let mut nearest: Option<(f64, usize, f64, Spot)> = None;
    for (number, index) in cells.get(&cell(end, CELL_M)).into_iter().flatten() {
        if *number == own {
            continue;
        }
        let [a, b] = [0, 1].map(|step| curves[*number].points[index + step]);
        let [flat_a, flat_b] = [a, b].map(|spot| Flat { x: spot.x, y: spot.y });
        let share = Flat { x: end.x, y: end.y }.nearest_on(flat_a, flat_b);
        let on = Flat::between(flat_a, flat_b, share);
        let on = Spot { x: on.x, y: on.y };
        let distance = on.distance(end);
        if distance < TOUCH_M && nearest.is_none_or(|(best, ..)| distance < best) {
            nearest = Some((distance, *number, *index as f64 + share, on));
        }
    }
    nearest.map(|(_, number, along, on)| (number, along, on))
}

fn piece(curve: &Curve, a: Stop, b: Stop, junctions: &[Spot]) -> Piece {
    let mut line = vec![junctions[a.1]];
    for index in a.0.floor() as usize + 1..b.0.ceil() as usize {
        let spot = curve.points[index];
        let is_clear = [a.1, b.1].iter().all(|end| junctions[*end].distance(spot) > MERGE_M);
        if is_clear {
            line.push(spot);
        }
    }
    line.push(junctions[b.1]);
    let flat: Vec<Flat> = line.iter().map(|spot| Flat { x: spot.x, y: spot.y }).collect();
    let weight = weights(&flat);
    let kept = line.iter().zip(weight).filter(|(_, weight)| *weight > THIN_M).map(|(spot, _)| *spot);
    let kept: Vec<Spot> = kept.collect();
    Piece {
        from: a.1,
        to: b.1,
        via: kept[1..kept.len() - 1].to_vec(),
        class: curve.class,
        name: curve.name.clone(),
        one_way: curve.one_way,
        is_dead_end: false,
    }
}

fn length(piece: &Piece, junctions: &[Spot]) -> f64 {
    let mut at = junctions[piece.from];
    let mut sum = 0.0;
    for spot in piece.via.iter().chain([&junctions[piece.to]]) {
        sum += at.distance(*spot);
        at = *spot;
    }
    sum
}

/// Where two curves run into each other between the same junctions, the more important one stays.
fn drop_doubles(woven: &mut Woven) {
    let lengths: Vec<f64> = woven.pieces.iter().map(|piece| length(piece, &woven.junctions)).collect();
    let mut order: Vec<usize> = (0..woven.pieces.len()).collect();
    order.sort_by_key(|index| (woven.pieces[*index].class, *index));
    let mut between: HashMap<(usize, usize), f64> = HashMap::new();
    let mut is_kept = vec![false; woven.pieces.len()];
    for index in order {
        let piece = &woven.pieces[index];
        let ends = (piece.from.min(piece.to), piece.from.max(piece.to));
        let is_double = between.get(&ends).is_some_and(|known| (known - lengths[index]).abs() < 15.0);
        is_kept[index] = !is_double && piece.from != piece.to;
        between.entry(ends).or_insert(lengths[index]);
    }
    let mut keep = is_kept.into_iter();
    woven.pieces.retain(|_| keep.next().unwrap_or(false));
}

fn degrees(woven: &Woven) -> Vec<u32> {
    let mut degree = vec![0; woven.junctions.len()];
    for piece in &woven.pieces {
        degree[piece.from] += 1;
        degree[piece.to] += 1;
    }
    degree
}

fn trim_stumps(woven: &mut Woven) {
    loop {
        let degree = degrees(woven);
        let before = woven.pieces.len();
        let junctions = &woven.junctions;
        woven.pieces.retain(|piece| {
            let is_dead_end = degree[piece.from] == 1 || degree[piece.to] == 1;
            !is_dead_end || length(piece, junctions) >= STUMP_M
        });
        if woven.pieces.len() == before {
            break;
        }
    }
    let degree = degrees(woven);
    for piece in &mut woven.pieces {
        piece.is_dead_end = degree[piece.from] == 1 || degree[piece.to] == 1;
    }
}

fn keep_largest(woven: &mut Woven) {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); woven.junctions.len()];
    for piece in &woven.pieces {
        neighbours[piece.from].push(piece.to);
        neighbours[piece.to].push(piece.from);
    }
    let mut group = vec![usize::MAX; woven.junctions.len()];
    let mut sizes = Vec::new();
    for root in 0..group.len() {
        if group[root] != usize::MAX {
            continue;
        }
        let number = sizes.len();
        sizes.push(0usize);
        group[root] = number;
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            sizes[number] += 1;
            for next in &neighbours[at] {
                if group[*next] == usize::MAX {
                    group[*next] = number;
                    open.push(*next);
                }
            }
        }
    }
    let largest = sizes.iter().enumerate().max_by_key(|(number, size)| (**size, usize::MAX - number));
    if let Some((largest, _)) = largest {
        woven.pieces.retain(|piece| group[piece.from] == largest);
    }
}

/// Leaves out the junctions that no piece uses any more.
fn number_anew(woven: &mut Woven) {
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut junctions = Vec::new();
    for piece in &mut woven.pieces {
        for end in [&mut piece.from, &mut piece.to] {
            let old = *end;
            *end = *numbers.entry(old).or_insert_with(|| {
                junctions.push(woven.junctions[old]);
                junctions.len() - 1
            });
        }
    }
    woven.junctions = junctions;
}
