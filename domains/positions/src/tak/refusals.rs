//! Which refusals of connections have their leaf. TAK clients connect again by themselves, so that those of a network that is off, or whose agreement is over,
//! would write one sentence into the log for ever. The ledger of sharing counts each attempt all the same.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shouhu_ids::Micros;
use shouhu_module::Problem;
use shouhu_module::ports::Partner;

/// A refusal that goes on is told again after this.
const AGAIN_US: i64 = Micros::HOUR;

/// When the last leaf was written, by the partner's key and by the key of the answer: no more than partners that are allowed, times reasons to refuse.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<String, HashMap<String, Micros>>>);

impl Refusals {
    /// Whether a leaf says so now; whoever asks next is told that one does.
    pub fn is_news(&self, partner: &Partner, refused: &Problem, now: Micros) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = known.entry(partner.key.clone()).or_default();
        let is_news = told.get(&refused.key).is_none_or(|at| now.since(*at) >= AGAIN_US);
        if is_news {
            told.insert(refused.key.clone(), now);
        }
        is_news
    }

    /// The next refusal is news: the partner was let in, or the leaf could not be written.
    pub fn forget(&self, partner: &Partner) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&partner.key);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn each_reason_of_each_partner_is_news_once_an_hour_and_after_he_was_let_in() {
        let refusals = Refusals::default();
        let (fire, county) = (Partner::named("消防局"), Partner::named("縣府"));
        let off = Problem::new(StatusCode::FORBIDDEN, "oversight.sharing.off", "this partner was switched off");
        let gone = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store.unavailable", "the database is gone");
        let at = Micros(1_795_200_000_000_000);
        assert!(refusals.is_news(&fire, &off, at) && !refusals.is_news(&fire, &off, at));
        assert!(refusals.is_news(&fire, &gone, at), "another reason");
        assert!(refusals.is_news(&county, &off, at), "somebody else");
        assert!(!refusals.is_news(&fire, &off, at.plus(Micros::HOUR - 1)));
        assert!(refusals.is_news(&fire, &off, at.plus(Micros::HOUR)) && !refusals.is_news(&fire, &off, at.plus(Micros::HOUR)));
        refusals.forget(&fire);
        assert!(refusals.is_news(&fire, &off, at.plus(Micros::HOUR)) && !refusals.is_news(&county, &off, at));
    }
}
