//! Looks at vehicles of colleagues.
//!
//! One stands in the way like any other car, and is asked about like any other; those of one's own office stand before the station and are met
//! more often. How often, their own numbers say: each car is met at a rate that is Gamma-distributed over cars, and what mates ask about it moves
//! the rate that is expected of it (empirical Bayes, as in DuMouchel, Am. Stat. 53, 1999).

use crate::facts::{Kind, Mark, Suggestion};
use crate::find::{Reckoned, Seen, Sort, Turn, days, suggested};
use crate::quick::{Map, Set};
use crate::returns::{Begun, Pair, Returns};
use crate::tail::nb_tail;

/// A colleague's car stands before the station: once is no habit.
const DAYS_MIN: u32 = 2;

/// Vehicles of everybody, by office.
struct Cars {
    of: Set<(u32, u64)>,
    by_office: Map<u32, f64>,
}

impl Cars {
    fn of(turn: &Turn<'_>) -> Self {
        let of: Set<(u32, u64)> =
            turn.facts.marks.iter().filter_map(|mark| Some((turn.officer(mark.of?)?.office?, mark.subject))).collect();
        let mut by_office: Map<u32, f64> = Map::default();
        for (office, _) in &of {
            *by_office.entry(*office).or_default() += 1.0;
        }
        Self { of, by_office }
    }

    /// An office's cars for each one of the other offices; nothing where there are no others.
    fn share(&self, office: u32) -> Option<f64> {
        let own = self.by_office.get(&office).copied().unwrap_or_default();
        let others = self.by_office.values().sum::<f64>() - own;
        (others > 0.0).then(|| own / others)
    }
}

/// How often an office's own people's cars are met by chance.
struct Meetings {
    /// Of one car, for each day and subject that somebody of its office asks about.
    rate: f64,
    /// Of the Gamma distribution of rates.
    size: f64,
    /// Officers and cars of one office.
    pairs: f64,
}

impl Meetings {
    fn of(turn: &Turn<'_>, cars: &Cars) -> Self {
        let (mut asked, mut exposed, mut counts) = (0.5, 0.0, Vec::new());
        for (office, subject) in &cars.of {
            let (number, busy) = (turn.offices.asked(*office, *subject), turn.offices.all_asked(*office));
            asked += f64::from(number);
            exposed += busy;
            counts.push((f64::from(number), busy));
        }
        let rate = asked / f64::max(exposed, 1.0);
        let (mut squares, mut excess) = (0.0, 0.0);
        for (number, busy) in counts {
            let mean = rate * busy;
            squares += mean * mean;
            excess += (number - mean).powi(2) - number;
        }
        let size = if excess > 0.0 { squares / excess } else { f64::MAX };
        let mut staff: Map<u32, f64> = Map::default();
        for office in turn.facts.officers.iter().filter_map(|officer| officer.office) {
            *staff.entry(office).or_default() += 1.0;
        }
        let pairs = cars.by_office.iter().map(|(office, cars)| cars * staff.get(office).copied().unwrap_or_default()).sum();
        Self { rate, size, pairs }
    }

    /// How many pairs of one office come to so many days, if all were met as this car is.
    fn expected(&self, turn: &Turn<'_>, pair: &Pair) -> f64 {
        let mates = f64::from(pair.mates);
        let (own, others) = turn.offices.busy(pair.officer, turn.office(pair.officer));
        let size = self.size.min(1e6);
        let mean = own * (size + mates) / (size / self.rate + others);
        nb_tail(pair.days, mean, size + mates) * self.pairs
    }
}

struct Asked {
    pair: Pair,
    is_same: bool,
    office: Option<u32>,
    looks: Vec<Seen>,
}

/// Days that officers ask about colleagues' cars without a case that holds.
pub(crate) fn colleagues(turn: &Turn<'_>, marks: &Map<u64, Vec<Mark>>, sort: Sort, returns: &Returns) -> Vec<Suggestion> {
    let cars = Cars::of(turn);
    let meetings = Meetings::of(turn, &cars);
    let (mut same, mut other, mut all) = (Begun::default(), Begun::default(), Vec::new());
    for looks in turn.pairs() {
        let Some(first) = looks.first() else { continue };
        let Some(marks) = marks.get(&first.look.subject) else { continue };
        let is_own = marks.iter().any(|mark| mark.of == Some(first.look.officer));
        if is_own || marks.iter().all(|mark| mark.of.is_none()) {
            continue;
        }
        let Some(mut pair) = Pair::of(turn, looks, sort) else { continue };
        let office = turn.office(pair.officer);
        let is_same = office.is_some_and(|office| cars.of.contains(&(office, pair.subject)));
        if is_same { same.count(&pair) } else { other.count(&pair) }
        let to = turn.told_to(pair.officer, Kind::Colleague, Some(pair.subject));
        let looks: Vec<Seen> = looks.iter().filter(|one| sort.has(one) && one.look.seq > to).copied().collect();
        pair.days = days(looks.iter());
        if pair.days >= DAYS_MIN {
            all.push(Asked { pair, is_same, office, looks });
        }
    }
    let mut found = Vec::new();
    for Asked { pair, is_same, office, looks } in all {
        let stratum = pair.stratum;
        let share = office.and_then(|office| cars.share(office));
        let (by_chance, allowed) = if is_same {
            let begun = share.map_or_else(|| same.of(stratum), |share| share * other.of(stratum));
            let by_chance = returns.expected(stratum, pair.days, begun) + meetings.expected(turn, &pair);
            (by_chance, same.allowed(turn, stratum))
        } else {
            (returns.expected(stratum, pair.days, other.of(stratum)), other.allowed(turn, stratum))
        };
        if by_chance <= allowed {
            let reckoned = Reckoned { count: pair.days, expected: returns.mean(stratum), by_chance: Some(by_chance) };
            found.extend(suggested(looks.iter(), Kind::Colleague, Some(pair.subject), reckoned));
        }
    }
    found
}
