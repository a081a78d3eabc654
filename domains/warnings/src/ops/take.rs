//! Takes in a warning of somebody else (CAP 1.2), by hand or under a partner's key.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_exchange::cap::{Alert, CAP_BYTES_MAX, CapError, Status};
use shouhu_exchange::xml::XmlError;
use shouhu_ids::WarningId;
use shouhu_module::ports::PartnerKeysPort;
use shouhu_module::{Access, App, Audit, Audited, DevicePeer, Keyed, Person, Problem, RawBody, Route};
use shouhu_store::{Store, StoreError, Tx, params, tag_of};

use crate::model::WarningReceipt;
use crate::store::{self, Bringer, New};

pub const BY_HAND: Route =
    Route::post("/v1/warnings", "Take in a warning of somebody else (CAP 1.2) by hand", || axum::routing::post(by_hand))
        .permission("warnings.draft")
        .audit(Audit::Write)
        .body_bytes_max(CAP_BYTES_MAX)
        .takes_media("application/cap+xml, application/xml")
        .gives::<WarningReceipt>();

pub const BY_PARTNER: Route =
    Route::post("/v1/partners/warnings", "Take in a warning (CAP 1.2) that a partner pushes under its key", || {
        axum::routing::post(by_partner)
    })
    .access(Access::Partner)
    .audit(Audit::Write)
    .body_bytes_max(CAP_BYTES_MAX)
    .takes_media("application/cap+xml, application/xml")
    .gives::<WarningReceipt>();

#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error(transparent)]
    Cap(#[from] CapError),
    #[error("the alert has the status Draft: it is not meant for anybody yet")]
    Draft,
    #[error("this key does not speak for {domain:?}, the domain of the sender {sender:?}")]
    OtherSender { sender: String, domain: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for TakeError {
    fn key(&self) -> &'static str {
        match self {
            Self::Cap(error) if store::is_too_large(error) => "warnings.take.too_large",
            Self::Cap(CapError::Xml(_) | CapError::NoAlert { .. }) => "warnings.take.malformed",
            Self::Cap(_) => "warnings.take.element",
            Self::Draft => "warnings.take.draft",
            Self::OtherSender { .. } => "warnings.take.other_sender",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Cap(CapError::Xml(XmlError::TooLarge { .. })) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::OtherSender { .. } => StatusCode::FORBIDDEN,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// Ends a message that a later one has ended before it came.
async fn end_if_ended(tx: &mut Tx, alert: &Alert) -> Result<(), StoreError> {
    let sql = "SELECT alert, ends_as FROM warnings_reference WHERE sender = $1 AND identifier = $2 ORDER BY alert LIMIT 1";
    if let Some(row) = tx.fetch_opt(sql, params![&alert.sender, &alert.identifier]).await? {
        store::end(tx, &alert.sender, &alert.identifier, row.tag("ends_as")?, row.parsed("alert")?).await?;
    }
    Ok(())
}

/// Takes one in.
///
/// # Errors
/// When it is a draft of its sender's.
pub async fn take(store: &Store, by: &Bringer, alert: &Alert) -> Result<WarningReceipt, TakeError> {
    if alert.status == Status::Draft {
        return Err(TakeError::Draft);
    }
    let id = store.env().id(WarningId::new);
    // Written anew: what other rooms and screens get is what was understood, without what was not.
    let body = alert.write();
    let mut tx = store.begin().await?;
    let new = New {
        id,
        is_ours: false,
        state: store::state_of(alert),
        alert,
        body: &body,
        incident: None,
        earlier: None,
        by,
        now: store.env().now(),
    };
    let is_new = store::insert(&mut tx, &new).await?;
    let mut ended = Vec::new();
    if is_new {
        if let Some(ends_as) = store::ends_as(alert) {
            // Nobody ends another sender's message, whatever is referred to.
            for earlier in alert.references.iter().filter(|earlier| earlier.sender == alert.sender) {
                let remember = "INSERT INTO warnings_reference (sender, identifier, alert, ends_as) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT DO NOTHING";
                tx.execute(remember, params![&earlier.sender, &earlier.identifier, id, tag_of(&ends_as)]).await?;
                if let Some(done) = store::end(&mut tx, &earlier.sender, &earlier.identifier, ends_as, id).await? {
                    tx.emit(&Event::WarningChanged { warning: done }).await?;
                    ended.push(done);
                }
            }
        }
        end_if_ended(&mut tx, alert).await?;
        tx.emit(&Event::WarningChanged { warning: id }).await?;
        tx.commit().await?;
        // Again after the commit: of two that come at once, neither sees the other before.
        let mut tx = store.begin().await?;
        end_if_ended(&mut tx, alert).await?;
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let kept = store::named(store, &alert.sender, &alert.identifier).await?.ok_or(StoreError::NotOne { found: 0 })?;
    Ok(WarningReceipt { is_repeated: !is_new, ended, warning: kept.warning })
}

fn audited(receipt: WarningReceipt) -> Audited<WarningReceipt> {
    Audited::new(format!("warning {} of {}", receipt.warning.identifier, receipt.warning.sender), receipt)
}

/// What stands after the last `@`, or the whole: senders are addresses or domain names.
fn domain_of(sender: &str) -> String {
    sender.rsplit('@').next().unwrap_or_default().to_ascii_lowercase()
}

async fn by_hand(State(app): State<App>, person: Person, RawBody(body): RawBody) -> Result<Audited<WarningReceipt>, Problem> {
    let alert = Alert::read(&body).map_err(TakeError::from)?;
    Ok(audited(take(&app.store, &Bringer::from(&person), &alert).await?))
}

async fn by_partner(
    State(app): State<App>,
    device: DevicePeer,
    RawBody(body): RawBody,
) -> Result<Audited<WarningReceipt>, Problem> {
    let alert = Alert::read(&body).map_err(TakeError::from)?;
    let domain = domain_of(&alert.sender);
    let speaks = match app.try_room::<PartnerKeysPort>() {
        Some(keys) => keys.0.speaks_for(device.id, domain.clone()).await?,
        None => false,
    };
    if !speaks {
        return Err(TakeError::OtherSender { sender: alert.sender, domain }.into());
    }
    let by = Bringer { id: device.id.to_string(), name: device.name };
    Ok(audited(take(&app.store, &by, &alert).await?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_exchange::Moment;
    use shouhu_exchange::cap::{AlertReference, MsgType};
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::model::WarningState;

    const TYPHOON: &str = include_str!("../../../../base/exchange/tests/samples/cap_typhoon.xml");

    fn alert(identifier: &str, msg_type: MsgType, earlier: &[&str]) -> Alert {
        let mut alert = Alert::read(TYPHOON.as_bytes()).unwrap();
        let reference = |identifier: &&str| AlertReference {
            sender: alert.sender.clone(),
            identifier: (*identifier).to_owned(),
            sent: Moment::parse("2026-11-21T17:30:00+08:00").unwrap(),
        };
        let references = earlier.iter().map(reference).collect();
        alert.identifier = identifier.to_owned();
        Alert { msg_type, references, ..alert }
    }

    async fn taken(store: &Store, alert: &Alert) -> WarningReceipt {
        take(store, &Bringer { id: "x".into(), name: "desk".into() }, alert).await.unwrap()
    }

    async fn state(store: &Store, identifier: &str) -> WarningState {
        store::named(store, "weather@cwa.example", identifier).await.unwrap().unwrap().warning.state
    }

    #[tokio::test]
    async fn an_update_replaces_and_a_cancellation_cancels_in_whichever_order_they_come() {
        on_each_database(&[MODULE.schema()], |store| async move {
            assert!(!taken(&store, &alert("1", MsgType::Alert, &[])).await.is_repeated);
            assert!(taken(&store, &alert("1", MsgType::Alert, &[])).await.is_repeated);
            let second = taken(&store, &alert("2", MsgType::Update, &["1"])).await;
            assert_eq!(second.ended.len(), 1);
            assert_eq!([state(&store, "1").await, state(&store, "2").await], [WarningState::Replaced, WarningState::InForce]);

            taken(&store, &alert("4", MsgType::Cancel, &["2", "3"])).await;
            taken(&store, &alert("3", MsgType::Update, &["2"])).await;
            assert_eq!([state(&store, "2").await, state(&store, "3").await], [WarningState::Cancelled; 2]);
            assert_eq!(state(&store, "4").await, WarningState::Told);
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_ends_the_warning_of_another_sender() {
        on_each_database(&[MODULE.schema()], |store| async move {
            taken(&store, &alert("1", MsgType::Alert, &[])).await;
            let foreign = Alert { sender: "prank@other.example".into(), ..alert("9", MsgType::Cancel, &["1"]) };
            assert_eq!(taken(&store, &foreign).await.ended, []);
            assert_eq!(state(&store, "1").await, WarningState::InForce);
        })
        .await;
    }

    #[tokio::test]
    async fn a_draft_of_somebody_else_is_not_taken() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let draft = Alert { status: Status::Draft, ..alert("1", MsgType::Alert, &[]) };
            let refused = take(&store, &Bringer { id: "x".into(), name: "desk".into() }, &draft).await.unwrap_err();
            assert_eq!(refused.key(), "warnings.take.draft");
        })
        .await;
    }

    #[test]
    fn the_domain_of_a_sender_is_what_its_key_must_speak_for() {
        assert_eq!(
            [domain_of("weather@CWA.example"), domain_of("cwa.example"), domain_of("a@b@c.d")],
            ["cwa.example", "cwa.example", "c.d"]
        );
    }
}
