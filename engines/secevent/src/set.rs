//! A token's claims, and what must be true of them.

use serde_json::{Map, Value, json};

use crate::event::{Happened, seconds};
use crate::jws;
use crate::key::{SetKey, SetSigner};
use crate::refused::SetRefused;
use crate::subject::Subject;

/// A token has some hundred bytes; reasons in several languages make it longer.
pub const SET_BYTES_MAX: usize = 16 * 1024;
pub const JTI_CHARS_MAX: usize = 200;
/// Clocks of two houses may differ by so much.
pub const AHEAD_MAX_S: i64 = 5 * 60;
/// A transmitter may have been cut off over a long weekend. What was heard is remembered for longer than this.
pub const AGE_MAX_S: i64 = 4 * 24 * 3600;

/// What a receiver knows of a stream before it hears anything.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub iss: &'a str,
    pub aud: &'a str,
    pub keys: &'a [SetKey],
    /// Seconds since 1970.
    pub now_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub iss: String,
    pub aud: Vec<String>,
    pub jti: String,
    /// Seconds since 1970.
    pub iat_s: i64,
    pub subject: Subject,
    pub happened: Happened,
}

impl Set {
    /// When it happened, which nobody can have known before he told it.
    #[must_use]
    pub fn occurred_at_s(&self) -> i64 {
        self.happened.at_s.map_or(self.iat_s, |at_s| at_s.min(self.iat_s))
    }

    /// The claims as JSON, for whoever signs later.
    #[must_use]
    pub fn claims(&self) -> Value {
        let aud = match self.aud.as_slice() {
            [one] => json!(one),
            several => json!(several),
        };
        json!({
            "iss": self.iss,
            "aud": aud,
            "jti": self.jti,
            "iat": self.iat_s,
            "sub_id": self.subject.to_json(),
            "events": self.happened.to_json(),
        })
    }

    /// The token: the same one whenever it is signed again.
    #[must_use]
    pub fn signed(&self, signer: &SetSigner) -> String {
        jws::sign_claims(&self.claims(), signer)
    }

    fn of(claims: &Map<String, Value>) -> Result<Self, SetRefused> {
        for foreign in ["sub", "exp"] {
            if claims.contains_key(foreign) {
                return Err(SetRefused::Foreign(foreign));
            }
        }
        let jti = text(claims, "jti")?;
        if jti.chars().count() > JTI_CHARS_MAX || jti.chars().any(char::is_control) {
            return Err(SetRefused::Claim("jti"));
        }
        Ok(Self {
            iss: text(claims, "iss")?.to_owned(),
            aud: audience(claims)?,
            jti: jti.to_owned(),
            iat_s: claims.get("iat").and_then(seconds).ok_or(SetRefused::Claim("iat"))?,
            subject: Subject::of(claims.get("sub_id"))?,
            happened: Happened::of(claims.get("events"))?,
        })
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, SetRefused> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(SetRefused::Claim(name))
}

/// One text or several (RFC 7519 §4.1.3).
fn audience(claims: &Map<String, Value>) -> Result<Vec<String>, SetRefused> {
    match claims.get("aud") {
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(several)) => {
            let texts: Option<Vec<String>> = several.iter().map(|one| one.as_str().map(ToOwned::to_owned)).collect();
            texts.ok_or(SetRefused::Claim("aud"))
        }
        _ => Err(SetRefused::Claim("aud")),
    }
}

/// Reads what was pushed on a stream.
///
/// # Errors
/// The first thing that is wrong: size, form, type, algorithm, key, signature, claims, issuer, audience, time.
pub fn verify(token: &str, expected: &Expected<'_>) -> Result<Set, SetRefused> {
    let set = Set::of(&jws::opened(token, expected.keys)?)?;
    if set.iss != expected.iss {
        return Err(SetRefused::Issuer);
    }
    if !set.aud.iter().any(|aud| aud == expected.aud) {
        return Err(SetRefused::Audience);
    }
    if set.iat_s > expected.now_s.saturating_add(AHEAD_MAX_S) {
        return Err(SetRefused::Ahead);
    }
    if set.iat_s < expected.now_s.saturating_sub(AGE_MAX_S) {
        return Err(SetRefused::Old);
    }
    Ok(set)
}

#[cfg(test)]
mod tests;
