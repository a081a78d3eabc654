//! Headers that rooms read by themselves, read in one way by all of them.

use axum::http::{HeaderMap, header};

/// The one header `Authorization`; two of them are none.
#[must_use]
pub fn authorization(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// The token of `Authorization: Bearer …`.
#[must_use]
pub fn bearer_in(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = authorization(headers)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the body is said to be of this media type. Its parameters say nothing here.
#[must_use]
pub fn is_media(headers: &HeaderMap, media: &str) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_token_comes_as_a_bearer_and_who_proves_himself_twice_proves_nothing() {
        assert_eq!(bearer_in(&HeaderMap::new()), None);
        for (said, token) in [("Bearer abc", Some("abc")), ("bearer  abc ", Some("abc")), ("Basic abc", None), ("Bearer", None)] {
            let headers = headers(header::AUTHORIZATION, said);
            assert_eq!((authorization(&headers), bearer_in(&headers)), (Some(said), token), "{said}");
        }
        let mut twice = headers(header::AUTHORIZATION, "Bearer abc");
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        assert_eq!((authorization(&twice), bearer_in(&twice)), (None, None));
    }

    #[test]
    fn a_body_is_what_it_is_said_to_be_whatever_the_parameters() {
        let form = "application/x-www-form-urlencoded";
        for (said, is_one) in [("Application/X-WWW-Form-Urlencoded; charset=utf-8", true), (form, true), ("application/json", false), ("", false)] {
            assert_eq!(is_media(&headers(header::CONTENT_TYPE, said), form), is_one, "{said}");
        }
        assert!(!is_media(&HeaderMap::new(), form));
    }
}
