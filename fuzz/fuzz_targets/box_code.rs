//! What a phone scanned at a patrol box: one of our codes, written as it was read, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_patrol::code::Code;

fuzz_target!(|text: &str| {
    let Ok(code) = Code::parse(text) else { return };
    assert_eq!(Code::parse(&code.text()), Ok(code));
});
