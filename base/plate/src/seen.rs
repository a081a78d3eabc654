//! What a picture shows of a vehicle beside its plate's text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of vehicle a picture shows, whatever its plate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VehicleKind {
    Car,
    Motorcycle,
    Bus,
    Truck,
    Bicycle,
}

/// The colour that most people would name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VehicleColour {
    White,
    Grey,
    Black,
    Red,
    Blue,
    Green,
    Yellow,
    Brown,
}

/// Ground and characters of a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlateColour {
    WhiteBlack,
    WhiteRed,
    WhiteGreen,
    GreenWhite,
    RedWhite,
    YellowBlack,
}

/// What a picture shows of a vehicle. What is absent is not sure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
pub struct SeenVehicle {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<VehicleKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<VehicleColour>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate_colour: Option<PlateColour>,
}
