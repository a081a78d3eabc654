//! Honest work. Patrol checks what it meets, and some cars again and again; 110 incidents are asked about by a crew, often not linked; detectives
//! work for weeks on a few plates, mostly in teams and handed over, sometimes alone; a hit-and-run has dozens of candidates in an hour; a
//! checkpoint has a hundred checks by everybody in it; people mistype, work overtime and are called out at night.

use shouhu_misuse::{Look, Mark, MarkKind, Officer};

use crate::chance::Chance;

pub const DAY_US: i64 = 86_400_000_000;
const HOUR_US: i64 = DAY_US / 24;
const MINUTE_US: i64 = HOUR_US / 60;
/// Midnight in Taipei of the first day, in UTC.
const MIDNIGHT_US: i64 = -8 * HOUR_US;
pub const WEEKS: i64 = 16;
const DAYS: i64 = WEEKS * 7;
const OFFICES: u32 = 60;
const PER_OFFICE: u32 = 84;
const VEHICLES: u64 = 1_000_000;
/// Cars that stand and drive within one beat.
const BEAT_CARS: u64 = 3_000;
const VIPS: u64 = 60;
const DECOYS: u64 = 40;

pub const PATROL: u32 = 0;
pub const DETECTIVE: u32 = 1;
pub const TRAFFIC: u32 = 2;
pub const DISPATCHER: u32 = 3;

pub struct Force {
    pub officers: Vec<Officer>,
    pub looks: Vec<Look>,
    pub marks: Vec<Mark>,
    pub chance: Chance,
    cases: u64,
}

/// Subjects have numbers by what they are.
pub const fn car(number: u64) -> u64 {
    number
}

pub const fn vip(number: u64) -> u64 {
    (number + 1) * 16_661 % VEHICLES + 13
}

pub const fn decoy(number: u64) -> u64 {
    VEHICLES + 1 + number
}

pub fn decoys() -> u64 {
    DECOYS
}

pub fn vips() -> u64 {
    VIPS
}

pub const fn vehicles() -> u64 {
    VEHICLES
}

impl Force {
    pub fn case(&mut self) -> u64 {
        self.cases += 1;
        self.cases
    }

    pub fn look(&mut self, officer: u32, at_us: i64, subject: u64, case: Option<u64>, is_live: bool) -> usize {
        self.looks.push(Look { seq: 0, at_us, officer, subject, case, is_live });
        self.looks.len() - 1
    }

    fn asked(&mut self, officer: u32, at_us: i64, subject: u64, case: Option<u64>, is_live: bool) {
        // One in a hundred plates is mistyped: another car, or none.
        let subject = if self.chance.is(0.01) { self.chance.below(VEHICLES + 2_000_000) } else { subject };
        self.look(officer, at_us, subject, case, is_live);
        // The page is opened again, or the next one is.
        while self.chance.is(0.25) {
            let later = at_us + self.chance.within(1, 40) * MINUTE_US;
            self.look(officer, later, subject, case, is_live);
        }
    }

    fn beat_car(&mut self, office: u32) -> u64 {
        // Some are met often, the first of three thousand by one check in fifty.
        let rank = (self.chance.unit().powi(2) * BEAT_CARS as f64) as u64;
        (u64::from(office) * 15_485_863 + rank * 7_919) % VEHICLES
    }

    pub fn office(&self, officer: u32) -> u32 {
        self.officers[officer as usize].office.unwrap()
    }

    pub fn shifts(&self, officer: u32) -> &[(i64, i64)] {
        self.officers[officer as usize].shifts.as_deref().unwrap()
    }

    pub fn at_work(seed: u64) -> Self {
        let mut force = Self { officers: Vec::new(), looks: Vec::new(), marks: Vec::new(), chance: Chance::of(seed), cases: 0 };
        force.people();
        for office in 0..OFFICES {
            let staff: Vec<u32> = (office * PER_OFFICE..(office + 1) * PER_OFFICE).collect();
            for officer in &staff {
                force.shifts_of_work(*officer, &staff);
            }
            force.detectives_cases(&staff);
            force.checkpoints(&staff);
            force.nuisances(&staff);
        }
        force
    }

    fn people(&mut self) {
        for number in 0..OFFICES * PER_OFFICE {
            let peers = match number % 20 {
                0..=12 => PATROL,
                13..=15 => DETECTIVE,
                16..=18 => TRAFFIC,
                _ => DISPATCHER,
            };
            // Twelve hours, four days of six; the hour changes by the week.
            let (mut shifts, offset) = (Vec::new(), self.chance.within(0, 5));
            for day in 0..DAYS {
                if (day + offset) % 6 >= 4 {
                    continue;
                }
                let start = match (peers, (day / 7 + offset) % 3) {
                    (DETECTIVE, _) | (_, 0) => 8,
                    (_, 1) => 14,
                    _ => 20,
                };
                let from = MIDNIGHT_US + day * DAY_US + start * HOUR_US;
                shifts.push((from, from + 12 * HOUR_US));
            }
            self.officers.push(Officer { peers, office: Some(number / PER_OFFICE), shifts: Some(shifts) });
            // Most own a car or motorcycle, and so do those at home.
            for (share, kind) in [(0.9, MarkKind::Own), (0.4, MarkKind::Own), (0.6, MarkKind::Household)] {
                if self.chance.is(share) {
                    let subject = car(self.chance.below(VEHICLES));
                    self.marks.push(Mark { subject, kind, of: Some(number) });
                }
            }
        }
        self.marks.extend((0..VIPS).map(|number| Mark { subject: vip(number), kind: MarkKind::Vip, of: None }));
        self.marks.extend((0..DECOYS).map(|number| Mark { subject: decoy(number), kind: MarkKind::Decoy, of: None }));
    }

    fn shifts_of_work(&mut self, officer: u32, staff: &[u32]) {
        let (peers, office) = (self.officers[officer as usize].peers, self.office(officer));
        // Some look a lot up, some hardly anything.
        let zeal = self.chance.log_normal(1.0, 0.5);
        let (checks, incidents) = match peers {
            PATROL => (3.0, 0.9),
            TRAFFIC => (5.0, 0.7),
            DETECTIVE => (0.6, 0.3),
            _ => (0.2, 2.5),
        };
        for (from, until) in self.shifts(officer).to_vec() {
            let day = self.chance.log_normal(1.0, 0.4);
            let count = self.chance.poisson(checks * zeal * day);
            // Sometimes the last thing of a shift is done three hours after it.
            let last = if self.chance.is(0.08) { until + 3 * HOUR_US } else { until };
            for _ in 0..count {
                let at = self.chance.within(from, last);
                let subject = self.met(officer, office, staff);
                self.asked(officer, at, subject, None, false);
            }
            for _ in 0..self.chance.poisson(incidents) {
                let at = self.chance.within(from, last);
                self.incident(officer, at, staff);
            }
            if peers == TRAFFIC && self.chance.is(0.02) {
                self.hit_and_run(officer, self.looks.last().map_or(from, |_| from + 3 * HOUR_US));
            }
            // Called out of bed.
            if self.chance.is(0.02) {
                let at = until + self.chance.within(4, 10) * HOUR_US;
                self.incident(officer, at, staff);
            }
        }
    }

    /// What one meets on the street: a car of the beat, one that passes, or one of those before the station.
    fn met(&mut self, officer: u32, office: u32, staff: &[u32]) -> u64 {
        if self.chance.is(0.3) {
            return self.beat_car(office);
        }
        if self.chance.is(0.002) {
            let mate = staff[self.chance.below(staff.len() as u64) as usize];
            // Everybody knows his own.
            if let Some(mark) = self.marks.iter().find(|mark| mark.of == Some(mate) && mate != officer) {
                return mark.subject;
            }
        }
        car(self.chance.below(VEHICLES))
    }

    /// One to three cars of one call; seven of ten are asked about under its number, the others under what somebody typed.
    fn incident(&mut self, officer: u32, at_us: i64, staff: &[u32]) {
        let (case, is_live, has_number) = (self.case(), self.chance.is(0.7), self.chance.is(0.7));
        let case = (is_live || has_number).then_some(case);
        let mate = self.chance.is(0.5).then(|| staff[self.chance.below(staff.len() as u64) as usize]);
        for _ in 0..self.chance.within(1, 3) {
            let subject = if self.chance.is(0.2) { self.beat_car(self.office(officer)) } else { car(self.chance.below(VEHICLES)) };
            let at = at_us + self.chance_minutes(60);
            self.asked(officer, at, subject, case, is_live);
            if let Some(mate) = mate {
                let later = at_us + self.chance_minutes(90);
                self.asked(mate, later, subject, case, is_live);
            }
        }
    }

    fn chance_minutes(&mut self, most: i64) -> i64 {
        self.chance.within(0, most) * MINUTE_US
    }

    /// Half a plate and a colour: dozens of candidates within two hours.
    fn hit_and_run(&mut self, officer: u32, at_us: i64) {
        let (case, is_live) = (self.case(), self.chance.is(0.75));
        for _ in 0..self.chance.within(5, 50) {
            let at = at_us + self.chance_minutes(120);
            let subject = car(self.chance.below(VEHICLES));
            self.asked(officer, at, subject, Some(case), is_live);
        }
    }

    /// Weeks on a few plates. Dispatch knows none of these cases; most are worked on by a team, or change hands.
    fn detectives_cases(&mut self, staff: &[u32]) {
        let detectives: Vec<u32> = staff.iter().copied().filter(|one| self.officers[*one as usize].peers == DETECTIVE).collect();
        let cases = detectives.len() as i64 * 5;
        for _ in 0..cases {
            let case = self.case();
            let plates = 1 + self.chance.poisson(3.0);
            let plates: Vec<u64> = (0..plates).map(|_| car(self.chance.below(VEHICLES))).collect();
            let team = if self.chance.is(0.12) { 1 } else { self.chance.within(2, 4) };
            let team: Vec<u32> = (0..team).map(|_| detectives[self.chance.below(detectives.len() as u64) as usize]).collect();
            let begins = self.chance.within(-30, DAYS - 1);
            let lasts = self.chance.log_normal(14.0, 0.8).min(90.0) as i64;
            for day in begins.max(0)..(begins + lasts).min(DAYS) {
                for officer in &team {
                    let on = self.shifts(*officer).iter().copied().find(|(from, _)| (from - MIDNIGHT_US) / DAY_US == day);
                    let Some((from, until)) = on else { continue };
                    if !self.chance.is(0.3) {
                        continue;
                    }
                    for _ in 0..=self.chance.poisson(1.2) {
                        let at = self.chance.within(from, until + HOUR_US);
                        let subject = plates[self.chance.zipf(plates.len() as u64) as usize];
                        self.asked(*officer, at, subject, Some(case), false);
                    }
                }
            }
        }
    }

    /// Every second week a team of six to ten stands on a road for an evening.
    fn checkpoints(&mut self, staff: &[u32]) {
        for fortnight in 0..WEEKS / 2 {
            let at = MIDNIGHT_US + (fortnight * 14 + self.chance.within(0, 13)) * DAY_US + 21 * HOUR_US;
            for _ in 0..self.chance.within(6, 10) {
                let officer = staff[self.chance.below(staff.len() as u64) as usize];
                for _ in 0..self.chance.within(30, 110) {
                    let subject = car(self.chance.below(VEHICLES));
                    let at = at + self.chance_minutes(180);
                    self.asked(officer, at, subject, None, false);
                }
            }
        }
    }

    /// A car about which neighbours complain: whoever has the beat looks it up some times in some weeks, another mate now and then.
    fn nuisances(&mut self, staff: &[u32]) {
        for _ in 0..30 {
            let subject = car(self.chance.below(VEHICLES));
            let officer = staff[self.chance.below(staff.len() as u64) as usize];
            let shifts = self.shifts(officer).to_vec();
            let first = self.chance.below(shifts.len() as u64) as usize;
            for (from, until) in shifts.iter().skip(first).take(12) {
                if self.chance.is(0.3) {
                    let at = self.chance.within(*from, *until);
                    self.asked(officer, at, subject, None, false);
                }
                if self.chance.is(0.2) {
                    let mate = staff[self.chance.below(staff.len() as u64) as usize];
                    let at = self.chance.within(*from, *until);
                    self.asked(mate, at, subject, None, false);
                }
            }
        }
    }
}
