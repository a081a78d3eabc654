//! OpenID Connect 第三方登入 in the code flow: as the house speaks it that is told who somebody is (the relying party's half, ADR 0025), and as it says it to its own
//! tools (the provider's half, [`op`], ADR 0026). Neither half uses the other's code for what it judges, so that each is a judge of the other in tests.
//!
//! **Invariant:** nothing of an ID token is read before its signature was checked, but the header that says by which key. What that header itself says about keys (`jwk`,
//! `jku`, `x5c`) is never looked at, and no key of an answer is ever a shared secret.
//!
//! **Invariant:** an answer is judged against what was asked: state and issuer first, then anything else that it says.
//!
//! | word | meaning |
//! |---|---|
//! | provider 身分提供者 | who knows the person and signs it |
//! | client | this house, as the provider knows it |
//! | code | what the browser brings back; worth nothing without the verifier that only this house has |
//! | ID token | the provider's signed word about who has just proved himself to it; no access token, and never one |
//! | `sub` | the provider's name for the person, the same for good; the only thing by which anybody is found |

mod discovery;
mod id_token;
mod key;
pub mod op;
mod refused;
mod request;
mod returned;
#[cfg(feature = "testing")]
pub mod testing;
mod token_answer;

pub use discovery::{Metadata, well_known};
pub use id_token::{AHEAD_MAX_S, ExpectedToken, ID_TOKEN_BYTES_MAX, ISSUED_AGO_MAX_S, Identified, SUBJECT_CHARS_MAX, is_subject, verify};
pub use key::{Algorithm, KEYS_MAX, ProviderKey, keys_of};
pub use refused::{OidcRefused, RefusedAs};
pub use request::{AuthorizationRequest, authorization_url, basic_credentials, challenge_of, token_form};
pub use returned::{Asked, Returned, code_of};
pub use token_answer::id_token_of;

/// The longest document that a provider is listened to for: discovery, keys, or the answer of its token endpoint.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
