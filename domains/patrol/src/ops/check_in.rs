//! Takes a signature at a box: the code is believed, the time and place are possible, the proof was never used.

use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::HEXUPPER;
use shouhu_events::Event;
use shouhu_ids::{CheckInId, Micros};
use shouhu_module::ports::{NearbyCase, NearbyCasesPort, NearbyWantedPort, WantedNear};
use shouhu_module::{App, Audit, Audited, Body, Keyed, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError};

use crate::code::{Code, CodeError};
use crate::model::{Briefing, CaseNear, CheckIn, Doubt, Method, TakeCheckIn, WantedVehicle};
use crate::rules::{self, Fix, RuleError};
use crate::secret::{self, Secret};
use crate::store::{self, Kept, NewCheckIn};
use crate::tag;

pub const ROUTE: Route = Route::post("/v1/patrol/check-ins", "Sign in at a patrol box", || axum::routing::post(handle))
    .permission("patrol.check_in")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<TakeCheckIn>()
    .gives::<CheckIn>();

/// What happened so near and so lately matters to whoever stands there.
const NEAR_M: f64 = 400.0;
const LATELY_US: i64 = 7 * Micros::DAY;
/// Clocks may differ by so much before a tag's counter is doubted, or a nonce is taken for one that was given later.
const CLOCK_SLACK_US: i64 = 2 * Micros::MINUTE;

#[derive(Debug, thiserror::Error)]
pub enum CheckInError {
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("this city has no such box")]
    UnknownBox,
    #[error("the code is not genuine, or a newer one was printed")]
    Forged,
    #[error("box {0} is out of use")]
    Retired(String),
    #[error("a printed code needs a nonce that was given to you, is not used and was valid when you read the code")]
    Nonce,
    #[error("this reading was sent before")]
    Replayed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for CheckInError {
    fn key(&self) -> &'static str {
        match self {
            Self::Code(error) => error.key(),
            Self::Rule(error) => error.key(),
            Self::UnknownBox => "patrol.code.unknown_box",
            Self::Forged => "patrol.code.forged",
            Self::Retired(_) => "patrol.check_in.retired",
            Self::Nonce => "patrol.check_in.nonce",
            Self::Replayed => "patrol.check_in.replayed",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Code(error) => error.status(),
            Self::Rule(error) => error.status(),
            Self::UnknownBox => StatusCode::NOT_FOUND,
            Self::Forged | Self::Nonce => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Retired(_) | Self::Replayed => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

/// What was proved, and the word under which it can be used once only.
struct Proof {
    method: Method,
    word: String,
    tag_counter: Option<u32>,
}

/// Whether the code is one that we, or a thing we gave keys to, made for this box as it is now.
fn prove(secret: &Secret, kept: &Kept, code: &Code, by: &Person, body: &TakeCheckIn) -> Result<Proof, CheckInError> {
    let (id, version) = (kept.shown.id, kept.code_version);
    match code {
        Code::Printed { mac, .. } => {
            if !secret::is_same(&secret.printed_mac(id, version), mac) {
                return Err(CheckInError::Forged);
            }
            let nonce = body.nonce.as_deref().map(str::trim).filter(|nonce| !nonce.is_empty()).ok_or(CheckInError::Nonce)?;
            Ok(Proof { method: Method::Printed, word: format!("P:{nonce}"), tag_counter: None })
        }
        Code::Rotating { step, mac, .. } => {
            let ours = secret::step_mac(&secret.device_secret(id, version), *step);
            if !kept.has_device || !secret::is_same(&ours, mac) {
                return Err(CheckInError::Forged);
            }
            rules::check_step(*step, body.measured_at_us)?;
            // A crew of two signs the same step, each for themselves.
            Ok(Proof { method: Method::Rotating, word: format!("R:{id}:{step}:{}", by.id), tag_counter: None })
        }
        Code::Tag { picc, mac, .. } => {
            let keys = secret.tag_secret(id, version);
            let read = tag::read(&keys.meta_read, &keys.file_read, *picc, *mac).ok_or(CheckInError::Forged)?;
            let uid = HEXUPPER.encode(&read.uid);
            if kept.tag_uid.as_deref() != Some(&uid) {
                return Err(CheckInError::Forged);
            }
            Ok(Proof { method: Method::Tag, word: format!("T:{id}:{uid}:{}", read.counter), tag_counter: Some(read.counter) })
        }
    }
}

/// # Errors
/// When the signature is not believed, not possible, or was taken before.
pub async fn check_in(db: &Store, secret: &Secret, by: &Person, body: &TakeCheckIn) -> Result<(CheckIn, Kept), CheckInError> {
    let now = db.env().now();
    let code = Code::parse(&body.code)?;
    let kept = store::one(db, code.id()).await?.ok_or(CheckInError::UnknownBox)?;
    if !kept.shown.is_active {
        return Err(CheckInError::Retired(kept.shown.number));
    }
    rules::check_time(body.measured_at_us, now)?;
    let proof = prove(secret, &kept, &code, by, body)?;
    let fix = Fix::of(body.position, body.accuracy_m);
    let distance_m = rules::check_place(proof.method, kept.shown.position, fix)?;
    if let (Method::Printed, Some(nonce)) = (proof.method, proof.word.strip_prefix("P:")) {
        if !store::is_nonce_of(db, nonce, by.id, body.measured_at_us, CLOCK_SLACK_US).await? {
            return Err(CheckInError::Nonce);
        }
    }
    let others = store::around(db, by.id, body.measured_at_us).await?;
    let mut doubts = rules::doubts(body.measured_at_us, now, distance_m, kept.shown.position, &others);
    if let Some(counter) = proof.tag_counter {
        if store::is_out_of_order(db, kept.shown.id, counter, body.measured_at_us, CLOCK_SLACK_US).await? {
            doubts.push(Doubt::CounterOrder);
        }
    }
    let shown = CheckIn {
        id: db.env().id(CheckInId::new),
        patrol_box: kept.shown.id,
        number: kept.shown.number.clone(),
        name: kept.shown.name.clone(),
        station: kept.shown.station.clone(),
        method: proof.method,
        by: by.id,
        by_name: by.name.clone(),
        unit: by.unit,
        measured_at_us: body.measured_at_us,
        received_at_us: now,
        distance_m,
        doubts,
        briefing: None,
    };
    let mut tx = db.begin().await?;
    let new = NewCheckIn {
        shown: &shown,
        proof: &proof.word,
        tag_counter: proof.tag_counter,
        position: fix.map(|fix| fix.position),
        accuracy_m: fix.map(|fix| fix.accuracy_m),
    };
    if !store::insert_check_in(&mut tx, &new).await? {
        return Err(CheckInError::Replayed);
    }
    tx.emit(&Event::PatrolCheckedIn { check_in: shown.id, patrol_box: shown.patrol_box, unit: shown.unit }).await?;
    tx.commit().await?;
    Ok((shown, kept))
}

/// Vehicles looked for near the box, for whoever stands there now: a reading that waited on a phone, or came from elsewhere, tells of
/// a place where its sender is not.
async fn wanted(app: &App, taken: &CheckIn, at: Wgs84) -> Result<Vec<WantedVehicle>, Problem> {
    let is_elsewhere = taken.doubts.iter().any(|doubt| matches!(doubt, Doubt::LateUpload | Doubt::FarFromBox));
    let Some(port) = app.try_room::<NearbyWantedPort>().filter(|_| !is_elsewhere) else { return Ok(Vec::new()) };
    let told = |seen: WantedNear| WantedVehicle {
        hit: seen.hit,
        plate_display: seen.plate_display,
        seen_at_us: seen.seen_at,
        place_name: seen.place_name,
        distance_m: seen.distance_m,
        is_confirmed: seen.confirmed.is_some(),
        action: seen.confirmed.as_ref().map(|known| known.action),
        vehicle_class: seen.confirmed.as_ref().and_then(|known| known.vehicle_class),
        vehicle_colour: seen.confirmed.as_ref().and_then(|known| known.vehicle_colour),
        vehicle_note: seen.confirmed.map(|known| known.vehicle_note),
    };
    Ok(port.0.near(at).await?.into_iter().map(told).collect())
}

/// What matters here now. Trouble with it does not undo the signature.
async fn briefing(app: &App, taken: &CheckIn, kept: Kept) -> Result<Briefing, Problem> {
    let since = app.env.now().plus(-LATELY_US);
    let near = match app.try_room::<NearbyCasesPort>() {
        Some(port) => port.0.near(kept.shown.position, NEAR_M, since).await?,
        None => Vec::new(),
    };
    let told = |case: NearbyCase| CaseNear {
        number: case.number,
        kind: case.kind,
        summary: case.summary,
        opened_at_us: case.opened_at,
        distance_m: case.distance_m,
        is_open: case.is_open,
    };
    let wanted = wanted(app, taken, kept.shown.position).await?;
    let visited = store::visits(&app.store, kept.shown.id, since).await?;
    Ok(Briefing { note: kept.shown.note, cases: near.into_iter().map(told).collect(), wanted, visited })
}

/// The leaf names each vehicle that the officer was told of.
fn object(taken: &CheckIn) -> String {
    let wanted = taken.briefing.iter().flat_map(|briefing| &briefing.wanted);
    let named: String = wanted.map(|one| format!(", told of hit {} {}", one.hit, one.plate_display)).collect();
    format!("patrol box {}{named}", taken.number)
}

async fn handle(State(app): State<App>, person: Person, Body(body): Body<TakeCheckIn>) -> Result<Audited<CheckIn>, Problem> {
    let (mut taken, kept) = match check_in(&app.store, &app.room::<Secret>(), &person, &body).await {
        Ok(taken) => taken,
        Err(CheckInError::Store(error)) => return Err(error.into()),
        Err(refused) => {
            // A copied sheet shows as refusals before it shows as anything else.
            let id = Code::parse(&body.code).ok().map(|code| code.id());
            store::refused(&app.store, person.id, id, refused.key()).await?;
            return Err(refused.into());
        }
    };
    match briefing(&app, &taken, kept).await {
        Ok(told) => taken.briefing = Some(told),
        Err(problem) => tracing::warn!(key = problem.key, detail = problem.detail, "no briefing at a patrol box"),
    }
    Ok(Audited::new(object(&taken), taken))
}
