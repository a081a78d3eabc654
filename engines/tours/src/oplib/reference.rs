//! The solution files that lie beside the instances.

use super::{OplibError, sections};

/// A published walk: its nodes from 0, its score and cost as the file states them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub nodes: Vec<u32>,
    pub score: u64,
    pub cost: i64,
}

/// Reads one `.sol` file.
///
/// # Errors
/// The first thing in the text that the format does not allow.
pub fn read_reference(text: &str) -> Result<Reference, OplibError> {
    let file = sections::split(text)?;
    let nodes = file.dimension()?;
    let keyword = "NODE_SEQUENCE_SECTION";
    let sequence = file.section(keyword)?.iter().map(|word| {
        let node = word.whole(keyword)?;
        let in_range = (1..=nodes as i64).contains(&node);
        u32::try_from(node - 1).ok().filter(|_| in_range).ok_or(OplibError::Node { line: word.line, node, nodes })
    });
    let score = file.number("ROUTE_SCORE")?;
    let score = u64::try_from(score);
    Ok(Reference {
        nodes: sequence.collect::<Result<_, _>>()?,
        score: score.map_err(|_| OplibError::Number { line: 0, text: "negative".to_owned(), keyword: "ROUTE_SCORE" })?,
        cost: file.number("ROUTE_COST")?,
    })
}
