//! What an identity provider says: documents are read or refused, what nobody has signed is refused, and what somebody has signed is read or refused, without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_oidc::testing::SimSigner;
use shouhu_oidc::{Algorithm, ExpectedToken, Metadata, ProviderKey, id_token_of, keys_of, verify};

fuzz_target!(|text: &str| {
    let signer = SimSigner::new(7, "k");
    let Some(key) = ProviderKey::of(&signer.jwk()) else { return };
    let keys = [key];
    let issuer = "https://a.example";
    let expected =
        ExpectedToken { issuer, client_id: "c", nonce: "n", keys: &keys, algorithms: &Algorithm::ALL, acr: &[], max_age_s: 300, now_s: 1_800_000_000 };
    assert!(verify(text, &expected).is_err(), "nobody signed it");
    let _ = (Metadata::parse(text.as_bytes(), issuer), id_token_of(200, text.as_bytes()), id_token_of(400, text.as_bytes()));
    if let Ok(read) = keys_of(text.as_bytes()) {
        assert!(verify(&signer.sign(&serde_json::json!({})), &ExpectedToken { keys: &read, ..expected }).is_err(), "it says nothing");
    }
    if let Ok(claims) = serde_json::from_str::<serde_json::Value>(text)
        && let Ok(identified) = verify(&signer.sign(&claims), &expected)
    {
        assert!(claims["iss"] == issuer && claims["nonce"] == "n" && claims["sub"] == identified.subject.as_str(), "it is what was signed");
    }
});
