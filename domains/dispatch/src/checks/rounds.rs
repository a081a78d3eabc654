//! What a dispatcher has said of the rounds of an incident, and what becomes of that when incidents are merged or a merge is undone.
//!
//! **Invariant:** nobody falls out of the rounds by a merge. Rounds that run go where their crews go, and so does the wish to have
//! everybody asked; that rounds were ended was said of the crews that were there, never of those that come.

use serde::{Deserialize, Serialize};
use shouhu_ids::{IncidentId, Micros};
use shouhu_store::{StoreError, Tx, params};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Absent: as the policy says.
    pub is_on: Option<bool>,
    /// When somebody last wanted every crew asked at once.
    pub now_at_us: Option<Micros>,
    pub set_at_us: Micros,
    pub set_by_name: String,
}

/// What a merge made of the word about the incident that stays, so that it can be undone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Carried {
    before: Option<Said>,
    after: Option<Said>,
}

/// The word that holds where the crews of another incident come to; what was said there `comes` along.
#[must_use]
pub fn joined(here: Option<Said>, comes: Option<Said>, brings_crews: bool) -> Option<Said> {
    let here = here.map(|said| Said { is_on: said.is_on.filter(|is_on| *is_on || !brings_crews), ..said });
    let comes = comes.map(|said| Said { is_on: said.is_on.filter(|is_on| *is_on), ..said });
    let both = match (here, comes) {
        (Some(here), Some(comes)) => {
            let is_on = here.is_on.or(comes.is_on);
            // The name is that of whoever wants everybody asked.
            let named = if comes.now_at_us > here.now_at_us { comes } else { here };
            Some(Said { is_on, ..named })
        }
        (here, comes) => here.or(comes),
    };
    both.filter(|said| said.is_on.is_some() || said.now_at_us.is_some())
}

/// # Errors
/// When the database fails.
pub async fn read(tx: &mut Tx, incident: IncidentId) -> Result<Option<Said>, StoreError> {
    let sql = "SELECT is_on, now_at_us, set_at_us, set_by_name FROM dispatch_par WHERE incident = $1";
    let Some(row) = tx.fetch_opt(sql, params![incident]).await? else { return Ok(None) };
    Ok(Some(Said {
        is_on: row.opt_int("is_on")?.map(|is_on| is_on != 0),
        now_at_us: row.opt_micros("now_at_us")?,
        set_at_us: row.micros("set_at_us")?,
        set_by_name: row.text("set_by_name")?,
    }))
}

/// Writes it down; without a word, what was said is forgotten.
///
/// # Errors
/// When the database fails.
pub async fn write(tx: &mut Tx, incident: IncidentId, said: Option<&Said>) -> Result<(), StoreError> {
    let Some(said) = said else {
        return tx.execute("DELETE FROM dispatch_par WHERE incident = $1", params![incident]).await.map(|_| ());
    };
    let sql = "INSERT INTO dispatch_par (incident, is_on, now_at_us, set_at_us, set_by_name) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (incident) DO UPDATE SET is_on = excluded.is_on, now_at_us = excluded.now_at_us, \
         set_at_us = excluded.set_at_us, set_by_name = excluded.set_by_name";
    tx.execute(sql, params![incident, said.is_on.map(i64::from), said.now_at_us, said.set_at_us, &said.set_by_name]).await.map(|_| ())
}

/// Joins the word about an incident to that about the one into which it is merged; both are held. What was said of `from` itself stays
/// on record, for an undo.
///
/// # Errors
/// When the database fails.
pub async fn carry(tx: &mut Tx, from: IncidentId, into: IncidentId, brings_crews: bool) -> Result<Carried, StoreError> {
    let before = read(tx, into).await?;
    let after = joined(before.clone(), read(tx, from).await?, brings_crews);
    if after != before {
        write(tx, into, after.as_ref()).await?;
    }
    Ok(Carried { before, after })
}

/// Undoes it: each incident has the word that it had before. Where somebody has spoken since, it was said of the crews that go back,
/// too: that stays with the one, and goes along with the other.
///
/// # Errors
/// When the database fails.
pub async fn give_back(tx: &mut Tx, id: IncidentId, from: IncidentId, carried: &Carried, brings_crews: bool) -> Result<(), StoreError> {
    let now = read(tx, from).await?;
    if now == carried.after {
        return write(tx, from, carried.before.as_ref()).await;
    }
    if brings_crews {
        let own = read(tx, id).await?;
        let is_begun = now.as_ref().is_some_and(|said| said.is_on == Some(true));
        write(tx, id, joined(own, now, is_begun).as_ref()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(is_on: Option<bool>, now_at: Option<i64>, name: &str) -> Option<Said> {
        Some(Said { is_on, now_at_us: now_at.map(Micros), set_at_us: Micros(1), set_by_name: name.into() })
    }

    #[test]
    fn rounds_and_wishes_come_along_and_an_end_of_rounds_does_not() {
        let (on, off) = (said(Some(true), None, "a"), said(Some(false), None, "b"));
        for (here, comes, brings_crews, holds) in [
            (None, None, true, None),
            (None, on.clone(), true, on.clone()),
            (None, off.clone(), true, None),
            (off.clone(), None, true, None),
            (off.clone(), None, false, off.clone()),
            (off.clone(), on.clone(), true, said(Some(true), None, "b")),
            (off.clone(), on.clone(), false, off.clone()),
            (on.clone(), off.clone(), true, on.clone()),
            (on.clone(), said(None, Some(7), "c"), true, said(Some(true), Some(7), "c")),
            (said(None, Some(9), "d"), said(Some(true), Some(7), "c"), true, said(Some(true), Some(9), "d")),
        ] {
            assert_eq!(joined(here.clone(), comes.clone(), brings_crews), holds, "{here:?} {comes:?} {brings_crews}");
        }
    }
}
