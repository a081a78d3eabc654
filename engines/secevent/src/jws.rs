//! The compact form of JWS (RFC 7515), for ES256 alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::key::{SetKey, SetSigner};
use crate::refused::SetRefused;
use crate::set::SET_BYTES_MAX;

const TYPE: &str = "secevent+jwt";
const ALGORITHM: &str = "ES256";

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
}

fn decoded(part: &str) -> Result<Vec<u8>, SetRefused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| SetRefused::Form)
}

/// Media types know no case, and `application/` may be left out (RFC 7515 §4.1.9).
fn is_of_type(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ) == TYPE
}

fn header_of(part: &str) -> Result<Header, SetRefused> {
    let fields: Map<String, Value> = serde_json::from_slice(&decoded(part)?).map_err(|_| SetRefused::Form)?;
    if fields.contains_key("crit") {
        return Err(SetRefused::Critical);
    }
    let header: Header = serde_json::from_value(Value::Object(fields)).map_err(|_| SetRefused::Form)?;
    if !header.typ.as_deref().is_some_and(is_of_type) {
        return Err(SetRefused::Type);
    }
    if header.alg != ALGORITHM {
        return Err(SetRefused::Algorithm);
    }
    Ok(header)
}

fn key_of<'a>(keys: &'a [SetKey], kid: Option<&str>) -> Result<&'a SetKey, SetRefused> {
    let found = match (kid, keys) {
        (Some(kid), _) => keys.iter().find(|key| key.kid() == kid),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.ok_or(SetRefused::UnknownKey)
}

/// The claims of a token that one of these keys has signed.
pub fn opened(text: &str, keys: &[SetKey]) -> Result<Map<String, Value>, SetRefused> {
    if text.len() > SET_BYTES_MAX {
        return Err(SetRefused::TooLong { bytes: text.len() });
    }
    let (message, signature) = text.rsplit_once('.').ok_or(SetRefused::Form)?;
    let (header, claims) = message.split_once('.').ok_or(SetRefused::Form)?;
    let header = header_of(header)?;
    let key = key_of(keys, header.kid.as_deref())?;
    if !key.has_signed(message.as_bytes(), &decoded(signature)?) {
        return Err(SetRefused::Signature);
    }
    serde_json::from_slice(&decoded(claims)?).map_err(|_| SetRefused::Form)
}

/// The token of these claims, as [`crate::Set::claims`] gives them: the same bytes whenever they are signed again.
#[must_use]
pub fn sign_claims(claims: &Value, signer: &SetSigner) -> String {
    let header = json!({ "alg": ALGORITHM, "kid": signer.public().kid, "typ": TYPE });
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(message.as_bytes()));
    format!("{message}.{signature}")
}
