//! Plates and patterns: what is read is in normal form already.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_plate::{Pattern, Plate};

fuzz_target!(|text: &str| {
    if let Ok(plate) = Plate::parse(text) {
        assert_eq!(Plate::parse(plate.as_str()).as_ref(), Ok(&plate));
    }
    if let Ok(pattern) = Pattern::parse(text) {
        let text = String::from(pattern.clone());
        assert_eq!(Pattern::parse(&text).as_ref(), Ok(&pattern));
    }
});
