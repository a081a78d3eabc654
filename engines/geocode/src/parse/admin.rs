//! 縣市, 鄉鎮市區, 村里 and 鄰 at the start of an address or of one of its parts.

use crate::fold::Folded;
use crate::lexicon::Lexicon;
use crate::numerals;
use crate::towns::{COUNTIES, only_county_of, towns_of};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Admin {
    pub county: Option<String>,
    pub town: Option<String>,
    pub village: Option<String>,
    pub neighbourhood: Option<u32>,
}

const STREET_ENDS: [char; 2] = ['路', '街'];

/// What stands at `at` and where it ends; `known` is what was read before in the same address.
pub(super) fn admin(text: &Folded, mut at: usize, lexicon: &Lexicon, known: &Admin) -> (Admin, usize) {
    let mut found = Admin::default();
    // Forms fill in the town before a text that begins with it again: 新北市坪林區新北市坪林區坪雙路.
    let no_short_names = Lexicon::default();
    at = county_and_town(text, at, lexicon, &mut found);
    at = county_and_town(text, at, &no_short_names, &mut found);
    let town = found.town.as_ref().or(known.town.as_ref()).cloned();
    if let Some((village, end)) = village(text, at, town.as_deref(), lexicon) {
        found.village = Some(village);
        at = end;
    }
    if let Some((number, used)) = text.chars.get(at..).and_then(numerals::take)
        && text.chars.get(at + used) == Some(&'鄰')
    {
        found.neighbourhood = Some(number);
        at += used + 1;
    }
    (found, at)
}

fn county_and_town(text: &Folded, mut at: usize, lexicon: &Lexicon, found: &mut Admin) -> usize {
    if let Some((county, end)) = county(text, at, lexicon)
        && found.county.as_ref().is_none_or(|before| before == county)
    {
        found.county = Some(county.to_owned());
        at = end;
    }
    if let Some((county, town, end)) = town(text, at, lexicon, found.county.as_deref())
        && found.town.as_ref().is_none_or(|before| before == town)
    {
        found.town = Some(town.to_owned());
        if found.county.is_none() {
            found.county = county.map(str::to_owned);
        }
        at = end;
    }
    at
}

fn county(text: &Folded, at: usize, lexicon: &Lexicon) -> Option<(&'static str, usize)> {
    for (name, _) in COUNTIES {
        if text.starts_with(at, name) {
            return Some((name, at + 3));
        }
    }
    for (name, _) in COUNTIES {
        let short: String = name.chars().take(2).collect();
        if lexicon.serves(name) && text.starts_with(at, &short) && town(text, at + 2, lexicon, Some(name)).is_some() {
            return Some((name, at + 2));
        }
    }
    None
}

type Town = (Option<&'static str>, &'static str, usize);

fn town(text: &Folded, at: usize, lexicon: &Lexicon, county: Option<&str>) -> Option<Town> {
    let full = |name: &'static str| text.starts_with(at, name).then(|| at + name.chars().count());
    let longest = |found: &Option<Town>, end: usize| found.is_none_or(|(_, _, before)| end > before);
    let mut found: Option<Town> = None;
    let counties = COUNTIES.iter().map(|(name, _)| *name).filter(|name| county.is_none_or(|county| county == *name));
    for here in counties {
        for name in towns_of(here) {
            if let Some(end) = full(name).filter(|end| longest(&found, *end)) {
                found = Some((county.map_or_else(|| known_county(name, lexicon), |_| Some(here)), name, end));
            }
        }
    }
    found.or_else(|| short_town(text, at, lexicon, county))
}

/// The county of a town that was named alone: the one served that has it, else the only one in Taiwan.
fn known_county(town: &str, lexicon: &Lexicon) -> Option<&'static str> {
    let mut served = lexicon.served_towns().filter(|(_, name)| *name == town).map(|(county, _)| county);
    match (served.next(), served.next()) {
        (Some(county), None) => Some(county),
        (Some(_), Some(_)) => None,
        (None, _) => only_county_of(town),
    }
}

/// 永康中正路: a town without its last character, when a street of at least three characters follows.
fn short_town(text: &Folded, at: usize, lexicon: &Lexicon, county: Option<&str>) -> Option<Town> {
    for (here, name) in lexicon.served_towns().filter(|(here, _)| county.is_none_or(|county| county == *here)) {
        let length = name.chars().count() - 1;
        let short: String = name.chars().take(length).collect();
        if length < 2 || !text.starts_with(at, &short) {
            continue;
        }
        let end = at + length;
        let rest = text.chars.get(end..).unwrap_or_default();
        let street = rest.iter().take(7).position(|ch| STREET_ENDS.contains(ch));
        let whole = street.map(|street| text.text(at, end + street + 1));
        // 中山北路 is no street 北路 in 中山區, and a street that is known by its whole name is that street.
        if street.is_some_and(|street| street >= 2) && whole.is_none_or(|whole| !lexicon.knows_way(&whole)) {
            return Some((Some(here), name, end));
        }
    }
    None
}

/// The longest village name here; where the town's villages are unknown, two to four characters that end in 里 or 村.
fn village(text: &Folded, at: usize, town: Option<&str>, lexicon: &Lexicon) -> Option<(String, usize)> {
    for length in (2..=5).rev() {
        let name = text.text(at, at + length);
        if name.chars().count() == length && lexicon.knows_village(town, &name) && !is_street(text, at + length) {
            return Some((name, at + length));
        }
    }
    town?;
    let rest = text.chars.get(at..).unwrap_or_default();
    let mut end = rest.iter().take(4).position(|ch| matches!(ch, '里' | '村')).filter(|position| *position > 0)?;
    // 仁里里: the last of two.
    if matches!(rest.get(end + 1), Some('里' | '村')) {
        end += 1;
    }
    let is_name = rest.get(..end).is_some_and(|name| name.iter().all(|ch| ch.is_alphabetic() && !STREET_ENDS.contains(ch)));
    (is_name && !is_street(text, at + end + 1)).then(|| (text.text(at, at + end + 1), at + end + 1))
}

/// Whether what follows makes a street of what stood before: 仁里街, 大里路, 新村一路.
fn is_street(text: &Folded, at: usize) -> bool {
    let rest = text.chars.get(at..).unwrap_or_default();
    match rest.first() {
        Some(ch) if STREET_ENDS.contains(ch) => !matches!(rest.get(1), Some('口')),
        Some(_) => {
            let used = numerals::take(rest).map_or(0, |(_, used)| used);
            used > 0 && rest.get(used).is_some_and(|ch| STREET_ENDS.contains(ch))
        }
        None => false,
    }
}
