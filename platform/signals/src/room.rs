//! What signals keep in memory: the key that signs what the house tells, who is just waiting for something to be told, and who changes his stream again and again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use shouhu_bus::ReactionError;
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_secevent::SetSigner;

/// File of the secret in the folder of keys.
const KEY_NAME: &str = "signals";

/// Changes of one stream in an hour: each is a leaf, which is kept for ever, and a token may be stolen.
pub const CHANGES_MAX: u32 = 60;
pub const CHANGES_US: i64 = Micros::HOUR;

pub struct Room {
    pub signer: SetSigner,
    /// Receivers of which one question waits for an event.
    waiting: Mutex<HashSet<String>>,
    /// How often each receiver has changed its stream, and since when that is counted.
    changes: Mutex<HashMap<String, (Micros, u32)>>,
}

/// A question of a receiver that may wait; given back when it is answered, or when nobody listens any more.
pub struct Turn<'a> {
    room: &'a Room,
    receiver: String,
}

impl Room {
    pub fn open(app: &App) -> Result<Self, ReactionError> {
        Ok(Self { signer: SetSigner::of(&app.blobs.keys().lasting(KEY_NAME)?)?, waiting: Mutex::default(), changes: Mutex::default() })
    }

    pub fn of(app: &App) -> Arc<Self> {
        app.room::<Self>()
    }

    /// `None` while another question of this receiver waits: a partner holds one place of the server, however often it asks.
    pub fn turn(&self, receiver: &str) -> Option<Turn<'_>> {
        let is_first = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(receiver.to_owned());
        is_first.then(|| Turn { room: self, receiver: receiver.to_owned() })
    }

    /// Counts a change of a receiver's stream. False when it has changed it too often in this hour.
    pub fn may_change(&self, now: Micros, receiver: &str) -> bool {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = changes.entry(receiver.to_owned()).or_insert((now, 0));
        if !(0..CHANGES_US).contains(&now.since(*since)) {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= CHANGES_MAX
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.room.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.receiver);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn room() -> Room {
        Room { signer: SetSigner::of(&[7; 32]).unwrap(), waiting: Mutex::default(), changes: Mutex::default() }
    }

    #[test]
    fn who_changes_his_stream_again_and_again_waits_and_nobody_else_does() {
        let (room, now) = (room(), Micros(1_000 * Micros::DAY));
        assert!((0..CHANGES_MAX).all(|_| room.may_change(now, "south")));
        assert!(!room.may_change(now.plus(CHANGES_US - 1), "south") && room.may_change(now, "north"));
        assert!(room.may_change(now.plus(CHANGES_US), "south"));
        assert!(room.may_change(now.plus(-1), "south"), "a clock that is set back locks nobody out");
    }

    #[test]
    fn one_question_of_a_receiver_waits_at_a_time() {
        let room = room();
        let first = room.turn("south");
        assert!(first.is_some() && room.turn("south").is_none() && room.turn("north").is_some());
        drop(first);
        assert!(room.turn("south").is_some());
    }
}
