//! What a database, or a copy of one, says that the lake consists of.

use shouhu_lake::SegmentMeta;
use shouhu_store::{Moment, Row, Store, StoreError, params};

use crate::catalogue::{SEGMENTS, segments_in, segments_of};

const NODES: &str = "SELECT number, name, wal_until, unflushed_rows FROM lakehouse_node ORDER BY number";

/// The lake as a database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub segments: Vec<SegmentMeta>,
    /// Number of the node, and the log file up to which its rows are in segments; `None`: the node has never been here.
    pub node: Option<(u32, u64)>,
    /// Other nodes that had rows in their logs alone when they said so last.
    pub others_behind: Vec<String>,
}

/// # Errors
/// When the database fails.
pub async fn listed_in(store: &Store, node: &str) -> Result<Listed, StoreError> {
    listed_of(segments_in(store).await?, &store.fetch(NODES, params![]).await?, node)
}

/// The same, of a moment that is held for a copy.
///
/// # Errors
/// When the database fails.
pub async fn listed_at(moment: &mut Moment, node: &str) -> Result<Listed, StoreError> {
    let segments = segments_of(&moment.fetch(SEGMENTS).await?)?;
    listed_of(segments, &moment.fetch(NODES).await?, node)
}

fn listed_of(segments: Vec<SegmentMeta>, nodes: &[Row], node: &str) -> Result<Listed, StoreError> {
    let mut listed = Listed { segments, node: None, others_behind: Vec::new() };
    for row in nodes {
        let name = row.text("name")?;
        if name == node {
            let corrupt = |_| StoreError::Corrupt { what: "number", detail: "a node's number or log file is none".into() };
            let number = u32::try_from(row.int("number")?).map_err(corrupt)?;
            listed.node = Some((number, u64::try_from(row.int("wal_until")?).map_err(corrupt)?));
        } else if row.int("unflushed_rows")? > 0 {
            listed.others_behind.push(name);
        }
    }
    Ok(listed)
}
