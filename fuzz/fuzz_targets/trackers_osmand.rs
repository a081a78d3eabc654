//! Any bytes are read or refused, as a form and as JSON.
#![no_main]

use shouhu_trackers::osmand::{Fields, read_fields, read_json};

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let _ = read_json(body);
    let _ = read_fields(&Fields::parse(&String::from_utf8_lossy(body)));
});
