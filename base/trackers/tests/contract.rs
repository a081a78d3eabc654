//! Cursor on Target beside samples that we wrote from its published schemas: what a TAK phone streams, and what we send.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use shouhu_ids::Micros;
use shouhu_place::Wgs84;
use shouhu_trackers::RecordError;
use shouhu_trackers::cot::{Friend, read, write};

const STREAM: &str = include_str!("samples/cot_stream.xml");
const UNIT: &str = include_str!("samples/cot_unit.xml");
/// 2026-11-21 08:00 UTC.
const AT: Micros = Micros(1_795_248_000_000_000);

#[test]
fn a_phones_stream_is_a_place_a_chat_a_cry_and_its_end() {
    let records = read(STREAM.as_bytes()).unwrap();
    assert_eq!(records.len(), 4);
    let fix = records[0].fix.clone().unwrap();
    assert_eq!((fix.device.as_str(), fix.measured_at), ("ANDROID-7d1c40aa", Some(AT.plus(250_000))));
    assert_eq!((fix.position, fix.accuracy_m, fix.altitude_m), (Wgs84::new(120.21264, 22.99715).unwrap(), Some(4.9), Some(21.4)));
    assert_eq!((fix.battery, fix.speed_kmh, fix.heading_deg), (Some(87), Some(29.7), Some(92.375)));
    assert!(records[0].alarm.is_none(), "a place is no cry");
    assert_eq!(records[1].fix, Err(RecordError::NotAPlace("b-t-f".into())), "a chat is no place");
    assert_eq!((records[2].device.as_deref(), records[2].alarm.as_deref()), (Some("ANDROID-7d1c40aa"), Some("911 Alert")));
    assert_eq!(records[2].fix.as_ref().unwrap().accuracy_m, None, "9999999 says that it is not known");
    assert_eq!(records[3].device.as_deref(), Some("ANDROID-7d1c40aa"));
    assert_eq!((records[3].alarm.as_deref(), records[3].fix.is_err()), (None, true), "its end is neither a cry nor a place");
}

#[test]
fn a_unit_is_written_to_the_letter_as_others_expect_it_and_can_be_read_again() {
    let written = write(&Friend {
        uid: "shouhu-unit-永康 21",
        kind: "a-f-G-U-C",
        callsign: "永康 21 <副>",
        position: Wgs84::new(120.25, 23.02).unwrap(),
        measured_at: AT,
        stale_at: AT.plus(90 * Micros::SECOND),
        accuracy_m: Some(12.0),
        heading_deg: Some(271.5),
        speed_kmh: Some(36.0),
        remarks: "前往 115-1121-0007 & 支援",
    });
    assert_eq!(written, UNIT.trim_end());
    let fix = read(UNIT.as_bytes()).unwrap().remove(0).fix.unwrap();
    assert_eq!((fix.position, fix.speed_kmh), (Wgs84::new(120.25, 23.02).unwrap(), Some(36.0)));
}
