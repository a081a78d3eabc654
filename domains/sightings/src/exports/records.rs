//! The passages of an export, in order of time, and what is written of each.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use shouhu_ids::SightingId;
use shouhu_lakehouse::lake::questions::{Area, Limits, Partial, export, history};
use shouhu_lakehouse::lake::row::AT_SOURCE;
use shouhu_lakehouse::lake::{Class, FullRecord, Key, PlateCode, Seen, View, Window};
use shouhu_lakehouse::{Lakehouse, SourceRecord};
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_wire::{Heading, PartialNote};

use super::{ExportError, ROWS_MAX};

/// Passages of a plate that are asked for at once.
const PAGE_ROWS: usize = 5_000;

/// What the lake is asked.
#[derive(Debug, Clone)]
pub enum Wanted {
    Plate(PlateCode),
    Sources(Vec<u32>),
    Area(Area),
}

/// Shared by the thread that reads and the task that watches.
#[derive(Debug, Default)]
pub struct Progress {
    pub percent: AtomicU8,
    pub is_stopped: AtomicBool,
}

impl Progress {
    fn set(&self, percent: u8) {
        self.percent.store(percent, Ordering::Relaxed);
    }
}

/// The records, by time, and why there may be more.
///
/// # Errors
/// When the question cannot be asked like this.
pub fn gather(view: &View, wanted: &Wanted, window: Window, progress: &Progress) -> Result<(Vec<FullRecord>, Vec<Partial>), ExportError> {
    let is_stopped = || progress.is_stopped.load(Ordering::Relaxed);
    let (mut records, partial) = match wanted {
        Wanted::Plate(plate) => of_plate(view, *plate, window, progress, &is_stopped)?,
        Wanted::Sources(sources) => {
            let mut sorted = sources.clone();
            sorted.sort_unstable();
            sorted.dedup();
            of_scan(view, &export::Wanted { sources: Some(sorted), ..export::Wanted::all_of(window) }, progress, &is_stopped)?
        }
        Wanted::Area(area) => of_scan(view, &export::Wanted { area: Some(area.clone()), ..export::Wanted::all_of(window) }, progress, &is_stopped)?,
    };
    records.sort_unstable_by_key(|record| (record.row.at_ms, record.row.source, record.row.plate));
    Ok((records, partial))
}

fn of_scan(view: &View, wanted: &export::Wanted, progress: &Progress, is_stopped: &dyn Fn() -> bool) -> Result<(Vec<FullRecord>, Vec<Partial>), ExportError> {
    let mut records = Vec::new();
    let limits = Limits { rows_max: ROWS_MAX, is_stopped };
    let answer = export::ask(view, wanted, limits, &mut |chunk| {
        records.extend_from_slice(chunk.records);
        progress.set(percent(chunk.done));
        std::ops::ControlFlow::Continue(())
    })
    .map_err(ExportError::Ask)?;
    Ok((records, answer.partial))
}

/// Writing is the last tenth.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn percent(done: f64) -> u8 {
    (done * 90.0).clamp(0.0, 90.0) as u8
}

fn of_plate(view: &View, plate: PlateCode, window: Window, progress: &Progress, is_stopped: &dyn Fn() -> bool) -> Result<(Vec<FullRecord>, Vec<Partial>), ExportError> {
    let mut records: Vec<FullRecord> = Vec::new();
    let mut before: Option<Key> = None;
    loop {
        let limits = Limits { rows_max: PAGE_ROWS.min(ROWS_MAX - records.len()), is_stopped };
        let answer = history::ask(view, plate, window, before, limits).map_err(ExportError::Ask)?;
        for seen in &answer.rows {
            if is_stopped() {
                return Ok((records, vec![Partial::Stopped]));
            }
            records.push(full(view, seen));
        }
        before = answer.rows.last().map(Seen::key);
        progress.set(50);
        let mut partial = answer.partial;
        let has_more = partial.iter().any(|one| matches!(one, Partial::Limit { .. }));
        if !has_more || records.len() >= ROWS_MAX || before.is_none() {
            if records.len() < ROWS_MAX {
                partial.retain(|one| !matches!(one, Partial::Limit { .. }));
            }
            return Ok((records, partial));
        }
        if partial.iter().any(|one| matches!(one, Partial::Stopped)) {
            return Ok((records, partial));
        }
    }
}

/// With what only the full record has, where it can be read.
fn full(view: &View, seen: &Seen) -> FullRecord {
    let key = seen.key();
    let parts = view.parts.iter().filter(|part| part.span().holds(key.at_ms));
    let found = parts.filter_map(|part| part.record(key).ok().flatten()).next();
    found.unwrap_or_else(|| FullRecord {
        row: shouhu_lakehouse::lake::Row {
            plate: seen.plate,
            at_ms: seen.at_ms,
            sequence: 0,
            source: seen.source,
            lon_e6: seen.lon_e6,
            lat_e6: seen.lat_e6,
            extra: 0,
            confidence_pm: seen.confidence_pm,
            direction: seen.direction,
            pictures: 0,
        },
        extra: shouhu_lakehouse::lake::Extra::default(),
        class: Class::PASSAGE,
    })
}

/// What is written of one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub id: SightingId,
    pub plate: String,
    pub plate_display: String,
    pub at_ms: i64,
    pub place_name: String,
    pub camera: String,
    pub lon_lat: Option<(f64, f64)>,
    pub class: &'static str,
    pub heading: Option<Heading>,
    pub confidence: f64,
    pub speed_kmh: Option<f64>,
    pub seen: SeenVehicle,
    pub pictures: u8,
}

impl Line {
    #[must_use]
    pub fn of(record: &FullRecord, house: &Lakehouse) -> Self {
        Self::with(record, house.source(record.row.source).as_deref())
    }

    #[must_use]
    pub fn with(record: &FullRecord, source: Option<&SourceRecord>) -> Self {
        let row = &record.row;
        let plate = row.plate.to_string();
        let degrees = |(lon_e6, lat_e6): (i32, i32)| (f64::from(lon_e6) / 1e6, f64::from(lat_e6) / 1e6);
        let own = (row.lon_e6 != AT_SOURCE).then_some((row.lon_e6, row.lat_e6));
        Self {
            id: SightingId::of(row.source, row.at_ms, row.plate.0),
            plate_display: Plate::parse(&plate).map_or_else(|_| plate.clone(), |plate| plate.display()),
            plate,
            at_ms: row.at_ms,
            place_name: source.map(|source| source.name.clone()).unwrap_or_default(),
            camera: source.and_then(|source| source.key.camera).map(|camera| camera.to_string()).unwrap_or_default(),
            lon_lat: own.or_else(|| source?.key.place_e6).map(degrees),
            class: record.class.as_str(),
            heading: crate::heading::of_code(row.direction),
            confidence: f64::from(row.confidence_pm) / 1_000.0,
            speed_kmh: record.extra.speed_dkmh.map(|dkmh| f64::from(dkmh) / 10.0),
            seen: crate::passing::seen_of(record),
            pictures: row.pictures,
        }
    }
}

/// A moment in Taipei, `2026-05-01T08:00:00.250+08:00`.
#[must_use]
pub fn taipei(at_ms: i64) -> String {
    let local = at_ms.saturating_add(shouhu_calendar::TAIPEI_US / 1_000);
    let (day, ms) = (local.div_euclid(86_400_000), local.rem_euclid(86_400_000));
    let date = shouhu_lakehouse::lake::catalogue::date_of(day);
    format!("{date}T{:02}:{:02}:{:02}.{:03}+08:00", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

/// Why a file may not be whole, for people.
#[must_use]
pub fn notes(partial: &[Partial]) -> Vec<PartialNote> {
    let note = |one: &Partial| {
        let (key, detail) = match one {
            Partial::Limit { limit } => ("sightings.partial.limit", format!("more than {limit} passages: export a shorter window")),
            Partial::Stopped => ("sightings.partial.stopped", format!("it took longer than {} s", super::TIME_MAX_US / 1_000_000)),
            Partial::Damaged(error) => ("sightings.partial.damaged", error.to_string()),
            Partial::Behind { node, from_ms } => {
                ("sightings.partial.behind", format!("node {node} has passages from {} on that it has not published", taipei(*from_ms)))
            }
            Partial::Unmerged { rows } => ("sightings.partial.unmerged", format!("{rows} rows are not merged yet")),
        };
        PartialNote { key: key.to_owned(), detail }
    };
    partial.iter().map(note).collect()
}
