//! That SQL keeps the rows which the rules leave, on each database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use shouhu_policy::Cell;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Migration, ModuleMigrations, Store, params};

use super::*;

const SCHEMA: ModuleMigrations = ModuleMigrations {
    module: "rows",
    migrations: &[Migration {
        name: "0001",
        sql: "CREATE TABLE rows_camera (id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT, office TEXT, priority BIGINT NOT NULL);",
    }],
};

const SEEN: Guarded = Guarded { of: Resource::Camera, name: "rows_camera", from: "rows_camera", shown: "NOT ({hidden})" };
const NOBODY: Whose<'static> = Whose { person: "", unit: "", day_ago: Micros(7) };
const WORDS: [&str; 9] = ["fixed", "Fixed", "永康", "永康路", "路永", "a", "aba", "x'; --", ""];

fn rows() -> Vec<(String, Row)> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let some = || std::iter::once(None).chain(["永康", "永康路永", "aba", "x'; --", "%_"].map(Some));
    let mut rows = Vec::new();
    for (number, kind) in ["fixed", "Fixed", "abab", "永康"].into_iter().enumerate() {
        for (index, (name, office)) in some().flat_map(|name| some().map(move |office| (name, office))).enumerate() {
            let mut row = Row::default();
            row.0.insert("kind", text(kind));
            row.0.insert("priority", Cell::Number(i64::try_from(number).unwrap()));
            row.0.extend(name.map(|name| ("name", text(name))));
            row.0.extend(office.map(|office| ("office", text(office))));
            rows.push((format!("{number}-{index:02}"), row));
        }
    }
    rows
}

async fn filled(store: &Store, rows: &[(String, Row)]) {
    let text = |row: &Row, name: &str| match row.0.get(name) {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut tx = store.begin().await.unwrap();
    for (id, row) in rows {
        let Some(Cell::Number(priority)) = row.0.get("priority") else { panic!("{row:?}") };
        let values = params![id, text(row, "kind"), text(row, "name"), text(row, "office"), *priority];
        tx.execute("INSERT INTO rows_camera (id, kind, name, office, priority) VALUES ($1, $2, $3, $4, $5)", values).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn residual() -> impl Strategy<Value = Residual> {
    let word = || proptest::sample::select(WORDS.to_vec()).prop_map(ToOwned::to_owned);
    let full = move || word().prop_filter("patterns are of letters", |word: &String| !word.is_empty());
    let test = prop_oneof![
        proptest::collection::vec(word(), 0..3).prop_map(TextTest::Among),
        full().prop_map(TextTest::Starts),
        full().prop_map(TextTest::Ends),
        full().prop_map(TextTest::Holds),
        (full(), full()).prop_map(|(first, last)| TextTest::StartsAndEnds(first, last)),
    ];
    let name = proptest::sample::select(vec!["kind", "name", "office"]);
    let comparison = [Comparison::Equal, Comparison::NotEqual, Comparison::Less, Comparison::AtMost, Comparison::More, Comparison::AtLeast];
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Residual::Known),
        1 => proptest::sample::select(vec!["name", "office"]).prop_map(Residual::Has),
        4 => (name, test).prop_map(|(name, test)| Residual::Text(name, test)),
        2 => (proptest::sample::select(comparison.to_vec()), -1_i64..5).prop_map(|(comparison, bound)| Residual::Number("priority", comparison, bound)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| Residual::Not(Box::new(one))),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Residual::All),
            proptest::collection::vec(inner, 1..4).prop_map(Residual::Any),
        ]
    })
}

#[tokio::test]
async fn sql_keeps_exactly_the_rows_that_what_is_left_of_rules_does_not_hide() {
    on_each_database(&[SCHEMA], |store| async move {
        let rows = rows();
        filled(&store, &rows).await;
        let mut runner = TestRunner::deterministic();
        let strategy = residual();
        for _ in 0..400 {
            let residual = strategy.new_tree(&mut runner).unwrap().current();
            let kept: BTreeSet<String> = rows.iter().filter(|(_, row)| !residual.hides(row)).map(|(id, _)| id.clone()).collect();
            let sight = Sight::of(vec![SEEN.shown(&residual, NOBODY)]);
            let found = sight.look(store.fetch("SELECT id FROM rows_camera", vec![])).await.unwrap();
            let found: BTreeSet<String> = found.iter().map(|row| row.text("id").unwrap()).collect();
            assert_eq!(found, kept, "{residual:?}");
        }
    })
    .await;
}

/// More than SQLite takes one within the other.
#[tokio::test]
async fn as_many_parts_as_a_file_of_rules_can_hold_are_taken_by_each_database() {
    on_each_database(&[SCHEMA], |store| async move {
        let rows = rows();
        filled(&store, &rows).await;
        let parts = |comparison: Comparison| (2..3_000).map(move |bound| Residual::Number("priority", comparison, bound)).collect::<Vec<_>>();
        for residual in [Residual::Any(parts(Comparison::Equal)), Residual::Not(Box::new(Residual::All(parts(Comparison::NotEqual))))] {
            let sight = Sight::of(vec![SEEN.shown(&residual, NOBODY)]);
            let kept = sight.look(store.fetch("SELECT id FROM rows_camera", vec![])).await.unwrap().len();
            assert_eq!(kept, rows.iter().filter(|(_, row)| !residual.hides(row)).count());
            assert!(kept > 0 && kept < rows.len(), "{kept}");
        }
    })
    .await;
}

#[test]
fn a_guard_takes_its_words_in_their_order_and_an_unknown_one_shows_nothing() {
    let guarded = |shown: &'static str| Guarded { shown, ..SEEN };
    let hidden = Residual::Text("kind", TextTest::Among(vec!["fixed".into(), "other".into()]));
    let shown = guarded("by = {person} OR unit = {unit} OR NOT ({hidden}) OR ({others} AND at >= {day_ago})").shown(&hidden, Whose { person: "p", unit: "u", ..NOBODY });
    assert_eq!(shown.condition, "by = ? OR unit = ? OR NOT ((kind IS NOT NULL AND kind IN (?, ?))) OR (1 = 0 AND at >= ?)");
    assert_eq!(shown.values, params!["p", "u", "fixed", "other", Micros(7)]);
    assert_eq!(guarded("{others}").shown(&Residual::Known(false), NOBODY).condition, "1 = 1");
    assert_eq!(guarded("{nothing} AND a").shown(&hidden, NOBODY).condition, "1 = 0 AND a");
}
