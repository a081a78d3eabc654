//! What the navigator says, in the two languages of the house.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Maneuver, ManeuverType, Modifier};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WayLanguage")]
pub enum Language {
    #[serde(rename = "zh-TW")]
    ZhTw,
    #[serde(rename = "en")]
    En,
}

impl Language {
    pub(super) fn instruction(self, maneuver: &Maneuver, name: &str) -> String {
        match self {
            Self::ZhTw => zh_tw(maneuver, name),
            Self::En => en(maneuver, name),
        }
    }
}

fn zh_tw(maneuver: &Maneuver, name: &str) -> String {
    let into = if name.is_empty() { String::new() } else { format!("，進入{name}") };
    let turn = match maneuver.modifier {
        Some(Modifier::Uturn) => "迴轉",
        Some(Modifier::SharpRight) => "向右急轉",
        Some(Modifier::Right) => "右轉",
        Some(Modifier::SlightRight) => "靠右",
        Some(Modifier::SlightLeft) => "靠左",
        Some(Modifier::Left) => "左轉",
        Some(Modifier::SharpLeft) => "向左急轉",
        Some(Modifier::Straight) | None => "直行",
    };
    match maneuver.kind {
        ManeuverType::Depart => {
            let heading = ["北", "東北", "東", "東南", "南", "西南", "西", "西北"];
            let heading = heading.get(octant(maneuver.bearing_after)).copied().unwrap_or_default();
            if name.is_empty() { format!("向{heading}出發") } else { format!("沿{name}向{heading}出發") }
        }
        ManeuverType::Arrive => "抵達目的地".to_owned(),
        ManeuverType::Continue if maneuver.modifier == Some(Modifier::Uturn) => "迴轉".to_owned(),
        ManeuverType::Continue if name.is_empty() => format!("{turn}繼續前行"),
        ManeuverType::Continue => format!("{turn}，繼續沿{name}前行"),
        ManeuverType::Turn => format!("{turn}{into}"),
        ManeuverType::NewName => format!("繼續{turn}{into}"),
        ManeuverType::EndOfRoad => format!("路底{turn}{into}"),
        ManeuverType::Fork => format!("岔路{turn}{into}"),
        ManeuverType::Roundabout => match maneuver.exit {
            Some(exit) => format!("進入圓環，由第 {exit} 個出口駛出{into}"),
            None => "進入圓環".to_owned(),
        },
        ManeuverType::ExitRoundabout => format!("駛出圓環{into}"),
    }
}

fn en(maneuver: &Maneuver, name: &str) -> String {
    let onto = if name.is_empty() { String::new() } else { format!(" onto {name}") };
    let side = match maneuver.modifier {
        Some(Modifier::Uturn) => "around",
        Some(Modifier::SharpRight) => "sharp right",
        Some(Modifier::Right) => "right",
        Some(Modifier::SlightRight) => "slightly right",
        Some(Modifier::SlightLeft) => "slightly left",
        Some(Modifier::Left) => "left",
        Some(Modifier::SharpLeft) => "sharp left",
        Some(Modifier::Straight) | None => "straight on",
    };
    let verb = if matches!(maneuver.modifier, Some(Modifier::Straight) | None) { "Go" } else { "Turn" };
    match maneuver.kind {
        ManeuverType::Depart => {
            let heading = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"];
            let heading = heading.get(octant(maneuver.bearing_after)).copied().unwrap_or_default();
            if name.is_empty() { format!("Head {heading}") } else { format!("Head {heading} on {name}") }
        }
        ManeuverType::Arrive => "You have arrived".to_owned(),
        ManeuverType::Continue if maneuver.modifier == Some(Modifier::Uturn) => "Make a U-turn".to_owned(),
        ManeuverType::Continue if name.is_empty() => format!("{verb} {side}"),
        ManeuverType::Continue => format!("{verb} {side} to stay on {name}"),
        ManeuverType::Turn => format!("{verb} {side}{onto}"),
        ManeuverType::NewName => format!("Continue {side}{onto}"),
        ManeuverType::EndOfRoad => format!("At the end of the road turn {side}{onto}"),
        ManeuverType::Fork => format!("At the fork keep {}{onto}", side.trim_start_matches("slightly ")),
        ManeuverType::Roundabout => match maneuver.exit {
            Some(exit) => format!("Enter the roundabout and take exit {exit}{onto}"),
            None => "Enter the roundabout".to_owned(),
        },
        ManeuverType::ExitRoundabout => format!("Leave the roundabout{onto}"),
    }
}

/// 0 for north to 7 for north-west.
fn octant(bearing: u16) -> usize {
    ((usize::from(bearing) + 22) / 45) % 8
}
