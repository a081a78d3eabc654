//! Maps by numbers. The keys are numbers that the caller has counted out himself, so that nobody can choose them to collide, and a turn asks
//! millions of times: two multiplications are enough.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mixed>>;
pub(crate) type Set<K> = HashSet<K, BuildHasherDefault<Mixed>>;

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    /// The upper half, into which a multiplication carries everything, is brought down to where the table looks.
    fn write_u64(&mut self, number: u64) {
        let product = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = (product ^ (product >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }

    fn write_i32(&mut self, number: i32) {
        self.write_u64(u64::from(number.cast_unsigned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_fall_apart_in_the_bits_that_a_table_looks_at() {
        let hashed = |number: u64| {
            let mut mixed = Mixed::default();
            mixed.write_u64(number);
            mixed.finish()
        };
        for shift in [0, 57] {
            let slots: Set<u64> = (0..128).map(|number| (hashed(number) >> shift) & 0x7f).collect();
            assert!(slots.len() > 64, "{} of 128 slots", slots.len());
        }
        assert_ne!(hashed(1), hashed(1 << 32));
    }
}
