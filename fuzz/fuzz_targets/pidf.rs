//! Any text is a place or a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_exchange::eido::pidf;

fuzz_target!(|text: &str| {
    let _ = pidf::read(text);
});
