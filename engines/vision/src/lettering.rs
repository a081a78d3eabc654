//! Words and numbers that stand on vehicles and are no plates: roof signs, dispatch numbers, makers' names.
//!
//! A reader of plates reads them as well as plates. None has a form that Taiwan issues, so that no Taiwanese plate can be meant; a foreign
//! plate may spell one, and is therefore kept, as an unsure reading. Numbers without any letter are of this kind: dates and times that a camera
//! burns into its picture, hotlines, dispatch numbers. Every form since 1992 has a letter.

use crate::grammar::taiwan_form;

/// What such a text is believed at most.
pub const LETTERING_MOST: f32 = 0.3;

/// As the reader gives them: O as 0 and I as 1. Taxi signs; emergency and rental lettering; makers of cars and motorcycles.
const LETTERING: [&str; 49] = [
    "TAX1", "P0L1CE", "AMBULANCE", "F1RE", "RESCUE", "BUS", "SCH00LBUS", "T0Y0TA", "N1SSAN", "H0NDA", "F0RD", "MAZDA", "SUZUK1", "SUBARU", "M1TSUB1SH1", "LEXUS", "LUXGEN", "1SUZU", "H1N0", "FUS0", "K1A", "HYUNDA1", "V0LV0", "BENZ", "BMW",
    "AUD1", "SK0DA", "0PEL", "F1AT", "C1TR0EN", "PEUGE0T", "RENAULT", "DAC1A", "SEAT", "TESLA", "P0RSCHE", "JAGUAR", "SCAN1A", "MAN", "DAF", "1VEC0",
    "YAMAHA", "KYMC0", "SYM", "G0G0R0", "AE0N", "PG0", "VESPA", "KAWASAK1",
];

/// Whether a text is lettering of a vehicle rather than its plate.
pub fn is_lettering(text: &str) -> bool {
    let folded: String = text
        .chars()
        .map(|ch| match ch {
            'O' => '0',
            'I' => '1',
            other => other,
        })
        .collect();
    let is_number = folded.chars().all(|ch| ch.is_ascii_digit());
    taiwan_form(text).is_none() && (is_number || LETTERING.contains(&folded.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{LETTERING, is_lettering};
    use crate::grammar::taiwan_form;

    #[test]
    fn signs_and_makers_are_lettering_however_their_letters_were_read() {
        for text in ["TAXI", "TAX1", "55688", "CITROEN", "C1TR0EN", "POLICE", "20200522", "O8O443"] {
            assert!(is_lettering(text), "{text}");
        }
    }

    #[test]
    fn no_form_that_taiwan_issues_is_lettering() {
        for text in LETTERING {
            assert!(taiwan_form(text).is_none(), "{text}");
        }
        for text in ["TAX178", "ABC1234", "5568K8", "B556889"] {
            assert!(!is_lettering(text), "{text}");
        }
    }
}
