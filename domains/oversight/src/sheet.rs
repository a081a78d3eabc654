//! Fields of a CSV file that people open in a spreadsheet.

use std::borrow::Cow;

/// Quoted where it must be. What a spreadsheet would take for a formula is text with an apostrophe before it: offices and areas are words that
/// somebody typed.
#[must_use]
pub fn field(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t']);
    let needs_quotes = text.contains([',', '"', '\n', '\r']);
    if !is_formula && !needs_quotes {
        return Cow::Borrowed(text);
    }
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_is_text_and_a_comma_ends_no_field() {
        assert_eq!(field("偵查隊"), "偵查隊");
        assert_eq!(field("=cmd"), "\"'=cmd\"");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
