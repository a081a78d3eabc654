//! Takes a file of a feed in: judged, new passages appended to the lake, matched, noted.
//!
//! What may match the watchlist is told in a transaction before the lake is written: after a crash in between, the sender
//! sends again and the hit is raised once more or not at all, because it names the same sighting; it is never lost. Passages
//! that came late are kept and told to nobody: an alarm about yesterday sends officers to an empty road.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use shouhu_events::{Event, SightingFact};
use shouhu_ids::{Micros, SightingId};
use shouhu_lakehouse::lake::{self, Batch, Class, Extra, Key, Moment, PlateCode, Row, View, Window};
use shouhu_lakehouse::{Fate, Lakehouse, LakehouseError, SourceKey};
use shouhu_module::ports::{Direction, Partner, Reading, Sharing, SharingPort, WatchMatcherPort};
use shouhu_module::{App, Problem};

use super::rows::{FeedPassage, Judged};
use super::sites::Site;
use super::store::{self, Feed, FeedPush, Via};
use super::{FeedError, FeedReport, rows};
use crate::check::clean;

/// Rows of one append: the log's group commit is paid once for all of them.
const BATCH_ROWS: usize = 10_000;
/// Facts of one event.
const FACTS_AT_ONCE: usize = 500;
/// Passages of one site that lie no further apart are looked up in one window.
const WINDOW_JOIN_MS: i64 = 10 * 60 * 1_000;
/// What the ledger of sharing calls a file that did not come by the partner's own push, or that its feed's title stops.
const FILE: &str = "feed_file";
const FILE_NAME_CHARS_MAX: usize = 120;
/// Reports hold no plates; after a year nobody asks.
const PUSHES_KEPT_US: i64 = 365 * Micros::DAY;

/// A file on its way.
pub struct Arrival {
    pub bytes: Bytes,
    pub via: Via,
    pub by_name: String,
    pub file_name: String,
    /// Nothing is stored; the report says what would be.
    pub is_dry_run: bool,
}

/// Feeds of which a file is being taken on this server; on the shelf since the room's start.
#[derive(Default)]
pub struct Busy(Mutex<HashSet<String>>);

struct Turn {
    busy: Arc<Busy>,
    feed: String,
}

impl Turn {
    /// Two files of one feed at once would both find the other's passages new.
    fn take(app: &App, feed: &str) -> Result<Self, FeedError> {
        let busy = app.room::<Busy>();
        let is_free = busy.0.lock().unwrap_or_else(PoisonError::into_inner).insert(feed.to_owned());
        if is_free { Ok(Self { busy, feed: feed.to_owned() }) } else { Err(FeedError::Busy(feed.to_owned())) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.feed);
    }
}

/// Whether anything may be taken now.
///
/// # Errors
/// When the feed has ended, expired, or has no sites.
pub fn open(feed: &Feed, now: Micros) -> Result<(), FeedError> {
    let name = || feed.name.clone();
    if feed.ended_at_us.is_some() {
        return Err(FeedError::Ended(name()));
    }
    if feed.expires_at_us.is_some_and(|expires| expires <= now) {
        return Err(FeedError::Expired(name()));
    }
    if feed.sites == 0 {
        return Err(FeedError::NoSites(name()));
    }
    Ok(())
}

/// A partner's file that a person brings, or that lies in a folder, is the partner's all the same: whoever is switched off has not only lost his key. What
/// his machine pushes was judged at the door. None of it is life: it is past when it comes.
async fn pass(app: &App, feed: &Feed, via: Via) -> Result<(), Problem> {
    let Some(port) = app.try_room::<SharingPort>() else { return Ok(()) };
    let from = |partner| Sharing { partner, direction: Direction::In, kind: FILE.to_owned(), is_life: false };
    let named = from(Partner::named(&feed.title));
    let Some(device) = feed.device else { return port.0.pass(named).await };
    // One operator gives a feed its key; to switch on what was stopped while it had none takes two.
    port.0.refuse_if_off(named).await?;
    if via == Via::Push {
        return Ok(());
    }
    // The ledger knows what its machine is called; until that has pushed for the first time the feed's title stands for it.
    let machine = Partner::device(device, &feed.title);
    match port.0.pass(from(Partner { title: String::new(), ..machine.clone() })).await {
        Err(unknown) if unknown.status == 404 => port.0.pass(from(machine)).await,
        judged => judged,
    }
}

/// Takes the file in; all that the report counts as accepted is synced when it returns.
///
/// # Errors
/// When the partner was switched off, the file as a whole cannot be read, the feed is closed, or the lake takes nothing: then some of the file may have
/// been taken, and sending it again completes it.
pub async fn take(app: &App, house: &Lakehouse, feed: &Feed, arrival: Arrival) -> Result<FeedReport, Problem> {
    let now = app.env.now();
    open(feed, now)?;
    let _turn = Turn::take(app, &feed.name)?;
    if !arrival.is_dry_run {
        pass(app, feed, arrival.via).await?;
    }
    let sites = store::sites(&app.store, &feed.name).await?;
    let content_hash = hex::encode(Sha256::digest(&arrival.bytes));
    let mut judged = judge(&arrival.bytes, feed, &sites, now).await?;
    let class = Class::parse(feed.class.as_str()).ok_or(FeedError::Class)?;
    let numbers = if arrival.is_dry_run { known_numbers(house, feed, &sites) } else { numbers(house, feed, &sites, &judged).await? };
    let passages = std::mem::take(&mut judged.passages);
    let mut report = report_of(feed, judged, passages.len(), arrival.is_dry_run);
    let fresh = fresh(house, class, passages, &numbers).await?;
    report.late = count_late(feed, &fresh, now);
    report.accepted = fresh.len() as u64;
    report.duplicates = report.passages - report.accepted;
    if arrival.is_dry_run {
        return Ok(report);
    }
    tell(app, feed, &sites, &numbers, &fresh, now).await?;
    let raced = append(app, house, feed, class, &numbers, &fresh, now).await?;
    report.accepted -= raced;
    report.duplicates += raced;
    let push = FeedPush {
        id: store::new_push_id(&app.store),
        arrived_at_us: now,
        via: arrival.via,
        by_name: clean(&arrival.by_name, FILE_NAME_CHARS_MAX),
        file_name: clean(&arrival.file_name, FILE_NAME_CHARS_MAX),
        content_hash,
        bytes: arrival.bytes.len() as u64,
        report: report.clone(),
    };
    store::note(&app.store, &feed.name, &push).await?;
    store::forget_pushes(&app.store, now.plus(-PUSHES_KEPT_US)).await?;
    tracing::info!(feed = feed.name, rows = report.rows, accepted = report.accepted, refused = report.refused, "a feed's file was taken in");
    Ok(report)
}

/// Megabytes of text must not hold up the threads that answer requests.
async fn judge(bytes: &Bytes, feed: &Feed, sites: &[Site], now: Micros) -> Result<Judged, Problem> {
    let codes: HashMap<String, u32> = sites.iter().zip(0..).map(|(site, index)| (site.code.clone(), index)).collect();
    let (bytes, mapping) = (bytes.clone(), feed.mapping.clone());
    match tokio::task::spawn_blocking(move || rows::judge(&bytes, &mapping, &codes, now)).await {
        Ok(judged) => Ok(judged?),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn report_of(feed: &Feed, judged: Judged, passages: usize, is_dry_run: bool) -> FeedReport {
    let wanted: Vec<String> = feed.mapping.wanted().iter().map(|name| super::fold::folded(name)).collect();
    let unused = judged.outline.columns.iter().filter(|column| !wanted.contains(&super::fold::folded(column))).cloned();
    let refused = judged.refusals.total;
    let columns_unused = unused.collect();
    let (refused_for, refusals) = judged.refusals.finish();
    FeedReport {
        rows: judged.rows,
        passages: passages as u64,
        accepted: 0,
        late: judged.late,
        duplicates: 0,
        refused,
        refused_for,
        refusals,
        cells_ignored: judged.cells_ignored,
        format: judged.outline.format,
        charset: judged.outline.charset.map(ToOwned::to_owned),
        columns_unused,
        cut: judged.outline.cut,
        is_dry_run,
    }
}

fn count_late(feed: &Feed, fresh: &[FeedPassage], now: Micros) -> u64 {
    fresh.iter().filter(|passage| is_late(feed, passage, now)).count() as u64
}

fn is_late(feed: &Feed, passage: &FeedPassage, now: Micros) -> bool {
    now.since(passage.at) > feed.mapping.late_us()
}

#[allow(clippy::cast_possible_truncation, reason = "a position on the globe has at most 180 million millionths")]
fn e6(degrees: f64) -> i32 {
    (degrees * 1e6).round() as i32
}

fn source_key(feed: &Feed, site: &Site) -> SourceKey {
    let place_e6 = Some((e6(site.position.lon), e6(site.position.lat)));
    SourceKey { device: feed.id, camera: None, site: Some(site.code.clone()), place_e6 }
}

/// Number of each site's source, by the site's index; only those that the file needs.
type Numbers = HashMap<u32, u32>;

async fn numbers(house: &Lakehouse, feed: &Feed, sites: &[Site], judged: &Judged) -> Result<Numbers, Problem> {
    let used: HashSet<u32> = judged.passages.iter().map(|passage| passage.site).collect();
    let mut numbers = Numbers::with_capacity(used.len());
    for (site, index) in sites.iter().zip(0..).filter(|(_, index)| used.contains(index)) {
        let number = house.source_number(&source_key(feed, site), &site.name).await.map_err(unavailable)?;
        numbers.insert(index, number);
    }
    Ok(numbers)
}

fn known_numbers(house: &Lakehouse, feed: &Feed, sites: &[Site]) -> Numbers {
    sites.iter().zip(0..).filter_map(|(site, index)| Some((index, house.known_source_number(&source_key(feed, site))?))).collect()
}

fn key_of(passage: &FeedPassage, numbers: &Numbers) -> Option<Key> {
    let plate = PlateCode::parse(passage.plate.as_str()).ok()?;
    Some(Key { source: *numbers.get(&passage.site)?, at_ms: passage.at.0.div_euclid(1_000), plate })
}

/// The passages that neither the lake nor an earlier row of the file has.
async fn fresh(house: &Lakehouse, class: Class, passages: Vec<FeedPassage>, numbers: &Numbers) -> Result<Vec<FeedPassage>, Problem> {
    let keys: HashSet<Key> = passages.iter().filter_map(|passage| key_of(passage, numbers)).collect();
    // Held and kept passages have moved to the class of the kept.
    let known = house.ask(&[class, Class::KEPT], move |view| known_among(view, &keys)).await.map_err(unavailable)?;
    let mut seen = HashSet::with_capacity(passages.len());
    let is_new = |passage: &FeedPassage| {
        let is_known = key_of(passage, numbers).is_some_and(|key| known.contains(&key));
        !is_known && seen.insert((passage.site, passage.at.0.div_euclid(1_000), passage.plate.clone()))
    };
    Ok(passages.into_iter().filter(is_new).collect())
}

/// Which of the keys the lake has. A page that cannot be read has none: its passages are then there twice under one
/// identity, of which every answer gives one.
fn known_among(view: &View, keys: &HashSet<Key>) -> HashSet<Key> {
    let mut sorted: Vec<&Key> = keys.iter().collect();
    sorted.sort_unstable();
    let mut moments: Vec<Moment> = Vec::new();
    for key in sorted {
        match moments.last_mut() {
            Some(last) if last.source == key.source && key.at_ms - last.window.until_ms < WINDOW_JOIN_MS => last.window.until_ms = key.at_ms + 1,
            _ => moments.push(Moment { source: key.source, window: Window { from_ms: key.at_ms, until_ms: key.at_ms + 1 } }),
        }
    }
    let mut known = HashSet::new();
    for part in &view.parts {
        let span = part.span();
        if !moments.iter().any(|moment| moment.window.meets(&span)) {
            continue;
        }
        let mut found = |_: usize, seen: lake::Seen| {
            let key = seen.key();
            if keys.contains(&key) {
                known.insert(key);
            }
        };
        if let Err(error) = part.at_moments(&moments, lake::part::Want::Bare, &mut found) {
            tracing::warn!(%error, "passages of a damaged file are not compared with a feed's");
        }
    }
    known
}

/// Tells other rooms what may match the watchlist.
async fn tell(app: &App, feed: &Feed, sites: &[Site], numbers: &Numbers, fresh: &[FeedPassage], now: Micros) -> Result<(), Problem> {
    let timely: Vec<&FeedPassage> = fresh.iter().filter(|passage| !is_late(feed, passage, now)).collect();
    let mut chosen: Vec<usize> = (0..timely.len()).collect();
    if let Some(matcher) = app.try_room::<WatchMatcherPort>() {
        matcher.0.refresh().await?;
        let readings = timely.iter().map(|passage| Reading { plate: &passage.plate, alternatives: &[], is_claimed: false });
        chosen = matcher.0.may_match(&mut { readings });
    }
    let facts: Vec<SightingFact> =
        chosen.into_iter().filter_map(|index| timely.get(index)).filter_map(|passage| fact(feed, sites, numbers, passage)).collect();
    for part in facts.chunks(FACTS_AT_ONCE) {
        let mut tx = app.store.begin().await?;
        tx.emit(&Event::SightingsRecorded { sightings: part.to_vec() }).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn fact(feed: &Feed, sites: &[Site], numbers: &Numbers, passage: &FeedPassage) -> Option<SightingFact> {
    let key = key_of(passage, numbers)?;
    let site = sites.get(passage.site as usize)?;
    Some(SightingFact {
        id: SightingId::of(key.source, key.at_ms, key.plate.0),
        device: feed.id,
        camera: None,
        place_name: site.name.clone(),
        plate: passage.plate.clone(),
        confidence: f64::from(passage.confidence_pm) / 1_000.0,
        alternatives: Vec::new(),
        captured_at_us: passage.at,
        clock_corrected_us: 0,
        position: Some(site.position),
        seen: shouhu_plate::SeenVehicle::default(),
        has_crop: false,
        has_frame: false,
        local_hits: Vec::new(),
    })
}

/// Appends in batches; gives how many the lake had after all.
async fn append(app: &App, house: &Lakehouse, feed: &Feed, class: Class, numbers: &Numbers, fresh: &[FeedPassage], now: Micros) -> Result<u64, Problem> {
    if fresh.is_empty() {
        return Ok(0);
    }
    let device = house.device_number(feed.id).await.map_err(unavailable)?;
    let mut sequence = store::reserve(&app.store, &feed.name, fresh.len() as u64).await?;
    let mut raced = 0;
    for part in fresh.chunks(BATCH_ROWS) {
        let mut batch = Batch { device, class, rows: Vec::with_capacity(part.len()), extras: Vec::new() };
        for passage in part {
            let Some(key) = key_of(passage, numbers) else { continue };
            batch.rows.push(row_of(passage, key, sequence, now, &mut batch.extras));
            sequence += 1;
        }
        let appended = house.append(batch).await.map_err(unavailable)?;
        raced += appended.count(Fate::Duplicate) as u64;
    }
    Ok(raced)
}

fn row_of(passage: &FeedPassage, key: Key, sequence: u64, now: Micros, extras: &mut Vec<Extra>) -> Row {
    let lag_ms = i32::try_from(now.since(passage.at) / 1_000).ok();
    extras.push(Extra { lag_ms, speed_dkmh: passage.speed_dkmh, reads: None, detail: None });
    Row {
        plate: key.plate,
        at_ms: key.at_ms,
        sequence,
        source: key.source,
        lon_e6: lake::row::AT_SOURCE,
        lat_e6: lake::row::AT_SOURCE,
        extra: u32::try_from(extras.len()).unwrap_or(0),
        confidence_pm: passage.confidence_pm,
        direction: crate::heading::code_of(passage.heading),
        pictures: 0,
    }
}

fn unavailable(error: LakehouseError) -> Problem {
    crate::unavailable::lake_problem(&error)
}
