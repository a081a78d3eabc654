//! Numbers and files of other rooms that oversight asks for: how much happened where, and incidents as they are told to citizens.

use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, Micros};
use shouhu_place::Wgs84;
use shouhu_wire::{HitState, RejectReason};

use crate::Problem;

/// How often something happened at a place; nobody is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlacedCount {
    /// None: nobody knows where.
    pub position: Option<Wgs84>,
    pub count: u64,
}

/// Answered by sightings: passages by source.
pub trait PassageTally: Send + Sync {
    fn passages(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<PlacedCount>, Problem>>;
}

/// Answered by patrol: signatures by box.
pub trait CheckInTally: Send + Sync {
    fn check_ins(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<PlacedCount>, Problem>>;
}

/// A hit without its plate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TalliedHit {
    pub position: Option<Wgs84>,
    pub state: HitState,
    pub reject_reason: Option<RejectReason>,
}

/// Answered by watchlists: what was raised within a time.
pub trait HitTally: Send + Sync {
    fn hits(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<TalliedHit>, Problem>>;
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
    pub opened_at: Micros,
    pub closed_at: Option<Micros>,
    pub lines: Vec<FileLine>,
}

/// Answered by dispatch: incidents that were opened within a time and are over, the oldest first, at most so many; or one of them.
pub trait IncidentFiles: Send + Sync {
    fn opened(&self, from: Micros, until: Micros, most: i64) -> BoxFuture<'static, Result<Vec<IncidentFile>, Problem>>;
    fn one(&self, number: String) -> BoxFuture<'static, Result<Option<IncidentFile>, Problem>>;
}
