//! Where a Taiwanese address is: read, found, and told with how sure that is.
//!
//! | word | meaning |
//! |---|---|
//! | [`parse()`] | a text into an [`Address`] (縣市, 鄉鎮市區, 村里, 鄰, then a [`Spot`]) and what else it said; nothing is lost, see [`Parsed::unread`] |
//! | [`Way`] | a street, lane, numbered highway, bridge or settlement in one spelling |
//! | [`Book`] | outlines and addresses of a GeoJSON or CSV file, and what of it could not be read ([`BookReport`]) |
//! | [`Builder`] | takes road lines with names, outlines, and records `address → place`; gives a [`Geocoder`] |
//! | [`Candidate`] | a place, the radius within which [`CONFIDENCE`] of the truths lie, what it was [`MatchedBy`] and its [`Doubt`]s |
//! | [`Hint`] | breaks ties between equal candidates and says so; hides none |
//!
//! **Architecture invariant:** nothing here opens a file, reads a clock or asks the network. The same input in the same order gives
//! the same index and the same answers.

mod address;
mod answer;
mod book;
mod calibrate;
mod complete;
mod find;
mod fold;
mod index;
mod lexicon;
mod numerals;
mod parse;
mod plane;
mod reverse;
mod towns;

pub use address::{Address, HouseNumber, Spot, Way};
pub use answer::{Answer, Candidate, Doubt, Hint, MatchedBy, WhyNot};
pub use book::{Book, BookError, BookFormat, BookReport, ENTRIES_MAX, Example, LeftOut, OUTLINE_POINTS_MAX, Outline};
pub use calibrate::CONFIDENCE;
pub use complete::{SUGGESTIONS_MAX, Suggestion};
pub use find::CANDIDATES_MAX;
pub use fold::TEXT_MAX_CHARS;
pub use index::{Builder, Geocoder, Summary};
pub use lexicon::Lexicon;
pub use parse::{Parsed, Unread, parse};
pub use reverse::{Near, Nearby, REACH_M};
