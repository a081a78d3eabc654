//! Which encoding a list is in, as the sender says it.

use shouhu_text::{Charset, DecodeError};

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

impl From<Asked> for Charset {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Auto => Self::Auto,
            Asked::Utf8 => Self::Utf8,
            Asked::Cp950 => Self::Cp950,
        }
    }
}

impl From<DecodeError> for ImportError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::NotText => Self::NotText,
            DecodeError::Charset { charset, unreadable } => Self::Encoding { encoding: charset, bad: unreadable },
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::BIG5;
    use shouhu_text::decode;

    use super::*;

    #[test]
    fn the_wrong_encoding_is_named_and_not_guessed_over() {
        let refused = |bytes: &[u8], asked: Asked| decode(bytes, asked.into()).err().map(ImportError::from);
        let bytes = BIG5.encode(&"臺南市政府警察局失竊車輛清冊".repeat(4)).0.into_owned();
        assert!(matches!(refused(&bytes, Asked::Utf8), Some(ImportError::Encoding { encoding: "utf-8", .. })));
        assert!(matches!(refused(b"\x00\x01\x02PDF", Asked::Auto), Some(ImportError::NotText)));
        assert!(refused(&bytes, Asked::Auto).is_none() && refused(&bytes, Asked::Cp950).is_none());
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
            let decoded = decode(&bytes, Asked::Auto.into()).unwrap_or_else(|e| panic!("{}: {e}", file.path().display()));
            // Six of the seven are cp950; one was saved again as UTF-8.
            let truly = if std::str::from_utf8(&bytes).is_ok() { "utf-8" } else { "cp950" };
            assert_eq!(decoded.charset, truly, "{}", file.path().display());
            assert!(decoded.text.starts_with("編號,案類,發生日期"), "{}", file.path().display());
            assert_eq!(decoded.text.matches('\u{fffd}').count(), 0, "{}", file.path().display());
            seen += usize::from(truly == "cp950");
        }
        assert!(seen >= 6, "{seen} files in cp950");
    }
}
