//! Bit packing, runs and deltas, as Parquet's `Encodings.md` defines them: written plainly, read without trusting a byte.

/// What a decoder found wrong. The caller knows where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// Bytes with at least [`SLACK`] more behind them, so that eight can be loaded at any of them without asking first.
#[derive(Clone, Copy)]
pub struct Slack<'a> {
    bytes: &'a [u8],
    len: usize,
}

pub const SLACK: usize = 16;

impl<'a> Slack<'a> {
    /// `None` when there is no slack behind `len`.
    pub fn new(bytes: &'a [u8], len: usize) -> Option<Self> {
        (len.checked_add(SLACK)? <= bytes.len()).then_some(Self { bytes, len })
    }

    pub const fn len(self) -> usize {
        self.len
    }

    pub fn bytes(self) -> &'a [u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// From `at` on.
    pub fn after(self, at: usize) -> Result<Self, Malformed> {
        let len = self.len.checked_sub(at).ok_or(Malformed("a part begins behind the page's end"))?;
        let bytes = self.bytes.get(at..).ok_or(Malformed("a part begins behind the page's end"))?;
        Ok(Self { bytes, len })
    }

    fn first(self, len: usize) -> Result<Self, Malformed> {
        if len > self.len {
            Err(Malformed("packed values reach behind the page's end"))
        } else {
            Ok(Self { bytes: self.bytes, len })
        }
    }

    fn byte(self, at: usize) -> Result<u8, Malformed> {
        self.bytes().get(at).copied().ok_or(Malformed("a page ends within a header"))
    }

    /// Eight bytes from `at`; zero behind the end.
    #[inline]
    pub fn word(self, at: usize) -> u64 {
        self.bytes.get(at..at.saturating_add(8)).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes)
    }

    /// Value `index` of the packed values of `width` bits, `width` at most 56. Zero behind the end.
    #[inline]
    fn packed(self, index: usize, width: usize) -> u64 {
        let bit = index * width;
        (self.word(bit / 8) >> (bit % 8)) & ((1 << width) - 1)
    }

    /// The same for any width up to 64.
    fn packed_wide(self, index: usize, width: usize) -> u64 {
        let bit = index * width;
        let word = self.bytes.get(bit / 8..bit / 8 + 16).and_then(|all| all.try_into().ok()).map_or(0, u128::from_le_bytes);
        let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        (word >> (bit % 8)) as u64 & mask
    }
}

/// Bits that a value up to `max` needs, at least one: some readers stumble over none.
pub fn width_of(max: u64) -> u32 {
    (64 - max.leading_zeros()).max(1)
}

pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Reads a varint at `at` and moves it.
pub fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, Malformed> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at).ok_or(Malformed("a number is cut off"))?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed("a number has more than ten bytes"))
}

/// Packs values of `width` bits, the first in the lowest bits; the last byte is filled with zeros.
pub fn pack(out: &mut Vec<u8>, width: u32, values: impl IntoIterator<Item = u64>) {
    let mut word = 0;
    let mut used = 0;
    for value in values {
        word |= value << used;
        used += width;
        if used >= 64 {
            out.extend_from_slice(&word.to_le_bytes());
            used -= 64;
            word = if used == 0 { 0 } else { value >> (width - used) };
        }
    }
    out.extend(word.to_le_bytes().iter().take(used.div_ceil(8) as usize));
}

/// One bit-packed run (RLE hybrid) of all the values: any of them can be found without reading the others.
pub fn put_packed_run(out: &mut Vec<u8>, width: u32, values: &[u32]) {
    let groups = values.len().div_ceil(8);
    put_varint(out, (groups as u64) << 1 | 1);
    let end = out.len() + groups * width as usize;
    pack(out, width, values.iter().map(|value| u64::from(*value)));
    out.resize(end, 0);
}

/// One run of `count` zeros or ones, as levels.
pub fn put_run_of(out: &mut Vec<u8>, level: u32, count: usize) {
    put_run(out, 1, level, count);
}

fn put_run(out: &mut Vec<u8>, width: u32, value: u32, count: usize) {
    put_varint(out, (count as u64) << 1);
    out.extend(value.to_le_bytes().iter().take(width.div_ceil(8) as usize));
}

/// Runs of equal values only: for values that change rarely.
pub fn put_runs(out: &mut Vec<u8>, width: u32, values: &[u32]) {
    for run in values.chunk_by(|a, b| a == b) {
        put_run(out, width, run.first().copied().unwrap_or(0), run.len());
    }
}

/// Definition levels of a nullable column: in runs or bit by bit, whichever is shorter.
pub fn put_levels(out: &mut Vec<u8>, levels: &[u32]) {
    let from = out.len();
    put_runs(out, 1, levels);
    if out.len() - from > levels.len().div_ceil(8) + 3 {
        out.truncate(from);
        put_packed_run(out, 1, levels);
    }
}

/// Appends `count` values of an RLE hybrid from value `from` on.
pub fn runs_at(bytes: Slack<'_>, width: u32, from: usize, count: usize, out: &mut Vec<u32>) -> Result<(), Malformed> {
    if width > 32 {
        return Err(Malformed("values of more than 32 bits in runs"));
    }
    let width = width as usize;
    let (mut at, mut skip, mut left) = (0, from, count);
    out.reserve(count);
    while left > 0 {
        let header = varint(bytes.bytes(), &mut at)?;
        let length = usize::try_from(header >> 1).map_err(|_| Malformed("a run is too long"))?;
        if length == 0 {
            return Err(Malformed("a run of nothing"));
        }
        let run = bytes.after(at)?;
        if header & 1 == 1 {
            let packed_bytes = length.checked_mul(width).ok_or(Malformed("a run is too long"))?;
            let packed = run.first(packed_bytes)?;
            let here = length.saturating_mul(8).saturating_sub(skip).min(left);
            out.extend((skip..skip + here).map(|index| packed.packed(index, width) as u32));
            skip = skip.saturating_sub(length.saturating_mul(8));
            at = at.saturating_add(packed_bytes);
            left -= here;
        } else {
            let value = run_value(run, width)?;
            let here = length.saturating_sub(skip).min(left);
            out.resize(out.len() + here, value);
            skip = skip.saturating_sub(length);
            at = at.saturating_add(width.div_ceil(8));
            left -= here;
        }
    }
    Ok(())
}

fn run_value(bytes: Slack<'_>, width: usize) -> Result<u32, Malformed> {
    let value = bytes.first(width.div_ceil(8))?.packed(0, width.div_ceil(8) * 8);
    if width < 32 && value >> width != 0 {
        Err(Malformed("a run's value has more bits than its width"))
    } else {
        Ok(value as u32)
    }
}

/// Value `index` of an RLE hybrid; reads no more than the run headers before it.
pub fn run_at(bytes: Slack<'_>, width: u32, index: usize) -> Result<u32, Malformed> {
    if width > 32 {
        return Err(Malformed("values of more than 32 bits in runs"));
    }
    let width = width as usize;
    let mut at = 0;
    let mut skip = index;
    loop {
        let header = varint(bytes.bytes(), &mut at)?;
        let length = usize::try_from(header >> 1).map_err(|_| Malformed("a run is too long"))?;
        let (values, run_bytes) = if header & 1 == 1 {
            (length.saturating_mul(8), length.checked_mul(width).ok_or(Malformed("a run is too long"))?)
        } else {
            (length, width.div_ceil(8))
        };
        if length == 0 {
            return Err(Malformed("a run of nothing"));
        }
        let run = bytes.after(at)?;
        if skip < values {
            return if header & 1 == 1 { Ok(run.first(run_bytes)?.packed(skip, width) as u32) } else { run_value(run, width) };
        }
        skip -= values;
        at = at.saturating_add(run_bytes);
    }
}

/// Whether level `index` is 1, and then how many before it are.
pub fn rank(levels: Slack<'_>, index: usize) -> Result<Option<usize>, Malformed> {
    level_and_rank(levels, index).map(|(is_one, ones)| is_one.then_some(ones))
}

/// Whether level `index` is 1, and how many before it are.
pub fn level_and_rank(levels: Slack<'_>, index: usize) -> Result<(bool, usize), Malformed> {
    let mut at = 0;
    let mut skip = index;
    let mut ones = 0;
    loop {
        let header = varint(levels.bytes(), &mut at)?;
        let length = usize::try_from(header >> 1).map_err(|_| Malformed("a run is too long"))?;
        if length == 0 {
            return Err(Malformed("a run of nothing"));
        }
        if header & 1 == 1 {
            let run = levels.after(at)?.first(length)?;
            let here = skip.min(length.saturating_mul(8));
            ones += ones_before(run, here);
            if skip < length * 8 {
                return Ok((run.packed(skip, 1) == 1, ones));
            }
            at += length;
        } else {
            let level = levels.byte(at)?;
            at += 1;
            if skip < length {
                return Ok((level == 1, ones + if level == 1 { skip } else { 0 }));
            }
            ones += if level == 1 { length } else { 0 };
        }
        skip -= if header & 1 == 1 { length * 8 } else { length };
    }
}

fn ones_before(bits: Slack<'_>, count: usize) -> usize {
    let words: u32 = (0..count / 64).map(|index| bits.word(index * 8).count_ones()).sum();
    let rest = bits.word(count / 64 * 8) & ((1 << (count % 64)) - 1);
    (words + rest.count_ones()) as usize
}

/// How deltas are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deltas {
    /// As few bits as each 32 of them need.
    Packed,
    /// The same for a column of 32 bits, whose differences wrap around at 32 bits.
    Packed32,
    /// Four bytes each, so that zstd sees their bytes; for differences within a day of milliseconds. Small ones have equal
    /// third and fourth bytes, which is what makes them short.
    Aligned,
}

/// A day in milliseconds.
#[cfg(test)]
pub const ALIGNED_MAX: i64 = 86_400_000;
const ALIGNED_MIN_DELTA: i64 = -0x0606_0000;

/// `DELTA_BINARY_PACKED`.
pub fn put_deltas(out: &mut Vec<u8>, values: &[i64], layout: Deltas) {
    let (block, minis) = match layout {
        Deltas::Packed | Deltas::Packed32 => (128, 4),
        Deltas::Aligned => (1024, 4),
    };
    put_varint(out, block as u64);
    put_varint(out, minis as u64);
    put_varint(out, values.len() as u64);
    put_varint(out, zigzag(values.first().copied().unwrap_or(0)));
    let mut deltas = [0; 1024];
    let mut rest = values;
    while rest.len() > 1 {
        let count = block.min(rest.len() - 1);
        for (slot, pair) in deltas.iter_mut().zip(rest.windows(2).take(count)) {
            if let [before, after] = pair {
                let delta = after.wrapping_sub(*before);
                *slot = if layout == Deltas::Packed32 { i64::from(delta as i32) } else { delta };
            }
        }
        put_delta_block(out, deltas.get(..count).unwrap_or_default(), block / minis, minis, layout);
        rest = rest.get(count..).unwrap_or_default();
    }
}

fn put_delta_block(out: &mut Vec<u8>, deltas: &[i64], per_mini: usize, minis: usize, layout: Deltas) {
    let min = match layout {
        Deltas::Packed | Deltas::Packed32 => deltas.iter().copied().min().unwrap_or(0),
        Deltas::Aligned => ALIGNED_MIN_DELTA,
    };
    put_varint(out, zigzag(min));
    let widths_at = out.len();
    out.resize(widths_at + minis, 0);
    for (index, mini) in deltas.chunks(per_mini).enumerate() {
        let width = match layout {
            Deltas::Packed | Deltas::Packed32 => {
                64 - mini.iter().fold(0, |all, delta| all | delta.wrapping_sub(min) as u64).leading_zeros()
            }
            Deltas::Aligned => 32,
        };
        if let Some(slot) = out.get_mut(widths_at + index) {
            *slot = width as u8;
        }
        let end = out.len() + per_mini * width as usize / 8;
        if layout == Deltas::Aligned {
            for delta in mini {
                out.extend_from_slice(&(delta.wrapping_sub(min) as u32).to_le_bytes());
            }
        } else if width > 0 {
            pack(out, width, mini.iter().map(|delta| delta.wrapping_sub(min) as u64));
        }
        out.resize(end, 0);
    }
}

/// Appends the first `want` values of a `DELTA_BINARY_PACKED` part that must hold exactly `count`; gives where what was read
/// ends: the end of the part when all were wanted.
pub fn deltas(bytes: Slack<'_>, count: usize, want: usize, out: &mut Vec<i64>) -> Result<usize, Malformed> {
    let mut at = 0;
    let block = varint(bytes.bytes(), &mut at)?;
    let minis = varint(bytes.bytes(), &mut at)?;
    let total = varint(bytes.bytes(), &mut at)?;
    let mut value = unzigzag(varint(bytes.bytes(), &mut at)?);
    if block == 0 || block > 1 << 16 || block % 128 != 0 || minis == 0 || minis > 512 || block % (minis * 32) != 0 {
        return Err(Malformed("a delta block of an odd size"));
    }
    if total != count as u64 {
        return Err(Malformed("more or fewer deltas than the page has values"));
    }
    let (per_mini, minis) = ((block / minis) as usize, minis as usize);
    let mut left = want.min(count);
    if left == 0 {
        return Ok(at);
    }
    out.reserve(left);
    out.push(value);
    left -= 1;
    while left > 0 {
        let min = unzigzag(varint(bytes.bytes(), &mut at)?);
        let widths_at = at;
        at += minis;
        for mini in 0..minis {
            if left == 0 {
                break;
            }
            let width = usize::from(bytes.byte(widths_at + mini)?);
            if width > 64 {
                return Err(Malformed("a delta of more than 64 bits"));
            }
            let packed_bytes = per_mini * width / 8;
            let packed = bytes.after(at)?.first(packed_bytes)?;
            let here = left.min(per_mini);
            value = sum_deltas(packed, width, here, min, value, out);
            at += packed_bytes;
            left -= here;
        }
    }
    Ok(at)
}

fn sum_deltas(packed: Slack<'_>, width: usize, count: usize, min: i64, mut value: i64, out: &mut Vec<i64>) -> i64 {
    let mut add = |delta: u64| {
        value = value.wrapping_add(min).wrapping_add(delta as i64);
        value
    };
    match width {
        0 => out.extend((0..count).map(|_| add(0))),
        32 => out.extend(
            packed.bytes().chunks_exact(4).take(count).map(|four| add(u64::from(four.try_into().map_or(0, u32::from_le_bytes)))),
        ),
        1..=56 => out.extend((0..count).map(|index| add(packed.packed(index, width)))),
        _ => out.extend((0..count).map(|index| add(packed.packed_wide(index, width)))),
    }
    value
}

/// `DELTA_LENGTH_BYTE_ARRAY`.
pub fn put_texts<'a>(out: &mut Vec<u8>, texts: impl Iterator<Item = &'a [u8]> + Clone) {
    let lengths: Vec<i64> = texts.clone().map(|text| text.len() as i64).collect();
    put_deltas(out, &lengths, Deltas::Packed32);
    for text in texts {
        out.extend_from_slice(text);
    }
}

/// The texts of a `DELTA_LENGTH_BYTE_ARRAY` part of `count` values.
pub fn texts<'a>(bytes: Slack<'a>, count: usize) -> Result<Vec<&'a [u8]>, Malformed> {
    let mut lengths = Vec::new();
    let mut at = deltas(bytes, count, count, &mut lengths)?;
    let mut all = Vec::with_capacity(lengths.len());
    for length in lengths {
        let until = usize::try_from(length).ok().and_then(|length| at.checked_add(length)).ok_or(Malformed("a text's length"))?;
        all.push(bytes.bytes().get(at..until).ok_or(Malformed("a text reaches behind the page's end"))?);
        at = until;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn padded(mut bytes: Vec<u8>) -> (Vec<u8>, usize) {
        let len = bytes.len();
        bytes.resize(len + SLACK, 0);
        (bytes, len)
    }

    fn slack(padded: &(Vec<u8>, usize)) -> Slack<'_> {
        let Some(slack) = Slack::new(&padded.0, padded.1) else { panic!("there is slack") };
        slack
    }

    proptest! {
        #[test]
        fn deltas_come_back_whatever_they_are(values in prop::collection::vec(any::<i64>(), 0..3000), want in 0_usize..3000) {
            let mut bytes = Vec::new();
            put_deltas(&mut bytes, &values, Deltas::Packed);
            let bytes = padded(bytes);
            let mut back = Vec::new();
            prop_assert_eq!(deltas(slack(&bytes), values.len(), values.len(), &mut back), Ok(bytes.1));
            prop_assert_eq!(&back, &values);
            back.clear();
            prop_assert!(deltas(slack(&bytes), values.len(), want, &mut back).is_ok());
            prop_assert_eq!(&back[..], &values[..want.min(values.len())]);
        }

        #[test]
        fn deltas_of_32_bits_come_back(values in prop::collection::vec(any::<i32>(), 0..500)) {
            let mut bytes = Vec::new();
            put_deltas(&mut bytes, &values.iter().copied().map(i64::from).collect::<Vec<_>>(), Deltas::Packed32);
            let bytes = padded(bytes);
            let mut back = Vec::new();
            prop_assert_eq!(deltas(slack(&bytes), values.len(), values.len(), &mut back), Ok(bytes.1));
            prop_assert_eq!(back.into_iter().map(|value| value as i32).collect::<Vec<_>>(), values);
        }

        #[test]
        fn times_of_a_day_come_back_from_four_bytes_each(values in prop::collection::vec(0_i64..=ALIGNED_MAX, 0..3000)) {
            let mut bytes = Vec::new();
            put_deltas(&mut bytes, &values, Deltas::Aligned);
            let bytes = padded(bytes);
            let mut back = Vec::new();
            prop_assert_eq!(deltas(slack(&bytes), values.len(), values.len(), &mut back), Ok(bytes.1));
            prop_assert_eq!(back, values);
        }

        #[test]
        fn runs_come_back_whole_and_one_by_one(
            width in 1_u32..=32,
            raw in prop::collection::vec((any::<u32>(), 1_usize..40), 0..60),
            packed in any::<bool>(),
            from in 0_usize..2000,
            count in 0_usize..2000,
        ) {
            let mask = if width == 32 { u32::MAX } else { (1 << width) - 1 };
            let values: Vec<u32> = raw.iter().flat_map(|(value, count)| std::iter::repeat_n(value & mask, *count)).collect();
            let mut bytes = Vec::new();
            if packed { put_packed_run(&mut bytes, width, &values) } else { put_runs(&mut bytes, width, &values) }
            let bytes = padded(bytes);
            let mut back = Vec::new();
            prop_assert!(runs_at(slack(&bytes), width, 0, values.len(), &mut back).is_ok());
            prop_assert_eq!(&back, &values);
            let (from, until) = (from.min(values.len()), (from + count).min(values.len()));
            back.clear();
            prop_assert!(runs_at(slack(&bytes), width, from, until - from, &mut back).is_ok());
            prop_assert_eq!(&back[..], &values[from..until]);
            for (index, value) in values.iter().enumerate() {
                prop_assert_eq!(run_at(slack(&bytes), width, index), Ok(*value));
            }
        }

        #[test]
        fn levels_come_back(levels in prop::collection::vec(0_u32..2, 0..2000)) {
            let mut bytes = Vec::new();
            put_levels(&mut bytes, &levels);
            let bytes = padded(bytes);
            let mut back = Vec::new();
            prop_assert!(runs_at(slack(&bytes), 1, 0, levels.len(), &mut back).is_ok());
            prop_assert_eq!(&back, &levels);
            let mut ones = 0;
            for (index, level) in levels.iter().enumerate() {
                prop_assert_eq!(rank(slack(&bytes), index), Ok((*level == 1).then_some(ones)));
                prop_assert_eq!(level_and_rank(slack(&bytes), index), Ok((*level == 1, ones)));
                ones += usize::from(*level == 1);
            }
        }

        #[test]
        fn texts_come_back(all in prop::collection::vec("[a-z]{0,9}", 0..300)) {
            let mut bytes = Vec::new();
            put_texts(&mut bytes, all.iter().map(String::as_bytes));
            let bytes = padded(bytes);
            let back = texts(slack(&bytes), all.len());
            prop_assert_eq!(back, Ok(all.iter().map(String::as_bytes).collect()));
        }

        /// Whatever lies on the disk: an answer or a refusal, and no more memory than the count that was asked for.
        #[test]
        fn arbitrary_bytes_are_refused_or_decoded_within_bounds(
            bytes in prop::collection::vec(any::<u8>(), 0..400), width in 0_u32..40, count in 0_usize..2000, index in 0_usize..2000,
        ) {
            let bytes = padded(bytes);
            let mut wide = Vec::new();
            let _ = deltas(slack(&bytes), count, count, &mut wide);
            prop_assert!(wide.len() <= count);
            let mut narrow = Vec::new();
            let _ = runs_at(slack(&bytes), width, index, count, &mut narrow);
            prop_assert!(narrow.len() <= count);
            let _ = run_at(slack(&bytes), width, index);
            let _ = rank(slack(&bytes), index);
            let _ = texts(slack(&bytes), count);
        }

        #[test]
        fn arbitrary_deltas_behind_a_sound_header_stay_within_bounds(
            tail in prop::collection::vec(any::<u8>(), 0..400), count in 0_usize..2000,
        ) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, 128);
            put_varint(&mut bytes, 4);
            put_varint(&mut bytes, count as u64);
            bytes.extend(tail);
            let bytes = padded(bytes);
            let mut wide = Vec::new();
            let _ = deltas(slack(&bytes), count, count, &mut wide);
            prop_assert!(wide.len() <= count);
        }
    }
}
