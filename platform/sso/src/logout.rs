//! Signs that somebody has left and tells it to one tool (OpenID Connect Back-Channel Logout 1.0). What fails is tried again by the jobs' back-off; the reason stays visible.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_identity::fresh_token;
use shouhu_ids::{ActorId, Micros};
use shouhu_module::App;
use shouhu_oidc::op::LogoutSaid;
use shouhu_outgoing::{Answer, CallError, Outgoing, Use};

use crate::room::Room;
use crate::{settings, store};

pub const KIND: &str = "sso.logout";
const FORM: &str = "application/x-www-form-urlencoded";
/// A refusal is a word and a sentence; whatever else a tool says is dropped, for the status says whether it was taken.
const SAID_BYTES_MAX: usize = 1024;
const SAID_CHARS_MAX: usize = 200;
/// As the standard recommends (§2.4): a try is made in this moment.
const TOKEN_LIFE_S: i64 = 120;

/// Whose sign-in at which tool is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    pub client: String,
    pub sid: String,
    pub actor: ActorId,
}

/// # Errors
/// Why it was not taken, in words for an operator.
fn judged(sent: Result<Answer, CallError>) -> Result<(), String> {
    let answer = sent.map_err(|error| error.to_string())?;
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let said: String = String::from_utf8_lossy(&answer.body).chars().filter(|ch| !ch.is_control()).take(SAID_CHARS_MAX).collect();
    Err(format!("answered {} {said}", answer.status).trim_end().to_owned())
}

fn token_of(app: &App, leaving: &Leaving) -> String {
    let (room, (jti, _)) = (Room::of(app), fresh_token(&app.env));
    let now_s = app.env.now().0.div_euclid(Micros::SECOND);
    let subject = room.subjects.subject(&leaving.client, &leaving.actor.to_string());
    let said = LogoutSaid {
        issuer: &app.public_url,
        client_id: &leaving.client,
        subject: &subject,
        sid: &leaving.sid,
        jti: &jti,
        issued_at_s: now_s,
        expires_at_s: now_s + TOKEN_LIFE_S,
    };
    room.signer.logout_token(&said.claims())
}

pub fn run(app: App, payload: Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let leaving: Leaving = serde_json::from_value(payload)?;
        let settings = settings::of(&app);
        // Taken out of the file meanwhile: it is not told any more.
        let Some(to) = settings.client(&leaving.client).and_then(|client| client.backchannel_logout.as_ref()) else {
            return Ok(store::told(&app.store, &leaving.sid).await?);
        };
        let outgoing = app.try_room::<Outgoing>().ok_or("this program makes no calls of its own")?.to(Use::Tools);
        // Base64url and dots: nothing in it wants to be escaped.
        let form = format!("logout_token={}", token_of(&app, &leaving));
        let sent = outgoing.tell(to, FORM, &[("accept", "application/json".to_owned())], form.into_bytes(), SAID_BYTES_MAX).await;
        judged(sent)?;
        store::told(&app.store, &leaving.sid).await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<(), String> {
        judged(Ok(Answer { status, content_type: "application/json".into(), body: body.as_bytes().to_vec() }))
    }

    #[test]
    fn what_a_tool_says_is_kept_short_and_plain() {
        assert_eq!((answer(200, ""), answer(204, "")), (Ok(()), Ok(())));
        assert_eq!(answer(400, "{\"error\":\n\"invalid_request\"}"), Err("answered 400 {\"error\":\"invalid_request\"}".into()));
        assert_eq!(answer(501, ""), Err("answered 501".into()));
        assert!(answer(400, &"y".repeat(3_000)).is_err_and(|said| said.len() < SAID_CHARS_MAX + 20));
        assert_eq!(judged(Err(CallError::Slow)), Err(CallError::Slow.to_string()));
    }
}
