//! What leaves the house and comes in by standards, as pure codecs: bytes in, values out, and back.
//!
//! - **EIDO** (`eido`): an incident, told by one centre to another; NENA-STA-021.1b, JSON.
//! - **Warning** (`cap`): Common Alerting Protocol, OASIS CAP 1.2, XML.
//! - **Feed** (`geojson`): units and incidents on a map; RFC 7946.
//! - **Codes** (`codes`): a house's radio codes; CSV, columns of our own.
//! - **Kinds** (`kinds`): a city's list of 110 kinds; CSV, columns of our own.
//! - **Roster** (`roster`): who crews which unit when, as stations keep it; CSV.
//! - **Signature** (`signature`): how the receiver of a webhook knows that it came from us; HMAC-SHA256.
//!
//! **Invariant:** every reader has bounds on bytes, depth and number, expands nothing, fetches nothing, and says where a
//! mistake stands. The types are this house's own; the standards lent the names.

pub mod cap;
pub mod codes;
pub mod eido;
pub mod geojson;
pub mod kinds;
pub mod moment;
pub mod roster;
pub mod signature;
pub mod xml;

pub use moment::Moment;
