//! Extractors that answer bad input with a problem document that says what and where.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::lists::has_misplaced_list;
use crate::{App, Problem};

/// A JSON body of type `T`.
pub struct Body<T>(pub T);

/// For routes that take no body, and for answers that say no more than that it was done.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
pub struct NoBody {}

/// The bytes of the body, whatever they are. The route's size limit holds.
pub struct RawBody(pub Bytes);

/// The query string.
pub struct Params<T>(pub T);

/// The one id in the path.
pub struct Id<T>(pub T);

async fn bytes_of(request: Request, app: &App) -> Result<Bytes, Problem> {
    Bytes::from_request(request, app).await.map_err(|rejection| {
        let status = rejection.status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(status, "http.body.too_large", "the body is larger than this route takes")
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "http.body.broken", "the body ended early or could not be read")
        }
    })
}

impl<T: DeserializeOwned + JsonSchema> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = bytes_of(request, app).await?;
        read(&bytes).map(Self)
    }
}

fn read<T: DeserializeOwned + JsonSchema>(bytes: &[u8]) -> Result<T, Problem> {
    // An empty body counts as `{}`, so that a POST without fields needs no body.
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    let value = serde_json::from_slice(text).map_err(|error| {
        let key = if error.is_data() { "http.body.invalid" } else { "http.body.malformed" };
        Problem::new(StatusCode::BAD_REQUEST, key, error.to_string())
    })?;
    if has_misplaced_list::<T>(text) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "http.body.invalid", "a list stands where an object is due"));
    }
    Ok(value)
}

impl FromRequest<App> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        bytes_of(request, app).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, app).await;
        query
            .map(|Query(value)| Self(value))
            .map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, "http.query.invalid", rejection.body_text()))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        // A path that is no id names nothing, so it is not found rather than invalid.
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(value)| Self(value)).map_err(|_| Problem::not_found("thing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq, serde::Deserialize, JsonSchema)]
    struct Named {
        name: Option<String>,
    }

    #[test]
    fn a_list_is_no_object_and_an_empty_body_is_an_empty_one() {
        for list in ["[]", " [null]", "[\"a\"]"] {
            let refused = read::<Named>(list.as_bytes()).err();
            assert_eq!(refused.map(|problem| problem.key), Some("http.body.invalid".to_owned()), "{list}");
        }
        assert_eq!(read(b"").ok(), Some(Named { name: None }));
        assert_eq!(read(b"{\"name\": \"a\"}").ok(), Some(Named { name: Some("a".to_owned()) }));
    }
}
