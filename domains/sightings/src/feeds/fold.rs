//! One way to compare what feeds call their columns, gates and directions.

use shouhu_text::narrow;

/// Names and codes as they are compared: narrow, upper case, without blanks.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars().map(narrow).filter(|ch| !ch.is_whitespace() && *ch != '\u{feff}').flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_width_case_and_blanks() {
        assert_eq!(folded(" Ｇａｎｔｒｙ　ID "), "GANTRYID");
        assert_eq!(folded("01f0061ｎ"), "01F0061N");
    }
}
