//! What is asked of the lake: one file per question.
//!
//! Every question takes a [`View`] and [`Limits`] and gives an [`Answer`]: bounded, stoppable, and saying what may be missing
//! and why. A file that cannot be read makes the answer partial; what the other files hold is still given.
//!
//! **Invariant:** no answer holds one passage twice: parts may repeat rows, answers go by [`crate::Key`].

mod asking;
mod side_by_side;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub mod a_then_b;
pub mod area;
pub mod cameras;
pub mod convoy;
pub mod counts;
pub mod export;
pub mod export_parquet;
pub mod find;
pub mod first_last;
pub mod history;
pub mod meetings;
pub mod shape;
pub mod theft_zones;
pub mod trajectory;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::code::PlateCode;
use crate::part::{Part, PartError};
use crate::plates::{PatternError, PlateBook};
use crate::sources::Sources;

pub use shape::{Area, AreaError, middle_of_cell};

/// The lake at one moment.
#[derive(Clone)]
pub struct View {
    /// Segments and memory, of the classes that the asker may see.
    pub parts: Vec<Arc<dyn Part>>,
    pub plates: Arc<PlateBook>,
    pub sources: Arc<Sources>,
    /// What is known to be missing before anything is asked: rows of other nodes that are not published yet.
    pub behind: Vec<Partial>,
    /// Plates that the asker may not see: parts give none of their rows, and the book must not name them.
    pub hidden: Arc<BTreeSet<PlateCode>>,
}

/// Why an answer is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partial {
    /// More rows were found than were asked for at most, or than one question may hold in memory.
    Limit { limit: usize },
    /// The asker stopped it, or its time was over.
    Stopped,
    /// A file could not be read; the rest was.
    Damaged(PartError),
    /// Another node has rows from this time on that it has not published.
    Behind { node: String, from_ms: i64 },
    /// Counts only: this many rows lie where parts overlap in time and were not compared one by one, so that a passage that was
    /// delivered twice and is not merged yet may be counted twice.
    Unmerged { rows: u64 },
}

/// Rows, and why there may be more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    pub rows: Vec<T>,
    pub partial: Vec<Partial>,
}

impl<T> Answer<T> {
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.partial.is_empty()
    }
}

/// What bounds a question.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    pub rows_max: usize,
    /// Asked often; true ends the question with [`Partial::Stopped`].
    pub is_stopped: &'a dyn Fn() -> bool,
}

/// Why a question cannot be asked like this.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AskError {
    #[error("the window ends at {until_ms} ms, which is not after its beginning at {from_ms} ms")]
    EmptyWindow { from_ms: i64, until_ms: i64 },
    #[error("no {what} given")]
    NoneGiven { what: &'static str },
    #[error("{given} {what} given; at most {max} can be asked at once")]
    TooMany { what: &'static str, given: usize, max: usize },
    #[error("{what} is {given}; between {min} and {max} is possible")]
    OutOfRange { what: &'static str, given: i64, min: i64, max: i64 },
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error(transparent)]
    Area(#[from] AreaError),
}

impl AskError {
    /// Stable, for problem types and translations.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::EmptyWindow { .. } => "lake.ask.empty_window",
            Self::NoneGiven { .. } => "lake.ask.none_given",
            Self::TooMany { .. } => "lake.ask.too_many",
            Self::OutOfRange { .. } => "lake.ask.out_of_range",
            Self::Pattern(error) => error.key(),
            Self::Area(error) => error.key(),
        }
    }
}
