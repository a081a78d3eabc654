//! House numbers and floors: 12號, 12之3號, 12-3號, 12號之3, 1~30號, 臨609號; 3樓, 地下1樓, B1, 3F.

use crate::address::HouseNumber;
use crate::fold::Folded;
use crate::numerals;

pub(super) struct Door {
    pub number: HouseNumber,
    pub end: usize,
    /// 號 was written; without it a number is a house only at the end of what was typed.
    pub is_closed: bool,
}

pub(super) fn door(text: &Folded, at: usize) -> Option<Door> {
    let is_temporary = text.starts_with(at, "臨");
    let start = if is_temporary { at + 1 } else { at };
    let (main, mut end) = number(text, start).filter(|(main, _)| *main > 0)?;
    let mut number_here = HouseNumber { main, sub: None, until: None, is_temporary };
    if let Some((sub, after)) = branch(text, end) {
        number_here.sub = Some(sub);
        end = after;
    }
    if matches!(text.chars.get(end), Some('~' | '至' | '到'))
        && let Some((until, after)) = number(text, end + 1)
        && until > main
        && text.chars.get(after) == Some(&'號')
    {
        number_here.until = Some(until);
        end = after;
    }
    let is_closed = text.chars.get(end) == Some(&'號');
    if is_closed {
        end += 1;
        if number_here.sub.is_none()
            && let Some((sub, after)) = branch(text, end)
        {
            number_here.sub = Some(sub);
            end = after;
        }
    }
    Some(Door { number: number_here, end, is_closed })
}

fn number(text: &Folded, at: usize) -> Option<(u32, usize)> {
    numerals::take(text.chars.get(at..)?).map(|(value, used)| (value, at + used))
}

fn branch(text: &Folded, at: usize) -> Option<(u32, usize)> {
    if matches!(text.chars.get(at), Some('之' | '-')) { number(text, at + 1).filter(|(sub, _)| *sub > 0) } else { None }
}

pub(super) fn floor(text: &Folded, at: usize) -> Option<(i32, usize)> {
    for below in ["地下", "b"] {
        if text.starts_with(at, below) {
            let start = at + below.chars().count();
            let (floor, end) = number(text, start).filter(|(floor, _)| (1..=20).contains(floor))?;
            let after = floor_word(text, end);
            return (after != end || below == "b").then_some((-i32::try_from(floor).ok()?, after));
        }
    }
    let (floor, end) = number(text, at).filter(|(floor, _)| (1..=200).contains(floor))?;
    let after = floor_word(text, end);
    (after != end).then_some((i32::try_from(floor).ok()?, after))
}

fn floor_word(text: &Folded, at: usize) -> usize {
    if matches!(text.chars.get(at), Some('樓' | 'f')) { at + 1 } else { at }
}
