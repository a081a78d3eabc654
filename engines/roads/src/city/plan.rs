//! The layout: an old town of rays inside its former wall, a bent grid of arterials around it, an outer ring road, a
//! river with banks and bridges, and blocks divided into streets, lanes and alleys.

use std::f64::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Spot;
use super::names::Names;
use crate::network::{AreaKind, RoadClass};

/// Curves are sampled this finely; clipping is exact to it, and `weave` thins the points afterwards.
const STEP_M: f64 = 15.0;

/// Streets are drawn this far past the road that ends them, so that they surely cross it; `weave` trims the rest.
pub(super) const OVERSHOOT_M: f64 = 16.0;

/// From the water's edge to the road on the dyke.
const BANK_M: f64 = 34.0;

const SECTION_M: f64 = 1_400.0;

/// Radius of the roundabout in the middle of the old town.
const CIRCLE_M: f64 = 42.0;

#[derive(Debug, Clone)]
pub(super) struct Curve {
    pub points: Vec<Spot>,
    pub class: RoadClass,
    pub name: String,
    pub one_way: bool,
}

#[derive(Debug)]
pub(super) struct Ground {
    pub kind: AreaKind,
    pub name: Option<String>,
    pub ring: Vec<Spot>,
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    pub curves: Vec<Curve>,
    pub areas: Vec<Ground>,
}

/// The bend of the grid and the outline of the city.
struct Shape {
    radius: f64,
    old_town: f64,
    turn: f64,
    phases: [f64; 6],
}

struct River {
    centre: Vec<Spot>,
    half_width: f64,
    name: String,
}

/// A block between two pairs of grid lines, with the names of the roads on its west, east, south and north.
struct Block {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
    roads: [String; 4],
}

struct Draughtsman<'a> {
    rng: &'a mut ChaCha8Rng,
    names: Names,
    shape: Shape,
    river: River,
    plan: Plan,
}

pub(super) fn draw(rng: &mut ChaCha8Rng, radius: f64) -> Plan {
    let phases = std::array::from_fn(|_| rng.gen_range(0.0..TAU));
    let turn = rng.gen_range(-0.22..0.22);
    let shape = Shape { radius, old_town: (radius * 0.27).clamp(380.0, 760.0), turn, phases };
    let mut names = Names::new(rng);
    let river = River::draw(rng, &shape, names.river());
    let mut draughtsman = Draughtsman { rng, names, shape, river, plan: Plan::default() };
    draughtsman.outline();
    draughtsman.water();
    draughtsman.old_town();
    draughtsman.outer_ring();
    let lines = draughtsman.arterials();
    draughtsman.blocks(&lines);
    draughtsman.plan
}

impl Shape {
    /// From the straight grid to the bent one.
    fn bend(&self, u: f64, v: f64) -> Spot {
        let [a, b, c, d, ..] = self.phases;
        let (long, short) = (self.radius * 0.95, 900.0);
        let x = u + 0.07 * self.radius * (v / long * 2.2 + a).sin() + 42.0 * (v / short * 2.0 + b).sin();
        let y = v + 0.07 * self.radius * (u / long * 2.0 + c).sin() + 42.0 * (u / short * 2.0 + d).sin();
        let (sin, cos) = self.turn.sin_cos();
        Spot { x: x * cos - y * sin, y: x * sin + y * cos }
    }

    /// How far the old wall lies from the centre in a direction: a town wall follows its ditches, not a compass.
    fn wall_radius(&self, angle: f64) -> f64 {
        let [a, b, ..] = self.phases;
        self.old_town * (1.0 + 0.11 * (2.0 * angle + a).sin() + 0.05 * (3.0 * angle + b).sin())
    }

    /// From the round plan of the old town to its grown shape. Rays bend inside the wall and run straight beyond it.
    fn grow(&self, radius: f64, angle: f64) -> Spot {
        let [.., c, d, _, _] = self.phases;
        let share = (radius / self.old_town).min(1.0);
        let bent = angle + 0.16 * (2.6 * share + c).sin() * (1.0 - share) + 0.05 * (9.0 * share + d).sin() * (1.0 - share);
        let radius = radius + (self.wall_radius(angle) - self.old_town) * share * share;
        Spot { x: radius * bent.cos(), y: radius * bent.sin() }
    }

    fn is_outside_wall(&self, spot: Spot) -> bool {
        spot.radius() > self.wall_radius(spot.y.atan2(spot.x)) - OVERSHOOT_M
    }

    fn edge_radius(&self, spot: Spot) -> f64 {
        let [.., e, f] = self.phases;
        let angle = spot.y.atan2(spot.x);
        self.radius * (1.0 + 0.07 * (3.0 * angle + e).sin() + 0.05 * (2.0 * angle + f).sin())
    }

    fn ring_radius(&self, angle: f64) -> f64 {
        let [.., e, _] = self.phases;
        self.radius * 0.80 * (1.0 + 0.06 * (3.0 * angle + e).sin() + 0.02 * (5.0 * angle).cos())
    }
}

impl River {
    fn draw(rng: &mut ChaCha8Rng, shape: &Shape, name: String) -> Self {
        let radius = shape.radius;
        let (phase, lean) = (rng.gen_range(0.0..TAU), rng.gen_range(-0.35..0.35));
        let side = if rng.gen_bool(0.7) { -1.0 } else { 1.0 };
        let half_width = (radius * 0.028).clamp(32.0, 95.0);
        let centre = steps(-1.5 * radius, 1.5 * radius, 30.0)
            .map(|along| {
                let across = side * 0.56 * radius
                    + 0.11 * radius * (along / (0.42 * radius) + phase).sin()
                    + 0.03 * radius * (along / (0.15 * radius)).sin();
                Spot { x: across + lean * along * 0.35, y: along }
            })
            .collect();
        Self { centre, half_width, name }
    }

    fn distance(&self, spot: Spot) -> f64 {
        let near = self.centre.iter().zip(self.centre.iter().skip(1)).map(|(a, b)| {
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let along = ((spot.x - a.x) * dx + (spot.y - a.y) * dy) / (dx * dx + dy * dy).max(1e-9);
            let along = along.clamp(0.0, 1.0);
            spot.distance(Spot { x: a.x + dx * along, y: a.y + dy * along })
        });
        near.fold(f64::INFINITY, f64::min)
    }

    /// The line that runs beside the centre at a distance, to its right when positive.
    fn beside(&self, distance: f64) -> Vec<Spot> {
        let before = self.centre.iter();
        let after = self.centre.iter().skip(2);
        before
            .zip(self.centre.iter().skip(1))
            .zip(after)
            .map(|((a, at), b)| {
                let length = a.distance(*b).max(1e-9);
                let (dx, dy) = ((b.x - a.x) / length, (b.y - a.y) / length);
                Spot { x: at.x + dy * distance, y: at.y - dx * distance }
            })
            .collect()
    }
}

impl Draughtsman<'_> {
    fn outline(&mut self) {
        let ring = steps(0.0, TAU, TAU / 96.0)
            .map(|angle| {
                let towards = Spot { x: angle.cos(), y: angle.sin() };
                let radius = self.shape.edge_radius(towards) * 1.02;
                Spot { x: towards.x * radius, y: towards.y * radius }
            })
            .collect();
        self.plan.areas.push(Ground { kind: AreaKind::BuiltUp, name: None, ring });
    }

    fn water(&mut self) {
        let half = self.river.half_width;
        let mut green = self.river.beside(half + BANK_M * 0.7);
        green.extend(self.river.beside(-half - BANK_M * 0.7).into_iter().rev());
        self.plan
            .areas
            .push(Ground { kind: AreaKind::Park, name: Some(format!("{}河濱公園", self.river.name)), ring: green });
        let mut water = self.river.beside(half);
        water.extend(self.river.beside(-half).into_iter().rev());
        self.plan.areas.push(Ground { kind: AreaKind::Water, name: Some(self.river.name.clone()), ring: water });
        for (side, name) in [(1.0, "堤東路"), (-1.0, "堤西路")] {
            let dyke = self.river.beside(side * (half + BANK_M));
            let near = self.runs(resampled(&dyke), |city, spot| spot.radius() < city.shape.edge_radius(spot));
            for run in near {
                self.sections(run, RoadClass::Tertiary, name);
            }
        }
    }

    fn old_town(&mut self) {
        let wall = self.shape.old_town;
        let circle = arc(0.0, TAU, CIRCLE_M).into_iter().map(|(r, angle)| Spot { x: r * angle.cos(), y: r * angle.sin() });
        let name = format!("{}圓環", self.names.road().trim_end_matches('路'));
        self.plan.curves.push(Curve { points: circle.collect(), class: RoadClass::Secondary, name, one_way: true });
        for (quarter, name) in ["東門路", "北門路", "西門路", "南門路"].into_iter().enumerate() {
            let start = TAU * (quarter as f64 / 4.0 - 0.125);
            let quarter = self.grown(arc(start, start + TAU / 4.0, wall));
            self.add(quarter, RoadClass::Primary, name.to_owned());
        }
        let count = self.rng.gen_range(6..=7);
        let first = self.rng.gen_range(0.0..1.0);
        let rays: Vec<f64> =
            (0..count).map(|ray| TAU * (f64::from(ray) + first + self.rng.gen_range(-0.12..0.12)) / f64::from(count)).collect();
        for (index, angle) in rays.iter().enumerate() {
            let goes_on = index % 2 == 0;
            let past_wall = self.shape.wall_radius(*angle) - wall;
            let end = if goes_on { self.shape.ring_radius(*angle) - past_wall } else { wall };
            let ray = self.grown(steps(CIRCLE_M, end + OVERSHOOT_M, STEP_M).map(|r| (r, *angle)).collect());
            let name = self.names.road();
            let class = if goes_on { RoadClass::Primary } else { RoadClass::Secondary };
            for run in self.bridged(ray) {
                self.sections(run, class, &name);
            }
        }
        for (index, from) in rays.iter().enumerate() {
            let to = rays.get(index + 1).copied().unwrap_or_else(|| rays.first().copied().unwrap_or(0.0) + TAU);
            self.sector(*from, to, wall);
        }
    }

    fn grown(&self, plan: Vec<(f64, f64)>) -> Vec<Spot> {
        plan.into_iter().map(|(radius, angle)| self.shape.grow(radius, angle)).collect()
    }

    /// Arcs and spokes between two rays.
    fn sector(&mut self, from: f64, to: f64, wall: f64) {
        let count = (wall / 115.0).round();
        let mut radii = vec![CIRCLE_M];
        for index in steps(1.0, count - 1.0, 1.0) {
            radii.push(wall * (index + self.rng.gen_range(-0.3..0.3)) / count);
        }
        let mut streets: Vec<Option<String>> = vec![None];
        for radius in radii.iter().skip(1) {
            let is_drawn = radius * (to - from) > 50.0 && self.rng.gen_bool(0.85);
            let street = is_drawn.then(|| self.names.street(self.rng));
            if let Some(name) = &street {
                let street = self.grown(arc(from, to, *radius));
                self.add(street, RoadClass::Residential, name.clone());
            }
            streets.push(street);
        }
        radii.push(wall);
        for ((inner, outer), street) in radii.iter().zip(radii.iter().skip(1)).zip(&streets) {
            let Some(street) = street else { continue };
            let spokes = (inner * (to - from) / 125.0).floor();
            for index in steps(1.0, spokes, 1.0) {
                let angle = from + (to - from) * (index + self.rng.gen_range(-0.25..0.25)) / (spokes + 1.0);
                let spoke = self.grown(steps(*inner, *outer, STEP_M).map(|r| (r, angle)).collect());
                let name = self.names.lane(street, self.rng);
                self.add(spoke, RoadClass::Service, name);
            }
        }
    }

    fn outer_ring(&mut self) {
        let ring: Vec<Spot> = steps(0.0, TAU, STEP_M / self.shape.radius)
            .map(|angle| {
                let radius = self.shape.ring_radius(angle);
                Spot { x: radius * angle.cos(), y: radius * angle.sin() }
            })
            .collect();
        for run in self.bridged(ring) {
            self.sections(run, RoadClass::Trunk, "外環路");
        }
    }

    /// The bent grid of main roads; returns positions and names of its west–east and south–north lines.
    fn arterials(&mut self) -> [Vec<(f64, String)>; 2] {
        let reach = self.shape.radius * 1.35;
        [true, false].map(|is_column| {
            let mut lines = Vec::new();
            let mut at = -reach + self.rng.gen_range(0.0..500.0);
            while at < reach {
                let name = self.names.road();
                let class = if lines.len() % 2 == 0 { RoadClass::Primary } else { RoadClass::Secondary };
                let bent = steps(-reach, reach, STEP_M)
                    .map(|along| if is_column { self.shape.bend(at, along) } else { self.shape.bend(along, at) })
                    .collect();
                let inside = self.runs(bent, |city, spot| {
                    let radius = spot.radius();
                    city.shape.is_outside_wall(spot) && radius < city.shape.edge_radius(spot) * 1.06
                });
                for run in inside {
                    for run in self.bridged(run) {
                        self.sections(run, class, &name);
                    }
                }
                lines.push((at, name));
                at += self.rng.gen_range(560.0..840.0);
            }
            lines
        })
    }

    fn blocks(&mut self, [columns, rows]: &[Vec<(f64, String)>; 2]) {
        for (west, east) in columns.iter().zip(columns.iter().skip(1)) {
            for (south, north) in rows.iter().zip(rows.iter().skip(1)) {
                let middle = self.shape.bend((west.0 + east.0) / 2.0, (south.0 + north.0) / 2.0);
                if middle.radius() < self.shape.edge_radius(middle) * 1.02 {
                    let roads = [west, east, south, north].map(|line| line.1.clone());
                    let block = Block { west: west.0, east: east.0, south: south.0, north: north.0, roads };
                    self.divide(block, 0);
                }
            }
        }
    }

    fn divide(&mut self, block: Block, depth: u32) {
        let (width, height) = (block.east - block.west, block.north - block.south);
        let middle = self.shape.bend((block.west + block.east) / 2.0, (block.south + block.north) / 2.0);
        let out = middle.radius() / self.shape.radius;
        let smallest = 128.0 + 120.0 * out * out + self.rng.gen_range(0.0..50.0);
        let is_park_sized = depth >= 2 && width.min(height) > 110.0 && width.max(height) < 420.0;
        if is_park_sized && self.rng.gen_bool(0.035) && self.is_free(middle, width.max(height) * 0.8) {
            self.park(&block);
            return;
        }
        let longest = width.max(height);
        if longest < smallest {
            if longest > 95.0 && self.rng.gen_bool(0.22) {
                self.dead_end(&block);
            }
            return;
        }
        let share = self.rng.gen_range(0.4..0.6);
        let is_wide = width >= height;
        let at = if is_wide { block.west + width * share } else { block.south + height * share };
        let [road_west, road_east, road_south, road_north] = block.roads.clone();
        let begins_on = if is_wide { &road_south } else { &road_west };
        let (class, name) = match longest {
            l if l > 480.0 => (RoadClass::Tertiary, self.names.street(self.rng)),
            l if l > 290.0 => (RoadClass::Residential, self.names.street(self.rng)),
            _ => (RoadClass::Service, self.names.lane(begins_on, self.rng)),
        };
        let (low, high) = if is_wide { (block.south, block.north) } else { (block.west, block.east) };
        let line: Vec<Spot> = steps(low, high, STEP_M)
            .map(|along| if is_wide { self.shape.bend(at, along) } else { self.shape.bend(along, at) })
            .collect();
        self.minor(line, class, &name);
        let (first, second) = if is_wide {
            (
                Block { east: at, roads: [road_west, name.clone(), road_south.clone(), road_north.clone()], ..block },
                Block { west: at, roads: [name, road_east, road_south, road_north], ..block },
            )
        } else {
            (
                Block { north: at, roads: [road_west.clone(), road_east.clone(), road_south, name.clone()], ..block },
                Block { south: at, roads: [road_west, road_east, name, road_north], ..block },
            )
        };
        self.divide(first, depth + 1);
        self.divide(second, depth + 1);
    }

    fn park(&mut self, block: &Block) {
        let inset = 10.0;
        let corners = [
            (block.west + inset, block.south + inset),
            (block.east - inset, block.south + inset),
            (block.east - inset, block.north - inset),
            (block.west + inset, block.north - inset),
        ];
        let mut ring = Vec::new();
        for (index, (u, v)) in corners.iter().enumerate() {
            let (next_u, next_v) = corners.get((index + 1) % 4).copied().unwrap_or((*u, *v));
            for share in steps(0.0, 0.75, 0.25) {
                ring.push(self.shape.bend(u + (next_u - u) * share, v + (next_v - v) * share));
            }
        }
        let name = Some(self.names.park(self.rng));
        self.plan.areas.push(Ground { kind: AreaKind::Park, name, ring });
        if self.rng.gen_bool(0.4) {
            let middle = self.shape.bend((block.west + block.east) / 2.0, (block.south + block.north) / 2.0);
            let size = (block.east - block.west).min(block.north - block.south) * 0.24;
            let ring = steps(0.0, TAU * 0.97, TAU / 20.0)
                .map(|angle| {
                    let radius = size * (1.0 + 0.22 * (2.0 * angle + self.shape.turn * 9.0).sin());
                    Spot { x: middle.x + radius * angle.cos(), y: middle.y + radius * angle.sin() * 0.8 }
                })
                .collect();
            self.plan.areas.push(Ground { kind: AreaKind::Water, name: None, ring });
        }
    }

    fn dead_end(&mut self, block: &Block) {
        let deep = self.rng.gen_range(0.45..0.7);
        let from_south = block.north - block.south < block.east - block.west;
        let (line, parent) = if from_south {
            let u = (block.west + block.east) / 2.0;
            let end = block.south + (block.north - block.south) * deep;
            (steps(block.south, end, STEP_M).map(|v| self.shape.bend(u, v)).collect(), &block.roads[2])
        } else {
            let v = (block.south + block.north) / 2.0;
            let end = block.west + (block.east - block.west) * deep;
            (steps(block.west, end, STEP_M).map(|u| self.shape.bend(u, v)).collect(), &block.roads[0])
        };
        let name = self.names.lane(parent, self.rng);
        self.minor(line, RoadClass::Service, &name);
    }

    /// A street that ends at the wall, the river and the city's edge.
    fn minor(&mut self, line: Vec<Spot>, class: RoadClass, name: &str) {
        let runs = self.runs(line, |city, spot| {
            let radius = spot.radius();
            city.shape.is_outside_wall(spot)
                && radius < city.shape.edge_radius(spot) * 0.99
                && city.river.distance(spot) > city.river.half_width + BANK_M - OVERSHOOT_M
        });
        for run in runs {
            self.add(run, class, name.to_owned());
        }
    }

    /// A main road crosses the river where it meets it squarely; where it would run along inside, it is cut.
    fn bridged(&self, line: Vec<Spot>) -> Vec<Vec<Spot>> {
        let half = self.river.half_width;
        let is_wet: Vec<bool> = line.iter().map(|spot| self.river.distance(*spot) < half + BANK_M - OVERSHOOT_M).collect();
        let longest_bridge = ((half + BANK_M) * 2.0 * 2.2 / STEP_M) as usize;
        let (mut runs, mut run, mut wet) = (Vec::new(), Vec::new(), Vec::new());
        for (spot, is_wet) in line.into_iter().zip(is_wet) {
            if is_wet {
                wet.push(spot);
                continue;
            }
            if wet.len() > longest_bridge || run.is_empty() {
                runs.push(std::mem::take(&mut run));
                wet.clear();
            }
            run.append(&mut wet);
            run.push(spot);
        }
        runs.push(run);
        runs.retain(|run| run.len() > 2);
        runs
    }

    fn runs(&self, line: Vec<Spot>, is_kept: impl Fn(&Self, Spot) -> bool) -> Vec<Vec<Spot>> {
        let mut runs = vec![Vec::new()];
        for spot in line {
            if !is_kept(self, spot) {
                runs.push(Vec::new());
            } else if let Some(run) = runs.last_mut() {
                run.push(spot);
            }
        }
        runs.retain(|run| run.len() > 2);
        runs
    }

    /// Whether a park of this size keeps clear of wall, water and edge.
    fn is_free(&self, middle: Spot, size: f64) -> bool {
        let radius = middle.radius();
        self.river.distance(middle) > self.river.half_width + BANK_M + size
            && radius > self.shape.wall_radius(middle.y.atan2(middle.x)) + size * 0.8
            && radius < self.shape.edge_radius(middle) - size
            && (radius - self.shape.ring_radius(middle.y.atan2(middle.x))).abs() > size * 0.8
    }

    /// A long road, its name counted in sections.
    fn sections(&mut self, run: Vec<Spot>, class: RoadClass, name: &str) {
        let length = run.len() as f64 * STEP_M;
        let count = (length / SECTION_M).round().max(1.0);
        if count < 2.0 {
            self.add(run, class, name.to_owned());
            return;
        }
        let per_section = (run.len() as f64 / count).ceil() as usize;
        let mut start = 0;
        let mut index = 0;
        while start + 1 < run.len() {
            let end = (start + per_section).min(run.len() - 1);
            let part = run.get(start..=end).unwrap_or_default().to_vec();
            self.add(part, class, format!("{name}{}段", Names::section(index)));
            start = end;
            index += 1;
        }
    }

    fn add(&mut self, points: Vec<Spot>, class: RoadClass, name: String) {
        if points.len() > 1 {
            self.plan.curves.push(Curve { points, class, name, one_way: false });
        }
    }
}

/// From `low` to `high` in equal steps of about `step`, both ends included.
fn steps(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let count = ((high - low) / step).ceil().max(0.0) as u32;
    (0..=count).map(move |index| low + (high - low) * f64::from(index) / f64::from(count.max(1)))
}

/// Radius and angle along a circle.
fn arc(from: f64, to: f64, radius: f64) -> Vec<(f64, f64)> {
    let step = STEP_M.min(radius / 4.0) / radius;
    steps(from, to, step).map(|angle| (radius, angle)).collect()
}

fn resampled(line: &[Spot]) -> Vec<Spot> {
    let mut out = Vec::new();
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        for share in steps(0.0, 1.0, STEP_M / a.distance(*b).max(1.0)) {
            out.push(Spot { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });
        }
    }
    out.dedup();
    out
}
