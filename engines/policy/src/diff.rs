//! Who gains and who loses what between two sets of rules: role × permission × the corners of what the rules look at.
//!
//! Hours, purposes and doors are tried one by one where a rule speaks of them; of offices, units and persons, those that a rule names, one that none names, and none.

use std::collections::{BTreeMap, BTreeSet};

use shouhu_wire::Role;

use crate::file::{Words, words_of};
use crate::{Ask, Decision, Door, Kind, Policies, Reason, Who};

/// How far a role has a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Always,
    /// At some doors, hours, for some purposes, or for some persons.
    Sometimes,
    Never,
}

/// A right that changes hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub role: Role,
    pub permission: String,
    /// Else it is lost.
    pub is_gain: bool,
    /// In which circumstances; `always`, or what they have in common.
    pub when: String,
    /// The rule of the force that makes the difference, of the set in which it stands; two rules are two changes. None where the rooms' lists do.
    pub reason: Option<Reason>,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, verb) = if self.is_gain { ('+', "gains") } else { ('-', "loses") };
        write!(f, "{sign} {} {verb} {} {}", self.role.as_str(), self.permission, self.when)?;
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, " [{}: {}]", reason.id, reason.why))
    }
}

const NOON: u8 = 12;
/// Where rules name more persons, offices and units than this together, each is tried alone instead of with each other.
const TOGETHER_MAX: usize = 64;

type Someone<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// Every circumstance that a set of rules can tell from another.
struct Corners<'a> {
    doors: Vec<Door>,
    purposes: Vec<Option<&'a str>>,
    hours: Vec<u8>,
    people: Vec<Someone<'a>>,
}

#[derive(Clone, Copy)]
struct Corner<'a> {
    door: Door,
    purpose: Option<&'a str>,
    hour: u8,
    someone: Someone<'a>,
}

impl<'a> Corners<'a> {
    fn of(policies: &'a Policies, permission: &str, words: &'a Words) -> Self {
        let says = |word: &str| words.names.contains(word);
        let mut doors: Vec<Door> = policies.grant(permission).map(|grant| grant.doors.iter().copied().collect()).unwrap_or_default();
        if doors.is_empty() {
            doors.push(Door::of(Kind::WorkRead));
        }
        let known = policies.purposes().iter().map(|purpose| Some(purpose.as_str()));
        let purposes = if says("purpose") { std::iter::once(None).chain(known).collect() } else { vec![None] };
        let hours = if says("hour_local") { (0..24).collect() } else { vec![NOON] };
        Self { doors, purposes, hours, people: people(words) }
    }

    fn all(&self) -> Vec<Corner<'a>> {
        let mut all = Vec::new();
        for door in &self.doors {
            // A purpose is demanded at doors of this kind alone.
            let purposes: &[Option<&str>] = if door.kind == Kind::PersonalRead { &self.purposes } else { &[None] };
            for purpose in purposes {
                for hour in &self.hours {
                    all.extend(self.people.iter().map(|someone| Corner { door: *door, purpose: *purpose, hour: *hour, someone: *someone }));
                }
            }
        }
        all
    }
}

fn people(words: &Words) -> Vec<Someone<'_>> {
    let named = || words.values.iter().map(String::as_str);
    let some = |word: &str| {
        let others = std::iter::once("another").chain(named()).map(Some).filter(|_| words.names.contains(word));
        std::iter::once(None).chain(others).collect::<Vec<Option<&str>>>()
    };
    let (offices, units) = (some("office"), some("unit"));
    let ids: Vec<&str> = if words.names.contains("Person") { std::iter::once("somebody").chain(named()).collect() } else { vec!["somebody"] };
    if offices.len() * units.len() * ids.len() <= TOGETHER_MAX {
        let pairs = offices.iter().flat_map(|office| units.iter().map(move |unit| (*office, *unit)));
        return pairs.flat_map(|(office, unit)| ids.iter().map(move |id| (*id, office, unit))).collect();
    }
    let mut alone: Vec<Someone<'_>> = ids.iter().map(|id| (*id, None, None)).collect();
    alone.extend(offices.iter().skip(1).map(|office| ("somebody", *office, None)));
    alone.extend(units.iter().skip(1).map(|unit| ("somebody", None, *unit)));
    alone
}

fn decided(policies: &Policies, role: Role, permission: &str, corner: &Corner<'_>) -> Decision {
    let (id, office, unit) = corner.someone;
    let who = Who { id, role, office, unit };
    policies.decide_anew(&Ask { who, permission, door: corner.door, purpose: corner.purpose, hour_local: corner.hour })
}

impl Policies {
    /// How far a role has a permission, over every circumstance that the rules can tell from another.
    #[must_use]
    pub fn reach(&self, role: Role, permission: &str) -> Reach {
        if !self.may_permit(role, permission) {
            return Reach::Never;
        }
        let words = words_of(self.rules_about(role, permission));
        let corners = Corners::of(self, permission, &words).all();
        let permitted = corners.iter().filter(|corner| decided(self, role, permission, corner).is_permitted).count();
        match permitted {
            0 => Reach::Never,
            all if all == corners.len() => Reach::Always,
            _ => Reach::Sometimes,
        }
    }
}

/// Every right that a role gains or loses when `new` takes the place of `old`, by permission and role. Permissions that one of the two does not have are
/// compared as well: a right that is not listed is one that nobody has.
#[must_use]
pub fn diff(old: &Policies, new: &Policies) -> Vec<Change> {
    let names: BTreeSet<&str> = old.grants().chain(new.grants()).map(|grant| grant.permission.as_str()).collect();
    let mut changes = Vec::new();
    for permission in names {
        for role in Role::ALL.into_iter().filter(|role| old.may_permit(*role, permission) || new.may_permit(*role, permission)) {
            let words = words_of(old.rules_about(role, permission).chain(new.rules_about(role, permission)));
            let known = if new.grant(permission).is_some() { new } else { old };
            let corners = Corners::of(known, permission, &words).all();
            // By which rule, and whether it is a gain: the corners that it changes.
            let mut found: BTreeMap<(bool, Option<Reason>), Vec<Corner<'_>>> = BTreeMap::new();
            for corner in &corners {
                let (before, after) = (decided(old, role, permission, corner), decided(new, role, permission, corner));
                if before.is_permitted == after.is_permitted {
                    continue;
                }
                let reasons: BTreeSet<Reason> = before.reasons.into_iter().chain(after.reasons).collect();
                let reasons = if reasons.is_empty() { vec![None] } else { reasons.into_iter().map(Some).collect() };
                for reason in reasons {
                    found.entry((after.is_permitted, reason)).or_default().push(*corner);
                }
            }
            changes.extend(found.into_iter().map(|((is_gain, reason), changed)| Change {
                role,
                permission: permission.to_owned(),
                is_gain,
                when: when(&changed, &corners),
                reason,
            }));
        }
    }
    changes
}

/// What some corners have in common that not all have, one property after the other.
fn when(some: &[Corner<'_>], all: &[Corner<'_>]) -> String {
    if some.len() == all.len() {
        return "always".into();
    }
    let values = |corners: &[Corner<'_>], of: fn(&Corner<'_>) -> String| corners.iter().map(of).collect::<BTreeSet<String>>();
    let own = PROPERTIES.map(|(name, of)| (name, of, values(some, of)));
    let said = own.iter().filter(|(_, of, values_own)| *values_own != values(all, *of)).map(|(name, _, values_own)| {
        let words: Vec<&str> = values_own.iter().map(String::as_str).collect();
        let words = if *name == HOURS { spans(&words) } else { words.join(", ") };
        format!("{name} {words}")
    });
    let said = said.collect::<Vec<String>>().join(" ");
    // What is named for each property alone may be more than what changes.
    let is_fitting = |corner: &&Corner<'_>| own.iter().all(|(_, of, values_own)| values_own.contains(&of(corner)));
    if all.iter().filter(is_fitting).count() > some.len() { format!("in part {said}").trim_end().to_owned() } else { said }
}

const HOURS: &str = "in hours";

type Property = (&'static str, fn(&Corner<'_>) -> String);

const PROPERTIES: [Property; 6] = [
    ("at", |corner| door_name(corner.door)),
    ("for", |corner| corner.purpose.unwrap_or("no purpose").to_owned()),
    (HOURS, |corner| format!("{:02}", corner.hour)),
    ("as", |corner| corner.someone.0.to_owned()),
    ("of office", |corner| corner.someone.1.unwrap_or("none").to_owned()),
    ("of unit", |corner| corner.someone.2.unwrap_or("none").to_owned()),
];

fn door_name(door: Door) -> String {
    let mut name = door.kind.as_str().to_owned();
    if door.is_bulk {
        name.push_str(" in bulk");
    }
    if door.is_life {
        name.push_str(" that saves lives");
    }
    name
}

/// `00-05, 22-23`.
fn spans(hours: &[&str]) -> String {
    let mut spans: Vec<(u8, u8)> = Vec::new();
    for hour in hours.iter().filter_map(|text| text.parse::<u8>().ok()) {
        match spans.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(hour) => *last = hour,
            _ => spans.push((hour, hour)),
        }
    }
    let said = spans.iter().map(|(first, last)| if first == last { format!("{first:02}") } else { format!("{first:02}-{last:02}") });
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
