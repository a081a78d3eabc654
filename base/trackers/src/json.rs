//! Values out of JSON as apps write it: numbers that are texts, texts that are numbers.

use serde_json::Value;

use crate::{MessageError, RecordError, shown};

pub fn parse(body: &[u8]) -> Result<Value, MessageError> {
    // serde_json stops at a depth of 128 by itself.
    serde_json::from_slice(body).map_err(|error| MessageError::Json(error.to_string()))
}

/// A number, also one within quotation marks; `None` when absent or null.
pub fn number(of: &Value, field: &'static str) -> Result<Option<f64>, RecordError> {
    let wrong = |value: String| RecordError::Value { field, value, expected: "a number" };
    match of.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => number.as_f64().map(Some).ok_or_else(|| wrong(number.to_string())),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| wrong(shown(text))),
        Some(other) => Err(wrong(shown(&other.to_string()))),
    }
}

pub fn required(of: &Value, field: &'static str) -> Result<f64, RecordError> {
    number(of, field)?.ok_or(RecordError::Missing(field))
}

/// A number that only decorates: rubbish counts as not said.
pub fn maybe(of: &Value, field: &'static str) -> Option<f64> {
    number(of, field).ok().flatten().filter(|number| number.is_finite())
}

/// A text, also a number that stands where a text should.
pub fn text(of: &Value, field: &str) -> Option<String> {
    match of.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
