//! The forms of Taiwanese plates: a soft prior for the reader and the hyphen for people.
//!
//! Forms since 1992 that still circulate. A form says only where letters and digits may stand; it is used to prefer one
//! reading of an unclear plate over another, never to refuse a reading: foreign, diplomatic and military plates exist.

/// Letters before and after the hyphen: `L` letter, `D` digit, `A` either (with at least one letter in the block).
const FORMS: [&str; 14] = [
    "LLL-DDDD", "LLL-DDD", "DDDD-LL", "LL-DDDD", "DL-DDDD", "LD-DDDD", "DDDD-DL", "DDDD-LD", "LLL-DD", "DDD-LLL", "LL-DDD", "DDD-LL", "DDD-DL",
    "DDD-LD",
];

/// The form a normalised plate text has, such as `LLL-DDDD`, when it is one that Taiwan issues.
#[must_use]
pub fn taiwan_form(text: &str) -> Option<&'static str> {
    FORMS.into_iter().find(|form| {
        let mut slots = form.chars().filter(|slot| *slot != '-');
        text.chars().count() + 1 == form.len()
            && text.chars().all(|ch| match slots.next() {
                Some('L') => ch.is_ascii_uppercase() && ch != 'I' && ch != 'O',
                Some(_) => ch.is_ascii_digit(),
                None => false,
            })
    })
}

/// The text with its hyphen where the form is known, otherwise unchanged.
#[must_use]
pub fn display_form(text: &str) -> String {
    match taiwan_form(text).and_then(|form| form.find('-')) {
        Some(at) => {
            let (head, tail) = text.split_at(at);
            format!("{head}-{tail}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{display_form, taiwan_form};

    #[test]
    fn the_hyphen_stands_where_the_form_puts_it() {
        assert_eq!(display_form("AUV0905"), "AUV-0905");
        assert_eq!(display_form("0589SM"), "0589-SM");
        assert_eq!(display_form("C36320"), "C3-6320");
        assert_eq!(display_form("687WB"), "687-WB");
    }

    #[test]
    fn a_foreign_text_keeps_its_shape() {
        assert_eq!(display_form("WA56660"), "WA56660");
        assert_eq!(taiwan_form("IOU1234"), None);
        assert_eq!(taiwan_form(""), None);
    }
}
