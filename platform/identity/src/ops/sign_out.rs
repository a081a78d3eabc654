//! Ends the session, here and now.

use axum::extract::State;
use axum::http::header;
use axum::response::Response;
use shouhu_module::{Access, App, Audit, NoBody, Person, Problem, Route};

use super::done;
use crate::{session, store};

pub const ROUTE: Route = Route::post("/v1/identity/sign-out", "Ends this session", || axum::routing::post(handle))
    .access(Access::Session)
    .whatever_the_trust("nobody is kept from leaving")
    .audit(Audit::Security)
    .takes::<NoBody>();

async fn handle(State(app): State<App>, person: Person) -> Result<Response, Problem> {
    let mut tx = app.store.begin().await?;
    store::end_session(&mut tx, app.env.now(), person.session).await?;
    tx.commit().await?;
    let mut response = done(person.session.to_string());
    response.headers_mut().insert(header::SET_COOKIE, session::clear_cookie(&app));
    Ok(response)
}
