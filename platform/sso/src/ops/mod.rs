//! One file per operation.

pub mod authorize;
pub mod discovery;
pub mod look;
pub mod mine;
pub mod token;
pub mod userinfo;

use axum::http::{HeaderMap, header};

/// The one header `Authorization`; two of them are none.
fn authorization(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}
