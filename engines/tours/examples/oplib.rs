//! Runs the solver over a folder of OPLib files and compares with the reference solutions.
//!
//! `cargo run --release -p shouhu-tours --example oplib -- --instances DIR --solutions DIR [--seconds 5] [--iterations N]
//! [--seed 1] [--max-nodes 400] [--min-nodes 0] [--only PART] [--scores 1|2|3] [--limit-scale 1.0] [--wall]`
//!
//! `--scores` puts the scores of another OPLib generation on the same nodes, `--limit-scale` another limit; neither has references.
//! Seconds are CPU seconds of this process (`/proc/self/schedstat`), so that a busy machine does not change the figures; `--wall` takes the wall clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use shouhu_tours::op::{Instance, Settings, Walk, solve};
use shouhu_tours::{Budget, Deadline, Iterations, oplib};

struct Options {
    instances: PathBuf,
    solutions: Option<PathBuf>,
    seconds: f64,
    iterations: Option<u64>,
    seed: u64,
    nodes: (usize, usize),
    only: Option<String>,
    scores: u32,
    limit_scale: f64,
    is_wall: bool,
}

struct Row {
    nodes: usize,
    gap_percent: Option<f64>,
    seconds: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    let mut files: Vec<PathBuf> =
        fs::read_dir(&options.instances)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "oplib"));
    let mut read = Vec::new();
    for path in files {
        let file = oplib::read(&fs::read_to_string(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        read.push((path, file.instance));
    }
    read.retain(|(path, instance)| is_wanted(&options, path, instance.nodes()));
    read.sort_by_key(|(path, instance)| (instance.nodes(), path.clone()));
    println!("{:<22} {:>5} {:>9} {:>9} {:>8} {:>8}", "name", "n", "ours", "reference", "gap %", "seconds");
    let mut rows = Vec::new();
    for (path, instance) in read {
        rows.push(run(&options, &path, instance)?);
    }
    summary(&rows);
    Ok(())
}

fn is_wanted(options: &Options, path: &Path, nodes: usize) -> bool {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    (options.nodes.0..=options.nodes.1).contains(&nodes) && options.only.as_ref().is_none_or(|part| name.contains(part.as_str()))
}

fn run(options: &Options, path: &Path, instance: Instance) -> Result<Row, Box<dyn std::error::Error>> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let is_published = options.scores == 1 && options.limit_scale == 1.0;
    let instance = if is_published { instance } else { changed(&instance, options)? };
    let reference = match &options.solutions {
        Some(folder) if is_published => Some(oplib::read_reference(&fs::read_to_string(folder.join(format!("{name}.sol")))?)?),
        _ => None,
    };
    if let Some(reference) = &reference {
        let mut walk = reference.nodes.clone();
        walk.push(instance.end());
        let judged = instance.judge(&walk).map_err(|error| format!("{name}: the reference solution: {error}"))?;
        if (judged.prize, judged.cost) != (reference.score, reference.cost) {
            return Err(format!("{name}: the reference says {}/{}, we count {judged:?}", reference.score, reference.cost).into());
        }
    }
    let (walk, seconds) = timed(options, &instance);
    instance.judge(&walk.nodes)?;
    let gap_percent = reference.as_ref().map(|reference| 100.0 * (1.0 - walk.prize as f64 / reference.score as f64));
    let shown = reference.map_or("-".to_owned(), |reference| reference.score.to_string());
    let gap = gap_percent.map_or("-".to_owned(), |gap| format!("{gap:.3}"));
    println!("{name:<22} {:>5} {:>9} {shown:>9} {gap:>8} {seconds:>8.2}", instance.nodes(), walk.prize);
    Ok(Row { nodes: instance.nodes(), gap_percent, seconds })
}

/// The scores of OPLib's generations 2 and 3 on an instance of generation 1, by the formulas of its README, and another limit.
fn changed(instance: &Instance, options: &Options) -> Result<Instance, Box<dyn std::error::Error>> {
    let costs = instance.costs();
    let nodes = 0..instance.nodes() as u32;
    let depot = instance.start();
    let farthest = nodes.clone().map(|node| costs.between(depot, node)).max().unwrap_or(1).max(1);
    let prize = |node: u32| match options.scores {
        2 => 1 + (7_141 * node + 73) % 100,
        3 => 1 + (99 * costs.between(depot, node) / farthest) as u32,
        _ => instance.prizes().get(node as usize).copied().unwrap_or(0),
    };
    let prizes = nodes.map(prize).collect();
    let limit = (instance.limit() as f64 * options.limit_scale) as i64;
    Ok(Instance::new(costs.clone(), prizes, depot, depot, limit)?)
}

fn timed(options: &Options, instance: &Instance) -> (Walk, f64) {
    let wall = Instant::now();
    let is_wall = options.is_wall;
    let clock = move || if is_wall { wall.elapsed().as_secs_f64() } else { cpu_seconds() };
    let start = clock();
    let mut iterations = options.iterations.map(Iterations);
    let mut deadline = Deadline::new(options.seconds, || clock() - start);
    let budget: &mut dyn Budget = match &mut iterations {
        Some(iterations) => iterations,
        None => &mut deadline,
    };
    let walk = solve(instance, &Settings::default(), options.seed, budget);
    (walk, clock() - start)
}

/// Nanoseconds on a processor so far, from the scheduler.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::MAX) / 1e9
}

fn summary(rows: &[Row]) {
    println!("\n{:<14} {:>5} {:>10} {:>9} {:>9} {:>12}", "nodes", "count", "mean gap %", "worst %", "at or over", "mean seconds");
    for (low, high) in [(0, 100), (101, 200), (201, 400), (0, 400), (401, 1_000), (1_001, 2_000), (2_001, 10_000), (401, 10_000)]
    {
        let class: Vec<&Row> = rows.iter().filter(|row| (low..=high).contains(&row.nodes)).collect();
        let gaps: Vec<f64> = class.iter().filter_map(|row| row.gap_percent).collect();
        if gaps.is_empty() {
            continue;
        }
        let count = gaps.len() as f64;
        let worst = gaps.iter().copied().fold(f64::MIN, f64::max);
        let held = gaps.iter().filter(|&&gap| gap <= 0.0).count();
        let seconds = class.iter().map(|row| row.seconds).sum::<f64>() / count;
        let mean = gaps.iter().sum::<f64>() / count;
        println!("{:<14} {:>5} {mean:>10.3} {worst:>9.3} {held:>9} {seconds:>12.2}", format!("{low}-{high}"), gaps.len());
    }
}

fn options() -> Result<Options, Box<dyn std::error::Error>> {
    let mut options = Options {
        instances: PathBuf::new(),
        solutions: None,
        seconds: 5.0,
        iterations: None,
        seed: 1,
        nodes: (0, usize::MAX),
        only: None,
        scores: 1,
        limit_scale: 1.0,
        is_wall: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--wall" {
            options.is_wall = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--instances" => options.instances = PathBuf::from(value),
            "--solutions" => options.solutions = Some(PathBuf::from(value)),
            "--seconds" => options.seconds = value.parse()?,
            "--iterations" => options.iterations = Some(value.parse()?),
            "--seed" => options.seed = value.parse()?,
            "--min-nodes" => options.nodes.0 = value.parse()?,
            "--max-nodes" => options.nodes.1 = value.parse()?,
            "--only" => options.only = Some(value),
            "--limit-scale" => options.limit_scale = value.parse()?,
            "--scores" => options.scores = value.parse()?,
            _ => return Err(format!("{word} is not an option; see the head of this file").into()),
        }
    }
    Ok(options)
}
