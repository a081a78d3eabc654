//! How the ledger names plates, moments, cases and days. Without the key nobody can ask it of whom a row speaks.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use shouhu_blobs::Keys;
use shouhu_ids::{ActorId, Micros};
use shouhu_module::ports::{Glimpse, GlimpseKind};
use shouhu_plate::{Plate, confusable_skeleton};

/// File of the secret in the folder of keys.
const SECRET: &str = "movements";

/// A plate as the ledger has it. Plates that cameras take for each other are one: asking for the misreadings of a plate is asking for
/// the plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target(pub [u8; 16]);

impl Target {
    #[must_use]
    pub fn hex(self) -> String {
        self.0.iter().fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a string fails for no byte.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// `None` for what this room has not written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// The key of the ledger.
#[derive(Clone)]
pub struct Fold(shouhu_blobs::Key);

impl Fold {
    /// # Errors
    /// When the key cannot be read or made.
    pub fn open(keys: &Keys) -> Result<Self, shouhu_blobs::KeyError> {
        Ok(Self(keys.lasting(SECRET)?))
    }

    #[cfg(test)]
    pub const fn of_test() -> Self {
        Self([7; 32])
    }

    /// SHA-256 over key and text, cut in half: a key of fixed length before the text, and no way to lengthen what is cut off.
    fn half(&self, kind: u8, text: &[u8]) -> [u8; 16] {
        let whole = Sha256::new().chain_update(self.0).chain_update([kind]).chain_update(text).finalize();
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(whole) {
            *to = from;
        }
        half
    }

    #[must_use]
    pub fn target(&self, plate: &Plate) -> Target {
        Target(self.half(0, confusable_skeleton(plate).as_bytes()))
    }

    /// A plate letter by letter: what is told to whoever drives it must not be of another that cameras take for it.
    #[must_use]
    pub fn plate(&self, plate: &Plate) -> Target {
        Target(self.half(4, plate.as_str().as_bytes()))
    }

    /// A document's number: the same one is known again, and none can be read off. Few numbers are possible, so that only the key keeps them.
    #[must_use]
    pub fn document(&self, kind: &str, number: &str) -> Target {
        Target(self.half(5, format!("{kind} {number}").as_bytes()))
    }

    /// What is told, as a number. Within the few hundred of one account two things share a number once in 10^14.
    #[must_use]
    pub fn point(&self, target: Target, kind: GlimpseKind, mark: i64) -> i64 {
        let kind = match kind {
            GlimpseKind::Passage => 1,
            GlimpseKind::Count => 2,
            GlimpseKind::Zone => 3,
        };
        let half = self.half(kind, &[&target.0[..], &mark.to_be_bytes()].concat());
        half.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes))
    }

    #[must_use]
    pub fn told(&self, glimpse: &Glimpse) -> (Target, i64, i64) {
        let target = self.target(&glimpse.plate);
        (target, self.point(target, glimpse.kind, glimpse.mark), day_of(glimpse.at))
    }
}

/// The day in Taipei.
#[must_use]
pub const fn day_of(at: Micros) -> i64 {
    at.0.saturating_add(shouhu_calendar::TAIPEI_US).div_euclid(Micros::DAY)
}

/// Begins the key of a case that was named, so that none can be typed that is somebody's own.
pub const NAMED: char = '#';

/// A case as it is compared: however it is typed, it is one. A question without a case is a case of its asker's own.
#[must_use]
pub fn case_key(case_ref: Option<&str>, asker: ActorId) -> String {
    let narrow = |ch: char| match ch {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(ch) - 0xfee0).unwrap_or(ch),
        other => other,
    };
    let key: String = case_ref.unwrap_or_default().chars().filter(|ch| !ch.is_whitespace()).map(narrow).flat_map(char::to_uppercase).collect();
    if key.is_empty() { format!("-{asker}") } else { format!("{NAMED}{key}") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn plate(text: &str) -> Plate {
        Plate::parse(text).unwrap()
    }

    #[test]
    fn misreadings_of_a_plate_are_that_plate_and_another_key_is_another_ledger() {
        let fold = Fold::of_test();
        assert_eq!(fold.target(&plate("ABC-1280")), fold.target(&plate("A8C-IZBO")));
        assert_ne!(fold.target(&plate("ABC-1280")), fold.target(&plate("ABC-1281")));
        assert_ne!(fold.target(&plate("ABC-1280")), Fold([8; 32]).target(&plate("ABC-1280")));
        let target = fold.target(&plate("ABC-1280"));
        assert_eq!(Target::parse(&target.hex()), Some(target));
        assert_eq!(Target::parse("車"), None);
        assert_ne!(fold.point(target, GlimpseKind::Passage, 5), fold.point(target, GlimpseKind::Count, 5));
    }

    #[test]
    fn a_case_is_one_however_it_is_typed_and_none_is_the_askers_own() {
        let (a, b) = (ActorId::new(Micros(1), [1; 16]), ActorId::new(Micros(1), [2; 16]));
        assert_eq!(case_key(Some(" 115-偵-7a"), a), case_key(Some("１１５－偵－７Ａ "), b));
        assert_ne!(case_key(None, a), case_key(None, b));
        assert_eq!(case_key(Some("  "), a), case_key(None, a));
    }

    #[test]
    fn a_day_begins_at_midnight_in_taipei() {
        let midnight = Micros(20_000 * Micros::DAY - shouhu_calendar::TAIPEI_US);
        assert_eq!([day_of(midnight.plus(-1)), day_of(midnight)], [19_999, 20_000]);
    }
}
