//! Signed notes and verifier keys: what is read is written back byte by byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_tlog::{Note, VerifierKey};

fuzz_target!(|text: &str| {
    if let Ok(note) = text.parse::<Note>() {
        assert_eq!(note.to_string(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
});
