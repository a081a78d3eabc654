//! Any text is read without panic, and what was read is written and read again alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_geocode::{Lexicon, parse};

fuzz_target!(|text: &str| {
    let lexicon = Lexicon::default();
    let again = parse(&parse(text, &lexicon).address.to_string(), &lexicon);
    let once_more = parse(&again.address.to_string(), &lexicon);
    assert_eq!(again.address, once_more.address);
});
