//! The turn: looks in, suggestions out. One pass over looks sorted by officer and subject; nothing is remembered between turns but what was told.

use shouhu_calendar::TAIPEI_US;

use crate::facts::{Facts, Kind, Look, Officer, Suggestion};
use crate::marks::marked;
use crate::pace::{Usual, paces};
use crate::quick::{Map, Set};
use crate::tail::{Tail, nb_tail};

/// What came longer ago counts no more: sixteen weeks, in which a curiosity of once a week still stands out.
pub const WINDOW_DAYS: i64 = 112;
/// Leaves that one suggestion names.
pub const EVIDENCE_MAX: usize = 100;
/// Suggestions of one kind that chance alone may make in one turn, per officer, of each sort of looks that the kind is tried with ([`tries`]): of two sorts, and of
/// colleagues of one's own and of other offices, at most the sum. A pair is told once in a window, so that with a turn each night these sum up over a window to
/// about this much.
pub(crate) const BY_CHANCE_MAX: f64 = 1.0 / 1_000.0;
/// Fewer days, or cases, than this are no habit, however rare they are.
const DAYS_MIN: u32 = 6;
const OFF_DAYS_MIN: u32 = 4;
const CASES_MIN: u32 = 3;
/// A subject to which mates give more than one day for eight of one's own is the beat's business, and no private one.
const OTHERS_SHARE: u32 = 8;
/// Work begins before a shift and ends after it.
const SHIFT_MARGIN_US: i64 = 3 * 3_600 * 1_000_000;

const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// A look with what the turn has worked out of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub look: Look,
    pub day: i32,
    /// Days on which others of the office loosely asked about the subject; 0 where nobody knows who else is of it.
    pub mates: u32,
    pub is_loose: bool,
    /// The case is others' work too, and of them nobody asks about this subject.
    pub is_alone: bool,
}

impl Seen {
    fn is_of_pair(&self, other: &Self) -> bool {
        (self.look.officer, self.look.subject) == (other.look.officer, other.look.subject)
    }

    /// No case holds it: none that anybody else works on, or a live one of which nobody else asks about the subject.
    pub fn is_odd(&self) -> bool {
        Sort::Either.has(self)
    }
}

/// Looks that no case holds are of two sorts that honest work has in different numbers: on the street without any case, or with a live one in which
/// nobody else asks about the subject; and at a desk under one that nobody else works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Bare,
    Claimed,
    Street,
    Either,
}

impl Sort {
    pub fn has(self, one: &Seen) -> bool {
        let is_bare = one.look.case.is_none();
        match self {
            Self::Bare => is_bare,
            Self::Claimed => one.is_loose && !is_bare,
            Self::Street => is_bare || (one.look.is_live && one.is_alone),
            Self::Either => one.is_loose || (one.look.is_live && one.is_alone),
        }
    }
}

/// Who named what under which case.
struct Cases {
    shared: Map<u64, (u32, bool)>,
    subjects: Map<(u64, u64), (u32, bool)>,
}

impl Cases {
    fn of(looks: &[Look]) -> Self {
        let mut cases = Self { shared: Map::default(), subjects: Map::default() };
        for look in looks {
            let Some(case) = look.case else { continue };
            let by = cases.shared.entry(case).or_insert((look.officer, false));
            by.1 |= by.0 != look.officer;
            let by = cases.subjects.entry((case, look.subject)).or_insert((look.officer, false));
            by.1 |= by.0 != look.officer;
        }
        cases
    }

    fn is_loose(&self, look: &Look) -> bool {
        let is_shared = look.case.is_some_and(|case| self.shared.get(&case).is_some_and(|(_, is_shared)| *is_shared));
        !look.is_live && !is_shared
    }

    /// The case is others' work too, and of them nobody asks about this subject.
    fn is_alone(&self, look: &Look) -> bool {
        look.case.is_some_and(|case| self.subjects.get(&(case, look.subject)).is_some_and(|(_, is_shared)| !is_shared))
    }
}

pub(crate) struct Turn<'a> {
    pub facts: &'a Facts<'a>,
    /// By officer, subject and time.
    pub seen: Vec<Seen>,
    told: Map<(u32, Kind, Option<u64>), i64>,
    /// Officers of one kind of work.
    pub peers: Map<u32, f64>,
    pub offices: Offices,
}

/// What offices loosely ask about.
#[derive(Default)]
pub(crate) struct Offices {
    /// Days that officers of an office have asked about a subject, of all of them together.
    asked: Map<(u32, u64), u32>,
    /// The same over all subjects, by officer and by office.
    busy: Map<u32, f64>,
    office_busy: Map<u32, f64>,
}

impl Offices {
    /// Counts, and says of each look what the mates do.
    fn of(turn: &Turn<'_>, seen: &mut [Seen]) -> Self {
        let mut offices = Self::default();
        for looks in seen.chunk_by(Seen::is_of_pair) {
            let Some((first, office)) = looks.first().and_then(|first| Some((first, turn.office(first.look.officer)?))) else { continue };
            let number = days(looks.iter().filter(|one| one.is_loose));
            if number > 0 {
                *offices.asked.entry((office, first.look.subject)).or_default() += number;
                *offices.busy.entry(first.look.officer).or_default() += f64::from(number);
                *offices.office_busy.entry(office).or_default() += f64::from(number);
            }
        }
        for looks in seen.chunk_by_mut(Seen::is_of_pair) {
            let Some(office) = looks.first().and_then(|first| turn.office(first.look.officer)) else { continue };
            let own = days(looks.iter().filter(|one| one.is_loose));
            for one in looks {
                one.mates = offices.asked(office, one.look.subject).saturating_sub(own);
            }
        }
        offices
    }

    pub fn asked(&self, office: u32, subject: u64) -> u32 {
        self.asked.get(&(office, subject)).copied().unwrap_or_default()
    }

    pub fn all_asked(&self, office: u32) -> f64 {
        self.office_busy.get(&office).copied().unwrap_or_default()
    }

    /// What an officer asks about in all, and what his office without him does: sums over subjects of days.
    pub fn busy(&self, officer: u32, office: Option<u32>) -> (f64, f64) {
        let own = self.busy.get(&officer).copied().unwrap_or_default();
        (own, office.map_or(0.0, |office| (self.all_asked(office) - own).max(0.0)))
    }
}

#[allow(clippy::cast_possible_truncation, reason = "days since 1970 fit for five million years")]
pub(crate) const fn day_of(at_us: i64) -> i32 {
    at_us.saturating_add(TAIPEI_US).div_euclid(DAY_US) as i32
}

impl<'a> Turn<'a> {
    fn of(facts: &'a Facts<'a>) -> Self {
        let since = facts.now_us.saturating_sub(WINDOW_DAYS * DAY_US);
        let known = |look: &&Look| look.at_us >= since && usize::try_from(look.officer).is_ok_and(|at| at < facts.officers.len());
        let cases = Cases::of(facts.looks);
        let seen = |look: &Look| {
            let is_loose = cases.is_loose(look);
            Seen { look: *look, day: day_of(look.at_us), mates: 0, is_loose, is_alone: !is_loose && cases.is_alone(look) }
        };
        let mut seen: Vec<Seen> = facts.looks.iter().filter(known).map(seen).collect();
        seen.sort_unstable_by_key(|one| (one.look.officer, one.look.subject, one.look.seq));
        let mut told: Map<(u32, Kind, Option<u64>), i64> = Map::default();
        for one in facts.told {
            let to = told.entry((one.officer, one.kind, one.subject)).or_insert(one.to_seq);
            *to = (*to).max(one.to_seq);
        }
        let mut peers: Map<u32, f64> = Map::default();
        for officer in facts.officers {
            *peers.entry(officer.peers).or_default() += 1.0;
        }
        let mut turn = Self { facts, seen: Vec::new(), told, peers, offices: Offices::default() };
        turn.offices = Offices::of(&turn, &mut seen);
        turn.seen = seen;
        turn
    }

    pub fn officer(&self, number: u32) -> Option<&'a Officer> {
        self.facts.officers.get(usize::try_from(number).ok()?)
    }

    pub fn office(&self, officer: u32) -> Option<u32> {
        self.officer(officer)?.office
    }

    /// What was told up to there is not counted again.
    pub fn told_to(&self, officer: u32, kind: Kind, subject: Option<u64>) -> i64 {
        self.told.get(&(officer, kind, subject)).copied().unwrap_or(i64::MIN)
    }

    /// Looks of one officer at one subject.
    pub fn pairs(&self) -> impl Iterator<Item = &[Seen]> {
        self.seen.chunk_by(Seen::is_of_pair)
    }

    pub fn people(&self) -> impl Iterator<Item = &[Seen]> {
        self.seen.chunk_by(|a, b| a.look.officer == b.look.officer)
    }

    pub fn peers_of(&self, officer: u32) -> u32 {
        self.officer(officer).map_or(u32::MAX, |officer| officer.peers)
    }
}

/// Different days; looks of a pair come in the order of time.
pub(crate) fn days<'b>(looks: impl Iterator<Item = &'b Seen>) -> u32 {
    let (mut count, mut last) = (0, None);
    for one in looks {
        if last != Some(one.day) {
            count += 1;
            last = Some(one.day);
        }
    }
    count
}

/// What was counted, against what was expected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reckoned {
    pub count: u32,
    pub expected: f64,
    pub by_chance: Option<f64>,
}

pub(crate) fn suggested<'b>(looks: impl Iterator<Item = &'b Seen>, kind: Kind, subject: Option<u64>, reckoned: Reckoned) -> Option<Suggestion> {
    let mut seqs = Vec::new();
    let mut officer = None;
    for one in looks {
        officer = Some(one.look.officer);
        seqs.push(one.look.seq);
    }
    seqs.sort_unstable();
    let to_seq = *seqs.last()?;
    // The newest are kept: the oldest are the first to be erased.
    let seqs = seqs.split_off(seqs.len().saturating_sub(EVIDENCE_MAX));
    let Reckoned { count, expected, by_chance } = reckoned;
    Some(Suggestion { officer: officer?, kind, subject, count, expected, by_chance, seqs, to_seq })
}

/// Everything that a person should look at now, in the order of officers, kinds and subjects.
#[must_use]
pub fn suggestions(facts: &Facts<'_>) -> Vec<Suggestion> {
    let turn = Turn::of(facts);
    let mut found = Vec::new();
    for sort in [Sort::Street, Sort::Either] {
        let counted = |one: &&Seen| sort.has(one) && is_new(&turn, Kind::Repeats, one);
        let number = |looks: &[Seen]| {
            let own = days(looks.iter().filter(|one| one.is_loose));
            let is_of_beat = looks.first().is_some_and(|one| one.mates * OTHERS_SHARE > own);
            if is_of_beat { 0 } else { days(looks.iter().filter(counted)) }
        };
        let asked = Counting { kind: Kind::Repeats, least: DAYS_MIN };
        found.extend(repeated(&turn, asked, counted, number));
    }
    let counted = |one: &&Seen| one.is_alone && is_new(&turn, Kind::BorrowedCases, one);
    let number = |looks: &[Seen]| {
        let cases: Set<Option<u64>> = looks.iter().filter(counted).map(|one| one.look.case).collect();
        u32::try_from(cases.len()).unwrap_or(u32::MAX)
    };
    let asked = Counting { kind: Kind::BorrowedCases, least: CASES_MIN };
    found.extend(repeated(&turn, asked, counted, number));
    found.extend(marked(&turn));
    for sort in [Sort::Bare, Sort::Claimed] {
        found.extend(paces(&turn, sort));
    }
    found.extend(off_shift(&turn));
    // What both sorts say is said once, by the one that is less likely by chance; that it is the lesser of two is counted in what is shown.
    found.sort_by(|a, b| {
        let chance = |one: &Suggestion| one.by_chance.unwrap_or_default();
        (a.officer, a.kind, a.subject).cmp(&(b.officer, b.kind, b.subject)).then(chance(a).total_cmp(&chance(b)))
    });
    found.dedup_by_key(|one| (one.officer, one.kind, one.subject));
    for one in &mut found {
        one.by_chance = one.by_chance.map(|by_chance| by_chance * tries(one.kind));
    }
    found
}

/// How many sorts of looks a kind is tried with, each of which may tell (Bonferroni's bound: what they share is counted twice).
const fn tries(kind: Kind) -> f64 {
    match kind {
        Kind::Repeats | Kind::Colleague | Kind::Pace => 2.0,
        _ => 1.0,
    }
}

fn is_new(turn: &Turn<'_>, kind: Kind, one: &Seen) -> bool {
    turn.told.is_empty() || one.look.seq > turn.told_to(one.look.officer, kind, Some(one.look.subject))
}

/// What is counted of each pair, and from which number on it may be told.
struct Counting {
    kind: Kind,
    least: u32,
}

/// Counts of each pair of officer and subject that go on further than those of peers.
fn repeated(turn: &Turn<'_>, asked: Counting, counted: impl Fn(&&Seen) -> bool, number: impl Fn(&[Seen]) -> u32) -> Vec<Suggestion> {
    /// Counts above are all the same: a hundred and twelve days have no more.
    const COUNT_MAX: usize = 120;
    let Counting { kind, least } = asked;
    let mut counts: Map<u32, Vec<u64>> = Map::default();
    let mut long: Vec<(u32, &[Seen])> = Vec::new();
    for looks in turn.pairs() {
        let Some(first) = looks.first() else { continue };
        let number = number(looks);
        if number == 0 {
            continue;
        }
        let slots = counts.entry(turn.peers_of(first.look.officer)).or_insert_with(|| vec![0; COUNT_MAX + 1]);
        let at = usize::try_from(number).unwrap_or(COUNT_MAX).min(COUNT_MAX);
        if let Some(slot) = slots.get_mut(at) {
            *slot += 1;
        }
        if number >= least {
            long.push((number, looks));
        }
    }
    let tails: Map<u32, Tail> = counts.iter().map(|(peers, counts)| (*peers, Tail::of(counts))).collect();
    let mut found = Vec::new();
    for (number, looks) in long {
        let Some(first) = looks.first() else { continue };
        let peers = turn.peers_of(first.look.officer);
        let Some(tail) = tails.get(&peers) else { continue };
        let by_chance = tail.expected(number);
        if by_chance <= BY_CHANCE_MAX * turn.peers.get(&peers).copied().unwrap_or_default() {
            let reckoned = Reckoned { count: number, expected: tail.mean(), by_chance: Some(by_chance) };
            found.extend(suggested(looks.iter().filter(&counted), kind, Some(first.look.subject), reckoned));
        }
    }
    found
}

/// Days with loose looks outside one's shifts, against those of peers.
fn off_shift(turn: &Turn<'_>) -> Vec<Suggestion> {
    let mut by_peers: Map<u32, Vec<u32>> = Map::default();
    let mut mine: Vec<(u32, Vec<Seen>)> = Vec::new();
    for looks in turn.people() {
        let Some(first) = looks.first() else { continue };
        let Some(shifts) = turn.officer(first.look.officer).and_then(|officer| officer.shifts.as_ref()) else { continue };
        // Sorted by their beginnings, and none lasts longer than a day: the two that began last are enough.
        let is_on = |at: i64| {
            let begun = shifts.partition_point(|(from, _)| from - SHIFT_MARGIN_US <= at);
            shifts.get(..begun).unwrap_or_default().iter().rev().take(2).any(|(_, until)| at < until + SHIFT_MARGIN_US)
        };
        let to = turn.told_to(first.look.officer, Kind::OffShift, None);
        let mut off: Vec<Seen> = looks.iter().filter(|one| one.is_loose && one.look.seq > to && !is_on(one.look.at_us)).copied().collect();
        off.sort_unstable_by_key(|one| one.look.seq);
        let number = days(off.iter());
        by_peers.entry(turn.peers_of(first.look.officer)).or_default().push(number);
        mine.push((number, off));
    }
    let usual: Map<u32, Usual> = by_peers.into_iter().filter_map(|(peers, days)| Some((peers, Usual::of(days, 1_000)?))).collect();
    let mut found = Vec::new();
    for (number, off) in mine {
        let Some(first) = off.first() else { continue };
        let peers = turn.peers_of(first.look.officer);
        let Some(usual) = usual.get(&peers) else { continue };
        let count = turn.peers.get(&peers).copied().unwrap_or_default();
        let by_chance = nb_tail(number, usual.mean, usual.size) * count;
        if number >= OFF_DAYS_MIN && by_chance <= BY_CHANCE_MAX * count {
            found.extend(suggested(off.iter(), Kind::OffShift, None, Reckoned { count: number, expected: usual.mean, by_chance: Some(by_chance) }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Mark, MarkKind, Told};
    use crate::tail::poisson_tail;

    const NOW_US: i64 = 200 * DAY_US;

    /// A look so many days ago at noon.
    fn look(seq: i64, officer: u32, subject: u64, days_ago: i64, case: Option<u64>) -> Look {
        Look { seq, at_us: NOW_US - days_ago * DAY_US, officer, subject, case, is_live: false }
    }

    fn kinds(looks: &[Look], marks: &[Mark], told: &[Told]) -> Vec<(u32, Kind)> {
        let officers = vec![Officer { office: Some(1), ..Officer::default() }; 3];
        let facts = Facts { looks, officers: &officers, marks, told, now_us: NOW_US };
        suggestions(&facts).iter().map(|one| (one.officer, one.kind)).collect()
    }

    #[test]
    fn a_rule_needs_one_look_and_what_was_told_is_not_told_again() {
        let marks = [Mark { subject: 7, kind: MarkKind::Own, of: Some(0) }, Mark { subject: 8, kind: MarkKind::Decoy, of: None }];
        let looks = [look(1, 0, 7, 3, None), look(2, 1, 7, 3, None), look(3, 2, 8, 2, Some(5)), look(4, 0, 9, 1, None)];
        assert_eq!(kinds(&looks, &marks, &[]), [(0, Kind::Own), (2, Kind::Decoy)], "one look at a colleague's car is no habit");
        let told = [Told { officer: 0, kind: Kind::Own, subject: Some(7), to_seq: 1 }];
        assert_eq!(kinds(&looks, &marks, &told), [(2, Kind::Decoy)]);
        let again = [look(5, 0, 7, 1, None)];
        assert_eq!(kinds(&[looks.as_slice(), &again].concat(), &marks, &told), [(0, Kind::Own), (2, Kind::Decoy)]);
    }

    #[test]
    fn ones_own_under_a_case_that_others_ask_about_too_is_work_and_under_one_that_nobody_does_is_not() {
        let marks = [Mark { subject: 7, kind: MarkKind::Own, of: Some(0) }];
        let live = |look: Look| Look { is_live: true, ..look };
        let mine = live(look(1, 0, 7, 3, Some(5)));
        assert_eq!(kinds(&[mine], &marks, &[]), [(0, Kind::Own)]);
        assert_eq!(kinds(&[mine, live(look(2, 1, 7, 3, Some(5)))], &marks, &[]), []);
    }

    #[test]
    fn what_is_older_than_the_window_or_of_nobody_known_counts_for_nothing() {
        let marks = [Mark { subject: 8, kind: MarkKind::Decoy, of: None }];
        assert_eq!(kinds(&[look(1, 0, 8, WINDOW_DAYS + 1, None), look(2, 99, 8, 1, None)], &marks, &[]), []);
        assert_eq!(kinds(&[], &[], &[]), []);
    }

    const STAFF: u32 = 2_000;

    /// Two thousand in fifty offices, each of whom asks about five subjects once.
    fn honest() -> (Vec<Officer>, Vec<Look>) {
        let officers = (0..STAFF).map(|number| Officer { office: Some(number % 50), ..Officer::default() }).collect();
        let looks = (0..i64::from(STAFF) * 5).map(|at| {
            let officer = u32::try_from(at / 5).unwrap_or_default();
            look(1_000 + at, officer, 10_000 + u64::try_from(at).unwrap_or_default(), 1 + at * 7 % 110, None)
        });
        (officers, looks.collect())
    }

    fn told_of(officers: &[Officer], looks: &[Look], marks: &[Mark]) -> Vec<(u32, Kind, u32)> {
        let facts = Facts { looks, officers, marks, told: &[], now_us: NOW_US };
        suggestions(&facts).iter().map(|one| (one.officer, one.kind, one.count)).collect()
    }

    #[test]
    fn a_colleague_of_another_office_is_one_too_and_borrowed_cases_do_not_hide_him() {
        let (officers, mut looks) = honest();
        let marks = [Mark { subject: 7, kind: MarkKind::Own, of: Some(1) }];
        assert_eq!(told_of(&officers, &looks, &marks), []);
        looks.push(look(1, 0, 7, 30, None));
        assert_eq!(told_of(&officers, &looks, &marks), [], "one look is a car that stood in the way");
        looks.push(look(2, 0, 7, 20, Some(5)));
        looks.push(Look { is_live: true, ..look(3, 0, 7, 10, Some(6)) });
        assert_eq!(told_of(&officers, &looks, &marks), [(0, Kind::Colleague, 3)]);
        let mate = Look { is_live: true, ..look(4, 9, 7, 10, Some(6)) };
        looks.push(mate);
        assert_eq!(told_of(&officers, &looks, &marks), [(0, Kind::Colleague, 2)], "what a mate asks under the same live case is work");
    }

    #[test]
    fn a_wave_that_began_before_the_last_week_is_told_whole() {
        let (officers, mut looks) = honest();
        let marks = [Mark { subject: 7, kind: MarkKind::Vip, of: None }];
        looks.extend((0..12).map(|number| look(i64::from(number) + 1, number, 7, 6 + i64::from(number) % 4, None)));
        let told = told_of(&officers, &looks, &marks);
        assert_eq!(told, (0..12).map(|officer| (officer, Kind::Vip, 12)).collect::<Vec<_>>());
    }

    #[test]
    fn what_chance_alone_would_make_counts_all_that_was_tried() {
        let (officers, mut looks) = honest();
        let vip = |subject| Mark { subject, kind: MarkKind::Vip, of: None };
        looks.extend((0..12).map(|number| look(i64::from(number) + 1, number, 7, 6 + i64::from(number) % 4, None)));
        let marks = [vip(7), vip(8), vip(9)];
        let waves = suggestions(&Facts { looks: &looks, officers: &officers, marks: &marks, told: &[], now_us: NOW_US });
        assert_eq!(waves.len(), 12);
        for wave in waves {
            // Three who are in the news, seven weeks of each.
            let (shown, once) = (wave.by_chance.unwrap_or_default(), poisson_tail(12, wave.expected));
            assert!((shown / once - 21.0).abs() < 1e-6, "{shown} for {once}");
        }
        let sold = |at: i64| look(200_000 + at, 777, 1_000_000 + u64::try_from(at).unwrap_or_default(), 4, None);
        looks.extend((0..80).map(sold));
        let facts = Facts { looks: &looks, officers: &officers, marks: &[], told: &[], now_us: NOW_US };
        let (shown, of_one_sort) = (suggestions(&facts), paces(&Turn::of(&facts), Sort::Bare));
        let chances: Vec<f64> = [&shown, &of_one_sort].iter().filter_map(|found| found.first()?.by_chance).collect();
        assert!(matches!(chances.as_slice(), [shown, one] if *one > 0.0 && (shown / one - 2.0).abs() < 1e-9), "{chances:?}");
    }

    /// One of the things that cannot be seen. Whoever mends it says so in the crate's first lines and in ADR 0015.
    #[test]
    fn a_day_of_sale_under_a_live_case_is_told_by_nothing_and_the_same_without_one_is() {
        let (officers, honest_looks) = honest();
        let told = |case: Option<u64>| {
            let sold = |at: i64| {
                let looked = look(200_000 + at, 777, 1_000_000 + u64::try_from(at).unwrap_or_default(), 4, case);
                Look { is_live: case.is_some(), ..looked }
            };
            let looks: Vec<Look> = honest_looks.iter().copied().chain((0..80).map(sold)).collect();
            told_of(&officers, &looks, &[])
        };
        assert_eq!(told(None), [(777, Kind::Pace, 80)]);
        assert_eq!(told(Some(5)), []);
    }

    #[test]
    fn on_a_busy_evening_nobody_stands_out_and_on_his_own_one_somebody_does() {
        let (officers, mut looks) = honest();
        let sixty = |first: i64, officer: u32, days_ago: i64, count: i64| {
            (0..count).map(move |at| look(first + at, officer, 1_000_000 + u64::try_from(first + at).unwrap_or_default(), days_ago, None))
        };
        // Officers 0, 50, 100 and so on are of one office; a team stood together some weeks ago and stands again.
        for (evening, days_ago) in [(0, 40), (1, 4)] {
            for member in 0..6 {
                let first = 100_000 + (evening * 6 + member) * 1_000;
                looks.extend(sixty(first, u32::try_from(member * 50).unwrap_or_default(), days_ago, 40 + member * 15));
            }
        }
        assert_eq!(told_of(&officers, &looks, &[]), []);
        looks.extend(sixty(200_000, 777, 4, 80));
        assert_eq!(told_of(&officers, &looks, &[]), [(777, Kind::Pace, 80)]);
    }
}
