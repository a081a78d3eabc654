//! Pictures that come faster than they can be looked at, without a thread where none is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use shouhu_plate::{VehicleColour, VehicleKind};
use shouhu_vision::PlateRead;

use super::*;
use crate::queue::tests::sighting;
use crate::queue::{Lane, NewSighting, Queue, QueueConfig, RealDisk};

const RED_CAR: SeenVehicle = SeenVehicle { kind: Some(VehicleKind::Car), colour: Some(VehicleColour::Red), plate_colour: None };

/// Sees a red car in every picture, and breaks on one whose first byte is 66. Notes the first bytes.
#[derive(Default)]
struct RedCars(Mutex<Vec<u8>>);

impl Reader for RedCars {
    fn read(&self, _: &Frame) -> Result<Vec<PlateRead>, String> {
        Ok(Vec::new())
    }

    fn describe(&self, frame: &Frame, _: &Quad) -> SeenVehicle {
        self.0.lock().unwrap().push(frame.rgb[0]);
        assert_ne!(frame.rgb[0], 66, "a picture that breaks what looks at it");
        RED_CAR
    }
}

struct Scene {
    _folder: tempfile::TempDir,
    reader: Arc<RedCars>,
    keeper: Arc<Keeper>,
    counters: Arc<Counters>,
    describer: Describer,
    stop: Stop,
}

fn scene() -> Scene {
    scene_holding_back(crate::keeper::HELD_BACK_MAX)
}

fn scene_holding_back(held_back_max: Duration) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::open(folder.path().join("queue")).unwrap();
    let (queue, _) = Queue::open(Arc::new(disk), QueueConfig { reserve_bytes: 0, ..QueueConfig::default() }).unwrap();
    let (reader, counters) = (Arc::new(RedCars::default()), Arc::new(Counters::default()));
    let keeper = Arc::new(Keeper::holding_back(queue, held_back_max));
    let describer = Describer::new(Arc::clone(&reader) as Arc<dyn Reader>, Arc::clone(&keeper), Arc::clone(&counters));
    Scene { _folder: folder, reader, keeper, counters, describer, stop: Stop::default() }
}

fn numbered(number: u8, is_hit: bool) -> NewSighting {
    sighting(&format!("ABC1{number:03}"), is_hit)
}

fn picture(sequence: u64, number: u8, is_hit: bool) -> Picture {
    let frame = Arc::new(Frame { width: 2, height: 1, rgb: vec![number; 6] });
    Picture { sequence, is_hit, frame, plate: Quad::from_box(0.0, 0.0, 2.0, 1.0) }
}

impl Scene {
    /// Kept, and taken in from a live source.
    fn sees(&self, number: u8, is_hit: bool) {
        let sequence = self.keeper.keep_back(&numbered(number, is_hit)).unwrap();
        self.describer.submit(picture(sequence, number, is_hit), Patience::Live, &self.stop);
    }

    /// What may be sent: number of the sighting, and what is said of its vehicle.
    fn given_out(&self) -> Vec<(u64, SeenVehicle)> {
        let lanes = [Lane::Hits, Lane::Rest].map(|lane| self.keeper.waiting(lane, 99, usize::MAX));
        lanes.iter().flatten().map(|queued| (queued.sighting.sequence, queued.sighting.seen)).collect()
    }

    fn counts(&self) -> (u64, u64) {
        (self.counters.described.load(Ordering::Relaxed), self.counters.not_described.load(Ordering::Relaxed))
    }
}

#[test]
fn a_sighting_is_given_out_when_its_picture_was_looked_at_and_not_before() {
    let scene = scene();
    scene.sees(1, false);
    scene.sees(2, true);
    assert!(scene.given_out().is_empty() && !scene.keeper.wait(Lane::Hits, Duration::ZERO) && !scene.keeper.wait(Lane::Rest, Duration::ZERO));
    assert_eq!(scene.keeper.depths().waiting, 2, "both are on disk");
    scene.describer.end();
    scene.describer.run();
    assert_eq!(scene.given_out(), [(2, RED_CAR), (1, RED_CAR)]);
    assert_eq!(*scene.reader.0.lock().unwrap(), [2, 1], "the hit was looked at first");
    assert_eq!(scene.counts(), (2, 0));
}

#[test]
fn of_more_than_can_wait_the_newest_are_described_and_none_is_lost() {
    let scene = scene();
    let most = u8::try_from(WAITING_MAX).unwrap();
    for number in 1..=most + 3 {
        scene.sees(number, number == 2);
    }
    let without = [1, 3, 4].map(|sequence| (sequence, SeenVehicle::default()));
    assert_eq!(scene.given_out(), without, "the oldest go without, but for the hit");
    scene.describer.end();
    scene.describer.run();
    let all = scene.given_out();
    assert_eq!((all.len(), all.iter().filter(|(_, seen)| *seen == RED_CAR).count()), (WAITING_MAX + 3, WAITING_MAX));
    assert_eq!(scene.counts(), (WAITING_MAX as u64, 3));
}

#[test]
fn no_sighting_pushes_a_hit_out_and_a_hit_pushes_out_the_oldest() {
    let scene = scene();
    let most = u8::try_from(WAITING_MAX).unwrap();
    for number in 1..=most {
        scene.sees(number, true);
    }
    scene.sees(most + 1, false);
    assert_eq!(scene.given_out(), [(u64::from(most) + 1, SeenVehicle::default())]);
    scene.sees(most + 2, true);
    assert_eq!(scene.given_out().first(), Some(&(1, SeenVehicle::default())));
}

#[test]
fn large_pictures_are_fewer_and_one_that_is_too_large_waits_alone() {
    let of_bytes = |sequence: u64, bytes: usize| {
        let frame = Arc::new(Frame { width: 1, height: 1, rgb: vec![0; bytes] });
        Picture { sequence, is_hit: false, frame, plate: Quad::from_box(0.0, 0.0, 1.0, 1.0) }
    };
    let mut state = State::default();
    assert!(state.take_in(of_bytes(1, WAITING_BYTES_MAX / 2)).is_empty());
    assert!(state.take_in(of_bytes(2, WAITING_BYTES_MAX / 2)).is_empty());
    assert_eq!(state.take_in(of_bytes(3, 1)), [1]);
    assert_eq!(state.take_in(of_bytes(4, WAITING_BYTES_MAX + 1)), [2, 3]);
    assert_eq!(state.waiting.iter().map(|picture| picture.sequence).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_file_waits_for_room_and_none_of_its_pictures_is_left_out() {
    let scene = scene();
    let most = WAITING_MAX as u64;
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for number in 1..=3 * u8::try_from(WAITING_MAX).unwrap() {
                let sequence = scene.keeper.keep_back(&numbered(number, false)).unwrap();
                scene.describer.submit(picture(sequence, number, false), Patience::Waits, &scene.stop);
            }
            scene.describer.end();
        });
        threads.spawn(|| scene.describer.run());
    });
    assert_eq!(scene.counts(), (3 * most, 0));
    assert!(scene.given_out().iter().all(|(_, seen)| *seen == RED_CAR));
}

#[test]
fn a_file_waits_no_longer_than_the_agent_runs() {
    let scene = scene();
    scene.stop.set();
    for number in 1..=u8::try_from(WAITING_MAX).unwrap() + 1 {
        let sequence = scene.keeper.keep_back(&numbered(number, false)).unwrap();
        scene.describer.submit(picture(sequence, number, false), Patience::Waits, &scene.stop);
    }
    assert_eq!(scene.counts(), (0, 1));
    scene.describer.end();
    scene.sees(99, false);
    assert_eq!(scene.given_out().len(), 2, "what comes after the end is given out at once");
}

/// Nobody looks at anything, as when one picture hangs.
#[test]
fn where_a_picture_hangs_a_file_goes_on_and_every_sighting_is_sent_as_it_is() {
    let scene = scene_holding_back(Duration::from_millis(200));
    let most = u8::try_from(WAITING_MAX).unwrap();
    let began = Instant::now();
    for number in 1..=3 * most {
        let sequence = scene.keeper.keep_back(&numbered(number, number <= most)).unwrap();
        scene.describer.submit(picture(sequence, number, number <= most), Patience::Waits, &scene.stop);
    }
    assert!(began.elapsed() >= Duration::from_millis(200), "it waited for room as long as somebody might have been looking");
    let (live, left_out) = (3 * most + 1, scene.counts().1);
    let sequence = scene.keeper.keep_back(&numbered(live, true)).unwrap();
    scene.describer.submit(picture(sequence, live, true), Patience::Live, &scene.stop);
    assert_eq!(scene.counts().1, left_out + 1, "nor is a hit kept back in vain that a live camera sees");
    assert!(scene.keeper.wait(Lane::Hits, Duration::from_secs(9)) && scene.keeper.wait(Lane::Rest, Duration::from_secs(9)));
    std::thread::sleep(Duration::from_millis(200));
    let given_out = scene.given_out();
    assert_eq!(given_out.len(), 3 * WAITING_MAX + 1, "hits too");
    assert!(given_out.iter().all(|(_, seen)| *seen == SeenVehicle::default()));
    let sequences: Vec<u64> = given_out.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(scene.keeper.delivered(&sequences).unwrap(), 3 * WAITING_MAX + 1);
    scene.describer.end();
    scene.describer.run();
    assert!(scene.given_out().is_empty(), "a description that comes too late brings nothing back");
}

#[test]
fn a_picture_that_breaks_what_looks_at_it_holds_up_nothing() {
    let scene = scene();
    scene.sees(66, false);
    scene.sees(7, false);
    scene.describer.end();
    scene.describer.run();
    assert_eq!(scene.given_out(), [(1, SeenVehicle::default()), (2, RED_CAR)]);
}
