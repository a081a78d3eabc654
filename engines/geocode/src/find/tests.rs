//! A small invented town: streets on a grid, houses every six metres, a highway with marks.

use shouhu_place::Wgs84;

use crate::{Builder, Doubt, Geocoder, Hint, MatchedBy, WhyNot};

/// A place so many metres east and north of the town's middle.
fn at(east_m: f64, north_m: f64) -> Wgs84 {
    Wgs84 { lon: 120.22 + east_m / 102_370.0, lat: 22.99 + north_m / 111_195.0 }
}

fn square(east_m: f64, north_m: f64, half_m: f64) -> Vec<Wgs84> {
    [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, y)| at(east_m + x * half_m, north_m + y * half_m)).to_vec()
}

/// 忠孝路 runs east along north 0: house n stands n·3 m from its west end; 仁愛路 runs north along east 300, 信義路 along east 600.
fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.district("臺南市", "東區", [square(0.0, 0.0, 2_000.0)]);
    builder.district("臺南市", "永康區", [square(0.0, 4_000.0, 2_000.0)]);
    builder.district("臺南市", "新營區", [square(0.0, 30_000.0, 2_000.0)]);
    builder.village("臺南市", "東區", "東門里", [square(-1_000.0, 0.0, 1_000.0)]);
    for number in (1..=240).step_by(8) {
        let side = if number % 2 == 0 { -8.0 } else { 8.0 };
        builder.record(&format!("臺南市東區忠孝路{number}號前0.0公尺"), at(f64::from(number) * 3.0, side));
    }
    for number in (2..=120).step_by(10) {
        builder.record(&format!("台南市東區仁愛路{number}號"), at(300.0, f64::from(number) * 4.0 - 200.0));
        builder.record(&format!("台南市東區信義路{number}號"), at(600.0, 40.0 + f64::from(number) * 4.0));
    }
    builder.record("臺南市東區忠孝路口 / 臺南市東區仁愛路口", at(301.0, 1.0));
    for (town, north_m) in [("東區", -900.0), ("永康區", 4_100.0), ("新營區", 30_050.0)] {
        for number in [10, 50, 90] {
            builder.record(&format!("臺南市{town}中正路{number}號"), at(f64::from(number) * 4.0, north_m));
        }
    }
    for km in 100..=110 {
        builder.record(&format!("臺南市永康區台19線 {km}公里0.0公尺處南側"), at(1_500.0, f64::from(km - 100) * 990.0));
    }
    // One with the mark of another highway.
    builder.record("臺南市永康區台19線 105公里0.0公尺處", at(-900.0, 3_200.0));
    builder
}

fn town() -> Geocoder {
    builder().build()
}

/// The first candidate, how far it is from the place expected, and how it was found.
fn first(text: &str, expected: Wgs84) -> Option<(f64, MatchedBy)> {
    let answer = town().find(text, &Hint::default());
    answer.candidates.first().map(|one| (one.place.distance_m(expected).round(), one.matched_by))
}

#[test]
fn a_known_number_is_found_however_it_is_written() {
    for text in ["臺南市東區忠孝路81號", "台南市東區忠孝路８１號", "東區忠孝路八十一號", "忠孝路 81", "忠孝路81號3樓"]
    {
        assert_eq!(first(text, at(243.0, 8.0)), Some((0.0, MatchedBy::ExactNumber)), "{text}");
    }
}

#[test]
fn a_number_between_known_ones_lies_between_them() {
    let found = first("臺南市東區忠孝路86號", at(258.0, 0.0));
    assert!(found.is_some_and(|(away, by)| away < 20.0 && by == MatchedBy::BetweenNumbers), "{found:?}");
}

#[test]
fn a_number_beyond_the_last_is_followed_with_doubt() {
    let answer = town().find("臺南市東區忠孝路261號", &Hint::default());
    let Some(one) = answer.candidates.first() else { panic!("the street is known") };
    assert_eq!(one.matched_by, MatchedBy::BesideNumber);
    assert!(
        one.place.distance_m(at(783.0, 8.0)) < 60.0 && one.doubts.contains(&Doubt::NumberBeyond { last_known: 233 }),
        "{one:?}"
    );
}

#[test]
fn a_crossing_is_known_or_told_from_the_records_of_both_streets() {
    assert_eq!(first("臺南市東區仁愛路與忠孝路口", at(301.0, 1.0)), Some((0.0, MatchedBy::KnownCrossing)));
    let found = first("東區忠孝路/信義路", at(600.0, 0.0));
    assert!(found.is_some_and(|(away, by)| away < 60.0 && by == MatchedBy::CrossingOfRecords), "{found:?}");
}

#[test]
fn two_streets_said_in_one_breath_are_a_crossing() {
    for text in ["東區仁愛忠孝路口", "東區忠孝路仁愛路口", "東區忠孝路和仁愛路", "東區忠孝路跟仁愛路交叉口"]
    {
        assert_eq!(first(text, at(301.0, 1.0)), Some((0.0, MatchedBy::KnownCrossing)), "{text}");
    }
}

#[test]
fn lines_of_roads_give_a_crossing_and_a_lanes_mouth() {
    let mut builder = Builder::new();
    builder.district("臺北市", "大安區", [square(0.0, 0.0, 3_000.0)]);
    builder.road("和平東路二段", [at(-800.0, 0.0), at(0.0, 5.0), at(800.0, 0.0)]);
    builder.road("建國南路二段", [at(200.0, -500.0), at(200.0, 500.0)]);
    builder.road("和平東路二段41巷", [at(-400.0, 2.0), at(-400.0, 150.0)]);
    builder.road("和平東路二段81巷", [at(-200.0, 2.0), at(-200.0, 150.0)]);
    let city = builder.build();
    let find = |text: &str| city.find(text, &Hint::default()).candidates.into_iter().next();
    let crossing = find("臺北市大安區和平東路2段 / 臺北市大安區建國南路2段");
    assert!(
        crossing.is_some_and(|one| one.matched_by == MatchedBy::CrossingOfLines && one.place.distance_m(at(200.0, 4.0)) < 5.0)
    );
    // A lane's number tells where its street has that number.
    let house = find("和平東路二段61號");
    assert!(house.is_some_and(|one| one.matched_by == MatchedBy::BetweenNumbers && one.place.distance_m(at(-300.0, 3.0)) < 10.0));
}

#[test]
fn the_same_street_in_three_towns_gives_all_three_and_asks_a_person() {
    let city = town();
    let answer = city.find("中正路50號", &Hint::default());
    let towns: Vec<_> = answer.candidates.iter().filter_map(|one| one.town.clone()).collect();
    assert_eq!(towns.len(), 3, "{towns:?}");
    assert!(answer.is_ambiguous);
    let hinted = city.find("中正路50號", &Hint { town: Some("新營區".to_owned()), near: None });
    assert_eq!(hinted.candidates.len(), 3);
    assert!(hinted.is_ambiguous, "a hint does not make an answer sure");
    let Some(one) = hinted.candidates.first() else { panic!("three were found") };
    assert!(one.town.as_deref() == Some("新營區") && one.doubts.contains(&Doubt::PreferredByHint), "{one:?}");
    let near = city.find("中正路50號", &Hint { near: Some(at(0.0, 4_000.0)), town: None });
    assert_eq!(near.candidates.first().and_then(|one| one.town.as_deref()), Some("永康區"));
}

#[test]
fn a_town_that_was_said_is_kept_against_every_hint() {
    let hint = Hint { near: Some(at(0.0, 30_000.0)), town: Some("新營區".to_owned()) };
    let answer = town().find("永康區中正路50號", &hint);
    assert_eq!(answer.candidates.iter().filter_map(|one| one.town.as_deref()).collect::<Vec<_>>(), ["永康區"]);
}

#[test]
fn a_slip_of_one_character_is_forgiven_and_said() {
    for slip in ["臺南市東區中孝路81號", "臺南市東區忠孝81號"] {
        let answer = town().find(slip, &Hint::default());
        let Some(one) = answer.candidates.first() else { panic!("{slip}: {answer:?}") };
        assert!(one.place.distance_m(at(243.0, 8.0)) < 1.0 && one.score < 0.8, "{slip}: {one:?}");
        assert!(
            one.doubts.iter().any(|doubt| matches!(doubt, Doubt::NameGuessed { taken, .. } if taken == "忠孝路")),
            "{slip}: {one:?}"
        );
    }
}

#[test]
fn marks_are_interpolated_and_a_wrong_one_is_outvoted() {
    let found = first("台19線 103.5公里", at(1_500.0, 3_465.0));
    assert!(found.is_some_and(|(away, by)| away < 5.0 && by == MatchedBy::BetweenMarks), "{found:?}");
    let found = first("台19線105K+000", at(1_500.0, 4_950.0));
    assert!(found.is_some_and(|(away, by)| away < 5.0 && by == MatchedBy::KnownMark), "{found:?}");
}

#[test]
fn what_cannot_be_found_says_why() {
    let city = town();
    let why = |text: &str| city.find(text, &Hint::default());
    assert_eq!(why("").why_not, [WhyNot::NothingSaid]);
    let unknown = why("臺南市東區長榮桂冠路5號");
    assert!(
        unknown.why_not.iter().any(|why| matches!(why, WhyNot::UnknownWay { way } if way.name == "長榮桂冠路")),
        "{unknown:?}"
    );
    // Then the town is all that can be said, and it says so.
    assert_eq!(unknown.candidates.first().map(|one| one.matched_by), Some(MatchedBy::Town));
    let elsewhere = why("臺南市新營區忠孝路81號");
    assert!(elsewhere.why_not.iter().any(|why| matches!(why, WhyNot::NotInTown { .. })), "{elsewhere:?}");
    assert_eq!(elsewhere.candidates.first().map(|one| one.matched_by), Some(MatchedBy::Town), "{elsewhere:?}");
    assert!(elsewhere.candidates.iter().any(|one| one.score < 0.2 && one.town.as_deref() == Some("東區")), "{elsewhere:?}");
    let foreign = why("高雄市苓雅區中正路50號");
    assert!(foreign.why_not.iter().any(|why| matches!(why, WhyNot::TownNotCovered { .. })), "{foreign:?}");
    assert!(foreign.candidates.is_empty(), "another city's 中正路 is no answer: {foreign:?}");
}

#[test]
fn a_village_is_its_middle() {
    let found = first("臺南市東區東門里", at(-1_000.0, 0.0));
    assert!(found.is_some_and(|(away, by)| away < 100.0 && by == MatchedBy::Village), "{found:?}");
}

#[test]
fn typing_offers_streets_then_numbers_then_crossings() {
    let city = town();
    let offered = |text: &str| city.complete(text, &Hint::default()).into_iter().map(|one| one.text).collect::<Vec<_>>();
    assert_eq!(offered("忠").first().map(String::as_str), None, "one character is too little");
    assert_eq!(offered("忠孝"), ["臺南市東區忠孝路"]);
    let numbers = offered("忠孝路 8");
    assert!(
        numbers.contains(&"臺南市東區忠孝路81號".to_owned()) && numbers.contains(&"臺南市東區忠孝路89號".to_owned()),
        "{numbers:?}"
    );
    assert_eq!(offered("忠孝路與仁"), ["臺南市東區忠孝路與仁愛路口"]);
    assert_eq!(offered("中正路").len(), 3);
    assert_eq!(offered("新營中正路"), ["臺南市新營區中正路"]);
}

#[test]
fn a_place_is_told_by_what_is_near() {
    let nearby = town().reverse(at(244.0, 5.0));
    assert_eq!(nearby.display, "臺南市東區忠孝路81號附近");
    assert_eq!(
        (nearby.town.as_deref(), nearby.streets.first().map(|near| near.display.as_str())),
        (Some("東區"), Some("忠孝路"))
    );
    let nearby = town().reverse(at(-1_500.0, 100.0));
    assert_eq!(nearby.display, "臺南市東區東門里");
    assert_eq!(town().reverse(Wgs84 { lon: 0.0, lat: 0.0 }).display, "");
}

#[test]
fn the_same_input_gives_the_same_answers() {
    let texts = ["中正路50號", "忠孝路與信義路", "東區仁愛路33號", "台19線108.2公里"];
    let answers = || texts.map(|text| town().find(text, &Hint::default()));
    assert_eq!(answers(), answers());
}
