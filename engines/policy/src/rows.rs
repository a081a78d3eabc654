//! Rules about rows: what is left of a force's rules when everything but the row is known (ADR 0023, partial evaluation).
//!
//! **Invariant:** a [`Residual`] has two values, never three: what a row does not have fits no test about it. Whoever translates one must keep that.

use std::collections::BTreeMap;

/// What a rule about rows may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    Incident,
    /// What a camera recorded; that it stands there is no secret.
    Camera,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Text,
    Number,
}

/// Something that is stored of each row, under this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    pub of: Type,
    /// Some rows have none: a rule must ask with `has` first.
    pub is_optional: bool,
}

const fn text(name: &'static str) -> Attribute {
    Attribute { name, of: Type::Text, is_optional: false }
}

impl Resource {
    pub const ALL: [Self; 2] = [Self::Incident, Self::Camera];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incident => "Incident",
            Self::Camera => "Camera",
        }
    }

    /// Each is a column of the same name in the table of the room that keeps it.
    #[must_use]
    pub const fn attributes(self) -> &'static [Attribute] {
        const INCIDENT: &[Attribute] = &[text("kind"), text("origin"), Attribute { name: "priority", of: Type::Number, is_optional: false }];
        const CAMERA: &[Attribute] =
            &[text("kind"), Attribute { name: "name", of: Type::Text, is_optional: true }, Attribute { name: "office", of: Type::Text, is_optional: true }];
        match self {
            Self::Incident => INCIDENT,
            Self::Camera => CAMERA,
        }
    }

    pub(crate) fn attribute(self, name: &str) -> Option<&'static Attribute> {
        self.attributes().iter().find(|attribute| attribute.name == name)
    }
}

/// The `kind` of what records and is no camera of the register: a partner's gantry, a device that names no camera. It has no other attribute.
pub const NO_CAMERA: &str = "other";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Comparison {
    pub(crate) const fn turned(self) -> Self {
        match self {
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::More => Self::Less,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }

    #[must_use]
    pub const fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

/// What is asked of a text. Letters are compared as they are, upper and lower case apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextTest {
    Among(Vec<String>),
    Starts(String),
    Ends(String),
    /// Somewhere in it; never empty.
    Holds(String),
    /// Begins with the one and ends with the other, which do not overlap.
    StartsAndEnds(String, String),
}

impl TextTest {
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Among(words) => words.iter().any(|word| word == text),
            Self::Starts(start) => text.starts_with(start.as_str()),
            Self::Ends(end) => text.ends_with(end.as_str()),
            Self::Holds(part) => text.contains(part.as_str()),
            Self::StartsAndEnds(start, end) => text.strip_prefix(start.as_str()).is_some_and(|rest| rest.ends_with(end.as_str())),
        }
    }
}

/// Which rows are hidden, by what is stored of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Residual {
    Known(bool),
    Not(Box<Residual>),
    All(Vec<Residual>),
    Any(Vec<Residual>),
    /// Whether the row has the attribute.
    Has(&'static str),
    Text(&'static str, TextTest),
    Number(&'static str, Comparison, i64),
}

impl Residual {
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Known(is_so) => Self::Known(!is_so),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(false), _) | (_, Self::Known(false)) => Self::Known(false),
            (Self::Known(true), one) | (one, Self::Known(true)) => one,
            (Self::All(mut all), one) => {
                all.push(one);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(true), _) | (_, Self::Known(true)) => Self::Known(true),
            (Self::Known(false), one) | (one, Self::Known(false)) => one,
            // One list instead of as many tests as it has words.
            (Self::Text(name, TextTest::Among(mut words)), Self::Text(same, TextTest::Among(more))) if name == same => {
                words.extend(more);
                Self::Text(name, TextTest::Among(words))
            }
            (Self::Any(mut any), one) => {
                any.push(one);
                Self::Any(any)
            }
            (one, other) => Self::Any(vec![one, other]),
        }
    }

    /// Whether no row is hidden.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Known(false))
    }

    /// Whether a row is hidden that has these attributes and no others.
    #[must_use]
    pub fn hides(&self, row: &Row) -> bool {
        match self {
            Self::Known(is_so) => *is_so,
            Self::Not(inner) => !inner.hides(row),
            Self::All(all) => all.iter().all(|one| one.hides(row)),
            Self::Any(any) => any.iter().any(|one| one.hides(row)),
            Self::Has(name) => row.0.contains_key(name),
            Self::Text(name, test) => matches!(row.0.get(name), Some(Cell::Text(text)) if test.fits(text)),
            Self::Number(name, comparison, bound) => matches!(row.0.get(name), Some(Cell::Number(number)) if comparison.holds(*number, *bound)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Number(i64),
}

/// What is stored of one row, by the names of its attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(pub BTreeMap<&'static str, Cell>);

impl Row {
    /// What records and stands in no register of cameras.
    #[must_use]
    pub fn of_no_camera() -> Self {
        Self(BTreeMap::from([("kind", Cell::Text(NO_CAMERA.to_owned()))]))
    }
}
