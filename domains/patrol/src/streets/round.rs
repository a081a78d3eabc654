//! Puts tracks on streets in the background: each fix once, some minutes of all units at a time.
//!
//! A round is a range of the time at which positions had sorted tracks. Its counts and the mark that says how far it came are one
//! transaction, so that a crash, a second server or a round that is tried again never counts a fix twice. A new map begins
//! anew with what positions still have of the days that are kept, and counts the same.
//!
//! A round that fails is tried again; one that fails [`FAILURES_MAX`] times is left out, with an error in the log, so that a damaged
//! track does not end all counting.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{RoadSheet, RoadSheetsPort, SORTED_SETTLE_US, SortedTracks, SortedTracksPort};
use shouhu_module::{App, Problem};
use shouhu_store::StoreError;
use tokio::sync::Mutex;

use super::{KEPT_DAYS, broke_off};
use super::areas::Areas;
use super::count::{Counted, DAY_H, TAIPEI_H, day_of_hour, taipei_day};
use super::cover::{Adding, Cover, Hours};
use super::store;
use crate::secret::Secret;

/// Of tracks in one round. A drive is cut where rounds meet; see the rule of half a piece.
pub const ROUND_US: i64 = 5 * Micros::MINUTE;
/// Units whose tracks are in memory at once.
const UNITS_AT_ONCE: i64 = 100;
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Between two rounds when many wait: others want the processor too.
const PAUSE: Duration = Duration::from_millis(50);
/// Hours read at once when they are added up.
const HOURS_AT_ONCE: i64 = 24;
/// An answer is as good for so long, unless a round came after it.
const ANSWER_US: i64 = Micros::MINUTE;
/// While many rounds wait, each comes a moment after the other: an answer is as good for so long whatever came after it.
const ANSWER_LEAST_US: i64 = 10 * Micros::SECOND;
const ANSWERS_MAX: usize = 8;
/// Boxes move seldom.
const AREAS_US: i64 = 10 * Micros::MINUTE;
/// A day is summed so long after its end: its last fixes are sorted by then.
const DAY_OVER_US: i64 = 30 * Micros::MINUTE;
/// What is sorted so long after it was driven is not counted: the way home of a crew that went off duty, recorded without a network
/// and sent the next morning. From the time of sorting and not from now, so that a new map counts the same.
const LATE_MAX_US: i64 = 30 * Micros::MINUTE;
/// A round is tried so often before it is left out: some minutes.
const FAILURES_MAX: u32 = 10;

/// What is kept of answers: one is worked out at a time, however many ask.
#[derive(Default)]
struct Known {
    areas: Option<(i64, Micros, Arc<Areas>)>,
    answers: Vec<(Micros, Micros, Arc<Cover>)>,
}

#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<Known>>);

/// From where on counting failed, and how often.
#[derive(Clone, Default)]
pub struct Stuck(Arc<std::sync::Mutex<(Micros, u32)>>);

impl Stuck {
    fn failed(&self, from: Micros) -> u32 {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = if held.0 == from { (from, held.1.saturating_add(1)) } else { (from, 1) };
        held.1
    }
}

const fn round_of(at: Micros) -> Micros {
    Micros(at.0.div_euclid(ROUND_US) * ROUND_US)
}

/// What tracks sorted between two times add.
async fn counted(
    app: &App,
    sheet: &Arc<dyn RoadSheet>,
    tracks: &Arc<dyn SortedTracks>,
    (from, until): (Micros, Micros),
) -> Result<Counted, Problem> {
    let oldest = from.plus(-LATE_MAX_US);
    let mut all = Counted::default();
    let mut after: Option<UnitId> = None;
    loop {
        let some = tracks.sorted(from, until, after, UNITS_AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(all) };
        after = Some(last.unit);
        let (sheet, secret) = (Arc::clone(sheet), app.room::<Secret>());
        let work = move || {
            for track in &some {
                let driven = sheet.driven(&track.fixes);
                all.add(sheet.as_ref(), &driven, |day| secret.crew_bit(track.unit, day), oldest);
            }
            all
        };
        all = tokio::task::spawn_blocking(work).await.map_err(|error| broke_off(&error))?;
    }
}

/// Goes one round on. False when nothing waits, or when another server was faster.
///
/// # Errors
/// When tracks cannot be read or counts not be written; nothing is counted then.
pub async fn step(app: &App) -> Result<bool, Problem> {
    let Some((sheets, tracks)) = app.try_room::<RoadSheetsPort>().zip(app.try_room::<SortedTracksPort>()) else { return Ok(false) };
    let Some(sheet) = sheets.0.newest() else { return Ok(false) };
    let began = app.env.now();
    let map = sheet.version();
    let known = store::begun(&app.store, map, round_of(began.plus(-KEPT_DAYS * Micros::DAY))).await?;
    let settled = round_of(began.plus(-SORTED_SETTLE_US));
    if known.until >= settled {
        return Ok(false);
    }
    let first = tracks.0.next(known.until).await?.map_or(settled, round_of);
    let from = first.clamp(known.until, settled);
    let until = from.plus(ROUND_US).min(settled);
    let counted = if from < until {
        match counted(app, &sheet, &tracks.0, (from, until)).await {
            Ok(counted) => counted,
            Err(problem) if app.room::<Stuck>().failed(known.until) < FAILURES_MAX => return Err(problem),
            Err(problem) => {
                let (key, detail) = (problem.key, &problem.detail);
                tracing::error!(key, %detail, from_us = from.0, until_us = until.0, "streets driven in this time are left out");
                Counted::default()
            }
        }
    } else {
        Counted::default()
    };
    let is_ours = store::advance(&app.store, map, (known.until, until), &counted).await?;
    Ok(is_ours && until < settled)
}

/// How long tracks wait to be counted; none while there is no map or nothing was counted on it.
///
/// # Errors
/// When the database fails.
pub async fn behind_us(app: &App) -> Result<Option<i64>, StoreError> {
    let Some(sheet) = app.try_room::<RoadSheetsPort>().and_then(|port| port.0.newest()) else { return Ok(None) };
    let progress = store::progress(&app.store, sheet.version()).await?;
    Ok(progress.map(|known| app.env.now().plus(-SORTED_SETTLE_US).since(known.until).max(0)))
}

/// The areas of a map, worked out anew when boxes may have moved.
async fn areas(app: &App, sheet: &Arc<dyn RoadSheet>, known: &mut Known) -> Result<Arc<Areas>, Problem> {
    let now = app.env.now();
    let held = known.areas.as_ref().filter(|(map, made, _)| *map == sheet.version() && now.since(*made) < AREAS_US);
    if let Some((_, _, areas)) = held {
        return Ok(Arc::clone(areas));
    }
    let boxes = crate::store::boxes(&app.store, None).await?;
    let asked = Arc::clone(sheet);
    let areas = tokio::task::spawn_blocking(move || Arc::new(Areas::new(asked.as_ref(), &boxes))).await;
    let areas = areas.map_err(|error| broke_off(&error))?;
    known.areas = Some((sheet.version(), now, Arc::clone(&areas)));
    Ok(areas)
}

async fn added(app: &App, sheet: Arc<dyn RoadSheet>, areas: Arc<Areas>, hours: Hours) -> Result<Arc<Cover>, Problem> {
    let mut adding = Adding::new(hours, sheet.pieces());
    let mut from = hours.oldest();
    while from < hours.until {
        let until = (from + HOURS_AT_ONCE).min(hours.until);
        let some = store::hours(&app.store, sheet.version(), from, until).await?;
        let work = move || {
            for (hour, bytes) in &some {
                if let Err(error) = adding.add(*hour, bytes) {
                    tracing::error!(hour, %error, "an hour of streets is damaged and left out");
                }
            }
            adding
        };
        adding = tokio::task::spawn_blocking(work).await.map_err(|error| broke_off(&error))?;
        from = until;
    }
    tokio::task::spawn_blocking(move || Arc::new(adding.done(sheet, areas))).await.map_err(|error| broke_off(&error))
}

/// What is covered in some hours; none while there is no map.
///
/// # Errors
/// When the database fails.
pub async fn cover(app: &App, hours: Hours) -> Result<Option<Arc<Cover>>, Problem> {
    let Some(sheet) = app.try_room::<RoadSheetsPort>().and_then(|port| port.0.newest()) else { return Ok(None) };
    let answers = app.room::<Answers>();
    let mut known = answers.0.lock().await;
    let now = app.env.now();
    let counted = store::progress(&app.store, sheet.version()).await?.map_or(Micros(0), |progress| progress.until);
    known.answers.retain(|(made, until, cover)| {
        let age_us = now.since(*made);
        let is_new = age_us < ANSWER_LEAST_US || (age_us < ANSWER_US && *until == counted);
        is_new && cover.sheet.version() == sheet.version()
    });
    if let Some((_, _, cover)) = known.answers.iter().find(|(_, _, cover)| cover.hours == hours) {
        return Ok(Some(Arc::clone(cover)));
    }
    let areas = areas(app, &sheet, &mut known).await?;
    let cover = added(app, sheet, areas, hours).await?;
    if known.answers.len() == ANSWERS_MAX {
        known.answers.remove(0);
    }
    known.answers.push((now, counted, Arc::clone(&cover)));
    Ok(Some(cover))
}

/// Writes down each day that is over and counted, once.
///
/// # Errors
/// When the database fails.
pub async fn sum_days(app: &App) -> Result<(), Problem> {
    let Some(sheet) = app.try_room::<RoadSheetsPort>().and_then(|port| port.0.newest()) else { return Ok(()) };
    let Some(progress) = store::progress(&app.store, sheet.version()).await? else { return Ok(()) };
    let newest = taipei_day(progress.until.plus(-DAY_OVER_US)) - 1;
    // Of the oldest day that is kept, the beginning may be forgotten already.
    let oldest = taipei_day(app.env.now()) - KEPT_DAYS + 1;
    // Before the first hour nobody counted; that day itself is told as far as it goes.
    let first = store::first_hour(&app.store, sheet.version()).await?.map_or(newest, day_of_hour);
    let summed = store::summed(&app.store, oldest).await?;
    for day in oldest.max(first).min(newest)..=newest {
        if summed.contains(&day) {
            continue;
        }
        let from = day * DAY_H - TAIPEI_H;
        let answers = app.room::<Answers>();
        let mut known = answers.0.lock().await;
        let parts = areas(app, &sheet, &mut known).await?;
        // Not one of the answers that are kept: it may be some rounds old, and this one stays for a year.
        let cover = added(app, Arc::clone(&sheet), parts, Hours { from, until: from + DAY_H }).await?;
        drop(known);
        let work = move || cover.by_area().into_iter().map(|(area, metres)| (area.clone(), metres.length_m, metres.covered_m)).collect();
        let sums: Vec<_> = tokio::task::spawn_blocking(work).await.map_err(|error| broke_off(&error))?;
        store::sum(&app.store, day, &sums).await?;
    }
    Ok(())
}

pub async fn for_ever(app: App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let went = loop {
            match step(&app).await {
                Ok(true) => tokio::time::sleep(PAUSE).await,
                Ok(false) => break Ok(()),
                Err(problem) => break Err(problem),
            }
        };
        let went = match went {
            Ok(()) => sum_days(&app).await,
            failed => failed,
        };
        if let Err(problem) = went {
            tracing::warn!(key = problem.key, "streets not counted; they are tried again");
        }
    }
}
