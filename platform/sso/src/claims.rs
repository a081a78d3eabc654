//! What a tool is told of a person beside its name for him: what its entry asks for, and nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shouhu_ids::UnitId;
use shouhu_module::Person;
use shouhu_wire::Role;

use crate::settings::{Client, SsoClaim};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SsoTold")]
pub struct Told {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The unit that the person crews now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// The office that the person serves in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
}

impl Told {
    pub fn of(client: &Client, person: &Person) -> Self {
        let asks = |claim: SsoClaim| client.claims.contains(&claim);
        Self {
            name: asks(SsoClaim::Name).then(|| person.name.clone()),
            role: asks(SsoClaim::Role).then_some(person.role),
            unit: person.unit.filter(|_| asks(SsoClaim::Unit)),
            office: person.office.clone().filter(|_| asks(SsoClaim::Office)),
        }
    }

    /// As claims of an ID token.
    pub fn claims(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(claims)) => claims,
            _ => Map::new(),
        }
    }
}
