//! Says in which office a person serves. Consents are decided by another office than that of whoever asks, so it is for operators only.

use axum::extract::State;
use axum::response::Response;
use shouhu_ids::ActorId;
use shouhu_module::{App, Audit, Body, Id, Problem, Route};
use shouhu_wire::SetOffice;

use super::done;
use crate::model::checked_name;
use crate::ops::invite::InviteError;
use crate::store;

pub const ROUTE: Route =
    Route::post("/v1/identity/actors/{id}/office", "Says in which office a person serves", || axum::routing::post(handle))
        .permission("actors.office")
        .audit(Audit::Security)
        .takes::<SetOffice>();

async fn handle(State(app): State<App>, Id(id): Id<ActorId>, Body(body): Body<SetOffice>) -> Result<Response, Problem> {
    let given = body.office.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let office = given.map(checked_name).transpose().map_err(InviteError::Name)?;
    if !store::set_office(&app.store, id, office.as_deref()).await? {
        return Err(Problem::not_found("person"));
    }
    Ok(done(format!("{id} in {}", office.as_deref().unwrap_or("no office"))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;
    use shouhu_ids::{ActorId, Micros};
    use shouhu_wire::Role;

    use crate::harness::on_each;

    #[tokio::test]
    async fn an_operator_sets_an_office_and_the_running_session_has_it() {
        on_each(|h| async move {
            let (operator, detective) = (h.person(Role::Operator).await, h.person(Role::Detective).await);
            let path = format!("/v1/identity/actors/{}/office", detective.id);
            assert_eq!(h.post_with_cookie(&operator.cookie, &path, json!({ "office": " 第一分局 " })).await.status, 204);
            assert_eq!(h.get_with_cookie(&detective.cookie, "/v1/identity/me").await.json["office"], json!("第一分局"));
            assert_eq!(h.post_with_cookie(&operator.cookie, &path, json!({ "office": "a\nb" })).await.key(), "identity.name_invalid");
            assert_eq!(h.post_with_cookie(&operator.cookie, &path, json!({ "office": null })).await.status, 204);
            assert_eq!(h.get_with_cookie(&detective.cookie, "/v1/identity/me").await.json["office"], json!(null));
            let nobody = format!("/v1/identity/actors/{}/office", ActorId::new(Micros(1), [1; 16]));
            assert_eq!(h.post_with_cookie(&operator.cookie, &nobody, json!({ "office": "x" })).await.status, 404);
        })
        .await;
    }
}
