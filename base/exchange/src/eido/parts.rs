//! The components of an EIDO that this house fills and reads; names as in NENA-STA-021.1b and its published schema
//! (EIDO version 1.0). Members that are not named here are kept in `kept` and written again.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Entries of one list.
pub const LIST_MAX: usize = 500;

/// Points to the component with that `$id` in the same EIDO.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reference {
    #[serde(rename = "$ref")]
    pub id: String,
}

impl Reference {
    #[must_use]
    pub fn to(id: &str) -> Self {
        Self { id: id.to_owned() }
    }
}

/// Reads a list, or a single thing where a list of one was meant: drafts of the standard and programs that follow them
/// write either (STA-021.1 had `incidentComponent` as a list, and the status of a unit as one text).
fn many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    struct Many<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Many<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or one of its entries")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
            let mut read = Vec::new();
            while let Some(entry) = entries.next_element()? {
                if read.len() >= LIST_MAX {
                    return Err(serde::de::Error::custom(format!("the list has more than {LIST_MAX} entries")));
                }
                read.push(entry);
            }
            Ok(read)
        }

        fn visit_map<A: MapAccess<'de>>(self, entry: A) -> Result<Vec<T>, A::Error> {
            Ok(vec![T::deserialize(MapAccessDeserializer::new(entry))?])
        }

        fn visit_str<E: serde::de::Error>(self, entry: &str) -> Result<Vec<T>, E> {
            Ok(vec![T::deserialize(StrDeserializer::new(entry))?])
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
    }
    from.deserialize_any(Many(PhantomData))
}

/// As [`many`], where the standard has one.
fn one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let mut read = many(from)?;
    if read.len() > 1 {
        return Err(serde::de::Error::custom("more than one; an EIDO is about one incident"));
    }
    Ok(read.pop())
}

/// A component: the prologue that all have (STA-021.1b §2.1), its own members, and what is not known here.
macro_rules! component {
    (
        $(#[$doc:meta])* $name:ident {
            must { $($(#[$must_doc:meta])* $must:ident: $must_type:ty,)* }
            may { $($(#[$may_doc:meta])* $may:ident: $may_type:ty,)* }
            lists { $($(#[$list_doc:meta])* $list:ident: $list_type:ty,)* }
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            #[serde(rename = "$id")]
            pub id: String,
            pub last_update_time_stamp: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub updated_by_agency_reference: Option<Reference>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub updated_by_agent_reference: Option<Reference>,
            $($(#[$must_doc])* pub $must: $must_type,)*
            $($(#[$may_doc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $may: Option<$may_type>,)*
            $(
                $(#[$list_doc])*
                #[serde(default, deserialize_with = "many", skip_serializing_if = "Vec::is_empty")]
                pub $list: Vec<$list_type>,
            )*
            #[serde(flatten)]
            pub kept: Map<String, Value>,
        }
    };
}

component! {
    /// An organisation that has to do with the incident. Its `$id` is its domain name (STA-010, Agency Identifier).
    Agency {
        must {}
        may {
            incident_owning_agency_indicator: bool,
        }
        lists {
            agency_role_description_registry_text: String,
            /// Of IANA's `urn:emergency:service:responder`, without that prefix.
            agency_type: String,
        }
    }
}

component! {
    /// A person or program at work on the incident.
    Agent {
        must {}
        may {
            agency_reference: Reference,
            agent_workstation_position_identification: String,
        }
        lists {
            agent_role_registry_text: String,
        }
    }
}

component! {
    /// What happened.
    Incident {
        must {}
        may {
            /// Of APCO ANS 2.103.1.
            incident_type_common_registry_text: String,
            incident_type_internal_code: String,
            incident_type_internal_text: String,
            internal_incident_id: String,
            /// 0 to 10; 10 is the most urgent.
            incident_common_priority_number: i64,
            incident_priority_internal_text: String,
            beat_or_dispatch_group_text: String,
        }
        lists {
            incident_status_common_registry_text: String,
            incident_status_internal_text: String,
            location_reference: Reference,
            agent_reference: Reference,
            notes_reference: Reference,
            disposition_component: Disposition,
        }
    }
}

component! {
    /// How it ended.
    Disposition {
        must { disposition_common_registry_code: String, }
        may {
            disposition_primary_indicator: bool,
            disposition_category_text: String,
            disposition_description_text: String,
        }
        lists {}
    }
}

component! {
    /// A call about the incident.
    Call {
        must { call_start_timestamp: String, }
        may {
            standard_primary_call_type: String,
            direction: String,
            call_state_registry_text: String,
        }
        lists {
            location_reference: Reference,
            notes_reference: Reference,
        }
    }
}

component! {
    /// A place, as PIDF-LO or in words.
    Location {
        must {}
        may {
            location_type_description_registry_text: String,
            /// A PIDF-LO document (RFC 4119, RFC 5491) as text.
            location_by_value: String,
            location_by_reference_url: String,
            location_description_text: String,
        }
        lists {}
    }
}

component! {
    /// A unit. Version 1.0 without `activeOnIncidentId`: it is at work on this incident.
    Resource {
        must { primary_unit_status_registry_text: String, }
        may {
            emergency_resource_type_common_registry_text: String,
            emergency_resource_type_internal_text: String,
            emergency_resource_name: String,
            unit_location_reference: Reference,
            active_on_incident_id: String,
        }
        lists {
            secondary_unit_status_registry_text: String,
            unit_status_internal: String,
            resource_attribute_registry_text: String,
            resource_attribute_internal_text: String,
            agent_reference: Reference,
            notes_reference: Reference,
        }
    }
}

component! {
    /// That units were sent.
    Dispatch {
        must {}
        may {
            agency_reference: Reference,
            agent_reference: Reference,
        }
        lists {
            emergency_resource_reference: Reference,
            notes_reference: Reference,
        }
    }
}

component! {
    /// A remark; `notesActionComments` is HTML.
    Notes {
        must { notes_action_comments: String, }
        may { agent_reference: Reference, }
        lists {}
    }
}

/// The whole object. Its `$id` is the incident's: `urn:emergency:uid:incidentid:<string>:<element>` (STA-010).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Eido {
    #[serde(rename = "$id")]
    pub id: String,
    pub last_update_time_stamp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by_agency_reference: Option<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by_agent_reference: Option<Reference>,
    pub eido_version: String,
    /// The functional element that made this EIDO, as a domain name.
    pub issuing_element_identification: String,
    #[serde(deserialize_with = "many")]
    pub agency_component: Vec<Agency>,
    #[serde(default, deserialize_with = "one", skip_serializing_if = "Option::is_none")]
    pub incident_component: Option<Incident>,
    #[serde(default, deserialize_with = "many", skip_serializing_if = "Vec::is_empty")]
    pub agent_component: Vec<Agent>,
    #[serde(default, deserialize_with = "many", skip_serializing_if = "Vec::is_empty")]
    pub call_component: Vec<Call>,
    #[serde(default, deserialize_with = "many", skip_serializing_if = "Vec::is_empty")]
    pub dispatch_component: Vec<Dispatch>,
    #[serde(default, deserialize_with = "many", skip_serializing_if = "Vec::is_empty")]
    pub emergency_resource_component: Vec<Resource>,
    #[serde(default, deserialize_with = "many", skip_serializing_if = "Vec::is_empty")]
    pub location_component: Vec<Location>,
    #[serde(default, deserialize_with = "many", skip_serializing_if = "Vec::is_empty")]
    pub notes_component: Vec<Notes>,
    #[serde(flatten)]
    pub kept: Map<String, Value>,
}
