//! The junction that a crew holds of a closing ring: told by a person, and shown on the crew's phone.
//!
//! A ring is a question; sending is an assignment. What a crew must hold, and by when, is a line of the incident's log, written
//! when a person sends: so it is as durable as the order itself, and stands in the after-action replay.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{Assignment, IncidentState};

use crate::{store, write};

pub const TELL: Route =
    Route::post("/v1/incidents/{id}/ring/posts", "Tell crews which junctions of a closing ring they hold", || axum::routing::post(tell))
        .permission("dispatch.order")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<TellRing>()
        .gives::<ToldRing>();

pub const MINE: Route =
    Route::get("/v1/assignments/mine/ring", "The junction that the caller's unit holds of a closing ring", || axum::routing::get(mine))
        .permission("assignments.answer")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<MyRing>();

const LOG_KEY: &str = "ring_posted";
/// Crews of one ring.
const POSTS_MAX: usize = 100;
const STREET_CHARS_MAX: usize = 200;
/// A ring is asked for, and closed, within an hour.
const SPAN_US: i64 = Micros::HOUR;
/// Lines of one incident that are looked through for a crew's own.
const LINES_MAX: i64 = 50;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RingHold {
    pub unit: UnitId,
    pub position: Wgs84,
    /// Names of the streets that meet there.
    #[serde(default)]
    pub street: String,
    /// He cannot be there before.
    pub by_us: Micros,
    #[serde(default)]
    pub is_map_exit: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TellRing {
    /// When the ring was asked for: a later one replaces it.
    pub asked_at_us: Micros,
    /// When and where he was seen.
    pub seen_at_us: Micros,
    pub seen: Wgs84,
    /// Crews that hold an assignment of this incident; others are left out.
    #[schemars(length(min = 1, max = 100))]
    pub posts: Vec<RingHold>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ToldRing {
    pub told: Vec<UnitId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MyHold {
    pub incident: IncidentId,
    pub position: Wgs84,
    pub street: String,
    pub by_us: Micros,
    pub is_map_exit: bool,
    pub seen_at_us: Micros,
    pub seen: Wgs84,
    pub told_at_us: Micros,
    /// A ring that was asked for later names other crews: ask whether this junction still counts.
    pub is_superseded: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MyRing {
    pub hold: Option<MyHold>,
}

#[derive(Debug, thiserror::Error)]
pub enum TellError {
    #[error("a ring has 1 to {POSTS_MAX} posts, with streets of {STREET_CHARS_MAX} characters at most")]
    Limits,
    #[error("this ring is of more than an hour ago, or not yet: ask again, then tell")]
    TooOld,
    #[error("incident is closed")]
    Closed,
    #[error("none of these units holds an assignment of this incident: send it first")]
    NotSent,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for TellError {
    fn key(&self) -> &'static str {
        match self {
            Self::Limits => "dispatch.ring.limits",
            Self::TooOld => "dispatch.ring.too_old",
            Self::Closed => "dispatch.assign.incident_closed",
            Self::NotSent => "dispatch.ring.not_sent",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Limits | Self::TooOld => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Closed | Self::NotSent => StatusCode::CONFLICT,
            Self::Store(error) => Keyed::status(error),
        }
    }
}

fn checked(ask: &TellRing, now: Micros) -> Result<(), TellError> {
    let is_near = |at: Micros| (-SPAN_US..=SPAN_US).contains(&now.since(at));
    let is_short = |hold: &RingHold| hold.street.chars().count() <= STREET_CHARS_MAX;
    if !(1..=POSTS_MAX).contains(&ask.posts.len()) || !ask.posts.iter().all(is_short) {
        return Err(TellError::Limits);
    }
    let mut times = ask.posts.iter().map(|hold| hold.by_us).chain([ask.asked_at_us, ask.seen_at_us]);
    if times.all(is_near) { Ok(()) } else { Err(TellError::TooOld) }
}

/// Writes down who holds what; gives the units that were told. None for an incident that does not exist.
///
/// # Errors
/// When nobody of them was sent, or the database fails.
pub async fn told(store: &Store, by: &Person, incident: IncidentId, ask: &TellRing) -> Result<Option<Vec<UnitId>>, TellError> {
    checked(ask, store.env().now())?;
    let mut tx = store.begin().await?;
    let Some(locked) = write::lock_incident(&mut tx, incident).await? else { return Ok(None) };
    if locked.state == IncidentState::Closed {
        return Err(TellError::Closed);
    }
    let now = store.env().now();
    let sql = "SELECT a.id, a.state, a.unit, u.call_sign FROM dispatch_assignment a JOIN dispatch_unit u ON u.id = a.unit WHERE a.incident = $1 \
         AND a.state IN ('offered', 'accepted', 'en_route', 'on_scene')";
    let (mut posts, mut names, mut units, mut changed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in tx.fetch(sql, params![incident]).await? {
        let unit: UnitId = row.parsed("unit")?;
        let (assignment, state) = (row.parsed("id")?, row.tag("state")?);
        // Phones ask for their junction then, and need not ask every few seconds; who is not named in this ring learns that it is over.
        changed.push(Event::AssignmentChanged { assignment, incident, unit, state });
        if let Some(hold) = ask.posts.iter().find(|hold| hold.unit == unit) {
            posts.push(hold.clone());
            names.push(row.text("call_sign")?);
            units.push(unit);
        }
    }
    if units.is_empty() {
        return Err(TellError::NotSent);
    }
    let kept = TellRing { posts, ..ask.clone() };
    let values = json!({ "units": names.join("、"), "ring": kept });
    write::log(&mut tx, incident, now, by, LOG_KEY, values).await?;
    for event in &changed {
        tx.emit(event).await?;
    }
    tx.commit().await?;
    Ok(Some(units))
}

#[derive(Deserialize)]
struct Line {
    ring: TellRing,
}

/// What the newest ring that names a unit of an assignment tells it to hold.
///
/// # Errors
/// When the database fails.
pub async fn hold(store: &Store, assignment: &Assignment) -> Result<Option<MyHold>, StoreError> {
    let sql = "SELECT at_us, params FROM dispatch_log WHERE incident = $1 AND log_key = $2 AND at_us >= $3 ORDER BY seq DESC LIMIT $4";
    let values = params![assignment.incident, LOG_KEY, assignment.offered_at_us, LINES_MAX];
    let mut newest = Micros(i64::MIN);
    for row in store.fetch(sql, values).await? {
        let Line { ring } = row.json("params")?;
        newest = newest.max(ring.asked_at_us);
        if let Some(hold) = ring.posts.into_iter().find(|hold| hold.unit == assignment.unit) {
            return Ok(Some(MyHold {
                incident: assignment.incident,
                position: hold.position,
                street: hold.street,
                by_us: hold.by_us,
                is_map_exit: hold.is_map_exit,
                seen_at_us: ring.seen_at_us,
                seen: ring.seen,
                told_at_us: row.micros("at_us")?,
                is_superseded: newest > ring.asked_at_us,
            }));
        }
    }
    Ok(None)
}

async fn tell(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(ask): Body<TellRing>,
) -> Result<Audited<ToldRing>, Problem> {
    let told = told(&app.store, &person, id, &ask).await?.ok_or_else(|| Problem::not_found("incident"))?;
    Ok(Audited::new(format!("ring posts of {} units", told.len()), ToldRing { told }))
}

async fn mine(State(app): State<App>, person: Person) -> Result<Audited<MyRing>, Problem> {
    let mut told = None;
    if let Some(unit) = person.unit {
        for assignment in store::live_assignments_of(&app.store, unit).await? {
            told = told.or(hold(&app.store, &assignment).await?);
        }
    }
    Ok(Audited::new("own post of a ring".into(), MyRing { hold: told }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::Scene;

    fn ask(store: &Store, units: &[UnitId], asked_ago_s: i64) -> TellRing {
        let now = store.env().now();
        let seen = Wgs84::new(120.25, 23.03).unwrap();
        let hold = |unit: &UnitId| RingHold {
            unit: *unit,
            position: Wgs84::new(120.26, 23.03).unwrap(),
            street: "中正路 / 民權路".into(),
            by_us: now.plus(3 * Micros::MINUTE),
            is_map_exit: true,
        };
        let asked_at_us = now.plus(-asked_ago_s * Micros::SECOND);
        TellRing { asked_at_us, seen_at_us: asked_at_us, seen, posts: units.iter().map(hold).collect() }
    }

    #[tokio::test]
    async fn a_crew_that_was_sent_is_told_its_junction_and_a_later_ring_without_it_says_so() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let (near, other) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let by = crate::testing::dispatcher(&store);
            let alone = told(&store, &by, incident, &ask(&store, &[near], 20)).await;
            assert!(matches!(alone, Err(TellError::NotSent)), "nobody holds a junction who was not sent: {alone:?}");
            let sent = scene.assign(incident, near).await.unwrap();
            assert_eq!(hold(&store, &sent).await.unwrap(), None);
            let first = ask(&store, &[near, other], 20);
            assert_eq!(told(&store, &by, incident, &first).await.unwrap(), Some(vec![near]), "the other was not sent");
            let mine = hold(&store, &sent).await.unwrap().unwrap();
            assert_eq!((mine.by_us, mine.street.as_str(), mine.is_map_exit, mine.is_superseded), (first.posts.first().unwrap().by_us, "中正路 / 民權路", true, false));
            let after = scene.assign(incident, other).await.unwrap();
            assert_eq!(hold(&store, &after).await.unwrap(), None, "it was not told when the other was");
            told(&store, &by, incident, &ask(&store, &[other], 5)).await.unwrap();
            assert!(hold(&store, &sent).await.unwrap().unwrap().is_superseded);
            assert!(!hold(&store, &after).await.unwrap().unwrap().is_superseded);
        })
        .await;
    }

    #[tokio::test]
    async fn every_crew_of_the_incident_hears_of_a_ring_also_one_that_it_leaves_out() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (incident, elsewhere) = (scene.incident().await, scene.incident().await);
            let (named, left_out, stranger) = (scene.unit("永康 21").await, scene.unit("永康 22").await, scene.unit("永康 23").await);
            for (to, unit) in [(incident, named), (incident, left_out), (elsewhere, stranger)] {
                scene.assign(to, unit).await.unwrap();
            }
            let heard = |unit: UnitId| {
                let store = store.clone();
                async move {
                    let rows = store.fetch("SELECT body FROM store_outbox WHERE kind = 'assignment_changed'", vec![]).await.unwrap();
                    rows.iter().filter(|row| row.text("body").unwrap().contains(&unit.to_string())).count()
                }
            };
            let of_all = || async { [heard(named).await, heard(left_out).await, heard(stranger).await] };
            assert_eq!(of_all().await, [1, 1, 1]);
            let by = crate::testing::dispatcher(&store);
            told(&store, &by, incident, &ask(&store, &[named], 5)).await.unwrap();
            assert_eq!(of_all().await, [2, 2, 1]);
            let nobody = told(&store, &by, incident, &ask(&store, &[stranger], 5)).await;
            assert!(matches!(nobody, Err(TellError::NotSent)));
            assert_eq!(of_all().await, [2, 2, 1], "a ring that is not kept is told to nobody");
        })
        .await;
    }

    #[tokio::test]
    async fn a_ring_of_yesterday_or_of_nobody_is_refused() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let unit = scene.unit("永康 21").await;
            scene.assign(incident, unit).await.unwrap();
            let by = crate::testing::dispatcher(&store);
            let good = ask(&store, &[unit], 5);
            let old = TellRing { asked_at_us: good.asked_at_us.plus(-Micros::DAY), ..good.clone() };
            let empty = TellRing { posts: vec![], ..good.clone() };
            assert!(matches!(told(&store, &by, incident, &old).await, Err(TellError::TooOld)));
            assert!(matches!(told(&store, &by, incident, &empty).await, Err(TellError::Limits)));
            let nowhere = store.env().id(IncidentId::new);
            assert!(told(&store, &by, nowhere, &good).await.unwrap().is_none());
        })
        .await;
    }
}
