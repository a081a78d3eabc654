//! When an incident may be merged into another, and when that may be undone: pure functions, as in `machine`.
//!
//! A merged incident is another report of one that is open. It holds no live assignment, takes none, and is neither closed nor
//! merged again; what is done is done under the other number. Only a person merges, and a person may undo it.
//!
//! **Invariant:** merging is one level deep: an incident that has others merged into it is not merged away, and nothing is
//! merged into a merged one. So there are no cycles, and whoever reads a merged incident finds the open one in one step.
//!
//! **Live assignments move along.** Refusing instead would leave two crews driving to one scene under two numbers until somebody
//! recalled one of them; moving is safe because both incidents are held in one transaction, a unit has one live assignment
//! wherever that hangs, and neither the assignment's state nor its unit's changes. Ended assignments stay where they ended.

use shouhu_ids::IncidentId;
use shouhu_wire::{AssignmentState, IncidentState};

use crate::machine;

/// Citizens' calls of `dispatch_incident i` that count as demand, and have a place. A merged call is counted with the incident
/// that it belongs to; only where that is none of a citizen's, the first of its merged calls counts for all of them.
pub const COUNTED_CALL: &str = "i.origin = 'call' AND i.lon IS NOT NULL AND (i.state <> 'merged' OR (\
     EXISTS (SELECT 1 FROM dispatch_incident t WHERE t.id = i.merged_into AND t.origin <> 'call') AND NOT EXISTS (\
     SELECT 1 FROM dispatch_incident s WHERE s.merged_into = i.merged_into AND s.origin = 'call' AND s.lon IS NOT NULL AND s.id < i.id)))";

/// What the judgement needs of one of two incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    pub id: IncidentId,
    pub state: IncidentState,
    pub merged_into: Option<IncidentId>,
    /// A crew's call for help.
    pub is_panic: bool,
    /// Others are merged into it.
    pub has_merged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeVerdict {
    Merges,
    /// It was merged into this very one before.
    Unchanged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeRefusal {
    Itself,
    /// An alarm ends only when a dispatcher closes it as an alarm.
    Panic,
    Closed,
    TargetClosed,
    AlreadyMerged,
    TargetMerged,
    HasMerged,
}

/// # Errors
/// Why `from` may not become a report of `into`.
pub fn judge_merge(from: &Side, into: &Side) -> Result<MergeVerdict, MergeRefusal> {
    if from.id == into.id {
        return Err(MergeRefusal::Itself);
    }
    if from.is_panic {
        return Err(MergeRefusal::Panic);
    }
    match from.state {
        IncidentState::Closed => return Err(MergeRefusal::Closed),
        IncidentState::Merged if from.merged_into == Some(into.id) => return Ok(MergeVerdict::Unchanged),
        IncidentState::Merged => return Err(MergeRefusal::AlreadyMerged),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => {}
    }
    match into.state {
        IncidentState::Closed => Err(MergeRefusal::TargetClosed),
        IncidentState::Merged => Err(MergeRefusal::TargetMerged),
        _ if from.has_merged => Err(MergeRefusal::HasMerged),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => Ok(MergeVerdict::Merges),
    }
}

/// What becomes of an assignment that moved along when the merge is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovedVerdict {
    /// Back to where it was sent.
    GoesBack,
    /// It ended before anybody arrived: its end stands where it happened.
    Stays,
    /// The crew has arrived since, as it was told at the other incident: nobody can say any more at which of the two it was.
    ForbidsUndo,
}

#[must_use]
pub fn judge_moved(at_merge: AssignmentState, now: AssignmentState) -> MovedVerdict {
    match now {
        AssignmentState::Closed => MovedVerdict::ForbidsUndo,
        AssignmentState::OnScene if at_merge != AssignmentState::OnScene => MovedVerdict::ForbidsUndo,
        live if machine::is_live(live) => MovedVerdict::GoesBack,
        _ => MovedVerdict::Stays,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use shouhu_ids::Micros;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Act {
        Merge { from: u8, into: u8 },
        Unmerge { from: u8 },
        Close { which: u8 },
    }

    const INCIDENTS: u8 = 6;
    /// One of them is a crew's call for help.
    const PANIC: u8 = 0;

    fn acts() -> impl Strategy<Value = Act> {
        prop_oneof![
            6 => (0..INCIDENTS, 0..INCIDENTS).prop_map(|(from, into)| Act::Merge { from, into }),
            2 => (0..INCIDENTS).prop_map(|from| Act::Unmerge { from }),
            1 => (0..INCIDENTS).prop_map(|which| Act::Close { which }),
        ]
    }

    fn id(n: u8) -> IncidentId {
        IncidentId::new(Micros(1), [n; 16])
    }

    /// The rows as the operations would leave them.
    #[derive(Default)]
    struct Rows(BTreeMap<u8, (Option<u8>, bool)>);

    impl Rows {
        fn side(&self, n: u8) -> Side {
            let (merged_into, is_closed) = self.0.get(&n).copied().unwrap_or_default();
            let state = match (is_closed, merged_into) {
                (true, _) => IncidentState::Closed,
                (false, Some(_)) => IncidentState::Merged,
                (false, None) => IncidentState::Open,
            };
            let has_merged = self.0.values().any(|(into, _)| *into == Some(n));
            Side { id: id(n), state, merged_into: merged_into.map(id), is_panic: n == PANIC, has_merged }
        }
    }

    proptest! {
        #[test]
        fn no_sequence_makes_a_cycle_a_second_level_or_a_closed_or_panic_report(sequence in prop::collection::vec(acts(), 0..60)) {
            let mut rows = Rows::default();
            for act in sequence {
                match act {
                    Act::Merge { from, into } => {
                        let (one, other) = (rows.side(from), rows.side(into));
                        if judge_merge(&one, &other) == Ok(MergeVerdict::Merges) {
                            rows.0.entry(from).or_default().0 = Some(into);
                            prop_assert_eq!(judge_merge(&rows.side(from), &rows.side(into)), Ok(MergeVerdict::Unchanged));
                        }
                    }
                    Act::Unmerge { from } => {
                        let target = rows.0.get(&from).and_then(|(into, _)| *into);
                        if target.is_some_and(|into| rows.side(into).state != IncidentState::Closed) {
                            rows.0.entry(from).or_default().0 = None;
                        }
                    }
                    Act::Close { which } => {
                        if rows.side(which).state == IncidentState::Open {
                            rows.0.entry(which).or_default().1 = true;
                        }
                    }
                }
                for (n, (into, is_closed)) in &rows.0 {
                    let Some(into) = into else { continue };
                    prop_assert!(n != into && *n != PANIC && !is_closed);
                    prop_assert!(rows.side(*into).merged_into.is_none(), "{n} lies two levels deep");
                }
            }
        }
    }

    #[test]
    fn each_refusal_names_what_is_wrong() {
        let open = |n| Side { id: id(n), state: IncidentState::Open, merged_into: None, is_panic: false, has_merged: false };
        let with = |n, state| Side { state, ..open(n) };
        let merged = |n, into| Side { merged_into: Some(id(into)), ..with(n, IncidentState::Merged) };
        for (from, into, verdict) in [
            (open(1), open(2), Ok(MergeVerdict::Merges)),
            (with(1, IncidentState::OnScene), with(2, IncidentState::Assigned), Ok(MergeVerdict::Merges)),
            (open(1), Side { is_panic: true, ..open(2) }, Ok(MergeVerdict::Merges)),
            (merged(1, 2), open(2), Ok(MergeVerdict::Unchanged)),
            (open(1), open(1), Err(MergeRefusal::Itself)),
            (Side { is_panic: true, ..open(1) }, open(2), Err(MergeRefusal::Panic)),
            (with(1, IncidentState::Closed), open(2), Err(MergeRefusal::Closed)),
            (open(1), with(2, IncidentState::Closed), Err(MergeRefusal::TargetClosed)),
            (merged(1, 3), open(2), Err(MergeRefusal::AlreadyMerged)),
            (open(1), merged(2, 3), Err(MergeRefusal::TargetMerged)),
            (Side { has_merged: true, ..open(1) }, open(2), Err(MergeRefusal::HasMerged)),
        ] {
            assert_eq!(judge_merge(&from, &into), verdict, "{from:?} into {into:?}");
        }
    }

    #[test]
    fn only_an_arrival_since_the_merge_forbids_to_undo_it() {
        use AssignmentState::{Accepted, Cancelled, Closed, Declined, EnRoute, Offered, OnScene};
        for (at_merge, now, verdict) in [
            (Offered, EnRoute, MovedVerdict::GoesBack),
            (OnScene, OnScene, MovedVerdict::GoesBack),
            (EnRoute, OnScene, MovedVerdict::ForbidsUndo),
            (OnScene, Closed, MovedVerdict::ForbidsUndo),
            (Offered, Declined, MovedVerdict::Stays),
            (Accepted, Cancelled, MovedVerdict::Stays),
        ] {
            assert_eq!(judge_moved(at_merge, now), verdict, "{at_merge:?} → {now:?}");
        }
    }
}
