//! Security event tokens 安全事件權杖 (RFC 8417) as shared signals have them (OpenID SSF 1.0, CAEP 1.0): written, signed, read and refused (ADR 0024).
//!
//! **Invariant:** one algorithm, ES256, by keys that the caller has pinned. What a token's own header says about keys (`jwk`, `jku`, `x5c`) is never looked at.
//!
//! **Invariant:** nothing of a token is read before its signature was checked, but the header that says by which key.
//!
//! | word | meaning |
//! |---|---|
//! | SET | a signed statement that something has happened; no access token, and never one |
//! | transmitter 發送端 | whoever signs it |
//! | subject 主體 | whom it is about: a user, perhaps a session or a device of theirs |
//! | `jti` | its name among all of its transmitter; heard once, it is heard |

mod event;
mod jws;
mod key;
mod poll;
mod refused;
mod set;
mod subject;

pub use event::{ASSURANCE_LEVEL_CHANGE, Change, DEVICE_COMPLIANCE_CHANGE, Direction, EVENT_TYPES, Happened, Initiator, SESSION_REVOKED, SharedEvent};
pub use jws::sign_claims;
pub use key::{Jwk, KeyRefused, SetKey, SetSigner};
pub use poll::{POLL_BYTES_MAX, POLL_EVENTS_MAX, POLL_SAID_MAX, PollAnswer, PollAsked, PollRefused, SetErr};
pub use refused::{Err8935, SetRefused};
pub use set::{AGE_MAX_S, AHEAD_MAX_S, Expected, JTI_CHARS_MAX, SET_BYTES_MAX, Set, verify};
pub use subject::{ID_CHARS_MAX, Subject, SubjectId};

/// Content type of what is pushed (RFC 8417 §7.2.2).
pub const MEDIA: &str = "application/secevent+jwt";
