#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]

use proptest::prelude::*;
use shouhu_plate::{PlateColour, SeenVehicle, VehicleColour, VehicleKind};

use super::anchors::{CLASSES, NUMBERS, Place, anchors, decode, one_per_vehicle};
use super::carrier::{Carrier, kind};
use super::ground::Tones;
use super::light::Light;
use super::net::{SIDE, VehicleNet, planes};
use super::paint::Paint;
use super::{around, windows};
use crate::area::{Area, Window};
use crate::{Frame, Quad, Recogniser, VisionError};

const WHITE: [u8; 3] = [235, 236, 234];
const BLACK: [u8; 3] = [25, 25, 28];

fn frame(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Frame {
    let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
    Frame::new(width, height, rgb).unwrap()
}

/// A body of one colour on a grey road, with a plate of nine upright strokes.
fn scene(body: [u8; 3], ground: [u8; 3], ink: [u8; 3]) -> (Frame, Area, Quad) {
    let frame = frame(320, 240, |x, y| {
        let is_stroke = (154..176).contains(&y) && (116..206).contains(&x) && (x - 116) % 10 < 3;
        let is_plate = (150..180).contains(&y) && (110..210).contains(&x);
        let is_body = (60..200).contains(&y) && (60..260).contains(&x);
        match (is_stroke, is_plate, is_body) {
            (true, ..) => ink,
            (_, true, _) => ground,
            (.., true) => body,
            _ => [120, 122, 118],
        }
    });
    (frame, Area { left: 60.0, top: 60.0, right: 260.0, bottom: 200.0 }, Quad::from_box(110.0, 150.0, 100.0, 30.0))
}

fn place(area: Area, kind: VehicleKind, score: f32) -> Place {
    Place { area, scores: CLASSES.map(|known| if known == kind { score } else { 0.01 }) }
}

fn boxed(left: f32, top: f32, width: f32, height: f32) -> Area {
    Area { left, top, right: left + width, bottom: top + height }
}

/// `training/vehicles.py drawn` draws the same.
fn drawn() -> Frame {
    frame(300, 300, |x, y| {
        let levels = [x * 7 + y * 3, x * y / 16, x * 2 + y * 5 + (x / 40) * 60];
        levels.map(|level| (level % 256) as u8)
    })
}

/// From `training/vehicles.py fixture`, which runs the same file with ONNX Runtime.
const EXPECTED: [(usize, [f32; NUMBERS]); 5] = [
    (0, [-0.0149, 0.0868, -3.6191, -2.3579, -10.8119, -8.2081, -11.0753, -10.4510, -10.2198]),
    (500, [0.1400, -1.5236, -0.6861, 1.5776, -10.8034, -8.9062, -12.8472, -7.9853, -11.2133]),
    (1083, [0.7173, 1.3750, -0.8686, -2.1202, -11.2885, -11.3562, -14.8304, -12.6145, -11.1786]),
    (1500, [-0.0396, -1.8574, 0.5292, -2.7046, -7.9864, -7.4624, -9.3258, -8.7088, -8.5720]),
    (1916, [-0.1249, 0.0590, -0.0709, -0.0236, -8.1011, -7.0241, -9.3766, -7.9354, -6.5540]),
];
const EXPECTED_MEAN: f32 = -5.608_289;

#[test]
fn the_network_says_what_another_engine_says() {
    let whole = Window { left: 0, top: 0, width: SIDE, height: SIDE };
    let values = VehicleNet::load(1).unwrap().run(planes(&drawn(), whole)).unwrap();
    assert_eq!(values.len(), anchors().len() * NUMBERS);
    for (row, expected) in EXPECTED {
        let answer = &values[row * NUMBERS..][..NUMBERS];
        assert!(answer.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.02), "{row}: {answer:?}");
    }
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    assert!((mean - EXPECTED_MEAN).abs() < 1e-3, "{mean}");
}

#[test]
fn a_window_is_stretched_to_the_square_and_to_plus_and_minus_one() {
    let halves = frame(90, 40, |x, _| if x < 50 { [255, 0, 0] } else { [0, 0, 255] });
    let planes = planes(&halves, Window { left: 10, top: 5, width: 80, height: 30 });
    let at = |channel: usize, x: usize| planes[channel * SIDE * SIDE + 150 * SIDE + x];
    for (channel, x, expected) in [(0, 10, 1.0), (0, 290, -1.0), (1, 150, -1.0), (2, 10, -1.0), (2, 290, 1.0)] {
        assert!((at(channel, x) - expected).abs() < 1e-4, "{channel} {x}: {}", at(channel, x));
    }
    assert!((at(0, 149) - at(2, 150)).abs() < 0.1, "the border of the halves is the square's middle");
}

#[test]
fn the_anchors_are_those_of_the_network() {
    let anchors = anchors();
    assert_eq!(anchors.len(), 1917);
    let (first, last) = (anchors[0], anchors[1916]);
    assert!((first.y - 0.5 / 19.0).abs() < 1e-6 && (first.x - 0.5 / 19.0).abs() < 1e-6 && (first.height - 0.1).abs() < 1e-6);
    assert!((last.y - 0.5).abs() < 1e-6 && (last.width - 0.95_f32.sqrt()).abs() < 1e-6);
    let wide = anchors[1083 + 1];
    assert!((wide.width / wide.height - 2.0).abs() < 1e-4 && (wide.width * wide.height - 0.35 * 0.35).abs() < 1e-4);
}

#[test]
fn an_answer_of_zeros_is_its_anchor_and_broken_numbers_are_nothing() {
    let anchors = anchors();
    let window = Window { left: 100, top: 50, width: 200, height: 400 };
    let mut values = vec![0.0; NUMBERS * anchors.len()];
    for answer in values.chunks_exact_mut(NUMBERS) {
        answer[4..].fill(-9.0);
    }
    let coarsest = 1911;
    values[coarsest * NUMBERS + 5] = 2.0;
    for broken in [100, 101] {
        values[broken * NUMBERS + 5] = 3.0;
    }
    (values[100 * NUMBERS], values[101 * NUMBERS + 4]) = (f32::NAN, f32::NAN);
    let places = decode(&values, &anchors, window, 0.5);
    assert_eq!(places.len(), 1);
    let area = places[0].area;
    assert!((area.left - 105.0).abs() < 0.01 && (area.bottom - 440.0).abs() < 0.01, "{area:?}");
    assert_eq!(places[0].kind(), VehicleKind::Car);
    assert!((places[0].best() - 0.8808).abs() < 1e-3);
}

#[test]
fn a_vehicle_seen_twice_counts_once_and_a_car_before_a_lorry_counts() {
    let lorry = place(boxed(0.0, 0.0, 400.0, 300.0), VehicleKind::Truck, 0.9);
    let again = place(boxed(10.0, 5.0, 390.0, 300.0), VehicleKind::Bus, 0.7);
    let part = place(boxed(0.0, 0.0, 390.0, 150.0), VehicleKind::Car, 0.6);
    let car = place(boxed(20.0, 180.0, 120.0, 100.0), VehicleKind::Car, 0.8);
    let kept = one_per_vehicle(vec![again, car, part, lorry]);
    assert_eq!(kept, vec![lorry, car]);
}

#[test]
fn the_vehicle_of_a_plate_is_the_one_that_holds_it_low_in_its_middle() {
    let plate = Quad::from_box(180.0, 200.0, 40.0, 16.0);
    let own = place(boxed(100.0, 80.0, 200.0, 170.0), VehicleKind::Car, 0.7);
    let behind = place(boxed(20.0, 150.0, 250.0, 200.0), VehicleKind::Car, 0.75);
    let elsewhere = place(boxed(300.0, 80.0, 200.0, 170.0), VehicleKind::Bus, 0.99);
    let own_too = place(boxed(104.0, 84.0, 200.0, 170.0), VehicleKind::Truck, 0.6);
    let found = Carrier::of(&[behind, elsewhere, own_too, own], &plate, 40.0).unwrap();
    assert_eq!(found.place.area, own.area);
    assert_eq!(found.kind(), None, "a lorry's score is too near");
    assert_eq!(kind(&own), Some(VehicleKind::Car));
    assert_eq!(kind(&place(own.area, VehicleKind::Motorcycle, 0.8)), Some(VehicleKind::Motorcycle));
    for never in [VehicleKind::Bus, VehicleKind::Truck, VehicleKind::Bicycle] {
        assert_eq!(kind(&place(own.area, never, 0.99)), None, "{never:?}");
    }
    let both = Place { scores: CLASSES.map(|known| if matches!(known, VehicleKind::Car | VehicleKind::Motorcycle) { 0.7 } else { 0.01 }), ..own };
    assert_eq!(kind(&both), None, "as much a motorcycle as a car");
    assert!(Carrier::of(&[elsewhere], &plate, 40.0).is_none());
}

/// What is said of a plate's vehicle: its kind, and where its paint is.
fn said(places: &[Place], plate: &Quad) -> (Option<VehicleKind>, Option<Area>) {
    let carrier = Carrier::of(places, plate, plate.width_px().max(2.0 * plate.height_px())).unwrap();
    (carrier.kind(), carrier.paintwork())
}

#[test]
fn a_scooter_before_a_car_is_not_described_as_the_car() {
    let plate = Quad::from_box(280.0, 270.0, 30.0, 16.0);
    let car = place(boxed(100.0, 80.0, 400.0, 300.0), VehicleKind::Car, 0.9);
    let scooter = |kind: VehicleKind, score: f32| place(boxed(240.0, 200.0, 110.0, 170.0), kind, score);
    assert_eq!(said(&[car, scooter(VehicleKind::Motorcycle, 0.7)], &plate), (Some(VehicleKind::Motorcycle), None));
    assert_eq!(said(&[scooter(VehicleKind::Motorcycle, 0.7), car], &plate), (Some(VehicleKind::Motorcycle), None), "in any order");
    for (kind, score) in [(VehicleKind::Motorcycle, 0.5), (VehicleKind::Bicycle, 0.9)] {
        assert_eq!(said(&[car, scooter(kind, score)], &plate), (None, None), "{kind:?} {score}: not sure, and not the car");
    }
    assert_eq!(said(&[car, scooter(VehicleKind::Motorcycle, 0.3)], &plate), (Some(VehicleKind::Car), Some(car.area)), "noise");
    let beside = place(boxed(200.0, 200.0, 110.0, 170.0), VehicleKind::Motorcycle, 0.9);
    let above = place(boxed(240.0, 220.0, 110.0, 240.0), VehicleKind::Motorcycle, 0.9);
    for elsewhere in [beside, above] {
        assert_eq!(said(&[car, elsewhere], &plate), (Some(VehicleKind::Car), Some(car.area)), "the car's plate is not the scooter's");
    }
}

#[test]
fn of_two_cars_that_hold_a_plate_nothing_is_said_that_is_not_true_of_both() {
    let plate = Quad::from_box(290.0, 270.0, 30.0, 16.0);
    let near = place(boxed(100.0, 80.0, 300.0, 250.0), VehicleKind::Car, 0.8);
    let other = |kind: VehicleKind, score: f32| place(boxed(220.0, 150.0, 300.0, 250.0), kind, score);
    assert_eq!(said(&[near, other(VehicleKind::Car, 0.7)], &plate), (Some(VehicleKind::Car), None), "but not in which colour");
    assert_eq!(said(&[near, other(VehicleKind::Truck, 0.7)], &plate), (None, None));
    assert_eq!(said(&[near, other(VehicleKind::Truck, 0.4)], &plate), (Some(VehicleKind::Car), Some(near.area)), "noise");
}

#[test]
fn a_car_before_a_lorry_is_the_car_and_a_part_of_a_car_is_no_car() {
    let plate = Quad::from_box(235.0, 330.0, 30.0, 14.0);
    let small = place(boxed(150.0, 220.0, 200.0, 160.0), VehicleKind::Car, 0.6);
    let around = |kind: VehicleKind| place(boxed(0.0, 0.0, 500.0, 450.0), kind, 0.9);
    assert_eq!(said(&[around(VehicleKind::Truck), small], &plate), (Some(VehicleKind::Car), Some(small.area)));
    let whole = around(VehicleKind::Car);
    assert_eq!(said(&[whole, small], &plate), (Some(VehicleKind::Car), Some(whole.area)));
}

#[test]
fn a_box_that_two_plates_would_fill_is_no_car() {
    let plate = Quad::from_box(110.0, 130.0, 40.0, 16.0);
    assert_eq!(said(&[place(boxed(100.0, 80.0, 60.0, 100.0), VehicleKind::Car, 0.9)], &plate), (None, None));
    let motorcycle = place(boxed(100.0, 80.0, 60.0, 100.0), VehicleKind::Motorcycle, 0.9);
    assert_eq!(said(&[motorcycle], &plate), (Some(VehicleKind::Motorcycle), None));
}

#[test]
fn plain_paint_is_named_and_what_lies_between_names_is_not() {
    let expected = [
        ([190, 25, 30], Some(VehicleColour::Red)),
        ([235, 200, 30], Some(VehicleColour::Yellow)),
        ([238, 239, 240], Some(VehicleColour::White)),
        ([18, 18, 20], Some(VehicleColour::Black)),
        ([25, 45, 140], Some(VehicleColour::Blue)),
        ([20, 110, 70], Some(VehicleColour::Green)),
        ([150, 152, 155], None),
        ([120, 90, 60], None),
        ([150, 170, 150], None),
        ([220, 110, 20], None),
    ];
    for (body, colour) in expected {
        let (frame, area, plate) = scene(body, WHITE, BLACK);
        let tones = Tones::of(&frame, &plate).unwrap();
        let paint = Paint::of(&frame, &area, &Area::of(&plate), tones.bright).unwrap();
        assert_eq!(paint.colour(), colour, "{body:?}: {paint:?}");
        assert_eq!(tones.colour(), Some(PlateColour::WhiteBlack), "{body:?}");
    }
}

#[test]
fn the_plate_is_the_measure_of_the_light() {
    // The same car in a shadow that takes two fifths of all light and leaves it bluish.
    let shaded = |colour: [u8; 3]| {
        let [red, green, blue] = colour.map(f32::from);
        [red * 0.52, green * 0.58, blue * 0.66].map(|level| level as u8)
    };
    let (frame, area, plate) = scene(shaded([190, 25, 30]), shaded(WHITE), shaded(BLACK));
    let tones = Tones::of(&frame, &plate).unwrap();
    let paint = Paint::of(&frame, &area, &Area::of(&plate), tones.bright).unwrap();
    assert_eq!(paint.colour(), Some(VehicleColour::Red), "{paint:?}");
    assert_eq!(tones.colour(), Some(PlateColour::WhiteBlack), "{tones:?}");
}

#[test]
fn plates_are_told_by_ground_and_characters() {
    let expected = [
        (WHITE, BLACK, Some(PlateColour::WhiteBlack)),
        (WHITE, [180, 30, 40], Some(PlateColour::WhiteRed)),
        (WHITE, [20, 110, 60], Some(PlateColour::WhiteGreen)),
        ([20, 110, 60], WHITE, Some(PlateColour::GreenWhite)),
        ([190, 30, 40], WHITE, Some(PlateColour::RedWhite)),
        ([240, 190, 40], BLACK, Some(PlateColour::YellowBlack)),
        ([30, 60, 150], WHITE, None),
        ([40, 40, 40], WHITE, None),
        (WHITE, [30, 50, 150], None),
        (WHITE, [215, 214, 216], None),
    ];
    for (ground, ink, colour) in expected {
        let (frame, _, plate) = scene([150, 152, 155], ground, ink);
        let tones = Tones::of(&frame, &plate).unwrap();
        assert_eq!(tones.colour(), colour, "{ink:?} on {ground:?}: {tones:?}");
    }
}

#[test]
fn in_light_that_hides_colours_none_is_told() {
    for hidden in [[150, 60, 150], [30, 31, 29], [200, 120, 40], [120, 120, 120]] {
        let light = Light::of(&frame(50, 60, |_, _| hidden));
        assert!(!light.tells_colours(), "{hidden:?}: {light:?}");
    }
    assert!(Light::of(&frame(50, 60, |_, _| [120, 132, 118])).tells_colours());
}

#[test]
fn a_long_frame_is_looked_at_whole_and_in_few_squares() {
    assert_eq!(windows(640, 600).len(), 1);
    let squares = windows(1280, 720);
    assert_eq!(squares[1..], [0, 560].map(|left| Window { left, top: 0, width: 720, height: 720 }));
    assert_eq!(windows(700, 1400)[2], Window { left: 0, top: 700, width: 700, height: 700 });
    assert_eq!(windows(1, 60_000).len(), 5, "a thread of pixels asks for no thousand runs");
}

#[test]
fn frames_and_plates_that_make_no_sense_are_described_by_nothing() {
    let recogniser = Recogniser::load().unwrap();
    let (frame, _, _) = scene([120; 3], WHITE, BLACK);
    let nowhere = SeenVehicle::default();
    for corners in [[(f32::NAN, 0.0); 4], [(50.0, 50.0); 4], [(f32::INFINITY, 1.0); 4]] {
        assert_eq!(recogniser.describe(&frame, &Quad { corners }).unwrap(), nowhere);
    }
    let far = recogniser.describe(&frame, &Quad::from_box(-9e5, 9e5, 100.0, 40.0)).unwrap();
    assert_eq!((far.kind, far.colour), (None, None));
    let dot = Frame::new(1, 1, vec![9; 3]).unwrap();
    assert_eq!(recogniser.describe(&dot, &Quad::from_box(0.0, 0.0, 40.0, 20.0)).unwrap(), nowhere);
    assert!(recogniser.vehicles(&dot).is_ok());
    let forged = Frame { width: 9, height: 9, rgb: vec![0; 3] };
    assert!(matches!(recogniser.vehicles(&forged), Err(VisionError::FrameShape { .. })));
    assert!(matches!(recogniser.describe(&forged, &Quad::from_box(0.0, 0.0, 4.0, 2.0)), Err(VisionError::FrameShape { .. })));
}

proptest! {
    #[test]
    fn any_plate_has_a_window_inside_its_frame(corners: [(f32, f32); 4], width in 1..400_u32, height in 1..400_u32) {
        let frame = Frame::new(width, height, vec![90; (width * height * 3) as usize]).unwrap();
        let plate = Quad { corners };
        if let Some((window, _)) = around(&plate, &frame) {
            prop_assert!(window.width > 0 && window.left + window.width <= width as usize);
            prop_assert!(window.height > 0 && window.top + window.height <= height as usize);
        }
        let _ = Tones::of(&frame, &plate).map(|tones| tones.colour());
    }

    #[test]
    fn any_box_has_a_colour_or_none(left in -500.0_f32..500.0, top in -500.0_f32..500.0, right: f32, bottom: f32) {
        let frame = Frame::new(40, 30, vec![90; 3600]).unwrap();
        let body = Area { left, top, right, bottom };
        let plate = Area { left, top, right: left + 9.0, bottom: top + 4.0 };
        let _ = Paint::of(&frame, &body, &plate, [200.0; 3]).map(|paint| paint.colour());
    }
}
