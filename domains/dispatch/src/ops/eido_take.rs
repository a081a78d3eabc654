//! Takes in what a neighbouring centre tells of an incident (EIDO): opens one of ours, or notes an update on its log.
//!
//! **Invariant:** one incident of theirs has at most one of ours, and the same EIDO again changes nothing. What they do to
//! theirs is noted and never done to ours: a person closes an incident, and a person sends units.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_exchange::eido::{EIDO_BYTES_MAX, Eido, EidoError, Remark, Told};
use shouhu_ids::{IncidentId, Micros};
use shouhu_module::{Access, App, Audit, Audited, DevicePeer, Keyed, Load, Person, Problem, RawBody, Route};
use shouhu_store::{Store, StoreError, params, tag_of};
use shouhu_wire::{IncidentOrigin, OpenIncident, Priority};

use super::incident_open::{self, OpenError};
use super::partners;
use crate::catalogue::{self, Catalogue};
use crate::model::{ADDRESS_MAX, SUMMARY_MAX};
use crate::write::{self, By};

/// Characters of a log line's text.
const NOTE_CHARS_MAX: usize = 1_000;
/// Remarks that a receipt shows.
const REMARKS_MAX: usize = 50;

pub const BY_HAND: Route =
    Route::post("/v1/eido", "Take in an EIDO of a neighbouring centre by hand: opens an incident or notes an update", || {
        axum::routing::post(by_hand)
    })
    .permission("incidents.exchange")
    .audit(Audit::Write)
    .load(Load::Life)
    .body_bytes_max(EIDO_BYTES_MAX)
    .takes_media("application/json")
    .gives::<EidoReceipt>();

pub const BY_PARTNER: Route =
    Route::post("/v1/partners/eido", "Take in an EIDO that a neighbouring centre pushes under its key", || {
        axum::routing::post(by_partner)
    })
    .access(Access::Partner)
    .audit(Audit::Write)
    .load(Load::Life)
    .body_bytes_max(EIDO_BYTES_MAX)
    .takes_media("application/json")
    .gives::<EidoReceipt>();

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EidoOutcome {
    /// An incident of ours was opened.
    Opened,
    /// Noted on the log of the one that was.
    Noted,
    /// Noted, although a newer state was told before.
    NotedLate,
    /// The same EIDO was taken before; nothing changed.
    Repeated,
}

/// A member that was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EidoRemark {
    /// JSON path.
    pub path: String,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EidoReceipt {
    pub outcome: EidoOutcome,
    /// Ours; where that is merged, the one that it belongs to.
    pub incident: IncidentId,
    pub number: String,
    pub remarks: Vec<EidoRemark>,
}

#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error(transparent)]
    Eido(#[from] EidoError),
    #[error("the incident {0:?} is over with its sender and was never told before: nothing is opened for it")]
    Over(String),
    #[error("this key is registered for no centre: an operator names the centre that it speaks for")]
    UnknownPartner,
    #[error("the EIDO names {sender:?} as its sender; this key speaks for {element:?}")]
    OtherSender { sender: String, element: String },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for TakeError {
    fn key(&self) -> &'static str {
        match self {
            Self::Eido(EidoError::TooLarge { .. }) => "dispatch.eido.too_large",
            Self::Eido(EidoError::Json { .. }) => "dispatch.eido.malformed",
            Self::Eido(EidoError::Member { .. }) => "dispatch.eido.member",
            Self::Eido(EidoError::Version { .. }) => "dispatch.eido.version",
            Self::Eido(EidoError::NoIncident) => "dispatch.eido.no_incident",
            Self::Over(_) => "dispatch.eido.over",
            Self::UnknownPartner => "dispatch.eido.unknown_partner",
            Self::OtherSender { .. } => "dispatch.eido.other_sender",
            Self::Open(error) => error.key(),
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Eido(EidoError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Eido(EidoError::Json { .. }) => StatusCode::BAD_REQUEST,
            Self::Eido(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Over(_) => StatusCode::CONFLICT,
            Self::UnknownPartner | Self::OtherSender { .. } => StatusCode::FORBIDDEN,
            Self::Open(error) => error.status(),
            Self::Store(error) => error.status(),
        }
    }
}

fn cut(text: &str, max: usize) -> String {
    text.trim().chars().take(max).collect()
}

/// What is told, as the log keeps it.
fn log_values(told: &Told) -> Value {
    let units = told.units.iter().map(|unit| match unit.state {
        Some(state) => format!("{} {}", unit.name, tag_of(&state)),
        None => unit.name.clone(),
    });
    let statuses: Vec<&str> = told.statuses.iter().map(|status| status.as_str()).collect();
    json!({
        "sender": told.sender,
        "number": told.number.as_deref().unwrap_or(&told.incident),
        "status": statuses.join(", "),
        "kind": told.kind_text,
        "address": cut(&told.address, ADDRESS_MAX),
        "lon": told.position.map(|at| at.lon),
        "lat": told.position.map(|at| at.lat),
        "units": cut(&units.collect::<Vec<_>>().join(", "), NOTE_CHARS_MAX),
        "text": cut(&told.notes.join("\n"), NOTE_CHARS_MAX),
        "told_at_us": told.updated_at.at,
        "called_at_us": told.called_at.map(|at| at.at),
    })
}

/// An incident of ours in the words of theirs.
fn request(told: &Told, catalogue: &Catalogue, now: Micros) -> OpenIncident {
    // A kind that this city has retired is "other" here; the sender's own words stand in the summary.
    let kind = told.kind.and_then(|kind| catalogue.usable(kind, now).ok()).or_else(|| catalogue.known("other"));
    let (kind, usual) = kind.map_or(("other", Priority(3)), |kind| (kind.key.as_str(), kind.priority));
    let number = told.number.as_deref().unwrap_or(&told.incident);
    let summary = format!("[{} {number}] {} {}", told.sender, told.kind_text, told.notes.join(" "));
    OpenIncident {
        origin: IncidentOrigin::Partner,
        priority: told.priority.map_or(usual, Priority),
        kind: kind.to_owned(),
        summary: cut(&summary, SUMMARY_MAX),
        address: cut(&told.address, ADDRESS_MAX),
        position: told.position,
        hit: None,
    }
}

const REMEMBER: &str = "INSERT INTO dispatch_told_message (sender, incident_ref, digest, arrived_at_us) VALUES ($1, $2, $3, $4) \
     ON CONFLICT DO NOTHING";

struct Taken {
    outcome: EidoOutcome,
    incident: IncidentId,
    number: String,
}

/// `None` when somebody else has just told of the same incident.
async fn opened(store: &Store, by: By<'_>, told: &Told, digest: &str) -> Result<Option<Taken>, TakeError> {
    if told.is_over() {
        return Err(TakeError::Over(told.incident.clone()));
    }
    let body = request(told, &catalogue::current(store).await?, store.env().now());
    incident_open::check(store, &body).await?;
    let mut tx = store.begin().await?;
    let Some((incident, number)) = incident_open::insert(&mut tx, store, by, &body, None).await? else { return Ok(None) };
    let told_now = tx
        .execute(
            "INSERT INTO dispatch_told (sender, incident_ref, incident, updated_at_us) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
            params![&told.sender, &told.incident, incident, told.updated_at.at],
        )
        .await?;
    if told_now == 0 {
        return Ok(None);
    }
    let now = store.env().now();
    tx.execute(REMEMBER, params![&told.sender, &told.incident, digest, now]).await?;
    write::log(&mut tx, incident, now, by, "partner_told", log_values(told)).await?;
    tx.commit().await?;
    tracing::info!(incident = number, sender = told.sender, "incident opened by a partner's EIDO");
    Ok(Some(Taken { outcome: EidoOutcome::Opened, incident, number }))
}

/// `None` when that incident was never told of, for all that whoever takes it in may see.
async fn noted(store: &Store, by: By<'_>, told: &Told, digest: &str) -> Result<Option<Taken>, TakeError> {
    // Where ours is merged, people read the log of the one that it belongs to.
    let sql = "SELECT COALESCE(i.merged_into, i.id) AS incident FROM dispatch_told t JOIN dispatch_incident i ON i.id = t.incident \
         WHERE t.sender = $1 AND t.incident_ref = $2";
    let Some(row) = store.fetch_opt(sql, params![&told.sender, &told.incident]).await? else { return Ok(None) };
    let mut tx = store.begin().await?;
    let locked = write::lock_incident(&mut tx, row.parsed("incident")?).await?.ok_or_else(|| incident_open::not_found(store))?;
    let now = store.env().now();
    let taken = |outcome| Some(Taken { outcome, incident: locked.id, number: locked.number.clone() });
    if tx.execute(REMEMBER, params![&told.sender, &told.incident, digest, now]).await? == 0 {
        return Ok(taken(EidoOutcome::Repeated));
    }
    let newest = "UPDATE dispatch_told SET updated_at_us = $3 WHERE sender = $1 AND incident_ref = $2 AND updated_at_us <= $3";
    let is_newest = tx.execute(newest, params![&told.sender, &told.incident, told.updated_at.at]).await? == 1;
    let (key, outcome) =
        if is_newest { ("partner_update", EidoOutcome::Noted) } else { ("partner_update_late", EidoOutcome::NotedLate) };
    write::log(&mut tx, locked.id, now, by, key, log_values(told)).await?;
    // The state is as it was: the fact makes screens read the log.
    tx.emit(&Event::IncidentChanged { incident: locked.id, state: locked.state, hit: locked.hit }).await?;
    tx.commit().await?;
    Ok(taken(outcome))
}

/// Takes one in.
///
/// # Errors
/// When it is not well formed, or tells of something that is over and was never told before.
pub async fn take(store: &Store, by: By<'_>, eido: &Eido) -> Result<EidoReceipt, TakeError> {
    let (told, digest) = (eido.told()?, eido.digest());
    let taken = match noted(store, by, &told, &digest).await? {
        Some(taken) => taken,
        None => match opened(store, by, &told, &digest).await? {
            Some(taken) => taken,
            None => noted(store, by, &told, &digest).await?.ok_or_else(|| incident_open::not_found(store))?,
        },
    };
    let shown = |remark: Remark| EidoRemark { path: remark.path, reason: remark.reason };
    let remarks = told.remarks.into_iter().take(REMARKS_MAX).map(shown).collect();
    Ok(EidoReceipt { outcome: taken.outcome, incident: taken.incident, number: taken.number, remarks })
}

fn audited(receipt: EidoReceipt) -> Audited<EidoReceipt> {
    Audited::new(format!("{} by EIDO: {}", receipt.number, tag_of(&receipt.outcome)), receipt)
}

async fn by_hand(State(app): State<App>, person: Person, RawBody(body): RawBody) -> Result<Audited<EidoReceipt>, Problem> {
    let eido = Eido::read(&body).map_err(TakeError::from)?;
    Ok(audited(take(&app.store, By::from(&person), &eido).await?))
}

async fn by_partner(State(app): State<App>, device: DevicePeer, RawBody(body): RawBody) -> Result<Audited<EidoReceipt>, Problem> {
    let partner = partners::by_device(&app.store, device.id).await?;
    let partner = partner.filter(|partner| partner.ended_at_us.is_none()).ok_or(TakeError::UnknownPartner)?;
    let eido = Eido::read(&body).map_err(TakeError::from)?;
    let sender = eido.issuing_element_identification.trim().to_ascii_lowercase();
    if !partner.speaks_for(&sender) {
        return Err(TakeError::OtherSender { sender, element: partner.element }.into());
    }
    Ok(audited(take(&app.store, By::from(&device), &eido).await?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{CloseIncident, ClosingCode, IncidentState};

    use super::*;
    use crate::MODULE;
    use crate::ops::incident_close;
    use crate::store;
    use crate::testing::dispatcher;

    const ROBBERY: &str = include_str!("../../../../base/exchange/tests/samples/eido_robbery.json");

    fn eido(changes: &[(&str, &str)]) -> Eido {
        let text = changes.iter().fold(ROBBERY.to_owned(), |text, (from, to)| text.replacen(from, to, 1));
        Eido::read(text.as_bytes()).unwrap()
    }

    async fn taken(store: &Store, eido: &Eido) -> EidoReceipt {
        take(store, By::from(&dispatcher(store)), eido).await.unwrap()
    }

    #[tokio::test]
    async fn a_neighbours_robbery_becomes_one_of_ours_and_its_update_a_line_of_the_log() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let first = taken(&store, &eido(&[])).await;
            assert_eq!((first.outcome, first.remarks.len()), (EidoOutcome::Opened, 1));
            let ours = store::incident(&store, first.incident).await.unwrap().unwrap();
            assert_eq!((ours.origin, ours.kind.as_str(), ours.priority), (IncidentOrigin::Partner, "robbery", Priority(1)));
            assert_eq!(ours.address, "高雄市湖內區中正路一段120號");
            assert!(ours.summary.starts_with("[cad.kaohsiung.example K7-000231] 超商搶案 一名男子持刀"), "{}", ours.summary);

            let second = taken(&store, &eido(&[])).await;
            assert_eq!((second.outcome, second.incident), (EidoOutcome::Repeated, first.incident));
            let over = eido(&[("22:05:00.250", "22:20:00"), ("\"Active\"", "\"Closed\"")]);
            assert_eq!(taken(&store, &over).await.outcome, EidoOutcome::Noted);
            let late = eido(&[("22:05:00.250", "22:10:00")]);
            assert_eq!(taken(&store, &late).await.outcome, EidoOutcome::NotedLate);

            let log = store::log_of(&store, first.incident).await.unwrap();
            let keys: Vec<_> = log.iter().map(|line| line.key.as_str()).collect();
            assert_eq!(keys, ["incident_opened", "partner_told", "partner_update", "partner_update_late"]);
            let units = log.get(1).unwrap().params.get("units").cloned();
            assert_eq!(units, Some(json!("鳳山 31 en_route, 空勤 2")));
            let ours = store::incident(&store, first.incident).await.unwrap().unwrap();
            assert_eq!(ours.state, IncidentState::Open, "a person closes it, not a neighbour");
        })
        .await;
    }

    #[tokio::test]
    async fn eight_who_tell_the_same_at_once_open_one_incident() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let mut telling = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let store = store.clone();
                telling.spawn(async move { taken(&store, &eido(&[])).await });
            }
            let receipts = telling.join_all().await;
            let opened = receipts.iter().filter(|receipt| receipt.outcome == EidoOutcome::Opened).count();
            assert_eq!(opened, 1, "{receipts:?}");
            assert!(receipts.iter().all(|receipt| receipt.number.ends_with("-0001")), "{receipts:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_over_and_unknown_opens_nothing_and_an_update_never_reopens() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let by = dispatcher(&store);
            let over = eido(&[("\"Active\"", "\"Cancelled\"")]);
            let refused = take(&store, By::from(&by), &over).await.unwrap_err();
            assert_eq!((refused.key(), refused.status()), ("dispatch.eido.over", StatusCode::CONFLICT));

            let ours = taken(&store, &eido(&[])).await.incident;
            let done = CloseIncident { code: ClosingCode::HandedOver, note: String::new(), without_unit: None };
            incident_close::close(&store, &by, ours, &done).await.unwrap();
            let reopened = eido(&[("22:05:00.250", "23:00:00"), ("\"Active\"", "\"ReOpened\"")]);
            assert_eq!(taken(&store, &reopened).await.outcome, EidoOutcome::Noted);
            assert_eq!(store::incident(&store, ours).await.unwrap().unwrap().state, IncidentState::Closed);
        })
        .await;
    }
}
