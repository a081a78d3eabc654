//! Who may see a photo. What one may not see does not exist.
//!
//! Dispatchers and supervisors see those of every incident, as its log. A crew sees those of its own orders, for a day after the
//! end, as the incident itself. A detective names the case for which he looks; the leaf in the audit log says it.

use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{IncidentId, Micros, PhotoId};
use shouhu_module::{App, CASE_CHARS_MAX, NoCase, Person, Problem};
use shouhu_wire::Role;

use super::{AFTER_END_US, Photo, PhotoSize, of_incident, one};
use crate::ops::incident_get;
use crate::store;

/// `GET /v1/photos/{id}` and the list of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct LookAtPhotos {
    /// Case or 110 number; a detective must name one.
    pub case: Option<String>,
    /// Without it, the large picture.
    #[serde(default)]
    pub size: PhotoSize,
}

impl LookAtPhotos {
    /// For the leaf: empty, or the case for which somebody looks.
    ///
    /// # Errors
    /// When a detective names none.
    pub fn reason(&self, by: &Person) -> Result<String, NoCase> {
        let case: String = self.case.as_deref().unwrap_or_default().trim().chars().take(CASE_CHARS_MAX).collect();
        match (by.role, case.is_empty()) {
            (Role::Detective, true) => Err(NoCase),
            (_, true) => Ok(String::new()),
            (_, false) => Ok(format!(" for {case}")),
        }
    }
}

/// Whether a crew may see it: its unit's, while the order goes on and a day longer.
fn is_of_crew(by: &Person, photo: &Photo, now: Micros) -> bool {
    let since = now.plus(-AFTER_END_US);
    by.unit == Some(photo.unit) && photo.order_ended_at.is_none_or(|ended_at| ended_at >= since)
}

/// # Errors
/// 404 when there is none that the person may see.
pub async fn photo(app: &App, by: &Person, id: PhotoId) -> Result<Photo, Problem> {
    let nothing = || Problem::not_found("photo");
    let photo = one(&app.store, id).await?.ok_or_else(nothing)?;
    if by.role == Role::Officer && !is_of_crew(by, &photo, app.env.now()) {
        return Err(nothing());
    }
    Ok(photo)
}

/// The incident's number and the photos of it that the person may see.
///
/// # Errors
/// 404 when there is no incident that the person may see.
pub async fn photos(app: &App, by: &Person, id: IncidentId) -> Result<(String, Vec<Photo>), Problem> {
    if by.role != Role::Officer {
        let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
        return Ok((incident.number, of_incident(&app.store, id).await?));
    }
    let incident = incident_get::visible(app, by, id).await?;
    let now = app.env.now();
    let mut photos = of_incident(&app.store, id).await?;
    photos.retain(|photo| is_of_crew(by, photo, now));
    Ok((incident.number, photos))
}
