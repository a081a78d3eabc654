//! The rules of the house as rooms and the gate ask them (ADR 0023). They stand on the shelf as [`Policies`], put there by the program; a house without them
//! is judged by the rooms' lists, which say the same.
//!
//! **Invariant:** whether a person has a permission is asked here and nowhere else: what the lists give to a role, a rule may have taken.

use std::collections::{BTreeMap, BTreeSet};

use shouhu_calendar::TAIPEI_US;
use shouhu_ids::Micros;
use shouhu_policy::{Ask, Decision, Door, Grant, Kind, Policies, Who};

use crate::{Access, App, Audit, Load, Module, Person, Route};

/// Of what make a route is, for rules.
#[must_use]
pub const fn door_of(route: &Route) -> Door {
    let kind = match route.audit {
        Audit::Undeclared | Audit::None(_) => Kind::Plain,
        Audit::Write => Kind::Write,
        Audit::Security => Kind::Security,
        Audit::PersonalRead => Kind::PersonalRead,
        Audit::WorkRead => Kind::WorkRead,
    };
    Door { kind, is_bulk: matches!(route.load, Load::Bulk), is_life: matches!(route.load, Load::Life) }
}

/// The rooms' lists as the generated policies take them.
#[must_use]
pub fn grants_of(modules: &[Module]) -> Vec<Grant> {
    let mut doors: BTreeMap<&str, BTreeSet<Door>> = BTreeMap::new();
    for route in modules.iter().flat_map(|module| module.routes) {
        if let Access::Permission(name) = route.access {
            doors.entry(name).or_default().insert(door_of(route));
        }
    }
    let listed = modules.iter().flat_map(|module| module.permissions);
    listed
        .map(|permission| Grant {
            permission: permission.name.to_owned(),
            roles: permission.roles.to_vec(),
            doors: doors.get(permission.name).cloned().unwrap_or_default(),
        })
        .collect()
}

pub(crate) fn hour_in_taipei(now: Micros) -> u8 {
    u8::try_from(now.0.saturating_add(TAIPEI_US).rem_euclid(Micros::DAY) / Micros::HOUR).unwrap_or_default()
}

impl App {
    /// Whether the house lets somebody do what a route asks for, by the rules that hold now. `purpose` is as said.
    #[must_use]
    pub fn decide(&self, person: &Person, permission: &str, door: Door, purpose: Option<&str>) -> Decision {
        let Some(policies) = self.try_room::<Policies>() else { return self.listed(person, permission) };
        let named = Named::of(person);
        policies.decide(&Ask { who: named.who(person), permission, door, purpose, hour_local: hour_in_taipei(self.env.now()) })
    }

    /// Whether somebody may know or do a part of something that has no route of its own: a fact on the live stream, a field of an answer.
    #[must_use]
    pub fn may(&self, person: &Person, permission: &str) -> bool {
        let Some(policies) = self.try_room::<Policies>() else { return self.listed(person, permission).is_permitted };
        let named = Named::of(person);
        policies.decide_apart(named.who(person), permission, hour_in_taipei(self.env.now())).is_permitted
    }

    /// Names of everything that [`App::may`] says yes to now.
    #[must_use]
    pub fn permissions_apart(&self, person: &Person) -> Vec<&'static str> {
        let all = self.modules.iter().flat_map(|module| module.permissions);
        all.map(|permission| permission.name).filter(|name| self.may(person, name)).collect()
    }

    /// Names of everything that some route would let this person do now, for screens that show no dead buttons.
    #[must_use]
    pub fn permissions_now(&self, person: &Person) -> Vec<&'static str> {
        let Some(policies) = self.try_room::<Policies>() else { return self.permissions_of(person.role) };
        let (named, hour) = (Named::of(person), hour_in_taipei(self.env.now()));
        let all = self.modules.iter().flat_map(|module| module.permissions);
        all.map(|permission| permission.name).filter(|name| policies.opens(named.who(person), name, hour)).collect()
    }

    fn listed(&self, person: &Person, permission: &str) -> Decision {
        let mut all = self.modules.iter().flat_map(|module| module.permissions);
        let is_permitted = all.any(|listed| listed.name == permission && listed.roles.contains(&person.role));
        Decision { is_permitted, ..Decision::default() }
    }
}

/// Ids as rules write them.
struct Named {
    id: String,
    unit: Option<String>,
}

impl Named {
    fn of(person: &Person) -> Self {
        Self { id: person.id.to_string(), unit: person.unit.map(|unit| unit.to_string()) }
    }

    fn who<'a>(&'a self, person: &'a Person) -> Who<'a> {
        Who { id: &self.id, role: person.role, office: person.office.as_deref(), unit: self.unit.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_is_taipeis() {
        let at = |hours: i64| hour_in_taipei(Micros(20_000 * Micros::DAY + hours * Micros::HOUR));
        assert_eq!((at(0), at(15), at(16), at(23)), (8, 23, 0, 7));
        assert_eq!(hour_in_taipei(Micros(-1)), 7);
    }
}
