//! Any bytes are a list of 110 kinds or a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_exchange::kinds;

fuzz_target!(|bytes: &[u8]| {
    let _ = kinds::read(bytes);
});
