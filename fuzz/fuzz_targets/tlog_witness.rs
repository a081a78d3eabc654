//! What a stranger may post to a witness, and what a witness may answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_tlog::{AddCheckpoint, NoteSignature, Seen, Signer, judge};

fuzz_target!(|body: &str| {
    if let Ok(lines) = NoteSignature::parse_all(body) {
        assert_eq!(lines.iter().map(ToString::to_string).collect::<String>(), body);
    }
    let Ok(request) = body.parse::<AddCheckpoint>() else { return };
    assert_eq!(request.to_string(), body);
    let Ok(signer) = Signer::new("fuzz.example/log", &[7; 32]) else { return };
    for seen in [None, Some(Seen { size: request.old_size, root: [7; 32] })] {
        assert!(judge(&request, &[signer.verifier()], |_| seen).is_err());
    }
});
