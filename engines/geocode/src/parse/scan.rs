//! One walk over the text, from left to right, that collects what it recognises.

use super::Unread;
use super::admin::{Admin, admin};
use super::door::{door, floor};
use super::highway::{highway, mark};
use super::street::{branches, known, name_end, usual_name};
use super::words::{NEAR, POLE_WORDS, SEPARATORS, SHORT_TAILS, TAILS, TOWARDS};
use crate::address::{HouseNumber, Way};
use crate::fold::Folded;
use crate::lexicon::Lexicon;
use crate::numerals;

/// More ways than this in one text are no place.
pub(super) const WAYS_MAX: usize = 8;

/// Words that end a name which has no end of its own.
const LOOSE_ENDS: [&str; 10] = ["附近", "旁邊", "對面", "前方", "後方", "路口", "交叉口", "十字路口", "入口", "出口"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Start,
    Way,
    Number,
    Tail,
    Separator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundWay {
    pub way: Way,
    /// 口 follows: the crossing with what the way branches off.
    pub has_mouth: bool,
    pub is_toward: bool,
}

pub(super) struct Scan<'a> {
    text: &'a Folded,
    lexicon: &'a Lexicon,
    at: usize,
    /// Where a name that has not ended yet began.
    open: Option<usize>,
    after: After,
    is_toward: bool,
    is_pole: bool,
    pub admin: Admin,
    pub other_towns: Vec<String>,
    pub ways: Vec<FoundWay>,
    pub door: Option<(Option<Way>, HouseNumber)>,
    pub mark: Option<(Way, u32)>,
    pub floor: Option<i32>,
    pub pole: Option<String>,
    pub details: Vec<String>,
    pub loose: Vec<Unread>,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a Folded, lexicon: &'a Lexicon) -> Self {
        Self {
            text,
            lexicon,
            at: 0,
            open: None,
            after: After::Start,
            is_toward: false,
            is_pole: false,
            admin: Admin::default(),
            other_towns: Vec::new(),
            ways: Vec::new(),
            door: None,
            mark: None,
            floor: None,
            pole: None,
            details: Vec::new(),
            loose: Vec::new(),
        }
    }

    pub fn run(&mut self) {
        self.read_admin();
        while let Some(ch) = self.text.chars.get(self.at).copied() {
            let before = self.at;
            match self.open {
                None => self.step(ch),
                Some(start) => self.step_open(start, ch),
            }
            debug_assert!(self.at > before || self.open.is_none(), "the walk goes on");
        }
        self.flush();
    }

    fn read_admin(&mut self) {
        let (found, end) = admin(self.text, self.at, self.lexicon, &self.admin);
        self.at = end;
        match (&self.admin.town, found.town) {
            (Some(known), Some(town)) if *known != town => {
                if !self.other_towns.contains(&town) && self.other_towns.len() < WAYS_MAX {
                    self.other_towns.push(town);
                }
                // The village of the other town is no village of the first.
                return;
            }
            (None, Some(town)) => self.admin.town = Some(town),
            _ => {}
        }
        self.admin.county = self.admin.county.take().or(found.county);
        self.admin.village = self.admin.village.take().or(found.village);
        self.admin.neighbourhood = self.admin.neighbourhood.or(found.neighbourhood);
    }

    /// One step where no name is open.
    fn step(&mut self, ch: char) {
        if matches!(ch, ' ' | '(' | ')' | '[' | ']' | '「' | '」' | '（' | '）' | ':' | '：' | '.' | '-' | '"' | '\'') {
            self.at += 1;
            return;
        }
        if self.separator(ch) || self.number(ch) {
            return;
        }
        if let Some((name, end)) = known(self.text, self.at, self.lexicon) {
            return self.way(name, end);
        }
        if self.tail(ch) {
            return;
        }
        if let Some((name, end)) = highway(self.text, self.at) {
            return self.way(name, end);
        }
        if let Some(owner) = self.owner_of_lane() {
            let known = self.ways.len();
            self.way(owner.name, self.at);
            if let Some(found) = self.ways.get_mut(known) {
                found.way.section = owner.section;
            }
            return;
        }
        self.is_pole = self.before_pole(self.at);
        self.open = Some(self.at);
        self.at += 1;
    }

    /// 港南里31巷 and 中正路口31巷: a lane that stands alone belongs to the street before it, else to the village.
    fn owner_of_lane(&self) -> Option<Way> {
        let (lane, _) = branches(self.text, self.at, String::new());
        lane.lane?;
        let street = self.ways.last().filter(|found| !found.way.is_highway()).map(|found| found.way.street());
        street.or_else(|| self.admin.village.as_deref().map(Way::named))
    }

    /// One step within a name.
    fn step_open(&mut self, start: usize, ch: char) {
        let is_pole = self.is_pole || self.before_pole(self.at);
        // The code of a pole may hold blanks and colons; a name ends there.
        let is_end = matches!(ch, '(' | ')' | '[' | ']' | '「' | '」') || (!is_pole && matches!(ch, ' ' | ':' | '：'));
        if is_end || SEPARATORS.contains(&ch) {
            return self.flush();
        }
        if is_pole {
            self.is_pole = true;
            self.at += 1;
            return;
        }
        if let Some(end) = name_end(self.text, start, self.at).filter(|_| !self.is_beside_junction()) {
            self.open = None;
            let name = usual_name(&self.text.text(start, end));
            return self.way(name, end);
        }
        if let Some(name) = self.known_after(start) {
            self.flush();
            let (name, end) = name;
            return self.way(name, end);
        }
        if let Some(found) = door(self.text, self.at).filter(|found| found.is_closed && !self.before_pole(found.end)) {
            let name = usual_name(&self.text.text(start, self.at));
            self.open = None;
            self.at = found.end;
            self.after = After::Number;
            self.keep_door(Some(Way::named(&name)), found.number);
            return;
        }
        if let (way, end) = branches(self.text, self.at, String::new())
            && end > self.at
            && way.lane.is_some()
        {
            self.open = None;
            let name = usual_name(&self.text.text(start, self.at));
            return self.way(name, self.at);
        }
        if LOOSE_ENDS.iter().any(|word| self.text.starts_with(self.at, word)) {
            return self.flush();
        }
        self.at += 1;
    }

    /// 圖書館旁路口: a junction beside something, not a road 圖書館旁路.
    fn is_beside_junction(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|before| self.text.chars.get(before));
        self.text.starts_with(self.at, "路口")
            && before.is_some_and(|ch| matches!(ch, '旁' | '前' | '邊' | '處' | '側' | '桿' | '口'))
    }

    /// 中山文華路: a known street that begins within an open name of at least two characters.
    fn known_after(&self, start: usize) -> Option<(String, usize)> {
        if self.at < start + 2 || matches!(self.text.chars.get(self.at), Some('東' | '西' | '南' | '北' | '中')) {
            return None;
        }
        if self.text.chars.get(self.at..).is_some_and(|rest| numerals::take(rest).is_some()) {
            return None;
        }
        known(self.text, self.at, self.lexicon).filter(|(name, _)| name.chars().count() >= 3)
    }

    fn separator(&mut self, ch: char) -> bool {
        let is_joining_word = matches!(ch, '及' | '和' | '跟') && self.after != After::Start && self.is_joining();
        if SEPARATORS.contains(&ch) || is_joining_word {
            self.at += 1;
            self.after = After::Separator;
            self.is_toward = false;
            self.read_admin();
            return true;
        }
        if !matches!(self.after, After::Way | After::Tail | After::Number) {
            return false;
        }
        for (words, is_toward) in [(NEAR, false), (TOWARDS, true)] {
            if let Some(word) = words.iter().find(|word| self.text.starts_with(self.at, word) && !self.is_tail_here()) {
                self.at += word.chars().count();
                self.after = After::Separator;
                self.is_toward = is_toward;
                return true;
            }
        }
        false
    }

    fn is_tail_here(&self) -> bool {
        TAILS.iter().any(|tail| self.text.starts_with(self.at, tail))
    }

    /// Whether 和, 及 or 跟 here joins two ways instead of beginning the name of one (和平路).
    fn is_joining(&self) -> bool {
        if known(self.text, self.at, self.lexicon).is_some() {
            return false;
        }
        if known(self.text, self.at + 1, self.lexicon).is_some() {
            return true;
        }
        let is_name = ["和平", "和緯", "和順", "和真", "和善", "和興", "和美", "和意", "和館", "和濟"];
        !is_name.iter().any(|name| self.text.starts_with(self.at, name))
    }

    fn tail(&mut self, ch: char) -> bool {
        let word = TAILS.iter().filter(|word| self.text.starts_with(self.at, word)).max_by_key(|word| word.chars().count());
        let length = match word {
            Some(word) if self.after != After::Start && !self.begins_a_name(word.chars().count()) => word.chars().count(),
            _ if SHORT_TAILS.contains(&ch) && self.ends_here(self.at + 1) => 1,
            _ => return false,
        };
        let text = self.text.text(self.at, self.at + length);
        if text.contains('口')
            && self.after == After::Way
            && let Some(last) = self.ways.last_mut()
        {
            last.has_mouth = true;
        }
        self.at += length;
        self.after = After::Tail;
        self.details.push(text);
        true
    }

    /// Whether 南向 here is the start of 南向路.
    fn begins_a_name(&self, length: usize) -> bool {
        let after = self.at + length;
        matches!(self.text.chars.get(after), Some('路' | '街')) && !TAILS.iter().any(|tail| self.text.starts_with(after, tail))
    }

    /// Whether nothing that could be the rest of a name follows: the end, a separator, a number, a further word.
    fn ends_here(&self, at: usize) -> bool {
        if !matches!(self.after, After::Way | After::Number | After::Tail) {
            return false;
        }
        match self.text.chars.get(at) {
            None => true,
            Some(ch) if !ch.is_alphabetic() || SEPARATORS.contains(ch) => true,
            Some(ch) if SHORT_TAILS.contains(ch) => true,
            Some(_) => TAILS.iter().chain(TOWARDS).any(|word| self.text.starts_with(at, word)),
        }
    }

    /// A mark, a house, a floor or a length.
    fn number(&mut self, ch: char) -> bool {
        let highway =
            self.ways.iter().rev().find(|found| found.way.is_highway() && !found.is_toward).map(|found| found.way.clone());
        // 300公尺 alone is a mark only right after the highway: 台20線前0.0公尺 is none.
        if let Some((metres, end)) =
            mark(self.text, self.at, highway.is_some() && self.after == After::Way && self.mark.is_none())
        {
            match highway {
                Some(way) if self.mark.is_none() => self.mark = Some((way, metres)),
                _ => self.details.push(self.text.text(self.at, end)),
            }
            return self.take_number(end);
        }
        if let Some((floor, end)) = floor(self.text, self.at) {
            self.floor = self.floor.or(Some(floor));
            return self.take_number(end);
        }
        if let Some(end) = self.length_end(ch) {
            self.details.push(self.text.text(self.at, end));
            return self.take_number(end);
        }
        let Some(found) = door(self.text, self.at) else { return false };
        let is_open = !found.is_closed && self.after == After::Way && self.ends_number(found.end);
        if !(found.is_closed || is_open) || self.before_pole(found.end) {
            return false;
        }
        let way = self.ways.last().filter(|found| !found.is_toward && !found.way.is_highway()).map(|found| found.way.clone());
        self.keep_door(way, found.number);
        self.take_number(found.end)
    }

    fn take_number(&mut self, end: usize) -> bool {
        self.at = end;
        self.after = After::Number;
        true
    }

    fn ends_number(&self, at: usize) -> bool {
        self.text.chars.get(at).is_none_or(|ch| SEPARATORS.contains(ch) || matches!(ch, ' ' | '(' | '前' | '旁' | '之' | '-'))
    }

    fn before_pole(&self, at: usize) -> bool {
        POLE_WORDS.iter().any(|word| self.text.starts_with(at, word))
    }

    /// 0.0公尺, 50米: a length beside the place.
    fn length_end(&self, ch: char) -> Option<usize> {
        let rest = self.text.chars.get(self.at..)?;
        let mut used = numerals::take(rest)?.1;
        if ch.is_ascii_digit() && rest.get(used) == Some(&'.') {
            used += 1 + rest.get(used + 1..)?.iter().take_while(|ch| ch.is_ascii_digit()).count();
        }
        let unit = ["公尺", "米", "m"].iter().find(|unit| self.text.starts_with(self.at + used, unit))?;
        Some(self.at + used + unit.chars().count())
    }

    fn keep_door(&mut self, way: Option<Way>, number: HouseNumber) {
        if self.door.is_none() {
            self.door = Some((way, number));
        } else {
            self.details.push(number.to_string());
        }
    }

    fn way(&mut self, name: String, name_end: usize) {
        let (way, end) = branches(self.text, name_end, name);
        self.at = end;
        self.after = After::Way;
        if self.ways.len() < WAYS_MAX {
            self.ways.push(FoundWay { way, has_mouth: false, is_toward: self.is_toward });
        }
        self.is_toward = false;
    }

    /// Ends an open name that has no end of its own: a pole, half of two streets (中山文華路), or something to judge later.
    fn flush(&mut self) {
        let Some(start) = self.open.take() else { return };
        let text = self.text.text(start, self.at);
        let at_char = self.text.at.get(start).copied().unwrap_or_default();
        let has_digit = text.chars().any(|ch| ch.is_ascii_digit());
        let is_row = has_digit && text.contains(['幹', '分']);
        if (std::mem::take(&mut self.is_pole) || is_row) && self.pole.is_none() {
            let code = pole_code(&text);
            if !code.is_empty() {
                self.pole = Some(code);
                return;
            }
        }
        if let Some(way) = self.half_of_two(&text) {
            self.ways.push(FoundWay { way, has_mouth: false, is_toward: false });
            return;
        }
        self.loose.push(Unread { text, at_char });
    }

    /// 中山 before 文華路, when there is a 中山路.
    fn half_of_two(&self, text: &str) -> Option<Way> {
        let (next, _) = known(self.text, self.at, self.lexicon)?;
        let whole = format!("{text}{}", next.chars().last()?);
        (self.ways.len() < WAYS_MAX && self.lexicon.knows_way(&whole)).then(|| Way::named(&whole))
    }
}

/// What is written on the pole, without the words for a pole and for beside it.
fn pole_code(text: &str) -> String {
    let words = POLE_WORDS.iter().filter(|word| word.contains(['桿', '杆', '燈']));
    let code = words.fold(text.to_owned(), |code, word| code.replace(word, ""));
    let code = code.replace("編號", "");
    code.trim_matches(|ch: char| !ch.is_alphanumeric()).trim_end_matches(['旁', '前', '處', '上', '附', '近', '號']).to_owned()
}
