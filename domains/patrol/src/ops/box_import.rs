//! Takes a station's list of boxes. Known numbers with other values are changed: a box that was moved keeps its history.

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::BoxId;
use shouhu_module::{App, Audit, Audited, Load, Params, Problem, ProblemRow, RawBody, Route};

use crate::model::PatrolBox;
use crate::store;
use crate::table::{NewBox, Table};

pub const ROUTE: Route =
    Route::post("/v1/patrol/boxes/import", "Import boxes from a CSV file; rows that cannot be read are reported", || axum::routing::post(handle))
        .permission("patrol.plan")
        .audit(Audit::Write)
        .load(Load::Bulk)
        .body_bytes_max(8 * 1024 * 1024)
        .takes_media("text/csv")
        .asks::<ImportQuery>()
        .gives::<BoxImport>();

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub struct ImportQuery {
    /// True: say what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BoxImport {
    pub dry_run: bool,
    pub encoding: String,
    pub rows: i64,
    /// New boxes.
    pub accepted: i64,
    /// Known numbers that now have another place, name or interval.
    pub changed: i64,
    pub unchanged: i64,
    pub errors: Vec<ProblemRow>,
    /// Our columns and what the file calls them.
    pub columns: BTreeMap<String, String>,
}

fn is_as(kept: &PatrolBox, new: &NewBox) -> bool {
    let is_note_same = new.note.is_empty() || kept.note == new.note;
    let texts = [(&kept.name, &new.name), (&kept.station, &new.station), (&kept.beat, &new.beat)];
    is_note_same && kept.position == new.position && kept.every_h == new.every_h && texts.into_iter().all(|(ours, theirs)| ours == theirs)
}

async fn handle(State(app): State<App>, Params(query): Params<ImportQuery>, RawBody(bytes): RawBody) -> Result<Audited<BoxImport>, Problem> {
    let table = Table::read(&bytes)?;
    let kept = store::boxes(&app.store, None).await?;
    let known: HashMap<&str, &PatrolBox> = kept.iter().map(|kept| (kept.shown.number.as_str(), &kept.shown)).collect();
    let (mut fresh, mut changed, mut unchanged) = (Vec::new(), Vec::new(), 0);
    for new in &table.boxes {
        match known.get(new.number.as_str()) {
            None => fresh.push(new),
            Some(kept) if is_as(kept, new) => unchanged += 1,
            Some(kept) => changed.push((kept.id, new)),
        }
    }
    if !query.dry_run {
        // All or nothing: half a list would have to be told apart from a whole one by hand.
        let mut tx = app.store.begin().await?;
        for new in &fresh {
            store::insert(&mut tx, app.env.id(BoxId::new), new, app.env.now()).await?;
        }
        for (id, new) in &changed {
            store::update(&mut tx, *id, new).await?;
        }
        tx.commit().await?;
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let report = BoxImport {
        dry_run: query.dry_run,
        encoding: table.encoding.to_owned(),
        rows: count(table.rows),
        accepted: count(fresh.len()),
        changed: count(changed.len()),
        unchanged,
        errors: table.errors,
        columns: table.columns,
    };
    Ok(Audited::new(format!("import of {} patrol boxes, {} changed", report.accepted, report.changed), report))
}
