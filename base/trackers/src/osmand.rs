//! OsmAnd's protocol: fields in a query or form, and the JSON of Traccar clients from version 9.
//!
//! Source: the protocol's page of Traccar's documentation (<https://www.traccar.org/osmand/>). There `speed` is in knots; the
//! OsmAnd app itself writes metres per second, so that an address may say `speed_unit=ms`, `kmh` or `kn`.

use serde_json::Value;
use shouhu_place::Wgs84;

use crate::{
    KNOT_KMH, MPS_KMH, MessageError, RECORDS_MAX, Record, RecordError, TrackerFix, alarm_of, battery_of, device_of, heading_of,
    json, shown, speed_of, time,
};

/// A receiver's error at a dilution of one: with it a dilution becomes metres. The OsmAnd app writes metres into `hdop`, which
/// then come out too large: a circle that is drawn too wide misleads nobody.
pub const HDOP_M: f64 = 5.0;
/// Fields of one query; more is rubbish.
const FIELDS_MAX: usize = 64;

/// Fields of a query or form, percent-decoded; the first of a name counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=2` (WHATWG URL §5.1, application/x-www-form-urlencoded).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(FIELDS_MAX);
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        )
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// The fields of another text behind these: a form may come with a query.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|hex| *first == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        match escaped.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn number(fields: &Fields, name: &'static str) -> Result<Option<f64>, RecordError> {
    let Some(text) = fields.get(name) else { return Ok(None) };
    let parsed: Result<f64, _> = text.parse();
    parsed.map(Some).map_err(|_| RecordError::Value { field: name, value: shown(text), expected: "a number" })
}

/// A value that only decorates: rubbish counts as not said.
fn maybe(fields: &Fields, name: &'static str) -> Option<f64> {
    number(fields, name).ok().flatten().filter(|number| number.is_finite())
}

fn kmh_of(fields: &Fields) -> Option<f64> {
    let speed = maybe(fields, "speed")?;
    let factor = match fields.get("speed_unit") {
        Some("ms" | "mps") => MPS_KMH,
        Some("kmh" | "kph") => 1.0,
        _ => KNOT_KMH,
    };
    speed_of(speed * factor)
}

fn place_of(fields: &Fields) -> Result<Wgs84, RecordError> {
    if let Some((lat, lon)) = fields.get("location").and_then(|pair| pair.split_once(',')) {
        let part = |text: &str| -> Result<f64, RecordError> {
            text.trim().parse().map_err(|_| RecordError::Value {
                field: "location",
                value: shown(text),
                expected: "latitude,longitude",
            })
        };
        return Ok(Wgs84::new(part(lon)?, part(lat)?)?);
    }
    let lat = number(fields, "lat")?.ok_or(RecordError::Missing("lat"))?;
    let lon = number(fields, "lon")?.ok_or(RecordError::Missing("lon"))?;
    Ok(Wgs84::new(lon, lat)?)
}

fn fix_of(fields: &Fields, device: Option<String>) -> Result<TrackerFix, RecordError> {
    let device = device.ok_or(RecordError::Missing("id"))?;
    if matches!(fields.get("valid"), Some("false" | "0")) {
        return Err(RecordError::NoFix);
    }
    let measured_at = match fields.get("timestamp") {
        None => None,
        Some(text) => {
            let wrong =
                || RecordError::Value { field: "timestamp", value: shown(text), expected: "seconds, milliseconds or ISO 8601" };
            Some(time::from_text(text).ok_or_else(wrong)?)
        }
    };
    let accuracy_m = match maybe(fields, "accuracy") {
        Some(metres) => Some(metres),
        None => maybe(fields, "hdop").map(|hdop| hdop * HDOP_M),
    };
    Ok(TrackerFix {
        device,
        position: place_of(fields)?,
        measured_at,
        accuracy_m: accuracy_m.filter(|metres| *metres != 0.0),
        speed_kmh: kmh_of(fields),
        heading_deg: maybe(fields, "bearing").or_else(|| maybe(fields, "heading")).and_then(heading_of),
        altitude_m: maybe(fields, "altitude"),
        battery: maybe(fields, "batt").or_else(|| maybe(fields, "battery")).and_then(battery_of),
    })
}

/// The one record of a query or form.
#[must_use]
pub fn read_fields(fields: &Fields) -> Record {
    let device = fields.get("id").or_else(|| fields.get("deviceid")).and_then(device_of);
    Record { alarm: fields.get("alarm").and_then(alarm_of), fix: fix_of(fields, device.clone()), device }
}

/// The records of a JSON body: `{"location": {…}, "device_id": "…"}`, where `location` may be a list.
///
/// # Errors
/// When the body as a whole has another shape.
pub fn read_json(body: &[u8]) -> Result<Vec<Record>, MessageError> {
    let root = json::parse(body)?;
    let device = json::text(&root, "device_id").as_deref().and_then(device_of);
    let locations: Vec<&Value> = match root.get("location") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(location @ Value::Object(_)) => vec![location],
        _ => return Err(MessageError::Shape("an object with device_id and location")),
    };
    if locations.len() > RECORDS_MAX {
        return Err(MessageError::TooMany);
    }
    let record = |location: &Value| {
        let alarm =
            location.get("extras").and_then(|extras| json::text(extras, "alarm")).or_else(|| json::text(location, "alarm"));
        Record { alarm: alarm.as_deref().and_then(alarm_of), fix: location_of(location, device.clone()), device: device.clone() }
    };
    Ok(locations.into_iter().map(record).collect())
}

fn location_of(location: &Value, device: Option<String>) -> Result<TrackerFix, RecordError> {
    let device = device.ok_or(RecordError::Missing("device_id"))?;
    let coords = location.get("coords").ok_or(RecordError::Missing("coords"))?;
    let position = Wgs84::new(json::required(coords, "longitude")?, json::required(coords, "latitude")?)?;
    let measured_at = match json::text(location, "timestamp") {
        None => None,
        Some(text) => {
            let wrong =
                || RecordError::Value { field: "timestamp", value: shown(&text), expected: "seconds, milliseconds or ISO 8601" };
            Some(time::from_text(&text).ok_or_else(wrong)?)
        }
    };
    let battery = location.get("battery").and_then(|battery| json::maybe(battery, "level"));
    Ok(TrackerFix {
        device,
        position,
        measured_at,
        accuracy_m: json::maybe(coords, "accuracy").filter(|metres| *metres != 0.0),
        speed_kmh: json::maybe(coords, "speed").and_then(|mps| speed_of(mps * MPS_KMH)),
        heading_deg: json::maybe(coords, "heading").and_then(heading_of),
        altitude_m: json::maybe(coords, "altitude"),
        // From 0 to 1 here.
        battery: battery.and_then(|level| battery_of(level * 100.0)),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::Micros;

    use super::*;

    #[test]
    fn a_query_is_read_in_our_units() {
        let text =
            "id=P%2D7&lat=22.9971&lon=120.2128&timestamp=1795248000&hdop=1.2&altitude=12.5&speed=10&bearing=271.5&batt=80.4";
        let record = read_fields(&Fields::parse(text));
        let fix = record.fix.unwrap();
        assert_eq!((fix.device.as_str(), fix.measured_at), ("P-7", Some(Micros(1_795_248_000_000_000))));
        assert_eq!((fix.position.lon, fix.position.lat), (120.2128, 22.9971));
        assert_eq!((fix.accuracy_m, fix.speed_kmh), (Some(6.0), Some(18.52)));
        assert_eq!((fix.heading_deg, fix.altitude_m, fix.battery), (Some(271.5), Some(12.5), Some(80)));
        assert_eq!(record.alarm, None);
    }

    #[test]
    fn an_address_may_say_the_speeds_unit_and_accuracy_beats_dilution() {
        let speed = |unit: &str| {
            read_fields(&Fields::parse(&format!("id=a&lat=23&lon=120&speed=10&speed_unit={unit}"))).fix.unwrap().speed_kmh
        };
        assert_eq!([speed("ms"), speed("kmh"), speed("kn"), speed("")], [Some(36.0), Some(10.0), Some(18.52), Some(18.52)]);
        let both = read_fields(&Fields::parse("deviceid=a&location=23.0,120.0&accuracy=9&hdop=1"));
        assert_eq!(both.fix.unwrap().accuracy_m, Some(9.0));
    }

    #[test]
    fn what_a_device_does_not_know_is_not_said_rather_than_wrong() {
        let fix =
            read_fields(&Fields::parse("id=a&lat=23&lon=120&speed=-1&bearing=-1&accuracy=0&batt=-1&altitude=x")).fix.unwrap();
        assert_eq!((fix.speed_kmh, fix.heading_deg, fix.accuracy_m, fix.battery, fix.altitude_m), (None, None, None, None, None));
        assert_eq!(fix.measured_at, None);
    }

    #[test]
    fn a_wrong_record_says_what_is_wrong_and_still_cries_for_help() {
        let record = read_fields(&Fields::parse("id=a&lat=abc&lon=120&alarm=sos"));
        assert_eq!(record.alarm.as_deref(), Some("sos"));
        assert_eq!(record.fix.unwrap_err().to_string(), "field lat has the value \"abc\", expected a number");
        let error = |text: &str| read_fields(&Fields::parse(text)).fix.unwrap_err();
        assert_eq!(error("lat=1&lon=1"), RecordError::Missing("id"));
        assert_eq!(error("id=a&lon=1"), RecordError::Missing("lat"));
        assert_eq!(error("id=a&lat=1&lon=1&valid=0"), RecordError::NoFix);
        assert!(matches!(error("id=a&lat=91&lon=1"), RecordError::Position(_)));
        assert!(matches!(error("id=a&lat=1&lon=1&timestamp=soon"), RecordError::Value { field: "timestamp", .. }));
    }

    #[test]
    fn the_json_of_newer_clients_is_read_one_or_many() {
        let location = |lat: &str| {
            format!(
                r#"{{"timestamp":"2026-11-21T08:00:00.000Z","coords":{{"latitude":{lat},"longitude":120.2,"accuracy":7.5,"speed":10,"heading":90,"altitude":3}},
                "is_moving":true,"event":"motionchange","battery":{{"level":0.55,"is_charging":false}},"extras":{{"alarm":"sos"}}}}"#
            )
        };
        let one = read_json(format!(r#"{{"location":{},"device_id":48241179}}"#, location("23.0")).as_bytes()).unwrap();
        let fix = one.first().unwrap().fix.clone().unwrap();
        assert_eq!(
            (fix.device.as_str(), fix.speed_kmh, fix.battery, fix.accuracy_m),
            ("48241179", Some(36.0), Some(55), Some(7.5))
        );
        assert_eq!(one.first().unwrap().alarm.as_deref(), Some("sos"));
        let many =
            read_json(format!(r#"{{"location":[{},{}],"device_id":"a"}}"#, location("23.0"), location("99")).as_bytes()).unwrap();
        assert_eq!(many.iter().map(|record| record.fix.is_ok()).collect::<Vec<_>>(), [true, false]);
        assert!(read_json(b"[]").is_err() && read_json(b"{").is_err());
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = read_fields(&Fields::parse(&text));
        }

        #[test]
        fn any_bytes_are_read_or_refused_as_json(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_json(&body);
        }

        #[test]
        fn any_name_survives_its_escaping(name in "[^\\p{Cc}]{1,20}") {
            let escaped: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let expected = name.trim();
            let read = Fields::parse(&format!("id={escaped}"));
            prop_assert_eq!(read.get("id"), Some(expected).filter(|text| !text.is_empty()));
        }
    }
}
