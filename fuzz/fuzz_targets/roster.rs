//! Any bytes are a roster or a refusal, and no shift in one is longer than a day.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_exchange::roster::{Roster, SHIFT_MAX_US};

fuzz_target!(|bytes: &[u8]| {
    let Ok(roster) = Roster::read(bytes) else { return };
    for shift in roster.shifts {
        let span = shift.until.since(shift.from);
        assert!(span > 0 && span <= SHIFT_MAX_US);
    }
});
