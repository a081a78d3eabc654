//! `/v1/oversight/erasures`: single entries of the audit log go only when two people say so, by a rule that they name.
//!
//! **Invariant:** who asked cannot approve, and neither can anybody of the same role: an auditor and a supervisor are needed.

use axum::extract::State as AxumState;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_audit::{AuditError, ERASED_AT_ONCE_MAX};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, NoBody, Page, PageQuery, Params, Person, Problem, Route, page_limit};
use shouhu_store::{NewJob, StoreError, params, tag_of};

use crate::erasures::{self, Entries, ErasureAsked, State};
use crate::retention::ERASE_ENTRIES;

const BASIS_CHARS_MAX: usize = 200;
const REASON_CHARS: std::ops::RangeInclusive<usize> = 10..=500;

pub const LIST: Route =
    Route::get("/v1/oversight/erasures", "List orders to erase single entries of the audit log, newest first", || {
        axum::routing::get(list)
    })
    .permission("oversight.erase")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<ErasureAsked>>();

pub const ASK: Route =
    Route::post("/v1/oversight/erasures", "Ask that single entries of the audit log be erased by law", || axum::routing::post(ask))
        .permission("oversight.erase")
        .audit(Audit::Security)
        .takes::<AskErasure>()
        .gives::<ErasureAsked>();

pub const APPROVE: Route =
    Route::post("/v1/oversight/erasures/{id}/approve", "Approve, as the second person, that entries be erased", || {
        axum::routing::post(approve)
    })
    .permission("oversight.erase")
    .audit(Audit::Security)
    .takes::<NoBody>()
    .gives::<ErasureAsked>();

pub const DISCARD: Route =
    Route::post("/v1/oversight/erasures/{id}/discard", "Discard an order to erase entries", || axum::routing::post(discard))
        .permission("oversight.erase")
        .audit(Audit::Security)
        .takes::<NoBody>()
        .gives::<ErasureAsked>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskErasure {
    /// Numbers of leaves, one to a hundred.
    pub seqs: Vec<i64>,
    /// Article of the law that demands it: `個人資料保護法 §11 IV`.
    pub legal_basis: String,
    /// Stays on the log for ever, so it must not repeat what is erased.
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error("name one to {ERASED_AT_ONCE_MAX} entries")]
    Count,
    #[error("name the article of the law, in up to {BASIS_CHARS_MAX} characters")]
    Basis,
    #[error("give the reason in {} to {} characters, without repeating what is erased", REASON_CHARS.start(), REASON_CHARS.end())]
    Reason,
    #[error("{0}")]
    Entries(AuditError),
    #[error("there is no such order")]
    Unknown,
    #[error("a second person approves: not the one who asked")]
    SamePerson,
    #[error("who asked and who approves are of different roles: an auditor and a supervisor")]
    SameRole,
    #[error("it was decided already")]
    Decided,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Audit(AuditError),
}

impl Keyed for ErasureError {
    fn key(&self) -> &'static str {
        match self {
            Self::Count => "oversight.erasure.count",
            Self::Basis => "oversight.erasure.basis",
            Self::Reason => "oversight.erasure.reason",
            Self::Entries(_) => "oversight.erasure.entries",
            Self::Unknown => "http.not_found",
            Self::SamePerson => "oversight.erasure.same_person",
            Self::SameRole => "oversight.erasure.same_role",
            Self::Decided => "oversight.erasure.decided",
            Self::Store(error) => error.key(),
            Self::Audit(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::SamePerson | Self::SameRole | Self::Decided => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            Self::Audit(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

fn named(order: &ErasureAsked) -> String {
    let seqs: Vec<String> = order.entries.seqs.iter().map(ToString::to_string).collect();
    format!("erasure {} of leaves {} by {}", order.id, seqs.join(", "), order.legal_basis)
}

async fn list(AxumState(app): AxumState<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<ErasureAsked>>, Problem> {
    let limit = page_limit(query.limit);
    let before = query.cursor.as_deref().and_then(|text| text.parse().ok());
    let orders = erasures::list(&app.store, before, limit + 1).await?;
    Ok(Audited::new("orders to erase".into(), Page::cut(orders, limit, |order| order.asked_at_us.0.to_string())))
}

async fn asked(app: &App, person: &Person, asked: AskErasure) -> Result<ErasureAsked, ErasureError> {
    let mut seqs = asked.seqs;
    seqs.sort_unstable();
    seqs.dedup();
    if seqs.is_empty() || seqs.len() > ERASED_AT_ONCE_MAX {
        return Err(ErasureError::Count);
    }
    let (legal_basis, reason) = (asked.legal_basis.trim(), asked.reason.trim());
    if legal_basis.is_empty() || legal_basis.chars().count() > BASIS_CHARS_MAX {
        return Err(ErasureError::Basis);
    }
    if !REASON_CHARS.contains(&reason.chars().count()) {
        return Err(ErasureError::Reason);
    }
    app.audit.check_erasable(&seqs).await.map_err(|error| match error {
        AuditError::NoSuchLeaf { .. } | AuditError::NotErased { .. } => ErasureError::Entries(error),
        other => ErasureError::Audit(other),
    })?;
    let id = hex::encode(app.env.random.bytes16());
    let entries = serde_json::to_string(&Entries { seqs });
    let entries = entries.map_err(|error| StoreError::Corrupt { what: "entries", detail: error.to_string() })?;
    let sql = "INSERT INTO oversight_erasure (id, state, entries, legal_basis, reason, asked_at_us, asked_by, asked_by_name, asked_by_role) \
               VALUES ($1, 'asked', $2, $3, $4, $5, $6, $7, $8)";
    let mut tx = app.store.begin().await?;
    let values = params![&id, entries, legal_basis, reason, app.env.now(), person.id, &person.name, tag_of(&person.role)];
    tx.execute(sql, values).await?;
    tx.commit().await?;
    erasures::one(&app.store, &id).await?.ok_or(ErasureError::Unknown)
}

async fn ask(AxumState(app): AxumState<App>, person: Person, Body(order): Body<AskErasure>) -> Result<Audited<ErasureAsked>, Problem> {
    let order = asked(&app, &person, order).await?;
    Ok(Audited::new(format!("asked: {}", named(&order)), order))
}

/// Of two who decide at once one wins; the work is enqueued with the decision.
async fn decided(app: &App, person: &Person, id: &str, into: State) -> Result<ErasureAsked, ErasureError> {
    let order = erasures::one(&app.store, id).await?.ok_or(ErasureError::Unknown)?;
    if into == State::Approved && order.asked_by == person.id.to_string() {
        return Err(ErasureError::SamePerson);
    }
    if into == State::Approved && order.asked_by_role == person.role {
        return Err(ErasureError::SameRole);
    }
    let sql = "UPDATE oversight_erasure SET state = $2, decided_at_us = $3, decided_by = $4, decided_by_name = $5 \
               WHERE id = $1 AND state = 'asked'";
    let mut tx = app.store.begin().await?;
    if tx.execute(sql, params![id, tag_of(&into), app.env.now(), person.id, &person.name]).await? == 0 {
        return Err(ErasureError::Decided);
    }
    if into == State::Approved {
        let job = NewJob { kind: ERASE_ENTRIES.kind, key: id.to_owned(), payload: serde_json::json!({ "id": id }), run_at: None };
        tx.enqueue(job).await?;
    }
    tx.commit().await?;
    erasures::one(&app.store, id).await?.ok_or(ErasureError::Unknown)
}

async fn approve(AxumState(app): AxumState<App>, person: Person, Id(id): Id<String>, _: Body<NoBody>) -> Result<Audited<ErasureAsked>, Problem> {
    let order = decided(&app, &person, &id, State::Approved).await?;
    Ok(Audited::new(format!("approved: {}", named(&order)), order))
}

async fn discard(AxumState(app): AxumState<App>, person: Person, Id(id): Id<String>, _: Body<NoBody>) -> Result<Audited<ErasureAsked>, Problem> {
    let order = decided(&app, &person, &id, State::Discarded).await?;
    Ok(Audited::new(format!("discarded: {}", named(&order)), order))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};
    use shouhu_audit::Entry;
    use shouhu_http::testing::House;
    use shouhu_ids::Micros;
    use shouhu_module::Module;
    use shouhu_wire::Role;

    use crate::retention::{RETENTION_DAYS, erase_what_is_over};

    static MODULES: &[Module] = &[crate::MODULE];

    async fn logged(house: &House, days_ago: i64, object: &str) -> i64 {
        let entry = Entry {
            at_us: house.app.env.now().plus(-days_ago * Micros::DAY),
            actor: "a".into(),
            actor_name: "王小明".into(),
            action: "GET /v1/sightings".into(),
            class: "personal_read".into(),
            purpose: None,
            case_ref: None,
            object: object.into(),
            outcome: 200,
        };
        house.app.audit.append(entry).await.unwrap()
    }

    async fn object_of(house: &House, seq: i64) -> (bool, String) {
        let leaf = house.app.audit.page(Some(seq + 1), 1).await.unwrap().remove(0);
        (leaf.is_erased, leaf.entry.object)
    }

    #[tokio::test]
    async fn an_auditor_and_a_supervisor_erase_one_entry_and_neither_does_alone() {
        let house = House::open(MODULES).await;
        let (wrong, beside) = (logged(&house, 40, "plate AAA-1111").await, logged(&house, 40, "plate BBB-2222").await);
        let today = logged(&house, 0, "plate CCC-3333").await;
        let (auditor, other) = (house.person(Role::Auditor), house.person(Role::Auditor));
        let supervisor = house.person(Role::Supervisor);
        let order = |seqs: &[i64], basis: &str, reason: &str| json!({ "seqs": seqs, "legal_basis": basis, "reason": reason });
        let good = "logged under the wrong person, who asked for it";
        for (body, key) in [
            (order(&[], "§11", good), "oversight.erasure.count"),
            (order(&[wrong], " ", good), "oversight.erasure.basis"),
            (order(&[wrong], "§11", "because"), "oversight.erasure.reason"),
            (order(&[wrong, today], "§11", good), "oversight.erasure.entries"),
            (order(&[9_999], "§11", good), "oversight.erasure.entries"),
        ] {
            let answer = house.call(&auditor, "POST", "/v1/oversight/erasures", body).await;
            assert_eq!((answer.status, answer.json.get("key")), (422, Some(&json!(key))), "{}", answer.json);
        }
        let asked = house.call(&auditor, "POST", "/v1/oversight/erasures", order(&[wrong], "個人資料保護法 §11 IV", good)).await;
        assert_eq!((asked.status, asked.json.get("state")), (200, Some(&json!("asked"))), "{}", asked.json);
        let id = asked.json.get("id").and_then(Value::as_str).unwrap();
        let approve = format!("/v1/oversight/erasures/{id}/approve");
        for (person, key) in [(&auditor, "oversight.erasure.same_person"), (&other, "oversight.erasure.same_role")] {
            let refused = house.call(person, "POST", &approve, Value::Null).await;
            assert_eq!((refused.status, refused.json.get("key")), (409, Some(&json!(key))), "{}", refused.json);
        }
        house.settle().await;
        assert_eq!(object_of(&house, wrong).await, (false, "plate AAA-1111".into()));

        assert_eq!(house.call(&supervisor, "POST", &approve, Value::Null).await.status, 200);
        assert_eq!(house.call(&supervisor, "POST", &approve, Value::Null).await.json.get("key"), Some(&json!("oversight.erasure.decided")));
        house.settle().await;
        assert_eq!(object_of(&house, wrong).await, (true, String::new()));
        assert_eq!(object_of(&house, beside).await, (false, "plate BBB-2222".into()));
        let listed = house.call(&supervisor, "GET", "/v1/oversight/erasures", Value::Null).await;
        assert_eq!(listed.json.pointer("/items/0/state"), Some(&json!("done")), "{}", listed.json);
        let verdict = house.app.audit.verify().await.unwrap();
        assert_eq!((verdict.is_intact, verdict.erased), (true, 1), "{verdict:?}");
    }

    #[tokio::test]
    async fn a_discarded_order_erases_nothing() {
        let house = House::open(MODULES).await;
        let seq = logged(&house, 40, "plate AAA-1111").await;
        let (auditor, supervisor) = (house.person(Role::Auditor), house.person(Role::Supervisor));
        let body = json!({ "seqs": [seq], "legal_basis": "§11", "reason": "asked for by mistake" });
        let asked = house.call(&auditor, "POST", "/v1/oversight/erasures", body).await;
        let id = asked.json.get("id").and_then(Value::as_str).unwrap();
        assert_eq!(house.call(&auditor, "POST", &format!("/v1/oversight/erasures/{id}/discard"), Value::Null).await.status, 200);
        let late = house.call(&supervisor, "POST", &format!("/v1/oversight/erasures/{id}/approve"), Value::Null).await;
        assert_eq!(late.json.get("key"), Some(&json!("oversight.erasure.decided")));
        house.settle().await;
        assert_eq!(object_of(&house, seq).await, (false, "plate AAA-1111".into()));
    }

    #[tokio::test]
    async fn a_day_goes_when_its_retention_is_over_and_not_a_day_earlier() {
        let house = House::open(MODULES).await;
        let (old, young) = (logged(&house, RETENTION_DAYS + 1, "old").await, logged(&house, RETENTION_DAYS - 1, "young").await);
        let proof = house.app.audit.proof(old).await.unwrap();
        assert_eq!(erase_what_is_over(&house.app).await.unwrap(), 1);
        assert_eq!(erase_what_is_over(&house.app).await.unwrap(), 0, "once");
        assert_eq!(object_of(&house, old).await, (true, String::new()));
        assert_eq!(object_of(&house, young).await, (false, "young".into()));
        let trust = shouhu_audit::offline::Trust::of(house.app.audit.log_key().await.unwrap());
        assert_eq!(shouhu_audit::offline::verify_proof(&proof.text, &trust).unwrap().0.object, "old");
        assert!(house.app.audit.verify().await.unwrap().is_intact);
    }

    #[tokio::test]
    async fn a_day_that_cannot_go_does_not_keep_the_later_ones() {
        let house = House::open(MODULES).await;
        let (bad, later) = (logged(&house, RETENTION_DAYS + 3, "bad").await, logged(&house, RETENTION_DAYS + 1, "later").await);
        let mut tx = house.app.store.begin().await.unwrap();
        let damage = "UPDATE audit_entry SET leaf = $1 WHERE seq = $2";
        tx.execute(damage, shouhu_store::params![vec![0_u8], bad]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(erase_what_is_over(&house.app).await.is_err());
        assert_eq!(object_of(&house, later).await, (true, String::new()));
        assert_eq!(object_of(&house, bad).await, (false, "bad".into()));
    }
}
