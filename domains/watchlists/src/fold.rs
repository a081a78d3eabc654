//! One way to compare what people write: narrow, lower case, 臺 as 台.

use shouhu_text::narrow;

/// Full-width forms to ASCII, lower case, the ideographic blank to a blank, 臺 to 台.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars()
        .map(|ch| if ch == '臺' { '台' } else { narrow(ch) })
        .flat_map(char::to_lowercase)
        .collect()
}

/// As `folded`, without blanks, separators and brackets: for names of columns and keys, and for plates within texts.
#[must_use]
pub fn squeezed(text: &str) -> String {
    folded(text).chars().filter(|ch| ch.is_alphanumeric()).collect()
}

/// Trimmed, without control characters, at most `max` characters.
#[must_use]
pub fn clipped(text: &str, max: usize) -> String {
    text.trim().chars().filter(|ch| !ch.is_control()).take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_variants_fold_together() {
        assert_eq!(folded("臺南　ＡＢＣ－１２３"), "台南 abc-123");
        assert_eq!(squeezed("Legal_Basis（法令依據）"), "legalbasis法令依據");
        assert_eq!(clipped("  a\u{0}b\nc  ", 2), "ab");
    }
}
