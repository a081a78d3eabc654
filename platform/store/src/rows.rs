//! Rows that a force's rules hide from whoever looks (ADR 0023), hidden where everything is read: in the statement itself.
//!
//! A table that is guarded is put into the statement under its own name, without the rows that whoever looks may not see (`WITH table AS (SELECT * FROM table WHERE …)`).
//! So lists, counts, sums, pages and joins obey without knowing, as every room reads through a [`crate::Store`].
//!
//! **Invariant:** who looks is told to this floor around the work ([`Sight::look`]); where nobody has said so, no row of a guarded table is there, once a rule is
//! about rows. The house itself ([`crate::Eyes::House`]) sees everything. What a transaction reads is what it changes by, and is not filtered: what may be changed is
//! asked before.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::{Backend, StoreError, Value};

tokio::task_local! {
    /// `None`: somebody looks, and nobody has said what he may see.
    pub(crate) static SIGHT: Option<Sight>;
}

/// A table, or a part of one under a name of its own, without what is hidden.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// As statements call it.
    pub name: &'static str,
    /// The table behind it; often the same.
    pub from: &'static str,
    /// Which rows are shown. `?` stands for the values in their order, `#table` for a table as it is, `table` for what is shown of one that stands before this one. Of one
    /// that does, nothing can be asked as it is: PostgreSQL takes its name for what is shown of it.
    pub condition: String,
    pub values: Vec<Value>,
}

/// What somebody sees of guarded tables. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sight(Option<Arc<[Shown]>>);

impl Sight {
    /// Sees every row: no rule is about whoever looks.
    #[must_use]
    pub const fn whole() -> Self {
        Self(None)
    }

    /// Sees no more than this of the tables that are named. One that speaks of another stands after it.
    #[must_use]
    pub fn of(shown: Vec<Shown>) -> Self {
        Self((!shown.is_empty()).then(|| shown.into()))
    }

    /// Does the work with this sight. Tasks that it spawns see nothing of guarded tables.
    pub async fn look<F: Future>(self, work: F) -> F::Output {
        SIGHT.scope(Some(self), work).await
    }

    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.0.is_none()
    }

    /// Whether something of this name is shown in part.
    #[must_use]
    pub fn narrows(&self, name: &str) -> bool {
        self.0.as_deref().unwrap_or_default().iter().any(|shown| shown.name == name)
    }

    /// What of it the statement needs, in its order: what it names, and what that names.
    fn needed(&self, sql: &str) -> Vec<&Shown> {
        let mut needed: Vec<&Shown> = Vec::new();
        for shown in self.0.as_deref().unwrap_or_default().iter().rev() {
            if names(sql, shown.name) || needed.iter().any(|later| names(&later.condition, shown.name)) {
                needed.push(shown);
            }
        }
        needed.reverse();
        needed
    }
}

/// Whether a text names a table: `#table` does not, that is the table itself.
fn names(text: &str, table: &str) -> bool {
    let is_word = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
    text.match_indices(table).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + table.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(|ch| is_word(ch) || ch == '#') && !after.is_some_and(is_word)
    })
}

/// What holds where nobody has said who looks. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Guards(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_any: AtomicBool,
    unsaid: RwLock<Sight>,
}

impl Guards {
    /// From now on whoever has not said who looks sees no more than this.
    pub fn close(&self, unsaid: Sight) {
        let is_any = unsaid.0.is_some();
        *self.0.unsaid.write().unwrap_or_else(PoisonError::into_inner) = unsaid;
        self.0.is_any.store(is_any, Ordering::Release);
    }

    /// As whoever looks now sees; costs a look at the task while no rule is about rows.
    #[must_use]
    pub fn sight(&self) -> Sight {
        if let Ok(Some(said)) = SIGHT.try_with(Clone::clone) {
            return said;
        }
        self.unsaid()
    }

    /// As whoever sees who has not said who looks.
    #[must_use]
    pub fn unsaid(&self) -> Sight {
        if !self.0.is_any.load(Ordering::Acquire) {
            return Sight::whole();
        }
        self.0.unsaid.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The statement as whoever looks may ask it.
pub fn narrowed<'s>(sight: &Sight, backend: Backend, sql: &'s str, mut values: Vec<Value>) -> Result<(Cow<'s, str>, Vec<Value>), StoreError> {
    let needed = sight.needed(sql);
    if needed.is_empty() {
        return Ok((Cow::Borrowed(sql), values));
    }
    if !sql.trim_start().starts_with("SELECT") {
        return Err(StoreError::Sql { detail: "a statement about guarded rows begins with SELECT".into() });
    }
    let mut text = String::from("WITH ");
    for (number, shown) in needed.into_iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        let (from, condition) = (as_it_is(shown.from, backend), numbered(&shown.condition, backend, values.len()));
        _ = write!(text, "{comma}{} AS NOT MATERIALIZED (SELECT * FROM {from} WHERE {condition})", shown.name);
        values.extend(shown.values.iter().cloned());
    }
    _ = write!(text, " {sql}");
    Ok((Cow::Owned(text), values))
}

/// The table itself. SQLite takes a name without a schema for what stands under it in the statement, also within that; PostgreSQL only after it.
fn as_it_is(table: &str, backend: Backend) -> String {
    match backend {
        Backend::Sqlite => format!("main.{table}"),
        Backend::Postgres => table.to_owned(),
    }
}

fn numbered(condition: &str, backend: Backend, before: usize) -> String {
    let (mut text, mut number) = (String::with_capacity(condition.len()), before);
    for ch in condition.chars() {
        match ch {
            '?' => {
                number += 1;
                _ = write!(text, "${number}");
            }
            '#' => text.push_str(&as_it_is("", backend)),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::testing::on_each_database;
    use crate::{Eyes, Migration, ModuleMigrations, Store, params};

    const SCHEMA: ModuleMigrations = ModuleMigrations {
        module: "rows",
        migrations: &[Migration {
            name: "0001",
            sql: "CREATE TABLE rows_case (id TEXT PRIMARY KEY, kind TEXT NOT NULL, into_case TEXT);
                  CREATE TABLE rows_note (rows_case TEXT, body TEXT NOT NULL);",
        }],
    };

    fn shown(name: &'static str, condition: &str, values: Vec<Value>) -> Shown {
        Shown { name, from: name, condition: condition.into(), values }
    }

    /// No case of a kind but those that have a note which says so, and no note of a case that is not shown.
    fn without(kind: &str) -> Sight {
        let case = shown("rows_case", "kind <> ? OR id IN (SELECT rows_case FROM #rows_note WHERE body = ?)", params![kind, "own"]);
        Sight::of(vec![case, shown("rows_note", "rows_case IS NULL OR rows_case IN (SELECT id FROM rows_case)", vec![])])
    }

    async fn filled(store: &Store) {
        let mut tx = store.begin().await.unwrap();
        for (id, kind) in [("a", "theft"), ("b", "violence"), ("c", "violence"), ("d", "theft")] {
            tx.execute("INSERT INTO rows_case (id, kind, into_case) VALUES ($1, $2, 'a')", params![id, kind]).await.unwrap();
        }
        for (case, body) in [("a", "x"), ("b", "x"), ("c", "own"), ("d", "x")] {
            tx.execute("INSERT INTO rows_note (rows_case, body) VALUES ($1, $2)", params![case, body]).await.unwrap();
        }
        tx.execute("INSERT INTO rows_note (rows_case, body) VALUES (NULL, 'of none')", vec![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn ids(store: &Store, sql: &str, values: Vec<Value>) -> Vec<String> {
        store.fetch(sql, values).await.unwrap().iter().map(|row| row.text("id").unwrap()).collect()
    }

    #[tokio::test]
    async fn lists_counts_joins_and_subselects_obey_without_knowing() {
        on_each_database(&[SCHEMA], |store| async move {
            filled(&store).await;
            let all = "SELECT id FROM rows_case WHERE into_case = $1 ORDER BY id LIMIT $2";
            assert_eq!(ids(&store, all, params!["a", 9_i64]).await, ["a", "b", "c", "d"]);
            let look = || without("violence");
            assert_eq!(look().look(ids(&store, all, params!["a", 9_i64])).await, ["a", "c", "d"]);
            let joined = "SELECT i.id, n.body FROM rows_note n JOIN rows_case i ON i.id = n.rows_case LEFT JOIN rows_case t ON t.id = i.into_case \
                          WHERE t.kind = 'theft' AND EXISTS (SELECT 1 FROM rows_case e WHERE e.id = n.rows_case) ORDER BY i.id";
            assert_eq!(look().look(ids(&store, joined, vec![])).await, ["a", "c", "d"]);
            let count = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM rows_note";
            let counted = async |sight: Sight| sight.look(store.fetch_one(count, vec![])).await.unwrap().int("n").unwrap();
            assert_eq!((counted(look()).await, counted(Sight::whole()).await), (4, 5), "a note of no case is seen");
            assert_eq!(without("theft").look(ids(&store, all, params!["a", 9_i64])).await, ["b", "c"]);
        })
        .await;
    }

    #[tokio::test]
    async fn who_has_not_said_who_looks_sees_nothing_and_the_house_everything() {
        on_each_database(&[SCHEMA], |store| async move {
            filled(&store).await;
            let all = || ids(&store, "SELECT id FROM rows_case ORDER BY id", vec![]);
            assert_eq!(all().await.len(), 4, "no rule is about rows");
            store.guards().close(Sight::of(vec![shown("rows_case", "1 = 0", vec![])]));
            assert!(all().await.is_empty());
            assert_eq!(Eyes::House.look(all()).await.len(), 4);
            assert_eq!(without("violence").look(all()).await.len(), 3);
            let of_a_person = Eyes::House.look(without("violence").look(all()));
            assert_eq!(of_a_person.await.len(), 3, "what is done for somebody by the house is seen by his eyes");
            assert_eq!(without("violence").look(Eyes::House.look(all())).await.len(), 4, "whoever is said last looks");
            assert!(Eyes::House.look(Eyes::Nobody.look(all())).await.is_empty());
            let task = without("violence").look(async { tokio::spawn({ let store = store.clone(); async move { store.guards().sight().narrows("rows_case") } }).await });
            assert!(task.await.unwrap(), "a task that is spawned has not said");
            store.guards().close(Sight::whole());
            assert_eq!(all().await.len(), 4);
        })
        .await;
    }

    #[tokio::test]
    async fn what_a_transaction_reads_is_everything_and_another_statement_about_guarded_rows_is_refused() {
        on_each_database(&[SCHEMA], |store| async move {
            filled(&store).await;
            without("violence")
                .look(async {
                    let mut tx = store.begin().await.unwrap();
                    assert_eq!(tx.fetch("SELECT id FROM rows_case", vec![]).await.unwrap().len(), 4);
                    let shown = [tx.shows("rows_case", "a").await, tx.shows("rows_case", "b").await, tx.shows("rows_case", "c").await];
                    assert_eq!(shown.map(Result::unwrap), [true, false, true], "but it is asked before something is changed");
                    assert!(tx.shows("rows_other", "a").await.unwrap());
                    let told = tx.fetch_shown("SELECT id FROM rows_case WHERE into_case = $1", params!["a"]).await.unwrap();
                    assert_eq!(told.len(), 3, "what it tells is asked for as whoever looks sees it");
                    drop(tx);
                    assert!(store.fetch("VALUES ((SELECT COUNT(*) FROM rows_case))", vec![]).await.is_err());
                })
                .await;
        })
        .await;
    }

    #[test]
    fn a_table_is_named_as_a_whole_word_and_what_it_needs_comes_first() {
        assert!(names("SELECT 1 FROM rows_case", "rows_case") && names("JOIN rows_case ON", "rows_case") && names("(rows_case.id)", "rows_case"));
        assert!(!names("FROM rows_case_old, my_rows_case, #rows_case", "rows_case"));
        let sight = without("violence");
        let (sql, values) = narrowed(&sight, Backend::Postgres, "SELECT body FROM rows_note WHERE body = $1", params!["x"]).unwrap();
        assert_eq!(
            sql,
            "WITH rows_case AS NOT MATERIALIZED (SELECT * FROM rows_case WHERE kind <> $2 OR id IN (SELECT rows_case FROM rows_note WHERE body = $3)), \
             rows_note AS NOT MATERIALIZED (SELECT * FROM rows_note WHERE rows_case IS NULL OR rows_case IN (SELECT id FROM rows_case)) \
             SELECT body FROM rows_note WHERE body = $1"
        );
        assert_eq!(values, params!["x", "violence", "own"]);
        let (sql, _) = narrowed(&sight, Backend::Sqlite, "SELECT id FROM rows_case", vec![]).unwrap();
        assert!(sql.starts_with("WITH rows_case AS NOT MATERIALIZED (SELECT * FROM main.rows_case WHERE") && sql.contains("FROM main.rows_note"), "{sql}");
        let (sql, values) = narrowed(&sight, Backend::Sqlite, "SELECT 1 FROM other", vec![]).unwrap();
        assert!(matches!(sql, Cow::Borrowed(_)) && values.is_empty());
    }
}
