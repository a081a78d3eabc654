//! The whole agent against a server in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use shouhu_edge::clock::DeviceClock;
use shouhu_edge::queue::{Lane, Queue, QueueConfig, RealDisk};
use shouhu_edge::rejected::RejectedList;
use shouhu_plate::{SeenVehicle, VehicleColour, VehicleKind};
use shouhu_wire::FramePolicy;
use support::{Agent, Mood, Paper, Server, drop_picture, enrolled, entry, options, picture};

struct Place {
    _folder: tempfile::TempDir,
    data: shouhu_edge::config::DataDir,
    pictures: std::path::PathBuf,
}

fn place(server: &str) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    let data = enrolled(folder.path(), server);
    Place { data, pictures, _folder: folder }
}

fn depth(place: &Place) -> usize {
    let disk = RealDisk::open(place.data.join("queue")).unwrap();
    Queue::open(std::sync::Arc::new(disk), QueueConfig { reserve_bytes: 0, ..QueueConfig::default() }).unwrap().0.depth()
}

#[test]
fn a_folder_is_read_signed_sent_and_not_sent_again_after_a_restart() {
    let server = Server::start(Mood::Fine);
    let place = place(&server.address);
    drop_picture(&place.pictures, "a", "ABC1234+XYZ9876");
    drop_picture(&place.pictures, "b", "DEF5678");
    let ended = Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!((ended.sightings, ended.waiting), (3, 0));
    assert_eq!(server.plates(), ["ABC1234", "DEF5678", "XYZ9876"]);
    server.with(|s| {
        assert_eq!(s.kept.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(
            s.kept.values().all(|k| k.crop_jpeg.is_some() && k.frame_jpeg.is_none() && k.char_confidence.len() == k.plate.len())
        );
    });
    let again = Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!(again.sightings, 0);
    drop_picture(&place.pictures, "c", "NEW1111");
    Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!(server.with(|s| s.kept.get(&4).map(|k| k.plate.clone())), Some("NEW1111".into()));
}

#[test]
fn what_the_best_frame_shows_goes_with_its_sighting() {
    let server = Server::start(Mood::Fine);
    let place = place(&server.address);
    drop_picture(&place.pictures, "a", "TRK1234");
    drop_picture(&place.pictures, "b", "DEF5678");
    Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    let seen = server.with(|s| s.kept.values().map(|kept| (kept.plate.clone(), kept.seen)).collect::<Vec<_>>());
    let lorry = SeenVehicle { kind: Some(VehicleKind::Truck), colour: Some(VehicleColour::White), plate_colour: None };
    assert_eq!(seen, [("TRK1234".to_owned(), lorry), ("DEF5678".to_owned(), SeenVehicle::default())]);
}

#[test]
fn a_wanted_plate_alerts_with_no_network_and_is_sent_with_its_frame_later() {
    let server = Server::start(Mood::Fine);
    server.wants(vec![entry(1, "WAN-1234")]);
    let place = place(&server.address);
    let agent = Agent::start(options(&place.data, &place.pictures, false, &Paper::default()));
    server.until("a first heartbeat, which comes after the watchlist", |s| !s.heartbeats.is_empty());
    agent.end();

    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut config = place.data.config().unwrap();
    config.server = format!("http://{nowhere}");
    place.data.save_config(&config).unwrap();
    drop_picture(&place.pictures, "a", "WAN1234");
    drop_picture(&place.pictures, "b", "XXX0000");
    let paper = Paper::default();
    let ended = Agent::start(options(&place.data, &place.pictures, true, &paper)).wait();
    assert_eq!(ended.waiting, 2);
    let lines: Vec<serde_json::Value> = paper.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{}", paper.text());
    assert_eq!(lines.first().map(|l| (l["plate"].clone(), l["kind"].clone())), Some(("WAN-1234".into(), "exact".into())));

    config.server = server.address.clone();
    place.data.save_config(&config).unwrap();
    let ended = Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!(ended.waiting, 0);
    server.with(|s| {
        let hit = s.kept.values().find(|k| k.plate == "WAN1234").unwrap();
        assert_eq!(hit.local_hits, [entry(1, "WAN-1234").id]);
        assert!(hit.frame_jpeg.is_some() && hit.crop_jpeg.is_some());
    });
}

#[test]
fn an_unsure_reading_of_a_wanted_plate_buzzes_nobody_and_is_sent_with_what_it_matched() {
    let server = Server::start(Mood::Fine);
    server.wants(vec![entry(1, "WAN-1234")]);
    let place = place(&server.address);
    let agent = Agent::start(options(&place.data, &place.pictures, false, &Paper::default()));
    server.until("a first heartbeat, which comes after the watchlist", |s| !s.heartbeats.is_empty());
    agent.end();
    // Unsure; sure of a look-alike; sure of the wanted plate.
    for (name, plate) in [("a", "WAN1234?"), ("b", "WAN1Z34"), ("c", "WAN1234")] {
        drop_picture(&place.pictures, name, plate);
    }
    let paper = Paper::default();
    let ended = Agent::start(options(&place.data, &place.pictures, true, &paper)).wait();
    assert_eq!(ended.waiting, 0);
    assert_eq!(paper.text().lines().count(), 1, "{}", paper.text());
    server.with(|s| {
        let claims: Vec<(&str, usize)> = s.kept.values().map(|kept| (kept.plate.as_str(), kept.local_hits.len())).collect();
        assert_eq!(claims.len(), 3, "{claims:?}");
        assert!(claims.iter().all(|(_, hits)| *hits == 1), "the server knows what other cameras saw, and decides: {claims:?}");
    });
}

#[test]
fn a_hit_does_not_wait_behind_a_backlog() {
    let server = Server::start(Mood::StallsBacklog);
    server.wants(vec![entry(1, "WAN-1234")]);
    let place = place(&server.address);
    let agent = Agent::start(options(&place.data, &place.pictures, false, &Paper::default()));
    server.until("a first heartbeat, which comes after the watchlist", |s| !s.heartbeats.is_empty());
    for n in 0..5 {
        drop_picture(&place.pictures, &format!("{n}"), &format!("CAR{n}000"));
    }
    drop_picture(&place.pictures, "z", "WAN1234");
    server.until("the hit", |s| s.kept.values().any(|k| k.plate == "WAN1234"));
    assert_eq!(server.plates(), ["WAN1234"], "the backlog still stands");
    server.with(|s| s.mood = Mood::Fine);
    server.until("the backlog", |s| s.kept.len() == 6);
    assert_eq!(agent.end().waiting, 0);
}

#[test]
fn a_device_that_the_server_does_not_know_keeps_its_queue_and_stops_asking() {
    let server = Server::start(Mood::Stranger);
    let place = place(&server.address);
    drop_picture(&place.pictures, "a", "ABC1234");
    let agent = Agent::start(options(&place.data, &place.pictures, false, &Paper::default()));
    server.until("some refused requests", |s| s.requests >= 2);
    let ended = agent.end();
    assert!(server.with(|s| s.requests) < 10);
    assert!(ended.waiting <= 1 && server.plates().is_empty());
    let told = shouhu_edge::status::load(&place.data).and_then(|s| s.trouble).unwrap_or_default();
    assert!(told.contains("enrol it again") && told.contains("the queue is kept"), "{told}");
    server.with(|s| s.mood = Mood::Fine);
    Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!(server.plates(), ["ABC1234"]);
}

#[test]
fn a_sighting_that_the_server_refuses_is_set_aside_and_the_rest_goes_through() {
    let server = Server::start(Mood::Picky);
    let place = place(&server.address);
    for (name, plate) in [("a", "ABC1234"), ("b", "BAD0000"), ("c", "QUA1111"), ("d", "DEF5678")] {
        drop_picture(&place.pictures, name, plate);
    }
    let ended = Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!((ended.waiting, ended.rejected), (0, 1));
    assert_eq!(server.plates(), ["ABC1234", "DEF5678", "QUA1111"]);
    let list = RejectedList::open(place.data.join("rejected")).unwrap().read().unwrap();
    let input = list.first().map(|r| r.input.clone()).unwrap_or_default();
    let kept = fs::read_to_string(place.data.join("rejected").join(input)).unwrap();
    assert!(kept.contains("BAD0000"));
}

#[test]
fn lost_receipts_make_duplicates_and_nothing_else() {
    let server = Server::start(Mood::LosesReceipts);
    let place = place(&server.address);
    let agent = Agent::start(options(&place.data, &place.pictures, false, &Paper::default()));
    for n in 10..40 {
        drop_picture(&place.pictures, &format!("{n}"), &format!("CAR10{n}"));
    }
    server.until("all thirty", |s| s.kept.len() == 30);
    agent.end();
    assert!(server.with(|s| s.conflicts.is_empty()));
    assert_eq!(server.with(|s| s.kept.keys().copied().collect::<Vec<_>>()), (1..=30).collect::<Vec<u64>>());
}

#[test]
fn every_kind_of_bad_picture_is_listed_with_its_own_reason_and_the_good_one_is_sent() {
    let server = Server::start(Mood::Fine);
    let place = place(&server.address);
    drop_picture(&place.pictures, "good", "ABC1234");
    let write = |name: &str, bytes: &[u8]| fs::write(place.pictures.join(name), bytes).unwrap();
    write("empty.jpg", b"");
    write("text.jpg", b"this is no picture");
    let png = picture("CUT0000");
    write("cut.png", png.get(..png.len() / 2).unwrap());
    fs::File::create(place.pictures.join("huge.jpg")).unwrap().set_len(50 << 20).unwrap();
    write("bomb.png", &bomb());
    write(".hidden", b"x");
    let ended = Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!((ended.sightings, ended.rejected, ended.waiting), (1, 5, 0));
    let list = RejectedList::open(place.data.join("rejected")).unwrap().read().unwrap();
    let reason = |name: &str| list.iter().find(|r| r.input.ends_with(name)).map(|r| r.reason.clone()).unwrap_or_default();
    assert!(reason("empty.jpg").contains("empty"), "{}", reason("empty.jpg"));
    assert!(reason("text.jpg").contains("neither JPEG nor PNG"), "{}", reason("text.jpg"));
    assert!(reason("cut.png").contains("ends before"), "{}", reason("cut.png"));
    assert!(reason("huge.jpg").contains("50 MB"), "{}", reason("huge.jpg"));
    assert!(reason("bomb.png").contains("60000×60000"), "{}", reason("bomb.png"));
    let shown = shouhu_edge::status::describe(&place.data, &DeviceClock::system(0)).unwrap();
    assert!(shown.contains("rejected     5 inputs") && shown.contains("not running"), "{shown}");
    let again = Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!(again.rejected, 5, "they are not judged again");
}

/// A PNG of a few bytes that says it is 60,000 pixels wide and high.
fn bomb() -> Vec<u8> {
    let mut png = picture("X");
    png.splice(16..24, [60_000_u32.to_be_bytes(), 60_000_u32.to_be_bytes()].concat());
    let crc = crc32_ieee(png.get(12..29).unwrap());
    png.splice(29..33, crc.to_be_bytes());
    png
}

fn crc32_ieee(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn a_half_written_picture_is_read_once_it_is_whole() {
    let server = Server::start(Mood::Fine);
    let place = place(&server.address);
    let png = picture("ABC1234");
    let path = place.pictures.join("slow.png");
    fs::write(&path, png.get(..40).unwrap()).unwrap();
    let agent = Agent::start(options(&place.data, &place.pictures, false, &Paper::default()));
    server.until("a first heartbeat", |s| !s.heartbeats.is_empty());
    fs::write(&path, &png).unwrap();
    server.until("the picture", |s| s.kept.len() == 1);
    assert_eq!(agent.end().rejected, 0);
}

#[test]
fn the_server_changes_the_frame_policy_and_hears_how_the_device_is() {
    let server = Server::start(Mood::Fine);
    server.with(|s| s.policy = FramePolicy::Always);
    let place = place(&server.address);
    fs::write(place.pictures.join("text.jpg"), b"this is no picture").unwrap();
    let agent = Agent::start(options(&place.data, &place.pictures, false, &Paper::default()));
    server.until("a first heartbeat", |s| !s.heartbeats.is_empty());
    drop_picture(&place.pictures, "a", "ABC1234");
    server.until("the sighting", |s| s.kept.len() == 1);
    agent.end();
    assert!(server.with(|s| s.kept.values().all(|k| k.frame_jpeg.is_some())));
    assert_eq!(place.data.config().unwrap().device.frame_policy, FramePolicy::Always);
    server.with(|s| {
        let beat = s.heartbeats.first().unwrap();
        for field in ["queue_depth", "dropped_frames", "watchlist_version", "local_alerts_pending", "version"] {
            assert!(!beat[field].is_null(), "{field}");
        }
    });
}

#[test]
fn a_clock_a_year_off_is_noticed_and_what_was_read_is_sent_as_the_device_saw_it() {
    const YEAR_US: i64 = 365 * 86_400 * 1_000_000;
    let server = Server::start(Mood::Fine);
    server.with(|s| s.clock_offset_us = -YEAR_US);
    let place = place(&server.address);
    drop_picture(&place.pictures, "a", "ABC1234");
    Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    let status = shouhu_edge::status::load(&place.data).unwrap();
    assert_eq!(status.clock_offset_us, -YEAR_US);
    assert!(status.server_time_floor_us > status.written_at_us, "the next start knows that it is a year later");
    let shown = shouhu_edge::status::describe(&place.data, &DeviceClock::system(0)).unwrap();
    assert!(shown.contains("s off the server's"), "{shown}");
}

#[test]
fn a_server_that_is_down_is_said_in_words_and_the_queue_waits() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = place(&format!("http://{nowhere}"));
    drop_picture(&place.pictures, "a", "ABC1234");
    let ended = Agent::start(options(&place.data, &place.pictures, true, &Paper::default())).wait();
    assert_eq!(ended.waiting, 1);
    let told = shouhu_edge::status::load(&place.data).and_then(|s| s.trouble).unwrap_or_default();
    assert!(told.contains("refuses the connection"), "{told}");
    assert_eq!(depth(&place), 1);
    let disk = RealDisk::open(place.data.join("queue")).unwrap();
    let (mut queue, _) = Queue::open(std::sync::Arc::new(disk), QueueConfig::default()).unwrap();
    assert_eq!(queue.waiting(Lane::Rest, 9, 1 << 20).len(), 1);
}

#[test]
fn enrolment_makes_a_key_once_and_says_what_is_wrong_with_a_token() {
    let server = Server::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let data = shouhu_edge::config::DataDir::new(folder.path().join("edge"));
    let refused =
        shouhu_edge::enrol::enrol(&data, &server.address, "used", None).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(refused.contains("did not accept the token"), "{refused}");
    let key = data.key().unwrap().to_bytes();
    let device = shouhu_edge::enrol::enrol(&data, &server.address, " good\n", None).unwrap();
    assert_eq!((device, data.key().unwrap().to_bytes()), (support::device(), key));
    let twice = shouhu_edge::enrol::enrol(&data, &server.address, "good", None).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(twice.contains("is enrolled already"), "{twice}");
}
