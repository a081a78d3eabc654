//! One file per operation.

pub mod authorize;
pub mod discovery;
pub mod form;
pub mod look;
pub mod mine;
pub mod token;
pub mod userinfo;

use axum::http::{HeaderMap, header};

const FORM: &str = "application/x-www-form-urlencoded";

/// Parameters of a media type say nothing here.
fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM)
}

/// The one header `Authorization`; two of them are none.
fn authorization(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}
