//! Partial evaluation: person, act and circumstances are known, the row is not. What is left is a [`Residual`] over what is stored of the row.

use std::collections::BTreeMap;

use cedar_policy::{ActionConstraint, EntityUid, PrincipalConstraint};

use crate::file::Rule;
use crate::rows::{Comparison, Residual, Resource};
use crate::translate::{Asked, Expr, Operand, Value};
use crate::vocabulary::{Vocabulary, room_of};
use crate::{Door, Policies, Reason, Who};

/// Who looks at rows, and in which circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look<'a> {
    pub who: Who<'a>,
    /// `None` where the route asks for none: then every rule holds, whatever acts it names.
    pub permission: Option<&'a str>,
    pub door: Door,
    /// As said, where the route demands one.
    pub purpose: Option<&'a str>,
    /// 0 to 23, Asia/Taipei.
    pub hour_local: u8,
}

/// Which rows of a kind somebody does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    pub rows: Residual,
    /// Rules that could not be evaluated: where there is one, every row is hidden.
    pub faults: Vec<Reason>,
}

/// An attribute that is not there was asked for: strict validation leaves no way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Missing;

impl Policies {
    /// Whether a rule of the force is about rows at all.
    #[must_use]
    pub fn hides_rows(&self) -> bool {
        self.rules().iter().any(|rule| rule.about.is_some())
    }

    /// What is left of the force's rules about rows of a kind when everything but the row is known.
    #[must_use]
    pub fn hidden(&self, resource: Resource, look: &Look<'_>) -> Hidden {
        let mut hidden = Hidden { rows: Residual::Known(false), faults: Vec::new() };
        let mut known = None;
        for rule in self.rules() {
            let Some((_, body)) = rule.about.as_ref().filter(|(about, _)| *about == resource) else { continue };
            if !rule.names(self.vocabulary(), look) {
                continue;
            }
            let known = known.get_or_insert_with(|| Known::of(self, look));
            match known.truth(body) {
                Ok(rows) => hidden.rows = std::mem::replace(&mut hidden.rows, Residual::Known(false)).or(rows),
                Err(Missing) => hidden.faults.push(Reason { id: rule.id.clone(), why: rule.why.clone() }),
            }
        }
        if !hidden.faults.is_empty() {
            hidden.rows = Residual::Known(true);
        }
        hidden
    }
}

impl Rule {
    /// Whether its scope names whoever looks, exactly.
    fn names(&self, vocabulary: &Vocabulary, look: &Look<'_>) -> bool {
        let is_action = look.permission.is_none_or(|permission| {
            let (action, group) = (vocabulary.action(permission), vocabulary.action(room_of(permission)));
            match self.policy.action_constraint() {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(id) => id == action,
                ActionConstraint::In(ids) => ids.iter().any(|id| *id == action || *id == group),
            }
        });
        let (person, role) = (vocabulary.person(look.who.id), vocabulary.role(look.who.role));
        let is_in = |id: &EntityUid| *id == person || *id == role;
        let is_principal = match self.policy.principal_constraint() {
            PrincipalConstraint::Any => true,
            PrincipalConstraint::Eq(id) => id == person,
            PrincipalConstraint::In(id) => is_in(&id),
            PrincipalConstraint::Is(of) => of == *person.type_name(),
            PrincipalConstraint::IsIn(of, id) => of == *person.type_name() && is_in(&id),
        };
        is_action && is_principal
    }
}

/// Everything but the row.
struct Known {
    person: Value,
    role: Value,
    principal: BTreeMap<&'static str, Value>,
    context: BTreeMap<&'static str, Value>,
}

fn entity(of: &str, id: &str) -> Value {
    Value::Entity { of: of.to_owned(), id: id.to_owned() }
}

impl Known {
    fn of(policies: &Policies, look: &Look<'_>) -> Self {
        let text = |text: &str| Value::Text(text.to_owned());
        let (person, role) = (entity("Person", look.who.id), entity("Role", look.who.role.as_str()));
        let mut principal = BTreeMap::from([("role", role.clone())]);
        principal.extend(look.who.office.map(|office| ("office", text(office))));
        principal.extend(look.who.unit.map(|unit| ("unit", text(unit))));
        let mut context = BTreeMap::from([
            ("hour_local", Value::Number(i64::from(look.hour_local))),
            ("kind", entity("Kind", look.door.kind.as_str())),
            ("is_bulk", Value::Truth(look.door.is_bulk)),
            ("is_life", Value::Truth(look.door.is_life)),
        ]);
        let purpose = look.purpose.filter(|said| policies.purposes().iter().any(|known| known == said));
        context.extend(purpose.map(|purpose| ("purpose", entity("Purpose", purpose))));
        Self { person, role, principal, context }
    }

    fn attribute(&self, of: Asked, name: &str) -> Option<&Value> {
        match of {
            Asked::Principal => self.principal.get(name),
            Asked::Context => self.context.get(name),
        }
    }

    /// `None`: it is the row's.
    fn value(&self, operand: &Operand) -> Result<Option<Value>, Missing> {
        match operand {
            Operand::Value(value) => Ok(Some(value.clone())),
            Operand::Principal => Ok(Some(self.person.clone())),
            Operand::Asked(of, name) => self.attribute(*of, name).cloned().map(Some).ok_or(Missing),
            Operand::Row(_) => Ok(None),
        }
    }

    /// Of what [`crate::translate`] has made sure not to be the row's.
    fn known(&self, operand: &Operand) -> Result<Value, Missing> {
        self.value(operand)?.ok_or(Missing)
    }

    /// What does not matter for what is known already is not evaluated, as in Cedar: `has` stands before what it guards.
    fn truth(&self, expr: &Expr) -> Result<Residual, Missing> {
        Ok(match expr {
            Expr::Truth(operand) => match self.known(operand)? {
                Value::Truth(is_so) => Residual::Known(is_so),
                _ => return Err(Missing),
            },
            Expr::Not(inner) => self.truth(inner)?.not(),
            Expr::And(left, right) => match self.truth(left)? {
                Residual::Known(false) => Residual::Known(false),
                left => left.and(self.truth(right)?),
            },
            Expr::Or(left, right) => match self.truth(left)? {
                Residual::Known(true) => Residual::Known(true),
                left => left.or(self.truth(right)?),
            },
            Expr::If(condition, then, otherwise) => match self.truth(condition)? {
                Residual::Known(true) => self.truth(then)?,
                Residual::Known(false) => self.truth(otherwise)?,
                condition => {
                    let then = condition.clone().and(self.truth(then)?);
                    then.or(condition.not().and(self.truth(otherwise)?))
                }
            },
            Expr::Compare(comparison, left, right) => self.compared(*comparison, left, right)?,
            Expr::In(left, right) => {
                let left = self.known(left)?;
                let is_in = |right: &Operand| -> Result<bool, Missing> {
                    let right = self.known(right)?;
                    Ok(left == right || (left == self.person && right == self.role))
                };
                Residual::Known(any(right.iter().map(is_in))?)
            }
            Expr::Among(element, members) => {
                let members = members.iter().map(|member| self.known(member)).collect::<Result<Vec<Value>, Missing>>()?;
                self.among(element, members)?
            }
            Expr::Like(operand, test) => match (operand, test) {
                (_, None) => Residual::Known(true),
                (Operand::Row(attribute), Some(test)) => Residual::Text(attribute.name, test.clone()),
                (operand, Some(test)) => match self.known(operand)? {
                    Value::Text(text) => Residual::Known(test.fits(&text)),
                    _ => return Err(Missing),
                },
            },
            Expr::HasAsked(of, name) => Residual::Known(self.attribute(*of, name).is_some()),
            Expr::HasRow(attribute) if attribute.is_optional => Residual::Has(attribute.name),
            Expr::HasRow(_) => Residual::Known(true),
        })
    }

    fn among(&self, element: &Operand, members: Vec<Value>) -> Result<Residual, Missing> {
        let Some(element) = self.value(element)? else {
            let Operand::Row(attribute) = element else { return Err(Missing) };
            let equal = members.into_iter().map(|member| compared_row(attribute.name, Comparison::Equal, member));
            return equal.collect::<Result<Vec<Residual>, Missing>>().map(|all| all.into_iter().fold(Residual::Known(false), Residual::or));
        };
        Ok(Residual::Known(members.contains(&element)))
    }

    fn compared(&self, comparison: Comparison, left: &Operand, right: &Operand) -> Result<Residual, Missing> {
        match (left, right) {
            (Operand::Row(attribute), known) => compared_row(attribute.name, comparison, self.known(known)?),
            (known, Operand::Row(attribute)) => compared_row(attribute.name, comparison.turned(), self.known(known)?),
            (left, right) => {
                let (left, right) = (self.known(left)?, self.known(right)?);
                let is_so = match (comparison, &left, &right) {
                    (Comparison::Equal, ..) => left == right,
                    (Comparison::NotEqual, ..) => left != right,
                    (comparison, Value::Number(left), Value::Number(right)) => comparison.holds(*left, *right),
                    _ => return Err(Missing),
                };
                Ok(Residual::Known(is_so))
            }
        }
    }
}

/// All are asked, as all members of a set are evaluated.
fn any(found: impl Iterator<Item = Result<bool, Missing>>) -> Result<bool, Missing> {
    let all = found.collect::<Result<Vec<bool>, Missing>>()?;
    Ok(all.into_iter().any(|is_so| is_so))
}

fn compared_row(name: &'static str, comparison: Comparison, value: Value) -> Result<Residual, Missing> {
    use crate::rows::TextTest::Among;
    match (value, comparison) {
        (Value::Number(number), comparison) => Ok(Residual::Number(name, comparison, number)),
        (Value::Text(text), Comparison::Equal) => Ok(Residual::Text(name, Among(vec![text]))),
        (Value::Text(text), Comparison::NotEqual) => Ok(Residual::Text(name, Among(vec![text])).not()),
        _ => Err(Missing),
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
