//! A unit as an event that TAK clients draw.

use shouhu_ids::Micros;
use shouhu_place::Wgs84;

use super::UNKNOWN_M;
use crate::{MPS_KMH, time};

/// One of our own, as others should draw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Friend<'a> {
    /// The same for the same unit for ever.
    pub uid: &'a str,
    /// CoT type, such as `a-f-G-U-C`: a friend on the ground.
    pub kind: &'a str,
    pub callsign: &'a str,
    pub position: Wgs84,
    pub measured_at: Micros,
    /// After it the position is drawn as old.
    pub stale_at: Micros,
    pub accuracy_m: Option<f64>,
    pub heading_deg: Option<f64>,
    pub speed_kmh: Option<f64>,
    pub remarks: &'a str,
}

/// Text within an attribute or element; characters that XML 1.0 (§2.2) has no place for are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            ch if ch.is_control() => {}
            ch => out.push(ch),
        }
    }
    out
}

/// The event, without an XML declaration, so that several may stand side by side.
#[must_use]
pub fn write(friend: &Friend<'_>) -> String {
    let at = time::to_iso(friend.measured_at);
    let radius = friend.accuracy_m.filter(|metres| metres.is_finite() && (0.0..UNKNOWN_M).contains(metres)).unwrap_or(UNKNOWN_M);
    let track = match (friend.heading_deg, friend.speed_kmh) {
        (None, None) => String::new(),
        (heading, speed) => {
            format!(r#"<track course="{:.1}" speed="{:.2}"/>"#, heading.unwrap_or(0.0), speed.unwrap_or(0.0) / MPS_KMH)
        }
    };
    format!(
        r#"<event version="2.0" uid="{}" type="{}" how="m-g" time="{at}" start="{at}" stale="{}"><point lat="{:.7}" lon="{:.7}" hae="{UNKNOWN_M:.1}" ce="{radius:.1}" le="{UNKNOWN_M:.1}"/><detail><contact callsign="{}"/>{track}<remarks>{}</remarks></detail></event>"#,
        escaped(friend.uid),
        escaped(friend.kind),
        time::to_iso(friend.stale_at),
        friend.position.lat,
        friend.position.lon,
        escaped(friend.callsign),
        escaped(friend.remarks),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cot::read;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            callsign in "\\PC{0,30}", uid in "[a-z0-9-]{1,40}", lon in -180.0_f64..180.0, lat in -90.0_f64..90.0, ms in 0_i64..4_000_000_000_000,
            accuracy in proptest::option::of(0.1_f64..5_000.0), heading in proptest::option::of(0.0_f64..360.0), remarks in ".{0,30}",
        ) {
            let measured_at = Micros(ms * 1_000);
            let written = write(&Friend {
                uid: &uid,
                kind: "a-f-G-U-C",
                callsign: &callsign,
                position: Wgs84::new(lon, lat).unwrap(),
                measured_at,
                stale_at: measured_at.plus(Micros::MINUTE),
                accuracy_m: accuracy,
                heading_deg: heading,
                speed_kmh: heading,
                remarks: &remarks,
            });
            let fix = read(written.as_bytes()).unwrap().remove(0).fix.unwrap();
            prop_assert_eq!(fix.device, uid.strip_suffix("-9-1-1").unwrap_or(&uid));
            prop_assert_eq!(fix.measured_at, Some(measured_at));
            prop_assert!((fix.position.lon - lon).abs() < 1e-6 && (fix.position.lat - lat).abs() < 1e-6);
            prop_assert_eq!(fix.accuracy_m.is_some(), accuracy.is_some_and(|metres| metres >= 0.05));
            prop_assert!(heading.is_none_or(|deg| (fix.heading_deg.unwrap() - deg).abs() <= 0.051));
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_attribute() {
        let friend = Friend {
            uid: "u",
            kind: "a-f-G",
            callsign: "\"/><event uid='x'>&amp;\u{0}",
            position: Wgs84::new(120.0, 23.0).unwrap(),
            measured_at: Micros(0),
            stale_at: Micros(0),
            accuracy_m: None,
            heading_deg: None,
            speed_kmh: None,
            remarks: "</remarks>",
        };
        let written = write(&friend);
        assert_eq!(written.matches("<event").count(), 1);
        assert_eq!(read(written.as_bytes()).unwrap().len(), 1);
        assert!(!written.contains("<track"), "nothing is said of a heading that is not known");
    }
}
