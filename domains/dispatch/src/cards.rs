//! Run cards 出勤卡: what incidents of a kind ask for, by alarm level, and which units fill that.
//!
//! **Invariant:** a card orders nobody. It says what is missing and who could fill it; each order is a person's, with its reasons.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_choice::Skills;
use shouhu_ids::Micros;
use shouhu_module::{Keyed, Person};
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::UnitKind;

use crate::catalogue::{self, Catalogue};
use crate::skills;

/// Alarm levels of a card.
pub const LEVELS_MAX: usize = 3;
/// Lines of one level, and units of one line.
const ASKS_MAX: usize = 10;
const COUNT_MAX: u8 = 10;

/// One line of a card: so many units of a kind that all have these skills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    #[schemars(range(min = 1, max = 10))]
    pub count: u8,
    /// Absent: any.
    #[serde(default)]
    pub unit_kind: Option<UnitKind>,
    #[serde(default)]
    pub skills: Vec<String>,
}

/// All that is to be sent at a level, not what comes on top of the level below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    pub asks: Vec<Ask>,
}

impl Level {
    fn units(&self) -> u32 {
        self.asks.iter().map(|ask| u32::from(ask.count)).sum()
    }
}

/// Levels 1 to 3 by incident kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
pub struct RunCards {
    pub cards: BTreeMap<String, Vec<Level>>,
}

/// `POST /v1/dispatch/cards`: all cards of the room, as they are to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WriteCards {
    #[serde(flatten)]
    pub cards: RunCards,
    /// The version that was read before it was changed: what somebody else has set since is not written over unseen.
    pub base_version: i64,
}

/// The cards that hold, and whose they are.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SetCards {
    #[serde(flatten)]
    pub cards: RunCards,
    pub version: i64,
    /// Absent: nobody has set any.
    pub set_at_us: Option<Micros>,
    pub set_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it has {0} levels; 1 to {LEVELS_MAX} are possible")]
    Levels(usize),
    #[error("level {level} has {lines} lines; 1 to {ASKS_MAX} are possible")]
    Lines { level: usize, lines: usize },
    #[error("level {level} asks for {count} units in one line; 1 to {COUNT_MAX} are possible")]
    Count { level: usize, count: u8 },
    #[error("level {level} asks for {units} units, the level below for {below}: a higher alarm never asks for less")]
    Fewer { level: usize, units: u32, below: u32 },
}

#[derive(Debug, thiserror::Error)]
pub enum CardsError {
    #[error("incident kind {0:?} is not in the catalogue")]
    UnknownKind(String),
    #[error("skill {0:?} is not in the catalogue")]
    UnknownSkill(String),
    #[error("the card of {kind}: {fault}")]
    Card { kind: String, fault: Fault },
    #[error("{by} has set version {version} meanwhile, and this was made from {base}: read it, and change that")]
    Changed { by: String, version: i64, base: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for CardsError {
    fn key(&self) -> &'static str {
        match self {
            Self::UnknownKind(_) => "dispatch.policy.unknown_kind",
            Self::UnknownSkill(_) => "dispatch.policy.unknown_skill",
            Self::Card { fault: Fault::Fewer { .. }, .. } => "dispatch.cards.fewer",
            Self::Card { .. } => "dispatch.cards.shape",
            Self::Changed { .. } => "dispatch.cards.changed",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Changed { .. } => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

fn fault_of(levels: &[Level]) -> Option<Fault> {
    if levels.is_empty() || levels.len() > LEVELS_MAX {
        return Some(Fault::Levels(levels.len()));
    }
    let mut below = 0;
    for (level, card) in (1..).zip(levels) {
        let lines = card.asks.len();
        if lines == 0 || lines > ASKS_MAX {
            return Some(Fault::Lines { level, lines });
        }
        if let Some(ask) = card.asks.iter().find(|ask| ask.count == 0 || ask.count > COUNT_MAX) {
            return Some(Fault::Count { level, count: ask.count });
        }
        let units = card.units();
        if units < below {
            return Some(Fault::Fewer { level, units, below });
        }
        below = units;
    }
    None
}

impl RunCards {
    /// # Errors
    /// When a card has no sound shape, or a kind or skill is unknown.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), CardsError> {
        let short = |text: &str| text.chars().take(40).collect::<String>();
        for (kind, levels) in &self.cards {
            if catalogue.known(kind).is_none() {
                return Err(CardsError::UnknownKind(short(kind)));
            }
            if let Some(fault) = fault_of(levels) {
                return Err(CardsError::Card { kind: kind.clone(), fault });
            }
            let mut asked = levels.iter().flat_map(|level| &level.asks).flat_map(|ask| &ask.skills);
            if let Some(unknown) = asked.find(|key| !skills::is_known(key)) {
                return Err(CardsError::UnknownSkill(short(unknown)));
            }
        }
        Ok(())
    }

    /// What a level of a kind asks for; above the highest of the card, what that asks for. Empty where there is no card.
    #[must_use]
    pub fn asks(&self, kind: &str, level: usize) -> &[Ask] {
        let levels = self.cards.get(kind).map_or(&[][..], Vec::as_slice);
        levels.get(level.clamp(1, levels.len().max(1)) - 1).map_or(&[], |level| &level.asks)
    }

    #[must_use]
    pub fn levels_of(&self, kind: &str) -> usize {
        self.cards.get(kind).map_or(0, Vec::len)
    }
}

/// A unit as a card sees it.
#[derive(Debug, Clone, Copy)]
pub struct Able {
    pub kind: UnitKind,
    pub skills: Skills,
}

fn fits(ask: &Ask, unit: &Able) -> bool {
    ask.unit_kind.is_none_or(|kind| kind == unit.kind) && unit.skills.has_all(skills::set_of(&ask.skills))
}

/// Which line each unit fills. As many lines are filled as these units can fill together; between units, whoever stands before
/// another is used before it, and stays used. (Augmenting paths: Kuhn 1955; units enter one by one, and an augmenting path takes
/// nobody out who was in.)
#[must_use]
pub fn fill(asks: &[Ask], units: &[Able]) -> Vec<Option<usize>> {
    let mut filled = vec![None; units.len()];
    for unit in 0..units.len() {
        let mut tried = vec![false; asks.len()];
        place(unit, asks, units, &mut filled, &mut tried);
    }
    filled
}

fn place(unit: usize, asks: &[Ask], units: &[Able], filled: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    let Some(able) = units.get(unit) else { return false };
    for (line, ask) in asks.iter().enumerate().filter(|(_, ask)| fits(ask, able)) {
        let Some(mark) = tried.get_mut(line).filter(|mark| !**mark) else { continue };
        *mark = true;
        let holders: Vec<usize> = (0..filled.len()).filter(|other| filled.get(*other) == Some(&Some(line))).collect();
        let has_room = holders.len() < usize::from(ask.count);
        if has_room || holders.into_iter().any(|holder| place(holder, asks, units, filled, tried)) {
            if let Some(slot) = filled.get_mut(unit) {
                *slot = Some(line);
            }
            return true;
        }
    }
    false
}

/// # Errors
/// When the database fails.
pub async fn current(store: &Store) -> Result<SetCards, StoreError> {
    let sql = "SELECT version, cards, set_at_us, set_by_name FROM dispatch_cards ORDER BY version DESC LIMIT 1";
    let Some(row) = store.fetch_opt(sql, vec![]).await? else {
        return Ok(SetCards { cards: RunCards::default(), version: 0, set_at_us: None, set_by: None });
    };
    Ok(SetCards {
        cards: row.json("cards")?,
        version: row.int("version")?,
        set_at_us: Some(row.micros("set_at_us")?),
        set_by: Some(row.text("set_by_name")?),
    })
}

/// Sets all cards of the room; the ones before stay on record.
///
/// # Errors
/// When a card is not sound, or somebody has set others since `base_version` was read.
pub async fn set(store: &Store, by: &Person, written: &WriteCards) -> Result<SetCards, CardsError> {
    let WriteCards { cards, base_version: base } = written;
    cards.check(&catalogue::current(store).await?)?;
    let json = serde_json::to_string(cards).map_err(|e| StoreError::Corrupt { what: "run cards", detail: e.to_string() })?;
    let now = store.env().now();
    if current(store).await?.version == *base {
        let mut tx = store.begin().await?;
        // Of two that write at once, the key lets one in.
        let sql = "INSERT INTO dispatch_cards (version, cards, set_at_us, set_by, set_by_name) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        if tx.execute(sql, params![base.saturating_add(1), json, now, by.id, &by.name]).await? == 1 {
            tx.commit().await?;
            return Ok(current(store).await?);
        }
    }
    let held = current(store).await?;
    Err(CardsError::Changed { by: held.set_by.unwrap_or_default(), version: held.version, base: *base })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::dispatcher;

    fn ask(count: u8, unit_kind: Option<UnitKind>, skills: &[&str]) -> Ask {
        Ask { count, unit_kind, skills: skills.iter().map(|key| (*key).to_owned()).collect() }
    }

    fn able(kind: UnitKind, keys: &[&str]) -> Able {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        Able { kind, skills: skills::set_of(&keys) }
    }

    fn card(kind: &str, levels: Vec<Vec<Ask>>) -> RunCards {
        RunCards { cards: [(kind.to_owned(), levels.into_iter().map(|asks| Level { asks }).collect())].into() }
    }

    #[test]
    fn a_unit_that_alone_can_do_something_is_not_spent_on_what_any_can_do() {
        let asks = [ask(1, Some(UnitKind::Car), &[]), ask(1, Some(UnitKind::Car), &["crash_kit"])];
        let units = [able(UnitKind::Car, &["crash_kit"]), able(UnitKind::Car, &[]), able(UnitKind::Car, &[])];
        assert_eq!(fill(&asks, &units), [Some(1), Some(0), None]);
        assert_eq!(fill(&asks, &[able(UnitKind::Foot, &["crash_kit"])]), [None]);
    }

    #[test]
    fn a_card_without_sense_is_refused_with_its_place() {
        let two = || ask(2, None, &[]);
        assert!(card("robbery", vec![vec![two()], vec![two(), two()]]).check(&Catalogue::built_in()).is_ok());
        let key = |cards: RunCards| cards.check(&Catalogue::built_in()).unwrap_err().key();
        assert_eq!(key(card("loud", vec![vec![two()]])), "dispatch.policy.unknown_kind");
        assert_eq!(key(card("robbery", vec![vec![ask(1, None, &["juggling"])]])), "dispatch.policy.unknown_skill");
        assert_eq!(key(card("robbery", vec![vec![two()], vec![ask(1, None, &[])]])), "dispatch.cards.fewer");
        for bad in [vec![], vec![vec![]], vec![vec![ask(0, None, &[])]], vec![vec![two()]; 4]] {
            assert_eq!(key(card("robbery", bad)), "dispatch.cards.shape");
        }
    }

    #[test]
    fn a_level_above_the_card_asks_for_its_highest_and_a_kind_without_a_card_for_nothing() {
        let cards = card("robbery", vec![vec![ask(1, None, &[])], vec![ask(3, None, &[])]]);
        assert_eq!((cards.asks("robbery", 1).len(), cards.asks("robbery", 3).first().map(|ask| ask.count)), (1, Some(3)));
        assert!(cards.asks("noise", 1).is_empty() && cards.levels_of("noise") == 0);
    }

    #[tokio::test]
    async fn the_newest_cards_hold_and_name_who_set_them_and_nobody_writes_over_what_was_not_seen() {
        on_each_database(&[MODULE.schema()], |store| async move {
            assert_eq!(current(&store).await.unwrap().version, 0);
            let by = dispatcher(&store);
            let based = |cards: RunCards, base_version| WriteCards { cards, base_version };
            set(&store, &by, &based(card("robbery", vec![vec![ask(1, None, &[])]]), 0)).await.unwrap();
            let wanted = card("robbery", vec![vec![ask(2, Some(UnitKind::Car), &["supervisor"])]]);
            let held = set(&store, &by, &based(wanted.clone(), 1)).await.unwrap();
            assert_eq!((&held.cards, held.version, held.set_by.as_ref()), (&wanted, 2, Some(&by.name)));
            let other = card("noise", vec![vec![ask(1, None, &[])]]);
            for base in [0, 1, 3] {
                let refused = set(&store, &by, &based(other.clone(), base)).await.unwrap_err();
                assert_eq!((refused.key(), refused.status()), ("dispatch.cards.changed", StatusCode::CONFLICT));
            }
            let mut setting = tokio::task::JoinSet::new();
            for _ in 0..5 {
                let (store, by, body) = (store.clone(), by.clone(), based(other.clone(), 2));
                setting.spawn(async move { set(&store, &by, &body).await });
            }
            let (won, lost): (Vec<_>, Vec<_>) = setting.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (1, 4));
            assert!(lost.iter().all(|lost| lost.as_ref().is_err_and(|error| error.key() == "dispatch.cards.changed")), "{lost:?}");
        })
        .await;
    }

    const KEYS: [&str; 2] = ["crash_kit", "english"];

    fn some_skills() -> impl Strategy<Value = Vec<&'static str>> {
        prop::sample::subsequence(KEYS.to_vec(), 0..=2)
    }

    fn some_kind() -> impl Strategy<Value = UnitKind> {
        prop_oneof![Just(UnitKind::Car), Just(UnitKind::Foot)]
    }

    fn asks() -> impl Strategy<Value = Vec<Ask>> {
        let one = (1_u8..3, prop::option::of(some_kind()), some_skills());
        prop::collection::vec(one.prop_map(|(count, kind, skills)| ask(count, kind, &skills)), 0..4)
    }

    fn units() -> impl Strategy<Value = Vec<Able>> {
        prop::collection::vec((some_kind(), some_skills()).prop_map(|(kind, skills)| able(kind, &skills)), 0..7)
    }

    /// The most that any way of filling reaches, by trying all.
    fn most(asks: &[Ask], units: &[Able], used: &mut Vec<u8>) -> usize {
        let Some((first, rest)) = units.split_first() else { return 0 };
        let mut best = most(asks, rest, used);
        for line in 0..asks.len() {
            if fits(&asks[line], first) && used[line] < asks[line].count {
                used[line] += 1;
                best = best.max(1 + most(asks, rest, used));
                used[line] -= 1;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn as_much_is_filled_as_can_be_and_nothing_twice(asks in asks(), units in units()) {
            let filled = fill(&asks, &units);
            for (line, ask) in asks.iter().enumerate() {
                prop_assert!(filled.iter().filter(|at| **at == Some(line)).count() <= usize::from(ask.count));
            }
            for (unit, line) in filled.iter().enumerate() {
                prop_assert!(line.is_none_or(|line| fits(&asks[line], &units[unit])));
            }
            let all = filled.iter().flatten().count();
            prop_assert_eq!(all, most(&asks, &units, &mut vec![0; asks.len()]));
        }

        #[test]
        fn who_stands_before_is_used_whatever_comes_behind(asks in asks(), units in units(), cut in 0_usize..7) {
            let ahead = units.get(..cut.min(units.len())).unwrap_or_default();
            let alone: Vec<bool> = fill(&asks, ahead).iter().map(Option::is_some).collect();
            let among: Vec<bool> = fill(&asks, &units).iter().take(ahead.len()).map(Option::is_some).collect();
            prop_assert_eq!(alone, among);
        }
    }
}
