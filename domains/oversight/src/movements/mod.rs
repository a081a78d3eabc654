//! What may be put together about one plate 軌跡彙整門檻: a ledger of what was shown, a bound on it, consents and openings beyond it.
//!
//! | word | meaning |
//! |---|---|
//! | release 揭示 | one passage of one plate that was shown to one asker for one case |
//! | bound 門檻 | so many days and passages of one plate, for one case and for one asker over all cases |
//! | consent 同意 | another office's chief lets a case see more, for a time (警察職權行使法 §11) |
//! | use 使用 | somebody looked at a plate on a day for a purpose: what whoever drives it is told when he asks |
//! | opening 急迫開啟 | a life is in danger: one plate for one live incident, at once and for a day, and looked at afterwards |
//!
//! **Invariant:** what an answer holds and how it looks follows from what was shown before and from the question, never from what is
//! kept back: with the bound used up an answer is the same whether there was more or not.

pub mod bound;
pub mod consents;
pub mod fold;
pub mod grounds;
pub mod jobs;
pub mod ledger;
pub mod openings;
pub mod policy;
pub mod uses;

use axum::http::StatusCode;
use shouhu_env::BoxFuture;
use shouhu_ids::{ConsentId, Micros, OpeningId};
use shouhu_module::Problem;
use shouhu_module::ports::{BoundUse, MovementAsker, MovementGate, Revealed, Revealing};
use shouhu_plate::Plate;
use shouhu_store::Store;

use fold::Fold;

#[cfg(test)]
mod claims;
#[cfg(test)]
mod consent_claims;

/// What was let out is remembered for a year: as long as passages themselves may be kept (警察職權行使法 §10), so that whatever the
/// lake can still show was counted when it was shown.
pub const LEDGER_DAYS: i64 = 366;

/// What one asker was shown over all cases counts for so long. The account of a case counts what the ledger remembers; this one is of
/// every day's work too, in which a vehicle comes by in many cases.
pub const OWN_DAYS: i64 = 30;

/// Oversight's answer to the port.
#[derive(Clone)]
pub struct Ledger {
    pub store: Store,
    pub fold: Fold,
}

/// The refusal, with how much of the bound is used.
#[must_use]
pub fn needs_consent(bound: BoundUse) -> Problem {
    let case = bound.case_ref.as_deref().map_or_else(|| "questions without a case".to_owned(), |case| format!("case {case}"));
    let detail = format!(
        "for {case} {} of {} days and {} of {} passages of {} were shown, to the asker over all cases in {OWN_DAYS} days {} days and {} passages: ask for a consent",
        bound.case_days, bound.days_max, bound.case_points, bound.points_max, bound.plate_display, bound.own_days, bound.own_points
    );
    let mut problem = Problem::new(StatusCode::FORBIDDEN, "oversight.movements.needs_consent", detail);
    problem.bound = Some(Box::new(bound));
    problem
}

impl MovementGate for Ledger {
    fn may_ask(&self, asker: MovementAsker, plates: Vec<Plate>, from: Micros, until: Micros) -> BoxFuture<'static, Result<(), Problem>> {
        let ledger = self.clone();
        Box::pin(async move {
            match ledger::refused(&ledger.store, &ledger.fold, &asker, &plates, [from, until]).await? {
                Some(bound) => Err(needs_consent(bound)),
                None => Ok(()),
            }
        })
    }

    fn reveal(&self, revealing: Revealing) -> BoxFuture<'static, Result<Revealed, Problem>> {
        let ledger = self.clone();
        Box::pin(async move { Ok(ledger::reveal(&ledger.store, &ledger.fold, &revealing).await?) })
    }

    fn is_consent_visible(&self, consent: ConsentId) -> BoxFuture<'static, Result<bool, Problem>> {
        let store = self.store.clone();
        Box::pin(async move { Ok(consents::one(&store, consent).await?.is_some()) })
    }

    fn is_opening_visible(&self, opening: OpeningId) -> BoxFuture<'static, Result<bool, Problem>> {
        let store = self.store.clone();
        Box::pin(async move { Ok(openings::one(&store, opening).await?.is_some()) })
    }
}
