//! Any bytes are packets, refused, or waited for.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Ok(Some((_, taken))) = shouhu_trackers::mqtt::read(rest) {
        rest = &rest[taken..];
    }
});
