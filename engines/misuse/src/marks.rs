//! Looks at subjects that oversight has noted something about.

use std::collections::{HashMap, HashSet};

use crate::facts::{Kind, Mark, MarkKind, Suggestion};
use crate::find::{BY_CHANCE_MAX, Reckoned, Seen, Turn, days, suggested};
use crate::tail::{Tail, poisson_tail};

/// Somebody in the news is asked about by many at once; so many days are one wave.
const WAVE_DAYS: i32 = 7;
/// Waves that chance alone may make, per subject and turn: a subject is looked at in each of 112 turns of its window.
const WAVES_BY_CHANCE: f64 = 1e-5;
/// A colleague's car stands before the station: once is no habit.
const COLLEAGUE_DAYS_MIN: u32 = 2;
/// One look at somebody well known may be a car that stood in the way.
const VIP_DAYS_MIN: u32 = 2;
/// Counts above are all the same.
const DAYS_COUNTED: usize = 121;

/// Days that officers loosely ask about cars of their own office's people: those before the station are met more often than any other, so
/// that only who goes on longer than such meetings do stands out.
fn colleagues(turn: &Turn<'_>, marks: &HashMap<u64, Vec<Mark>>) -> Vec<Suggestion> {
    let office_of = |officer: u32| turn.officer(officer).and_then(|officer| officer.office);
    let mut counted = vec![0_u64; DAYS_COUNTED];
    let mut mine: Vec<(u32, Vec<Seen>)> = Vec::new();
    for looks in turn.pairs() {
        let Some(first) = looks.first() else { continue };
        let (officer, subject) = (first.look.officer, first.look.subject);
        let Some(marks) = marks.get(&subject) else { continue };
        let is_own = marks.iter().any(|mark| mark.of == Some(officer));
        let is_mates = marks.iter().any(|mark| mark.of.is_some_and(|of| office_of(of).is_some() && office_of(of) == office_of(officer)));
        if is_own || !is_mates {
            continue;
        }
        let to = turn.told_to(officer, Kind::Colleague, Some(subject));
        let loose: Vec<Seen> = looks.iter().filter(|one| one.is_loose && one.look.seq > to).copied().collect();
        let number = days(loose.iter());
        if let Some(slot) = counted.get_mut(usize::try_from(number).unwrap_or(usize::MAX).min(DAYS_COUNTED - 1)) {
            *slot += u64::from(number > 0);
        }
        mine.push((number, loose));
    }
    let tail = Tail::of(&counted);
    let everybody: f64 = turn.peers.values().sum();
    let mut found = Vec::new();
    for (number, loose) in mine {
        let by_chance = tail.expected(number);
        let Some(subject) = loose.first().map(|one| one.look.subject) else { continue };
        if number >= COLLEAGUE_DAYS_MIN && by_chance <= BY_CHANCE_MAX * everybody {
            let reckoned = Reckoned { count: number, expected: tail.mean(), by_chance: Some(by_chance) };
            found.extend(suggested(loose.iter(), Kind::Colleague, Some(subject), reckoned));
        }
    }
    found
}

/// A rule decides, and no number: one look is enough.
const fn by_rule(count: u32) -> Reckoned {
    Reckoned { count, expected: 0.0, by_chance: None }
}

fn count(looks: &[Seen]) -> u32 {
    u32::try_from(looks.len()).unwrap_or(u32::MAX)
}

pub(crate) fn marked(turn: &Turn<'_>) -> Vec<Suggestion> {
    let mut marks: HashMap<u64, Vec<Mark>> = HashMap::new();
    for mark in turn.facts.marks {
        marks.entry(mark.subject).or_default().push(*mark);
    }
    let waves = waves(turn, &marks);
    let mut found = colleagues(turn, &marks);
    for looks in turn.pairs() {
        let Some(first) = looks.first() else { continue };
        let (officer, subject) = (first.look.officer, first.look.subject);
        let Some(marks) = marks.get(&subject) else { continue };
        // Whoever asks about his own under a case of which nobody else does has put it there.
        let fresh = |kind: Kind| -> Vec<Seen> {
            let to = turn.told_to(officer, kind, Some(subject));
            let is_counted = |one: &Seen| match kind {
                Kind::Decoy => true,
                Kind::Own | Kind::Household | Kind::Vip => one.is_loose || turn.is_alone(one),
                _ => one.is_loose,
            };
            looks.iter().filter(|one| is_counted(one) && one.look.seq > to).copied().collect()
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
            let on_days = days(looks.iter());
            let reckoned = reckoned.or_else(|| (on_days >= VIP_DAYS_MIN).then(|| by_rule(on_days)));
            if let Some(reckoned) = reckoned {
                told(&looks, Kind::Vip, reckoned);
            }
        }
    }
    found
}

/// Subjects in the news whom in the last week more officers asked about than the weeks before lead one to expect.
fn waves(turn: &Turn<'_>, marks: &HashMap<u64, Vec<Mark>>) -> HashMap<u64, (i32, i32, Reckoned)> {
    let is_vip = |subject: u64| marks.get(&subject).is_some_and(|marks| marks.iter().any(|mark| mark.kind == MarkKind::Vip));
    let mut asked: HashMap<u64, HashSet<(i32, u32)>> = HashMap::new();
    let last = turn.seen.iter().map(|one| one.day).max().unwrap_or_default();
    let first = turn.seen.iter().map(|one| one.day).min().unwrap_or_default();
    for one in turn.seen.iter().filter(|one| one.is_loose && is_vip(one.look.subject)) {
        asked.entry(one.look.subject).or_default().insert((one.day, one.look.officer));
    }
    let weeks = f64::from((last - WAVE_DAYS - first).max(0)) / f64::from(WAVE_DAYS);
    let mut waves = HashMap::new();
    for (subject, asked) in asked {
        let in_wave: HashSet<u32> = asked.iter().filter(|(day, _)| *day > last - WAVE_DAYS).map(|(_, officer)| *officer).collect();
        let before = asked.iter().filter(|(day, _)| *day <= last - WAVE_DAYS).count();
        let before = f64::from(u32::try_from(before).unwrap_or(u32::MAX));
        let expected = (before + 1.0) / (weeks + 1.0);
        let number = u32::try_from(in_wave.len()).unwrap_or(u32::MAX);
        let by_chance = poisson_tail(number, expected);
        if by_chance <= WAVES_BY_CHANCE {
            waves.insert(subject, (last - WAVE_DAYS + 1, last, Reckoned { count: number, expected, by_chance: Some(by_chance) }));
        }
    }
    waves
}
