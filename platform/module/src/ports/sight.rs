//! What somebody may know of, asked before a fact about it is told.

use std::collections::BTreeSet;

use shouhu_env::BoxFuture;
use shouhu_ids::{CallId, IncidentId};

use crate::Problem;

/// Answered by dispatch: whether there is such a thing for whoever looks ([`shouhu_store::Sight`]).
pub trait IncidentSight: Send + Sync {
    fn is_incident_shown(&self, incident: IncidentId) -> BoxFuture<'static, Result<bool, Problem>>;
    /// Of these incidents those that there are.
    fn shown_of(&self, incidents: BTreeSet<IncidentId>) -> BoxFuture<'static, Result<BTreeSet<IncidentId>, Problem>>;
    fn is_call_shown(&self, call: CallId) -> BoxFuture<'static, Result<bool, Problem>>;
}
