//! The built-in incident kinds: keys that never change, titles, and the priority that is offered first. What is in force says
//! `catalogue`.

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_wire::Priority;

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct IncidentKind {
    pub key: &'static str,
    pub title_zh: &'static str,
    pub title_en: &'static str,
    /// What is proposed; whoever opens the incident decides.
    pub priority: Priority,
}

const fn kind(key: &'static str, title_zh: &'static str, title_en: &'static str, priority: u8) -> IncidentKind {
    IncidentKind { key, title_zh, title_en, priority: Priority(priority) }
}

pub const KINDS: &[IncidentKind] = &[
    kind("sos", "員警求援", "Officer needs help", 1),
    kind("robbery", "強盜搶奪", "Robbery", 1),
    kind("weapon", "持械滋事", "Person with a weapon", 1),
    kind("domestic_violence", "家庭暴力", "Domestic violence", 1),
    kind("self_harm", "自殺自傷", "Suicide or self-harm", 1),
    kind("fire_assist", "協助火警救護", "Assist fire or ambulance", 1),
    kind("stolen_vehicle", "失竊車輛", "Stolen vehicle", 2),
    kind("wanted_vehicle", "查緝車輛", "Wanted vehicle", 2),
    kind("burglary", "住宅竊盜", "Burglary", 2),
    kind("fight", "打架鬥毆", "Fight", 2),
    kind("traffic_crash", "交通事故", "Traffic crash", 2),
    kind("missing_person", "失蹤人口", "Missing person", 2),
    kind("drunk_driving", "酒後駕車", "Drunk driving", 2),
    kind("theft", "一般竊盜", "Theft", 3),
    kind("fraud", "詐欺", "Fraud", 3),
    kind("suspicious_person", "可疑人物", "Suspicious person", 3),
    kind("suspicious_vehicle", "可疑車輛", "Suspicious vehicle", 3),
    kind("public_help", "為民服務", "Help for the public", 3),
    kind("noise", "噪音", "Noise", 4),
    kind("illegal_parking", "違規停車", "Illegal parking", 4),
    kind("other", "其他", "Other", 3),
];

#[must_use]
pub fn known(key: &str) -> Option<&'static IncidentKind> {
    KINDS.iter().find(|kind| kind.key == key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_are_unique_and_priorities_are_within_one_and_four() {
        let keys: BTreeSet<_> = KINDS.iter().map(|kind| kind.key).collect();
        assert_eq!(keys.len(), KINDS.len());
        assert!(KINDS.iter().all(|kind| (1..=4).contains(&kind.priority.0)));
        assert!(known("stolen_vehicle").is_some() && known("stolen vehicle").is_none());
    }
}
