//! Any text is read and what was read is written without panic; what is unread lies within the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_geocode::{Lexicon, parse};

fuzz_target!(|text: &str| {
    let lexicon = Lexicon::default();
    let parsed = parse(text, &lexicon);
    let length = text.chars().count();
    assert!(parsed.unread.iter().all(|unread| unread.at_char < length));
    let _ = parse(&parsed.address.to_string(), &lexicon);
});
