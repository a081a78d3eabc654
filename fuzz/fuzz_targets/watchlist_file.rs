//! Any bytes are a watchlist file (CSV or XLSX) or a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_watchlists::import::encoding::Asked;
use shouhu_watchlists::import::{Defaults, read};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(table) = read(bytes, Asked::default(), &Defaults::default()) {
        let _ = table.patterns();
    }
});
