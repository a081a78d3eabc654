//! Which uses of the system a person should look at 異常查詢線索. A suggestion says what was counted, how many the same work of others would
//! lead one to expect, and which leaves of the log it rests on.
//!
//! **Invariant:** nothing here accuses or sanctions. A suggestion has no effect but that somebody of oversight is shown it, and it names
//! every leaf that it counted, so that the reckoning can be done again by hand.
//!
//! | word | meaning |
//! |---|---|
//! | look 查詢 | one answered question that named a subject |
//! | linked 有案可稽 | its case is live in dispatch, or another officer works under it too |
//! | loose 無案可稽 | neither: no case, or one that only this officer ever named |
//! | mark 註記 | what oversight has noted about a subject: a decoy, in the news, an officer's own or his household's |
//!
//! What cannot be seen from here: one single look without any mark (everybody has many); a case that two officers made up together; a
//! passer-by's car that happens to be a friend's; who stood behind whom at a screen. **A day of sale under a case that is live**, whichever it is: each
//! subject once, so that only marks count any of it. A day that is split, half without a case and half under an invented one, counts as two days of half the size.

mod colleagues;
mod facts;
mod find;
mod marks;
mod pace;
mod quick;
mod returns;
mod tail;

pub use facts::{Facts, Kind, Look, Mark, MarkKind, Officer, Suggestion, Told};
pub use find::{EVIDENCE_MAX, WINDOW_DAYS, suggestions};
pub use tail::{nb_tail, poisson_tail};
