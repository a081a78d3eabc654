//! Numbered roads and kilometre marks: 國道1號 316公里, 台19線121.7K, 縣172線 27公里700公尺, 南45-1線.

use super::words::{DISTRICT_SIGNS, HIGHWAY_NAMES};
use crate::fold::Folded;
use crate::numerals;

/// The longest highway has 461 km (台9線); marks beyond this are no marks.
const MARK_MAX_M: u64 = 600_000;

const LETTERS: [char; 6] = ['甲', '乙', '丙', '丁', '戊', '己'];

/// The name in its usual form and where it ends, when a numbered road stands at `at`.
pub(super) fn highway(text: &Folded, at: usize) -> Option<(String, usize)> {
    for (said, name) in HIGHWAY_NAMES.iter().copied() {
        if text.starts_with(at, said) {
            return Some((name.to_owned(), at + said.chars().count()));
        }
    }
    national(text, at).or_else(|| provincial(text, at)).or_else(|| county(text, at)).or_else(|| district(text, at))
}

fn number_at(text: &Folded, at: usize) -> Option<(u32, usize)> {
    let (value, used) = numerals::take(text.chars.get(at..)?)?;
    (1..=999).contains(&value).then_some((value, at + used))
}

fn letter_at(text: &Folded, at: usize) -> (Option<char>, usize) {
    match text.chars.get(at) {
        Some(letter) if LETTERS.contains(letter) => (Some(*letter), at + 1),
        _ => (None, at),
    }
}

fn skip(text: &Folded, at: usize, words: &[&str]) -> usize {
    words.iter().find(|word| text.starts_with(at, word)).map_or(at, |word| at + word.chars().count())
}

fn national(text: &Folded, at: usize) -> Option<(String, usize)> {
    let after = skip(text, at, &["國道第", "國道", "國"]);
    if after == at {
        return None;
    }
    let (number, after) = number_at(text, after).filter(|(number, _)| *number <= 10)?;
    let (letter, after) = letter_at(text, after);
    let end = skip(text, after, &["號高速公路", "高速公路", "號"]);
    let (late, end) = if letter.is_none() { letter_at(text, end) } else { (None, end) };
    // 國三街 and 國一路 are streets.
    if end == after && matches!(text.chars.get(after), Some('路' | '街' | '段' | '巷' | '弄')) {
        return None;
    }
    let end = skip(text, end, &["線"]);
    match letter.or(late) {
        Some(letter) => Some((format!("國道{number}{letter}"), end)),
        None => Some((format!("國道{number}號"), end)),
    }
}

fn provincial(text: &Folded, at: usize) -> Option<(String, usize)> {
    let after = skip(text, at, &["省道台", "省道", "台"]);
    if after == at {
        return None;
    }
    let (number, after) = number_at(text, after)?;
    let (letter, after) = letter_at(text, after);
    let end = line_word(text, after);
    // 台1 alone is a highway only where nothing says otherwise: 台一街.
    if end == after && matches!(text.chars.get(after), Some('路' | '街' | '號' | '段' | '巷' | '弄' | '樓' | '之')) {
        return None;
    }
    Some((format!("台{number}{}線", letter.map(String::from).unwrap_or_default()), end))
}

/// The words after a highway's number that belong to its name.
fn line_word(text: &Folded, at: usize) -> usize {
    let end = skip(text, at, &["號線", "線道", "縣道", "市道", "省道", "區道", "線"]);
    skip(text, end, &["快速道路", "快速公路", "公路"])
}

fn county(text: &Folded, at: usize) -> Option<(String, usize)> {
    let after = skip(text, at, &["縣道第", "縣道", "市道", "縣"]);
    let is_signed = after != at;
    let (number, after) = number_at(text, after).filter(|(number, _)| (100..=205).contains(number))?;
    let (letter, after) = letter_at(text, after);
    let end = line_word(text, after);
    // A bare 174 may be anything.
    (is_signed || end != after).then(|| (format!("{number}{}線", letter.map(String::from).unwrap_or_default()), end))
}

fn district(text: &Folded, at: usize) -> Option<(String, usize)> {
    let start = skip(text, at, &["區道", "鄉道", "里道"]);
    let sign = text.chars.get(start).copied().filter(|sign| DISTRICT_SIGNS.contains(sign))?;
    if !text.chars.get(start + 1).is_some_and(char::is_ascii_digit) {
        return None;
    }
    let (number, mut end) = number_at(text, start + 1)?;
    let mut name = format!("{sign}{number}");
    if text.chars.get(end) == Some(&'-')
        && let Some((branch, after)) = number_at(text, end + 1)
    {
        name = format!("{name}-{branch}");
        end = after;
    }
    let after = line_word(text, end);
    if after == end && start == at && !may_end(text, end) {
        return None;
    }
    Some((name + "線", after))
}

/// Without 線, a district road's number must be followed by its mark or by nothing that makes it part of something else.
fn may_end(text: &Folded, at: usize) -> bool {
    match text.chars.get(at) {
        None | Some(' ' | '/' | '、' | ',' | '(' | '與' | '間' | '口') => true,
        Some(_) => text.starts_with(at, "路口") || text.starts_with(at, "附近") || text.starts_with(at, "里道"),
    }
}

/// Metres and the end, when a kilometre mark stands at `at`: 121公里750.0公尺, 12.3k, 123k+400, 300.0公尺 (only `after_highway`).
pub(super) fn mark(text: &Folded, at: usize, after_highway: bool) -> Option<(u32, usize)> {
    let (whole, fraction_m, mut end) = decimal(text, at)?;
    while text.chars.get(end) == Some(&' ') {
        end += 1;
    }
    let unit = skip(text, end, &["公里", "km", "k"]);
    if unit == end {
        let metres_end = skip(text, end, &["公尺", "m"]);
        let metres = u32::try_from(whole).ok().filter(|metres| *metres < 1_000)?;
        return (after_highway && metres_end != end).then_some((metres, skip(text, metres_end, &["處"])));
    }
    let base = whole.checked_mul(1_000)?.checked_add(fraction_m)?;
    let mut more_at = unit;
    while matches!(text.chars.get(more_at), Some('+' | ' ')) {
        more_at += 1;
    }
    let (mut total, mut end) = (base, unit);
    if let Some((metres, _, after)) = decimal(text, more_at).filter(|(metres, _, _)| *metres < 1_000) {
        let after_unit = skip(text, after, &["公尺", "m"]);
        // 12k500 and 12k+500 need no unit; 12公里5號 is a house number.
        if after_unit != after || more_at != unit || (fraction_m == 0 && after - more_at == 3) {
            total = base.checked_add(metres)?;
            end = after_unit;
        }
    }
    let metres = u32::try_from(total).ok().filter(|_| total <= MARK_MAX_M)?;
    Some((metres, skip(text, end, &["處"])))
}

/// A decimal number: its whole part, its fraction in thousandths, its end.
fn decimal(text: &Folded, at: usize) -> Option<(u64, u64, usize)> {
    let (whole, used) = numerals::take(text.chars.get(at..)?)?;
    let mut end = at + used;
    let (mut fraction, mut scale) = (0_u64, 1_000_u64);
    if text.chars.get(end) == Some(&'.') && text.chars.get(end + 1).is_some_and(char::is_ascii_digit) {
        end += 1;
        while let Some(digit) = text.chars.get(end).and_then(|ch| ch.to_digit(10)) {
            scale /= 10;
            fraction += u64::from(digit) * scale;
            end += 1;
        }
    }
    Some((u64::from(whole), fraction, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        highway(&Folded::of(text), 0).map(|(name, _)| name)
    }

    #[test]
    fn the_same_highway_has_one_name_however_it_is_written() {
        for (said, expected) in [
            ("國道1號", "國道1號"),
            ("國道一號高速公路", "國道1號"),
            ("國3", "國道3號"),
            ("國道3甲", "國道3甲"),
            ("中山高", "國道1號"),
            ("臺19線", "台19線"),
            ("省道台一線", "台1線"),
            ("台86快速道路", "台86線"),
            ("臺19甲", "台19甲線"),
            ("縣172線", "172線"),
            ("市道178線", "178線"),
            ("171甲線", "171甲線"),
            ("182縣道", "182線"),
            ("南99線", "南99線"),
            ("區道南134線", "南134線"),
            ("南92-1 附近", "南92-1線"),
            ("南133 300.0公尺", "南133線"),
            ("雲95公路", "雲95線"),
        ] {
            assert_eq!(name(said).as_deref(), Some(expected), "{said}");
        }
        for street in ["國三街", "台一街", "南1號", "中10街", "東2巷", "165號", "南門路"] {
            assert_eq!(name(street), None, "{street}");
        }
    }

    #[test]
    fn marks_are_metres() {
        for (said, metres) in [
            ("121公里750.0公尺處", 121_750),
            ("12.3k", 12_300),
            ("123k+400", 123_400),
            ("123公里+400公尺", 123_400),
            ("12k500", 12_500),
            ("28.6K處", 28_600),
            ("300.0公尺處", 300),
            ("二十公里", 20_000),
            ("130.9km", 130_900),
        ] {
            assert_eq!(mark(&Folded::of(said), 0, true).map(|(m, _)| m), Some(metres), "{said}");
        }
        assert_eq!(mark(&Folded::of("300公尺"), 0, false), None);
        assert_eq!(mark(&Folded::of("99999公里"), 0, true), None);
    }
}
