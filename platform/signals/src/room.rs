//! What signals keep in memory: the key that signs what the house tells, and who is just waiting for something to be told.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use shouhu_bus::ReactionError;
use shouhu_module::App;
use shouhu_secevent::SetSigner;

/// File of the secret in the folder of keys.
const KEY_NAME: &str = "signals";

pub struct Room {
    pub signer: SetSigner,
    /// Receivers of which one question waits for an event.
    waiting: Mutex<HashSet<String>>,
}

/// A question of a receiver that may wait; given back when it is answered, or when nobody listens any more.
pub struct Turn<'a> {
    room: &'a Room,
    receiver: String,
}

impl Room {
    pub fn open(app: &App) -> Result<Self, ReactionError> {
        Ok(Self { signer: SetSigner::of(&app.blobs.keys().lasting(KEY_NAME)?)?, waiting: Mutex::default() })
    }

    pub fn of(app: &App) -> Arc<Self> {
        app.room::<Self>()
    }

    /// `None` while another question of this receiver waits: a partner holds one place of the server, however often it asks.
    pub fn turn(&self, receiver: &str) -> Option<Turn<'_>> {
        let is_first = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(receiver.to_owned());
        is_first.then(|| Turn { room: self, receiver: receiver.to_owned() })
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

    #[test]
    fn one_question_of_a_receiver_waits_at_a_time() {
        let room = Room { signer: SetSigner::of(&[7; 32]).unwrap(), waiting: Mutex::default() };
        let first = room.turn("south");
        assert!(first.is_some() && room.turn("south").is_none() && room.turn("north").is_some());
        drop(first);
        assert!(room.turn("south").is_some());
    }
}
