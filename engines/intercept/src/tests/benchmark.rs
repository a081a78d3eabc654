//! CUMCM 2011-B, the police city: 582 nodes, 80 platforms, everybody at 60 km/h on a map of 100 m to the millimetre.
//!
//! The files are no part of the project. They lie in `$SHOUHU_SHARED_DATA` or in `shared/data` beside the checkout or one folder above it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use shouhu_roads::NodeId;

use crate::{Piece, Streets};

pub(super) struct City {
    pub streets: Arc<Streets>,
    /// Nodes of platforms, in order of the platforms' numbers; district A's are the first 20.
    pub platforms: Vec<NodeId>,
    pub exits_city: Vec<NodeId>,
    pub exits_a: Vec<NodeId>,
}

fn text(name: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = [root.join("../../../shared/data"), root.join("../../../../shared/data")];
    let named = std::env::var_os("SHOUHU_SHARED_DATA").map(PathBuf::from);
    let folders: Vec<PathBuf> = named.map_or_else(|| beside.to_vec(), |folder| vec![folder]);
    let found = folders.iter().find_map(|folder| std::fs::read_to_string(folder.join("bench/cumcm2011b").join(name)).ok());
    if found.is_none() {
        eprintln!("skipped: bench/cumcm2011b/{name} is in none of {folders:?}; set SHOUHU_SHARED_DATA");
    }
    found
}

fn rows(name: &str) -> Option<Vec<Vec<String>>> {
    let row = |line: &str| line.split(',').map(|cell| cell.trim().to_owned()).collect();
    Some(text(name)?.lines().skip(1).filter(|line| !line.trim().is_empty()).map(row).collect())
}

/// Nodes keep their numbers from 1; junction 0 has no road.
pub(super) fn city() -> Option<City> {
    let place = |row: &Vec<String>| -> (f64, f64) { (row[1].parse().unwrap(), row[2].parse().unwrap()) };
    let places: Vec<(f64, f64)> = std::iter::once((0.0, 0.0)).chain(rows("nodes.csv")?.iter().map(place)).collect();
    let number = |cell: &String| -> u32 { cell.parse().unwrap() };
    let piece = |row: &Vec<String>| {
        let (a, b) = (number(&row[0]), number(&row[1]));
        let ((ax, ay), (bx, by)) = (places[a as usize], places[b as usize]);
        // 100 m to the millimetre at 1,000 m a minute.
        Piece::two_way(NodeId(a), NodeId(b), (ax - bx).hypot(ay - by) * 0.1 * 60.0)
    };
    let pieces: Vec<Piece> = rows("edges.csv")?.iter().map(piece).collect();
    let exits = rows("exits.csv")?;
    let of = |scope: &str| exits.iter().filter(|row| row[0] == scope).map(|row| NodeId(number(&row[1]))).collect();
    Some(City {
        streets: Arc::new(Streets::from_pieces(places.len(), &pieces).unwrap()),
        platforms: rows("platforms.csv")?.iter().map(|row| NodeId(number(&row[1]))).collect(),
        exits_city: of("city"),
        exits_a: of("districtA"),
    })
}
