//! A camera as people know it.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, Micros};
use shouhu_module::Keyed;
use shouhu_place::Wgs84;

pub const NAME_CHARS_MAX: usize = 80;
pub const OFFICE_CHARS_MAX: usize = 80;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraKind {
    /// Stands at its position.
    #[default]
    Fixed,
    /// Rides in a car; its position is where the car is garaged.
    Patrol,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Camera {
    pub id: CameraId,
    pub name: String,
    pub kind: CameraKind,
    pub position: Wgs84,
    /// Where it looks, degrees clockwise from north.
    pub heading_deg: Option<f64>,
    pub is_active: bool,
    pub created_at_us: Micros,
    /// Whose camera it is; rules of the force may compare it with the office of whoever looks.
    pub office: Option<String>,
}

/// A camera that is not stored yet; names and headings are within their bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCamera {
    pub name: String,
    pub kind: CameraKind,
    pub position: Wgs84,
    pub heading_deg: Option<f64>,
    pub office: Option<String>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CameraError {
    #[error("a camera needs a name")]
    NameEmpty,
    #[error("name has {chars} characters; at most {NAME_CHARS_MAX} are taken")]
    NameTooLong { chars: usize },
    #[error("heading {0} is not within 0 and 360 degrees")]
    Heading(f64),
    #[error("the office has {chars} characters; at most {OFFICE_CHARS_MAX} are taken")]
    OfficeTooLong { chars: usize },
    #[error("a camera named {0:?} exists already")]
    NameTaken(String),
}

impl Keyed for CameraError {
    fn key(&self) -> &'static str {
        match self {
            Self::NameEmpty => "cameras.create.name_empty",
            Self::NameTooLong { .. } => "cameras.create.name_too_long",
            Self::Heading(_) => "cameras.create.heading_invalid",
            Self::OfficeTooLong { .. } => "cameras.office.too_long",
            Self::NameTaken(_) => "cameras.create.name_taken",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NameTaken(_) => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// The name of an office as it is written of people; blank is none.
///
/// # Errors
/// When it is too long.
pub fn checked_office(office: Option<&str>) -> Result<Option<String>, CameraError> {
    let office: String = office.unwrap_or_default().chars().filter(|ch| !ch.is_control()).collect();
    let (office, chars) = (office.trim(), office.trim().chars().count());
    if chars > OFFICE_CHARS_MAX {
        return Err(CameraError::OfficeTooLong { chars });
    }
    Ok((chars > 0).then(|| office.to_owned()))
}

impl NewCamera {
    /// # Errors
    /// When the name is empty or too long, or the heading is none.
    pub fn checked(name: &str, kind: CameraKind, position: Wgs84, heading_deg: Option<f64>) -> Result<Self, CameraError> {
        // NUL and other control characters are never part of a name, and PostgreSQL refuses the first.
        let name: String = name.chars().filter(|ch| !ch.is_control()).collect();
        let name = name.trim();
        let chars = name.chars().count();
        if chars == 0 {
            return Err(CameraError::NameEmpty);
        }
        if chars > NAME_CHARS_MAX {
            return Err(CameraError::NameTooLong { chars });
        }
        if let Some(heading) = heading_deg.filter(|heading| !(0.0..=360.0).contains(heading)) {
            return Err(CameraError::Heading(heading));
        }
        Ok(Self { name: name.to_owned(), kind, position, heading_deg: heading_deg.map(|heading| heading.rem_euclid(360.0)), office: None })
    }

    /// # Errors
    /// When the office is too long.
    pub fn of_office(self, office: Option<&str>) -> Result<Self, CameraError> {
        Ok(Self { office: checked_office(office)?, ..self })
    }
}
