//! Any bytes are a warning or a refusal; what is read is written, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_exchange::cap::Alert;

fuzz_target!(|bytes: &[u8]| {
    let Ok(alert) = Alert::read(bytes) else { return };
    assert_eq!(Alert::read(alert.write().as_bytes()), Ok(alert));
});
