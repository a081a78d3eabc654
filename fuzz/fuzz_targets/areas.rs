//! Any text is a file of areas (GeoJSON) or a refusal; what is let in can be counted by.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_oversight::read_areas;

fuzz_target!(|text: &str| {
    let Ok(areas) = read_areas(text) else { return };
    for area in &areas.areas {
        assert!(!area.name.is_empty());
        assert!(area.rings.iter().all(|ring| ring.len() > 3 && ring.first() == ring.last()));
    }
});
