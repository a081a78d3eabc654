//! The catalogue of kinds that is in force: the newest imported list, or the built-in kinds.
//!
//! **Invariant:** a key that was ever known stays known, with its titles: a list that leaves it out retires it, so that nobody
//! opens another incident of it, and every incident that carries it can still be read, sent to and closed.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_calendar::TAIPEI_US;
use shouhu_exchange::kinds::Kind;
use shouhu_ids::Micros;
use shouhu_module::Person;
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::Priority;

use crate::kinds::KINDS;

/// What the program itself opens: calls for help, what fits nothing else, and confirmed hits. A list may rename them; it
/// cannot retire them.
pub const KEPT: [&str; 4] = ["sos", "stolen_vehicle", "wanted_vehicle", "other"];

/// A kind of incident as the catalogue in force says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueKind {
    pub key: String,
    pub title_zh: String,
    pub title_en: String,
    /// What is proposed; whoever opens the incident decides.
    pub priority: Priority,
    /// Other names that people type.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// From then on it may be used; absent: always.
    #[serde(default)]
    pub active_from_us: Option<Micros>,
    /// The newest list has left it out: incidents of it stay, new ones are refused.
    #[serde(default)]
    pub retired: bool,
}

/// Why a kind opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    Unknown,
    Retired,
    NotYet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// 0: the built-in kinds.
    #[serde(skip)]
    pub version: i64,
    pub kinds: Vec<CatalogueKind>,
}

/// What a list would do to the catalogue in force: keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub retired: Vec<String>,
    /// Left out, but the program opens incidents of them by itself.
    pub kept: Vec<String>,
    pub unchanged: usize,
}

impl Catalogue {
    #[must_use]
    pub fn built_in() -> Self {
        let kinds = KINDS.iter().map(|kind| CatalogueKind {
            key: kind.key.to_owned(),
            title_zh: kind.title_zh.to_owned(),
            title_en: kind.title_en.to_owned(),
            priority: kind.priority,
            aliases: Vec::new(),
            active_from_us: None,
            retired: false,
        });
        Self { version: 0, kinds: kinds.collect() }
    }

    #[must_use]
    pub fn known(&self, key: &str) -> Option<&CatalogueKind> {
        self.kinds.iter().find(|kind| kind.key == key)
    }

    /// The kind, when an incident may be opened of it now.
    ///
    /// # Errors
    /// Why not.
    pub fn usable(&self, key: &str, now: Micros) -> Result<&CatalogueKind, Unusable> {
        let kind = self.known(key).ok_or(Unusable::Unknown)?;
        if kind.retired {
            return Err(Unusable::Retired);
        }
        match kind.active_from_us {
            Some(from) if from > now => Err(Unusable::NotYet),
            _ => Ok(kind),
        }
    }

    /// The catalogue after a list, and what it changes.
    #[must_use]
    pub fn with(&self, list: &[Kind], now: Micros) -> (Self, Changes) {
        let mut changes = Changes::default();
        let mut kinds = Vec::new();
        for new in list {
            let known = self.known(&new.key);
            let begins = new.active_from.map(|day| Micros(day.days() * Micros::DAY - TAIPEI_US));
            // What is in use goes on: a later day in the list does not stop it until then.
            let is_in_use = self.usable(&new.key, now).is_ok();
            let kind = CatalogueKind {
                key: new.key.clone(),
                title_zh: new.title_zh.clone(),
                title_en: new.title_en.clone(),
                priority: Priority(new.priority),
                aliases: new.aliases.clone(),
                active_from_us: if is_in_use { known.and_then(|known| known.active_from_us) } else { begins },
                retired: false,
            };
            match known {
                None => changes.added.push(kind.key.clone()),
                Some(known) if *known == kind => changes.unchanged += 1,
                Some(_) => changes.changed.push(kind.key.clone()),
            }
            kinds.push(kind);
        }
        let listed: BTreeSet<&str> = list.iter().map(|kind| kind.key.as_str()).collect();
        for left_out in self.kinds.iter().filter(|kind| !listed.contains(kind.key.as_str())) {
            let is_kept = KEPT.contains(&left_out.key.as_str());
            match (is_kept, left_out.retired) {
                (true, _) => changes.kept.push(left_out.key.clone()),
                (false, true) => {}
                (false, false) => changes.retired.push(left_out.key.clone()),
            }
            kinds.push(CatalogueKind { retired: !is_kept, ..left_out.clone() });
        }
        (Self { version: self.version + 1, kinds }, changes)
    }
}

/// The catalogue in force.
///
/// # Errors
/// When the database fails.
pub async fn current(store: &Store) -> Result<Catalogue, StoreError> {
    let sql = "SELECT version, catalogue FROM dispatch_kinds ORDER BY version DESC LIMIT 1";
    match store.fetch_opt(sql, vec![]).await? {
        Some(row) => Ok(Catalogue { version: row.int("version")?, ..row.json("catalogue")? }),
        None => Ok(Catalogue::built_in()),
    }
}

/// Puts a catalogue in force.
///
/// # Errors
/// `Duplicate` when somebody has imported another one meanwhile.
pub async fn set(store: &Store, by: &Person, catalogue: &Catalogue) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO dispatch_kinds (version, catalogue, set_at_us, set_by, set_by_name) VALUES ($1, $2, $3, $4, $5)",
        params![catalogue.version, json!(catalogue).to_string(), store.env().now(), by.id, &by.name],
    )
    .await?;
    tx.commit().await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_calendar::Date;

    use super::*;

    fn listed(key: &str, priority: u8) -> Kind {
        Kind { key: key.into(), title_zh: format!("名{key}"), title_en: key.into(), priority, aliases: Vec::new(), active_from: None }
    }

    const NOON: Micros = Micros(1_795_190_400_000_000 + 12 * Micros::HOUR);

    #[test]
    fn what_is_left_out_is_retired_and_known_and_what_the_program_needs_stays() {
        let (next, changes) = Catalogue::built_in().with(&[listed("fight", 1), listed("scooter_theft", 3)], NOON);
        assert_eq!((next.version, changes.added, changes.changed), (1, vec!["scooter_theft".to_owned()], vec!["fight".to_owned()]));
        assert_eq!(changes.kept, KEPT);
        assert_eq!(changes.retired.len(), KINDS.len() - KEPT.len() - 1);
        assert_eq!(next.usable("noise", NOON), Err(Unusable::Retired));
        assert_eq!(next.known("noise").map(|kind| kind.title_zh.as_str()), Some("噪音"));
        assert_eq!(next.usable("loud_noise", NOON), Err(Unusable::Unknown));
        assert!(next.usable("sos", NOON).is_ok() && next.usable("scooter_theft", NOON).is_ok());
        let (back, changes) = next.with(&[listed("noise", 4)], NOON);
        assert!(back.usable("noise", NOON).is_ok() && changes.changed == ["noise"]);
    }

    #[test]
    fn a_new_kind_begins_on_its_day_in_taipei_and_one_in_use_never_stops_for_it() {
        let later = |key| Kind { active_from: Date::new(2026, 12, 1).ok(), ..listed(key, 2) };
        let (next, _) = Catalogue::built_in().with(&[later("scooter_theft"), later("fight")], NOON);
        let begins = Micros(Date::new(2026, 12, 1).unwrap().days() * Micros::DAY - TAIPEI_US);
        assert_eq!(next.usable("scooter_theft", begins.plus(-1)), Err(Unusable::NotYet));
        assert!(next.usable("scooter_theft", begins).is_ok() && next.usable("fight", NOON).is_ok());
    }

    proptest! {
        #[test]
        fn no_list_makes_a_known_key_unknown_or_stops_what_the_program_opens(
            lists in prop::collection::vec(prop::collection::btree_set(0..30_usize, 0..20), 0..6)
        ) {
            let key = |n: usize| KINDS.get(n).map_or_else(|| format!("new_{n}"), |kind| kind.key.to_owned());
            let mut catalogue = Catalogue::built_in();
            for list in lists {
                let rows: Vec<Kind> = list.into_iter().map(|n| listed(&key(n), 2)).collect();
                let before = catalogue.clone();
                let (next, changes) = before.with(&rows, NOON);
                for kind in &before.kinds {
                    prop_assert!(next.known(&kind.key).is_some(), "{}", kind.key);
                }
                prop_assert!(KEPT.iter().all(|key| next.usable(key, NOON).is_ok()));
                let keys: BTreeSet<&str> = next.kinds.iter().map(|kind| kind.key.as_str()).collect();
                prop_assert_eq!(keys.len(), next.kinds.len());
                prop_assert_eq!(changes.added.len() + changes.changed.len() + changes.unchanged, rows.len());
                catalogue = next;
            }
        }
    }
}
