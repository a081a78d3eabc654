//! Any bytes are read or refused, with and without a sender.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let _ = shouhu_trackers::owntracks::read(body, None);
    let _ = shouhu_trackers::owntracks::read(body, Some("jane/phone"));
});
