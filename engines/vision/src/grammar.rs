//! The forms of Taiwanese plates: a soft prior for the reader and the hyphen for people.
//!
//! Forms since 1992 that still circulate. A form says only where letters and digits may stand; it is used to prefer one
//! reading of an unclear plate over another, never to refuse a reading: foreign, diplomatic and military plates exist.

/// Letters before and after the hyphen: `L` letter, `D` digit, `A` either (with at least one letter in the block).
const FORMS: [&str; 14] = [
    "LLL-DDDD", "LLL-DDD", "DDDD-LL", "LL-DDDD", "DL-DDDD", "LD-DDDD", "DDDD-DL", "DDDD-LD", "LLL-DD", "DDD-LLL", "LL-DDD",
    "DDD-LL", "DDD-DL", "DDD-LD",
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

/// How much less likely a text of no Taiwanese form is taken to be, as a natural logarithm. Small: a clear foreign plate
/// loses nothing, because nothing competes with it.
const FOREIGN_PENALTY: f32 = 2.0;
/// Eighth-generation plates are issued without the digit 4.
const FOUR_PENALTY: f32 = 2.0;

fn prior(text: &str) -> f32 {
    match taiwan_form(text) {
        Some("LLL-DDDD") if text.contains('4') => -FOUR_PENALTY,
        Some(_) => 0.0,
        None => -FOREIGN_PENALTY,
    }
}

/// Weighs texts by the soft prior: returns them with probabilities among all texts, most probable first. What the beam
/// did not follow keeps its share as a foreign text would, so that a thin beam does not look sure.
pub(crate) fn rerank(raw: &[(String, f32)]) -> Vec<(String, f32)> {
    let unseen = (1.0 - raw.iter().map(|(_, log_p)| log_p.exp()).sum::<f32>()).max(0.0) * (-FOREIGN_PENALTY).exp();
    let mut weighed: Vec<(String, f32)> = raw.iter().map(|(text, log_p)| (text.clone(), (log_p + prior(text)).exp())).collect();
    let all = unseen + weighed.iter().map(|(_, weight)| weight).sum::<f32>();
    for (_, weight) in &mut weighed {
        *weight /= all.max(f32::MIN_POSITIVE);
    }
    weighed.sort_by(|a, b| b.1.total_cmp(&a.1));
    weighed
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{display_form, rerank, taiwan_form};

    #[test]
    fn an_unclear_letter_is_read_by_the_form() {
        let ranked = rerank(&[("AUVO905".to_owned(), 0.5_f32.ln()), ("AUV0905".to_owned(), 0.4_f32.ln())]);
        assert_eq!(ranked.first().map(|(text, _)| text.as_str()), Some("AUV0905"));
        assert!(ranked.iter().any(|(text, _)| text == "AUVO905"));
    }

    #[test]
    fn a_clear_foreign_plate_is_not_bent_into_a_taiwanese_one() {
        let ranked = rerank(&[("WA56660".to_owned(), 0.9_f32.ln()), ("WAS6660".to_owned(), 0.05_f32.ln())]);
        assert_eq!(ranked.first().map(|(text, _)| text.as_str()), Some("WA56660"));
        assert!(ranked.iter().map(|(_, p)| p).sum::<f32>() <= 1.0001);
    }

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
