//! The yes or no to a tool's request, by the person who sits there (RFC 6749 §4.1.2, OpenID Connect Core 1.0 §3.1.2).
//!
//! The person says yes once in each session, and each time to a tool without a secret: who comes back to a screen that was left on is asked by name before another tool opens, and no
//! list of old promises has to be kept or taken back. A session that has not been verified never comes here: the gate asks it for the passkey, because this route is one of security.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_identity::{Peer, TrustRefused, Vouched, fresh_token, limited};
use shouhu_ids::{ActorId, Micros};
use shouhu_module::{App, Audit, AuditObject, Body, Person, Problem, Route};
use shouhu_oidc::op::{AuthorizationAsked, AuthorizationRefused};

use crate::demands;
use crate::leaf::{self, About};
use crate::refused::OtherPerson;
use crate::request::{Request, SsoTool};
use crate::settings;
use crate::store::{self, NewCode, Yes};

pub const ROUTE: Route =
    Route::post("/v1/sso/authorizations", "Says yes or no to a tool that asks who the person is", || axum::routing::post(handle))
        .permission("sso.sign_in")
        .audit(Audit::Security)
        .takes::<AuthorizeSso>()
        .gives::<SsoAnswer>();

const ACTION: &str = "POST /v1/sso/authorizations";

/// Whoever has just signed in for a tool that asks for `prompt=login` has proved himself.
const LOGIN_FRESH_S: i64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SsoDecision {
    /// Nothing yet: what is there to decide?
    Ask,
    Yes,
    No,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct AuthorizeSso {
    /// The query of the page's address as it stands there, without the question mark.
    query: String,
    /// Whom the page shows. Another tab may have signed somebody else in since.
    person: ActorId,
    decision: SsoDecision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SsoStep {
    /// The browser goes to `url`.
    Go,
    /// The person says yes or no.
    Confirm,
    /// The person touches the passkey (`/v1/session/step-up/start`): the tool wants a fresh proof.
    Verify,
    /// Not for this role. The tool hears of it when the browser goes to `url`.
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoAnswer {
    pub step: SsoStep,
    pub tool: SsoTool,
    pub url: Option<String>,
}

/// What was decided: with its words for the leaf.
struct Decided {
    step: SsoStep,
    url: Option<String>,
    object: String,
}

/// Whether the passkey was touched too long ago for what the tool asks.
fn is_too_old(asked: &AuthorizationAsked, verified_at: Micros, now: Micros) -> bool {
    let most_s = match (asked.prompt.is_login, asked.max_age_s) {
        (true, Some(age_s)) => Some(age_s.min(LOGIN_FRESH_S)),
        (true, None) => Some(LOGIN_FRESH_S),
        (false, age_s) => age_s,
    };
    most_s.is_some_and(|most_s| now.since(verified_at) > most_s.saturating_mul(Micros::SECOND))
}

struct Asking<'a> {
    app: &'a App,
    request: &'a Request<'a>,
}

impl Asking<'_> {
    fn about(&self, said: &str) -> String {
        format!("tool {}: {said}", self.request.client.id)
    }

    fn no(&self, refused: AuthorizationRefused) -> Decided {
        let url = self.request.destination.refused(&self.app.public_url, refused);
        Decided { step: SsoStep::Go, url: Some(url), object: self.about(&format!("refused, {}: {}", refused.code(), refused.description())) }
    }

    fn ask(&self, step: SsoStep, said: &str) -> Decided {
        Decided { step, url: None, object: self.about(said) }
    }

    async fn decide(&self, person: &Person, decision: SsoDecision) -> Result<Decided, Problem> {
        let asked = match &self.request.asked {
            Ok(asked) => asked,
            Err(refused) => return Ok(self.no(*refused)),
        };
        if !self.request.client.roles.contains(&person.role) {
            let denied = self.no(AuthorizationRefused::AccessDenied);
            let step = if asked.prompt.is_silent { SsoStep::Go } else { SsoStep::Refused };
            return Ok(Decided { step, object: self.about(&format!("refused: its entry does not take the role {}", person.role.as_str())), ..denied });
        }
        if decision == SsoDecision::No {
            return Ok(Decided { object: self.about("the person said no"), ..self.no(AuthorizationRefused::AccessDenied) });
        }
        // A moment ago the gate has let the session in: it has ended since, or is held.
        let over = || Problem::new(StatusCode::UNAUTHORIZED, "identity.session_required", "sign in first");
        let vouched = shouhu_identity::vouched(self.app, person.session).await?.ok_or_else(over)?;
        let verified_at = vouched.verified_at.ok_or(TrustRefused::StepUp)?;
        let (store, now, hash) = (&self.app.store, self.app.env.now(), &self.request.hash);
        if is_too_old(asked, verified_at, now) && !demands::is_met(store, now, person.session, hash, verified_at).await? {
            if asked.prompt.is_silent {
                return Ok(self.no(AuthorizationRefused::LoginRequired));
            }
            demands::put(store, now, person.session, hash).await?;
            return Ok(self.ask(SsoStep::Verify, "asks for the passkey"));
        }
        let claims = self.request.client.claims_text();
        // Any program of the machine may call itself by the name of one that has no secret (RFC 8252 §8.6): the person is asked each time.
        let is_remembered = !asked.prompt.is_consent && !self.request.client.is_public();
        let has_said_yes = is_remembered && store::has_said_yes(store, person.session, &self.request.client.id, &claims).await?;
        if !has_said_yes && decision != SsoDecision::Yes {
            if asked.prompt.is_silent {
                return Ok(self.no(AuthorizationRefused::ConsentRequired));
            }
            return Ok(self.ask(SsoStep::Confirm, "asks the person"));
        }
        self.grant(&vouched, asked, &claims, has_said_yes).await
    }

    async fn grant(&self, vouched: &Vouched, asked: &AuthorizationAsked, claims: &str, has_said_yes: bool) -> Result<Decided, Problem> {
        let (app, client, person) = (self.app, self.request.client, &vouched.person);
        let told = if claims.is_empty() { "its own name alone" } else { claims };
        if !has_said_yes {
            // The gate's leaf comes after the rows, and keeps the code back when it cannot be written; a yes would stay, and let the tool in the next time.
            let about = About { actor: Some(person.id), name: &person.name };
            leaf::write(app, about, ACTION, self.about(&format!("the person says yes, to be told {told}")), 200).await?;
        }
        let (now, (code, hash)) = (app.env.now(), fresh_token(&app.env));
        let mut tx = app.store.begin().await?;
        if !has_said_yes {
            let (fresh_sid, _) = fresh_token(&app.env);
            let yes = Yes { session: person.session, client: &client.id, actor: person.id, fresh_sid: &fresh_sid, claims };
            store::say_yes(&mut tx, now, &yes).await?;
        }
        let new = NewCode {
            hash: &hash,
            client: &client.id,
            session: person.session,
            actor: person.id,
            redirect_uri: &self.request.destination.redirect_uri,
            challenge: &asked.challenge,
            nonce: asked.nonce.as_deref(),
        };
        store::insert_code(&mut tx, now, &new).await?;
        demands::forget(&mut tx, person.session).await?;
        tx.commit().await?;
        Ok(Decided {
            step: SsoStep::Go,
            url: Some(self.request.destination.granted(&app.public_url, &code)),
            object: self.about(&format!("a code for session {}, to be told {told}", person.session)),
        })
    }
}

async fn decided(app: &App, person: &Person, body: &AuthorizeSso) -> Result<(SsoAnswer, String), Problem> {
    // Before anything is read of it: a tool that the other has said yes to would be let in without a word.
    if body.person != person.id {
        return Err(OtherPerson.into());
    }
    let settings = settings::of(app);
    let request = Request::read(&settings, &body.query)?;
    let Decided { step, url, object } = Asking { app, request: &request }.decide(person, body.decision).await?;
    Ok((SsoAnswer { step, tool: request.tool(), url }, object))
}

async fn handle(State(app): State<App>, peer: Peer, person: Person, Body(body): Body<AuthorizeSso>) -> Response {
    let (mut response, object) = match limited(&app, peer, decided(&app, &person, &body)).await {
        Ok((answer, object)) => (Json(answer).into_response(), object),
        Err(problem) => {
            let object = format!("refused: {}", problem.key);
            (problem.into_response(), object)
        }
    };
    response.extensions_mut().insert(AuditObject(object));
    response
}

#[cfg(test)]
mod tests {
    use shouhu_oidc::op::Prompt;

    use super::*;

    #[test]
    fn a_touch_is_too_old_for_an_age_that_is_asked_or_for_a_login() {
        let now = Micros(1_800_000_000_000_000);
        let asked = |is_login: bool, max_age_s: Option<i64>| {
            let prompt = Prompt { is_login, ..Prompt::default() };
            AuthorizationAsked { nonce: None, challenge: String::new(), prompt, max_age_s }
        };
        let ago = |seconds: i64| now.plus(-seconds * Micros::SECOND);
        for (is_login, max_age_s, touched, is_old) in [
            (false, None, 40_000, false),
            (false, Some(300), 300, false),
            (false, Some(300), 301, true),
            (false, Some(0), 1, true),
            (true, None, 60, false),
            (true, None, 61, true),
            (true, Some(3_600), 61, true),
            (true, Some(10), 11, true),
        ] {
            assert_eq!(is_too_old(&asked(is_login, max_age_s), ago(touched), now), is_old, "{is_login} {max_age_s:?} {touched}");
        }
    }
}
