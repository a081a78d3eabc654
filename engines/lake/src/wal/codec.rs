//! One batch as bytes: column by column, so that what repeats or grows evenly costs almost nothing.

use crate::code::PlateCode;
use crate::row::{Batch, Class, Extra, Row};

use super::BATCH_ROWS_MAX;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("batch ends in the middle of {0}")]
    Short(&'static str),
    #[error("{0} of a batch cannot be read")]
    Bad(&'static str),
    #[error("batch of {0} rows; at most {BATCH_ROWS_MAX} can be")]
    Rows(u64),
}

/// First value and step; the rest follows from them.
const EVEN: u8 = 0;
/// Each value as the difference from the one before, zigzag and variable length.
const DELTAS: u8 = 1;
/// Each value in its own width, little-endian.
const FIXED: u8 = 2;

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[expect(clippy::cast_possible_truncation, reason = "the low seven bits are what is wanted")]
fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends one batch. Only what the reader's bounds allow is ever given here: the caller has checked it.
pub fn encode_batch(batch: &Batch, out: &mut Vec<u8>) {
    let rows = &batch.rows;
    put_varint(out, u64::from(batch.device));
    out.push(batch.class.0);
    put_varint(out, rows.len() as u64);
    put_steps(out, rows, |row| row.sequence.cast_signed());
    put_steps(out, rows, |row| row.at_ms);
    put_steps(out, rows, |row| i64::from(row.source));
    for row in rows {
        out.extend_from_slice(&row.plate.0.to_le_bytes());
    }
    put_steps(out, rows, |row| i64::from(row.lon_e6));
    put_steps(out, rows, |row| i64::from(row.lat_e6));
    put_fixed(out, rows, |row| row.confidence_pm.to_le_bytes());
    put_fixed(out, rows, |row| [row.direction]);
    put_fixed(out, rows, |row| [row.pictures]);
    put_steps(out, rows, |row| i64::from(row.extra));
    put_varint(out, batch.extras.len() as u64);
    for extra in &batch.extras {
        put_extra(out, extra);
    }
}

/// A column whose values are near each other.
#[inline]
fn put_steps(out: &mut Vec<u8>, rows: &[Row], value: impl Fn(&Row) -> i64) {
    let first = rows.first().map_or(0, &value);
    let step = rows.get(1).map_or(0, |row| value(row).wrapping_sub(first));
    let is_even = rows.iter().zip(rows.iter().skip(1)).all(|(a, b)| value(b).wrapping_sub(value(a)) == step);
    if is_even {
        out.push(EVEN);
        put_varint(out, zigzag(first));
        put_varint(out, zigzag(step));
        return;
    }
    out.push(DELTAS);
    let mut before = 0_i64;
    for row in rows {
        let now = value(row);
        put_varint(out, zigzag(now.wrapping_sub(before)));
        before = now;
    }
}

/// A column of small values without order.
#[inline]
fn put_fixed<const N: usize>(out: &mut Vec<u8>, rows: &[Row], value: impl Fn(&Row) -> [u8; N]) {
    let first = rows.first().map_or([0; N], &value);
    if rows.iter().all(|row| value(row) == first) {
        out.push(EVEN);
        out.extend_from_slice(&first);
        return;
    }
    out.push(FIXED);
    for row in rows {
        out.extend_from_slice(&value(row));
    }
}

const HAS_LAG: u8 = 1;
const HAS_SPEED: u8 = 2;
const HAS_READS: u8 = 4;
const HAS_DETAIL: u8 = 8;

fn put_extra(out: &mut Vec<u8>, extra: &Extra) {
    let flag = |is_there: bool, flag: u8| if is_there { flag } else { 0 };
    out.push(
        flag(extra.lag_ms.is_some(), HAS_LAG)
            | flag(extra.speed_dkmh.is_some(), HAS_SPEED)
            | flag(extra.reads.is_some(), HAS_READS)
            | flag(extra.detail.is_some(), HAS_DETAIL),
    );
    if let Some(lag_ms) = extra.lag_ms {
        put_varint(out, zigzag(i64::from(lag_ms)));
    }
    for value in [extra.speed_dkmh, extra.reads].into_iter().flatten() {
        put_varint(out, u64::from(value));
    }
    if let Some(detail) = &extra.detail {
        put_varint(out, detail.len() as u64);
        out.extend_from_slice(detail.as_bytes());
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, bytes: usize, what: &'static str) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(CodecError::Short(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, CodecError> {
        let (first, rest) = self.0.split_first().ok_or(CodecError::Short(what))?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    fn varint(&mut self, what: &'static str) -> Result<u64, CodecError> {
        let mut value = 0;
        let mut shift = 0;
        loop {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(CodecError::Bad(what));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
            if shift > 63 {
                return Err(CodecError::Bad(what));
            }
        }
    }

    fn number<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<T, CodecError> {
        T::try_from(self.varint(what)?).map_err(|_| CodecError::Bad(what))
    }

    /// Gives every value of a column of steps to `put`, which says whether it can be.
    #[inline]
    fn steps(
        &mut self,
        what: &'static str,
        rows: &mut [Row],
        put: impl Fn(&mut Row, i64) -> Option<()>,
    ) -> Result<(), CodecError> {
        match self.byte(what)? {
            EVEN => {
                let mut value = unzigzag(self.varint(what)?);
                let step = unzigzag(self.varint(what)?);
                for row in rows {
                    put(row, value).ok_or(CodecError::Bad(what))?;
                    value = value.wrapping_add(step);
                }
            }
            DELTAS => {
                let mut value = 0_i64;
                for row in rows {
                    value = value.wrapping_add(unzigzag(self.varint(what)?));
                    put(row, value).ok_or(CodecError::Bad(what))?;
                }
            }
            _ => return Err(CodecError::Bad(what)),
        }
        Ok(())
    }

    #[inline]
    fn fixed<const N: usize>(
        &mut self,
        what: &'static str,
        rows: &mut [Row],
        put: impl Fn(&mut Row, [u8; N]),
    ) -> Result<(), CodecError> {
        match self.byte(what)? {
            EVEN => {
                let value = self.take(N, what)?.first_chunk().copied().unwrap_or([0; N]);
                rows.iter_mut().for_each(|row| put(row, value));
            }
            FIXED => {
                let (values, _) = self.take(N.saturating_mul(rows.len()), what)?.as_chunks::<N>();
                rows.iter_mut().zip(values).for_each(|(row, value)| put(row, *value));
            }
            _ => return Err(CodecError::Bad(what)),
        }
        Ok(())
    }

    fn extra(&mut self) -> Result<Extra, CodecError> {
        let what = "an extra";
        let flags = self.byte(what)?;
        if flags & !(HAS_LAG | HAS_SPEED | HAS_READS | HAS_DETAIL) != 0 {
            return Err(CodecError::Bad(what));
        }
        let mut extra = Extra::default();
        if flags & HAS_LAG != 0 {
            extra.lag_ms = Some(i32::try_from(unzigzag(self.varint(what)?)).map_err(|_| CodecError::Bad(what))?);
        }
        if flags & HAS_SPEED != 0 {
            extra.speed_dkmh = Some(self.number(what)?);
        }
        if flags & HAS_READS != 0 {
            extra.reads = Some(self.number(what)?);
        }
        if flags & HAS_DETAIL != 0 {
            let bytes = self.number(what)?;
            let detail = std::str::from_utf8(self.take(bytes, what)?).map_err(|_| CodecError::Bad(what))?;
            extra.detail = Some(detail.to_owned());
        }
        Ok(extra)
    }
}

const EMPTY_ROW: Row = Row {
    plate: PlateCode(0),
    at_ms: 0,
    sequence: 0,
    source: 0,
    lon_e6: 0,
    lat_e6: 0,
    extra: 0,
    confidence_pm: 0,
    direction: 0,
    pictures: 0,
};

/// The first batch of `bytes`, and what is behind it.
///
/// # Errors
/// When the bytes are no batch: after a checksum has held, that is another program's mistake.
pub fn decode_batch(bytes: &[u8]) -> Result<(Batch, &[u8]), CodecError> {
    let mut input = Input(bytes);
    let device = input.number("the device")?;
    let class = Class(input.byte("the class")?);
    if !Class::ALL.contains(&class) {
        return Err(CodecError::Bad("the class"));
    }
    let count = input.varint("the number of rows")?;
    let wanted = usize::try_from(count).ok().filter(|rows| *rows <= BATCH_ROWS_MAX).ok_or(CodecError::Rows(count))?;
    // Plates alone take eight bytes a row: a number of rows that the bytes cannot hold is found before memory is asked for.
    if wanted.saturating_mul(8) > input.0.len() {
        return Err(CodecError::Short("the rows"));
    }
    let mut rows = vec![EMPTY_ROW; wanted];
    input.steps("the sequences", &mut rows, |row, value| {
        row.sequence = value.cast_unsigned();
        Some(())
    })?;
    input.steps("the times", &mut rows, |row, value| {
        row.at_ms = value;
        Some(())
    })?;
    input.steps("the sources", &mut rows, |row, value| u32::try_from(value).ok().map(|source| row.source = source))?;
    let (plates, _) = input.take(8 * wanted, "the plates")?.as_chunks::<8>();
    rows.iter_mut().zip(plates).for_each(|(row, plate)| row.plate = PlateCode(u64::from_le_bytes(*plate)));
    input.steps("the longitudes", &mut rows, |row, value| i32::try_from(value).ok().map(|lon| row.lon_e6 = lon))?;
    input.steps("the latitudes", &mut rows, |row, value| i32::try_from(value).ok().map(|lat| row.lat_e6 = lat))?;
    input.fixed("the confidences", &mut rows, |row, value| row.confidence_pm = u16::from_le_bytes(value))?;
    input.fixed("the directions", &mut rows, |row, [value]: [u8; 1]| row.direction = value)?;
    input.fixed("the pictures", &mut rows, |row, [value]: [u8; 1]| row.pictures = value)?;
    input.steps("the places of extras", &mut rows, |row, value| u32::try_from(value).ok().map(|extra| row.extra = extra))?;
    let extras_count: usize = input.number("the number of extras")?;
    if extras_count > input.0.len() {
        return Err(CodecError::Short("the extras"));
    }
    if rows.iter().any(|row| row.extra as usize > extras_count) {
        return Err(CodecError::Bad("the place of an extra"));
    }
    let extras = (0..extras_count).map(|_| input.extra()).collect::<Result<_, _>>()?;
    Ok((Batch { device, class, rows, extras }, input.0))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn any_extra() -> impl Strategy<Value = Extra> {
        let detail = proptest::option::of("[ -~車]{0,20}");
        (any::<Option<i32>>(), any::<Option<u16>>(), any::<Option<u16>>(), detail)
            .prop_map(|(lag_ms, speed_dkmh, reads, detail)| Extra { lag_ms, speed_dkmh, reads, detail })
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let numbers = (any::<u64>(), any::<i64>(), any::<u64>(), any::<u32>(), any::<i32>(), any::<i32>());
        (numbers, any::<u16>(), any::<u8>(), any::<u8>(), 0..3_u32).prop_map(
            |(numbers, confidence_pm, direction, pictures, extra)| {
                let (plate, at_ms, sequence, source, lon_e6, lat_e6) = numbers;
                let plate = PlateCode(plate);
                Row { plate, at_ms, sequence, source, lon_e6, lat_e6, extra, confidence_pm, direction, pictures }
            },
        )
    }

    fn any_batch() -> impl Strategy<Value = Batch> {
        (any::<u32>(), 0..5_u8, vec(any_row(), 0..20), vec(any_extra(), 2..4)).prop_map(|(device, class, rows, extras)| Batch {
            device,
            class: Class(class),
            rows,
            extras,
        })
    }

    proptest! {
        #[test]
        fn a_batch_is_read_as_it_was_written(batch in any_batch(), behind in vec(any::<u8>(), 0..9)) {
            let mut bytes = Vec::new();
            encode_batch(&batch, &mut bytes);
            bytes.extend_from_slice(&behind);
            prop_assert_eq!(decode_batch(&bytes), Ok((batch, behind.as_slice())));
        }

        #[test]
        fn rubbish_is_an_error_and_never_a_panic(bytes in vec(any::<u8>(), 0..300)) {
            let _ = decode_batch(&bytes);
        }

        #[test]
        fn a_batch_that_was_cut_or_turned_is_an_error_or_another_batch(batch in any_batch(), at in any::<usize>(), bit in 0..8_u8) {
            let mut bytes = Vec::new();
            encode_batch(&batch, &mut bytes);
            let at = at % bytes.len();
            prop_assert!(decode_batch(bytes.get(..at).unwrap_or_default()).is_err());
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
            let _ = decode_batch(&bytes);
        }
    }

    #[test]
    fn a_typical_row_costs_few_bytes() {
        let rows: Vec<_> = (0..1_000_u64)
            .map(|n| Row {
                plate: PlateCode(n.wrapping_mul(0x1234_5678_9abc) >> 4),
                at_ms: 1_760_000_000_000 + (n * 137).cast_signed(),
                sequence: 40_000 + n,
                source: 7_000 + (n % 3) as u32,
                lon_e6: crate::row::AT_SOURCE,
                lat_e6: 0,
                extra: 0,
                confidence_pm: 900 + (n % 100) as u16,
                direction: (n % 8) as u8,
                pictures: 3,
            })
            .collect();
        let mut bytes = Vec::new();
        encode_batch(&Batch { device: 9, class: Class::PASSAGE, rows, extras: Vec::new() }, &mut bytes);
        assert!(bytes.len() < 16 * 1_000, "{} bytes", bytes.len());
    }
}
