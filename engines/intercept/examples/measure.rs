//! A thousand random fugitives in a real city: how often the ring closes, how large it is, and how long the answer takes.
//!
//! `cargo run --release -p shouhu-intercept --example measure -- EDGES.csv [--fugitives 1000] [--units 80] [--ago 60]
//! [--ratio 1.0] [--setup 30] [--horizon 1800] [--units-max 256] [--effort 10000] [--seed 1] [--fewest]`
//!
//! Each fugitive is seen at a random junction some seconds ago; the units stand at random junctions, drawn anew for each
//! tenth fugitive. "first" is an answer from nothing; "next" is the answer to a second sighting a minute's drive on, with
//! every ordered unit a minute's drive further on its way. Processor time is from
//! `/proc/self/schedstat`, which moves in ticks of some milliseconds: for short answers its mean counts. Wall time is that of
//! whatever else the machine does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shouhu_intercept::{Flight, NodeId, Outcome, Plan, Prefer, Ring, Seen, Settings, Spot, Streets, Unit, WhyOpen};
use shouhu_roads::{ImportOptions, Profile, VehicleClass, WeightSet, import};

struct Options {
    file: String,
    fugitives: usize,
    units: usize,
    ago_s: f64,
    seed: u64,
    settings: Settings,
}

fn options() -> Result<Options, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a file of roads")?;
    let mut found = Options { file, fugitives: 1_000, units: 80, ago_s: 60.0, seed: 1, settings: Settings::default() };
    while let Some(name) = arguments.next() {
        if name == "--fewest" {
            found.settings.prefer = Prefer::FewestUnits;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--fugitives" => found.fugitives = value.parse()?,
            "--units" => found.units = value.parse()?,
            "--ago" => found.ago_s = value.parse()?,
            "--ratio" => found.settings.speed_ratio = value.parse()?,
            "--setup" => found.settings.setup_s = value.parse()?,
            "--horizon" => found.settings.horizon_s = value.parse()?,
            "--units-max" => found.settings.units_max = value.parse()?,
            "--effort" => found.settings.effort = value.parse()?,
            "--seed" => found.seed = value.parse()?,
            _ => return Err(format!("{name} is no option").into()),
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Tally {
    closed: usize,
    closed_proven: usize,
    open: usize,
    open_proven: usize,
    no_way_out: usize,
    sizes: Vec<f64>,
    manned_s: Vec<f64>,
    radius_s: Vec<f64>,
    slack_s: Vec<f64>,
    short: Vec<f64>,
    reasons: BTreeMap<&'static str, usize>,
    cpu_ms: Vec<f64>,
    wall_ms: Vec<f64>,
}

impl Tally {
    fn add(&mut self, plan: &Plan, cpu_ms: f64, wall_ms: f64) {
        self.cpu_ms.push(cpu_ms);
        self.wall_ms.push(wall_ms);
        match plan.outcome {
            Outcome::NoWayOut => self.no_way_out += 1,
            Outcome::Closed => {
                self.closed += 1;
                self.closed_proven += usize::from(plan.is_proven);
                self.sizes.push(plan.orders.len() as f64);
                self.manned_s.extend(plan.closed_s);
                self.radius_s.extend(plan.radius_s);
                self.slack_s.extend(plan.orders.iter().map(|order| order.slack_s).min_by(f64::total_cmp));
            }
            Outcome::Open { units_short } => {
                self.open += 1;
                self.open_proven += usize::from(plan.is_proven);
                self.short.push(units_short as f64);
                for leak in &plan.leaks {
                    let reason = match leak.why {
                        WhyOpen::TooLate { .. } => "too late",
                        WhyOpen::NobodyLeft => "nobody left",
                        WhyOpen::NoUnit => "no unit",
                    };
                    *self.reasons.entry(reason).or_default() += 1;
                }
            }
        }
    }

    fn tell(&mut self, name: &str) {
        let answered = self.closed + self.open;
        let share = 100.0 * self.closed as f64 / answered.max(1) as f64;
        println!("{name}: {} of {answered} closed ({share:.1} %), {} had no way out", self.closed, self.no_way_out);
        println!(
            "  proven: {} of the closed are best, {} of the {} open have no ring",
            self.closed_proven, self.open_proven, self.open
        );
        for (what, values) in [
            ("units in the ring", &mut self.sizes),
            ("manned, s from now", &mut self.manned_s),
            ("radius, s from now", &mut self.radius_s),
            ("least slack, s", &mut self.slack_s),
            ("junctions left open", &mut self.short),
            ("answer, CPU ms", &mut self.cpu_ms),
            ("answer, wall ms", &mut self.wall_ms),
        ] {
            values.sort_by(f64::total_cmp);
            let at =
                |share: f64| values.get(((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1))).copied();
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            if let (Some(median), Some(most), Some(last)) = (at(0.5), at(0.95), values.last()) {
                println!("  {what:<20} mean {mean:>8.1}   median {median:>8.1}   p95 {most:>8.1}   most {last:>8.1}");
            }
        }
        println!("  left open because: {:?}", self.reasons);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    let (network, _) = import(&std::fs::read(&options.file)?, ImportOptions::default())?;
    let began = Instant::now();
    let siren = Profile::new(VehicleClass::Car, WeightSet::Emergency);
    let streets = Arc::new(Streets::new(&network, siren, Flight::default())?);
    println!(
        "{}: {} junctions, {} roads, prepared in {:.1} ms; {} units, seen {} s ago, {:?}",
        options.file,
        network.nodes().len(),
        network.edges().len(),
        began.elapsed().as_secs_f64() * 1e3,
        options.units,
        options.ago_s,
        options.settings
    );
    let places = largest_piece(&streets)?;
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let (mut first, mut next) = (Tally::default(), Tally::default());
    let mut units = Vec::new();
    for fugitive in 0..options.fugitives {
        if fugitive % 10 == 0 {
            units = (0..options.units as u64).map(|id| Unit::free(id, Spot::Junction(drawn(&mut rng, &places)))).collect();
        }
        let seen = drawn(&mut rng, &places);
        let mut ring = Ring::new(Arc::clone(&streets));
        let plan = timed(&mut ring, &units, [Seen::surely(Spot::Junction(seen), options.ago_s)], &options.settings, &mut first)?;
        let moved = moved(&streets, &units, &plan)?;
        let Some(again) = a_minute_on(&streets, seen, &mut rng)? else { continue };
        timed(&mut ring, &moved, [Seen::surely(Spot::Junction(again), 5.0)], &options.settings, &mut next)?;
    }
    first.tell("first");
    next.tell("next");
    Ok(())
}

fn timed(
    ring: &mut Ring,
    units: &[Unit],
    seen: [Seen; 1],
    settings: &Settings,
    tally: &mut Tally,
) -> Result<Plan, Box<dyn std::error::Error>> {
    let (began_ms, began) = (cpu_ms()?, Instant::now());
    let plan = ring.resolve(units, &seen, settings)?;
    tally.add(&plan, cpu_ms()? - began_ms, began.elapsed().as_secs_f64() * 1e3);
    Ok(plan)
}

/// Processor time of this process, so that a busy machine does not change the figures.
fn cpu_ms() -> Result<f64, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos: f64 = text.split_whitespace().next().ok_or("an empty schedstat")?.parse()?;
    Ok(nanos / 1e6)
}

fn drawn(rng: &mut ChaCha8Rng, places: &[NodeId]) -> NodeId {
    places.get(rng.gen_range(0..places.len())).copied().unwrap_or(NodeId(0))
}

/// The junctions that most others lead to: what is drawn from it has somewhere to go.
fn largest_piece(streets: &Streets) -> Result<Vec<NodeId>, Box<dyn std::error::Error>> {
    let mut best = Vec::new();
    let mut is_seen = vec![false; streets.junction_count()];
    for start in 0..streets.junction_count() {
        if is_seen.get(start).copied().unwrap_or(true) {
            continue;
        }
        let times = streets.unit_times_s(Spot::Junction(NodeId(start as u32)))?;
        let reached: Vec<NodeId> = (0..).zip(&times).filter(|(_, time)| time.is_some()).map(|(node, _)| NodeId(node)).collect();
        for node in &reached {
            if let Some(is_seen) = is_seen.get_mut(node.0 as usize) {
                *is_seen = true;
            }
        }
        if reached.len() > best.len() {
            best = reached;
        }
    }
    Ok(best)
}

/// A random junction between 50 and 70 s from the last.
fn a_minute_on(streets: &Streets, from: NodeId, rng: &mut ChaCha8Rng) -> Result<Option<NodeId>, Box<dyn std::error::Error>> {
    let times = streets.unit_times_s(Spot::Junction(from))?;
    let near = |time: &Option<f64>| time.is_some_and(|time_s| (50.0..70.0).contains(&time_s));
    let places: Vec<NodeId> = (0..).zip(&times).filter(|(_, time)| near(time)).map(|(node, _)| NodeId(node)).collect();
    Ok((!places.is_empty()).then(|| drawn(rng, &places)))
}

/// Ordered units a minute's drive on, to the junction that is nearest to being on their way.
fn moved(streets: &Streets, units: &[Unit], plan: &Plan) -> Result<Vec<Unit>, Box<dyn std::error::Error>> {
    let mut moved = units.to_vec();
    for unit in &mut moved {
        let Some(order) = plan.orders.iter().find(|order| order.unit == unit.id) else { continue };
        let (from, to) = (streets.unit_times_s(unit.at)?, streets.unit_times_s(Spot::Junction(order.junction))?);
        let target_s = order.drive_s.min(60.0);
        let off = |(out, back): (&Option<f64>, &Option<f64>)| {
            let (out, back) = (out.unwrap_or(f64::MAX), back.unwrap_or(f64::MAX));
            (out - target_s).abs() + (out + back - order.drive_s).abs()
        };
        let best = (0..).zip(from.iter().zip(&to).map(off)).min_by(|a: &(u32, f64), b| a.1.total_cmp(&b.1));
        if let Some((node, _)) = best {
            unit.at = Spot::Junction(NodeId(node));
        }
    }
    Ok(moved)
}
