//! The ledger: what was let out, counted and written down in one transaction before the answer leaves.
//!
//! **Invariant:** rows of accounts are locked in one order before they are counted, so that of two questions at once the second
//! counts what the first has let out.

use std::collections::{BTreeSet, HashMap, HashSet};

use shouhu_ids::{ActorId, Micros};
use shouhu_module::ports::{BoundUse, Glimpse, MovementAsker, Revealed, Revealing};
use shouhu_plate::Plate;
use shouhu_store::{Row, Store, StoreError, Tx, Value, params, placeholders};

use super::bound::{Bound, Entry, Pair, admit};
use super::fold::{Fold, NAMED, Target, case_key, day_of};
use super::grounds::{self, Grounds};
use super::{OWN_DAYS, policy, uses};

/// Plates of one question to the database, and rows of one insert; both databases have a limit on parameters.
const CHUNK: usize = 500;
/// Where a consent is asked for.
pub const ASK_AT: &str = "/observations";

/// Who asks, as the ledger names it.
#[derive(Debug, Clone)]
struct Who {
    asker: ActorId,
    case_key: String,
    has_case: bool,
    office: Option<String>,
}

impl Who {
    /// Who names the number of a sealed case without being its member has no part in its account, which would tell how much was shown for it.
    fn of(store: &Store, asker: &MovementAsker) -> Self {
        let case_ref = asker.case_ref.as_deref().filter(|case| !store.veil().is_some_and(|veil| veil.hides_case(case)));
        let case_key = case_key(case_ref, asker.id);
        Self { asker: asker.id, has_case: case_key.starts_with(NAMED), case_key, office: asker.office.clone() }
    }

    fn holders(&self) -> [String; 2] {
        [format!("a:{}", self.asker), format!("c:{}", self.case_key)]
    }
}

/// From the database's own pool or from within a transaction.
enum Reading<'a> {
    Store(&'a Store),
    Tx(&'a mut Tx),
}

impl Reading<'_> {
    async fn fetch(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Store(store) => store.fetch(sql, values).await,
            Self::Tx(tx) => tx.fetch(sql, values).await,
        }
    }
}

/// What is known of some plates before a question is answered.
#[derive(Default)]
struct Known {
    pairs: HashMap<Target, Pair>,
    /// What was let out to this asker for this case already, with its ground.
    mine: HashSet<(Target, i64, String)>,
    grounds: Grounds,
}

/// What was shown before counts for the case only.
const fn own_since(now: Micros) -> Micros {
    now.plus(-OWN_DAYS * Micros::DAY)
}

async fn load(from: &mut Reading<'_>, who: &Who, targets: &[Target], now: Micros) -> Result<Known, StoreError> {
    let mut known = Known::default();
    for some in targets.chunks(CHUNK) {
        let sql = format!(
            "SELECT target, point, day, case_key, asker, ground, at_us FROM oversight_release \
             WHERE target IN ({}) AND (case_key = $1 OR (asker = $2 AND at_us >= $3))",
            placeholders(4..4 + some.len())
        );
        let since = own_since(now);
        let mut values = params![&who.case_key, who.asker, since];
        values.extend(some.iter().map(|target| Value::from(target.hex())));
        for row in from.fetch(&sql, values).await? {
            known.take(who, &row, since)?;
        }
        // A question without a case is under no consent: nobody could have been asked about it.
        if !who.has_case {
            continue;
        }
        if let Some(office) = &who.office {
            let (sql, values) = grounds::consents(some, &who.case_key, office, now);
            known.grounds.add(&from.fetch(&sql, values).await?, grounds::consent_of)?;
        }
        let (sql, values) = grounds::openings(some, &who.case_key, now);
        known.grounds.add(&from.fetch(&sql, values).await?, grounds::opening_of)?;
    }
    Ok(known)
}

impl Known {
    fn take(&mut self, who: &Who, row: &Row, since: Micros) -> Result<(), StoreError> {
        let Some(target) = Target::parse(&row.text("target")?) else { return Ok(()) };
        let (point, day, ground) = (row.int("point")?, row.int("day")?, row.text("ground")?);
        let is_case = row.text("case_key")? == who.case_key;
        let is_own = row.text("asker")? == who.asker.to_string();
        let is_recent = row.micros("at_us")? >= since;
        if ground.is_empty() {
            let pair = self.pairs.entry(target).or_default();
            for account in [is_case.then_some(&mut pair.case), (is_own && is_recent).then_some(&mut pair.own)].into_iter().flatten() {
                account.points.insert(point);
                account.days.insert(day);
            }
        }
        if is_case && is_own {
            self.mine.insert((target, point, ground));
        }
        Ok(())
    }

    /// A bound that is smaller than what one row tells is used up before anything was shown.
    fn is_used_up(&self, target: Target, bound: Bound) -> bool {
        self.pairs.get(&target).map_or_else(|| Pair::default().is_full(bound), |pair| pair.is_full(bound))
    }

    fn is_full(&self, target: Target, bound: Bound) -> bool {
        self.is_used_up(target, bound) && !self.grounds.cover_whole(target)
    }
}

/// What is written of one glimpse.
struct Line {
    target: Target,
    point: i64,
    day: i64,
    ground: String,
}

/// A row that tells two things is kept back when there is room for one: the bound then counts as used up. However much a sum tells, it is of
/// two days at most: those of its ends.
fn nearly(bound: Bound, asked: &Revealing) -> Bound {
    let more = asked.per_plate_max.saturating_sub(1);
    bound.less(if asked.sums_over.is_some() { more.min(1) } else { more }, more)
}

/// The decision over rows, without writing anything.
struct Decided {
    is_shown: Vec<bool>,
    lines: Vec<Line>,
    grounds: BTreeSet<String>,
    /// Of which plates something is shown, and by which ground (empty: within the bound).
    used: BTreeSet<(Plate, String)>,
}

fn decide(known: &mut Known, told: &[Vec<(Target, i64, i64)>], asked: &Revealing, bound: Bound) -> Decided {
    let nearly = nearly(bound, asked);
    let mut decided = Decided { is_shown: Vec::new(), lines: Vec::new(), grounds: BTreeSet::new(), used: BTreeSet::new() };
    let mut shown = 0;
    for (row, told) in asked.rows.iter().zip(told) {
        if shown == asked.rows_max {
            break;
        }
        let grounds: Vec<Option<String>> =
            row.iter().zip(told).map(|(glimpse, (target, ..))| known.grounds.covering(*target, glimpse).map(|ground| ground.name.clone())).collect();
        let entries: Vec<Entry> = told
            .iter()
            .zip(&grounds)
            .map(|((target, point, day), ground)| {
                // What this asker was shown for this case is shown again, though his own account may have forgotten it.
                let is_granted = ground.is_some() || known.mine.contains(&(*target, *point, String::new()));
                Entry { target: *target, point: *point, day: *day, is_granted }
            })
            .collect();
        // A sum cannot be shown in part: that it is missing would tell what else there was, and where its ends lie. So neither does a consent
        // for a part of the time let it out.
        let is_closed = asked.sums_over.is_some_and(|time| {
            entries.iter().any(|entry| known.is_used_up(entry.target, nearly) && !known.grounds.cover_all_of(entry.target, time))
        });
        let is_shown = !is_closed && admit(&mut known.pairs, &entries, bound);
        decided.is_shown.push(is_shown);
        if !is_shown {
            continue;
        }
        shown += 1;
        for ((entry, ground), glimpse) in entries.into_iter().zip(grounds).zip(row) {
            let ground = ground.unwrap_or_default();
            decided.used.insert((glimpse.plate.clone(), ground.clone()));
            if !ground.is_empty() {
                decided.grounds.insert(ground.clone());
            }
            if known.mine.insert((entry.target, entry.point, ground.clone())) {
                decided.lines.push(Line { target: entry.target, point: entry.point, day: entry.day, ground });
            }
        }
    }
    decided
}

/// What may leave of an answer; it is in the ledger when this returns.
///
/// # Errors
/// When the database fails.
pub async fn reveal(store: &Store, fold: &Fold, asked: &Revealing) -> Result<Revealed, StoreError> {
    let (who, now) = (Who::of(store, &asked.asker), store.env().now());
    let bound = policy::current(store).await?.settings.bound();
    let nearly = nearly(bound, asked);
    let told: Vec<Vec<(Target, i64, i64)>> = asked.rows.iter().map(|row| row.iter().map(|glimpse: &Glimpse| fold.told(glimpse)).collect()).collect();
    let named: BTreeSet<Target> = asked.named.iter().map(|plate| fold.target(plate)).collect();
    let mut targets: BTreeSet<Target> = told.iter().flatten().map(|(target, ..)| *target).collect();
    targets.extend(&named);
    let targets: Vec<Target> = targets.into_iter().collect();

    // Most looks repeat what was shown a minute ago: they write nothing and wait for nobody.
    let mut known = load(&mut Reading::Store(store), &who, &targets, now).await?;
    let first = decide(&mut known, &told, asked, bound);
    if first.lines.is_empty() {
        uses::note(store, fold, asked, &first.used, now).await?;
        let is_bounded = is_bounded(&mut Reading::Store(store), &who, &named, &known, nearly, now).await?;
        return Ok(Revealed { is_shown: first.is_shown, is_bounded, grounds: first.grounds.into_iter().collect() });
    }

    let mut tx = store.begin().await?;
    lock(&mut tx, &who, &targets).await?;
    let mut known = load(&mut Reading::Tx(&mut tx), &who, &targets, now).await?;
    let decided = decide(&mut known, &told, asked, bound);
    write(&mut tx, &who, &decided.lines, now).await?;
    let changed: BTreeSet<Target> = decided.lines.iter().filter(|line| line.ground.is_empty()).map(|line| line.target).collect();
    account(&mut tx, &who, &changed, &known).await?;
    uses::write(&mut tx, asked, &uses::rows(fold, asked, &decided.used), now).await?;
    let is_bounded = is_bounded(&mut Reading::Tx(&mut tx), &who, &named, &known, nearly, now).await?;
    tx.commit().await?;
    Ok(Revealed { is_shown: decided.is_shown, is_bounded, grounds: decided.grounds.into_iter().collect() })
}

/// Whoever comes second waits here. The rows are taken in one order, so that two never wait for each other.
async fn lock(tx: &mut Tx, who: &Who, targets: &[Target]) -> Result<(), StoreError> {
    for some in targets.chunks(CHUNK) {
        let rows = some.iter().flat_map(|target| who.holders().map(|holder| (target.hex(), holder)));
        let (mut values, mut places) = (Vec::new(), Vec::new());
        for (target, holder) in rows {
            places.push(format!("(${}, ${}, 0, 0)", values.len() + 1, values.len() + 2));
            values.extend([Value::from(target), Value::from(holder)]);
        }
        let sql = format!(
            "INSERT INTO oversight_account (target, holder, days, points) VALUES {} \
             ON CONFLICT (target, holder) DO UPDATE SET points = oversight_account.points",
            places.join(", ")
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx, who: &Who, lines: &[Line], now: Micros) -> Result<(), StoreError> {
    for some in lines.chunks(CHUNK) {
        let mut values = params![&who.case_key, who.asker, now];
        let mut places = Vec::new();
        for line in some {
            let at = values.len();
            places.push(format!("(${}, ${}, $1, $2, ${}, ${}, $3)", at + 1, at + 2, at + 3, at + 4));
            values.extend(params![line.target.hex(), line.point, &line.ground, line.day]);
        }
        let sql = format!(
            "INSERT INTO oversight_release (target, point, case_key, asker, ground, day, at_us) VALUES {} ON CONFLICT DO NOTHING",
            places.join(", ")
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// The sums of the accounts that have changed.
async fn account(tx: &mut Tx, who: &Who, changed: &BTreeSet<Target>, known: &Known) -> Result<(), StoreError> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let changed: Vec<&Target> = changed.iter().collect();
    for some in changed.chunks(CHUNK) {
        let (mut values, mut places) = (Vec::new(), Vec::new());
        for target in some {
            let Some(pair) = known.pairs.get(*target) else { continue };
            for (holder, account) in who.holders().into_iter().zip([&pair.own, &pair.case]) {
                let at = values.len();
                places.push(format!("(${}, ${}, ${}, ${})", at + 1, at + 2, at + 3, at + 4));
                values.extend(params![target.hex(), holder, count(account.days.len()), count(account.points.len())]);
            }
        }
        if places.is_empty() {
            continue;
        }
        let sql = format!(
            "INSERT INTO oversight_account (target, holder, days, points) VALUES {} \
             ON CONFLICT (target, holder) DO UPDATE SET days = excluded.days, points = excluded.points",
            places.join(", ")
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// Whether a bound that the question has to do with is used up. A question that names no plate is about all of its case and asker: that
/// one of the plates just found is kept back must not be told.
///
/// The sums of an asker's own account slide with time: kept ones are what it was at most, and are counted anew where they matter.
async fn is_bounded(
    from: &mut Reading<'_>,
    who: &Who,
    named: &BTreeSet<Target>,
    known: &Known,
    bound: Bound,
    now: Micros,
) -> Result<bool, StoreError> {
    if !named.is_empty() {
        return Ok(named.iter().any(|target| known.is_full(*target, bound)));
    }
    if Pair::default().is_full(bound) {
        return Ok(true);
    }
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let [own, case] = who.holders();
    for (sum, column, most) in [("points", "point", bound.points_max), ("days", "day", bound.days_max)] {
        let sql = format!("SELECT target FROM oversight_account WHERE holder = $1 AND {sum} >= $2");
        if !from.fetch(&format!("{sql} LIMIT 1"), params![&case, count(most)]).await?.is_empty() {
            return Ok(true);
        }
        let sql = format!(
            "{sql} AND (SELECT COUNT(DISTINCT r.{column}) FROM oversight_release r WHERE r.target = oversight_account.target \
             AND r.asker = $3 AND r.ground = '' AND r.at_us >= $4) >= $2 LIMIT 1"
        );
        if !from.fetch(&sql, params![&own, count(most), who.asker, own_since(now)]).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How much of the bound is used for the first of the plates of which nothing may be shown within the window; `None` when all may be
/// asked about.
///
/// # Errors
/// When the database fails.
pub async fn refused(store: &Store, fold: &Fold, asker: &MovementAsker, plates: &[Plate], [from, until]: [Micros; 2]) -> Result<Option<BoundUse>, StoreError> {
    let (who, now) = (Who::of(store, asker), store.env().now());
    let settings = policy::current(store).await?.settings;
    let targets: BTreeSet<Target> = plates.iter().map(|plate| fold.target(plate)).collect();
    let known = load(&mut Reading::Store(store), &who, &targets.into_iter().collect::<Vec<_>>(), now).await?;
    let days = [day_of(from), day_of(until.plus(-1))];
    for plate in plates {
        let target = fold.target(plate);
        let Some(pair) = known.pairs.get(&target) else { continue };
        if pair.may_show(days[0], days[1], settings.bound()) || known.grounds.touch(target, days[0], days[1]) {
            continue;
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        return Ok(Some(BoundUse {
            plate_display: plate.display(),
            case_ref: asker.case_ref.clone(),
            case_days: count(pair.case.days.len()),
            case_points: count(pair.case.points.len()),
            own_days: count(pair.own.days.len()),
            own_points: count(pair.own.points.len()),
            days_max: settings.days_max,
            points_max: settings.points_max,
            ask_at: ASK_AT.to_owned(),
        }));
    }
    Ok(None)
}

/// What a purge takes at once.
const PURGE_PLATES: i64 = 200;

/// Forgets what was let out before a time, and counts the accounts anew. Returns how many rows went.
///
/// # Errors
/// When the database fails.
pub async fn forget(store: &Store, before: Micros) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let since = own_since(store.env().now());
        let mut tx = store.begin().await?;
        let sql = "SELECT DISTINCT target FROM oversight_release WHERE at_us < $1 ORDER BY target LIMIT $2";
        let targets = tx.fetch(sql, params![before, PURGE_PLATES]).await?;
        if targets.is_empty() {
            return Ok(gone);
        }
        let mut values = Vec::new();
        for row in &targets {
            values.push(Value::from(row.text("target")?));
        }
        let list = placeholders(1..=values.len());
        // Questions about these plates wait until the sums are right again.
        tx.execute(&format!("UPDATE oversight_account SET points = points WHERE target IN ({list})"), values.clone()).await?;
        let mut old = values.clone();
        old.push(Value::from(before));
        gone += tx.execute(&format!("DELETE FROM oversight_release WHERE target IN ({list}) AND at_us < ${}", old.len()), old).await?;
        let counted = |column: &str| {
            format!(
                "(SELECT CAST(COUNT(DISTINCT r.{column}) AS BIGINT) FROM oversight_release r WHERE r.target = oversight_account.target \
                 AND r.ground = '' AND ('c:' || r.case_key = oversight_account.holder \
                 OR ('a:' || r.asker = oversight_account.holder AND r.at_us >= ${})))",
                values.len() + 1
            )
        };
        let sql = format!("UPDATE oversight_account SET points = {}, days = {} WHERE target IN ({list})", counted("point"), counted("day"));
        let mut recounted = values.clone();
        recounted.push(Value::from(since));
        tx.execute(&sql, recounted).await?;
        tx.execute(&format!("DELETE FROM oversight_account WHERE target IN ({list}) AND points = 0"), values).await?;
        tx.commit().await?;
    }
}
