//! From bytes to text: UTF-8 with or without a mark, UTF-16 with one, cp950.
//!
//! What cannot be decoded becomes U+FFFD and stays in its cell, so that the row that holds it is refused by its number and
//! every other row is kept.

use encoding_rs::{BIG5, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::ImportError;

/// Which encoding the sender says the file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
pub enum Asked {
    #[default]
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "cp950")]
    Cp950,
}

/// Text and the encoding it was read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    pub encoding: &'static str,
}

/// More unreadable characters than one in this many mean that the encoding is another one.
const UNREADABLE_ONE_IN: usize = 50;

fn lossy(bytes: &[u8], encoding: &'static Encoding, name: &'static str) -> (Decoded, usize) {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let bad = text.chars().filter(|ch| *ch == '\u{fffd}').count();
    (Decoded { text: text.into_owned(), encoding: name }, bad)
}

/// # Errors
/// When the bytes are no text in any of these encodings, or not in the one that was asked for.
pub fn decode(bytes: &[u8], asked: Asked) -> Result<Decoded, ImportError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let name = if encoding == UTF_8 {
            "utf-8"
        } else if encoding == UTF_16LE || encoding == UTF_16BE {
            "utf-16"
        } else {
            return Err(ImportError::NotText);
        };
        return readable(lossy(bytes.get(mark..).unwrap_or_default(), encoding, name));
    }
    if bytes.contains(&0) {
        return Err(ImportError::NotText);
    }
    match asked {
        Asked::Utf8 => readable(lossy(bytes, UTF_8, "utf-8")),
        Asked::Cp950 => readable(lossy(bytes, BIG5, "cp950")),
        Asked::Auto => {
            let utf_8 = lossy(bytes, UTF_8, "utf-8");
            if utf_8.1 == 0 {
                return Ok(utf_8.0);
            }
            let cp950 = lossy(bytes, BIG5, "cp950");
            // A UTF-8 file with one damaged byte has fewer bad places as UTF-8 than as cp950, and the other way round.
            readable(if cp950.1 < utf_8.1 { cp950 } else { utf_8 })
        }
    }
}

fn readable((decoded, bad): (Decoded, usize)) -> Result<Decoded, ImportError> {
    let wide = decoded.text.chars().filter(|ch| !ch.is_ascii()).count();
    if bad > 0 && bad * UNREADABLE_ONE_IN > wide.max(UNREADABLE_ONE_IN) {
        return Err(ImportError::Encoding { encoding: decoded.encoding, bad });
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cp950(text: &str) -> Vec<u8> {
        BIG5.encode(text).0.into_owned()
    }

    #[test]
    fn each_encoding_is_recognised_by_itself() {
        let text = "車牌,案由\nABC-1234,失竊報案\n";
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, encoding) in
            [(text.as_bytes().to_vec(), "utf-8"), (marked, "utf-8"), (cp950(text), "cp950"), (wide, "utf-16")]
        {
            assert_eq!(decode(&bytes, Asked::Auto).ok(), Some(Decoded { text: text.into(), encoding }));
        }
    }

    #[test]
    fn one_damaged_byte_damages_one_character_and_not_the_choice() {
        let text = "車牌,案由\n".to_owned() + &"ABC-1234,失竊報案與協尋\n".repeat(20);
        let mut bytes = text.clone().into_bytes();
        bytes.truncate(bytes.len() - 2);
        let decoded = decode(&bytes, Asked::Auto);
        assert!(decoded.as_ref().is_ok_and(|d| d.encoding == "utf-8" && d.text.ends_with('\u{fffd}')), "{decoded:?}");
        let mut bytes = cp950(&text);
        bytes.insert(20, 0xff);
        assert!(decode(&bytes, Asked::Auto).is_ok_and(|d| d.encoding == "cp950" && d.text.contains('\u{fffd}')));
    }

    #[test]
    fn the_wrong_encoding_is_named_and_not_guessed_over() {
        let bytes = cp950(&"臺南市政府警察局失竊車輛清冊".repeat(4));
        assert!(matches!(decode(&bytes, Asked::Utf8), Err(ImportError::Encoding { encoding: "utf-8", .. })));
        assert!(matches!(decode(b"\x00\x01\x02PDF", Asked::Auto), Err(ImportError::NotText)));
    }

    #[test]
    fn real_police_files_are_read_in_the_encoding_they_have() {
        let folder = crate::testing::shared_data().map(|data| data.join("cases/crime_tw"));
        let Some(files) = folder.and_then(|folder| std::fs::read_dir(folder).ok()) else {
            eprintln!(
                "skipped real_police_files_are_read_in_the_encoding_they_have: no cases/crime_tw in SHOUHU_SHARED_DATA or ../shared/data"
            );
            return;
        };
        let mut seen = 0;
        for file in files.filter_map(Result::ok).filter(|file| file.path().extension().is_some_and(|e| e == "csv")) {
            let bytes = std::fs::read(file.path()).unwrap_or_else(|e| panic!("{e}"));
            let decoded = decode(&bytes, Asked::Auto).unwrap_or_else(|e| panic!("{}: {e}", file.path().display()));
            // Six of the seven are cp950; one was saved again as UTF-8.
            let truly = if std::str::from_utf8(&bytes).is_ok() { "utf-8" } else { "cp950" };
            assert_eq!(decoded.encoding, truly, "{}", file.path().display());
            assert!(decoded.text.starts_with("編號,案類,發生日期"), "{}", file.path().display());
            assert_eq!(decoded.text.matches('\u{fffd}').count(), 0, "{}", file.path().display());
            seen += usize::from(truly == "cp950");
        }
        assert!(seen >= 6, "{seen} files in cp950");
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for asked in [Asked::Auto, Asked::Utf8, Asked::Cp950] {
                let _ = decode(&bytes, asked);
            }
        }
    }
}
