//! Who may take which action in which circumstances: the rooms' role lists and a force's own rules as Cedar policies, one decision, and what a change of
//! rules gives to whom (ADR 0023).
//!
//! **Ask** what the gate knows: person, permission, door, purpose, hour · **Rule** one policy of a force's `policy.cedar`, with its reason · **Decision**
//! yes or no, and the rules that made it so · **Change** a right that a role gains or loses between two sets of rules · **Look** who looks at rows ·
//! **Residual** which rows a force's rules hide from him, by what is stored of each.
//!
//! **Invariant:** what no rule permits is denied; a rule that cannot be evaluated denies, but for what saves lives.
//! **Invariant:** what cannot be said of rows in SQL is refused when the file is read; what is left of a rule hides exactly the rows that Cedar forbids.
//! **Invariant:** without rules of a force, everybody may do exactly what the rooms' lists say.

mod ask;
mod diff;
mod file;
mod partial;
mod policies;
mod rows;
mod rows_diff;
mod translate;
mod vocabulary;

pub use ask::{Ask, Decision, Door, Kind, Reason, Who};
pub use diff::{Change, Reach, diff};
pub use file::{DEPTH_MAX, FILE_BYTES_MAX, PolicyError, RULE_BYTES_MAX, RULES_MAX, Rule, WHY_CHARS_MAX};
pub use partial::{Hidden, Look};
pub use policies::Policies;
pub use rows::{Attribute, Cell, Comparison, NO_CAMERA, Residual, Resource, Row, TextTest, Type};
pub use rows_diff::{RowChange, rows_diff};
pub use vocabulary::Grant;
