//! What a unit can do or carries: read for all units, set for one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_ids::UnitId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Problem, Route};
use shouhu_store::{Store, StoreError, params};

use crate::model::{Items, SetSkills, UnitSkills};
use crate::{skills, store};

pub const LIST_ROUTE: Route = Route::get("/v1/units/skills", "List what units can do or carry", || axum::routing::get(list))
    .permission("units.watch")
    .audit(Audit::None("equipment of units; nobody's data"))
    .load(Load::Life)
    .gives::<Items<UnitSkills>>();

pub const SET_ROUTE: Route =
    Route::post("/v1/units/{id}/skills", "Set what a unit can do or carries", || axum::routing::post(set))
        .permission("units.manage")
        .audit(Audit::Write)
        .load(Load::Interactive)
        .takes::<SetSkills>()
        .gives::<UnitSkills>();

#[derive(Debug, thiserror::Error)]
pub enum SkillsError {
    #[error("there is no such unit")]
    NotFound,
    #[error("skill {0:?} is not in the catalogue")]
    Unknown(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for SkillsError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Unknown(_) => "dispatch.policy.unknown_skill",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unknown(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// Replaces the skills of a unit; each is kept once, in the order of the catalogue.
///
/// # Errors
/// When there is no such unit or skill.
pub async fn set_skills(store: &Store, unit: UnitId, wanted: &[String]) -> Result<UnitSkills, SkillsError> {
    if let Some(unknown) = wanted.iter().find(|key| !skills::is_known(key)) {
        return Err(SkillsError::Unknown(unknown.chars().take(40).collect()));
    }
    let known = store::unit(store, unit).await?.ok_or(SkillsError::NotFound)?;
    let kept = skills::SKILLS.iter().filter(|key| wanted.iter().any(|wanted| wanted == *key));
    let kept: Vec<String> = kept.map(|key| (*key).to_owned()).collect();
    let json = serde_json::Value::from(kept.clone()).to_string();
    let mut tx = store.begin().await?;
    tx.execute("UPDATE dispatch_unit SET skills = $1 WHERE id = $2", params![json, unit]).await?;
    tx.emit(&Event::UnitChanged { unit, state: known.state }).await?;
    tx.commit().await?;
    Ok(UnitSkills { unit, skills: kept })
}

async fn list(State(app): State<App>) -> Result<Json<Items<UnitSkills>>, Problem> {
    let rows = app.store.fetch("SELECT id, skills FROM dispatch_unit ORDER BY call_sign, id", params![]).await?;
    let items: Result<Vec<UnitSkills>, StoreError> =
        rows.iter().map(|row| Ok(UnitSkills { unit: row.parsed("id")?, skills: row.json("skills")? })).collect();
    Ok(Json(Items { items: items? }))
}

async fn set(State(app): State<App>, Id(id): Id<UnitId>, Body(body): Body<SetSkills>) -> Result<Audited<UnitSkills>, Problem> {
    let set = set_skills(&app.store, id, &body.skills).await?;
    Ok(Audited::new(format!("{id} {}", set.skills.join(" ")), set))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::Scene;

    #[tokio::test]
    async fn skills_are_kept_once_in_order_and_unknown_ones_change_nothing() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let unit = Scene::new(&store).await.unit("永康 21").await;
            let wanted = ["drone", "english", "drone"].map(str::to_owned);
            assert_eq!(set_skills(&store, unit, &wanted).await.unwrap().skills, ["english", "drone"]);
            let refused = set_skills(&store, unit, &["juggling".to_owned()]).await.unwrap_err();
            assert_eq!(refused.key(), "dispatch.policy.unknown_skill");
            let standing = crate::standing::of_all(&store).await.unwrap();
            assert_eq!(standing.get(&unit).unwrap().skills, ["english", "drone"]);
        })
        .await;
    }
}
