//! Units and incidents as a GeoJSON `FeatureCollection` (RFC 7946), for maps that are not ours.
//!
//! Longitude stands before latitude (§3.1.1). What has no position has the geometry `null` (§3.2), so that the feed counts
//! what the house counts.

use serde::Serialize;
use serde_json::{Map, Value, json};
use shouhu_place::Wgs84;
use shouhu_wire::{Incident, Unit};

/// Media type (RFC 7946 §12).
pub const MEDIA: &str = "application/geo+json";

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureCollection {
    #[serde(rename = "type")]
    kind: &'static str,
    features: Vec<Feature>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feature {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    geometry: Option<Point>,
    properties: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Point {
    #[serde(rename = "type")]
    kind: &'static str,
    coordinates: [f64; 2],
}

impl FeatureCollection {
    #[must_use]
    pub const fn new(features: Vec<Feature>) -> Self {
        Self { kind: "FeatureCollection", features }
    }

    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        // Positions are finite and keys are text, so this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Feature {
    fn new(id: String, position: Option<Wgs84>, properties: Value) -> Self {
        let geometry = position.map(|at| Point { kind: "Point", coordinates: [at.lon, at.lat] });
        let properties = if let Value::Object(properties) = properties { properties } else { Map::new() };
        Self { kind: "Feature", id, geometry, properties }
    }

    /// Call sign, kind, state, and how old and exact the position is.
    #[must_use]
    pub fn unit(unit: &Unit) -> Self {
        let properties = json!({
            "call_sign": unit.call_sign,
            "kind": unit.kind,
            "state": unit.state,
            "position_at_us": unit.position_at_us,
            "accuracy_m": unit.accuracy_m,
            "heading_deg": unit.heading_deg,
        });
        Self::new(unit.id.to_string(), unit.position, properties)
    }

    /// Number, kind, priority, state and address; no summary, in which people may be named.
    #[must_use]
    pub fn incident(incident: &Incident) -> Self {
        let properties = json!({
            "number": incident.number,
            "kind": incident.kind,
            "priority": incident.priority,
            "state": incident.state,
            "address": incident.address,
            "opened_at_us": incident.opened_at_us,
        });
        Self::new(incident.id.to_string(), incident.position, properties)
    }
}
