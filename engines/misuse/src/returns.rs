//! How often honest work comes back to one subject.
//!
//! Most pairs of an officer and a subject are of one day. Which come back depends on the work, and on whether mates meet the subject too: a
//! car that stands in the beat, or of which neighbours complain, is asked about by many. So a pair is compared with pairs that are alike
//! (strata: Efron, Ann. Appl. Stat. 2, 2008, on when tests should be combined), and what is noted is judged by what is not, so that misuse of the
//! noted teaches nothing.

use crate::find::{BY_CHANCE_MAX, Seen, Sort, Turn, days};
use crate::quick::{Map, Set};
use crate::tail::Tail;

/// Counts above are all the same: a window has no more days.
const DAYS_COUNTED: usize = 121;
/// Bounds of the days that mates' interest leads one to expect, between which pairs are alike.
const MET: [f64; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];

/// Pairs that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Stratum {
    pub peers: u32,
    /// 0: no mate ever asked; then by bounds.
    met: usize,
}

/// One officer's looks at one subject that no case holds.
pub(crate) struct Pair {
    pub officer: u32,
    pub subject: u64,
    /// Days that others of the office asked.
    pub mates: u32,
    pub stratum: Stratum,
    pub days: u32,
}

impl Pair {
    pub fn of(turn: &Turn<'_>, looks: &[Seen], sort: Sort) -> Option<Self> {
        let first = looks.first()?;
        let (officer, subject) = (first.look.officer, first.look.subject);
        let days = days(looks.iter().filter(|one| sort.has(one)));
        if days == 0 {
            return None;
        }
        let met = if first.mates == 0 {
            0
        } else {
            let (own, others) = turn.offices.busy(officer, turn.office(officer));
            let led = f64::from(first.mates) * own / others.max(1.0);
            1 + MET.partition_point(|bound| *bound < led)
        };
        Some(Self { officer, subject, mates: first.mates, stratum: Stratum { peers: turn.peers_of(officer), met }, days })
    }
}

/// Of subjects about which nothing is noted.
pub(crate) struct Returns {
    tails: Map<Stratum, Tail>,
}

impl Returns {
    pub fn of(turn: &Turn<'_>, noted: &Set<u64>, sort: Sort) -> Self {
        let mut counted: Map<Stratum, Vec<u64>> = Map::default();
        for looks in turn.pairs().filter(|looks| looks.first().is_some_and(|one| !noted.contains(&one.look.subject))) {
            let Some(pair) = Pair::of(turn, looks, sort) else { continue };
            let slots = counted.entry(pair.stratum).or_insert_with(|| vec![0; DAYS_COUNTED]);
            if let Some(slot) = slots.get_mut(usize::try_from(pair.days).unwrap_or(usize::MAX).min(DAYS_COUNTED - 1)) {
                *slot += 1;
            }
        }
        Self { tails: counted.into_iter().map(|(stratum, counted)| (stratum, Tail::of_others(&counted))).collect() }
    }

    /// Of so many pairs that have begun, how many come to so many days.
    pub fn expected(&self, stratum: Stratum, days: u32, begun: f64) -> f64 {
        let nothing = Tail::of_others(&[]);
        let tail = self.tails.get(&stratum).unwrap_or(&nothing);
        begun * tail.expected(days) / tail.expected(1).max(1.0)
    }

    pub fn mean(&self, stratum: Stratum) -> f64 {
        self.tails.get(&stratum).map_or(1.0, Tail::mean)
    }
}

/// How many pairs of one kind have begun: among them false suggestions may fall.
#[derive(Default)]
pub(crate) struct Begun {
    pairs: Map<Stratum, f64>,
    all: Map<u32, f64>,
}

impl Begun {
    pub fn count(&mut self, pair: &Pair) {
        *self.pairs.entry(pair.stratum).or_default() += 1.0;
        *self.all.entry(pair.stratum.peers).or_default() += 1.0;
    }

    pub fn of(&self, stratum: Stratum) -> f64 {
        self.pairs.get(&stratum).copied().unwrap_or_default()
    }

    /// What chance may make of it: the allowance of one kind is divided as the pairs are (weights: Genovese, Roeder & Wasserman, Biometrika 93, 2006).
    pub fn allowed(&self, turn: &Turn<'_>, stratum: Stratum) -> f64 {
        let all = self.all.get(&stratum.peers).copied().unwrap_or_default().max(1.0);
        BY_CHANCE_MAX * turn.peers.get(&stratum.peers).copied().unwrap_or_default() * self.of(stratum) / all
    }
}
