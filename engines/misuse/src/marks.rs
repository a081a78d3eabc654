//! Looks at subjects that oversight has noted something about.

use std::collections::HashSet;

use crate::colleagues::colleagues;
use crate::facts::{Kind, Mark, MarkKind, Suggestion};
use crate::find::{Reckoned, Seen, Sort, Turn, days, suggested};
use crate::quick::Map;
use crate::returns::{Begun, Pair, Returns};
use crate::tail::poisson_tail;

/// Somebody in the news is asked about by many at once; so many days are one wave.
const WAVE_DAYS: i32 = 7;
/// Waves that chance alone may make, per subject and week that is looked at: a subject is looked at in each of 112 turns of its window, and in each turn in
/// [`WAVE_DAYS`] weeks, of which the least likely counts. A subject thus makes up to seven times as many in a turn (less, because the weeks overlap: that is
/// what Naus reckons exactly); what is shown counts all seven, and all who are in the news.
const WAVES_BY_CHANCE: f64 = 1e-5;
/// One look at somebody well known may be a car that stood in the way.
const VIP_DAYS_MIN: u32 = 2;

/// A rule decides, and no number: one look is enough.
const fn by_rule(count: u32) -> Reckoned {
    Reckoned { count, expected: 0.0, by_chance: None }
}

fn count(looks: &[Seen]) -> u32 {
    u32::try_from(looks.len()).unwrap_or(u32::MAX)
}

pub(crate) fn marked(turn: &Turn<'_>) -> Vec<Suggestion> {
    let mut marks: Map<u64, Vec<Mark>> = Map::default();
    for mark in turn.facts.marks {
        marks.entry(mark.subject).or_default().push(*mark);
    }
    let waves = waves(turn, &marks);
    let noted = marks.keys().copied().collect();
    let (on_street, all) = (Returns::of(turn, &noted, Sort::Street), Returns::of(turn, &noted, Sort::Either));
    let known = Known::of(turn, &marks);
    let mut found = colleagues(turn, &marks, Sort::Street, &on_street);
    found.extend(colleagues(turn, &marks, Sort::Either, &all));
    for looks_of in turn.pairs() {
        let Some(first) = looks_of.first() else { continue };
        let (officer, subject) = (first.look.officer, first.look.subject);
        let Some(marks) = marks.get(&subject) else { continue };
        // Whoever asks about his own under a case of which nobody else does has put it there.
        let fresh = |kind: Kind| -> Vec<Seen> {
            let to = turn.told_to(officer, kind, Some(subject));
            let is_counted = |one: &Seen| match kind {
                Kind::Decoy => true,
                Kind::Own | Kind::Household => one.is_loose || one.is_alone,
                _ => one.is_odd(),
            };
            looks_of.iter().filter(|one| is_counted(one) && one.look.seq > to).copied().collect()
        };
        let is_of = |kind: MarkKind| marks.iter().any(|mark| mark.kind == kind && mark.of == Some(officer));
        let mut told = |looks: &[Seen], kind: Kind, reckoned: Reckoned| found.extend(suggested(looks.iter(), kind, Some(subject), reckoned));
        if marks.iter().any(|mark| mark.kind == MarkKind::Decoy) {
            let looks = fresh(Kind::Decoy);
            told(&looks, Kind::Decoy, by_rule(count(&looks)));
        }
        if is_of(MarkKind::Own) {
            let looks = fresh(Kind::Own);
            told(&looks, Kind::Own, by_rule(count(&looks)));
        }
        if is_of(MarkKind::Household) {
            let looks = fresh(Kind::Household);
            told(&looks, Kind::Household, by_rule(count(&looks)));
        }
        if marks.iter().any(|mark| mark.kind == MarkKind::Vip) {
            let looks = fresh(Kind::Vip);
            let is_wave = |one: &Seen| waves.get(&subject).is_some_and(|(from, until, _)| (*from..=*until).contains(&one.day));
            let reckoned = waves.get(&subject).filter(|_| looks.iter().any(is_wave)).map(|(_, _, reckoned)| *reckoned);
            let reckoned = reckoned.or_else(|| known.reckoned(turn, &all, looks_of, days(looks.iter())));
            if let Some(reckoned) = reckoned {
                told(&looks, Kind::Vip, reckoned);
            }
        }
    }
    found
}

fn is_vip(marks: &[Mark]) -> bool {
    marks.iter().any(|mark| mark.kind == MarkKind::Vip)
}

/// Pairs with somebody well known, in no wave.
struct Known {
    begun: Begun,
}

impl Known {
    fn of(turn: &Turn<'_>, marks: &Map<u64, Vec<Mark>>) -> Self {
        let mut begun = Begun::default();
        for looks in turn.pairs() {
            let is_known = looks.first().and_then(|one| marks.get(&one.look.subject)).is_some_and(|marks| is_vip(marks));
            if let Some(pair) = is_known.then(|| Pair::of(turn, looks, Sort::Either)).flatten() {
                begun.count(&pair);
            }
        }
        Self { begun }
    }

    fn reckoned(&self, turn: &Turn<'_>, returns: &Returns, looks: &[Seen], on_days: u32) -> Option<Reckoned> {
        if on_days < VIP_DAYS_MIN {
            return None;
        }
        let stratum = Pair::of(turn, looks, Sort::Either)?.stratum;
        let by_chance = returns.expected(stratum, on_days, self.begun.of(stratum));
        let reckoned = Reckoned { count: on_days, expected: returns.mean(stratum), by_chance: Some(by_chance) };
        (by_chance <= self.begun.allowed(turn, stratum)).then_some(reckoned)
    }
}

/// Subjects in the news whom in some week of the last two more officers asked about than the weeks before lead one to expect: a wave that began before
/// the last turn is seen whole (a scan statistic: Naus, J. Am. Stat. Assoc. 60, 1965).
fn waves(turn: &Turn<'_>, marks: &Map<u64, Vec<Mark>>) -> Map<u64, (i32, i32, Reckoned)> {
    let mut asked: Map<u64, HashSet<(i32, u32)>> = Map::default();
    let last = turn.seen.iter().map(|one| one.day).max().unwrap_or_default();
    let first = turn.seen.iter().map(|one| one.day).min().unwrap_or_default();
    for one in turn.seen.iter().filter(|one| one.is_loose && marks.get(&one.look.subject).is_some_and(|marks| is_vip(marks))) {
        asked.entry(one.look.subject).or_default().insert((one.day, one.look.officer));
    }
    let noted = marks.values().filter(|marks| is_vip(marks)).count();
    let tried = f64::from(WAVE_DAYS) * f64::from(u32::try_from(noted).unwrap_or(u32::MAX));
    let mut waves = Map::default();
    for (subject, asked) in asked {
        let weeks = (0..WAVE_DAYS).map(|ago| wave(&asked, first, last - ago));
        let highest = weeks.min_by(|a, b| a.2.by_chance.unwrap_or(1.0).total_cmp(&b.2.by_chance.unwrap_or(1.0)));
        let highest = highest.filter(|(_, _, reckoned)| reckoned.by_chance.is_some_and(|by_chance| by_chance <= WAVES_BY_CHANCE));
        let shown = |reckoned: Reckoned| Reckoned { by_chance: reckoned.by_chance.map(|by_chance| by_chance * tried), ..reckoned };
        waves.extend(highest.map(|(from, until, reckoned)| (subject, (from, until, shown(reckoned)))));
    }
    waves
}

/// The week until a day, against what came before it.
fn wave(asked: &HashSet<(i32, u32)>, first: i32, until: i32) -> (i32, i32, Reckoned) {
    let from = until - WAVE_DAYS + 1;
    let in_wave: HashSet<u32> = asked.iter().filter(|(day, _)| (from..=until).contains(day)).map(|(_, officer)| *officer).collect();
    let before = f64::from(u32::try_from(asked.iter().filter(|(day, _)| *day < from).count()).unwrap_or(u32::MAX));
    let weeks = f64::from((from - 1 - first).max(0)) / f64::from(WAVE_DAYS);
    let expected = (before + 1.0) / (weeks + 1.0);
    let number = u32::try_from(in_wave.len()).unwrap_or(u32::MAX);
    let by_chance = poisson_tail(number, expected);
    (from, until, Reckoned { count: number, expected, by_chance: Some(by_chance) })
}
