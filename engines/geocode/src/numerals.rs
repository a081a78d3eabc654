//! Numbers as people write them in addresses: digits, 十三, 一百零八, 一二三, 廿.

/// The largest number believed in an address; what is larger is no number of a house.
pub(crate) const NUMBER_MAX: u32 = 99_999;

/// The longest run of characters read as one number.
const CHARS_MAX: usize = 12;

/// The number at the start of `chars` and how many characters it takes; none when there is none or it is too large.
pub(crate) fn take(chars: &[char]) -> Option<(u32, usize)> {
    let first = *chars.first()?;
    if first.is_ascii_digit() {
        return digits(chars);
    }
    let used = chars.iter().take(CHARS_MAX).take_while(|ch| digit(**ch).is_some() || unit(**ch).is_some()).count();
    let run = chars.get(..used)?;
    chinese(run).filter(|value| *value <= NUMBER_MAX).map(|value| (value, used))
}

fn digits(chars: &[char]) -> Option<(u32, usize)> {
    let used = chars.iter().take(CHARS_MAX).take_while(|ch| ch.is_ascii_digit()).count();
    let value = chars.iter().take(used).try_fold(0_u32, |sum, ch| sum.checked_mul(10)?.checked_add(ch.to_digit(10)?))?;
    (value <= NUMBER_MAX).then_some((value, used))
}

const fn digit(ch: char) -> Option<u32> {
    Some(match ch {
        '零' | '〇' | '○' => 0,
        '一' | '壹' => 1,
        '二' | '兩' | '貳' => 2,
        '三' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

const fn unit(ch: char) -> Option<u32> {
    Some(match ch {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' => 1_000,
        '廿' => 20,
        '卅' => 30,
        _ => return None,
    })
}

fn chinese(run: &[char]) -> Option<u32> {
    if run.is_empty() {
        return None;
    }
    if run.iter().all(|ch| digit(*ch).is_some()) {
        return run.iter().try_fold(0_u32, |sum, ch| sum.checked_mul(10)?.checked_add(digit(*ch)?));
    }
    let (mut sum, mut pending) = (0_u32, None);
    for ch in run {
        match (digit(*ch), unit(*ch)) {
            (Some(0), _) => {}
            (Some(value), _) if pending.is_none() => pending = Some(value),
            (_, Some(scale @ (20 | 30))) if pending.is_none() => sum = sum.checked_add(scale)?,
            (_, Some(scale)) => sum = sum.checked_add(pending.take().unwrap_or(1).checked_mul(scale)?)?,
            _ => return None,
        }
    }
    sum.checked_add(pending.unwrap_or(0))
}

const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// A number in Chinese as street names carry it: 13 → 十三, 108 → 一百零八.
pub(crate) fn written(value: u32) -> String {
    if value == 0 {
        return "零".to_owned();
    }
    if value > 9_999 {
        return value.to_string();
    }
    let (mut text, mut skipped) = (String::new(), false);
    for (scale, name) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let here = value / scale % 10;
        if here == 0 {
            skipped = !text.is_empty();
            continue;
        }
        if skipped {
            text.push('零');
            skipped = false;
        }
        // 十三, not 一十三, at the start.
        if !(here == 1 && scale == 10 && text.is_empty()) {
            text.extend(DIGITS.get(here as usize));
        }
        text.push_str(name);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Option<(u32, usize)> {
        take(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in [
            ("13", 13),
            ("十三", 13),
            ("二十", 20),
            ("一百零八", 108),
            ("一二三", 123),
            ("廿一", 21),
            ("兩百五十", 250),
            ("三", 3),
        ] {
            assert_eq!(of(text), Some((value, text.chars().count())), "{text}");
        }
        assert_eq!(of("123456789"), None);
        assert_eq!(of("路"), None);
        assert_eq!(of("三民路"), Some((3, 1)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in 0_u32..=9_999) {
            let text = written(value);
            prop_assert_eq!(of(&text), Some((value, text.chars().count())));
        }
    }
}
