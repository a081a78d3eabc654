//! Who looked at which plate on which day, and why: what whoever drives it is told when he asks (`inquiries`).
//!
//! A row is of one plate, day, asker, case, purpose and ground, however often was asked. It is written before the answer leaves, with the
//! ledger or, where nothing new was shown, by itself. A plate that a question names was looked at, whether it was found or not.

use std::collections::{BTreeSet, HashSet};

use shouhu_ids::{ActorId, Micros};
use shouhu_module::ports::Revealing;
use shouhu_plate::Plate;
use shouhu_store::{Eyes, Row, Store, StoreError, Tx, Value, params, placeholders};

use super::LEDGER_DAYS;
use super::fold::{Fold, NAMED, case_key, day_of};

/// Rows of one insert, nine values each, and plates of one look.
const CHUNK: usize = 500;

/// Plate as its fold, and ground.
pub type UseRow = (String, String);

/// One use of a plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub asker: ActorId,
    pub case_key: String,
    pub purpose: String,
    /// Empty, `consent …` or `opening …`.
    pub ground: String,
    pub office: Option<String>,
    /// The case was a live incident.
    pub is_live: bool,
    pub first_at: Micros,
}

impl Use {
    /// The case that was named, as it is compared.
    #[must_use]
    pub fn case_ref(&self) -> Option<&str> {
        self.case_key.strip_prefix(NAMED)
    }
}

/// What a question leaves: the plates of which something is shown, and those that it names.
#[must_use]
pub fn rows(fold: &Fold, asked: &Revealing, shown: &BTreeSet<(Plate, String)>) -> Vec<UseRow> {
    let shown_plates: HashSet<&Plate> = shown.iter().map(|(plate, _)| plate).collect();
    let named = asked.named.iter().filter(|plate| !shown_plates.contains(plate)).map(|plate| (fold.plate(plate).hex(), String::new()));
    let rows: BTreeSet<UseRow> = shown.iter().map(|(plate, ground)| (fold.plate(plate).hex(), ground.clone())).chain(named).collect();
    rows.into_iter().collect()
}

/// Writes down what today has not seen yet. Most looks repeat one of a minute ago, and write nothing.
///
/// # Errors
/// When the database fails: nothing may leave then.
pub async fn note(store: &Store, fold: &Fold, asked: &Revealing, shown: &BTreeSet<(Plate, String)>, now: Micros) -> Result<(), StoreError> {
    let all = rows(fold, asked, shown);
    let mut known: HashSet<UseRow> = HashSet::new();
    for some in all.chunks(CHUNK) {
        let sql = format!(
            "SELECT plate, ground FROM oversight_use WHERE plate IN ({}) AND day = $1 AND asker = $2 AND case_key = $3 AND purpose = $4",
            placeholders(5..5 + some.len())
        );
        let mut values = key(asked, now);
        values.extend(some.iter().map(|(plate, _)| Value::from(plate)));
        for row in store.fetch(&sql, values).await? {
            known.insert((row.text("plate")?, row.text("ground")?));
        }
    }
    let missing: Vec<UseRow> = all.into_iter().filter(|row| !known.contains(row)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    write(&mut tx, asked, &missing, now).await?;
    tx.commit().await
}

/// Day, asker, case and purpose.
fn key(asked: &Revealing, now: Micros) -> Vec<Value> {
    let asker = &asked.asker;
    params![day_of(now), asker.id, case_key(asker.case_ref.as_deref(), asker.id), &asker.purpose]
}

/// # Errors
/// When the database fails.
pub async fn write(tx: &mut Tx, asked: &Revealing, rows: &[UseRow], now: Micros) -> Result<(), StoreError> {
    for some in rows.chunks(CHUNK) {
        let mut values = key(asked, now);
        values.extend(params![asked.asker.office.clone().unwrap_or_default(), asked.asker.is_live, now]);
        let mut places = Vec::new();
        for (plate, ground) in some {
            let at = values.len();
            places.push(format!("(${}, $1, $2, $3, $4, ${}, $5, $6, $7)", at + 1, at + 2));
            values.extend(params![plate, ground]);
        }
        let sql = format!(
            "INSERT INTO oversight_use (plate, day, asker, case_key, purpose, ground, office, is_live, first_at_us) VALUES {} ON CONFLICT DO NOTHING",
            places.join(", ")
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// Remembers since when uses are written down.
///
/// # Errors
/// When the database fails.
pub async fn begin(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO oversight_use_since (only_row, since_us) VALUES (1, $1) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![store.env().now()]).await?;
    tx.commit().await
}

/// The first moment of which can be said who looked: when this began, or what is remembered.
///
/// # Errors
/// When the database fails.
pub async fn known_since(store: &Store) -> Result<Micros, StoreError> {
    let row = store.fetch_opt("SELECT since_us FROM oversight_use_since WHERE only_row = 1", vec![]).await?;
    let began = row.map(|row| row.micros("since_us")).transpose()?;
    let now = store.env().now();
    Ok(began.map_or(now, |began| began.max(now.plus(-LEDGER_DAYS * Micros::DAY))))
}

fn use_of(row: &Row) -> Result<Use, StoreError> {
    Ok(Use {
        asker: row.parsed("asker")?,
        case_key: row.text("case_key")?,
        purpose: row.text("purpose")?,
        ground: row.text("ground")?,
        office: Some(row.text("office")?).filter(|office| !office.is_empty()),
        is_live: row.truth("is_live")?,
        first_at: row.micros("first_at_us")?,
    })
}

/// Every use of a plate in a time, the oldest first, but for those of a sealed case.
///
/// # Errors
/// When the database fails.
pub async fn of(store: &Store, fold: &Fold, plate: &Plate, [from, until]: [Micros; 2]) -> Result<Vec<Use>, StoreError> {
    let sql = "SELECT asker, case_key, purpose, ground, office, is_live, first_at_us FROM oversight_use \
               WHERE plate = $1 AND first_at_us >= $2 AND first_at_us < $3 ORDER BY first_at_us, asker, case_key, purpose, ground";
    let rows = store.fetch(sql, params![fold.plate(plate).hex(), from, until]).await?;
    let mut uses = rows.iter().map(use_of).collect::<Result<Vec<Use>, StoreError>>()?;
    // Told to nobody while it lasts, not even where a member answers; asked for again after it, they are told.
    if let Some(veil) = store.seals().veil(Eyes::Nobody, || store.env().now()) {
        let members = veil.plates().find(|(sealed, _)| *sealed == plate).map(|(_, veiled)| &veiled.members);
        uses.retain(|used| !members.is_some_and(|members| members.contains(&used.asker)) && !used.case_ref().is_some_and(|case| veil.hides_case(case)));
    }
    Ok(uses)
}

/// # Errors
/// When the database fails.
pub async fn forget(store: &Store, before: Micros) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("DELETE FROM oversight_use WHERE first_at_us < $1", params![before]).await?;
    tx.commit().await
}
