//! How the room chooses: the policy that the supervisor set, kept with who set it and when.
//!
//! **Invariant:** a policy orders proposals. No setting sends anybody, and none lets a crew in panic or on scene be taken.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_choice::{Ageing, CoverageRule, Handover, Order, Policy, Preemption, Priority, RestRule, Settings, Skills};
use shouhu_ids::Micros;
use shouhu_module::{Keyed, Person};
use shouhu_store::{Store, StoreError, params};

use crate::catalogue::{self, Catalogue};
use crate::checks::SafetyChecks;
use crate::skills;

/// How the units that could go are ordered. (By station district comes with the stations.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyName {
    NearestByAir,
    NearestByRoad,
    NearestWithRest,
    CoverageAware,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PreemptionRule {
    pub is_on: bool,
    /// The lesser incident is at least so many levels of priority below.
    #[schemars(range(min = 1, max = 3))]
    pub levels_min: u8,
    /// What it must save over the best free unit.
    #[schemars(range(min = 0.0, max = 3_600.0))]
    pub saves_min_s: f64,
    /// An incident loses its unit at most so often.
    #[schemars(range(min = 1, max = 5))]
    pub times_max: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rest {
    /// Longer on duty is tired.
    #[schemars(range(min = 3_600.0, max = 86_400.0))]
    pub duty_max_s: f64,
    /// Sooner after a job is tired.
    #[schemars(range(min = 0.0, max = 7_200.0))]
    pub rest_min_s: f64,
    /// A rested unit goes first only if it is at most so much slower.
    #[schemars(range(min = 0.0, max = 900.0))]
    pub slower_max_s: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Seconds of waiting that one per cent of the demand is worth.
    #[schemars(range(min = 0.0, max = 600.0))]
    pub s_per_percent: f64,
    #[schemars(range(min = 0.0, max = 900.0))]
    pub slower_max_s: f64,
    /// A place counts as covered when an idle unit drives there in less.
    #[schemars(range(min = 60.0, max = 3_600.0))]
    pub threshold_s: f64,
    /// The share of its duty that a unit is busy.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub busy_share: f64,
}

/// `POST /v1/dispatch/policy`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicySettings {
    pub policy: PolicyName,
    /// What a position is older than this is added to the travel time.
    #[schemars(range(min = 10.0, max = 3_600.0))]
    pub stale_after_s: f64,
    pub preemption: PreemptionRule,
    pub rest: Rest,
    pub coverage: Coverage,
    /// Below this a handover is not suggested.
    #[schemars(range(min = 10.0, max = 3_600.0))]
    pub handover_saves_min_s: f64,
    /// Waiting for so long is worth one level of priority.
    #[schemars(range(min = 60.0, max = 86_400.0))]
    pub ageing_step_s: f64,
    /// Skills that an incident of a kind asks for.
    #[serde(default)]
    pub needs: BTreeMap<String, Vec<String>>,
    /// When crews are asked whether they are well.
    #[serde(default)]
    pub checks: SafetyChecks,
}

impl Default for PolicySettings {
    /// Nearest by road, nobody taken away: what the room did before it had a policy. The numbers are those that
    /// `engines/choice` was measured with.
    fn default() -> Self {
        let (rest, coverage, preemption) = (RestRule::default(), CoverageRule::default(), Preemption::default());
        Self {
            policy: PolicyName::NearestByRoad,
            stale_after_s: 120.0,
            preemption: PreemptionRule {
                is_on: false,
                levels_min: preemption.levels_min,
                saves_min_s: preemption.saves_min_s,
                times_max: preemption.times_max,
            },
            rest: Rest { duty_max_s: rest.duty_max_s, rest_min_s: rest.rest_min_s, slower_max_s: rest.slower_max_s },
            coverage: Coverage {
                s_per_percent: coverage.s_per_percent,
                slower_max_s: coverage.slower_max_s,
                threshold_s: 480.0,
                busy_share: 0.4,
            },
            handover_saves_min_s: 60.0,
            ageing_step_s: Ageing::default().step_s,
            needs: BTreeMap::new(),
            checks: SafetyChecks::default(),
        }
    }
}

/// The policy that holds, and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DispatchPolicy {
    #[serde(flatten)]
    pub settings: PolicySettings,
    /// Absent: nobody has changed the defaults.
    pub set_at_us: Option<Micros>,
    pub set_by: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("{field} is {value}: it must be within {least} and {most}")]
    OutOfRange { field: &'static str, value: f64, least: f64, most: f64 },
    #[error("skill {0:?} is not in the catalogue")]
    UnknownSkill(String),
    #[error("incident kind {0:?} is not in the catalogue")]
    UnknownKind(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for PolicyError {
    fn key(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "dispatch.policy.out_of_range",
            Self::UnknownSkill(_) => "dispatch.policy.unknown_skill",
            Self::UnknownKind(_) => "dispatch.policy.unknown_kind",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The page shows the refusal at the field that it is about.
    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::OutOfRange { field, least, most, .. } => {
                vec![("field", (*field).to_owned()), ("least", least.to_string()), ("most", most.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

impl PolicySettings {
    /// # Errors
    /// When a number is out of its range, or a kind or skill is unknown.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), PolicyError> {
        let numbers = [
            ("stale_after_s", self.stale_after_s, 10.0, 3_600.0),
            ("preemption.levels_min", f64::from(self.preemption.levels_min), 1.0, 3.0),
            ("preemption.saves_min_s", self.preemption.saves_min_s, 0.0, 3_600.0),
            ("preemption.times_max", f64::from(self.preemption.times_max), 1.0, 5.0),
            ("rest.duty_max_s", self.rest.duty_max_s, 3_600.0, 86_400.0),
            ("rest.rest_min_s", self.rest.rest_min_s, 0.0, 7_200.0),
            ("rest.slower_max_s", self.rest.slower_max_s, 0.0, 900.0),
            ("coverage.s_per_percent", self.coverage.s_per_percent, 0.0, 600.0),
            ("coverage.slower_max_s", self.coverage.slower_max_s, 0.0, 900.0),
            ("coverage.threshold_s", self.coverage.threshold_s, 60.0, 3_600.0),
            ("coverage.busy_share", self.coverage.busy_share, 0.0, 0.95),
            ("handover_saves_min_s", self.handover_saves_min_s, 10.0, 3_600.0),
            ("ageing_step_s", self.ageing_step_s, 60.0, 86_400.0),
        ];
        for (field, value, least, most) in numbers.into_iter().chain(self.checks.numbers()) {
            if !(least..=most).contains(&value) {
                return Err(PolicyError::OutOfRange { field, value, least, most });
            }
        }
        for (kind, asked) in &self.needs {
            if catalogue.known(kind).is_none() {
                return Err(PolicyError::UnknownKind(short(kind)));
            }
            if let Some(unknown) = asked.iter().find(|key| !skills::is_known(key)) {
                return Err(PolicyError::UnknownSkill(short(unknown)));
            }
        }
        Ok(())
    }

    #[must_use]
    pub fn engine(&self, name: PolicyName) -> Settings {
        let policy = match name {
            PolicyName::NearestByAir => Policy::NearestByAir,
            PolicyName::NearestByRoad => Policy::NearestByRoad,
            PolicyName::NearestWithRest => Policy::NearestWithRest(RestRule {
                duty_max_s: self.rest.duty_max_s,
                rest_min_s: self.rest.rest_min_s,
                slower_max_s: self.rest.slower_max_s,
            }),
            PolicyName::CoverageAware => Policy::CoverageAware(CoverageRule {
                s_per_percent: self.coverage.s_per_percent,
                slower_max_s: self.coverage.slower_max_s,
            }),
        };
        let rule = self.preemption;
        let preemption = rule.is_on.then_some(Preemption {
            from: Priority::Urgent,
            levels_min: rule.levels_min,
            saves_min_s: rule.saves_min_s,
            times_max: rule.times_max,
        });
        Settings { policy, stale_after_s: Some(self.stale_after_s), preemption }
    }

    #[must_use]
    pub fn needs_of(&self, kind: &str) -> Skills {
        self.needs.get(kind).map_or(Skills::NONE, |keys| skills::set_of(keys))
    }

    #[must_use]
    pub const fn handover(&self) -> Handover {
        Handover { saves_min_s: self.handover_saves_min_s }
    }

    #[must_use]
    pub const fn queue(&self) -> Order {
        Order::Ageing(Ageing { step_s: self.ageing_step_s, near_s: 0.0 })
    }
}

/// The policy that holds now.
///
/// # Errors
/// When the database fails.
pub async fn current(store: &Store) -> Result<DispatchPolicy, StoreError> {
    let sql = "SELECT settings, set_at_us, set_by_name FROM dispatch_policy ORDER BY version DESC LIMIT 1";
    let Some(row) = store.fetch_opt(sql, vec![]).await? else {
        return Ok(DispatchPolicy { settings: PolicySettings::default(), set_at_us: None, set_by: None });
    };
    Ok(DispatchPolicy {
        settings: row.json("settings")?,
        set_at_us: Some(row.micros("set_at_us")?),
        set_by: Some(row.text("set_by_name")?),
    })
}

/// Sets it for the whole room; the ones before stay on record.
///
/// # Errors
/// When a setting is out of its range.
pub async fn set(store: &Store, by: &Person, settings: &PolicySettings) -> Result<DispatchPolicy, PolicyError> {
    settings.check(&catalogue::current(store).await?)?;
    let json = serde_json::to_string(settings).map_err(|e| StoreError::Corrupt { what: "policy", detail: e.to_string() })?;
    let now = store.env().now();
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO dispatch_policy (version, settings, set_at_us, set_by, set_by_name) \
         SELECT COALESCE(MAX(version), 0) + 1, $1, $2, $3, $4 FROM dispatch_policy",
        params![json, now, by.id, &by.name],
    )
    .await?;
    tx.commit().await?;
    Ok(DispatchPolicy { settings: settings.clone(), set_at_us: Some(now), set_by: Some(by.name.clone()) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::dispatcher;

    #[tokio::test]
    async fn the_newest_policy_holds_and_names_who_set_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            assert_eq!(current(&store).await.unwrap().set_by, None);
            let by = dispatcher(&store);
            let wanted = PolicySettings { policy: PolicyName::CoverageAware, ..PolicySettings::default() };
            set(&store, &by, &PolicySettings::default()).await.unwrap();
            set(&store, &by, &wanted).await.unwrap();
            let held = current(&store).await.unwrap();
            assert_eq!((held.settings, held.set_by), (wanted, Some(by.name)));
        })
        .await;
    }

    #[test]
    fn a_setting_out_of_its_range_or_a_word_that_nobody_knows_is_named() {
        let with = |change: fn(&mut PolicySettings)| {
            let mut settings = PolicySettings::default();
            change(&mut settings);
            settings.check(&Catalogue::built_in()).unwrap_err()
        };
        let refused = with(|s| s.coverage.busy_share = f64::NAN);
        assert!(refused.to_string().contains("coverage.busy_share"), "{refused}");
        assert_eq!(with(|s| s.ageing_step_s = 0.0).key(), "dispatch.policy.out_of_range");
        let needs = |kind: &str, skill: &str| PolicySettings {
            needs: [(kind.to_owned(), vec![skill.to_owned()])].into(),
            ..PolicySettings::default()
        };
        assert_eq!(needs("noise", "juggling").check(&Catalogue::built_in()).unwrap_err().key(), "dispatch.policy.unknown_skill");
        assert_eq!(needs("loud", "drone").check(&Catalogue::built_in()).unwrap_err().key(), "dispatch.policy.unknown_kind");
        assert!(needs("noise", "english").check(&Catalogue::built_in()).is_ok() && !needs("noise", "english").needs_of("noise").is_empty());
    }
}
