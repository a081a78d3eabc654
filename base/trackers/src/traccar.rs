//! What a Traccar server forwards (`forward.type` `json`): `{"position": {…}, "device": {…}}`, one or a list.
//!
//! Source: Traccar's documentation (<https://www.traccar.org/forward/>) and its position model: `speed` is in knots, `accuracy`
//! in metres with 0 for not known, times ISO 8601, a device is told apart by `uniqueId`. `attributes.alarm` names what a device
//! cries for: `sos` and its like are cries for help, `lowBattery` and its like are not.

use serde_json::Value;
use shouhu_place::Wgs84;

use crate::{
    KNOT_KMH, MessageError, RECORDS_MAX, Record, RecordError, TrackerFix, alarm_of, battery_of, device_of, heading_of, json,
    shown, speed_of, time,
};

/// Alarms of Traccar's list with which a person asks for help, or lies on the ground.
const CRIES: [&str; 3] = ["sos", "fallDown", "accident"];

/// # Errors
/// When the body is no JSON, or neither an object nor a list.
pub fn read(body: &[u8]) -> Result<Vec<Record>, MessageError> {
    match json::parse(body)? {
        Value::Array(list) if list.len() > RECORDS_MAX => Err(MessageError::TooMany),
        Value::Array(list) => Ok(list.iter().map(record_of).collect()),
        one @ Value::Object(_) => Ok(vec![record_of(&one)]),
        _ => Err(MessageError::Shape("an object with position and device, or a list of them")),
    }
}

fn record_of(message: &Value) -> Record {
    let device = message.get("device").and_then(|device| json::text(device, "uniqueId")).as_deref().and_then(device_of);
    let Some(position) = message.get("position").filter(|position| position.is_object()) else {
        return Record::wrong(device, RecordError::Missing("position"));
    };
    let alarm = position.get("attributes").and_then(|attributes| json::text(attributes, "alarm")).unwrap_or_default();
    // Newer servers write several, with commas between.
    let cry = alarm.split(',').map(str::trim).find(|kind| CRIES.contains(kind)).and_then(alarm_of);
    Record { alarm: cry, fix: fix_of(position, device.clone()), device }
}

fn fix_of(position: &Value, device: Option<String>) -> Result<TrackerFix, RecordError> {
    let device = device.ok_or(RecordError::Missing("uniqueId"))?;
    if position.get("valid") == Some(&Value::Bool(false)) || position.get("outdated") == Some(&Value::Bool(true)) {
        return Err(RecordError::NoFix);
    }
    let said =
        json::text(position, "fixTime").or_else(|| json::text(position, "deviceTime")).ok_or(RecordError::Missing("fixTime"))?;
    let wrong = || RecordError::Value { field: "fixTime", value: shown(&said), expected: "ISO 8601" };
    let attributes = position.get("attributes").unwrap_or(&Value::Null);
    Ok(TrackerFix {
        device,
        position: Wgs84::new(json::required(position, "longitude")?, json::required(position, "latitude")?)?,
        measured_at: Some(time::from_text(&said).ok_or_else(wrong)?),
        accuracy_m: json::maybe(position, "accuracy").filter(|metres| *metres != 0.0),
        speed_kmh: json::maybe(position, "speed").and_then(|knots| speed_of(knots * KNOT_KMH)),
        heading_deg: json::maybe(position, "course").and_then(heading_of),
        altitude_m: json::maybe(position, "altitude"),
        battery: json::maybe(attributes, "batteryLevel").and_then(battery_of),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::Micros;

    use super::*;

    fn forwarded(extra: &str, attributes: &str) -> String {
        format!(
            r#"{{"position":{{"id":7,"deviceId":3,"protocol":"gt06","serverTime":"2026-11-21T08:00:01.000+00:00","deviceTime":"2026-11-21T08:00:00.000+00:00",
            "fixTime":"2026-11-21T08:00:00.000+00:00","latitude":22.99,"longitude":120.21,"altitude":9.0,"speed":10.0,"course":45.0,"accuracy":0.0,
            "attributes":{{{attributes}}}{extra}}},"device":{{"id":3,"name":"永康 21","uniqueId":"860000000000001","status":"online"}}}}"#
        )
    }

    #[test]
    fn a_forwarded_position_is_read_in_our_units() {
        let record = read(forwarded("", r#""batteryLevel":63,"motion":true"#).as_bytes()).unwrap().remove(0);
        assert_eq!(record.alarm, None);
        let fix = record.fix.unwrap();
        assert_eq!((fix.device.as_str(), fix.measured_at), ("860000000000001", Some(Micros(1_795_248_000_000_000))));
        assert_eq!((fix.speed_kmh, fix.heading_deg, fix.accuracy_m, fix.battery), (Some(18.52), Some(45.0), None, Some(63)));
    }

    #[test]
    fn a_cry_for_help_is_told_from_a_flat_battery_and_needs_no_fix() {
        let alarm = |attributes: &str| read(forwarded("", attributes).as_bytes()).unwrap().remove(0).alarm;
        assert_eq!(alarm(r#""alarm":"sos""#).as_deref(), Some("sos"));
        assert_eq!(alarm(r#""alarm":"lowBattery,sos""#).as_deref(), Some("sos"));
        assert_eq!(alarm(r#""alarm":"lowBattery""#), None);
        let old = read(forwarded(r#","valid":false"#, r#""alarm":"sos""#).as_bytes()).unwrap().remove(0);
        assert_eq!((old.alarm.as_deref(), old.fix), (Some("sos"), Err(RecordError::NoFix)));
    }

    #[test]
    fn each_of_a_list_is_read_by_itself() {
        let body = format!("[{},{{\"position\":7}},{}]", forwarded("", ""), forwarded("", ""));
        assert_eq!(
            read(body.as_bytes()).unwrap().iter().map(|record| record.fix.is_ok()).collect::<Vec<_>>(),
            [true, false, true]
        );
        let many = format!("[{}]", vec!["{}"; RECORDS_MAX + 1].join(","));
        assert_eq!(read(many.as_bytes()), Err(MessageError::TooMany));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }

        #[test]
        fn any_values_are_read_or_refused(lat in any::<f64>(), time in "\\PC{0,30}", id in "\\PC{0,200}") {
            let body = serde_json::json!({ "position": { "latitude": lat, "longitude": 120, "fixTime": time }, "device": { "uniqueId": id } });
            let _ = read(body.to_string().as_bytes());
        }
    }
}
