//! One spelling for the many in which an address arrives.

use shouhu_text::narrow;

/// The longest text that is looked at, in characters; the rest is reported as not read.
pub const TEXT_MAX_CHARS: usize = 200;

/// Characters of a text in their usual form, each with the character position where it stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    pub chars: Vec<char>,
    pub at: Vec<usize>,
}

/// The usual form of a character in an address; none for what is only noise.
const fn usual(ch: char) -> Option<char> {
    Some(match narrow(ch) {
        '臺' => '台',
        'ㄧ' => '一',
        '‐' | '‑' | '–' | '—' | '−' | '﹣' => '-',
        '峯' => '峰',
        '舘' => '館',
        '脚' => '腳',
        '啓' => '啟',
        '埸' => '場',
        '祐' => '佑',
        '塩' => '鹽',
        '厦' => '廈',
        '荘' => '莊',
        '双' => '雙',
        '号' | '號' => '號',
        '楼' => '樓',
        '区' => '區',
        '县' => '縣',
        '乡' => '鄉',
        '镇' => '鎮',
        '与' => '與',
        '\u{200b}' | '\u{feff}' | '\u{200e}' => return None,
        other => other,
    })
}

impl Folded {
    pub fn of(text: &str) -> Self {
        let mut folded = Self::default();
        let mut blank = None;
        for (at, ch) in text.chars().enumerate().take(TEXT_MAX_CHARS) {
            let Some(ch) = usual(ch) else { continue };
            if ch.is_whitespace() || ch.is_control() {
                blank = Some(at);
                continue;
            }
            // A blank tells two numbers apart and is noise anywhere else.
            if let Some(at) = blank.take() {
                let before = folded.chars.last().is_some_and(char::is_ascii_alphanumeric);
                if before && ch.is_ascii_alphanumeric() {
                    folded.push(' ', at);
                }
            }
            for lower in ch.to_lowercase() {
                folded.push(lower, at);
            }
        }
        folded
    }

    fn push(&mut self, ch: char, at: usize) {
        self.chars.push(ch);
        self.at.push(at);
    }

    pub fn starts_with(&self, at: usize, word: &str) -> bool {
        let mut rest = self.chars.get(at..).unwrap_or_default().iter();
        word.chars().all(|ch| rest.next() == Some(&ch))
    }

    pub fn text(&self, from: usize, until: usize) -> String {
        self.chars.get(from..until).unwrap_or_default().iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_become_one_spelling() {
        let folded = Folded::of("臺南市 中正路 １２之３號　ㄧ樓 南133 300");
        assert_eq!(folded.chars.iter().collect::<String>(), "台南市中正路12之3號一樓南133 300");
    }

    #[test]
    fn places_in_the_text_are_kept() {
        let folded = Folded::of(" 中 正路");
        assert_eq!(folded.at, [1, 3, 4]);
    }
}
