//! Files as chunks. What never changes is cut every few megabytes; a database is cut where its content says so.
//!
//! A copy of a database moves its pages when a row is added in the middle. Cuts that depend on the bytes around them, and not on
//! where they stand, move along: the chunks behind an insertion are the ones that the place has already.

use shouhu_files::{FilesError, ReadAt};

/// Longest chunk of any file, so also the memory that one takes.
pub const CHUNK_BYTES_MAX: usize = 8 << 20;
const CONTENT_BYTES_MIN: usize = 64 << 10;
const CONTENT_BYTES_MAX: usize = 1 << 20;
/// One cut in 2¹⁸ bytes beyond the shortest chunk.
const CONTENT_MASK: u64 = ((1 << 18) - 1) << 32;

/// Where a file is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Every [`CHUNK_BYTES_MAX`]: the file never changes, or only grows.
    Pieces,
    /// Where its content says so.
    Content,
}

const fn split_mix(state: u64) -> u64 {
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A random number for each byte; the same for ever, or every chunk would be new.
const GEAR: [u64; 256] = {
    let mut gear = [0; 256];
    let mut state = 0_u64;
    let mut at = 0;
    #[expect(clippy::indexing_slicing, reason = "at is below 256, and the compiler would say so if not")]
    while at < 256 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        gear[at] = split_mix(state);
        at += 1;
    }
    gear
};

/// Length of the first chunk of `bytes`, which reach to the file's end or are at least as long as a chunk may be.
fn first_cut(bytes: &[u8], cut: Cut) -> usize {
    if cut == Cut::Pieces {
        return bytes.len().min(CHUNK_BYTES_MAX);
    }
    let until = bytes.len().min(CONTENT_BYTES_MAX);
    let mut hash = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(until).skip(CONTENT_BYTES_MIN) {
        hash = (hash << 1).wrapping_add(GEAR.get(usize::from(*byte)).copied().unwrap_or(0));
        if hash & CONTENT_MASK == 0 {
            return at + 1;
        }
    }
    until
}

/// Calls `found` with each chunk of the file, in order.
///
/// # Errors
/// When the file cannot be read, or `found` says so.
pub fn each_chunk<E: From<FilesError>>(file: &dyn ReadAt, cut: Cut, found: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let len = file.len();
    let (mut offset, mut ahead) = (0_u64, Vec::new());
    loop {
        let wanted = usize::try_from(len - offset).unwrap_or(usize::MAX).min(CHUNK_BYTES_MAX);
        let before = ahead.len();
        ahead.resize(before + wanted, 0);
        file.read_at(offset, ahead.get_mut(before..).unwrap_or_default())?;
        offset += wanted as u64;
        let mut done = 0;
        // Behind the last cut there may be less than a whole chunk: it waits for what is read next.
        while let Some(rest) = ahead.get(done..).filter(|rest| !rest.is_empty() && (offset == len || rest.len() >= CONTENT_BYTES_MAX)) {
            let (chunk, _) = rest.split_at(first_cut(rest, cut));
            found(chunk)?;
            done += chunk.len();
        }
        ahead.drain(..done);
        if offset == len {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use shouhu_files::{Files, SimFiles};

    use super::*;

    fn chunks(bytes: &[u8], cut: Cut) -> Vec<Vec<u8>> {
        let files = SimFiles::default();
        let mut all = Vec::new();
        let opened = files.put("x", bytes).and_then(|()| files.open("x"));
        let read = opened.and_then(|file| {
            each_chunk::<FilesError>(file.as_ref(), cut, &mut |chunk| {
                all.push(chunk.to_vec());
                Ok(())
            })
        });
        assert_eq!(read, Ok(()));
        all
    }

    fn noise(len: usize, seed: u64) -> Vec<u8> {
        (0..len as u64).map(|at| split_mix(at.wrapping_mul(0x9e37_79b9).wrapping_add(seed)).to_le_bytes()[0]).collect()
    }

    #[test]
    fn a_page_that_is_put_into_the_middle_costs_few_chunks() {
        let before = noise(6 << 20, 7);
        let mut after = before.clone();
        after.splice((2 << 20)..(2 << 20), noise(4_096, 8));
        let known: HashSet<Vec<u8>> = chunks(&before, Cut::Content).into_iter().collect();
        let new = chunks(&after, Cut::Content).into_iter().filter(|chunk| !known.contains(chunk)).count();
        assert!(known.len() > 10 && new <= 3, "{new} new of {}", known.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn chunks_together_are_the_file_and_none_is_empty_or_too_long(len in 0_usize..3_000_000, seed in any::<u64>(), by_content in any::<bool>()) {
            let bytes = noise(len, seed);
            let all = chunks(&bytes, if by_content { Cut::Content } else { Cut::Pieces });
            prop_assert!(all.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= CHUNK_BYTES_MAX));
            prop_assert_eq!(all.concat(), bytes);
        }
    }
}
