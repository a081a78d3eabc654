//! `GET /v1/hits`: hits newest first; a crew gets those around its unit.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{EntryId, HitId};
use shouhu_module::{App, Audit, Audited, Load, Page, Params, Person, Problem, Route, page_limit};
use shouhu_wire::{Hit, HitState};

use crate::hits::{self, Filter};
use crate::sight::{self, CREW_SEES_US, Sight};

pub const ROUTE: Route =
    Route::get("/v1/hits", "Hits, newest first; officers see those near their unit", || axum::routing::get(handle))
        .permission("hits.watch")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .asks::<ListHits>()
        .gives::<Page<Hit>>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListHits {
    pub state: Option<HitState>,
    pub entry: Option<EntryId>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

async fn handle(State(app): State<App>, person: Person, Params(asked): Params<ListHits>) -> Result<Audited<Page<Hit>>, Problem> {
    let now = app.env.now();
    let limit = page_limit(asked.limit);
    let sight = sight::of(&app, &person);
    let before = asked.cursor.and_then(|text| text.parse::<HitId>().ok());
    let filter = Filter { state: asked.state, entry: asked.entry, before, ..Filter::default() };
    let filter = match &sight {
        Sight::Nothing => return Ok(Audited::new("hits".into(), Page::whole(Vec::new()))),
        Sight::All => filter,
        Sight::Near(near) => Filter { since: Some(now.plus(-CREW_SEES_US)), near: Some(*near), ..filter },
    };
    let found = hits::hits(&app.store, &filter, limit + 1).await?;
    let mut page = Page::cut(found, limit, |hit| hit.id.to_string());
    // The database looked into a box; the corners of the box are further away than the radius.
    page.items.retain(|hit| sight.covers(hit, now));
    sight::leave_out_hidden_incidents(&app, &mut page.items).await?;
    Ok(Audited::new(format!("{} hits", page.items.len()), page))
}
