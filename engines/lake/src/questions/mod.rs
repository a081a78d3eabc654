//! What is asked of the lake.

use std::sync::Arc;

use crate::part::{Part, PartError};
use crate::plates::PlateBook;
use crate::sources::Sources;

/// The lake at one moment.
#[derive(Clone)]
pub struct View {
    /// Segments and memory, of the classes that the asker may see.
    pub parts: Vec<Arc<dyn Part>>,
    pub plates: Arc<PlateBook>,
    pub sources: Arc<Sources>,
    /// What is known to be missing before anything is asked: rows of other nodes that are not published yet.
    pub behind: Vec<Partial>,
}

/// Why an answer is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partial {
    /// More rows were found than were asked for at most.
    Limit { limit: usize },
    /// The asker stopped it, or its time was over.
    Stopped,
    /// A file could not be read; the rest was.
    Damaged(PartError),
    /// Another node has rows from this time on that it has not published.
    Behind { node: String, from_ms: i64 },
}

/// Rows, and why there may be more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    pub rows: Vec<T>,
    pub partial: Vec<Partial>,
}

/// What bounds a question.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    pub rows_max: usize,
    /// Asked often; true ends the question with [`Partial::Stopped`].
    pub is_stopped: &'a dyn Fn() -> bool,
}
