//! Wrong secrets per address, in a fixed amount of memory.
//!
//! Guessing 160 bits is hopeless. The limit keeps a forgotten phone or a guesser from costing more than a hash each. It holds
//! for wrong secrets only: a hundred officers may stand behind one address of their carrier, and one wrong phone among them
//! must not silence the others.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use shouhu_ids::Micros;

/// Wrong secrets of one address in a minute that are answered as such.
pub const WRONG_PER_MINUTE_MAX: u32 = 60;
/// Addresses share slots by a keyed hash: a collision shares a limit, and memory stays fixed.
const SLOTS: usize = 1_024;

pub struct Guesses {
    key: [u8; 16],
    /// The minute that is counted, and wrong secrets in it.
    slots: Mutex<Vec<(i64, u32)>>,
}

impl Guesses {
    pub fn new(key: [u8; 16]) -> Self {
        Self { key, slots: Mutex::new(vec![(0, 0); SLOTS]) }
    }

    fn slot_of(&self, from: Option<IpAddr>) -> usize {
        let mut hasher = Sha256::new();
        hasher.update(self.key);
        match from.map(|ip| ip.to_canonical()) {
            None => {}
            Some(IpAddr::V4(v4)) => hasher.update(v4.octets()),
            // One customer has at least a /64, so its addresses are one.
            Some(IpAddr::V6(v6)) => v6.segments().iter().take(4).for_each(|segment| hasher.update(segment.to_be_bytes())),
        }
        let digest = hasher.finalize();
        digest.iter().take(4).fold(0_usize, |whole, byte| whole << 8 | usize::from(*byte)) % SLOTS
    }

    /// Counts a wrong secret. True when there were too many of this address in this minute.
    pub fn wrong(&self, from: Option<IpAddr>, now: Micros) -> bool {
        let minute = now.0.div_euclid(Micros::MINUTE);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = slots.get_mut(self.slot_of(from)) else { return false };
        if slot.0 != minute {
            *slot = (minute, 0);
        }
        slot.1 = slot.1.saturating_add(1);
        slot.1 > WRONG_PER_MINUTE_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixty_first_guess_of_a_minute_is_too_many_and_the_next_minute_begins_anew() {
        let guesses = Guesses::new([7; 16]);
        let from = Some(IpAddr::from([10, 0, 0, 1]));
        let at = Micros(1_795_200_000_000_000);
        let too_many = (0..61).map(|_| guesses.wrong(from, at)).filter(|too_many| *too_many).count();
        assert_eq!(too_many, 1);
        assert!(!guesses.wrong(Some(IpAddr::from([10, 0, 0, 2])), at));
        assert!(!guesses.wrong(from, at.plus(Micros::MINUTE)));
    }
}
