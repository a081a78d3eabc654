//! The few lines of CBOR (RFC 8949) that an authenticator writes. Keys are written in the order given: the caller keeps
//! CTAP2's canonical order (shorter first, then by value).

/// Writes definite-length items.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Major type and argument, in the shortest form.
    fn head(&mut self, major: u8, argument: u64) {
        let major = major << 5;
        let bytes = argument.to_be_bytes();
        let [.., b4, b5, b6, b7] = bytes;
        match argument {
            0..=23 => self.0.push(major | b7),
            24..=0xff => self.0.extend([major | 24, b7]),
            0x100..=0xffff => self.0.extend([major | 25, b6, b7]),
            0x1_0000..=0xffff_ffff => self.0.extend([major | 26, b4, b5, b6, b7]),
            _ => {
                self.0.push(major | 27);
                self.0.extend(bytes);
            }
        }
    }

    pub fn int(&mut self, value: i64) -> &mut Self {
        match u64::try_from(value) {
            Ok(value) => self.head(0, value),
            // A negative n is written as -1 - n, which is n's bits inverted.
            Err(_) => self.head(1, u64::from_ne_bytes((!value).to_ne_bytes())),
        }
        self
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(2, value.len() as u64);
        self.0.extend(value);
        self
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(3, value.len() as u64);
        self.0.extend(value.as_bytes());
        self
    }

    /// An array of so many items, which follow.
    pub fn array(&mut self, items: u64) -> &mut Self {
        self.head(4, items);
        self
    }

    /// A map of so many pairs; they follow as items.
    pub fn map(&mut self, pairs: u64) -> &mut Self {
        self.head(5, pairs);
        self
    }

    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_written_as_in_appendix_a_of_rfc_8949() {
        for (value, hex) in [
            (0, vec![0x00]),
            (23, vec![0x17]),
            (24, vec![0x18, 0x18]),
            (1_000, vec![0x19, 0x03, 0xe8]),
            (1_000_000, vec![0x1a, 0x00, 0x0f, 0x42, 0x40]),
            (1_000_000_000_000, vec![0x1b, 0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00]),
            (-1, vec![0x20]),
            (-7, vec![0x26]),
            (-100, vec![0x38, 0x63]),
            (-1_000, vec![0x39, 0x03, 0xe7]),
        ] {
            assert_eq!(Writer::default().int(value).finish(), hex, "{value}");
        }
    }

    #[test]
    fn texts_and_bytes_carry_their_length() {
        assert_eq!(Writer::default().text("水").finish(), [0x63, 0xe6, 0xb0, 0xb4]);
        assert_eq!(Writer::default().bytes(&[1, 2, 3, 4]).finish(), [0x44, 1, 2, 3, 4]);
        assert_eq!(Writer::default().bytes(&[7; 200]).finish().get(..2), Some([0x58, 200].as_slice()));
    }
}
