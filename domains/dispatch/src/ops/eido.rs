//! Tells an incident as EIDO (NENA-STA-021), for a neighbouring centre.

use axum::extract::State;
use serde_json::Value;
use shouhu_exchange::eido::out::{Desk, Note, Report, eido};
use shouhu_ids::IncidentId;
use shouhu_module::ports::{ForSomebody, HandOut, hand_out};
use shouhu_module::{App, Audit, Audited, Id, Load, Params, Person, Problem, Route};
use shouhu_store::{StoreError, params};
use shouhu_wire::{Incident, Unit};

use super::incident_get::visible;
use crate::{catalogue, machine, positions, store};

const PATH: &str = "/v1/incidents/{id}/eido";

pub const ROUTE: Route =
    Route::get(PATH, "Show one incident as NENA EIDO, for a neighbouring centre", || {
        axum::routing::get(handle)
    })
    .permission("incidents.read")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .asks::<ForSomebody>()
    .gives_media("application/json");

/// Who we are: the host under which people reach this server, which is a domain name as STA-010 wants it.
fn desk(public_url: &str) -> Desk {
    let host = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    Desk { agency: host.clone(), element: host }
}

/// What crews have replied, oldest first.
fn notes(incident: &Incident) -> Vec<Note> {
    let replies = incident.assignments.iter().flat_map(|sent| {
        sent.replies.iter().map(|reply| Note { at: reply.at_us, text: format!("{}：{}", sent.call_sign, reply.text) })
    });
    let mut notes: Vec<Note> = replies.collect();
    notes.sort_by_key(|note| note.at);
    notes
}

async fn units_at_work(app: &App, incident: &Incident) -> Result<Vec<Unit>, StoreError> {
    let known = positions::of(app);
    let mut units = Vec::new();
    for sent in incident.assignments.iter().filter(|sent| machine::is_live(sent.state)) {
        if let Some(mut unit) = store::unit(&app.store, sent.unit).await? {
            known.overlay(&mut unit);
            units.push(unit);
        }
    }
    Ok(units)
}

async fn closing_note(app: &App, id: IncidentId) -> Result<String, StoreError> {
    let row = app.store.fetch_opt("SELECT closing_note FROM dispatch_incident WHERE id = $1", params![id]).await?;
    Ok(row.map(|row| row.opt_text("closing_note")).transpose()?.flatten().unwrap_or_default())
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Params(asked): Params<ForSomebody>,
) -> Result<Audited<Value>, Problem> {
    let incident = visible(&app, &person, id).await?;
    let partner = asked.partner()?;
    let what = format!("{} as EIDO", incident.number);
    hand_out(&app, &partner, HandOut { what: &what, route: PATH, is_life: true }).await?;
    let units = units_at_work(&app, &incident).await?;
    let closing_note = closing_note(&app, id).await?;
    let notes = notes(&incident);
    let kinds = catalogue::current(&app.store).await?;
    let kind_title = kinds.known(&incident.kind).map_or(incident.kind.as_str(), |kind| kind.title_zh.as_str());
    let report =
        Report { incident: &incident, kind_title, closing_note: &closing_note, units: &units, notes: &notes, now: app.env.now() };
    let told = serde_json::to_value(eido(report, &desk(&app.public_url)));
    let told = told.map_err(|error| StoreError::Corrupt { what: "incident", detail: error.to_string() })?;
    Ok(Audited::new(format!("{what} for {}", partner.said()), told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_the_host_of_the_public_address() {
        assert_eq!(desk("https://CAD.tainan.example:8443/x").element, "cad.tainan.example");
        assert_eq!(desk("http://localhost:8470").agency, "localhost");
    }
}
