//! Secure unique NFC messages of NTAG 424 DNA tags: a tag puts its number and a counter, encrypted, and a MAC into the URL
//! that a phone reads, and counts each time.
//!
//! Formulas: NXP application note AN12196 rev. 2.0 §3.3 and §3.4 (SDM with encrypted PICC data, session key from SV2, MAC
//! truncated to the bytes of odd index); block cipher MACs by NIST SP 800-38B. The MAC is over nothing but the session key,
//! as the tag is told when it is programmed (`SDMMACInputOffset` = `SDMMACOffset`).

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};
use cmac::{Cmac, Mac};

pub const UID_BYTES: usize = 7;
pub const MAC_BYTES: usize = 8;
pub const PICC_BYTES: usize = 16;
/// Number and counter are mirrored, and the number has seven bytes.
const PICC_TAG: u8 = 0xc7;
/// First bytes of the session vector for the MAC key.
const SV2: [u8; 6] = [0x3c, 0xc3, 0x00, 0x01, 0x00, 0x80];

/// What a tag says once it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagRead {
    pub uid: [u8; UID_BYTES],
    /// How often it was read before, 24 bits.
    pub counter: u32,
}

fn cmac(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    let mut mac = <Cmac<Aes128> as KeyInit>::new(&Array::from(*key));
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The number and counter in the URL, if the MAC says that the tag with these keys wrote them.
#[must_use]
pub fn read(meta_read_key: &[u8; 16], file_read_key: &[u8; 16], picc: [u8; PICC_BYTES], mac: [u8; MAC_BYTES]) -> Option<TagRead> {
    // CBC with a first vector of noughts is, for one block, the block itself.
    let mut plain = Array::from(picc);
    Aes128::new(&Array::from(*meta_read_key)).decrypt_block(&mut plain);
    let [tag, u0, u1, u2, u3, u4, u5, u6, c0, c1, c2, ..] = plain.0;
    if tag != PICC_TAG {
        return None;
    }
    let [s0, s1, s2, s3, s4, s5] = SV2;
    let session_key = cmac(file_read_key, &[s0, s1, s2, s3, s4, s5, u0, u1, u2, u3, u4, u5, u6, c0, c1, c2]);
    let [_, m1, _, m3, _, m5, _, m7, _, m9, _, m11, _, m13, _, m15] = cmac(&session_key, &[]);
    let expected = [m1, m3, m5, m7, m9, m11, m13, m15];
    // Every byte is looked at, so that the time says nothing about how many were right.
    let differs = expected.iter().zip(mac).fold(0, |differs, (ours, theirs)| differs | (ours ^ theirs));
    (differs == 0).then_some(TagRead { uid: [u0, u1, u2, u3, u4, u5, u6], counter: u32::from_le_bytes([c0, c1, c2, 0]) })
}

#[cfg(test)]
pub mod testing {
    use aes::cipher::BlockCipherEncrypt;

    use super::*;

    /// What a tag with these keys writes.
    pub fn write(meta_read_key: &[u8; 16], file_read_key: &[u8; 16], tag: TagRead) -> ([u8; PICC_BYTES], [u8; MAC_BYTES]) {
        let mut block = [0x5a; 16];
        block[0] = PICC_TAG;
        block[1..8].copy_from_slice(&tag.uid);
        block[8..11].copy_from_slice(&tag.counter.to_le_bytes()[..3]);
        let session_key = cmac(file_read_key, &[&SV2[..], &block[1..11]].concat());
        let whole = cmac(&session_key, &[]);
        let mac = std::array::from_fn(|index| whole[2 * index + 1]);
        let mut cipher = Array::from(block);
        Aes128::new(&Array::from(*meta_read_key)).encrypt_block(&mut cipher);
        (cipher.0, mac)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use data_encoding::HEXUPPER;
    use proptest::prelude::*;

    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        HEXUPPER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_example_of_the_application_note_is_read() {
        // AN12196, keys of a tag as it is delivered.
        let key = [0; 16];
        let read = read(&key, &key, bytes("EF963FF7828658A599F3041510671E88"), bytes("94EED9EE65337086"));
        assert_eq!(read, Some(TagRead { uid: bytes("04DE5F1EACC040"), counter: 0x3d }));
    }

    #[test]
    fn the_block_cipher_mac_is_that_of_the_standard() {
        // NIST SP 800-38B appendix D.1, example 1: the empty message.
        let key = bytes("2B7E151628AED2A6ABF7158809CF4F3C");
        assert_eq!(cmac(&key, &[]), bytes::<16>("BB1D6929E95937287FA37D129B756746"));
    }

    proptest! {
        #[test]
        fn a_tag_is_believed_and_one_changed_bit_is_not(
            keys: ([u8; 16], [u8; 16]), uid: [u8; UID_BYTES], counter in 0_u32..1 << 24, bit in 0_usize..192,
        ) {
            let tag = TagRead { uid, counter };
            let (mut picc, mut mac) = testing::write(&keys.0, &keys.1, tag);
            prop_assert_eq!(read(&keys.0, &keys.1, picc, mac), Some(tag));
            if bit < 128 { picc[bit / 8] ^= 1 << (bit % 8) } else { mac[bit / 8 - 16] ^= 1 << (bit % 8) }
            prop_assert_eq!(read(&keys.0, &keys.1, picc, mac), None);
            prop_assert_eq!(read(&keys.1, &keys.0, picc, mac).filter(|_| keys.0 != keys.1), None);
        }
    }
}
