//! What a plate may look like: unknown places, look-alike characters, one character wrong.

use super::automaton::{Automaton, digit_at};
use super::scan::{Chain, Ends, Fixed, scan, sift};
use crate::code::{CHARS_MAX, PlateCode};

const BITS: u32 = 6;
/// What one comparison of a scan costs, and one branch of a walk: two binary searches, in memory that is not near.
const SCAN_NS: f64 = 0.7;
const BRANCH_NS: f64 = 1_000.0;
const DIGITS: i32 = 37;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("plate pattern is empty")]
    Empty,
    #[error("plate pattern {text:?} has {ch:?}; A to Z, 0 to 9, the hyphen, ? and * are possible")]
    Character { text: String, ch: char },
    #[error("plate pattern {text:?} wants {chars} characters; no plate has more than {CHARS_MAX}")]
    TooLong { text: String, chars: usize },
    #[error("plate pattern {text:?} knows no character: every plate would fit")]
    TooVague { text: String },
}

impl PatternError {
    /// Stable, for problem types and translations.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "lake.pattern.empty",
            Self::Character { .. } => "lake.pattern.character",
            Self::TooLong { .. } => "lake.pattern.too_long",
            Self::TooVague { .. } => "lake.pattern.too_vague",
        }
    }
}

/// A condition on a plate's text, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Like {
    automaton: Automaton,
    way: Way,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// Branch by branch: what is asked for is narrow.
    Walk,
    Near(PlateCode),
    Glob(Glob),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Glob {
    /// Known digits at the beginning: plates from `prefix` to before `prefix_end`.
    prefix: u64,
    prefix_end: u64,
    compare: Compare,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Compare {
    /// Every plate with the prefix fits.
    All,
    /// `unknown`: places of any digit before the last known one.
    Fixed { fixed: Fixed, unknown: i32 },
    /// One `*`.
    Ends { ends: Ends, chain: Option<Chain> },
    /// Several: what the ends and the chain leave, the automaton judges.
    Several { ends: Ends, chain: Option<Chain> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Known(u64),
    One,
    Any,
}

impl Like {
    /// `?` is one character, `*` any number of them, everything else itself: `?BC-12?4`, `*1234`, `AB*`.
    ///
    /// # Errors
    /// When it is empty, has other characters, is longer than any plate, or knows nothing.
    pub fn glob(text: &str) -> Result<Self, PatternError> {
        let clipped = || text.chars().take(40).collect::<String>();
        let mut elements: Vec<Element> = Vec::new();
        for ch in text.chars() {
            let element = match ch {
                '?' => Element::One,
                '*' if elements.last() == Some(&Element::Any) => continue,
                '*' => Element::Any,
                _ => u8::try_from(ch)
                    .ok()
                    .and_then(|byte| PlateCode::from_bytes(&[byte]))
                    .map(|code| Element::Known(digit_at(code.0, 0)))
                    .ok_or_else(|| PatternError::Character { text: clipped(), ch })?,
            };
            elements.push(element);
            if elements.len() > 2 * CHARS_MAX + 1 {
                return Err(PatternError::TooLong { text: clipped(), chars: text.chars().filter(|ch| *ch != '*').count() });
            }
        }
        if elements.is_empty() {
            return Err(PatternError::Empty);
        }
        let chars = elements.iter().filter(|element| **element != Element::Any).count();
        if chars > CHARS_MAX {
            return Err(PatternError::TooLong { text: clipped(), chars });
        }
        if !elements.iter().any(|element| matches!(element, Element::Known(_))) {
            return Err(PatternError::TooVague { text: clipped() });
        }
        Ok(Self { automaton: automaton_of(&elements), way: Way::Glob(Glob::new(&elements)) })
    }

    /// The plate itself and every one that differs only by characters that cameras confuse, as in
    /// [`shouhu_plate::look_alike`].
    #[must_use]
    pub fn confusable(plate: PlateCode) -> Self {
        let accepts = plate.to_string().chars().map(look_alikes).collect();
        Self { automaton: Automaton::new(accepts, 0, false), way: Way::Walk }
    }

    /// The plate itself and every one with one character replaced, inserted or left out.
    #[must_use]
    pub fn near(plate: PlateCode) -> Self {
        let accepts = (0..plate.chars() as u32).map(|index| Automaton::one(digit_at(plate.0, index))).collect();
        Self { automaton: Automaton::new(accepts, 0, true), way: Way::Near(plate) }
    }

    #[must_use]
    pub fn fits(&self, plate: PlateCode) -> bool {
        match &self.way {
            Way::Walk => self.automaton.fits(plate),
            Way::Near(wanted) => is_near(wanted.0, plate.0),
            Way::Glob(glob) => glob.holds(plate.0) && glob.fits(&self.automaton, plate.0),
        }
    }

    /// Calls `found` with the place of every plate that fits. `plates` are sorted, each once.
    pub fn select(&self, plates: &[PlateCode], found: &mut dyn FnMut(usize)) {
        let Way::Glob(glob) = &self.way else {
            return self.automaton.walk(plates, found);
        };
        let from = plates.partition_point(|plate| plate.0 < glob.prefix);
        let rest = plates.get(from..).unwrap_or_default();
        let range = rest.get(..rest.partition_point(|plate| plate.0 < glob.prefix_end)).unwrap_or_default();
        match &glob.compare {
            Compare::All => (from..from + range.len()).for_each(found),
            Compare::Fixed { fixed, unknown } => {
                let walk_ns = f64::from(DIGITS).powi(*unknown) * BRANCH_NS;
                if walk_ns < range.len() as f64 * SCAN_NS {
                    self.automaton.walk(range, &mut |index| found(from + index));
                } else {
                    scan(range, from, *fixed, found);
                }
            }
            Compare::Ends { ends, chain: Some(chain) } => sift(range, from, *chain, |plate| ends.fit(plate.0), found),
            Compare::Several { ends, chain: Some(chain) } => {
                sift(range, from, *chain, |plate| ends.fit(plate.0) && self.automaton.fits(plate), found);
            }
            Compare::Ends { chain: None, .. } | Compare::Several { chain: None, .. } => {
                let fitting = range.iter().enumerate().filter(|(_, plate)| self.automaton.fits(**plate));
                fitting.for_each(|(index, _)| found(from + index));
            }
        }
    }
}

/// Digits that look like the character, itself included.
fn look_alikes(ch: char) -> u64 {
    let class = shouhu_plate::look_alike(ch);
    (b'-'..=b'Z')
        .filter(|byte| shouhu_plate::look_alike(char::from(*byte)) == class)
        .filter_map(|byte| PlateCode::from_bytes(&[byte]))
        .fold(0, |all, code| all | Automaton::one(digit_at(code.0, 0)))
}

fn automaton_of(elements: &[Element]) -> Automaton {
    let mut accepts = Vec::new();
    let mut stay = 0;
    for element in elements {
        match element {
            Element::Known(digit) => accepts.push(Automaton::one(*digit)),
            Element::One => accepts.push(Automaton::any()),
            Element::Any => stay |= 1 << accepts.len(),
        }
    }
    Automaton::new(accepts, stay, false)
}

impl Glob {
    fn new(elements: &[Element]) -> Self {
        let mut prefix = 0;
        let mut shift = 60;
        for element in elements {
            let Element::Known(digit) = element else { break };
            shift -= BITS;
            prefix |= digit << shift;
        }
        let stars = elements.iter().filter(|element| **element == Element::Any).count();
        let compare = match (stars, elements.split_last()) {
            (0, _) => Compare::fixed(elements),
            (1, Some((Element::Any, before))) if before.iter().all(|element| matches!(element, Element::Known(_))) => {
                Compare::All
            }
            (1, _) => Compare::Ends { ends: ends_of(elements), chain: chain_of(elements) },
            _ => Compare::Several { ends: ends_of(elements), chain: chain_of(elements) },
        };
        Self { prefix, prefix_end: prefix + (1 << shift), compare }
    }

    fn holds(&self, code: u64) -> bool {
        self.prefix <= code && code < self.prefix_end
    }

    fn fits(&self, automaton: &Automaton, code: u64) -> bool {
        match &self.compare {
            Compare::All => true,
            Compare::Fixed { fixed, .. } => fixed.fit(code),
            Compare::Ends { ends, .. } => ends.fit(code),
            Compare::Several { ends, .. } => ends.fit(code) && automaton.fits(PlateCode(code)),
        }
    }
}

impl Compare {
    fn fixed(elements: &[Element]) -> Self {
        let (mut mask, mut value) = (0, 0);
        let mut shift = 60;
        for element in elements {
            shift -= BITS;
            if let Element::Known(digit) = element {
                mask |= 0x3f << shift;
                value |= digit << shift;
            }
        }
        let last = 0x3f << shift;
        mask |= (1 << shift) - 1;
        let known = elements.iter().rposition(|element| *element != Element::One).unwrap_or(0);
        let unknown = elements.iter().take(known).filter(|element| **element == Element::One).count();
        Self::Fixed { fixed: Fixed { mask, value, last }, unknown: i32::try_from(unknown).unwrap_or(i32::MAX) }
    }
}

fn ends_of(elements: &[Element]) -> Ends {
    let mut ends = Ends {
        left_mask: 0,
        left_value: 0,
        right_mask: 0,
        right_value: 0,
        chars_min: elements.iter().filter(|element| **element != Element::Any).count() as u32,
    };
    let is_fixed = |element: &&Element| **element != Element::Any;
    for (index, element) in elements.iter().take_while(is_fixed).enumerate() {
        if let Element::Known(digit) = element {
            let shift = 54 - BITS * index as u32;
            ends.left_mask |= 0x3f << shift;
            ends.left_value |= digit << shift;
        }
    }
    for (index, element) in elements.iter().rev().take_while(is_fixed).enumerate() {
        if let Element::Known(digit) = element {
            let shift = BITS * index as u32;
            ends.right_mask |= 0x3f << shift;
            ends.right_value |= digit << shift;
        }
    }
    ends
}

/// Known digits between two `*`, or before or after all of them: of the piece that has most.
fn chain_of(elements: &[Element]) -> Option<Chain> {
    let known = |piece: &[Element]| -> Vec<(u64, u32)> {
        let digits = piece.iter().zip(0..).filter_map(|(element, place)| match element {
            Element::Known(digit) => Some((*digit, place)),
            _ => None,
        });
        let digits: Vec<(u64, u32)> = digits.collect();
        let first = digits.first().map_or(0, |(_, place)| *place);
        digits.into_iter().map(|(digit, place)| (digit, place - first)).collect()
    };
    let pieces = elements.split(|element| *element == Element::Any).map(known);
    pieces.max_by_key(Vec::len).and_then(|digits| Chain::new(&digits))
}

/// Whether two plates differ by at most one character replaced, inserted or left out: equal up to the first difference, and
/// after it.
const fn is_near(a: u64, b: u64) -> bool {
    if a == b {
        return true;
    }
    let same = ((a ^ b).leading_zeros() - 4) / BITS;
    let (rest_a, rest_b) = (after(a, same), after(b, same));
    let (next_a, next_b) = (after(a, same + 1), after(b, same + 1));
    next_a == next_b || next_a == rest_b || rest_a == next_b
}

/// Without the first `chars` characters.
const fn after(code: u64, chars: u32) -> u64 {
    let shift = BITS * chars + 4;
    if shift > 63 { 0 } else { code << shift }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> PlateCode {
        PlateCode::parse(text).unwrap_or_else(|e| panic!("{e}"))
    }

    /// By the definition, letter by letter.
    fn glob(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) if glob(rest, text) => true,
            (Some((b'*', _)), Some((_, after))) => glob(pattern, after),
            (Some((b'?', rest)), Some((_, after))) => glob(rest, after),
            (Some((want, rest)), Some((ch, after))) => want == ch && glob(rest, after),
            _ => false,
        }
    }

    /// Levenshtein distance by its recurrence.
    fn distance(a: &[u8], b: &[u8]) -> usize {
        match (a.split_first(), b.split_first()) {
            (None, _) => b.len(),
            (_, None) => a.len(),
            (Some((x, a)), Some((y, b))) if x == y => distance(a, b),
            (Some((_, rest_a)), Some((_, rest_b))) => {
                if a.len().abs_diff(b.len()) > 1 {
                    return 2;
                }
                1 + [(rest_a, rest_b), (rest_a, b), (a, rest_b)].iter().map(|(a, b)| usize::from(a != b)).min().unwrap_or(0)
            }
        }
    }

    fn selected(like: &Like, plates: &[PlateCode]) -> Vec<String> {
        let mut found = Vec::new();
        like.select(plates, &mut |index| found.push(plates[index].to_string()));
        found
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert_eq!(Like::glob("").map_err(|e| e.key()), Err("lake.pattern.empty"));
        assert_eq!(Like::glob("?*?").map_err(|e| e.key()), Err("lake.pattern.too_vague"));
        assert_eq!(Like::glob("a*").map_err(|e| e.key()), Err("lake.pattern.character"));
        assert_eq!(Like::glob("ABCDEFGHIJK").map_err(|e| e.key()), Err("lake.pattern.too_long"));
        assert_eq!(Like::glob(&"?*".repeat(30)).map_err(|e| e.key()), Err("lake.pattern.too_long"));
    }

    #[test]
    fn look_alikes_are_those_of_the_watchlist() {
        let like = Like::confusable(code("AB0-8888"));
        for (text, fits) in
            [("ABD-8888", true), ("A8O-B8B8", true), ("AB0-8889", false), ("AB08888", false), ("AB0-88888", false)]
        {
            assert_eq!(like.fits(code(text)), fits, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn every_way_through_sorted_plates_finds_what_the_definition_says(
            texts in proptest::collection::vec("[-A-C0-38]{1,10}|[AB]{1,3}", 0..150),
            pattern in "[?*A-C0-38-]{1,8}|[AB]{0,2}[*][A-C1]{0,3}|[*]A[*?]{0,1}B[*]|[?]{0,2}[A-C0-8]{1,3}[?]{0,2}",
            asked in "[-A-C0-38]{1,10}",
        ) {
            let mut plates: Vec<PlateCode> = texts.iter().map(|text| code(text)).collect();
            plates.sort_unstable();
            plates.dedup();
            let by = |fits: &dyn Fn(&str) -> bool| -> Vec<String> {
                plates.iter().map(ToString::to_string).filter(|text| fits(text)).collect()
            };
            if let Ok(like) = Like::glob(&pattern) {
                let expected = by(&|text| glob(pattern.as_bytes(), text.as_bytes()));
                prop_assert_eq!(&by(&|text| like.fits(code(text))), &expected, "fits {}", pattern);
                prop_assert_eq!(&by(&|text| like.automaton.fits(code(text))), &expected, "automaton {}", pattern);
                prop_assert_eq!(selected(&like, &plates), expected, "select {}", pattern);
            }
            let near = Like::near(code(&asked));
            let expected = by(&|text| distance(asked.as_bytes(), text.as_bytes()) <= 1);
            prop_assert_eq!(&by(&|text| near.fits(code(text))), &expected, "fits near {}", &asked);
            prop_assert_eq!(selected(&near, &plates), expected, "near {}", &asked);
            let confusable = Like::confusable(code(&asked));
            let skeleton = |text: &str| text.chars().map(shouhu_plate::look_alike).collect::<String>();
            let expected = by(&|text| skeleton(text) == skeleton(&asked));
            prop_assert_eq!(selected(&confusable, &plates), expected, "confusable {}", &asked);
        }
    }
}
