//! One force's sixteen weeks under the detector, counted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use shouhu_misuse::{Facts, Kind, Look, Suggestion, Told, suggestions};
use shouhu_shares::{Z_95, wilson};

use crate::deeds::{Crime, Deed, committed};
use crate::work::{DAY_US, Force, WEEKS};

/// The first turns have no weeks behind them, as a new house has none; they count all the same.
const FIRST_TURN_WEEK: i64 = 3;

#[derive(Default)]
pub struct Outcome {
    /// By deed: how many there were, and how many of them an alert pointed at.
    deeds: BTreeMap<Deed, (u32, u32)>,
    /// Days from the look that was misused first to the turn that told of it.
    delays: Vec<i64>,
    false_alerts: BTreeMap<Kind, u32>,
    alerts: u32,
    looks: usize,
    officer_weeks: f64,
    /// Of the last turn, which has the most to read.
    turn: Duration,
    /// Of each force that was added up: recall, and false alerts.
    forces: Vec<(f64, f64)>,
}

impl Outcome {
    pub fn add(&mut self, other: Self) {
        self.forces.push((other.recall(), other.false_rate()));
        for (deed, (of, found)) in other.deeds {
            let count = self.deeds.entry(deed).or_default();
            *count = (count.0 + of, count.1 + found);
        }
        for (kind, number) in other.false_alerts {
            *self.false_alerts.entry(kind).or_default() += number;
        }
        self.delays.extend(other.delays);
        self.alerts += other.alerts;
        self.looks += other.looks;
        self.officer_weeks += other.officer_weeks;
        self.turn = self.turn.max(other.turn);
    }

    /// Of what the aim asks: how many there were, and how many were found.
    fn in_aim(&self) -> (u32, u32) {
        self.deeds.iter().filter(|(deed, _)| deed.is_in_aim()).fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1))
    }

    pub fn recall(&self) -> f64 {
        let (of, found) = self.in_aim();
        f64::from(found) / f64::from(of)
    }

    /// Wilson's, 95 %.
    pub fn recall_interval(&self) -> (f64, f64) {
        let (of, found) = self.in_aim();
        wilson(found.into(), of.into(), Z_95)
    }

    fn wrong(&self) -> u32 {
        self.false_alerts.values().sum()
    }

    /// Per thousand officers and week.
    pub fn false_rate(&self) -> f64 {
        f64::from(self.wrong()) / self.officer_weeks * 1_000.0
    }

    /// Poisson, 95 %, by the square root: good enough above ten.
    pub fn false_interval(&self) -> (f64, f64) {
        let half = Z_95 * f64::from(self.wrong()).sqrt() / self.officer_weeks * 1_000.0;
        (self.false_rate() - half, self.false_rate() + half)
    }

    pub fn in_short(&self) -> String {
        let (of, found) = self.in_aim();
        format!(
            "recall {:.1} % ({found} of {of}), false alerts {:.2} ({}) {:?}, {} looks, last turn {:.1} s",
            100.0 * self.recall(),
            self.false_rate(),
            self.wrong(),
            self.false_alerts,
            self.looks,
            self.turn.as_secs_f64()
        )
    }

    pub fn at_length(&self) -> String {
        let mut text = String::new();
        for (deed, (of, found)) in &self.deeds {
            let (low, high) = wilson((*found).into(), (*of).into(), Z_95);
            let note = if deed.is_in_aim() { "" } else { "  (not in the aim)" };
            let share = 100.0 * f64::from(*found) / f64::from(*of);
            text += &format!("  {deed:?}: {found} of {of} = {share:.1} % ({:.1}–{:.1}){note}\n", 100.0 * low, 100.0 * high);
        }
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let range = |of: fn(&(f64, f64)) -> f64| {
            let ends = self.forces.iter().map(of).fold((f64::MAX, f64::MIN), |ends, one| (ends.0.min(one), ends.1.max(one)));
            format!("{:.3} to {:.3}", ends.0, ends.1)
        };
        let ((of, found), (low, high)) = (self.in_aim(), self.recall_interval());
        text += &format!("  recall {:.2} % ({:.2}–{:.2}), {found} of {of}; by force {}\n", 100.0 * self.recall(), 100.0 * low, 100.0 * high, range(|one| one.0));
        let (low, high) = self.false_interval();
        text += &format!(
            "  false alerts {:.2} ({low:.2}–{high:.2}) per 1,000 officers and week, {} of {} alerts; by force {}; {:?}\n",
            self.false_rate(),
            self.wrong(),
            self.alerts,
            range(|one| one.1),
            self.false_alerts
        );
        text + &format!("  told {} days after the first of the looks (median); the longest turn took {:.1} s", delays[delays.len() / 2], self.turn.as_secs_f64())
    }
}

/// Looks in the order of the log, and which of them belong to which crime.
struct Log {
    looks: Vec<Look>,
    guilty: HashMap<i64, usize>,
}

fn logged(force: &Force, crimes: &[Crime]) -> Log {
    // The log has its numbers in the order of time.
    let mut order: Vec<usize> = (0..force.looks.len()).collect();
    order.sort_by_key(|at| force.looks[*at].at_us);
    let mut seq_of = vec![0; order.len()];
    for (seq, at) in order.iter().enumerate() {
        seq_of[*at] = seq as i64 + 1;
    }
    let looks = order.iter().map(|at| Look { seq: seq_of[*at], ..force.looks[*at] }).collect();
    let guilty = crimes.iter().enumerate().flat_map(|(number, crime)| crime.looks.iter().map(move |at| (*at, number)));
    Log { looks, guilty: guilty.map(|(at, number)| (seq_of[at], number)).collect() }
}

fn tell(week: i64, force: &Force, one: &Suggestion) {
    if std::env::var_os("SHOUHU_TELL").is_some() {
        println!("    false: week {week} peers {} {:?} {:?} count {} expected {:.3} by chance {:?}", force.officers[one.officer as usize].peers, one.kind, one.subject, one.count, one.expected, one.by_chance);
    }
}

/// What was missed, for whoever wants to find it the next time.
fn tell_missed(force: &Force, crime: &Crime) {
    if std::env::var_os("SHOUHU_TELL").is_none() {
        return;
    }
    let looks: Vec<&Look> = crime.looks.iter().map(|at| &force.looks[*at]).collect();
    let mut days: BTreeMap<i64, u32> = BTreeMap::new();
    for look in &looks {
        *days.entry((look.at_us + DAY_US / 3).div_euclid(DAY_US)).or_default() += 1;
    }
    let officer = &force.officers[looks[0].officer as usize];
    let live = looks.iter().filter(|look| look.is_live).count();
    let bare = looks.iter().filter(|look| look.case.is_none()).count();
    println!("    missed: {:?} peers {} subject {} {} looks, {bare} bare, {live} live, days {days:?}", crime.deed, officer.peers, looks[0].subject, looks.len());
}

pub fn trial(seed: u64) -> Outcome {
    let mut force = Force::at_work(seed);
    let crimes = committed(&mut force, seed ^ 0x5eed);
    let Log { looks, guilty } = logged(&force, &crimes);
    let officer_weeks = force.officers.len() as f64 * (WEEKS - FIRST_TURN_WEEK + 1) as f64;
    let mut outcome = Outcome { officer_weeks, looks: looks.len(), ..Outcome::default() };
    let (mut told, mut found): (Vec<Told>, HashSet<usize>) = (Vec::new(), HashSet::new());
    for week in FIRST_TURN_WEEK..=WEEKS {
        let now_us = week * 7 * DAY_US;
        let until = looks.partition_point(|look| look.at_us < now_us);
        let facts = Facts { looks: &looks[..until], officers: &force.officers, marks: &force.marks, told: &told, now_us };
        let began = Instant::now();
        let made = suggestions(&facts);
        outcome.turn = began.elapsed();
        for one in &made {
            outcome.alerts += 1;
            let of: HashSet<usize> = one.seqs.iter().filter_map(|seq| guilty.get(seq).copied()).collect();
            if of.is_empty() {
                *outcome.false_alerts.entry(one.kind).or_default() += 1;
                tell(week, &force, one);
            }
            for crime in of {
                if found.insert(crime) {
                    let first = crimes[crime].looks.iter().map(|at| force.looks[*at].at_us).min().unwrap();
                    outcome.delays.push((now_us - first) / DAY_US);
                }
            }
        }
        told.extend(made.iter().map(|one| Told { officer: one.officer, kind: one.kind, subject: one.subject, to_seq: one.to_seq }));
    }
    for (number, crime) in crimes.iter().enumerate() {
        let count = outcome.deeds.entry(crime.deed).or_default();
        count.0 += 1;
        count.1 += u32::from(found.contains(&number));
        if !found.contains(&number) && crime.deed.is_in_aim() {
            tell_missed(&force, crime);
        }
    }
    outcome
}
