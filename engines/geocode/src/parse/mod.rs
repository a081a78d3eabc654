//! From a text to an [`Address`]: forgiving, and exact about what was not understood.

mod admin;
mod assemble;
mod door;
mod highway;
mod scan;
mod street;
#[cfg(test)]
mod tests;
mod words;

use serde::Serialize;

use crate::address::{Address, Spot, Way};
use crate::fold::{Folded, TEXT_MAX_CHARS};
use crate::lexicon::Lexicon;
pub(crate) use street::usual_name;

/// A piece of the text that says nothing that is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    pub text: String,
    /// Its first character in the text, from 0.
    pub at_char: usize,
}

/// An address and everything else that its text said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Parsed {
    pub address: Address,
    /// Words that say where beside the place: 前, 東側, 北上, 對面, 0.0公尺.
    pub details: Vec<String>,
    /// Ways that are named beside the place: 近北園一路, or a crossing of a house that has a number.
    pub also: Vec<Way>,
    /// Ways that say where somebody was going: 往國八.
    pub towards: Vec<Way>,
    /// Further towns: a crossing on their border.
    pub other_towns: Vec<String>,
    /// What is written on a pole or lamp that stands there.
    pub pole: Option<String>,
    /// One street, said to be at a crossing whose other street is not said.
    pub is_at_junction: bool,
    pub unread: Vec<Unread>,
}

impl Parsed {
    /// What two texts share that name the same place: the town and the spot, without village, floor and words beside it; a crossing
    /// is the same from either side and from either of two towns.
    #[must_use]
    pub fn place_key(&self) -> String {
        let mut address = self.address.clone();
        (address.county, address.neighbourhood, address.floor) = (None, None, None);
        if !matches!(address.spot, Spot::Area | Spot::Door { way: None, .. }) {
            address.village = None;
        }
        if let Spot::Crossing { ways } = &mut address.spot {
            ways.sort();
            address.town = None;
        }
        address.to_string()
    }
}

/// A way by its name alone, as road files give it.
pub(crate) fn usual_way(name: &str) -> Option<Way> {
    match parse(name, &Lexicon::default()).address.spot {
        Spot::Road { way } => Some(way),
        Spot::Crossing { ways } => ways.into_iter().next_back(),
        _ => None,
    }
}

/// The row that a pole stands in and its number there: 北環高幹45左2 → 北環高幹, 45.
pub(crate) fn pole_row(code: &str) -> Option<(String, u32)> {
    let chars: Vec<char> = code.chars().collect();
    let digits = chars.iter().position(char::is_ascii_digit).filter(|at| *at >= 2)?;
    let row: String = chars.get(..digits)?.iter().collect();
    let row = row.trim_matches(|ch: char| !ch.is_alphabetic()).to_owned();
    let (number, _) = crate::numerals::take(chars.get(digits..)?)?;
    (row.chars().count() >= 2).then_some((row, number))
}

/// Reads an address. Whatever the text is, there is an answer; what it does not hold stands in `unread`.
#[must_use]
pub fn parse(text: &str, lexicon: &Lexicon) -> Parsed {
    let folded = Folded::of(text);
    let mut scan = scan::Scan::new(&folded, lexicon);
    scan.run();
    let mut parsed = assemble::assemble(scan);
    if let Some((start, _)) = text.char_indices().nth(TEXT_MAX_CHARS)
        && let Some(rest) = text.get(start..).filter(|rest| !rest.trim().is_empty())
    {
        parsed.unread.push(Unread { text: rest.to_owned(), at_char: TEXT_MAX_CHARS });
    }
    parsed
}
