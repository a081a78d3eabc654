//! What holds for every question: it stops when told, and a damaged file is named and takes nothing else with it.

use std::ops::ControlFlow;

use super::testing::{at_most, everything, half_damaged, plate, vec_part, world_of};
use super::*;
use crate::catalogue::SegmentId;
use crate::part::{Bounds, Window};
use crate::plates::Like;
use crate::questions::counts::Hours;
use crate::row::{FullRecord, Seen};

/// Every question with its number of rows and what it says is missing.
fn ask_all(view: &View, limits: Limits<'_>) -> Vec<(&'static str, usize, Vec<Partial>)> {
    fn of<T>(name: &'static str, answer: Result<Answer<T>, AskError>) -> (&'static str, usize, Vec<Partial>) {
        let answer = answer.unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, answer.rows.len(), answer.partial)
    }
    let window = everything();
    let hours = Hours::around(window);
    let bounds = Bounds { west_e6: 120_000_000, south_e6: 22_900_000, east_e6: 120_300_000, north_e6: 23_100_000 };
    let map = Area::within(bounds).unwrap_or_else(|e| panic!("{e}"));
    let all = [0, 1, 2, 3, 4];
    let theft = theft_zones::Theft { plate: plate(0), stolen_ms: window.from_ms + 300_000, recovered_ms: None };
    let wanted = export::Wanted::all_of(window);
    vec![
        of("history", history::ask(view, plate(0), window, None, limits)),
        of("first_last", first_last::ask(view, plate(0), window, limits)),
        of("find within", find::ask(view, &Like::near(plate(0)), Some(window), limits)),
        of("cameras", cameras::ask(view, &all, window, limits)),
        of("cameras rows", cameras::rows(view, &all, window, None, limits)),
        of("area", area::ask(view, &map, window, None, limits)),
        of("area plates", area::plates(view, &map, window, limits)),
        of("trajectory", trajectory::ask(view, plate(0), window, trajectory::Judgement::default(), limits)),
        of("convoy", convoy::ask(view, plate(0), window, convoy::Together::default(), limits)),
        of("meetings", meetings::ask(view, &[plate(0), plate(1)], window, meetings::Near::default(), limits)),
        of("common places", meetings::common_places(view, &[plate(0), plate(1)], window, limits)),
        of("a then b", a_then_b::ask(view, &[0, 1], &[2, 3], window, 1_800_000, limits)),
        of("by hour", counts::by_hour(view, hours, limits)),
        of("by source and hour", counts::by_source_hour(view, hours, limits)),
        of("by source", counts::by_source(view, hours, limits)),
        of("by cell", counts::by_cell(view, 8, hours, limits)),
        of("in area", counts::in_area(view, &map, hours, limits)),
        of("traces", theft_zones::traces(view, &[theft], 3_600_000, limits)),
        of("theft zones", theft_zones::ask(view, &[theft], theft_zones::Zoning::default(), limits)),
        of("export", export::ask(view, &wanted, limits, &mut |_| ControlFlow::Continue(()))),
    ]
}

#[test]
fn every_question_stops_when_it_is_told_to() {
    let (_, world) = half_damaged();
    let limits = Limits { rows_max: 1_000, is_stopped: &|| true };
    for (name, rows, partial) in ask_all(&world.view, limits) {
        assert_eq!((rows <= 1, partial), (true, vec![Partial::Stopped]), "{name}");
    }
}

#[test]
fn every_question_names_the_damaged_file_and_answers_from_the_others() {
    let (damaged, healthy) = half_damaged();
    let limits = at_most(10_000);
    for ((name, rows, partial), (_, rows_healthy, none)) in
        ask_all(&damaged.view, limits).into_iter().zip(ask_all(&healthy.view, limits))
    {
        assert!(
            matches!(partial.as_slice(), [Partial::Damaged(PartError::Damaged { file, offset: 7, .. })] if file == "by_plate/this"),
            "{name}: {partial:?}"
        );
        assert_eq!(none, vec![], "{name}");
        // A file more makes fewer meetings of more passages.
        assert!(rows >= rows_healthy || name == "meetings", "{name}: {rows} of {rows_healthy}");
        assert!(rows > 0, "{name} finds something in the healthy file");
    }
}

#[test]
fn what_other_nodes_have_not_published_is_said_where_it_matters() {
    let (_, mut world) = half_damaged();
    let window = everything();
    let behind = |from_ms| Partial::Behind { node: "second".into(), from_ms };
    world.view.behind = vec![behind(window.until_ms), behind(window.from_ms + 1)];
    for (name, _, partial) in ask_all(&world.view, at_most(10_000)) {
        assert!(partial.contains(&behind(window.from_ms + 1)), "{name}");
    }
    let history = history::ask(&world.view, plate(0), window, None, at_most(10_000));
    assert_eq!(history.map(|answer| answer.partial), Ok(vec![behind(window.from_ms + 1)]));
}

#[test]
fn a_veiled_lake_answers_as_one_in_which_the_plate_never_passed() {
    let row = |n: i64| (u32::try_from(n % 7).unwrap_or(0), everything().from_ms + n * 7_000, plate(usize::try_from(n * n % 5).unwrap_or(0)));
    // Two segments, one of them not in the book of plates, and memory; a third of the rows lie in two of them.
    let spans = [(0..400, Some(SegmentId(1))), (300..700, Some(SegmentId(2))), (600..900, None)];
    let world = |hidden: Option<PlateCode>| {
        let parts = spans.iter().map(|(rows, id)| {
            let rows: Vec<_> = rows.clone().map(row).filter(|(.., plate)| Some(*plate) != hidden).collect();
            vec_part(*id, crate::row::Class::PASSAGE, &rows)
        });
        world_of(parts.collect(), 1).view
    };
    let hours = Hours::around(everything());
    for number in 0..5 {
        let (veiled, without) = (world(None).veiled([plate(number)].into()), world(Some(plate(number))));
        for limits in [at_most(10_000), at_most(3)] {
            assert_eq!(ask_all(&veiled, limits), ask_all(&without, limits), "plate {number}");
        }
        let limits = at_most(10_000);
        assert_eq!(counts::by_source_hour(&veiled, hours, limits), counts::by_source_hour(&without, hours, limits));
        assert_eq!(counts::by_hour(&veiled, hours, limits), counts::by_hour(&without, hours, limits));
        assert_eq!(counts::by_cell(&veiled, 8, hours, limits), counts::by_cell(&without, 8, hours, limits));
        assert_eq!(find::ask(&veiled, &Like::near(plate(1)), None, limits), find::ask(&without, &Like::near(plate(1)), None, limits));
        assert_eq!(cameras::rows(&veiled, &[0, 1, 2, 3, 4], everything(), None, limits), cameras::rows(&without, &[0, 1, 2, 3, 4], everything(), None, limits));
        let far = ask_all(&world(None).veiled([plate(6)].into()), limits);
        assert_eq!(far, ask_all(&world(None), limits), "a plate that never passed hides nothing");
    }
}

#[test]
fn a_veiled_lake_answers_as_one_in_which_the_source_recorded_nothing() {
    let row = |n: i64| (u32::try_from(n % 7).unwrap_or(0), everything().from_ms + n * 7_000, plate(usize::try_from(n * n % 5).unwrap_or(0)));
    // A plate that one source alone saw: it must not be known at all.
    let lone = (3, everything().from_ms + 5_000, plate(5));
    let spans = [(0..400, Some(SegmentId(1))), (300..700, Some(SegmentId(2))), (600..900, None)];
    let world = |hidden: &[u32], plates: &[PlateCode]| {
        let parts = spans.iter().enumerate().map(|(number, (rows, id))| {
            let all = rows.clone().map(row).chain((number == 0).then_some(lone));
            let rows: Vec<_> = all.filter(|(source, _, plate)| !hidden.contains(source) && !plates.contains(plate)).collect();
            vec_part(*id, crate::row::Class::PASSAGE, &rows)
        });
        world_of(parts.collect(), 1).view
    };
    let hours = Hours::around(everything());
    let compared = |veiled: &View, without: &View, what: &str| {
        for limits in [at_most(10_000), at_most(3)] {
            assert_eq!(ask_all(veiled, limits), ask_all(without, limits), "{what}");
        }
        let limits = at_most(10_000);
        assert_eq!(counts::by_source_hour(veiled, hours, limits), counts::by_source_hour(without, hours, limits), "{what}");
        assert_eq!(counts::by_source(veiled, hours, limits), counts::by_source(without, hours, limits), "{what}");
        assert_eq!(counts::by_hour(veiled, hours, limits), counts::by_hour(without, hours, limits), "{what}");
        assert_eq!(counts::by_cell(veiled, 8, hours, limits), counts::by_cell(without, 8, hours, limits), "{what}");
        for number in 0..6 {
            let like = Like::near(plate(number));
            assert_eq!(find::ask(veiled, &like, None, limits), find::ask(without, &like, None, limits), "{what}: plate {number}");
            let (found, known) = (history::ask(veiled, plate(number), everything(), None, limits), history::ask(without, plate(number), everything(), None, limits));
            assert_eq!(found, known, "{what}: plate {number}");
        }
        let all = [0, 1, 2, 3, 4, 5, 6];
        assert_eq!(cameras::rows(veiled, &all, everything(), None, limits), cameras::rows(without, &all, everything(), None, limits), "{what}");
    };
    for source in 0..7 {
        compared(&world(&[], &[]).without_sources([source].into()), &world(&[source], &[]), &format!("source {source}"));
    }
    compared(&world(&[], &[]).without_sources([1, 3, 6].into()), &world(&[1, 3, 6], &[]), "three sources");
    let both = world(&[], &[]).veiled([plate(1)].into()).without_sources([2, 3].into());
    compared(&both, &world(&[2, 3], &[plate(1)]), "a plate and two sources");
    compared(&world(&[], &[]).without_sources([9].into()), &world(&[], &[]), "a source that recorded nothing hides nothing");
    compared(&world(&[], &[]).without_sources((0..7).collect()), &world(&[0, 1, 2, 3, 4, 5, 6], &[]), "all sources");
}

#[test]
fn a_window_that_ends_before_it_begins_is_refused() {
    let (_, world) = half_damaged();
    let window = Window { from_ms: 5, until_ms: 5 };
    let refused = history::ask(&world.view, plate(0), window, None, at_most(1));
    assert_eq!(refused.map_err(|error| error.key()), Err("lake.ask.empty_window"));
    let refused = cameras::ask(&world.view, &[], everything(), at_most(1));
    assert_eq!(refused.map_err(|error| error.key()), Err("lake.ask.none_given"));
    let refused = meetings::ask(&world.view, &[plate(0), plate(0)], everything(), meetings::Near::default(), at_most(1));
    assert_eq!(refused.map_err(|error| error.key()), Err("lake.ask.out_of_range"));
}

/// As many equal rows as one question may not hold.
struct Endless;

impl Part for Endless {
    fn id(&self) -> Option<SegmentId> {
        None
    }
    fn class(&self) -> crate::row::Class {
        crate::row::Class::PASSAGE
    }
    fn rows(&self) -> u64 {
        u64::MAX
    }
    fn span(&self) -> Window {
        Window { from_ms: everything().from_ms, until_ms: everything().from_ms + 1_000 }
    }
    fn of_plate(&self, _: crate::PlateCode, _: Window, _: &mut Vec<Seen>) -> Result<(), PartError> {
        Ok(())
    }
    fn at_moments(
        &self,
        moments: &[crate::Moment],
        _: crate::part::Want,
        found: &mut dyn FnMut(usize, Seen),
    ) -> Result<(), PartError> {
        for index in 0..moments.len().min(1) * (asking::GATHERED_MAX + 10) {
            let code = crate::PlateCode((index as u64 % 1_000_000 + 1) << 20);
            let source = moments.first().map_or(0, |moment| moment.source);
            let seen = Seen {
                plate: code,
                at_ms: everything().from_ms,
                source,
                lon_e6: crate::row::AT_SOURCE,
                lat_e6: 0,
                confidence_pm: 0,
                direction: 0,
            };
            found(0, seen);
        }
        Ok(())
    }
    fn moving(&self, _: Window, _: Bounds, _: &mut dyn FnMut(Seen)) -> Result<(), PartError> {
        Ok(())
    }
    fn tally(&self, _: i64, _: i64, _: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError> {
        Ok(())
    }
    fn tally_hours(&self, _: i64, _: i64, _: &mut dyn FnMut(i64, u32)) -> Result<(), PartError> {
        Ok(())
    }
    fn each_plate(&self, _: &mut dyn FnMut(crate::PlateCode, u32)) -> Result<(), PartError> {
        Ok(())
    }
    fn record(&self, _: crate::Key) -> Result<Option<FullRecord>, PartError> {
        Ok(None)
    }
    fn each_record(&self, _: &mut dyn FnMut(FullRecord) -> Result<(), PartError>) -> Result<(), PartError> {
        Ok(())
    }
}

#[test]
fn no_question_holds_more_rows_than_it_may() {
    let (_, mut world) = half_damaged();
    world.view.parts = vec![Arc::new(Endless)];
    let answer = cameras::ask(&world.view, &[1], everything(), at_most(10)).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(answer.rows.len(), 10);
    assert_eq!(answer.partial, vec![Partial::Limit { limit: asking::GATHERED_MAX }, Partial::Limit { limit: 10 }]);
}
