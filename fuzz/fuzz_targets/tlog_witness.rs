//! What a stranger may post to a witness.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_tlog::{AddCheckpoint, Signer, judge};

fuzz_target!(|body: &str| {
    let Ok(request) = body.parse::<AddCheckpoint>() else { return };
    assert_eq!(request.to_string(), body);
    let Ok(signer) = Signer::new("fuzz.example/log", &[7; 32]) else { return };
    assert!(judge(&request, &[signer.verifier()], |_| None).is_err());
});
