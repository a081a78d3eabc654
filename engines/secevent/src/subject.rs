//! Whom an event is about (RFC 9493, and SSF's complex subject).

use serde_json::{Map, Value, json};

use crate::refused::SetRefused;

/// An address of e-mail has at most 254 characters, a URL of an issuer seldom more.
pub const ID_CHARS_MAX: usize = 320;

/// The formats that are understood; another one names nobody here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SubjectId {
    IssSub { iss: String, sub: String },
    /// As it was written: who compares it makes it small first.
    Email(String),
    Opaque(String),
}

/// A simple subject is a user, or the stream of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    pub user: Option<SubjectId>,
    pub session: Option<SubjectId>,
    pub device: Option<SubjectId>,
}

fn id_text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, SetRefused> {
    let text = members.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_one = !text.is_empty() && text.chars().count() <= ID_CHARS_MAX && !text.chars().any(char::is_control);
    if is_one { Ok(text) } else { Err(SetRefused::Claim("sub_id")) }
}

impl SubjectId {
    /// `None` of a format that is not understood.
    fn of(members: &Map<String, Value>) -> Result<Option<Self>, SetRefused> {
        let text = |name: &str| id_text(members, name).map(ToOwned::to_owned);
        match id_text(members, "format")? {
            "iss_sub" => Ok(Some(Self::IssSub { iss: text("iss")?, sub: text("sub")? })),
            "email" => Ok(Some(Self::Email(text("email")?))),
            "opaque" => Ok(Some(Self::Opaque(text("id")?))),
            _ => Ok(None),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::IssSub { iss, sub } => json!({ "format": "iss_sub", "iss": iss, "sub": sub }),
            Self::Email(email) => json!({ "format": "email", "email": email }),
            Self::Opaque(id) => json!({ "format": "opaque", "id": id }),
        }
    }
}

impl Subject {
    #[must_use]
    pub fn user(id: SubjectId) -> Self {
        Self { user: Some(id), ..Self::default() }
    }

    pub(crate) fn of(sub_id: Option<&Value>) -> Result<Self, SetRefused> {
        let Some(Value::Object(members)) = sub_id else { return Err(SetRefused::Claim("sub_id")) };
        if id_text(members, "format")? != "complex" {
            return Ok(Self { user: SubjectId::of(members)?, ..Self::default() });
        }
        let part = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::Object(members)) => SubjectId::of(members),
            Some(_) => Err(SetRefused::Claim("sub_id")),
        };
        Ok(Self { user: part("user")?, session: part("session")?, device: part("device")? })
    }

    pub(crate) fn to_json(&self) -> Value {
        if let (Some(user), None, None) = (&self.user, &self.session, &self.device) {
            return user.to_json();
        }
        let mut members = Map::new();
        members.insert("format".into(), json!("complex"));
        for (name, id) in [("user", &self.user), ("session", &self.session), ("device", &self.device)] {
            if let Some(id) = id {
                members.insert(name.into(), id.to_json());
            }
        }
        Value::Object(members)
    }
}
