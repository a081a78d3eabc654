//! The three state machines, as pure functions.
//!
//! An assignment moves; a unit and an incident follow. `offered → accepted → en_route → on_scene → closed` by its crew,
//! `offered → declined` by its crew, any live state `→ cancelled` by a dispatcher. Nothing leaves an ended state.
//!
//! When its last live assignment ends, an incident that is not closed waits again (`open`): that the crew is done does not
//! say that the incident is, so a person closes it. An incident never closes by itself and never reopens.

use shouhu_wire::{AssignmentState, AssignmentStep, IncidentState, UnitState};

/// What a step does to an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The assignment moves to this state.
    Moves(AssignmentState),
    /// Delivered and replies: written down without moving.
    Notes,
    /// The step was taken before: a phone that was offline sends it again.
    Unchanged,
    /// Not from this state.
    Refused,
}

#[must_use]
pub const fn is_live(state: AssignmentState) -> bool {
    matches!(
        state,
        AssignmentState::Offered | AssignmentState::Accepted | AssignmentState::EnRoute | AssignmentState::OnScene
    )
}

/// How far the ordinary way has been gone; `None` for ends that lie beside it.
const fn progress(state: AssignmentState) -> Option<u8> {
    match state {
        AssignmentState::Offered => Some(0),
        AssignmentState::Accepted => Some(1),
        AssignmentState::EnRoute => Some(2),
        AssignmentState::OnScene => Some(3),
        AssignmentState::Closed => Some(4),
        AssignmentState::Declined | AssignmentState::Cancelled => None,
    }
}

#[must_use]
pub fn judge(state: AssignmentState, step: &AssignmentStep) -> Verdict {
    let target = match step {
        AssignmentStep::Delivered | AssignmentStep::Reply { .. } => return Verdict::Notes,
        AssignmentStep::Decline { .. } => {
            return match state {
                AssignmentState::Offered => Verdict::Moves(AssignmentState::Declined),
                AssignmentState::Declined => Verdict::Unchanged,
                _ => Verdict::Refused,
            };
        }
        AssignmentStep::Accept => AssignmentState::Accepted,
        AssignmentStep::EnRoute => AssignmentState::EnRoute,
        AssignmentStep::OnScene => AssignmentState::OnScene,
        AssignmentStep::Close { .. } => AssignmentState::Closed,
    };
    match (progress(state), progress(target)) {
        (Some(now), Some(then)) if now >= then => Verdict::Unchanged,
        (Some(now), Some(then)) if now + 1 == then => Verdict::Moves(target),
        _ => Verdict::Refused,
    }
}

/// What a unit is while it holds an assignment; `None` once the assignment has ended.
#[must_use]
pub const fn unit_state(assignment: AssignmentState) -> Option<UnitState> {
    match assignment {
        AssignmentState::Offered | AssignmentState::Accepted => Some(UnitState::Dispatched),
        AssignmentState::EnRoute => Some(UnitState::EnRoute),
        AssignmentState::OnScene => Some(UnitState::OnScene),
        AssignmentState::Closed | AssignmentState::Declined | AssignmentState::Cancelled => None,
    }
}

/// The state of an incident that nobody has closed.
#[must_use]
pub fn incident_state(assignments: &[AssignmentState]) -> IncidentState {
    if assignments.contains(&AssignmentState::OnScene) {
        IncidentState::OnScene
    } else if assignments.iter().any(|state| is_live(*state)) {
        IncidentState::Assigned
    } else {
        IncidentState::Open
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_wire::{ClosingCode, Declining};

    use super::*;

    fn steps() -> impl Strategy<Value = AssignmentStep> {
        prop_oneof![
            Just(AssignmentStep::Delivered),
            Just(AssignmentStep::Accept),
            Just(AssignmentStep::Decline { reason: "at another scene".into(), code: Some(Declining::OtherJob) }),
            Just(AssignmentStep::EnRoute),
            Just(AssignmentStep::OnScene),
            Just(AssignmentStep::Reply { text: "on it".into() }),
            Just(AssignmentStep::Close { code: ClosingCode::Handled, text: String::new() }),
        ]
    }

    proptest! {
        #[test]
        fn any_sequence_walks_only_along_the_arrows_and_a_repeated_step_changes_nothing(sequence in prop::collection::vec(steps(), 0..40)) {
            let arrows = [
                (AssignmentState::Offered, AssignmentState::Accepted),
                (AssignmentState::Accepted, AssignmentState::EnRoute),
                (AssignmentState::EnRoute, AssignmentState::OnScene),
                (AssignmentState::OnScene, AssignmentState::Closed),
                (AssignmentState::Offered, AssignmentState::Declined),
            ];
            let mut state = AssignmentState::Offered;
            for step in sequence {
                let Verdict::Moves(next) = judge(state, &step) else { continue };
                prop_assert!(arrows.contains(&(state, next)), "{state:?} to {next:?}");
                prop_assert_eq!(judge(next, &step), Verdict::Unchanged);
                state = next;
            }
            prop_assert_eq!(unit_state(state).is_some(), is_live(state));
        }
    }

    #[test]
    fn no_step_is_skipped_and_an_ended_assignment_takes_none() {
        assert_eq!(judge(AssignmentState::Offered, &AssignmentStep::EnRoute), Verdict::Refused);
        assert_eq!(judge(AssignmentState::Accepted, &AssignmentStep::OnScene), Verdict::Refused);
        assert_eq!(judge(AssignmentState::Cancelled, &AssignmentStep::Accept), Verdict::Refused);
        assert_eq!(judge(AssignmentState::Declined, &AssignmentStep::Accept), Verdict::Refused);
        assert_eq!(judge(AssignmentState::OnScene, &AssignmentStep::Accept), Verdict::Unchanged);
    }

    #[test]
    fn an_incident_is_as_far_as_its_farthest_unit() {
        use AssignmentState::{Closed, EnRoute, Offered, OnScene};
        assert_eq!(incident_state(&[Closed, EnRoute, OnScene]), IncidentState::OnScene);
        assert_eq!(incident_state(&[Closed, Offered]), IncidentState::Assigned);
        assert_eq!(incident_state(&[Closed]), IncidentState::Open);
    }
}
