//! Patterns without a useful beginning: every plate is compared, in a handful of instructions each.

use crate::code::PlateCode;

const BITS: u32 = 6;
/// Plates that are compared before the results are looked at: keeps branches out of the loop.
const BLOCK: usize = 16;
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

/// What stands before the first `*` of a pattern and after the last, and how long the plate must be: all there is to compare
/// where there is only one `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Of the plate as it is: digits from its beginning.
    pub left_mask: u64,
    pub left_value: u64,
    /// Of the plate moved right until its last digit is the lowest.
    pub right_mask: u64,
    pub right_value: u64,
    pub chars_min: u32,
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

/// Digits at fixed distances from each other somewhere in the plate; says yes now and then where they are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// The digit in all ten places, and how far its mark is moved to meet that of the first.
    links: [(u64, u32); Self::LINKS],
}

impl Chain {
    /// Three leave one plate in some hundreds.
    const LINKS: usize = 3;

    /// Of digits and their distances to the first; those beyond the third are left out.
    pub fn new(digits: &[(u64, u32)]) -> Option<Self> {
        let first = digits.first()?;
        let mut links = [(lanes(first.0), 0); Self::LINKS];
        for (link, (digit, distance)) in links.iter_mut().zip(digits) {
            *link = (lanes(*digit), BITS * distance);
        }
        Some(Self { links })
    }

    /// Not 0 where the plate may fit: the highest bit of each place at which the chain seems to begin (Warren, "Hacker's
    /// Delight", §6–1). Never misses one.
    #[inline]
    pub fn places(&self, code: u64) -> u64 {
        let [a, b, c] = self.links.map(|(lanes, distance)| has_zero(code ^ lanes) << distance);
        a & b & c
    }
}

const fn has_zero(lanes: u64) -> u64 {
    lanes.wrapping_sub(LOW) & !lanes & HIGH
}

/// Calls `found` with the place of every plate that fits.
#[inline]
pub fn scan(plates: &[PlateCode], offset: usize, fixed: Fixed, found: &mut dyn FnMut(usize)) {
    let mut from = offset;
    for block in plates.chunks(BLOCK) {
        let hits: u64 = block.iter().map(|plate| u64::from(fixed.fit(plate.0))).sum();
        if hits > 0 {
            for (index, plate) in block.iter().enumerate() {
                if fixed.fit(plate.0) {
                    found(from + index);
                }
            }
        }
        from += block.len();
    }
}

/// Calls `found` with the place of every plate that has the chain and for which `fits` is true.
#[inline]
pub fn sift(plates: &[PlateCode], offset: usize, chain: Chain, fits: impl Fn(PlateCode) -> bool, found: &mut dyn FnMut(usize)) {
    let mut from = offset;
    for block in plates.chunks(BLOCK) {
        if block.iter().fold(0, |any, plate| any | chain.places(plate.0)) != 0 {
            for (index, plate) in block.iter().enumerate() {
                if chain.places(plate.0) != 0 && fits(*plate) {
                    found(from + index);
                }
            }
        }
        from += block.len();
    }
}
