//! Which of this room's tables a force's rules about incidents guard (ADR 0023), and what they never hide.
//!
//! **Invariant:** an incident is never hidden from the crew that is sent to it, from whoever opened it, nor from anybody while it is, or ever was, a crew's call for
//! help.

use shouhu_module::{Guarded, Resource};

/// Orders of the unit that whoever looks crews, until a day after their end: a crew still answers for what it has just left.
macro_rules! own {
    () => {
        "SELECT incident FROM #dispatch_assignment WHERE unit = {unit} AND (ended_at_us IS NULL OR ended_at_us >= {day_ago})"
    };
}

const INCIDENTS: Guarded = Guarded {
    of: Resource::Incident,
    name: "dispatch_incident",
    from: "dispatch_incident",
    shown: concat!(
        "NOT ({hidden}) OR opened_by = {person} OR id IN (SELECT incident FROM #dispatch_panic) OR id IN (",
        own!(),
        ") OR merged_into IN (",
        own!(),
        // What a crew was sent to may have been merged into another, under whose number it is worked on.
        ") OR id IN (SELECT merged_into FROM #dispatch_incident WHERE id IN (",
        own!(),
        "))"
    ),
};

const fn of_incident(name: &'static str, shown: &'static str) -> Guarded {
    Guarded { of: Resource::Incident, name, from: name, shown }
}

const HERE: &str = "incident IN (SELECT id FROM dispatch_incident)";
const HERE_OR_NONE: &str = "incident IS NULL OR incident IN (SELECT id FROM dispatch_incident)";
const OF_CALL: &str = "call IN (SELECT id FROM dispatch_call)";

/// A call for help is shown to everybody, and so is its row: `dispatch_panic` is not among them.
pub const GUARDED: &[Guarded] = &[
    INCIDENTS,
    of_incident("dispatch_assignment", HERE),
    of_incident("dispatch_reply", "assignment IN (SELECT id FROM dispatch_assignment)"),
    of_incident("dispatch_log", HERE),
    of_incident("dispatch_report", HERE),
    of_incident("dispatch_told", HERE),
    of_incident("dispatch_par", HERE),
    of_incident("dispatch_photo", HERE),
    of_incident("dispatch_merge", "incident IN (SELECT id FROM dispatch_incident) AND into_incident IN (SELECT id FROM dispatch_incident)"),
    of_incident("dispatch_check", HERE_OR_NONE),
    of_incident("dispatch_call", HERE_OR_NONE),
    of_incident("dispatch_caller_link", OF_CALL),
    of_incident("dispatch_caller_word", OF_CALL),
    of_incident("dispatch_caller_fix", OF_CALL),
    // How soon after its reading a hit was raised: one that is hidden is counted in no figure.
    Guarded { of: Resource::Camera, name: "dispatch_hit_timing", from: "dispatch_hit_timing", shown: "hit IN (SELECT id FROM watchlists_hit)" },
];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::StatusCode;
    use shouhu_exchange::eido::Eido;
    use shouhu_ids::{ActorId, HitId, IncidentId, Micros, UnitId};
    use shouhu_module::ports::{ConfirmedHit, IncidentSight};
    use shouhu_module::{Keyed, Person, Residual, TextTest, Whose};
    use shouhu_store::testing::on_each_database;
    use shouhu_store::{Sight, Store};
    use shouhu_wire::{IncidentOrigin, OpenIncident};

    use super::*;
    use crate::MODULE;
    use crate::duplicates::SHOWN_MAX;
    use crate::ops::duplicates::{self, AskDuplicates};
    use crate::ops::incident_amend::{self, AmendIncident, AmendText};
    use crate::ops::{eido_take, incident_notes, incident_open, merge};
    use crate::store::{self, Which};
    use crate::testing::{Scene, call, dispatcher};
    use crate::write::By;

    #[test]
    fn every_table_that_names_an_incident_an_order_or_a_call_is_guarded_or_is_a_call_for_help() {
        let named: BTreeSet<&str> = GUARDED.iter().map(|guarded| guarded.name).collect();
        let mut found = BTreeSet::new();
        for migration in MODULE.migrations {
            for table in migration.sql.split("CREATE TABLE ").skip(1) {
                let (name, rest) = table.split_once(' ').unwrap();
                let columns = rest.split("\n);").next().unwrap_or_default();
                let parents = ["dispatch_incident", "dispatch_assignment", "dispatch_call"];
                if parents.iter().any(|parent| columns.contains(&format!("REFERENCES {parent} (id)"))) {
                    found.insert(name);
                }
            }
        }
        assert!(found.len() > 10, "{found:?}");
        let bare: Vec<&&str> = found.difference(&named).collect();
        assert_eq!(bare, [&"dispatch_panic"]);
    }

    /// As the house makes it of a rule that hides incidents of a kind.
    fn hiding(kind: &str, person: Option<ActorId>, unit: Option<UnitId>, day_ago: Micros) -> Sight {
        let hidden = Residual::Text("kind", TextTest::Among(vec![kind.to_owned()]));
        let (person, unit) = (person.map(|id| id.to_string()).unwrap_or_default(), unit.map(|id| id.to_string()).unwrap_or_default());
        let whose = Whose { person: &person, unit: &unit, day_ago };
        Sight::of(GUARDED.iter().filter(|guarded| guarded.of == Resource::Incident).map(|guarded| guarded.shown(&hidden, whose)).collect())
    }

    async fn seen(store: &Store) -> BTreeSet<IncidentId> {
        store::incidents(store, Which::All, None, 50).await.unwrap().into_iter().map(|incident| incident.id).collect()
    }

    #[tokio::test]
    async fn incidents_of_a_kind_are_in_no_answer_but_to_their_crew_whoever_opened_them_and_where_a_crew_calls_for_help() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let open = async |kind: &str| incident_open::open(&store, &scene.by, call(kind), None).await.unwrap().id;
            let (noise, quiet, sent) = (open("noise").await, open("theft").await, open("theft").await);
            let unit = scene.unit("永康 21").await;
            let order = scene.assign(sent, unit).await.unwrap().id;
            let now = store.env().now();
            let hidden = |person, unit| hiding("theft", person, unit, now.plus(-Micros::DAY));
            assert_eq!(seen(&store).await, BTreeSet::from([noise, quiet, sent]));
            let stranger = || hidden(None, None);
            assert_eq!(stranger().look(seen(&store)).await, BTreeSet::from([noise]));
            assert_eq!(stranger().look(store::incident(&store, quiet)).await.unwrap(), None);
            assert_eq!(stranger().look(store::assignment(&store, order)).await.unwrap(), None);
            assert!(stranger().look(store::log_of(&store, sent)).await.unwrap().is_empty());
            assert!(stranger().look(store::live_assignments_of(&store, unit)).await.unwrap().is_empty());
            let units = stranger().look(store::units(&store)).await.unwrap();
            assert_eq!(units.len(), 1, "the unit is there");
            assert_eq!(units.first().unwrap().assignment, None);
            let refused = stranger().look(incident_notes::add(&store, &scene.by, quiet, "x")).await;
            assert!(refused.is_err(), "what is hidden is not found, and not changed");

            let crew = || hidden(None, Some(unit));
            assert_eq!(crew().look(seen(&store)).await, BTreeSet::from([noise, sent]));
            assert!(crew().look(incident_notes::add(&store, &scene.by, sent, "到場")).await.is_ok());
            assert_eq!(hidden(Some(scene.by.id), None).look(seen(&store)).await, BTreeSet::from([noise, quiet, sent]), "whoever opened them");
            let later = hiding("theft", None, Some(unit), Micros(i64::MAX));
            assert_eq!(later.look(seen(&store)).await, BTreeSet::from([noise, sent]), "for as long as the order lasts");

            let mut tx = store.begin().await.unwrap();
            let sql = "INSERT INTO dispatch_panic (incident, unit, raised_at_us) VALUES ($1, $2, $3)";
            tx.execute(sql, shouhu_store::params![quiet, unit, now]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(stranger().look(seen(&store)).await, BTreeSet::from([noise, quiet]), "a call for help is hidden from nobody");
            let shows = crate::ports::SightOfIncidents(store.clone());
            assert!(stranger().look(shows.is_incident_shown(quiet)).await.unwrap());
            assert!(!stranger().look(shows.is_incident_shown(sent)).await.unwrap());
        })
        .await;
    }

    #[tokio::test]
    async fn no_likeness_tells_of_a_hidden_incident_and_no_log_what_was_merged_out_of_sight() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let stranger = || hiding("theft", None, None, store.env().now().plus(-Micros::DAY));
            let theft = async || incident_open::open(&store, &scene.by, call("theft"), None).await.unwrap().id;
            let hidden = theft().await;
            let other = dispatcher(&store);
            let shown = stranger().look(incident_open::open(&store, &other, call("noise"), None)).await.unwrap().id;
            let keys = async |sight: Sight| {
                let log = sight.look(store::log_of(&store, shown)).await.unwrap();
                log.into_iter().map(|line| line.key).collect::<Vec<_>>()
            };
            assert_eq!(keys(Sight::whole()).await, ["incident_opened"], "its likeness to a hidden one is not written where he reads it");

            for _ in 0..SHOWN_MAX {
                theft().await;
            }
            let asked = AskDuplicates { kind: Some("theft".into()), position: call("theft").position, ..AskDuplicates::default() };
            let like = async |sight: Sight| {
                let found = sight.look(duplicates::for_call(&store, &asked, other.id)).await.unwrap();
                found.into_iter().map(|one| one.incident.id).collect::<Vec<_>>()
            };
            let all = like(Sight::whole()).await;
            assert!(all.len() == SHOWN_MAX && !all.contains(&shown), "without a rule the more alike ones take every place, so that the test can fail");
            assert_eq!(like(stranger()).await, [shown], "what is hidden takes no place");

            merge::merge(&store, &scene.by, hidden, shown).await.unwrap();
            assert_eq!(keys(Sight::whole()).await, ["incident_opened", "incident_took_in"]);
            assert_eq!(keys(stranger()).await, ["incident_opened"]);
            assert_eq!(like(stranger()).await, [shown], "nor does its report make another one more alike");
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_meets_a_hidden_incident_is_refused_and_whoever_makes_one_is_told_what_he_made() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let now = store.env().now();
            let stranger = |kind: &str| hiding(kind, None, None, now.plus(-Micros::DAY));
            let hit = store.env().id(HitId::new);
            let open = async |by: &Person| {
                let body = OpenIncident { origin: IncidentOrigin::Hit, hit: Some(hit), ..call("theft") };
                let confirmed = ConfirmedHit { plate_display: "ABC-1234".into(), place_name: "中正路".into(), position: None, confirmed_at: now, raised_at: now };
                incident_open::open(&store, by, body, Some(confirmed)).await
            };
            let other = dispatcher(&store);
            let first = open(&scene.by).await.unwrap().id;
            assert_eq!(open(&other).await.unwrap().id, first, "without a rule he is given the one that there is");
            let refused = stranger("theft").look(open(&other)).await.unwrap_err();
            assert_eq!((refused.key(), refused.status()), ("dispatch.open.hidden", StatusCode::CONFLICT));

            let told = Eido::read(include_bytes!("../../../base/exchange/tests/samples/eido_robbery.json")).unwrap();
            eido_take::take(&store, By::from(&scene.by), &told).await.unwrap();
            let refused = stranger("robbery").look(eido_take::take(&store, By::from(&other), &told)).await.unwrap_err();
            assert_eq!((refused.key(), refused.status()), ("dispatch.open.hidden", StatusCode::CONFLICT));

            let noise = incident_open::open(&store, &scene.by, call("noise"), None).await.unwrap().id;
            let body = AmendIncident { kind: Some(AmendText { was: "noise".into(), now: "theft".into() }), ..AmendIncident::default() };
            let made = stranger("theft").look(incident_amend::amend(&store, &other, noise, &body)).await.unwrap();
            assert_eq!(made.kind, "theft", "what is written is not answered as if it were not there");
            assert_eq!(stranger("theft").look(store::incident(&store, noise)).await.unwrap(), None);
        })
        .await;
    }
}
