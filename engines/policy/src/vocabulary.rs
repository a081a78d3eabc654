//! What rules may speak of: the schema and the permits that are generated from the rooms' lists. There is no second description to keep.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::str::FromStr;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, Schema, Validator};
use shouhu_wire::Role;

use crate::rows::{Resource, Type};
use crate::{Door, Kind, PolicyError};

/// A permission as a room lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `room.act`.
    pub permission: String,
    pub roles: Vec<Role>,
    /// The makes of the routes that ask for it; none where it is asked for on the live stream alone.
    pub doors: BTreeSet<Door>,
}

/// Who reads how the house answers for itself gets nothing by a force's rule: it was promised to another authority.
pub(crate) const FIXED_ROLE: Role = Role::Inspector;
const NOTHING_ELSE: &str = "inspector: nothing else";
const THIS_HOUSE: &str = "this";

pub(crate) struct Vocabulary {
    pub grants: BTreeMap<String, Grant>,
    pub purposes: Vec<String>,
    pub validator: Validator,
    /// For rules about rows: the same, of what is not the house but a row in it. Rules about the house keep a schema that knows no rows.
    of_rows: BTreeMap<Resource, Validator>,
    /// Every generated policy, by its id. That they keep to the schema is a test: they are made of checked names alone.
    pub built: BTreeMap<String, Policy>,
    types: Types,
}

/// Names of entity types, parsed once.
struct Types {
    person: EntityTypeName,
    role: EntityTypeName,
    kind: EntityTypeName,
    purpose: EntityTypeName,
    house: EntityTypeName,
    action: EntityTypeName,
}

fn is_name(text: &str) -> bool {
    let is_plain = |ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit() || ch == '_';
    text.split_once('.').is_some_and(|(room, act)| !room.is_empty() && !act.is_empty() && room.chars().all(is_plain) && act.chars().all(|ch| is_plain(ch) || ch == '.'))
}

fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    words.join(", ")
}

/// The room of a permission, which is the group of its action.
pub(crate) fn room_of(permission: &str) -> &str {
    permission.split_once('.').map_or(permission, |(room, _)| room)
}

impl Vocabulary {
    pub fn new(grants: &[Grant], purposes: &[&str]) -> Result<Self, PolicyError> {
        let mut by_name = BTreeMap::new();
        for grant in grants {
            let is_new = by_name.insert(grant.permission.clone(), grant.clone()).is_none();
            if !is_new || !is_name(&grant.permission) {
                return Err(PolicyError::Grant(grant.permission.clone()));
            }
        }
        if let Some(odd) = purposes.iter().find(|purpose| !is_name(&format!("purpose.{purpose}"))) {
            return Err(PolicyError::Grant((*odd).to_owned()));
        }
        let made = |error: &dyn std::fmt::Display| PolicyError::Built(error.to_string());
        let schema = schema_of(&schema_text(&by_name, purposes, None))?;
        let mut of_rows = BTreeMap::new();
        for resource in Resource::ALL {
            of_rows.insert(resource, Validator::new(schema_of(&schema_text(&by_name, purposes, Some(resource)))?));
        }
        let named = |name: &str| EntityTypeName::from_str(name).map_err(|e| made(&e));
        let types = Types {
            person: named("Person")?,
            role: named("Role")?,
            kind: named("Kind")?,
            purpose: named("Purpose")?,
            house: named("House")?,
            action: named("Action")?,
        };
        let mut built = BTreeMap::new();
        for (name, text) in permit_texts(&by_name) {
            let policy = Policy::parse(Some(PolicyId::new(&name)), text).map_err(|e| made(&e))?;
            built.insert(name, policy);
        }
        let validator = Validator::new(schema);
        let purposes = purposes.iter().map(|purpose| (*purpose).to_owned()).collect();
        Ok(Self { grants: by_name, purposes, validator, of_rows, built, types })
    }

    /// What a rule is checked by.
    pub fn validator_of(&self, about: Option<Resource>) -> &Validator {
        about.and_then(|resource| self.of_rows.get(&resource)).unwrap_or(&self.validator)
    }

    pub fn action(&self, name: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types.action.clone(), EntityId::new(name))
    }

    pub fn role(&self, role: Role) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types.role.clone(), EntityId::new(role.as_str()))
    }

    pub fn person(&self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types.person.clone(), EntityId::new(id))
    }

    pub fn kind(&self, kind: Kind) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types.kind.clone(), EntityId::new(kind.as_str()))
    }

    pub fn purpose(&self, purpose: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types.purpose.clone(), EntityId::new(purpose))
    }

    pub fn house(&self) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types.house.clone(), EntityId::new(THIS_HOUSE))
    }

    /// The action and the group of its room.
    pub fn action_entities(&self, permission: &str) -> [Entity; 2] {
        let group = self.action(room_of(permission));
        let action = Entity::new_no_attrs(self.action(permission), [group.clone()].into());
        [action, Entity::new_no_attrs(group, [].into())]
    }

    /// The generated policies that may say something about this role and permission.
    pub fn built_for(&self, role: Role, permission: &str) -> impl Iterator<Item = &Policy> {
        let nothing_else = (role == FIXED_ROLE).then_some(NOTHING_ELSE);
        self.built.get(&permit_id(permission, role)).into_iter().chain(nothing_else.and_then(|id| self.built.get(id)))
    }
}

fn permit_id(permission: &str, role: Role) -> String {
    format!("{permission}: {}", role.as_str())
}

fn schema_of(text: &str) -> Result<Schema, PolicyError> {
    let made = |error: &dyn std::fmt::Display| PolicyError::Built(error.to_string());
    let (schema, warnings) = Schema::from_cedarschema_str(text).map_err(|e| made(&e))?;
    warnings.into_iter().next().map_or(Ok(schema), |warning| Err(made(&warning)))
}

/// `entity Camera = { kind: String, name?: String };`
fn entity_text(resource: Resource) -> String {
    let said = resource.attributes().iter().map(|attribute| {
        let (mark, of) = (if attribute.is_optional { "?" } else { "" }, if attribute.of == Type::Number { "Long" } else { "String" });
        format!("{}{mark}: {of}", attribute.name)
    });
    format!("entity {} = {{ {} }};\n", resource.as_str(), said.collect::<Vec<String>>().join(", "))
}

fn schema_text(grants: &BTreeMap<String, Grant>, purposes: &[&str], about: Option<Resource>) -> String {
    let roles = quoted(Role::ALL.map(Role::as_str));
    let kinds = quoted(Kind::ALL.map(Kind::as_str));
    let mut text = format!("entity Role enum [{roles}];\nentity Kind enum [{kinds}];\nentity House enum [\"{THIS_HOUSE}\"];\n");
    let purpose = if purposes.is_empty() {
        ""
    } else {
        _ = writeln!(text, "entity Purpose enum [{}];", quoted(purposes.iter().copied()));
        ", purpose?: Purpose"
    };
    text.push_str(&about.map(entity_text).unwrap_or_default());
    let resource = about.map_or("House", Resource::as_str);
    text.push_str("entity Person in [Role] = { role: Role, office?: String, unit?: String };\n");
    _ = writeln!(text, "type Door = {{ hour_local: Long, kind: Kind, is_bulk: Bool, is_life: Bool{purpose} }};");
    let rooms: BTreeSet<&str> = grants.keys().map(|name| room_of(name)).collect();
    for room in rooms {
        _ = writeln!(text, "action \"{room}\";");
    }
    for name in grants.keys() {
        _ = writeln!(text, "action \"{name}\" in [\"{}\"] appliesTo {{ principal: Person, resource: {resource}, context: Door }};", room_of(name));
    }
    text
}

fn permit_texts(grants: &BTreeMap<String, Grant>) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for grant in grants.values() {
        for role in Role::ALL.into_iter().filter(|role| grant.roles.contains(role)) {
            let text = format!("permit (principal in Role::\"{}\", action == Action::\"{}\", resource);", role.as_str(), grant.permission);
            texts.push((permit_id(&grant.permission, role), text));
        }
    }
    let fixed: Vec<String> =
        grants.values().filter(|grant| grant.roles.contains(&FIXED_ROLE)).map(|grant| format!("Action::\"{}\"", grant.permission)).collect();
    let but = if fixed.is_empty() { String::new() } else { format!(" unless {{ [{}].contains(action) }}", fixed.join(", ")) };
    texts.push((NOTHING_ELSE.to_owned(), format!("forbid (principal in Role::\"{}\", action, resource){but};", FIXED_ROLE.as_str())));
    texts
}
