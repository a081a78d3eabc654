//! Tile paths, tiles and bundles: one spelling only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_tlog::{TilePath, parse_bundle, parse_tile, write_bundle, write_tile};

fuzz_target!(|input: (u8, &[u8])| {
    let (width, bytes) = (usize::from(input.0), input.1);
    if let Some(path) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<TilePath>().ok()) {
        assert_eq!(path.to_string().as_bytes(), bytes);
    }
    if let Ok(hashes) = parse_tile(bytes, width) {
        assert_eq!(write_tile(&hashes), bytes);
    }
    if let Ok(bundle) = parse_bundle(bytes, width) {
        assert_eq!(write_bundle(&bundle).as_deref(), Ok(bytes));
    }
});
