//! Which sequence numbers of each device were received: what makes a report idempotent.

use std::collections::HashMap;

/// Ranges kept of one device. A device counts on, so that one is usual and a gap is closed when what was queued arrives. When
/// there would be more the lowest is forgotten: a report of it that is sent again is then taken as new, and falls together with
/// the stored one by its identity.
pub const RANGES_MAX: usize = 256;

/// Sorted, apart from each other: first and last number of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranges(Vec<(u64, u64)>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("received sequences of device {device} cannot be read")]
pub struct ReceiptsError {
    pub device: u32,
}

impl Ranges {
    /// False when the number was there already.
    pub fn insert(&mut self, sequence: u64) -> bool {
        // Almost always it is the next one.
        if let Some((_, last)) = self.0.last_mut()
            && last.checked_add(1) == Some(sequence)
        {
            *last = sequence;
            return true;
        }
        let place = self.0.partition_point(|(_, last)| *last < sequence);
        if self.0.get(place).is_some_and(|(first, _)| *first <= sequence) {
            return false;
        }
        self.add(sequence, sequence);
        true
    }

    /// Adds a whole range, whatever it meets.
    fn add(&mut self, first: u64, last: u64) {
        // Neighbours fall together too.
        let from = self.0.partition_point(|(_, end)| end.saturating_add(1) < first);
        let until = self.0.partition_point(|(start, _)| *start <= last.saturating_add(1));
        let met = self.0.get(from..until).unwrap_or_default();
        let joined =
            (met.first().map_or(first, |(start, _)| *start.min(&first)), met.last().map_or(last, |(_, end)| *end.max(&last)));
        self.0.splice(from..until.max(from), [joined]);
        if self.0.len() > RANGES_MAX {
            self.0.remove(0);
        }
    }

    pub fn remove(&mut self, sequence: u64) {
        let place = self.0.partition_point(|(_, last)| *last < sequence);
        let Some((first, last)) = self.0.get(place).copied().filter(|(first, _)| *first <= sequence) else { return };
        let below = (first < sequence).then(|| (first, sequence - 1));
        let above = (sequence < last).then(|| (sequence + 1, last));
        self.0.splice(place..=place, below.into_iter().chain(above));
    }

    #[cfg(test)]
    fn has(&self, sequence: u64) -> bool {
        let place = self.0.partition_point(|(_, last)| *last < sequence);
        self.0.get(place).is_some_and(|(first, _)| *first <= sequence)
    }

    fn union(&mut self, other: &Self) {
        other.0.iter().for_each(|(first, last)| self.add(*first, *last));
    }

    /// Pairs of variable-length numbers: the gap since the range before ended (the first: its first number), and the length
    /// less one.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() * 4);
        let mut before = 0_u64;
        for (first, last) in &self.0 {
            put(&mut out, first - before);
            put(&mut out, last - first);
            before = *last;
        }
        out
    }

    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut ranges = Self::default();
        let mut before = 0_u64;
        while !bytes.is_empty() {
            let first = before.checked_add(take(&mut bytes)?)?;
            let last = first.checked_add(take(&mut bytes)?)?;
            ranges.add(first, last);
            before = last;
        }
        Some(ranges)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low seven bits are what is wanted")]
fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Of all devices.
#[derive(Debug, Default)]
pub struct Receipts(HashMap<u32, Ranges>);

impl Receipts {
    pub fn of(&mut self, device: u32) -> &mut Ranges {
        self.0.entry(device).or_default()
    }

    #[must_use]
    pub fn get(&self, device: u32) -> Option<&Ranges> {
        self.0.get(&device)
    }

    /// # Errors
    /// When the bytes are not what [`Ranges::encode`] writes.
    pub fn learn(&mut self, device: u32, bytes: &[u8]) -> Result<(), ReceiptsError> {
        let ranges = Ranges::decode(bytes).ok_or(ReceiptsError { device })?;
        self.of(device).union(&ranges);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_know_what_a_set_would_know(acts in vec((any::<bool>(), 0..60_u64), 0..200)) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            for (is_insert, number) in acts {
                if is_insert {
                    prop_assert_eq!(ranges.insert(number), set.insert(number));
                } else {
                    ranges.remove(number);
                    set.remove(&number);
                }
                prop_assert_eq!(ranges.has(number), set.contains(&number));
                prop_assert!(ranges.0.is_sorted_by(|a, b| a.1 + 1 < b.0), "{:?}", ranges);
            }
            prop_assert_eq!(Ranges::decode(&ranges.encode()), Some(ranges));
        }

        #[test]
        fn rubbish_is_refused_and_never_a_panic(bytes in vec(any::<u8>(), 0..60)) {
            if let Some(ranges) = Ranges::decode(&bytes) {
                prop_assert_eq!(Ranges::decode(&ranges.encode()), Some(ranges));
            }
        }
    }

    #[test]
    fn a_device_that_counts_wildly_costs_bounded_memory_and_forgets_its_oldest() {
        let mut ranges = Ranges::default();
        for number in 0..10_000 {
            assert!(ranges.insert(number * 2));
        }
        assert_eq!(ranges.0.len(), RANGES_MAX);
        assert!(!ranges.has(0) && ranges.has(19_998));
        assert!(ranges.insert(u64::MAX) && !ranges.insert(u64::MAX) && ranges.has(u64::MAX));
    }
}
