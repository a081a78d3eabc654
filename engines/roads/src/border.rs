//! Where roads leave the map.

use crate::access::VehicleClass;
use crate::geo::Bounds;
use crate::network::{Edge, NodeId, RoadClass, RoadNetwork};

/// A road that ends so near to the rectangle round all roads was cut there, whatever its class.
const EDGE_M: f64 = 100.0;
/// One degree of latitude, metres (WGS84, mean).
const DEGREE_M: f64 = 111_195.0;

/// Trunk to tertiary roads lead somewhere: one that ends nowhere goes on beyond the map.
const fn leads_on(class: RoadClass) -> bool {
    matches!(class, RoadClass::Motorway | RoadClass::Trunk | RoadClass::Primary | RoadClass::Secondary | RoadClass::Tertiary)
}

fn is_at_edge(bounds: &Bounds, lon: f64, lat: f64) -> bool {
    let east_m = DEGREE_M * lat.to_radians().cos();
    let sides_m =
        [(lon - bounds.west) * east_m, (bounds.east - lon) * east_m, (lat - bounds.south) * DEGREE_M, (bounds.north - lat) * DEGREE_M];
    sides_m.iter().any(|side_m| *side_m <= EDGE_M)
}

impl RoadNetwork {
    /// Junctions at which a road that cars drive leaves the map: no other such road ends there, and it is a tertiary road or
    /// larger, or ends at the edge of the map. A blind alley beside the edge is told as one too: for who closes roads that is on the
    /// safe side.
    #[must_use]
    pub fn map_exits(&self) -> Vec<NodeId> {
        let Some(bounds) = self.bounds() else { return Vec::new() };
        let mut only: Vec<Option<&Edge>> = vec![None; self.nodes().len()];
        let mut ends = vec![0_u32; self.nodes().len()];
        let is_driven = |edge: &&Edge| [true, false].iter().any(|is_forward| edge.allows(VehicleClass::Car, *is_forward));
        for edge in self.edges().iter().filter(is_driven) {
            for end in [edge.from, edge.to] {
                if let (Some(count), Some(slot)) = (ends.get_mut(end.0 as usize), only.get_mut(end.0 as usize)) {
                    *count += 1;
                    *slot = Some(edge);
                }
            }
        }
        let nodes = (0..).map(NodeId).zip(self.nodes()).zip(ends.iter().zip(&only));
        nodes
            .filter(|((_, place), (ends, edge))| {
                **ends == 1 && edge.is_some_and(|edge| leads_on(edge.class) || is_at_edge(&bounds, place.lon, place.lat))
            })
            .map(|((node, _), _)| node)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use shouhu_place::Wgs84;

    use crate::network::{EdgeSpec, NetworkBuilder, NetworkError, NodeId, RoadClass};

    #[test]
    fn large_roads_that_end_nowhere_and_small_ones_cut_at_the_edge_leave_the_map() -> Result<(), NetworkError> {
        let mut builder = NetworkBuilder::new();
        let mut at = |lon: f64, lat: f64| builder.node(Wgs84 { lon: 120.2 + lon, lat: 23.0 + lat });
        let crossing = at(0.0, 0.0)?;
        let (west, inner, south, alley, path) = (at(-0.05, 0.0)?, at(0.02, 0.01)?, at(0.0, -0.03)?, at(0.01, 0.01)?, at(0.05, 0.03)?);
        for (end, class) in [
            (west, RoadClass::Primary),
            (inner, RoadClass::Tertiary),
            (south, RoadClass::Residential),
            (alley, RoadClass::Residential),
            (path, RoadClass::Path),
        ] {
            builder.edge(crossing, end, &[], EdgeSpec::of_class(class))?;
        }
        let exits: Vec<NodeId> = builder.build().map_exits();
        assert_eq!(exits, [west, inner, south], "not the alley within, nor a footpath");
        Ok(())
    }
}
