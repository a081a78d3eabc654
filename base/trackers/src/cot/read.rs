//! Events into records.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use shouhu_place::Wgs84;

use super::UNKNOWN_M;
use crate::{
    MPS_KMH, MessageError, RECORDS_MAX, Record, RecordError, TrackerFix, alarm_of, battery_of, device_of, heading_of, shown,
    speed_of, time,
};

/// Elements within elements. TAK clients write five.
pub const DEPTH_MAX: usize = 16;
/// A message of so many bytes; an event has about one thousand.
pub const BYTES_MAX: usize = 1024 * 1024;
/// Attributes of one element that are looked at.
const ATTRIBUTES_MAX: usize = 32;
/// What ATAK appends to its uid for the event of a cry for help.
const CRY_SUFFIX: &str = "-9-1-1";

/// What is gathered of one event until it ends.
#[derive(Default)]
struct Gathered {
    uid: Option<String>,
    kind: Option<String>,
    time: Option<String>,
    lat: Option<String>,
    lon: Option<String>,
    height: Option<String>,
    radius: Option<String>,
    course: Option<String>,
    speed: Option<String>,
    battery: Option<String>,
    parent: Option<String>,
    emergency: Option<String>,
    is_cancelled: bool,
}

/// The records of one or several events, within one element or side by side.
///
/// # Errors
/// When the text is no XML, has a document type, is too long, too deep, or holds too many events.
pub fn read(body: &[u8]) -> Result<Vec<Record>, MessageError> {
    if body.len() > BYTES_MAX {
        return Err(MessageError::TooLong { len: body.len(), max: BYTES_MAX });
    }
    let text = std::str::from_utf8(body).map_err(|_| MessageError::NotText)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut records = Vec::new();
    let mut depth = 0_usize;
    // The depth at which the event that is being gathered began.
    let mut open: Option<(usize, Gathered)> = None;
    loop {
        match reader.read_event().map_err(|error| MessageError::Xml(shown(&error.to_string())))? {
            Event::Start(tag) => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(MessageError::TooDeep(DEPTH_MAX));
                }
                begin(&tag, depth, &mut open);
            }
            Event::Empty(tag) => {
                begin(&tag, depth + 1, &mut open);
                finish(depth + 1, &mut open, &mut records);
            }
            Event::End(_) => {
                finish(depth, &mut open, &mut records);
                depth = depth.saturating_sub(1);
            }
            Event::DocType(_) => return Err(MessageError::Doctype),
            Event::Eof => break,
            _ => {}
        }
        if records.len() > RECORDS_MAX {
            return Err(MessageError::TooMany);
        }
    }
    if depth > 0 {
        return Err(MessageError::Xml("an element is not closed".into()));
    }
    if records.is_empty() {
        return Err(MessageError::Shape("an event of Cursor on Target"));
    }
    Ok(records)
}

fn begin(tag: &BytesStart<'_>, depth: usize, open: &mut Option<(usize, Gathered)>) {
    let name = tag.local_name();
    match open {
        None if name.as_ref() == "event" => {
            let mut event = Gathered::default();
            take(tag, &mut event, "event");
            *open = Some((depth, event));
        }
        None => {}
        Some((_, event)) => take(tag, event, name.as_ref()),
    }
}

fn finish(depth: usize, open: &mut Option<(usize, Gathered)>, records: &mut Vec<Record>) {
    if open.as_ref().is_some_and(|(began, _)| *began == depth)
        && let Some((_, event)) = open.take()
    {
        records.push(record_of(event));
    }
}

fn take(tag: &BytesStart<'_>, event: &mut Gathered, element: &str) {
    for attribute in tag.attributes().take(ATTRIBUTES_MAX).flatten() {
        // An entity that XML itself does not define leaves the value unread: nothing is ever expanded.
        let Ok(value) = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0) else { continue };
        let value = value.into_owned();
        let slot = match (element, attribute.key.local_name().as_ref()) {
            ("event", "uid") => &mut event.uid,
            ("event", "type") => &mut event.kind,
            ("event", "time") => &mut event.time,
            ("point", "lat") => &mut event.lat,
            ("point", "lon") => &mut event.lon,
            ("point", "hae") => &mut event.height,
            ("point", "ce") => &mut event.radius,
            ("track", "course") => &mut event.course,
            ("track", "speed") => &mut event.speed,
            ("status", "battery") => &mut event.battery,
            ("link", "uid") => &mut event.parent,
            ("emergency", "type") => &mut event.emergency,
            ("emergency", "cancel") => {
                event.is_cancelled = value.eq_ignore_ascii_case("true");
                continue;
            }
            _ => continue,
        };
        *slot = Some(value);
    }
}

fn number(text: Option<&String>, field: &'static str) -> Result<f64, RecordError> {
    let text = text.ok_or(RecordError::Missing(field))?;
    text.trim().parse().map_err(|_| RecordError::Value { field, value: shown(text), expected: "a number" })
}

/// A number that only decorates; unknown ones are not said.
fn maybe(text: Option<&String>) -> Option<f64> {
    text.and_then(|text| text.trim().parse().ok()).filter(|number: &f64| number.is_finite() && *number < UNKNOWN_M)
}

fn record_of(event: Gathered) -> Record {
    let kind = event.kind.clone().unwrap_or_default();
    let is_cry = kind.starts_with("b-a-o") && !event.is_cancelled && kind != "b-a-o-can";
    let uid = event.uid.as_deref().map(|uid| uid.strip_suffix(CRY_SUFFIX).unwrap_or(uid));
    // The event of a cry is one of its own, that names whose it is.
    let named = if is_cry { event.parent.as_deref().or(uid) } else { uid };
    let device = named.and_then(device_of);
    let cry = is_cry.then(|| event.emergency.as_deref().and_then(alarm_of).unwrap_or_else(|| "911".into()));
    Record { alarm: cry, fix: fix_of(&event, &kind, is_cry, device.clone()), device }
}

fn fix_of(event: &Gathered, kind: &str, is_cry: bool, device: Option<String>) -> Result<TrackerFix, RecordError> {
    // `a-…` is a thing at a place; everything else is a drawing, a chat, a ping.
    if !kind.starts_with("a-") && !is_cry {
        return Err(RecordError::NotAPlace(shown(kind)));
    }
    let device = device.ok_or(RecordError::Missing("uid"))?;
    let said = event.time.as_deref().ok_or(RecordError::Missing("time"))?;
    let wrong = || RecordError::Value { field: "time", value: shown(said), expected: "ISO 8601" };
    Ok(TrackerFix {
        device,
        position: Wgs84::new(number(event.lon.as_ref(), "lon")?, number(event.lat.as_ref(), "lat")?)?,
        measured_at: Some(time::from_text(said).ok_or_else(wrong)?),
        accuracy_m: maybe(event.radius.as_ref()).filter(|metres| *metres != 0.0),
        speed_kmh: maybe(event.speed.as_ref()).and_then(|mps| speed_of(mps * MPS_KMH)),
        heading_deg: maybe(event.course.as_ref()).and_then(heading_of),
        altitude_m: maybe(event.height.as_ref()),
        battery: maybe(event.battery.as_ref()).and_then(battery_of),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::Micros;

    use super::*;

    fn event(kind: &str, detail: &str) -> String {
        format!(
            r#"<event version="2.0" uid="ANDROID-359" type="{kind}" how="m-g" time="2026-11-21T08:00:00.000Z" start="2026-11-21T08:00:00.000Z" stale="2026-11-21T08:02:00.000Z">
            <point lat="22.99" lon="120.21" hae="12.5" ce="6.5" le="9999999.0"/><detail>{detail}</detail></event>"#
        )
    }

    #[test]
    fn an_event_of_a_tak_phone_is_read_in_our_units() {
        let body = event("a-f-G-U-C", r#"<contact callsign="永康 21"/><track course="271.5" speed="10"/><status battery="63"/>"#);
        let fix = read(body.as_bytes()).unwrap().remove(0).fix.unwrap();
        assert_eq!((fix.device.as_str(), fix.measured_at), ("ANDROID-359", Some(Micros(1_795_248_000_000_000))));
        assert_eq!((fix.accuracy_m, fix.altitude_m, fix.battery), (Some(6.5), Some(12.5), Some(63)));
        assert_eq!((fix.speed_kmh, fix.heading_deg), (Some(36.0), Some(271.5)));
    }

    #[test]
    fn a_cry_names_its_phone_and_its_end_is_none() {
        let cry = event(
            "b-a-o-tbl",
            r#"<link uid="ANDROID-7" type="a-f-G-U-C" relation="p-p"/><emergency type="911 Alert">x</emergency>"#,
        );
        let record = read(cry.as_bytes()).unwrap().remove(0);
        assert_eq!((record.alarm.as_deref(), record.device.as_deref()), (Some("911 Alert"), Some("ANDROID-7")));
        assert!(record.fix.is_ok());
        let own = cry.replace(r#"uid="ANDROID-359""#, r#"uid="ANDROID-359-9-1-1""#).replace("<link", "<other");
        assert_eq!(read(own.as_bytes()).unwrap().remove(0).device.as_deref(), Some("ANDROID-359"));
        let ended = event("b-a-o-can", r#"<emergency cancel="true"/>"#);
        assert_eq!(read(ended.as_bytes()).unwrap().remove(0).alarm, None);
    }

    #[test]
    fn several_events_are_read_each_by_itself() {
        let (good, wrong) = (event("a-f-G", ""), event("a-f-G", "").replace("22.99", "x"));
        let side_by_side = format!("<?xml version=\"1.0\"?>{good}{wrong}{good}");
        let expected = [true, false, true];
        assert_eq!(read(side_by_side.as_bytes()).unwrap().iter().map(|r| r.fix.is_ok()).collect::<Vec<_>>(), expected);
        let wrapped = format!("<events>{good}{wrong}{good}</events>");
        assert_eq!(read(wrapped.as_bytes()).unwrap().iter().map(|r| r.fix.is_ok()).collect::<Vec<_>>(), expected);
        let ping = read(event("t-x-c-t", "").as_bytes()).unwrap().remove(0);
        assert_eq!(ping.fix, Err(RecordError::NotAPlace("t-x-c-t".into())));
    }

    #[test]
    fn entities_document_types_and_depth_are_refused() {
        let bomb = format!("<!DOCTYPE a [<!ENTITY b \"bbbb\">]>{}", event("a-f-G", ""));
        assert_eq!(read(bomb.as_bytes()), Err(MessageError::Doctype));
        let entity = event("a-f-G", "").replace("ANDROID-359", "&b;");
        assert_eq!(read(entity.as_bytes()).unwrap().remove(0).fix, Err(RecordError::Missing("uid")));
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        assert_eq!(read(deep.as_bytes()), Err(MessageError::TooDeep(DEPTH_MAX)));
        assert!(matches!(read(&vec![b' '; BYTES_MAX + 1]), Err(MessageError::TooLong { .. })));
        assert!(read(b"<event>").is_err() && read(b"").is_err() && read(b"<a/>").is_err() && read(&[0xff]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }

        #[test]
        fn a_broken_event_is_read_or_refused(cut in 0_usize..500, at in 0_usize..500, byte in any::<u8>()) {
            let mut body = event("a-f-G-U-C", "<track course=\"1\" speed=\"2\"/>").into_bytes();
            body.truncate(body.len().saturating_sub(cut));
            if let Some(place) = body.get_mut(at) {
                *place = byte;
            }
            let _ = read(&body);
        }
    }
}
