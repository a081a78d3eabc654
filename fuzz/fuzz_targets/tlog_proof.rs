//! Exported proofs: one spelling only, and no made-up proof is believed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_tlog::{LogProof, Signer};

fuzz_target!(|text: &str| {
    let Ok(proof) = text.parse::<LogProof>() else { return };
    assert_eq!(proof.to_string(), text);
    let Ok(signer) = Signer::new("fuzz.example/log", &[7; 32]) else { return };
    assert!(proof.check(&[1; 32], &signer.verifier(), &[], 0).is_err());
});
