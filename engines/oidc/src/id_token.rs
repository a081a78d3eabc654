//! The provider's signed word about who somebody is (OpenID Connect Core 1.0 §2 and §3.1.3.7), in compact JWS (RFC 7515).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::key::{Algorithm, ProviderKey, key_for};
use crate::refused::OidcRefused;

/// One has a kilobyte; pictures and addresses of people, which nobody asked for, make it longer.
pub const ID_TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Of the specification.
pub const SUBJECT_CHARS_MAX: usize = 255;
/// The provider's clock and ours may differ by so much.
pub const AHEAD_MAX_S: i64 = 60;
/// It is fetched in the moment in which it is made.
pub const ISSUED_AGO_MAX_S: i64 = 10 * 60;
const AUDIENCES_MAX: usize = 10;

/// What is known before a token is looked at.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedToken<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub keys: &'a [ProviderKey],
    /// Those that the house's owner takes of this provider.
    pub algorithms: &'a [Algorithm],
    /// The levels that will do; none: any.
    pub acr: &'a [String],
    /// So long ago may the person have proved himself to the provider.
    pub max_age_s: i64,
    /// Seconds since 1970.
    pub now_s: i64,
}

/// Who it is, by the provider's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// Unique and for good at this issuer, and nowhere else.
    pub subject: String,
    pub acr: Option<String>,
    /// When the person proved himself to the provider; seconds since 1970.
    pub authenticated_at_s: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
}

struct Parts<'a> {
    message: &'a str,
    header: Header,
    claims: &'a str,
    signature: Vec<u8>,
}

fn decoded(part: &str) -> Result<Vec<u8>, OidcRefused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| OidcRefused::Token)
}

fn header_of(part: &str) -> Result<Header, OidcRefused> {
    let fields: Map<String, Value> = serde_json::from_slice(&decoded(part)?).map_err(|_| OidcRefused::Token)?;
    if fields.contains_key("crit") {
        return Err(OidcRefused::Critical);
    }
    let header: Header = serde_json::from_value(Value::Object(fields)).map_err(|_| OidcRefused::Token)?;
    // A token of another kind by the same key (an access token, a signal, a word about signing out) is not this one (RFC 8725 §3.11).
    if header.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(OidcRefused::Type);
    }
    Ok(header)
}

fn parts_of(token: &str) -> Result<Parts<'_>, OidcRefused> {
    if token.len() > ID_TOKEN_BYTES_MAX {
        return Err(OidcRefused::TooLong { what: "the ID token", bytes: token.len(), most: ID_TOKEN_BYTES_MAX });
    }
    let (message, signature) = token.rsplit_once('.').ok_or(OidcRefused::Token)?;
    let (header, claims) = message.split_once('.').ok_or(OidcRefused::Token)?;
    Ok(Parts { message, header: header_of(header)?, claims, signature: decoded(signature)? })
}

/// The claims of a token that one of these keys has signed.
fn opened(token: &str, expected: &ExpectedToken<'_>) -> Result<Map<String, Value>, OidcRefused> {
    let parts = parts_of(token)?;
    let algorithm = Algorithm::parse(&parts.header.alg).filter(|algorithm| expected.algorithms.contains(algorithm)).ok_or(OidcRefused::Algorithm)?;
    let key = key_for(expected.keys, parts.header.kid.as_deref(), algorithm).ok_or(OidcRefused::UnknownKey)?;
    if !key.has_signed(algorithm, parts.message.as_bytes(), &parts.signature) {
        return Err(OidcRefused::Signature);
    }
    serde_json::from_slice(&decoded(parts.claims)?).map_err(|_| OidcRefused::Token)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, OidcRefused> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(OidcRefused::Claim(name))
}

fn optional<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, OidcRefused> {
    if claims.contains_key(name) { text(claims, name).map(Some) } else { Ok(None) }
}

fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<i64, OidcRefused> {
    claims.get(name).and_then(Value::as_i64).filter(|at_s| *at_s >= 0).ok_or(OidcRefused::Claim(name))
}

fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), OidcRefused> {
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) if several.len() <= AUDIENCES_MAX => {
            let texts: Option<Vec<&str>> = several.iter().map(Value::as_str).collect();
            texts.ok_or(OidcRefused::Claim("aud"))?
        }
        _ => return Err(OidcRefused::Claim("aud")),
    };
    let party = optional(claims, "azp")?;
    // One that is also for others says that this house has asked for it.
    let is_asked_by_us = party.map_or(audiences.len() == 1, |party| party == client_id);
    if audiences.contains(&client_id) && is_asked_by_us { Ok(()) } else { Err(OidcRefused::Audience) }
}

fn check_times(claims: &Map<String, Value>, now_s: i64) -> Result<(), OidcRefused> {
    let (expires_s, issued_s) = (seconds(claims, "exp")?, seconds(claims, "iat")?);
    let not_before_s = if claims.contains_key("nbf") { seconds(claims, "nbf")? } else { 0 };
    if expires_s.saturating_add(AHEAD_MAX_S) <= now_s {
        return Err(OidcRefused::Expired);
    }
    if issued_s.max(not_before_s) > now_s.saturating_add(AHEAD_MAX_S) {
        return Err(OidcRefused::Ahead);
    }
    if issued_s < now_s.saturating_sub(ISSUED_AGO_MAX_S) {
        return Err(OidcRefused::Old);
    }
    Ok(())
}

/// When the person proved himself. The time of the answer would not do: a browser that the provider remembers proves nobody.
fn authenticated_at(claims: &Map<String, Value>, expected: &ExpectedToken<'_>) -> Result<i64, OidcRefused> {
    let at_s = seconds(claims, "auth_time")?;
    let ago_s = expected.now_s.saturating_sub(at_s);
    if ago_s < -AHEAD_MAX_S {
        return Err(OidcRefused::Ahead);
    }
    if ago_s > expected.max_age_s.saturating_add(AHEAD_MAX_S) {
        return Err(OidcRefused::LongAgo { ago_s, most_s: expected.max_age_s });
    }
    Ok(at_s)
}

fn level_of(claims: &Map<String, Value>, enough: &[String]) -> Result<Option<String>, OidcRefused> {
    let acr = optional(claims, "acr")?.map(ToOwned::to_owned);
    let is_enough = enough.is_empty() || acr.as_ref().is_some_and(|acr| enough.contains(acr));
    if is_enough { Ok(acr) } else { Err(OidcRefused::Weak { found: acr }) }
}

/// Whether a text can be the subject of a token: others are none that a provider has told.
#[must_use]
pub fn is_subject(text: &str) -> bool {
    (1..=SUBJECT_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

fn subject_of(claims: &Map<String, Value>) -> Result<String, OidcRefused> {
    let subject = text(claims, "sub")?;
    if is_subject(subject) { Ok(subject.to_owned()) } else { Err(OidcRefused::Claim("sub")) }
}

/// Reads the token that the token endpoint has given.
///
/// # Errors
/// The first thing that is wrong: size, form, type, algorithm, key, signature, issuer, audience, time, nonce, then what the house demands of the proof.
pub fn verify(token: &str, expected: &ExpectedToken<'_>) -> Result<Identified, OidcRefused> {
    let claims = opened(token, expected)?;
    if text(&claims, "iss")? != expected.issuer {
        return Err(OidcRefused::Issuer);
    }
    check_audience(&claims, expected.client_id)?;
    check_times(&claims, expected.now_s)?;
    if text(&claims, "nonce")? != expected.nonce {
        return Err(OidcRefused::Nonce);
    }
    let subject = subject_of(&claims)?;
    let authenticated_at_s = authenticated_at(&claims, expected)?;
    Ok(Identified { subject, acr: level_of(&claims, expected.acr)?, authenticated_at_s })
}

#[cfg(test)]
mod tests;
