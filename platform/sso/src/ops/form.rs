//! A tool's request that a browser brings as a form (OpenID Connect Core 1.0 §3.1.2.1 has both ways): it is sent to the page with the form as its query, unread, and goes on as any other.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shouhu_module::{Access, Audit, Problem, RawBody, Route, is_media};
use shouhu_oidc::op::{DestinationRefused, PARAMS_BYTES_MAX, Params, ParamsRefused};

use super::{FORM, discovery};
use crate::refused::RequestError;

pub const ROUTE: Route = Route::post(discovery::AUTHORIZE_PATH, "Sends a browser that brings a tool's request as a form to the page that asks the person", || {
    axum::routing::post(handle)
})
.access(Access::Public("whoever comes from a tool may not be signed in yet; it goes to our own page and nowhere else, whatever the form says"))
.audit(Audit::None("it tells nothing and changes nothing; each yes and no to a person is on the log"))
.takes_media(FORM)
.body_bytes_max(PARAMS_BYTES_MAX)
.sends_on("To the page of this path, with the form as its query");

/// What is no form of a tool is refused here: the rest is judged where the page asks.
fn page_of(form: &[u8]) -> Result<HeaderValue, RequestError> {
    let params = Params::parse(form)?;
    if params.get("client_id").is_none() {
        return Err(DestinationRefused::NoClient.into());
    }
    // Nothing in it may end the header or begin a fragment, which a browser would keep to itself.
    if !form.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#') {
        return Err(ParamsRefused::Form.into());
    }
    let target = [discovery::AUTHORIZE_PATH.as_bytes(), b"?", form].concat();
    Ok(HeaderValue::from_bytes(&target).map_err(|_| ParamsRefused::Form)?)
}

async fn handle(headers: HeaderMap, RawBody(form): RawBody) -> Result<Response, Problem> {
    if !is_media(&headers, FORM) {
        return Err(RequestError::from(ParamsRefused::Form).into());
    }
    // 303: the browser asks for the page, and does not bring the form again.
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, page_of(&form)?)]).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(form: &str) -> Result<String, RequestError> {
        page_of(form.as_bytes()).map(|target| String::from_utf8_lossy(target.as_bytes()).into_owned())
    }

    #[test]
    fn a_form_is_the_pages_query_letter_by_letter() {
        let form = "client_id=wiki&state=a%2Bb+c&state=twice&redirect_uri=https%3A%2F%2Fevil.example%2F";
        assert_eq!(target(form), Ok(format!("/authorize?{form}")), "and is judged where every other one is");
    }

    #[test]
    fn what_would_be_read_in_two_ways_or_is_no_tools_is_refused() {
        for wrong in ["client_id=a\r\nset-cookie: b=c", "client_id=a#b", "client_id=a b", "client_id=%zz", "client_id=守"] {
            assert_eq!(target(wrong), Err(RequestError::Unreadable(ParamsRefused::Form)), "{wrong}");
        }
        for wrong in ["", "state=a", "client_id=", "null"] {
            assert_eq!(target(wrong), Err(RequestError::Nowhere(DestinationRefused::NoClient)), "{wrong}");
        }
        let long = format!("client_id=a&state={}", "s".repeat(PARAMS_BYTES_MAX));
        assert!(matches!(target(&long), Err(RequestError::Unreadable(ParamsRefused::TooLong { .. }))));
    }
}
