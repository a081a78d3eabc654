//! What the room might do beside sending: handovers, the order of those who wait, the cover of the city, one move.
//! Nothing of it happens by itself.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_choice::{MoveUp, Site, Standing as Idle, Underway, move_up};
use shouhu_ids::{AssignmentId, IncidentId, Micros, UnitId};
use shouhu_module::ports::{RoadTimesPort, Traveller};
use shouhu_module::{App, Audit, Audited, Load, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_wire::{AssignmentState, Incident, IncidentState, Priority, Unit, UnitState};

use super::recommend::{traveller, units_now};
use crate::cover::{Covers, NoCover, View};
use crate::policy::{self, PolicySettings};
use crate::rank::{self, Known, priority_of};
use crate::standing::{self, JobAtHand};
use crate::store::{self, Which};

pub const ROUTE: Route = Route::get(
    "/v1/dispatch/advice",
    "Suggest handovers, the order of waiting incidents and a move; nothing happens by itself",
    || axum::routing::get(handle),
)
.permission("dispatch.watch")
.audit(Audit::WorkRead)
.load(Load::Life)
.gives::<AdviceBoard>();

/// From the order to the wheels turning: the median that the simulator of `engines/choice` assumes.
const TURNOUT_S: f64 = 30.0;
/// More open incidents than any room has at once.
const WAITING_MAX: i64 = 2_000;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AdviceBoard {
    pub at_us: Micros,
    /// What saves most first; each unit and each incident once.
    pub handovers: Vec<HandoverAdvice>,
    /// Open incidents without a unit, in the order in which they should be served.
    pub waiting: Vec<WaitingIncident>,
    pub cover: Option<CoverAdvice>,
    pub why_no_cover: Option<NoCover>,
    /// One move at most: after it everything is to be looked at again.
    pub moves: Vec<MoveAdvice>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HandoverAdvice {
    pub incident: IncidentId,
    pub incident_number: String,
    pub from: AssignmentId,
    pub from_call_sign: String,
    pub to: UnitId,
    pub to_call_sign: String,
    /// Until the unit on its way is expected.
    pub remaining_s: f64,
    /// Until the free one would be there, turnout included.
    pub arrives_in_s: f64,
    pub saves_s: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WaitingIncident {
    pub incident: IncidentId,
    pub number: String,
    pub priority: Priority,
    pub waited_s: f64,
    /// More pressing incidents that it stands before because it has waited longer.
    pub overtakes: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CoverAdvice {
    /// Share of the demand, 0 to 1, that an idle unit is expected to reach in time.
    pub expected_share: f64,
    pub threshold_s: f64,
    pub busy_share: f64,
    pub idle_units: usize,
    pub cells: Vec<CoverCell>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CoverCell {
    pub position: Wgs84,
    /// Of the calls of a year.
    pub share: f64,
    /// Idle units that reach it in time.
    pub units: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MoveAdvice {
    pub unit: UnitId,
    pub call_sign: String,
    pub position: Wgs84,
    pub drive_s: f64,
    /// By how much the covered share of the demand rises.
    pub gain_share: f64,
}

#[allow(clippy::cast_precision_loss, reason = "an interval in microseconds is far below 2^52")]
fn waited_s(incident: &Incident, now: Micros) -> f64 {
    (now.since(incident.opened_at_us) as f64 / 1e6).max(0.0)
}

/// Those who wait, in the order that waiting and urgency give.
fn waiting(open: &[Incident], settings: &PolicySettings, now: Micros) -> Vec<WaitingIncident> {
    let order = settings.queue();
    let mut standing: Vec<(f64, &Incident)> = open
        .iter()
        .filter(|incident| incident.state == IncidentState::Open)
        .map(|incident| (order.standing_s(priority_of(incident.priority), waited_s(incident, now)), incident))
        .collect();
    standing.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.number.cmp(&b.1.number)));
    let overtakes = |place: usize, incident: &Incident| {
        standing.iter().skip(place + 1).filter(|(_, behind)| behind.priority < incident.priority).count()
    };
    let said = |(place, (_, incident)): (usize, &(f64, &Incident))| WaitingIncident {
        incident: incident.id,
        number: incident.number.clone(),
        priority: incident.priority,
        waited_s: waited_s(incident, now),
        overtakes: overtakes(place, incident),
    };
    standing.iter().enumerate().map(said).collect()
}

/// A unit on its way, and when it and every free unit would be there.
struct OnTheWay<'a> {
    unit: &'a Unit,
    job: &'a JobAtHand,
    remaining_s: f64,
    /// In the order of the free units.
    arrive_s: Vec<Option<f64>>,
}

fn on_the_way<'a>(known: &'a [Known], free: &[&Known], roads: Option<&RoadTimesPort>, now: Micros) -> Vec<OnTheWay<'a>> {
    let underway = known.iter().filter_map(|known| {
        let job = known.standing.job.as_ref()?;
        let scene = job.scene.filter(|_| job.state != AssignmentState::OnScene)?;
        let everybody: Vec<&Known> = std::iter::once(known).chain(free.iter().copied()).collect();
        let placed: Vec<Traveller> = everybody.iter().filter_map(|known| traveller(&known.unit)).collect();
        let drive = rank::drive_to(job.priority, now);
        let mut times = roads.and_then(|port| port.0.times_to(scene, &placed, drive)).map(Vec::into_iter);
        let mut arrive = everybody.into_iter().map(|known| {
            let road = known.unit.position.and_then(|_| times.as_mut()?.next());
            let seen = Known { unit: known.unit.clone(), standing: known.standing.clone(), road };
            rank::candidate(&seen, Some(scene), now).travel_s
        });
        let remaining_s = arrive.next().flatten()?;
        Some(OnTheWay { unit: &known.unit, job, remaining_s, arrive_s: arrive.collect() })
    });
    underway.collect()
}

/// The handover that saves most, then the next one without its unit and incident, and so on.
fn handovers(known: &[Known], settings: &PolicySettings, roads: Option<&RoadTimesPort>, now: Micros) -> Vec<HandoverAdvice> {
    let is_free = |known: &&Known| known.unit.state == UnitState::Available && !known.standing.is_in_panic;
    let free: Vec<&Known> = known.iter().filter(is_free).collect();
    let underway = on_the_way(known, &free, roads, now);
    let rule = settings.handover();
    let mut found: Vec<HandoverAdvice> = Vec::new();
    loop {
        let mut best: Option<HandoverAdvice> = None;
        for (index, to) in free.iter().enumerate().filter(|(_, to)| found.iter().all(|done| done.to != to.unit.id)) {
            let can = |way: &OnTheWay<'_>| crate::skills::set_of(&to.standing.skills).has_all(settings.needs_of(&way.job.kind));
            let left: Vec<&OnTheWay<'_>> =
                underway.iter().filter(|way| found.iter().all(|done| done.incident != way.job.incident) && can(way)).collect();
            let calls: Vec<Underway> = left
                .iter()
                .zip(0..)
                .map(|(way, number)| Underway {
                    number,
                    remaining_s: way.remaining_s,
                    arrives_in_s: way.arrive_s.get(index).copied().flatten().map(|s| s + TURNOUT_S),
                })
                .collect();
            let Some((taken, way, call)) =
                rule.best(&calls).and_then(|taken| Some((taken, *left.get(taken.index)?, *calls.get(taken.index)?)))
            else {
                continue;
            };
            if best.as_ref().is_none_or(|best| taken.saves_s > best.saves_s) {
                best = Some(HandoverAdvice {
                    incident: way.job.incident,
                    incident_number: way.job.incident_number.clone(),
                    from: way.job.assignment,
                    from_call_sign: way.unit.call_sign.clone(),
                    to: to.unit.id,
                    to_call_sign: to.unit.call_sign.clone(),
                    remaining_s: way.remaining_s,
                    arrives_in_s: call.arrives_in_s.unwrap_or_default(),
                    saves_s: taken.saves_s,
                });
            }
        }
        match best {
            Some(best) => found.push(best),
            None => return found,
        }
    }
}

fn cover_of(view: &View, settings: &PolicySettings) -> CoverAdvice {
    let total: f64 = view.cells().iter().map(|cell| cell.calls).sum();
    let cells = view.cells().iter().enumerate().map(|(point, cell)| CoverCell {
        position: cell.position,
        share: cell.calls / total,
        units: view.units().iter().filter(|(_, reach, _)| reach.covers(point)).count(),
    });
    CoverAdvice {
        expected_share: view.cover().by(view.units().iter().map(|(_, reach, _)| reach)).expected_share(),
        threshold_s: settings.coverage.threshold_s,
        busy_share: settings.coverage.busy_share,
        idle_units: view.units().len(),
        cells: cells.collect(),
    }
}

fn best_move(view: &View, units: &[Unit]) -> Option<MoveAdvice> {
    let movable: Vec<Idle<'_>> = view.units().iter().map(|(unit, reach, _)| Idle { unit: *unit, reach }).collect();
    let sites: Vec<Site<'_>> = view.sites().iter().map(|reach| Site { reach }).collect();
    let drive_s = |unit: usize, site: usize| view.units().get(unit)?.2.get(site).copied().filter(|s| s.is_finite());
    let found = move_up(view.cover(), &movable, [], &sites, MoveUp::default(), drive_s)?;
    Some(MoveAdvice {
        unit: found.unit,
        call_sign: units.iter().find(|unit| unit.id == found.unit)?.call_sign.clone(),
        position: view.cells().get(found.site)?.position,
        drive_s: found.drive_s,
        gain_share: found.gain,
    })
}

/// # Errors
/// When the database fails.
pub async fn board(app: &App) -> Result<AdviceBoard, Problem> {
    let settings = policy::current(&app.store).await?.settings;
    let units = units_now(app).await?;
    let mut standings = standing::of_all(&app.store).await?;
    let open = store::incidents(&app.store, Which::NotClosed, None, WAITING_MAX).await?;
    let view = app.room::<Covers>().now(app, &units, settings.coverage).await?;
    let now = app.env.now();
    let known: Vec<Known> = units
        .iter()
        .map(|unit| Known { unit: unit.clone(), standing: standings.remove(&unit.id).unwrap_or_default(), road: None })
        .collect();
    let roads = app.try_room::<RoadTimesPort>();
    let (known_settings, waiting) = (settings.clone(), waiting(&open, &settings, now));
    // A question to the roads for each unit on its way: not on the thread that serves everybody.
    let handovers = tokio::task::spawn_blocking(move || handovers(&known, &known_settings, roads.as_deref(), now));
    let handovers = handovers.await.map_err(super::recommend::ProposeError::Cover)?;
    Ok(AdviceBoard {
        at_us: now,
        handovers,
        waiting,
        moves: view.as_ref().ok().and_then(|view| best_move(view, &units)).into_iter().collect(),
        why_no_cover: view.as_ref().err().copied(),
        cover: view.ok().map(|view| cover_of(&view, &settings)),
    })
}

async fn handle(State(app): State<App>) -> Result<Audited<AdviceBoard>, Problem> {
    let board = board(&app).await?;
    Ok(Audited::new(format!("{} waiting", board.waiting.len()), board))
}
