//! Who stands at the door: from the headers of a request to a [`Caller`].
//!
//! **Invariant:** nothing here is remembered between requests. Each asks the database, so that a revoked device, an ended
//! session and a disabled person are out with the next request, on every node.

use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ed25519_dalek::{Signature, VerifyingKey};
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{App, Caller, DevicePeer, Keyed, Person, Problem};
use shouhu_store::StoreError;
use shouhu_wire::{DEVICE_HEADER, PROOF_HEADER, Proof, SIGNATURE_HEADER, SIGNED_AT_HEADER, signed_text, without_proof};

use crate::model::Device;
use crate::proof::{self, Unproved};
use crate::room::Room;
use crate::{device_store, session};

/// Last use of a device is written down at most so often.
const SEEN_EVERY_US: i64 = 30 * Micros::SECOND;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    #[error("device header {name} is missing, doubled or malformed: {expected}")]
    DeviceHeader { name: &'static str, expected: &'static str },
    #[error("device {device} is not enrolled here")]
    DeviceUnknown { device: DeviceId },
    #[error("signature of device {device} does not fit method, path, time and body of this request")]
    DeviceSignature { device: DeviceId },
    #[error("device {device} was revoked: an operator must register it anew")]
    DeviceRevoked { device: DeviceId },
    #[error("a page of another site may not act in your name")]
    Origin,
}

impl Keyed for DoorError {
    fn key(&self) -> &'static str {
        match self {
            Self::DeviceHeader { .. } => "identity.device_header",
            Self::DeviceUnknown { .. } => "identity.device_unknown",
            Self::DeviceSignature { .. } => "identity.device_signature",
            Self::DeviceRevoked { .. } => "identity.device_revoked",
            Self::Origin => "identity.origin_refused",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::DeviceHeader { .. } => StatusCode::BAD_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}

/// Whether [`caller_of`] needs the whole body: true exactly when the request says that a device signed it.
#[must_use]
pub fn needs_body(headers: &HeaderMap) -> bool {
    headers.contains_key(DEVICE_HEADER)
}

/// A request, as far as it says who sends it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub headers: &'a HeaderMap,
    pub method: &'a Method,
    /// Path with query, without the proof that may end it.
    pub target: &'a str,
    /// The proof of the session's key, from its header or, for a GET, from the end of the query.
    pub proof: Option<&'a str>,
}

impl<'a> Asked<'a> {
    #[must_use]
    pub fn of(headers: &'a HeaderMap, method: &'a Method, path_and_query: &'a str) -> Self {
        let in_header = the_one(headers, PROOF_HEADER);
        let (bare, in_query) = if method.is_safe() { without_proof(path_and_query) } else { (path_and_query, None) };
        Self { headers, method, target: bare, proof: in_header.or(in_query) }
    }
}

/// Why a request is nobody's whom we let in.
#[derive(Debug)]
pub enum Refused {
    Problem(Problem),
    /// The cookie of a live session came without a good proof by its key.
    Unproved { person: Box<Person>, why: Unproved },
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<DoorError> for Refused {
    fn from(error: DoorError) -> Self {
        Self::Problem(error.into())
    }
}

/// Who sent this request.
///
/// - With the header `shouhu-device`: that device, if its signature over method, path with query, time and `body` (absent
///   counts as empty) holds under its enrolled key and it is not revoked; otherwise a problem, never somebody else. Cookies
///   are then ignored. The time is not judged: a device's clock may be a year off, and a repeated request is harmless
///   because sightings are idempotent by device and sequence. The clock's offset is noted.
/// - Else with a session cookie: its person. A cookie of a session that ended, expired, was idle too long or whose person was
///   disabled makes [`Caller::Nobody`], so that public routes still work; routes that need a person answer 401
///   `identity.session_required` then. A method other than GET, HEAD or OPTIONS of a live session must come from
///   our own pages: `Origin`, where present, equals the public URL, and `Sec-Fetch-Site` is not `cross-site`. Unless the route waives it,
///   the request carries a proof by the session's key ([`crate::Unproved`]); whether it is about the `body` is asked here where the body is there, else
///   the caller must ask [`Proof::is_about`]. A request without a proof keeps no session from becoming idle.
/// - Else [`Caller::Nobody`].
///
/// # Errors
/// 401 `identity.device_unknown`, `identity.device_signature`, `identity.device_revoked` (only after the signature held);
/// 400 `identity.device_header`; 403 `identity.origin_refused`; `store.*` when the database cannot say; `Unproved`.
pub async fn caller_of(app: &App, asked: &Asked<'_>, is_proof_waived: bool, body: Option<&Bytes>) -> Result<Caller, Refused> {
    let headers = asked.headers;
    if needs_body(headers) {
        let body = body.map_or(&[][..], |bytes| bytes);
        return Ok(Caller::Device(device_of(app, headers, asked.method, asked.target, body).await?));
    }
    let Some(token) = session::session_token(app, headers) else { return Ok(Caller::Nobody) };
    let Some(mut known) = session::known(app, token).await? else { return Ok(Caller::Nobody) };
    if !asked.method.is_safe() && !is_own_origin(headers, &app.public_url) {
        return Err(DoorError::Origin.into());
    }
    if is_proof_waived {
        return Ok(Caller::Person(known.person));
    }
    if let Err(why) = prove(app, &known, asked, body) {
        return Err(Refused::Unproved { person: Box::new(known.person), why });
    }
    session::note_use(app, &mut known).await;
    Ok(Caller::Person(known.person))
}

/// The signature comes before the nonce: whoever has only the cookie does not hide behind a nonce that has run out.
fn prove(app: &App, known: &session::Known, asked: &Asked<'_>, body: Option<&Bytes>) -> Result<(), Unproved> {
    let proof = Proof::parse(asked.proof.ok_or(Unproved::Missing)?).ok_or(Unproved::Wrong)?;
    let key = proof::key_of(&known.key).map_err(|_| Unproved::Wrong)?;
    if !proof::is_signed(&key, &proof, asked.method.as_str(), asked.target) {
        return Err(Unproved::Wrong);
    }
    if body.is_some_and(|body| !proof.is_about(body)) {
        return Err(Unproved::OtherBody);
    }
    Room::of(app).proofs.accept(&app.env, known.person.session, &proof)
}

/// The nonce for the next proofs, for an answer to whoever proved something with an older one.
#[must_use]
pub fn nonce_for(app: &App, proof: &str) -> Option<String> {
    let used = Proof::parse(proof).map_or("", |proof| proof.nonce);
    app.try_room::<Room>()?.proofs.newer(&app.env, used)
}

/// Whether the log is to be told that a session's cookie came without its key; not for each of a thousand tries. Each is counted as a doubt about the session.
#[must_use]
pub fn is_worth_telling(app: &App, person: &Person, why: Unproved) -> bool {
    if !why.is_suspicious() {
        return false;
    }
    let (room, now) = (Room::of(app), app.env.now());
    room.keeper.doubted(now, person.session);
    room.doubts.is_due(now, person.session)
}

/// `https://host:port` of an address that may have a path.
fn origin_of(public_url: &str) -> &str {
    let after_scheme = public_url.find("://").map_or(0, |at| at + 3);
    let path_at = public_url.get(after_scheme..).and_then(|rest| rest.find('/'));
    path_at.and_then(|at| public_url.get(..after_scheme + at)).unwrap_or(public_url)
}

fn is_own_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let own = origin_of(public_url).as_bytes();
    let is_origin_own = headers.get_all(header::ORIGIN).iter().all(|origin| origin.as_bytes().eq_ignore_ascii_case(own));
    let is_cross_site = headers.get_all("sec-fetch-site").iter().any(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"));
    is_origin_own && !is_cross_site
}

#[derive(Debug, Clone, PartialEq)]
struct DeviceHeaders {
    device: DeviceId,
    signed_at: Micros,
    signature: Signature,
}

fn the_one<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

fn device_headers(headers: &HeaderMap) -> Result<DeviceHeaders, DoorError> {
    let device = the_one(headers, DEVICE_HEADER).and_then(|text| text.parse().ok());
    let device = device.ok_or(DoorError::DeviceHeader { name: DEVICE_HEADER, expected: "the device's id" })?;
    let signed_at = the_one(headers, SIGNED_AT_HEADER).and_then(|text| text.parse().ok());
    let signed_at =
        signed_at.ok_or(DoorError::DeviceHeader { name: SIGNED_AT_HEADER, expected: "microseconds since 1970 UTC" })?;
    let signature = the_one(headers, SIGNATURE_HEADER).and_then(|text| STANDARD.decode(text).ok());
    let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signature = signature.ok_or(DoorError::DeviceHeader { name: SIGNATURE_HEADER, expected: "64 bytes as base64" })?;
    Ok(DeviceHeaders { device, signed_at: Micros(signed_at), signature })
}

/// An Ed25519 public key that a signature can be trusted under.
pub fn public_key_of(base64: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = STANDARD.decode(base64).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())
}

/// The device that the headers name and the key that its signature must hold under.
async fn device_named(app: &App, said: &DeviceHeaders) -> Result<(Device, VerifyingKey), Problem> {
    let unknown = DoorError::DeviceUnknown { device: said.device };
    let Some((device, public_key)) = device_store::with_key(&app.store, said.device).await? else { return Err(unknown.into()) };
    let Some(key) = public_key.as_deref().and_then(public_key_of) else { return Err(unknown.into()) };
    Ok((device, key))
}

/// Refuses a request that no device of ours can have signed, before its body is read: nothing is proved by it.
///
/// # Errors
/// As [`caller_of`], without what needs the body.
pub async fn check_device_named(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    device_named(app, &device_headers(headers)?).await.map(|_| ())
}

async fn device_of(app: &App, headers: &HeaderMap, method: &Method, path_and_query: &str, body: &[u8]) -> Result<DevicePeer, Problem> {
    let said = device_headers(headers)?;
    let (device, key) = device_named(app, &said).await?;
    let text = signed_text(method.as_str(), path_and_query, said.signed_at.0, body);
    if key.verify_strict(text.as_bytes(), &said.signature).is_err() {
        return Err(DoorError::DeviceSignature { device: said.device }.into());
    }
    if device.is_revoked {
        return Err(DoorError::DeviceRevoked { device: said.device }.into());
    }
    let now = app.env.now();
    let clock_offset_us = said.signed_at.since(now);
    if device.last_seen_at_us.is_none_or(|seen_at| now.since(seen_at) >= SEEN_EVERY_US) {
        // A database that is too busy to note it must not refuse what the device brings.
        if let Err(error) = device_store::seen(&app.store, now, device.id, clock_offset_us).await {
            tracing::warn!(device = %device.id, %error, "use of a device not noted");
        }
    }
    Ok(DevicePeer { id: device.id, name: device.name, kind: device.kind, camera: device.camera, clock_offset_us })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?))).collect()
    }

    #[test]
    fn only_our_own_pages_may_act_for_a_session() {
        let own = "http://localhost:8470";
        assert!(is_own_origin(&headers(&[]), own), "programs send no Origin, and browsers send none with old cookies");
        assert!(is_own_origin(&headers(&[("origin", own), ("sec-fetch-site", "same-origin")]), own));
        for origin in ["null", "http://localhost:8471", "https://localhost:8470", "http://localhost:8470.evil.test", ""] {
            assert!(!is_own_origin(&headers(&[("origin", origin)]), own), "{origin}");
        }
        assert!(!is_own_origin(&headers(&[("sec-fetch-site", "cross-site")]), own));
        assert!(!is_own_origin(&headers(&[("origin", own), ("origin", "http://evil.test")]), own));
        assert_eq!(origin_of("https://police.example/shouhu"), "https://police.example");
    }

    #[test]
    fn a_key_of_small_order_under_which_anything_verifies_is_refused() {
        let weak = STANDARD.encode([1_u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(public_key_of(&weak).is_none());
        assert!(public_key_of("").is_none() && public_key_of("AAAA").is_none() && public_key_of("?").is_none());
    }

    proptest! {
        #[test]
        fn device_headers_of_any_content_are_read_or_refused(id in "[ -~]{0,40}", at in "[ -~]{0,24}", signature in "[ -~]{0,96}") {
            let refused = device_headers(&headers(&[(DEVICE_HEADER, &id), (SIGNED_AT_HEADER, &at), (SIGNATURE_HEADER, &signature)]));
            let is_named = matches!(refused, Err(DoorError::DeviceHeader { .. }));
            prop_assert!(refused.is_ok() || is_named);
        }

        #[test]
        fn well_formed_device_headers_are_read_back(id in any::<[u8; 16]>(), at in any::<i64>(), signature in any::<[u8; 32]>()) {
            let device = DeviceId::new(Micros(1), id);
            let signature = Signature::from_bytes(&[signature, [0; 32]].concat().try_into().unwrap_or([0; 64]));
            let written = headers(&[
                (DEVICE_HEADER, &device.to_string()),
                (SIGNED_AT_HEADER, &at.to_string()),
                (SIGNATURE_HEADER, &STANDARD.encode(signature.to_bytes())),
            ]);
            prop_assert_eq!(device_headers(&written), Ok(DeviceHeaders { device, signed_at: Micros(at), signature }));
        }
    }
}
