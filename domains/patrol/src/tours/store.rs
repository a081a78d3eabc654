//! SQL of plans, tours and marks.

use std::collections::BTreeMap;

use shouhu_events::Event;
use shouhu_ids::{ActorId, BoxId, Micros, TourPlanId, UnitId};
use shouhu_module::Person;
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of, tell_each};
use shouhu_wire::Asked;

use super::model::{MarkOutcome, PlanState, Retask, TourPlan, TourPlanLine};
use super::progress::{Mark, Signed};

/// Why a proposal ended that nobody discarded.
const OVERTAKEN: &str = "另一計畫已發布";
const PLAN: &str = "SELECT id, state, station, from_us, to_us, created_at_us, created_by_name, decided_at_us, decided_by_name, reason, \
     replaces, retask, answer FROM patrol_plan";

fn retask_of(row: &Row) -> Result<Option<Retask>, StoreError> {
    let Some(text) = row.opt_text("retask")? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| StoreError::Corrupt { what: "retask of a tour plan", detail: error.to_string() })
}

fn plan_of(row: &Row) -> Result<TourPlan, StoreError> {
    Ok(TourPlan {
        id: row.parsed("id")?,
        state: row.tag("state")?,
        station: row.text("station")?,
        from_us: row.micros("from_us")?,
        to_us: row.micros("to_us")?,
        created_at_us: row.micros("created_at_us")?,
        created_by_name: row.text("created_by_name")?,
        decided_at_us: row.opt_micros("decided_at_us")?,
        decided_by_name: row.opt_text("decided_by_name")?,
        reason: row.opt_text("reason")?,
        replaces: row.opt_parsed("replaces")?,
        retask: retask_of(row)?,
        answer: row.json("answer")?,
    })
}

pub async fn one(store: &Store, id: TourPlanId) -> Result<Option<TourPlan>, StoreError> {
    let row = store.fetch_opt(&format!("{PLAN} WHERE id = $1"), params![id]).await?;
    row.as_ref().map(plan_of).transpose()
}

/// Plans that held, whose shift begins within a span, the earliest first: the published ones, and those that ended when what was left
/// of them was shared out anew.
pub async fn published(store: &Store, station: &str, from: Micros, to: Micros, limit: i64) -> Result<Vec<TourPlan>, StoreError> {
    let sql = format!(
        "{PLAN} WHERE (state = 'published' OR (state = 'replaced' AND EXISTS (SELECT 1 FROM patrol_plan later \
         WHERE later.replaces = patrol_plan.id AND later.retask IS NOT NULL AND later.state IN ('published', 'replaced', 'withdrawn')))) \
         AND from_us >= $1 AND from_us < $2 AND ($3 = '' OR station = $3) ORDER BY from_us, id LIMIT $4"
    );
    store.fetch(&sql, params![from, to, station, limit]).await?.iter().map(plan_of).collect()
}

/// False where the same reason, by its key, has made a plan before.
pub async fn insert(tx: &mut Tx, plan: &TourPlan, by: ActorId, retask_key: Option<&str>) -> Result<bool, StoreError> {
    let corrupt = |error: serde_json::Error| StoreError::Corrupt { what: "tour plan", detail: error.to_string() };
    let answer = serde_json::to_string(&plan.answer).map_err(corrupt)?;
    let retask = plan.retask.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
    let sql = "INSERT INTO patrol_plan (id, state, station, from_us, to_us, created_at_us, created_by, created_by_name, replaces, answer, \
         retask, retask_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (retask_key) DO NOTHING";
    let values = params![
        plan.id,
        tag_of(&plan.state),
        &plan.station,
        plan.from_us,
        plan.to_us,
        plan.created_at_us,
        by,
        &plan.created_by_name,
        plan.replaces,
        answer,
        retask,
        retask_key,
    ];
    if tx.execute(sql, values).await? == 0 {
        return Ok(false);
    }
    for tour in &plan.answer.tours {
        let sql = "INSERT INTO patrol_tour (plan, unit, call_sign, stops) VALUES ($1, $2, $3, $4)";
        let stops = i64::try_from(tour.stops.len()).unwrap_or(i64::MAX);
        tx.execute(sql, params![plan.id, tour.unit, &tour.call_sign, stops]).await?;
    }
    tx.emit(&Event::TourPlanChanged { plan: plan.id }).await?;
    Ok(true)
}

/// Whether this reason has made a plan before.
pub async fn is_retasked(store: &Store, key: &str) -> Result<bool, StoreError> {
    Ok(store.fetch_opt("SELECT id FROM patrol_plan WHERE retask_key = $1", params![key]).await?.is_some())
}

/// Ends the other proposals for the rest of a plan that has ended, and tells what each was made for, by its key.
pub async fn overtaken(tx: &mut Tx, old: TourPlanId, but: TourPlanId, by: &Person, at: Micros) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id, retask_key FROM patrol_plan WHERE replaces = $1 AND id <> $2 AND state = 'proposed' AND retask_key IS NOT NULL ORDER BY id";
    let mut keys = Vec::new();
    for row in tx.fetch(sql, params![old, but]).await? {
        if decide(tx, row.parsed("id")?, [PlanState::Proposed; 2], PlanState::Discarded, by, at, Some(OVERTAKEN)).await? {
            keys.push(row.text("retask_key")?);
        }
    }
    Ok(keys)
}

/// Newest first; `before` is the id of the last of the page before.
pub async fn lines(
    store: &Store,
    station: &str,
    state: Option<PlanState>,
    before: Option<TourPlanId>,
    limit: i64,
) -> Result<Vec<TourPlanLine>, StoreError> {
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let state = state.map(|state| tag_of(&state)).unwrap_or_default();
    let sql = "SELECT id, state, station, from_us, to_us, created_at_us, created_by_name, retask FROM patrol_plan \
         WHERE ($1 = '' OR id < $1) AND ($2 = '' OR station = $2) AND ($3 = '' OR state = $3) ORDER BY id DESC LIMIT $4";
    let mut lines = Vec::new();
    for row in store.fetch(sql, params![before, station, state, limit]).await? {
        let id: TourPlanId = row.parsed("id")?;
        let tours = store.fetch("SELECT call_sign, stops FROM patrol_tour WHERE plan = $1 ORDER BY call_sign", params![id]).await?;
        lines.push(TourPlanLine {
            id,
            state: row.tag("state")?,
            station: row.text("station")?,
            from_us: row.micros("from_us")?,
            to_us: row.micros("to_us")?,
            created_at_us: row.micros("created_at_us")?,
            created_by_name: row.text("created_by_name")?,
            call_signs: tours.iter().map(|tour| tour.text("call_sign")).collect::<Result<_, _>>()?,
            stops: tours.iter().map(|tour| tour.int("stops")).sum::<Result<i64, _>>()?,
            retask: retask_of(&row)?,
        });
    }
    Ok(lines)
}

/// The state under the lock that whoever publishes or discards takes first.
pub async fn locked(tx: &mut Tx, id: TourPlanId) -> Result<Option<PlanState>, StoreError> {
    tx.execute("UPDATE patrol_publishing SET times = times + 1 WHERE id = 1", vec![]).await?;
    state_of(tx, id).await
}

/// Where a plan is, within the transaction that decides on another.
pub async fn state_of(tx: &mut Tx, id: TourPlanId) -> Result<Option<PlanState>, StoreError> {
    let row = tx.fetch_opt("SELECT state FROM patrol_plan WHERE id = $1", params![id]).await?;
    row.map(|row| row.tag("state")).transpose()
}

/// Call sign of a unit of this plan that another published plan has in the same time; `but` is the one that ends.
pub async fn taken(tx: &mut Tx, plan: &TourPlan, but: Option<TourPlanId>) -> Result<Option<String>, StoreError> {
    let sql = "SELECT mine.call_sign FROM patrol_tour mine JOIN patrol_tour other ON other.unit = mine.unit AND other.plan <> mine.plan \
         JOIN patrol_plan p ON p.id = other.plan WHERE mine.plan = $1 AND p.state = 'published' AND p.from_us < $3 AND p.to_us > $2 \
         AND p.id <> $4 ORDER BY mine.call_sign LIMIT 1";
    let but = but.map(|id| id.to_string()).unwrap_or_default();
    tx.fetch_opt(sql, params![plan.id, plan.from_us, plan.to_us, but]).await?.map(|row| row.text("call_sign")).transpose()
}

/// Moves a plan from one of two states. False when it was in neither.
pub async fn decide(
    tx: &mut Tx,
    id: TourPlanId,
    from: [PlanState; 2],
    to: PlanState,
    by: &Person,
    at: Micros,
    reason: Option<&str>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE patrol_plan SET state = $2, decided_at_us = $3, decided_by_name = $4, reason = $5 \
         WHERE id = $1 AND state IN ($6, $7)";
    let [first, second] = from.map(|state| tag_of(&state));
    let is_moved = tx.execute(sql, params![id, tag_of(&to), at, &by.name, reason, first, second]).await? == 1;
    if is_moved {
        tx.emit(&Event::TourPlanChanged { plan: id }).await?;
    }
    Ok(is_moved)
}

/// The unit's published plan that goes on now; else one that ended after `behind`, whose last stop is being marked; else the next that
/// begins before `ahead`.
pub async fn of_unit(store: &Store, unit: UnitId, now: Micros, ahead: Micros, behind: Micros) -> Result<Option<TourPlan>, StoreError> {
    let sql = "SELECT p.id FROM patrol_tour t JOIN patrol_plan p ON p.id = t.plan WHERE t.unit = $1 AND p.state = 'published' \
         AND p.from_us < $3 AND p.to_us > $4 ORDER BY CASE WHEN p.to_us <= $2 THEN 1 WHEN p.from_us <= $2 THEN 0 ELSE 2 END, p.from_us, p.id LIMIT 1";
    match store.fetch_opt(sql, params![unit, now, ahead, behind]).await? {
        Some(row) => one(store, row.parsed("id")?).await,
        None => Ok(None),
    }
}

pub struct NewMark<'a> {
    pub plan: TourPlanId,
    pub unit: UnitId,
    pub seq: i64,
    pub mark: &'a Mark,
    pub by: &'a Person,
    pub received_at: Micros,
}

/// The newest word of the crew's own clock holds: what a phone kept back does not undo what was said since.
pub async fn keep_mark(store: &Store, new: &NewMark<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO patrol_mark (plan, unit, seq, outcome, reason, at_us, received_at_us, by_actor, by_name) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (plan, unit, seq) DO UPDATE SET outcome = excluded.outcome, \
         reason = excluded.reason, at_us = excluded.at_us, received_at_us = excluded.received_at_us, by_actor = excluded.by_actor, \
         by_name = excluded.by_name WHERE excluded.at_us >= patrol_mark.at_us";
    let mark = new.mark;
    let values = params![
        new.plan,
        new.unit,
        new.seq,
        tag_of(&mark.outcome),
        mark.reason.map(|reason| tag_of(&reason)),
        mark.at,
        new.received_at,
        new.by.id,
        &mark.by_name,
    ];
    let mut tx = store.begin().await?;
    let is_news = tx.execute(sql, values).await? > 0;
    if let Some(reason) = mark.reason.filter(|_| is_news) {
        let stop = format!("{} {} {}", new.plan, new.unit, new.seq);
        tx.emit(&Event::not_done(Asked::Stop, &stop, &tag_of(&reason), new.by.id)).await?;
    }
    tx.commit().await
}

/// Tells of proposals whose time was over since `since` and that nobody decided: published neither nor discarded. An order of a crew that was
/// called away is over sooner than its shift.
pub async fn tell_undecided(store: &Store, since: Micros, now: Micros, fresh_us: i64) -> Result<usize, StoreError> {
    let sql = "SELECT id FROM patrol_plan WHERE id > $1 AND state = 'proposed' AND (\
         (to_us > $3 AND to_us <= $4) OR (retask_key IS NOT NULL AND created_at_us > $3 AND created_at_us <= $5)) ORDER BY id LIMIT $2";
    tell_each(store, sql, &params![since, now, now.plus(-fresh_us)], |id| Event::not_answered(Asked::Tours, &id)).await
}

/// What each crew of a plan said, by unit and stop.
pub async fn marks(store: &Store, plan: TourPlanId) -> Result<BTreeMap<UnitId, BTreeMap<i64, Mark>>, StoreError> {
    let sql = "SELECT unit, seq, outcome, reason, at_us, by_name FROM patrol_mark WHERE plan = $1 ORDER BY unit, seq";
    let mut all: BTreeMap<UnitId, BTreeMap<i64, Mark>> = BTreeMap::new();
    for row in store.fetch(sql, params![plan]).await? {
        let outcome: MarkOutcome = row.tag("outcome")?;
        let mark = Mark { outcome, reason: row.opt_tag("reason")?, at: row.micros("at_us")?, by_name: row.text("by_name")? };
        all.entry(row.parsed("unit")?).or_default().insert(row.int("seq")?, mark);
    }
    Ok(all)
}

/// The first signature at each box within a span.
pub async fn signed(store: &Store, from: Micros, to: Micros) -> Result<BTreeMap<BoxId, Signed>, StoreError> {
    let sql = "SELECT box, measured_at_us, by_name FROM patrol_check_in WHERE measured_at_us >= $1 AND measured_at_us <= $2 \
         ORDER BY measured_at_us DESC, id DESC";
    let mut first = BTreeMap::new();
    for row in store.fetch(sql, params![from, to]).await? {
        first.insert(row.parsed("box")?, Signed { at: row.micros("measured_at_us")?, by_name: row.text("by_name")? });
    }
    Ok(first)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::SessionId;
    use shouhu_place::Wgs84;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::Role;

    use super::*;
    use crate::MODULE;
    use crate::tours::model::{Planned, ReportsUsed, SkipReason, Terms, UnitTour};

    fn chief(store: &Store) -> Person {
        let env = store.env();
        Person {
            id: env.id(ActorId::new),
            name: "陳所長".into(),
            role: Role::Supervisor,
            unit: None,
            office: None,
            session: env.id(SessionId::new),
            session_expires_at: env.now().plus(Micros::HOUR),
        }
    }

    /// Eight hours from `from`, one crew, no stops.
    fn plan(store: &Store, unit: UnitId, from: Micros) -> TourPlan {
        let tour = UnitTour {
            unit,
            call_sign: "永康 21".into(),
            stops: Vec::new(),
            back_at_us: from,
            standing_s: 0,
            driving_s: 0,
            waiting_s: 0,
            spare_s: 28_800,
            standing_share: 0.0,
        };
        let terms = Terms { days: 90, kinds: Vec::new(), unpredictability: 0.3, standing_share_max: 0.5, seed: (1 << 53) - 1 };
        TourPlan {
            id: store.env().id(TourPlanId::new),
            state: PlanState::Proposed,
            station: "永康派出所".into(),
            from_us: from,
            to_us: from.plus(8 * Micros::HOUR),
            created_at_us: store.env().now(),
            created_by_name: "陳所長".into(),
            decided_at_us: None,
            decided_by_name: None,
            reason: None,
            replaces: None,
            retask: None,
            answer: Planned {
                terms,
                base: Wgs84 { lon: 120.2, lat: 23.0 },
                is_by_road: true,
                is_cut: false,
                took_ms: 5,
                reports: ReportsUsed { counted: 1, left_out: 0, as_of_us: from },
                standing_cap_s: 14_400,
                boxes_due: 0,
                boxes_planned: 0,
                share_covered: 0.25,
                share_known: 1.0,
                tours: vec![tour],
                left_out: Vec::new(),
                left_out_count: 0,
                areas: Vec::new(),
            },
        }
    }

    async fn kept(store: &Store, plan: &TourPlan, by: &Person) {
        let mut tx = store.begin().await.unwrap();
        insert(&mut tx, plan, by.id, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn decided(store: &Store, id: TourPlanId, from: PlanState, to: PlanState, by: &Person) -> bool {
        let mut tx = store.begin().await.unwrap();
        assert!(locked(&mut tx, id).await.unwrap().is_some());
        let moved = decide(&mut tx, id, [from; 2], to, by, store.env().now(), Some("颱風")).await.unwrap();
        tx.commit().await.unwrap();
        moved
    }

    #[tokio::test]
    async fn a_plan_comes_back_as_it_was_and_moves_only_from_where_it_is() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let (by, unit) = (chief(&store), store.env().id(UnitId::new));
            let now = store.env().now();
            let first = plan(&store, unit, now.plus(Micros::HOUR));
            kept(&store, &first, &by).await;
            assert_eq!(one(&store, first.id).await.unwrap(), Some(first.clone()));
            assert!(of_unit(&store, unit, now, now.plus(Micros::DAY), now).await.unwrap().is_none(), "a proposal is nobody's tour");
            assert!(decided(&store, first.id, PlanState::Proposed, PlanState::Published, &by).await);
            assert!(!decided(&store, first.id, PlanState::Proposed, PlanState::Published, &by).await);
            let found = of_unit(&store, unit, now, now.plus(Micros::DAY), now).await.unwrap().unwrap();
            assert_eq!((found.id, found.state, found.reason.as_deref()), (first.id, PlanState::Published, Some("颱風")));

            let second = plan(&store, unit, now.plus(3 * Micros::HOUR));
            kept(&store, &second, &by).await;
            let mut tx = store.begin().await.unwrap();
            assert_eq!(taken(&mut tx, &second, None).await.unwrap().as_deref(), Some("永康 21"));
            assert_eq!(taken(&mut tx, &second, Some(first.id)).await.unwrap(), None, "the one that it replaces");
            tx.commit().await.unwrap();
            let listed = lines(&store, "永康派出所", Some(PlanState::Published), None, 10).await.unwrap();
            assert_eq!(listed.iter().map(|line| (line.id, line.call_signs.len())).collect::<Vec<_>>(), [(first.id, 1)]);
            assert_eq!(lines(&store, "", None, Some(second.id), 10).await.unwrap().len(), 1, "the page after the newest");
            assert_eq!(published(&store, "", now, now.plus(Micros::DAY), 10).await.unwrap().len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn the_newest_word_of_the_crew_s_own_clock_holds() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let (by, unit) = (chief(&store), store.env().id(UnitId::new));
            let now = store.env().now();
            let plan = plan(&store, unit, now);
            kept(&store, &plan, &by).await;
            let word = |outcome, reason, minute: i64| Mark { outcome, reason, at: now.plus(minute * Micros::MINUTE), by_name: by.name.clone() };
            let words = [
                word(MarkOutcome::Done, None, 10),
                word(MarkOutcome::Skipped, Some(SkipReason::NoAccess), 12),
                word(MarkOutcome::Done, None, 11),
            ];
            for mark in &words {
                let new = NewMark { plan: plan.id, unit, seq: 1, mark, by: &by, received_at: now };
                keep_mark(&store, &new).await.unwrap();
            }
            let all = marks(&store, plan.id).await.unwrap();
            let last = all.get(&unit).and_then(|own| own.get(&1)).unwrap();
            assert_eq!((last.outcome, last.reason), (MarkOutcome::Skipped, Some(SkipReason::NoAccess)));
        })
        .await;
    }
}
