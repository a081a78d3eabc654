//! The city's one secret, and the keys that are derived from it: HMAC-SHA-256 (RFC 2104, FIPS 180-4) over what the key is for.
//!
//! **Invariant:** two keys are the same only if they are for the same use, box and version: what leaks from one tag, display
//! or sheet says nothing about any other.

use hmac::{Hmac, KeyInit, Mac};
use sha2_11::Sha256;
use shouhu_ids::{BoxId, UnitId};
use shouhu_store::{Store, StoreError, params};

/// Of a MAC in a code: 80 bits, 16 characters.
pub const CODE_MAC_BYTES: usize = 10;
/// How long a rotating code is shown, and how many of them before and after are taken: displays' clocks drift.
pub const STEP_S: i64 = 30;
pub const STEPS_AROUND: i64 = 2;
/// Groups of crews where streets are counted.
const CREW_GROUPS: u8 = 63;

/// Keys of one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagSecret {
    pub meta_read: [u8; 16],
    pub file_read: [u8; 16],
}

#[derive(Clone)]
pub struct Secret([u8; 32]);

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // Keys of any length are taken (RFC 2104 §2).
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn cut<const N: usize>(whole: [u8; 32]) -> [u8; N] {
    std::array::from_fn(|index| whole.get(index).copied().unwrap_or(0))
}

impl Secret {
    /// Reads the secret, which the first start of a city makes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(store: &Store) -> Result<Self, StoreError> {
        let random = &store.env().random;
        let fresh = [random.bytes16(), random.bytes16()].concat();
        // Several programs may start at once: the first one's stays.
        let mut tx = store.begin().await?;
        tx.execute("INSERT INTO patrol_secret (id, secret) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", params![fresh]).await?;
        tx.commit().await?;
        let kept = store.fetch_one("SELECT secret FROM patrol_secret WHERE id = 1", vec![]).await?.blob("secret")?;
        let secret = kept.try_into().map_err(|_| StoreError::Corrupt { what: "patrol secret", detail: "it is not 32 bytes long".into() })?;
        Ok(Self(secret))
    }

    fn of_box(&self, usage: &str, id: BoxId, version: i64) -> [u8; 32] {
        hmac(&self.0, &[usage.as_bytes(), &[0], id.0.as_bytes(), &version.to_be_bytes()])
    }

    #[must_use]
    pub fn printed_mac(&self, id: BoxId, version: i64) -> [u8; CODE_MAC_BYTES] {
        cut(self.of_box("printed", id, version))
    }

    /// What a display is given.
    #[must_use]
    pub fn device_secret(&self, id: BoxId, version: i64) -> [u8; 32] {
        self.of_box("rotating", id, version)
    }

    /// One of 63 bits: the group that a crew is counted in on one day (days since 1970 in Taipei) where it must not be named.
    /// Another on each day, so that a crew is not followed from day to day. A pseudonym: whoever has the city's secret and the
    /// list of units can say which crews it may have been.
    #[must_use]
    pub fn crew_bit(&self, unit: UnitId, day: i64) -> u64 {
        let [first, ..] = hmac(&self.0, &[b"street crew", &[0], unit.0.as_bytes(), &day.to_be_bytes()]);
        1 << (first % CREW_GROUPS)
    }

    #[must_use]
    pub fn tag_secret(&self, id: BoxId, version: i64) -> TagSecret {
        TagSecret { meta_read: cut(self.of_box("tag meta read", id, version)), file_read: cut(self.of_box("tag file read", id, version)) }
    }
}

/// The MAC that a display shows during a step, as RFC 4226 counts: over the step in eight bytes, the highest first.
#[must_use]
pub fn step_mac(device_secret: &[u8; 32], step: i64) -> [u8; CODE_MAC_BYTES] {
    cut(hmac(device_secret, &[&step.to_be_bytes()]))
}

/// Time says nothing about how many bytes were right.
#[must_use]
pub fn is_same(ours: &[u8; CODE_MAC_BYTES], theirs: &[u8; CODE_MAC_BYTES]) -> bool {
    ours.iter().zip(theirs).fold(0, |differs, (ours, theirs)| differs | (ours ^ theirs)) == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;

    use data_encoding::HEXLOWER;
    use shouhu_ids::Micros;
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;

    #[test]
    fn the_mac_is_that_of_the_standard() {
        // RFC 4231 §4.3.
        let mac = hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(HEXLOWER.encode(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn no_two_uses_boxes_or_versions_share_a_key() {
        let secret = Secret([7; 32]);
        let boxes = [1, 2].map(|n| BoxId::new(Micros(1), [n; 16]));
        let mut keys = BTreeSet::new();
        for id in boxes {
            for version in [1, 2] {
                keys.insert(secret.printed_mac(id, version).to_vec());
                keys.insert(secret.device_secret(id, version).to_vec());
                keys.insert(secret.tag_secret(id, version).meta_read.to_vec());
                keys.insert(secret.tag_secret(id, version).file_read.to_vec());
            }
        }
        assert_eq!(keys.len(), 16);
    }

    #[test]
    fn a_crew_keeps_its_group_for_a_day_and_crews_are_spread_over_all_of_them() {
        let secret = Secret([7; 32]);
        let unit = |n: u8| UnitId::new(Micros(1), [n; 16]);
        assert_eq!(secret.crew_bit(unit(1), 7), secret.crew_bit(unit(1), 7));
        let days = (0..255).fold(0, |all, day| all | secret.crew_bit(unit(1), day));
        assert!(days.count_ones() > 40, "nobody is followed from day to day: {days:b}");
        let all = (0..=255).fold(0, |all, n| all | secret.crew_bit(unit(n), 7));
        assert!(all.count_ones() > 40 && (0..=255).all(|n| secret.crew_bit(unit(n), 7).count_ones() == 1), "{all:b}");
    }

    #[tokio::test]
    async fn the_first_start_makes_the_secret_and_later_ones_find_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let first = Secret::of(&store).await.unwrap();
            assert_eq!(Secret::of(&store).await.unwrap().0, first.0);
            assert_ne!(first.0, [0; 32]);
        })
        .await;
    }
}
