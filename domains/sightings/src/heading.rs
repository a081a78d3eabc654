//! Which way a vehicle went, as the lake keeps it: one byte.
//!
//! 0–3 are directions in a camera's picture, 16–23 the compass from north in steps of 45 degrees clockwise, 32 and 33 into
//! and out of a car park. The numbers are in files that outlive this program.

use shouhu_lakehouse::lake::row::NO_DIRECTION;
use shouhu_wire::Heading;

const CODES: [(Heading, u8); 14] = [
    (Heading::Approaching, 0),
    (Heading::Receding, 1),
    (Heading::LeftToRight, 2),
    (Heading::RightToLeft, 3),
    (Heading::North, 16),
    (Heading::NorthEast, 17),
    (Heading::East, 18),
    (Heading::SouthEast, 19),
    (Heading::South, 20),
    (Heading::SouthWest, 21),
    (Heading::West, 22),
    (Heading::NorthWest, 23),
    (Heading::Entered, 32),
    (Heading::Left, 33),
];

#[must_use]
pub fn code_of(heading: Option<Heading>) -> u8 {
    heading.and_then(|heading| CODES.iter().find(|(known, _)| *known == heading)).map_or(NO_DIRECTION, |(_, code)| *code)
}

#[must_use]
pub fn of_code(code: u8) -> Option<Heading> {
    CODES.iter().find(|(_, known)| *known == code).map(|(heading, _)| *heading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_comes_back_and_none_is_none() {
        for (heading, code) in CODES {
            assert_eq!((code_of(Some(heading)), of_code(code)), (code, Some(heading)));
        }
        assert_eq!((code_of(None), of_code(NO_DIRECTION), of_code(5)), (NO_DIRECTION, None, None));
    }
}
