//! Full-width forms, which Chinese input methods produce, as the ASCII that they stand for.

/// Full-width forms (U+FF01–U+FF5E) to ASCII, the ideographic space (U+3000) and the no-break space (U+A0) to a blank
/// (Unicode, block "Halfwidth and Fullwidth Forms").
#[must_use]
pub const fn narrow(ch: char) -> char {
    match ch {
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(ch as u32 - 0xfee0) {
            Some(narrow) => narrow,
            None => ch,
        },
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    }
}

/// As people compare: full-width forms to ASCII, lower case, 臺 to 台.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars().map(|ch| if ch == '臺' { '台' } else { narrow(ch) }).flat_map(char::to_lowercase).collect()
}

/// As [`folded`], letters and digits only: for names of columns and keys, which differ in nothing else.
#[must_use]
pub fn squeezed(text: &str) -> String {
    folded(text).chars().filter(|ch| ch.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_variants_fold_together() {
        assert_eq!(folded("臺南　ＡＢＣ－１２３"), "台南 abc-123");
        assert_eq!(squeezed("Legal_Basis（法令依據）"), "legalbasis法令依據");
    }

    #[test]
    fn every_full_width_form_has_its_ascii_twin_and_nothing_else_changes() {
        let wide: String = ('\u{ff01}'..='\u{ff5e}').map(narrow).collect();
        let ascii: String = ('!'..='~').collect();
        assert_eq!(wide, ascii);
        assert_eq!("\u{3000}\u{a0}臺ｱA\u{ff00}\u{ff5f}".chars().map(narrow).collect::<String>(), "  臺ｱA\u{ff00}\u{ff5f}");
    }
}
