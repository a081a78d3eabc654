//! What an EIDO says, in our words.

use shouhu_place::Wgs84;
use shouhu_wire::UnitState;

use super::parts::{Eido, Incident, Location, Reference, Resource};
use super::registry::{self, IncidentStatus};
use super::{EidoError, pidf, text_of_html};
use crate::moment::Moment;

/// Notes that are read.
pub const NOTES_MAX: usize = 50;

/// Something that was passed over, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// JSON path.
    pub path: String,
    pub reason: String,
}

/// A unit of the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldUnit {
    pub name: String,
    /// `None` when the words of its status are unknown or contradict each other.
    pub state: Option<UnitState>,
}

/// An incident as its sender tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The functional element that sent it.
    pub sender: String,
    /// The sender's identifier of the incident.
    pub incident: String,
    /// The sender's own number, for the radio.
    pub number: Option<String>,
    pub updated_at: Moment,
    /// When the first call began.
    pub called_at: Option<Moment>,
    pub statuses: Vec<IncidentStatus>,
    /// Key of our catalogue; `None` where no kind of ours fits.
    pub kind: Option<&'static str>,
    /// What the sender calls the kind.
    pub kind_text: String,
    /// 1 to 4, ours.
    pub priority: Option<u8>,
    pub address: String,
    pub position: Option<Wgs84>,
    pub units: Vec<ToldUnit>,
    /// As plain text, in the order of the EIDO.
    pub notes: Vec<String>,
    pub remarks: Vec<Remark>,
}

impl Told {
    /// Whether the sender is done with it. It is not for us to close our incident for that.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.statuses.iter().any(|status| status.is_over())
    }
}

struct Remarks(Vec<Remark>);

impl Remarks {
    /// The value, or a remark why there is none.
    fn keep<T, E: std::fmt::Display>(&mut self, path: impl Into<String>, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.0.push(Remark { path: path.into(), reason: error.to_string() })).ok()
    }
}

impl Eido {
    /// What it says of its incident.
    ///
    /// # Errors
    /// When it is about no incident.
    pub fn told(&self) -> Result<Told, EidoError> {
        let incident = self.incident_component.as_ref().ok_or(EidoError::NoIncident)?;
        let mut remarks = Remarks(Vec::new());
        let updated_at = Moment::parse(&self.last_update_time_stamp)
            .map_err(|error| EidoError::Member { path: "lastUpdateTimeStamp".into(), reason: error.to_string() })?;
        let (address, position) = self.place(incident, &mut remarks);
        let call = self.call_component.first();
        let called_at =
            call.and_then(|call| remarks.keep("callComponent[0].callStartTimestamp", Moment::parse(&call.call_start_timestamp)));
        let units =
            self.emergency_resource_component.iter().enumerate().map(|(n, unit)| told_unit(n, unit, &mut remarks)).collect();
        let notes = self.notes_component.iter().map(|note| text_of_html(&note.notes_action_comments));
        let notes: Vec<String> = notes.filter(|text| !text.is_empty()).collect();
        if notes.len() > NOTES_MAX {
            let reason = format!("{} notes; the first {NOTES_MAX} are read", notes.len());
            remarks.0.push(Remark { path: "notesComponent".into(), reason });
        }
        let kind = kind(incident, &mut remarks);
        let statuses = incident.incident_status_common_registry_text.iter().enumerate();
        let statuses = statuses.filter_map(|(n, text)| {
            remarks.keep(format!("incidentComponent.incidentStatusCommonRegistryText[{n}]"), IncidentStatus::parse(text))
        });
        let statuses = statuses.collect();
        let priority = incident
            .incident_common_priority_number
            .and_then(|common| remarks.keep("incidentComponent.incidentCommonPriorityNumber", registry::priority_of(common)));
        Ok(Told {
            sender: self.issuing_element_identification.trim().to_ascii_lowercase(),
            incident: self.id.trim().to_owned(),
            number: incident.internal_incident_id.clone(),
            updated_at,
            called_at,
            statuses,
            kind,
            kind_text: kind_text(incident),
            priority,
            address,
            position,
            units,
            notes: notes.into_iter().take(NOTES_MAX).collect(),
            remarks: remarks.0,
        })
    }

    /// The incident's place; where it names none, that of its call, then any that is said to be of the caller.
    fn place(&self, incident: &Incident, remarks: &mut Remarks) -> (String, Option<Wgs84>) {
        let of_calls = self.call_component.iter().flat_map(|call| &call.location_reference);
        let mut address = String::new();
        let mut position = None;
        for reference in incident.location_reference.iter().chain(of_calls) {
            let Some((path, location)) = self.location(reference, remarks) else { continue };
            let place = match &location.location_by_value {
                Some(text) => remarks.keep(format!("{path}.locationByValue"), pidf::read(text)).unwrap_or_default(),
                None => pidf::Place::default(),
            };
            position = position.or(place.position);
            let words = [place.address, location.location_description_text.clone().unwrap_or_default()];
            for text in words.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
                if address.is_empty() {
                    address = text;
                }
            }
            if location.location_by_value.is_none() && location.location_by_reference_url.is_some() {
                let reason = "the place stands behind a URL, which is not fetched".to_owned();
                remarks.0.push(Remark { path: format!("{path}.locationByReferenceUrl"), reason });
            }
        }
        (address, position)
    }

    fn location(&self, reference: &Reference, remarks: &mut Remarks) -> Option<(String, &Location)> {
        let found = self.location_component.iter().enumerate().find(|(_, location)| location.id == reference.id);
        if found.is_none() {
            let reason = format!("no location has the $id {:?}", reference.id.chars().take(80).collect::<String>());
            remarks.0.push(Remark { path: "incidentComponent.locationReference".into(), reason });
        }
        found.map(|(n, location)| (format!("locationComponent[{n}]"), location))
    }
}

fn told_unit(n: usize, unit: &Resource, remarks: &mut Remarks) -> ToldUnit {
    let state = registry::unit_state(&unit.primary_unit_status_registry_text, &unit.secondary_unit_status_registry_text);
    let state = remarks.keep(format!("emergencyResourceComponent[{n}]"), state);
    let name = unit.emergency_resource_name.as_deref().unwrap_or(&unit.id);
    ToldUnit { name: name.trim().chars().take(80).collect(), state }
}

/// Our own code where the sender is a house of this kind, else by the common code.
fn kind(incident: &Incident, remarks: &mut Remarks) -> Option<&'static str> {
    let own = incident.incident_type_internal_code.as_deref().and_then(registry::is_kind);
    let code = incident.incident_type_common_registry_text.as_deref();
    let kind = own.or_else(|| code.and_then(registry::kind_of));
    if kind.is_none() {
        let reason = format!("no kind of ours fits {:?}", code.unwrap_or_default().chars().take(40).collect::<String>());
        remarks.0.push(Remark { path: "incidentComponent.incidentTypeCommonRegistryText".into(), reason });
    }
    kind
}

fn kind_text(incident: &Incident) -> String {
    let words = [
        &incident.incident_type_internal_text,
        &incident.incident_type_common_registry_text,
        &incident.incident_type_internal_code,
    ];
    words.into_iter().flatten().map(|text| text.trim().to_owned()).find(|text| !text.is_empty()).unwrap_or_default()
}
