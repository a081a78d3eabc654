//! What the authorization page asks before it knows who sits there: which tool it is, and where the browser goes when nobody is to be asked.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_identity::{Peer, limited};
use shouhu_module::{Access, App, Audit, Body, Problem, Route};
use shouhu_oidc::op::AuthorizationRefused;

use crate::request::{Request, SsoTool};
use crate::settings;

pub const ROUTE: Route = Route::post("/v1/sso/requests", "Says of which tool a request to sign in is, and where a no to it goes", || axum::routing::post(handle))
    .access(Access::Public("whoever comes from a tool may not be signed in yet; it names the tool and no person"))
    .audit(Audit::None("says what stands in a tool's entry; each yes and no to a person is on the log"))
    .takes::<LookAtSsoRequest>()
    .gives::<SsoRequest>();

#[derive(Debug, Deserialize, JsonSchema)]
pub struct LookAtSsoRequest {
    /// The query of the page's address as it stands there, without the question mark.
    query: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoRequest {
    pub tool: SsoTool,
    /// Where the browser goes when the person turns back.
    pub denied_url: String,
    /// Where it goes when nobody is signed in or something must be asked: the tool wants no page to be shown.
    pub silent_url: Option<String>,
    /// Where it goes at once: what is asked for is not in order.
    pub refused_url: Option<String>,
}

async fn handle(State(app): State<App>, peer: Peer, Body(body): Body<LookAtSsoRequest>) -> Result<Json<SsoRequest>, Problem> {
    limited(&app, peer, async {
        let settings = settings::of(&app);
        let request = Request::read(&settings, &body.query)?;
        let url = |refused: AuthorizationRefused| request.destination.refused(&app.public_url, refused);
        let is_silent = request.asked.as_ref().is_ok_and(|asked| asked.prompt.is_silent);
        Ok(Json(SsoRequest {
            tool: request.tool(),
            denied_url: url(AuthorizationRefused::AccessDenied),
            silent_url: is_silent.then(|| url(AuthorizationRefused::LoginRequired)),
            refused_url: request.asked.as_ref().err().map(|refused| url(*refused)),
        }))
    })
    .await
}
