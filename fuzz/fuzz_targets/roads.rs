//! Any bytes are a road file or a refusal; a network that was read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_roads::{ImportOptions, RoadNetwork, import};

fuzz_target!(|bytes: &[u8]| {
    let options = ImportOptions { bytes_max: 1 << 20, points_max: 100_000 };
    let Ok((network, _)) = import(bytes, options) else { return };
    assert!(RoadNetwork::from_bytes(&network.to_bytes()).is_ok());
});
