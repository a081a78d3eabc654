//! Days with far more subjects than one's own, one's peers' and one's office's days have.

use shouhu_shares::real;

use crate::facts::{Kind, Suggestion};
use crate::find::{BY_CHANCE_MAX, Reckoned, Seen, Sort, Turn, day_of, suggested};
use crate::quick::Map;
use crate::tail::nb_tail;

/// Days that are tested in a turn.
const PACE_DAYS: i32 = 7;
/// A day is tested for itself, as often as a window has days; the allowance is one window's.
const PACE_TURNS: f64 = 112.0;
/// Of the days on which peers ask at all one in so many may be misuse: kinds of work that ask seldom have few days, and a seller has some.
const PACE_TRUSTED: usize = 200;
const PACE_MIN: u32 = 20;
/// Bounds of what peers are worth beside one's own days: a day or two of one's own prove no custom, and a thousand drown it.
const WEIGHT_MIN: f64 = 2.0;
const WEIGHT_MAX: f64 = 1_000.0;
/// Mates of the same office whose day says what kind of day it was.
const MATES_MIN: usize = 3;
/// A day on which an office's third busiest did so many times what the third busiest usually does is no ordinary day.
const BUSY_DAY: f64 = 1.8;

/// Loose subjects of one officer in one day.
struct DayOf {
    officer: u32,
    day: i32,
    subjects: u32,
}

/// What days usually hold, and which were no ordinary ones.
struct Pace<'t, 'f> {
    turn: &'t Turn<'f>,
    usual: Map<u32, Usual>,
    /// By officer: subjects of his ordinary days before, and how many days.
    own: Map<u32, (f64, f64)>,
    /// Days of an office that were no ordinary ones, with what its third busiest did.
    busy: Map<(u32, i32), f64>,
    /// How far those who were in it differ on such days: the size of their negative binomial.
    busy_size: f64,
    /// How many of an officer's own days what is usual among his peers is worth.
    weights: Map<u32, f64>,
}

impl<'t, 'f> Pace<'t, 'f> {
    fn of(turn: &'t Turn<'f>, all: &[DayOf], tested_from: i32) -> Self {
        let mut pace = Self { turn, usual: Map::default(), own: Map::default(), busy: Map::default(), busy_size: f64::MAX, weights: Map::default() };
        pace.busy = pace.busy_days(all);
        pace.busy_size = pace.spread_of_busy_days(all);
        let mut by_peers: Map<u32, Vec<u32>> = Map::default();
        for day in all {
            if day.day >= tested_from || pace.busy_level(day).is_some() {
                continue;
            }
            by_peers.entry(turn.peers_of(day.officer)).or_default().push(day.subjects);
        }
        pace.usual = by_peers.into_iter().filter_map(|(peers, days)| Some((peers, Usual::of(days, PACE_TRUSTED)?))).collect();
        let mut squares: Map<u32, f64> = Map::default();
        for day in all {
            if day.day >= tested_from || pace.busy_level(day).is_some() {
                continue;
            }
            let Some(usual) = pace.usual.get(&turn.peers_of(day.officer)) else { continue };
            let (sum, days) = pace.own.entry(day.officer).or_default();
            // Who sold once does not make selling his custom.
            let subjects = f64::from(day.subjects).min(usual.cap);
            *sum += subjects;
            *days += 1.0;
            *squares.entry(turn.peers_of(day.officer)).or_default() += subjects * subjects;
        }
        pace.weights = pace.weights(&squares);
        pace
    }

    /// Days differ, and people do; where people hardly differ, one's own few days say little (the credibility of Bühlmann, ASTIN Bull. 4, 1967: the
    /// variance within people over that between them).
    fn weights(&self, squares: &Map<u32, f64>) -> Map<u32, f64> {
        #[derive(Default)]
        struct Sums {
            people: f64,
            days: f64,
            squared_days: f64,
            sum: f64,
            of_means: f64,
        }
        let mut by_peers: Map<u32, Sums> = Map::default();
        for (officer, (sum, days)) in &self.own {
            let sums = by_peers.entry(self.turn.peers_of(*officer)).or_default();
            sums.people += 1.0;
            sums.days += days;
            sums.squared_days += days * days;
            sums.sum += sum;
            sums.of_means += sum * sum / days;
        }
        let weight = |(peers, sums): (&u32, &Sums)| {
            let within = (squares.get(peers)? - sums.of_means) / (sums.days - sums.people).max(1.0);
            let between = (sums.of_means - sums.sum * sums.sum / sums.days - (sums.people - 1.0) * within) / (sums.days - sums.squared_days / sums.days);
            let weight = if between > 0.0 { within / between } else { WEIGHT_MAX };
            Some((*peers, weight.clamp(WEIGHT_MIN, WEIGHT_MAX)))
        };
        by_peers.iter().filter_map(weight).collect()
    }

    /// At a checkpoint there are many numbers for everybody in it, whatever their own days hold: the busiest of an office say what kind of day
    /// it was. Two who sell together do not; three would.
    fn busy_days(&self, all: &[DayOf]) -> Map<(u32, i32), f64> {
        let mut by_day: Map<(u32, i32), Vec<u32>> = Map::default();
        for day in all {
            if let Some(office) = self.turn.officer(day.officer).and_then(|officer| officer.office) {
                by_day.entry((office, day.day)).or_default().push(day.subjects);
            }
        }
        let mut thirds: Map<u32, Vec<f64>> = Map::default();
        let mut levels = Map::default();
        for ((office, day), mut counts) in by_day {
            counts.sort_unstable_by(|a, b| b.cmp(a));
            if let Some(third) = counts.get(MATES_MIN - 1).copied().map(f64::from) {
                thirds.entry(office).or_default().push(third);
                levels.insert((office, day), third);
            }
        }
        for thirds in thirds.values_mut() {
            thirds.sort_unstable_by(f64::total_cmp);
        }
        let middle = |office: u32| thirds.get(&office).and_then(|thirds| thirds.get(thirds.len() / 2)).copied().unwrap_or(f64::MAX);
        levels.retain(|(office, _), level| *level > BUSY_DAY * middle(*office));
        levels
    }

    /// A team stands together and does not check alike: who does twice as much as another is no wonder. Learned over all such days, since one has
    /// few people in it.
    fn spread_of_busy_days(&self, all: &[DayOf]) -> f64 {
        let mut teams: Map<(u32, i32), Vec<f64>> = Map::default();
        for day in all {
            let Some(level) = self.busy_level(day) else { continue };
            let Some(office) = self.turn.office(day.officer) else { continue };
            // Half of what the third busiest did: the others of the office were elsewhere.
            if f64::from(day.subjects) > 0.5 * level {
                teams.entry((office, day.day)).or_default().push(f64::from(day.subjects));
            }
        }
        let (mut squares, mut excess) = (0.0, 0.0);
        for team in teams.values() {
            let n = real(u64::try_from(team.len()).unwrap_or(u64::MAX));
            let mean = team.iter().sum::<f64>() / n;
            squares += (n - 1.0) * mean * mean;
            excess += team.iter().map(|count| (count - mean).powi(2)).sum::<f64>() - (n - 1.0) * mean;
        }
        if excess > 0.0 { squares / excess } else { f64::MAX }
    }

    fn busy_level(&self, day: &DayOf) -> Option<f64> {
        let office = self.turn.officer(day.officer)?.office?;
        self.busy.get(&(office, day.day)).copied()
    }

    /// Mean, and size of the negative binomial: one's own days, drawn towards those of peers while they are few.
    fn expected(&self, day: &DayOf) -> Option<(f64, f64)> {
        let usual = self.usual.get(&self.turn.peers_of(day.officer))?;
        let (sum, days) = self.own.get(&day.officer).copied().unwrap_or_default();
        let weight = self.weights.get(&self.turn.peers_of(day.officer)).copied().unwrap_or(WEIGHT_MAX);
        let mean = weight.mul_add(usual.mean, sum) / (weight + days);
        Some(self.busy_level(day).map_or((mean, usual.size), |level| (level.max(mean), usual.size.min(self.busy_size))))
    }
}

fn days_of(turn: &Turn<'_>, sort: Sort) -> Vec<DayOf> {
    let mut all = Vec::new();
    for looks in turn.people() {
        let mut pairs: Vec<(i32, u64)> = looks.iter().filter(|one| sort.has(one)).map(|one| (one.day, one.look.subject)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let Some(officer) = looks.first().map(|one| one.look.officer) else { continue };
        for day in pairs.chunk_by(|a, b| a.0 == b.0) {
            let Some((date, _)) = day.first() else { continue };
            all.push(DayOf { officer, day: *date, subjects: u32::try_from(day.len()).unwrap_or(u32::MAX) });
        }
    }
    all
}

/// Days of the last week with far more subjects than the officer's own days, his peers' and his office's that day lead one to expect.
pub(crate) fn paces(turn: &Turn<'_>, sort: Sort) -> Vec<Suggestion> {
    let all = days_of(turn, sort);
    let tested_from = day_of(turn.facts.now_us) - PACE_DAYS;
    let pace = Pace::of(turn, &all, tested_from);
    let mut found = Vec::new();
    for day in all.iter().filter(|day| day.day >= tested_from && day.subjects >= PACE_MIN) {
        let Some((mean, size)) = pace.expected(day) else { continue };
        let peers = turn.peers.get(&turn.peers_of(day.officer)).copied().unwrap_or_default();
        let by_chance = nb_tail(day.subjects, mean, size) * peers;
        if by_chance > BY_CHANCE_MAX * peers / PACE_TURNS {
            continue;
        }
        let to = turn.told_to(day.officer, Kind::Pace, None);
        let from = turn.seen.partition_point(|one| one.look.officer < day.officer);
        let mine = turn.seen.get(from..).unwrap_or_default().iter().take_while(|one| one.look.officer == day.officer);
        let looks: Vec<&Seen> = mine.filter(|one| sort.has(one) && one.day == day.day).collect();
        // A day that was told is not told again.
        if looks.iter().all(|one| one.look.seq > to) {
            // Of one day; a turn tries a week of them.
            let by_chance = Some(by_chance * f64::from(PACE_DAYS));
            found.extend(suggested(looks.into_iter(), Kind::Pace, None, Reckoned { count: day.subjects, expected: mean, by_chance }));
        }
    }
    found
}

/// Mean of a group's counts, and the size of the negative binomial that has their spread.
pub(crate) struct Usual {
    pub mean: f64,
    pub size: f64,
    /// What stands higher is taken for this.
    cap: f64,
}

impl Usual {
    /// One part of so many at the top is taken for what stands below it: what misuse there is stands there.
    pub fn of(mut counts: Vec<u32>, one_of: usize) -> Option<Self> {
        counts.sort_unstable();
        let last = counts.len().checked_sub(1)?;
        let cap = f64::from(counts.get(last - last / one_of).copied()?);
        let n = f64::from(u32::try_from(counts.len()).unwrap_or(u32::MAX));
        let mean = counts.iter().map(|count| f64::from(*count).min(cap)).sum::<f64>() / n;
        let variance = counts.iter().map(|count| (f64::from(*count).min(cap) - mean).powi(2)).sum::<f64>() / n;
        let excess = variance - mean;
        let size = if excess > 0.0 { mean * mean / excess } else { f64::MAX };
        Some(Self { mean, size, cap })
    }
}
