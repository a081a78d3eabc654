//! Questions and answers of polled streams (RFC 8936): read, bounded and written back, or refused, without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_secevent::{POLL_EVENTS_MAX, POLL_SAID_MAX, PollAnswer, PollAsked};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = PollAnswer::read(bytes) {
        assert!(answer.sets.len() <= POLL_EVENTS_MAX, "no more than an answer holds");
        let Ok(written) = serde_json::to_vec(&answer) else { panic!("what was read is written") };
        assert_eq!(PollAnswer::read(&written), Ok(answer), "what was written is read back");
    }
    if let Ok(asked) = serde_json::from_slice::<PollAsked>(bytes) {
        assert!(asked.events_max() <= POLL_EVENTS_MAX, "nobody is given more");
        if asked.check().is_ok() {
            assert!(asked.ack.len() <= POLL_SAID_MAX && asked.set_errs.len() <= POLL_SAID_MAX);
        }
        let Ok(written) = serde_json::to_vec(&asked) else { panic!("what was read is written") };
        assert_eq!(serde_json::from_slice::<PollAsked>(&written).ok(), Some(asked), "what was written is read back");
    }
});
