//! Issues what another person has drafted, or discards it.
//!
//! **Invariant:** who drafted a warning cannot issue it, whatever the role; the same person may only discard it.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_exchange::Moment;
use shouhu_exchange::cap::Alert;
use shouhu_ids::WarningId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, NoBody, Person, Problem, Route};
use shouhu_store::{Store, StoreError, params, tag_of};

use crate::model::{Warning, WarningState};
use crate::store::{self, Kept};

pub const ISSUE: Route =
    Route::post("/v1/warnings/{id}/issue", "Issue a warning that another person has drafted", || axum::routing::post(issue_it))
        .permission("warnings.issue")
        .audit(Audit::Write)
        .takes::<NoBody>()
        .gives::<Warning>();

pub const DISCARD: Route =
    Route::post("/v1/warnings/{id}/discard", "Discard a draft of a warning", || axum::routing::post(discard_it))
        .permission("warnings.draft")
        .audit(Audit::Write)
        .takes::<NoBody>()
        .gives::<Warning>();

#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("there is no such warning")]
    Unknown,
    #[error("a second person issues a warning: not the one who drafted it")]
    SamePerson,
    #[error("it is no draft any more: it was issued or discarded")]
    NoDraft,
    #[error("the draft has expired meanwhile: draft it again")]
    Expired,
    #[error("the warning that it updates or cancels has ended meanwhile")]
    EarlierEnded,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for IssueError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "http.not_found",
            Self::SamePerson => "warnings.issue.same_person",
            Self::NoDraft => "warnings.issue.no_draft",
            Self::Expired => "warnings.issue.expired",
            Self::EarlierEnded => "warnings.issue.earlier_ended",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Store(error) => error.status(),
            _ => StatusCode::CONFLICT,
        }
    }
}

async fn drafted(store: &Store, id: WarningId) -> Result<Kept, IssueError> {
    let kept = store::one(store, id).await?.filter(|kept| kept.warning.is_ours).ok_or(IssueError::Unknown)?;
    if kept.warning.state == WarningState::Draft { Ok(kept) } else { Err(IssueError::NoDraft) }
}

/// Issues a draft: it is sent now, and what it updates or cancels ends with it, in one transaction.
///
/// # Errors
/// When the person drafted it, or it or what it refers to has ended meanwhile.
pub async fn issue(store: &Store, by: &Person, id: WarningId) -> Result<Warning, IssueError> {
    let kept = drafted(store, id).await?;
    if kept.created_by == by.id.to_string() {
        return Err(IssueError::SamePerson);
    }
    if kept.warning.is_expired {
        return Err(IssueError::Expired);
    }
    let now = store.env().now();
    let alert = Alert { sent: Moment::taipei(now), ..kept.alert };
    let state = store::state_of(&alert);
    let sql = "UPDATE warnings_alert SET state = $2, sent_at_us = $3, body = $4, issued_at_us = $3, issued_by = $5, issued_by_name = $6 \
         WHERE id = $1 AND state = 'draft'";
    let mut tx = store.begin().await?;
    if tx.execute(sql, params![id, tag_of(&state), now, alert.write(), by.id, &by.name]).await? == 0 {
        return Err(IssueError::NoDraft);
    }
    for earlier in &alert.references {
        let Some(ends_as) = store::ends_as(&alert) else { continue };
        let ended = store::end(&mut tx, &earlier.sender, &earlier.identifier, ends_as, id).await?;
        tx.emit(&Event::WarningChanged { warning: ended.ok_or(IssueError::EarlierEnded)? }).await?;
    }
    tx.emit(&Event::WarningChanged { warning: id }).await?;
    tx.commit().await?;
    tracing::info!(warning = %id, by = by.name, "warning issued");
    Ok(store::one(store, id).await?.ok_or(IssueError::Unknown)?.warning)
}

/// # Errors
/// When it is no draft any more.
pub async fn discard(store: &Store, id: WarningId) -> Result<Warning, IssueError> {
    drafted(store, id).await?;
    let mut tx = store.begin().await?;
    let sql = "UPDATE warnings_alert SET state = 'discarded' WHERE id = $1 AND state = 'draft'";
    if tx.execute(sql, params![id]).await? == 0 {
        return Err(IssueError::NoDraft);
    }
    tx.emit(&Event::WarningChanged { warning: id }).await?;
    tx.commit().await?;
    Ok(store::one(store, id).await?.ok_or(IssueError::Unknown)?.warning)
}

async fn issue_it(
    State(app): State<App>,
    person: Person,
    Id(id): Id<WarningId>,
    _: Body<NoBody>,
) -> Result<Audited<Warning>, Problem> {
    let warning = issue(&app.store, &person, id).await?;
    Ok(Audited::new(format!("warning {} issued", warning.identifier), warning))
}

async fn discard_it(State(app): State<App>, Id(id): Id<WarningId>, _: Body<NoBody>) -> Result<Audited<Warning>, Problem> {
    let warning = discard(&app.store, id).await?;
    Ok(Audited::new(format!("draft of warning {} discarded", warning.identifier), warning))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::{ActorId, Micros, SessionId};
    use shouhu_place::Wgs84;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::Role;

    use super::*;
    use crate::MODULE;
    use crate::model::{DraftKind, DraftText, DraftWarning, WarningArea, WarningCircle};
    use crate::ops::draft::draft;

    fn person(store: &Store) -> Person {
        let env = store.env();
        Person {
            id: env.id(ActorId::new),
            name: "supervisor".into(),
            role: Role::Supervisor,
            unit: None,
            office: None,
            session: env.id(SessionId::new),
            session_expires_at: env.now().plus(Micros::HOUR),
        }
    }

    fn asked(store: &Store, kind: DraftKind, earlier: Option<WarningId>) -> DraftWarning {
        let text = DraftText {
            language: "zh-TW".into(),
            event: "封路".into(),
            headline: "中正路封閉".into(),
            description: String::new(),
            instruction: String::new(),
        };
        let circle = WarningCircle { centre: Wgs84::new(120.25, 23.03).unwrap(), radius_m: 500.0 };
        DraftWarning {
            kind,
            earlier,
            incident: None,
            status: "Actual".into(),
            category: "Transport".into(),
            response: String::new(),
            urgency: "Immediate".into(),
            severity: "Minor".into(),
            certainty: "Observed".into(),
            expires_at_us: store.env().now().plus(Micros::HOUR),
            texts: vec![text],
            area: WarningArea { description: "永康區".into(), polygons: vec![], circles: vec![circle] },
        }
    }

    #[tokio::test]
    async fn two_people_issue_and_update_on_both_databases_and_of_two_updates_one_wins() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let (first, second) = (person(&store), person(&store));
            let sender = "warnings@tainan.example";
            let id = draft(&store, &first, &asked(&store, DraftKind::Alert, None), sender).await.unwrap().id;
            assert_eq!(issue(&store, &first, id).await.unwrap_err().key(), "warnings.issue.same_person");
            assert_eq!(store::count_in_force(&store).await.unwrap(), 0);
            assert_eq!(issue(&store, &second, id).await.unwrap().state, WarningState::InForce);

            let mut updates = Vec::new();
            for _ in 0..2 {
                updates.push(draft(&store, &first, &asked(&store, DraftKind::Update, Some(id)), sender).await.unwrap().id);
            }
            let mut issuing = tokio::task::JoinSet::new();
            for update in updates {
                let (store, second) = (store.clone(), second.clone());
                issuing.spawn(async move { issue(&store, &second, update).await.map_err(|error| error.key()) });
            }
            let outcomes = issuing.join_all().await;
            let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            assert_eq!(won, 1, "{outcomes:?}");
            assert!(outcomes.contains(&Err("warnings.issue.earlier_ended")), "{outcomes:?}");
            assert_eq!(store::count_in_force(&store).await.unwrap(), 1);
            let shown = store::list(&store, false, None, 10).await.unwrap();
            assert_eq!(shown.len(), 2, "the update in force, and the draft that lost");
            assert_eq!(store::list(&store, true, None, 10).await.unwrap().len(), 3);
        })
        .await;
    }
}
