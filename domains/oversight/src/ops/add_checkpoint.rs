//! `POST /add-checkpoint` (C2SP tlog-witness): another log asks this server, as its witness, to sign a checkpoint.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shouhu_module::{Access, App, Audit, Keyed, Load, Problem, RawBody, Route};
use shouhu_tlog::{AddCheckpoint, Refusal};

use crate::room::Room;
use crate::witnessed::{self, AddError};

pub const ROUTE: Route =
    Route::post("/add-checkpoint", "Sign, as a witness, a checkpoint of another log that grew out of the last one", || {
        axum::routing::post(handle)
    })
    .access(Access::Public("a checkpoint proves itself by the signature of a log that this server's owner has named"))
    .audit(Audit::None("a checkpoint names nobody; what is signed has a row, and what is refused as evidence a leaf of its own"))
    .load(Load::Bulk)
    .takes_media("text/plain")
    .gives_media("text/plain");

/// Content type of the specification for the size that a client may go on from.
const SIZE_MEDIA: &str = "text/x.tlog.size";

impl Keyed for AddError {
    fn key(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::Malformed { .. } | Refusal::OldBeyondNew { .. } => "oversight.witness.malformed",
                Refusal::NotTheirs(_) => "oversight.witness.not_theirs",
                Refusal::UnknownLog { .. } => "oversight.witness.unknown_log",
                Refusal::OtherOldSize { .. } => "oversight.witness.other_size",
                Refusal::Fork { .. } => "oversight.witness.fork",
                Refusal::NotGrown(_) => "oversight.witness.not_grown",
            },
            Self::Store(error) => error.key(),
            Self::Audit(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST),
            Self::Store(error) => error.status(),
            Self::Audit(error) => error.status(),
        }
    }
}

fn malformed(detail: impl ToString) -> AddError {
    Refusal::Malformed { detail: detail.to_string() }.into()
}

async fn signed(app: &App, body: &[u8]) -> Result<String, AddError> {
    let body = std::str::from_utf8(body).map_err(malformed)?;
    let request: AddCheckpoint = body.parse().map_err(malformed)?;
    let room = app.try_room::<Room>();
    let Some(signing) = room.as_ref().and_then(|room| room.signing.as_ref()) else {
        let origin = request.checkpoint.text.lines().next().unwrap_or_default().to_owned();
        return Err(Refusal::UnknownLog { origin }.into());
    };
    Ok(witnessed::add(app, signing, &request).await?.to_string())
}

async fn handle(State(app): State<App>, RawBody(body): RawBody) -> Result<Response, Problem> {
    match signed(&app, &body).await {
        Ok(line) => Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response()),
        Err(AddError::Refused(Refusal::OtherOldSize { size })) => {
            Ok((StatusCode::CONFLICT, [(header::CONTENT_TYPE, SIZE_MEDIA)], format!("{size}\n")).into_response())
        }
        Err(error) => Err(Problem::of(&error)),
    }
}
