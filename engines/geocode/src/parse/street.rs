//! Names of streets, lanes and structures, and the 段巷弄 after them.

use crate::address::Way;
use crate::fold::Folded;
use crate::lexicon::Lexicon;
use crate::numerals;

/// The longest name of a street; longer runs are sentences.
const NAME_MAX: usize = 16;

/// A name in its usual form: numbers in Chinese, as signs have them (復華10街 → 復華十街).
pub(crate) fn usual_name(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let (mut usual, mut at) = (String::with_capacity(name.len()), 0);
    while let Some(ch) = chars.get(at) {
        match numerals::take(chars.get(at..).unwrap_or_default()) {
            Some((value, used)) if ch.is_ascii_digit() && value <= 9_999 && !is_highway_number(&chars, at) => {
                usual.push_str(&numerals::written(value));
                at += used;
            }
            Some((_, used)) if ch.is_ascii_digit() => {
                usual.extend(chars.get(at..at + used).unwrap_or_default());
                at += used;
            }
            _ => {
                usual.push(*ch);
                at += 1;
            }
        }
    }
    usual
}

fn is_highway_number(chars: &[char], at: usize) -> bool {
    chars.get(at..).unwrap_or_default().contains(&'線')
}

/// The longest name that the lexicon knows at `at`.
pub(super) fn known(text: &Folded, at: usize, lexicon: &Lexicon) -> Option<(String, usize)> {
    let longest = (lexicon.longest_way() + 2).min(text.chars.len().saturating_sub(at));
    (2..=longest).rev().find_map(|length| {
        let name = usual_name(&text.text(at, at + length));
        lexicon.knows_way(&name).then_some((name, at + length))
    })
}

/// Where a name that began at `start` ends, when one of the words that end names stands at `at`.
pub(super) fn name_end(text: &Folded, start: usize, at: usize) -> Option<usize> {
    let before = at.checked_sub(start).filter(|before| (1..NAME_MAX).contains(before))?;
    let next = text.chars.get(at + 1);
    match text.chars.get(at)? {
        '路' if matches!(next, Some('街' | '燈')) && before < 2 => None,
        '路' if before == 1 && matches!(text.chars.get(start), Some('鐵' | '公' | '馬' | '道')) => None,
        '路' if next == Some(&'街') => None,
        '路' | '街' => Some(at + 1),
        '道' if next != Some(&'路') => {
            let is_end =
                ["大道", "便道", "步道", "隧道", "地下道", "交流道", "景觀道"].iter().any(|end| ends_with(text, start, at, end));
            is_end.then_some(at + 1)
        }
        '環' if ends_with(text, start, at, "圓環") => Some(at + 1),
        '洞' if ends_with(text, start, at, "涵洞") => Some(at + 1),
        '巷' => Some(if next == Some(&'道') { at + 2 } else { at + 1 }),
        '橋' => {
            let follows = text.chars.get(at + 1..).unwrap_or_default();
            let is_part = follows.iter().take(3).any(|ch| matches!(ch, '路' | '街' | '區' | '里' | '橋'));
            (!is_part && !matches!(next, Some('頭' | '仔' | '墩'))).then_some(at + 1)
        }
        _ => None,
    }
}

/// Whether the name from `start` to `at` ends with this word and has something before it.
fn ends_with(text: &Folded, start: usize, at: usize, word: &str) -> bool {
    let length = word.chars().count();
    (at + 1).checked_sub(length).is_some_and(|from| from > start && text.starts_with(from, word))
}

/// 段, 巷 and 弄 after a name; numbers may be in digits or Chinese, a lane may be 12之1巷 (whose branch is dropped).
pub(super) fn branches(text: &Folded, mut at: usize, name: String) -> (Way, usize) {
    let mut way = Way { name, ..Way::default() };
    if let Some((section, end)) = numbered(text, at, &['段']).filter(|(section, _)| (1..=20).contains(section)) {
        way.section = Some(section);
        at = end;
    }
    if let Some((lane, end)) = numbered(text, at, &['巷']) {
        way.lane = Some(lane);
        at = end;
        if let Some((alley, end)) = numbered(text, at, &['弄', '衖']) {
            way.alley = Some(alley);
            at = end;
        }
    }
    (way, at)
}

fn numbered(text: &Folded, at: usize, units: &[char]) -> Option<(u32, usize)> {
    let (value, used) = numerals::take(text.chars.get(at..)?)?;
    let mut end = at + used;
    if matches!(text.chars.get(end), Some('之' | '-'))
        && let Some((_, more)) = numerals::take(text.chars.get(end + 1..)?)
    {
        end += 1 + more;
    }
    (value > 0 && units.contains(text.chars.get(end)?)).then_some((value, end + 1))
}
