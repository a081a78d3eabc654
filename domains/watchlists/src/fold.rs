//! Texts of entries within their bounds.

/// Trimmed, without control characters, at most `max` characters.
#[must_use]
pub fn clipped(text: &str, max: usize) -> String {
    text.trim().chars().filter(|ch| !ch.is_control()).take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_its_characters() {
        assert_eq!(clipped("  a\u{0}b\nc  ", 2), "ab");
    }
}
