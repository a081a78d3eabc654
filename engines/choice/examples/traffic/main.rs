//! Roads out to a traffic simulation, and its times back against ours. `benches/traffic/run.sh` calls both.
//!
//! `traffic export EDGES.csv FOLDER` writes `nodes.csv` and `edges.csv` as `shouhu-roads` numbers them.
//! `traffic compare EDGES.csv TRUTH.csv [PAIRS]` prints how far our weight sets are from the simulated times.

#![allow(clippy::indexing_slicing, reason = "an example fails by panicking")]

mod compare;
#[path = "../policies/truth.rs"]
mod truth;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use shouhu_roads::{ImportOptions, RoadNetwork, VehicleClass, import};

pub type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["export", roads, folder] => export(read(roads)?.as_ref(), Path::new(folder)),
        ["compare", roads, truth] => compare::run(&read(roads)?, truth, 2_000),
        ["compare", roads, truth, pairs] => compare::run(&read(roads)?, truth, pairs.parse()?),
        _ => Err("traffic export EDGES.csv FOLDER, or traffic compare EDGES.csv TRUTH.csv [PAIRS]".into()),
    }
}

fn read(roads: &str) -> Result<Arc<RoadNetwork>, Failure> {
    Ok(Arc::new(import(&std::fs::read(roads)?, ImportOptions::default())?.0))
}

fn export(network: &RoadNetwork, folder: &Path) -> Result<(), Failure> {
    let mut nodes = "node,lon,lat\n".to_owned();
    for (number, place) in network.nodes().iter().enumerate() {
        writeln!(nodes, "{number},{:.7},{:.7}", place.lon, place.lat)?;
    }
    let mut edges = "edge,from,to,length_m,forward,backward\n".to_owned();
    for (id, edge) in network.edge_ids() {
        let [forward, backward] = [true, false].map(|way| u8::from(edge.allows(VehicleClass::Car, way)));
        writeln!(edges, "{},{},{},{:.2},{forward},{backward}", id.0, edge.from.0, edge.to.0, edge.length_m)?;
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("nodes.csv"), nodes)?;
    std::fs::write(folder.join("edges.csv"), edges)?;
    println!("{} nodes, {} edges, {:.0} km", network.nodes().len(), network.edges().len(), network.length_m() / 1_000.0);
    Ok(())
}
