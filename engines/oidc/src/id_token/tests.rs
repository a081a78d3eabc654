#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::keys_of;
use crate::testing::SimSigner;

const NOW_S: i64 = 1_800_000_000;
const ISSUER: &str = "https://idp.example";

/// A key of 2048 bits that openssl has made, and what it has signed by it: `dgst -sha256 -sign`, with PKCS #1 v1.5 and with PSS and a salt of 32 bytes.
const RSA_N: &str = "pp982BhuywtI-uyL1sAU2pZnHy5KUcOSHeuh7wiJaYkTeXxXMPpKNjrYCl9XjOMnOXSZ1KU0JEfzdYs0G921D5-1kidXSPMJ9L26VfI_HbL3VaR0vUHeZVbkKlOZxX9vxW\
    D_3qx6Xk62sNvwC4T9kyz1IgSmFzvOf7T4-m-kFkAyvmdoXv0GSd_Xdi1zX0Clph59UWKHIpk0ax52M-FfOZV60HJGEhvZXbLjcItzqH0AuXlX91Uw2IxKFbxpmI1yE98x\
    ChQCMttOhuuUYyZF6Rt3MecNdbJSnvXcWVEHNnb96bb-WqYPSB2XMBMZ9xGjiZCe98dk7nBNa2G3_LW0Bw";
const RSA_CLAIMS: &str = "eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiQTEyMyIsImF1ZCI6InNob3VodSIsImV4cCI6MTgwMDAwMDMwMCwiaWF0IjoxODAwMDAwMDAwLCJhdXRoX3\
    RpbWUiOjE3OTk5OTk5OTAsIm5vbmNlIjoibi0xIn0";
const RS256_SIGNATURE: &str = "pSmnfta5i2NOHeK7wgB0uynfp1UZC9DlFC9jQs8xrAywjub1MLR9C5yJAcvi3dbBiMKH74D4zuz6ERHN0rxbWmPyYqhj7yOWtZrjvOYTaDlRbDEQXa6yiWpngsK2aBFw2A\
    uymgFXP_azSUgjdKcE1tumHNslvlXaVoMqmjuCJVXI-WQYvfTQIpeBlGKExteBvXE3VyZd-AEj1GvzpUfVSSD-fd1L5B8-pJ1xz-4fpj15wEULrMXAdU7wmaKt4efQ2b8P\
    eeUmPAqSnHsFoY02ShMBrHIThMSCpZWQr4jouzG0likYe_Ar-by55NcrzPRJQJq0_b85CoA_OYYhfxkY0Q";
const PS256_SIGNATURE: &str = "TMh8UkTPAC-m8f3Qnm8QAyclMiipxFeOp6FUqk-7OVeJXGdt2dbuAWjN8CWvMwEHZif7GkUlVOB03BMmwmavGUKxQ3uTOXbYuWrA5s-KpdvRDPyJNRJZ5I5uhsW9BQ1UUj\
    tlEi5bJcsIGHfX_SPMmV3P7m3cQKFdo4xd0sxoOfTMfT7ucq9Nw8ceWB5p33tUVZh9toHBZG-78ZyF7moY25N4vBQwXT4zauHuDk8M9eoncqIr-bsNwKNnpNhBOvOBYJ3E\
    s7HpTojA9loEYB41topKoTphgLl1giFnfAIE74lsAhDOpluhPHeRUWyxfesFyPYFt6Ak4ZNnXjRR49aULA";

fn signer() -> SimSigner {
    SimSigner::new(7, "k-1")
}

fn keys() -> Vec<ProviderKey> {
    keys_of(json!({ "keys": [signer().jwk()] }).to_string().as_bytes()).unwrap()
}

fn expected(keys: &[ProviderKey]) -> ExpectedToken<'_> {
    ExpectedToken { issuer: ISSUER, client_id: "shouhu", nonce: "n-1", keys, algorithms: &Algorithm::ALL, acr: &[], max_age_s: 300, now_s: NOW_S }
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "A123", "aud": "shouhu", "exp": NOW_S + 300, "iat": NOW_S, "auth_time": NOW_S - 10, "nonce": "n-1" })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn told(claims: &Value) -> Result<Identified, OidcRefused> {
    verify(&signer().sign(claims), &expected(&keys()))
}

fn refused(claims: &Value) -> Option<OidcRefused> {
    told(claims).err()
}

#[test]
fn a_token_says_who_it_is_and_how_well_he_has_proved_it() {
    let read = told(&with("acr", json!("urn:gov:high"))).unwrap();
    assert_eq!(read, Identified { subject: "A123".into(), acr: Some("urn:gov:high".into()), authenticated_at_s: NOW_S - 10 });
    assert_eq!(told(&claims()).unwrap().acr, None);
}

#[test]
fn tokens_that_another_program_has_signed_by_rsa_are_read_and_each_by_its_own_padding_only() {
    let jwk = json!({ "kty": "RSA", "kid": "r1", "use": "sig", "n": RSA_N, "e": "AQAB" });
    let keys = keys_of(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
    let expected = expected(&keys);
    let token = |alg: &str, signature: &str| {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","kid":"r1"}}"#));
        format!("{header}.{RSA_CLAIMS}.{signature}")
    };
    for (alg, signature) in [("RS256", RS256_SIGNATURE), ("PS256", PS256_SIGNATURE)] {
        assert_eq!(verify(&token(alg, signature), &expected).unwrap().subject, "A123", "{alg}");
        let narrow = ExpectedToken { algorithms: &[Algorithm::Es256], ..expected };
        assert_eq!(verify(&token(alg, signature), &narrow), Err(OidcRefused::Algorithm), "the owner of the house takes none");
    }
    assert_eq!(verify(&token("RS256", PS256_SIGNATURE), &expected), Err(OidcRefused::Signature));
    assert_eq!(verify(&token("PS256", RS256_SIGNATURE), &expected), Err(OidcRefused::Signature));
    assert_eq!(verify(&token("RS256", ""), &expected), Err(OidcRefused::Signature));
    assert_eq!(verify(&token("ES256", RS256_SIGNATURE), &expected), Err(OidcRefused::UnknownKey), "the key is of another kind");
}

#[test]
fn what_is_no_signature_by_a_key_of_the_provider_is_refused_whatever_the_header_says() {
    let (keys, signer) = (keys(), signer());
    let as_header = |header: Value| verify(&signer.sign_as(&header, &claims()), &expected(&keys)).err();
    for alg in ["none", "None", "HS256", "ES512", "EdDSA", "es256", ""] {
        assert_eq!(as_header(json!({ "alg": alg, "kid": "k-1" })), Some(OidcRefused::Algorithm), "{alg}");
    }
    let bare = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims().to_string()));
    assert_eq!(verify(&bare, &expected(&keys)), Err(OidcRefused::Algorithm));
    assert_eq!(as_header(json!({ "alg": "ES256", "kid": "k-2" })), Some(OidcRefused::UnknownKey));
    assert_eq!(as_header(json!({ "alg": "ES256", "kid": "k-1", "typ": "secevent+jwt" })), Some(OidcRefused::Type));
    assert_eq!(as_header(json!({ "alg": "ES256", "kid": "k-1", "crit": ["b64"] })), Some(OidcRefused::Critical));
    assert_eq!(as_header(json!({ "kid": "k-1" })), Some(OidcRefused::Token));
    let stranger = SimSigner::new(9, "k-1");
    let own_key = json!({ "alg": "ES256", "kid": "k-1", "jwk": stranger.jwk(), "jku": "https://evil.example" });
    assert_eq!(verify(&stranger.sign_as(&own_key, &claims()), &expected(&keys)), Err(OidcRefused::Signature), "a token brings no key");
    assert_eq!(as_header(json!({ "alg": "ES256" })), None, "one key, and no name");
    for text in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "é.b.c"] {
        assert_eq!(verify(text, &expected(&keys)), Err(OidcRefused::Token), "{text}");
    }
    assert!(matches!(verify(&"a".repeat(ID_TOKEN_BYTES_MAX + 1), &expected(&keys)), Err(OidcRefused::TooLong { .. })));
}

#[test]
fn a_token_of_another_issuer_for_another_client_or_another_request_is_refused() {
    for iss in [json!("https://idp.example/"), json!("https://evil.example")] {
        assert_eq!(refused(&with("iss", iss)), Some(OidcRefused::Issuer));
    }
    assert_eq!(refused(&with("nonce", json!("n-2"))), Some(OidcRefused::Nonce));
    assert_eq!(refused(&with("aud", json!("another"))), Some(OidcRefused::Audience));
    assert_eq!(refused(&with("aud", json!(["shouhu", "another"]))), Some(OidcRefused::Audience), "also for another, and nobody says who asked");
    assert_eq!(refused(&with("aud", json!([]))), Some(OidcRefused::Audience));
    assert_eq!(refused(&with("azp", json!("another"))), Some(OidcRefused::Audience));
    assert_eq!(refused(&with("aud", json!(["shouhu"]))), None);
    let mut both = with("aud", json!(["shouhu", "another"]));
    both["azp"] = json!("shouhu");
    assert_eq!(refused(&both), None);
}

#[test]
fn a_claim_that_is_missing_or_no_such_thing_is_named() {
    for name in ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce"] {
        assert_eq!(refused(&without(name)), Some(OidcRefused::Claim(name)), "{name}");
        assert_eq!(refused(&with(name, json!({}))), Some(OidcRefused::Claim(name)), "{name}");
        assert_eq!(refused(&with(name, Value::Null)), Some(OidcRefused::Claim(name)), "{name}");
    }
    for (name, value) in [("acr", json!(7)), ("azp", json!("")), ("nbf", json!("soon")), ("exp", json!(-1)), ("aud", json!(["shouhu", 7]))] {
        assert_eq!(refused(&with(name, value)), Some(OidcRefused::Claim(name)), "{name}");
    }
    for subject in ["x".repeat(SUBJECT_CHARS_MAX + 1), "王小明".to_owned(), "a\nb".to_owned()] {
        assert_eq!(refused(&with("sub", json!(subject))), Some(OidcRefused::Claim("sub")), "{subject}");
    }
}

#[test]
fn times_hold_within_the_clocks_error_and_no_further() {
    assert_eq!(refused(&with("exp", json!(NOW_S - AHEAD_MAX_S + 1))), None);
    assert_eq!(refused(&with("exp", json!(NOW_S - AHEAD_MAX_S))), Some(OidcRefused::Expired));
    assert_eq!(refused(&with("iat", json!(NOW_S + AHEAD_MAX_S))), None);
    assert_eq!(refused(&with("iat", json!(NOW_S + AHEAD_MAX_S + 1))), Some(OidcRefused::Ahead));
    assert_eq!(refused(&with("nbf", json!(NOW_S + AHEAD_MAX_S + 1))), Some(OidcRefused::Ahead));
    assert_eq!(refused(&with("iat", json!(NOW_S - ISSUED_AGO_MAX_S))), None);
    assert_eq!(refused(&with("iat", json!(NOW_S - ISSUED_AGO_MAX_S - 1))), Some(OidcRefused::Old));
    assert_eq!(refused(&with("auth_time", json!(NOW_S + AHEAD_MAX_S + 1))), Some(OidcRefused::Ahead));
    assert_eq!(refused(&with("auth_time", json!(NOW_S - 300 - AHEAD_MAX_S))), None);
    assert_eq!(refused(&with("auth_time", json!(NOW_S - 301 - AHEAD_MAX_S))), Some(OidcRefused::LongAgo { ago_s: 361, most_s: 300 }));
    assert_eq!(refused(&with("exp", json!(i64::MAX))), None);
}

#[test]
fn a_level_that_the_house_does_not_take_is_too_weak_and_so_is_none() {
    let (keys, enough) = (keys(), ["urn:gov:high".to_owned(), "urn:gov:card".to_owned()]);
    let demanding = ExpectedToken { acr: &enough, ..expected(&keys) };
    let told = |claims: &Value| verify(&signer().sign(claims), &demanding);
    assert_eq!(told(&with("acr", json!("urn:gov:card"))).unwrap().acr.as_deref(), Some("urn:gov:card"));
    assert_eq!(told(&with("acr", json!("urn:gov:low"))), Err(OidcRefused::Weak { found: Some("urn:gov:low".into()) }));
    assert_eq!(told(&claims()), Err(OidcRefused::Weak { found: None }));
}

proptest! {
    #[test]
    fn no_flipped_bit_of_a_token_passes(at in 0_usize..600, bit in 0_u8..8) {
        let token = signer().sign(&claims());
        let mut bytes = token.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&changed, &expected(&keys())).is_err(), "{changed}");
        }
    }

    #[test]
    fn any_text_is_refused(text in "[A-Za-z0-9_.-]{0,300}") {
        prop_assert!(verify(&text, &expected(&keys())).is_err());
    }
}
