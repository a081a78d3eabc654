//! zh-TW street names, put together from words that many towns use.

use std::collections::HashMap;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

const FIRST: [&str; 24] = [
    "永", "民", "安", "文", "建", "光", "新", "大", "長", "東", "崇", "和", "金", "健", "慶", "育", "成", "裕", "仁", "信", "德",
    "福", "明", "豐",
];
const SECOND: [&str; 24] = [
    "安", "生", "樂", "昌", "華", "平", "興", "同", "春", "榮", "善", "德", "城", "康", "元", "寧", "勝", "農", "義", "和", "興",
    "富", "泰", "祥",
];
const NUMBERS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
const PARKS: [&str; 8] = ["公園", "綠地", "運動公園", "兒童公園", "森林公園", "社區公園", "紀念公園", "生態公園"];

#[derive(Debug)]
pub(super) struct Names {
    /// Words not yet used, drawn from the end.
    words: Vec<String>,
    /// The last word and how many numbered streets it has.
    numbered: Option<(String, usize)>,
    lanes: HashMap<String, u32>,
}

impl Names {
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        let mut words: Vec<String> = FIRST
            .iter()
            .flat_map(|first| SECOND.iter().filter(move |second| *second != first).map(move |second| format!("{first}{second}")))
            .collect();
        words.shuffle(rng);
        words.dedup();
        Self { words, numbered: None, lanes: HashMap::new() }
    }

    fn word(&mut self) -> String {
        self.words.pop().unwrap_or_else(|| "中山".to_owned())
    }

    pub fn road(&mut self) -> String {
        format!("{}路", self.word())
    }

    /// A street; neighbours often share a word and are numbered.
    pub fn street(&mut self, rng: &mut ChaCha8Rng) -> String {
        if let Some((word, used)) = &mut self.numbered
            && let Some(number) = NUMBERS.get(*used)
            && rng.gen_bool(0.75)
        {
            *used += 1;
            return format!("{word}{number}街");
        }
        let word = self.word();
        if rng.gen_bool(0.5) {
            self.numbered = Some((word.clone(), 1));
            return format!("{word}一街");
        }
        let side = ["", "東", "西", "南", "北"].choose(rng).copied().unwrap_or_default();
        format!("{word}{side}街")
    }

    /// A lane off a street, an alley off a lane; off an alley the alley goes on.
    pub fn lane(&mut self, parent: &str, rng: &mut ChaCha8Rng) -> String {
        let ending = match parent.chars().last() {
            Some('巷') => "弄",
            Some('弄') => return parent.to_owned(),
            _ => "巷",
        };
        let step = rng.gen_range(3..24);
        let number = self.lanes.entry(parent.to_owned()).or_default();
        *number += step;
        format!("{parent}{number}{ending}")
    }

    pub fn park(&mut self, rng: &mut ChaCha8Rng) -> String {
        format!("{}{}", self.word(), PARKS.choose(rng).copied().unwrap_or("公園"))
    }

    pub fn river(&mut self) -> String {
        format!("{}溪", self.word())
    }

    /// 一段, 二段 … of a long road; none past the ninth.
    pub fn section(index: usize) -> &'static str {
        NUMBERS.get(index).copied().unwrap_or_default()
    }
}
