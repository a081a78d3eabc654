//! The distinct plates of a segment in order, each with its number of rows, in blocks that are read one by one.
//!
//! A plate's place in the roll is its number in the source file's dictionary; the rows before it are the place of its first
//! row in the plate file. So one block answers "which rows has this plate" and "which plate has this number".

use super::pack::{Malformed, SLACK, Slack};
use crate::code::PlateCode;

pub const BLOCK: usize = 64;

/// A plate and its number of rows.
pub type Entry = (PlateCode, u32);

/// Writes one block, bits from the lowest: 4 bits, how many characters all differences end with as zeros; 6 bits, the least
/// number of bits that a difference without them has behind its first one; 3 bits, how many bits it takes to say how much
/// longer one is. Then for each plate but the first how much longer its difference from the one before is, and the bits behind
/// that difference's first one; then for each plate its rows as Elias' gamma code.
pub fn put_block(out: &mut Vec<u8>, entries: &[Entry]) {
    let mut bits = BitWriter { out, word: 0, used: 0 };
    let all = entries.windows(2).fold(0, |all, pair| all | difference(pair));
    let chars = if all == 0 { 0 } else { all.trailing_zeros() / 6 };
    let short = |pair: &[Entry]| difference(pair) >> (6 * chars);
    let length = |pair: &[Entry]| 63 - (short(pair) | 1).leading_zeros();
    let least = entries.windows(2).map(length).min().unwrap_or(0);
    let longer = entries.windows(2).map(length).max().unwrap_or(0) - least;
    let width = 32 - longer.leading_zeros();
    bits.put(u64::from(chars), 4);
    bits.put(u64::from(least), 6);
    bits.put(u64::from(width), 3);
    for pair in entries.windows(2) {
        let length = length(pair);
        bits.put(u64::from(length - least), width);
        bits.put(short(pair) & ((1 << length) - 1), length);
    }
    for (_, rows) in entries {
        let length = 31 - (rows | 1).leading_zeros();
        bits.put(1 << length, length + 1);
        bits.put(u64::from(*rows) & ((1 << length) - 1), length);
    }
    bits.finish();
}

fn difference(pair: &[Entry]) -> u64 {
    if let [(before, _), (after, _)] = pair { after.0.wrapping_sub(before.0) } else { 0 }
}

/// Appends the first `count` plates of a block whose first one is known from elsewhere; without their rows, which are 0.
pub fn plates(bytes: Slack<'_>, first: PlateCode, count: usize, out: &mut Vec<Entry>) -> Result<(), Malformed> {
    read_plates(bytes, first, count, out).map(|_| ())
}

/// Appends all `count` entries of a block.
pub fn block(bytes: Slack<'_>, first: PlateCode, count: usize, out: &mut Vec<Entry>) -> Result<(), Malformed> {
    let from = out.len();
    let mut bits = read_plates(bytes, first, count, out)?;
    for (_, rows) in out.iter_mut().skip(from) {
        *rows = bits.gamma()?;
    }
    bits.check()
}

fn read_plates<'a>(bytes: Slack<'a>, first: PlateCode, count: usize, out: &mut Vec<Entry>) -> Result<BitReader<'a>, Malformed> {
    let mut bits = BitReader { bytes, at: 0 };
    let shift = 6 * bits.take(4) as u32;
    let lengths = Lengths { least: bits.take(6) as u32, width: bits.take(3) as u32 };
    let mut code = first.0;
    out.reserve(count);
    out.push((first, 0));
    for _ in 1..count {
        let code_after =
            code.checked_add(bits.difference(lengths)?.checked_shl(shift).unwrap_or(0)).filter(|code| code >> 60 == 0);
        code = code_after.ok_or(Malformed("a plate behind the last"))?;
        out.push((PlateCode(code), 0));
    }
    bits.check()?;
    Ok(bits)
}

struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    word: u64,
    used: u32,
}

impl BitWriter<'_> {
    fn put(&mut self, value: u64, width: u32) {
        self.word |= value << self.used;
        self.used += width;
        if self.used >= 64 {
            self.out.extend_from_slice(&self.word.to_le_bytes());
            self.used -= 64;
            self.word = if self.used == 0 { 0 } else { value >> (width - self.used) };
        }
    }

    fn finish(self) {
        self.out.extend(self.word.to_le_bytes().iter().take(self.used.div_ceil(8) as usize));
    }
}

/// Of a block's differences.
#[derive(Clone, Copy)]
struct Lengths {
    least: u32,
    width: u32,
}

struct BitReader<'a> {
    bytes: Slack<'a>,
    at: usize,
}

const _: () = assert!(SLACK >= 16, "a value of up to 64 bits at any bit lies within sixteen bytes");

impl BitReader<'_> {
    fn check(&self) -> Result<(), Malformed> {
        if self.at > self.bytes.len() * 8 { Err(Malformed("a block of plates is cut off")) } else { Ok(()) }
    }

    #[inline]
    fn peek(&self) -> u64 {
        self.bytes.word(self.at / 8) >> (self.at % 8)
    }

    /// Up to 60 bits; zeros behind the end.
    #[inline]
    fn take(&mut self, width: u32) -> u64 {
        let low = self.peek();
        let value = if width > 56 { low & 0xff_ffff_ffff | (self.later(40) & 0xf_ffff) << 40 } else { low };
        self.at += width as usize;
        value & ((1 << width) - 1)
    }

    fn later(&self, bits: usize) -> u64 {
        let at = self.at + bits;
        self.bytes.word(at / 8) >> (at % 8)
    }

    #[inline]
    fn difference(&mut self, lengths: Lengths) -> Result<u64, Malformed> {
        let bits = self.peek();
        let length = lengths.least + (bits as u32 & ((1 << lengths.width) - 1));
        if length > 50 {
            self.at += lengths.width as usize;
            return if length < 60 { Ok(1 << length | self.take(length)) } else { Err(Malformed("a plate's difference")) };
        }
        self.at += (lengths.width + length) as usize;
        Ok(1 << length | (bits >> lengths.width) & ((1 << length) - 1))
    }

    #[inline]
    fn gamma(&mut self) -> Result<u32, Malformed> {
        let bits = self.peek();
        let zeros = bits.trailing_zeros();
        if zeros > 31 {
            return Err(Malformed("a plate's number of rows"));
        }
        if zeros > 27 {
            self.at += zeros as usize + 1;
            return Ok(1 << zeros | self.take(zeros) as u32);
        }
        self.at += 2 * zeros as usize + 1;
        Ok(1 << zeros | (bits >> (zeros + 1)) as u32 & ((1 << zeros) - 1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_block_comes_back(mut all in prop::collection::btree_map(0_u64..1 << 60, 1_u32..=u32::MAX, 1..=BLOCK), chars in 0_u32..5) {
            if chars > 0 {
                all = all.into_iter().map(|(code, rows)| (code >> (6 * chars) << (6 * chars), rows)).collect();
            }
            let entries: Vec<Entry> = all.into_iter().map(|(code, rows)| (PlateCode(code), rows)).collect();
            let mut bytes = Vec::new();
            put_block(&mut bytes, &entries);
            let len = bytes.len();
            bytes.resize(len + SLACK, 0xff);
            let mut back = Vec::new();
            let Some(slack) = Slack::new(&bytes, len) else { panic!("there is slack") };
            let first = entries.first().map_or(PlateCode(0), |(plate, _)| *plate);
            prop_assert_eq!(block(slack, first, entries.len(), &mut back), Ok(()));
            prop_assert_eq!(&back, &entries);
            back.clear();
            let some = entries.len().div_ceil(2);
            prop_assert_eq!(plates(slack, first, some, &mut back), Ok(()));
            prop_assert!(back.iter().map(|(plate, _)| plate).eq(entries.iter().take(some).map(|(plate, _)| plate)));
        }

        #[test]
        fn arbitrary_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), SLACK..300), first in 0_u64..1 << 60, count in 1_usize..200) {
            let Some(slack) = Slack::new(&bytes, bytes.len() - SLACK) else { panic!("there is slack") };
            let mut back = Vec::new();
            let _ = block(slack, PlateCode(first), count, &mut back);
            prop_assert!(back.len() <= count);
        }
    }
}
