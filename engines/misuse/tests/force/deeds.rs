//! Misuse, as public cases tell of it: a police chief who followed a former partner with plausible reasons for months (Sedgwick, Kansas, 2023),
//! officers who looked up one woman in the news by the dozen (Taipei, 2010), the sale of data by the hundred, curiosity at night from a desk.

use shouhu_misuse::MarkKind;

use crate::work::{DAY_US, Force, WEEKS, car, decoy, decoys, vehicles, vip, vips};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Twelve to twenty looks at one person over weeks, some with an invented case, some with a live one that is somebody else's.
    Follows,
    /// As above, five to seven looks: below what the aim asks.
    FollowsSeldom,
    /// Twelve to sixteen looks at one person, each under another live case.
    BorrowsCases,
    OwnCar,
    Household,
    /// Three to eight looks at a colleague's car over weeks.
    Colleague,
    /// One or two looks at somebody in the days when everybody talks of him.
    VipWave,
    /// Looks at somebody well known, in no wave.
    VipAlone,
    Decoy,
    /// Sixty to two hundred plates in a day, on two to four days.
    Sells,
    /// Looks at night from home, on eight to fifteen nights, each at somebody else.
    OffShift,
}

impl Deed {
    pub fn is_in_aim(self) -> bool {
        self != Self::FollowsSeldom
    }
}

pub struct Crime {
    pub deed: Deed,
    /// Indexes of its looks.
    pub looks: Vec<usize>,
}

struct Committing<'a> {
    force: &'a mut Force,
    crimes: Vec<Crime>,
}

impl Committing<'_> {
    fn somebody(&mut self) -> u32 {
        let count = self.force.officers.len() as u64;
        self.force.chance.below(count) as u32
    }

    /// A moment within one of the officer's shifts, so many of them apart.
    fn on_shifts(&mut self, officer: u32, count: i64, weeks: i64) -> Vec<i64> {
        let first_day = self.force.chance.within(0, (WEEKS - weeks) * 7);
        let shifts: Vec<(i64, i64)> = self.force.shifts(officer).to_vec();
        let near: Vec<(i64, i64)> =
            shifts.into_iter().filter(|(from, _)| (first_day * DAY_US..(first_day + weeks * 7) * DAY_US - DAY_US).contains(from)).collect();
        (0..count)
            .map(|_| {
                let (from, until) = near[self.force.chance.below(near.len() as u64) as usize];
                self.force.chance.within(from, until)
            })
            .collect()
    }

    fn commit(&mut self, deed: Deed, officer: u32, subject: u64, moments: &[i64]) {
        let made_up = self.force.case();
        let mut looks = Vec::new();
        for at in moments {
            let kind = self.force.chance.unit();
            let (case, is_live) = match kind {
                _ if deed == Deed::BorrowsCases => (Some(self.force.case()), true),
                // Half of the reasons are a patrol, a third an invented number, the rest a live case that was at hand.
                k if k < 0.5 => (None, false),
                k if k < 0.85 => (Some(made_up), false),
                _ => (Some(self.force.case()), true),
            };
            looks.push(self.force.look(officer, *at, subject, case, is_live));
        }
        self.crimes.push(Crime { deed, looks });
    }

    fn one_person(&mut self, deed: Deed, [least, most]: [i64; 2], weeks: i64) {
        let officer = self.somebody();
        let subject = car(self.force.chance.below(vehicles()));
        let count = self.force.chance.within(least, most);
        let moments = self.on_shifts(officer, count, weeks);
        self.commit(deed, officer, subject, &moments);
    }

    fn marked(&mut self, deed: Deed, kind: MarkKind) {
        let marks: Vec<(u64, u32)> = self.force.marks.iter().filter(|mark| mark.kind == kind).filter_map(|mark| Some((mark.subject, mark.of?))).collect();
        let (subject, of) = marks[self.force.chance.below(marks.len() as u64) as usize];
        let officer = match deed {
            Deed::Colleague => {
                // Four of five times somebody of the same office.
                let (office, is_mate) = (self.force.office(of), self.force.chance.is(0.8));
                loop {
                    let other = self.somebody();
                    if other != of && (self.force.office(other) == office) == is_mate {
                        break other;
                    }
                }
            }
            _ => of,
        };
        let count = if deed == Deed::Colleague { self.force.chance.within(3, 8) } else { self.force.chance.within(1, 4) };
        let moments = self.on_shifts(officer, count, 8);
        self.commit(deed, officer, subject, &moments);
    }

    fn wave(&mut self) {
        let subject = vip(self.force.chance.below(vips()));
        let day = self.force.chance.within(40, WEEKS * 7 - 8);
        for _ in 0..self.force.chance.within(12, 30) {
            let officer = self.somebody();
            let moments: Vec<i64> = (0..self.force.chance.within(1, 2)).map(|_| day * DAY_US + self.force.chance.within(0, 4 * DAY_US)).collect();
            let looks = moments.iter().map(|at| self.force.look(officer, *at, subject, None, false)).collect();
            self.crimes.push(Crime { deed: Deed::VipWave, looks });
        }
    }

    fn sells(&mut self) {
        let officer = self.somebody();
        let days = self.force.chance.within(2, 4);
        let starts = self.on_shifts(officer, days, 8);
        // Half of them think of a case for it.
        let case = self.force.chance.is(0.5).then(|| self.force.case());
        let mut looks = Vec::new();
        for start in starts {
            for _ in 0..self.force.chance.within(60, 200) {
                let (at, subject) = (start + self.force.chance.within(0, DAY_US / 12), car(self.force.chance.below(vehicles())));
                looks.push(self.force.look(officer, at, subject, case, false));
            }
        }
        self.crimes.push(Crime { deed: Deed::Sells, looks });
    }

    fn at_night_from_home(&mut self) {
        let officer = self.somebody();
        let shifts = self.force.shifts(officer).to_vec();
        let mut looks = Vec::new();
        let nights = self.force.chance.within(8, 15) as usize;
        // Between the last shift of a block and the first of the next one.
        let free: Vec<(i64, i64)> = shifts.windows(2).filter(|two| two[1].0 - two[0].1 > 30 * DAY_US / 24).map(|two| (two[0].1, two[1].0)).collect();
        for (from, until) in free.iter().skip(self.force.chance.within(0, 4) as usize).take(nights) {
            for _ in 0..self.force.chance.within(1, 4) {
                let at = self.force.chance.within(from + DAY_US / 4, until - DAY_US / 4);
                let subject = car(self.force.chance.below(vehicles()));
                let case = self.force.chance.is(0.4).then(|| self.force.case());
                looks.push(self.force.look(officer, at, subject, case, false));
            }
        }
        self.crimes.push(Crime { deed: Deed::OffShift, looks });
    }
}

pub fn committed(force: &mut Force, seed: u64) -> Vec<Crime> {
    force.chance = crate::chance::Chance::of(seed);
    let mut doing = Committing { force, crimes: Vec::new() };
    for _ in 0..40 {
        doing.one_person(Deed::Follows, [12, 20], 10);
        doing.one_person(Deed::FollowsSeldom, [5, 7], 6);
    }
    for _ in 0..25 {
        doing.one_person(Deed::BorrowsCases, [12, 16], 10);
        doing.marked(Deed::OwnCar, MarkKind::Own);
        doing.marked(Deed::Household, MarkKind::Household);
        doing.marked(Deed::Colleague, MarkKind::Own);
        doing.sells();
        doing.at_night_from_home();
        let (officer, subject) = (doing.somebody(), vip(doing.force.chance.below(vips())));
        let count = doing.force.chance.within(2, 4);
        let moments = doing.on_shifts(officer, count, 3);
        doing.commit(Deed::VipAlone, officer, subject, &moments);
        let (officer, subject) = (doing.somebody(), decoy(doing.force.chance.below(decoys())));
        let moments = doing.on_shifts(officer, 1, 3);
        doing.commit(Deed::Decoy, officer, subject, &moments);
    }
    for _ in 0..2 {
        doing.wave();
    }
    doing.crimes
}
