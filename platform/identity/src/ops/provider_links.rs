//! Says which subject of an identity provider is whose account here (ADR 0025). Nothing else links them: no name, no e-mail address, no first sign-in.
//!
//! Whoever may link could sign in as somebody else: each act is a leaf with operator, person and subject, and a session so begun opens nothing sensitive without that
//! person's own passkey.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Page, Person, Problem, Route};
use shouhu_oidc::{SUBJECT_CHARS_MAX, is_subject};

use super::done;
use crate::provider::ProviderError;
use crate::provider::links::{self, Linked, NewLink};
use crate::provider::settings;

pub const LIST: Route =
    Route::get("/v1/identity/actors/{id}/providers", "By which identity providers' word a person may sign in", || axum::routing::get(list))
        .permission("actors.link")
        .audit(Audit::Security)
        .gives::<Page<ProviderLink>>();

pub const LINK: Route =
    Route::post("/v1/identity/actors/{id}/providers", "Lets a person sign in by an identity provider's word", || axum::routing::post(link))
        .permission("actors.link")
        .audit(Audit::Security)
        .takes::<LinkProvider>();

pub const UNLINK: Route = Route::post(
    "/v1/identity/actors/{id}/providers/remove",
    "Lets a person sign in by an identity provider's word no more, and ends the sessions so begun",
    || axum::routing::post(unlink),
)
.permission("actors.link")
.audit(Audit::Security)
.takes::<UnlinkProvider>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderLink {
    pub issuer: String,
    /// As `/v1/identity/providers` names it; nothing when its word does not count any more.
    pub provider: Option<String>,
    /// The provider's own name for the person.
    pub subject: String,
    pub linked_by: ActorId,
    pub linked_at_us: Micros,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct LinkProvider {
    /// As `/v1/identity/providers` names it.
    provider: String,
    /// The provider's own name for the person (`sub`), letter by letter.
    subject: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct UnlinkProvider {
    issuer: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum LinkError {
    #[error("subject: 1 to {SUBJECT_CHARS_MAX} visible ASCII characters, as the provider has it")]
    Subject,
    #[error("this subject is linked to another person, or this person to another subject of that provider: take that away first")]
    Taken,
}

impl Keyed for LinkError {
    fn key(&self) -> &'static str {
        match self {
            Self::Subject => "identity.provider.subject_invalid",
            Self::Taken => "identity.provider.link_taken",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Subject => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Taken => StatusCode::CONFLICT,
        }
    }
}

async fn list(State(app): State<App>, Id(id): Id<ActorId>) -> Result<Audited<Page<ProviderLink>>, Problem> {
    let settings = settings::of(&app);
    let named = |issuer: &str| settings.providers.iter().find(|provider| provider.issuer == issuer).map(|provider| provider.name.clone());
    let found = links::of(&app.store, id).await?;
    let items = found.into_iter().map(|link| ProviderLink {
        provider: named(&link.issuer),
        issuer: link.issuer,
        subject: link.subject,
        linked_by: link.by,
        linked_at_us: link.at,
    });
    Ok(Audited::new(id.to_string(), Page::whole(items.collect())))
}

async fn link(State(app): State<App>, person: Person, Id(id): Id<ActorId>, Body(body): Body<LinkProvider>) -> Result<Response, Problem> {
    let settings = settings::of(&app);
    let provider = settings.provider(&body.provider).ok_or(ProviderError::Unknown)?;
    if !is_subject(&body.subject) {
        return Err(LinkError::Subject.into());
    }
    let new = NewLink { issuer: &provider.issuer, subject: &body.subject, actor: id, by: person.id };
    let mut tx = app.store.begin().await?;
    match links::link(&mut tx, app.env.now(), &new).await? {
        Linked::Done => tx.commit().await?,
        Linked::NoSuchPerson => return Err(Problem::not_found("person")),
        Linked::Taken => return Err(LinkError::Taken.into()),
    }
    Ok(done(format!("{id} is subject {} of {}", body.subject, provider.issuer)))
}

async fn unlink(State(app): State<App>, Id(id): Id<ActorId>, Body(body): Body<UnlinkProvider>) -> Result<Response, Problem> {
    let mut tx = app.store.begin().await?;
    let Some(subject) = links::unlink(&mut tx, app.env.now(), &body.issuer, id).await? else { return Err(Problem::not_found("link")) };
    tx.commit().await?;
    Ok(done(format!("{id} is subject {subject} of {} no more", body.issuer)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;
    use shouhu_wire::Role;

    use super::*;
    use crate::OidcSettings;
    use crate::harness::{Harness, on_each};
    use crate::session::{Proved, SessionKey};
    use crate::{Peer, session};

    const ISSUER: &str = "https://idp.example";
    const SETTINGS: &str =
        "[[provider]]\nname = \"idp\"\ntitle = \"政府身分認證\"\nissuer = \"https://idp.example\"\nclient_id = \"shouhu\"\nclient_secret = \"hidden\"\n";

    fn path(id: ActorId) -> String {
        format!("/v1/identity/actors/{id}/providers")
    }

    /// The cookie of a session that the provider's word has begun.
    async fn begun(h: &Harness, actor: ActorId) -> String {
        let key = SessionKey::parse(h.browser.public()).unwrap();
        let mut tx = h.app.store.begin().await.unwrap();
        let begun = session::begin(&h.app, &mut tx, actor, &key, Peer(None), Proved::ByProvider(ISSUER)).await.unwrap();
        tx.commit().await.unwrap();
        begun.cookie.to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn an_operator_links_one_subject_to_one_person_and_whoever_is_unlinked_is_out() {
        on_each(|h| async move {
            h.app.put(OidcSettings::parse(SETTINGS).unwrap());
            let (operator, person, other) = (h.person(Role::Operator).await, h.person(Role::Officer).await, h.person(Role::Officer).await);
            let post = async |path: String, body| h.post_with_cookie(&operator.cookie, &path, body).await;
            let wish = json!({ "provider": "idp", "subject": "P-1" });
            assert_eq!(post(path(person.id), wish.clone()).await.status, 204);
            assert_eq!(post(path(person.id), wish.clone()).await.status, 204, "twice is no error");
            let listed = h.get_with_cookie(&operator.cookie, &path(person.id)).await.json;
            assert_eq!((&listed["items"][0]["provider"], &listed["items"][0]["subject"]), (&json!("idp"), &json!("P-1")), "{listed}");
            assert_eq!(links::whose(&h.app.store, ISSUER, "P-1").await.unwrap().map(|actor| actor.id), Some(person.id));
            assert!(links::whose(&h.app.store, ISSUER, "p-1").await.unwrap().is_none() && links::whose(&h.app.store, "https://other.example", "P-1").await.unwrap().is_none());

            for (id, wish) in [(other.id, wish.clone()), (person.id, json!({ "provider": "idp", "subject": "P-2" }))] {
                let taken = post(path(id), wish).await;
                assert_eq!((taken.status, taken.key()), (409, "identity.provider.link_taken"));
            }
            let wrong = post(path(other.id), json!({ "provider": "idp", "subject": "王小明" })).await;
            assert_eq!((wrong.status, wrong.key()), (422, "identity.provider.subject_invalid"));
            assert_eq!(post(path(other.id), json!({ "provider": "x", "subject": "P-3" })).await.key(), "identity.provider.unknown");
            let nobody = ActorId::new(Micros(1), [1; 16]);
            assert_eq!(post(path(nobody), json!({ "provider": "idp", "subject": "P-3" })).await.status, 404);

            let cookie = begun(&h, person.id).await;
            assert_eq!(h.get_with_cookie(&cookie, "/v1/identity/me").await.status, 200);
            let remove = format!("{}/remove", path(person.id));
            assert_eq!(post(remove.clone(), json!({ "issuer": ISSUER })).await.status, 204);
            assert_eq!(h.get_with_cookie(&cookie, "/v1/identity/me").await.key(), "identity.session_required");
            assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 200, "the passkey's session goes on");
            assert_eq!(post(remove, json!({ "issuer": ISSUER })).await.status, 404);
            assert!(links::whose(&h.app.store, ISSUER, "P-1").await.unwrap().is_none());
        })
        .await;
    }

    #[tokio::test]
    async fn a_disabled_person_and_one_who_never_enrolled_are_nobodys_subject() {
        on_each(|h| async move {
            h.app.put(OidcSettings::parse(SETTINGS).unwrap());
            let (operator, person) = (h.person(Role::Operator).await, h.person(Role::Officer).await);
            let invited = crate::invite(&h.app, "invited", Role::Officer, None, None).await.unwrap().actor;
            for (id, subject) in [(person.id, "P-1"), (invited, "P-2")] {
                let linked = h.post_with_cookie(&operator.cookie, &path(id), json!({ "provider": "idp", "subject": subject })).await;
                assert_eq!(linked.status, 204, "{}", linked.json);
            }
            assert!(links::whose(&h.app.store, ISSUER, "P-2").await.unwrap().is_none());
            let disable = format!("/v1/identity/actors/{}/disable", person.id);
            assert_eq!(h.post_with_cookie(&operator.cookie, &disable, json!({})).await.status, 204);
            assert!(links::whose(&h.app.store, ISSUER, "P-1").await.unwrap().is_none());
        })
        .await;
    }
}
