//! A session's cookie alone opens nothing: each request carries a proof by the key that the browser keeps and cannot give away.
//!
//! A proof is good for one request, told by method, path with query and body, and for as long as its nonce lives. A nonce is the moment at which it was told, with a
//! code under a key that all servers of a house have: each takes what another told, and nothing about proofs is stored or asked for. No clock but the servers' matters:
//! a phone whose clock is a year off signs as well as any other.
//!
//! **Invariant:** a proof is accepted once by a process. What was accepted is remembered for as long as its nonce lives, and a nonce that was told before the process began
//! is none: so what was accepted before a restart is no proof after it, where the servers' clocks agree. With the nonce of a server that is ahead it is one once more,
//! within their difference ([`CLOCKS_APART_US`] at most). Two servers do not tell each other (a row for each request would cost more than the request):
//! whoever holds cookie and recorded proof can use it once more at each other server, within the two minutes of its nonce, for that one request and body. A clock that is
//! set back brings the nonces of those minutes back.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2_11::Sha256;
use shouhu_blobs::{Key, Keys};
use shouhu_env::Env;
use shouhu_ids::{Micros, SessionId};
use shouhu_module::Keyed;
use shouhu_wire::{Proof, proof_text};

/// Another nonce is told so often; the one before is accepted for as long again.
pub const NONCE_EVERY_US: i64 = Micros::MINUTE;
const NONCE_LIFE_US: i64 = 2 * NONCE_EVERY_US;
/// So far apart the clocks of a house's servers may be; a nonce from further ahead is none.
pub const CLOCKS_APART_US: i64 = 30 * Micros::SECOND;
const NONCE_KEY: &str = "identity nonces of session proofs";
/// Of the code in a nonce, 128 bits.
const CODE_BYTES: usize = 16;
/// Proofs remembered: 3,300 requests in each second of two minutes. Beyond it they are forgotten with all nonces told so far, which costs each browser one more try.
const ACCEPTED_MAX: usize = 400_000;
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

fn code_over(key: &Key, told_at: Micros) -> Option<Hmac<Sha256>> {
    // Keys of any length are taken (RFC 2104 §2).
    let mut code = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
    code.update(&told_at.0.to_be_bytes());
    Some(code)
}

fn nonce_of(key: &Key, told_at: Micros) -> String {
    let Some(code) = code_over(key, told_at) else { return String::new() };
    let code = code.finalize().into_bytes();
    let bytes: Vec<u8> = told_at.0.to_be_bytes().into_iter().chain(code.iter().copied().take(CODE_BYTES)).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// When a server of this house told the nonce; `None` when none did.
fn moment_of(key: &Key, nonce: &str) -> Option<Micros> {
    let bytes = URL_SAFE_NO_PAD.decode(nonce).ok()?;
    let (moment, code) = bytes.split_first_chunk()?;
    let told_at = Micros(i64::from_be_bytes(*moment));
    let is_ours = code.len() == CODE_BYTES && code_over(key, told_at)?.verify_truncated_left(code).is_ok();
    is_ours.then_some(told_at)
}

fn is_alive(now: Micros, told_at: Micros) -> bool {
    (-CLOCKS_APART_US..NONCE_LIFE_US).contains(&now.since(told_at))
}

/// The whole minute, so that servers tell the same nonce at the same time.
const fn minute_of(now: Micros) -> Micros {
    Micros(now.0 - now.0.rem_euclid(NONCE_EVERY_US))
}

/// What this process tells and has seen.
struct Seen {
    /// A nonce from before is none here: what was proved with it may be forgotten.
    from: Micros,
    told_at: Micros,
    nonce: String,
    /// By the moments of their nonces: those few that are alive.
    accepted: BTreeMap<Micros, HashSet<(SessionId, [u8; ID_BYTES])>>,
}

/// The nonces of the house, and what was proved with them to this process.
pub struct Proofs {
    key: Key,
    seen: Mutex<Seen>,
}

impl Proofs {
    pub fn new(env: &Env, keys: &Keys) -> Self {
        let (key, from) = (keys.derived(NONCE_KEY), env.now());
        let seen = Seen { from, told_at: from, nonce: nonce_of(&key, from), accepted: BTreeMap::new() };
        Self { key, seen: Mutex::new(seen) }
    }

    /// With the nonce renewed when it is due, and without what nobody can prove any more.
    fn lock(&self, now: Micros) -> MutexGuard<'_, Seen> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.from > now.plus(CLOCKS_APART_US) {
            // The clock was set back: nothing that is told now would ever be taken.
            seen.from = now;
        } else if seen.accepted.values().map(HashSet::len).sum::<usize>() >= ACCEPTED_MAX {
            seen.from = now.max(seen.told_at.plus(1));
            seen.accepted.clear();
        }
        let told_at = minute_of(now).max(seen.from);
        if seen.told_at != told_at {
            seen.told_at = told_at;
            seen.nonce = nonce_of(&self.key, told_at);
        }
        seen.accepted.retain(|told_at, _| is_alive(now, *told_at));
        seen
    }

    /// For the next proofs of whoever proved something with the nonce `used`. `None` where that will do: it is ours, or another server told it later.
    pub fn newer(&self, env: &Env, used: &str) -> Option<String> {
        let now = env.now();
        let seen = self.lock(now);
        if used == seen.nonce {
            return None;
        }
        let is_later = moment_of(&self.key, used).is_some_and(|told_at| told_at > seen.told_at && is_alive(now, told_at));
        (!is_later).then(|| seen.nonce.clone())
    }

    /// Uses a proof up whose signature holds.
    ///
    /// # Errors
    /// `Stale` and `Replayed`; `Wrong` when its id is none.
    pub fn accept(&self, env: &Env, session: SessionId, proof: &Proof<'_>) -> Result<(), Unproved> {
        let id = URL_SAFE_NO_PAD.decode(proof.id).ok().and_then(|bytes| <[u8; ID_BYTES]>::try_from(bytes).ok()).ok_or(Unproved::Wrong)?;
        let now = env.now();
        let mut seen = self.lock(now);
        let told_at = if proof.nonce == seen.nonce { Some(seen.told_at) } else { moment_of(&self.key, proof.nonce) };
        let told_at = told_at.filter(|told_at| *told_at >= seen.from && is_alive(now, *told_at)).ok_or(Unproved::Stale)?;
        if seen.accepted.entry(told_at).or_default().insert((session, id)) { Ok(()) } else { Err(Unproved::Replayed) }
    }

    /// The nonce that is told now.
    #[cfg(test)]
    pub fn nonce(&self, env: &Env) -> String {
        self.lock(env.now()).nonce.clone()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::path::Path;
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

    fn keys(house: u64) -> Keys {
        Keys::open(Env::simulated(house, Micros(0)), Path::new("/keys")).unwrap()
    }

    #[test]
    fn a_proof_is_accepted_once_and_only_while_its_nonce_lives() {
        let ((env, clock), key) = (env(), SessionKey::new([7; 32]).unwrap());
        let proofs = Proofs::new(&env, &keys(1));
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
    }

    #[test]
    fn a_proof_with_one_servers_nonce_is_good_at_another_of_the_house_and_at_no_other_house() {
        let ((env, clock), key) = (env(), SessionKey::new([7; 32]).unwrap());
        let (north, south, stranger) = (Proofs::new(&env, &keys(1)), Proofs::new(&env, &keys(1)), Proofs::new(&env, &keys(2)));
        clock.advance_us(NONCE_EVERY_US + 1);
        assert_eq!(north.nonce(&env), south.nonce(&env), "of the same minute they tell the same");
        key.told(&north.nonce(&env));
        let texts: Vec<String> = (0..3).map(|_| key.prove("GET", "/", b"")).collect();
        let proof = |at: usize| Proof::parse(texts.get(at).unwrap()).unwrap();
        assert_eq!(south.accept(&env, session(1), &proof(0)), Ok(()));
        assert_eq!(south.accept(&env, session(1), &proof(0)), Err(Unproved::Replayed));
        assert_eq!(stranger.accept(&env, session(1), &proof(1)), Err(Unproved::Stale));
        clock.advance_us(NONCE_LIFE_US - 2);
        assert_eq!(south.accept(&env, session(1), &proof(1)), Ok(()), "two minutes less a moment from the whole minute on");
        clock.advance_us(1);
        assert_eq!(south.accept(&env, session(1), &proof(2)), Err(Unproved::Stale), "the same age limit as at home");
        assert_eq!(north.accept(&env, session(1), &proof(2)), Err(Unproved::Stale));
    }

    #[test]
    fn what_was_accepted_before_a_restart_is_no_proof_after_it() {
        let ((env, clock), key) = (env(), SessionKey::new([7; 32]).unwrap());
        let (before, other) = (Proofs::new(&env, &keys(1)), Proofs::new(&env, &keys(1)));
        key.told(&before.nonce(&env));
        let (used, unused) = (key.prove("GET", "/", b""), key.prove("GET", "/", b""));
        assert_eq!(before.accept(&env, session(1), &Proof::parse(&used).unwrap()), Ok(()));
        drop(before);
        clock.advance_us(Micros::SECOND);
        let after = Proofs::new(&env, &keys(1));
        for text in [&used, &unused] {
            assert_eq!(after.accept(&env, session(1), &Proof::parse(text).unwrap()), Err(Unproved::Stale));
        }
        // It tells one of its own, which is good everywhere, and which nobody is talked out of by a server that told its own earlier.
        let old = other.nonce(&env);
        let fresh = after.newer(&env, &old).unwrap();
        assert_eq!((after.newer(&env, &fresh), other.newer(&env, &fresh)), (None, None));
        assert_eq!(other.newer(&env, "none").as_deref(), Some(old.as_str()));
        key.told(&fresh);
        for proofs in [&after, &other] {
            assert_eq!(proofs.accept(&env, session(1), &Proof::parse(&key.prove("GET", "/", b"")).unwrap()), Ok(()));
        }
    }

    /// What the guide to several servers says of clocks.
    #[test]
    fn a_proof_with_the_nonce_of_a_server_that_is_ahead_is_one_once_more_after_a_restart_within_their_difference() {
        let ((env, clock), (env_ahead, clock_ahead), key) = (env(), env(), SessionKey::new([7; 32]).unwrap());
        let (before, ahead) = (Proofs::new(&env, &keys(1)), Proofs::new(&env_ahead, &keys(1)));
        // Its minute has turned, and ours turns ten seconds later.
        clock.advance_us(50 * Micros::SECOND);
        clock_ahead.advance_us(70 * Micros::SECOND);
        key.told(&ahead.nonce(&env_ahead));
        let used = key.prove("GET", "/", b"");
        let proof = Proof::parse(&used).unwrap();
        assert_eq!(before.accept(&env, session(1), &proof), Ok(()));
        clock.advance_us(5 * Micros::SECOND);
        let within = Proofs::new(&env, &keys(1));
        assert_eq!([(); 2].map(|()| within.accept(&env, session(1), &proof)), [Ok(()), Err(Unproved::Replayed)]);
        clock.advance_us(6 * Micros::SECOND);
        assert_eq!(Proofs::new(&env, &keys(1)).accept(&env, session(1), &proof), Err(Unproved::Stale));
    }

    #[test]
    fn clocks_of_servers_may_be_apart_a_little_and_one_that_is_set_back_shuts_nobody_out() {
        let ((env, clock), key) = (env(), SessionKey::new([7; 32]).unwrap());
        let slow = Proofs::new(&env, &keys(1));
        let ahead = |us: i64| nonce_of(&keys(1).derived(NONCE_KEY), env.now().plus(us));
        for (us, expected) in [(CLOCKS_APART_US, Ok(())), (CLOCKS_APART_US + 1, Err(Unproved::Stale))] {
            key.told(&ahead(us));
            assert_eq!(slow.accept(&env, session(1), &Proof::parse(&key.prove("GET", "/", b"")).unwrap()), expected, "{us}");
        }
        clock.advance_us(-Micros::HOUR);
        key.told(&slow.nonce(&env));
        assert_eq!(slow.accept(&env, session(1), &Proof::parse(&key.prove("GET", "/", b"")).unwrap()), Ok(()));
    }

    #[test]
    fn memory_is_bounded_by_telling_a_nonce_early() {
        let ((env, _), key) = (env(), SessionKey::new([7; 32]).unwrap());
        let proofs = Proofs::new(&env, &keys(1));
        let first = proofs.nonce(&env);
        key.told(&first);
        {
            let mut seen = proofs.seen.lock().unwrap();
            let told_at = seen.told_at;
            seen.accepted.entry(told_at).or_default().extend((0..ACCEPTED_MAX as u128).map(|n| (session(1), n.to_be_bytes())));
        }
        let second = proofs.nonce(&env);
        assert_ne!(second, first);
        assert!(proofs.seen.lock().unwrap().accepted.is_empty());
        assert_eq!(proofs.accept(&env, session(1), &Proof::parse(&key.prove("GET", "/", b"")).unwrap()), Err(Unproved::Stale), "what is forgotten is not taken again");
        key.told(&second);
        assert_eq!(proofs.accept(&env, session(1), &Proof::parse(&key.prove("GET", "/", b"")).unwrap()), Ok(()));
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
        fn a_nonce_that_was_made_up_or_changed_is_nobodys(text in "[A-Za-z0-9_-]{0,86}", at in any::<i64>(), change in 0_usize..32) {
            let key = keys(1).derived(NONCE_KEY);
            prop_assert_eq!(moment_of(&key, &text), None);
            let nonce = nonce_of(&key, Micros(at));
            prop_assert_eq!((nonce.len(), moment_of(&key, &nonce)), (32, Some(Micros(at))));
            let changed: String = nonce.chars().enumerate().map(|(n, c)| if n != change { c } else if c == 'A' { 'B' } else { 'A' }).collect();
            prop_assert_eq!(moment_of(&key, &changed), None);
        }

        #[test]
        fn any_key_and_signature_are_read_or_refused(key in "[A-Za-z0-9_-]{0,100}", signature in "[A-Za-z0-9_-]{1,86}") {
            let _ = key_of(&key);
            let mine = key_of(&SessionKey::new([7; 32]).unwrap().public()).unwrap();
            let proof = Proof { nonce: "n", id: "AAAAAAAAAAAAAAAAAAAAAA", body: "-", signature: &signature };
            prop_assert!(!is_signed(&mine, &proof, "GET", "/"));
        }
    }
}
