//! Security event tokens: what nobody has signed is refused, and what somebody has signed is read or refused, without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_secevent::{Expected, SET_BYTES_MAX, SetKey, SetSigner, sign_claims, verify};

/// A number may be longer when it is written again.
const LONGER_BYTES: usize = 100;

fuzz_target!(|text: &str| {
    let Ok(signer) = SetSigner::of(&[7; 32]) else { return };
    let Ok(key) = SetKey::of(signer.public()) else { return };
    let keys = [key];
    let expected = Expected { iss: "https://a.example", aud: "https://b.example", keys: &keys, now_s: 1_800_000_000 };
    assert!(verify(text, &expected).is_err(), "nobody signed it");
    if let Ok(claims) = serde_json::from_str::<serde_json::Value>(text) {
        let token = sign_claims(&claims, &signer);
        if let Ok(set) = verify(&token, &expected)
            && token.len() + LONGER_BYTES <= SET_BYTES_MAX
        {
            assert_eq!(verify(&set.signed(&signer), &expected).as_ref(), Ok(&set), "what was read is written back");
        }
    }
});
