//! The whole house with all its rooms. One program: as one each, they took twenty seconds each to build.

mod areas;
mod disclosures;
mod doors;
mod exceptions;
mod forgotten;
mod inquiries;
mod movements;
mod nightly;
mod nodes;
mod oidc;
mod parts;
mod passkeys;
mod policy;
mod reasons;
mod rows;
mod sealed;
mod sharing;
mod signal_streams;
mod signals;
mod sso;
mod tpm;
mod trust;
