//! Claims about safety checks across servers, merges and jobs: who is asked, about what, and what nobody may lose.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use shouhu_ids::{AssignmentId, CheckId, IncidentId, Micros, ShiftId, UnitId};
use shouhu_module::Keyed;
use shouhu_place::Wgs84;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, params};
use shouhu_wire::{AssignmentStep, UnitState};

use super::turn::{Looked, look};
use super::{Check, CheckKind, CheckState, CrewSays, book};
use crate::MODULE;
use crate::jobs::{self, Purged};
use crate::ops::check_answer::{AnswerCheck, answer};
use crate::ops::incident_level::{self, RaiseLevel};
use crate::ops::par::{self, ParAct, ParStatus};
use crate::ops::{cancel, incident_card, merge, step, unit_state};
use crate::positions::{Fix, Positions};
use crate::store;
use crate::testing::Scene;

struct Crew {
    unit: UnitId,
    incident: IncidentId,
    assignment: AssignmentId,
    /// When it took its last step.
    since: Micros,
}

impl Crew {
    fn after(&self, seconds: i64) -> Micros {
        self.since.plus(seconds * Micros::SECOND)
    }

    fn minutes(&self, minutes: i64) -> Micros {
        self.after(60 * minutes)
    }
}

async fn goes(scene: &Scene, store: &Store, unit: UnitId, incident: IncidentId, until: AssignmentStep) -> Crew {
    let assignment = scene.assign(incident, unit).await.unwrap().id;
    for next in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene] {
        step::step(store, &scene.crew(unit), assignment, &next).await.unwrap();
        if next == until {
            break;
        }
    }
    Crew { unit, incident, assignment, since: store.env().now() }
}

async fn crew(scene: &Scene, store: &Store, priority: u8, until: AssignmentStep) -> Crew {
    let (incident, unit) = (scene.incident_of(priority).await, scene.unit("永康 21").await);
    goes(scene, store, unit, incident, until).await
}

fn fix(lon: f64, at: Micros) -> Fix {
    Fix { position: Wgs84::new(lon, 23.0).unwrap(), measured_at: at, accuracy_m: Some(5.0), heading_deg: None }
}

async fn only(store: &Store) -> Check {
    let mut open = book::open(store).await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    open.pop().unwrap()
}

async fn rounds(store: &Store, incident: IncidentId) -> ParStatus {
    par::status(store, incident).await.unwrap()
}

async fn has_line(store: &Store, incident: IncidentId, key: &str) -> bool {
    store::log_of(store, incident).await.unwrap().iter().any(|line| line.key == key)
}

#[tokio::test]
async fn a_server_that_did_not_hear_a_unit_itself_believes_the_one_that_did() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let crew = crew(&scene, &store, 2, AssignmentStep::EnRoute).await;
        let (here, there) = (Positions::default(), Positions::default());
        here.take(crew.unit, fix(120.2, crew.after(0)), crew.after(0)).unwrap();
        look(&store, &here, crew.after(0)).await.unwrap();
        there.take(crew.unit, fix(120.21, crew.after(290)), crew.after(290)).unwrap();
        there.persist(&store, crew.unit).await.unwrap();
        assert_eq!(look(&store, &here, crew.after(310)).await.unwrap(), Looked::default(), "it drives, and another server hears it");
        assert_eq!(look(&store, &here, crew.after(590)).await.unwrap().asked, 1);
        assert_eq!(only(&store).await.kind, CheckKind::Silent);
        there.take(crew.unit, fix(120.22, crew.after(600)), crew.after(600)).unwrap();
        there.persist(&store, crew.unit).await.unwrap();
        assert_eq!(look(&store, &here, crew.after(610)).await.unwrap().acted, 1);
    })
    .await;
}

#[tokio::test]
async fn a_place_of_an_earlier_duty_is_no_silence_of_this_crew() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let known = Positions::default();
        let unit = scene.unit("永康 21").await;
        known.take(unit, fix(120.2, store.env().now()), store.env().now()).unwrap();
        known.persist(&store, unit).await.unwrap();
        for state in [UnitState::OffDuty, UnitState::Available] {
            unit_state::set(&store, Some(unit), state).await.unwrap();
        }
        let crew = goes(&scene, &store, unit, scene.incident().await, AssignmentStep::EnRoute).await;
        assert_eq!(look(&store, &known, crew.minutes(60)).await.unwrap().asked, 0);
        known.take(unit, fix(120.2, crew.after(1)), crew.after(1)).unwrap();
        assert_eq!(look(&store, &known, crew.minutes(60)).await.unwrap().asked, 1, "this crew was heard, and is not any more");
    })
    .await;
}

#[tokio::test]
async fn rounds_and_open_questions_go_where_their_crew_goes_and_come_back_with_it() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let known = Positions::default();
        let crew = crew(&scene, &store, 4, AssignmentStep::OnScene).await;
        let target = scene.incident_of(4).await;
        par::set(&store, &scene.by, crew.incident, ParAct::On).await.unwrap();
        assert_eq!(look(&store, &known, crew.minutes(20)).await.unwrap().asked, 1);
        merge::merge(&store, &scene.by, crew.incident, target).await.unwrap();
        let check = only(&store).await;
        assert_eq!(check.incident, Some(target));
        let told = rounds(&store, target).await;
        assert_eq!((told.is_on, told.crews.first().unwrap().check), (true, Some(check.id)), "{told:?}");
        let refused = par::set(&store, &scene.by, crew.incident, ParAct::Now).await.unwrap_err();
        assert_eq!(refused.key(), "dispatch.assign.incident_merged");
        let safe = AnswerCheck { says: CrewSays::Safe, said_at_us: None };
        answer(&store, &scene.crew(crew.unit), check.id, safe, None).await.unwrap();
        assert!(has_line(&store, target, "check_safe").await && !has_line(&store, crew.incident, "check_safe").await);

        assert_eq!(look(&store, &known, crew.minutes(41)).await.unwrap().asked, 1, "the next round goes on");
        merge::unmerge(&store, &scene.by, crew.incident).await.unwrap();
        assert_eq!(only(&store).await.incident, Some(crew.incident));
        assert!(rounds(&store, crew.incident).await.is_on);
        let left = rounds(&store, target).await;
        assert!(!left.is_on && left.is_by_policy, "an undone merge leaves nothing behind: {left:?}");
    })
    .await;
}

#[tokio::test]
async fn that_rounds_were_ended_is_not_said_of_crews_that_come_and_what_is_said_since_goes_back_with_them() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let known = Positions::default();
        let (pressing, calm) = (scene.incident_of(2).await, scene.incident_of(4).await);
        par::set(&store, &scene.by, pressing, ParAct::Off).await.unwrap();
        let crew = crew(&scene, &store, 4, AssignmentStep::OnScene).await;
        merge::merge(&store, &scene.by, crew.incident, pressing).await.unwrap();
        assert_eq!(look(&store, &known, crew.minutes(20)).await.unwrap().asked, 1);
        merge::unmerge(&store, &scene.by, crew.incident).await.unwrap();
        let told = rounds(&store, pressing).await;
        assert!(!told.is_on && !told.is_by_policy, "{told:?}");

        merge::merge(&store, &scene.by, crew.incident, calm).await.unwrap();
        assert!(!rounds(&store, calm).await.is_on);
        par::set(&store, &scene.by, calm, ParAct::On).await.unwrap();
        merge::unmerge(&store, &scene.by, crew.incident).await.unwrap();
        assert!(rounds(&store, crew.incident).await.is_on && rounds(&store, calm).await.is_on);
    })
    .await;
}

#[tokio::test]
async fn an_unanswered_question_of_before_neither_ends_the_rounds_of_a_robbery_nor_stays_quiet() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let known = Positions::default();
        let noise = crew(&scene, &store, 4, AssignmentStep::EnRoute).await;
        for second in [0, 301] {
            known.take(noise.unit, fix(120.2, noise.after(second)), noise.after(second)).unwrap();
            look(&store, &known, noise.after(second)).await.unwrap();
        }
        assert_eq!(look(&store, &known, noise.after(400)).await.unwrap().overdue, 1);
        assert_eq!(only(&store).await.priority.0, 4);
        cancel::cancel(&store, &scene.by, noise.assignment, "改派").await.unwrap();
        let robbery = goes(&scene, &store, noise.unit, scene.incident_of(1).await, AssignmentStep::OnScene).await;
        let loud = only(&store).await;
        assert_eq!((loud.state, loud.priority.0, loud.incident), (CheckState::Overdue, 1, Some(noise.incident)));
        assert_eq!(look(&store, &known, robbery.minutes(20)).await.unwrap(), Looked { asked: 1, ..Looked::default() });
        let asked: Vec<_> = book::open_of(&store, noise.unit).await.unwrap().into_iter().map(|check| (check.kind, check.state)).collect();
        assert_eq!(asked, [(CheckKind::Par, CheckState::Asked), (CheckKind::Still, CheckState::Overdue)], "what is asked stands first");
        assert_eq!(look(&store, &known, robbery.minutes(90)).await.unwrap(), Looked { overdue: 1, ..Looked::default() }, "and no third");
    })
    .await;
}

#[tokio::test]
async fn safe_that_was_pressed_in_time_counts_also_when_it_is_delivered_late() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let known = Positions::default();
        let crew = crew(&scene, &store, 1, AssignmentStep::OnScene).await;
        look(&store, &known, crew.minutes(20)).await.unwrap();
        assert_eq!(look(&store, &known, crew.minutes(22)).await.unwrap().overdue, 1);
        let check = only(&store).await;
        let pressed = AnswerCheck { says: CrewSays::Safe, said_at_us: Some(crew.minutes(20).0) };
        let safe = answer(&store, &scene.crew(crew.unit), check.id, pressed, None).await.unwrap();
        assert_eq!((safe.state, safe.answered_at_us), (CheckState::Safe, Some(crew.minutes(20))));
        assert!(book::open(&store).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_incident_stands_at_the_highest_level_of_its_reports_and_what_is_merged_is_not_raised() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let (report, target) = (scene.incident().await, scene.incident().await);
        let to = |level| RaiseLevel { level, reason: "增援".into() };
        incident_level::raise(&store, &scene.by, report, &to(2)).await.unwrap();
        merge::merge(&store, &scene.by, report, target).await.unwrap();
        assert_eq!(incident_card::level_of(&store, target).await.unwrap(), 2);
        let raise = |id, level| {
            let (store, by) = (store.clone(), scene.by.clone());
            async move { incident_level::raise(&store, &by, id, &to(level)).await.map_err(|error| error.key()) }
        };
        assert_eq!(raise(target, 2).await.unwrap_err(), "dispatch.level.not_higher");
        assert_eq!(raise(report, 3).await.unwrap_err(), "dispatch.assign.incident_merged");
        merge::unmerge(&store, &scene.by, report).await.unwrap();
        assert_eq!(incident_card::level_of(&store, target).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn checks_and_shifts_are_destroyed_after_a_year_and_not_before() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let scene = Scene::new(&store).await;
        let unit = scene.unit("永康 21").await;
        let now = store.env().now();
        let mut tx = store.begin().await.unwrap();
        for (days, state) in [(366, "overdue"), (366, "safe"), (364, "safe"), (364, "overdue")] {
            let (at, ended) = (now.plus(-days * Micros::DAY), (state == "safe").then_some(now.plus(-days * Micros::DAY)));
            let sql = "INSERT INTO dispatch_check (id, unit, kind, priority, state, asked_at_us, due_at_us, ended_at_us) VALUES ($1, $2, 'par', 3, $3, $4, $4, $5)";
            tx.execute(sql, params![store.env().id(CheckId::new), unit, state, at, ended]).await.unwrap();
            let sql = "INSERT INTO dispatch_shift (id, unit, name, person, from_us, until_us, set_at_us, set_by_name) VALUES ($1, $2, '王', '王', $3, $3, $3, '李')";
            tx.execute(sql, params![store.env().id(ShiftId::new), unit, at]).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(jobs::purge_now(&store).await.unwrap(), Purged { calls: 0, checks: 2, shifts: 2 });
        assert_eq!(jobs::purge_now(&store).await.unwrap(), Purged::default());
    })
    .await;
}
