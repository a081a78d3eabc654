//! `passkeys.toml`: which authenticators may hold a person's passkey.
//!
//! ```toml
//! attestation = "required"                    # or "none": any; models below then only have a name
//! roles = ["operator", "auditor"]             # of whom; left out: of everybody
//! refuse_synced = ["supervisor"]              # of these a key that is shared among devices is refused, and nothing else is asked
//! old_keys_until = "2027-06-30"               # the last day for keys that the rule would refuse; left out: they go on, and are listed
//! roots = ["passkeys/maker.pem"]              # for models that name none
//!
//! [[model]]
//! aaguid = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
//! name = "Key 5 NFC"
//! roots = ["passkeys/other.pem"]              # left out: those above
//! ```
//!
//! **Invariant:** what is wrong with it stops the start; a house never runs with half of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use shouhu_calendar::{Date, TAIPEI_US};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_wire::Role;
use webauthn_rs::prelude::{AttestationCaList, AttestationCaListBuilder, Uuid};

use super::KeyFacts;
use super::roots::{RootError, certificates_of, check_path};

/// A force buys a handful.
const MODELS_MAX: usize = 100;
const ROOTS_MAX: usize = 16;
const NAME_CHARS_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeySettingsError {
    #[error("it is not the TOML that is wanted: {0}")]
    Form(String),
    #[error("there are {found} of {what}; at most {most} are taken")]
    TooMany { what: &'static str, found: usize, most: usize },
    #[error("attestation = \"required\" needs at least one [[model]]: nobody could enrol")]
    NoModel,
    #[error("roles says of whom attestation is demanded, and attestation is \"none\": leave one of them out")]
    Undemanded,
    #[error("{what}: at least one role, and each once")]
    Roles { what: &'static str },
    #[error("refuse_synced names {0}, of whom attestation is demanded: a key that proves its model is never a shared one")]
    Needless(&'static str),
    #[error("old_keys_until: a day of the calendar as \"2027-06-30\", not {0:?}")]
    Day(String),
    #[error("aaguid of model {number}: as 2fc0579f-8113-47ea-b116-bb5a8db9202a, not all zero, and another one for each")]
    Aaguid { number: usize },
    #[error("name of model {number}: 1 to {NAME_CHARS_MAX} characters that can be seen, and another one for each")]
    Name { number: usize },
    #[error("model {number} has no root, and there are none for all: nothing could prove it")]
    NoRoot { number: usize },
    #[error("root {path:?}: {reason}")]
    Root { path: String, reason: RootError },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Attestation {
    None,
    Required,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    attestation: Attestation,
    roles: Option<Vec<Role>>,
    refuse_synced: Option<Vec<Role>>,
    old_keys_until: Option<String>,
    #[serde(default)]
    roots: Vec<String>,
    #[serde(default)]
    model: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    aaguid: String,
    name: String,
    roots: Option<Vec<String>>,
}

/// A make of authenticator that the force knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    pub aaguid: Uuid,
    pub name: String,
}

/// What is asked of a key of somebody with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    Nothing,
    /// That it stays in one device.
    NotSynced,
    /// That its maker proves it to be of a listed model; such a key stays in its device too.
    Attested,
}

/// Put on the shelf by the program before the rooms start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PasskeySettings {
    attested: Vec<Role>,
    unsynced: Vec<Role>,
    models: Vec<Model>,
    /// Each root with the models that it may speak for.
    roots: AttestationCaList,
    /// From then on a key that the rule refuses opens nothing.
    old_keys_end: Option<Micros>,
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), PasskeySettingsError> {
    if found > most { Err(PasskeySettingsError::TooMany { what, found, most }) } else { Ok(()) }
}

fn roles_of(what: &'static str, roles: Vec<Role>) -> Result<Vec<Role>, PasskeySettingsError> {
    let is_twice = roles.iter().enumerate().any(|(at, role)| roles.iter().take(at).any(|before| before == role));
    if roles.is_empty() || is_twice { Err(PasskeySettingsError::Roles { what }) } else { Ok(roles) }
}

/// The end of that day in Taipei.
fn end_of(text: &str) -> Result<Micros, PasskeySettingsError> {
    let wrong = || PasskeySettingsError::Day(text.chars().take(40).collect());
    let is_form = text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !is_form {
        return Err(wrong());
    }
    let mut parts = text.split('-').map(|part| part.parse::<i64>().map_err(|_| wrong()));
    let mut next = || parts.next().unwrap_or_else(|| Err(wrong()));
    let (year, month, day) = (next()?, next()?, next()?);
    let date = Date::new(year, month, day).map_err(|_| wrong())?;
    Ok(Micros((date.days() + 1) * Micros::DAY - TAIPEI_US))
}

fn model_of(number: usize, entry: &Entry, known: &[Model]) -> Result<Model, PasskeySettingsError> {
    let aaguid = Uuid::parse_str(&entry.aaguid).ok().filter(|aaguid| {
        // The parser takes other spellings too; a person compares this one.
        !aaguid.is_nil() && aaguid.to_string().eq_ignore_ascii_case(&entry.aaguid) && known.iter().all(|other| other.aaguid != *aaguid)
    });
    let aaguid = aaguid.ok_or(PasskeySettingsError::Aaguid { number })?;
    let is_name = (1..=NAME_CHARS_MAX).contains(&entry.name.chars().count())
        && !entry.name.chars().any(char::is_control)
        && entry.name.trim() == entry.name
        && known.iter().all(|other| other.name != entry.name);
    if !is_name {
        return Err(PasskeySettingsError::Name { number });
    }
    Ok(Model { aaguid, name: entry.name.clone() })
}

/// Each file is read once, however many models it speaks for.
struct Roots<'a> {
    read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    known: BTreeMap<String, Vec<Vec<u8>>>,
    list: AttestationCaListBuilder,
}

impl Roots<'_> {
    fn speak_for(&mut self, path: &str, model: &Model) -> Result<(), PasskeySettingsError> {
        let wrong = |reason| PasskeySettingsError::Root { path: path.chars().take(80).collect(), reason };
        let certificates = match self.known.get(path) {
            Some(known) => known.clone(),
            None => {
                check_path(path).map_err(wrong)?;
                let bytes = (self.read)(path).map_err(|reason| wrong(RootError::Unread(reason)))?;
                let read = certificates_of(&bytes).map_err(wrong)?;
                self.known.insert(path.to_owned(), read.clone());
                read
            }
        };
        for (number, der) in (1..).zip(&certificates) {
            let listed = self.list.insert_device_der(der, model.aaguid, model.name.clone(), BTreeMap::new());
            listed.map_err(|error| wrong(RootError::Certificate { number, reason: error.to_string() }))?;
        }
        Ok(())
    }
}

impl PasskeySettings {
    /// `read` gives the bytes of a file of roots, or says why not.
    ///
    /// # Errors
    /// What is wrong with the file or with one that it names, and where.
    pub fn parse(text: &str, read: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Self, PasskeySettingsError> {
        let file: File = toml::from_str(text).map_err(|error| PasskeySettingsError::Form(error.to_string()))?;
        let is_required = matches!(file.attestation, Attestation::Required);
        let attested = match (is_required, file.roles) {
            (true, None) => Role::ALL.to_vec(),
            (true, Some(roles)) => roles_of("roles", roles)?,
            (false, None) => Vec::new(),
            (false, Some(_)) => return Err(PasskeySettingsError::Undemanded),
        };
        let unsynced = file.refuse_synced.map(|roles| roles_of("refuse_synced", roles)).transpose()?.unwrap_or_default();
        if let Some(both) = unsynced.iter().find(|role| attested.contains(role)) {
            return Err(PasskeySettingsError::Needless(both.as_str()));
        }
        at_most("[[model]]", file.model.len(), MODELS_MAX)?;
        at_most("roots", file.roots.len(), ROOTS_MAX)?;
        if is_required && file.model.is_empty() {
            return Err(PasskeySettingsError::NoModel);
        }
        let mut models: Vec<Model> = Vec::new();
        let mut roots = Roots { read, known: BTreeMap::new(), list: AttestationCaListBuilder::new() };
        for (number, entry) in (1..).zip(&file.model) {
            let model = model_of(number, entry, &models)?;
            let own = entry.roots.as_ref().unwrap_or(&file.roots);
            at_most("roots", own.len(), ROOTS_MAX)?;
            if is_required && own.is_empty() {
                return Err(PasskeySettingsError::NoRoot { number });
            }
            for path in own {
                roots.speak_for(path, &model)?;
            }
            models.push(model);
        }
        let old_keys_end = file.old_keys_until.as_deref().map(end_of).transpose()?;
        Ok(Self { attested, unsynced, models, roots: roots.list.build(), old_keys_end })
    }

    pub(crate) fn demand(&self, role: Role) -> Demand {
        if self.attested.contains(&role) {
            Demand::Attested
        } else if self.unsynced.contains(&role) {
            Demand::NotSynced
        } else {
            Demand::Nothing
        }
    }

    /// Whether keys of people with this role must prove their model.
    #[must_use]
    pub fn is_attested(&self, role: Role) -> bool {
        self.demand(role) == Demand::Attested
    }

    pub(crate) fn roots(&self) -> AttestationCaList {
        self.roots.clone()
    }

    /// What the force calls a model; nothing where it does not know it.
    #[must_use]
    pub fn name_of(&self, aaguid: Uuid) -> Option<&str> {
        self.models.iter().find(|model| model.aaguid == aaguid).map(|model| model.name.as_str())
    }

    /// The models that the rule takes, as a person reads them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.models.iter().map(|model| model.name.clone()).collect()
    }

    /// Whether the rule of today would take such a key of somebody with this role. What is not known is not taken.
    pub(crate) fn takes(&self, role: Role, facts: &KeyFacts) -> bool {
        match self.demand(role) {
            Demand::Nothing => true,
            Demand::NotSynced => facts.is_backup_eligible == Some(false),
            Demand::Attested => facts.is_attested && facts.aaguid.is_some_and(|aaguid| self.name_of(aaguid).is_some()),
        }
    }

    /// When a key that the rule does not take opens nothing any more; `None`: it goes on.
    #[must_use]
    pub const fn old_keys_end(&self) -> Option<Micros> {
        self.old_keys_end
    }

    /// Whether such a key opens anything now.
    pub(crate) fn still_opens(&self, now: Micros, role: Role, facts: &KeyFacts) -> bool {
        self.takes(role, facts) || self.old_keys_end.is_none_or(|end| now < end)
    }
}

/// What the operator has set; without a file any key will do.
pub fn of(app: &App) -> Arc<PasskeySettings> {
    app.try_room::<PasskeySettings>().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::passkeys::soft_maker::{Maker, pem};

    const ONE: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
    const TWO: &str = "d8522d9f-575b-4866-88a9-ba99fa02f35b";

    fn read(path: &str) -> Result<Vec<u8>, String> {
        match path {
            "passkeys/maker.pem" => Ok(pem(&Maker::new("One", 1).root()).into_bytes()),
            "passkeys/empty.pem" => Ok(Vec::new()),
            other => Err(format!("no {other}")),
        }
    }

    fn parsed(text: &str) -> Result<PasskeySettings, PasskeySettingsError> {
        PasskeySettings::parse(text, &read)
    }

    fn told(text: &str) -> String {
        parsed(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn model(aaguid: &str, name: &str) -> String {
        format!("[[model]]\naaguid = \"{aaguid}\"\nname = \"{name}\"\n")
    }

    fn required(more: &str) -> String {
        format!("attestation = \"required\"\nroots = [\"passkeys/maker.pem\"]\n{more}{}", model(ONE, "Key 5"))
    }

    #[test]
    fn a_file_is_read_and_without_one_any_key_will_do() {
        let settings = parsed(&required("roles = [\"operator\"]\nrefuse_synced = [\"auditor\"]\nold_keys_until = \"2027-06-30\"\n")).unwrap();
        assert_eq!((settings.demand(Role::Operator), settings.demand(Role::Auditor), settings.demand(Role::Officer)), (Demand::Attested, Demand::NotSynced, Demand::Nothing));
        assert_eq!(settings.name_of(ONE.parse().unwrap()), Some("Key 5"));
        assert_eq!(settings.roots().len(), 1);
        // 2027-07-01 00:00 in Taipei.
        assert_eq!(settings.old_keys_end(), Some(Micros(1_814_371_200_000_000)));
        assert_eq!(parsed(&required("")).unwrap().demand(Role::Officer), Demand::Attested, "everybody");
        let none = parsed(&format!("attestation = \"none\"\n{}", model(ONE, "Key 5"))).unwrap();
        assert_eq!((none.demand(Role::Operator), none.names().len(), none.roots().len()), (Demand::Nothing, 1, 0));
        assert_eq!(PasskeySettings::default().demand(Role::Operator), Demand::Nothing);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert_eq!(told(&required("")), "");
        assert!(told("").contains("attestation"));
        assert!(told("attestation = \"maybe\"").contains("line 1"), "{}", told("attestation = \"maybe\""));
        assert!(told(&required("role = []\n")).contains("role"));
        assert!(told("attestation = \"required\"").contains("[[model]]"));
        assert!(told("attestation = \"none\"\nroles = [\"operator\"]").contains("leave one of them out"));
        assert!(told(&required("roles = []\n")).starts_with("roles: "));
        assert!(told(&required("roles = [\"operator\", \"operator\"]\n")).starts_with("roles: "));
        assert!(told(&required("roles = [\"king\"]\n")).contains("it is not the TOML"));
        assert!(told(&required("roles = [\"operator\"]\nrefuse_synced = [\"operator\"]\n")).contains("names operator"));
        assert!(told(&required(&model(ONE, "Other"))).starts_with("aaguid of model 2"));
        assert!(told(&required(&model(TWO, "Key 5"))).starts_with("name of model 2"));
        for aaguid in ["", "2fc0579f811347eab116bb5a8db9202a", "{2fc0579f-8113-47ea-b116-bb5a8db9202a}", "00000000-0000-0000-0000-000000000000"] {
            assert!(told(&required("").replace(ONE, aaguid)).starts_with("aaguid of model 1"), "{aaguid}");
        }
        assert!(told(&required("").replace("Key 5", "Key\\u0007")).starts_with("name of model 1"));
        for day in ["2027-02-29", "2027-6-30", "30.06.2027", "2027-06-3a", ""] {
            assert!(told(&required(&format!("old_keys_until = \"{day}\"\n"))).starts_with("old_keys_until"), "{day}");
        }
    }

    #[test]
    fn a_root_that_is_missing_or_none_stops_the_start_with_its_path() {
        assert!(told(&required("").replace("\"passkeys/maker.pem\"", "")).starts_with("model 1 has no root"));
        assert!(told(&required("").replace("maker.pem", "gone.pem")).starts_with("root \"passkeys/gone.pem\": it cannot be read: no passkeys/gone.pem"));
        assert!(told(&required("").replace("maker.pem", "empty.pem")).contains("no certificate"));
        assert!(told(&required("").replace("passkeys/maker.pem", "../maker.pem")).contains("write passkeys/"));
    }

    #[test]
    fn what_is_not_known_of_a_key_is_not_taken_where_it_matters() {
        let settings = parsed(&required("roles = [\"operator\"]\nrefuse_synced = [\"auditor\"]\nold_keys_until = \"2027-06-30\"\n")).unwrap();
        let unknown = KeyFacts::default();
        assert!(settings.takes(Role::Officer, &unknown));
        assert!(!settings.takes(Role::Auditor, &unknown) && !settings.takes(Role::Operator, &unknown));
        let listed = KeyFacts { aaguid: ONE.parse().ok(), is_attested: true, is_backup_eligible: Some(false), is_backed_up: Some(false) };
        assert!(settings.takes(Role::Auditor, &listed) && settings.takes(Role::Operator, &listed));
        for other in [KeyFacts { aaguid: TWO.parse().ok(), ..listed }, KeyFacts { is_attested: false, ..listed }] {
            assert!(!settings.takes(Role::Operator, &other));
        }
        assert!(!settings.takes(Role::Auditor, &KeyFacts { is_backup_eligible: Some(true), ..listed }));
        let end = settings.old_keys_end().unwrap();
        assert!(settings.still_opens(end.plus(-1), Role::Operator, &unknown) && !settings.still_opens(end, Role::Operator, &unknown));
        assert!(settings.still_opens(end, Role::Operator, &listed) && settings.still_opens(end, Role::Officer, &unknown));
    }

    proptest! {
        #[test]
        fn any_text_is_settings_or_refused(text in "[ -~\n]{0,200}") {
            let _ = parsed(&text);
        }
    }
}
