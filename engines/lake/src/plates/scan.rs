//! Patterns without a useful beginning: every plate is compared, in a handful of instructions each.

use crate::code::PlateCode;

const BITS: u32 = 6;
/// Plates that are compared before the results are looked at: keeps branches out of the loop.
const BLOCK: usize = 32;
/// The lowest bit of each of the ten digits, and the highest.
const LOW: u64 = lanes(0x01);
const HIGH: u64 = lanes(0x20);

/// The digit in all ten places.
const fn lanes(digit: u64) -> u64 {
    let mut all = 0;
    let mut lane = 0;
    while lane < 10 {
        all |= digit << (BITS * lane);
        lane += 1;
    }
    all
}

/// What of a pattern with at most one `*` can be compared at once; exact for those, and for others exact about the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Of the plate as it is: digits from its beginning.
    pub left_mask: u64,
    pub left_value: u64,
    /// Of the plate moved right until its last digit is the lowest.
    pub right_mask: u64,
    pub right_value: u64,
    pub chars_min: u32,
    pub chars_max: u32,
}

impl Ends {
    #[inline]
    pub const fn fit(&self, code: u64) -> bool {
        let empty = code.trailing_zeros() / BITS;
        // 60 zero bits and more would be the empty plate, which does not exist.
        let chars = 10 - if empty > 10 { 10 } else { empty };
        let aligned = code >> (60 - BITS * chars);
        ((code & self.left_mask) ^ self.left_value) | ((aligned & self.right_mask) ^ self.right_value) == 0
            && self.chars_min <= chars
            && chars <= self.chars_max
    }
}

/// Without `*`: every place is known to be a digit, any digit, or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    pub mask: u64,
    pub value: u64,
    /// The last place, which must not be empty.
    pub last: u64,
}

impl Fixed {
    #[inline]
    pub const fn fit(&self, code: u64) -> bool {
        (code & self.mask == self.value) & (code & self.last != 0)
    }
}

/// Two digits next to each other somewhere in the plate; says yes now and then where they are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    first: u64,
    second: u64,
}

impl Pair {
    pub const fn new(first: u64, second: u64) -> Self {
        Self { first: lanes(first), second: lanes(second) }
    }

    #[inline]
    pub const fn may_be_in(&self, code: u64) -> bool {
        // The highest bit of each place where the digit is (Warren, "Hacker's Delight", §6–1); never misses one.
        let first = has_zero(code ^ self.first);
        let second = has_zero(code ^ self.second);
        first & (second << BITS) != 0
    }
}

const fn has_zero(lanes: u64) -> u64 {
    lanes.wrapping_sub(LOW) & !lanes & HIGH
}

/// Calls `found` with the place of every plate for which `fits` is true.
#[inline]
pub fn scan(plates: &[PlateCode], offset: usize, fits: impl Fn(u64) -> bool, found: &mut dyn FnMut(usize)) {
    let mut from = offset;
    for block in plates.chunks(BLOCK) {
        let hits: u32 = block.iter().map(|plate| u32::from(fits(plate.0))).sum();
        if hits > 0 {
            for (index, plate) in block.iter().enumerate() {
                if fits(plate.0) {
                    found(from + index);
                }
            }
        }
        from += block.len();
    }
}
