//! What tokens say, and what a person is called in them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2_11::Sha256;

/// Of the OpenID Connect Extended Authentication Profile: nobody can be phished out of it. Here that is a passkey with user verification.
pub const PASSKEY_ACR: &str = "phr";
/// Of the same profile and RFC 8176: possession of a key is proved, by a person who was there, with something he knows or is.
pub const PASSKEY_AMR: [&str; 3] = ["pop", "user", "mfa"];
/// The one event of a logout token (Back-Channel Logout 1.0 §2.4).
pub const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What people are called. Each client has another name for the same person (OpenID Connect Core 1.0 §8.1), so that two tools that put their records together learn nothing
/// by it; whoever has this key can tell whose name it is.
#[derive(Clone)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The same for good, for this client alone.
    #[must_use]
    pub fn subject(&self, client_id: &str, person: &str) -> String {
        // Keys of any length are taken (RFC 2104 §2).
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0) else { return String::new() };
        // No id of a client has a zero in it, so that no other pair gives the same text.
        for part in [b"subject".as_slice(), &[0], client_id.as_bytes(), &[0], person.as_bytes()] {
            mac.update(part);
        }
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// Who has just said yes to be told to a client (OpenID Connect Core 1.0 §2). Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct IdTokenSaid<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub subject: &'a str,
    pub sid: &'a str,
    pub nonce: Option<&'a str>,
    pub issued_at_s: i64,
    pub expires_at_s: i64,
    /// When the person last touched the passkey.
    pub authenticated_at_s: i64,
    /// What the client's entry asks for beside it.
    pub more: &'a Map<String, Value>,
}

impl IdTokenSaid<'_> {
    #[must_use]
    pub fn claims(&self) -> Value {
        // What is ours comes last: nothing of the rest takes its place.
        let mut claims = self.more.clone();
        let own = json!({
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.client_id,
            "sid": self.sid,
            "iat": self.issued_at_s,
            "exp": self.expires_at_s,
            "auth_time": self.authenticated_at_s,
            "acr": PASSKEY_ACR,
            "amr": PASSKEY_AMR,
        });
        if let Value::Object(own) = own {
            claims.extend(own);
        }
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        Value::Object(claims)
    }
}

/// That a person has left (OpenID Connect Back-Channel Logout 1.0 §2.4). Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct LogoutSaid<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub subject: &'a str,
    pub sid: &'a str,
    /// Another one for each try: who has not taken it must not think that he has.
    pub jti: &'a str,
    pub issued_at_s: i64,
    pub expires_at_s: i64,
}

impl LogoutSaid<'_> {
    #[must_use]
    pub fn claims(&self) -> Value {
        json!({
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": self.subject,
            "sid": self.sid,
            "jti": self.jti,
            "iat": self.issued_at_s,
            "exp": self.expires_at_s,
            "events": { (LOGOUT_EVENT): {} },
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::op::ProviderSigner;
    use crate::{Algorithm, ExpectedToken, OidcRefused, ProviderKey, SUBJECT_CHARS_MAX, is_subject, keys_of, verify};

    const NOW_S: i64 = 1_800_000_000;
    const ISSUER: &str = "https://house.example";

    fn said(more: &Map<String, Value>) -> IdTokenSaid<'_> {
        IdTokenSaid {
            issuer: ISSUER,
            client_id: "wiki",
            subject: "s-1",
            sid: "sid-1",
            nonce: Some("n"),
            issued_at_s: NOW_S,
            expires_at_s: NOW_S + 300,
            authenticated_at_s: NOW_S - 20,
            more,
        }
    }

    fn signer() -> ProviderSigner {
        ProviderSigner::of(&[7; 32]).unwrap()
    }

    fn keys() -> Vec<ProviderKey> {
        keys_of(json!({ "keys": [signer().public()] }).to_string().as_bytes()).unwrap()
    }

    fn expected(keys: &[ProviderKey]) -> ExpectedToken<'_> {
        ExpectedToken { issuer: ISSUER, client_id: "wiki", nonce: "n", keys, algorithms: &[Algorithm::Es256], acr: &[], max_age_s: 300, now_s: NOW_S }
    }

    #[test]
    fn our_own_relying_party_believes_what_this_half_signs() {
        let (keys, acr) = (keys(), [PASSKEY_ACR.to_owned()]);
        let token = signer().id_token(&said(&Map::new()).claims());
        let read = verify(&token, &ExpectedToken { acr: &acr, ..expected(&keys) }).unwrap();
        assert_eq!((read.subject.as_str(), read.authenticated_at_s), ("s-1", NOW_S - 20));
        assert_eq!(verify(&token, &ExpectedToken { client_id: "grafana", ..expected(&keys) }), Err(OidcRefused::Audience));
        assert_eq!(verify(&token, &ExpectedToken { max_age_s: -50, ..expected(&keys) }).err(), Some(OidcRefused::LongAgo { ago_s: 20, most_s: -50 }));
    }

    #[test]
    fn a_word_about_leaving_passes_for_no_word_about_who_somebody_is() {
        let keys = keys();
        let leaving = LogoutSaid { issuer: ISSUER, client_id: "wiki", subject: "s-1", sid: "sid-1", jti: "j", issued_at_s: NOW_S, expires_at_s: NOW_S + 120 };
        let claims = leaving.claims();
        assert!(claims["events"][LOGOUT_EVENT].is_object() && claims.get("nonce").is_none(), "{claims}");
        assert_eq!(verify(&signer().logout_token(&claims), &expected(&keys)), Err(OidcRefused::Type));
        assert_eq!(verify(&signer().logout_token(&said(&Map::new()).claims()), &expected(&keys)), Err(OidcRefused::Type));
    }

    #[test]
    fn nothing_that_an_entry_asks_for_takes_the_place_of_what_is_ours() {
        let more = json!({ "name": "王小明", "sub": "somebody else", "iss": "https://evil.example", "aud": ["grafana"], "nonce": "x" });
        let claims = said(more.as_object().unwrap()).claims();
        assert_eq!((&claims["name"], &claims["sub"], &claims["iss"], &claims["aud"]), (&json!("王小明"), &json!("s-1"), &json!(ISSUER), &json!("wiki")));
        assert_eq!((&claims["nonce"], &claims["amr"]), (&json!("n"), &json!(PASSKEY_AMR)));
    }

    #[test]
    fn a_key_is_published_under_the_name_that_tokens_carry_and_without_its_private_half() {
        let published = serde_json::to_value(signer().public()).unwrap();
        assert!(published.get("d").is_none() && published["use"] == "sig" && published["kid"].as_str().unwrap().len() == 43, "{published}");
        assert!(ProviderSigner::of(&[0; 32]).is_err() && ProviderSigner::of(&[0xff; 32]).is_err());
    }

    #[test]
    fn a_person_has_another_name_at_each_tool_and_always_the_same_there() {
        let (key, other) = (SubjectKey::new([1; 32]), SubjectKey::new([2; 32]));
        let name = key.subject("wiki", "person-1");
        assert_eq!(key.subject("wiki", "person-1"), name);
        for another in [key.subject("grafana", "person-1"), key.subject("wiki", "person-2"), other.subject("wiki", "person-1")] {
            assert_ne!(another, name);
        }
        assert!(is_subject(&name) && name.len() == 43 && name.len() <= SUBJECT_CHARS_MAX);
    }

    proptest! {
        #[test]
        fn no_two_pairs_share_a_name(client in "[a-z0-9-]{1,40}", person in "[a-f0-9-]{1,36}", cut in 0_usize..40) {
            let key = SubjectKey::new([1; 32]);
            let whole = format!("{client}{person}");
            let at = cut.clamp(1, whole.len() - 1);
            let (other_client, other_person) = whole.split_at(at);
            if other_client != client {
                prop_assert_ne!(key.subject(&client, &person), key.subject(other_client, other_person));
            }
        }
    }
}
