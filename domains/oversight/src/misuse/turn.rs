//! The nightly turn: the log is read on, the detector asked, and what it says kept as alerts. Run twice it says nothing twice.

use std::collections::{BTreeSet, HashMap};

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, Micros};
use shouhu_misuse::{Facts, Look, Mark, Officer, Told, WINDOW_DAYS, suggestions};
use shouhu_module::ports::{PeoplePort, RostersPort, Serving};
use shouhu_module::{App, JobKind};
use shouhu_wire::Role;

use super::looks::{self, Kept};
use super::{alerts, marks};
use crate::movements::Ledger;

pub const TURN: JobKind = JobKind { kind: "oversight.misuse", run };
/// 03:10 in Taipei, before the audit log forgets.
pub const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 10 * Micros::MINUTE;

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        TURN.schedule_daily(&app.store, HOUR_UTC_US).await?;
        turn(&app).await
    })
}

/// Numbers that the detector knows things by.
struct Numbers<T> {
    of: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn new() -> Self {
        Self { of: HashMap::new(), all: Vec::new() }
    }

    fn number(&mut self, one: &T) -> u32 {
        if let Some(number) = self.of.get(one) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.of.insert(one.clone(), number);
        self.all.push(one.clone());
        number
    }
}

pub(super) async fn turn(app: &App) -> Result<(), ReactionError> {
    looks::forget(&app.store).await?;
    looks::read_on(app, &app.room::<Ledger>().fold).await?;
    let kept = looks::of_window(&app.store).await?;
    let marks = marks::in_force(&app.store).await?;
    let told = alerts::told(&app.store).await?;
    let mut people: Numbers<ActorId> = Numbers::new();
    let (mut subjects, mut cases): (Numbers<String>, Numbers<String>) = (Numbers::new(), Numbers::new());
    let looks: Vec<Look> = kept
        .iter()
        .map(|look: &Kept| Look {
            seq: look.seq,
            at_us: look.at.0,
            officer: people.number(&look.actor),
            subject: u64::from(subjects.number(&look.target.hex())),
            case: look.case_key.as_ref().map(|case| u64::from(cases.number(case))),
            is_live: look.is_live,
        })
        .collect();
    drop(kept);
    let marks: Vec<Mark> = marks
        .iter()
        .map(|mark| Mark {
            subject: u64::from(subjects.number(&mark.target)),
            kind: mark.kind.into(),
            of: mark.officer.map(|officer| people.number(&officer)),
        })
        .collect();
    let officers = officers(app, &people.all).await?;
    let told: Vec<Told> = told
        .into_iter()
        .map(|one| Told {
            officer: people.number(&one.officer),
            kind: one.kind.into(),
            subject: (!one.target.is_empty()).then(|| u64::from(subjects.number(&one.target))),
            to_seq: one.to_seq,
        })
        .collect();
    let now_us = app.env.now().0;
    // Seconds of arithmetic for a large force: never on a thread that answers.
    let found = tokio::task::spawn_blocking(move || {
        suggestions(&Facts { looks: &looks, officers: &officers, marks: &marks, told: &told, now_us })
    })
    .await?;
    let mut made = Vec::new();
    for one in found {
        let Some(officer) = usize::try_from(one.officer).ok().and_then(|at| people.all.get(at)).copied() else { continue };
        let target = one.subject.and_then(|subject| usize::try_from(subject).ok()).and_then(|at| subjects.all.get(at));
        made.push(alerts::New { officer, officer_name: looks::name_of(&app.store, officer).await?, target: target.cloned().unwrap_or_default(), said: one });
    }
    let count = alerts::keep(&app.store, &made).await?;
    if count > 0 {
        tracing::info!(count, "uses of the system that somebody of oversight should look at");
    }
    Ok(())
}

/// What is known of those who looked; of whom nothing is known works alone and on no roster.
async fn officers(app: &App, actors: &[ActorId]) -> Result<Vec<Officer>, ReactionError> {
    let problem = |problem: shouhu_module::Problem| problem.detail;
    let everybody = match app.try_room::<PeoplePort>() {
        Some(port) => port.0.everybody().await.map_err(problem)?,
        None => Vec::new(),
    };
    let known: HashMap<ActorId, &Serving> = everybody.iter().map(|one| (one.id, one)).collect();
    let now = app.env.now();
    let looked: Vec<Serving> = actors.iter().filter_map(|actor| known.get(actor).map(|one| (*one).clone())).collect();
    let mut shifts = match app.try_room::<RostersPort>() {
        Some(port) => port.0.shifts_of(looked, now.plus(-WINDOW_DAYS * Micros::DAY), now).await.map_err(problem)?,
        None => HashMap::new(),
    };
    let offices: BTreeSet<&str> = everybody.iter().filter_map(|one| one.office.as_deref()).collect();
    let offices: HashMap<&str, u32> = offices.into_iter().zip(0..).collect();
    Ok(actors
        .iter()
        .map(|actor| {
            let one = known.get(actor);
            let role = one.and_then(|one| Role::ALL.iter().position(|role| *role == one.role)).unwrap_or(Role::ALL.len());
            let office = one.and_then(|one| one.office.as_deref()).and_then(|office| offices.get(office)).copied();
            let shifts = shifts.remove(actor).map(|spans| spans.iter().map(|(from, until)| (from.0, until.0)).collect());
            Officer { peers: u32::try_from(role).unwrap_or(u32::MAX), office, shifts }
        })
        .collect())
}
