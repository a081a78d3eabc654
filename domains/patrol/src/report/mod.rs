//! The station chief's report 勤務報表: check-ins, tours, hits, workload, predictability and streets, by week or month.
//!
//! | file | what |
//! |---|---|
//! | `periods` | whole weeks or months of Taipei, the last of which goes on |
//! | `visits` | signatures of one box → on time, late, missed, and how well the next hour could be guessed |
//! | `share` | a share of few with its interval |
//! | `model` | what the route gives |
//!
//! **Invariant:** the report counts boxes, units and streets. No person is in it.

pub mod model;
pub mod periods;
pub mod share;
pub mod visits;
