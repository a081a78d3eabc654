//! Bytes as a TPM writes them: big-endian, sized buffers (`TPM2B`) with a length of two bytes (TPM 2.0 Library, Part 2).

/// What does not fit in a structure of the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("{what} ends too early")]
    Truncated { what: &'static str },
    #[error("{bytes} bytes follow after {what}")]
    Trailing { what: &'static str, bytes: usize },
    #[error("{what} has {bytes} bytes: at most {max} make sense")]
    TooLong { what: &'static str, bytes: usize, max: usize },
    #[error("{what} is 0x{found:x}, not 0x{expected:x}")]
    Not { what: &'static str, found: u64, expected: u64 },
}

#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn take(&mut self, bytes: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.0.split_at_checked(bytes).ok_or(Malformed::Truncated { what })?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed::Truncated { what })?;
        self.0 = rest;
        Ok(*head)
    }

    pub fn u8(&mut self, what: &'static str) -> Result<u8, Malformed> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    pub fn u16(&mut self, what: &'static str) -> Result<u16, Malformed> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, Malformed> {
        self.array(what).map(u32::from_be_bytes)
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, Malformed> {
        self.array(what).map(u64::from_be_bytes)
    }

    /// A `TPM2B` of at most so many bytes.
    pub fn sized(&mut self, max: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let bytes = usize::from(self.u16(what)?);
        if bytes > max {
            return Err(Malformed::TooLong { what, bytes, max });
        }
        self.take(bytes, what)
    }

    /// A number that has one right value.
    pub fn expect_u16(&mut self, expected: u16, what: &'static str) -> Result<(), Malformed> {
        let found = self.u16(what)?;
        if found == expected { Ok(()) } else { Err(Malformed::Not { what, found: found.into(), expected: expected.into() }) }
    }

    pub fn end(self, what: &'static str) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed::Trailing { what, bytes: self.0.len() }) }
    }
}

/// Writes a `TPM2B`. What this crate writes is far shorter than 64 KiB.
pub fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

/// A number of a curve at its full width: some TPMs leave leading zeros out. `None` when it is wider than the curve.
pub fn padded<const N: usize>(number: &[u8]) -> Option<[u8; N]> {
    let mut wide = [0; N];
    let start = N.checked_sub(number.len())?;
    wide.get_mut(start..)?.copy_from_slice(number);
    Some(wide)
}
