//! The provider's half (ADR 0026): this house says to its own tools who somebody is.
//!
//! **Invariant:** where a browser is sent follows from what stands in the client's entry, letter by letter: until client and address are known to belong together, nothing of
//! a request is answered anywhere but on the house's own page.
//!
//! **Invariant:** a code is worth nothing without the verifier whose S256 challenge came with the request; there is no other method, and no request without one.

mod asked;
mod claims;
mod params;
mod signer;
mod token_asked;

pub use asked::{AuthorizationAsked, AuthorizationRefused, Destination, DestinationRefused, NONCE_CHARS_MAX, Prompt, STATE_CHARS_MAX};
pub use claims::{IdTokenSaid, LOGOUT_EVENT, LogoutSaid, PASSKEY_ACR, PASSKEY_AMR, SubjectKey};
pub use params::{PARAMS_BYTES_MAX, Params, ParamsRefused};
pub use signer::{ProviderSigner, PublicJwk, SignerRefused};
pub use token_asked::{ClientProof, TokenAsked, TokenRefused, is_verifier_of, same_bytes, token_asked};
