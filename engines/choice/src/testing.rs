//! Units and incidents for tests.

use proptest::prelude::*;
use shouhu_ids::{Micros, UnitId};

use crate::candidate::{Candidate, District, Incident, Job, Priority, Skill, Skills, State};

pub(crate) fn unit_id(number: u32) -> UnitId {
    UnitId::new(Micros(i64::from(number) * 1_000), [0; 16])
}

pub(crate) fn idle(number: u32, travel_s: f64) -> Candidate {
    Candidate {
        id: unit_id(number),
        state: State::Idle,
        district: Some(District(0)),
        skills: Skills::NONE,
        position_age_s: Some(5.0),
        on_duty_s: 3_600.0,
        since_last_job_s: None,
        air_m: Some(travel_s * 8.0),
        travel_s: Some(travel_s),
    }
}

pub(crate) fn incident(priority: Priority) -> Incident {
    Incident { priority, needs: Skills::NONE, district: Some(District(0)) }
}

pub(crate) fn priorities() -> impl Strategy<Value = Priority> {
    proptest::sample::select(&Priority::ALL[..])
}

fn states() -> impl Strategy<Value = State> {
    let job = || (priorities(), 0u8..3).prop_map(|(priority, times_preempted)| Job { priority, times_preempted });
    prop_oneof![
        6 => Just(State::Idle),
        2 => job().prop_map(|job| State::EnRoute { job }),
        2 => (job(), any::<bool>(), any::<bool>())
            .prop_map(|(job, is_in_danger, may_leave)| State::OnScene { job, is_in_danger, may_leave }),
        1 => Just(State::Engaged),
        1 => Just(State::Resting { for_s: 300.0 }),
        1 => Just(State::OffDuty),
        1 => Just(State::Panic),
    ]
}

fn skills() -> impl Strategy<Value = Skills> {
    (0u8..8).prop_map(|bits| {
        let held = (0..3).filter(|bit| bits >> bit & 1 == 1).map(|bit| Skill::new(bit).unwrap());
        held.fold(Skills::NONE, Skills::with)
    })
}

/// Mostly numbers, now and then what a broken router gives.
fn measures() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        // Whole tens, so that ties happen.
        12 => (0u32..90).prop_map(|tens| Some(f64::from(tens) * 10.0)),
        1 => Just(None),
        1 => Just(Some(f64::NAN)),
        1 => Just(Some(f64::INFINITY)),
        1 => Just(Some(-5.0)),
    ]
}

fn candidates() -> impl Strategy<Value = Candidate> {
    let ages = prop_oneof![8 => (0.0..600.0f64).prop_map(Some), 1 => Just(None), 1 => Just(Some(f64::NAN))];
    let since = proptest::option::of(0.0..7_200.0f64);
    (states(), 0u32..3, skills(), ages, 0.0..43_200.0f64, since, measures(), measures()).prop_map(
        |(state, district, skills, position_age_s, on_duty_s, since_last_job_s, air_m, travel_s)| Candidate {
            id: unit_id(0),
            state,
            district: Some(District(district)),
            skills,
            position_age_s,
            on_duty_s,
            since_last_job_s,
            air_m,
            travel_s,
        },
    )
}

/// Units with distinct numbers.
pub(crate) fn fleets() -> impl Strategy<Value = Vec<Candidate>> {
    proptest::collection::vec(candidates(), 0..24).prop_map(|mut units| {
        for (number, unit) in (1..).zip(&mut units) {
            unit.id = unit_id(number);
        }
        units
    })
}

pub(crate) fn incidents() -> impl Strategy<Value = Incident> {
    let needs = prop_oneof![3 => Just(Skills::NONE), 1 => skills()];
    (priorities(), needs, proptest::option::of((0u32..3).prop_map(District))).prop_map(|(priority, needs, district)| Incident {
        priority,
        needs,
        district,
    })
}
