//! Checkpoints: one spelling only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_tlog::Checkpoint;

fuzz_target!(|text: &str| {
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), text);
    }
});
