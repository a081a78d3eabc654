//! Any records make an index that answers: lines of `address`, whose places follow from their order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_geocode::{Builder, Hint};
use shouhu_place::Wgs84;

fuzz_target!(|text: &str| {
    let mut builder = Builder::new();
    for (number, line) in (0_u32..).zip(text.lines().take(64)) {
        let step = f64::from(number) * 0.001;
        builder.record(line, Wgs84 { lon: 120.0 + step, lat: 23.0 - step });
    }
    let geocoder = builder.build();
    for line in text.lines().take(64) {
        for candidate in geocoder.find(line, &Hint::default()).candidates {
            assert!(candidate.radius_m.is_finite() && Wgs84::new(candidate.place.lon, candidate.place.lat).is_ok());
        }
        let _ = geocoder.complete(line, &Hint::default());
    }
});
