//! Joins the reads of successive frames into tracks, lets the frames vote, and announces each passage once.
//!
//! A track is one vehicle on its way through the picture. A read joins the track whose last place it overlaps or nearly
//! touches, or whose text it nearly repeats. The best frames vote character by character; the frame kept as evidence is
//! always one that was read, so that the picture a person compares shows what the vote was about.
//!
//! **Invariant:** times come from the caller and only move forward, but for [`Tracker::clock_was_set`]; nothing here asks a clock.

use std::collections::VecDeque;

use shouhu_plate::is_unsure;

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
    /// A plate that was seen at the picture's border and is not sure is not announced before this, or its end: most come in, and are sure then.
    pub border_wait_us: i64,
    /// A track that ends with a single read is published if that read is at least this sure; the rest are dropped.
    pub worth_keeping: f32,
    /// Every push is a passage of its own: for folders of unrelated stills.
    pub is_single_shot: bool,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            lost_after_us: 1_500_000,
            dedup_us: 60_000_000,
            certain: 0.98,
            settle_us: 300_000,
            border_wait_us: 5_000_000,
            worth_keeping: 0.7,
            is_single_shot: false,
        }
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
    announced: Option<Said>,
}

/// What was announced.
#[derive(Clone)]
struct Said {
    text: String,
    /// It was not sure, and the picture's border had a part in that.
    is_at_border: bool,
}

/// Follows the plates of one camera.
pub struct Tracker {
    config: TrackerConfig,
    tracks: Vec<Track>,
    announced: VecDeque<(i64, Said)>,
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
        (track.announced.is_none() && is_worth_it && self.announce(Said::of(track, &passage), &passage)).then_some(passage)
    }

    fn publish_certain(&mut self, update: &mut TrackUpdate) {
        let mut tracks = std::mem::take(&mut self.tracks);
        for track in &mut tracks {
            // The vote is taken only where it can decide: this runs for every track of every frame.
            let Some(passage) = track.due(&self.config, self.now_us, self.frame_width) else { continue };
            let said = Said::of(track, &passage);
            track.announced = Some(said.clone());
            if self.announce(said, &passage) {
                update.passages.push(passage);
            }
        }
        self.tracks = tracks;
    }

    /// Remembers the plate; false when it was announced too short a time ago. What was announced at the picture's border could buzz nobody, and
    /// is announced once more when it is sure: a vehicle counted twice does less harm than a wanted one that passes unheard.
    fn announce(&mut self, said: Said, passage: &Passage) -> bool {
        let oldest_us = self.now_us.saturating_sub(self.config.dedup_us);
        self.announced.retain(|(at_us, _)| *at_us > oldest_us);
        if let Some(at) = self.announced.iter().position(|(_, known)| known.text == said.text) {
            let was_at_border = self.announced.get(at).is_some_and(|(_, known)| known.is_at_border);
            if !was_at_border || passage.is_unsure() {
                return false;
            }
            self.announced.remove(at);
        }
        if self.announced.len() >= REMEMBERED_MAX {
            self.announced.pop_front();
        }
        self.announced.push_back((self.now_us, said));
        true
    }
}

impl Passage {
    fn is_unsure(&self) -> bool {
        is_unsure(f64::from(self.confidence))
    }
}

impl Said {
    fn of(track: &Track, passage: &Passage) -> Self {
        Self { text: passage.text.clone(), is_at_border: passage.is_unsure() && track.touches_border() }
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

    /// The passage, if it can be announced now: for the first time, or anew because more of the plate is seen than when it was.
    fn due(&self, config: &TrackerConfig, now_us: i64, frame_width: u32) -> Option<Passage> {
        let voted = || self.passage(frame_width);
        let has_waited = |wait_us: i64| self.first_seen_us <= now_us.saturating_sub(wait_us);
        let Some(said) = &self.announced else {
            let is_agreed = self.agreeing_reads() >= 2;
            let is_ready = is_agreed && (!self.touches_border() || has_waited(config.border_wait_us));
            let may_be_sure = is_agreed && self.is_seen_whole();
            let may_be_certain = self.best.confidence >= config.certain && has_waited(config.settle_us);
            let is_believed = |passage: &Passage| {
                is_ready || (may_be_sure && !passage.is_unsure()) || (may_be_certain && passage.confidence >= config.certain)
            };
            return (is_ready || may_be_sure || may_be_certain).then(voted).filter(is_believed);
        };
        let may_be_more = self.ballots.iter().any(|ballot| is_part_of(&said.text, &ballot.text));
        let may_be_sure = said.is_at_border && self.is_seen_whole();
        if !(may_be_more || may_be_sure) || self.agreeing_reads() < 2 {
            return None;
        }
        let is_news = |passage: &Passage| is_part_of(&said.text, &passage.text) || (may_be_sure && !passage.is_unsure());
        Some(voted()).filter(is_news)
    }

    /// Whether any read that votes is of what the picture's border may cut off.
    fn touches_border(&self) -> bool {
        self.ballots.iter().any(|ballot| ballot.is_at_border)
    }

    /// Whether any read that votes shows the plate away from the picture's border.
    fn is_seen_whole(&self) -> bool {
        self.ballots.iter().any(|ballot| !ballot.is_at_border)
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
mod tests;
