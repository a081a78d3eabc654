//! What the ledger promises, on both databases.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use shouhu_ids::{ActorId, Micros};
use shouhu_module::ports::{Glimpse, MovementAsker, Revealing};
use shouhu_module::Person;
use shouhu_plate::Plate;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, params};
use shouhu_wire::Role;

use super::fold::Fold;
use super::ledger::{self, forget, reveal};
use super::policy::{self, BoundSettings};
use crate::MODULE;

const PLATES: [&str; 3] = ["ABC-1234", "XY-9876", "EAA-5551"];
const CASES: [Option<&str>; 3] = [Some("115-偵-7"), Some("115-偵-8"), None];
const PER_PLATE_MAX: usize = 2;
const SMALL: BoundSettings = BoundSettings { days_max: 3, points_max: 8 };

fn plate(number: usize) -> Plate {
    Plate::parse(PLATES[number]).unwrap()
}

/// Noon of a day in Taipei, and some minutes.
fn at(day: i64, minute: i64) -> Micros {
    Micros(day * Micros::DAY + 4 * Micros::HOUR + minute * Micros::MINUTE)
}

fn asker(number: u8, case: usize) -> MovementAsker {
    MovementAsker {
        id: ActorId::new(Micros(1), [number; 16]),
        office: Some(format!("office {}", number % 2)),
        case_ref: CASES[case].map(ToOwned::to_owned),
        purpose: "investigation".into(),
        is_live: false,
    }
}

/// A question of any kind: what it tells, row by row.
#[derive(Debug, Clone)]
struct Asked {
    by: u8,
    case: usize,
    is_named: bool,
    rows_max: usize,
    is_sum: bool,
    /// Each row: plate, day, minute; two of them are a meeting or a pair of ends.
    rows: Vec<Vec<(usize, i64, i64)>>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let thing = (0_usize..3, 0_i64..6, 0_i64..5);
    let rows = prop_oneof![
        4 => proptest::collection::vec(thing.clone().prop_map(|one| vec![one]), 0..12),
        1 => proptest::collection::vec((thing, 0_i64..5).prop_map(|((plate, day, minute), other)| vec![(plate, day, minute), (plate, day, other)]), 0..6),
    ];
    (0_u8..3, 0_usize..3, any::<[bool; 2]>(), 1_usize..12, rows).prop_map(|(by, case, [is_named, is_sum], rows_max, rows)| {
        let mut rows = rows;
        if is_named {
            rows.iter_mut().flatten().for_each(|thing| thing.0 = 0);
        }
        Asked { by, case, is_named, rows_max, is_sum, rows }
    })
}

fn revealing(asked: &Asked) -> Revealing {
    let row = |row: &Vec<(usize, i64, i64)>| row.iter().map(|(number, day, minute)| Glimpse::passage(plate(*number), at(*day, *minute), None)).collect();
    Revealing {
        asker: asker(asked.by, asked.case),
        named: if asked.is_named { vec![plate(0)] } else { Vec::new() },
        rows: asked.rows.iter().map(row).collect(),
        rows_max: asked.rows_max,
        per_plate_max: PER_PLATE_MAX,
        sums_over: asked.is_sum.then_some([at(0, 0), at(9, 0)]),
    }
}

/// The rule, as slowly and plainly as it can be said: sets of what was shown, by plate and holder.
#[derive(Default)]
struct Model(BTreeMap<(usize, String), BTreeSet<(i64, i64)>>);

impl Model {
    fn holders(asked: &Asked) -> [String; 2] {
        let case = CASES[asked.case].map_or_else(|| format!("none of {}", asked.by), ToOwned::to_owned);
        [format!("case {case}"), format!("asker {}", asked.by)]
    }

    /// There may be no room for a whole sum.
    fn is_used_up(&self, plate: usize, holder: String) -> bool {
        let [points, days] = self.0.get(&(plate, holder)).map_or([0, 0], counted);
        points + PER_PLATE_MAX > SMALL.points_max as usize || days + PER_PLATE_MAX > SMALL.days_max as usize
    }

    fn reveal(&mut self, asked: &Asked) -> Vec<bool> {
        let mut is_shown = Vec::new();
        for row in &asked.rows {
            if is_shown.iter().filter(|shown| **shown).count() == asked.rows_max {
                break;
            }
            let mut then = Self(self.0.clone());
            for (plate, day, minute) in row {
                for holder in Self::holders(asked) {
                    then.0.entry((*plate, holder)).or_default().insert((*day, *minute));
                }
            }
            let is_closed = asked.is_sum && row.iter().any(|(plate, ..)| Self::holders(asked).into_iter().any(|holder| self.is_used_up(*plate, holder)));
            let fits = !is_closed && row.iter().all(|(plate, ..)| {
                Self::holders(asked).into_iter().all(|holder| {
                    let (before, after) = (self.0.get(&(*plate, holder.clone())), &then.0[&(*plate, holder)]);
                    before == Some(after) || is_within(after)
                })
            });
            if fits {
                *self = then;
            }
            is_shown.push(fits);
        }
        is_shown
    }
}

fn counted(points: &BTreeSet<(i64, i64)>) -> [usize; 2] {
    let days: BTreeSet<i64> = points.iter().map(|(day, _)| *day).collect();
    [points.len(), days.len()]
}

fn is_within(points: &BTreeSet<(i64, i64)>) -> bool {
    let [points, days] = counted(points);
    points <= SMALL.points_max as usize && days <= SMALL.days_max as usize
}

async fn small(store: &Store) {
    let env = store.env();
    let by = Person {
        id: env.id(ActorId::new),
        name: "稽核".into(),
        role: Role::Auditor,
        unit: None,
        office: None,
        session: env.id(shouhu_ids::SessionId::new),
        session_expires_at: env.now(),
    };
    policy::set(store, &by, SMALL).await.unwrap();
}

/// Every account of the ledger is within the bound, and its sums are what its rows say.
async fn check(store: &Store) {
    let sql = "SELECT a.target, a.holder, a.days, a.points, CAST(COUNT(DISTINCT r.point) AS BIGINT) AS n, CAST(COUNT(DISTINCT r.day) AS BIGINT) AS d \
               FROM oversight_account a LEFT JOIN oversight_release r ON r.target = a.target AND r.ground = '' \
               AND (a.holder = 'c:' || r.case_key OR a.holder = 'a:' || r.asker) GROUP BY a.target, a.holder, a.days, a.points";
    for row in store.fetch(sql, vec![]).await.unwrap() {
        let [days, points, n, d] = ["days", "points", "n", "d"].map(|column| row.int(column).unwrap());
        assert_eq!((days, points), (d, n), "{}", row.text("holder").unwrap());
        assert!(days <= i64::from(SMALL.days_max) && points <= i64::from(SMALL.points_max), "{days} days, {points} points");
    }
}

fn sequences(count: usize, length: std::ops::Range<usize>) -> Vec<Vec<Asked>> {
    let mut runner = TestRunner::new(Config::default());
    (0..count).map(|_| proptest::collection::vec(asked(), length.clone()).new_tree(&mut runner).unwrap().current()).collect()
}

#[tokio::test]
async fn no_sequence_of_questions_puts_together_more_than_the_bound_and_a_plain_model_agrees() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        for sequence in sequences(12, 20..40) {
            let mut model = Model::default();
            for asked in &sequence {
                let revealed = reveal(&store, &fold, &revealing(asked)).await.unwrap();
                assert_eq!(revealed.is_shown, model.reveal(asked), "{asked:?} in {sequence:?}");
            }
            check(&store).await;
            forget(&store, Micros(i64::MAX)).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn questions_at_once_do_not_pass_the_bound_together() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        for sequence in sequences(6, 24..32) {
            let mut running = tokio::task::JoinSet::new();
            for asked in sequence {
                let (store, fold) = (store.clone(), fold.clone());
                running.spawn(async move { reveal(&store, &fold, &revealing(&asked)).await.map(|_| ()) });
            }
            for done in running.join_all().await {
                done.unwrap();
            }
            check(&store).await;
            forget(&store, Micros(i64::MAX)).await.unwrap();
        }
    })
    .await;
}

fn passages(by: u8, case: usize, things: &[(i64, i64)]) -> Revealing {
    let rows = things.iter().map(|(day, minute)| vec![(0, *day, *minute)]).collect();
    revealing(&Asked { by, case, is_named: true, rows_max: 100, is_sum: false, rows })
}

#[tokio::test]
async fn an_answer_at_the_bound_looks_the_same_whether_there_was_more_or_not() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        let eight: Vec<(i64, i64)> = (0..8).map(|minute| (1, minute)).collect();
        let nine: Vec<(i64, i64)> = (0..9).map(|minute| (1, minute)).collect();
        let exactly = reveal(&store, &fold, &passages(0, 0, &eight)).await.unwrap();
        let more = reveal(&store, &fold, &passages(1, 1, &nine)).await.unwrap();
        assert!(exactly.is_bounded && more.is_bounded);
        assert_eq!(more.is_shown.iter().filter(|shown| **shown).count(), exactly.is_shown.len());
        // Whoever asks about a day that was not shown is refused, whether the plate was anywhere on it or not.
        let may = async |by, case, day: i64| ledger::refused(&store, &fold, &asker(by, case), &[plate(0)], [at(day, -10), at(day, 30)]).await.unwrap();
        let used = may(0, 0, 4).await.unwrap();
        assert_eq!((used.case_points, used.case_days, used.points_max, used.case_ref.as_deref()), (8, 1, 8, CASES[0]));
        assert!(may(0, 0, 1).await.is_none(), "what was shown may be looked at again");
        assert!(may(2, 0, 4).await.is_some(), "the case is another asker's too");
        assert!(may(0, 1, 4).await.is_some(), "and the asker has other cases");
        assert!(may(2, 2, 4).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn the_misreadings_of_a_plate_are_charged_to_the_plate_and_no_plate_lies_in_the_ledger() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        let row = |text: &str, minute| vec![Glimpse::passage(Plate::parse(text).unwrap(), at(1, minute), None)];
        let asked = |rows| Revealing { asker: asker(0, 0), named: Vec::new(), rows, rows_max: 100, per_plate_max: 1, sums_over: None };
        let rows = (0..9).map(|minute| row(if minute % 2 == 0 { "ABC-1280" } else { "A8C-IZBO" }, minute)).collect();
        let revealed = reveal(&store, &fold, &asked(rows)).await.unwrap();
        assert_eq!(revealed.is_shown.iter().filter(|shown| **shown).count(), 8);
        for table in ["oversight_release", "oversight_account"] {
            for row in store.fetch(&format!("SELECT * FROM {table}"), vec![]).await.unwrap() {
                let said = format!("{row:?}");
                assert!(!said.contains("1280") && !said.contains("A8C"), "{said}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_that_changes_is_a_thing_that_is_told() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        let count = |number| Revealing {
            asker: asker(0, 0),
            named: Vec::new(),
            rows: vec![vec![Glimpse::count(plate(0), number, [at(1, 0); 2], 0)]],
            rows_max: 1,
            per_plate_max: 1,
            sums_over: None,
        };
        for number in 0..8 {
            assert_eq!(reveal(&store, &fold, &count(number)).await.unwrap().is_shown, [true]);
        }
        assert_eq!(reveal(&store, &fold, &count(8)).await.unwrap().is_shown, [false]);
        assert_eq!(reveal(&store, &fold, &count(7)).await.unwrap().is_shown, [true]);
    })
    .await;
}

#[tokio::test]
async fn the_ledger_forgets_after_its_time_and_has_room_again() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        let eight: Vec<(i64, i64)> = (0..8).map(|minute| (1, minute)).collect();
        reveal(&store, &fold, &passages(0, 0, &eight)).await.unwrap();
        let before = store.env().now().plus(-Micros::DAY);
        assert_eq!(forget(&store, before).await.unwrap(), 0, "too young");
        let mut tx = store.begin().await.unwrap();
        tx.execute("UPDATE oversight_release SET at_us = $1 WHERE day = 1", params![before.plus(-1)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(forget(&store, before).await.unwrap(), 8);
        check(&store).await;
        assert_eq!(reveal(&store, &fold, &passages(0, 0, &[(2, 1)])).await.unwrap().is_shown, [true]);
    })
    .await;
}

#[tokio::test]
async fn whether_a_sum_appears_follows_from_the_accounts_and_not_from_what_it_sums_up() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        let sum = async |case, ends: [(i64, i64); 2]| {
            let rows = vec![ends.iter().map(|(day, minute)| (0, *day, *minute)).collect()];
            let asked = revealing(&Asked { by: 0, case, is_named: false, rows_max: 100, is_sum: true, rows });
            let revealed = reveal(&store, &fold, &asked).await.unwrap();
            (revealed.is_shown, revealed.is_bounded)
        };
        let six: Vec<(i64, i64)> = (0..6).map(|minute| (1, minute)).collect();
        reveal(&store, &fold, &passages(0, 0, &six)).await.unwrap();
        assert_eq!(sum(0, [(1, 0), (1, 5)]).await, (vec![true], false), "room for two more");
        reveal(&store, &fold, &passages(0, 0, &[(1, 6)])).await.unwrap();
        // Both ends were shown; that they are all there is must not be told.
        for ends in [[(1, 0), (1, 6)], [(1, 0), (1, 7)], [(1, 7), (1, 8)]] {
            assert_eq!(sum(0, ends).await, (vec![false], true), "{ends:?}");
        }
        assert_eq!(reveal(&store, &fold, &passages(0, 0, &six)).await.unwrap().is_shown, [true; 6], "passages that were shown are shown again");
    })
    .await;
}

/// As if everything had been shown so many days earlier.
async fn age(store: &Store, days: i64) {
    let mut tx = store.begin().await.unwrap();
    tx.execute("UPDATE oversight_release SET at_us = at_us - $1", params![days * Micros::DAY]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_account_of_an_asker_over_all_cases_is_of_thirty_days_and_that_of_a_case_of_the_year() {
    on_each_database(&[MODULE.schema()], |store| async move {
        small(&store).await;
        let fold = Fold::of_test();
        let three: Vec<(i64, i64)> = (1..4).map(|day| (day, 0)).collect();
        let ask = async |case, things: &[(i64, i64)]| reveal(&store, &fold, &passages(0, case, things)).await.unwrap().is_shown;
        let unnamed = Asked { by: 0, case: 1, is_named: false, rows_max: 1, is_sum: false, rows: Vec::new() };
        let is_bounded = async || reveal(&store, &fold, &revealing(&unnamed)).await.unwrap().is_bounded;
        assert_eq!(ask(0, &three).await, [true; 3]);
        age(&store, super::OWN_DAYS - 1).await;
        assert_eq!((ask(1, &[(4, 0)]).await, is_bounded().await), (vec![false], true), "three days of it, for whatever case");
        age(&store, 2).await;
        assert!(!is_bounded().await, "a month has gone by");
        let others: Vec<(i64, i64)> = (4..7).map(|day| (day, 0)).collect();
        assert_eq!(ask(1, &others).await, [true; 3]);
        assert_eq!(ask(0, &[(1, 0), (7, 0)]).await, [true, false], "what was shown for a case stays, and its days are used");
        assert_eq!(ask(2, &[(1, 0)]).await, [false], "the month's three days are used");
        age(&store, super::OWN_DAYS + 1).await;
        assert_eq!(ask(2, &[(1, 0)]).await, [true]);
    })
    .await;
}
