//! What whoever looks sees of tables that a force's rules about rows guard (ADR 0023): rules that were evaluated in part, as conditions of SQL for the store.
//!
//! **Invariant:** a condition has two values for every row, as the rule has: each test asks first whether the row has the attribute, so that no NULL reaches a `NOT`.

use std::fmt::Write;

use shouhu_ids::{ActorId, Micros, UnitId};
use shouhu_policy::{Comparison, Door, Hidden, Look, Policies, Residual, Resource, Row, TextTest, Who};
use shouhu_store::{Shown, Sight, Value};
use shouhu_wire::Role;

use crate::policy::hour_in_taipei;
use crate::{App, Person};

/// A table whose rows a force's rules may hide. Rooms list theirs, and those that speak of others after these.
#[derive(Debug, Clone, Copy)]
pub struct Guarded {
    pub of: Resource,
    /// As statements call it: a table of the room, or a part of one under a name of its own.
    pub name: &'static str,
    pub from: &'static str,
    /// Which rows are shown, as [`Shown::condition`]; `{hidden}` stands for what the rules hide, where the columns are those of the resource, `{others}` for whether
    /// what no register knows is shown, `{person}` and `{unit}` for whoever looks (empty where there is none), `{day_ago}` for when a day ago was, microseconds.
    pub shown: &'static str,
}

/// Whoever looks, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Looking<'a> {
    pub person: ActorId,
    pub role: Role,
    pub office: Option<&'a str>,
    pub unit: Option<UnitId>,
    /// `None` where the route asks for none: every rule holds then, whatever acts it names.
    pub permission: Option<&'a str>,
    pub door: Door,
    pub purpose: Option<&'a str>,
    pub at: Micros,
}

impl<'a> Looking<'a> {
    #[must_use]
    pub fn of(person: &'a Person, permission: Option<&'a str>, door: Door, purpose: Option<&'a str>, at: Micros) -> Self {
        let Person { id, role, office, unit, .. } = person;
        Self { person: *id, role: *role, office: office.as_deref(), unit: *unit, permission, door, purpose, at }
    }
}

impl App {
    /// Puts the rules of the house on the shelf; where some are about rows, whoever does not say who looks sees no guarded row from now on.
    pub fn rule_by(&self, policies: Policies) {
        let is_ruled = |resource: Resource| policies.rules().iter().any(|rule| rule.resource() == Some(resource));
        let shown = self.guarded().filter(|guarded| is_ruled(guarded.of));
        let nobody = Whose { person: "", unit: "", day_ago: Micros(i64::MAX) };
        let unsaid = shown.map(|guarded| guarded.shown(&Residual::Known(true), nobody));
        self.store.guards().close(Sight::of(unsaid.collect()));
        self.put(policies);
    }

    fn guarded(&self) -> impl Iterator<Item = &'static Guarded> {
        self.modules.iter().flat_map(|module| module.guarded)
    }

    /// What somebody sees of guarded tables, by the rules that hold at that time.
    #[must_use]
    pub fn sight(&self, looking: &Looking<'_>) -> Sight {
        let Some(policies) = self.try_room::<Policies>().filter(|policies| policies.hides_rows()) else { return Sight::whole() };
        let (person, unit) = (looking.person.to_string(), looking.unit.map(|unit| unit.to_string()));
        let who = Who { id: &person, role: looking.role, office: looking.office, unit: unit.as_deref() };
        let look = Look { who, permission: looking.permission, door: looking.door, purpose: looking.purpose, hour_local: hour_in_taipei(looking.at) };
        let whose = Whose { person: &person, unit: unit.as_deref().unwrap_or_default(), day_ago: looking.at.plus(-Micros::DAY) };
        let hidden = Resource::ALL.map(|resource| (resource, told(policies.hidden(resource, &look))));
        let shown = self.guarded().filter_map(|guarded| {
            let (_, rows) = hidden.iter().find(|(resource, rows)| *resource == guarded.of && !rows.is_nothing())?;
            Some(guarded.shown(rows, whose))
        });
        Sight::of(shown.collect())
    }
}

fn told(hidden: Hidden) -> Residual {
    for fault in &hidden.faults {
        tracing::error!(rule = fault.id, "a rule about rows could not be evaluated: all of them are hidden");
    }
    hidden.rows
}

/// Whose own rows are shown whatever the rules say.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// Empty: nobody's.
    pub person: &'a str,
    /// Which he crews; empty: none.
    pub unit: &'a str,
    pub day_ago: Micros,
}

impl Guarded {
    /// What of it is shown where the rules hide these rows.
    #[must_use]
    pub fn shown(&self, hidden: &Residual, whose: Whose<'_>) -> Shown {
        let (mut condition, mut values) = (String::new(), Vec::new());
        let mut rest = self.shown;
        while let Some((before, (word, after))) = rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
            condition.push_str(before);
            match word {
                "hidden" => write_condition(hidden, &mut condition, &mut values),
                "others" => condition.push_str(truth(!hidden.hides(&Row::of_no_camera()))),
                "person" => value(whose.person.into(), &mut condition, &mut values),
                "unit" => value(whose.unit.into(), &mut condition, &mut values),
                "day_ago" => value(whose.day_ago.into(), &mut condition, &mut values),
                // Says nothing that is shown: a slip in a list hides its table, and a test finds it.
                _ => condition.push_str(truth(false)),
            }
            rest = after;
        }
        condition.push_str(rest);
        Shown { name: self.name, from: self.from, condition, values }
    }
}

const fn truth(is_so: bool) -> &'static str {
    if is_so { "1 = 1" } else { "1 = 0" }
}

fn value(value: Value, sql: &mut String, values: &mut Vec<Value>) {
    sql.push('?');
    values.push(value);
}

const AND: &str = " AND ";
const OR: &str = " OR ";

/// Whether a row is hidden, over the columns that are named as its attributes are. Both databases understand it, and compare letters as they are.
fn write_condition(residual: &Residual, sql: &mut String, values: &mut Vec<Value>) {
    match residual {
        Residual::Known(is_so) => sql.push_str(truth(*is_so)),
        Residual::Not(inner) => {
            sql.push_str("NOT (");
            write_condition(inner, sql, values);
            sql.push(')');
        }
        Residual::All(all) => joined(all, AND, sql, values),
        Residual::Any(any) => joined(any, OR, sql, values),
        Residual::Has(name) => _ = write!(sql, "{name} IS NOT NULL"),
        Residual::Text(name, test) => {
            _ = write!(sql, "({name} IS NOT NULL AND ");
            write_test(name, test, sql, values);
            sql.push(')');
        }
        Residual::Number(name, comparison, bound) => {
            _ = write!(sql, "({name} IS NOT NULL AND {name} {} ", operator(*comparison));
            value((*bound).into(), sql, values);
            sql.push(')');
        }
    }
}

/// In halves, so that a condition is as deep as the logarithm of its parts: SQLite takes none that is deeper than 1,000, and a file of rules can hold more parts.
fn joined(parts: &[Residual], word: &str, sql: &mut String, values: &mut Vec<Value>) {
    match parts {
        [] => sql.push_str(truth(word == AND)),
        [one] => write_condition(one, sql, values),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            sql.push('(');
            joined(left, word, sql, values);
            sql.push_str(word);
            joined(right, word, sql, values);
            sql.push(')');
        }
    }
}

const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::More => ">",
        Comparison::AtLeast => ">=",
    }
}

/// Not `LIKE`, which SQLite takes without regard to case.
fn write_test(name: &str, test: &TextTest, sql: &mut String, values: &mut Vec<Value>) {
    let length = |text: &str| text.chars().count();
    let start = |text: &str, sql: &mut String, values: &mut Vec<Value>| {
        _ = write!(sql, "substr({name}, 1, {}) = ", length(text));
        value(text.into(), sql, values);
    };
    let end = |text: &str, sql: &mut String, values: &mut Vec<Value>| {
        _ = write!(sql, "substr({name}, length({name}) - {} + 1) = ", length(text));
        value(text.into(), sql, values);
    };
    match test {
        TextTest::Among(words) if words.is_empty() => sql.push_str(truth(false)),
        TextTest::Among(words) => {
            _ = write!(sql, "{name} IN (");
            for (number, word) in words.iter().enumerate() {
                sql.push_str(if number == 0 { "" } else { ", " });
                value(word.into(), sql, values);
            }
            sql.push(')');
        }
        TextTest::Starts(text) => start(text, sql, values),
        TextTest::Ends(text) => {
            _ = write!(sql, "length({name}) >= {} AND ", length(text));
            end(text, sql, values);
        }
        TextTest::Holds(text) => {
            _ = write!(sql, "replace({name}, ");
            value(text.into(), sql, values);
            _ = write!(sql, ", '') <> {name}");
        }
        TextTest::StartsAndEnds(first, last) => {
            _ = write!(sql, "length({name}) >= {} AND ", length(first) + length(last));
            start(first, sql, values);
            sql.push_str(" AND ");
            end(last, sql, values);
        }
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
