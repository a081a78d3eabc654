//! What a picture shows of a vehicle takes long to find out: nobody at the roadside waits for it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::sync::{Arc, Condvar, Mutex};

use shouhu_edge::pipeline::Reader;
use shouhu_edge::stop::Stop;
use shouhu_plate::{SeenVehicle, VehicleKind};
use shouhu_vision::{Frame, PlateRead, Quad};
use support::{Agent, Mood, Paper, Scripted, Server, drop_picture, enrolled, entry, options};

/// Reads like [`Scripted`], and looks at no picture before the test lets it.
#[derive(Default)]
struct Patient {
    may_look: Mutex<bool>,
    changed: Condvar,
    /// Lines of alert that were out when a picture was looked at.
    alerts_before: Mutex<Vec<usize>>,
    paper: Paper,
}

impl Patient {
    fn let_look(&self) {
        *self.may_look.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

impl Reader for Patient {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        Scripted.read(frame)
    }

    fn describe(&self, _: &Frame, _: &Quad) -> SeenVehicle {
        self.alerts_before.lock().unwrap().push(self.paper.text().lines().count());
        drop(self.changed.wait_while(self.may_look.lock().unwrap(), |may_look| !*may_look).unwrap());
        SeenVehicle { kind: Some(VehicleKind::Car), ..SeenVehicle::default() }
    }
}

#[test]
fn looking_at_one_plate_holds_up_no_alert_and_no_sighting_is_lost_or_sent_twice() {
    let server = Server::start(Mood::Fine);
    server.wants(vec![entry(1, "WAN123?")]);
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    let data = enrolled(folder.path(), &server.address);
    let agent = Agent::start(options(&data, &pictures, false, &Paper::default()));
    server.until("a first heartbeat, which comes after the watchlist", |s| !s.heartbeats.is_empty());
    agent.end();

    let paper = Paper::default();
    let reader = Arc::new(Patient { paper: paper.clone(), ..Patient::default() });
    let stop = Arc::new(Stop::default());
    let (eyes, its, options) = (Arc::clone(&reader), Arc::clone(&stop), options(&data, &pictures, false, &paper));
    let agent = std::thread::spawn(move || shouhu_edge::run::run(options, eyes, None, &its).unwrap());
    for (name, plates, alerts) in [("a", "WAN1231+WAN1232+CAR0001", 2), ("b", "WAN1233", 3)] {
        drop_picture(&pictures, name, plates);
        while paper.text().lines().count() < alerts {
            std::thread::yield_now();
        }
    }
    assert!(server.plates().is_empty(), "nobody has looked yet: what is sent is whole");
    reader.let_look();
    server.until("all four", |s| s.kept.len() == 4);
    stop.set();
    let ended = agent.join().unwrap();
    assert_eq!((ended.waiting, ended.sightings), (0, 4));
    assert_eq!(server.plates(), ["CAR0001", "WAN1231", "WAN1232", "WAN1233"]);
    server.with(|s| {
        assert!(s.kept.values().all(|kept| kept.seen.kind == Some(VehicleKind::Car)), "each with what its picture shows");
        assert_eq!(s.kept.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(s.conflicts.is_empty());
    });
    let first = reader.alerts_before.lock().unwrap().first().copied();
    assert!(first.is_some_and(|alerts| alerts >= 2), "both alerts of the first frame were out before anybody looked: {first:?}");
    let status = shouhu_edge::status::load(&data).unwrap();
    assert_eq!((status.described, status.not_described), (4, 0));
}
