//! The counts of one hour as bytes: a version, then sixteen bytes for each piece that was driven, by rising number.

use std::collections::BTreeMap;

const VERSION: u8 = 1;
const ENTRY_BYTES: usize = 16;

/// What was counted of one piece in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Passages from the beginning of the piece to its end.
    pub forward: u16,
    pub backward: u16,
    /// One bit for the group of each crew that drove here, of this Taipei day only. Two crews may share a group, so that bits are never more than crews.
    pub crews: u64,
}

/// Pieces by number.
pub type Hour = BTreeMap<u32, Count>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HourError {
    #[error("counts of streets are of version {0}, which this program does not know")]
    Version(u8),
    #[error("counts of streets end early")]
    Short,
    #[error("counts of streets are not in the order of their pieces")]
    Order,
}

impl Count {
    pub fn add(&mut self, other: Self) {
        self.forward = self.forward.saturating_add(other.forward);
        self.backward = self.backward.saturating_add(other.backward);
        self.crews |= other.crews;
    }
}

#[must_use]
pub fn encode(hour: &Hour) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + hour.len() * ENTRY_BYTES);
    bytes.push(VERSION);
    for (piece, count) in hour {
        bytes.extend_from_slice(&piece.to_le_bytes());
        bytes.extend_from_slice(&count.forward.to_le_bytes());
        bytes.extend_from_slice(&count.backward.to_le_bytes());
        bytes.extend_from_slice(&count.crews.to_le_bytes());
    }
    bytes
}

/// Gives each piece to `each`, by rising number.
///
/// # Errors
/// When the bytes were not written by [`encode`]; some pieces may have been given then.
pub fn decode(bytes: &[u8], mut each: impl FnMut(u32, Count)) -> Result<(), HourError> {
    let (version, mut rest) = bytes.split_first().ok_or(HourError::Short)?;
    if *version != VERSION {
        return Err(HourError::Version(*version));
    }
    let mut before = None;
    while !rest.is_empty() {
        let ([a, b, c, d, e, f, g, h, crews @ ..], after) = rest.split_first_chunk::<ENTRY_BYTES>().ok_or(HourError::Short)?;
        let piece = u32::from_le_bytes([*a, *b, *c, *d]);
        if before.is_some_and(|before| before >= piece) {
            return Err(HourError::Order);
        }
        before = Some(piece);
        let (forward, backward) = (u16::from_le_bytes([*e, *f]), u16::from_le_bytes([*g, *h]));
        each(piece, Count { forward, backward, crews: u64::from_le_bytes(*crews) });
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Hour, HourError> {
        let mut hour = Hour::new();
        decode(bytes, |piece, count| hour.extend([(piece, count)]))?;
        Ok(hour)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            pieces in proptest::collection::btree_map(any::<u32>(), (any::<u16>(), any::<u16>(), any::<u64>()), 0..50),
        ) {
            let count = |(forward, backward, crews)| Count { forward, backward, crews };
            let hour: Hour = pieces.into_iter().map(|(piece, values)| (piece, count(values))).collect();
            prop_assert_eq!(read(&encode(&hour)), Ok(hour));
        }

        #[test]
        fn rubbish_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(hour) = read(&bytes) {
                prop_assert_eq!(encode(&hour), bytes);
            }
        }
    }

    #[test]
    fn counts_stop_at_their_end_and_do_not_begin_anew() {
        let mut count = Count { forward: u16::MAX, backward: 1, crews: 1 };
        count.add(Count { forward: 1, backward: 2, crews: 4 });
        assert_eq!(count, Count { forward: u16::MAX, backward: 3, crews: 5 });
        assert_eq!(read(&[]), Err(HourError::Short));
        assert_eq!(read(&[2]), Err(HourError::Version(2)));
    }
}
