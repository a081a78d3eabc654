//! Claims about the whole room: whatever people do, alone or at once, the three state machines agree.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use shouhu_ids::{AssignmentId, IncidentId, UnitId};
use shouhu_store::Store;
use shouhu_store::testing::on_each_database;
use shouhu_wire::{
    Assignment, AssignmentState, AssignmentStep, CloseIncident, ClosingCode, Declining, IncidentState, UnitState, WithoutUnit,
};

use crate::ops::{cancel, incident_close, merge, step, unit_state};
use crate::store::Which;
use crate::testing::Scene;
use crate::{MODULE, machine, store};

const UNITS: usize = 3;
const INCIDENTS: usize = 3;
const SEQUENCES: usize = 12;
const LENGTH: usize = 40;

/// What a dispatcher or a crew may try; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Assign { incident: usize, unit: usize },
    Step { unit: usize, step: AssignmentStep },
    /// A crew answers an assignment that may be long over.
    StepAny { assignment: usize, step: AssignmentStep },
    Cancel { assignment: usize },
    Close { incident: usize, code: ClosingCode },
    Say { unit: usize, state: UnitState },
    Merge { from: usize, into: usize },
    Unmerge { incident: usize },
}

fn steps() -> impl Strategy<Value = AssignmentStep> {
    prop_oneof![
        1 => Just(AssignmentStep::Delivered),
        3 => Just(AssignmentStep::Accept),
        1 => Just(AssignmentStep::Decline { reason: "no fuel".into(), code: Some(Declining::Vehicle) }),
        3 => Just(AssignmentStep::EnRoute),
        3 => Just(AssignmentStep::OnScene),
        1 => Just(AssignmentStep::Reply { text: "searching".into() }),
        2 => Just(AssignmentStep::Close { code: ClosingCode::Handled, text: "done".into() }),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    let codes = prop_oneof![Just(ClosingCode::Handled), Just(ClosingCode::Cancelled)];
    let states = prop_oneof![3 => Just(UnitState::Available), 1 => Just(UnitState::Busy), 1 => Just(UnitState::OffDuty)];
    prop_oneof![
        6 => (0..INCIDENTS, 0..UNITS).prop_map(|(incident, unit)| Act::Assign { incident, unit }),
        12 => (0..UNITS, steps()).prop_map(|(unit, step)| Act::Step { unit, step }),
        2 => (0..64_usize, steps()).prop_map(|(assignment, step)| Act::StepAny { assignment, step }),
        2 => (0..64_usize).prop_map(|assignment| Act::Cancel { assignment }),
        1 => (0..INCIDENTS, codes).prop_map(|(incident, code)| Act::Close { incident, code }),
        3 => (0..UNITS, states).prop_map(|(unit, state)| Act::Say { unit, state }),
        3 => (0..INCIDENTS, 0..INCIDENTS).prop_map(|(from, into)| Act::Merge { from, into }),
        2 => (0..INCIDENTS).prop_map(|incident| Act::Unmerge { incident }),
    ]
}

/// The same sequences in each run.
fn sequences() -> Vec<Vec<Act>> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
    let strategy = prop::collection::vec(acts(), LENGTH);
    (0..SEQUENCES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// One incident room with few units, so that acts collide.
#[derive(Clone)]
struct Room {
    store: Store,
    scene: Scene,
    incidents: Vec<IncidentId>,
    units: Vec<UnitId>,
}

impl Room {
    async fn new(store: &Store, name: usize) -> Self {
        let scene = Scene::new(store).await;
        let (mut incidents, mut units) = (Vec::new(), Vec::new());
        for _ in 0..INCIDENTS {
            incidents.push(scene.incident().await);
        }
        for number in 0..UNITS {
            units.push(scene.unit(&format!("{name}-{number}")).await);
        }
        Self { store: store.clone(), scene, incidents, units }
    }

    async fn assignments(&self) -> Vec<Assignment> {
        let mut all = Vec::new();
        for incident in &self.incidents {
            all.extend(store::incident(&self.store, *incident).await.unwrap().unwrap().assignments);
        }
        all
    }

    async fn any(&self, number: usize) -> Option<Assignment> {
        let all = self.assignments().await;
        all.get(number.checked_rem(all.len())?).cloned()
    }

    /// Refusals are fine; a failing database is not.
    async fn act(&self, act: &Act) {
        let key = match act {
            Act::Assign { incident, unit } => {
                let (Some(incident), Some(unit)) = (self.incidents.get(*incident), self.units.get(*unit)) else { return };
                self.scene.assign(*incident, *unit).await.err().map(key_of)
            }
            Act::Step { unit, step } => {
                let Some(unit) = self.units.get(*unit) else { return };
                let Some(live) = store::live_assignments_of(&self.store, *unit).await.unwrap().pop() else { return };
                step::step(&self.store, &self.scene.crew(*unit), live.id, step).await.err().map(key_of)
            }
            Act::StepAny { assignment, step } => {
                let Some(found) = self.any(*assignment).await else { return };
                step::step(&self.store, &self.scene.crew(found.unit), found.id, step).await.err().map(key_of)
            }
            Act::Cancel { assignment } => {
                let Some(found) = self.any(*assignment).await else { return };
                cancel::cancel(&self.store, &self.scene.by, found.id, "elsewhere").await.err().map(key_of)
            }
            Act::Close { incident, code } => {
                let Some(incident) = self.incidents.get(*incident) else { return };
                let body = CloseIncident { code: *code, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
                incident_close::close(&self.store, &self.scene.by, *incident, &body).await.err().map(key_of)
            }
            Act::Say { unit, state } => {
                unit_state::set(&self.store, self.units.get(*unit).copied(), *state).await.err().map(key_of)
            }
            Act::Merge { from, into } => {
                let (Some(from), Some(into)) = (self.incidents.get(*from), self.incidents.get(*into)) else { return };
                merge::merge(&self.store, &self.scene.by, *from, *into).await.err().map(key_of)
            }
            Act::Unmerge { incident } => {
                let Some(incident) = self.incidents.get(*incident) else { return };
                merge::unmerge(&self.store, &self.scene.by, *incident).await.err().map(key_of)
            }
        };
        assert!(key.is_none_or(|key| key.starts_with("dispatch.")), "{act:?}: {key:?}");
    }

    /// What must hold between any two acts.
    async fn check(&self, seen: &mut BTreeMap<AssignmentId, AssignmentState>, said: &str) {
        let all = self.assignments().await;
        for unit in &self.units {
            let unit = store::unit(&self.store, *unit).await.unwrap().unwrap();
            let live: Vec<_> = all.iter().filter(|a| a.unit == unit.id && machine::is_live(a.state)).collect();
            assert!(live.len() <= 1, "{said}: {} has {} live assignments", unit.call_sign, live.len());
            match live.first() {
                Some(assignment) => {
                    assert_eq!(Some(unit.state), machine::unit_state(assignment.state), "{said}");
                    assert_eq!(unit.assignment, Some(assignment.id), "{said}");
                }
                None => assert!(matches!(unit.state, UnitState::Available | UnitState::Busy | UnitState::OffDuty), "{said}"),
            }
        }
        for incident in &self.incidents {
            let incident = store::incident(&self.store, *incident).await.unwrap().unwrap();
            assert_eq!(incident.merged_into.is_some(), incident.state == IncidentState::Merged, "{said}");
            let states: Vec<AssignmentState> = incident.assignments.iter().map(|a| a.state).collect();
            if incident.state == IncidentState::Closed {
                assert!(!states.iter().any(|state| machine::is_live(*state)), "{said}: a closed incident holds a unit");
                assert!(incident.closed_at_us.is_some() && incident.closing_code.is_some(), "{said}");
            } else if incident.state == IncidentState::Merged {
                assert!(!states.iter().any(|state| machine::is_live(*state)), "{said}: a merged incident holds a unit");
                assert!(incident.closed_at_us.is_none(), "{said}");
                let target = store::incident(&self.store, incident.merged_into.unwrap()).await.unwrap().unwrap();
                assert!(target.id != incident.id && target.state != IncidentState::Merged, "{said}: two levels deep");
            } else {
                assert_eq!(incident.state, machine::incident_state(&states), "{said}");
            }
        }
        for assignment in &all {
            let before = seen.insert(assignment.id, assignment.state);
            let has_left_an_end = before.is_some_and(|before| !machine::is_live(before) && before != assignment.state);
            assert!(!has_left_an_end, "{said}: {before:?} became {:?}", assignment.state);
            check_stamps(assignment, said);
        }
    }
}

fn key_of(error: impl shouhu_module::Keyed) -> &'static str {
    error.key()
}

/// Each state has passed through those before it, in order of time.
fn check_stamps(assignment: &Assignment, said: &str) {
    let a = assignment;
    let way = [Some(a.offered_at_us), a.accepted_at_us, a.en_route_at_us, a.on_scene_at_us];
    let reached = way.iter().take_while(|at| at.is_some()).count();
    assert!(way.iter().skip(reached).all(Option::is_none), "{said}: {:?} skipped a step: {way:?}", a.state);
    assert!(way.iter().flatten().is_sorted(), "{said}: {way:?}");
    let expected = match a.state {
        AssignmentState::Offered | AssignmentState::Declined => 1..=1,
        AssignmentState::Accepted => 2..=2,
        AssignmentState::EnRoute => 3..=3,
        AssignmentState::OnScene | AssignmentState::Closed => 4..=4,
        AssignmentState::Cancelled => 1..=4,
    };
    assert!(expected.contains(&reached), "{said}: {:?} with {way:?}", a.state);
    assert_eq!(a.closed_at_us.is_none(), machine::is_live(a.state), "{said}");
}

#[tokio::test]
async fn whatever_is_tried_one_after_the_other_the_three_state_machines_agree() {
    on_each_database(&[MODULE.schema()], |store| async move {
        for (number, sequence) in sequences().into_iter().enumerate() {
            let room = Room::new(&store, number).await;
            let mut seen = BTreeMap::new();
            for (turn, act) in sequence.iter().enumerate() {
                room.act(act).await;
                room.check(&mut seen, &format!("sequence {number}, act {turn} {act:?}")).await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_six_people_try_at_once_the_three_state_machines_agree() {
    on_each_database(&[MODULE.schema()], |store| async move {
        for (number, sequence) in sequences().into_iter().enumerate() {
            let room = Room::new(&store, number).await;
            let mut seen = BTreeMap::new();
            for acts in sequence.chunks(6) {
                let mut at_once = tokio::task::JoinSet::new();
                for act in acts.iter().cloned() {
                    let room = room.clone();
                    at_once.spawn(async move { room.act(&act).await });
                }
                at_once.join_all().await;
                room.check(&mut seen, &format!("sequence {number}, {acts:?}")).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_change_of_an_assignment_is_in_the_log_of_its_incident() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let Some(sequence) = sequences().into_iter().next() else { return };
        let room = Room::new(&store, 0).await;
        for act in &sequence {
            room.act(act).await;
        }
        // Over all incidents: one that is merged takes its units along, and its log keeps what they did before.
        let (mut log, mut all) = (Vec::new(), Vec::new());
        for incident in &room.incidents {
            log.extend(store::log_of(&store, *incident).await.unwrap());
            all.extend(store::incident(&store, *incident).await.unwrap().unwrap().assignments);
        }
        let lines = |key: &str| log.iter().filter(|line| line.key == key).count();
        let of = |has: fn(&Assignment) -> bool| all.iter().filter(|a| has(a)).count();
        assert_eq!(lines("unit_assigned"), all.len());
        assert_eq!(lines("assignment_accepted"), of(|a| a.accepted_at_us.is_some()));
        assert_eq!(lines("assignment_on_scene"), of(|a| a.on_scene_at_us.is_some()));
        assert_eq!(lines("assignment_cancelled"), of(|a| a.state == AssignmentState::Cancelled));
        assert_eq!(lines("assignment_closed"), of(|a| a.state == AssignmentState::Closed));
    })
    .await;
}

#[tokio::test]
async fn the_list_pages_through_everything_once_and_knows_what_is_closed() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let mut opened = Vec::new();
        for _ in 0..5 {
            opened.push(scene.incident().await);
        }
        let body = CloseIncident { code: ClosingCode::Handled, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
        incident_close::close(&store, &scene.by, *opened.first().unwrap(), &body).await.unwrap();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = store::incidents(&store, Which::All, cursor, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            cursor = Some(last.id);
            seen.extend(page.iter().map(|incident| incident.id));
        }
        assert!(seen.is_sorted_by(|a, b| a > b));
        seen.sort_unstable();
        opened.sort_unstable();
        assert_eq!(seen, opened);
        assert_eq!(store::incidents(&store, Which::NotClosed, None, 10).await.unwrap().len(), 4);
        assert_eq!(store::incidents(&store, Which::Closed, None, 10).await.unwrap().len(), 1);
    })
    .await;
}
