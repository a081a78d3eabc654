//! Who sees more and who sees fewer rows when one set of rules takes the place of another: rule by rule, in words. A rule that is only written anew is a loss
//! and a gain, which whoever answers for rights can compare.

use std::fmt::Write;

use cedar_policy::ActionConstraint;
use shouhu_wire::Role;

use crate::file::Rule;
use crate::rows::{Comparison, Resource, TextTest};
use crate::translate::{Asked, Expr, Operand, Value};
use crate::{Policies, Reason};

/// A rule about rows that one of two sets has, for a role that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    pub role: Role,
    pub resource: Resource,
    /// Else rows are lost from sight.
    pub is_gain: bool,
    /// Which rows, in words.
    pub rows: String,
    /// Within which acts, where the rule names some.
    pub acts: Option<String>,
    pub reason: Reason,
}

impl std::fmt::Display for RowChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, verb) = if self.is_gain { ('+', "sees again") } else { ('-', "no longer sees") };
        let what = match self.resource {
            Resource::Incident => "incidents",
            Resource::Camera => "what cameras recorded",
        };
        write!(f, "{sign} {} {verb} {what} where {}", self.role.as_str(), self.rows)?;
        if let Some(acts) = &self.acts {
            write!(f, ", within {acts}")?;
        }
        write!(f, " [{}: {}]", self.reason.id, self.reason.why)
    }
}

/// What rules about rows hide and show again when `new` takes the place of `old`, by role.
#[must_use]
pub fn rows_diff(old: &Policies, new: &Policies) -> Vec<RowChange> {
    let is_in = |policies: &Policies, rule: &Rule| policies.rules().iter().any(|other| other.id == rule.id && other.text == rule.text);
    let mut changes = Vec::new();
    for role in Role::ALL {
        for (has, lacks, is_gain) in [(old, new, true), (new, old, false)] {
            let named = has.rules().iter().filter(|rule| rule.may_name(has.vocabulary(), role));
            for rule in named.filter(|rule| !is_in(lacks, rule)) {
                let Some((resource, body)) = &rule.about else { continue };
                let reason = Reason { id: rule.id.clone(), why: rule.why.clone() };
                changes.push(RowChange { role, resource: *resource, is_gain, rows: words_of(body), acts: acts_of(rule), reason });
            }
        }
    }
    changes
}

fn acts_of(rule: &Rule) -> Option<String> {
    let names = match rule.policy.action_constraint() {
        ActionConstraint::Any => return None,
        ActionConstraint::Eq(id) => vec![id],
        ActionConstraint::In(ids) => ids,
    };
    Some(names.iter().map(|id| AsRef::<str>::as_ref(id.id()).to_owned()).collect::<Vec<String>>().join(", "))
}

/// A condition as a person would say it.
fn words_of(expr: &Expr) -> String {
    match expr {
        Expr::Truth(Operand::Value(Value::Truth(true))) => "all".to_owned(),
        Expr::Truth(operand) => said(operand),
        Expr::Not(inner) => format!("not ({})", words_of(inner)),
        // How conditions are joined begins with one that says nothing.
        Expr::And(left, right) if matches!(left.as_ref(), Expr::Truth(Operand::Value(Value::Truth(true)))) => words_of(right),
        Expr::And(left, right) => format!("{} and {}", words_of(left), words_of(right)),
        Expr::Or(left, right) => format!("({} or {})", words_of(left), words_of(right)),
        Expr::If(condition, then, otherwise) => format!("(if {} then {} else {})", words_of(condition), words_of(then), words_of(otherwise)),
        Expr::Compare(comparison, left, right) => format!("{} {} {}", said(left), compared(*comparison), said(right)),
        Expr::In(left, right) => format!("{} is in {}", said(left), list(right)),
        Expr::Among(element, members) => format!("{} is one of {}", said(element), list(members)),
        Expr::Like(operand, test) => format!("{} {}", said(operand), fitting(test.as_ref())),
        Expr::HasAsked(of, name) => format!("there is {}", said(&Operand::Asked(*of, name.clone()))),
        Expr::HasRow(attribute) => format!("there is its {}", attribute.name),
    }
}

fn list(operands: &[Operand]) -> String {
    operands.iter().map(said).collect::<Vec<String>>().join(", ")
}

const fn compared(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "is",
        Comparison::NotEqual => "is not",
        Comparison::Less => "is below",
        Comparison::AtMost => "is at most",
        Comparison::More => "is above",
        Comparison::AtLeast => "is at least",
    }
}

fn fitting(test: Option<&TextTest>) -> String {
    match test {
        None => "is any text".to_owned(),
        Some(TextTest::Among(words)) => format!("is {words:?}"),
        Some(TextTest::Starts(start)) => format!("begins with {start:?}"),
        Some(TextTest::Ends(end)) => format!("ends with {end:?}"),
        Some(TextTest::Holds(part)) => format!("holds {part:?}"),
        Some(TextTest::StartsAndEnds(start, end)) => format!("begins with {start:?} and ends with {end:?}"),
    }
}

fn said(operand: &Operand) -> String {
    let mut text = String::new();
    _ = match operand {
        Operand::Value(Value::Truth(is_so)) => write!(text, "{is_so}"),
        Operand::Value(Value::Number(number)) => write!(text, "{number}"),
        Operand::Value(Value::Text(said)) => write!(text, "{said:?}"),
        Operand::Value(Value::Entity { id, .. }) => write!(text, "{id}"),
        Operand::Principal => write!(text, "whoever looks"),
        Operand::Asked(Asked::Principal, name) => write!(text, "the {name} of whoever looks"),
        Operand::Asked(Asked::Context, name) => write!(text, "the {name} of the question"),
        Operand::Row(attribute) => write!(text, "its {}", attribute.name),
    };
    text
}
