//! Pictures as phones send them: refused, or written anew as a JPEG that can be read; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(kept) = shouhu_dispatch::picture::prepare(bytes) {
        assert!(kept.large_jpeg.starts_with(&[0xff, 0xd8, 0xff]) && kept.width_px.max(kept.height_px) <= 2_048);
    }
});
