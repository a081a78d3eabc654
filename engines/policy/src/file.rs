//! `policy.cedar`: cut into rules within limits, parsed, and checked against the schema. What is wrong is named with its line.
//!
//! **Invariant:** Cedar's parser is given nothing that is deeper than [`DEPTH_MAX`]: it calls itself for each bracket.

use std::collections::BTreeSet;

use cedar_policy::{ActionConstraint, Effect, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, PrincipalConstraint, ResourceConstraint, ValidationMode};
use miette::Diagnostic;
use serde_json::Value;
use shouhu_wire::Role;

use crate::rows::Resource;
use crate::translate::{self, Expr};
use crate::vocabulary::{Vocabulary, room_of};

pub const FILE_BYTES_MAX: usize = 64 * 1024;
pub const RULES_MAX: usize = 200;
pub const RULE_BYTES_MAX: usize = 4 * 1024;
/// Of brackets and of `if`, which calls itself in its `else`.
pub const DEPTH_MAX: usize = 32;
pub const WHY_CHARS_MAX: usize = 200;
const ID_CHARS_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("{file}:{line}: {reason}")]
    Rule { file: String, line: usize, reason: String },
    #[error("{file}: it has {bytes} bytes; at most {FILE_BYTES_MAX} are taken")]
    TooLarge { file: String, bytes: usize },
    #[error("the permission or purpose {0:?} is listed twice or is no name such as room.act")]
    Grant(String),
    #[error("the rules made of the rooms' lists do not hold: {0}")]
    Built(String),
}

/// One rule of a force.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `@id`, or where it stands.
    pub id: String,
    pub why: String,
    /// Gives instead of forbidding.
    pub is_permit: bool,
    /// Why it may stop what saves lives, where it says so.
    pub life: Option<String>,
    /// As it stands in the file, notes before it left out.
    pub text: String,
    pub line: usize,
    pub(crate) policy: Policy,
    /// What kind of rows it hides, and which, where it is about rows: it then decides about no act.
    pub(crate) about: Option<(Resource, Expr)>,
}

impl Rule {
    /// The rows that it is about, where it is.
    #[must_use]
    pub fn resource(&self) -> Option<Resource> {
        self.about.as_ref().map(|(resource, _)| *resource)
    }

    /// Whether its scope leaves the role and the permission open. What it refuses here cannot hold; nor can a rule about rows, which are asked for apart.
    pub(crate) fn may_hold_for(&self, vocabulary: &Vocabulary, role: Role, permission: &str) -> bool {
        if self.about.is_some() {
            return false;
        }
        let (action, group) = (vocabulary.action(permission), vocabulary.action(room_of(permission)));
        let is_of = |id: &EntityUid| *id == action || *id == group;
        let is_action = match self.policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(id) => id == action,
            ActionConstraint::In(ids) => ids.iter().any(is_of),
        };
        is_action && self.may_name(vocabulary, role)
    }

    /// Whether its scope leaves the role open.
    pub(crate) fn may_name(&self, vocabulary: &Vocabulary, role: Role) -> bool {
        let is_of_role = |id: &EntityUid| id.type_name().to_string() != "Role" || *id == vocabulary.role(role);
        match self.policy.principal_constraint() {
            PrincipalConstraint::In(id) | PrincipalConstraint::IsIn(_, id) => is_of_role(&id),
            PrincipalConstraint::Any | PrincipalConstraint::Eq(_) | PrincipalConstraint::Is(_) => true,
        }
    }

    pub(crate) fn holds_for_life(&self) -> bool {
        self.is_permit || self.life.is_some()
    }
}

/// A piece of the file that ends with `;`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece<'a> {
    text: &'a str,
    /// Counted from 1; where its first word stands.
    line: usize,
    depth: usize,
    ifs: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    Text,
    Note,
}

/// Cuts at each `;` outside of strings and comments; what is left after the last one is a piece too.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut within, mut depth, mut deepest, mut ifs, mut line) = (Within::Code, 0_usize, 0_usize, 0_usize, 1_usize);
    let (mut begin, mut word) = (None, String::new());
    let mut chars = text.char_indices().peekable();
    while let Some((at, ch)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (within, ch) {
            (Within::Note, '\n' | '\r') => within = Within::Code,
            (Within::Text, '\\') => {
                if let Some((_, '\n')) = chars.next() {
                    line += 1;
                }
            }
            (Within::Text, '"') => within = Within::Code,
            (Within::Code, '/') if next == Some('/') => within = Within::Note,
            (Within::Code, _) if !ch.is_whitespace() => {
                begin.get_or_insert((at, line));
                match ch {
                    '"' => within = Within::Text,
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                deepest = deepest.max(depth);
            }
            _ => {}
        }
        if within == Within::Code && (ch.is_alphanumeric() || ch == '_') {
            word.push(ch);
        } else if std::mem::take(&mut word) == "if" {
            ifs += 1;
        }
        if within == Within::Code && ch == ';' {
            let (from, line) = begin.take().unwrap_or((at, line));
            found.push(Piece { text: text.get(from..=at).unwrap_or_default(), line, depth: deepest, ifs });
            (depth, deepest, ifs) = (0, 0, 0);
        }
        if ch == '\n' {
            line += 1;
        }
    }
    if let Some((from, line)) = begin {
        found.push(Piece { text: text.get(from..).unwrap_or_default(), line, depth: deepest, ifs });
    }
    found
}

/// Reads a file of rules; `name` is what errors call it.
pub(crate) fn read(text: &str, name: &str, vocabulary: &Vocabulary) -> Result<Vec<Rule>, PolicyError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(PolicyError::TooLarge { file: name.to_owned(), bytes: text.len() });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rules: Vec<Rule> = Vec::new();
    for piece in pieces(text) {
        let rule = rule_of(piece, name, vocabulary).map_err(|(line, reason)| PolicyError::Rule { file: name.to_owned(), line, reason })?;
        let refused = |reason: String| Err(PolicyError::Rule { file: name.to_owned(), line: rule.line, reason });
        if let Some(other) = rules.iter().find(|other| other.id == rule.id) {
            return refused(format!("the rule of line {} is called {:?} too", other.line, rule.id));
        }
        if rules.len() == RULES_MAX {
            return refused(format!("it is one more than the {RULES_MAX} rules that are taken"));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn rule_of(piece: Piece<'_>, name: &str, vocabulary: &Vocabulary) -> Result<Rule, (usize, String)> {
    let Piece { text, line, depth, ifs } = piece;
    let at_start = |reason: String| (line, reason);
    if text.len() > RULE_BYTES_MAX {
        return Err(at_start(format!("the rule has {} bytes; at most {RULE_BYTES_MAX} are taken", text.len())));
    }
    if depth > DEPTH_MAX || ifs > DEPTH_MAX {
        return Err(at_start(format!("the rule is deeper than {DEPTH_MAX} brackets or ifs")));
    }
    let parsed = Policy::parse(Some(PolicyId::new(format!("{name}:{line}"))), text);
    let policy = parsed.map_err(|error| (line + line_within(text, &error), told(&error)))?;
    let id = match policy.annotation("id").map(str::trim) {
        Some(id) if id.is_empty() || id.chars().count() > ID_CHARS_MAX || id.chars().any(char::is_control) => {
            return Err(at_start(format!("@id takes 1 to {ID_CHARS_MAX} characters")));
        }
        Some(id) => id.to_owned(),
        None => format!("{name}:{line}"),
    };
    let policy = policy.new_id(PolicyId::new(&id));
    let said = |key: &str| -> Result<Option<String>, (usize, String)> {
        match policy.annotation(key).map(str::trim) {
            Some(said) if said.is_empty() || said.chars().count() > WHY_CHARS_MAX || said.chars().any(char::is_control) => {
                Err(at_start(format!("@{key} takes 1 to {WHY_CHARS_MAX} characters in one line")))
            }
            said => Ok(said.map(ToOwned::to_owned)),
        }
    };
    if let Some((odd, _)) = policy.annotations().find(|(key, _)| !["id", "why", "gives", "life"].contains(key)) {
        return Err(at_start(format!("@{odd} says nothing to this house; it knows @id, @why, @gives and @life")));
    }
    let why = said("why")?.ok_or_else(|| at_start("the rule lacks @why(\"…\"), which is told to whoever it refuses".to_owned()))?;
    let (gives, life, is_permit) = (said("gives")?, said("life")?, policy.effect() == Effect::Permit);
    if is_permit && gives.is_none() {
        return Err(at_start("the rule permits: a force's rules only forbid, unless one says @gives(\"why this force gives more\")".to_owned()));
    }
    if !is_permit && gives.is_some() {
        return Err(at_start("the rule says @gives and forbids".to_owned()));
    }
    let about = about(&policy).map_err(at_start)?;
    if about.is_some() && (is_permit || life.is_some()) {
        let odd = if is_permit { "the rule permits, and is about rows: such a rule only hides" } else { "@life says nothing of rows: a rule about them stops no act" };
        return Err(at_start(odd.to_owned()));
    }
    check(&policy, about, vocabulary).map_err(|(within, reason)| (line + within, reason))?;
    let about = about.map(|resource| Ok::<_, String>((resource, translated(&policy, resource)?))).transpose().map_err(at_start)?;
    Ok(Rule { id, why, is_permit, life, text: text.to_owned(), line, policy, about })
}

/// Of which rows it is, by its scope.
fn about(policy: &Policy) -> Result<Option<Resource>, String> {
    let of = |name: &EntityTypeName| Resource::ALL.into_iter().find(|resource| name.to_string() == resource.as_str());
    let alone = |resource: Option<Resource>| match resource {
        Some(resource) => Err(format!("a rule about rows says `resource is {}` and no more in its scope", resource.as_str())),
        None => Ok(None),
    };
    match policy.resource_constraint() {
        ResourceConstraint::Is(name) => Ok(of(&name)),
        ResourceConstraint::IsIn(name, _) => alone(of(&name)),
        ResourceConstraint::In(id) | ResourceConstraint::Eq(id) => alone(of(id.type_name())),
        ResourceConstraint::Any => Ok(None),
    }
}

fn translated(policy: &Policy, resource: Resource) -> Result<Expr, String> {
    let json = policy.to_json().map_err(|error| error.to_string())?;
    translate::conditions(&json, resource)
}

/// Strictly: what may be missing must be asked for, and every name must be one of the schema. What can never hold is a slip, too.
fn check(policy: &Policy, about: Option<Resource>, vocabulary: &Vocabulary) -> Result<(), (usize, String)> {
    let set = PolicySet::from_policies([policy.clone()]).map_err(|error| (0, error.to_string()))?;
    let result = vocabulary.validator_of(about).validate(&set, ValidationMode::Strict);
    let text = policy.to_string();
    // File and line say which rule it is.
    let named = format!("for policy `{}`", policy.id());
    let plain = |said: String| said.replace(&format!("{named}: "), "").replace(&format!("{named}, "), "");
    let wrong = |error: &dyn Diagnostic| (line_within(&text, error), plain(told(error)));
    if let Some(error) = result.validation_errors().next() {
        return Err(wrong(error));
    }
    result.validation_warnings().next().map_or(Ok(()), |warning| Err(wrong(warning)))
}

/// Lines from the beginning of the rule to what is wrong in it.
fn line_within(text: &str, error: &dyn Diagnostic) -> usize {
    let offset = error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The message in one line, with what Cedar advises.
fn told(error: &dyn Diagnostic) -> String {
    let mut said = error.to_string();
    if let Some(help) = error.help() {
        said.push_str("; ");
        said.push_str(&help.to_string());
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What rules speak of: names of attributes and types, and the texts and persons that they compare with.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub names: BTreeSet<String>,
    pub values: BTreeSet<String>,
}

pub(crate) fn words_of<'a>(rules: impl Iterator<Item = &'a Rule>) -> Words {
    let mut words = Words::default();
    for rule in rules {
        if let Ok(json) = rule.policy.to_json() {
            gather(&json, &mut words);
        }
    }
    words
}

fn gather(json: &Value, words: &mut Words) {
    match json {
        Value::String(text) => _ = words.names.insert(text.clone()),
        Value::Array(items) => {
            // A pattern is an array of wildcards and letters: without its wildcards it fits itself.
            let literal: String = items.iter().filter_map(|item| item.get("Literal").and_then(Value::as_str)).collect();
            words.values.extend((!literal.is_empty()).then_some(literal));
            items.iter().for_each(|item| gather(item, words));
        }
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key).and_then(Value::as_str);
            words.values.extend(text("Value").map(ToOwned::to_owned));
            words.values.extend(text("id").filter(|_| text("type") == Some("Person")).map(ToOwned::to_owned));
            for (key, value) in fields {
                words.names.insert(key.clone());
                gather(value, words);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_at_semicolons_outside_of_texts_and_notes() {
        let text = "// a ; note\npermit(a); // ;\n@why(\"x;\\\"y\")\nforbid(b)\nwhen { \"//\" == (\";\") };\nrest";
        let cut: Vec<(&str, usize, usize)> = pieces(text).into_iter().map(|piece| (piece.text, piece.line, piece.depth)).collect();
        assert_eq!(
            cut,
            [("permit(a);", 2, 1), ("@why(\"x;\\\"y\")\nforbid(b)\nwhen { \"//\" == (\";\") };", 3, 2), ("rest", 6, 0)]
        );
        assert_eq!(pieces(" \n// nothing\n"), []);
        assert_eq!(pieces("if if(if) \"if\" iffy;").first().map(|piece| piece.ifs), Some(3));
    }
}
