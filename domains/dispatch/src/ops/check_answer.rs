//! A crew answers its check by one thumb: safe, or help. A phone that was offline sends the same answer again, with the time of the
//! press; an answer to a check that has ended changes nothing and is no error. "Help" is the crew's alarm, whenever it comes.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CheckId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError};

use super::panic::{PanicError, call_for_help};
use crate::checks::book::{self, Change};
use crate::checks::{self, Check, CheckState, CrewSays};
use crate::positions;

pub const ROUTE: Route =
    Route::post("/v1/checks/{id}/answer", "Say that the own crew is safe, or needs help", || axum::routing::post(handle))
        .permission("units.report")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<AnswerCheck>()
        .gives::<Check>();

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerCheck {
    pub says: CrewSays,
    /// When the thumb pressed, by the phone's clock; now when absent. Never believed to be later than now or earlier than the question.
    #[serde(default)]
    pub said_at_us: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("your unit is not asked this: look again")]
    None,
    #[error(transparent)]
    Panic(#[from] PanicError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for AnswerError {
    fn key(&self) -> &'static str {
        match self {
            Self::None => "dispatch.check.none",
            Self::Panic(error) => error.key(),
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::None => StatusCode::NOT_FOUND,
            Self::Panic(error) => error.status(),
            Self::Store(error) => error.status(),
        }
    }
}

/// How often an answer is tried again when the clock changed the check under it.
const TRIES: usize = 3;

/// # Errors
/// When the check is not one of the crew's, or the database fails.
pub async fn answer(store: &Store, by: &Person, id: CheckId, said: AnswerCheck, place: Option<Wgs84>) -> Result<Check, AnswerError> {
    let mut has_cried = false;
    for _ in 0..TRIES {
        let check = book::one(store, id).await?.ok_or(AnswerError::None)?;
        if by.unit != Some(check.unit) {
            return Err(AnswerError::None);
        }
        // Pressed on a question that somebody has closed meanwhile: the crew needs help all the same.
        if said.says == CrewSays::Help && !has_cried && check.state != CheckState::Help {
            call_for_help(store, by, check.unit, place).await?;
            has_cried = true;
        }
        let now = store.env().now();
        let said_at = said.said_at_us.map_or(now, Micros).clamp(check.asked_at_us, now.max(check.asked_at_us));
        let Some(to) = checks::answered(check.state, check.due_at_us, said.says, said_at) else { return Ok(check) };
        let is_repeated = check.answered_at_us.is_some() && to == check.state;
        if is_repeated || book::change(store, &check, Change::Said { to, said_at, by }, now).await? {
            return book::one(store, id).await?.ok_or(AnswerError::None);
        }
    }
    book::one(store, id).await?.ok_or(AnswerError::None)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<CheckId>,
    Body(body): Body<AnswerCheck>,
) -> Result<Audited<Check>, Problem> {
    let place = person.unit.and_then(|unit| positions::of(&app).fix(unit)).map(|fix| fix.position);
    let check = answer(&app.store, &person, id, body, place).await?;
    Ok(Audited::new(format!("check of {}: {:?}", check.call_sign, body.says), check))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::params;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{AssignmentStep, CloseIncident, ClosingCode};

    use super::*;
    use crate::MODULE;
    use crate::checks::CheckKind;
    use crate::checks::turn::{Looked, look};
    use crate::ops::{check_deal, incident_close, par, step};
    use crate::panic;
    use crate::positions::{Fix, Positions};
    use crate::store;
    use crate::testing::Scene;

    const SAFE: AnswerCheck = AnswerCheck { says: CrewSays::Safe, said_at_us: None };
    const HELP: AnswerCheck = AnswerCheck { says: CrewSays::Help, said_at_us: None };

    /// A crew on scene, and the moment in which it arrived.
    async fn on_scene(scene: &Scene, store: &Store, priority: u8, until: AssignmentStep) -> (Person, shouhu_ids::IncidentId, Micros) {
        let (incident, unit) = (scene.incident_of(priority).await, scene.unit(&format!("永康 {priority}")).await);
        let id = scene.assign(incident, unit).await.unwrap().id;
        let crew = scene.crew(unit);
        for next in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene] {
            let is_last = next == until;
            step::step(store, &crew, id, &next).await.unwrap();
            if is_last {
                break;
            }
        }
        (crew, incident, store.env().now())
    }

    async fn keys(store: &Store, incident: shouhu_ids::IncidentId) -> Vec<String> {
        let log = store::log_of(store, incident).await.unwrap();
        log.into_iter().map(|line| line.key).filter(|key| key.starts_with("check_") || key.starts_with("par_")).collect()
    }

    #[tokio::test]
    async fn a_crew_on_scene_is_asked_each_round_and_silence_stays_until_a_dispatcher_has_dealt_with_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let known = Positions::default();
            let (crew, incident, now) = on_scene(&scene, &store, 1, AssignmentStep::OnScene).await;
            // Half an hour ago, so that an answer now comes too late for the question of after twenty minutes.
            let arrived = now.plus(-30 * Micros::MINUTE);
            let mut tx = store.begin().await.unwrap();
            tx.execute("UPDATE dispatch_assignment SET on_scene_at_us = $1 WHERE incident = $2", params![arrived, incident]).await.unwrap();
            tx.commit().await.unwrap();
            let at = |minutes: i64| arrived.plus(minutes * Micros::MINUTE);
            assert_eq!(look(&store, &known, at(19)).await.unwrap(), Looked::default());
            assert_eq!(look(&store, &known, at(20)).await.unwrap().asked, 1);
            assert_eq!(look(&store, &known, at(21)).await.unwrap(), Looked::default(), "it is asked once");
            // Another process starts from nothing: what is asked is on disk.
            let restarted = Positions::default();
            assert_eq!(look(&store, &restarted, at(22)).await.unwrap().overdue, 1);
            assert_eq!(look(&store, &restarted, at(99)).await.unwrap(), Looked::default());
            let check = book::open(&store).await.unwrap().pop().unwrap();
            assert_eq!((check.state, check.kind, check.priority.0), (CheckState::Overdue, CheckKind::Par, 1));
            let late = answer(&store, &crew, check.id, SAFE, None).await.unwrap();
            assert_eq!((late.state, late.answered_by.as_deref()), (CheckState::Overdue, Some(crew.name.as_str())));
            answer(&store, &crew, check.id, SAFE, None).await.unwrap();
            let body = CloseIncident { code: ClosingCode::Cancelled, note: String::new(), without_unit: None };
            incident_close::close(&store, &scene.by, incident, &body).await.unwrap();
            assert_eq!(book::open(&store).await.unwrap().len(), 1, "a closed incident does not silence it");
            assert_eq!(check_deal::deal(&store, &scene.by, check.id, " ").await.unwrap_err().key(), "dispatch.check.reason");
            let dealt = check_deal::deal(&store, &scene.by, check.id, "無線電已聯絡").await.unwrap();
            assert_eq!((dealt.state, dealt.reason.as_deref()), (CheckState::Dealt, Some("無線電已聯絡")));
            assert_eq!(keys(&store, incident).await, ["check_asked", "check_overdue", "check_late", "check_dealt"]);
            assert_eq!(look(&store, &known, at(300)).await.unwrap(), Looked::default(), "nobody is on scene any more");
        })
        .await;
    }

    #[tokio::test]
    async fn safe_in_time_starts_the_next_round_and_an_answer_of_a_stranger_is_none() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let known = Positions::default();
            let (crew, _, arrived) = on_scene(&scene, &store, 2, AssignmentStep::OnScene).await;
            // The real clock answers seconds later; the question was put as if the round had begun earlier.
            let asked = arrived.plus(20 * Micros::MINUTE);
            look(&store, &known, asked).await.unwrap();
            let check = book::open_of(&store, crew.unit.unwrap()).await.unwrap().pop().unwrap();
            let stranger = scene.crew(scene.unit("永康 99").await);
            assert_eq!(answer(&store, &stranger, check.id, SAFE, None).await.unwrap_err().key(), "dispatch.check.none");
            let safe = answer(&store, &crew, check.id, SAFE, None).await.unwrap();
            assert_eq!((safe.state, safe.answered_at_us), (CheckState::Safe, Some(asked)), "never before the question");
            assert_eq!(answer(&store, &crew, check.id, SAFE, None).await.unwrap(), safe, "sent again by a phone");
            assert!(book::open(&store).await.unwrap().is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn help_is_the_crews_alarm_even_when_the_question_is_over() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let known = Positions::default();
            let (crew, incident, arrived) = on_scene(&scene, &store, 2, AssignmentStep::OnScene).await;
            look(&store, &known, arrived.plus(20 * Micros::MINUTE)).await.unwrap();
            let check = book::open(&store).await.unwrap().pop().unwrap();
            check_deal::deal(&store, &scene.by, check.id, "聽到聲音").await.unwrap();
            answer(&store, &crew, check.id, HELP, None).await.unwrap();
            assert_eq!(panic::list(&store, store.env().now()).await.unwrap().len(), 1);
            let later = arrived.plus(300 * Micros::MINUTE);
            assert_eq!(look(&store, &known, later).await.unwrap().asked, 0, "a crew in alarm is not asked beside it");
            assert_eq!(keys(&store, incident).await, ["check_asked", "check_dealt"]);
        })
        .await;
    }

    #[tokio::test]
    async fn a_dispatcher_starts_rounds_asks_at_once_and_ends_them() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let known = Positions::default();
            let (crew, incident, arrived) = on_scene(&scene, &store, 4, AssignmentStep::OnScene).await;
            let at = |minutes: i64| arrived.plus(minutes * Micros::MINUTE);
            assert_eq!(look(&store, &known, at(200)).await.unwrap().asked, 0, "noise is not asked by itself");
            par::set(&store, &scene.by, incident, par::ParAct::Now).await.unwrap();
            assert_eq!(look(&store, &known, store.env().now()).await.unwrap().asked, 1);
            let check = book::open(&store).await.unwrap().pop().unwrap();
            assert_eq!(check.asked_by.as_deref(), Some(scene.by.name.as_str()));
            answer(&store, &crew, check.id, SAFE, None).await.unwrap();
            assert_eq!(look(&store, &known, at(1)).await.unwrap().asked, 0);
            par::set(&store, &scene.by, incident, par::ParAct::On).await.unwrap();
            let told = par::status(&store, incident).await.unwrap();
            assert!(told.is_on && !told.is_by_policy && told.crews.iter().all(|crew| crew.next_at_us.is_some()), "{told:?}");
            par::set(&store, &scene.by, incident, par::ParAct::Off).await.unwrap();
            assert_eq!(look(&store, &known, at(200)).await.unwrap().asked, 0);
            assert_eq!(keys(&store, incident).await, ["par_now", "check_asked", "check_safe", "par_on", "par_off"]);
        })
        .await;
    }

    fn fix(lon: f64, at: Micros) -> Fix {
        Fix { position: Wgs84::new(lon, 23.0).unwrap(), measured_at: at, accuracy_m: Some(5.0), heading_deg: None }
    }

    #[tokio::test]
    async fn a_unit_that_stands_on_its_way_is_asked_and_driving_on_ends_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (crew, incident, left) = on_scene(&scene, &store, 2, AssignmentStep::EnRoute).await;
            let unit = crew.unit.unwrap();
            let at = |seconds: i64| left.plus(seconds * Micros::SECOND);
            let known = Positions::default();
            assert_eq!(look(&store, &known, at(9_000)).await.unwrap().asked, 0, "never heard: there is nothing to miss");
            known.take(unit, fix(120.2, at(0)), at(0)).unwrap();
            look(&store, &known, at(0)).await.unwrap();
            // Restarted: where it stood, and since when, is on disk.
            let restarted = Positions::default();
            restarted.take(unit, fix(120.2001, at(290)), at(290)).unwrap();
            assert_eq!(look(&store, &restarted, at(299)).await.unwrap().asked, 0);
            restarted.take(unit, fix(120.2, at(301)), at(301)).unwrap();
            assert_eq!(look(&store, &restarted, at(301)).await.unwrap().asked, 1);
            assert_eq!(book::open(&store).await.unwrap().pop().unwrap().kind, CheckKind::Still);
            restarted.take(unit, fix(120.202, at(330)), at(330)).unwrap();
            assert_eq!(look(&store, &restarted, at(400)).await.unwrap(), Looked { acted: 1, ..Looked::default() });
            // Then nobody hears it any more.
            assert_eq!(look(&store, &restarted, at(702)).await.unwrap().asked, 1);
            let check = book::open(&store).await.unwrap().pop().unwrap();
            assert_eq!((check.kind, check.incident), (CheckKind::Silent, Some(incident)));
            assert_eq!(look(&store, &restarted, at(800)).await.unwrap().overdue, 1);
            restarted.take(unit, fix(120.203, at(801)), at(801)).unwrap();
            look(&store, &restarted, at(802)).await.unwrap();
            assert_eq!(book::open(&store).await.unwrap().len(), 1, "too late to end it without a person");
        })
        .await;
    }
}
