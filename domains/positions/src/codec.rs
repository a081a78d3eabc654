//! Fixes as bytes: some twenty of them per fix instead of two hundred as rows.
//!
//! Units and sources are written once and then by number; the rest is the difference from the fix before, in LEB128 with the
//! sign folded in (zigzag). Degrees are kept to 1e-7 (one centimetre), times to the microsecond, lengths to the centimetre.

use shouhu_ids::{Micros, TrackerId, UnitId};
use shouhu_place::Wgs84;
use uuid::Uuid;

const VERSION: u8 = 1;
const E7: f64 = 1e7;
/// More than a batch ever has.
const FIXES_MAX: u64 = 2_000_000;

/// A fix as it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    pub unit: UnitId,
    /// `None`: the crew's own app.
    pub source: Option<TrackerId>,
    pub measured_at: Micros,
    pub received_at: Micros,
    pub position: Wgs84,
    pub accuracy_m: Option<f64>,
    pub speed_kmh: Option<f64>,
    pub heading_deg: Option<f64>,
    pub altitude_m: Option<f64>,
    pub is_alarm: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("fixes end early")]
    Short,
    #[error("fixes are of version {0}, which this program does not know")]
    Version(u8),
    #[error("fixes hold a {0} that cannot be")]
    Value(&'static str),
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        #[allow(clippy::cast_possible_truncation, reason = "seven bits")]
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    #[allow(clippy::cast_possible_truncation, reason = "below 0x80")]
    out.push(value as u8);
}

#[allow(clippy::cast_sign_loss, reason = "zigzag folds the sign into the lowest bit")]
fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)) as u64);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, CodecError> {
        let (first, rest) = self.0.split_first().ok_or(CodecError::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, CodecError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CodecError::Value("number"))
    }

    #[allow(clippy::cast_possible_wrap, reason = "zigzag, see put_signed")]
    fn signed(&mut self) -> Result<i64, CodecError> {
        let folded = self.number()?;
        Ok((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    fn ids(&mut self) -> Result<Vec<Uuid>, CodecError> {
        let count = self.number()?;
        if count > FIXES_MAX {
            return Err(CodecError::Value("count of ids"));
        }
        let mut ids = Vec::new();
        for _ in 0..count {
            let (id, rest) = self.0.split_first_chunk::<16>().ok_or(CodecError::Short)?;
            self.0 = rest;
            ids.push(Uuid::from_bytes(*id));
        }
        Ok(ids)
    }
}

/// Numbers ids in the order in which they are first met.
#[derive(Default)]
struct Names {
    order: Vec<Uuid>,
    known: std::collections::HashMap<Uuid, u64>,
}

impl Names {
    fn number(&mut self, id: Uuid) -> u64 {
        let next = self.order.len() as u64;
        *self.known.entry(id).or_insert_with(|| {
            self.order.push(id);
            next
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        put(out, self.order.len() as u64);
        for id in &self.order {
            out.extend_from_slice(id.as_bytes());
        }
    }
}

/// What the differences are taken from.
#[derive(Default, Clone, Copy)]
struct Last {
    measured: i64,
    delay: i64,
    lon: i64,
    lat: i64,
    values: [i64; 4],
}

#[allow(clippy::cast_possible_truncation, reason = "degrees, metres and km/h of the globe fit; what does not saturates")]
fn scaled(value: f64, by: f64) -> i64 {
    (value * by).round() as i64
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn unscaled(value: i64, by: f64) -> f64 {
    value as f64 / by
}

/// Per field: how much one is kept as.
const SCALES: [f64; 4] = [100.0, 100.0, 100.0, 10.0];

fn values_of(fix: &Kept) -> [Option<f64>; 4] {
    [fix.accuracy_m, fix.speed_kmh, fix.heading_deg, fix.altitude_m]
}

#[must_use]
pub fn encode(fixes: &[Kept]) -> Vec<u8> {
    let (mut units, mut sources) = (Names::default(), Names::default());
    let mut body = Vec::with_capacity(fixes.len() * 24);
    let mut last = Last::default();
    for fix in fixes {
        put(&mut body, units.number(fix.unit.0));
        put(&mut body, fix.source.map_or(0, |source| sources.number(source.0) + 1));
        let values = values_of(fix).map(|value| value.filter(|value| value.is_finite()));
        let flags = values
            .iter()
            .enumerate()
            .fold(u8::from(fix.is_alarm) << 4, |flags, (bit, value)| flags | u8::from(value.is_some()) << bit);
        body.push(flags);
        let delay = fix.received_at.since(fix.measured_at);
        put_signed(&mut body, fix.measured_at.0.wrapping_sub(last.measured));
        put_signed(&mut body, delay.wrapping_sub(last.delay));
        let (lon, lat) = (scaled(fix.position.lon, E7), scaled(fix.position.lat, E7));
        put_signed(&mut body, lon - last.lon);
        put_signed(&mut body, lat - last.lat);
        for ((value, scale), before) in values.into_iter().zip(SCALES).zip(&mut last.values) {
            if let Some(value) = value {
                let now = scaled(value, scale);
                put_signed(&mut body, now.wrapping_sub(*before));
                *before = now;
            }
        }
        (last.measured, last.delay, last.lon, last.lat) = (fix.measured_at.0, delay, lon, lat);
    }
    let mut out = vec![VERSION];
    put(&mut out, fixes.len() as u64);
    units.put(&mut out);
    sources.put(&mut out);
    out.extend_from_slice(&body);
    out
}

/// # Errors
/// When the bytes were not written by [`encode`].
pub fn decode(bytes: &[u8]) -> Result<Vec<Kept>, CodecError> {
    let mut from = Reader(bytes);
    let version = from.byte()?;
    if version != VERSION {
        return Err(CodecError::Version(version));
    }
    let count = from.number()?;
    if count > FIXES_MAX {
        return Err(CodecError::Value("count"));
    }
    let (units, sources) = (from.ids()?, from.ids()?);
    let named = |ids: &[Uuid], number: u64, what| {
        usize::try_from(number).ok().and_then(|n| ids.get(n).copied()).ok_or(CodecError::Value(what))
    };
    let mut fixes = Vec::new();
    let mut last = Last::default();
    for _ in 0..count {
        let unit = UnitId(named(&units, from.number()?, "unit")?);
        let source = match from.number()? {
            0 => None,
            number => Some(TrackerId(named(&sources, number - 1, "source")?)),
        };
        let flags = from.byte()?;
        last.measured = last.measured.wrapping_add(from.signed()?);
        last.delay = last.delay.wrapping_add(from.signed()?);
        last.lon = last.lon.wrapping_add(from.signed()?);
        last.lat = last.lat.wrapping_add(from.signed()?);
        let mut values = [None; 4];
        for (bit, ((value, scale), before)) in values.iter_mut().zip(SCALES).zip(&mut last.values).enumerate() {
            if flags >> bit & 1 == 1 {
                *before = before.wrapping_add(from.signed()?);
                *value = Some(unscaled(*before, scale));
            }
        }
        let [accuracy_m, speed_kmh, heading_deg, altitude_m] = values;
        let position = Wgs84::new(unscaled(last.lon, E7), unscaled(last.lat, E7)).map_err(|_| CodecError::Value("position"))?;
        let measured_at = Micros(last.measured);
        let (received_at, is_alarm) = (measured_at.plus(last.delay), flags >> 4 & 1 == 1);
        fixes.push(Kept {
            unit,
            source,
            measured_at,
            received_at,
            position,
            accuracy_m,
            speed_kmh,
            heading_deg,
            altitude_m,
            is_alarm,
        });
    }
    Ok(fixes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fixes() -> impl Strategy<Value = Vec<Kept>> {
        let value = || proptest::option::of((0_i32..100_000).prop_map(|n| f64::from(n) / 100.0));
        let fix = (
            (0_u8..4, 0_u8..4, any::<bool>()),
            (0_i64..4_000_000_000_000_000, -60_000_000_i64..600_000_000),
            (-1_800_000_000_i32..1_800_000_000, -900_000_000_i32..900_000_000),
            (value(), value(), value(), proptest::option::of((-1_000_i32..40_000).prop_map(|n| f64::from(n) / 10.0))),
        );
        let kept = fix.prop_map(
            |((unit, source, is_alarm), (at, delay), (lon, lat), (accuracy_m, speed_kmh, heading_deg, altitude_m))| Kept {
                unit: UnitId::new(Micros(1), [unit; 16]),
                source: (source > 0).then(|| TrackerId::new(Micros(1), [source; 16])),
                measured_at: Micros(at),
                received_at: Micros(at + delay),
                position: Wgs84::new(f64::from(lon) / E7, f64::from(lat) / E7).unwrap(),
                accuracy_m,
                speed_kmh,
                heading_deg,
                altitude_m,
                is_alarm,
            },
        );
        proptest::collection::vec(kept, 0..40)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(fixes in fixes()) {
            prop_assert_eq!(decode(&encode(&fixes)), Ok(fixes));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn a_piece_that_was_cut_is_refused(fixes in fixes(), cut in 1_usize..20) {
            let whole = encode(&fixes);
            prop_assume!(!fixes.is_empty() && cut < whole.len());
            prop_assert!(decode(&whole[..whole.len() - cut]).is_err());
        }
    }

    #[test]
    fn a_drive_of_five_minutes_takes_less_than_twenty_bytes_a_fix() {
        let unit = UnitId::new(Micros(1), [1; 16]);
        let at = |second: i32| {
            let measured_at = Micros(1_795_248_000_000_000 + i64::from(second) * 1_000_000);
            Kept {
                unit,
                source: Some(TrackerId::new(Micros(1), [2; 16])),
                measured_at,
                received_at: measured_at.plus(150_000 + i64::from(second % 7) * 1_000),
                position: Wgs84::new(120.2 + f64::from(second) * 1e-4, 23.0 + f64::from(second % 3) * 1e-5).unwrap(),
                accuracy_m: Some(5.0 + f64::from(second % 4)),
                speed_kmh: Some(40.0 + f64::from(second % 9)),
                heading_deg: Some(90.0 + f64::from(second % 5)),
                altitude_m: Some(12.0),
                is_alarm: false,
            }
        };
        let drive: Vec<Kept> = (0..300).map(at).collect();
        assert!(encode(&drive).len() < 300 * 20, "{} bytes", encode(&drive).len());
    }
}
