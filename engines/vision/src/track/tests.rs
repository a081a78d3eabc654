use super::{TrackUpdate, Tracker, TrackerConfig, TravelDirection, distance};
use crate::read::sample_read;
use crate::{PlateRead, Quad};

const FRAME_US: i64 = 100_000;

fn seen(text: &str, confidence: f32, x: f32, width: f32) -> PlateRead {
    sample_read(text, confidence, Quad::from_box(x, 300.0, width, width * 0.42))
}

fn push(tracker: &mut Tracker, frame: i64, reads: Vec<PlateRead>) -> TrackUpdate {
    tracker.push(frame * FRAME_US, 1280, 720, reads)
}

#[test]
fn two_agreeing_reads_announce_one_passage_and_no_more() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    assert!(push(&mut tracker, 0, vec![seen("AUV0905", 0.8, 500.0, 90.0)]).passages.is_empty());
    assert_eq!(push(&mut tracker, 1, vec![seen("AUV0905", 0.9, 505.0, 92.0)]).passages.len(), 1);
    for frame in 2..10 {
        assert!(push(&mut tracker, frame, vec![seen("AUV0905", 0.9, 510.0, 95.0)]).passages.is_empty());
    }
    assert!(tracker.finish().is_empty());
}

#[test]
fn one_certain_read_is_enough_when_nothing_comes_after_it() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let update = push(&mut tracker, 0, vec![seen("AUV0905", 0.995, 500.0, 90.0)]);
    assert_eq!((update.passages.len(), update.best_now), (0, vec![1]));
    assert!(tracker.tick(2 * FRAME_US).passages.is_empty());
    let settled = tracker.tick(3 * FRAME_US);
    assert_eq!(settled.passages.first().map(|p| p.display.as_str()), Some("AUV-0905"));
}

#[test]
fn a_plate_that_comes_out_from_behind_another_vehicle_is_announced_whole() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    assert!(push(&mut tracker, 0, vec![seen("A23126", 0.999, 580.0, 59.0)]).passages.is_empty());
    push(&mut tracker, 1, vec![seen("34A23126", 0.8, 560.0, 76.0)]);
    let passages = push(&mut tracker, 2, vec![seen("34A23126", 0.98, 540.0, 77.0)]).passages;
    assert_eq!(passages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["34A23126"]);
    assert_eq!(passages[0].best.text, "34A23126", "and so is the picture");
    assert!(passages[0].alternatives.iter().any(|other| other.text == "A23126"), "what was seen first stays in sight");
}

#[test]
fn a_misread_that_is_too_long_silences_nobody() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    push(&mut tracker, 0, vec![seen("ABC123411", 0.5, 500.0, 90.0)]);
    let mut texts = Vec::new();
    for frame in 1..6 {
        let passages = push(&mut tracker, frame, vec![seen("ABC1234", 0.97, 502.0, 90.0)]).passages;
        texts.extend(passages.into_iter().map(|p| p.text));
    }
    assert_eq!(texts, ["ABC1234"]);
}

#[test]
fn a_parked_vehicle_is_announced_once_whatever_weak_reads_say() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let mut count = 0;
    for frame in 0..3_000 {
        let read = if frame % 3 == 0 { seen("ABC123411", 0.3, 500.0, 90.0) } else { seen("ABC1234", 0.97, 500.0, 90.0) };
        count += push(&mut tracker, frame, vec![read]).passages.len();
    }
    assert_eq!(count, 1);
}

#[test]
fn what_was_announced_while_it_was_half_hidden_is_announced_anew_once() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    push(&mut tracker, 0, vec![seen("A23126", 0.999, 580.0, 59.0)]);
    assert_eq!(push(&mut tracker, 1, vec![seen("A23126", 0.999, 575.0, 59.0)]).passages.len(), 1);
    let mut texts = Vec::new();
    for frame in 2..8 {
        let passages = push(&mut tracker, frame, vec![seen("34A23126", 0.95, 560.0, 76.0)]).passages;
        texts.extend(passages.into_iter().map(|p| p.text));
    }
    assert_eq!(texts, ["34A23126"]);
}

/// As the recogniser gives what touches the border.
fn at_border(text: &str, x: f32) -> PlateRead {
    PlateRead { is_at_border: true, ..seen(text, 0.85, x, 60.0) }
}

#[test]
fn what_was_only_seen_at_the_border_is_announced_when_it_ends_and_never_sure() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    for frame in 0..20 {
        assert!(push(&mut tracker, frame, vec![at_border("34C123", 0.0)]).passages.is_empty());
    }
    let update = push(&mut tracker, 60, Vec::new());
    assert_eq!(update.passages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["34C123"]);
    assert!(update.passages[0].confidence < 0.86 && update.passages[0].reads == 20, "{update:?}");
}

#[test]
fn a_vehicle_that_stands_at_the_border_is_announced_unsure_and_again_when_it_is_sure() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let standing: Vec<_> = (0..80).flat_map(|frame| push(&mut tracker, frame, vec![at_border("ABC1234", 0.0)]).passages).collect();
    assert_eq!((standing.len(), standing[0].confidence < 0.9), (1, true), "{standing:?}");
    let driving = |tracker: &mut Tracker, frame: i64| push(tracker, frame, vec![seen("ABC1234", 0.97, 20.0 + frame as f32, 60.0)]).passages;
    let moved: Vec<_> = (80..100).flat_map(|frame| driving(&mut tracker, frame)).collect();
    assert_eq!((moved.len(), moved[0].confidence > 0.9), (1, true), "{moved:?}");
    // Lost for a while, and back: what was announced surely is no news.
    assert!((130..140).flat_map(|frame| driving(&mut tracker, frame)).next().is_none());
}

#[test]
fn a_plate_that_comes_in_over_the_border_is_announced_once_and_whole() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let mut passages = Vec::new();
    for frame in 0..3 {
        passages.extend(push(&mut tracker, frame, vec![at_border("C1234", 0.0)]).passages);
    }
    for frame in 3..8 {
        passages.extend(push(&mut tracker, frame, vec![seen("ABC1234", 0.97, 10.0 * frame as f32, 90.0)]).passages);
    }
    passages.extend(tracker.finish());
    assert_eq!(passages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["ABC1234"]);
    assert!(passages[0].confidence > 0.9 && !passages[0].best.is_at_border, "{passages:?}");
}

#[test]
fn a_plate_at_the_border_waits_until_the_frames_that_show_it_whole_are_sure() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    push(&mut tracker, 0, vec![at_border("ABC1234", 0.0)]);
    let whole = |x: f32| vec![seen("ABC1234", 0.8, x, 60.0)];
    assert!(push(&mut tracker, 1, whole(8.0)).passages.is_empty(), "announced now it would be unsure, and remain so");
    let passages = push(&mut tracker, 2, whole(16.0)).passages;
    assert!(passages.len() == 1 && passages[0].confidence > 0.9, "{passages:?}");
    assert!(push(&mut tracker, 3, whole(24.0)).passages.is_empty() && tracker.finish().is_empty());
}

#[test]
fn what_a_camera_saw_last_before_it_fell_silent_is_told_without_a_further_frame() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    push(&mut tracker, 0, vec![seen("AUV0905", 0.8, 500.0, 90.0), at_border("34C123", 0.0)]);
    assert!(tracker.tick(15 * FRAME_US).passages.is_empty(), "unsure, and perhaps still in sight");
    let over = tracker.tick(16 * FRAME_US);
    assert_eq!((over.passages.len(), over.closed.len()), (2, 2), "{over:?}");
    assert!(tracker.tick(999 * FRAME_US).passages.is_empty() && tracker.finish().is_empty(), "and not again");
}

#[test]
fn a_passage_is_no_surer_than_its_frames() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let date = || vec![seen("20200522", 0.3, 500.0, 130.0)];
    let passages: Vec<_> = (0..40).flat_map(|frame| push(&mut tracker, frame, date()).passages).collect();
    assert!(passages.iter().all(|p| p.confidence < 0.5), "{passages:?}");
}

#[test]
fn the_vote_mends_a_character_that_most_frames_read_well() {
    let mut tracker = Tracker::new(TrackerConfig { certain: 2.0, ..TrackerConfig::default() });
    let mut passages = push(&mut tracker, 0, vec![seen("AUV0985", 0.5, 500.0, 90.0)]).passages;
    passages.extend(push(&mut tracker, 1, vec![seen("AUV0905", 0.9, 500.0, 90.0)]).passages);
    assert_eq!(passages.len(), 1);
    assert_eq!(passages[0].text, "AUV0905");
    assert!(passages[0].alternatives.iter().any(|a| a.text == "AUV0985"));
}

#[test]
fn the_best_frame_is_named_when_it_arrives_and_kept_in_the_passage() {
    let mut tracker = Tracker::new(TrackerConfig { certain: 2.0, ..TrackerConfig::default() });
    assert_eq!(push(&mut tracker, 0, vec![seen("AUV0905", 0.9, 500.0, 90.0)]).best_now, vec![1]);
    let later = push(&mut tracker, 1, vec![seen("AUV0905", 0.4, 502.0, 90.0)]);
    assert!(later.best_now.is_empty());
    assert_eq!(later.passages.first().map(|p| p.best_captured_at_us), Some(0));
}

#[test]
fn the_same_plate_is_announced_again_only_after_a_minute() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let mut sure_at = |frame: i64| {
        let passages = [frame, frame + 1].map(|frame| push(&mut tracker, frame, vec![seen("AUV0905", 0.99, 500.0, 90.0)]).passages.len());
        passages.iter().sum::<usize>()
    };
    assert_eq!(sure_at(0), 1);
    assert_eq!(sure_at(200), 0, "a new track, its plate announced twenty seconds ago");
    assert_eq!(sure_at(900), 1);
}

#[test]
fn a_clock_that_is_set_neither_doubles_nor_hides_a_passage() {
    const HOUR_US: i64 = 3_600_000_000;
    let sure = |x: f32| vec![seen("AUV0905", 0.99, x, 90.0)];
    for step_us in [HOUR_US, -HOUR_US] {
        let mut tracker = Tracker::new(TrackerConfig::default());
        tracker.push(0, 1280, 720, sure(500.0));
        assert_eq!(tracker.push(FRAME_US, 1280, 720, sure(502.0)).passages.len(), 1);
        tracker.clock_was_set(step_us);
        let update = tracker.push(step_us + 2 * FRAME_US, 1280, 720, sure(505.0));
        assert_eq!((update.passages.len(), update.closed.len()), (0, 0), "the same vehicle, still in sight");
        assert_eq!(tracker.push(step_us + 30_000_000, 1280, 720, Vec::new()).closed, vec![1]);
        tracker.push(step_us + 90_000_000, 1280, 720, sure(500.0));
        let later = tracker.push(step_us + 90_000_000 + FRAME_US, 1280, 720, sure(502.0));
        assert_eq!(later.passages.len(), 1, "a minute later it is news");
    }
}

#[test]
fn another_vehicle_in_the_same_place_is_another_track() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    push(&mut tracker, 0, vec![seen("AUV0905", 0.99, 500.0, 90.0)]);
    push(&mut tracker, 3, vec![seen("BCQ7171", 0.99, 500.0, 90.0)]);
    let update = push(&mut tracker, 4, vec![seen("BCQ7171", 0.99, 502.0, 90.0)]);
    assert_eq!(update.passages.first().map(|p| p.track_id), Some(2));
}

#[test]
fn two_vehicles_side_by_side_keep_their_own_tracks() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let both = |step: f32| vec![seen("BCQ7171", 0.9, 800.0 + step, 90.0), seen("AUV0905", 0.9, 300.0 + step, 90.0)];
    push(&mut tracker, 0, both(0.0));
    let mut texts: Vec<String> = push(&mut tracker, 1, both(10.0)).passages.into_iter().map(|p| p.text).collect();
    texts.sort();
    assert_eq!(texts, ["AUV0905", "BCQ7171"]);
}

#[test]
fn a_growing_plate_approaches_and_a_sliding_one_crosses() {
    for (x, width, expected) in [(500.0, 130.0, TravelDirection::Approaching), (750.0, 90.0, TravelDirection::LeftToRight)] {
        let mut tracker = Tracker::new(TrackerConfig { certain: 2.0, ..TrackerConfig::default() });
        push(&mut tracker, 0, vec![seen("AUV0905", 0.9, 500.0, 90.0)]);
        let update = push(&mut tracker, 1, vec![seen("AUV0905", 0.9, x, width)]);
        assert_eq!(update.passages.first().and_then(|p| p.direction), Some(expected));
    }
}

#[test]
fn a_single_weak_read_is_never_announced() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    push(&mut tracker, 0, vec![seen("AUV0905", 0.5, 500.0, 90.0)]);
    assert!(tracker.finish().is_empty());
    push(&mut tracker, 1, vec![seen("AUV0905", 0.8, 500.0, 90.0)]);
    assert_eq!(tracker.finish().len(), 1);
}

#[test]
fn in_single_shot_every_picture_is_its_own_passage() {
    let mut tracker = Tracker::single_shot();
    for _ in 0..2 {
        let update = push(&mut tracker, 0, vec![seen("AUV0905", 0.3, 500.0, 90.0)]);
        assert_eq!((update.passages.len(), update.best_now.len(), update.closed.len()), (1, 1, 1));
    }
    assert!(tracker.finish().is_empty());
}

#[test]
fn many_plates_and_a_clock_that_jumps_stay_within_bounds() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    for (step, at_us) in [0, i64::MAX, i64::MIN, 5].into_iter().enumerate() {
        let reads = (0..200_i16).map(|i| seen(&format!("X{step}Y{i}"), 0.5, f32::from(i) * 200.0, 90.0)).collect();
        tracker.push(at_us, 1280, 720, reads);
        assert!(tracker.tracks.len() <= super::TRACKS_MAX);
    }
}

#[test]
fn distance_counts_changes_insertions_and_deletions() {
    assert_eq!(distance("AUV0905", "AUV0905"), 0);
    assert_eq!(distance("AUV0905", "AUV905"), 1);
    assert_eq!(distance("", "AB"), 2);
    assert_eq!(distance("KITTEN", "SITTING"), 3);
}
