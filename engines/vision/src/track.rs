//! Joins the reads of successive frames into tracks, lets the frames vote, and announces each passage once.

use crate::{Alternative, PlateRead};

/// When a track is believed and when it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerConfig {
    /// A track that was not seen for so long is closed.
    pub lost_after_us: i64,
    /// The same plate is not announced again within this time of its last announcement.
    pub dedup_us: i64,
    /// Two reads that agree within one character publish a track, or one read at least this sure.
    pub certain: f32,
    /// Every push is a passage of its own: for folders of unrelated stills.
    pub is_single_shot: bool,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            lost_after_us: 1_500_000,
            dedup_us: 60_000_000,
            certain: 0.98,
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
    pub text: String,
    pub display: String,
    pub confidence: f32,
    pub alternatives: Vec<Alternative>,
    /// Reads that voted or could have voted.
    pub reads: u32,
    pub best: PlateRead,
    pub direction: Option<TravelDirection>,
}

/// What one push changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackUpdate {
    /// Passages that became certain with this frame.
    pub passages: Vec<Passage>,
    /// Tracks whose best read so far is in the frame just pushed: keep this frame for them, drop their older one. A
    /// passage in the same update refers to the frame kept for its `track_id`.
    pub best_now: Vec<u64>,
    /// Tracks that are over; frames kept for them can go once their passage is stored.
    pub closed: Vec<u64>,
}

pub struct Tracker {
    config: TrackerConfig,
}

impl Tracker {
    #[must_use]
    pub fn new(config: TrackerConfig) -> Self {
        Self { config }
    }

    /// For folders of unrelated stills: every picture is its own passage and nothing is de-duplicated.
    #[must_use]
    pub fn single_shot() -> Self {
        Self::new(TrackerConfig {
            is_single_shot: true,
            ..TrackerConfig::default()
        })
    }

    /// Takes the reads of one frame. Frames come in capture order; one that goes back in time is taken as of the latest.
    pub fn push(&mut self, captured_at_us: i64, frame_width: u32, frame_height: u32, reads: Vec<PlateRead>) -> TrackUpdate {
        let _ = (captured_at_us, frame_width, frame_height, reads, &self.config);
        TrackUpdate::default()
    }

    /// Ends every track and publishes those that were still waiting for a second read and deserve it.
    pub fn finish(&mut self) -> Vec<Passage> {
        Vec::new()
    }
}
