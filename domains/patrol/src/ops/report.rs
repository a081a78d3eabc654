//! The station chief's report by week or month.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{BoxId, Micros, UnitId};
use shouhu_module::ports::{CitizenReport, CitizenReportsPort};
use shouhu_module::{App, Audit, Audited, Load, Params, Problem, Route};
use shouhu_store::{Store, StoreError, params, placeholders};

use super::tours::held;
use crate::report::model::{PatrolReport, ReportBox, ReportPeriod, ReportStreets, ReportVisits};
use crate::report::periods::{By, Period, periods};
use crate::report::share::Share;
use crate::report::visits::{HOURS_MIN, Kept, guessed, hour, kept, visits};
use crate::streets::broke_off;
use crate::streets::store as streets;
use crate::tours::held::HeldPlan;
use crate::tours::report::{UnitWork, entropy, report as tour_report};
use crate::store;

pub const ROUTE: Route =
    Route::get("/v1/patrol/report", "Check-ins, tours, hits, predictability and streets by week or month", || axum::routing::get(handle))
        .permission("patrol.watch")
        .audit(Audit::WorkRead)
        .load(Load::Bulk)
        .asks::<PatrolReportQuery>()
        .gives::<PatrolReport>();

const PERIODS_DEFAULT: usize = 4;
/// Three shifts of a station a day for a quarter.
const PLANS_MAX: i64 = 300;
const BOXES_SHOWN: usize = 500;
/// Boxes whose signatures are in memory at once.
const BOXES_AT_ONCE: usize = 200;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct PatrolReportQuery {
    #[serde(default)]
    pub by: By,
    /// How many, the one that goes on included: 1 to 13 weeks or 1 to 3 months; 4 weeks or 3 months where it is left out.
    pub count: Option<usize>,
    /// The whole city where it is left out.
    pub station: Option<String>,
}

/// Signatures of some boxes by box, in order; and the last before the first period.
struct Signed {
    visits: BTreeMap<BoxId, Vec<Micros>>,
    before: BTreeMap<BoxId, Micros>,
    /// When signatures with a doubt were made.
    doubtful: Vec<Micros>,
}

async fn signed(store: &Store, boxes: &[store::Kept], from: Micros) -> Result<Signed, StoreError> {
    let among = placeholders(2..=boxes.len() + 1);
    let values = || std::iter::once(from.into()).chain(boxes.iter().map(|kept| kept.shown.id.into())).collect::<Vec<_>>();
    let mut told = Signed { visits: BTreeMap::new(), before: BTreeMap::new(), doubtful: Vec::new() };
    let sql = format!("SELECT box, measured_at_us, doubts FROM patrol_check_in WHERE measured_at_us >= $1 AND box IN ({among}) ORDER BY measured_at_us");
    for row in store.fetch(&sql, values()).await? {
        let at = row.micros("measured_at_us")?;
        told.visits.entry(row.parsed("box")?).or_default().push(at);
        if !row.text("doubts")?.is_empty() {
            told.doubtful.push(at);
        }
    }
    let sql = format!("SELECT box, MAX(measured_at_us) AS at_us FROM patrol_check_in WHERE measured_at_us < $1 AND box IN ({among}) GROUP BY box");
    for row in store.fetch(&sql, values()).await? {
        told.before.insert(row.parsed("box")?, row.micros("at_us")?);
    }
    Ok(told)
}

async fn refusals(store: &Store, station: &str, from: Micros) -> Result<Vec<Micros>, StoreError> {
    let sql = "SELECT r.at_us FROM patrol_refusal r JOIN patrol_box b ON b.id = r.box WHERE r.at_us >= $1 AND ($2 = '' OR b.station = $2)";
    store.fetch(sql, params![from, station]).await?.iter().map(|row| row.micros("at_us")).collect()
}

fn visits_of(kept: Kept) -> ReportVisits {
    let Kept { on_time, late, missed } = kept;
    ReportVisits { on_time, late, missed, on_time_share: Share::of(on_time, kept.due()) }
}

/// What was counted of all boxes.
struct Counted {
    by_period: Vec<Kept>,
    boxes: Vec<ReportBox>,
    doubtful: Vec<Micros>,
    guesses: (i64, i64),
}

async fn counted(app: &App, boxes: &[store::Kept], spans: &[Period], from: Micros) -> Result<Counted, StoreError> {
    let now = app.env.now();
    let mut all = Counted { by_period: vec![Kept::default(); spans.len()], boxes: Vec::new(), doubtful: Vec::new(), guesses: (0, 0) };
    for some in boxes.chunks(BOXES_AT_ONCE) {
        let told = signed(&app.store, some, from).await?;
        all.doubtful.extend(told.doubtful);
        for held in some {
            let shown = &held.shown;
            let visits = visits(told.visits.get(&shown.id).map(Vec::as_slice).unwrap_or_default());
            // A box without a signature is due one interval after it was made.
            let since = told.before.get(&shown.id).copied().unwrap_or(held.created_at);
            let by_period = kept(since, &visits, shown.every_h.saturating_mul(Micros::HOUR), spans, now);
            let mut sum = Kept::default();
            for (of_all, one) in all.by_period.iter_mut().zip(&by_period) {
                of_all.add(*one);
                sum.add(*one);
            }
            let hours: Vec<i64> = visits.iter().filter_map(|at| i64::try_from(hour(*at)).ok()).collect();
            let (right, tries) = guessed(&visits);
            all.guesses = (all.guesses.0 + right, all.guesses.1 + tries);
            all.boxes.push(ReportBox {
                id: shown.id,
                number: shown.number.clone(),
                name: shown.name.clone(),
                station: shown.station.clone(),
                beat: shown.beat.clone(),
                visits: visits_of(sum),
                hour_entropy: entropy(&hours, 24).filter(|_| hours.len() >= HOURS_MIN),
                guessed: Share::of(right, tries),
            });
        }
    }
    all.boxes.sort_by(|a, b| (b.visits.missed, b.visits.late).cmp(&(a.visits.missed, a.visits.late)).then_with(|| a.number.cmp(&b.number)));
    Ok(all)
}

fn streets_of(days: &BTreeMap<i64, (f64, f64)>, period: Period) -> Option<ReportStreets> {
    let shares: Vec<f64> = days
        .range(period.from_day..period.until_day)
        .filter(|(_, (length_m, _))| *length_m > 0.0)
        .map(|(_, (length_m, covered_m))| covered_m / length_m)
        .collect();
    let (low, high) = (shares.iter().copied().reduce(f64::min)?, shares.iter().copied().reduce(f64::max)?);
    #[allow(clippy::cast_precision_loss, reason = "some weeks of days")]
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    Some(ReportStreets { days: i64::try_from(shares.len()).unwrap_or(i64::MAX), mean, low, high })
}

fn within(times: &[Micros], period: Period) -> i64 {
    let count = times.iter().filter(|at| (period.from()..period.until()).contains(at)).count();
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The facts of all periods, from which each is told.
struct Facts<'a> {
    now: Micros,
    plans: &'a [HeldPlan],
    reports: &'a [CitizenReport],
    doubtful: &'a [Micros],
    refused: &'a [Micros],
    days: &'a BTreeMap<i64, (f64, f64)>,
}

impl Facts<'_> {
    fn period(&self, period: Period, kept: Kept) -> ReportPeriod {
        let (from, until) = (period.from(), period.until());
        let plans: Vec<HeldPlan> = self.plans.iter().filter(|held| (from..until).contains(&held.plan.from_us)).cloned().collect();
        let told = tour_report(&plans, self.reports, (from, until), false);
        let units: BTreeSet<UnitId> = told.units.iter().map(|work| work.unit).collect();
        let sum = |of: fn(&UnitWork) -> i64| told.units.iter().map(of).sum();
        ReportPeriod {
            from_us: from,
            until_us: until,
            is_over: until <= self.now,
            visits: visits_of(kept),
            doubtful: within(self.doubtful, period),
            refused: within(self.refused, period),
            plans: told.plans,
            done_share: Share::of(told.tally.done, told.tally.done + told.tally.skipped),
            tally: told.tally.clone(),
            units: i64::try_from(units.len()).unwrap_or(i64::MAX),
            standing_s: sum(|work| work.standing_s),
            driving_s: sum(|work| work.driving_s),
            hit_share: Share::of(told.hits.hits, told.hits.reports),
            hits_expected: told.hits.expected,
            streets: streets_of(self.days, period),
        }
    }
}

async fn handle(State(app): State<App>, Params(query): Params<PatrolReportQuery>) -> Result<Audited<PatrolReport>, Problem> {
    let now = app.env.now();
    let count = query.count.unwrap_or(PERIODS_DEFAULT).clamp(1, query.by.most());
    let spans = periods(query.by, count, now);
    let (Some(first), Some(last)) = (spans.first().copied(), spans.last().copied()) else { return Err(Problem::not_found("period")) };
    let station = query.station.unwrap_or_default().trim().to_owned();
    let mut boxes = store::boxes(&app.store, Some(station.as_str()).filter(|station| !station.is_empty())).await?;
    boxes.retain(|kept| kept.shown.is_active);
    let counted = counted(&app, &boxes, &spans, first.from()).await?;
    let refused = refusals(&app.store, &station, first.from()).await?;
    let (plans, plans_cut) = held(&app, &station, (first.from(), last.until()), PLANS_MAX).await?;
    let reports = match app.try_room::<CitizenReportsPort>() {
        Some(port) => port.0.within(first.from(), last.until()).await?,
        None => Vec::new(),
    };
    let days = streets::days(&app.store, &station, first.from_day, last.until_day).await?;
    let asked = Asked { by: query.by, station, now, spans };
    let work = move || told_of(asked, counted, &refused, (&plans, plans_cut), &reports, &days);
    let told = tokio::task::spawn_blocking(work).await.map_err(|error| broke_off(&error))?;
    Ok(Audited::new(format!("patrol report of {} periods {}", told.periods.len(), told.station), told))
}

/// What the report is of.
struct Asked {
    by: By,
    station: String,
    now: Micros,
    spans: Vec<Period>,
}

/// Facts → what is told. Some hundred plans are gone through for each period: work for a thread of its own.
fn told_of(
    asked: Asked,
    counted: Counted,
    refused: &[Micros],
    (plans, plans_cut): (&[HeldPlan], bool),
    reports: &[CitizenReport],
    days: &BTreeMap<i64, (f64, f64)>,
) -> PatrolReport {
    let Asked { by, station, now, spans } = asked;
    let facts = Facts { now, plans, reports, doubtful: &counted.doubtful, refused, days };
    let periods = spans.iter().zip(&counted.by_period).map(|(period, kept)| facts.period(*period, *kept)).collect();
    let span = spans.first().zip(spans.last()).map_or((now, now), |(first, last)| (first.from(), last.until()));
    let known: Vec<f64> = counted.boxes.iter().filter_map(|one| one.hour_entropy).collect();
    #[allow(clippy::cast_precision_loss, reason = "boxes of a city")]
    let hour_entropy = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
    let is_cut = plans_cut || counted.boxes.len() > BOXES_SHOWN;
    PatrolReport {
        by,
        boxes_in_use: i64::try_from(counted.boxes.len()).unwrap_or(i64::MAX),
        periods,
        units: tour_report(plans, &[], span, false).units,
        hour_entropy,
        guessed: Share::of(counted.guesses.0, counted.guesses.1),
        boxes: counted.boxes.into_iter().take(BOXES_SHOWN).collect(),
        is_cut,
        station,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::{ActorId, CheckInId};
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::streets::testing::boxed;

    #[tokio::test]
    async fn signatures_are_read_by_box_with_the_last_one_before_and_refusals_by_station() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let held = boxed("1", "03", 120.2, 23.0);
            let id = held.shown.id;
            let mut tx = store.begin().await.unwrap();
            let sql = "INSERT INTO patrol_box (id, number, name, station, beat, note, lon, lat, every_h, is_active, code_version, has_device, \
                 created_at_us) VALUES ($1, '1', '1', '永康派出所', '03', '', 120.2, 23.0, 24, 1, 1, 0, 0)";
            tx.execute(sql, params![id]).await.unwrap();
            for (at, doubts) in [(10, ""), (20, ""), (40, "no_position"), (30, "")] {
                let sql = "INSERT INTO patrol_check_in (id, box, method, proof, by_actor, by_name, measured_at_us, received_at_us, doubts) \
                     VALUES ($1, $2, 'printed', $3, $4, '', $5, $5, $6)";
                let own = store.env().id(CheckInId::new);
                tx.execute(sql, params![own, id, at.to_string(), store.env().id(ActorId::new), Micros(at), doubts]).await.unwrap();
            }
            for (of, at) in [(Some(id), 35), (Some(id), 5), (None, 36)] {
                let sql = "INSERT INTO patrol_refusal (id, at_us, by_actor, box, problem) VALUES ($1, $2, $3, $4, 'patrol.check_in.nonce')";
                let own = store.env().id(CheckInId::new);
                tx.execute(sql, params![own, Micros(at), store.env().id(ActorId::new), of]).await.unwrap();
            }
            tx.commit().await.unwrap();
            let told = signed(&store, &[held], Micros(25)).await.unwrap();
            assert_eq!(told.visits.get(&id).unwrap(), &[Micros(30), Micros(40)]);
            assert_eq!((told.before.get(&id), told.doubtful), (Some(&Micros(20)), vec![Micros(40)]));
            assert_eq!(refusals(&store, "", Micros(25)).await.unwrap(), [Micros(35)], "an unreadable code is of no box");
            assert!(refusals(&store, "大橋派出所", Micros(0)).await.unwrap().is_empty());
        })
        .await;
    }
}
