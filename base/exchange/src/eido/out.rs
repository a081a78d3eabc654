//! An EIDO of an incident of ours.
//!
//! It names no caller: a call's data are handed over person to person, with a purpose, and not by a feed.

use serde_json::{Map, json};
use shouhu_ids::Micros;
use shouhu_wire::{Assignment, Incident, Unit, UnitKind, UnitState};

use super::VERSION;
use super::parts::{self, Agency, Agent, Disposition, Eido, Location, Notes, Reference, Resource};
use super::pidf::{self, Place};
use super::registry;
use crate::moment::Moment;
use crate::xml::escaped;

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// Domain name of the agency, which is its identifier (STA-010).
    pub agency: String,
    /// Domain name of this program.
    pub element: String,
}

/// A line of the incident's log that is told on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub at: Micros,
    pub text: String,
}

/// What is told.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    pub incident: &'r Incident,
    /// Title of its kind, in words.
    pub kind_title: &'r str,
    pub closing_note: &'r str,
    /// Units of its assignments that are not over, wherever they are.
    pub units: &'r [Unit],
    pub notes: &'r [Note],
    pub now: Micros,
}

/// `urn:emergency:uid:incidentid:<string>:<element>` (STA-010, Incident Tracking Identifier).
#[must_use]
pub fn incident_urn(incident: &Incident, desk: &Desk) -> String {
    format!("urn:emergency:uid:incidentid:{}:{}", incident.id.0.simple(), desk.element)
}

struct Writer<'w> {
    desk: &'w Desk,
    report: Report<'w>,
    urn: String,
    eido: Eido,
}

/// Tells an incident.
#[must_use]
pub fn eido(report: Report<'_>, desk: &Desk) -> Eido {
    let urn = incident_urn(report.incident, desk);
    let header = Eido {
        id: urn.clone(),
        last_update_time_stamp: stamp(report.now),
        updated_by_agency_reference: Some(Reference::to(&desk.agency)),
        eido_version: VERSION.into(),
        issuing_element_identification: desk.element.clone(),
        ..Eido::default()
    };
    let mut writer = Writer { desk, report, urn, eido: header };
    writer.people();
    let location = writer.place("incident", "Incident", report.incident.position, None, &report.incident.address);
    let notes = writer.notes();
    writer.incident(location, notes);
    for unit in report.units {
        writer.unit(unit);
    }
    writer.dispatches();
    writer.eido
}

fn stamp(at: Micros) -> String {
    Moment::utc(at).rfc3339_utc()
}

impl Writer<'_> {
    fn id(&self, part: &str) -> String {
        format!("{}:{part}", self.urn)
    }

    fn by(&self) -> Option<Reference> {
        Some(Reference::to(&self.desk.agency))
    }

    /// The agency, and this program as its agent.
    fn people(&mut self) {
        let at = stamp(self.report.now);
        let agency = Agency {
            id: self.desk.agency.clone(),
            last_update_time_stamp: at.clone(),
            updated_by_agency_reference: self.by(),
            incident_owning_agency_indicator: Some(true),
            agency_role_description_registry_text: vec!["Dispatch".into()],
            agency_type: vec!["police".into()],
            ..Agency::default()
        };
        let agent = Agent {
            id: self.desk.element.clone(),
            last_update_time_stamp: at,
            updated_by_agency_reference: self.by(),
            agency_reference: self.by(),
            agent_role_registry_text: vec!["Dispatching".into()],
            ..Agent::default()
        };
        self.eido.agency_component.push(agency);
        self.eido.agent_component.push(agent);
    }

    fn place(
        &mut self,
        part: &str,
        kind: &str,
        position: Option<shouhu_place::Wgs84>,
        accuracy_m: Option<f64>,
        address: &str,
    ) -> Option<Reference> {
        let address = address.trim();
        if position.is_none() && address.is_empty() {
            return None;
        }
        let place = Place { position, accuracy_m, address: address.to_owned() };
        let location = Location {
            id: self.id(&format!("location:{part}")),
            last_update_time_stamp: stamp(self.report.now),
            updated_by_agency_reference: self.by(),
            location_type_description_registry_text: Some(kind.into()),
            location_by_value: Some(pidf::write(&self.desk.element, &place)),
            location_description_text: Some(address.to_owned()).filter(|text| !text.is_empty()),
            ..Location::default()
        };
        let reference = Reference::to(&location.id);
        self.eido.location_component.push(location);
        Some(reference)
    }

    /// The summary, then the log.
    fn notes(&mut self) -> Vec<Reference> {
        let incident = self.report.incident;
        let summary = Note { at: incident.opened_at_us, text: incident.summary.clone() };
        let told: Vec<Note> = std::iter::once(summary).chain(self.report.notes.iter().cloned()).take(parts::LIST_MAX).collect();
        let mut references = Vec::new();
        for (n, note) in told.into_iter().enumerate() {
            let id = self.id(&format!("note:{n}"));
            references.push(Reference::to(&id));
            self.eido.notes_component.push(Notes {
                id,
                last_update_time_stamp: stamp(note.at),
                updated_by_agency_reference: self.by(),
                notes_action_comments: escaped(&note.text),
                agent_reference: Some(Reference::to(&self.desk.element)),
                ..Notes::default()
            });
        }
        references
    }

    fn incident(&mut self, location: Option<Reference>, notes: Vec<Reference>) {
        let incident = self.report.incident;
        let statuses = registry::incident_status(incident.state, incident.closing_code);
        let disposition = incident.closing_code.map(|code| Disposition {
            id: self.id("disposition"),
            last_update_time_stamp: stamp(incident.closed_at_us.unwrap_or(self.report.now)),
            updated_by_agency_reference: self.by(),
            // The codes of APCO ANS 1.111.2 were not at hand; our own word stands in the text.
            disposition_common_registry_code: "Other".into(),
            disposition_primary_indicator: Some(true),
            disposition_category_text: serde_json::to_value(code).ok().and_then(|code| code.as_str().map(str::to_owned)),
            disposition_description_text: Some(self.report.closing_note.to_owned()).filter(|text| !text.is_empty()),
            ..Disposition::default()
        });
        self.eido.incident_component = Some(parts::Incident {
            id: self.id("incident"),
            last_update_time_stamp: stamp(self.report.now),
            updated_by_agency_reference: self.by(),
            incident_type_common_registry_text: Some(registry::incident_type(&incident.kind).into()),
            incident_type_internal_code: Some(incident.kind.clone()),
            incident_type_internal_text: Some(self.report.kind_title.to_owned()),
            internal_incident_id: Some(incident.number.clone()),
            incident_common_priority_number: Some(registry::common_priority(incident.priority.0)),
            incident_priority_internal_text: Some(incident.priority.0.to_string()),
            incident_status_common_registry_text: statuses.into_iter().map(|status| status.as_str().to_owned()).collect(),
            incident_status_internal_text: vec![registry::internal_incident_state(incident.state).to_owned()],
            location_reference: location.into_iter().collect(),
            agent_reference: vec![Reference::to(&self.desk.element)],
            notes_reference: notes,
            disposition_component: disposition.into_iter().collect(),
            ..parts::Incident::default()
        });
    }

    fn unit_id(&self, unit: shouhu_ids::UnitId) -> String {
        self.id(&format!("unit:{}", unit.0.simple()))
    }

    fn unit(&mut self, unit: &Unit) {
        let words = registry::unit_words(unit.state);
        let location = self.place(&unit.id.0.simple().to_string(), "Unit", unit.position, unit.accuracy_m, "");
        let kind = match unit.kind {
            UnitKind::Car => "car",
            UnitKind::Motorcycle => "motorcycle",
            UnitKind::Foot => "foot",
        };
        let is_here = !matches!(unit.state, UnitState::Available | UnitState::Busy | UnitState::OffDuty);
        self.eido.emergency_resource_component.push(Resource {
            id: self.unit_id(unit.id),
            last_update_time_stamp: stamp(unit.position_at_us.unwrap_or(self.report.now)),
            updated_by_agency_reference: self.by(),
            primary_unit_status_registry_text: words.primary.into(),
            emergency_resource_type_common_registry_text: Some("Other".into()),
            emergency_resource_type_internal_text: Some(kind.into()),
            emergency_resource_name: Some(unit.call_sign.clone()),
            unit_location_reference: location,
            active_on_incident_id: is_here.then(|| self.urn.clone()),
            secondary_unit_status_registry_text: vec![words.secondary.into()],
            unit_status_internal: vec![words.internal.into()],
            resource_attribute_registry_text: vec!["Other".into()],
            resource_attribute_internal_text: vec![kind.into()],
            agent_reference: vec![Reference::to(&self.desk.element)],
            ..Resource::default()
        });
    }

    /// One for each assignment that names a unit of this EIDO.
    fn dispatches(&mut self) {
        let known: Vec<_> = self.report.units.iter().map(|unit| unit.id).collect();
        let sent: Vec<&Assignment> = self.report.incident.assignments.iter().filter(|sent| known.contains(&sent.unit)).collect();
        for assignment in sent {
            let mut kept = Map::new();
            // Ours, for a house of this kind: the steps of the crew with their times.
            kept.insert(
                "x-shouhu-assignment".into(),
                json!({
                    "state": assignment.state,
                    "accepted_at_us": assignment.accepted_at_us,
                    "en_route_at_us": assignment.en_route_at_us,
                    "on_scene_at_us": assignment.on_scene_at_us,
                }),
            );
            let dispatch = parts::Dispatch {
                id: self.id(&format!("dispatch:{}", assignment.id.0.simple())),
                last_update_time_stamp: stamp(assignment.offered_at_us),
                updated_by_agency_reference: self.by(),
                agency_reference: self.by(),
                agent_reference: Some(Reference::to(&self.desk.element)),
                emergency_resource_reference: vec![Reference::to(&self.unit_id(assignment.unit))],
                kept,
                ..parts::Dispatch::default()
            };
            self.eido.dispatch_component.push(dispatch);
        }
    }
}
