//! Legal bases on which a vehicle may be looked for, with the longest time each may run before people look again.
//!
//! The articles are quoted for orientation. `max_days` is the law's own limit only where the comment says so; elsewhere it
//! is ours, so that no entry outlives its reason unnoticed. **A lawyer of the force must confirm the table before use.**

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_wire::EntryAction;

/// A ground for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LegalBasis {
    /// Stable key; what entries store.
    pub key: &'static str,
    pub title_zh: &'static str,
    pub title_en: &'static str,
    /// Statute and article.
    pub article: &'static str,
    /// Longest time in force, days from the proposal.
    pub max_days: i64,
    /// What an entry of this basis asks for when it does not say.
    pub default_action: EntryAction,
    /// True: only `observe` is lawful, and `reason` must quote the chief's written consent by its document number.
    pub is_observation: bool,
    /// Other names that files use.
    #[serde(skip)]
    pub aliases: &'static [&'static str],
}

const fn basis(
    key: &'static str,
    title_zh: &'static str,
    title_en: &'static str,
    article: &'static str,
    max_days: i64,
    aliases: &'static [&'static str],
) -> LegalBasis {
    LegalBasis { key, title_zh, title_en, article, max_days, default_action: EntryAction::Stop, is_observation: false, aliases }
}

pub const LEGAL_BASES: &[LegalBasis] = &[
    basis(
        "stolen_vehicle",
        "失竊車輛協尋",
        "Stolen vehicle",
        "刑事訴訟法第230條、第231條；刑法第320條、第321條；警察職權行使法第8條",
        365,
        &["失車", "失竊車輛", "失車協尋", "失竊", "竊盜", "贓車", "stolen", "theft"],
    ),
    basis(
        "stolen_plate",
        "車牌失竊或遺失",
        "Stolen or lost plate",
        "刑事訴訟法第230條、第231條；道路交通管理處罰條例第12條",
        365,
        &["失牌", "車牌失竊", "車牌遺失", "號牌失竊", "號牌遺失", "stolenplate", "lostplate"],
    ),
    basis(
        "false_plate",
        "偽造、變造或借用車牌",
        "Forged, altered or borrowed plate",
        "道路交通管理處罰條例第12條第1項第3款至第5款",
        180,
        &["偽造車牌", "變造車牌", "懸掛他車號牌", "假車牌", "權利車", "forgedplate", "clonedplate"],
    ),
    LegalBasis {
        default_action: EntryAction::StopWithCaution,
        ..basis(
            "wanted_person",
            "通緝犯使用車輛",
            "Vehicle of a wanted person",
            "刑事訴訟法第84條至第87條",
            365,
            &["通緝", "通緝犯", "通緝車輛", "wanted"],
        )
    },
    // 第11條第2項: not longer than one year at a time, and extended once at most. Only gathering data is allowed.
    LegalBasis {
        default_action: EntryAction::Observe,
        is_observation: true,
        ..basis(
            "police_observation",
            "長期觀察（經警察局長書面同意）",
            "Observation with the chief's written consent",
            "警察職權行使法第11條",
            365,
            &["觀察", "長期觀察", "警職法11", "警職法第11條", "警察職權行使法第11條", "observation"],
        )
    },
    LegalBasis {
        default_action: EntryAction::Stop,
        ..basis(
            "missing_person",
            "失蹤人口協尋",
            "Missing person",
            "警察職權行使法第28條；失蹤人口查尋作業要點",
            180,
            &["失蹤", "失蹤人口", "失蹤人", "協尋人口", "missing"],
        )
    },
    basis(
        "traffic_evasion",
        "拒絕停車受檢而逃逸",
        "Evaded a traffic stop",
        "道路交通管理處罰條例第60條第1項、第35條第4項",
        90,
        &["拒檢逃逸", "拒檢", "攔檢不停", "逃逸", "evasion"],
    ),
    basis(
        "hit_and_run",
        "肇事逃逸",
        "Hit and run",
        "道路交通管理處罰條例第62條；刑法第185條之4",
        180,
        &["肇逃", "交通肇逃", "hitandrun"],
    ),
    basis(
        "court_order",
        "法院或檢察官命令（扣押、拘提、搜索）",
        "Court or prosecutor's order",
        "刑事訴訟法第75條至第77條、第128條、第133條",
        180,
        &["法院命令", "法院裁定", "扣押", "拘提", "拘票", "搜索票", "courtorder", "warrant"],
    ),
];

/// By the stable key alone.
#[must_use]
pub fn by_key(key: &str) -> Option<&'static LegalBasis> {
    LEGAL_BASES.iter().find(|basis| basis.key == key)
}

/// By key, title or alias, whatever the width, case and separators: what spreadsheets contain.
#[must_use]
pub fn by_any_name(text: &str) -> Option<&'static LegalBasis> {
    let wanted = shouhu_text::squeezed(text);
    if wanted.is_empty() {
        return None;
    }
    LEGAL_BASES.iter().find(|basis| {
        [basis.key, basis.title_zh, basis.title_en].iter().chain(basis.aliases).any(|name| shouhu_text::squeezed(name) == wanted)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_basis_has_a_key_of_its_own_an_article_and_a_limit() {
        let keys: HashSet<&str> = LEGAL_BASES.iter().map(|b| b.key).collect();
        assert_eq!(keys.len(), LEGAL_BASES.len());
        assert!(LEGAL_BASES.iter().all(|b| b.article.contains('第') || b.article.contains("要點")));
        assert!(LEGAL_BASES.iter().all(|b| (1..=365).contains(&b.max_days)));
    }

    #[test]
    fn no_name_means_two_bases() {
        let mut seen = HashSet::new();
        for basis in LEGAL_BASES {
            let names: HashSet<String> = [basis.key, basis.title_zh, basis.title_en]
                .iter()
                .chain(basis.aliases)
                .map(|n| shouhu_text::squeezed(n))
                .collect();
            for name in names {
                assert!(seen.insert(name.clone()), "{name} names two bases");
            }
        }
    }

    #[test]
    fn a_basis_is_found_by_what_people_write() {
        for written in ["stolen_vehicle", "Stolen Vehicle", "失竊車輛協尋", " 失車 ", "ＳＴＯＬＥＮ＿ＶＥＨＩＣＬＥ"]
        {
            assert_eq!(by_any_name(written).map(|b| b.key), Some("stolen_vehicle"), "{written}");
        }
        assert_eq!(by_any_name("警察職權行使法第 11 條").map(|b| b.key), Some("police_observation"));
        assert!(by_any_name("因為我想").is_none());
        assert!(by_any_name("").is_none());
    }
}
