//! Thrift's compact protocol, as much of it as Parquet's headers need (`parquet.thrift`, `thrift-compact-protocol.md`).

use super::pack::{Malformed, put_varint, unzigzag, varint, zigzag};

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// One struct that is being written. Fields come in the order of their numbers.
pub struct Fields<'a> {
    out: &'a mut Vec<u8>,
    last: u8,
}

impl<'a> Fields<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, last: 0 }
    }

    fn head(&mut self, field: u8, kind: u8) {
        self.out.push((field - self.last) << 4 | kind);
        self.last = field;
    }

    pub fn i32(&mut self, field: u8, value: i32) {
        self.head(field, I32);
        put_varint(self.out, zigzag(i64::from(value)));
    }

    pub fn i64(&mut self, field: u8, value: i64) {
        self.head(field, I64);
        put_varint(self.out, zigzag(value));
    }

    pub fn i8(&mut self, field: u8, value: i8) {
        self.head(field, 3);
        self.out.push(value as u8);
    }

    pub fn bool(&mut self, field: u8, value: bool) {
        self.head(field, if value { 1 } else { 2 });
    }

    pub fn bytes(&mut self, field: u8, value: &[u8]) {
        self.head(field, BINARY);
        put_varint(self.out, value.len() as u64);
        self.out.extend_from_slice(value);
    }

    pub fn nested(&mut self, field: u8, fill: impl FnOnce(&mut Fields<'_>)) {
        self.head(field, STRUCT);
        write_struct(self.out, fill);
    }

    pub fn structs<T>(&mut self, field: u8, all: &[T], mut fill: impl FnMut(&mut Fields<'_>, &T)) {
        self.list(field, STRUCT, all.len());
        for one in all {
            write_struct(self.out, |fields| fill(fields, one));
        }
    }

    pub fn i32s(&mut self, field: u8, all: &[i32]) {
        self.list(field, I32, all.len());
        for one in all {
            put_varint(self.out, zigzag(i64::from(*one)));
        }
    }

    pub fn i64s(&mut self, field: u8, all: &[i64]) {
        self.list(field, I64, all.len());
        for one in all {
            put_varint(self.out, zigzag(*one));
        }
    }

    /// `count` times false.
    pub fn all_false(&mut self, field: u8, count: usize) {
        self.list(field, 1, count);
        self.out.resize(self.out.len() + count, 2);
    }

    pub fn binaries<'b>(&mut self, field: u8, all: impl ExactSizeIterator<Item = &'b [u8]>) {
        self.list(field, BINARY, all.len());
        for one in all {
            put_varint(self.out, one.len() as u64);
            self.out.extend_from_slice(one);
        }
    }

    fn list(&mut self, field: u8, kind: u8, len: usize) {
        self.head(field, LIST);
        if len < 15 {
            self.out.push((len as u8) << 4 | kind);
        } else {
            self.out.push(0xf0 | kind);
            put_varint(self.out, len as u64);
        }
    }
}

/// A struct and its stop byte.
pub fn write_struct(out: &mut Vec<u8>, fill: impl FnOnce(&mut Fields<'_>)) {
    fill(&mut Fields::new(out));
    out.push(0);
}

/// The next 32-bit number of a struct, whose field follows the last one read.
fn number(bytes: &[u8], at: &mut usize) -> Result<u32, Malformed> {
    if bytes.get(*at) != Some(&(0x10 | I32)) {
        return Err(Malformed("a page header of another kind"));
    }
    *at += 1;
    u32::try_from(unzigzag(varint(bytes, at)?)).map_err(|_| Malformed("a number in a page header is out of range"))
}

/// What a data page of the second kind says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageHeader {
    /// With the levels.
    pub uncompressed: u32,
    pub compressed: u32,
    pub values: u32,
    pub nulls: u32,
    pub rows: u32,
    pub encoding: u32,
    pub levels: u32,
    pub is_compressed: bool,
}

impl PageHeader {
    pub fn write(&self, out: &mut Vec<u8>) {
        write_struct(out, |page| {
            page.i32(1, 3);
            page.i32(2, self.uncompressed as i32);
            page.i32(3, self.compressed as i32);
            page.nested(8, |data| {
                data.i32(1, self.values as i32);
                data.i32(2, self.nulls as i32);
                data.i32(3, self.rows as i32);
                data.i32(4, self.encoding as i32);
                data.i32(5, self.levels as i32);
                data.i32(6, 0);
                data.bool(7, self.is_compressed);
            });
        });
    }

    /// Reads what [`Self::write`] writes, and nothing else; gives where it ends.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), Malformed> {
        let mut at = 0;
        if number(bytes, &mut at)? != 3 {
            return Err(Malformed("a page of another kind"));
        }
        let mut header = Self { uncompressed: number(bytes, &mut at)?, compressed: number(bytes, &mut at)?, ..Self::default() };
        if bytes.get(at) != Some(&0x5c) {
            return Err(Malformed("a page header of another kind"));
        }
        at += 1;
        header.values = number(bytes, &mut at)?;
        header.nulls = number(bytes, &mut at)?;
        header.rows = number(bytes, &mut at)?;
        header.encoding = number(bytes, &mut at)?;
        header.levels = number(bytes, &mut at)?;
        if number(bytes, &mut at)? != 0 {
            return Err(Malformed("a page with repetitions"));
        }
        header.is_compressed = match bytes.get(at) {
            Some(0x11) => true,
            Some(0x12) => false,
            _ => return Err(Malformed("a page header of another kind")),
        };
        if bytes.get(at + 1..at + 3) != Some(&[0, 0]) {
            return Err(Malformed("a page header does not end"));
        }
        Ok((header, at + 3))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_page_header_comes_back(numbers in prop::array::uniform7(0_u32..=i32::MAX as u32), is_compressed in any::<bool>()) {
            let [uncompressed, compressed, values, nulls, rows, encoding, levels] = numbers;
            let header = PageHeader { uncompressed, compressed, values, nulls, rows, encoding, levels, is_compressed };
            let mut bytes = Vec::new();
            header.write(&mut bytes);
            prop_assert_eq!(PageHeader::read(&bytes), Ok((header, bytes.len())));
        }

        #[test]
        fn arbitrary_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = PageHeader::read(&bytes);
        }
    }
}
