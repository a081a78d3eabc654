//! From a frame to a kept sighting: read, follow, match against the local watchlist, alert, keep.
//!
//! The alert comes before everything that can fail or takes its time: it needs neither network nor disk, and all alerts of a frame go out before
//! any of its plates is cut out, kept or described ([`Describer`]).

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_vision::{Frame, MODEL_VERSION, Passage, PlateRead, Quad, Recogniser, TrackUpdate, Tracker, encode_jpeg};
use shouhu_wire::{
    ALTERNATIVES_MAX, Alternative, CROP_BYTES_MAX, FRAME_BYTES_MAX, FramePolicy, ReportedSighting, TravelDirection,
};
use tracing::{error, warn};

use crate::alert::Alerts;
use crate::clock::DeviceClock;
use crate::contact::Policy;
use crate::describe::{Describer, Picture};
use crate::keeper::Keeper;
use crate::queue::{KeepError, NewSighting, Origin};
use crate::rejected::RejectedList;
use crate::stop::Stop;
use crate::watch::{WatchHit, Watchlist};

/// Margin of the crop around the plate, in plate sizes: enough to see grille, lamps and colour.
const CROP_MARGIN: f32 = 0.75;
/// Tried in order until the picture is small enough.
const JPEG_QUALITIES: [u8; 4] = [85, 70, 50, 30];
/// How often a file waits for room in the queue before it is said again.
const ROOM_PAUSE: Duration = Duration::from_millis(500);

/// What reads the plates of a frame. Tests script it.
pub trait Reader: Send + Sync {
    /// # Errors
    /// When the networks fail on this frame.
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String>;

    /// What the frame shows of the vehicle that carries the plate. What cannot be told is absent: no sighting is lost for it.
    fn describe(&self, _frame: &Frame, _plate: &Quad) -> SeenVehicle {
        SeenVehicle::default()
    }

    /// Stored with every sighting.
    fn model(&self) -> &str {
        MODEL_VERSION
    }
}

impl Reader for Recogniser {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        self.recognise(frame).map_err(|e| e.to_string())
    }

    fn describe(&self, frame: &Frame, plate: &Quad) -> SeenVehicle {
        // The inherent method, not this one.
        Self::describe(self, frame, plate).unwrap_or_else(|error| {
            warn!(%error, "what a picture shows cannot be told; its plate is kept without it");
            SeenVehicle::default()
        })
    }
}

/// Since the agent started.
#[derive(Default)]
pub struct Counters {
    pub frames_read: AtomicU64,
    /// Frames of live sources that came while the one before was still being read.
    pub frames_dropped: AtomicU64,
    /// Of the last live frame: from its arrival until it was read.
    pub delay_ms: AtomicU64,
    pub sightings: AtomicU64,
    pub local_alerts: AtomicU64,
    /// Those that whoever reads standard output left too many of, or had not taken when the agent ended.
    pub alerts_not_printed: AtomicU64,
    /// Pictures that were looked at for what they show of the vehicle.
    pub described: AtomicU64,
    /// Those that were not: they came faster than this device looks at them, or found no room on disk.
    pub not_described: AtomicU64,
    /// Decoders that gave no picture for too long and were ended.
    pub decoders_ended: AtomicU64,
}

/// What all sources of one agent share.
pub struct Shared {
    pub reader: Arc<dyn Reader>,
    pub watchlist: Arc<Watchlist>,
    pub keeper: Arc<Keeper>,
    pub describer: Arc<Describer>,
    pub alerts: Arc<Alerts>,
    pub policy: Arc<Policy>,
    pub clock: DeviceClock,
    pub counters: Arc<Counters>,
    pub rejected: Arc<RejectedList>,
    /// Origins that the queue already knew when the agent started.
    pub known: Mutex<HashSet<Origin>>,
    /// Longitude and latitude of a device without a fixed camera.
    pub position: Option<(f64, f64)>,
    pub stop: Arc<Stop>,
}

/// A passage ready to alert and to be kept.
pub struct Draft {
    pub passage: Passage,
    pub plate: Option<Plate>,
    pub hits: Vec<WatchHit>,
    /// The frame that shows it best.
    evidence: Option<Arc<Frame>>,
}

/// A draft, and what its source calls it.
pub struct Named {
    pub draft: Draft,
    pub captured_at_us: i64,
    /// Makes sure that it is kept once.
    pub origin: Origin,
}

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// On disk.
    Yes,
    /// It was on disk before this start.
    Already,
    /// No room; counted.
    Refused,
    /// The agent stops, and the source has to bring it again.
    Stopped,
}

/// Whether a source can be asked to bring its frames again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Files: wait for room.
    Waits,
    /// Live: what finds no room is counted.
    Live,
}

impl Shared {
    /// What may raise no hit alone buzzes nobody here; the server, which knows what other cameras saw, hears of it all the same.
    fn alert(&self, named: &Named, source: &str) {
        let Some(plate) = &named.draft.plate else { return };
        let confidence = f64::from(named.draft.passage.confidence);
        for hit in named.draft.hits.iter().filter(|hit| hit.kind.stands_alone(confidence)) {
            self.counters.local_alerts.fetch_add(1, Ordering::Relaxed);
            if !self.alerts.raise(*hit, plate, named.captured_at_us, source) {
                self.counters.alerts_not_printed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The way through for one source.
pub struct Pipeline {
    pub shared: Arc<Shared>,
    tracker: Tracker,
    /// The frame that shows each track best so far.
    evidence: HashMap<u64, Arc<Frame>>,
    patience: Patience,
    has_said_full: bool,
}

/// The first 16 bytes of SHA-256 over the parts.
#[must_use]
pub fn origin(parts: &[&[u8]]) -> Origin {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut origin = [0; 16];
    origin.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    origin
}

impl Pipeline {
    #[must_use]
    pub fn new(shared: Arc<Shared>, tracker: Tracker, patience: Patience) -> Self {
        Self { shared, tracker, evidence: HashMap::new(), patience, has_said_full: false }
    }

    /// Reads one frame and returns the passages that it completed.
    ///
    /// # Errors
    /// When the recogniser fails on it.
    pub fn look(&mut self, frame: Frame, captured_at_us: i64) -> Result<Vec<Draft>, String> {
        let look = || self.shared.reader.read(&frame);
        // One picture that breaks what reads it must not end its source, which nobody would start again.
        let reads = catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| Err("reading it has failed inside".to_owned()))?;
        self.shared.counters.frames_read.fetch_add(1, Ordering::Relaxed);
        let (width, height) = (frame.width, frame.height);
        let update = self.tracker.push(captured_at_us, width, height, reads);
        let frame = Arc::new(frame);
        for track in &update.best_now {
            self.evidence.insert(*track, Arc::clone(&frame));
        }
        Ok(self.drafts(update))
    }

    /// The passages that time alone has completed, without a frame.
    pub fn wait(&mut self, at_us: i64) -> Vec<Draft> {
        let update = self.tracker.tick(at_us);
        self.drafts(update)
    }

    fn drafts(&mut self, update: TrackUpdate) -> Vec<Draft> {
        let drafts = update.passages.into_iter().map(|passage| self.draft(passage)).collect();
        for track in update.closed {
            self.evidence.remove(&track);
        }
        drafts
    }

    /// What is followed and remembered is as old as before, by the new time.
    pub fn clock_was_set(&mut self, by_us: i64) {
        self.tracker.clock_was_set(by_us);
    }

    /// The source has ended: passages that were still waiting for a second read.
    pub fn finish(&mut self) -> Vec<Draft> {
        let drafts = self.tracker.finish().into_iter().map(|passage| self.draft(passage)).collect();
        self.evidence.clear();
        drafts
    }

    fn draft(&self, passage: Passage) -> Draft {
        let plate = Plate::parse(&passage.text).ok();
        let alternatives: Vec<Plate> = passage.alternatives.iter().filter_map(|a| Plate::parse(&a.text).ok()).collect();
        let now_us = self.shared.clock.corrected_us();
        let hits = plate.as_ref().map(|plate| self.shared.watchlist.find(plate, &alternatives, now_us)).unwrap_or_default();
        let evidence = self.evidence.get(&passage.track_id).cloned();
        Draft { passage, plate, hits, evidence }
    }

    /// Alerts for all of them, then keeps them one by one, and tells what became of each; the last may be the one at which the agent stopped.
    /// `source` goes to the server.
    ///
    /// A stop while a file waits for room leaves all that follow unkept whose alerts have gone out; when the source brings them again after the restart
    /// each of those alerts goes out a second time. A second alert is worth less than a late one.
    pub fn commit(&mut self, passages: Vec<Named>, source: &str) -> Vec<(Origin, Kept)> {
        let shared = Arc::clone(&self.shared);
        let is_known: Vec<bool> = {
            let known = shared.known.lock().unwrap_or_else(PoisonError::into_inner);
            passages.iter().map(|named| known.contains(&named.origin)).collect()
        };
        for (named, _) in passages.iter().zip(&is_known).filter(|(_, is_known)| !**is_known) {
            shared.alert(named, source);
        }
        let mut became = Vec::with_capacity(passages.len());
        for (named, is_known) in passages.into_iter().zip(is_known) {
            let origin = named.origin;
            let kept = if is_known { Kept::Already } else { self.keep(named, source) };
            became.push((origin, kept));
            if kept == Kept::Stopped {
                break;
            }
        }
        became
    }

    fn keep(&mut self, named: Named, source: &str) -> Kept {
        let Named { draft, captured_at_us, origin } = named;
        let shared = Arc::clone(&self.shared);
        let frame = draft.evidence.as_deref();
        let wants_frame = match shared.policy.get() {
            FramePolicy::Never => false,
            FramePolicy::Hits => !draft.hits.is_empty(),
            FramePolicy::Always => true,
        };
        let plate = draft.passage.best.quad;
        let new = NewSighting {
            origin,
            model: shared.reader.model().to_owned(),
            sighting: reported(&draft, captured_at_us, source, shared.position),
            crop_jpeg: frame.and_then(|frame| small_jpeg(&frame.crop(&plate, CROP_MARGIN), CROP_BYTES_MAX)).unwrap_or_default(),
            frame_jpeg: frame.filter(|_| wants_frame).and_then(|frame| small_jpeg(frame, FRAME_BYTES_MAX)),
        };
        let is_hit = !draft.hits.is_empty();
        let has_picture = draft.evidence.is_some();
        let kept = match self.patience {
            Patience::Waits => self.keep_patiently(&new, has_picture),
            Patience::Live => shared.keeper.keep_or_count(new, has_picture).map_err(|e| {
                self.say_full(&e);
                Kept::Refused
            }),
        };
        match (kept, draft.evidence) {
            (Ok(sequence), evidence) => {
                self.has_said_full = false;
                shared.counters.sightings.fetch_add(1, Ordering::Relaxed);
                if let Some(frame) = evidence {
                    shared.describer.submit(Picture { sequence, is_hit, frame, plate }, self.patience, &shared.stop);
                }
                Kept::Yes
            }
            (Err(Kept::Refused), Some(_)) => {
                shared.describer.leave_out();
                Kept::Refused
            }
            (Err(why), _) => why,
        }
    }

    fn keep_patiently(&mut self, new: &NewSighting, is_kept_back: bool) -> Result<u64, Kept> {
        loop {
            let kept = if is_kept_back { self.shared.keeper.keep_back(new) } else { self.shared.keeper.keep(new) };
            match kept {
                Ok(sequence) => return Ok(sequence),
                Err(e) => self.say_full(&e),
            }
            if self.shared.stop.wait(ROOM_PAUSE) {
                return Err(Kept::Stopped);
            }
        }
    }

    fn say_full(&mut self, error: &KeepError) {
        if !std::mem::replace(&mut self.has_said_full, true) {
            let what = match self.patience {
                Patience::Waits => "its file waits and is read again",
                Patience::Live => "what matches no entry is left out and counted",
            };
            error!(error = %error, "a sighting cannot be kept: {what}");
        }
    }
}

fn small_jpeg(frame: &Frame, max_bytes: usize) -> Option<Vec<u8>> {
    for quality in JPEG_QUALITIES {
        match encode_jpeg(frame, quality) {
            Ok(jpeg) if jpeg.len() <= max_bytes => return Some(jpeg),
            Ok(_) => {}
            Err(e) => {
                warn!(error = %e, "a picture cannot be encoded; its plate is kept without it");
                return None;
            }
        }
    }
    warn!(width = frame.width, height = frame.height, "a picture is too large to send; its plate is kept without it");
    None
}

fn reported(draft: &Draft, captured_at_us: i64, source: &str, position: Option<(f64, f64)>) -> ReportedSighting {
    let passage = &draft.passage;
    let unit = |p: f32| f64::from(if p.is_finite() { p.clamp(0.0, 1.0) } else { 0.0 });
    // The vote may differ from the best single read; probabilities of other characters would mislead.
    let char_confidence = if passage.best.text == passage.text {
        passage.best.chars.iter().map(|c| unit(c.probability)).collect()
    } else {
        Vec::new()
    };
    ReportedSighting {
        sequence: 0,
        plate: passage.text.clone(),
        confidence: unit(passage.confidence),
        char_confidence,
        alternatives: passage
            .alternatives
            .iter()
            .take(ALTERNATIVES_MAX)
            .map(|a| Alternative { plate: a.text.clone(), probability: unit(a.probability) })
            .collect(),
        captured_at_us,
        lon: position.map(|(lon, _)| lon),
        lat: position.map(|(_, lat)| lat),
        direction: passage.direction.map(|direction| match direction {
            shouhu_vision::TravelDirection::Approaching => TravelDirection::Approaching,
            shouhu_vision::TravelDirection::Receding => TravelDirection::Receding,
            shouhu_vision::TravelDirection::LeftToRight => TravelDirection::LeftToRight,
            shouhu_vision::TravelDirection::RightToLeft => TravelDirection::RightToLeft,
        }),
        speed_kmh: None,
        // What the picture shows joins it in the queue, when that is known.
        seen: SeenVehicle::default(),
        reads: passage.reads,
        crop_jpeg: None,
        frame_jpeg: None,
        local_hits: draft.hits.iter().map(|hit| hit.entry).collect(),
        source: Some(source.to_owned()),
    }
}
