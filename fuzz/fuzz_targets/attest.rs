//! A device's own bytes: key, quote, signature and certificate, cut out of one input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_attest::{Asked, AttestationKey, Makers, PcrSet, endorsement, verify};
use shouhu_ids::Micros;

const KEY: &[u8] = include_bytes!("../../base/attest/tests/samples/ak.pub");
const ROOT: &[u8] = include_bytes!("../../base/attest/tests/samples/root_p256.der");

fuzz_target!(|bytes: &[u8]| {
    let _ = AttestationKey::parse(bytes);
    let mut makers = Makers::default();
    let _ = makers.trust(ROOT);
    let _ = makers.trust(bytes);
    let middle = usize::from(bytes.first().copied().unwrap_or(0)).min(bytes.len());
    let (one, two) = bytes.split_at(middle);
    let _ = endorsement(one, &[two.to_vec()], &makers, Micros(1_893_456_000_000_000));
    if let Ok(key) = AttestationKey::parse(KEY) {
        let _ = verify(&key, one, two, &Asked { nonce: &[], pcrs: PcrSet::of(&[0]), values: &[[0; 32]] });
    }
});
