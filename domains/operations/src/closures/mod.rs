//! Road closures 道路封閉: what was drawn, the road pieces that it means, and how every server learns of it.
//!
//! A person closes a road until a time that the person names, and a person lifts it earlier. What is kept is the line as it was
//! drawn; which pieces it means is found anew for each map. A closure never opens by itself before its time, and never later.

mod book;
mod pieces;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ClosureId, Micros};
use shouhu_place::Wgs84;
use shouhu_roads::{EdgeId, RoadNetwork};

pub use book::{ClosureError, Kept, learn, lift, make, watch_for_ever};
pub use pieces::{Wish, pieces};

/// A road that is closed now.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Closure {
    pub id: ClosureId,
    /// As it was drawn: one place, or a line.
    pub line: Vec<Wgs84>,
    pub reason: String,
    pub made_at_us: Micros,
    pub until_us: Micros,
    /// The pieces of road that it closes, both ways; none where the present map has no road there.
    pub pieces: Vec<ClosedPiece>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ClosedPiece {
    /// Empty when unnamed.
    pub street: String,
    pub line: Vec<Wgs84>,
}

/// A closure with its pieces on one map.
#[derive(Debug, Clone, PartialEq)]
pub struct Shut {
    pub kept: Kept,
    pub edges: Vec<EdgeId>,
}

impl Shut {
    pub fn told(&self, network: &RoadNetwork) -> Closure {
        let edges = self.edges.iter().filter_map(|id| network.edge(*id));
        let pieces = edges.map(|edge| ClosedPiece {
            street: network.name(edge).unwrap_or_default().to_owned(),
            line: network.polyline(edge).to_vec(),
        });
        let Kept { id, line, reason, made_at_us, until_us } = self.kept.clone();
        Closure { id, line, reason, made_at_us, until_us, pieces: pieces.collect() }
    }
}

/// What a row keeps of a closure's place.
#[derive(Debug, Serialize, Deserialize)]
struct Drawn {
    line: Vec<Wgs84>,
}
