//! Any bytes are a list of radio codes or a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_exchange::codes;

fuzz_target!(|bytes: &[u8]| {
    let _ = codes::read(bytes);
});
