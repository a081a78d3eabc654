//! The clock of the checks: every few seconds it looks at every crew that is at work, and asks, or lets a check become overdue.
//!
//! What it knows is on disk (`dispatch_check`, `dispatch_still`), so a restart forgets nothing; several processes may look at once,
//! because every change is guarded. The time is a parameter: a test plays hours in a moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use shouhu_ids::{AssignmentId, CheckId, IncidentId, Micros, UnitId};
use shouhu_module::App;
use shouhu_store::{Eyes, Row, Store, StoreError, params};
use shouhu_wire::{AssignmentState, Priority};

use super::book::{self, Change, PATROL_PRIORITY, Question};
use super::heard::{self, Heard};
use super::{Around, CheckKind, OnScene, SafetyChecks, Turn, Watched, base, microseconds, turn, unmoved};
use crate::policy;
use crate::positions::{self, Positions};
use crate::store::place_of;

/// A question is late by at most this.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// A look that takes longer hangs, and is given up: the next one sees the same.
const LOOK_AT_MOST: Duration = Duration::from_secs(20);
/// Without a whole look for so long, the clock counts as stopped: a hung look and a further one.
const STALE_AFTER_US: i64 = 30 * Micros::SECOND;

/// When everybody was last looked at without a failure.
pub struct LastLook(AtomicI64);

impl LastLook {
    #[must_use]
    pub fn new(now: Micros) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// For how many seconds nobody has looked, where that is too long.
    #[must_use]
    pub fn stale_s(&self, now: Micros) -> Option<i64> {
        let for_us = now.since(Micros(self.0.load(Ordering::Relaxed)));
        (for_us > STALE_AFTER_US).then_some(for_us / Micros::SECOND)
    }
}

/// What one look did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    pub asked: usize,
    pub overdue: usize,
    pub acted: usize,
}

/// Looks for as long as the program runs. A look that fails, hangs or panics is said and tried again: the next one sees the same.
pub async fn look_for_ever(app: App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let looked = guarded(LOOK_AT_MOST, {
            let app = app.clone();
            async move { look(&app.store, &positions::of(&app), app.env.now()).await }
        });
        match looked.await {
            Ok(looked) => {
                app.room::<LastLook>().0.store(app.env.now().0, Ordering::Relaxed);
                if looked.overdue > 0 {
                    tracing::warn!(overdue = looked.overdue, "crews have not answered whether they are well");
                }
            }
            Err(error) => tracing::error!(%error, "safety checks were not looked at"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("a look took longer than {} s", .0.as_secs())]
    Hung(Duration),
    #[error("a look panicked: {0}")]
    Panicked(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One look of the house in a task of its own, so that neither a panic nor a hung connection stops the clock.
async fn guarded<T: Send + 'static>(
    at_most: Duration,
    look: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, LookError> {
    let mut task = tokio::spawn(Eyes::House.look(look));
    match tokio::time::timeout(at_most, &mut task).await {
        Ok(ended) => Ok(ended??),
        Err(_) => {
            task.abort();
            Err(LookError::Hung(at_most))
        }
    }
}

/// One look at everybody. What fails for one crew does not keep the others from being asked.
///
/// # Errors
/// The first failure, after everybody was looked at; what was done stands.
pub async fn look(store: &Store, known: &Positions, now: Micros) -> Result<Looked, StoreError> {
    let rule = policy::current(store).await?.settings.checks;
    let mut stood = stood(store).await?;
    let mut looked = Looked::default();
    let workers = workers(store, &rule).await?;
    let heard = heard::of_all(store, known).await?;
    let mut failed = None;
    note(&mut failed, follow(store, &workers, &heard, &rule, &mut stood).await);
    note(&mut failed, settle_open(store, &heard, &stood, now, &mut looked).await);
    for worker in workers.iter().filter(|worker| !worker.is_asked) {
        let Some(kind) = worker.due(&heard, &stood, &rule, now) else { continue };
        let question = Question {
            unit: worker.unit,
            call_sign: worker.call_sign.clone(),
            job: worker.job.as_ref().map(|job| (job.incident, job.assignment)),
            kind,
            priority: worker.job.as_ref().map_or(PATROL_PRIORITY, |job| job.priority),
            asked_at: now,
            due_at: now.plus(microseconds(rule.answer_within_s)),
            asked_by: worker.wanted_by(),
        };
        looked.asked += usize::from(note(&mut failed, book::ask(store, &question).await).unwrap_or(false));
    }
    failed.map_or(Ok(looked), Err)
}

/// Keeps the first failure, and goes on.
fn note<T>(failed: &mut Option<StoreError>, outcome: Result<T, StoreError>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(error) => {
            failed.get_or_insert(error);
            None
        }
    }
}

/// A unit whose crew is asked about itself.
struct Worker {
    unit: UnitId,
    call_sign: String,
    /// It is being asked, was asked the same without an answer, or calls for help.
    is_asked: bool,
    /// Of the last check of this unit that ended, and of its last word.
    sign_at: Option<Micros>,
    /// On patrol: since when it is available.
    since: Micros,
    job: Option<Job>,
}

struct Job {
    incident: IncidentId,
    assignment: AssignmentId,
    priority: Priority,
    state: AssignmentState,
    /// What a dispatcher has said of this incident's rounds.
    said: Option<bool>,
    wanted_at: Option<Micros>,
    wanted_by: Option<String>,
}

impl Worker {
    fn on_scene(&self, job: &Job) -> OnScene {
        OnScene { since: self.since, sign_at: self.sign_at, wanted_at: job.wanted_at }
    }

    fn due(&self, heard: &HashMap<UnitId, Heard>, stood: &HashMap<UnitId, Around>, rule: &SafetyChecks, now: Micros) -> Option<CheckKind> {
        match &self.job {
            Some(job) if job.state == AssignmentState::OnScene => {
                let every_us = rule.par_every_us(job.priority, job.said);
                self.on_scene(job).is_due(every_us, now).then_some(CheckKind::Par)
            }
            Some(_) => self.unmoved(heard, stood, microseconds(rule.still_for_s), rule, now),
            None => self.unmoved(heard, stood, microseconds(rule.patrol_still_for_s), rule, now),
        }
    }

    /// A unit that was never heard carries nothing that could say where it is: there is nothing to miss.
    fn unmoved(
        &self,
        heard: &HashMap<UnitId, Heard>,
        stood: &HashMap<UnitId, Around>,
        still_for_us: i64,
        rule: &SafetyChecks,
        now: Micros,
    ) -> Option<CheckKind> {
        let Heard { seen, .. } = *heard.get(&self.unit).filter(|heard| heard.is_of_this_duty())?;
        let around = *stood.get(&self.unit)?;
        let since = base(self.since, self.sign_at);
        unmoved(&Watched { since, seen, around }, still_for_us, microseconds(rule.silent_for_s), now)
    }

    /// Whose wish it was, where it was a person's.
    fn wanted_by(&self) -> Option<String> {
        let job = self.job.as_ref().filter(|job| job.state == AssignmentState::OnScene)?;
        self.on_scene(job).wanted().and_then(|_| job.wanted_by.clone())
    }
}

/// Of a unit `u` and its order `a`: the newest of an ended check, the crew's replies, and its alarm's end; and whether it calls for
/// help now, for whoever does is asked nothing.
pub const SIGN: &str = "(SELECT MAX(c.ended_at_us) FROM dispatch_check c WHERE c.unit = u.id) AS checked_at, \
     (SELECT MAX(r.at_us) FROM dispatch_reply r WHERE r.assignment = a.id) AS replied_at, \
     (SELECT MAX(p.ended_at_us) FROM dispatch_panic p WHERE p.unit = u.id) AS calmed_at, \
     (SELECT CAST(COUNT(*) AS BIGINT) FROM dispatch_panic p WHERE p.unit = u.id AND p.ended_at_us IS NULL) AS crying";

/// An overdue check that nobody has dealt with keeps a unit only from being asked the same again: one of a patrol does not end the rounds
/// of the robbery to which the crew was sent since.
const ASKED: &str = "(SELECT CAST(COUNT(*) AS BIGINT) FROM dispatch_check c WHERE c.unit = u.id AND c.ended_at_us IS NULL \
     AND (c.state = 'asked' OR a.id IS NULL OR (c.assignment = a.id AND (c.kind = 'par' OR a.state <> 'on_scene')))) AS asked";

/// Of a row with [`SIGN`]: the newest sign, and whether the crew calls for help.
///
/// # Errors
/// When the row lacks a column.
pub fn sign_of(row: &Row) -> Result<(Option<Micros>, bool), StoreError> {
    let sign = row.opt_micros("checked_at")?.max(row.opt_micros("replied_at")?).max(row.opt_micros("calmed_at")?);
    Ok((sign, row.int("crying")? > 0))
}

async fn workers(store: &Store, rule: &SafetyChecks) -> Result<Vec<Worker>, StoreError> {
    let en_route = if rule.watches_en_route { "'on_scene', 'en_route'" } else { "'on_scene'" };
    let jobs = format!(
        "SELECT u.id, u.call_sign, a.id AS assignment, a.incident, a.state, a.en_route_at_us, a.on_scene_at_us, i.priority, \
         w.is_on, w.now_at_us, w.set_by_name, {SIGN}, {ASKED} FROM dispatch_assignment a JOIN dispatch_unit u ON u.id = a.unit \
         JOIN dispatch_incident i ON i.id = a.incident LEFT JOIN dispatch_par w ON w.incident = a.incident \
         WHERE a.state IN ({en_route}) ORDER BY a.id"
    );
    let mut workers = store.fetch(&jobs, vec![]).await?.iter().map(at_work).collect::<Result<Vec<_>, _>>()?;
    if rule.watches_patrol {
        // The same columns, of no assignment.
        let patrols = format!(
            "SELECT u.id, u.call_sign, u.on_duty_since_us, u.last_job_ended_at_us, {SIGN}, {ASKED} FROM dispatch_unit u \
             LEFT JOIN dispatch_assignment a ON a.unit = u.id AND a.state = 'none' WHERE u.state = 'available' ORDER BY u.id"
        );
        for row in store.fetch(&patrols, vec![]).await? {
            workers.extend(on_patrol(&row)?);
        }
    }
    Ok(workers)
}

fn at_work(row: &Row) -> Result<Worker, StoreError> {
    let state: AssignmentState = row.tag("state")?;
    let column = if state == AssignmentState::OnScene { "on_scene_at_us" } else { "en_route_at_us" };
    let (sign_at, is_crying) = sign_of(row)?;
    Ok(Worker {
        unit: row.parsed("id")?,
        call_sign: row.text("call_sign")?,
        is_asked: is_crying || row.int("asked")? > 0,
        sign_at,
        since: row.micros(column)?,
        job: Some(Job {
            incident: row.parsed("incident")?,
            assignment: row.parsed("assignment")?,
            priority: Priority(u8::try_from(row.int("priority")?).unwrap_or(PATROL_PRIORITY.0)),
            state,
            said: row.opt_int("is_on")?.map(|is_on| is_on != 0),
            wanted_at: row.opt_micros("now_at_us")?,
            wanted_by: row.opt_text("set_by_name")?,
        }),
    })
}

fn on_patrol(row: &Row) -> Result<Option<Worker>, StoreError> {
    let Some(since) = row.opt_micros("on_duty_since_us")?.max(row.opt_micros("last_job_ended_at_us")?) else { return Ok(None) };
    let (sign_at, is_crying) = sign_of(row)?;
    let is_asked = is_crying || row.int("asked")? > 0;
    let (unit, call_sign) = (row.parsed("id")?, row.text("call_sign")?);
    Ok(Some(Worker { unit, call_sign, is_asked, sign_at, since, job: None }))
}

async fn stood(store: &Store) -> Result<HashMap<UnitId, Around>, StoreError> {
    let rows = store.fetch("SELECT unit, lon, lat, since_us FROM dispatch_still", vec![]).await?;
    let mut stood = HashMap::new();
    for row in &rows {
        let Some(place) = place_of(row)? else { continue };
        stood.insert(row.parsed("unit")?, Around { place, since: row.micros("since_us")? });
    }
    Ok(stood)
}

/// Notes where the watched units have been around, and writes down what has changed: all of a look in one transaction, in the units'
/// order, so that two servers never wait for each other in a circle.
async fn follow(
    store: &Store,
    workers: &[Worker],
    heard: &HashMap<UnitId, Heard>,
    rule: &SafetyChecks,
    stood: &mut HashMap<UnitId, Around>,
) -> Result<(), StoreError> {
    let mut changed = BTreeMap::new();
    for worker in workers {
        let Some(Heard { seen, .. }) = heard.get(&worker.unit).copied() else { continue };
        let before = stood.get(&worker.unit).copied();
        let around = Around::follow(before, seen, rule.still_m);
        if before != Some(around) {
            stood.insert(worker.unit, around);
            changed.insert(worker.unit, around);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO dispatch_still (unit, lon, lat, since_us) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (unit) DO UPDATE SET lon = excluded.lon, lat = excluded.lat, since_us = excluded.since_us";
    for (unit, around) in changed {
        tx.execute(sql, params![unit, around.place.lon, around.place.lat, around.since]).await?;
    }
    tx.commit().await
}

/// Lets time pass for every open check.
async fn settle_open(
    store: &Store,
    heard: &HashMap<UnitId, Heard>,
    stood: &HashMap<UnitId, Around>,
    now: Micros,
    looked: &mut Looked,
) -> Result<(), StoreError> {
    let signs = signs(store).await?;
    let mut failed = None;
    for check in book::open(store).await? {
        // A car that drives again was no alarm; a crew on scene has to say so itself.
        let moved = match check.kind {
            CheckKind::Par => None,
            CheckKind::Still => stood.get(&check.unit).map(|around| around.since),
            CheckKind::Silent => heard.get(&check.unit).map(|heard| heard.seen.at),
        };
        let moved = moved.filter(|at| *at > check.asked_at_us);
        let acted = signs.get(&check.id).copied();
        let sign = match (moved, acted) {
            (Some(moved), Some(acted)) => Some(moved.min(acted)),
            (moved, acted) => moved.or(acted),
        };
        match turn(check.state, check.asked_at_us, check.due_at_us, sign, now) {
            Turn::Stays => {}
            Turn::Overdue => {
                let is_done = note(&mut failed, book::change(store, &check, Change::Overdue, now).await);
                looked.overdue += usize::from(is_done.unwrap_or(false));
            }
            Turn::Acted => {
                let is_done = note(&mut failed, book::change(store, &check, Change::Acted, now).await);
                looked.acted += usize::from(is_done.unwrap_or(false));
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The first thing that the crew of each open check has done since it was asked: a reply, an arrival, an end by its own hand, a
/// cry for help (which has an alarm of its own).
async fn signs(store: &Store) -> Result<HashMap<CheckId, Micros>, StoreError> {
    let sql = "SELECT c.id, \
         (SELECT MIN(r.at_us) FROM dispatch_reply r WHERE r.assignment = c.assignment AND r.at_us > c.asked_at_us) AS replied, \
         (SELECT MIN(p.raised_at_us) FROM dispatch_panic p WHERE p.unit = c.unit AND p.raised_at_us > c.asked_at_us) AS cried, \
         CASE WHEN a.on_scene_at_us > c.asked_at_us THEN a.on_scene_at_us END AS arrived, \
         CASE WHEN a.state = 'closed' AND a.ended_at_us > c.asked_at_us THEN a.ended_at_us END AS closed \
         FROM dispatch_check c LEFT JOIN dispatch_assignment a ON a.id = c.assignment WHERE c.ended_at_us IS NULL";
    let mut first = HashMap::new();
    for row in store.fetch(sql, vec![]).await? {
        let columns = ["replied", "cried", "arrived", "closed"];
        let known = columns.into_iter().map(|column| row.opt_micros(column)).collect::<Result<Vec<_>, _>>()?;
        if let Some(at) = known.into_iter().flatten().min() {
            first.insert(row.parsed("id")?, at);
        }
    }
    Ok(first)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_that_panics_or_hangs_is_an_error_and_not_the_end() {
        async fn panics() -> Result<(), StoreError> {
            panic!("on purpose")
        }
        let short = Duration::from_millis(5);
        assert!(matches!(guarded(LOOK_AT_MOST, panics()).await, Err(LookError::Panicked(_))));
        assert!(matches!(guarded(short, std::future::pending::<Result<(), StoreError>>()).await, Err(LookError::Hung(_))));
        assert_eq!(guarded(LOOK_AT_MOST, async { Ok(7) }).await.unwrap(), 7);
    }

    #[test]
    fn a_clock_that_has_stopped_is_told() {
        let last = LastLook::new(Micros(0));
        assert_eq!((last.stale_s(Micros(30 * Micros::SECOND)), last.stale_s(Micros(31 * Micros::SECOND))), (None, Some(31)));
    }
}
