//! `POST /v1/hits/{id}/confirm`: a person has read the plate in the picture and says that it is the wanted one.
//!
//! **Invariant:** this is the only way by which a raised hit becomes confirmed, and only a confirmed hit can be dispatched.
//! What the person types must be a possible reading of the picture *and* the plate that is looked for: typing the camera's
//! reading of another car is refused, even though the camera read it.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::{HitId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_plate::{Pattern, Plate, PlateError};
use shouhu_store::Store;
use shouhu_wire::{ConfirmHit, Hit, HitState};

use crate::fold::clipped;
use crate::hits::{self, Decision};
use crate::model::WHY_CHARS_MAX;
use crate::sight;

pub const ROUTE: Route = Route::post("/v1/hits/{id}/confirm", "Confirm a hit by the plate that you read in the picture", || {
    axum::routing::post(handle)
})
.permission("hits.decide")
.audit(Audit::Write)
.load(Load::Life)
.takes::<ConfirmHit>()
.gives::<Hit>();

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    #[error("{by} has {state} this hit already, at {at}")]
    AlreadyDecided { state: &'static str, by: String, at: String },
    #[error("the entry of this hit is no longer in force: reject it as entry_outdated")]
    EntryNotInForce,
    #[error("what you typed is no plate: {0}")]
    PlateUnreadable(#[from] PlateError),
    #[error(
        "you read {seen}, but the camera read {read}{others} and {wanted} is looked for: look again, or reject the hit as misread"
    )]
    PlateDiffers { seen: String, read: String, others: String, wanted: String },
    #[error("you read {seen}, which is not {wanted}, the plate that is looked for: reject the hit as misread")]
    NotWanted { seen: String, wanted: String },
}

pub const KEYS: &[&str] = &[
    "hits.confirm.already_decided",
    "hits.confirm.entry_not_in_force",
    "hits.confirm.plate_unreadable",
    "hits.confirm.plate_differs",
    "hits.confirm.not_the_wanted_plate",
];

impl Keyed for DecideError {
    fn key(&self) -> &'static str {
        match self {
            Self::AlreadyDecided { .. } => "hits.confirm.already_decided",
            Self::EntryNotInForce => "hits.confirm.entry_not_in_force",
            Self::PlateUnreadable(_) => "hits.confirm.plate_unreadable",
            Self::PlateDiffers { .. } => "hits.confirm.plate_differs",
            Self::NotWanted { .. } => "hits.confirm.not_the_wanted_plate",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::AlreadyDecided { .. } | Self::EntryNotInForce => StatusCode::CONFLICT,
            Self::PlateUnreadable(_) | Self::PlateDiffers { .. } | Self::NotWanted { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl DecideError {
    /// Who was first, and when, in Taipei's time of day.
    #[must_use]
    pub fn already(hit: &Hit) -> Self {
        let state = match hit.state {
            HitState::Confirmed => "confirmed",
            HitState::Rejected => "rejected",
            HitState::Lapsed => "let lapse",
            HitState::Raised => "decided",
        };
        let by = hit.decided_by_name.clone().unwrap_or_else(|| "time".into());
        let at = hit.decided_at_us.unwrap_or(hit.raised_at_us.plus(hits::LAPSE_AFTER_US));
        Self::AlreadyDecided { state, by, at: taipei_clock(at) }
    }
}

fn taipei_clock(at: Micros) -> String {
    let of_day = (at.0 / Micros::SECOND + shouhu_calendar::TAIPEI_US / Micros::SECOND).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// Whether what the person read is in the picture and is what is looked for.
///
/// # Errors
/// That it is no plate, none of the readings, or not the wanted one.
pub fn checked(hit: &Hit, typed: &str) -> Result<Plate, DecideError> {
    let seen = Plate::parse(typed)?;
    let wanted = Pattern::parse(&hit.entry.pattern).ok();
    let alternatives: Vec<Plate> = hit.alternatives.iter().filter_map(|a| Plate::parse(&a.plate).ok()).collect();
    let is_wanted_plate = wanted.as_ref().and_then(Pattern::exact).is_some_and(|plate| plate == seen);
    let wanted_text = wanted.as_ref().map_or_else(|| hit.entry.pattern.clone(), Pattern::display);
    if !(seen == hit.plate || alternatives.contains(&seen) || is_wanted_plate) {
        let others: String = alternatives.iter().map(|plate| format!(" or {}", plate.display())).collect();
        return Err(DecideError::PlateDiffers {
            seen: seen.display(),
            read: hit.plate_display.clone(),
            others,
            wanted: wanted_text,
        });
    }
    if !wanted.is_some_and(|pattern| pattern.matches(&seen)) {
        return Err(DecideError::NotWanted { seen: seen.display(), wanted: wanted_text });
    }
    Ok(seen)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<HitId>,
    Body(asked): Body<ConfirmHit>,
) -> Result<Audited<Hit>, Problem> {
    let mut hit = confirm(&app.store, id, &asked, &person).await?;
    sight::leave_out_hidden_incidents(&app, std::slice::from_mut(&mut hit)).await?;
    Ok(Audited::new(format!("hit {id} {}", hit.plate), hit))
}

/// # Errors
/// When there is no such hit, somebody was first, the entry left force, or the plate differs.
pub async fn confirm(db: &Store, id: HitId, asked: &ConfirmHit, person: &Person) -> Result<Hit, Problem> {
    let hit = hits::hit(db, id).await?.ok_or_else(|| Problem::not_found("hit"))?;
    if hit.state != HitState::Raised {
        return Err(DecideError::already(&hit).into());
    }
    let plate_seen = checked(&hit, &asked.plate_seen)?;
    let note = clipped(&asked.note, WHY_CHARS_MAX);
    let mut tx = db.begin().await?;
    let decision = Decision::Confirm { plate_seen: &plate_seen };
    let done = hits::decide(&mut tx, id, &decision, &note, person, db.env().now()).await?;
    if done {
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let hit = hits::hit(db, id).await?.ok_or_else(|| Problem::not_found("hit"))?;
    match (done, hit.state) {
        (true, _) => Ok(hit),
        (false, HitState::Raised) => Err(DecideError::EntryNotInForce.into()),
        (false, _) => Err(DecideError::already(&hit).into()),
    }
}
