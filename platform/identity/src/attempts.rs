//! Failed attempts per address, and ceremonies that it begins, in a fixed amount of memory.
//!
//! Guessing 256 bits is hopeless anyway. The limit is there so that nobody can fill the audit log with failures or keep
//! the processor busy with signatures. What begins is a row that waits, written and synced as what officers write is: so that is counted, too, before it is.
//!
//! In memory, of several servers in each: a row for each failure would be the very cost that is to be saved, and N servers that each allow sixty a minute still
//! allow nothing that could be guessed.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use shouhu_ids::Micros;

use crate::model::Peer;

/// Failed enrolments, sign-ins and device enrolments of one address in a minute, before it must wait. High enough for a
/// station behind one address.
pub const FAILURES_PER_MINUTE_MAX: u32 = 60;
/// Sign-ins and enrolments that one address begins in a minute, before it must wait. Ten a second are more people than touch their keys behind one address at the
/// change of shifts, and few enough writes.
pub const STARTS_PER_MINUTE_MAX: u32 = 600;
/// Addresses share slots by a keyed hash: a collision shares a limit, and memory stays fixed.
const SLOTS: usize = 1_024;

pub struct Attempts {
    key: [u8; 16],
    per_minute_max: u32,
    /// The minute that is counted, and attempts in it.
    slots: Mutex<Vec<(i64, u32)>>,
}

impl Attempts {
    /// Of failures.
    pub fn new(key: [u8; 16]) -> Self {
        Self::at_most(FAILURES_PER_MINUTE_MAX, key)
    }

    pub(crate) fn at_most(per_minute_max: u32, key: [u8; 16]) -> Self {
        Self { key, per_minute_max, slots: Mutex::new(vec![(0, 0); SLOTS]) }
    }

    fn slot_of(&self, peer: Peer) -> usize {
        let [first, second, ..] = hidden(&self.key, peer);
        usize::from(u16::from_be_bytes([first, second])) % SLOTS
    }

    /// Seconds to wait when the address has failed too often in this minute.
    pub fn wait_s(&self, now: Micros, peer: Peer) -> Option<u32> {
        let minute = now.0.div_euclid(Micros::MINUTE);
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (counted, failures) = slots.get(self.slot_of(peer)).copied()?;
        let is_full = counted == minute && failures >= self.per_minute_max;
        is_full.then(|| rest_s(now))
    }

    /// Counts one more that begins; seconds to wait when as many have begun in this minute. Looked at and counted at once, so that those who come together are
    /// no more.
    pub(crate) fn begins(&self, now: Micros, peer: Peer) -> Option<u32> {
        let minute = now.0.div_euclid(Micros::MINUTE);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get_mut(self.slot_of(peer))?;
        let before = if slot.0 == minute { slot.1 } else { 0 };
        if before >= self.per_minute_max {
            return Some(rest_s(now));
        }
        *slot = (minute, before + 1);
        None
    }

    pub fn failed(&self, now: Micros, peer: Peer) {
        let minute = now.0.div_euclid(Micros::MINUTE);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = slots.get_mut(self.slot_of(peer)) else { return };
        let before = if slot.0 == minute { slot.1 } else { 0 };
        *slot = (minute, before.saturating_add(1));
    }
}

/// Until the next minute.
fn rest_s(now: Micros) -> u32 {
    let rest_us = Micros::MINUTE - now.0.rem_euclid(Micros::MINUTE);
    u32::try_from(rest_us / Micros::SECOND).unwrap_or(59) + 1
}

/// The address as it is counted, under a key: who reads the count does not read the address.
pub fn hidden(key: &[u8], peer: Peer) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(key);
    match peer.0.map(|ip| ip.to_canonical()) {
        None => {}
        Some(IpAddr::V4(v4)) => hasher.update(v4.octets()),
        // One customer has at least a /64, so its addresses are one.
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            [a, b, c, d].iter().for_each(|segment| hasher.update(segment.to_be_bytes()));
        }
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer(text.parse().ok())
    }

    #[test]
    fn an_address_that_fails_too_often_waits_until_the_next_minute() {
        let attempts = Attempts::new([7; 16]);
        let now = Micros(90 * Micros::SECOND);
        for _ in 0..FAILURES_PER_MINUTE_MAX {
            assert_eq!(attempts.wait_s(now, peer("192.0.2.1")), None);
            attempts.failed(now, peer("192.0.2.1"));
        }
        assert_eq!(attempts.wait_s(now, peer("192.0.2.1")), Some(31));
        assert_eq!(attempts.wait_s(now, peer("::ffff:192.0.2.1")), Some(31), "the same address in another dress");
        assert_eq!(attempts.wait_s(now, peer("192.0.2.2")), None);
        assert_eq!(attempts.wait_s(now.plus(30 * Micros::SECOND), peer("192.0.2.1")), None);
    }

    #[test]
    fn an_address_that_begins_too_often_waits_until_the_next_minute_and_its_waiting_is_not_counted() {
        let starts = Attempts::at_most(3, [7; 16]);
        let now = Micros(90 * Micros::SECOND);
        let begins = |now, address| starts.begins(now, peer(address));
        assert_eq!([(); 5].map(|()| begins(now, "192.0.2.1")), [None, None, None, Some(31), Some(31)]);
        assert_eq!((begins(now, "::ffff:192.0.2.1"), begins(now, "192.0.2.2")), (Some(31), None));
        let next = now.plus(30 * Micros::SECOND);
        assert_eq!([(); 4].map(|()| begins(next, "192.0.2.1")), [None, None, None, Some(61)]);
    }

    #[test]
    fn changing_the_low_half_of_an_ipv6_address_does_not_help() {
        let attempts = Attempts::new([7; 16]);
        assert_eq!(attempts.slot_of(peer("2001:db8::1")), attempts.slot_of(peer("2001:db8::ffff:1")));
        assert_ne!(attempts.slot_of(peer("2001:db8::1")), attempts.slot_of(peer("2001:db8:1::1")));
    }
}
