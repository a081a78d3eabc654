//! A pattern as bits, and the way through sorted plates that leaves out what cannot fit.
//!
//! Shift-And with one edit (Wu and Manber, "Fast text searching allowing errors", CACM 35(10), 1992): bit i of a state says
//! that the first i elements of the pattern are done. Sorted plates are a tree of prefixes whose branches are ranges: a
//! prefix at which no bit is left closes its whole range.

use crate::code::PlateCode;

const BITS: u32 = 6;
/// Digits are 1 to 37; bit 0, the end of a plate, is never accepted.
const ANY: u64 = (1 << 38) - 2;
/// A range as short as this is looked through one by one: cheaper than more binary searches.
const SHORT: usize = 24;

/// Character `index` of a plate as a digit; 0 after its end.
pub const fn digit_at(code: u64, index: u32) -> u64 {
    if index >= 10 { 0 } else { (code >> (54 - BITS * index)) & 0x3f }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    exact: u32,
    edited: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Automaton {
    /// Digits that each element accepts, one bit each.
    accepts: Vec<u64>,
    /// For each digit: which elements accept it.
    by_digit: [u32; 64],
    /// Bit i: any text may stand between the first i elements and the rest.
    stay: u32,
    /// One substitution, insertion or deletion is forgiven.
    forgives: bool,
}

impl Automaton {
    pub fn new(accepts: Vec<u64>, stay: u32, forgives: bool) -> Self {
        let mut by_digit = [0; 64];
        for (digit, elements) in by_digit.iter_mut().enumerate().skip(1) {
            for (index, accepted) in accepts.iter().enumerate() {
                if accepted >> digit & 1 == 1 {
                    *elements |= 1 << index;
                }
            }
        }
        Self { accepts, by_digit, stay, forgives }
    }

    pub const fn one(digit: u64) -> u64 {
        1 << digit
    }

    pub const fn any() -> u64 {
        ANY
    }

    const fn start(&self) -> State {
        State { exact: 1, edited: if self.forgives { 2 } else { 0 } }
    }

    fn step(&self, state: State, digit: u64) -> State {
        let hit = self.by_digit.get(digit as usize).copied().unwrap_or(0);
        let exact = ((state.exact & hit) << 1) | (state.exact & self.stay);
        let edited = if self.forgives {
            // Goes on after the edit; one character more; another character; one character less.
            ((state.edited & hit) << 1) | (state.edited & self.stay) | state.exact | (state.exact << 1) | (exact << 1)
        } else {
            0
        };
        let possible = (2 << self.accepts.len()) - 1;
        State { exact: exact & possible, edited: edited & possible }
    }

    fn is_done(&self, state: State) -> bool {
        (state.exact | state.edited) >> self.accepts.len() & 1 == 1
    }

    /// Digits that leave any hope.
    fn hopeful(&self, state: State) -> u64 {
        let either = state.exact | state.edited;
        if (self.forgives && state.exact != 0) || either & self.stay != 0 {
            return ANY;
        }
        self.accepts.iter().enumerate().filter(|(index, _)| either >> index & 1 == 1).fold(0, |all, (_, digits)| all | digits)
    }

    fn goes_on_to_fit(&self, mut state: State, code: u64, depth: u32) -> bool {
        for index in depth..10 {
            let digit = digit_at(code, index);
            if digit == 0 {
                break;
            }
            state = self.step(state, digit);
            if state.exact | state.edited == 0 {
                return false;
            }
        }
        self.is_done(state)
    }

    pub fn fits(&self, plate: PlateCode) -> bool {
        self.goes_on_to_fit(self.start(), plate.0, 0)
    }

    /// Calls `found` with the place of every plate that fits. `plates` are sorted.
    pub fn walk(&self, plates: &[PlateCode], found: &mut dyn FnMut(usize)) {
        self.visit(plates, 0, 0, self.start(), found);
    }

    /// `range` are the plates that begin with the `depth` digits that led to `state`; the first lies at `offset`.
    fn visit(&self, range: &[PlateCode], offset: usize, depth: u32, state: State, found: &mut dyn FnMut(usize)) {
        if range.len() <= SHORT || depth >= 10 {
            for (index, plate) in range.iter().enumerate() {
                if self.goes_on_to_fit(state, plate.0, depth) {
                    found(offset + index);
                }
            }
            return;
        }
        let (mut range, mut offset) = (range, offset);
        if let Some((first, rest)) = range.split_first()
            && digit_at(first.0, depth) == 0
        {
            if self.is_done(state) {
                found(offset);
            }
            (range, offset) = (rest, offset + 1);
        }
        let shift = 54 - BITS * depth;
        let Some(prefix) = range.first().map(|plate| plate.0 >> (shift + BITS) << (shift + BITS)) else { return };
        let mut hopeful = self.hopeful(state);
        while hopeful != 0 {
            let digit = u64::from(hopeful.trailing_zeros());
            hopeful &= hopeful - 1;
            let begin = prefix | digit << shift;
            let skipped = range.partition_point(|plate| plate.0 < begin);
            range = range.get(skipped..).unwrap_or_default();
            offset += skipped;
            let branch = range.partition_point(|plate| plate.0 < begin + (1 << shift));
            let (of_digit, rest) = range.split_at(branch);
            if !of_digit.is_empty() {
                self.visit(of_digit, offset, depth + 1, self.step(state, digit), found);
            }
            if rest.is_empty() {
                break;
            }
            (range, offset) = (rest, offset + branch);
        }
    }
}
