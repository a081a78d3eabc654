//! The queue under power cuts at every byte, full disks, damage, and receipts in any order.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use shouhu_ids::{EntryId, Micros};
use shouhu_plate::{VehicleColour, VehicleKind};
use shouhu_wire::ReportedSighting;

use super::simdisk::{SimDisk, Unsynced};
use super::*;

const SMALL: QueueConfig = QueueConfig { max_bytes: 1 << 20, segment_bytes: 900, reserve_bytes: 0 };

pub(crate) fn sighting(plate: &str, is_hit: bool) -> NewSighting {
    let mut origin = [0; 16];
    origin[..plate.len()].copy_from_slice(plate.as_bytes());
    NewSighting {
        origin,
        model: "test".into(),
        sighting: ReportedSighting {
            sequence: 0,
            plate: plate.into(),
            confidence: 0.9,
            char_confidence: vec![],
            alternatives: vec![],
            captured_at_us: 1,
            lon: None,
            lat: None,
            direction: None,
            speed_kmh: None,
            seen: SeenVehicle::default(),
            reads: 1,
            crop_jpeg: None,
            frame_jpeg: None,
            local_hits: if is_hit { vec![EntryId::new(Micros(1), [7; 16])] } else { vec![] },
            source: None,
        },
        crop_jpeg: vec![0xC0; 20],
        frame_jpeg: is_hit.then(|| vec![0xF0; 40]),
    }
}

/// What the world outside knows about a queue: numbers it was given, and what it said it delivered.
#[derive(Default)]
struct Known {
    kept: BTreeMap<u64, String>,
    delivered: BTreeSet<u64>,
}

/// Keeps ten sightings, every third a hit, and delivers some out of order, until the power fails.
fn run_until_power_fails(disk: &Arc<SimDisk>, known: &mut Known, round: usize) {
    let Ok((mut queue, _)) = Queue::open(Arc::clone(disk) as Arc<dyn Disk>, SMALL) else { return };
    for n in 0..10 {
        let plate = format!("R{round}N{n}");
        let next = queue.next_sequence();
        match queue.keep(&sighting(&plate, n % 3 == 0)) {
            Ok(sequence) => {
                assert_eq!(sequence, next);
                assert!(known.kept.insert(sequence, plate).is_none(), "sequence {sequence} was given twice");
            }
            Err(_) => return,
        }
        if n % 4 == 3 {
            let lane = if n % 8 == 3 { Lane::Hits } else { Lane::Rest };
            let sequences: Vec<u64> = queue.waiting(lane, 2, usize::MAX).iter().map(|q| q.sighting.sequence).collect();
            // The server has them, whether or not that can still be written down.
            known.delivered.extend(sequences.iter().copied());
            if queue.delivered(&sequences).is_err() {
                return;
            }
        }
    }
}

fn check(disk: &Arc<SimDisk>, known: &Known, context: &str) {
    let (mut queue, recovery) = Queue::open(Arc::clone(disk) as Arc<dyn Disk>, SMALL).unwrap();
    let mut found = BTreeMap::new();
    for lane in [Lane::Hits, Lane::Rest] {
        for queued in queue.waiting(lane, usize::MAX, usize::MAX) {
            assert_eq!(queued.crop_jpeg, vec![0xC0; 20], "{context}");
            assert_eq!(queued.frame_jpeg.is_some(), !queued.sighting.local_hits.is_empty(), "{context}");
            assert!(found.insert(queued.sighting.sequence, queued.sighting.plate).is_none());
        }
    }
    for (sequence, plate) in &known.kept {
        if !known.delivered.contains(sequence) {
            assert_eq!(found.get(sequence), Some(plate), "{context}: sequence {sequence} was kept and is lost");
        }
    }
    // One more than was acknowledged may be there: it was whole on disk when the power failed.
    let unknown = found.keys().filter(|s| !known.kept.contains_key(s)).count();
    assert!(unknown <= 1, "{context}: {unknown} sightings nobody kept");
    assert!(known.kept.keys().all(|s| *s < queue.next_sequence()), "{context}: a number would be given twice");
    assert_eq!(recovery.damaged_bytes, 0, "{context}: a torn end is not damage");
}

#[test]
fn nothing_kept_is_lost_and_no_number_is_given_twice_wherever_the_power_fails() {
    let whole = Arc::new(SimDisk::default());
    run_until_power_fails(&whole, &mut Known::default(), 0);
    let total = whole.written();
    assert!(total > 4_000, "the script writes {total} bytes");
    for fails_after in 0..=total {
        for unsynced in [Unsynced::Kept, Unsynced::Lost, Unsynced::Half, Unsynced::Zeros] {
            let disk = Arc::new(SimDisk::failing_after(fails_after));
            let mut known = Known::default();
            run_until_power_fails(&disk, &mut known, 0);
            let back = Arc::new(disk.after_power_cut(unsynced));
            check(&back, &known, &format!("power failed after byte {fails_after}, unsynced bytes {unsynced:?}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn three_power_cuts_in_a_row_lose_nothing(cuts in proptest::collection::vec(0_u64..6_000, 3), modes in proptest::collection::vec(0_usize..4, 3)) {
        let mut known = Known::default();
        let mut disk = Arc::new(SimDisk::default());
        for (round, (cut, mode)) in cuts.iter().zip(&modes).enumerate() {
            disk.cut_after(*cut);
            run_until_power_fails(&disk, &mut known, round);
            let mode = [Unsynced::Kept, Unsynced::Lost, Unsynced::Half, Unsynced::Zeros][*mode];
            disk = Arc::new(disk.after_power_cut(mode));
            // A record that was whole on disk but not acknowledged is known from here on.
            let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
            for lane in [Lane::Hits, Lane::Rest] {
                for queued in queue.waiting(lane, usize::MAX, usize::MAX) {
                    let plate = known.kept.entry(queued.sighting.sequence).or_insert_with(|| queued.sighting.plate.clone());
                    prop_assert_eq!(plate.as_str(), queued.sighting.plate.as_str());
                }
            }
        }
        check(&disk, &known, "after three power cuts");
    }

    #[test]
    fn receipts_in_any_order_and_number_empty_the_queue(order in proptest::collection::vec(1_u64..=12, 0..60)) {
        let disk: Arc<dyn Disk> = Arc::new(SimDisk::default());
        let (mut queue, _) = Queue::open(Arc::clone(&disk), SMALL).unwrap();
        for n in 0..12 {
            queue.keep(&sighting(&format!("P{n}"), n % 5 == 0)).unwrap();
        }
        for sequence in &order {
            queue.delivered(&[*sequence, *sequence]).unwrap();
        }
        let left: BTreeSet<u64> = (1..=12).filter(|s| !order.contains(s)).collect();
        prop_assert_eq!(queue.depth(), left.len());
        let (mut again, recovery) = Queue::open(disk, SMALL).unwrap();
        prop_assert_eq!(recovery.pending, left.len());
        let mut found: BTreeSet<u64> = again.waiting(Lane::Rest, 99, usize::MAX).iter().map(|q| q.sighting.sequence).collect();
        found.extend(again.waiting(Lane::Hits, 99, usize::MAX).iter().map(|q| q.sighting.sequence));
        prop_assert_eq!(found, left);
        prop_assert_eq!(again.next_sequence(), 13);
    }
}

#[test]
fn numbers_go_on_after_everything_was_delivered_and_the_cursor_is_lost() {
    let disk = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    for n in 0..20 {
        let sequence = queue.keep(&sighting(&format!("P{n}"), false)).unwrap();
        queue.delivered(&[sequence]).unwrap();
    }
    assert!(disk.names().unwrap().len() < 4, "delivered segments are removed");
    disk.remove("cursor").unwrap();
    let (queue, _) = Queue::open(disk, SMALL).unwrap();
    assert_eq!(queue.next_sequence(), 21);
}

#[test]
fn a_full_queue_gives_up_frames_first_then_refuses_what_is_no_hit() {
    let config = QueueConfig { max_bytes: 40_000, segment_bytes: 4_000, reserve_bytes: 0 };
    let disk: Arc<dyn Disk> = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(disk, config).unwrap();
    let mut with_frame = sighting("ABC1234", false);
    with_frame.frame_jpeg = Some(vec![1; 3_000]);
    let mut kept = 0;
    let refused = loop {
        match queue.keep(&with_frame) {
            Ok(_) => kept += 1,
            Err(e) => break e,
        }
    };
    assert!(matches!(refused, KeepError::Full { .. }), "{refused}");
    assert!(queue.counts().frames_given_up > 0);
    assert!(kept > 12, "frames made room for {kept} sightings");
    let mut hit = sighting("WANTED", true);
    hit.frame_jpeg = None;
    assert!(queue.keep(&hit).is_ok(), "a hit still has room");
    let waiting = queue.waiting(Lane::Rest, usize::MAX, usize::MAX);
    assert_eq!(waiting.len(), kept, "every sighting is there, with or without its frame");
}

#[test]
fn a_full_disk_keeps_hits_in_the_reserve_and_goes_on_when_there_is_room_again() {
    let config = QueueConfig { max_bytes: 1 << 30, segment_bytes: 1 << 20, reserve_bytes: 20_000 };
    let disk = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, config).unwrap();
    queue.keep(&sighting("BEFORE", false)).unwrap();
    disk.set_capacity(Some(disk.used() + 100));
    assert!(matches!(queue.keep(&sighting("CAR", false)), Err(KeepError::DiskFull)));
    let hit = queue.keep(&sighting("WANTED", true)).unwrap();
    disk.set_capacity(None);
    let after = queue.keep(&sighting("AFTER", false)).unwrap();
    assert_eq!((hit, after), (2, 3), "a refused sighting took no number");
    queue.restore_reserve();
    let (mut queue, recovery) = Queue::open(disk, config).unwrap();
    assert_eq!((recovery.pending, recovery.cut_bytes, recovery.damaged_bytes), (3, 0, 0));
    assert_eq!(queue.waiting(Lane::Hits, 9, usize::MAX).len(), 1);
}

#[test]
fn damage_in_the_middle_costs_one_record_and_the_file_is_set_aside() {
    let disk = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    for n in 0..12 {
        queue.keep(&sighting(&format!("P{n}"), false)).unwrap();
    }
    disk.flip("sightings-00000000000000000001.log", 30);
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    let mut delivered = 0;
    loop {
        let batch: Vec<u64> = queue.waiting(Lane::Rest, 3, usize::MAX).iter().map(|q| q.sighting.sequence).collect();
        if batch.is_empty() {
            break;
        }
        delivered += queue.delivered(&batch).unwrap();
    }
    assert_eq!((delivered, queue.counts().damaged), (11, 1));
    assert!(disk.names().unwrap().iter().any(|name| name.starts_with("damaged-")));
}

#[test]
fn a_torn_end_skips_numbers_that_a_lying_disk_may_have_lost() {
    let disk = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    queue.keep(&sighting("ONE", false)).unwrap();
    let name = "sightings-00000000000000000001.log";
    disk.write_at(name, disk.len(name).unwrap(), b"SHQ1 torn").unwrap();
    let (queue, recovery) = Queue::open(disk, SMALL).unwrap();
    assert_eq!((recovery.cut_bytes, recovery.pending), (9, 1));
    assert_eq!(queue.next_sequence(), 2 + SKIPPED_AFTER_TORN_END);
}

#[test]
fn the_origins_of_the_newest_records_are_known_after_a_restart() {
    let disk: Arc<dyn Disk> = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk), SMALL).unwrap();
    let new = sighting("ONE", false);
    let sequence = queue.keep(&new).unwrap();
    queue.delivered(&[sequence]).unwrap();
    let (_, recovery) = Queue::open(disk, SMALL).unwrap();
    assert!(recovery.recent_origins.contains(&new.origin));
}

const WHITE_LORRY: SeenVehicle =
    SeenVehicle { kind: Some(VehicleKind::Truck), colour: Some(VehicleColour::White), plate_colour: None };

fn seen_of(queue: &mut Queue) -> BTreeMap<u64, SeenVehicle> {
    let all = [Lane::Hits, Lane::Rest].map(|lane| queue.waiting(lane, usize::MAX, usize::MAX));
    all.iter().flatten().map(|queued| (queued.sighting.sequence, queued.sighting.seen)).collect()
}

/// When no test runs any more.
fn later() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

#[test]
fn what_is_held_back_is_not_given_out_and_is_there_after_a_restart() {
    let disk: Arc<dyn Disk> = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk), SMALL).unwrap();
    for n in 0..4 {
        let sequence = queue.keep(&sighting(&format!("P{n}"), n == 0)).unwrap();
        queue.hold_back(sequence, later());
    }
    assert!(!queue.is_waiting(Lane::Hits) && !queue.is_waiting(Lane::Rest) && seen_of(&mut queue).is_empty());
    assert_eq!((queue.depth(), queue.hits_pending()), (4, 1), "they are counted all the same");
    queue.describe(3, None).unwrap();
    assert!(!queue.is_waiting(Lane::Hits) && queue.is_waiting(Lane::Rest));
    queue.describe(1, Some(WHITE_LORRY)).unwrap();
    assert!(queue.is_waiting(Lane::Hits));
    assert_eq!(seen_of(&mut queue), BTreeMap::from([(1, WHITE_LORRY), (3, SeenVehicle::default())]));
    let (mut again, recovery) = Queue::open(disk, SMALL).unwrap();
    assert_eq!(recovery.pending, 4);
    let nothing = SeenVehicle::default();
    let expected = BTreeMap::from([(1, WHITE_LORRY), (2, nothing), (3, nothing), (4, nothing)]);
    assert_eq!(seen_of(&mut again), expected, "nobody looks at the rest any more");
}

#[test]
fn a_picture_that_hangs_holds_up_its_sighting_for_a_time_and_no_room_for_ever() {
    let disk = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    for (plate, is_hit) in [("CAR", false), ("WANTED", true)] {
        let sequence = queue.keep(&sighting(plate, is_hit)).unwrap();
        queue.hold_back(sequence, Instant::now());
    }
    assert!(queue.is_waiting(Lane::Hits) && queue.is_waiting(Lane::Rest), "their time has come");
    assert_eq!(seen_of(&mut queue).len(), 2);
    for n in 0..40 {
        let sequence = queue.keep(&sighting(&format!("P{n}"), false)).unwrap();
        queue.hold_back(sequence, later());
        queue.describe(sequence, Some(WHITE_LORRY)).unwrap();
    }
    let before = disk.used();
    assert_eq!(queue.delivered(&(1..=42).collect::<Vec<u64>>()).unwrap(), 42);
    assert!(disk.used() < before / 2, "what was delivered leaves nothing behind");
    queue.describe(1, Some(WHITE_LORRY)).unwrap();
    queue.keep(&sighting("NEXT", false)).unwrap();
    assert!(!queue.is_waiting(Lane::Hits) && queue.is_waiting(Lane::Rest), "nothing of what was held back is counted any more");
}

#[test]
fn a_description_syncs_nothing_and_those_of_the_delivered_are_not_read_again() {
    let disk = Arc::new(SimDisk::default());
    let config = QueueConfig { segment_bytes: 1 << 20, ..SMALL };
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, config).unwrap();
    for n in 0..40 {
        queue.keep(&sighting(&format!("P{n}"), false)).unwrap();
    }
    let (_, synced) = disk.reads_and_syncs();
    for sequence in 1..=40 {
        queue.describe(sequence, Some(WHITE_LORRY)).unwrap();
    }
    assert_eq!(disk.reads_and_syncs().1, synced, "who keeps and who sends would wait for it");
    let reads_of_opening = || {
        let (before, _) = disk.reads_and_syncs();
        let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, config).unwrap();
        let reads = disk.reads_and_syncs().0 - before;
        (reads, seen_of(&mut queue))
    };
    let (all, seen) = reads_of_opening();
    assert!(seen.len() == 40 && seen.values().all(|seen| *seen == WHITE_LORRY), "{seen:?}");
    queue.delivered(&(1..=39).collect::<Vec<u64>>()).unwrap();
    let (few, seen) = reads_of_opening();
    assert_eq!(seen, BTreeMap::from([(40, WHITE_LORRY)]));
    assert!(few + 30 <= all, "{few} reads, {all} when all were waiting");
}

#[test]
fn what_a_power_cut_leaves_of_descriptions_is_no_damage() {
    let disk = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    for n in 0..40 {
        let sequence = queue.keep(&sighting(&format!("P{n}"), false)).unwrap();
        queue.describe(sequence, Some(WHITE_LORRY)).unwrap();
    }
    let (mut queue, recovery) = Queue::open(Arc::new(disk.after_power_cut(Unsynced::Zeros)) as Arc<dyn Disk>, SMALL).unwrap();
    assert_eq!((recovery.pending, recovery.cut_bytes, recovery.damaged_bytes), (40, 0, 0));
    queue.describe(40, Some(WHITE_LORRY)).unwrap();
    queue.delivered(&(1..=40).collect::<Vec<u64>>()).unwrap();
    let left = queue.disk.names().unwrap();
    assert!(left.iter().all(|name| !name.starts_with("damaged-")), "{left:?}");
}

#[test]
fn descriptions_come_in_any_order_and_leave_with_their_sightings() {
    let disk = Arc::new(SimDisk::default());
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    for n in 0..40 {
        queue.keep(&sighting(&format!("P{n}"), false)).unwrap();
    }
    for first in (1..=40).step_by(2) {
        queue.describe(first + 1, Some(WHITE_LORRY)).unwrap();
        queue.describe(first, Some(WHITE_LORRY)).unwrap();
    }
    let (mut queue, _) = Queue::open(Arc::clone(&disk) as Arc<dyn Disk>, SMALL).unwrap();
    let seen = seen_of(&mut queue);
    assert!(seen.len() == 40 && seen.values().all(|seen| *seen == WHITE_LORRY), "{seen:?}");
    let before = disk.used();
    queue.delivered(&(1..=40).collect::<Vec<u64>>()).unwrap();
    queue.describe(5, Some(WHITE_LORRY)).unwrap();
    assert!(disk.used() < before / 2, "what was delivered leaves nothing behind");
    for n in 0..10 {
        let sequence = queue.keep(&sighting(&format!("Q{n}"), false)).unwrap();
        queue.describe(sequence, Some(WHITE_LORRY)).unwrap();
        queue.delivered(&[sequence]).unwrap();
    }
    assert!(disk.names().unwrap().iter().filter(|name| name.starts_with("described-")).count() <= 2);
    let (queue, _) = Queue::open(disk, SMALL).unwrap();
    assert_eq!((queue.depth(), queue.next_sequence()), (0, 51), "numbers of descriptions are not those of sightings");
}

#[test]
fn wherever_the_power_fails_a_sighting_has_its_description_or_none() {
    // Each its own, so that another's would be seen.
    let of = |sequence: u64| {
        let kinds = [VehicleKind::Car, VehicleKind::Motorcycle, VehicleKind::Bus, VehicleKind::Truck, VehicleKind::Bicycle];
        SeenVehicle { kind: kinds.get(usize::try_from(sequence - 1).unwrap()).copied(), ..WHITE_LORRY }
    };
    let run = |disk: &Arc<SimDisk>| {
        let (mut kept, mut described) = (BTreeSet::new(), BTreeSet::new());
        let Ok((mut queue, _)) = Queue::open(Arc::clone(disk) as Arc<dyn Disk>, SMALL) else { return (kept, described) };
        for n in 0..5 {
            let Ok(sequence) = queue.keep(&sighting(&format!("P{n}"), n == 2)) else { break };
            kept.insert(sequence);
            queue.hold_back(sequence, later());
            if n != 3 && queue.describe(sequence, Some(of(sequence))).is_ok() {
                described.insert(sequence);
            }
        }
        (kept, described)
    };
    let whole = Arc::new(SimDisk::default());
    run(&whole);
    for fails_after in 0..=whole.written() {
        for unsynced in [Unsynced::Kept, Unsynced::Lost, Unsynced::Half, Unsynced::Zeros] {
            let disk = Arc::new(SimDisk::failing_after(fails_after));
            let (kept, described) = run(&disk);
            let (mut queue, _) = Queue::open(Arc::new(disk.after_power_cut(unsynced)) as Arc<dyn Disk>, SMALL).unwrap();
            let seen = seen_of(&mut queue);
            let context = format!("power failed after byte {fails_after}, unsynced bytes {unsynced:?}");
            assert!(kept.iter().all(|sequence| seen.contains_key(sequence)), "{context}: a sighting is lost");
            // Of a machine that went on nothing is lost; of one without power a description may be, for none is synced.
            let is_there = |sequence: &u64| unsynced != Unsynced::Kept || seen.get(sequence) == Some(&of(*sequence));
            assert!(described.iter().all(is_there), "{context}: a description is lost");
            let is_own = |(sequence, seen): (&u64, &SeenVehicle)| *seen == SeenVehicle::default() || (*sequence != 4 && *seen == of(*sequence));
            assert!(seen.iter().all(is_own), "{context}: another's description");
        }
    }
}

#[test]
fn what_was_kept_before_cameras_told_what_they_see_is_read() {
    let json = br#"{"sighting":{"sequence":3,"plate":"ABC1234","confidence":0.9,"captured_at_us":1,"direction":null,"local_hits":[]},
        "frame":null,"model":"old"}"#;
    let mut payload = vec![0; 16];
    payload.extend_from_slice(&u32::try_from(json.len()).unwrap().to_le_bytes());
    payload.extend_from_slice(json);
    let (stored, crop) = record::decode(&payload).unwrap();
    assert_eq!((stored.sighting.seen, stored.sighting.sequence, crop.len()), (SeenVehicle::default(), 3, 0));
}
