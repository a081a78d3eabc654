#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::*;
use crate::{Change, Direction, Err8935, Initiator, SharedEvent, SubjectId};

const NOW_S: i64 = 1_800_000_000;
const ISS: &str = "https://idp.example";
const AUD: &str = "https://house.example";

fn signer(seed: u8) -> SetSigner {
    SetSigner::of(&[seed; 32]).unwrap()
}

fn keys(seeds: &[u8]) -> Vec<SetKey> {
    seeds.iter().map(|seed| SetKey::of(signer(*seed).public()).unwrap()).collect()
}

fn read(token: &str, seeds: &[u8]) -> Result<Set, SetRefused> {
    verify(token, &Expected { iss: ISS, aud: AUD, keys: &keys(seeds), now_s: NOW_S })
}

fn claims() -> Value {
    json!({
        "iss": ISS,
        "aud": AUD,
        "jti": "24c63fb5",
        "iat": NOW_S,
        "sub_id": { "format": "iss_sub", "iss": ISS, "sub": "a1" },
        "events": { "https://schemas.openid.net/secevent/caep/event-type/session-revoked": {} },
    })
}

/// Signed as it stands, whatever it says.
fn token(claims: &Value) -> String {
    jws::sign_claims(claims, &signer(7))
}

fn with(name: &str, value: Value) -> Result<Set, SetRefused> {
    let mut changed = claims();
    changed[name] = value;
    read(&token(&changed), &[7])
}

fn without(name: &str) -> Result<Set, SetRefused> {
    let mut changed = claims();
    changed.as_object_mut().unwrap().remove(name);
    read(&token(&changed), &[7])
}

/// A token with a header of one's own, truly signed over it.
fn headed(header: &Value) -> Result<Set, SetRefused> {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims().to_string()));
    read(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(signer(7).sign(message.as_bytes()))), &[7])
}

#[test]
fn an_event_of_caep_is_read_with_user_and_session() {
    let mut caep = claims();
    caep["sub_id"] = json!({
        "format": "complex",
        "session": { "format": "opaque", "id": "dMTlD|1600802906337.16|16008.16" },
        "user": { "format": "email", "email": "wang@police.example" },
        "tenant": { "format": "opaque", "id": "123456789" },
    });
    caep["events"] = json!({
        "https://schemas.openid.net/secevent/caep/event-type/session-revoked": {
            "initiating_entity": "policy",
            "reason_admin": { "en": "Landspeed policy violation: C076E82F" },
            "event_timestamp": NOW_S - 16,
        },
    });
    let set = read(&token(&caep), &[3, 7]).unwrap();
    assert_eq!(set.subject.user, Some(SubjectId::Email("wang@police.example".into())));
    assert!(set.subject.session.is_some() && set.subject.device.is_none());
    assert_eq!((set.happened.event.name(), set.happened.by), ("session_revoked", Some(Initiator::Policy)));
    assert_eq!((set.occurred_at_s(), set.jti.as_str()), (NOW_S - 16, "24c63fb5"));
}

#[test]
fn an_event_counts_as_happened_no_later_than_it_was_told() {
    let events = json!({ "https://schemas.openid.net/secevent/caep/event-type/session-revoked": { "event_timestamp": NOW_S + 900 } });
    assert_eq!(with("events", events).unwrap().occurred_at_s(), NOW_S);
}

#[test]
fn only_es256_by_a_pinned_key_is_believed() {
    let kid = signer(7).public().kid.clone();
    assert!(headed(&json!({ "alg": "ES256", "typ": "secevent+jwt", "kid": kid })).is_ok());
    assert!(headed(&json!({ "alg": "ES256", "typ": "application/SECEVENT+jwt" })).is_ok(), "one key needs no name");
    let refused = |header: Value| headed(&header).err();
    assert_eq!(refused(json!({ "alg": "none", "typ": "secevent+jwt" })), Some(SetRefused::Algorithm));
    assert_eq!(refused(json!({ "alg": "HS256", "typ": "secevent+jwt" })), Some(SetRefused::Algorithm));
    assert_eq!(refused(json!({ "alg": "ES256", "typ": "JWT" })), Some(SetRefused::Type));
    assert_eq!(refused(json!({ "alg": "ES256" })), Some(SetRefused::Type));
    assert_eq!(refused(json!({ "alg": "ES256", "typ": "secevent+jwt", "crit": ["b64"], "b64": false })), Some(SetRefused::Critical));
    assert_eq!(refused(json!({ "alg": "ES256", "typ": "secevent+jwt", "kid": "another" })), Some(SetRefused::UnknownKey));
    // A key that a token brings along is nobody's.
    let own = json!({ "alg": "ES256", "typ": "secevent+jwt", "kid": signer(9).public().kid, "jwk": signer(9).public() });
    assert_eq!(refused(own), Some(SetRefused::UnknownKey));
    assert_eq!(read(&token(&claims()), &[9]).err(), Some(SetRefused::UnknownKey));
    let unnamed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"secevent+jwt"}"#), URL_SAFE_NO_PAD.encode(claims().to_string()));
    let unnamed = format!("{unnamed}.{}", URL_SAFE_NO_PAD.encode(signer(7).sign(unnamed.as_bytes())));
    assert_eq!(read(&unnamed, &[7, 9]).err(), Some(SetRefused::UnknownKey), "of two keys one must be named");
    assert_eq!(read(&unnamed, &[9]).err(), Some(SetRefused::Signature));
    assert_eq!(SetRefused::Signature.err(), Err8935::InvalidKey);
}

#[test]
fn a_token_without_a_signature_is_none() {
    let unsigned = |header: &str| format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims().to_string()));
    assert_eq!(read(&unsigned(r#"{"alg":"none","typ":"secevent+jwt"}"#), &[7]).err(), Some(SetRefused::Algorithm));
    assert_eq!(read(&unsigned(r#"{"alg":"ES256","typ":"secevent+jwt"}"#), &[7]).err(), Some(SetRefused::Signature));
    for rubbish in ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "{}"] {
        assert!(read(rubbish, &[7]).is_err(), "{rubbish}");
    }
}

#[test]
fn a_token_for_somebody_else_by_somebody_else_or_of_another_time_is_refused_by_its_name() {
    assert_eq!(with("iss", json!("https://other.example")).err(), Some(SetRefused::Issuer));
    assert_eq!(with("aud", json!("https://other.example")).err(), Some(SetRefused::Audience));
    assert!(with("aud", json!(["https://other.example", AUD])).is_ok());
    assert_eq!(with("aud", json!([])).err(), Some(SetRefused::Audience));
    assert_eq!(with("aud", json!([7])).err(), Some(SetRefused::Claim("aud")));
    assert!(with("iat", json!(NOW_S + AHEAD_MAX_S)).is_ok() && with("iat", json!(NOW_S - AGE_MAX_S)).is_ok());
    assert_eq!(with("iat", json!(NOW_S + AHEAD_MAX_S + 1)).err(), Some(SetRefused::Ahead));
    assert_eq!(with("iat", json!(NOW_S - AGE_MAX_S - 1)).err(), Some(SetRefused::Old));
    assert_eq!(with("iat", json!(1.8e15)).err(), Some(SetRefused::Claim("iat")), "milliseconds are no seconds");
    assert_eq!(with("iat", json!(1_800_000_000.75)).unwrap().iat_s, NOW_S);
    for needed in ["iss", "aud", "iat", "jti", "sub_id", "events"] {
        assert_eq!(without(needed).err(), Some(SetRefused::Claim(needed)));
    }
    for foreign in ["sub", "exp"] {
        assert_eq!(with(foreign, Value::Null).err(), Some(SetRefused::Foreign(foreign)));
    }
    assert_eq!(with("jti", json!("x".repeat(JTI_CHARS_MAX + 1))).err(), Some(SetRefused::Claim("jti")));
    assert_eq!(with("jti", json!("a\nb")).err(), Some(SetRefused::Claim("jti")));
    assert!(matches!(read(&"x".repeat(SET_BYTES_MAX + 1), &[7]), Err(SetRefused::TooLong { .. })));
}

#[test]
fn one_event_is_taken_and_one_that_is_not_understood_is_said_to_be_so() {
    let revoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
    assert_eq!(with("events", json!({})).err(), Some(SetRefused::Events { found: 0 }));
    assert_eq!(with("events", json!({ revoked: {}, "urn:x": {} })).err(), Some(SetRefused::Events { found: 2 }));
    assert_eq!(with("events", json!({ revoked: [] })).err(), Some(SetRefused::Claim("events")));
    assert_eq!(with("events", json!({ "urn:x": {} })).unwrap().happened.event, SharedEvent::Other { uri: "urn:x".into() });
    let compliance = "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change";
    let half = json!({ compliance: { "current_status": "not-compliant" } });
    assert_eq!(with("events", half).err(), Some(SetRefused::Claim("previous_status")));
    let odd = json!({ compliance: { "current_status": "perhaps", "previous_status": "compliant" } });
    assert_eq!(with("events", odd).err(), Some(SetRefused::Claim("current_status")));
}

#[test]
fn a_subject_in_a_format_that_is_not_understood_is_nobody_and_one_without_format_is_wrong() {
    assert_eq!(with("sub_id", json!({ "format": "phone_number", "phone_number": "+886" })).unwrap().subject, Subject::default());
    for wrong in [json!({}), json!("a1"), json!({ "format": "iss_sub", "iss": ISS }), json!({ "format": "complex", "user": "a1" })] {
        assert_eq!(with("sub_id", wrong.clone()).err(), Some(SetRefused::Claim("sub_id")), "{wrong}");
    }
}

fn any_id() -> impl Strategy<Value = SubjectId> {
    let text = "[ -~王小明]{1,40}";
    prop_oneof![
        (text, text).prop_map(|(iss, sub)| SubjectId::IssSub { iss, sub }),
        text.prop_map(SubjectId::Email),
        text.prop_map(SubjectId::Opaque),
    ]
}

fn any_event() -> impl Strategy<Value = SharedEvent> {
    let word = "[a-z0-9-]{1,20}";
    let change = proptest::sample::select(vec![Change::Create, Change::Revoke, Change::Update, Change::Delete]);
    let direction = proptest::option::of(proptest::sample::select(vec![Direction::Increase, Direction::Decrease]));
    prop_oneof![
        Just(SharedEvent::SessionRevoked),
        (word, change).prop_map(|(credential, change)| SharedEvent::CredentialChange { credential, change }),
        (any::<bool>(), any::<bool>()).prop_map(|(was_compliant, is_compliant)| SharedEvent::DeviceComplianceChange { was_compliant, is_compliant }),
        (word, word, proptest::option::of(word), direction).prop_map(|(namespace, current, previous, direction)| {
            SharedEvent::AssuranceLevelChange { namespace, current, previous, direction }
        }),
        proptest::option::of(word).prop_map(|state| SharedEvent::Verification { state }),
    ]
}

fn any_set() -> impl Strategy<Value = Set> {
    let id = || proptest::option::of(any_id());
    let by = proptest::option::of(proptest::sample::select(vec![Initiator::Admin, Initiator::User, Initiator::Policy, Initiator::System]));
    let happened = (any_event(), proptest::option::of(0..NOW_S), by).prop_map(|(event, at_s, by)| Happened { event, at_s, by });
    let time = NOW_S - AGE_MAX_S..=NOW_S + AHEAD_MAX_S;
    ("[!-~]{1,40}", time, id(), id(), id(), happened).prop_map(|(jti, iat_s, user, session, device, happened)| Set {
        iss: ISS.into(),
        aud: vec![AUD.into()],
        jti,
        iat_s,
        subject: Subject { user, session, device },
        happened,
    })
}

proptest! {
    #[test]
    fn what_is_signed_is_read_back(set in any_set()) {
        let token = set.signed(&signer(7));
        prop_assert_eq!(read(&token, &[7]), Ok(set.clone()));
        prop_assert_eq!(set.signed(&signer(7)), token, "a second try sends the same bytes");
    }

    #[test]
    fn no_flipped_bit_passes(set in any_set(), at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let mut bytes = set.signed(&signer(7)).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(flipped) = String::from_utf8(bytes) {
            prop_assert!(read(&flipped, &[7]).is_err());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ -~]{0,200}") {
        prop_assert!(read(&text, &[7]).is_err());
    }

    #[test]
    fn any_claims_that_are_signed_are_read_or_refused(name in "iss|aud|jti|iat|sub_id|events|x", value in "[ -~]{0,60}") {
        let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
        let _ = with(&name, value);
    }
}
