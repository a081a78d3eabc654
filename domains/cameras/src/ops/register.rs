//! The register of cameras: who answered for which, until when; and the decisions.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::{CameraId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Page, PageQuery, Params, Person, Problem, Route};
use shouhu_place::Wgs84;

use crate::directory::Directory;
use crate::model::{Camera, CameraKind};
use crate::register::{self, AT_ONCE_MAX, Basis, Grounds, RegisterError, RegisterState, Review};
use crate::store;

pub const LIST: Route = Route::get("/v1/cameras/register", "Lists why each camera stands there and until when somebody answers for it", || {
    axum::routing::get(list)
})
.permission("cameras.register")
.audit(Audit::None("where and why cameras stand is no personal data"))
.asks::<PageQuery>()
.gives::<Page<RegisterLine>>();

pub const REVIEW: Route =
    Route::post("/v1/cameras/reviews", "Answers for cameras until a next review", || axum::routing::post(review))
        .permission("cameras.review")
        .audit(Audit::Write)
        .takes::<ReviewCameras>()
        .gives::<Reviewed>();

pub const END: Route =
    Route::post("/v1/cameras/{id}/review/end", "Ends the review of a camera: from now on it records nothing", || axum::routing::post(end))
        .permission("cameras.review")
        .audit(Audit::Write)
        .takes::<EndReview>()
        .gives::<RegisterLine>();

const LIMIT_DEFAULT: i64 = 1_000;
const LIMIT_MAX: i64 = 5_000;

/// A camera as the register has it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RegisterLine {
    pub camera: CameraId,
    pub name: String,
    pub kind: CameraKind,
    pub position: Wgs84,
    pub is_active: bool,
    pub state: RegisterState,
    /// It records until then, or did.
    pub until_us: Micros,
    /// The newest decision; absent where there was none.
    pub review: Option<ReviewTold>,
    /// Passages that it sent to this server since its start and that were destroyed, because nobody answers for it.
    pub destroyed: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "CameraReview")]
pub struct ReviewTold {
    pub basis: Basis,
    pub purpose: String,
    pub notice: String,
    pub decided_at_us: Micros,
    pub decided_by_name: String,
    pub until_us: Micros,
    pub ended_at_us: Option<Micros>,
    pub end_reason: Option<String>,
}

/// `POST /v1/cameras/reviews`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ReviewCameras {
    /// Those that stand for the same reason; 1 to 5,000.
    pub cameras: Vec<CameraId>,
    pub basis: Basis,
    /// What they are for, 1 to 300 characters.
    pub purpose: String,
    /// How the public is told of them, such as a sign or the bureau's web page; 1 to 300 characters.
    pub notice: String,
    /// The next review, within 366 days.
    pub until_us: Micros,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reviewed {
    pub cameras: usize,
    pub until_us: Micros,
}

/// `POST /v1/cameras/{id}/review/end`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct EndReview {
    pub reason: String,
}

impl From<&Review> for ReviewTold {
    fn from(review: &Review) -> Self {
        Self {
            basis: review.basis,
            purpose: review.purpose.clone(),
            notice: review.notice.clone(),
            decided_at_us: review.decided_at,
            decided_by_name: review.decided_by_name.clone(),
            until_us: review.until,
            ended_at_us: review.ended_at,
            end_reason: review.end_reason.clone(),
        }
    }
}

fn line(camera: Camera, reviews: &[Review], began_at: Micros, now: Micros, directory: &Directory) -> RegisterLine {
    let (state, until_us) = register::state(camera.created_at_us, began_at, reviews, now);
    RegisterLine {
        camera: camera.id,
        destroyed: directory.destroyed_of(camera.id),
        name: camera.name,
        kind: camera.kind,
        position: camera.position,
        is_active: camera.is_active,
        state,
        until_us,
        review: reviews.last().map(ReviewTold::from),
    }
}

async fn list(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<RegisterLine>>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let cameras = store::page(&app.store, query.cursor.as_deref().unwrap_or_default(), limit + 1).await?;
    let span = cameras.first().zip(cameras.last()).map(|(first, last)| (first.id, last.id));
    let reviews = register::by_camera(register::reviews(&app.store, span).await?);
    let (began_at, now, directory) = (register::began_at(&app.store).await?, app.env.now(), app.room::<Directory>());
    let lines = cameras.into_iter().map(|camera| {
        let of_camera = reviews.get(&camera.id).map_or(&[][..], Vec::as_slice);
        line(camera, of_camera, began_at, now, &directory)
    });
    Ok(Json(Page::cut(lines.collect(), limit, |line| line.camera.to_string())))
}

async fn review(State(app): State<App>, person: Person, Body(mut body): Body<ReviewCameras>) -> Result<Audited<Reviewed>, Problem> {
    body.cameras.sort_unstable();
    body.cameras.dedup();
    let Some(first) = body.cameras.first().copied().filter(|_| body.cameras.len() <= AT_ONCE_MAX) else {
        return Err(RegisterError::Count(body.cameras.len()).into());
    };
    let now = app.env.now();
    let grounds = Grounds::checked(body.basis, &body.purpose, &body.notice, body.until_us, now)?;
    let mut tx = app.store.begin().await?;
    if let Some(unknown) = register::write(&mut tx, &body.cameras, &grounds, &person, now).await? {
        return Err(RegisterError::Unknown(unknown).into());
    }
    // Every server reads the whole register again: one fact is enough for all of them.
    tx.emit(&Event::CameraChanged { camera: first }).await?;
    tx.commit().await?;
    app.room::<Directory>().reload(&app.store).await?;
    let told = Reviewed { cameras: body.cameras.len(), until_us: grounds.until };
    Ok(Audited::new(format!("{} cameras until {}: {}", told.cameras, grounds.until.0, grounds.purpose), told))
}

async fn end(State(app): State<App>, person: Person, Id(id): Id<CameraId>, Body(body): Body<EndReview>) -> Result<Audited<RegisterLine>, Problem> {
    let reason = register::reason(&body.reason)?;
    let camera = store::get(&app.store, id).await?.ok_or(RegisterError::Unknown(id))?;
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    if !register::end(&mut tx, id, &reason, &person, now).await? {
        return Err(RegisterError::NoneHolds.into());
    }
    tx.emit(&Event::CameraChanged { camera: id }).await?;
    tx.commit().await?;
    let directory = app.room::<Directory>();
    directory.reload(&app.store).await?;
    let reviews = register::reviews(&app.store, Some((id, id))).await?;
    let told = line(camera, &reviews, register::began_at(&app.store).await?, now, &directory);
    Ok(Audited::new(format!("camera {}: {reason}", told.name), told))
}
