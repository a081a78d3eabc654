//! Interception 攔截圍捕: from a last sighting to the closing ring, which units stop at which junctions by when.
//!
//! | word | meaning |
//! |---|---|
//! | [`Streets`] | junctions and the time that a unit and a fugitive each need between them |
//! | [`Seen`] | where he was seen, how long ago, and how much that is believed; plate alternatives are several of these |
//! | ring | junctions that separate everywhere he can be from the [`Outside`], each held by one unit before he can be there |
//! | [`Ring`] | the prepared state of one pursuit: [`Ring::resolve`] answers each new sighting with a [`Plan`] |
//! | [`Order`], [`Leak`], [`Reason`] | who goes where with which slack; what stays open and why; what speaks for and against every unit |
//! | [`close_exits`] | the other question: all these exits, closed as early as can be |
//!
//! All times are **seconds from now**; what has happened already is negative. A unit holds a junction in time when it has
//! arrived and set up no later than the fugitive's earliest arrival on open roads. That is on the safe side: other units
//! of the ring only make him later.
//!
//! # Method
//! A ring of the fewest junctions is a minimum vertex cut (Menger 1927), found as a maximum flow through split vertices
//! (Ford & Fulkerson 1956) by Dinic's blocking flows (1970). Whether distinct units can hold it is a bipartite matching
//! (Hopcroft & Karp 1973); where they cannot, Hall's theorem (1935) names junctions of which one must leave the ring, and
//! a best-first search over those choices finds the smallest ring that can be held. Who holds what is an assignment: first the
//! best worst case by bisection, then the least total by successive shortest paths (Kuhn 1955; Tomizawa 1971).
//!
//! **Architecture invariant:** nothing here opens a file, reads a clock or draws a number. The same question gives the
//! same answer; effort is bounded by counts ([`Settings::effort`]), never by time.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod assign;
mod cut;
mod error;
mod escape;
mod exits;
mod explain;
mod field;
mod flow;
mod matching;
mod model;
mod race;
mod ring;
mod search;
mod streets;
#[cfg(test)]
mod tests;

pub use error::InterceptError;
pub use exits::{Closing, ExitOrder, close_exits};
pub use model::{
    Escape, Leak, Order, Outcome, Outside, Plan, Post, Prefer, Reason, Seen, Settings, UNITS_COMPARED_MAX, Unit, UnitId, Verdict,
    WhyOpen,
};
pub use ring::Ring;
pub use shouhu_roads::{EdgeId, NodeId};
pub use streets::{Flight, Piece, Spot, Streets};
