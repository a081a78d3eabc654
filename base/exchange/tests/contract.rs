//! Samples written by us from the standards, read and written again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::Value;
use shouhu_exchange::Moment;
use shouhu_exchange::cap::{Alert, CapError, Certainty, Cover, MsgType, Severity, Status};
use shouhu_exchange::eido::registry::IncidentStatus;
use shouhu_exchange::eido::{Eido, EidoError};
use shouhu_exchange::geojson::{Feature, FeatureCollection};
use shouhu_exchange::signature::{self, SignatureError};
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_wire::{Incident, IncidentOrigin, IncidentState, Priority, Unit, UnitKind, UnitState};

const ROBBERY: &str = include_str!("samples/eido_robbery.json");
const DRAFT_STYLE: &str = include_str!("samples/eido_draft_style.json");
const TYPHOON: &str = include_str!("samples/cap_typhoon.xml");
const CANCEL: &str = include_str!("samples/cap_cancel.xml");
const FEED: &str = include_str!("samples/geojson_feed.json");
/// Signed with another program's HMAC-SHA256 under the secret `whsec_sample`.
const DELIVERY: &str = include_str!("samples/webhook_delivery.http");
/// 2026-11-21 08:00 UTC.
const AT: Micros = Micros(1_795_248_000_000_000);

#[test]
fn a_neighbours_robbery_is_understood() {
    let told = Eido::read(ROBBERY.as_bytes()).unwrap().told().unwrap();
    assert_eq!((told.sender.as_str(), told.number.as_deref()), ("cad.kaohsiung.example", Some("K7-000231")));
    assert_eq!((told.kind, told.kind_text.as_str(), told.priority), (Some("robbery"), "超商搶案", Some(1)));
    assert_eq!(told.statuses, [IncidentStatus::Active, IncidentStatus::ResourcesAssigned]);
    assert_eq!(told.address, "高雄市湖內區中正路一段120號");
    assert_eq!(told.position, Wgs84::new(120.3299, 22.8801).ok());
    assert_eq!(told.notes, ["一名男子持刀， 往北 逃逸", "白色機車 & 黑色安全帽"]);
    assert_eq!(told.called_at, Moment::parse("2026-11-21T22:00:05+08:00").ok());
    let units: Vec<_> = told.units.iter().map(|unit| (unit.name.as_str(), unit.state)).collect();
    assert_eq!(units, [("鳳山 31", Some(UnitState::EnRoute)), ("空勤 2", None)]);
    let passed_over: Vec<_> = told.remarks.iter().map(|remark| remark.path.as_str()).collect();
    assert_eq!(passed_over, ["emergencyResourceComponent[1]"], "{:?}", told.remarks);
}

#[test]
fn what_was_read_is_written_without_loss() {
    let read = Eido::read(ROBBERY.as_bytes()).unwrap();
    let again: Value = serde_json::from_slice(&read.write()).unwrap();
    let mut sample: Value = serde_json::from_str(ROBBERY).unwrap();
    // A single text where a list is meant comes out as a list.
    sample["emergencyResourceComponent"][1]["secondaryUnitStatusRegistryText"] = serde_json::json!(["Hovering"]);
    assert_eq!(again, sample);
}

#[test]
fn an_eido_in_the_style_of_the_drafts_is_read_with_remarks() {
    let told = Eido::read(DRAFT_STYLE.as_bytes()).unwrap().told().unwrap();
    assert_eq!((told.kind, told.priority, told.position, told.is_over()), (None, None, None, false));
    let remarks: Vec<_> = told.remarks.iter().map(|remark| (remark.path.as_str(), remark.reason.as_str())).collect();
    assert!(remarks.contains(&("incidentComponent.locationReference", "no location has the $id \"nowhere\"")), "{remarks:?}");
    assert_eq!(remarks.len(), 4, "{remarks:?}");
}

#[test]
fn an_eido_that_is_wrong_says_where() {
    let twice =
        DRAFT_STYLE.replace("\"incidentComponent\": [", "\"incidentComponent\": [{\"$id\":\"a\",\"lastUpdateTimeStamp\":\"\"},");
    let refused = Eido::read(twice.as_bytes()).unwrap_err();
    assert!(matches!(&refused, EidoError::Member { path, .. } if path == "incidentComponent"), "{refused}");
    let none = DRAFT_STYLE.replace("incidentComponent", "otherComponent");
    assert_eq!(Eido::read(none.as_bytes()).unwrap().told().unwrap_err(), EidoError::NoIncident);
    assert!(matches!(Eido::read(&vec![b' '; 600_000]), Err(EidoError::TooLarge { bytes: 600_000 })));
}

#[test]
fn a_typhoon_warning_is_understood_in_both_languages() {
    let alert = Alert::read(TYPHOON.as_bytes()).unwrap();
    assert_eq!((alert.status, alert.msg_type, alert.infos.len()), (Status::Actual, MsgType::Update, 2));
    assert_eq!(alert.references[1].identifier, "CWA-TY-2026-021-001");
    assert_eq!(alert.incidents, ["Typhoon-21", "sea warning"]);
    let info = alert.info_in("zh-Hant").unwrap();
    assert_eq!((info.event.as_str(), info.certainty, info.severity), ("颱風", Certainty::Likely, Severity::Severe));
    assert_eq!(info.description.as_deref(), Some("風速 < 33 m/s，雨量 > 350 mm"));
    assert_eq!(info.areas[0].polygons[0][0], Wgs84::new(120.05, 22.90).unwrap(), "latitude comes first");
    assert_eq!(alert.info_in("en").unwrap().event, "Typhoon");
    assert_eq!(alert.expires(), Moment::parse("2026-11-22T08:30:00+08:00").ok());
    assert_eq!(alert.covers(Wgs84::new(120.1, 23.0).unwrap()), Cover::Inside);
    assert_eq!(alert.covers(Wgs84::new(119.7, 23.3).unwrap()), Cover::Inside, "in the circle");
    assert_eq!(alert.covers(Wgs84::new(121.5, 25.0).unwrap()), Cover::Unknown, "the English area is only named");
}

#[test]
fn a_warning_is_written_as_it_was_read() {
    for sample in [TYPHOON, CANCEL] {
        let alert = Alert::read(sample.as_bytes()).unwrap();
        let written = alert.write();
        assert_eq!(Alert::read(written.as_bytes()).unwrap(), alert, "{written}");
    }
    let written = Alert::read(TYPHOON.as_bytes()).unwrap().write();
    assert!(written.contains("<polygon>22.9,120.05 22.9,120.2 "), "{written}");
    assert!(written.contains("<sent>2026-11-21T20:30:00+08:00</sent>"), "{written}");
}

#[test]
fn a_wrong_warning_names_line_and_element() {
    let cases = [
        ("<status>Actual</status>", "", "line 3: <alert> lacks <status>"),
        (
            "<status>Actual</status>",
            "<status>Real</status>",
            "line 7: <status> is \"Real\"; one of: Actual Exercise System Test Draft",
        ),
        ("<scope>Public</scope>", "<scope>Private</scope>", "line 3: <alert> lacks <addresses>"),
        ("<scope>Public</scope>", "<scope>Restricted</scope>", "line 3: <alert> lacks <restriction>"),
        (" 22.90,120.05</polygon>", "</polygon>", "line 52: <polygon> is "),
        ("23.257,119.668 12.5", "123.257,119.668 12.5", "line 60: <circle> is \"123.257,119.668 12.5\""),
        ("<size>20480</size>", "<size>big</size>", "line 46: <size> is \"big\""),
        ("<onset>2026-11-22T02:00:00+08:00", "<onset>2026-11-22T02:00:00", "line 31: <onset> is "),
        ("CWA-TY-2026-021-003</identifier>", "CWA TY</identifier>", "line 4: <identifier> is \"CWA TY\""),
        ("cap:1.2", "cap:1.1", "line 3: <alert> in namespace \"urn:oasis:names:tc:emergency:cap:1.1\""),
        ("<event>颱風</event>", "<event>颱風</event><event>雨</event>", "line 19: <event> stands more than once"),
    ];
    for (from, to, said) in cases {
        assert!(TYPHOON.contains(from), "{from}");
        let refused = Alert::read(TYPHOON.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(refused.starts_with(said), "{refused}\nshould begin with {said}");
    }
    let uncancelled = CANCEL.lines().filter(|line| !line.contains("<references>")).collect::<Vec<_>>().join("\n");
    assert!(matches!(Alert::read(uncancelled.as_bytes()), Err(CapError::Missing { name: "references", .. })));
}

#[test]
fn the_feed_is_the_geojson_that_a_map_expects() {
    let unit = Unit {
        id: "01997000-0000-7000-8000-000000000001".parse::<UnitId>().unwrap(),
        call_sign: "永康 21".into(),
        kind: UnitKind::Car,
        state: UnitState::EnRoute,
        position: Wgs84::new(120.25, 23.02).ok(),
        position_at_us: Some(AT),
        accuracy_m: Some(12.0),
        heading_deg: None,
        assignment: None,
    };
    let incident = Incident {
        id: "01997000-0000-7000-8000-000000000002".parse::<IncidentId>().unwrap(),
        number: "115-1121-0007".into(),
        origin: IncidentOrigin::Call,
        state: IncidentState::Open,
        priority: Priority(2),
        kind: "fight".into(),
        summary: "王小明與人互毆".into(),
        address: "臺南市永康區中正路".into(),
        position: None,
        hit: None,
        opened_at_us: AT,
        closed_at_us: None,
        closing_code: None,
        merged_into: None,
        assignments: Vec::new(),
    };
    let written = FeatureCollection::new(vec![Feature::unit(&unit), Feature::incident(&incident)]).write();
    let (written, sample): (Value, Value) = (serde_json::from_slice(&written).unwrap(), serde_json::from_str(FEED).unwrap());
    assert_eq!(written, sample, "and no summary, in which people may be named");
}

#[test]
fn a_receiver_checks_a_delivery_by_its_header_and_body_alone() {
    let (head, body) = DELIVERY.split_once("\n\n").unwrap();
    let body = body.trim_end();
    let header = head.lines().find_map(|line| line.strip_prefix(&format!("{}: ", signature::HEADER))).unwrap();
    assert_eq!(signature::verify(b"whsec_sample", AT.plus(30 * Micros::SECOND), header, body.as_bytes()), Ok(()));
    assert_eq!(signature::sign(b"whsec_sample", AT, body.as_bytes()), header);
    let altered = body.replace("0007", "0008");
    assert_eq!(signature::verify(b"whsec_sample", AT, header, altered.as_bytes()), Err(SignatureError::Wrong));
}
