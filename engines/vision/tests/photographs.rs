//! The recogniser on real photographs. Floors lie well below what was measured (models/MODEL_CARD.md), so that they
//! catch a broken pipeline and not a changed weight.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that stumbles is a test that fails")]

#[allow(dead_code, reason = "the measuring code is shared with the examples")]
mod shared;

use shared::{SETS, score};
use shouhu_plate::SURE_FROM;
use shouhu_vision::{Frame, Recogniser};

/// Percent of the plates of `tw_front_a` that must be read exactly.
const TW_FRONT_A_EXACT_MIN: f64 = 90.0;
/// Of 64 drawn scenes full of writing.
const SURE_SIGNS_MAX: usize = 3;

fn set_or_skip(test: &str, name: &str) -> Option<(std::path::PathBuf, &'static shared::Set)> {
    let set = SETS.iter().find(|set| set.name == name)?;
    let root = shared::plates_root().filter(|root| root.join(name).is_dir());
    if root.is_none() {
        eprintln!("SKIPPED {test}: no photographs; set SHOUHU_SHARED_DATA to a folder that holds plates/{name}");
    }
    Some((root?, set))
}

#[test]
fn most_frontal_taiwanese_plates_are_read_exactly() {
    let Some((root, set)) = set_or_skip("most_frontal_taiwanese_plates_are_read_exactly", "tw_front_a") else { return };
    let recogniser = Recogniser::load().expect("the embedded models load");
    let score = score(&recogniser, &root, set).expect("the set is readable");
    let percent = 100.0 * score.exact() as f64 / score.with_text() as f64;
    assert!(percent >= TW_FRONT_A_EXACT_MIN, "{}", score.row());
}

/// Part of the repository: measured wherever the tests run.
fn drawn(name: &str) -> shared::Score {
    let set = SETS.iter().find(|set| set.name == name).expect("the set is known");
    let recogniser = Recogniser::load().expect("the embedded models load");
    score(&recogniser, &shared::drawn_root(), set).expect("the set is readable")
}

#[test]
fn drawn_motorcycles_are_found_and_mostly_read() {
    let score = drawn("drawn_motorcycles");
    let found = score.outcomes.iter().filter(|outcome| outcome.is_detected).count();
    assert!(score.with_text() > 50 && found * 10 >= score.outcomes.len() * 7 && score.exact() * 10 >= score.with_text() * 4, "{}", score.row());
}

#[test]
fn drawn_writing_that_is_no_plate_is_hardly_ever_sure() {
    let score = drawn("drawn_signs");
    assert!(score.images >= 16 && score.outcomes.is_empty() && score.ghosts_of(SURE_FROM as f32) <= SURE_SIGNS_MAX, "{}", score.row());
}

#[test]
fn every_read_of_a_photograph_is_consistent_with_itself() {
    let Some((root, _)) = set_or_skip("every_read_of_a_photograph_is_consistent_with_itself", "tw_front_a") else { return };
    let recogniser = Recogniser::load().expect("the embedded models load");
    for number in 1..=8 {
        let bytes =
            std::fs::read(root.join(format!("tw_front_a/images/tw_front_a_{number:03}.png"))).expect("the picture is there");
        let frame = shouhu_vision::decode_image(&bytes, &shouhu_vision::DecodeLimits::default()).expect("the picture decodes");
        for read in recogniser.recognise(&frame).expect("the frame is whole") {
            let spelled: String = read.chars.iter().map(|seen| seen.ch).collect();
            assert_eq!(spelled, read.text);
            assert_eq!(read.display.replace('-', ""), read.text);
            assert_eq!(read.alternatives.first().map(|a| &a.text), Some(&read.text));
            assert!(read.alternatives.len() <= 5);
            assert!((0.0..=1.0).contains(&read.confidence) && (0.0..=1.0).contains(&read.detector_score));
        }
    }
}

#[test]
fn frames_of_any_shape_are_taken_without_a_plate_or_a_panic() {
    let recogniser = Recogniser::load().expect("the embedded models load");
    for (width, height) in [(1, 1), (1, 900), (900, 1), (16, 16), (333, 77), (2000, 40)] {
        let frame = Frame::new(width, height, vec![120; (width * height * 3) as usize]).expect("the length fits");
        let reads = recogniser.recognise(&frame).expect("a plain frame is no error");
        assert!(reads.is_empty(), "{width}×{height}: {reads:?}");
    }
}

#[test]
fn a_frame_that_lies_about_its_size_is_refused() {
    let recogniser = Recogniser::load().expect("the embedded models load");
    let forged = Frame { width: 640, height: 480, rgb: vec![0; 12] };
    assert!(recogniser.recognise(&forged).is_err());
}
