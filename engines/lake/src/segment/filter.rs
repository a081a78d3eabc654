//! Which plates a segment surely does not have: a binary fuse filter of eight bits a fingerprint.
//!
//! Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters" (2022): about 9.1 bits a plate, one in 256 asked
//! in vain.

use crate::code::PlateCode;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    seed: u64,
    segment_len: u32,
    /// Segments times their length, without the last two.
    starts: u32,
    /// Empty: says nothing about any plate.
    prints: Box<[u8]>,
}

const SEEDS_MAX: u64 = 100;

/// The finaliser of MurmurHash3.
const fn mix(code: u64, seed: u64) -> u64 {
    let mut h = code.wrapping_add(seed);
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

const fn print_of(hash: u64) -> u8 {
    (hash ^ (hash >> 32)) as u8
}

impl Filter {
    /// `codes` are distinct.
    #[must_use]
    pub fn build(codes: &[PlateCode]) -> Self {
        let mut filter = Self::sized(codes.len());
        let mut peeling = Peeling::sized(filter.prints.len(), codes.len());
        for attempt in 0..SEEDS_MAX {
            filter.seed = mix(attempt, 0x5eed);
            if peeling.peel(&filter, codes) {
                peeling.assign(&mut filter);
                return filter;
            }
        }
        Self::default()
    }

    /// Sizes as in the paper's reference implementation.
    fn sized(count: usize) -> Self {
        let size = count.max(2) as f64;
        let segment_len = 1_u32 << ((size.ln() / 3.33_f64.ln() + 2.25).floor() as u32).min(18);
        let factor = (0.875 + 0.25 * 1e6_f64.ln() / size.ln()).max(1.125);
        let capacity = (size * factor).round() as u32;
        let segments = capacity.div_ceil(segment_len).saturating_sub(2).max(1);
        let len = (segments + 2) * segment_len;
        Self { seed: 0, segment_len, starts: segments * segment_len, prints: vec![0; len as usize].into() }
    }

    const fn places(&self, hash: u64) -> [usize; 3] {
        let first = ((hash as u128 * self.starts as u128) >> 64) as u32;
        let mask = self.segment_len - 1;
        let second = (first + self.segment_len) ^ ((hash >> 18) as u32 & mask);
        let third = (first + 2 * self.segment_len) ^ (hash as u32 & mask);
        [first as usize, second as usize, third as usize]
    }

    /// False: surely not.
    #[must_use]
    pub fn may_hold(&self, plate: PlateCode) -> bool {
        let hash = mix(plate.0, self.seed);
        let at = |place: usize| self.prints.get(place).copied();
        match self.places(hash).map(at) {
            [Some(a), Some(b), Some(c)] => a ^ b ^ c == print_of(hash),
            _ => true,
        }
    }

    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.prints.len()
    }

    /// Seed, segment length, number of prints, prints.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.seed.to_le_bytes());
        out.extend_from_slice(&self.segment_len.to_le_bytes());
        out.extend_from_slice(&(self.prints.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.prints);
    }

    /// `None` when the sizes do not fit each other.
    #[must_use]
    pub fn from_parts(seed: u64, segment_len: u32, prints: &[u8]) -> Option<Self> {
        if prints.is_empty() {
            return Some(Self::default());
        }
        let len = u32::try_from(prints.len()).ok()?;
        let starts = len.checked_sub(segment_len.checked_mul(2)?)?;
        (segment_len.is_power_of_two() && starts > 0 && starts.is_multiple_of(segment_len)).then(|| Self {
            seed,
            segment_len,
            starts,
            prints: prints.into(),
        })
    }
}

/// Slots with a single key are taken away until none is left.
struct Peeling {
    /// Number of keys times four, and the exclusive or of which of a key's three places this is.
    counts: Vec<u8>,
    hashes: Vec<u64>,
    /// In the order they were taken: hash and which place.
    taken: Vec<(u64, u8)>,
    alone: Vec<u32>,
}

impl Peeling {
    fn sized(slots: usize, keys: usize) -> Self {
        Self { counts: vec![0; slots], hashes: vec![0; slots], taken: Vec::with_capacity(keys), alone: Vec::new() }
    }

    #[allow(clippy::indexing_slicing, reason = "places() stays below the number of slots, which is the length of both vectors")]
    fn peel(&mut self, filter: &Filter, codes: &[PlateCode]) -> bool {
        self.counts.fill(0);
        self.hashes.fill(0);
        self.taken.clear();
        for code in codes {
            let hash = mix(code.0, filter.seed);
            for (which, place) in filter.places(hash).into_iter().enumerate() {
                if self.counts[place] >= 252 {
                    return false;
                }
                self.counts[place] = (self.counts[place] + 4) ^ which as u8;
                self.hashes[place] ^= hash;
            }
        }
        self.alone.clear();
        self.alone.extend((0..self.counts.len() as u32).filter(|slot| self.counts[*slot as usize] >> 2 == 1));
        while let Some(slot) = self.alone.pop() {
            let slot = slot as usize;
            if self.counts[slot] >> 2 != 1 {
                continue;
            }
            let hash = self.hashes[slot];
            self.taken.push((hash, self.counts[slot] & 3));
            for (which, place) in filter.places(hash).into_iter().enumerate() {
                self.counts[place] = (self.counts[place] - 4) ^ which as u8;
                self.hashes[place] ^= hash;
                if self.counts[place] >> 2 == 1 {
                    self.alone.push(place as u32);
                }
            }
        }
        self.taken.len() == codes.len()
    }

    #[allow(clippy::indexing_slicing, reason = "places() stays below the number of prints")]
    fn assign(&self, filter: &mut Filter) {
        for (hash, which) in self.taken.iter().rev() {
            let places = filter.places(*hash);
            let all = places.iter().fold(print_of(*hash), |all, place| all ^ filter.prints[*place]);
            let own = places[usize::from(*which)];
            filter.prints[own] ^= all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(count: u64, salt: u64) -> Vec<PlateCode> {
        (0..count).map(|n| PlateCode(mix(n, salt << 40) >> 4)).collect()
    }

    #[test]
    fn what_is_in_is_never_denied_and_what_is_not_is_nearly_always() {
        for count in [1, 2, 3, 10, 100, 1_000, 50_000] {
            let inside = codes(count, 1);
            let filter = Filter::build(&inside);
            assert!(filter.bytes() > 0);
            assert!(inside.iter().all(|code| filter.may_hold(*code)));
            let in_vain = codes(20_000, 2).iter().filter(|code| filter.may_hold(**code)).count();
            assert!(in_vain < 200, "{in_vain} of 20,000 with {count}");
        }
    }

    #[test]
    fn it_comes_back_from_its_bytes() {
        let filter = Filter::build(&codes(1_000, 3));
        let mut bytes = Vec::new();
        filter.write(&mut bytes);
        assert_eq!(Filter::from_parts(filter.seed, filter.segment_len, bytes.get(16..).unwrap_or_default()), Some(filter));
        assert_eq!(Filter::from_parts(0, 3, &[0; 30]), None);
    }
}
