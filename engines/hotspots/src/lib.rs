//! Hot spots: where citizens will report the next crimes, how sure that is, and how to share patrol time fairly over it.
//!
//! | word | meaning |
//! |---|---|
//! | [`Event`] | something that happened: place, time, kind, and who brought it to light ([`Origin`]) |
//! | [`Report`] | an event that a citizen reported; nothing else can be learned from |
//! | [`TrainingSet`] | reports up to an as-of time, in an order of their own |
//! | [`Ground`] | the places that are compared: cells of a grid, or street segments |
//! | [`Trigger`] | one way in which a report raises the rate near it: how far, how long |
//! | [`Model`] | triggers with fitted yields over an even background |
//! | [`Surface`] | expected reports per place over a window, with how sure that is |
//! | [`score`] | PAI, PEI* and the held-out likelihood |
//! | [`backtest`] | rolling-origin validation: each window is forecast only from what came before it |
//! | [`dose`] | from a surface to patrol visits: an exploration share, a floor and a cap for each area, seeded chance |
//!
//! **Architecture invariant:** nothing is learned from what patrols find. [`TrainingSet`] takes only [`Report`]s, and a [`Report`] can
//! be made only from an event whose origin is [`Origin::CitizenReport`]. A model that learns from patrols' own finds sends patrols
//! where patrols have been, whatever the truth is (Lum & Isaac 2016, Significance 13(5); Ensign et al. 2018, PMLR 81).
//!
//! **Architecture invariant:** there is no score for a person. An event has no field for one, so neither a victim nor a suspect can be
//! ranked with this engine; a hot spot is a place.
//!
//! **Architecture invariant:** nothing here opens a file, reads a clock or draws a number that its seed does not fix.
//!
//! Lengths are metres on a projected plane (TWD97 / TM2 in Taiwan), times are microseconds of UTC, rates are per day.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

pub mod backtest;
pub mod dose;
mod event;
mod fit;
mod gamma;
mod ground;
mod kernel;
mod model;
mod nearby;
pub mod score;
mod surface;
mod training;

pub use event::{Event, Kind, NotAReport, Origin, Point, Report};
pub use fit::{FIT_REPORTS_MAX, FitError, FitSettings, Fitted};
pub use ground::{CellGrid, Ground, GroundError, PLACES_MAX, PlaceNo, Segment};
pub use model::{Model, ModelError, Trigger};
pub use surface::{EFFECTIVE_REPORTS_MIN, Evidence, Reading, Surface, SurfaceError};
pub use training::{Sifted, TrainingError, TrainingSet};

/// One day in microseconds.
pub const DAY_US: i64 = 86_400_000_000;
