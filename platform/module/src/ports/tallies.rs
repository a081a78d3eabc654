//! Numbers and files of other rooms that oversight asks for: how much happened where, and incidents as they are told to citizens.

use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, HitId, Micros};
use shouhu_place::Wgs84;
use shouhu_wire::RejectReason;

use crate::Problem;

/// How often something happened at a place; nobody is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlacedCount {
    /// None: nobody knows where.
    pub position: Option<Wgs84>,
    pub count: u64,
}

/// What was counted of a time, or why a count would say too little: a part of it must never look like the whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Tallied<T> {
    Whole(Vec<T>),
    /// What is older than this was destroyed when its time was over.
    Destroyed { before: Micros },
    /// Not everything could be counted: it is damaged, not published yet, or too much.
    Incomplete,
}

impl<T> Tallied<T> {
    /// Of other rows; why there are none stays.
    #[must_use]
    pub fn map<U>(self, rows: impl FnOnce(Vec<T>) -> Vec<U>) -> Tallied<U> {
        match self {
            Self::Whole(found) => Tallied::Whole(rows(found)),
            Self::Destroyed { before } => Tallied::Destroyed { before },
            Self::Incomplete => Tallied::Incomplete,
        }
    }
}

/// Answered by sightings: passages by source, of the classes that are kept for as long as those of our own cameras.
pub trait PassageTally: Send + Sync {
    fn passages(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<PlacedCount>, Problem>>;
}

/// Answered by patrol: signatures by box.
pub trait CheckInTally: Send + Sync {
    fn check_ins(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<PlacedCount>, Problem>>;
}

/// Hits of one place that came to the same; no plate is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TalliedHits {
    pub position: Option<Wgs84>,
    /// Of hits that a person rejected.
    pub reject_reason: Option<RejectReason>,
    pub count: u64,
}

/// Answered by watchlists: what was raised within a time.
pub trait HitTally: Send + Sync {
    fn hits(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<TalliedHits>, Problem>>;
}

/// A line of an incident's log without its words: free text may name anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    pub at: Micros,
    pub key: String,
    pub by: ActorId,
}

/// An incident without its caller, its words and its address.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentFile {
    pub number: String,
    pub kind: String,
    pub priority: u8,
    pub state: String,
    pub closing_code: Option<String>,
    pub position: Option<Wgs84>,
    /// The hit that it was opened from.
    pub hit: Option<HitId>,
    pub opened_at: Micros,
    pub closed_at: Option<Micros>,
    pub lines: Vec<FileLine>,
    /// Its number or its words name what is sealed: it is given to nobody, whoever asks.
    pub is_sealed: bool,
}

/// Answered by dispatch: incidents that were opened within a time and are over, the oldest first, at most so many; or one of them.
pub trait IncidentFiles: Send + Sync {
    fn opened(&self, from: Micros, until: Micros, most: i64) -> BoxFuture<'static, Result<Vec<IncidentFile>, Problem>>;
    fn one(&self, number: String) -> BoxFuture<'static, Result<Option<IncidentFile>, Problem>>;
}
