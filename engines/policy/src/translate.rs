//! What a rule about rows may say: the part of Cedar that SQL says as well, read from Cedar's stable JSON form. Everything else is refused with its name,
//! when the file is read; nothing is left out silently.
//!
//! **Invariant:** nothing in an [`Expr`] fails when it is evaluated, but for an attribute that is missing; strict validation has every optional one asked for
//! with `has` first.

use serde_json::Value as Json;

use crate::rows::{Attribute, Comparison, Resource, TextTest};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Truth(bool),
    Number(i64),
    Text(String),
    Entity { of: String, id: String },
}

/// Whose attributes are known when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Principal,
    Context,
}

/// Something that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    Value(Value),
    Principal,
    Asked(Asked, String),
    Row(&'static Attribute),
}

/// Something that is so or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    Truth(Operand),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Compare(Comparison, Operand, Operand),
    /// Of entities, none of them the row.
    In(Operand, Vec<Operand>),
    /// Whether one of them is it.
    Among(Operand, Vec<Operand>),
    /// `None`: every text fits.
    Like(Operand, Option<TextTest>),
    HasAsked(Asked, String),
    HasRow(&'static Attribute),
}

impl Expr {
    fn has_if(&self) -> bool {
        match self {
            Self::If(..) => true,
            Self::Not(inner) => inner.has_if(),
            Self::And(left, right) | Self::Or(left, right) => left.has_if() || right.has_if(),
            _ => false,
        }
    }
}

/// The conditions of a rule as one, in their order.
pub fn conditions(policy: &Json, resource: Resource) -> Result<Expr, String> {
    let mut whole = Expr::Truth(Operand::Value(Value::Truth(true)));
    for condition in policy.get("conditions").and_then(Json::as_array).into_iter().flatten() {
        let body = truth(condition.get("body").unwrap_or(&Json::Null), resource)?;
        let body = match condition.get("kind").and_then(Json::as_str) {
            Some("when") => body,
            Some("unless") => Expr::Not(Box::new(body)),
            _ => return Err("it has a condition that is neither `when` nor `unless`".to_owned()),
        };
        whole = Expr::And(Box::new(whole), Box::new(body));
    }
    Ok(whole)
}

fn single(json: &Json) -> Result<(&str, &Json), String> {
    let only = json.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next());
    only.map(|(key, inside)| (key.as_str(), inside)).ok_or_else(|| "something in it is not understood".to_owned())
}

fn part<'j>(inside: &'j Json, name: &str) -> &'j Json {
    inside.get(name).unwrap_or(&Json::Null)
}

fn truth(json: &Json, resource: Resource) -> Result<Expr, String> {
    let (key, inside) = single(json)?;
    let one = |name: &str| truth(part(inside, name), resource).map(Box::new);
    let side = |name: &str| operand(part(inside, name), resource);
    let compared = |comparison: Comparison| compared(comparison, side("left")?, side("right")?);
    match key {
        "!" => Ok(Expr::Not(one("arg")?)),
        "&&" => Ok(Expr::And(one("left")?, one("right")?)),
        "||" => Ok(Expr::Or(one("left")?, one("right")?)),
        "if-then-else" => {
            let condition = one("if")?;
            // It is said twice of what is left: one within the other would double with each level.
            if condition.has_if() {
                return Err("an `if` stands in the condition of an `if`".to_owned());
            }
            Ok(Expr::If(condition, one("then")?, one("else")?))
        }
        "==" => compared(Comparison::Equal),
        "!=" => compared(Comparison::NotEqual),
        "<" => compared(Comparison::Less),
        "<=" => compared(Comparison::AtMost),
        ">" => compared(Comparison::More),
        ">=" => compared(Comparison::AtLeast),
        "in" => {
            let (left, right) = (side("left")?, entities(part(inside, "right"), resource)?);
            if matches!(left, Operand::Row(_)) { Err("the row is asked for what it is in".to_owned()) } else { Ok(Expr::In(left, right)) }
        }
        "contains" => Ok(Expr::Among(side("right")?, members(part(inside, "left"), resource)?)),
        "like" => Ok(Expr::Like(side("left")?, pattern(part(inside, "pattern"))?)),
        "has" => has(inside, resource),
        "Value" | "." => Ok(Expr::Truth(known(operand(json, resource)?)?)),
        other => Err(format!("`{other}` cannot be said about rows")),
    }
}

fn compared(comparison: Comparison, left: Operand, right: Operand) -> Result<Expr, String> {
    match (&left, &right) {
        (Operand::Row(_), Operand::Row(_)) => Err("two attributes of a row are compared with each other".to_owned()),
        _ => Ok(Expr::Compare(comparison, left, right)),
    }
}

/// Rows have no attribute that is true or false by itself.
fn known(operand: Operand) -> Result<Operand, String> {
    match operand {
        Operand::Row(attribute) => Err(format!("the attribute {} of a row stands where something is so or is not", attribute.name)),
        other => Ok(other),
    }
}

fn operand(json: &Json, resource: Resource) -> Result<Operand, String> {
    let (key, inside) = single(json)?;
    match key {
        "Value" => value(inside).map(Operand::Value),
        "Var" => match inside.as_str() {
            Some("principal") => Ok(Operand::Principal),
            Some("resource") => Err("the row itself stands where an attribute of it must: rules know rows by their attributes alone".to_owned()),
            Some("action") => Err("`action` stands in a condition: a rule about rows says it in its scope".to_owned()),
            _ => Err("the context as a whole cannot be compared".to_owned()),
        },
        "." => {
            let name = part(inside, "attr").as_str().unwrap_or_default();
            match variable(part(inside, "left")) {
                Some("principal") => Ok(Operand::Asked(Asked::Principal, name.to_owned())),
                Some("context") => Ok(Operand::Asked(Asked::Context, name.to_owned())),
                Some("resource") => row(name, resource).map(Operand::Row),
                _ => Err(format!("`.{name}` is asked of something that is not principal, context or resource")),
            }
        }
        other => Err(format!("`{other}` stands where rules about rows take an attribute or a literal")),
    }
}

fn row(name: &str, resource: Resource) -> Result<&'static Attribute, String> {
    resource.attribute(name).ok_or_else(|| format!("{} has no attribute {name}", resource.as_str()))
}

fn variable(json: &Json) -> Option<&str> {
    json.get("Var").and_then(Json::as_str)
}

fn value(json: &Json) -> Result<Value, String> {
    if let Some(entity) = json.get("__entity") {
        let text = |name: &str| entity.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
        let (of, id) = (text("type"), text("id"));
        return of.zip(id).map(|(of, id)| Value::Entity { of, id }).ok_or_else(|| "it names an entity in a way that is not understood".to_owned());
    }
    match json {
        Json::Bool(is_so) => Ok(Value::Truth(*is_so)),
        Json::Number(number) => number.as_i64().map(Value::Number).ok_or_else(|| format!("{number} is no whole number")),
        Json::String(text) => plain(text).map(Value::Text),
        _ => Err("a set or record stands where rules about rows take an attribute or a literal".to_owned()),
    }
}

/// A database may know no zero byte in a text.
fn plain(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) { Err("a text in it has control characters".to_owned()) } else { Ok(text.to_owned()) }
}

fn members(json: &Json, resource: Resource) -> Result<Vec<Operand>, String> {
    let (key, inside) = single(json)?;
    let items = match key {
        "Set" => inside.as_array(),
        _ => None,
    };
    let items = items.ok_or_else(|| "`contains` and `in` take a set that is written out".to_owned())?;
    let member = |item: &Json| match operand(item, resource)? {
        Operand::Row(attribute) => Err(format!("the attribute {} of a row stands in a set", attribute.name)),
        other => Ok(other),
    };
    items.iter().map(member).collect()
}

/// One, or a set that is written out.
fn entities(json: &Json, resource: Resource) -> Result<Vec<Operand>, String> {
    match single(json)? {
        ("Set", _) => members(json, resource),
        _ => match operand(json, resource)? {
            Operand::Row(attribute) => Err(format!("something is asked to be in the attribute {} of a row", attribute.name)),
            other => Ok(vec![other]),
        },
    }
}

fn has(inside: &Json, resource: Resource) -> Result<Expr, String> {
    let name = part(inside, "attr").as_str().ok_or_else(|| "`has` takes one attribute in a rule about rows".to_owned())?;
    match variable(part(inside, "left")) {
        Some("principal") => Ok(Expr::HasAsked(Asked::Principal, name.to_owned())),
        Some("context") => Ok(Expr::HasAsked(Asked::Context, name.to_owned())),
        Some("resource") => row(name, resource).map(Expr::HasRow),
        _ => Err(format!("`has {name}` is asked of something that is not principal, context or resource")),
    }
}

/// `a`, `a*`, `*a`, `*a*`, `a*b` and `*`: what can be said in SQL of either database in the same letters.
fn pattern(json: &Json) -> Result<Option<TextTest>, String> {
    // Between each two of them stands a wildcard.
    let mut texts = vec![String::new()];
    for item in json.as_array().into_iter().flatten() {
        match item.get("Literal").and_then(Json::as_str) {
            Some(literal) => {
                if let Some(text) = texts.last_mut() {
                    text.push_str(literal);
                }
            }
            None => texts.push(String::new()),
        }
    }
    for text in &texts {
        plain(text)?;
    }
    let (is_open_before, is_open_after) = (texts.first().is_some_and(String::is_empty), texts.last().is_some_and(String::is_empty));
    let has_wildcard = texts.len() > 1;
    let said: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    match (said.as_slice(), has_wildcard) {
        ([], true) => Ok(None),
        ([], false) => Ok(Some(TextTest::Among(vec![String::new()]))),
        ([text], false) => Ok(Some(TextTest::Among(vec![text.clone()]))),
        ([text], true) if is_open_before && is_open_after => Ok(Some(TextTest::Holds(text.clone()))),
        ([text], true) if is_open_before => Ok(Some(TextTest::Ends(text.clone()))),
        ([text], true) => Ok(Some(TextTest::Starts(text.clone()))),
        ([start, end], true) if !is_open_before && !is_open_after => Ok(Some(TextTest::StartsAndEnds(start.clone(), end.clone()))),
        _ => Err("the pattern is not `a`, `a*`, `*a`, `*a*` or `a*b`, which is what can be said about rows".to_owned()),
    }
}
