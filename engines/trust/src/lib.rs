//! How far a session is trusted 信任推斷: a score with reasons from how the session behaves, and what follows from it (ADR 0022).
//!
//! **Invariant:** nothing here knows who a person is. No name, rank, office or record is a signal.
//!
//! **Invariant:** each point that is taken has a reason, and what is not known takes none and is said.
//!
//! Schemas of types with everyday names are called `Trust…`: one document describes all rooms.
//!
//! | word | meaning |
//! |---|---|
//! | signal 訊號 | something that was seen of a session: an address, an age, a pace |
//! | verification 使用者驗證 | the person touched their passkey and was recognised by it: sign-in or step-up |
//! | verdict 判定 | what follows from a score: allow, step up, restrict, block |
//! | standing 現況 | the verdict in force, which gets worse at once and better slowly |
//! | calm 平靜 | a time in which every score would have been worth a lighter verdict |
//! | doubt 疑點 | a request with the session's cookie that its key had not signed |
//! | told 外部通報 | what another house or an identity provider, whose word counts here, has said about the person |

mod network;
mod reason;
mod score;
mod signals;
mod verdict;

pub use network::{AddressMove, LISTED_MAX, ListedAs, Network, NetworkError, Networks, Overlap, is_near};
pub use reason::{Reason, ReasonCode, SignalName};
pub use score::{Assessment, SCORE_FULL, assess};
pub use signals::{Passkey, Signals, Told};
pub use verdict::{BLOCK_BELOW, CALM_US, RESTRICT_BELOW, STEP_UP_BELOW, Standing, Verdict};
