//! Any bytes are read or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let _ = shouhu_trackers::traccar::read(body);
});
