//! Proofs of a session's key, in their header or at the end of an address: read whole, or not at all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_wire::{Proof, without_proof};

fuzz_target!(|text: &str| {
    if let Some(proof) = Proof::parse(text) {
        assert_eq!(format!("{}.{}.{}.{}", proof.nonce, proof.id, proof.body, proof.signature), text);
    }
    let (before, proof) = without_proof(text);
    assert!(text.starts_with(before) && proof.is_none_or(|proof| text.ends_with(proof)));
});
