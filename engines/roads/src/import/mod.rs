//! From a file that somebody has to a network that the city can use.
//!
//! The format is told from the content, never from a name. Every importer reads what it can, mends what can be mended
//! without guessing, and says in the [`ImportReport`] what it mended, what it left out, and why.

mod assemble;
mod bans;
mod csv;
mod geojson;
mod osm;
mod osm_pbf;
mod osm_xml;
mod report;
mod rights;
mod sniff;
mod text;

pub use csv::import_node_edge_csv;
pub use report::{Effect, Finding, Format, ImportError, ImportReport, Reason};
pub use sniff::sniff;

use crate::network::RoadNetwork;
use report::Ledger;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportOptions {
    /// Larger files are refused before anything is read.
    pub bytes_max: usize,
    /// More points than this are refused: the network would not fit into memory.
    pub points_max: usize,
}

impl Default for ImportOptions {
    /// Room for the whole of Taiwan as OSM PBF.
    fn default() -> Self {
        Self { bytes_max: 1 << 30, points_max: 50_000_000 }
    }
}

/// Reads a road file of any known format.
///
/// # Errors
/// When the bytes are no road file, are cut short, too large, lie elsewhere than on the globe, or hold no road at all.
pub fn import(bytes: &[u8], options: ImportOptions) -> Result<(RoadNetwork, ImportReport), ImportError> {
    check_size(bytes.len(), options)?;
    let format = sniff(bytes)?;
    let mut ledger = Ledger::new(format, bytes.len(), options.points_max);
    let network = match format {
        Format::Network => RoadNetwork::from_bytes(bytes)?,
        Format::OsmXml => osm_xml::read(bytes, &mut ledger)?,
        Format::OsmPbf => osm_pbf::read(bytes, &mut ledger)?,
        Format::GeoJson => geojson::read(bytes, &mut ledger)?,
        Format::EdgeCsv => csv::read(None, bytes, &mut ledger)?,
    };
    ledger.close(network)
}

fn check_size(bytes: usize, options: ImportOptions) -> Result<(), ImportError> {
    if bytes > options.bytes_max {
        return Err(ImportError::TooLarge { bytes, bytes_max: options.bytes_max });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
