//! Lists boxes, with how well each is looked after.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_module::{App, Audit, Page, Params, Problem, Route};
use shouhu_text::folded;

use crate::model::{BoxState, PatrolBox};
use crate::store;

pub const ROUTE: Route = Route::get("/v1/patrol/boxes", "List patrol boxes and how well each is looked after", || axum::routing::get(handle))
    .permission("patrol.watch")
    .audit(Audit::None("where boxes stand and when one was last visited is no personal data"))
    .asks::<BoxQuery>()
    .gives::<Page<PatrolBox>>();

/// A map wants all of a station or a city.
const LIMIT_DEFAULT: i64 = 200;
const LIMIT_MAX: i64 = 10_000;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct BoxQuery {
    /// In number, name, station or beat; width, case and 臺 or 台 do not matter.
    pub q: Option<String>,
    pub station: Option<String>,
    pub state: Option<BoxState>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// Blanks are where people's thumbs put them.
fn sought(text: &str) -> String {
    folded(text).split_whitespace().collect()
}

async fn handle(State(app): State<App>, Params(query): Params<BoxQuery>) -> Result<Json<Page<PatrolBox>>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let wanted = query.q.as_deref().map(sought).unwrap_or_default();
    let after = query.cursor.unwrap_or_default();
    let kept = store::boxes(&app.store, query.station.as_deref().filter(|station| !station.is_empty())).await?;
    let is_shown = |shown: &PatrolBox| {
        shown.number > after
            && query.state.is_none_or(|state| shown.state == state)
            && [&shown.number, &shown.name, &shown.station, &shown.beat].into_iter().any(|text| sought(text).contains(&wanted))
    };
    let found = kept.into_iter().map(|kept| kept.shown).filter(is_shown);
    let page: Vec<PatrolBox> = found.take(usize::try_from(limit + 1).unwrap_or(usize::MAX)).collect();
    Ok(Json(Page::cut(page, limit, |shown| shown.number.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_forgives_width_case_blanks_and_both_forms_of_tai() {
        assert_eq!(sought("臺南 Ａ-０１"), sought("台南a-01"));
    }
}
