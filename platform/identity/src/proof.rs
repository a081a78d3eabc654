//! A session's cookie alone opens nothing: each request carries a proof by the key that the browser keeps and cannot give away.
//!
//! A proof is good for one request, told by method, path with query and body, and for as long as its nonce lives. A nonce lives in one process:
//! what another node accepted is no proof here, and what was accepted before a restart is none after it. So nothing about proofs is stored, and
//! no clock but ours matters: a phone whose clock is a year off signs as well as any other.
//!
//! **Invariant:** a proof is accepted once. What was accepted is remembered for as long as its nonce lives.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use shouhu_env::Env;
use shouhu_ids::{Micros, SessionId};
use shouhu_module::Keyed;
use shouhu_wire::{Proof, proof_text};

/// Another nonce is told so often; the one before is accepted for as long again.
pub const NONCE_EVERY_US: i64 = Micros::MINUTE;
/// Proofs remembered for one nonce: 3,300 requests in each second of a minute. Beyond it the next nonce comes early, which costs each browser one more try.
const ACCEPTED_MAX: usize = 200_000;
/// An id of 128 bits, as base64url.
const ID_BYTES: usize = 16;

/// Why a request does not prove whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    #[error("this session is bound to its browser's key: a request without a proof by it opens nothing")]
    Missing,
    #[error("the proof is not by the key of this session, or not for this request")]
    Wrong,
    #[error("this proof was used before")]
    Replayed,
    #[error("the proof is for another body")]
    OtherBody,
    /// Signed by the right key: nothing is wrong but the time.
    #[error("the proof's nonce has run out: sign again with the one in the header shouhu-nonce")]
    Stale,
}

impl Unproved {
    /// Whether an honest browser never does it: somebody else has the cookie.
    #[must_use]
    pub const fn is_suspicious(self) -> bool {
        !matches!(self, Self::Stale)
    }
}

impl Keyed for Unproved {
    fn key(&self) -> &'static str {
        match self {
            Self::Missing => "identity.proof_required",
            Self::Stale => "identity.proof_stale",
            _ => "identity.proof_refused",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }
}

/// The text is no P-256 point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("session_key is the uncompressed point of a P-256 key, 65 bytes as base64url: this browser cannot make one, or sent something else")]
pub struct KeyInvalid;

impl Keyed for KeyInvalid {
    fn key(&self) -> &'static str {
        "identity.session_key_invalid"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// The key that a session is bound to.
///
/// # Errors
/// When the text is none.
pub fn key_of(text: &str) -> Result<VerifyingKey, KeyInvalid> {
    const POINT_BYTES: usize = 65;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyInvalid)?;
    if bytes.len() != POINT_BYTES {
        return Err(KeyInvalid);
    }
    VerifyingKey::from_sec1_bytes(&bytes).map_err(|_| KeyInvalid)
}

/// Whether the key signed this proof for this request.
pub fn is_signed(key: &VerifyingKey, proof: &Proof<'_>, method: &str, path_and_query: &str) -> bool {
    let Some(signature) = URL_SAFE_NO_PAD.decode(proof.signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok()) else { return false };
    key.verify(proof_text(proof.nonce, proof.id, method, path_and_query, proof.body).as_bytes(), &signature).is_ok()
}

/// The proofs that one nonce has seen.
struct Generation {
    nonce: String,
    began_at: Micros,
    accepted: HashSet<(SessionId, [u8; ID_BYTES])>,
}

impl Generation {
    fn new(env: &Env) -> Self {
        Self { nonce: URL_SAFE_NO_PAD.encode(env.random.bytes16()), began_at: env.now(), accepted: HashSet::new() }
    }
}

struct Generations {
    current: Generation,
    before: Option<Generation>,
}

/// The nonces of this process and what was proved with them.
pub struct Proofs(Mutex<Generations>);

impl Proofs {
    pub fn new(env: &Env) -> Self {
        Self(Mutex::new(Generations { current: Generation::new(env), before: None }))
    }

    /// With the nonce renewed when it is due. A clock that was set back by more than a nonce's life renews it too.
    fn lock(&self, env: &Env) -> MutexGuard<'_, Generations> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = env.now();
        let is_over = |generation: &Generation, lives_us: i64| now.since(generation.began_at).saturating_abs() >= lives_us;
        if is_over(&held.current, NONCE_EVERY_US) || held.current.accepted.len() >= ACCEPTED_MAX {
            let current = std::mem::replace(&mut held.current, Generation::new(env));
            held.before = Some(current);
        }
        if held.before.as_ref().is_some_and(|before| is_over(before, 2 * NONCE_EVERY_US)) {
            held.before = None;
        }
        held
    }

    /// For the next proofs.
    pub fn nonce(&self, env: &Env) -> String {
        self.lock(env).current.nonce.clone()
    }

    /// Uses a proof up whose signature holds.
    ///
    /// # Errors
    /// `Stale` and `Replayed`; `Wrong` when its id is none.
    pub fn accept(&self, env: &Env, session: SessionId, proof: &Proof<'_>) -> Result<(), Unproved> {
        let id = URL_SAFE_NO_PAD.decode(proof.id).ok().and_then(|bytes| <[u8; ID_BYTES]>::try_from(bytes).ok()).ok_or(Unproved::Wrong)?;
        let mut held = self.lock(env);
        let Generations { current, before } = &mut *held;
        let known = [Some(current), before.as_mut()].into_iter().flatten().find(|generation| generation.nonce == proof.nonce);
        let generation = known.ok_or(Unproved::Stale)?;
        if generation.accepted.insert((session, id)) { Ok(()) } else { Err(Unproved::Replayed) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use shouhu_env::{SeededRandom, SimClock};
    use shouhu_passkey::SessionKey;

    use super::*;

    fn env() -> (Env, Arc<SimClock>) {
        let clock = Arc::new(SimClock::starting_at(Micros(1_800_000_000_000_000)));
        (Env { clock: clock.clone(), random: Arc::new(SeededRandom::new(3)), ..Env::real() }, clock)
    }

    fn session(n: u8) -> SessionId {
        SessionId::new(Micros(1), [n; 16])
    }

    #[test]
    fn a_proof_holds_for_its_request_and_its_key_only() {
        let (mine, theirs) = (SessionKey::new([7; 32]).unwrap(), SessionKey::new([8; 32]).unwrap());
        let key = key_of(&mine.public()).unwrap();
        let text = mine.prove("POST", "/v1/hits?x=1", b"{}");
        let proof = Proof::parse(&text).unwrap();
        assert!(is_signed(&key, &proof, "POST", "/v1/hits?x=1"));
        assert!(proof.is_about(b"{}") && !proof.is_about(b"{ }") && !proof.is_about(b""));
        assert!(!is_signed(&key, &proof, "GET", "/v1/hits?x=1"));
        assert!(!is_signed(&key, &proof, "POST", "/v1/hits?x=2"));
        assert!(!is_signed(&key, &Proof { nonce: "other", ..proof }, "POST", "/v1/hits?x=1"));
        assert!(!is_signed(&key, &Proof { id: "AAAA", ..proof }, "POST", "/v1/hits?x=1"));
        assert!(!is_signed(&key, &Proof { body: "-", ..proof }, "POST", "/v1/hits?x=1"), "another body cannot be put in");
        assert!(!is_signed(&key_of(&theirs.public()).unwrap(), &proof, "POST", "/v1/hits?x=1"));
    }

    #[test]
    fn a_proof_is_accepted_once_and_only_while_its_nonce_lives() {
        let ((env, clock), key) = (env(), SessionKey::new([7; 32]).unwrap());
        let proofs = Proofs::new(&env);
        let accept = |text: &str, whose: u8| proofs.accept(&env, session(whose), &Proof::parse(text).unwrap());
        assert_eq!(accept(&key.prove("GET", "/", b""), 1), Err(Unproved::Stale), "no nonce was told yet");
        key.told(&proofs.nonce(&env));
        let (first, second, third) = (key.prove("GET", "/", b""), key.prove("GET", "/", b""), key.prove("GET", "/", b""));
        assert_eq!(accept(&first, 1), Ok(()));
        assert_eq!(accept(&first, 1), Err(Unproved::Replayed));
        assert_eq!(accept(&first, 2), Ok(()), "ids are told apart by session");
        clock.advance_us(NONCE_EVERY_US);
        assert_eq!(accept(&first, 1), Err(Unproved::Replayed), "remembered for as long as it could be used");
        assert_eq!(accept(&second, 1), Ok(()), "the nonce before is accepted for a while");
        clock.advance_us(NONCE_EVERY_US);
        assert_eq!(accept(&third, 1), Err(Unproved::Stale));
        assert_eq!(accept(&first, 1), Err(Unproved::Stale));
        key.told(&proofs.nonce(&env));
        clock.advance_us(10 * NONCE_EVERY_US);
        assert_eq!(accept(&key.prove("GET", "/", b""), 1), Err(Unproved::Stale), "after a long silence too");
        assert_eq!(Proofs::new(&env).accept(&env, session(1), &Proof::parse(&key.prove("GET", "/", b"")).unwrap()), Err(Unproved::Stale), "another node");
    }

    #[test]
    fn memory_is_bounded_by_telling_a_nonce_early() {
        let (env, _) = env();
        let proofs = Proofs::new(&env);
        let first = proofs.nonce(&env);
        {
            let mut held = proofs.0.lock().unwrap();
            held.current.accepted.extend((0..ACCEPTED_MAX as u128).map(|n| (session(1), n.to_be_bytes())));
        }
        assert_ne!(proofs.nonce(&env), first);
        assert_eq!(proofs.0.lock().unwrap().current.accepted.len(), 0);
    }

    #[test]
    fn only_a_point_on_the_curve_is_a_key() {
        let good = SessionKey::new([7; 32]).unwrap().public();
        assert!(key_of(&good).is_ok());
        let flipped: String = good.chars().rev().collect();
        for wrong in ["", "AAAA", "?", &"A".repeat(87), &flipped, &good[..43]] {
            assert!(key_of(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_key_and_signature_are_read_or_refused(key in "[A-Za-z0-9_-]{0,100}", signature in "[A-Za-z0-9_-]{1,86}") {
            let _ = key_of(&key);
            let mine = key_of(&SessionKey::new([7; 32]).unwrap().public()).unwrap();
            let proof = Proof { nonce: "n", id: "AAAAAAAAAAAAAAAAAAAAAA", body: "-", signature: &signature };
            prop_assert!(!is_signed(&mine, &proof, "GET", "/"));
        }
    }
}
