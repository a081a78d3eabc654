//! Joins the reads of successive frames into tracks, lets the frames vote, and announces each passage once.
//!
//! A track is one vehicle on its way through the picture. A read joins the track whose last place it overlaps or nearly
//! touches, or whose text it nearly repeats. The best frames vote character by character; the frame kept as evidence is
//! always one that was read, so that the picture a person compares shows what the vote was about.
//!
//! **Invariant:** times come from the caller and only move forward, but for [`Tracker::clock_was_set`]; nothing here asks a clock.

use std::collections::VecDeque;

use crate::vote::{Ballot, believable, unhidden, vote};
use crate::{Alternative, PlateRead, grammar};

/// At most so many tracks at once; beyond it the one unseen for longest is closed. A picture never holds as many plates.
const TRACKS_MAX: usize = 64;
/// At most so many announced plates are remembered for de-duplication.
const REMEMBERED_MAX: usize = 4096;
/// Frames that vote: the surest and sharpest.
const BALLOTS_MAX: usize = 12;
const ALTERNATIVES_MAX: usize = 5;
/// A plate that grew or shrank by this share came nearer or went away.
const GROWTH: f32 = 1.15;
/// A plate that moved by this share of the picture's width went across.
const SIDEWAYS: f32 = 0.12;

/// When a track is believed and when it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerConfig {
    /// A track that was not seen for so long is closed.
    pub lost_after_us: i64,
    /// The same plate is not announced again within this time of its last announcement.
    pub dedup_us: i64,
    /// Two reads that agree within one character publish a track, or one read at least this sure.
    pub certain: f32,
    /// One certain read waits so long for a second: a plate that the vehicle before it half hides shows all of itself soon.
    pub settle_us: i64,
    /// A track that ends with a single read is published if that read is at least this sure; the rest are dropped.
    pub worth_keeping: f32,
    /// Every push is a passage of its own: for folders of unrelated stills.
    pub is_single_shot: bool,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self { lost_after_us: 1_500_000, dedup_us: 60_000_000, certain: 0.98, settle_us: 300_000, worth_keeping: 0.7, is_single_shot: false }
    }
}

/// How a vehicle moved through the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TravelDirection {
    /// The plate grew.
    Approaching,
    /// The plate shrank.
    Receding,
    LeftToRight,
    RightToLeft,
}

/// One vehicle that passed once.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    pub track_id: u64,
    pub first_seen_us: i64,
    pub last_seen_us: i64,
    /// Capture time of the frame that `best` was read from: keep that frame as evidence.
    pub best_captured_at_us: i64,
    /// The vote of the best frames; it may differ from `best.text`.
    pub text: String,
    pub display: String,
    pub confidence: f32,
    /// At most five, most probable first; the first is `text`.
    pub alternatives: Vec<Alternative>,
    /// Reads that joined the track so far.
    pub reads: u32,
    pub best: PlateRead,
    pub direction: Option<TravelDirection>,
}

/// What one push changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackUpdate {
    /// Passages that became certain, or ended, with this frame.
    pub passages: Vec<Passage>,
    /// Tracks whose best read so far is in the frame just pushed: keep this frame for them and let go of their older
    /// one. A passage in the same update refers to the frame kept for its `track_id`, which may be this one.
    pub best_now: Vec<u64>,
    /// Tracks that are over. Frames kept for them can go once the passages of this update are stored.
    pub closed: Vec<u64>,
}

struct Track {
    id: u64,
    first_seen_us: i64,
    last_seen_us: i64,
    first: PlateRead,
    last: PlateRead,
    /// Offset of the plate's centre between the last two reads, per microsecond.
    speed_px_per_us: (f32, f32),
    best: PlateRead,
    best_captured_at_us: i64,
    ballots: Vec<Ballot>,
    reads: u32,
    /// What was announced of it, if anything was.
    announced: Option<String>,
}

/// Follows the plates of one camera.
pub struct Tracker {
    config: TrackerConfig,
    tracks: Vec<Track>,
    announced: VecDeque<(i64, String)>,
    next_id: u64,
    now_us: i64,
    frame_width: u32,
}

impl Tracker {
    #[must_use]
    pub fn new(config: TrackerConfig) -> Self {
        Self { config, tracks: Vec::new(), announced: VecDeque::new(), next_id: 1, now_us: i64::MIN, frame_width: 0 }
    }

    /// For folders of unrelated stills: every read of every picture is its own passage and nothing is de-duplicated.
    #[must_use]
    pub fn single_shot() -> Self {
        Self::new(TrackerConfig { is_single_shot: true, ..TrackerConfig::default() })
    }

    /// Takes the reads of one frame. Frames come in capture order; one that goes back in time is taken as of the latest.
    pub fn push(&mut self, captured_at_us: i64, frame_width: u32, frame_height: u32, reads: Vec<PlateRead>) -> TrackUpdate {
        self.now_us = self.now_us.max(captured_at_us);
        self.frame_width = frame_width;
        let diagonal_px = (frame_width as f32).hypot(frame_height as f32);
        let mut update = TrackUpdate::default();
        if self.config.is_single_shot {
            for read in reads {
                let track = self.opened(read);
                update.best_now.push(track.id);
                update.closed.push(track.id);
                update.passages.push(track.passage(self.frame_width));
            }
            return update;
        }
        self.close_lost(&mut update);
        for (read, track) in self.matched(reads, diagonal_px) {
            match track.and_then(|id| self.tracks.iter_mut().find(|track| track.id == id)) {
                Some(track) => {
                    if track.join(read, self.now_us) {
                        update.best_now.push(track.id);
                    }
                }
                None => {
                    let track = self.opened(read);
                    update.best_now.push(track.id);
                    self.tracks.push(track);
                }
            }
        }
        self.publish_certain(&mut update);
        self.close_surplus(&mut update);
        update
    }

    /// Time has passed without a frame: a camera that falls silent or hangs up keeps back neither what is certain nor what is over.
    pub fn tick(&mut self, at_us: i64) -> TrackUpdate {
        self.now_us = self.now_us.max(at_us);
        let mut update = TrackUpdate::default();
        self.close_lost(&mut update);
        self.publish_certain(&mut update);
        update
    }

    /// The caller's clock was set by so much: what is followed and remembered stays as old as it was. Without it a clock that goes
    /// back an hour would keep every plate of the last minute unannounced for that hour.
    pub fn clock_was_set(&mut self, by_us: i64) {
        self.now_us = self.now_us.saturating_add(by_us);
        for track in &mut self.tracks {
            for time_us in [&mut track.first_seen_us, &mut track.last_seen_us, &mut track.best_captured_at_us] {
                *time_us = time_us.saturating_add(by_us);
            }
        }
        for (at_us, _) in &mut self.announced {
            *at_us = at_us.saturating_add(by_us);
        }
    }

    /// Ends every track and publishes those that still wait for a second read and are sure enough to keep.
    pub fn finish(&mut self) -> Vec<Passage> {
        let mut passages = Vec::new();
        for track in std::mem::take(&mut self.tracks) {
            passages.extend(self.last_word(&track));
        }
        passages
    }

    fn opened(&mut self, read: PlateRead) -> Track {
        let id = self.next_id;
        self.next_id += 1;
        Track {
            id,
            first_seen_us: self.now_us,
            last_seen_us: self.now_us,
            ballots: vec![Ballot::of(&read)],
            first: read.clone(),
            last: read.clone(),
            speed_px_per_us: (0.0, 0.0),
            best: read,
            best_captured_at_us: self.now_us,
            reads: 1,
            announced: None,
        }
    }

    /// Pairs reads with tracks, best pair first; a track takes one read per frame.
    fn matched(&self, reads: Vec<PlateRead>, diagonal_px: f32) -> Vec<(PlateRead, Option<u64>)> {
        let mut pairs: Vec<(f32, usize, u64)> = Vec::new();
        for (index, read) in reads.iter().enumerate() {
            for track in &self.tracks {
                if let Some(likeness) = track.likeness(read, self.now_us, diagonal_px) {
                    pairs.push((likeness, index, track.id));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut choice: Vec<Option<u64>> = vec![None; reads.len()];
        for (_, index, id) in pairs {
            if !choice.contains(&Some(id))
                && let Some(slot) = choice.get_mut(index)
                && slot.is_none()
            {
                *slot = Some(id);
            }
        }
        reads.into_iter().zip(choice).collect()
    }

    fn close_lost(&mut self, update: &mut TrackUpdate) {
        let oldest_us = self.now_us.saturating_sub(self.config.lost_after_us);
        let (kept, lost): (Vec<Track>, Vec<Track>) =
            std::mem::take(&mut self.tracks).into_iter().partition(|track| track.last_seen_us >= oldest_us);
        self.tracks = kept;
        for track in lost {
            self.close(&track, update);
        }
    }

    fn close_surplus(&mut self, update: &mut TrackUpdate) {
        self.tracks.sort_by_key(|track| std::cmp::Reverse(track.last_seen_us));
        while self.tracks.len() > TRACKS_MAX {
            if let Some(track) = self.tracks.pop() {
                self.close(&track, update);
            }
        }
    }

    fn close(&mut self, track: &Track, update: &mut TrackUpdate) {
        update.passages.extend(self.last_word(track));
        update.closed.push(track.id);
    }

    fn last_word(&mut self, track: &Track) -> Option<Passage> {
        let passage = track.passage(self.frame_width);
        let is_worth_it = track.agreeing_reads() >= 2 || passage.confidence >= self.config.worth_keeping;
        (track.announced.is_none() && is_worth_it && self.announce(&passage.text)).then_some(passage)
    }

    fn publish_certain(&mut self, update: &mut TrackUpdate) {
        let mut ready = Vec::new();
        let settled_us = self.now_us.saturating_sub(self.config.settle_us);
        for track in &mut self.tracks {
            let passage = track.passage(self.frame_width);
            let do_agree = track.agreeing_reads() >= 2;
            let is_certain = passage.confidence >= self.config.certain && track.first_seen_us <= settled_us;
            let is_due = match &track.announced {
                None => do_agree || is_certain,
                Some(said) => do_agree && is_part_of(said, &passage.text),
            };
            if is_due {
                track.announced = Some(passage.text.clone());
                ready.push(passage);
            }
        }
        for passage in ready {
            if self.announce(&passage.text) {
                update.passages.push(passage);
            }
        }
    }

    /// Remembers the plate; false when it was announced too short a time ago.
    fn announce(&mut self, text: &str) -> bool {
        let oldest_us = self.now_us.saturating_sub(self.config.dedup_us);
        self.announced.retain(|(at_us, _)| *at_us > oldest_us);
        if self.announced.iter().any(|(_, known)| known == text) {
            return false;
        }
        if self.announced.len() >= REMEMBERED_MAX {
            self.announced.pop_front();
        }
        self.announced.push_back((self.now_us, text.to_owned()));
        true
    }
}

impl Track {
    /// How well a read continues this track; none when it does not.
    fn likeness(&self, read: &PlateRead, now_us: i64, diagonal_px: f32) -> Option<f32> {
        let elapsed_us = now_us.saturating_sub(self.last_seen_us) as f32;
        let (x, y) = self.last.quad.centre();
        let expected = (x + self.speed_px_per_us.0 * elapsed_us, y + self.speed_px_per_us.1 * elapsed_us);
        let (read_x, read_y) = read.quad.centre();
        let away_px = (read_x - expected.0).hypot(read_y - expected.1);
        let width_px = self.last.quad.width_px().max(read.quad.width_px());
        let grown = read.quad.width_px() / self.last.quad.width_px().max(1.0);
        if !(0.4..=2.5).contains(&grown) {
            return None;
        }
        let overlap = self.last.quad.iou(&read.quad);
        let differing = distance(&self.last.text, &read.text).min(distance(&self.best.text, &read.text));
        let is_near = overlap > 0.1 || away_px < 0.8 * width_px;
        // Far apart only a nearly equal text joins; in the same place a quite different one does not: another vehicle.
        let joins = if is_near { differing <= 4 } else { differing <= 1 && away_px < 0.35 * diagonal_px };
        joins.then(|| 3.0 - differing as f32 + overlap - away_px / diagonal_px.max(1.0))
    }

    /// Adds a read; true when it is the best so far.
    fn join(&mut self, read: PlateRead, now_us: i64) -> bool {
        let elapsed_us = now_us.saturating_sub(self.last_seen_us) as f32;
        if elapsed_us > 0.0 {
            let ((x0, y0), (x1, y1)) = (self.last.quad.centre(), read.quad.centre());
            self.speed_px_per_us = ((x1 - x0) / elapsed_us, (y1 - y0) / elapsed_us);
        }
        self.last_seen_us = now_us;
        self.reads = self.reads.saturating_add(1);
        self.ballots.push(Ballot::of(&read));
        if self.ballots.len() > BALLOTS_MAX {
            self.ballots.sort_by(|a, b| b.weight.total_cmp(&a.weight));
            self.ballots.truncate(BALLOTS_MAX);
        }
        // The picture that is kept shows all of the plate, if any does.
        let (new, old) = (Ballot::of(&read), Ballot::of(&self.best));
        let is_best = old.is_cut_off_from(&new) || (new.weight > old.weight && !new.is_cut_off_from(&old));
        if is_best {
            self.best = read.clone();
            self.best_captured_at_us = now_us;
        }
        self.last = read;
        is_best
    }

    /// The largest number of voting reads within one character of one of them.
    fn agreeing_reads(&self) -> usize {
        let whole = unhidden(&self.ballots);
        whole.iter().map(|one| whole.iter().filter(|other| distance(&one.text, &other.text) <= 1).count()).max().unwrap_or(0)
    }

    fn passage(&self, frame_width: u32) -> Passage {
        let whole = unhidden(&self.ballots);
        let mut alternatives = vote(&whole);
        if let Some(first) = alternatives.first() {
            let share = (believable(&whole, &first.text) / first.probability.max(f32::MIN_POSITIVE)).min(1.0);
            alternatives.iter_mut().for_each(|other| other.probability *= share);
        }
        let (text, confidence) = alternatives
            .first()
            .map_or_else(|| (self.best.text.clone(), self.best.confidence), |first| (first.text.clone(), first.probability));
        // What was silenced as half hidden stays in sight: the watchlist looks at it too.
        for one in &self.ballots {
            if alternatives.len() < ALTERNATIVES_MAX && alternatives.iter().all(|known| known.text != one.text) {
                alternatives.push(Alternative { text: one.text.clone(), probability: 0.0 });
            }
        }
        Passage {
            track_id: self.id,
            first_seen_us: self.first_seen_us,
            last_seen_us: self.last_seen_us,
            best_captured_at_us: self.best_captured_at_us,
            display: grammar::display_form(&text),
            text,
            confidence,
            alternatives,
            reads: self.reads,
            best: self.best.clone(),
            direction: self.direction(frame_width),
        }
    }

    fn direction(&self, frame_width: u32) -> Option<TravelDirection> {
        if self.reads < 2 {
            return None;
        }
        let growth = self.last.quad.width_px() / self.first.quad.width_px().max(1.0);
        if growth > GROWTH {
            return Some(TravelDirection::Approaching);
        }
        if growth < 1.0 / GROWTH {
            return Some(TravelDirection::Receding);
        }
        let across = (self.last.quad.centre().0 - self.first.quad.centre().0) / (frame_width.max(1) as f32);
        match across {
            a if a > SIDEWAYS => Some(TravelDirection::LeftToRight),
            a if a < -SIDEWAYS => Some(TravelDirection::RightToLeft),
            _ => None,
        }
    }
}

/// Whether what was announced is only the beginning or the end of a plate: it is announced anew then, for a vehicle counted twice does less harm than one
/// that is known by half of its number.
fn is_part_of(said: &str, text: &str) -> bool {
    text.len() > said.len() + 1 && (text.starts_with(said) || text.ends_with(said))
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cb, cell) in b.chars().zip(row.iter_mut().skip(1)) {
            let value = (diagonal + usize::from(ca != cb)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = value;
            left = value;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{TrackUpdate, Tracker, TrackerConfig, TravelDirection, distance};
    use crate::read::sample_read;
    use crate::{PlateRead, Quad};

    const FRAME_US: i64 = 100_000;

    fn seen(text: &str, confidence: f32, x: f32, width: f32) -> PlateRead {
        sample_read(text, confidence, Quad::from_box(x, 300.0, width, width * 0.42))
    }

    fn push(tracker: &mut Tracker, frame: i64, reads: Vec<PlateRead>) -> TrackUpdate {
        tracker.push(frame * FRAME_US, 1280, 720, reads)
    }

    #[test]
    fn two_agreeing_reads_announce_one_passage_and_no_more() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        assert!(push(&mut tracker, 0, vec![seen("AUV0905", 0.8, 500.0, 90.0)]).passages.is_empty());
        assert_eq!(push(&mut tracker, 1, vec![seen("AUV0905", 0.9, 505.0, 92.0)]).passages.len(), 1);
        for frame in 2..10 {
            assert!(push(&mut tracker, frame, vec![seen("AUV0905", 0.9, 510.0, 95.0)]).passages.is_empty());
        }
        assert!(tracker.finish().is_empty());
    }

    #[test]
    fn one_certain_read_is_enough_when_nothing_comes_after_it() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        let update = push(&mut tracker, 0, vec![seen("AUV0905", 0.995, 500.0, 90.0)]);
        assert_eq!((update.passages.len(), update.best_now), (0, vec![1]));
        assert!(tracker.tick(2 * FRAME_US).passages.is_empty());
        let settled = tracker.tick(3 * FRAME_US);
        assert_eq!(settled.passages.first().map(|p| p.display.as_str()), Some("AUV-0905"));
    }

    #[test]
    fn a_plate_that_comes_out_from_behind_another_vehicle_is_announced_whole() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        assert!(push(&mut tracker, 0, vec![seen("A23126", 0.999, 580.0, 59.0)]).passages.is_empty());
        push(&mut tracker, 1, vec![seen("34A23126", 0.8, 560.0, 76.0)]);
        let passages = push(&mut tracker, 2, vec![seen("34A23126", 0.98, 540.0, 77.0)]).passages;
        assert_eq!(passages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["34A23126"]);
        assert_eq!(passages[0].best.text, "34A23126", "and so is the picture");
        assert!(passages[0].alternatives.iter().any(|other| other.text == "A23126"), "what was seen first stays in sight");
    }

    #[test]
    fn a_misread_that_is_too_long_silences_nobody() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        push(&mut tracker, 0, vec![seen("ABC123411", 0.5, 500.0, 90.0)]);
        let mut texts = Vec::new();
        for frame in 1..6 {
            let passages = push(&mut tracker, frame, vec![seen("ABC1234", 0.97, 502.0, 90.0)]).passages;
            texts.extend(passages.into_iter().map(|p| p.text));
        }
        assert_eq!(texts, ["ABC1234"]);
    }

    #[test]
    fn a_parked_vehicle_is_announced_once_whatever_weak_reads_say() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        let mut count = 0;
        for frame in 0..3_000 {
            let read = if frame % 3 == 0 { seen("ABC123411", 0.3, 500.0, 90.0) } else { seen("ABC1234", 0.97, 500.0, 90.0) };
            count += push(&mut tracker, frame, vec![read]).passages.len();
        }
        assert_eq!(count, 1);
    }

    #[test]
    fn what_was_announced_while_it_was_half_hidden_is_announced_anew_once() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        push(&mut tracker, 0, vec![seen("A23126", 0.999, 580.0, 59.0)]);
        assert_eq!(push(&mut tracker, 1, vec![seen("A23126", 0.999, 575.0, 59.0)]).passages.len(), 1);
        let mut texts = Vec::new();
        for frame in 2..8 {
            let passages = push(&mut tracker, frame, vec![seen("34A23126", 0.95, 560.0, 76.0)]).passages;
            texts.extend(passages.into_iter().map(|p| p.text));
        }
        assert_eq!(texts, ["34A23126"]);
    }

    #[test]
    fn a_passage_is_no_surer_than_its_frames() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        let date = || vec![seen("20200522", 0.3, 500.0, 130.0)];
        let passages: Vec<_> = (0..40).flat_map(|frame| push(&mut tracker, frame, date()).passages).collect();
        assert!(passages.iter().all(|p| p.confidence < 0.5), "{passages:?}");
    }

    #[test]
    fn the_vote_mends_a_character_that_most_frames_read_well() {
        let mut tracker = Tracker::new(TrackerConfig { certain: 2.0, ..TrackerConfig::default() });
        let mut passages = push(&mut tracker, 0, vec![seen("AUV0985", 0.5, 500.0, 90.0)]).passages;
        passages.extend(push(&mut tracker, 1, vec![seen("AUV0905", 0.9, 500.0, 90.0)]).passages);
        assert_eq!(passages.len(), 1);
        assert_eq!(passages[0].text, "AUV0905");
        assert!(passages[0].alternatives.iter().any(|a| a.text == "AUV0985"));
    }

    #[test]
    fn the_best_frame_is_named_when_it_arrives_and_kept_in_the_passage() {
        let mut tracker = Tracker::new(TrackerConfig { certain: 2.0, ..TrackerConfig::default() });
        assert_eq!(push(&mut tracker, 0, vec![seen("AUV0905", 0.9, 500.0, 90.0)]).best_now, vec![1]);
        let later = push(&mut tracker, 1, vec![seen("AUV0905", 0.4, 502.0, 90.0)]);
        assert!(later.best_now.is_empty());
        assert_eq!(later.passages.first().map(|p| p.best_captured_at_us), Some(0));
    }

    #[test]
    fn the_same_plate_is_announced_again_only_after_a_minute() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        let mut sure_at = |frame: i64| {
            let passages = [frame, frame + 1].map(|frame| push(&mut tracker, frame, vec![seen("AUV0905", 0.99, 500.0, 90.0)]).passages.len());
            passages.iter().sum::<usize>()
        };
        assert_eq!(sure_at(0), 1);
        assert_eq!(sure_at(200), 0, "a new track, its plate announced twenty seconds ago");
        assert_eq!(sure_at(900), 1);
    }

    #[test]
    fn a_clock_that_is_set_neither_doubles_nor_hides_a_passage() {
        const HOUR_US: i64 = 3_600_000_000;
        let sure = |x: f32| vec![seen("AUV0905", 0.99, x, 90.0)];
        for step_us in [HOUR_US, -HOUR_US] {
            let mut tracker = Tracker::new(TrackerConfig::default());
            tracker.push(0, 1280, 720, sure(500.0));
            assert_eq!(tracker.push(FRAME_US, 1280, 720, sure(502.0)).passages.len(), 1);
            tracker.clock_was_set(step_us);
            let update = tracker.push(step_us + 2 * FRAME_US, 1280, 720, sure(505.0));
            assert_eq!((update.passages.len(), update.closed.len()), (0, 0), "the same vehicle, still in sight");
            assert_eq!(tracker.push(step_us + 30_000_000, 1280, 720, Vec::new()).closed, vec![1]);
            tracker.push(step_us + 90_000_000, 1280, 720, sure(500.0));
            let later = tracker.push(step_us + 90_000_000 + FRAME_US, 1280, 720, sure(502.0));
            assert_eq!(later.passages.len(), 1, "a minute later it is news");
        }
    }

    #[test]
    fn another_vehicle_in_the_same_place_is_another_track() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        push(&mut tracker, 0, vec![seen("AUV0905", 0.99, 500.0, 90.0)]);
        push(&mut tracker, 3, vec![seen("BCQ7171", 0.99, 500.0, 90.0)]);
        let update = push(&mut tracker, 4, vec![seen("BCQ7171", 0.99, 502.0, 90.0)]);
        assert_eq!(update.passages.first().map(|p| p.track_id), Some(2));
    }

    #[test]
    fn two_vehicles_side_by_side_keep_their_own_tracks() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        let both = |step: f32| vec![seen("BCQ7171", 0.9, 800.0 + step, 90.0), seen("AUV0905", 0.9, 300.0 + step, 90.0)];
        push(&mut tracker, 0, both(0.0));
        let mut texts: Vec<String> = push(&mut tracker, 1, both(10.0)).passages.into_iter().map(|p| p.text).collect();
        texts.sort();
        assert_eq!(texts, ["AUV0905", "BCQ7171"]);
    }

    #[test]
    fn a_growing_plate_approaches_and_a_sliding_one_crosses() {
        for (x, width, expected) in [(500.0, 130.0, TravelDirection::Approaching), (750.0, 90.0, TravelDirection::LeftToRight)] {
            let mut tracker = Tracker::new(TrackerConfig { certain: 2.0, ..TrackerConfig::default() });
            push(&mut tracker, 0, vec![seen("AUV0905", 0.9, 500.0, 90.0)]);
            let update = push(&mut tracker, 1, vec![seen("AUV0905", 0.9, x, width)]);
            assert_eq!(update.passages.first().and_then(|p| p.direction), Some(expected));
        }
    }

    #[test]
    fn a_single_weak_read_is_never_announced() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        push(&mut tracker, 0, vec![seen("AUV0905", 0.5, 500.0, 90.0)]);
        assert!(tracker.finish().is_empty());
        push(&mut tracker, 1, vec![seen("AUV0905", 0.8, 500.0, 90.0)]);
        assert_eq!(tracker.finish().len(), 1);
    }

    #[test]
    fn in_single_shot_every_picture_is_its_own_passage() {
        let mut tracker = Tracker::single_shot();
        for _ in 0..2 {
            let update = push(&mut tracker, 0, vec![seen("AUV0905", 0.3, 500.0, 90.0)]);
            assert_eq!((update.passages.len(), update.best_now.len(), update.closed.len()), (1, 1, 1));
        }
        assert!(tracker.finish().is_empty());
    }

    #[test]
    fn many_plates_and_a_clock_that_jumps_stay_within_bounds() {
        let mut tracker = Tracker::new(TrackerConfig::default());
        for (step, at_us) in [0, i64::MAX, i64::MIN, 5].into_iter().enumerate() {
            let reads = (0..200_i16).map(|i| seen(&format!("X{step}Y{i}"), 0.5, f32::from(i) * 200.0, 90.0)).collect();
            tracker.push(at_us, 1280, 720, reads);
            assert!(tracker.tracks.len() <= super::TRACKS_MAX);
        }
    }

    #[test]
    fn distance_counts_changes_insertions_and_deletions() {
        assert_eq!(distance("AUV0905", "AUV0905"), 0);
        assert_eq!(distance("AUV0905", "AUV905"), 1);
        assert_eq!(distance("", "AB"), 2);
        assert_eq!(distance("KITTEN", "SITTING"), 3);
    }
}
