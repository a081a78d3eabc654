//! The codes to print, and new ones where a sheet was copied.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::BoxId;
use shouhu_module::{App, Audit, Audited, Id, NoBody, Page, Params, Problem, Route};

use crate::code::Code;
use crate::model::BoxCode;
use crate::secret::Secret;
use crate::store::{self, Kept};

pub const LIST: Route = Route::get("/v1/patrol/codes", "Codes of boxes in use, to be printed", || axum::routing::get(list))
    .permission("patrol.plan")
    // Whoever has a code can make a sheet of it.
    .audit(Audit::Security)
    .asks::<CodeQuery>()
    .gives::<Page<BoxCode>>();

pub const REISSUE: Route =
    Route::post("/v1/patrol/boxes/{id}/reissue", "Give a box a new code; sheets, displays and tags of before stop working", || axum::routing::post(reissue))
        .permission("patrol.plan")
        .audit(Audit::Security)
        .takes::<NoBody>()
        .gives::<BoxCode>();

const LIMIT_DEFAULT: i64 = 200;
/// A page is read as one list of boxes, and leaves one leaf.
const LIMIT_MAX: i64 = 10_000;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct CodeQuery {
    pub station: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

fn code_of(secret: &Secret, kept: Kept) -> BoxCode {
    let shown = kept.shown;
    let text = Code::Printed { id: shown.id, mac: secret.printed_mac(shown.id, kept.code_version) }.text();
    BoxCode { id: shown.id, number: shown.number, name: shown.name, station: shown.station, beat: shown.beat, text }
}

async fn list(State(app): State<App>, Params(query): Params<CodeQuery>) -> Result<Audited<Page<BoxCode>>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let secret = app.room::<Secret>();
    let (station, after) = (query.station.unwrap_or_default(), query.cursor.unwrap_or_default());
    let kept = store::boxes(&app.store, Some(station.as_str()).filter(|station| !station.is_empty())).await?;
    let wanted = kept.into_iter().filter(|kept| kept.shown.is_active && kept.shown.number > after);
    let codes = wanted.take(usize::try_from(limit + 1).unwrap_or(usize::MAX)).map(|kept| code_of(&secret, kept)).collect();
    let page = Page::cut(codes, limit, |code: &BoxCode| code.number.clone());
    Ok(Audited::new(format!("codes of {} patrol boxes {station}", page.items.len()), page))
}

async fn reissue(State(app): State<App>, Id(id): Id<BoxId>) -> Result<Audited<BoxCode>, Problem> {
    // A display and a tag that went missing go with it: their keys have the version in them.
    store::set(&app.store, id, "code_version = code_version + $2, has_device = 0, tag_uid = NULL", 1_i64.into()).await?;
    let kept = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("patrol box"))?;
    let code = code_of(&app.room::<Secret>(), kept);
    Ok(Audited::new(format!("new code of patrol box {}", code.number), code))
}
