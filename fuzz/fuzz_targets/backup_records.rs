//! What lies at a place of backups: manifests, lists, notes. Whoever keeps the place may write anything there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_backup::{opened_note, parse_list, parse_manifest};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = parse_manifest("manifest", bytes) {
        assert!(!manifest.id.contains(['/', '.']));
    }
    if let Ok(entries) = parse_list("list", bytes) {
        for entry in entries {
            assert_eq!(entry.bytes, entry.chunks.iter().map(|chunk| chunk.bytes).sum::<u64>());
        }
    }
    let _ = opened_note("note", "1-a", &String::from_utf8_lossy(bytes), None);
});
