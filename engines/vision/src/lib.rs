//! Finds vehicle plates in a picture, reads them, and follows them from frame to frame.
//!
//! | word | meaning |
//! |---|---|
//! | [`Frame`] | one decoded picture, 8-bit RGB, upright |
//! | [`Quad`] | the four corners of a plate in frame pixels, clockwise from the top left |
//! | [`PlateRead`] | one reading of one plate in one frame, with per-character probabilities and alternatives |
//! | [`Tracker`] | joins the reads of successive frames into tracks and lets them vote |
//! | [`Passage`] | one vehicle that passed once: the vote, and the read that shows it best |
//! | [`Vehicle`] | a vehicle somewhere in a frame; [`Recogniser::describe`] says what is seen of the one that carries a plate |
//!
//! Bytes come in and values go out: there is no file, no socket, no clock and no random number here. Times are the
//! caller's capture times in microseconds. The networks are part of the binary: the two for plates were trained by
//! `training/`, the one for vehicles is foreign. `models/MODEL_CARD.md` says on what, how well they do, and where they fail.
//!
//! A read is a lead, not a verdict. The Taiwanese grammar re-ranks what the network saw and never replaces it: the
//! best raw reading always stays among the alternatives.

mod area;
mod calibration;
mod ctc;
mod detect;
mod frame;
mod grammar;
mod lettering;
mod net;
mod pixels;
mod quad;
mod read;
mod reading;
mod recognise;
mod sight;
mod track;
mod vehicle;
mod vote;

pub use frame::{DecodeLimits, Frame, FrameError, decode_image, encode_jpeg};
pub use grammar::{display_form, taiwan_form};
pub use quad::Quad;
pub use read::{Alternative, CharRead, PlateRead};
pub use recognise::{Detection, Engine, Recogniser, RecogniserConfig, VisionError};
pub use track::{Passage, TrackUpdate, Tracker, TrackerConfig, TravelDirection};
pub use vehicle::Vehicle;

/// Names the weights that produced a read; stored with every read so that a later better model can be told apart.
pub const MODEL_VERSION: &str = "shouhu-plates-2026-11-23b";
