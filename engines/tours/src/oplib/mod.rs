//! Reads OPLib files: TSPLIB's format with a cost limit and node scores (Kobeaga, Merino & Lozano 2018).
//!
//! Text comes in, an [`Instance`] or a named error goes out; nothing here opens a file, and no rubbish makes it panic.

mod reference;
mod sections;

use thiserror::Error;

use crate::costs::{Costs, Metric};
use crate::op::{Instance, InstanceError};

pub use reference::{Reference, read_reference};

/// The largest instance read: its cost table would hold 10⁸ cells.
pub const NODES_MAX: usize = 10_000;

/// A file's instance and what it calls itself.
#[derive(Debug, Clone)]
pub struct OplibFile {
    pub name: String,
    /// Nodes are numbered from 0 here and from 1 in the file.
    pub instance: Instance,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OplibError {
    #[error("line {line}: {text:?} is neither a keyword that OPLib has nor data of a section")]
    Line { line: usize, text: String },
    #[error("line {line}: {text:?} is not a number as {keyword} has")]
    Number { line: usize, text: String, keyword: &'static str },
    #[error("line {line}: node {node} is not in 1..={nodes}")]
    Node { line: usize, node: i64, nodes: usize },
    #[error("{keyword} is missing")]
    Missing { keyword: &'static str },
    #[error("{keyword} is {found:?}, which is not read here; read are {known}")]
    Unknown { keyword: &'static str, found: String, known: &'static str },
    #[error("{keyword} has {found} numbers and needs {needed}")]
    Count { keyword: &'static str, found: usize, needed: usize },
    #[error("DIMENSION is {nodes}, outside 1..={NODES_MAX}")]
    Dimension { nodes: i64 },
    #[error(transparent)]
    Instance(#[from] InstanceError),
}

/// Reads one instance.
///
/// # Errors
/// The first thing in the text that the format does not allow, with its line where it has one.
pub fn read(text: &str) -> Result<OplibFile, OplibError> {
    let file = sections::split(text)?;
    let nodes = file.dimension()?;
    let limit = file.number("COST_LIMIT")?;
    let kind = file.keyword("EDGE_WEIGHT_TYPE")?;
    let costs = match kind {
        "EXPLICIT" => Costs::from_table(nodes, &table(&file, nodes)?),
        "EUC_2D" => Costs::from_points(&points(&file, nodes)?, Metric::Euc2d),
        "CEIL_2D" => Costs::from_points(&points(&file, nodes)?, Metric::Ceil2d),
        "ATT" => Costs::from_points(&points(&file, nodes)?, Metric::Att),
        "GEO" => Costs::from_points(&points(&file, nodes)?, Metric::Geo),
        _ => {
            return Err(OplibError::Unknown {
                keyword: "EDGE_WEIGHT_TYPE",
                found: kind.to_owned(),
                known: "EXPLICIT, EUC_2D, CEIL_2D, ATT, GEO",
            });
        }
    };
    let costs = costs.map_err(InstanceError::from)?;
    let depot = depot(&file, nodes)?;
    let instance = Instance::new(costs, scores(&file, nodes)?, depot, depot, limit)?;
    Ok(OplibFile { name: file.keyword("NAME").unwrap_or_default().to_owned(), instance })
}

/// Rows of `node, a, b` (or `node, a`) as `columns` numbers each, put in node order.
fn by_node(
    file: &sections::Sections<'_>,
    keyword: &'static str,
    nodes: usize,
    columns: usize,
) -> Result<Vec<Vec<f64>>, OplibError> {
    let section = file.section(keyword)?;
    let needed = nodes * (columns + 1);
    if section.len() != needed {
        return Err(OplibError::Count { keyword, found: section.len(), needed });
    }
    let mut rows = vec![Vec::new(); nodes];
    for row in section.chunks(columns + 1) {
        let Some((head, rest)) = row.split_first() else { continue };
        let node = head.whole(keyword)?;
        let slot = usize::try_from(node - 1).ok().and_then(|i| rows.get_mut(i));
        let slot = slot.ok_or(OplibError::Node { line: head.line, node, nodes })?;
        *slot = rest.iter().map(|word| word.real(keyword)).collect::<Result<_, _>>()?;
    }
    match rows.iter().filter(|row| !row.is_empty()).count() {
        all if all == nodes => Ok(rows),
        found => Err(OplibError::Count { keyword, found: found * (columns + 1), needed }),
    }
}

fn points(file: &sections::Sections<'_>, nodes: usize) -> Result<Vec<(f64, f64)>, OplibError> {
    let rows = by_node(file, "NODE_COORD_SECTION", nodes, 2)?;
    Ok(rows.iter().map(|row| (row.first().copied().unwrap_or(0.0), row.get(1).copied().unwrap_or(0.0))).collect())
}

fn scores(file: &sections::Sections<'_>, nodes: usize) -> Result<Vec<u32>, OplibError> {
    let rows = by_node(file, "NODE_SCORE_SECTION", nodes, 1)?;
    let whole = |score: f64| (0.0..=1e9).contains(&score).then(|| score.round() as u32);
    rows.iter()
        .map(|row| {
            let score = row.first().copied().unwrap_or(0.0);
            whole(score).ok_or(OplibError::Number { line: 0, text: score.to_string(), keyword: "NODE_SCORE_SECTION" })
        })
        .collect()
}

fn depot(file: &sections::Sections<'_>, nodes: usize) -> Result<u32, OplibError> {
    let Some(first) = file.section("DEPOT_SECTION")?.first() else {
        return Err(OplibError::Count { keyword: "DEPOT_SECTION", found: 0, needed: 1 });
    };
    let node = first.whole("DEPOT_SECTION")?;
    let in_range = (1..=nodes as i64).contains(&node);
    u32::try_from(node - 1).ok().filter(|_| in_range).ok_or(OplibError::Node { line: first.line, node, nodes })
}

/// The explicit weights as a full table, whichever triangle the file gives.
fn table(file: &sections::Sections<'_>, nodes: usize) -> Result<Vec<i64>, OplibError> {
    let format = file.keyword("EDGE_WEIGHT_FORMAT")?;
    let cells: Vec<(usize, usize)> = match format {
        "FULL_MATRIX" => (0..nodes).flat_map(|row| (0..nodes).map(move |column| (row, column))).collect(),
        "UPPER_ROW" | "LOWER_COL" => (0..nodes).flat_map(|row| (row + 1..nodes).map(move |column| (row, column))).collect(),
        "LOWER_ROW" | "UPPER_COL" => (0..nodes).flat_map(|row| (0..row).map(move |column| (row, column))).collect(),
        "UPPER_DIAG_ROW" | "LOWER_DIAG_COL" => (0..nodes).flat_map(|row| (row..nodes).map(move |column| (row, column))).collect(),
        "LOWER_DIAG_ROW" | "UPPER_DIAG_COL" => (0..nodes).flat_map(|row| (0..=row).map(move |column| (row, column))).collect(),
        _ => {
            return Err(OplibError::Unknown {
                keyword: "EDGE_WEIGHT_FORMAT",
                found: format.to_owned(),
                known: "FULL_MATRIX and the eight triangles",
            });
        }
    };
    let keyword = "EDGE_WEIGHT_SECTION";
    let section = file.section(keyword)?;
    if section.len() != cells.len() {
        return Err(OplibError::Count { keyword, found: section.len(), needed: cells.len() });
    }
    let mut full = vec![0; nodes * nodes];
    for (word, (row, column)) in section.iter().zip(cells) {
        let weight = word.whole(keyword)?;
        for at in [row * nodes + column, column * nodes + row] {
            if let Some(cell) = full.get_mut(at).filter(|_| format != "FULL_MATRIX" || at == row * nodes + column) {
                *cell = weight;
            }
        }
    }
    Ok(full)
}

#[cfg(test)]
mod tests;
