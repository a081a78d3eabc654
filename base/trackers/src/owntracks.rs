//! OwnTracks' JSON, as its apps post it or publish it over MQTT.
//!
//! Source: the JSON page of the OwnTracks booklet (<https://owntracks.org/booklet/tech/json/>): `tst` is seconds, `acc` metres,
//! `vel` km/h, `cog` degrees, `batt` per cent. A device is named by its topic `owntracks/user/device`, else by its `tid`.

use serde_json::Value;
use shouhu_place::Wgs84;

use crate::{
    MessageError, RECORDS_MAX, Record, RecordError, TrackerFix, battery_of, device_of, heading_of, json, shown, speed_of, time,
};

/// `user/device` of `owntracks/user/device`, whatever follows.
#[must_use]
pub fn device_of_topic(topic: &str) -> Option<String> {
    let mut parts = topic.trim().trim_start_matches('/').split('/');
    if parts.next() != Some("owntracks") {
        return device_of(topic);
    }
    let (user, device) = (parts.next().filter(|user| !user.is_empty())?, parts.next().filter(|device| !device.is_empty())?);
    device_of(&format!("{user}/{device}"))
}

/// The records of a body: one message or a list. `sender` is the device where the message names none (its topic, or the
/// headers `X-Limit-U` and `X-Limit-D`).
///
/// # Errors
/// When the body is no JSON, or neither an object nor a list of objects.
pub fn read(body: &[u8], sender: Option<&str>) -> Result<Vec<Record>, MessageError> {
    match json::parse(body)? {
        Value::Array(list) if list.len() > RECORDS_MAX => Err(MessageError::TooMany),
        Value::Array(list) => Ok(list.iter().map(|message| record_of(message, sender)).collect()),
        message @ Value::Object(_) => Ok(vec![record_of(&message, sender)]),
        _ => Err(MessageError::Shape("an OwnTracks message, or a list of them")),
    }
}

fn record_of(message: &Value, sender: Option<&str>) -> Record {
    let topic = json::text(message, "topic").as_deref().and_then(device_of_topic);
    let device =
        topic.or_else(|| sender.and_then(device_of)).or_else(|| json::text(message, "tid").as_deref().and_then(device_of));
    Record { alarm: None, fix: fix_of(message, device.clone()), device }
}

fn fix_of(message: &Value, device: Option<String>) -> Result<TrackerFix, RecordError> {
    let kind = json::text(message, "_type").ok_or(RecordError::Missing("_type"))?;
    match kind.as_str() {
        "location" => {}
        "encrypted" => return Err(RecordError::Encrypted),
        other => return Err(RecordError::NotAPlace(shown(other))),
    }
    let device = device.ok_or(RecordError::Missing("topic"))?;
    let position = Wgs84::new(json::required(message, "lon")?, json::required(message, "lat")?)?;
    let seconds = json::required(message, "tst")?;
    let wrong = || RecordError::Value { field: "tst", value: seconds.to_string(), expected: "seconds since 1970" };
    Ok(TrackerFix {
        device,
        position,
        measured_at: Some(time::from_epoch(seconds).ok_or_else(wrong)?),
        accuracy_m: json::maybe(message, "acc").filter(|metres| *metres != 0.0),
        speed_kmh: json::maybe(message, "vel").and_then(speed_of),
        heading_deg: json::maybe(message, "cog").and_then(heading_of),
        altitude_m: json::maybe(message, "alt"),
        battery: json::maybe(message, "batt").and_then(battery_of),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::Micros;

    use super::*;

    fn one(body: &str) -> Record {
        read(body.as_bytes(), None).unwrap().remove(0)
    }

    #[test]
    fn a_location_is_read_and_named_by_its_topic() {
        let record =
            one(r#"{"_type":"location","lat":22.99,"lon":120.21,"tst":1795248000,"acc":5,"vel":36,"cog":271,"alt":12,"batt":41,
            "tid":"JJ","topic":"owntracks/yongkang/21"}"#);
        let fix = record.fix.unwrap();
        assert_eq!((fix.device.as_str(), fix.measured_at), ("yongkang/21", Some(Micros(1_795_248_000_000_000))));
        assert_eq!((fix.accuracy_m, fix.speed_kmh, fix.heading_deg), (Some(5.0), Some(36.0), Some(271.0)));
        assert_eq!((fix.altitude_m, fix.battery), (Some(12.0), Some(41)));
    }

    #[test]
    fn without_a_topic_the_sender_names_the_device_and_without_both_its_letters_do() {
        let body = r#"{"_type":"location","lat":22.99,"lon":120.21,"tst":1,"tid":"JJ"}"#;
        assert_eq!(one(body).device.as_deref(), Some("JJ"));
        assert_eq!(read(body.as_bytes(), Some("jane/phone")).unwrap().remove(0).device.as_deref(), Some("jane/phone"));
        assert_eq!(device_of_topic("owntracks/jane/phone/event").as_deref(), Some("jane/phone"));
        assert_eq!(device_of_topic("owntracks/jane"), None);
    }

    #[test]
    fn an_encrypted_payload_is_refused_with_what_to_do_and_a_greeting_is_no_error() {
        assert_eq!(one(r#"{"_type":"encrypted","data":"AAAA"}"#).fix, Err(RecordError::Encrypted));
        assert_eq!(one(r#"{"_type":"transition","wtst":1}"#).fix, Err(RecordError::NotAPlace("transition".into())));
        assert_eq!(one(r#"{"lat":1}"#).fix, Err(RecordError::Missing("_type")));
    }

    #[test]
    fn each_message_of_a_list_is_read_by_itself() {
        let body = r#"[{"_type":"location","lat":1,"lon":1,"tst":1,"tid":"a"},{"_type":"location","lat":"x","lon":1,"tst":1,"tid":"a"},7]"#;
        let read = read(body.as_bytes(), None).unwrap();
        assert_eq!(read.iter().map(|record| record.fix.is_ok()).collect::<Vec<_>>(), [true, false, false]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body, None);
        }

        #[test]
        fn any_values_are_read_or_refused(lat in any::<f64>(), tst in any::<i64>(), acc in "\\PC{0,8}", topic in "\\PC{0,30}") {
            let body = serde_json::json!({ "_type": "location", "lat": lat, "lon": 120, "tst": tst, "acc": acc, "topic": topic });
            for record in read(body.to_string().as_bytes(), None).unwrap() {
                prop_assert!(record.fix.is_err() || record.device.is_some());
            }
        }
    }
}
