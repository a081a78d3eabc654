//! Errors as RFC 9457 problem documents with stable keys.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_audit::AuditError;
use shouhu_blobs::BlobError;
use shouhu_store::StoreError;

use crate::AuditObject;
use crate::ports::BoundUse;

/// One wrong row of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemRow {
    /// Counted from 1, the heading included, as a spreadsheet shows it.
    pub row: u64,
    pub column: String,
    pub value: String,
    pub key: String,
    pub message: String,
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `urn:shouhu:error:<key>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The stable key alone; what the UI translates.
    pub key: String,
    pub title: String,
    pub status: u16,
    /// What and where, in English; the UI shows it where it has no translation.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<ProblemRow>,
    /// What the translation of the key has a place for, by the name of the place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// Seconds after which it is worth trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// With `oversight.movements.needs_consent`: how much of the bound is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Box<BoundUse>>,
    /// What the leaf says of the refusal; told to nobody else.
    #[serde(skip)]
    pub object: Option<Box<str>>,
}

/// An operation's error: every variant has a key and a status.
pub trait Keyed: std::fmt::Display {
    fn key(&self) -> &'static str;
    fn status(&self) -> StatusCode;
    /// Values for the places of the key's translation.
    fn params(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

impl Problem {
    #[must_use]
    pub fn new(status: StatusCode, key: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:shouhu:error:{key}"),
            key: key.to_owned(),
            title: status.canonical_reason().unwrap_or("error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            rows: Vec::new(),
            params: BTreeMap::new(),
            retry_after_s: None,
            bound: None,
            object: None,
        }
    }

    /// What may not be known to exist is not found.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "http.not_found", format!("there is no such {what}, or you may not see it"))
    }

    #[must_use]
    pub fn of<E: Keyed>(error: &E) -> Self {
        let params = error.params().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { params, ..Self::new(error.status(), error.key(), error.to_string()) }
    }

    #[must_use]
    pub const fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// With what was refused, and to whom, for the log alone.
    #[must_use]
    pub fn in_log(mut self, object: impl Into<Box<str>>) -> Self {
        self.object = Some(object.into());
        self
    }
}

impl<E: Keyed> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

impl Keyed for StoreError {
    fn key(&self) -> &'static str {
        Self::key(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Duplicate { .. } => StatusCode::CONFLICT,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Busy { .. } | Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Keyed for BlobError {
    fn key(&self) -> &'static str {
        Self::key(self)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Id { .. } | Self::Gone { .. } => StatusCode::NOT_FOUND,
            Self::Disk(shouhu_env::DiskError::Full { .. }) => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Keyed for AuditError {
    fn key(&self) -> &'static str {
        Self::key(self)
    }

    fn status(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut public = self.clone();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            // The reason may quote SQL or a path: it belongs in the log, not with the caller.
            tracing::error!(key = self.key, detail = self.detail, "request failed");
            public.detail = "the server failed; the operator's log says why".into();
            public.params.clear();
        }
        let body = serde_json::to_vec(&public).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(value) = self.retry_after_s.and_then(|s| HeaderValue::from_str(&s.to_string()).ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        if let Some(object) = public.object.take() {
            response.extensions_mut().insert(AuditObject(object.into()));
        }
        response.extensions_mut().insert(public);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_log_is_told_of_a_refusal_stands_in_no_answer() {
        let told = "not handed out: 115-0101-0001 as EIDO for 消防局";
        let problem = Problem::new(StatusCode::FORBIDDEN, "oversight.sharing.off", "this partner was switched off").in_log(told);
        let body = serde_json::to_string(&problem).unwrap_or_default();
        assert!(body.contains("switched off") && !body.contains("EIDO"), "{body}");
        let response = problem.into_response();
        assert_eq!(response.extensions().get::<AuditObject>().map(|object| object.0.as_str()), Some(told));
    }
}
